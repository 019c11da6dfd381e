//! The authorization endpoint (RFC 6749 3.1).
//!
//! 1. [`answer()`] reads a request, in its parameters, in a request object (RFC 9101), or as it was pushed (RFC 9126). 2. It
//!    decides where its answer may go (what fails until then is a page) and checks the rest (what fails then travels back). 3. From
//!    there on it is a matter of who sits in front of the browser: [`Flow`].

use crate::failure::{Failure, note_refusal, wrong_method};
use crate::http::{Answer, Incoming, trace};
use crate::issue::delivery::send;
use crate::people::ask_for_app;
use crate::people::browser::Browser;
use crate::people::flow::Flow;
use crate::people::hint::name_users;
use crate::people::show::{self, Speech};
use crate::protocol::read::note_asked;
use crate::protocol::{documents, pushed, request_object};
use crate::state::State;
use crate::state::sites::Site;
use claviger_core::answer::Response;
use claviger_core::authorize::{self, AuthorizationRequest, Destination, Entry as Named, Origin};
use claviger_core::{Client, Params, Refusal};
use http::Method;

/// Answers a request at the authorization endpoint.
pub(crate) async fn answer(state: &State, site: &Site, incoming: &Incoming) -> Answer {
    let bytes = match incoming.head.method {
        Method::GET => incoming.query().as_bytes(),
        Method::POST => &incoming.body,
        _ => return wrong_method("GET, POST"),
    };
    let browser = Browser::read(&site.realm, incoming);
    let params = match Params::form(bytes) {
        Ok(params) => params,
        Err(refusal) => return show::refusal(state, site, incoming, None, &refusal, None),
    };
    let flow = Flow::new(state, site, incoming, &browser);
    match begin(&flow, &params).await {
        Ok(answer) => answer,
        Err(failure) => show::failure(state, site, incoming, &failure),
    }
}

/// The answer of a server that cannot decide now: to where the client wants it, if that can be told from memory (RFC 6749
/// 4.1.2.1), or else a page.
pub(crate) async fn turn_away(state: &State, site: &Site, incoming: &Incoming, failure: &Failure) -> Answer {
    let bytes = if incoming.head.method == Method::POST { &incoming.body } else { incoming.query().as_bytes() };
    let params = Params::form(bytes).unwrap_or_default();
    let back = || {
        let Ok(Named::Client(id)) = authorize::entry(&site.realm, &params) else { return None };
        let entry = state.clients.remembered(&site.realm.id, id)?;
        let destination = authorize::destination(&site.realm, Some(&entry.client), &params).ok()?;
        Some((entry, destination))
    };
    let Some((entry, destination)) = back() else { return show::failure(state, site, incoming, failure) };
    let (code, description) = failure.log(incoming.id);
    let response = Response::error(&destination, &site.realm, code, description);
    let speech = Speech::of(incoming, params.get("ui_locales"));
    match send(state, site, &entry.client, &response, state.clock.now()).await {
        Ok(delivery) => show::delivery(state, site, speech, &entry.client.name, delivery),
        Err(failure) => show::failure(state, site, incoming, &failure),
    }
}

