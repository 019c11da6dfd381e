//! From a request to the endpoint or page that answers it, and what is answered while this server is not up to date.
//!
//! Only the wiring ([`crate::server`]) knows this module.

use crate::console;
use crate::failure::{self, Failure};
use crate::http::{Answer, Handler, Incoming, trace};
use crate::people::{
    about, account, ask_for_app, check_session, consent, device, end_session, forgotten, guide, home, login_app, page,
    provider, second_factor, secret, security, show, sign_in, switch, user_link,
};
use crate::portal;
use crate::protocol::{
    authorization, backchannel, described, device_authorization, introspection, logoff, metadata, pushed, read,
    registration, revocation, revocations, token, userinfo,
};
use crate::state::State;
use crate::state::requests::Call;
use crate::state::sites::{Found, Site, Target};
use claviger_core::Dialect;
use claviger_core::dialect::{Endpoint, Reference};
use claviger_store::Fault;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{Method, StatusCode};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Serves an [`State`], and hands what no realm knows to a fallback.
#[derive(Clone)]
pub struct Service {
    /// The parts.
    pub state: Arc<State>,
    /// Who answers what no realm knows; for the demo's sample APIs.
    pub fallback: Option<axum::Router>,
    /// The ids of the realms that are served; `None`: all. Others are as if they were not there.
    pub realms: Option<Arc<[String]>>,
}

impl Handler for Service {
    async fn answer(&self, incoming: Incoming) -> Answer {
        if let Some(answer) = respond(&self.state, &incoming, self.realms.as_deref()).await {
            return answer;
        }
        let page = if incoming.is_for_a_person() {
            Box::pin(nobodys(&self.state, &incoming, self.realms.as_deref())).await
        } else {
            None
        };
        match (&self.fallback, page) {
            (Some(router), Some(page)) => {
                let answer = crate::http::fall_back(router, incoming).await;
                if is_nothing(&answer) { page } else { answer }
            }
            (Some(router), None) => crate::http::fall_back(router, incoming).await,
            (None, Some(page)) => page,
            (None, None) => nothing_here(&self.state, &incoming),
        }
    }
}

/// The answer at an address that no realm has. A host that none has at all is told to the operator: the proxy in front sends
/// another one than the realm files say.
fn nothing_here(state: &State, incoming: &Incoming) -> Answer {
    let authority = incoming.authority();
    if !state.sites.knows(&authority) {
        state.strangers.meet(&authority, state.clock.monotonic());
    }
    failure::json(StatusCode::NOT_FOUND, failure::named_body("not_found", "there is nothing at this address"))
}

/// What a browser sees at an address that no realm knows: the page of the realm that it would belong to.
async fn nobodys(state: &State, incoming: &Incoming, only: Option<&[String]>) -> Option<Answer> {
    let near = state.sites.nearest(&state.store, &state.keys, &incoming.authority(), incoming.path()).await;
    let site = near.ok().flatten().filter(|site| is_served(site, only))?;
    Some(home::answer(state, &site, incoming).await)
}

/// Whether a fallback has nothing at an address, and no words for it.
fn is_nothing(answer: &Answer) -> bool {
    matches!(answer.status(), StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED)
        && !answer.headers().contains_key(CONTENT_TYPE)
}

/// The answer to a request that a realm knows; `None` for one that none does.
/// `only`: the realms that are served where it arrived.
async fn respond(state: &State, incoming: &Incoming, only: Option<&[String]>) -> Option<Answer> {
    if !state.had_requests.load(Ordering::Relaxed) {
        state.had_requests.store(true, Ordering::Relaxed);
    }
    let authority = incoming.authority();
    match state.sites.find(&state.store, &state.keys, &authority, incoming.path()).await {
        Ok(Some((site, _))) if !is_served(&site, only) => None,
        Ok(Some((site, target))) if target.is_from_memory() || state.follower().is_current() => {
            Some(serve(state, &site, target, incoming).await)
        }
        found => Box::pin(respond_when_current(state, incoming, only, found)).await,
    }
}

