//! Apps and the vendor: registered, approved, turned down, stopped.
//!
//! 1. [`register`] writes a client that waits, after the same look at its realm that its requests will get.
//! 2. [`approve`] makes it active, gives it a secret behind a one-time link and queues the mail that brings the link, all
//!    in one transaction. The secret is shown to nobody on the way: it lies sealed under a key that only the link gives.
//! 3. [`suspend`] stops it, and revokes all that it was given, at once; [`resume`] lets it in again.
//!
//! Nothing here knows of a command line or a page; both call it.

mod edit;
pub(crate) mod letters;
mod parts;
mod registration;
mod secrets;
mod spelled;
mod standing;
mod tell;
#[cfg(test)]
mod tests;

pub use edit::{Edit, Edition, edit, look};
pub use parts::{CertificateEdit, LogoutEdit};
pub(in crate::admin) use registration::sector;
pub use registration::{Registration, register};
pub use secrets::{NewSecret, add_secret, import_secret, last_uses, retire_secret, secrets_of};
pub use standing::{delete_and_tell, resume_and_tell, suspend_and_tell};
pub use tell::{reject, resend};

use super::{Act, Admin, AdminError};

use crate::ids;
use crate::pages::Pages;
use crate::pages::views::Pair;
use crate::secrets::{Secrets, new_client_secret};
use claviger_core::claims::id_text;
use claviger_core::client::ClientStatus;
use claviger_core::client::GrantType;
use claviger_core::crypto::{CryptoError, SealKey, hmac_sha256};
use claviger_core::dialect::Endpoint;
use claviger_core::token::{self, Id, Kind, Plain};
use claviger_core::{Client, Realm};
use claviger_store::{ClientSecret, Mail, Masked, OneTimeLink, SecretAdded, Store};

/// How long the link in an approval mail works, in seconds.
pub const LINK_SECONDS: u64 = 7 * 86_400;
const LINK_MILLIS: i64 = 7 * 86_400_000;

/// What an approval came to.
#[derive(Debug)]
pub struct Approved {
    /// The app as it is now.
    pub client: Client,
    /// The mail that waits in the outbox; none where the owner's address is not known.
    pub mail: Option<Id>,
    /// The one-time link, for an operator who must bring it to the owner by hand; none for an app without a secret.
    pub link: Option<Plain>,
}

/// Approves an app that waits or was turned down: it becomes active, and its owner gets id, addresses and a link.
///
/// # Errors
/// There is no such app, it is active or suspended, or the store cannot write: nothing happened then.
pub async fn approve(
    admin: &Admin<'_>,
    secrets: &Secrets,
    pages: &Pages,
    realm: &Realm,
    id: &str,
) -> Result<Approved, AdminError> {
    let client = find(admin.store, realm, id).await?;
    if matches!(client.status, ClientStatus::Active | ClientStatus::Suspended) {
        return Err(AdminError::WrongStatus { app: client.id, is: client.status });
    }
    let Given { secret, mail, link } = given(secrets, pages, realm, &client, "first", admin.now)?;
    let mail_id = mail.as_ref().map(|mail| mail.id);
    let added = admin.act(Act::AppApprove).approve_client(&realm.id, id, secret, mail, admin.now).await?;
    approved(added, Client { status: ClientStatus::Active, ..client }, mail_id, link)
}

/// What an approval gives: the secret and the link's row, the mail, and the link itself.
struct Given {
    secret: Option<(ClientSecret, OneTimeLink)>,
    mail: Option<Mail>,
    link: Option<Plain>,
}

/// Makes what an approval gives; an app without secrets has no link. `label`: of the secret.
fn given(
    secrets: &Secrets,
    pages: &Pages,
    realm: &Realm,
    client: &Client,
    label: &str,
    now: i64,
) -> Result<Given, AdminError> {
    let (secret, link) = if has_own_secret(client).is_ok() {
        let (secret, row, link) = secret_behind_link(secrets, realm, client, label, now)?;
        (Some((secret, row)), Some(link))
    } else {
        (None, None)
    };
    let letter = letters::approval(pages, realm, client, link.as_ref());
    let mail = letter.map(|letter| letter.queued(secrets, ids::new(now))).transpose()?;
    Ok(Given { secret, mail, link })
}

