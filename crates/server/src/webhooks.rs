//! Calls webhooks, as Standard Webhooks says (<https://www.standardwebhooks.com>): a signed POST, sent until it was heard.
//!
//! What is to be told lies in the outbox since the transaction of the act ([`claviger_store::EVENTS`] says what there is). One server
//! takes each parcel; a call that is not answered with 2xx is made again, later each time, for three days. The id
//! (`webhook-id`) stays the same, so that a receiver can tell what it has heard before. Who answers nothing right for five days is
//! disabled.

mod message;

use crate::outbound::{Outbound, OutboundError};
use crate::outbox::{Attempt, Carrier, Pauses};
use crate::state::State;
use crate::state::limits::Limits;
use crate::state::secrets::Secrets;
use claviger_core::claims::id_text;
use claviger_core::token::{Id, Plain};
use claviger_store::{Act, Actor, Delivery, Fault, Parcel, Store, Tried, WEBHOOK_TOPIC, Way, Webhook};
use http::StatusCode;
pub(crate) use message::new_secret;

/// Again after 5 s, 20 s, 80 s, .. six hours at most, for three days.
const PAUSES: Pauses = Pauses { first: 5_000, longest: 6 * 3_600_000, give_up: 3 * 86_400_000 };

/// A webhook that hears nothing for so long is called no more, in milliseconds.
const DISABLED_AFTER: i64 = 5 * 86_400_000;

/// How many tests are sent in a minute for one app, or for the operator of one realm: whoever tests makes this server call somebody.
pub(crate) const TESTS_PER_MINUTE: u32 = 5;

/// Who calls webhooks.
pub struct Caller<'a> {
    store: &'a Store,
    secrets: &'a Secrets,
    outbound: Outbound,
    now: i64,
    /// What counts tests; none beside a server, where an operator has the database itself.
    tests: Option<&'a Limits>,
}

impl<'a> Caller<'a> {
    /// Beside a server: these hosts are called although their addresses are not public.
    pub fn new(store: &'a Store, secrets: &'a Secrets, private_hosts: &[String], now: i64) -> Self {
        let outbound = Outbound::new();
        outbound.let_in(private_hosts);
        Self { store, secrets, outbound, now, tests: None }
    }

    /// In a server.
    pub fn of(state: &'a State) -> Self {
        let outbound = state.outbound.clone();
        let (now, tests) = (state.clock.now(), Some(&state.limits));
        Self { store: &state.background, secrets: &state.secrets, outbound, now, tests }
    }

    /// Counts a test of a webhook, which its owner may send [`TESTS_PER_MINUTE`] of.
    ///
    /// # Errors
    /// There were as many in this minute; in how many seconds the next one begins.
    pub(crate) fn take_test(&self, webhook: &Webhook) -> Result<(), i64> {
        let Some(tests) = self.tests else { return Ok(()) };
        // No client's id has a space in it.
        let owner = format!("webhook tests {}", webhook.client);
        let taken = tests.take((&webhook.realm, &owner), TESTS_PER_MINUTE, self.now);
        taken.map(drop).map_err(|left| left.seconds)
    }

    /// Whether an address may be called, as far as it can be told without looking names up.
    pub(crate) fn may_call(&self, url: &str, loopback: bool) -> bool {
        self.outbound.may_call(url, loopback)
    }

    /// What is stored of a webhook's secret.
    pub(crate) fn sealed(
        &self,
        realm: &str,
        id: &str,
        secret: &Plain,
    ) -> Result<String, claviger_core::crypto::CryptoError> {
        self.secrets.seal_realm_secret(realm, &purpose(id), secret.expose())
    }

    /// The secrets that sign what a webhook is told now.
    fn live_secrets(&self, webhook: &Webhook) -> Vec<Plain> {
        let open = |sealed: &str| self.secrets.open_realm_secret(&webhook.realm, &purpose(&webhook.id), sealed);
        let old = webhook.old_secret.as_ref().filter(|(_, until)| *until > self.now);
        let sealed = [Some(&webhook.secret), old.map(|(sealed, _)| sealed)];
        sealed.into_iter().flatten().filter_map(|sealed| open(sealed)).collect()
    }

    /// Sends a delivery once, and notes what came of it.
    ///
    /// # Errors
    /// The database fails.
    pub(crate) async fn send(&self, webhook: &Webhook, delivery: &Delivery) -> Result<Tried, Fault> {
        let answer = self.call(webhook, delivery).await?;
        let tried = self.tried(delivery, answer);
        let since = self.store.note_delivery(delivery, &tried, self.now).await?;
        self.stop_if_deaf(webhook, &tried, since).await?;
        Ok(tried)
    }

