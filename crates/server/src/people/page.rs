//! What every page of a site's has: its language, the realm's looks, its headers; and the files that pages load.

use crate::failure::empty;
use crate::http::{Answer, Incoming};
use crate::pages::views::{SecurityNotice, View};
use crate::pages::{
    Brand, HTML_TYPE, LIVE_SCRIPT, Link, PASSKEY_SCRIPT, PORTAL_SCRIPT, Page, SCRIPT, accent_rules, choose_language,
    security_headers,
};
use crate::people::browser::Browser;
use crate::state::State;
use crate::state::sites::{Site, Target};
use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, PRAGMA, REFERRER_POLICY, SET_COOKIE,
};
use http::{HeaderName, HeaderValue, StatusCode};
use http_body_util::Full;
use unic_langid::LanguageIdentifier;

/// What `data-accent` is on the pages of a realm that has a colour of its own.
const OWN_ACCENT: &str = "own";

/// The language of a page of a site's: what the request asks for (`ui_locales`), else what the browser prefers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Speech<'a> {
    /// `ui_locales` (OpenID Connect Core 3.1.2.1).
    pub(crate) asked: Option<&'a str>,
    /// `Accept-Language` (RFC 9110 12.5.4).
    pub(crate) accepted: Option<&'a str>,
}

impl<'a> Speech<'a> {
    /// What a request says, with the `ui_locales` that it carries or that were kept of an earlier one.
    pub(crate) fn of(incoming: &'a Incoming, asked: Option<&'a str>) -> Self {
        Self { asked, accepted: incoming.header("accept-language") }
    }

    /// The same of a browser.
    pub(crate) fn of_browser(browser: &'a Browser, asked: Option<&'a str>) -> Self {
        Self { asked, accepted: browser.accept_language() }
    }

    pub(crate) fn language(self, site: &Site) -> Option<&LanguageIdentifier> {
        choose_language(&site.languages, self.asked, self.accepted)
    }
}

/// Renders a view of a site's.
pub(crate) fn view(state: &State, site: &Site, speech: Speech<'_>, view: &impl View) -> Answer {
    let lang = speech.language(site).map(ToString::to_string).unwrap_or_default();
    respond(state.pages.load().page(&brand(state, site).in_language(lang), view))
}

/// The same for an address that may be on one of the realm's further hosts, from where the issuer's pages are elsewhere.
pub(crate) fn view_anywhere(state: &State, site: &Site, incoming: &Incoming, view: &impl View) -> Answer {
    let lang = Speech::of(incoming, None).language(site).map(ToString::to_string).unwrap_or_default();
    let mut brand = brand(state, site).in_language(lang);
    if !site.is_at(&incoming.authority()) {
        brand.home_url = Some(format!("{}{}", site.realm.origin(), site.page_path(Target::Home)));
    }
    respond(state.pages.load().page(&brand, view))
}

/// How the site's realm looks.
fn brand(state: &State, site: &Site) -> Brand {
    let realm = &site.realm;
    let pages = state.pages.load();
    let (tag, look) = (pages.stylesheet_tag(), &site.look);
    let mut brand = Brand::new(realm.shown_name(), format!("{}?v={tag}{look}", site.page_path(Target::Stylesheet)));
    brand.script_url = Some(format!("{}?v={}", site.page_path(Target::Script), env!("CARGO_PKG_VERSION")));
    brand.live_url = Some(format!("{}?v={}", site.page_path(Target::LiveScript), env!("CARGO_PKG_VERSION")));
    brand.logo_url = site.logo.is_some().then(|| format!("{}?v={look}", site.page_path(Target::Logo)));
    brand.home_url = Some(site.page_path(Target::Home));
    brand.host = realm.origin().split_once("://").map(|(_, host)| host.to_owned());
    if realm.brand.accent.is_some() {
        OWN_ACCENT.clone_into(&mut brand.accent);
    }
    for (kind, link) in realm.brand.links.named() {
        match (kind, link) {
            (_, None) => {}
            ("forgotten-password", Some(url)) => brand.forgotten_password_url = Some(url.to_owned()),
            (kind, Some(url)) => brand.links.push(Link { kind, url: url.to_owned() }),
        }
    }
    if brand.forgotten_password_url.is_none() && realm.sign_in.reset_by_mail {
        brand.forgotten_password_url = Some(site.page_path(Target::Forgotten));
    }
    brand
}

