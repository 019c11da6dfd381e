//! When a key has leaked, or is to be replaced: signing keys, the master key, the token key. Each act is one function.
//!
//! A change of the master key is a sequence of steps, each of them at most one transaction at a time. After any of them the
//! database can be read by whoever holds both keys, and all of them can be done again:
//!
//! 1. [`MasterRotation::name_new_key`]: the database names the new key. From now on every process seals under it.
//! 2. [`MasterRotation::reseal_secrets`]: the token keys.
//! 3. [`MasterRotation::reseal_page`]: the signing keys of all realms, page by page.
//! 4. [`MasterRotation::left`]: counts what is still sealed otherwise; nothing, when all went well.

use crate::state::clock::Clock;
use crate::state::keys::{KeyRevoked, Keys, is_sealed_under, resealed};
use crate::state::master_key::MasterKey;
use crate::state::master_keys::{MARKER, MasterKeys, SERVER_SECRETS, SecretsError, TOKEN_KEY};
use crate::state::secrets::{self, Secrets};
use claviger_core::crypto::CryptoError;
use claviger_core::realm::Realm;
use claviger_store::{Fault, Store};

/// How many signing keys are read at once.
const PAGE: i64 = 100;

/// Why an act on keys failed.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The keys cannot be opened, or the store failed.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// The realm never had such a key.
    #[error("there is no signing key `{0}`")]
    NoSuchKey(String),
    /// There is nothing to change over to.
    #[error("only one master key is given; the new one is missing")]
    OneMasterKey,
    /// Something is sealed under a key that is not given.
    #[error("{0} keys in the database are sealed under a master key that is not given")]
    Unreadable(u64),
    /// There are as many token keys as there may be.
    #[error("there are too many token keys already")]
    TooManyTokenKeys,
}

impl From<Fault> for KeyError {
    fn from(fault: Fault) -> Self {
        Self::Secrets(fault.into())
    }
}

impl From<CryptoError> for KeyError {
    fn from(error: CryptoError) -> Self {
        Self::Secrets(error.into())
    }
}

/// Takes a signing key out of a realm's key set, for ever; see [`Keys::revoke`].
///
/// # Errors
/// There is no such key, or the store cannot write.
pub async fn revoke(
    store: &Store,
    masters: &MasterKeys,
    clock: Clock,
    realm: &Realm,
    kid: &str,
) -> Result<KeyRevoked, KeyError> {
    let keys = Keys::new(store.clone(), masters, clock)?;
    keys.revoke(realm, kid).await?.ok_or_else(|| KeyError::NoSuchKey(kid.to_owned()))
}

/// Makes a new token key; its number. See [`secrets::rotate_token_key`].
///
/// # Errors
/// There are too many, the master key is not held, or the store cannot write.
pub async fn rotate_token_key(
    store: &Store,
    masters: &MasterKeys,
    revoke_old: bool,
    now: i64,
) -> Result<u32, KeyError> {
    // In a new database it is made first.
    Secrets::load(store, masters).await?;
    secrets::rotate_token_key(store, masters, revoke_old, now).await?.ok_or(KeyError::TooManyTokenKeys)
}

/// What is sealed under which master key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sealed {
    /// Under the newest.
    pub newest: u64,
    /// Under the one before it.
    pub earlier: u64,
    /// Under one that is not held.
    pub unreadable: u64,
}

/// A change of the master key; see the module.
#[derive(Debug)]
pub struct MasterRotation {
    store: Store,
    masters: MasterKeys,
    to: MasterKey,
    after: (String, String),
}

impl MasterRotation {
    /// To the newest of the keys that are held. One that was interrupted goes on, one that is done has nothing to do.
    ///
    /// # Errors
    /// Only one key is held, or not the one in use.
    pub async fn begin(store: &Store, masters: &MasterKeys) -> Result<Self, KeyError> {
        // So that the database names its key, and has something to seal anew.
        Secrets::load(store, masters).await?;
        let to = masters.newest().filter(|_| masters.count() > 1).ok_or(KeyError::OneMasterKey)?;
        Ok(Self { store: store.clone(), masters: masters.clone(), to, after: Default::default() })
    }

