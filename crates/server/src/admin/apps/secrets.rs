//! An app's secrets: two may be live at once, so that one can replace the other without a gap.

use super::{AppError, Desk, find, has_own_secret, stored};
use crate::hashing::Hasher;
use crate::ids;
use crate::secrets::new_client_secret;
use claviger_core::claims::id_text;
use claviger_core::token::Plain;
use claviger_core::{Client, Realm};
use claviger_store::{ClientSecret, Masked, SecretAdded, SecretKind};

/// A secret that was made; the only time that it is seen.
#[derive(Debug)]
pub struct NewSecret {
    /// Names it among the app's secrets.
    pub id: String,
    /// The secret.
    pub secret: Plain,
}

/// Gives an app one more secret. `label`: what its owner calls it; `expires_at`: when it stops by itself.
///
/// # Errors
/// There is no such app, it has no secrets of its own, two are live, or the store cannot write.
pub async fn add_secret(
    desk: &Desk<'_>,
    realm: &Realm,
    app: &str,
    label: String,
    expires_at: Option<i64>,
) -> Result<NewSecret, AppError> {
    let secret = new_client_secret();
    let row = stored(desk, &secret, label, expires_at);
    let id = row.id.clone();
    add(desk, realm, app, row).await?;
    Ok(NewSecret { id, secret })
}

/// Gives an app a secret that somebody brought along, stretched because nobody knows how it was made; its id.
///
/// # Errors
/// As for [`add_secret`]; [`AppError::Store`] where hashing fails.
pub async fn import_secret(
    desk: &Desk<'_>,
    hasher: &Hasher,
    realm: &Realm,
    app: &str,
    (label, secret): (String, Plain),
    expires_at: Option<i64>,
) -> Result<String, AppError> {
    let phc = hasher.hash(secret).await.map_err(|_| claviger_store::Fault::Busy)?;
    let row = ClientSecret {
        id: id_text(&ids::new(desk.now)),
        kind: SecretKind::Argon2,
        hash: Masked(phc.into_bytes()),
        label,
        created_at: desk.now,
        expires_at,
        retired_at: None,
    };
    let id = row.id.clone();
    add(desk, realm, app, row).await?;
    Ok(id)
}

async fn add(desk: &Desk<'_>, realm: &Realm, app: &str, row: ClientSecret) -> Result<(), AppError> {
    has_own_secret(&find(desk, realm, app).await?)?;
    match desk.store.add_secret(&realm.id, app, row, desk.now).await? {
        SecretAdded::Added => Ok(()),
        SecretAdded::TooMany => Err(AppError::TwoSecrets(app.to_owned())),
        SecretAdded::NoSuchClient => Err(AppError::NoSuchApp(app.to_owned())),
    }
}

/// An app and its secrets, from the oldest to the newest; retired ones are among them.
///
/// # Errors
/// There is no such app, or the store cannot be read.
pub async fn secrets_of(desk: &Desk<'_>, realm: &Realm, app: &str) -> Result<(Client, Vec<ClientSecret>), AppError> {
    let found = desk.store.client_with_secrets(&realm.id, app).await?;
    found.ok_or_else(|| AppError::NoSuchApp(app.to_owned()))
}

/// Stops a secret at once. Tokens that were given for it live on; suspending the app ends them.
///
/// # Errors
/// There is no such app or no such live secret, or the store cannot write.
pub async fn retire_secret(desk: &Desk<'_>, realm: &Realm, app: &str, id: &str) -> Result<(), AppError> {
    find(desk, realm, app).await?;
    let retired = desk.store.retire_secret(&realm.id, app, id, desk.now).await?;
    if retired { Ok(()) } else { Err(AppError::NoSuchSecret { app: app.to_owned(), id: id.to_owned() }) }
}
