//! The authorization endpoint (RFC 6749 3.1).
//!
//! 1. [`answer()`] reads a request, decides where its answer may go (what fails until then is a page) and checks the rest
//!    (what fails then travels back). 2. From there on it is a matter of who sits in front of the browser: [`Flow`].

use crate::failure::{Failure, wrong_method};
use crate::http::{Answer, Incoming, trace};
use crate::people::browser::Browser;
use crate::people::flow::Flow;
use crate::people::hint::hint;
use crate::people::show::{self, Speech};
use crate::state::State;
use crate::state::sites::Site;
use claviger_core::answer;
use claviger_core::authorize::{self, AuthorizationRequest, Entry as Named};
use claviger_core::{Params, Refusal};
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
    match begin(state, site, incoming, &browser, &params).await {
        Ok(answer) => answer,
        Err(failure) => show::failure(state, site, incoming, &failure),
    }
}

/// The answer of a server that cannot decide now: to where the client wants it, if that can be told from memory (RFC 6749
/// 4.1.2.1), or else a page.
pub(crate) fn turn_away(state: &State, site: &Site, incoming: &Incoming, failure: &Failure) -> Answer {
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
    let delivery = answer::deliver_error(&destination, &site.realm.issuer, code, &description);
    let speech = Speech::of(incoming, params.get("ui_locales"));
    show::delivery(state, site, speech, &entry.client.name, delivery)
}

async fn begin(
    state: &State,
    site: &Site,
    incoming: &Incoming,
    browser: &Browser,
    params: &Params<'_>,
) -> Result<Answer, Failure> {
    let ui_locales = params.get("ui_locales");
    let client_id = match authorize::entry(&site.realm, params) {
        Ok(Named::Client(id)) => id,
        Ok(Named::SignIn) => return Flow::new(state, site, incoming, browser).front_page().await,
        Err(refusal) => return Ok(show::refusal(state, site, incoming, ui_locales, &refusal, None)),
    };
    trace::client(client_id);
    let entry =
        if client_id.len() <= 256 { state.clients.load(&state.store, &site.realm.id, client_id).await? } else { None };
    let client = entry.as_ref().map(|entry| &entry.client);
    let destination = match authorize::destination(&site.realm, client, params) {
        Ok(destination) => destination,
        Err(refusal) => {
            let owner = client.zip(params.get("redirect_uri"));
            return Ok(show::refusal(state, site, incoming, ui_locales, &refusal, owner));
        }
    };
    let Some(client) = client else { return Err(Refusal::unknown_client(client_id).into()) };
    let back = destination.clone();
    match AuthorizationRequest::check(&site.realm, client, params, destination, state.clock.now()) {
        Ok(mut request) => {
            request.hinted_user =
                params.get("id_token_hint").and_then(|token| hint(state, site, token)).map(|hint| hint.sub);
            let flow = Flow::new(state, site, incoming, browser);
            flow.advance(client, &request, None, None).await
        }
        Err(refusal) => {
            tracing::info!(?refusal, "authorization refused");
            let delivery = answer::deliver_refusal(&back, &site.realm.issuer, &refusal);
            Ok(show::delivery(state, site, Speech::of(incoming, ui_locales), &client.name, delivery))
        }
    }
}
