//! Pushed authorization requests (RFC 9126).
//!
//! A pushed request is checked whole and sealed into the `request_uri` that is answered; nothing is stored. What uses it up is
//! the answer that a person gives to it, in whatever browser, because that is remembered under the request's id; looking at the
//! address, as programs do that fetch it ahead, does not (FAPI 2.0 Security Profile 5.3.2.2).

use crate::failure::{Failure, json, wrong_method};
use crate::http::{Answer, Incoming};
use crate::people::allowed::still_allowed;
use crate::people::flow::Flow;
use crate::people::hint::name_users;
use crate::people::waiting::{PUSHED, Pushed, Waiting};
use crate::protocol::authenticate::{Authenticated, authenticate};
use crate::protocol::documents;
use crate::protocol::possession::{give_nonce, proof_key, wants_nonce};
use crate::protocol::read::{allow_any_origin, preflight, read_credentials, read_params};
use crate::protocol::request_object;
use crate::state::State;
use crate::state::clients::Entry;
use crate::state::sites::Site;
use claviger_core::authorize::{self, AuthorizationRequest, Origin};
use claviger_core::{Params, Refusal};
use http::{Method, StatusCode};

/// The longest `request_uri`, in bytes: longer ones do not pass everything that stands between a browser and here.
const LONGEST_URI: usize = 6 * 1024;

/// Answers at the pushed authorization request endpoint.
pub(crate) async fn answer(state: &State, site: &Site, incoming: &Incoming) -> Answer {
    let mut answer = match incoming.head.method {
        Method::POST => {
            let pushed = push(state, site, incoming).await;
            let nonce = wants_nonce(site, incoming, pushed.as_ref().err().and_then(Failure::refusal));
            let mut answer = match pushed {
                Ok(body) => json(StatusCode::CREATED, body),
                Err(failure) => {
                    let basic = incoming.head.headers.contains_key(http::header::AUTHORIZATION);
                    failure.to_json(&site.realm.dialect, basic, incoming.id)
                }
            };
            if nonce {
                give_nonce(state, site, &mut answer);
            }
            answer
        }
        Method::OPTIONS => return preflight(incoming),
        _ => return wrong_method("POST, OPTIONS"),
    };
    allow_any_origin(&mut answer);
    answer
}

async fn push(state: &State, site: &Site, incoming: &Incoming) -> Result<Vec<u8>, Failure> {
    let (params, _) = read_params(&site.realm.dialect, incoming)?;
    let credentials = read_credentials(&site.realm.dialect, incoming, &params)?;
    if let Some(id) = params.get("client_id") {
        documents::look_up(state, site, id, incoming.client).await?;
    }
    let client = authenticate(state, &site.realm, &credentials, incoming.client).await?;
    if params.get("request_uri").is_some() {
        // RFC 9126 2.1.
        return Err(Refusal::WrongParameter { name: "request_uri", why: "it cannot be pushed itself" }.into());
    }
    let inside = request_object::read(state, site, &client.entry, &params, incoming.client).await?;
    let origin = Origin { is_pushed: true, is_signed: inside.as_ref().is_some_and(|inside| inside.is_signed) };
    let mut request = check(state, site, &client, inside.as_ref().map_or(&params, |inside| &inside.params), origin)?;
    // The code will be bound to the key of the proof that came along (RFC 9449 10.1).
    if let Some(key) = proof_key(state, site, incoming, client.client())? {
        if request.dpop_jkt.is_some_and(|named| named != key) {
            return Err(Refusal::DpopKeyDiffers.into());
        }
        request.dpop_jkt = Some(key);
    }
    let ttl = site.realm.pushed_ttl();
    let uri = Pushed::new(request, state.clock.now(), ttl.as_millis()).seal(&state.secrets, &site.realm.id)?;
    if uri.len() > LONGEST_URI {
        return Err(Refusal::BodyTooLarge.into());
    }
    let body = serde_json::json!({ "request_uri": uri, "expires_in": ttl.as_seconds() });
    Ok(serde_json::to_vec(&body)?)
}

/// As at the authorization endpoint; what would be a page or a redirect there is the answer here (RFC 9126 2.3).
fn check(
    state: &State,
    site: &Site,
    client: &Authenticated,
    params: &Params<'_>,
    origin: Origin,
) -> Result<AuthorizationRequest, Failure> {
    let client = client.client();
    if params.get("client_id").is_some_and(|named| named != client.id) {
        return Err(
            Refusal::WrongParameter { name: "client_id", why: "it is another client than the one that asks" }.into()
        );
    }
    // FAPI 2.0 Security Profile 5.3.2.2.
    if site.realm.profile.is_some() && params.get("redirect_uri").is_none() {
        return Err(Refusal::RedirectMissing.into());
    }
    let destination = authorize::destination(&site.realm, Some(client), params)?;
    let now = state.clock.now();
    let mut request = AuthorizationRequest::check(&site.realm, client, params, destination, origin, now)?;
    name_users(state, site, client, params.get("id_token_hint"), &mut request)?;
    Ok(request)
}

/// Whether a `request_uri` is one that this endpoint gives out.
pub(super) fn is_pushed(uri: &str) -> bool {
    uri.starts_with(PUSHED)
}

/// Goes on with a pushed request, at the authorization endpoint (RFC 9126 4).
///
/// # Errors
/// It is unknown, another client's, over, or was answered before; the store's faults.
pub(super) async fn go_on(flow: &Flow<'_>, entry: &Entry, uri: &str) -> Result<Answer, Failure> {
    let (state, site, client) = (flow.state, flow.site, &entry.client);
    let wrong = |why| Err(Refusal::RequestUri(why).into());
    let Some(pushed) = Pushed::open(uri, &state.secrets, &site.realm.id) else {
        return wrong("it is none that was given out here");
    };
    if pushed.request.client != client.id {
        return wrong("it was given to another client");
    }
    let now = state.clock.now();
    if pushed.expires_at <= now {
        return wrong("its time is over; push the request again");
    }
    if state.store.answered(&pushed.id).await?.is_some() {
        return wrong("it was used before; push the request again");
    }
    if !still_allowed(site, client, &pushed.request) {
        return wrong("the client may not ask for this any more");
    }
    let waiting = Waiting::of_pushed(pushed, flow.browser, now, site.realm.sessions.pending.as_millis());
    flow.advance(client, &waiting.request, Some(&waiting), None).await
}
