//! The page of a device's user (RFC 8628 3.3), filled in.

use super::{Speech, view, weighty_first, with_browser};
use crate::failure::Failure;
use crate::http::Answer;
use crate::pages::views::{ConsentScope, Device, DeviceState};
use crate::people::browser::Browser;
use crate::people::waiting::Waiting;
use crate::state::State;
use crate::state::sites::Site;
use claviger_core::Client;
use claviger_core::dialect::Endpoint;

/// The page on which the code is typed, or which says how it ended.
pub(crate) fn device_page(state: &State, site: &Site, browser: &Browser, face: DeviceState) -> Answer {
    let page = Device {
        state: face,
        action: site.endpoint_path(Endpoint::DeviceVerification).unwrap_or_default(),
        csrf: browser.form_token(&state.secrets.forms, None).into(),
        pending: None,
    };
    with_browser(view(state, site, Speech::of_browser(browser, None), &page), site, browser)
}

/// "Is this the code that your device shows?"
///
/// # Errors
/// The request cannot be sealed.
pub(crate) fn device_confirm(
    state: &State,
    site: &Site,
    browser: &Browser,
    client: &Client,
    waiting: &Waiting,
) -> Result<Answer, Failure> {
    let realm = &site.realm;
    let speech = Speech::of_browser(browser, None);
    let device = waiting.request.device.as_ref();
    let scopes = waiting.request.scope.iter().map(|name| {
        let scope = realm.scope(name);
        ConsentScope {
            name: name.to_owned(),
            sentence: scope.map(|scope| scope.sentence.clone()).filter(|sentence| !sentence.is_empty()),
            is_new: false,
            is_sensitive: scope.is_some_and(|scope| scope.sensitive),
        }
    });
    let page = Device {
        state: DeviceState::Confirm {
            client_name: client.name.clone(),
            publisher: client.publisher.clone(),
            user_code: device.map(|device| device.user_code.clone()).unwrap_or_default(),
            from: device.and_then(|device| device.from.clone()),
            scopes: weighty_first(scopes.collect()),
            translate_scopes: speech.language(site) != site.languages.first(),
        },
        action: site.endpoint_path(Endpoint::DeviceVerification).unwrap_or_default(),
        csrf: browser.consent_token(&state.secrets.forms, Some(&waiting.id)).into(),
        pending: Some(waiting.seal(&state.secrets, &realm.id)?),
    };
    Ok(with_browser(view(state, site, speech, &page), site, browser))
}
