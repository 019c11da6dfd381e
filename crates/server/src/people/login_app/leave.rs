//! Where a browser leaves for the vendor's own pages.

use crate::failure::Failure;
use crate::http::Answer;
use crate::people::browser::Browser;
use crate::people::login_app::challenge::{Challenge, ConsentChallenge, LoginChallenge, LogoutChallenge, spell};
use crate::people::page::{see_other, with_browser};
use crate::people::waiting::Waiting;
use crate::state::State;
use crate::state::sites::Site;
use claviger_core::Refusal;
use claviger_core::realm::LoginApp;
use claviger_store::SignedIn;

/// The longest address that a page is reached at, in bytes: web servers often take 8 KiB, and the app has parameters of its own.
const LONGEST_ADDRESS: usize = 6144;

/// What a client hears whose request is too long for that.
pub(crate) const TOO_LONG: Refusal =
    Refusal::MalformedBody("the request is too long to be handed on to the sign-in page; leave out what is not needed");

/// To the sign-in page, with who is signed in already; `None` where the address would be too long.
///
/// # Errors
/// The library fails.
pub(crate) fn to_login(
    (state, site, app): (&State, &Site, &LoginApp),
    browser: &Browser,
    waiting: &Waiting,
    who: Option<&SignedIn>,
) -> Result<Option<Answer>, Failure> {
    let challenge = LoginChallenge::new(waiting, who, state.clock.now());
    go((state, site), browser, &app.login_url, &challenge)
}

/// To the consent page.
///
/// # Errors
/// The library fails.
pub(crate) fn to_consent(
    (state, site, app): (&State, &Site, &LoginApp),
    browser: &Browser,
    challenge: &ConsentChallenge,
) -> Result<Option<Answer>, Failure> {
    go((state, site), browser, &app.consent_url, challenge)
}

/// To the page for signing out; `None` where there is none.
///
/// # Errors
/// The library fails.
pub(crate) fn to_logout(
    (state, site): (&State, &Site),
    browser: &Browser,
    challenge: &LogoutChallenge,
) -> Result<Option<Answer>, Failure> {
    let Some(url) = site.realm.login_app.as_ref().and_then(|app| app.logout_url.as_deref()) else { return Ok(None) };
    go((state, site), browser, url, challenge)
}

fn go<C: Challenge>(
    (state, site): (&State, &Site),
    browser: &Browser,
    url: &str,
    challenge: &C,
) -> Result<Option<Answer>, Failure> {
    let between = if url.contains('?') { '&' } else { '?' };
    let text = spell(challenge, state, &site.realm.id)?;
    let address = format!("{url}{between}{}_challenge={text}", C::KIND);
    Ok((address.len() <= LONGEST_ADDRESS).then(|| with_browser(see_other(&address), site, browser)))
}
