//! What a page hands to its script: the question, as browsers read it, and the same sealed for the form.

use super::challenge::{Ceremony, Challenge, PATIENCE};
use super::kept;
use crate::failure::Failure;
use crate::pages::views::PasskeyForm;
use crate::people::browser::Browser;
use crate::state::State;
use crate::state::sites::{Site, Target};
use claviger_core::realm::CheckMode;
use claviger_core::user::User;
use claviger_core::webauthn::{Person, RelyingParty, creation_options, request_options, user_handle};
use claviger_store::Factor;
use serde_json::Value;

/// On the sign-in page: nothing in it depends on who might sign in. `None` where the realm has no passkeys.
///
/// # Errors
/// The library fails.
pub(crate) fn sign_in(state: &State, site: &Site, browser: &Browser) -> Result<Option<PasskeyForm>, Failure> {
    let Some(party) = party_by_itself(site) else { return Ok(None) };
    let challenge = Challenge::new(Ceremony::SignIn, None, state.clock.now());
    let options = request_options(&party, &challenge.bytes(), &[], true);
    form(state, site, browser, &challenge, &options).map(Some)
}

/// After the password; `None` where its user has none of these.
///
/// # Errors
/// The library fails.
pub(crate) fn second_factor(
    state: &State,
    site: &Site,
    browser: &Browser,
    user: &User,
    factors: &[&Factor],
) -> Result<Option<PasskeyForm>, Failure> {
    let known = kept::all_of(&state.secrets, [&site.realm.id, &user.id], factors.iter().copied());
    let Some(party) = party(site).filter(|_| !known.is_empty()) else { return Ok(None) };
    let challenge = Challenge::new(Ceremony::SecondFactor, Some(&user.id), state.clock.now());
    let options = request_options(&party, &challenge.bytes(), &known, false);
    form(state, site, browser, &challenge, &options).map(Some)
}

/// Where one is set up; `None` where the realm has no passkeys.
///
/// # Errors
/// The library fails.
pub(crate) fn set_up(
    state: &State,
    site: &Site,
    browser: &Browser,
    user: &User,
    factors: &[Factor],
) -> Result<Option<PasskeyForm>, Failure> {
    let Some(party) = party(site) else { return Ok(None) };
    let others = kept::all_of(&state.secrets, [&site.realm.id, &user.id], factors);
    let challenge = Challenge::new(Ceremony::SetUp, Some(&user.id), state.clock.now());
    let handle = user_handle(&site.realm.id, &user.id);
    let name = user.name.as_deref().unwrap_or(&user.username);
    let person = Person { handle: &handle, username: &user.username, name };
    let options = creation_options(&party, site.realm.shown_name(), person, &challenge.bytes(), &others);
    form(state, site, browser, &challenge, &options).map(Some)
}

/// Whether people of this realm may have passkeys, and browsers can; then for whom they are.
pub(crate) fn party(site: &Site) -> Option<RelyingParty> {
    let policy = &site.realm.sign_in;
    RelyingParty::of(&site.realm).filter(|_| policy.has_passkeys() && site.realm.login_app.is_none())
}

/// The same where a passkey does in the place of a password. Where somebody else is asked at each sign-in whether the password is
/// right, and so whether its user is still theirs, it does not.
pub(crate) fn party_by_itself(site: &Site) -> Option<RelyingParty> {
    let realm = &site.realm;
    let asks_each_time = realm.user_check.as_ref().is_some_and(|check| check.mode == CheckMode::Always);
    party(site).filter(|_| realm.directory.is_none() && !asks_each_time)
}

fn form(
    state: &State,
    site: &Site,
    browser: &Browser,
    challenge: &Challenge,
    options: &Value,
) -> Result<PasskeyForm, Failure> {
    Ok(PasskeyForm {
        options: options.to_string(),
        ceremony: challenge.seal(state, site, browser)?,
        // A little less: an answer is on its way for a moment.
        good_for_seconds: (PATIENCE / 1000 - 15).unsigned_abs(),
        script_url: format!("{}?v={}", site.page_path(Target::PasskeyScript), env!("CARGO_PKG_VERSION")),
    })
}
