//! What is encrypted to a client: ID tokens, userinfo, authorization answers, where it registered that.

use crate::failure::Failure;
use crate::outbound::Outbound;
use crate::state::State;
use crate::state::client_keys::ClientKeys;
use crate::state::sites::Site;
use claviger_core::client::Encryption;
use claviger_core::jose::jwe::{EncryptingKeys, Inside, KeyManagement, encrypt};
use claviger_core::{Client, Refusal};
use std::sync::Arc;

/// Where the keys of clients are found.
#[derive(Clone, Copy)]
pub(crate) struct Recipients<'a> {
    keys: &'a ClientKeys,
    outbound: &'a Outbound,
    site: &'a Site,
    now: i64,
}

impl<'a> Recipients<'a> {
    /// Those of a site, now.
    pub(crate) const fn new(keys: &'a ClientKeys, outbound: &'a Outbound, site: &'a Site, now: i64) -> Self {
        Self { keys, outbound, site, now }
    }

    /// Those of a running server.
    pub(crate) fn of(state: &'a State, site: &'a Site) -> Self {
        Self::new(&state.client_keys, &state.outbound, site, state.clock.now())
    }

    /// Encrypts `text` so that only the client can read it.
    ///
    /// # Errors
    /// [`Refusal::NoKeyToEncrypt`]: the client has no such key, or its keys cannot be had; the library fails.
    pub(crate) async fn seal(
        self,
        client: &Client,
        (alg, enc): Encryption,
        inside: Inside,
        text: &[u8],
    ) -> Result<String, Failure> {
        let keys = self.keys_for(client, alg).await?;
        let key = keys.find(alg).ok_or(Refusal::NoKeyToEncrypt(alg.name()))?;
        Ok(encrypt(key, alg, enc, inside, text)?)
    }

    /// The client's keys, one of which is for `alg`. One that is not there is looked for where they lie.
    ///
    /// # Errors
    /// [`Refusal::NoKeyToEncrypt`].
    pub(crate) async fn keys_for(self, client: &Client, alg: KeyManagement) -> Result<Arc<EncryptingKeys>, Refusal> {
        let realm = &self.site.realm;
        for must_be_new in [false, true] {
            let keys = match &client.jwks {
                Some(set) => Some(Arc::new(EncryptingKeys::from_set(set))),
                None => self.keys.encrypting(self.outbound, realm, client, self.now, must_be_new).await,
            };
            match keys {
                Some(keys) if keys.find(alg).is_some() => return Ok(keys),
                _ => {}
            }
        }
        tracing::warn!(client = client.id, %alg, "the client has no key to encrypt to");
        Err(Refusal::NoKeyToEncrypt(alg.name()))
    }
}