fn respond(page: Page) -> Answer {
    let headers = security_headers(&page);
    let mut answer = empty(StatusCode::from_u16(page.status).unwrap_or(StatusCode::OK));
    *answer.body_mut() = Full::new(Bytes::from(page.html));
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(HTML_TYPE));
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            answer.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    answer
}

pub(crate) fn with_browser(mut answer: Answer, site: &Site, browser: &Browser) -> Answer {
    answer.headers_mut().extend(browser.set_cookie(&site.realm).map(|cookie| (SET_COOKIE, cookie)));
    answer
}

/// Keeps an answer out of every cache, and its address out of `Referer`.
pub(crate) fn no_store(answer: &mut Answer) {
    let headers = answer.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
}

/// 303: the browser goes on with GET (RFC 9700 4.12).
pub(crate) fn see_other(location: &str) -> Answer {
    let mut answer = empty(StatusCode::SEE_OTHER);
    if let Ok(location) = HeaderValue::from_str(location) {
        answer.headers_mut().insert(LOCATION, location);
    }
    no_store(&mut answer);
    answer
}

/// To the page of what somebody signs in with, which says what was done.
pub(crate) fn security_page(site: &Site, notice: Option<SecurityNotice>) -> Answer {
    let path = site.page_path(Target::Security);
    see_other(&notice.map_or(path.clone(), |notice| format!("{path}?said={}", notice.name())))
}

/// The one style sheet, with the realm's colours at its end.
pub(crate) fn stylesheet(state: &State, site: &Site) -> Answer {
    let mut text = state.pages.load().stylesheet().to_owned();
    text.extend(site.realm.brand.accent.map(|accent| accent_rules(OWN_ACCENT, accent)));
    file("text/css; charset=utf-8", Bytes::from(text))
}

/// The one script.
pub(crate) fn script() -> Answer {
    file("text/javascript; charset=utf-8", Bytes::from_static(SCRIPT.as_bytes()))
}

/// What keeps parts of pages up to date.
pub(crate) fn live_script() -> Answer {
    file("text/javascript; charset=utf-8", Bytes::from_static(LIVE_SCRIPT.as_bytes()))
}

/// The script of pages that ask for a passkey.
pub(crate) fn passkey_script() -> Answer {
    file("text/javascript; charset=utf-8", Bytes::from_static(PASSKEY_SCRIPT.as_bytes()))
}

/// The script of the partners' portal.
pub(crate) fn portal_script() -> Answer {
    file("text/javascript; charset=utf-8", Bytes::from_static(PORTAL_SCRIPT.as_bytes()))
}

/// The realm's logo; whoever opens it by itself runs no script that is in it.
pub(crate) fn logo(site: &Site) -> Answer {
    let Some((logo, bytes)) = site.realm.brand.logo.as_ref().zip(site.logo.clone()) else {
        return empty(StatusCode::NOT_FOUND);
    };
    let mut answer = file(&logo.media_type, bytes);
    let policy = HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; sandbox");
    answer.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    answer
}

/// A file that may be cached.
fn file(media_type: &str, bytes: Bytes) -> Answer {
    let mut answer = empty(StatusCode::OK);
    *answer.body_mut() = Full::new(bytes);
    let headers = answer.headers_mut();
    headers.extend(HeaderValue::from_str(media_type).ok().map(|media_type| (CONTENT_TYPE, media_type)));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    headers.insert(http::header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}
