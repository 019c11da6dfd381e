//! The form of the account chooser, and "Not you?", which leads to it.
//!
//! Nobody is signed out by looking at the list: a session ends where another begins, or where its person ends it.

use crate::failure::{Failure, wrong_method};
use crate::http::{Answer, Incoming};
use crate::people::accounts::Accounts;
use crate::people::browser::Browser;
use crate::people::flow::{Flow, Found, Front, resume};
use crate::people::session::signed_in;
use crate::people::show::{self, see_other, with_browser};
use crate::people::waiting::Waiting;
use crate::state::State;
use crate::state::sites::{Site, Target};
use claviger_core::Params;
use http::Method;
use http::header::SET_COOKIE;

/// Shows the accounts of this browser for a waiting request; takes the choice.
pub(crate) async fn answer(state: &State, site: &Site, incoming: &Incoming) -> Answer {
    let browser = Browser::read(&site.realm, incoming);
    let flow = Flow::new(state, site, incoming, &browser);
    let result = match incoming.head.method {
        Method::GET => resume(&flow).await,
        Method::POST => take_choice(&flow).await,
        _ => return wrong_method("GET, POST"),
    };
    result.unwrap_or_else(|failure| show::failure(state, site, incoming, &failure))
}

async fn take_choice(flow: &Flow<'_>) -> Result<Answer, Failure> {
    let params = Params::form(&flow.incoming.body)?;
    let front = match flow.find(params.get("pending").unwrap_or_default()).await? {
        Found::Ended(answer) => return Ok(answer),
        Found::Elsewhere(front) => return ask(flow, flow.in_this_browser(front)).await,
        Found::Here(front) => front,
    };
    if !is_own(flow, &front, params.get("csrf").unwrap_or_default()) {
        return ask(flow, front).await;
    }
    if let Some(user) = params.get("forget") {
        return forget(flow, front, user).await;
    }
    if params.get("other").is_some() {
        return sign_in_as(flow, front, String::new()).await;
    }
    match params.get("account") {
        Some(user) => choose(flow, front, user).await,
        None => ask(flow, front).await,
    }
}

/// The form is on three pages: the sign-in page, the consent page, and the chooser itself.
fn is_own(flow: &Flow<'_>, front: &Front, token: &str) -> bool {
    let (browser, keys, id) = (flow.browser, &flow.state.secrets.forms, Some(&front.waiting.id));
    browser.is_own_form(flow.site, flow.incoming, keys, id, token)
        || browser.is_own_consent(flow.site, flow.incoming, keys, id, token)
}

/// Shows the list.
async fn ask(flow: &Flow<'_>, front: Front) -> Result<Answer, Failure> {
    let Front { mut waiting, entry } = front;
    waiting.request.prompt.select_account = true;
    go_on(flow, Front { waiting, entry }, Target::SwitchAccount).await
}

async fn forget(flow: &Flow<'_>, front: Front, user: &str) -> Result<Answer, Failure> {
    let (state, site) = (flow.state, flow.site);
    let accounts = Accounts::of(state, site, flow.browser).without(user);
    let cookies = accounts.cookies(state, site, flow.browser)?;
    let Some(address) = flow.address(Target::SwitchAccount, &front.waiting, None)? else {
        let mut answer = ask(flow, front).await?;
        answer.headers_mut().extend(cookies.into_iter().map(|cookie| (SET_COOKIE, cookie)));
        return Ok(answer);
    };
    let mut answer = see_other(&address);
    answer.headers_mut().extend(cookies.into_iter().map(|cookie| (SET_COOKIE, cookie)));
    Ok(answer)
}

/// Goes on with the account of this session, or asks for the password of another one.
async fn choose(flow: &Flow<'_>, front: Front, user: &str) -> Result<Answer, Failure> {
    let (state, site) = (flow.state, flow.site);
    let who = signed_in(state, site, flow.browser, "").await?;
    let Front { mut waiting, entry } = front;
    if who.is_some_and(|who| who.user.id == user) {
        waiting.request.prompt.select_account = false;
        return go_on(flow, Front { waiting, entry }, Target::Consent).await;
    }
    let front = Front { waiting, entry };
    let found = state.store.user(&site.realm.id, user).await?;
    sign_in_as(flow, front, found.map(|found| found.user.username).unwrap_or_default()).await
}

/// The sign-in page with a name in it, or with none; who is signed in already does not count.
async fn sign_in_as(flow: &Flow<'_>, front: Front, username: String) -> Result<Answer, Failure> {
    let Front { mut waiting, entry } = front;
    let request = &mut waiting.request;
    request.prompt.select_account = false;
    request.prompt.login = true;
    request.login_hint = Some(username);
    // A session counts where it begins after this choice.
    request.arrived_at = flow.state.clock.now();
    go_on(flow, Front { waiting, entry }, Target::SignIn).await
}

/// The page that is next, by its address where that is short enough.
async fn go_on(flow: &Flow<'_>, front: Front, target: Target) -> Result<Answer, Failure> {
    let Front { waiting, entry } = front;
    let address = flow.address(target, &waiting, None)?;
    let waiting: &Waiting = &waiting;
    match address {
        Some(address) => Ok(with_browser(see_other(&address), flow.site, flow.browser)),
        None => Box::pin(flow.advance(&entry.client, &waiting.request, Some(waiting), None)).await,
    }
}
