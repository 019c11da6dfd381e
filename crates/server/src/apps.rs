//! Apps and the vendor: registered, approved, turned down, stopped.
//!
//! 1. [`register`] writes a client that waits, after the same look at its realm that its requests will get.
//! 2. [`approve`] makes it active, gives it a secret behind a one-time link and queues the mail that brings the link, all
//!    in one transaction. The secret is shown to nobody on the way: it lies sealed under a key that only the link gives.
//! 3. [`suspend`] stops it, and revokes all that it was given, at once; [`resume`] lets it in again.
//!
//! Nothing here knows of a command line or a page; both call it.

mod registration;
mod secrets;
#[cfg(test)]
mod tests;

pub use registration::{Complaint, Registration, register};
pub use secrets::{NewSecret, add_secret, import_secret, retire_secret, secrets_of};

use crate::ids;
use crate::mail::Letter;
use crate::pages::Pages;
use crate::pages::views::{ApprovalMail, Pair};
use crate::secrets::{Secrets, new_client_secret};
use claviger_core::claims::id_text;
use claviger_core::client::ClientStatus;
use claviger_core::client::GrantType;
use claviger_core::crypto::{CryptoError, SealKey, hmac_sha256};
use claviger_core::dialect::Endpoint;
use claviger_core::token::{self, Id, Kind, Plain};
use claviger_core::{Client, Realm};
use claviger_store::{ClientSecret, Fault, Masked, OneTimeLink, SecretAdded, SecretKind, Store};

/// How long the link in an approval mail works, in seconds.
pub const LINK_SECONDS: u64 = 7 * 86_400;
const LINK_MILLIS: i64 = 7 * 86_400_000;

/// Where apps live: the database and the keys that go with it.
#[derive(Debug, Clone, Copy)]
pub struct Desk<'a> {
    /// The database.
    pub store: &'a Store,
    /// The server's keys.
    pub secrets: &'a Secrets,
    /// Now, in milliseconds.
    pub now: i64,
}

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The realm has no such app.
    #[error("there is no app `{0}`")]
    NoSuchApp(String),
    /// The id is taken.
    #[error("there is an app `{0}` already")]
    Exists(String),
    /// What was asked does not fit where the app stands.
    #[error("the app `{app}` is {}: {}", is.name(), what_then(*is))]
    Standing {
        /// Which.
        app: String,
        /// Where it stands.
        is: ClientStatus,
    },
    /// The registration breaks the realm's rules.
    #[error("{}", complaints(.0))]
    Invalid(Vec<Complaint>),
    /// Two secrets are live.
    #[error("the app `{0}` has two live secrets; retire one first (`claviger secret list` names them)")]
    TwoSecrets(String),
    /// A public app, or one whose secret is its user's password.
    #[error("the app `{app}` has no secret of its own: {why}")]
    NoSecretOfItsOwn {
        /// Which.
        app: String,
        /// Why.
        why: &'static str,
    },
    /// The app has no such live secret.
    #[error("the app `{app}` has no live secret `{id}`")]
    NoSuchSecret {
        /// Which.
        app: String,
        /// The secret's id.
        id: String,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] Fault),
    /// The library failed.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
    /// A mail could not be written down.
    #[error("the mail cannot be queued: {0}")]
    Mail(#[from] serde_json::Error),
}

fn what_then(is: ClientStatus) -> &'static str {
    match is {
        ClientStatus::Pending => "approve or reject it first",
        ClientStatus::Active => "there is nothing to approve",
        ClientStatus::Rejected => "approve it if it was turned down by mistake",
        ClientStatus::Suspended => "resume it to serve it again",
    }
}

