//! The sign-in page's form, and "Not you?".

use crate::failure::{Failure, wrong_method};
use crate::http::{Answer, Incoming};
use crate::pages::views::SignInError;
use crate::people::browser::{self, Browser};
use crate::people::flow::{Flow, resume};
use crate::people::password::check_password;
use crate::people::session::begin_session;
use crate::people::show::{self, see_other};
use crate::state::State;
use crate::state::brakes::Peer;
use crate::state::sites::{Site, Target};
use claviger_core::claims::{id_from_text, id_text};
use claviger_core::token::Plain;
use claviger_core::{Params, Refusal};
use http::Method;
use http::header::SET_COOKIE;

/// The sign-in page's own address: shows the page for a waiting request, or the ordinary one; takes the form.
pub(crate) async fn answer(state: &State, site: &Site, incoming: &Incoming) -> Answer {
    let browser = Browser::read(&site.realm, incoming);
    let flow = Flow { state, site, incoming, browser: &browser };
    let result = match incoming.head.method {
        Method::GET => resume(&flow).await,
        Method::POST => take_sign_in(&flow).await,
        _ => return wrong_method("GET, POST"),
    };
    result.unwrap_or_else(|failure| show::failure(state, site, incoming, &failure))
}

async fn take_sign_in(flow: &Flow<'_>) -> Result<Answer, Failure> {
    let (state, site) = (flow.state, flow.site);
    let params = Params::form(&flow.incoming.body)?;
    let pending_text = params.get("pending");
    let pending_id = pending_text.and_then(id_from_text);
    let form_token = params.get("csrf").unwrap_or_default();
    if !flow.browser.is_own_form(site, flow.incoming, &state.secrets.forms, pending_id.as_ref(), form_token) {
        return Ok(show::expired(state, site, flow.incoming));
    }
    let waiting = match pending_text {
        Some(text) => match flow.waiting(text).await? {
            Some(waiting) => Some(waiting),
            None => return Ok(show::expired(state, site, flow.incoming)),
        },
        None => None,
    };
    let username = params.get("username").unwrap_or_default();
    // What is too long for a name is not shown again.
    let shown = if username.len() > 1024 { "" } else { username };
    let password = Plain::from(params.get("password").unwrap_or_default());
    let page = |error: SignInError| {
        let front = waiting.as_ref().map(|(id, request, entry)| (&entry.client, request, id));
        show::sign_in(state, site, flow.browser, front, shown.to_owned(), Some(error))
    };
    if username.len() > 1024 || password.expose().len() > 1024 || username.is_empty() || password.expose().is_empty() {
        return Ok(page(SignInError::WrongPassword));
    }
    let from = Peer { address: flow.incoming.client, proof: Some(flow.browser.hash()) };
    let user = match check_password(state, &site.realm, (username, &password), from, |_| true).await {
        Ok(Some(user)) => user,
        Ok(None) => return Ok(page(SignInError::WrongPassword)),
        Err(Failure::Refusal(Refusal::Braked { seconds, .. })) => {
            return Ok(page(SignInError::TooMany { seconds: u64::try_from(seconds).unwrap_or(1) }));
        }
        Err(failure) => return Err(failure),
    };
    let cookie = begin_session(state, site, flow.browser, &user).await?;
    let path = site.page_path(if waiting.is_some() { Target::Consent } else { Target::SignIn });
    let mut answer = see_other(&waiting.map_or(path.clone(), |(id, ..)| format!("{path}?request={}", id_text(&id))));
    answer.headers_mut().extend(cookie.map(|cookie| (SET_COOKIE, cookie)));
    Ok(answer)
}

/// "Not you?": ends the session and goes on with the waiting request.
pub(crate) async fn switch_account(state: &State, site: &Site, incoming: &Incoming) -> Answer {
    if incoming.head.method != Method::POST {
        return wrong_method("POST");
    }
    let browser = Browser::read(&site.realm, incoming);
    let flow = Flow { state, site, incoming, browser: &browser };
    take_switch(&flow).await.unwrap_or_else(|failure| show::failure(state, site, incoming, &failure))
}

async fn take_switch(flow: &Flow<'_>) -> Result<Answer, Failure> {
    let params = Params::form(&flow.incoming.body)?;
    let Some((id, ..)) = flow.own_form(&params).await? else {
        return Ok(show::expired(flow.state, flow.site, flow.incoming));
    };
    if let Some(session) = flow.browser.session() {
        flow.state.store.end_session(session).await?;
    }
    let path = flow.site.page_path(Target::SignIn);
    let mut answer = see_other(&format!("{path}?request={}", id_text(&id)));
    answer.headers_mut().extend(browser::no_session(&flow.site.realm).map(|cookie| (SET_COOKIE, cookie)));
    Ok(answer)
}
