//! The sign-in page's form.

use crate::failure::{Failure, wrong_method};
use crate::http::{Answer, Incoming};
use crate::people::arrive::go_on;
use crate::people::browser::Browser;
use crate::people::factor::Onward;
use crate::people::flow::{Flow, Found, Front, resume};
use crate::people::notice::{Notice, Why};
use crate::people::password::check_password;
use crate::people::second_factor::{After, after_password};
use crate::people::session::begin_session;
use crate::people::show::{self, see_other, with_browser};
use crate::people::waiting::SignInStep;
use crate::state::State;
use crate::state::brakes::Peer;
use crate::state::sites::{Site, Target};
use claviger_core::token::Plain;
use claviger_core::{Params, Refusal};
use http::Method;

mod passkey;

/// The sign-in page's own address: shows the page for a waiting request, or the ordinary one; takes the form.
pub(crate) async fn answer(state: &State, site: &Site, incoming: &Incoming) -> Answer {
    let browser = Browser::read(&site.realm, incoming);
    let flow = Flow::new(state, site, incoming, &browser);
    let result = match incoming.head.method {
        Method::GET => resume(&flow).await,
        Method::POST => take_sign_in(&flow).await,
        _ => return wrong_method("GET, POST"),
    };
    result.unwrap_or_else(|failure| show::failure(state, site, incoming, &failure))
}

async fn take_sign_in(flow: &Flow<'_>) -> Result<Answer, Failure> {
    let (state, site) = (flow.state, flow.site);
    if site.realm.login_app.is_some() {
        // Passwords are typed at the vendor's own page alone.
        return Ok(see_other(&site.page_path(Target::Home)));
    }
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
    let page = |why: Why| {
        tracing::info!(?why, "sign-in refused");
        let to = params.get("to").map(str::to_owned);
        again(flow, front.as_ref(), &Notice { username: shown.to_owned(), why, to })
    };
    let id = front.as_ref().map(|front| &front.waiting.id);
    let token = params.get("csrf").unwrap_or_default();
    if !is_here || !flow.browser.is_own_form(site, flow.incoming, &state.secrets.forms, id, token) {
        return page(Why::Again);
    }
    let onward = params.get("to").and_then(Onward::named);
    if params.get("act") == Some("passkey") {
        return match passkey::begin(flow, &params).await? {
            Ok(begun) => go_on(flow, front, onward, SignInStep::Passkey, begun).await,
            Err(why) => page(why),
        };
    }
    let password = Plain::from(params.get("password").unwrap_or_default());
    if username.len() > 1024 || password.expose().len() > 1024 || username.is_empty() || password.expose().is_empty() {
        return page(Why::WrongPassword);
    }
    let from = Peer { address: flow.incoming.client, proof: Some(flow.browser.hash()) };
    let verified = match check_password(state, &site.realm, (username, &password), from, |_| true).await {
        Ok(Some(verified)) => verified,
        Ok(None) => {
            flow.scene().refused(username);
            return page(Why::WrongPassword);
        }
        Err(Failure::Refusal(Refusal::Braked { seconds, .. })) => {
            return page(Why::Locked(state.clock.now() + seconds * 1000));
        }
        Err(failure) => return Err(failure),
    };
    let how = match after_password(flow, front.as_ref(), onward, &verified).await? {
        After::Complete(how) => how,
        After::Ask(answer) => return Ok(answer),
        After::Changed => return page(Why::Again),
    };
    let Some(begun) = begin_session(state, site, (flow.incoming, flow.browser), &verified, how).await? else {
        return page(Why::Again);
    };
    go_on(flow, front, onward, SignInStep::Password, begun).await
}

/// The sign-in page once more, by its address: loading it anew sends no password. Where that would be too long, the page
/// itself.
pub(crate) fn again(flow: &Flow<'_>, front: Option<&Front>, notice: &Notice) -> Result<Answer, Failure> {
    let address = if let Some(front) = front {
        flow.address(Target::SignIn, &front.waiting, Some(notice))?
    } else {
        let sealed = notice.seal(flow.state, flow.site, flow.browser)?;
        Some(format!("{}?notice={sealed}", flow.site.page_path(Target::SignIn)))
    };
    match address {
        Some(address) => Ok(with_browser(see_other(&address), flow.site, flow.browser)),
        None => flow.say(front.map(|front| (&front.entry.client, &front.waiting)), notice),
    }
}
