//! Where the vendor's own pages send a browser back to, with the name of what their app said.
//!
//! What a browser comes back with is its own and good once. Whoever comes with another browser's, too late or once more is shown
//! a page that says so and leads back to the beginning.

mod consent;
mod login;
mod logout;

use crate::failure::{Failure, wrong_method};
use crate::http::{Answer, Incoming, trace};
use crate::issue::delivery::send;
use crate::pages::views::Ended;
use crate::people::allowed::still_allowed;
use crate::people::browser::Browser;
use crate::people::flow::Flow;
use crate::people::login_app::challenge::{Came, Challenge, Settled, came_back};
use crate::people::login_app::said::Rejection;
use crate::people::show;
use crate::people::waiting::{Kept, Waiting};
use crate::state::State;
use crate::state::clients::Entry;
use crate::state::sites::Site;
use claviger_core::answer::Response;
use claviger_core::realm::LoginApp;
use claviger_core::text::shortened;
use claviger_core::{Client, Params};
use http::Method;
use std::sync::Arc;

/// The longest error that a client is told of, in characters.
const LONGEST_ERROR: usize = 64;
/// The longest description of one.
const LONGEST_DESCRIPTION: usize = 500;

/// Goes on with what the app said.
pub(crate) async fn answer(state: &State, site: &Site, incoming: &Incoming) -> Answer {
    if incoming.head.method != Method::GET {
        return wrong_method("GET");
    }
    let browser = Browser::read(&site.realm, incoming);
    let flow = Flow::new(state, site, incoming, &browser);
    let result = match Params::form(incoming.query().as_bytes()) {
        Ok(params) => respond(&flow, &params).await,
        Err(refusal) => Err(refusal.into()),
    };
    result.unwrap_or_else(|failure| show::failure(state, site, incoming, &failure))
}

async fn respond(flow: &Flow<'_>, params: &Params<'_>) -> Result<Answer, Failure> {
    let Some(app) = &flow.site.realm.login_app else { return Ok(unreadable(flow)) };
    if let Some(text) = params.get("login_verifier") {
        return login::go_on(flow, app, text).await;
    }
    if let Some(text) = params.get("consent_verifier") {
        return consent::go_on(flow, text).await;
    }
    match params.get("logout_verifier") {
        Some(text) => logout::go_on(flow, text).await,
        None => Ok(unreadable(flow)),
    }
}

fn unreadable(flow: &Flow<'_>) -> Answer {
    show::ended(flow.state, flow.site, flow.incoming, Ended::Unreadable, None)
}

/// What the app said of the challenge that a browser comes back from; else the page that says why there is nothing.
async fn said_of<C: Challenge>(flow: &Flow<'_>, text: &str) -> Result<Result<Settled<C>, Answer>, Failure> {
    Ok(match came_back::<C>(text, flow.state, &flow.site.realm.id).await? {
        Came::Back(settled) => Ok(*settled),
        Came::Late => Err(show::ended(flow.state, flow.site, flow.incoming, Ended::TooLong, None)),
        Came::Strangely => Err(unreadable(flow)),
    })
}

/// The client of a request that waits in this browser still; else the page that says why nobody can go on.
async fn client_of(flow: &Flow<'_>, waiting: &Waiting) -> Result<Result<Arc<Entry>, Answer>, Failure> {
    let (state, site) = (flow.state, flow.site);
    trace::client(&waiting.request.client);
    let entry = state.clients.load(&state.store, &site.realm.id, &waiting.request.client).await?;
    let Some(entry) = entry.filter(|entry| still_allowed(site, &entry.client, &waiting.request)) else {
        return Ok(Err(show::ended(state, site, flow.incoming, Ended::AppChanged, None)));
    };
    let why = if waiting.expires_at <= state.clock.now() {
        Some(Ended::TooLong)
    } else {
        (!waiting.is_of(flow.browser)).then_some(Ended::Elsewhere)
    };
    Ok(match why {
        Some(why) => Err(flow.ended(why, &entry.client, &waiting.request)),
        None => Ok(entry),
    })
}

/// The client is told what the app said, and the request is over.
async fn reject(flow: &Flow<'_>, client: &Client, waiting: &Waiting, rejection: &Rejection) -> Result<Answer, Failure> {
    let (state, site, request) = (flow.state, flow.site, &waiting.request);
    tracing::info!(?rejection, "refused by the login app");
    let error = rejection.error.as_deref().map_or_else(|| "access_denied".into(), |error| plain(error, LONGEST_ERROR));
    let error = if error.is_empty() { "access_denied".to_owned() } else { error };
    let texts = [&rejection.error_description, &rejection.error_hint];
    let description = texts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ");
    let description = plain(&description, LONGEST_DESCRIPTION);
    let mut pairs = vec![("error", error.as_str())];
    if !description.is_empty() {
        pairs.push(("error_description", &description));
    }
    let response = Response::new(&request.destination, &site.realm, pairs);
    let now = state.clock.now();
    let delivery = send(state, site, client, &response, now).await?;
    let kept = Kept::new([0; 32], now, delivery.clone(), false, None);
    if !state.store.put_answered(kept.seal(waiting, &state.secrets, &site.realm.id)?).await? {
        return Ok(flow.ended(Ended::Used, client, request));
    }
    Ok(flow.deliver(client, request, delivery))
}

/// A text in the characters of an error (RFC 6749 4.1.2.1).
fn plain(text: &str, most: usize) -> String {
    let allowed = |c: char| matches!(c, ' '..='!' | '#'..='[' | ']'..='~');
    let plain: String = text.chars().map(|c| if allowed(c) { c } else { '?' }).collect();
    shortened(&plain, most).trim_end_matches('…').to_owned()
}

/// The parts that the pages' addresses need.
const fn parts<'a>(flow: &Flow<'a>, app: &'a LoginApp) -> (&'a State, &'a Site, &'a LoginApp) {
    (flow.state, flow.site, app)
}
