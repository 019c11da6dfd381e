//! The frame by which apps notice that a browser's session changed (OpenID Connect Session Management 1.0 3).
//!
//! An app holds this page in a hidden frame and sends it the `session_state` that it was given; the page makes the same of the
//! browser's cookie and says whether it is the same. Nothing is asked of the server for that. It is the one page of ours that others may
//! frame: there is nothing on it to see or to click.

use crate::failure::{empty, wrong_method};
use crate::http::{Answer, Incoming};
use crate::pages::HTML_TYPE;
use crate::people::browser::{self, Browser};
use crate::state::sites::Site;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use claviger_core::crypto::sha256;
use claviger_core::dialect::Endpoint;
use claviger_core::logout::browser_state;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, SET_COOKIE, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderValue, Method, StatusCode};
use http_body_util::Full;

/// What the page does; the same text everywhere, so that the policy can name it by its hash.
const SCRIPT: &str = include_str!("../../../../assets/check_session.js");

/// The page.
pub(crate) fn answer(site: &Site, incoming: &Incoming) -> Answer {
    if incoming.head.method != Method::GET {
        return wrong_method("GET, HEAD");
    }
    let cookie = browser::state_name(&site.realm);
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Session</title>\
         <body data-cookie=\"{cookie}\"><script>{SCRIPT}</script></body></html>"
    );
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        STANDARD.encode(sha256(SCRIPT.as_bytes()))
    );
    let mut answer = empty(StatusCode::OK);
    *answer.body_mut() = Full::new(Bytes::from(html));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(HTML_TYPE));
    headers.extend(HeaderValue::from_str(&policy).ok().map(|policy| (CONTENT_SECURITY_POLICY, policy)));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}

/// The header that brings the browser's cookie in step with its session; none where it is, or where the realm has no such
/// frame.
pub(crate) fn cookie(site: &Site, browser: &Browser, session: Option<&[u8; 32]>) -> Option<HeaderValue> {
    if !site.realm.dialect.serves(Endpoint::CheckSession) {
        return None;
    }
    let state = session.map(browser_state);
    if browser.state() == state.as_deref() {
        return None;
    }
    match state {
        Some(state) => browser::set_state(&site.realm, &state, None),
        None => browser::set_state(&site.realm, "", Some(0)),
    }
}

/// The same, added to an answer.
pub(crate) fn in_step(mut answer: Answer, site: &Site, browser: &Browser, session: Option<&[u8; 32]>) -> Answer {
    answer.headers_mut().extend(cookie(site, browser, session).map(|cookie| (SET_COOKIE, cookie)));
    answer
}
