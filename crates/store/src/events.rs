//! What webhooks are told: events, each derived from an act in the act's own transaction.
//!
//! An event becomes a delivery and a parcel of the outbox for each webhook that wants it: what is committed is told, at least
//! once, and what is not committed is told to nobody. Where no webhook listens, an act costs one indexed read more.

pub(crate) mod kinds;

use crate::audit::act::{Act, Subject, SubjectKind};
use crate::audit::values::Values;
use crate::outbox::{Parcel, hand_in};
use crate::statements::Statement;
use crate::tx::Tx;
use crate::value::{Masked, values};
use crate::{Fault, Id, id_text};
use claviger_core::crypto::entropy::random_bytes;
use serde_json::{Value, json};

/// The topic of the parcels.
pub const WEBHOOK_TOPIC: &str = "webhook";

/// How long a delivery is kept, in milliseconds.
pub(crate) const KEPT: i64 = 30 * 86_400_000;

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Event {
    /// Its name; see [`kinds::EVENTS`].
    pub(crate) name: &'static str,
    /// The app that it is about; that app's webhooks are told as well.
    pub(crate) app: Option<String>,
    /// What is told, by the schema of its kind.
    pub(crate) data: Value,
}

impl Event {
    /// An event about an app.
    pub(crate) fn of_app(name: &'static str, app: &str, mut data: Value) -> Self {
        if let Value::Object(fields) = &mut data {
            fields.insert("app".to_owned(), app.into());
        }
        Self { name, app: Some(app.to_owned()), data }
    }

    /// An event that operators alone are told.
    pub(crate) const fn of_operators(name: &'static str, data: Value) -> Self {
        Self { name, app: None, data }
    }
}

/// The event that an act is, by what its line in the log says; none for most acts.
pub(crate) fn of_act(act: Act, subject: &Subject, changed: &Values) -> Option<Event> {
    let (before, after) = (changed.before.as_ref(), changed.after.as_ref());
    let of_app = |name, data| Some(Event::of_app(name, &subject.id, data));
    match act {
        Act::AppCreate => of_app("app.requested", json!({ "status": text(after, "status").unwrap_or("pending") })),
        Act::AppApprove => of_app("app.approved", json!({})),
        Act::AppReject => of_app("app.rejected", json!({})),
        // To stop what is stopped ends what was left of it, and is no news.
        Act::AppSuspend if text(before, "status") != Some("suspended") => of_app("app.suspended", json!({})),
        Act::AppResume => of_app("app.resumed", json!({})),
        Act::SecretAdd | Act::SecretImport => secret("secret.added", subject, after),
        Act::SecretRetire => secret("secret.retired", subject, None),
        Act::GrantRevoke if subject.kind == SubjectKind::Grant => {
            let (app, user) = (text(before, "app")?, before?.get("user").cloned());
            Some(Event::of_app("grant.revoked", app, json!({ "grants": [subject.id], "user": user })))
        }
        Act::ConsentWithdraw => {
            let (app, user) = subject.id.rsplit_once('/')?;
            let grants = before.and_then(|before| before.get("grants")).cloned();
            Some(Event::of_app("consent.withdrawn", app, json!({ "user": user, "grants": grants })))
        }
        Act::UserDisable if before?.get("disabled") == Some(&false.into()) => {
            Some(Event::of_operators("user.disabled", json!({ "user": subject.id })))
        }
        _ => None,
    }
}

fn text<'v>(of: Option<&'v Value>, field: &str) -> Option<&'v str> {
    of?.get(field)?.as_str()
}

/// An event about a secret, whose subject is `APP/SECRET`.
fn secret(name: &'static str, subject: &Subject, shown: Option<&Value>) -> Option<Event> {
    let (app, id) = subject.id.rsplit_once('/')?;
    let mut data = json!({ "secret": id });
    if let (Some(shown), Value::Object(fields)) = (shown, &mut data) {
        for field in ["label", "expires_at"] {
            fields.insert(field.to_owned(), shown.get(field).cloned().unwrap_or_default());
        }
    }
    Some(Event::of_app(name, app, data))
}

/// An event for each app whose grants ended.
pub(crate) fn of_grants<'g>(ended: impl Iterator<Item = (&'g str, Id)>) -> Vec<Event> {
    let mut of_apps: std::collections::BTreeMap<&str, Vec<String>> = std::collections::BTreeMap::new();
    for (app, grant) in ended {
        of_apps.entry(app).or_default().push(id_text(&grant));
    }
    of_apps
        .into_iter()
        .map(|(app, grants)| Event::of_app("grant.revoked", app, json!({ "grants": grants, "user": null })))
        .collect()
}

/// Tells an event to every webhook that wants it.
pub(crate) async fn raise(tx: &mut impl Tx, realm: &str, event: &Event, now: i64) -> Result<(), Fault> {
    let app = event.app.as_deref().unwrap_or("");
    let listening = tx
        .query(Statement::WebhooksThatListen, values![realm, app], |row| Ok((row.string(0)?, row.string(1)?)))
        .await?;
    for (webhook, events) in listening {
        if wants(&events, event.name)? {
            let id = random_bytes();
            let doc = serde_json::to_string(&event.data)?;
            let params = values![&id, &webhook, realm, event.name, &doc, now, now + KEPT];
            tx.execute(Statement::AddDelivery, params).await?;
            queue(tx, realm, &id, now).await?;
        }
    }
    Ok(())
}

/// Hands the parcel of a delivery in.
pub(crate) async fn queue(tx: &mut impl Tx, realm: &str, delivery: &Id, now: i64) -> Result<(), Fault> {
    let parcel = Parcel {
        id: random_bytes(),
        topic: WEBHOOK_TOPIC.to_owned(),
        realm: realm.to_owned(),
        sealed: Masked(delivery.to_vec()),
        due_at: now,
        addressee: String::new(),
    };
    hand_in(tx, &parcel, now).await
}

/// Whether a list of events has one; `*` is every one.
fn wants(events: &str, name: &str) -> Result<bool, Fault> {
    let events: Vec<String> = serde_json::from_str(events)?;
    Ok(events.iter().any(|wanted| wanted == "*" || wanted == name))
}