    async fn call(&self, webhook: &Webhook, delivery: &Delivery) -> Result<Result<StatusCode, OutboundError>, Fault> {
        let realm = self.store.realm(&delivery.realm).await?;
        let loopback = realm.is_some_and(|realm| realm.requests.loopback);
        let subject = self.subject(webhook, delivery).await?;
        let body = message::body(delivery, subject.as_deref());
        let headers = message::headers(&delivery.id, self.now, &body, &self.live_secrets(webhook));
        Ok(self.outbound.tell(&webhook.url, loopback, headers, body).await)
    }

    /// What an app calls the user that a delivery is about; none where it says the user's own id.
    async fn subject(&self, webhook: &Webhook, delivery: &Delivery) -> Result<Option<String>, Fault> {
        let Some(user) = message::user(delivery).filter(|_| !webhook.client.is_empty()) else { return Ok(None) };
        let client = self.store.client_with_secrets(&webhook.realm, &webhook.client).await?;
        let Some((client, _)) = client else { return Ok(None) };
        let name = self
            .secrets
            .subjects
            .name(&webhook.realm, &client, &user)
            .map_err(|error| Fault::Other(error.to_string()))?;
        Ok(Some(name.into_owned()))
    }

    fn tried(&self, delivery: &Delivery, answer: Result<StatusCode, OutboundError>) -> Tried {
        let code = answer.as_ref().ok().map(StatusCode::as_u16);
        let is_late = self.now.saturating_sub(delivery.queued_at) > PAUSES.give_up;
        let again = if is_late || delivery.event == "test" { "failed" } else { "waiting" };
        let (status, outcome) = match answer {
            Ok(status) if status.is_success() => ("delivered", "heard".to_owned()),
            Ok(StatusCode::GONE) => ("failed", "the answer is 410 Gone: nobody wants to be told".to_owned()),
            Ok(status) if status.is_redirection() => {
                (again, format!("the answer is {status}; redirects are not followed"))
            }
            Ok(status) => (again, format!("the answer is {status}")),
            Err(error @ (OutboundError::Address | OutboundError::NotPublic)) => ("failed", error.to_string()),
            Err(error) => (again, error.to_string()),
        };
        Tried { status, code, outcome }
    }

    /// Disables a webhook that heard nothing for days, or that says that it wants nothing.
    async fn stop_if_deaf(&self, webhook: &Webhook, tried: &Tried, since: i64) -> Result<(), Fault> {
        let is_gone = tried.code == Some(StatusCode::GONE.as_u16());
        if tried.status == "delivered" || !(is_gone || self.now.saturating_sub(since) > DISABLED_AFTER) {
            return Ok(());
        }
        let name = "claviger".to_owned();
        let actor = Actor { name, way: Way::Server, reference: id_text(&crate::ids::new(self.now)) };
        let store = self.store.audited(&actor, Act::WebhookDisable);
        if store.disable_webhook(&webhook.id, &tried.outcome, self.now).await? {
            tracing::warn!(webhook = webhook.id, why = tried.outcome, "a webhook is disabled");
        }
        Ok(())
    }

    async fn attempt(&self, parcel: &Parcel) -> Result<Attempt, Fault> {
        let gone = |what: &str| Ok(Attempt::Hopeless(format!("the {what} is gone")));
        let Ok(id) = Id::try_from(parcel.sealed.as_slice()) else { return gone("parcel") };
        let Some(delivery) = self.store.delivery(&id).await? else { return gone("delivery") };
        let Some(webhook) = self.store.webhook(&delivery.webhook).await? else { return gone("webhook") };
        if !webhook.is_active {
            let outcome = "the webhook is disabled".to_owned();
            self.store.note_delivery(&delivery, &Tried { status: "failed", code: None, outcome }, self.now).await?;
            return Ok(Attempt::Hopeless("the webhook is disabled".to_owned()));
        }
        let tried = self.send(&webhook, &delivery).await?;
        Ok(match tried.status {
            "delivered" => Attempt::Delivered,
            "waiting" => Attempt::Later(tried.outcome),
            _ => Attempt::Hopeless(tried.outcome),
        })
    }
}

impl Carrier for Caller<'_> {
    fn topic(&self) -> &'static str {
        WEBHOOK_TOPIC
    }

    fn pauses(&self) -> Pauses {
        PAUSES
    }

    async fn deliver(&self, parcel: &Parcel) -> Attempt {
        self.attempt(parcel).await.unwrap_or_else(|fault| Attempt::Later(fault.to_string()))
    }
}

fn purpose(id: &str) -> String {
    format!("webhook {id}")
}

#[cfg(test)]
mod tests;
