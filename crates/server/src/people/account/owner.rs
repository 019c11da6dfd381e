//! Whose account pages these are; or where somebody goes first.
//!
//! What only shows, or takes something away from others, asks for a session. What gives away or cannot be undone asks for a sign-in of
//! the last quarter of an hour, and for the second factor of whoever has one.

use crate::failure::Failure;
use crate::http::Answer;
use crate::people::factor::{Onward, face, has_any};
use crate::people::flow::Flow;
use crate::people::page::{see_other, with_browser};
use crate::people::session::signed_in;
use crate::state::sites::Target;
use claviger_store::{Factor, SignedIn};

/// Who is signed in; or the sign-in page, from where they come back.
pub(crate) async fn owner(flow: &Flow<'_>, onward: Onward) -> Result<Result<SignedIn, Answer>, Failure> {
    let who = signed_in(flow.state, flow.site, flow.browser, "").await?;
    Ok(who.ok_or_else(|| sign_in_first(flow, onward)))
}

/// Who signed in just now and has proved what they have, and what that is; or the page where they do.
pub(crate) async fn recent_owner(
    flow: &Flow<'_>,
    onward: Onward,
) -> Result<Result<(SignedIn, Vec<Factor>), Answer>, Failure> {
    let (state, site) = (flow.state, flow.site);
    let who = signed_in(state, site, flow.browser, "").await?;
    // How somebody signs in at the vendor's own page, and how long that is good for, is theirs to say.
    let is_ours = site.realm.login_app.is_none();
    let Some(who) = who.filter(|who| !is_ours || face::is_recent(who, state.clock.now())) else {
        return Ok(Err(sign_in_first(flow, onward)));
    };
    let factors = state.store.factors(&site.realm.id, &who.user.id).await?;
    let is_proved = who.session.how.as_ref().is_some_and(|how| how.level(&site.realm) > 1);
    if is_ours && site.realm.sign_in.is_on() && has_any(&factors) && !is_proved {
        let path = site.page_path(Target::SecondFactor);
        return Ok(Err(see_other(&format!("{path}?to={}", onward.name()))));
    }
    Ok(Ok((who, factors)))
}

fn sign_in_first(flow: &Flow<'_>, onward: Onward) -> Answer {
    let path = flow.site.page_path(Target::SignIn);
    with_browser(see_other(&format!("{path}?to={}", onward.name())), flow.site, flow.browser)
}
