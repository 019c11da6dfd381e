//! What is printed of webhooks and of what they were told.

use crate::cli::output::{self, Format};
use crate::cli::place::{answered, member};
use crate::cli::trouble::{Exit, Trouble};
use claviger_core::claims::id_text;
use claviger_core::span::Span;
use claviger_server::admin::webhooks::schema;
use claviger_store::{Delivery, EVENTS, Tried, Webhook, event_kind};
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Serialize, Deserialize)]
pub(crate) struct Listed {
    id: String,
    realm: Option<String>,
    app: Option<String>,
    url: String,
    events: Vec<String>,
    #[serde(default)]
    state: String,
    created_at: String,
    failing_since: Option<String>,
    last_at: Option<String>,
    last_code: Option<i64>,
    last_outcome: Option<String>,
}

impl From<Webhook> for Listed {
    fn from(webhook: Webhook) -> Self {
        let some = |text: String| Some(text).filter(|text| !text.is_empty());
        let state = state(webhook.is_active, webhook.failing_since.is_some());
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

/// What is said of a webhook that is called or not, and of which no call was heard for a while.
fn state(is_active: bool, is_failing: bool) -> String {
    match (is_active, is_failing) {
        (false, _) => "disabled",
        (true, true) => "failing",
        (true, false) => "active",
    }
    .to_owned()
}

impl Listed {
    /// As the admin API tells it.
    ///
    /// # Errors
    /// It is something else.
    pub(crate) fn known(found: Value) -> Result<Self, Trouble> {
        let is_active = member(&found, "active").as_bool().unwrap_or_default();
        let listed: Self = answered(found)?;
        Ok(Self { state: state(is_active, listed.failing_since.is_some()), ..listed })
    }

    /// Where it is called.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn pairs(&self) -> [(&'static str, String); 4] {
        [
            ("id", self.id.clone()),
            ("url", self.url.clone()),
            ("events", self.events.join(" ")),
            ("state", self.state.clone()),
        ]
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Told {
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

pub(crate) fn list(format: Format, listed: &[Listed]) -> Result<(), Trouble> {
    format.list(["id", "realm", "app", "url", "events", "state", "last outcome"], listed, |one| {
        [
            one.id.clone(),
            one.realm.clone().unwrap_or_else(|| "(all)".to_owned()),
            or_dash(one.app.as_ref()),
            one.url.clone(),
            one.events.join(" "),
            one.state.clone(),
            or_dash(one.last_outcome.as_ref()),
        ]
    })
}

pub(crate) fn told(format: Format, told: &[Told]) -> Result<(), Trouble> {
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

/// What came of a test.
#[derive(Deserialize)]
pub(crate) struct Outcome {
    state: String,
    code: Option<u16>,
    #[serde(rename = "outcome")]
    came_of: String,
}

impl From<Tried> for Outcome {
    fn from(Tried { status, code, outcome }: Tried) -> Self {
        Self { state: status.to_owned(), code, came_of: outcome }
    }
}

/// What came of a test; a call that was not heard is a failure.
pub(crate) fn tried(format: Format, id: &str, tried: &Outcome) -> Result<(), Trouble> {
    let Outcome { state, code, came_of: outcome } = tried;
    let item = serde_json::json!({ "id": id, "state": state, "code": code, "outcome": outcome });
    let code = code.map(|code| code.to_string()).unwrap_or_default();
    let pairs = [("id", id.to_owned()), ("state", state.clone()), ("code", code), ("outcome", outcome.clone())];
    format.one(&item, &pairs)?;
    if state == "delivered" {
        return Ok(());
    }
    Err(Trouble::new(Exit::Unreachable, format!("the webhook did not hear it: {outcome}"))
        .help("`claviger webhook deliveries` says what was answered before"))
}

/// Whether a webhook shall go.
pub(crate) fn removal_question(id: &str, url: &str) -> String {
    format!("Remove the webhook {id}, which calls {url}?")
}

/// Says that it went.
pub(crate) fn removed(format: Format, id: &str) -> Result<(), Trouble> {
    format.one(
        &serde_json::json!({ "id": id, "removed": true }),
        &[("id", id.to_owned()), ("state", "removed".to_owned())],
    )
}

/// Says how much is told again.
pub(crate) fn replayed(format: Format, id: &str, count: u64) -> Result<(), Trouble> {
    let item = serde_json::json!({ "id": id, "deliveries": count });
    format.one(&item, &[("id", id.to_owned()), ("deliveries", count.to_string())])
}

/// Prints a new webhook with its secret.
pub(crate) fn added(format: Format, made: &Listed, secret: &str) -> Result<(), Trouble> {
    eprintln!("The webhook {} is called at {}. Its secret is not shown again.", made.id, made.url);
    let item = serde_json::json!({
        "id": made.id, "realm": made.realm.as_deref().unwrap_or_default(), "app": made.app.as_deref().unwrap_or_default(),
        "url": made.url, "events": made.events, "secret": secret,
    });
    once(format, &item, secret)
}

/// Prints the secret that takes the place of another one.
pub(crate) fn rotated(format: Format, (id, keep): (&str, Span), secret: &str) -> Result<(), Trouble> {
    eprintln!("The new secret of the webhook {id}. It is not shown again; the old one signs for {keep} as well.");
    once(format, &serde_json::json!({ "id": id, "secret": secret }), secret)
}

/// Prints a secret: alone, for a file, or with what it belongs to.
fn once(format: Format, item: &Value, secret: &str) -> Result<(), Trouble> {
    if format.is_structured() { format.one(item, &[]) } else { output::put(&format!("{secret}\n")) }
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
pub(crate) fn events(name: Option<&str>, format: Format) -> Result<(), Trouble> {
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
