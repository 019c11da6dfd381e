//! A realm as a file that, applied again, changes nothing.

use super::AdminError;
use crate::secrets::is_sealed_hash;
use claviger_core::{Client, Realm, User};
use claviger_files::realm::written::{self, Written};
use claviger_store::{Fault, Store};
use std::collections::HashMap;

/// All of a realm but its secrets; with the hashes of passwords where that is asked for.
///
/// # Errors
/// The store cannot be read.
pub async fn realm(store: &Store, realm: &Realm, with_hashes: bool) -> Result<Written, AdminError> {
    let users = users(store, realm, with_hashes).await?;
    let names: HashMap<&str, &str> = users.iter().map(|(user, _)| (user.id.as_str(), user.username.as_str())).collect();
    let clients = super::apps::list(store, realm, None).await?.into_iter().map(|client| {
        let acts_as = client.acts_as.map(|id| names.get(id.as_str()).map_or(id.clone(), |name| (*name).to_owned()));
        Client { acts_as, ..client }
    });
    let clients = clients.collect();
    let organisations = super::organisations::list(store, realm).await?;
    Ok(Written { realm: realm.clone(), organisations, users, clients })
}

/// The text of a realm's settings alone: without its organisations, users and apps.
///
/// # Errors
/// It cannot be spelled; that does not happen.
pub fn settings(realm: &Realm) -> Result<String, AdminError> {
    text(&Written { realm: realm.clone(), organisations: Vec::new(), users: Vec::new(), clients: Vec::new() })
}

/// The text of such a file.
///
/// # Errors
/// It cannot be spelled; that does not happen.
pub fn text(file: &Written) -> Result<String, AdminError> {
    written::text(file).map_err(|error| Fault::Other(error.to_string()).into())
}

async fn users(store: &Store, realm: &Realm, with_hashes: bool) -> Result<Vec<(User, Option<String>)>, AdminError> {
    let mut all = Vec::new();
    for user in super::users::list(store, realm).await? {
        let stored = if with_hashes { store.user(&realm.id, &user.id).await? } else { None };
        // A sealed one is bound to this database; `claviger user export` gives it back.
        let hash = stored.and_then(|stored| stored.password_hash).map(|hash| hash.0);
        let hash = hash.filter(|hash| !is_sealed_hash(hash));
        all.push((user, hash));
    }
    Ok(all)
}
