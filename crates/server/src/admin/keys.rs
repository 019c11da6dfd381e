//! Signing keys, the master key, the token key: when one is to be replaced, or has leaked.
//!
//! A change of the master key is a sequence of steps, each of them at most one transaction at a time. After any of them the
//! database can be read by whoever holds both keys, and all of them can be done again:
//!
//! 1. [`MasterRotation::name_new_key`]: the database names the new key. From now on every process seals under it.
//! 2. [`MasterRotation::reseal_secrets`]: the token keys.
//! 3. [`MasterRotation::reseal_page`]: the signing keys of all realms, page by page.
//! 4. [`MasterRotation::left`]: counts what is still sealed otherwise; nothing, when all went well.

use super::{Act, Admin, AdminError};
use crate::state::clock::Clock;
use crate::state::keys::{KeyRevoked, Keys, is_sealed_under, resealed};
use crate::state::master_key::MasterKey;
use crate::state::master_keys::{MARKER, MasterKeys, SERVER_SECRETS, TOKEN_KEY};
use crate::state::secrets::{self, Secrets};
use claviger_core::Realm;
use claviger_core::jose::base64url;
use claviger_store::{Fault, SigningKeyRow, Store};
use serde_json::json;

/// How many signing keys are read at once.
const PAGE: i64 = 100;

/// The keys in a realm's key set, from the oldest to the newest.
///
/// # Errors
/// The store cannot be read.
pub async fn list(store: &Store, realm: &Realm) -> Result<Vec<SigningKeyRow>, AdminError> {
    Ok(store.keys(&realm.id).await?.keys)
}

/// Gives every active key a successor, which signs once APIs have had time to learn it. Where one is published already,
/// that one stands.
///
/// # Errors
/// The store cannot write, or the master key in use is not held.
pub async fn rotate(admin: &Admin<'_>, masters: &MasterKeys, clock: Clock, realm: &Realm) -> Result<(), AdminError> {
    Keys::new(admin.act(Act::KeyRotate), masters, clock)?.rotate(realm).await?;
    Ok(())
}

/// The same by a server that holds the keys.
///
/// # Errors
/// As [`rotate`].
pub async fn rotate_held(admin: &Admin<'_>, held: &Keys, realm: &Realm) -> Result<(), AdminError> {
    held.through(admin.act(Act::KeyRotate)).rotate(realm).await?;
    Ok(())
}

/// Sees to it that a realm has or had a signing key of this id.
///
/// # Errors
/// It never had one, or the store cannot be read.
pub async fn known(store: &Store, realm: &Realm, kid: &str) -> Result<(), AdminError> {
    if store.had_key(&realm.id, kid).await? { Ok(()) } else { Err(AdminError::NoSuchKey(kid.to_owned())) }
}

/// Takes a signing key out of a realm's key set, for ever; see [`Keys::revoke`].
///
/// # Errors
/// There is no such key, or the store cannot write.
pub async fn revoke(
    admin: &Admin<'_>,
    masters: &MasterKeys,
    clock: Clock,
    realm: &Realm,
    kid: &str,
) -> Result<KeyRevoked, AdminError> {
    let keys = Keys::new(admin.act(Act::KeyRevoke), masters, clock)?;
    keys.revoke(realm, kid).await?.ok_or_else(|| AdminError::NoSuchKey(kid.to_owned()))
}

/// Makes a new token key; its number. See [`secrets::rotate_token_key`].
///
/// # Errors
/// There are too many, the master key is not held, or the store cannot write.
pub async fn rotate_token_key(admin: &Admin<'_>, masters: &MasterKeys, revoke_old: bool) -> Result<u32, AdminError> {
    // In a new database it is made first.
    Secrets::load(admin.store, masters).await?;
    let number = secrets::rotate_token_key(&admin.act(Act::TokenKeyRotate), masters, revoke_old, admin.now).await?;
    number.ok_or(AdminError::TooManyTokenKeys)
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
pub struct MasterRotation<'a> {
    admin: Admin<'a>,
    masters: MasterKeys,
    to: MasterKey,
    after: (String, String),
}

impl<'a> MasterRotation<'a> {
    /// To the newest of the keys that are held. One that was interrupted goes on, one that is done has nothing to do.
    ///
    /// # Errors
    /// Only one key is held, or not the one in use.
    pub async fn begin(admin: &Admin<'a>, masters: &MasterKeys) -> Result<Self, AdminError> {
        // So that the database names its key, and has something to seal anew.
        Secrets::load(admin.store, masters).await?;
        let to = masters.newest().filter(|_| masters.count() > 1).ok_or(AdminError::OneMasterKey)?;
        Ok(Self { admin: *admin, masters: masters.clone(), to, after: Default::default() })
    }

