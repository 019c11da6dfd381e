//! An app's secrets: two may be live at once, so that one can replace the other without a gap.

use super::{find, has_own_secret, stored};
use crate::admin::{Act, Admin, AdminError};
use crate::hashing::Hasher;
use crate::ids;
use crate::secrets::{Secrets, new_client_secret};
use claviger_core::claims::id_text;
use claviger_core::jose::MacKey;
use claviger_core::token::Plain;
use claviger_core::{Client, Realm};
use claviger_store::{ClientSecret, Masked, SecretAdded, SecretKind, SecretUse, Store};

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
    admin: &Admin<'_>,
    secrets: &Secrets,
    realm: &Realm,
    app: &str,
    label: String,
    expires_at: Option<i64>,
) -> Result<NewSecret, AdminError> {
    let secret = new_client_secret();
    let client = find(admin.store, realm, app).await?;
    let row = stored(secrets, (realm, &client), &secret, (label, expires_at), admin.now)?;
    let id = row.id.clone();
    add(admin, Act::SecretAdd, realm, app, row).await?;
    Ok(NewSecret { id, secret })
}

/// Gives an app a secret that somebody brought along, stretched because nobody knows how it was made, or sealed where the server
/// must know it; its id.
///
/// # Errors
/// As for [`add_secret`]; [`AdminError::ShortSecret`]; [`AdminError::Store`] where nothing can be hashed now.
pub async fn import_secret(
    admin: &Admin<'_>,
    (hasher, secrets): (&Hasher, &Secrets),
    realm: &Realm,
    app: &str,
    (label, secret): (String, Plain),
    expires_at: Option<i64>,
) -> Result<String, AdminError> {
    let client = find(admin.store, realm, app).await?;
    if client.needs_sealed_secret() {
        if secret.expose().len() < MacKey::SHORTEST {
            return Err(AdminError::ShortSecret(app.to_owned()));
        }
        let row = stored(secrets, (realm, &client), &secret, (label, expires_at), admin.now)?;
        let id = row.id.clone();
        add(admin, Act::SecretImport, realm, app, row).await?;
        return Ok(id);
    }
    let phc = hasher.hash(secret).await.map_err(|_| claviger_store::Fault::Busy)?;
    let row = ClientSecret {
        id: id_text(&ids::new(admin.now)),
        kind: SecretKind::Argon2,
        hash: Masked(phc.into_bytes()),
        label,
        created_at: admin.now,
        expires_at,
        retired_at: None,
    };
    let id = row.id.clone();
    add(admin, Act::SecretImport, realm, app, row).await?;
    Ok(id)
}

async fn add(admin: &Admin<'_>, act: Act, realm: &Realm, app: &str, row: ClientSecret) -> Result<(), AdminError> {
    has_own_secret(&find(admin.store, realm, app).await?)?;
    match admin.act(act).add_secret(&realm.id, app, row, admin.now).await? {
        SecretAdded::Added => Ok(()),
        SecretAdded::TooMany => Err(AdminError::TwoSecrets(app.to_owned())),
        SecretAdded::NoSuchClient => Err(AdminError::NoSuchApp(app.to_owned())),
        SecretAdded::Decided => Err(AdminError::ChangedMeanwhile(format!("the app `{app}`"))),
    }
}

/// An app and its secrets, from the oldest to the newest; retired ones are among them.
///
/// # Errors
/// There is no such app, or the store cannot be read.
pub async fn secrets_of(store: &Store, realm: &Realm, app: &str) -> Result<(Client, Vec<ClientSecret>), AdminError> {
    let found = store.client_with_secrets(&realm.id, app).await?;
    found.ok_or_else(|| AdminError::NoSuchApp(app.to_owned()))
}

/// When each secret of a realm's apps was used last, to the minute; of one app where it is named. The secret is empty for apps
/// that have none of their own.
///
/// # Errors
/// The store cannot be read.
pub async fn last_uses(store: &Store, realm: &Realm, app: Option<&str>) -> Result<Vec<SecretUse>, AdminError> {
    Ok(store.secret_uses(&realm.id, app).await?)
}

/// Stops a secret at once. Tokens that were given for it live on; suspending the app ends them.
///
/// # Errors
/// There is no such app or no such live secret, or the store cannot write.
pub async fn retire_secret(admin: &Admin<'_>, realm: &Realm, app: &str, id: &str) -> Result<(), AdminError> {
    find(admin.store, realm, app).await?;
    let retired = admin.act(Act::SecretRetire).retire_secret(&realm.id, app, id, admin.now).await?;
    if retired { Ok(()) } else { Err(AdminError::NoSuchSecret { app: app.to_owned(), id: id.to_owned() }) }
}
