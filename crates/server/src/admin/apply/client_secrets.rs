//! The secrets of a file's clients: which is written, and how it is kept.

use super::report::MadeSecret;
use super::{ApplyError, Plan, patiently};
use crate::secrets::{FROM_FILE, new_client_secret};
use claviger_core::client::ClientStatus;
use claviger_core::token::Plain;
use claviger_files::realm::FileClient;
use claviger_store::{ClientSecret, Fault, Masked, SecretKind};
use subtle::ConstantTimeEq;

/// Secrets that are shorter were chosen by people and are stretched; longer ones are taken for random.
const SHORTEST_RANDOM: usize = 32;
/// The id of the secret that is made for a client without one.
const MADE: &str = "first";

impl Plan<'_> {
    /// The secret to write, if any: the file's, or a new one for a client that never had one.
    pub(super) async fn secret(
        &mut self,
        realm: &str,
        entry: &FileClient,
        status: ClientStatus,
        stored: &[ClientSecret],
    ) -> Result<Option<ClientSecret>, ApplyError> {
        if !entry.needs_secret() {
            return Ok(None);
        }
        let id = &entry.client.id;
        let Some(plain) = &entry.secret else {
            // An app that is not approved yet gets its secret with the approval.
            if !stored.is_empty() || status != ClientStatus::Active {
                return Ok(None);
            }
            let made = new_client_secret();
            let (kind, hash) = self.kept(realm, entry, MADE, &made).await?;
            self.report.secrets.push(MadeSecret { realm: realm.to_owned(), client: id.clone(), secret: made });
            return Ok(Some(self.row(MADE, kind, hash, "made by apply")));
        };
        for known in stored {
            let same = match known.kind {
                // One that the server must know, and does not, is written again.
                SecretKind::Hmac | SecretKind::Argon2 if entry.client.needs_sealed_secret() => false,
                SecretKind::Sealed => {
                    let opened = self.secrets.open_client_secret([realm, id, &known.id], &known.hash);
                    opened.is_some_and(|opened| opened.as_slice().ct_eq(plain.expose().as_bytes()).into())
                }
                SecretKind::Hmac => self.secrets.is_client_secret(plain.expose(), &known.hash),
                SecretKind::Argon2 => {
                    let phc = String::from_utf8_lossy(&known.hash).into_owned();
                    patiently(|| self.hasher.verify(plain.clone(), phc.clone())).await?
                }
            };
            if same {
                if known.retired_at.is_some() {
                    self.report
                        .notes
                        .push(format!("the file's secret of the client {realm}/{id} was retired and stays so"));
                }
                return Ok(None);
            }
        }
        let (kind, hash) = self.kept(realm, entry, FROM_FILE, plain).await?;
        Ok(Some(self.row(FROM_FILE, kind, hash, "from a file")))
    }

    /// How a secret of this id is kept, and what is stored of it.
    async fn kept(
        &self,
        realm: &str,
        entry: &FileClient,
        id: &str,
        plain: &Plain,
    ) -> Result<(SecretKind, Vec<u8>), ApplyError> {
        if entry.client.needs_sealed_secret() {
            let sealed = self.secrets.seal_client_secret([realm, &entry.client.id, id], plain.expose());
            return Ok((SecretKind::Sealed, sealed.map_err(|error| Fault::Other(error.to_string()))?));
        }
        if id == MADE || plain.expose().len() >= SHORTEST_RANDOM {
            return Ok((SecretKind::Hmac, self.secrets.client_secret_tag(plain.expose())));
        }
        Ok((SecretKind::Argon2, patiently(|| self.hasher.hash(plain.clone())).await?.into_bytes()))
    }

    fn row(&self, id: &str, kind: SecretKind, hash: Vec<u8>, label: &str) -> ClientSecret {
        ClientSecret {
            id: id.to_owned(),
            kind,
            hash: Masked(hash),
            label: label.to_owned(),
            created_at: self.now,
            expires_at: None,
            retired_at: None,
        }
    }
}
