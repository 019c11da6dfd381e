//! Webhooks: who is told what happens, and what they were told.
//!
//! A webhook is the operator's, of one realm or of all, or an app's, which is told of itself alone.

mod schema;
#[cfg(test)]
mod tests;

pub use crate::webhooks::Caller;
pub use schema::schema;

use super::{Act, Admin, AdminError, Broken, Complaint};
use crate::ids;
use crate::webhooks::new_secret;
use claviger_core::Realm;
use claviger_core::claims::id_text;
use claviger_core::span::Span;
use claviger_core::token::{Id, Plain};
use claviger_store::{Delivery, EVENTS, Masked, Replayed, Store, Tried, Webhook, event_kind};

/// How many webhooks an app may have, and an operator in each realm, and in all.
const MOST_OF_APP: usize = 5;
const MOST_OF_OPERATOR: usize = 50;

/// The longest address, in bytes.
const LONGEST: usize = 2000;

/// Whose webhook it is.
#[derive(Debug, Clone, Copy)]
pub struct Owner<'a> {
    /// The realm that it is told of; none: every realm.
    pub realm: Option<&'a Realm>,
    /// The app that it belongs to; none: the operator's.
    pub app: Option<&'a str>,
}

/// A webhook that was made, with its secret: the only time that it is seen.
#[derive(Debug)]
pub struct NewWebhook {
    /// The webhook.
    pub webhook: Webhook,
    /// What its calls are signed with.
    pub secret: Plain,
}

/// What is changed; what is absent stays.
#[derive(Debug, Clone, Default)]
pub struct WebhookEdit {
    /// Where it is called.
    pub url: Option<String>,
    /// What it is told.
    pub events: Option<Vec<String>>,
    /// Whether it is called.
    pub active: Option<bool>,
}

/// Adds a webhook; no events: all that its owner may be told.
///
/// # Errors
/// The address may not be called, there is no such event or app, the owner has too many, or the store cannot write.
pub async fn add(
    admin: &Admin<'_>,
    caller: &Caller<'_>,
    owner: Owner<'_>,
    url: &str,
    events: &[String],
) -> Result<NewWebhook, AdminError> {
    let (realm, app) = (owner.realm.map_or("", |realm| realm.id.as_str()), owner.app.unwrap_or(""));
    if let (Some(realm), Some(app)) = (owner.realm, owner.app) {
        super::apps::find(admin.store, realm, app).await?;
    }
    let mut complaints = check(caller, owner.realm, url, events, !app.is_empty());
    let most = if app.is_empty() { MOST_OF_OPERATOR } else { MOST_OF_APP };
    if list(admin.store, Some(realm), Some(app)).await?.len() >= most {
        complaints.push(Complaint::of("webhook", &Broken::TooManyWebhooks(most)));
    }
    if owner.realm.is_none() && owner.app.is_some() {
        complaints.push(Complaint::of("realm", &Broken::AppWithoutRealm));
    }
    if !complaints.is_empty() {
        return Err(AdminError::Invalid(complaints));
    }
    let (id, secret) = (id_text(&ids::new(admin.now)), new_secret());
    let sealed = caller.sealed(realm, &id, &secret)?;
    let webhook = Webhook {
        id,
        realm: realm.to_owned(),
        client: app.to_owned(),
        url: url.to_owned(),
        events: if events.is_empty() { vec!["*".to_owned()] } else { events.to_vec() },
        is_active: true,
        secret: Masked(sealed),
        old_secret: None,
        created_at: admin.now,
        failing_since: None,
        last: None,
    };
    admin.act(Act::WebhookCreate).add_webhook(&webhook, admin.now).await?;
    Ok(NewWebhook { webhook, secret })
}

/// Changes a webhook; one that is called again begins with what happens from then on.
///
/// # Errors
/// As [`add`]; there is no such webhook.
pub async fn edit(admin: &Admin<'_>, caller: &Caller<'_>, id: &str, edit: WebhookEdit) -> Result<Webhook, AdminError> {
    let before = find(admin.store, id).await?;
    let after = Webhook {
        url: edit.url.unwrap_or_else(|| before.url.clone()),
        events: edit.events.unwrap_or_else(|| before.events.clone()),
        is_active: edit.active.unwrap_or(before.is_active),
        ..before
    };
    let realm = admin.store.realm(&after.realm).await?;
    let complaints = check(caller, realm.as_ref(), &after.url, &after.events, !after.client.is_empty());
    if !complaints.is_empty() {
        return Err(AdminError::Invalid(complaints));
    }
    let known = admin.act(Act::WebhookEdit).edit_webhook(&after, admin.now).await?;
    if known { Ok(after) } else { Err(AdminError::NoSuchWebhook(id.to_owned())) }
}

