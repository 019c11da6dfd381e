//! The server's own keys, and the secrets that it makes for clients.
//!
//! One random token key is made with the database and lies in it, sealed under the master key; every process on the
//! database uses the same. From it a key is derived for each purpose. A secret that Claviger makes has 256 random bits, so
//! what is stored of it is an HMAC, not a stretched hash: checking one costs less than a microsecond, and without the
//! token key the stored bytes are worth nothing.

use crate::state::master_key::MasterKey;
use claviger_core::crypto::entropy::random_bytes;
use claviger_core::crypto::{CryptoError, HmacKey, SealKey, derive};
use claviger_core::jose::base64url;
use claviger_core::token::{Id, Plain, RefreshKey};
use claviger_store::{Fault, Store};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// The name of the token key in the database, and what it is sealed for.
const TOKEN_KEY: &str = "token key";
/// The id of the secret that a realm file gives: somebody's choice, however long it is.
pub(crate) const FROM_FILE: &str = "file";
/// Says in a log or a leaked file what a text is.
const SECRET_PREFIX: &str = "cvs_";

/// Keys that are in use all the time, prepared once.
#[derive(Debug)]
pub struct Secrets {
    /// Makes and recognises refresh tokens.
    pub refresh: RefreshKey,
    /// Ties forms to browsers.
    pub forms: HmacKey,
    clients: HmacKey,
    outbox: HmacKey,
}

/// Why the server has no keys.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] Fault),
    /// The library failed.
    #[error(transparent)]
    Crypto(CryptoError),
    /// Sealed under another master key.
    #[error("the master key is not the one that this database was made with")]
    OtherMasterKey,
}

impl Secrets {
    /// Everything that follows from the token key.
    pub fn new(token_key: &[u8; 32]) -> Self {
        Self {
            refresh: RefreshKey::new(&derive(token_key, "refresh tokens")),
            forms: HmacKey::new(derive(token_key, "forms").as_slice()),
            clients: HmacKey::new(derive(token_key, "client secrets").as_slice()),
            outbox: HmacKey::new(derive(token_key, "outbox").as_slice()),
        }
    }

    /// Opens the database's token key, or makes it if the database is new.
    ///
    /// # Errors
    /// The database fails, or was made with another master key.
    pub async fn load(store: &Store, master: &MasterKey) -> Result<Self, SecretsError> {
        let seal = master.seal_key("server secrets").map_err(SecretsError::Crypto)?;
        let sealed = if let Some(sealed) = store.sealed(TOKEN_KEY).await? {
            sealed
        } else {
            let fresh = Zeroizing::new(random_bytes::<32>());
            let sealed = seal.seal(TOKEN_KEY.as_bytes(), fresh.as_slice()).map_err(SecretsError::Crypto)?;
            store.put_sealed_if_absent(TOKEN_KEY, sealed).await?
        };
        let opened = seal.open(TOKEN_KEY.as_bytes(), &sealed).map_err(|_| SecretsError::OtherMasterKey)?;
        let key = <&[u8; 32]>::try_from(opened.as_slice()).map_err(|_| SecretsError::OtherMasterKey)?;
        Ok(Self::new(key))
    }

    /// What is stored of a client secret that Claviger made, and what a presented one is compared as (in constant time).
    pub fn client_secret_tag(&self, secret: &str) -> [u8; 32] {
        self.clients.sign(secret.as_bytes())
    }

    /// The key under which a mail waits: it may hold a one-time link, which is worth a secret.
    ///
    /// # Errors
    /// The library has no AES-256-GCM.
    pub fn outbox_key(&self, mail: &Id) -> Result<SealKey, CryptoError> {
        SealKey::new(&self.outbox.sign(mail))
    }

    /// Whether `stored` is the tag of `secret`, in constant time.
    pub fn is_client_secret(&self, secret: &str, stored: &[u8]) -> bool {
        self.client_secret_tag(secret).ct_eq(stored).into()
    }
}

/// A new client secret: `cvs_` and 256 random bits. It has no character that any encoding changes.
pub fn new_client_secret() -> Plain {
    let random = Zeroizing::new(random_bytes::<32>());
    Plain::new(format!("{SECRET_PREFIX}{}", base64url(random.as_slice())))
}

#[cfg(test)]
mod tests {
    use super::{Secrets, SecretsError, new_client_secret};
    use crate::state::master_key::MasterKey;
    use claviger_store::{Options, Store};

    #[test]
    fn a_secret_is_known_by_its_tag_under_this_servers_key_only() {
        let (ours, theirs) = (Secrets::new(&[1; 32]), Secrets::new(&[2; 32]));
        let secret = new_client_secret();
        let stored = ours.client_secret_tag(secret.expose());
        assert!(ours.is_client_secret(secret.expose(), &stored));
        assert!(!ours.is_client_secret("cvs_other", &stored));
        assert!(!ours.is_client_secret(secret.expose(), &stored[..31]));
        assert!(!theirs.is_client_secret(secret.expose(), &stored));
        assert_ne!(ours.client_secret_tag("x"), ours.forms.sign(b"x"));
    }

    #[tokio::test]
    async fn every_process_on_a_database_has_the_same_keys_and_another_master_key_has_none() {
        let store = Store::open("sqlite::memory:", &Options::default()).unwrap();
        let master = MasterKey::generate();
        let (one, two) = (Secrets::load(&store, &master).await.unwrap(), Secrets::load(&store, &master).await.unwrap());
        assert_eq!(one.client_secret_tag("x"), two.client_secret_tag("x"));
        let other = Secrets::load(&store, &MasterKey::generate()).await.unwrap_err();
        assert!(matches!(other, SecretsError::OtherMasterKey), "{other}");
    }

    #[test]
    fn secrets_are_long_random_and_plain_in_every_encoding() {
        let secret = new_client_secret();
        let text = secret.expose();
        assert_eq!(text.len(), "cvs_".len() + 43);
        assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-'));
        assert_ne!(text, new_client_secret().expose());
        assert_eq!(format!("{secret:?} {:?}", Secrets::new(&[1; 32]).forms), "*** HmacKey(***)");
    }
}
