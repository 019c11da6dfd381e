//! What is printed of webhooks and of what they were told.

use crate::cli::output::{self, Format};
use crate::cli::trouble::{Exit, Trouble};
use claviger_core::claims::id_text;
use claviger_server::admin::webhooks::schema;
use claviger_store::{Delivery, EVENTS, Tried, Webhook, event_kind};
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct Listed {
    id: String,
    realm: Option<String>,
    app: Option<String>,
    url: String,
    events: Vec<String>,
    state: &'static str,
    created_at: String,
    failing_since: Option<String>,
    last_at: Option<String>,
    last_code: Option<i64>,
    last_outcome: Option<String>,
}

impl From<Webhook> for Listed {
    fn from(webhook: Webhook) -> Self {
        let some = |text: String| Some(text).filter(|text| !text.is_empty());
        let state = match (webhook.is_active, webhook.failing_since) {
            (false, _) => "disabled",
            (true, Some(_)) => "failing",
            (true, None) => "active",
        };
        let (last_at, last_code, last_outcome) = match webhook.last {
            Some((at, code, outcome)) => (Some(output::time(at)), code, some(outcome)),
            None => (None, None, None),
        };
        Self {
            id: webhook.id,
            realm: some(webhook.realm),
            app: some(webhook.client),
            url: webhook.url,
            events: webhook.events,
            state,
            created_at: output::time(webhook.created_at),
            failing_since: webhook.failing_since.map(output::time),
            last_at,
            last_code,
            last_outcome,
        }
    }
}

impl Listed {
    pub(super) fn pairs(&self) -> [(&'static str, String); 4] {
        [
            ("id", self.id.clone()),
            ("url", self.url.clone()),
            ("events", self.events.join(" ")),
            ("state", self.state.to_owned()),
        ]
    }
}

#[derive(Serialize)]
pub(super) struct Told {
    id: String,
    event: String,
    realm: String,
    state: String,
    attempts: u32,
    happened_at: String,
    tried_at: Option<String>,
    code: Option<i64>,
    outcome: Option<String>,
}

impl From<Delivery> for Told {
    fn from(delivery: Delivery) -> Self {
        Self {
            id: id_text(&delivery.id),
            event: delivery.event,
            realm: delivery.realm,
            state: delivery.status,
            attempts: delivery.attempts,
            happened_at: output::time(delivery.created_at),
            tried_at: delivery.tried_at.map(output::time),
            code: delivery.code,
            outcome: delivery.outcome,
        }
    }
}

fn or_dash(text: Option<&String>) -> String {
    text.cloned().unwrap_or_else(|| "-".to_owned())
}

pub(super) fn list(format: Format, listed: &[Listed]) -> Result<(), Trouble> {
    format.list(["id", "realm", "app", "url", "events", "state", "last outcome"], listed, |one| {
        [
            one.id.clone(),
            one.realm.clone().unwrap_or_else(|| "(all)".to_owned()),
            or_dash(one.app.as_ref()),
            one.url.clone(),
            one.events.join(" "),
            one.state.to_owned(),
            or_dash(one.last_outcome.as_ref()),
        ]
    })
}

pub(super) fn told(format: Format, told: &[Told]) -> Result<(), Trouble> {
    format.list(["id", "event", "happened", "state", "attempts", "code", "outcome"], told, |one| {
        [
            one.id.clone(),
            one.event.clone(),
            one.happened_at.clone(),
            one.state.clone(),
            one.attempts.to_string(),
            one.code.map_or_else(|| "-".to_owned(), |code| code.to_string()),
            or_dash(one.outcome.as_ref()),
        ]
    })
}

/// What came of a test; a call that was not heard is a failure.
pub(super) fn tried(format: Format, id: &str, tried: &Tried) -> Result<(), Trouble> {
    let item = serde_json::json!({ "id": id, "state": tried.status, "code": tried.code, "outcome": tried.outcome });
    let code = tried.code.map(|code| code.to_string()).unwrap_or_default();
    let pairs =
        [("id", id.to_owned()), ("state", tried.status.to_owned()), ("code", code), ("outcome", tried.outcome.clone())];
    format.one(&item, &pairs)?;
    if tried.status == "delivered" {
        return Ok(());
    }
    Err(Trouble::new(Exit::Unreachable, format!("the webhook did not hear it: {}", tried.outcome))
        .help("`claviger webhook deliveries` says what was answered before"))
}

#[derive(Serialize)]
struct Kind {
    name: &'static str,
    version: u32,
    told_to: &'static str,
    about: &'static str,
    schema: serde_json::Value,
}

/// The events that there are, or the schema of one.
pub(super) fn events(name: Option<&str>, format: Format) -> Result<(), Trouble> {
    if let Some(name) = name {
        let kind = event_kind(name).ok_or_else(|| {
            Trouble::not_found(format!("there is no event `{name}`")).help("`claviger webhook events` names them")
        })?;
        let text = serde_json::to_string_pretty(&schema(kind)).unwrap_or_default();
        return output::put(&format!("{text}\n"));
    }
    let kinds: Vec<Kind> = EVENTS
        .iter()
        .map(|kind| Kind {
            name: kind.name,
            version: kind.version,
            told_to: if kind.of_apps { "operators and the app" } else { "operators" },
            about: kind.about,
            schema: schema(kind),
        })
        .collect();
    format.list(["name", "version", "told to", "about"], &kinds, |kind| {
        [kind.name.to_owned(), kind.version.to_string(), kind.told_to.to_owned(), kind.about.to_owned()]
    })
}