    /// The database names the new key; whether it did not do so before.
    ///
    /// # Errors
    /// Not every key in the database can be read, so the change could not be ended; or the store fails.
    pub async fn name_new_key(&self) -> Result<bool, AdminError> {
        let unreadable = self.left().await?.unreadable;
        if unreadable > 0 {
            return Err(AdminError::UnreadableKeys(unreadable));
        }
        let current = self.masters.current(self.admin.store).await?;
        if current.id() == self.to.id() {
            return Ok(false);
        }
        // Followers hear of it. This is the change; what is sealed anew after it is told to nobody.
        let (act, told) = (self.admin.act(Act::MasterKeyRotate), [&current, &self.to].map(told));
        if act.replace_sealed(MARKER, &current.id(), self.to.id().to_vec(), told, self.admin.now).await? {
            return Ok(true);
        }
        // Somebody else does the same, or something else.
        let current = self.masters.current(self.admin.store).await?;
        if current.id() == self.to.id() { Ok(false) } else { Err(Fault::Busy.into()) }
    }

    /// Seals the server's own secrets anew; how many.
    ///
    /// # Errors
    /// One does not open, or the store fails.
    pub async fn reseal_secrets(&self) -> Result<u64, AdminError> {
        const TRIES: usize = 10;
        let seal = self.to.seal_key(SERVER_SECRETS)?;
        for _ in 0..TRIES {
            let Some(sealed) = self.admin.store.sealed(TOKEN_KEY).await? else { return Ok(0) };
            if seal.open(TOKEN_KEY.as_bytes(), &sealed).is_ok() {
                return Ok(0);
            }
            let opened = self.masters.open(SERVER_SECRETS, TOKEN_KEY.as_bytes(), &sealed);
            let opened = opened.ok_or(AdminError::OtherMasterKey)?;
            let fresh = seal.seal(TOKEN_KEY.as_bytes(), &opened)?;
            if self.admin.store.replace_sealed(TOKEN_KEY, &sealed, fresh, Default::default(), self.admin.now).await? {
                return Ok(1);
            }
        }
        Err(Fault::Busy.into())
    }

    /// Seals the next signing keys anew, each in a transaction of its own; how many were looked at, 0 at the end.
    ///
    /// # Errors
    /// The store fails.
    pub async fn reseal_page(&mut self) -> Result<u64, AdminError> {
        let page = self.admin.store.keys_after(&self.after.0, &self.after.1, PAGE).await?;
        let mut seen = 0;
        for key in page {
            if !is_sealed_under(&key, &self.to)
                && let Some(sealed) = resealed(&key, &self.masters, &self.to)?
            {
                // Where it is no longer as it was read, it was removed, or somebody else did the same.
                self.admin.store.reseal_key(&key, sealed).await?;
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
    pub async fn left(&self) -> Result<Sealed, AdminError> {
        survey(self.admin.store, &self.masters).await
    }
}

/// What a line says of a master key: its id, which is no secret.
fn told(key: &MasterKey) -> serde_json::Value {
    json!({ "id": base64url(&key.id()) })
}

/// Replaces the master key by the newest that is held: all steps. `told`: how many signing keys have been looked at.
///
/// # Errors
/// As the steps; [`AdminError::UnreadableKeys`] where something is left that no key opens.
pub async fn rotate_master_key(
    admin: &Admin<'_>,
    masters: &MasterKeys,
    mut told: impl FnMut(u64),
) -> Result<Sealed, AdminError> {
    let mut rotation = MasterRotation::begin(admin, masters).await?;
    rotation.name_new_key().await?;
    rotation.reseal_secrets().await?;
    let mut seen = 0;
    loop {
        match rotation.reseal_page().await? {
            0 => break,
            more => seen += more,
        }
        told(seen);
    }
    let left = rotation.left().await?;
    if left.unreadable > 0 { Err(AdminError::UnreadableKeys(left.unreadable)) } else { Ok(left) }
}

/// What is sealed under which of the keys that are held.
///
/// # Errors
/// The store fails.
pub async fn survey(store: &Store, masters: &MasterKeys) -> Result<Sealed, AdminError> {
    let mut found = Sealed::default();
    let newest = masters.newest().ok_or(AdminError::OtherMasterKey)?;
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
