//! Tells apps that a session ended, by a call to the address that they registered (OpenID Connect Back-Channel Logout 1.0 2.5).
//!
//! What is to be told lies in the outbox since the transaction in which the session ended. Every server looks there, and each
//! call is made by one of them.

use crate::failure::Failure;
use crate::issue::logout_token::logout_token;
use crate::jobs::pings::Pings;
use crate::outbound::OutboundError;
use crate::outbox::{Attempt, Carrier, Pauses, deliver_due};
use crate::state::State;
use claviger_core::params::form_encode;
use claviger_store::{Fault, LOGOUT_TOPIC, Parcel, SessionEnded};
use http::StatusCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::sleep;

/// How often the outbox is looked into where nobody on this server has just put something there.
const PERIOD: Duration = Duration::from_secs(2);

/// Tried again after 5 s, 20 s, 80 s, .. an hour at most, for a day.
const PAUSES: Pauses = Pauses { first: 5_000, longest: 3_600_000, give_up: 86_400_000 };

/// Makes the calls until told to stop. What is under way then is made again by whoever looks next.
pub(crate) async fn tell_of_logouts(state: Arc<State>, mut stop: watch::Receiver<bool>) {
    tokio::select! {
        () = tell(&state) => {}
        _ = stop.wait_for(|stop| *stop) => {}
    }
}

async fn tell(state: &State) {
    loop {
        match deliver_all(state).await {
            Ok(0) => {}
            Ok(_) => continue,
            Err(fault) => {
                crate::state::health::count(&fault);
                tracing::debug!(%fault, "the outbox is looked into again later");
            }
        }
        tokio::select! {
            () = sleep(PERIOD) => {}
            () = state.handed_in.notified() => {}
        }
    }
}

/// What is due of what apps are told: that somebody signed out, that somebody answered.
async fn deliver_all(state: &State) -> Result<usize, Fault> {
    let now = state.clock.now();
    let logouts = deliver_due(&state.background, &BackChannel(state), now).await?;
    Ok(logouts + deliver_due(&state.background, &Pings(state), now).await?)
}

/// Who makes the calls.
struct BackChannel<'a>(&'a State);

impl Carrier for BackChannel<'_> {
    fn topic(&self) -> &'static str {
        LOGOUT_TOPIC
    }

    fn pauses(&self) -> Pauses {
        PAUSES
    }

    async fn deliver(&self, parcel: &Parcel) -> Attempt {
        self.call(parcel).await.unwrap_or_else(|failure| Attempt::Later(format!("{failure:?}")))
    }
}

impl BackChannel<'_> {
    async fn call(&self, parcel: &Parcel) -> Result<Attempt, Failure> {
        let state = self.0;
        let Ok(ended) = serde_json::from_slice::<SessionEnded>(&parcel.sealed) else {
            return Ok(hopeless("it cannot be read"));
        };
        let Some(realm) = state.store.realm(&parcel.realm).await? else { return Ok(hopeless("the realm is gone")) };
        let Some(entry) = state.clients.load(&state.store, &realm.id, &ended.client).await? else {
            return Ok(hopeless("the app is gone"));
        };
        let Some(uri) = &entry.client.logout.backchannel_logout_uri else {
            return Ok(hopeless("the app is not called any more"));
        };
        let keys = state.keys.ring(&realm).await?;
        let subject = state.secrets.subjects.name(&realm.id, &entry.client, &ended.user)?;
        let token = logout_token(&realm, &keys, (&entry.client, &subject), &ended, state.clock.now()).await?;
        let mut body = String::new();
        form_encode(&mut body, "logout_token", token.as_bytes());
        let answer = state.outbound.post_form(uri, realm.requests.loopback, body).await;
        Ok(outcome(&entry.client.id, answer))
    }
}

fn hopeless(why: &str) -> Attempt {
    Attempt::Hopeless(why.to_owned())
}

/// What an answer means (Back-Channel Logout 2.8): 200 and 204 are success; 400 is for a token that is wrong, and another like
/// it would be as well.
fn outcome(client: &str, answer: Result<StatusCode, OutboundError>) -> Attempt {
    match answer {
        Ok(StatusCode::OK | StatusCode::NO_CONTENT) => Attempt::Delivered,
        Ok(StatusCode::BAD_REQUEST) => Attempt::Hopeless(format!("`{client}` refused the logout token with 400")),
        Ok(status) => Attempt::Later(format!("`{client}` answered {status}")),
        Err(error @ OutboundError::Address) => Attempt::Hopeless(format!("`{client}` cannot be called: {error}")),
        Err(error) => Attempt::Later(format!("`{client}` cannot be called: {error}")),
    }
}
