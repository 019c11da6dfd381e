//! Tells clients in ping mode that their user answered (OpenID CIBA Core 1.0 10.2): a POST to the address that they registered, with
//! the token that came with the request.

use crate::failure::Failure;
use crate::issue::ping::Ping;
use crate::outbound::OutboundError;
use crate::outbox::{Attempt, Carrier, Pauses};
use crate::state::State;
use claviger_store::{PING_TOPIC, Parcel};
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue, StatusCode};

/// Tried again after 2 s, 8 s, 32 s, a minute at most, for a quarter of an hour: whoever hears nothing can ask.
const PAUSES: Pauses = Pauses { first: 2_000, longest: 60_000, give_up: 900_000 };

/// Who makes the calls.
pub(super) struct Pings<'a>(pub(super) &'a State);

impl Carrier for Pings<'_> {
    fn topic(&self) -> &'static str {
        PING_TOPIC
    }

    fn pauses(&self) -> Pauses {
        PAUSES
    }

    async fn deliver(&self, parcel: &Parcel) -> Attempt {
        self.call(parcel).await.unwrap_or_else(|failure| Attempt::Later(format!("{failure:?}")))
    }
}

impl Pings<'_> {
    async fn call(&self, parcel: &Parcel) -> Result<Attempt, Failure> {
        let state = self.0;
        let hopeless = |why: &str| Ok(Attempt::Hopeless(why.to_owned()));
        let Ok(ping) = serde_json::from_slice::<Ping>(&parcel.sealed) else { return hopeless("it cannot be read") };
        let Some(realm) = state.store.realm(&parcel.realm).await? else { return hopeless("the realm is gone") };
        let Some(entry) = state.clients.load(&state.store, &realm.id, &ping.client).await? else {
            return hopeless("the app is gone");
        };
        let Some(uri) = &entry.client.ciba.backchannel_client_notification_endpoint else {
            return hopeless("the app is not told any more");
        };
        let Some(said) = ping.open(&state.secrets, &realm.id) else { return hopeless("it cannot be opened") };
        let Ok(mut bearer) = HeaderValue::from_str(&format!("Bearer {}", said.token)) else {
            return hopeless("its token is no bearer token");
        };
        bearer.set_sensitive(true);
        let headers = HeaderMap::from_iter([(AUTHORIZATION, bearer)]);
        let body = serde_json::json!({ "auth_req_id": said.auth_req_id }).to_string();
        let answer = state.outbound.tell(uri, realm.requests.loopback, headers, body).await;
        Ok(outcome(&entry.client.id, answer))
    }
}

/// What an answer means: 204 and 200 are success, redirects are not followed (CIBA Core 1.0 10.2); what a client refuses it refuses
/// the next time as well.
fn outcome(client: &str, answer: Result<StatusCode, OutboundError>) -> Attempt {
    match answer {
        Ok(status) if status.is_success() => Attempt::Delivered,
        Ok(status @ (StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)) => {
            Attempt::Hopeless(format!("`{client}` answered {status}"))
        }
        Ok(status) => Attempt::Later(format!("`{client}` answered {status}")),
        Err(error @ (OutboundError::Address | OutboundError::NotPublic)) => {
            Attempt::Hopeless(format!("`{client}` cannot be told: {error}"))
        }
        Err(error) => Attempt::Later(format!("`{client}` cannot be told: {error}")),
    }
}
