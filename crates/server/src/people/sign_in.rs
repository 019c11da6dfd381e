//! The sign-in page's form, and "Not you?".

use crate::failure::{Failure, wrong_method};
use crate::http::{Answer, Incoming};
use crate::pages::views::SignInError;
use crate::people::browser::{self, Browser};
use crate::people::flow::{Flow, Form, Found, Front, resume};
use crate::people::password::check_password;
use crate::people::session::begin_session;
use crate::people::show::{self, see_other};
use crate::people::waiting::SignInStep;
use crate::state::State;
use crate::state::brakes::Peer;
use crate::state::sites::{Site, Target};
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
    let username = params.get("username").unwrap_or_default();
    // What is too long for a name is not shown again.
    let shown = if username.len() > 1024 { "" } else { username };
    let (front, is_here) = match params.get("pending") {
        None => (None, true),
        Some(sealed) => match flow.find(sealed).await? {
            Found::Here(front) => (Some(front), true),
            Found::Elsewhere(front) => (Some(flow.in_this_browser(front)), false),
            Found::Ended(answer) => return Ok(answer),
        },
    };
    let page = |error: SignInError| {
        tracing::info!(?error, "sign-in refused");
        let front = front.as_ref().map(|front| (&front.entry.client, &front.waiting));
        show::sign_in(state, site, flow.browser, front, shown.to_owned(), Some(error))
    };
    let id = front.as_ref().map(|front| &front.waiting.id);
    let token = params.get("csrf").unwrap_or_default();
    if !is_here || !flow.browser.is_own_form(site, flow.incoming, &state.secrets.forms, id, token) {
        return page(SignInError::Again);
    }
    let password = Plain::from(params.get("password").unwrap_or_default());
    if username.len() > 1024 || password.expose().len() > 1024 || username.is_empty() || password.expose().is_empty() {
        return page(SignInError::WrongPassword);
    }
    let from = Peer { address: flow.incoming.client, proof: Some(flow.browser.hash()) };
    let verified = match check_password(state, &site.realm, (username, &password), from, |_| true).await {
        Ok(Some(verified)) => verified,
        Ok(None) => return page(SignInError::WrongPassword),
        Err(Failure::Refusal(Refusal::Braked { seconds, .. })) => {
            return page(SignInError::TooMany { seconds: u64::try_from(seconds).unwrap_or(1) });
        }
        Err(failure) => return Err(failure),
    };
    let Some((session, cookie)) = begin_session(state, site, flow.browser, &verified).await? else {
        return page(SignInError::Again);
    };
    let mut answer = match front {
        None => see_other(&site.page_path(Target::SignIn)),
        Some(Front { waiting, entry }) => {
            let waiting = waiting.after(SignInStep::Password, state.clock.now());
            if let Some(address) = flow.address(Target::Consent, &waiting)? {
                see_other(&address)
            } else {
                let browser = &flow.browser.with_session(session);
                let flow = Flow { state, site, incoming: flow.incoming, browser };
                Box::pin(flow.advance(&entry.client, &waiting.request, Some(&waiting), None)).await?
            }
        }
    };
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
    let Front { waiting, entry } = match flow.own_form(&params).await? {
        Form::Ours(front) => *front,
        Form::Instead(answer) => return Ok(answer),
    };
    if let Some(session) = flow.browser.session() {
        flow.state.store.end_session(session).await?;
    }
    let mut answer = match flow.address(Target::SignIn, &waiting)? {
        Some(address) => see_other(&address),
        None => flow.sign_in_page(&entry.client, &waiting, String::new(), None)?,
    };
    answer.headers_mut().extend(browser::no_session(&flow.site.realm).map(|cookie| (SET_COOKIE, cookie)));
    Ok(answer)
}
