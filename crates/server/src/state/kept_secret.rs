//! How a secret that Claviger made for a client, or for a user, is kept.

use crate::state::secrets::Secrets;
use claviger_core::Client;
use claviger_core::crypto::CryptoError;
use claviger_core::jose::{base64url, from_base64url};
use claviger_core::token::Plain;
use claviger_store::SecretKind;
use zeroize::Zeroizing;

/// Stands for the realm in what is sealed for users.
const OF_USERS: &str = "second factors";

impl Secrets {
    /// What is stored of a secret that a user shares with the server; `owner` is realm, user and the factor's id.
    ///
    /// # Errors
    /// The library has no AES-256-GCM.
    pub(crate) fn seal_factor(&self, [realm, user, id]: [&str; 3], secret: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let text = Zeroizing::new(base64url(secret));
        // No realm is called so.
        self.seal_client_secret([OF_USERS, &format!("{realm}\0{user}"), id], &text)
    }

    /// The secret that was stored so; `None` where no token key opens it, or it is another one's.
    pub(crate) fn open_factor(&self, [realm, user, id]: [&str; 3], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let text = self.open_client_secret([OF_USERS, &format!("{realm}\0{user}"), id], sealed)?;
        from_base64url(std::str::from_utf8(&text).ok()?).map(Zeroizing::new)
    }

    /// How a made secret of this id is kept, and what is stored of it: a tag that knows it again, or the secret itself, sealed, where the
    /// server must know it.
    ///
    /// # Errors
    /// The library has no AES-256-GCM.
    pub(crate) fn kept(
        &self,
        (realm, client): (&str, &Client),
        id: &str,
        secret: &Plain,
    ) -> Result<(SecretKind, Vec<u8>), CryptoError> {
        if client.needs_sealed_secret() {
            return Ok((SecretKind::Sealed, self.seal_client_secret([realm, &client.id, id], secret.expose())?));
        }
        Ok((SecretKind::Hmac, self.client_secret_tag(secret.expose())))
    }
}
