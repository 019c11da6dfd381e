//! The page on which people type the code that their device shows (RFC 8628 3.3).
//!
//! The code is typed, or comes filled in with the address; looking it up is a guess, and braked. Then a page shows which app asks
//! for what, from where, and the code to compare. What follows is an authorization request like any other.

use crate::failure::{Failure, wrong_method};
use crate::http::{Answer, Incoming};
use crate::pages::views::{DeviceError, DeviceState};
use crate::people::browser::Browser;
use crate::people::flow::{Flow, Form, resume};
use crate::people::show::{self, see_other, with_browser};
use crate::people::waiting::Waiting;
use crate::state::State;
use crate::state::brakes::{Peer, Subject};
use crate::state::sites::{Site, Target};
use claviger_core::Params;
use claviger_core::authorize::AuthorizationRequest;
use claviger_core::dialect::Endpoint;
use claviger_core::params::form_encode;
use claviger_core::user_code::UserCode;
use claviger_store::DeviceRow;
use http::Method;

/// The longest pause that the page shows, in seconds: its address says it, which anybody can write.
const LONGEST_PAUSE: u64 = 3600;

/// The page's own address, and what its forms are posted to.
pub(crate) async fn answer(state: &State, site: &Site, incoming: &Incoming) -> Answer {
    let browser = Browser::read(&site.realm, incoming);
    let flow = Flow::new(state, site, incoming, &browser);
    let result = match incoming.head.method {
        Method::GET => open(&flow).await,
        Method::POST => take(&flow).await,
        _ => return wrong_method("GET, POST"),
    };
    result.unwrap_or_else(|failure| show::failure(state, site, incoming, &failure))
}

async fn open(flow: &Flow<'_>) -> Result<Answer, Failure> {
    let params = Params::form(flow.incoming.query().as_bytes())?;
    if params.get("request").is_some() {
        return resume(flow).await;
    }
    let face = match (params.get("done"), params.get("error")) {
        (Some(_), _) => DeviceState::Allowed,
        (None, Some("access_denied")) => DeviceState::Denied,
        (None, Some(_)) => DeviceState::Failed,
        (None, None) => enter(&params),
    };
    Ok(show::device_page(flow.state, flow.site, flow.browser, face))
}

/// The page on which the code is typed; one that came with the address is filled in, and looked up only when it is sent.
fn enter(params: &Params<'_>) -> DeviceState {
    let typed = params.get("user_code").and_then(UserCode::read);
    let error = match params.get("problem") {
        Some("unknown") => Some(DeviceError::Unknown),
        Some("again") => Some(DeviceError::Again),
        Some("wait") => {
            let seconds = params.get("seconds").and_then(|text| text.parse::<u64>().ok()).unwrap_or(1);
            Some(DeviceError::TooMany { seconds: seconds.clamp(1, LONGEST_PAUSE) })
        }
        _ => None,
    };
    DeviceState::Enter { user_code: typed.map(|code| code.shown()).unwrap_or_default(), error }
}

async fn take(flow: &Flow<'_>) -> Result<Answer, Failure> {
    let params = Params::form(&flow.incoming.body)?;
    if params.get("pending").is_some() { confirmed(flow, &params).await } else { typed(flow, &params).await }
}

/// The code was typed.
async fn typed(flow: &Flow<'_>, params: &Params<'_>) -> Result<Answer, Failure> {
    let (state, site, browser) = (flow.state, flow.site, flow.browser);
    let code = params.get("user_code").and_then(UserCode::read);
    let token = params.get("csrf").unwrap_or_default();
    if !browser.is_own_form(site, flow.incoming, &state.secrets.forms, None, token) {
        return Ok(back(flow, code.as_ref(), &[("problem", "again")]));
    }
    let Some(code) = code else { return Ok(back(flow, None, &[("problem", "unknown")])) };
    let now = state.clock.now();
    // Somebody else's browser does not count for this one, and a session not for the next.
    let proof = browser.session().copied().unwrap_or_else(|| browser.hash());
    let from = Peer { address: flow.incoming.client, proof: Some(proof) };
    let guess = match state.brakes.guess(Subject::user_codes(&site.realm.id), from, now).await {
        Ok(guess) => guess,
        Err(seconds) => {
            return Ok(back(flow, Some(&code), &[("problem", "wait"), ("seconds", &seconds.to_string())]));
        }
    };
    let found = match state.store.device_by_user_code(&code.hash(&site.realm.id)).await {
        Ok(found) => found.filter(|row| waits(row, &site.realm.id, now)),
        Err(fault) => {
            guess.undecided();
            return Err(fault.into());
        }
    };
    let Some(row) = found else {
        tracing::info!("no device waits with this user code");
        drop(guess);
        return Ok(back(flow, Some(&code), &[("problem", "unknown")]));
    };
    // Whoever has a device of their own could otherwise make up for their guesses with it.
    guess.undecided();
    let request: AuthorizationRequest = serde_json::from_str(&row.doc)?;
    let waiting = Waiting::new(request, browser, now, 0);
    match flow.address(Target::Endpoint(Endpoint::DeviceVerification), &waiting, None)? {
        Some(address) => Ok(with_browser(see_other(&address), site, browser)),
        None => flow_on(flow, &waiting).await,
    }
}

/// Whether somebody can still answer.
fn waits(row: &DeviceRow, realm: &str, now: i64) -> bool {
    row.realm == realm && row.expires_at > now && row.answered.is_none()
}

/// The person said that this is the code on their device, or that it is not.
async fn confirmed(flow: &Flow<'_>, params: &Params<'_>) -> Result<Answer, Failure> {
    let mut front = match flow.own_form(params).await? {
        Form::Ours(front) => *front,
        Form::Instead(answer) => return Ok(answer),
    };
    let Some(device) = front.waiting.request.device.as_mut().filter(|_| params.get("decision") == Some("continue"))
    else {
        return Ok(back(flow, None, &[]));
    };
    device.confirmed = true;
    match flow.address(Target::Consent, &front.waiting, None)? {
        Some(address) => Ok(see_other(&address)),
        None => flow_on(flow, &front.waiting).await,
    }
}

async fn flow_on(flow: &Flow<'_>, waiting: &Waiting) -> Result<Answer, Failure> {
    let (state, site) = (flow.state, flow.site);
    let entry = state.clients.load(&state.store, &site.realm.id, &waiting.request.client).await?;
    let Some(entry) = entry else { return Ok(back(flow, None, &[("problem", "unknown")])) };
    flow.advance(&entry.client, &waiting.request, Some(waiting), None).await
}

/// The page once more, by its address.
fn back(flow: &Flow<'_>, code: Option<&UserCode>, more: &[(&str, &str)]) -> Answer {
    let path = flow.site.endpoint_path(Endpoint::DeviceVerification).unwrap_or_default();
    let mut address = format!("{path}?");
    let code = code.map(UserCode::shown);
    for (name, value) in code.iter().map(|code| ("user_code", code.as_str())).chain(more.iter().copied()) {
        form_encode(&mut address, name, value.as_bytes());
    }
    let address = address.trim_end_matches('?');
    with_browser(see_other(address), flow.site, flow.browser)
}
