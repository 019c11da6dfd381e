//! A realm's signing keys.

use super::{Act, Admin, AdminError};
use crate::clock::Clock;
use crate::keys::Keys;
use crate::master_key::MasterKey;
use claviger_core::Realm;
use claviger_store::{SigningKeyRow, Store};

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
/// The store cannot write, or a key was sealed under another master key.
pub async fn rotate(admin: &Admin<'_>, master: &MasterKey, clock: Clock, realm: &Realm) -> Result<(), AdminError> {
    Keys::new(admin.act(Act::KeyRotate), master, clock)?.rotate(realm).await?;
    Ok(())
}
