//! Back from the page for signing out.

use super::{said_of, unreadable};
use crate::failure::Failure;
use crate::http::Answer;
use crate::pages::views::Ended;
use crate::people::back::Back;
use crate::people::browser;
use crate::people::check_session::in_step;
use crate::people::end_session::end;
use crate::people::flow::Flow;
use crate::people::login_app::challenge::{Challenge, LogoutChallenge, Outcome, Settled, use_up};
use crate::people::show::{self, Speech, see_other};
use http::header::SET_COOKIE;

/// Ends the session, and goes where the client wanted.
pub(super) async fn go_on(flow: &Flow<'_>, text: &str) -> Result<Answer, Failure> {
    let (state, site) = (flow.state, flow.site);
    let ended = |why| show::ended(state, site, flow.incoming, why, None);
    let challenge = match said_of::<LogoutChallenge>(flow, text).await? {
        Ok(Settled { challenge, outcome: Outcome::Accepted(_) }) => challenge,
        Ok(_) => return Ok(unreadable(flow)),
        Err(answer) => return Ok(answer),
    };
    if !challenge.is_of(flow.browser) {
        return Ok(ended(Ended::Elsewhere));
    }
    if challenge.expires_at() <= state.clock.now() {
        return Ok(ended(Ended::TooLong));
    }
    if !use_up(&challenge, state, &site.realm.id).await? {
        return Ok(ended(Ended::Used));
    }
    let frames = end(state, site, &challenge.session()).await?;
    let back = back(flow, &challenge).await?;
    let mut answer = match &back {
        Some(back) if frames.is_empty() => see_other(&back.url()),
        _ => show::signed_out(state, site, Speech::of(flow.incoming, None), back.as_ref(), frames),
    };
    let is_here = flow.browser.session() == Some(&challenge.session());
    let cookie = browser::no_session(&site.realm).filter(|_| is_here);
    answer.headers_mut().extend(cookie.map(|cookie| (SET_COOKIE, cookie)));
    Ok(in_step(answer, site, flow.browser, None))
}

/// The way back, which was checked before the browser left.
async fn back(flow: &Flow<'_>, challenge: &LogoutChallenge) -> Result<Option<Back>, Failure> {
    let (Some(client), Some((address, sent))) = (&challenge.client, &challenge.back) else { return Ok(None) };
    let entry = flow.state.clients.load(&flow.state.store, &flow.site.realm.id, client).await?;
    Ok(entry.map(|entry| Back { entry, address: address.clone(), state: sent.clone() }))
}
