//! Users: passwords, and who may sign in.

use super::{Act, Admin, AdminError};
use crate::hashing::Hasher;
use claviger_core::token::Plain;
use claviger_core::{Realm, User};
use claviger_store::{Masked, Store};

/// The shortest password that is taken (NIST SP 800-63B-4, 3.1.1.2: no rules of composition).
pub const SHORTEST_PASSWORD: usize = 8;

/// The user of this name, or else of this id.
///
/// # Errors
/// There is none, or the store cannot be read.
pub async fn find(store: &Store, realm: &Realm, username: &str) -> Result<User, AdminError> {
    let found = match store.user_by_username(&realm.id, &User::username_key(username)).await? {
        Some(found) => Some(found),
        None => store.user(&realm.id, username).await?,
    };
    found.map(|stored| stored.user).ok_or_else(|| no_such_user(realm, username))
}

/// The users of a realm, in order of their ids.
///
/// # Errors
/// The store cannot be read.
pub async fn list(store: &Store, realm: &Realm) -> Result<Vec<User>, AdminError> {
    const PAGE: i64 = 500;
    let mut all: Vec<User> = Vec::new();
    loop {
        let after = all.last().map(|user| user.id.clone()).unwrap_or_default();
        let page = store.list_users(&realm.id, &after, PAGE).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

/// Gives a user another password, and ends what the old one gave: sessions, grants of the password grant, and all that clients
/// were given whose secret it is. `id`: the user's.
///
/// # Errors
/// It is too short, there is no such user, nothing can be hashed now, or the store cannot write.
pub async fn set_password(
    admin: &Admin<'_>,
    hasher: &Hasher,
    realm: &Realm,
    id: &str,
    password: Plain,
) -> Result<(), AdminError> {
    if password.expose().chars().count() < SHORTEST_PASSWORD {
        return Err(AdminError::ShortPassword(SHORTEST_PASSWORD));
    }
    let hash = Masked(hasher.hash(password).await?);
    let until = admin.now + realm.longest_token();
    let known = admin.act(Act::UserPassword).set_password(&realm.id, id, hash, admin.now, until).await?;
    if known { Ok(()) } else { Err(no_such_user(realm, id)) }
}

/// Lets a user sign in no more, and ends their sessions, grants, seats and tokens at once.
///
/// # Errors
/// The store cannot write.
pub async fn disable(admin: &Admin<'_>, realm: &Realm, id: &str) -> Result<(), AdminError> {
    let until = admin.now + realm.longest_token();
    admin.act(Act::UserDisable).disable_user(&realm.id, id, true, admin.now, until).await?;
    Ok(())
}

/// Lets a disabled user in again.
///
/// # Errors
/// The store cannot write.
pub async fn enable(admin: &Admin<'_>, realm: &Realm, id: &str) -> Result<(), AdminError> {
    admin.act(Act::UserEnable).disable_user(&realm.id, id, false, admin.now, admin.now).await?;
    Ok(())
}

fn no_such_user(realm: &Realm, user: &str) -> AdminError {
    AdminError::NoSuchUser { realm: realm.id.clone(), user: user.to_owned() }
}