async fn begin(flow: &Flow<'_>, params: &Params<'_>) -> Result<Answer, Failure> {
    let Flow { state, site, incoming, .. } = *flow;
    let client_id = match authorize::entry(&site.realm, params) {
        Ok(Named::Client(id)) => id,
        Ok(Named::SignIn) => return flow.front_page().await,
        Err(refusal) => return Ok(show::refusal(state, site, incoming, params.get("ui_locales"), &refusal, None)),
    };
    trace::client(client_id);
    note_asked(params);
    documents::look_up(state, site, client_id, incoming.client).await?;
    let entry =
        if client_id.len() <= 256 { state.clients.load(&state.store, &site.realm.id, client_id).await? } else { None };
    let Some(entry) = entry else { return ask(flow, None, params, Origin::default()).await };
    trace::app(&entry.client.id);
    if let Some(page) = ask_for_app::instead(flow, &entry.client).await? {
        return Ok(page);
    }
    // What signs for it alone is published by the time that it signs.
    entry.client.signing_algorithms().for_each(|algorithm| site.keys.prepare(algorithm));
    if !has_object(params) {
        return ask(flow, Some(&entry.client), params, Origin::default()).await;
    }
    match params.get("request_uri").filter(|uri| pushed::is_pushed(uri)) {
        Some(uri) => Box::pin(pushed::go_on(flow, &entry, uri)).await,
        None => match Box::pin(request_object::read(state, site, &entry, params, incoming.client)).await {
            Ok(None) => ask(flow, Some(&entry.client), params, Origin::default()).await,
            // Beside an unsigned object a parameter counts as well, so a redirect URI that is nobody's is not passed over.
            Ok(Some(inside)) if !inside.is_signed && redirects_elsewhere(site, &entry.client, params) => {
                ask(flow, Some(&entry.client), params, Origin::default()).await
            }
            Ok(Some(inside)) => {
                let origin = Origin { is_pushed: false, is_signed: inside.is_signed };
                ask(flow, Some(&entry.client), &inside.params, origin).await
            }
            Err(Failure::Refusal(refusal)) => refuse_object(flow, &entry.client, params, refusal).await,
            Err(failure) => Err(failure),
        },
    }
}

fn has_object(params: &Params<'_>) -> bool {
    params.get("request").is_some() || params.get("request_uri").is_some()
}

/// Whether the redirect URI beside a request object is none of the client's.
fn redirects_elsewhere(site: &Site, client: &Client, outside: &Params<'_>) -> bool {
    outside.get("redirect_uri").is_some()
        && matches!(authorize::destination(&site.realm, Some(client), outside), Err(Refusal::RedirectUnregistered))
}

/// What is wrong with a request object goes back to where the parameters beside it say, if they say so rightly; else it is a page.
async fn refuse_object(
    flow: &Flow<'_>,
    client: &Client,
    outside: &Params<'_>,
    refusal: Refusal,
) -> Result<Answer, Failure> {
    match authorize::destination(&flow.site.realm, Some(client), outside) {
        Ok(destination) => refuse(flow, client, outside, &destination, &refusal).await,
        Err(_) => Err(refusal.into()),
    }
}

/// Checks a request, and goes on with it.
async fn ask(flow: &Flow<'_>, client: Option<&Client>, params: &Params<'_>, origin: Origin) -> Result<Answer, Failure> {
    let Flow { state, site, incoming, .. } = *flow;
    let destination = match authorize::destination(&site.realm, client, params) {
        Ok(destination) => destination,
        Err(refusal) => {
            let owner = client.zip(params.get("redirect_uri"));
            return Ok(show::refusal(state, site, incoming, params.get("ui_locales"), &refusal, owner));
        }
    };
    let Some(client) = client else { return Err(Refusal::WrongClient.into()) };
    let back = destination.clone();
    match AuthorizationRequest::check(&site.realm, client, params, destination, origin, state.clock.now()) {
        Ok(mut request) => {
            name_users(state, site, client, params.get("id_token_hint"), &mut request)?;
            flow.advance(client, &request, None, None).await
        }
        Err(refusal) => refuse(flow, client, params, &back, &refusal).await,
    }
}

async fn refuse(
    flow: &Flow<'_>,
    client: &Client,
    params: &Params<'_>,
    destination: &Destination,
    refusal: &Refusal,
) -> Result<Answer, Failure> {
    let Flow { state, site, incoming, .. } = *flow;
    note_refusal(refusal);
    tracing::info!(?refusal, "authorization refused");
    let response = Response::refusal(destination, &site.realm, refusal);
    let delivery = send(state, site, client, &response, state.clock.now()).await?;
    Ok(show::delivery(state, site, Speech::of(incoming, params.get("ui_locales")), &client.name, delivery))
}