fn complaints(all: &[Complaint]) -> String {
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

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
pub async fn approve(desk: &Desk<'_>, pages: &Pages, realm: &Realm, id: &str) -> Result<Approved, AppError> {
    let client = find(desk, realm, id).await?;
    if matches!(client.status, ClientStatus::Active | ClientStatus::Suspended) {
        return Err(AppError::Standing { app: client.id, is: client.status });
    }
    let secret = if has_own_secret(&client).is_ok() { Some(secret_behind_link(desk, realm, &client)?) } else { None };
    let link = secret.as_ref().map(|(_, _, link)| link.clone());
    let letter = approval_letter(pages, realm, &client, link.as_ref());
    let mail = match letter {
        Some(letter) => Some(letter.queued(desk.secrets, ids::new(desk.now))?),
        None => None,
    };
    let mail_id = mail.as_ref().map(|mail| mail.id);
    let secret = secret.map(|(secret, link, _)| (secret, link));
    match desk.store.approve_client(&realm.id, id, secret, mail, desk.now).await? {
        SecretAdded::Added => {}
        SecretAdded::TooMany => return Err(AppError::TwoSecrets(client.id)),
        SecretAdded::NoSuchClient => return Err(AppError::NoSuchApp(client.id)),
    }
    Ok(Approved { client: Client { status: ClientStatus::Active, ..client }, mail: mail_id, link })
}

/// Turns an app down that waits.
///
/// # Errors
/// There is no such app, it does not wait, or the store cannot write.
pub async fn reject(desk: &Desk<'_>, realm: &Realm, id: &str) -> Result<(), AppError> {
    let client = find(desk, realm, id).await?;
    if client.status != ClientStatus::Pending {
        return Err(AppError::Standing { app: client.id, is: client.status });
    }
    set_status(desk, realm, id, ClientStatus::Rejected).await
}

/// Stops an app: its grants, seats and tokens end at once, in every process on the database.
///
/// # Errors
/// There is no such app, it was never approved, or the store cannot write.
pub async fn suspend(desk: &Desk<'_>, realm: &Realm, id: &str) -> Result<(), AppError> {
    let client = find(desk, realm, id).await?;
    if matches!(client.status, ClientStatus::Pending | ClientStatus::Rejected) {
        return Err(AppError::Standing { app: client.id, is: client.status });
    }
    // Again where it is suspended already: what a stopped program left undone is done now.
    set_status(desk, realm, id, ClientStatus::Suspended).await
}

/// Serves a suspended app again. What it was given before stays revoked.
///
/// # Errors
/// There is no such app, it was never approved, or the store cannot write.
pub async fn resume(desk: &Desk<'_>, realm: &Realm, id: &str) -> Result<(), AppError> {
    let client = find(desk, realm, id).await?;
    if client.status != ClientStatus::Suspended {
        return Err(AppError::Standing { app: client.id, is: client.status });
    }
    set_status(desk, realm, id, ClientStatus::Active).await
}

/// Removes an app with its secrets, grants, seats and consents, and revokes its tokens.
///
/// # Errors
/// There is no such app, or the store cannot write.
pub async fn delete(desk: &Desk<'_>, realm: &Realm, id: &str) -> Result<(), AppError> {
    let until = desk.now + realm.longest_token();
    let deleted = desk.store.delete_client(&realm.id, id, desk.now, until).await?;
    if deleted { Ok(()) } else { Err(AppError::NoSuchApp(id.to_owned())) }
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

/// The app of this id.
///
/// # Errors
/// There is none, or the store cannot be read.
pub async fn find(desk: &Desk<'_>, realm: &Realm, id: &str) -> Result<Client, AppError> {
    let found = desk.store.client_with_secrets(&realm.id, id).await?;
    found.map(|(client, _)| client).ok_or_else(|| AppError::NoSuchApp(id.to_owned()))
}

async fn set_status(desk: &Desk<'_>, realm: &Realm, id: &str, status: ClientStatus) -> Result<(), AppError> {
    let until = desk.now + realm.longest_token();
    let known = desk.store.set_client_status(&realm.id, id, status, desk.now, until).await?;
    if known { Ok(()) } else { Err(AppError::NoSuchApp(id.to_owned())) }
}

/// Whether an app has secrets of its own, and why not.
fn has_own_secret(client: &Client) -> Result<(), AppError> {
    let why = match (client.is_confidential(), client.secret_is_password) {
        (true, false) => return Ok(()),
        (false, _) => "it is public and could not keep one",
        (true, true) => "its user's password is its secret (`claviger user password` changes it)",
    };
    Err(AppError::NoSecretOfItsOwn { app: client.id.clone(), why })
}

/// A new secret, the row that knows it again, and the link that shows it once.
fn secret_behind_link(
    desk: &Desk<'_>,
    realm: &Realm,
    client: &Client,
) -> Result<(ClientSecret, OneTimeLink, Plain), AppError> {
    let secret = new_client_secret();
    let row = stored(desk, &secret, "first".to_owned(), None);
    let (id, random) = ids::new_with_secret(desk.now);
    let token = token::mint(Kind::Link, &id, &random);
    let sealed = link_key(&token)?.seal(&link_context(&realm.id, &client.id), secret.expose().as_bytes())?;
    let link = OneTimeLink {
        hash: Masked(token.hash()),
        realm: realm.id.clone(),
        client: client.id.clone(),
        sealed: Masked(sealed),
        expires_at: desk.now + LINK_MILLIS,
    };
    let url = format!("{}/-/secret?link={}", realm.issuer, token.expose());
    Ok((row, link, Plain::new(url)))
}

/// The row of a secret that Claviger made.
fn stored(desk: &Desk<'_>, secret: &Plain, label: String, expires_at: Option<i64>) -> ClientSecret {
    ClientSecret {
        id: id_text(&ids::new(desk.now)),
        kind: SecretKind::Hmac,
        hash: Masked(desk.secrets.client_secret_tag(secret.expose())),
        label,
        created_at: desk.now,
        expires_at,
        retired_at: None,
    }
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

/// The mail after an approval; none where nobody knows whom to write to.
fn approval_letter(pages: &Pages, realm: &Realm, client: &Client, link: Option<&Plain>) -> Option<Letter> {
    let to = client.owner_email.clone()?;
    let mail = pages.approval_mail(&ApprovalMail {
        owner_name: client.publisher.clone().unwrap_or_else(|| to.clone()),
        app_name: client.name.clone(),
        realm_name: realm.name.clone(),
        client_id: client.id.clone(),
        endpoints: address_pairs(realm, client),
        link: link.map(|link| link.expose().into()),
        link_valid_seconds: LINK_SECONDS,
        lang: "en".to_owned(),
    });
    Some(Letter { to, subject: mail.subject, text: mail.text, html: mail.html })
}