/// What came of storing that.
fn approved(added: SecretAdded, client: Client, mail: Option<Id>, link: Option<Plain>) -> Result<Approved, AdminError> {
    match added {
        SecretAdded::Added => Ok(Approved { client, mail, link }),
        SecretAdded::TooMany => Err(AdminError::TwoSecrets(client.id)),
        SecretAdded::NoSuchClient => Err(AdminError::NoSuchApp(client.id)),
        SecretAdded::Decided => Err(AdminError::ChangedMeanwhile(format!("the app `{}`", client.id))),
    }
}

/// Stops an app: its grants, seats and tokens end at once, in every process on the database.
///
/// # Errors
/// There is no such app, it was never approved, or the store cannot write.
pub async fn suspend(admin: &Admin<'_>, realm: &Realm, id: &str) -> Result<(), AdminError> {
    let client = find(admin.store, realm, id).await?;
    if matches!(client.status, ClientStatus::Pending | ClientStatus::Rejected) {
        return Err(AdminError::WrongStatus { app: client.id, is: client.status });
    }
    // Again where it is suspended already: what a stopped program left undone is done now.
    set_status(admin, realm, id, (ClientStatus::Suspended, Vec::new()), Act::AppSuspend).await
}

/// Serves a suspended app again. What it was given before stays revoked.
///
/// # Errors
/// There is no such app, it was never approved, or the store cannot write.
pub async fn resume(admin: &Admin<'_>, realm: &Realm, id: &str) -> Result<(), AdminError> {
    let client = find(admin.store, realm, id).await?;
    if client.status != ClientStatus::Suspended {
        return Err(AdminError::WrongStatus { app: client.id, is: client.status });
    }
    set_status(admin, realm, id, (ClientStatus::Active, Vec::new()), Act::AppResume).await
}

/// Removes an app with its secrets, grants, seats and consents, and revokes its tokens.
///
/// # Errors
/// There is no such app, or the store cannot write.
pub async fn delete(admin: &Admin<'_>, realm: &Realm, id: &str) -> Result<(), AdminError> {
    let until = admin.now + realm.longest_token();
    let deleted = admin.act(Act::AppDelete).delete_client(&realm.id, id, admin.now, until).await?;
    if deleted { Ok(()) } else { Err(AdminError::NoSuchApp(id.to_owned())) }
}

/// The addresses that an app needs, with what they are called.
pub fn addresses(realm: &Realm, client: &Client) -> Vec<(&'static str, String)> {
    let browser = client.may(GrantType::AuthorizationCode) || client.may(GrantType::Implicit);
    let mut found = vec![("Issuer", realm.issuer.clone())];
    let mut add = |wanted: bool, label, endpoint| {
        found.extend(realm.url(endpoint).filter(|_| wanted).map(|url| (label, url)));
    };
    add(browser, "Authorization endpoint", Endpoint::Authorization);
    add(true, "Token endpoint", Endpoint::Token);
    add(true, "Log-off endpoint", Endpoint::Logoff);
    add(client.may(GrantType::RefreshToken), "Revocation endpoint", Endpoint::Revocation);
    add(client.resource_server.is_some(), "Introspection endpoint", Endpoint::Introspection);
    found
}

/// The same, for pages and mails.
pub(crate) fn address_pairs(realm: &Realm, client: &Client) -> Vec<Pair> {
    addresses(realm, client).into_iter().map(|(label, url)| Pair::new(label, url)).collect()
}

