//! The master keys that this process holds: one, or two while one replaces the other.
//!
//! Which of them seals is written in the database, under [`MARKER`], so that all processes change over in the same moment;
//! what is sealed is opened with whichever fits. A key that is missing is looked for in the file again, so a running server
//! learns a new key without a restart.

use crate::state::master_key::{MasterKey, MasterKeyError};
use arc_swap::ArcSwap;
use claviger_core::crypto::CryptoError;
use claviger_store::{Fault, Store};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zeroize::Zeroizing;

/// Where the database names the master key that everything is sealed under. It holds the key's id, which is no secret.
pub(crate) const MARKER: &str = "master key";
/// The name of the token keys in the database, and what they are sealed for.
pub(crate) const TOKEN_KEY: &str = "token key";
/// The purpose of the key that seals secrets of the server's own.
pub(crate) const SERVER_SECRETS: &str = "server secrets";

/// Why the server has no keys.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] Fault),
    /// The library failed.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
    /// Sealed under another master key.
    #[error("the master key is not the one that this database was made with")]
    OtherMasterKey,
}

impl From<SecretsError> for Fault {
    fn from(error: SecretsError) -> Self {
        match error {
            SecretsError::Store(fault) => fault,
            other => Self::Other(other.to_string()),
        }
    }
}

/// The master keys that this process holds. Cheap to clone.
#[derive(Debug, Clone)]
pub struct MasterKeys(Arc<Held>);

#[derive(Debug)]
struct Held {
    /// Looked into again for a key that is missing.
    file: Option<PathBuf>,
    /// Never empty; the newest is the last.
    keys: ArcSwap<Vec<MasterKey>>,
}

impl From<MasterKey> for MasterKeys {
    fn from(key: MasterKey) -> Self {
        Self::new(None, vec![key])
    }
}

impl From<&MasterKey> for MasterKeys {
    fn from(key: &MasterKey) -> Self {
        key.clone().into()
    }
}

impl From<&Self> for MasterKeys {
    fn from(keys: &Self) -> Self {
        keys.clone()
    }
}

impl MasterKeys {
    fn new(file: Option<PathBuf>, keys: Vec<MasterKey>) -> Self {
        Self(Arc::new(Held { file, keys: ArcSwap::from_pointee(keys) }))
    }

    /// The keys of the environment, as [`MasterKey::from_environment`] finds them; `None` if neither variable is set.
    ///
    /// # Errors
    /// Both are set; the one that is set is of no use.
    pub fn from_environment() -> Result<Option<Self>, MasterKeyError> {
        Ok(MasterKey::from_environment()?.map(|(file, keys)| Self::new(file, keys)))
    }

    /// The one or two keys in a file, the newest last.
    ///
    /// # Errors
    /// As for [`MasterKey::read_all`].
    pub fn read(path: &Path) -> Result<Self, MasterKeyError> {
        Ok(Self::new(Some(path.to_owned()), MasterKey::read_all(path)?))
    }

    /// The same, where a file that is not there is made, with one key.
    ///
    /// # Errors
    /// As for [`MasterKey::read_or_create`].
    pub fn read_or_create(path: &Path) -> Result<Self, MasterKeyError> {
        if !path.exists() {
            MasterKey::read_or_create(path)?;
        }
        Self::read(path)
    }

    /// Two keys of which the second is to replace the first.
    pub fn of_two(first: MasterKey, second: MasterKey) -> Self {
        Self::new(None, vec![first, second])
    }

    /// Whether the same keys are held, in whatever order.
    pub fn is_same(&self, other: &Self) -> bool {
        let ids = |keys: &Self| {
            let mut ids: Vec<_> = keys.0.keys.load().iter().map(MasterKey::id).collect();
            ids.sort_unstable();
            ids
        };
        ids(self) == ids(other)
    }

    /// How many are held.
    pub(crate) fn count(&self) -> usize {
        self.0.keys.load().len()
    }

    /// The newest.
    pub(crate) fn newest(&self) -> Option<MasterKey> {
        self.0.keys.load().last().cloned()
    }