/// The same where the site or this server is not up to date, or nobody knows the address: what is in memory is answered
/// from there, and everything else when this server has caught up.
async fn respond_when_current(
    state: &State,
    incoming: &Incoming,
    only: Option<&[String]>,
    found: Result<Option<Found>, Fault>,
) -> Option<Answer> {
    let authority = incoming.authority();
    let (found, failure) = match state.follower().current().await {
        Ok(()) => match state.sites.find(&state.store, &state.keys, &authority, incoming.path()).await {
            Ok(found) => {
                let (site, target) = found.filter(|(site, _)| is_served(site, only))?;
                return Some(serve(state, &site, target, incoming).await);
            }
            Err(fault) => (None, Failure::from(fault)),
        },
        Err(not_current) => (found.ok().flatten(), Failure::from(not_current)),
    };
    Some(match found.or_else(|| state.sites.find_old(&authority, incoming.path())) {
        Some((site, _)) if !is_served(&site, only) => return None,
        Some((site, target)) => not_current(state, &site, target, incoming, &failure).await,
        // Whether there is anything at this address, nobody knows now.
        None => failure.to_json(&Dialect::default(), false, incoming.id),
    })
}

fn is_served(site: &Site, only: Option<&[String]>) -> bool {
    only.is_none_or(|only| only.contains(&site.realm.id))
}

/// The answer of a server that does not know what the others know.
async fn not_current(state: &State, site: &Site, target: Target, incoming: &Incoming, failure: &Failure) -> Answer {
    place(site, target);
    match target {
        _ if target.is_from_memory() || incoming.head.method == Method::OPTIONS => {
            dispatch(state, site, target, incoming).await
        }
        Target::Endpoint(Endpoint::Authorization) => authorization::turn_away(state, site, incoming, failure).await,
        Target::Endpoint(Endpoint::EndSession | Endpoint::DeviceVerification)
        | Target::SignIn
        | Target::SecondFactor
        | Target::Security
        | Target::Account
        | Target::Console
        | Target::Portal
        | Target::Forgotten
        | Target::UserLink
        | Target::Consent
        | Target::SwitchAccount
        | Target::LoginApp
        | Target::AskForApp
        | Target::Provider
        | Target::Guide
        | Target::Secret => show::failure(state, site, incoming, failure),
        Target::Home => home::answer(state, site, incoming).await,
        Target::Endpoint(_)
        | Target::Api
        | Target::Discovery
        | Target::Stylesheet
        | Target::Script
        | Target::PasskeyScript
        | Target::LiveScript
        | Target::Logo
        | Target::AppLogo => {
            let mut answer = failure.to_json(&site.realm.dialect, false, incoming.id);
            read::allow_any_origin(&mut answer);
            answer
        }
    }
}

/// Says in the log where the request belongs.
fn place(site: &Site, target: Target) {
    let left_out = site.realm.dialect.token.errors.reference == Reference::LeftOut;
    trace::place(&site.realm.id, target.name(), left_out);
}

/// The answer; where somebody opened the address of a form or of a program in a browser, a page that says so.
async fn serve(state: &State, site: &Site, target: Target, incoming: &Incoming) -> Answer {
    let is_logged = state.requests.is_on() && is_call(target, &incoming.head.method);
    if is_logged {
        trace::log();
    }
    let answer = dispatch(state, site, target, incoming).await;
    if is_logged {
        log(state, site, incoming, &answer);
    }
    if answer.status() == StatusCode::METHOD_NOT_ALLOWED && incoming.is_for_a_person() {
        return show::wrong_method(state, site, incoming, answer.headers().get(ALLOW));
    }
    answer
}

/// Whether the request log has a line for what apps do there.
fn is_call(target: Target, method: &Method) -> bool {
    let Target::Endpoint(endpoint) = target else { return false };
    *method != Method::OPTIONS
        && matches!(
            endpoint,
            Endpoint::Token
                | Endpoint::Authorization
                | Endpoint::Introspection
                | Endpoint::Revocation
                | Endpoint::PushedAuthorization
                | Endpoint::DeviceAuthorization
                | Endpoint::BackchannelAuthentication
        )
}

