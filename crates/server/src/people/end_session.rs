//! Logging out: RP-initiated (OpenID Connect RP-Initiated Logout 1.0), or by the user's own hand.
//!
//! With an ID token of the one who is signed in as a hint, the session ends at once, and the browser goes back to an address
//! that is registered. Without one the person is asked; where the request names the client (`client_id`), their yes leads back
//! to its registered address as well.

use crate::failure::{Failure, wrong_method};
use crate::http::{Answer, Incoming};
use crate::pages::views::AppLink;
use crate::people::back::Back;
use crate::people::browser::{self, Browser};
use crate::people::check_session::in_step;
use crate::people::hint::{Hint, hint};
use crate::people::login_app::challenge::LogoutChallenge;
use crate::people::login_app::leave::to_logout;
use crate::people::session::signed_in;
use crate::people::show::{self, Speech, see_other};
use crate::state::State;
use crate::state::sites::Site;
use claviger_core::Params;
use claviger_core::client::ClientStatus;
use claviger_core::logout::frame;
use claviger_store::{SignedIn, SignedInTo};
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
    let back = match named(hint.as_ref(), params) {
        Some(client) => return_address(state, site, client, params).await?,
        None => None,
    };
    let form = params.get("csrf").unwrap_or_default();
    let own_form =
        incoming.head.method == Method::POST && browser.is_own_form(site, incoming, &state.secrets.forms, None, form);
    let done = |frames: Vec<AppLink>| match &back {
        Some(back) if frames.is_empty() => see_other(&back.url()),
        _ => show::signed_out(state, site, speech, back.as_ref(), frames),
    };
    if let Some(answer) = leave_for_app((state, site, incoming), &browser, who.as_ref(), hint.as_ref(), back.as_ref())?
    {
        return Ok(answer);
    }
    match who {
        // A form that is sent twice has the answer of once.
        None if own_form || hint.is_some() => Ok(done(Vec::new())),
        None => Ok(show::signed_out(state, site, speech, back.as_ref(), Vec::new())),
        Some(who) if own_form || hint.as_ref().is_some_and(|hint| hint.sub == who.user.id) => {
            let frames = end(state, site, &who.session.hash).await?;
            let mut answer = in_step(done(frames), site, &browser, None);
            answer.headers_mut().extend(browser::no_session(&site.realm).map(|cookie| (SET_COOKIE, cookie)));
            Ok(answer)
        }
        Some(who) => Ok(show::logout_confirm(state, site, &browser, speech.asked, &who.user, back.as_ref())),
    }
}

/// To the vendor's own page for signing out, where there is one and somebody is signed in.
fn leave_for_app(
    (state, site, incoming): (&State, &Site, &Incoming),
    browser: &Browser,
    who: Option<&SignedIn>,
    hint: Option<&Hint>,
    back: Option<&Back>,
) -> Result<Option<Answer>, Failure> {
    let Some(who) = who.filter(|_| site.realm.login_app.is_some()) else { return Ok(None) };
    let patience = site.realm.sessions.pending.as_millis();
    let mut challenge = LogoutChallenge::new(who, browser, state.clock.now(), patience);
    challenge.client = back.map(|back| back.entry.client.id.clone()).or_else(|| hint.map(|hint| hint.aud.clone()));
    challenge.back = back.map(|back| (back.address.clone(), back.state.clone()));
    challenge.rp_initiated = hint.is_some();
    // Without its query, in which there may be a whole ID token.
    challenge.request_url = format!("{}{}", site.realm.origin(), incoming.path());
    to_logout((state, site), browser, &challenge)
}

/// Ends a session; what the frames load by which apps are told in the browser (Front-Channel Logout 2). Those that are called
/// by the server hear of it from the outbox, however long that takes.
pub(crate) async fn end(state: &State, site: &Site, session: &[u8; 32]) -> Result<Vec<AppLink>, Failure> {
    let told = state.store.end_session(session, state.clock.now()).await?.unwrap_or_default();
    state.handed_in.notify_one();
    let mut frames = Vec::new();
    for SignedInTo { client, sid, .. } in told {
        let Some(entry) = state.clients.load(&state.store, &site.realm.id, &client).await? else { continue };
        if let Some(uri) = &entry.client.logout.frontchannel_logout_uri {
            frames.push(AppLink { app: entry.client.name.clone(), url: frame(uri, &site.realm.issuer, &sid) });
        }
    }
    Ok(frames)
}

/// The client that the request is of: the hint's, or the one that it names; where it names another than the hint's, none
/// (RP-Initiated Logout 2).
fn named<'a>(hint: Option<&'a Hint>, params: &'a Params<'_>) -> Option<&'a str> {
    match (hint.map(|hint| hint.aud.as_str()), params.get("client_id")) {
        (Some(hinted), Some(named)) if hinted != named => None,
        (hinted, named) => hinted.or(named),
    }
}

/// The registered address that the client asks to go back to, with its `state`.
async fn return_address(
    state: &State,
    site: &Site,
    client: &str,
    params: &Params<'_>,
) -> Result<Option<Back>, Failure> {
    let Some(asked) = params.get("post_logout_redirect_uri") else { return Ok(None) };
    let Some(entry) = state.clients.load(&state.store, &site.realm.id, client).await? else { return Ok(None) };
    let is_registered = entry.client.post_logout_redirect_uris.iter().any(|registered| registered == asked);
    if !is_registered || entry.client.status != ClientStatus::Active {
        return Ok(None);
    }
    Ok(Some(Back { entry, address: asked.to_owned(), state: params.state() }))
}
