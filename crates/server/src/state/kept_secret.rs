//! How a secret that Claviger made for a client is kept.

use crate::state::secrets::Secrets;
use claviger_core::Client;
use claviger_core::crypto::CryptoError;
use claviger_core::token::Plain;
use claviger_store::SecretKind;

impl Secrets {
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