/// Puts the call into the request log's queue.
fn log(state: &State, site: &Site, incoming: &Incoming, answer: &Answer) {
    let Some(traced) = trace::take() else { return };
    let status = answer.status().as_u16();
    let is_refused = status >= 400 || !traced.noted.error.is_empty();
    let described = is_refused.then(|| Box::new(described::described(&state.secrets, &site.realm.dialect, incoming)));
    state.requests.put(Call { at: state.clock.now(), status, traced, described });
}

/// A future is as large as its largest branch and is moved with each request, so only the busiest are in place.
async fn dispatch(state: &State, site: &Site, target: Target, incoming: &Incoming) -> Answer {
    place(site, target);
    match target {
        Target::Endpoint(Endpoint::Token) => token::answer(state, site, incoming).await,
        Target::Endpoint(Endpoint::Introspection) => introspection::answer(state, site, incoming).await,
        Target::Endpoint(Endpoint::Userinfo) => userinfo::answer(state, site, incoming).await,
        Target::Endpoint(Endpoint::Authorization) => Box::pin(authorization::answer(state, site, incoming)).await,
        Target::Endpoint(Endpoint::Jwks) => metadata::jwks(site, incoming).await,
        Target::Endpoint(Endpoint::Revocation) => Box::pin(revocation::answer(state, site, incoming)).await,
        Target::Endpoint(Endpoint::Revocations) => Box::pin(revocations::answer(state, site, incoming)).await,
        Target::Endpoint(Endpoint::Logoff) => Box::pin(logoff::answer(state, site, incoming)).await,
        Target::Endpoint(Endpoint::EndSession) => Box::pin(end_session::answer(state, site, incoming)).await,
        Target::Endpoint(Endpoint::PushedAuthorization) => Box::pin(pushed::answer(state, site, incoming)).await,
        Target::Endpoint(Endpoint::DeviceAuthorization) => {
            Box::pin(device_authorization::answer(state, site, incoming)).await
        }
        Target::Endpoint(Endpoint::BackchannelAuthentication) => {
            Box::pin(backchannel::answer(state, site, incoming)).await
        }
        Target::Endpoint(Endpoint::DeviceVerification) => Box::pin(device::answer(state, site, incoming)).await,
        Target::Endpoint(Endpoint::Registration) => Box::pin(registration::answer(state, site, incoming)).await,
        Target::Endpoint(Endpoint::CheckSession) => check_session::answer(site, incoming),
        Target::Discovery => metadata::discovery(site, incoming),
        Target::SignIn => Box::pin(sign_in::answer(state, site, incoming)).await,
        Target::SecondFactor => Box::pin(second_factor::answer(state, site, incoming)).await,
        Target::Security => Box::pin(security::answer(state, site, incoming)).await,
        Target::Api => Box::pin(crate::api::answer(state, site, incoming)).await,
        Target::Account => Box::pin(account::answer(state, site, incoming)).await,
        Target::Console => Box::pin(console::answer(state, site, incoming)).await,
        Target::Portal => Box::pin(portal::answer(state, site, incoming)).await,
        Target::Forgotten => Box::pin(forgotten::answer(state, site, incoming)).await,
        Target::AskForApp => Box::pin(ask_for_app::answer(state, site, incoming)).await,
        Target::UserLink => Box::pin(user_link::answer(state, site, incoming)).await,
        Target::Consent => Box::pin(consent::answer(state, site, incoming)).await,
        Target::SwitchAccount => Box::pin(switch::answer(state, site, incoming)).await,
        Target::Provider => Box::pin(provider::answer(state, site, incoming)).await,
        Target::LoginApp => Box::pin(login_app::back::answer(state, site, incoming)).await,
        Target::Secret => Box::pin(secret::answer(state, site, incoming)).await,
        Target::Guide => Box::pin(guide::answer(state, site, incoming)).await,
        Target::Home => Box::pin(home::answer(state, site, incoming)).await,
        Target::Stylesheet => page::stylesheet(state, site),
        Target::Script => page::script(),
        Target::PasskeyScript => page::passkey_script(),
        Target::LiveScript => page::live_script(),
        Target::Logo => page::logo(site),
        Target::AppLogo => Box::pin(about::logo(state, site, incoming)).await,
    }
}