    /// The database names the new key; whether it did not do so before.
    ///
    /// # Errors
    /// Not every key in the database can be read, so the change could not be ended; or the store fails.
    pub async fn name_new_key(&self, now: i64) -> Result<bool, KeyError> {
        let unreadable = self.left().await?.unreadable;
        if unreadable > 0 {
            return Err(KeyError::Unreadable(unreadable));
        }
        let current = self.masters.current(&self.store).await?;
        if current.id() == self.to.id() {
            return Ok(false);
        }
        // Followers hear of it.
        if self.store.replace_sealed(MARKER, &current.id(), self.to.id().to_vec(), now).await? {
            return Ok(true);
        }
        // Somebody else does the same, or something else.
        let current = self.masters.current(&self.store).await?;
        if current.id() == self.to.id() { Ok(false) } else { Err(Fault::Busy.into()) }
    }

    /// Seals the server's own secrets anew; how many.
    ///
    /// # Errors
    /// One does not open, or the store fails.
    pub async fn reseal_secrets(&self, now: i64) -> Result<u64, KeyError> {
        const TRIES: usize = 10;
        let seal = self.to.seal_key(SERVER_SECRETS)?;
        for _ in 0..TRIES {
            let Some(sealed) = self.store.sealed(TOKEN_KEY).await? else { return Ok(0) };
            if seal.open(TOKEN_KEY.as_bytes(), &sealed).is_ok() {
                return Ok(0);
            }
            let opened = self.masters.open(SERVER_SECRETS, TOKEN_KEY.as_bytes(), &sealed);
            let opened = opened.ok_or(SecretsError::OtherMasterKey)?;
            let fresh = seal.seal(TOKEN_KEY.as_bytes(), &opened)?;
            if self.store.replace_sealed(TOKEN_KEY, &sealed, fresh, now).await? {
                return Ok(1);
            }
        }
        Err(Fault::Busy.into())
    }

    /// Seals the next signing keys anew, each in a transaction of its own; how many were looked at, 0 at the end.
    ///
    /// # Errors
    /// The store fails.
    pub async fn reseal_page(&mut self) -> Result<u64, KeyError> {
        let page = self.store.keys_after(&self.after.0, &self.after.1, PAGE).await?;
        let mut seen = 0;
        for key in page {
            if !is_sealed_under(&key, &self.to)
                && let Some(sealed) = resealed(&key, &self.masters, &self.to)?
            {
                // Where it is no longer as it was read, it was removed, or somebody else did the same.
                self.store.reseal_key(&key, sealed).await?;
            }
            self.after = (key.realm, key.kid);
            seen += 1;
        }
        Ok(seen)
    }

    /// What is sealed under which key.
    ///
    /// # Errors
    /// The store fails.
    pub async fn left(&self) -> Result<Sealed, KeyError> {
        Ok(survey(&self.store, &self.masters).await?)
    }
}

/// Replaces the master key by the newest that is held: all steps. `told`: how many signing keys have been looked at.
///
/// # Errors
/// As the steps; [`KeyError::Unreadable`] where something is left that no key opens.
pub async fn rotate_master_key(
    store: &Store,
    masters: &MasterKeys,
    now: i64,
    mut told: impl FnMut(u64),
) -> Result<Sealed, KeyError> {
    let mut rotation = MasterRotation::begin(store, masters).await?;
    rotation.name_new_key(now).await?;
    rotation.reseal_secrets(now).await?;
    let mut seen = 0;
    loop {
        match rotation.reseal_page().await? {
            0 => break,
            more => seen += more,
        }
        told(seen);
    }
    let left = rotation.left().await?;
    if left.unreadable > 0 { Err(KeyError::Unreadable(left.unreadable)) } else { Ok(left) }
}

/// What is sealed under which of the keys that are held.
///
/// # Errors
/// The store fails.
pub async fn survey(store: &Store, masters: &MasterKeys) -> Result<Sealed, SecretsError> {
    let mut found = Sealed::default();
    let newest = masters.newest().ok_or(SecretsError::OtherMasterKey)?;
    let mut count = |is_newest: bool, opens: bool| match (is_newest, opens) {
        (true, _) => found.newest += 1,
        (false, true) => found.earlier += 1,
        (false, false) => found.unreadable += 1,
    };
    if let Some(sealed) = store.sealed(TOKEN_KEY).await? {
        let is_newest = newest.seal_key(SERVER_SECRETS)?.open(TOKEN_KEY.as_bytes(), &sealed).is_ok();
        count(is_newest, masters.open(SERVER_SECRETS, TOKEN_KEY.as_bytes(), &sealed).is_some());
    }
    let mut after = (String::new(), String::new());
    loop {
        let page = store.keys_after(&after.0, &after.1, PAGE).await?;
        let Some(last) = page.last() else { return Ok(found) };
        after = (last.realm.clone(), last.kid.clone());
        for key in &page {
            count(is_sealed_under(key, &newest), resealed(key, masters, &newest)?.is_some());
        }
    }
}