/// Gives a webhook another secret, which is seen here alone. The one before signs beside it for `keep`, so that the receiver can
/// change over.
///
/// # Errors
/// There is no such webhook, or the store cannot write.
pub async fn rotate_secret(admin: &Admin<'_>, caller: &Caller<'_>, id: &str, keep: Span) -> Result<Plain, AdminError> {
    let (webhook, secret) = (find(admin.store, id).await?, new_secret());
    let sealed = Masked(caller.sealed(&webhook.realm, id, &secret)?);
    let until = admin.now.saturating_add(keep.as_millis());
    let known = admin.act(Act::WebhookRotate).rotate_webhook(id, sealed, until, admin.now).await?;
    if known { Ok(secret) } else { Err(AdminError::NoSuchWebhook(id.to_owned())) }
}

/// Removes a webhook, with what it was told.
///
/// # Errors
/// There is no such webhook, or the store cannot write.
pub async fn remove(admin: &Admin<'_>, id: &str) -> Result<(), AdminError> {
    let known = admin.act(Act::WebhookDelete).remove_webhook(id, admin.now).await?;
    if known { Ok(()) } else { Err(AdminError::NoSuchWebhook(id.to_owned())) }
}

/// Sends a `test` event now, and says what came of it. It changes nothing, so the log of acts has no line of it.
///
/// # Errors
/// There is no such webhook, its owner sent as many tests in this minute as they may, or the store fails.
pub async fn test(admin: &Admin<'_>, caller: &Caller<'_>, id: &str) -> Result<Tried, AdminError> {
    let webhook = find(admin.store, id).await?;
    caller.take_test(&webhook).map_err(AdminError::TestedTooOften)?;
    let delivery = admin.store.add_test_delivery(id, &webhook.realm, admin.now).await?;
    let delivery = admin.store.delivery(&delivery).await?.ok_or_else(|| AdminError::NoSuchWebhook(id.to_owned()))?;
    Ok(caller.send(&webhook, &delivery).await?)
}

/// Has a webhook told again: one delivery, or all since a time that wait for nothing (a thousand at most). How many.
///
/// # Errors
/// There is no such webhook, nothing to tell again, or the store cannot write.
pub async fn replay(admin: &Admin<'_>, id: &str, which: Replayed) -> Result<u64, AdminError> {
    find(admin.store, id).await?;
    match admin.act(Act::WebhookReplay).replay(id, which, admin.now).await? {
        0 => Err(AdminError::NothingToReplay(id.to_owned())),
        count => Ok(count),
    }
}

/// The webhooks of a realm (`Some("")`: of every realm) and an app (`Some("")`: the operator's), in order of their ids.
///
/// # Errors
/// The store cannot be read.
pub async fn list(store: &Store, realm: Option<&str>, app: Option<&str>) -> Result<Vec<Webhook>, AdminError> {
    const PAGE: i64 = 500;
    let mut all: Vec<Webhook> = Vec::new();
    loop {
        let after = all.last().map(|webhook| webhook.id.clone()).unwrap_or_default();
        let page = store.list_webhooks((realm, app), &after, PAGE).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

/// The webhook of this id.
///
/// # Errors
/// There is none, or the store cannot be read.
pub async fn find(store: &Store, id: &str) -> Result<Webhook, AdminError> {
    store.webhook(id).await?.ok_or_else(|| AdminError::NoSuchWebhook(id.to_owned()))
}

/// The same, if it is this app's: what whoever speaks for an app may look at and change.
///
/// # Errors
/// As [`find`]; one of another app is not there.
pub async fn find_of_app(store: &Store, realm: &str, app: &str, id: &str) -> Result<Webhook, AdminError> {
    let found = find(store, id).await?;
    let is_theirs = !app.is_empty() && found.realm == realm && found.client == app;
    if is_theirs { Ok(found) } else { Err(AdminError::NoSuchWebhook(id.to_owned())) }
}

/// What a webhook was told, the newest first: before this time and id, at most `limit`.
///
/// # Errors
/// There is no such webhook, or the store cannot be read.
pub async fn deliveries(
    store: &Store,
    id: &str,
    below: Option<(i64, Id)>,
    limit: i64,
) -> Result<Vec<Delivery>, AdminError> {
    find(store, id).await?;
    Ok(store.deliveries(id, below, limit).await?)
}

fn check(caller: &Caller<'_>, realm: Option<&Realm>, url: &str, events: &[String], of_app: bool) -> Vec<Complaint> {
    let loopback = realm.is_some_and(|realm| realm.requests.loopback);
    let mut complaints = Vec::new();
    if url.len() > LONGEST || url.contains('#') || !caller.may_call(url, loopback) {
        complaints.push(Complaint::of("url", &Broken::NotCalled));
    }
    for event in events.iter().filter(|event| *event != "*") {
        match event_kind(event) {
            Some(kind) if kind.of_apps || !of_app => {}
            Some(_) => complaints.push(Complaint::of("event", &Broken::EventOfOperators(event.clone()))),
            None => {
                let all = EVENTS.iter().map(|kind| kind.name).collect::<Vec<_>>().join(", ");
                complaints.push(Complaint::of("event", &Broken::NoSuchEvent { event: event.clone(), all }));
            }
        }
    }
    complaints
}
