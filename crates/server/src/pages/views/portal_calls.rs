//! The portal's pages about what an app does: its calls, one of them, and what it is told by webhooks.

use super::Masked;
use super::console::Bar;
use super::words::Words;
use crate::pages::dates::Moment;
use serde::Serialize;

/// What is left of an app's limit of token calls.
#[derive(Debug, Clone, Serialize)]
pub struct LimitLine {
    /// How many calls it may make in a minute; none: as many as it likes.
    pub calls: Option<u32>,
    /// How many are left in the minute under way.
    pub left: u32,
    /// In how many seconds the next one begins.
    pub seconds: i64,
    /// The name of its plan.
    pub plan: Option<String>,
}

/// A day of an app's calls.
#[derive(Debug, Clone, Serialize)]
pub struct DayLine {
    /// All calls, as a bar.
    pub bar: Bar,
    /// How many were refused.
    pub refused: i64,
    /// How high their part is, of a hundred.
    pub refused_height: i64,
}

/// A call, as a line.
#[derive(Debug, Clone, Serialize)]
pub struct CallLine {
    /// Its page.
    pub url: String,
    /// When.
    pub at: Moment,
    /// The endpoint.
    pub endpoint: String,
    /// The grant type.
    pub grant: String,
    /// The status of the answer; 0: calls are missing here.
    pub status: u16,
    /// How many are missing.
    pub lost: u64,
    /// The protocol's word for what went wrong.
    pub error: String,
    /// Where it came from.
    pub address: String,
    /// Its name.
    pub reference: String,
}

/// What went wrong, and how often.
#[derive(Debug, Clone, Serialize)]
pub struct ErrorLine {
    /// The protocol's word for it.
    pub error: String,
    /// What the last answer said.
    pub detail: String,
    /// What to do about it.
    pub mend: Option<Words>,
    /// How often.
    pub count: u64,
    /// When last.
    pub last: Moment,
    /// The page of the last such call.
    pub url: String,
    /// Its name.
    pub reference: String,
}

/// The calls of an app in one realm.
#[derive(Debug, Clone, Serialize)]
pub struct CallsPage {
    /// The app's name.
    pub name: String,
    /// Its page.
    pub url: String,
    /// `sandbox` or `production`.
    pub environment: &'static str,
    /// All that there are.
    pub environments: Vec<&'static str>,
    /// Only what was refused.
    pub only_refused: bool,
    /// At this endpoint; empty: at all.
    pub endpoint: String,
    /// The endpoints that can be chosen.
    pub endpoints: Vec<&'static str>,
    /// The calls, the newest first.
    pub calls: Vec<CallLine>,
    /// Where older ones are.
    pub more_url: Option<String>,
    /// Where those are that came after the newest.
    pub newer_url: String,
    /// The page is looked at again by itself; then: how often, in seconds.
    pub watch: Option<u32>,
    /// Begins to watch, or ends it.
    pub watch_url: String,
    /// What went wrong lately.
    pub errors: Vec<ErrorLine>,
    /// The days' calls.
    pub days: Vec<DayLine>,
    /// What is left of its limit; none: it is not served there.
    pub limit: Option<LimitLine>,
    /// There is a log.
    pub is_logged: bool,
}

/// A check that a refused call went through.
#[derive(Debug, Clone, Serialize)]
pub struct CheckLine {
    /// What is checked.
    pub what: Words,
    /// `passed`, `failed`, `not-reached`.
    pub outcome: &'static str,
    /// What was compared.
    pub compared: String,
    /// What to do.
    pub mend: Option<Words>,
}

/// One call.
#[derive(Debug, Clone, Serialize)]
pub struct CallPage {
    /// The app's name.
    pub name: String,
    /// The list that it is in.
    pub list_url: String,
    /// `sandbox` or `production`.
    pub environment: &'static str,
    /// The call.
    pub call: CallLine,
    /// What the answer said.
    pub detail: String,
    /// What to do about it.
    pub mend: Option<Words>,
    /// What proved who called.
    pub proof: String,
    /// What was asked for.
    pub scope: String,
    /// Each check, of a refused one.
    pub checks: Vec<CheckLine>,
}

/// A webhook of an app, as a line.
#[derive(Debug, Clone, Serialize)]
pub struct WebhookLine {
    /// Its page.
    pub url: String,
    /// Where it is called.
    pub address: String,
    /// `sandbox` or `production`.
    pub environment: &'static str,
    /// `active`, `failing`, `off`.
    pub status: &'static str,
    /// The events that it is told.
    pub events: Vec<String>,
    /// When it was called last.
    pub last: Option<Moment>,
    /// What came of that.
    pub outcome: String,
}

/// An event that can be told.
#[derive(Debug, Clone, Serialize)]
pub struct EventChoice {
    /// Its name.
    pub name: String,
    /// What it is.
    pub about: String,
    /// It was chosen.
    pub checked: bool,
}

/// The webhooks of an app.
#[derive(Debug, Clone, Serialize)]
pub struct WebhooksPage {
    /// The app's name.
    pub name: String,
    /// Its page.
    pub url: String,
    /// All that there are.
    pub environments: Vec<&'static str>,
    /// Its webhooks.
    pub webhooks: Vec<WebhookLine>,
    /// The events that one can be told.
    pub events: Vec<EventChoice>,
    /// What was typed.
    pub address: String,
}

/// Something that a webhook was told.
#[derive(Debug, Clone, Serialize)]
pub struct DeliveryLine {
    /// Its id.
    pub id: String,
    /// The event.
    pub event: String,
    /// When it happened.
    pub at: Moment,
    /// `delivered`, `waiting`, `failed`, as messages call it.
    pub status: String,
    /// How often it was sent.
    pub attempts: u32,
    /// The status of the last answer.
    pub code: Option<i64>,
    /// What came of it.
    pub outcome: String,
}

/// One webhook.
#[derive(Debug, Clone, Serialize)]
pub struct WebhookPage {
    /// The webhook.
    pub webhook: WebhookLine,
    /// The page of all of them.
    pub list_url: String,
    /// It is called.
    pub is_active: bool,
    /// What it was told, the newest first.
    pub deliveries: Vec<DeliveryLine>,
    /// Where older ones are.
    pub more_url: Option<String>,
    /// Its secret, shown once.
    pub secret: Option<Masked>,
    /// What came of the test: how it ended, and what was answered.
    pub tried: Option<DeliveryLine>,
}