    /// The key of this id, looked for in the file where it is not known.
    pub(crate) fn of_id(&self, id: &[u8]) -> Option<MasterKey> {
        self.first_that(|key| (key.id().as_slice() == id).then(|| key.clone()))
    }

    /// Opens what was sealed under any of the keys; `None` if none fits.
    pub(crate) fn open(&self, purpose: &str, associated: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        self.first_that(|key| key.seal_key(purpose).ok()?.open(associated, sealed).ok())
    }

    fn first_that<T>(&self, found: impl Fn(&MasterKey) -> Option<T>) -> Option<T> {
        if let Some(found) = self.0.keys.load().iter().find_map(&found) {
            return Some(found);
        }
        let keys = MasterKey::read_all(self.0.file.as_deref()?)
            .inspect_err(|error| tracing::error!(%error, "a master key is missing"))
            .ok()?;
        let found = keys.iter().find_map(found);
        if found.is_some() {
            tracing::info!("the master key file has changed; it was read again");
            self.0.keys.store(Arc::new(keys));
        }
        found
    }

    /// The key that everything is sealed under now. Ask after what is to be replaced was read: whoever changes the key
    /// meanwhile has changed that as well.
    ///
    /// # Errors
    /// The store fails, or the key is not held.
    pub(crate) async fn current(&self, store: &Store) -> Result<MasterKey, SecretsError> {
        let id = match store.sealed(MARKER).await? {
            Some(id) => id,
            None => store.put_sealed_if_absent(MARKER, self.in_use(store).await?.id().to_vec()).await?,
        };
        self.of_id(&id).ok_or(SecretsError::OtherMasterKey)
    }

    /// The key that a database without [`MARKER`] is sealed under: a new one, or one of an earlier release.
    async fn in_use(&self, store: &Store) -> Result<MasterKey, SecretsError> {
        let sealed = store.sealed(TOKEN_KEY).await?;
        let fits = |key: &MasterKey| match &sealed {
            Some(sealed) => opens(key, sealed).then(|| key.clone()),
            None => Some(key.clone()),
        };
        self.first_that(fits).ok_or(SecretsError::OtherMasterKey)
    }
}

fn opens(key: &MasterKey, sealed: &[u8]) -> bool {
    key.seal_key(SERVER_SECRETS).is_ok_and(|seal| seal.open(TOKEN_KEY.as_bytes(), sealed).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn sealed(key: &MasterKey) -> Vec<u8> {
        key.seal_key("p").unwrap().seal(b"", b"x").unwrap()
    }

    #[test]
    fn a_key_that_was_added_to_the_file_is_found_without_a_restart() {
        let folder = std::env::temp_dir().join(format!("claviger-keys-{}", std::process::id()));
        std::fs::create_dir(&folder).unwrap();
        let file = folder.join("master.key");
        let (one, two) = (folder.join("one"), folder.join("two"));
        let keys = MasterKeys::read_or_create(&one).unwrap();
        let (first, second) = (keys.newest().unwrap(), MasterKeys::read_or_create(&two).unwrap().newest().unwrap());
        std::fs::copy(&one, &file).unwrap();
        let keys = MasterKeys::read(&file).unwrap();
        assert!(keys.open("p", b"", &sealed(&second)).is_none() && keys.of_id(&second.id()).is_none());
        let both = std::fs::read_to_string(&one).unwrap() + &std::fs::read_to_string(&two).unwrap();
        std::fs::write(&file, &both).unwrap();
        assert!(keys.open("p", b"", &sealed(&second)).is_some());
        assert!(keys.open("p", b"", &sealed(&first)).is_some());
        assert_eq!((keys.count(), keys.newest().unwrap().id()), (2, second.id()));
        // Three are a mistake, and others must not read it.
        std::fs::write(&file, format!("{both}{}\n", "0a".repeat(31) + "0b")).unwrap();
        assert!(MasterKeys::read(&file).is_err());
        std::fs::write(&file, &both).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(MasterKeys::read(&file).is_err());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
