//! Logging out: RP-initiated (OpenID Connect RP-Initiated Logout 1.0), or by the user's own hand.
//!
//! With an ID token of the one who is signed in as a hint, the session ends at once, and the browser may go back to an
//! address that is registered. Without, the person is asked, and stays here.

use crate::failure::{Failure, wrong_method};
use crate::http::{Answer, Incoming};
use crate::people::browser::{self, Browser};
use crate::people::hint::hint;
use crate::people::session::signed_in;
use crate::people::show::{self, Speech, see_other};
use crate::state::State;
use crate::state::sites::Site;
use claviger_core::Params;
use claviger_core::params::form_encode;
use http::Method;
use http::header::SET_COOKIE;

/// Ends the session, or asks whether to.
pub(crate) async fn answer(state: &State, site: &Site, incoming: &Incoming) -> Answer {
    let bytes = match incoming.head.method {
        Method::GET => incoming.query().as_bytes(),
        Method::POST => &incoming.body,
        _ => return wrong_method("GET, POST"),
    };
    let result = match Params::form(bytes) {
        Ok(params) => respond(state, site, incoming, &params).await,
        Err(refusal) => Err(refusal.into()),
    };
    result.unwrap_or_else(|failure| show::failure(state, site, incoming, &failure))
}

async fn respond(state: &State, site: &Site, incoming: &Incoming, params: &Params<'_>) -> Result<Answer, Failure> {
    let browser = Browser::read(&site.realm, incoming);
    let speech = Speech::of(incoming, params.get("ui_locales"));
    let who = signed_in(state, site, &browser, "").await?;
    let hint = params.get("id_token_hint").and_then(|token| hint(state, site, token));
    let back = match &hint {
        Some(hint) => return_address(state, site, &hint.aud, params).await?,
        None => None,
    };
    let form = params.get("csrf").unwrap_or_default();
    let own_form =
        incoming.head.method == Method::POST && browser.is_own_form(site, incoming, &state.secrets.forms, None, form);
    match who {
        None => Ok(back.map_or_else(|| show::signed_out(state, site, speech), |url| see_other(&url))),
        Some(who) if own_form || hint.as_ref().is_some_and(|hint| hint.sub == who.user.id) => {
            state.store.end_session(&who.session.hash).await?;
            let mut answer = back.map_or_else(|| show::signed_out(state, site, speech), |url| see_other(&url));
            answer.headers_mut().extend(browser::no_session(&site.realm).map(|cookie| (SET_COOKIE, cookie)));
            Ok(answer)
        }
        Some(who) => Ok(show::logout_confirm(state, site, &browser, speech.asked, &who.user)),
    }
}

/// The registered address that the hinted client asks to go back to, with its `state`.
async fn return_address(
    state: &State,
    site: &Site,
    client: &str,
    params: &Params<'_>,
) -> Result<Option<String>, Failure> {
    let Some(asked) = params.get("post_logout_redirect_uri") else { return Ok(None) };
    let Some(entry) = state.clients.load(&state.store, &site.realm.id, client).await? else { return Ok(None) };
    if !entry.client.post_logout_redirect_uris.iter().any(|registered| registered == asked) {
        return Ok(None);
    }
    let mut url = asked.to_owned();
    if let Some(state) = params.state() {
        if !url.contains('?') {
            url.push('?');
        }
        form_encode(&mut url, "state", state.as_bytes());
    }
    Ok(Some(url))
}