/// The apps of a realm in order of their ids; only those that stand so, where `status` is given.
///
/// # Errors
/// The store cannot be read.
pub async fn list(store: &Store, realm: &Realm, status: Option<ClientStatus>) -> Result<Vec<Client>, AdminError> {
    const PAGE: i64 = 500;
    let mut all: Vec<Client> = Vec::new();
    loop {
        let after = all.last().map(|client| client.id.clone()).unwrap_or_default();
        let page = store.list_clients(&realm.id, status, &after, PAGE).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

/// The app of this id.
///
/// # Errors
/// There is none, or the store cannot be read.
pub async fn find(store: &Store, realm: &Realm, id: &str) -> Result<Client, AdminError> {
    let found = store.client_with_secrets(&realm.id, id).await?;
    found.map(|(client, _)| client).ok_or_else(|| AdminError::NoSuchApp(id.to_owned()))
}

async fn set_status(
    admin: &Admin<'_>,
    realm: &Realm,
    id: &str,
    (status, mails): (ClientStatus, Vec<Mail>),
    act: Act,
) -> Result<(), AdminError> {
    let until = admin.now + realm.longest_token();
    let (store, app) = (admin.act(act), (&*realm.id, id));
    let known = store.set_client_status_and_tell(app, status, mails, admin.now, until).await?;
    if known { Ok(()) } else { Err(AdminError::NoSuchApp(id.to_owned())) }
}

/// Whether an app has secrets of its own, and why not.
fn has_own_secret(client: &Client) -> Result<(), AdminError> {
    if client.has_own_secret() {
        return Ok(());
    }
    let why = match (client.is_confidential(), client.secret_is_password) {
        (true, false) => "it proves itself with a key of its own (token-endpoint-auth-method)",
        (false, _) => "it is public and could not keep one",
        (true, true) => "its user's password is its secret (`claviger user password` changes it)",
    };
    Err(AdminError::NoSecretOfItsOwn { app: client.id.clone(), why })
}

/// A new secret, the row that knows it again, and the link that shows it once.
fn secret_behind_link(
    secrets: &Secrets,
    realm: &Realm,
    client: &Client,
    label: &str,
    now: i64,
) -> Result<(ClientSecret, OneTimeLink, Plain), AdminError> {
    let secret = new_client_secret();
    let row = stored(secrets, (realm, client), &secret, (label.to_owned(), None), now)?;
    let (id, random) = ids::new_with_secret(now);
    let token = token::mint(Kind::Link, &id, &random);
    let sealed = link_key(&token)?.seal(&link_context(&realm.id, &client.id), secret.expose().as_bytes())?;
    let link = OneTimeLink {
        hash: Masked(token.hash()),
        realm: realm.id.clone(),
        client: client.id.clone(),
        sealed: Masked(sealed),
        expires_at: now + LINK_MILLIS,
        secret: Some(row.id.clone()),
    };
    let url = format!("{}/-/secret?link={}", realm.base(), token.expose());
    Ok((row, link, Plain::new(url)))
}

/// The row of a secret that Claviger made.
pub(in crate::admin) fn stored(
    secrets: &Secrets,
    (realm, client): (&Realm, &Client),
    secret: &Plain,
    (label, expires_at): (String, Option<i64>),
    now: i64,
) -> Result<ClientSecret, AdminError> {
    let id = id_text(&ids::new(now));
    let (kind, hash) = secrets.kept((&realm.id, client), &id, secret)?;
    Ok(ClientSecret { id, kind, hash: Masked(hash), label, created_at: now, expires_at, retired_at: None })
}

/// Opens what lies behind a link; `None` if it is not what was put there.
pub(crate) fn open_link(token: &Plain, realm: &str, client: &str, sealed: &[u8]) -> Option<Plain> {
    let opened = link_key(token).ok()?.open(&link_context(realm, client), sealed).ok()?;
    std::str::from_utf8(&opened).ok().map(Plain::from)
}

/// The key that only the link gives; what is stored of the link (its hash) does not.
fn link_key(token: &Plain) -> Result<SealKey, CryptoError> {
    SealKey::new(&hmac_sha256(b"claviger: secret behind a link", token.expose().as_bytes()))
}

fn link_context(realm: &str, client: &str) -> Vec<u8> {
    format!("client secret\0{realm}\0{client}").into_bytes()
}
