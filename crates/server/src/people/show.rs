//! From what was decided to what a browser is shown: the pages' contexts, filled in.

use crate::failure::{Failure, SOON, empty};
use crate::http::{Answer, Incoming};
use crate::pages::views::{
    self, Account, AppLink, Consent, ConsentError, ConsentScope, Ended, ErrorPage, Expired, FormPost, Lifetime,
    LogoutBack, LogoutConfirm, OrganisationMode, Pair, SignIn, SignInError, SignedIn, SignedOut, View,
};
use crate::pages::{Brand, Cause, HTML_TYPE, Page, choose_language, nearest_redirect, security_headers};
use crate::people::back::Back;
use crate::people::browser::Browser;
use crate::people::waiting::Waiting;
use crate::state::State;
use crate::state::sites::{Site, Target};
use bytes::Bytes;
use claviger_core::answer::Delivery;
use claviger_core::authorize::{self, AuthorizationRequest};
use claviger_core::dialect::{Endpoint, OrganisationChoice};
use claviger_core::redirect::RedirectUri;
use claviger_core::text::shortened;
use claviger_core::unique::Members;
use claviger_core::user::{Organisation, User};
use claviger_core::{Client, Refusal, ScopeSet};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION, PRAGMA, REFERRER_POLICY, SET_COOKIE};
use http::{HeaderName, HeaderValue, StatusCode};
use http_body_util::Full;
use std::collections::HashMap;
use unic_langid::LanguageIdentifier;

/// How much of a text that a peer sent the log shows, in characters.
const LONGEST_LOGGED: usize = 200;

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
    fn of_browser(browser: &'a Browser, asked: Option<&'a str>) -> Self {
        Self { asked, accepted: browser.accept_language() }
    }

    fn language(self, site: &Site) -> Option<&LanguageIdentifier> {
        choose_language(&site.languages, self.asked, self.accepted)
    }
}

/// Renders a view of a site's.
pub(crate) fn view(state: &State, site: &Site, speech: Speech<'_>, view: &impl View) -> Answer {
    let brand = Brand::new(site.realm.name.as_str(), site.page_path(Target::Stylesheet));
    let lang = speech.language(site).map(ToString::to_string).unwrap_or_default();
    respond(state.pages.load().page(&brand.in_language(lang), view))
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

/// A request that cannot be sent back to its client. `asked`: its `ui_locales`; `owner`: the client and the redirect URI that it sent. Anybody can send
/// such a request, so the page says only that the redirect URI is not registered; which one would be nearest is in the log,
/// under the request's id.
pub(crate) fn refusal(
    state: &State,
    site: &Site,
    incoming: &Incoming,
    asked: Option<&str>,
    refusal: &Refusal,
    owner: Option<(&Client, &str)>,
) -> Answer {
    tracing::info!(?refusal, "authorization request refused with a page");
    let mut page = ErrorPage::new(refusal.code().name(), incoming.id.to_string());
    page.title.clone_from(&site.realm.dialect.authorization.invalid_request_title);
    page.cause = Cause::of(refusal);
    page.message = Some(refusal.description());
    if let (Refusal::RedirectUnregistered, Some((client, received))) = (refusal, owner) {
        page.details.push(Pair::new("client_id", client.id.as_str()));
        let nearest = nearest_redirect(received, client.redirect_uris.iter().map(RedirectUri::as_str));
        let received = shortened(received, LONGEST_LOGGED);
        tracing::info!(?received, nearest, "redirect_uri is not registered");
    }
    view(state, site, Speech::of(incoming, asked), &page)
}

/// A request of a browser's that we could not serve.
pub(crate) fn failure(state: &State, site: &Site, incoming: &Incoming, failure: &Failure) -> Answer {
    let status = match failure {
        Failure::Refusal(cause) => return refusal(state, site, incoming, None, cause, None),
        Failure::Fault(_) => 500,
        Failure::Busy(_) | Failure::Database(_) => 503,
    };
    let (code, _) = failure.log(incoming.id);
    let mut page = ErrorPage::new(code.name(), incoming.id.to_string());
    page.status = status;
    let mut answer = view(state, site, Speech::of(incoming, None), &page);
    if status == 503 {
        answer.headers_mut().insert(http::header::RETRY_AFTER, SOON);
    }
    answer
}

/// A request that nobody can go on with. `again`: the request, and the address at which it is sent again.
pub(crate) fn ended(
    state: &State,
    site: &Site,
    incoming: &Incoming,
    cause: Ended,
    again: Option<(&AuthorizationRequest, Option<&str>)>,
) -> Answer {
    let asked = again.and_then(|(request, _)| request.ui_locales.as_deref());
    let again_url = again.and_then(|(_, url)| url.map(str::to_owned));
    view(state, site, Speech::of(incoming, asked), &Expired { cause, again_url })
}

/// The sign-in form; `front`: the request that waits behind it.
///
/// # Errors
/// The request cannot be sealed.
pub(crate) fn sign_in(
    state: &State,
    site: &Site,
    browser: &Browser,
    front: Option<(&Client, &Waiting)>,
    username: String,
    error: Option<SignInError>,
) -> Result<Answer, Failure> {
    let request = front.map(|(_, waiting)| &waiting.request);
    let form = SignIn {
        client_name: front.map(|(client, _)| client.name.clone()),
        username,
        error,
        action: site.page_path(Target::SignIn),
        csrf: browser.form_token(&state.secrets.forms, front.map(|(_, waiting)| &waiting.id)).into(),
        pending: front.map(|(_, waiting)| waiting.seal(&state.secrets, &site.realm.id)).transpose()?,
        not_you_url: None,
        redirect_uri: request.map(|request| request.destination.redirect_uri.clone()),
    };
    let speech = Speech::of_browser(browser, request.and_then(|request| request.ui_locales.as_deref()));
    Ok(with_browser(view(state, site, speech, &form), site, browser))
}

/// Somebody is signed in, and no request waits.
pub(crate) fn signed_in(state: &State, site: &Site, browser: &Browser, user: &User) -> Answer {
    let page = SignedIn {
        account: account(user),
        logout_action: site.endpoint_path(Endpoint::EndSession).unwrap_or_default(),
        csrf: browser.form_token(&state.secrets.forms, None).into(),
    };
    with_browser(view(state, site, Speech::of_browser(browser, None), &page), site, browser)
}

/// "Do you want to sign out?" `asked`: the request's `ui_locales`.
pub(crate) fn logout_confirm(
    state: &State,
    site: &Site,
    browser: &Browser,
    asked: Option<&str>,
    user: &User,
    back: Option<&Back>,
) -> Answer {
    // A form carries UTF-8 only: with another state there is no way back that is the asked one.
    let state_text = |back: &Back| {
        back.state.as_ref().map_or(Some(None), |state| state.as_text().map(Some)).map(|text| text.map(str::to_owned))
    };
    let back = back.and_then(|back| {
        let state = state_text(back)?;
        Some(LogoutBack { client_id: back.entry.client.id.clone(), redirect_uri: back.address.clone(), state })
    });
    let page = LogoutConfirm {
        action: site.endpoint_path(Endpoint::EndSession).unwrap_or_default(),
        csrf: browser.form_token(&state.secrets.forms, None).into(),
        username: user.username.clone(),
        ui_locales: asked.map(str::to_owned),
        back,
    };
    with_browser(view(state, site, Speech::of_browser(browser, asked), &page), site, browser)
}

/// Nobody is signed in any more.
/// `back`: an app's name and where it asks to go on; nobody has said yes to that, so it is a link.
pub(crate) fn signed_out(state: &State, site: &Site, speech: Speech<'_>, back: Option<(&str, String)>) -> Answer {
    let back = back.map(|(app, url)| AppLink { app: app.to_owned(), url });
    view(state, site, speech, &SignedOut { again_url: Some(site.page_path(Target::SignIn)), back })
}

fn account(user: &User) -> Account {
    Account { name: user.name.clone().unwrap_or_else(|| user.username.clone()), username: user.username.clone() }
}

/// What consent is asked for.
pub(crate) struct Asked<'a> {
    pub(crate) client: &'a Client,
    pub(crate) waiting: &'a Waiting,
    /// Scopes that were not allowed before.
    pub(crate) new: &'a ScopeSet,
    /// What there is to pick from.
    pub(crate) organisations: Vec<Organisation>,
    /// What is on record.
    pub(crate) consent: &'a authorize::Consent,
    pub(crate) user: &'a User,
}

/// The consent form; `nothing_picked`: it was sent without an organisation.
///
/// # Errors
/// The request cannot be sealed.
pub(crate) fn consent(
    state: &State,
    site: &Site,
    browser: &Browser,
    asked: &Asked<'_>,
    nothing_picked: bool,
) -> Result<Answer, Failure> {
    let (realm, request) = (&site.realm, &asked.waiting.request);
    let speech = Speech::of_browser(browser, request.ui_locales.as_deref());
    let known_before = !asked.consent.scope.is_empty();
    let new = asked.new.members();
    let sentences: HashMap<&str, &str> =
        realm.scopes.iter().map(|scope| (scope.name.as_str(), scope.sentence.as_str())).collect();
    let asked_scope = request.asked_scope();
    let scopes = asked_scope.iter().map(|token| ConsentScope {
        name: token.to_owned(),
        sentence: sentences.get(token).filter(|sentence| !sentence.is_empty()).map(|sentence| (*sentence).to_owned()),
        is_new: known_before && new.contain(token),
    });
    let form = Consent {
        client_name: asked.client.name.clone(),
        publisher: asked.client.publisher.clone(),
        account: account(asked.user),
        switch_account_action: site.page_path(Target::SwitchAccount),
        scopes: scopes.collect(),
        translate_scopes: speech.language(site) != site.languages.first(),
        organisations: organisations(asked, nothing_picked),
        organisation_mode: match realm.dialect.organisation {
            OrganisationChoice::None => OrganisationMode::None,
            OrganisationChoice::One => OrganisationMode::One,
            OrganisationChoice::Many => OrganisationMode::Many,
        },
        lifetime: lifetime(site, asked.client),
        manage_url: None,
        error: nothing_picked.then_some(ConsentError::NoOrganisation),
        action: site.page_path(Target::Consent),
        csrf: browser.consent_token(&state.secrets.forms, Some(&asked.waiting.id)).into(),
        pending: Some(asked.waiting.seal(&state.secrets, &realm.id)?),
        answer_host: answer_host(&request.destination.redirect_uri),
        redirect_uri: Some(request.destination.redirect_uri.clone()),
    };
    Ok(with_browser(view(state, site, speech, &form), site, browser))
}

/// Where the answer goes, as far as a person can judge it; `None` for an app on their own device.
fn answer_host(redirect_uri: &str) -> Option<String> {
    let (scheme, rest) = redirect_uri.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next().filter(|host| !host.is_empty())?;
    matches!(scheme, "http" | "https").then(|| host.to_owned())
}

/// What is ticked at first is what was allowed before; whoever has taken every tick away does not find them back.
fn organisations(asked: &Asked<'_>, nothing_picked: bool) -> Vec<views::Organisation> {
    let only = asked.organisations.len() == 1;
    let allowed = Members::of(&asked.consent.organisations);
    let listed = asked.organisations.iter().map(|organisation| views::Organisation {
        id: organisation.id.clone(),
        name: organisation.name.clone(),
        kind: organisation.kind.clone(),
        checked: !nothing_picked && (only || allowed.contain(&organisation.id)),
    });
    listed.collect()
}

fn lifetime(site: &Site, client: &Client) -> Lifetime {
    use claviger_core::client::GrantType;
    let seconds = |span: claviger_core::span::Span| u64::try_from(span.as_seconds()).ok();
    let tokens = &site.realm.tokens;
    if client.may(GrantType::RefreshToken) {
        Lifetime { after_seconds: seconds(tokens.refresh_absolute), idle_seconds: seconds(tokens.refresh_idle) }
    } else {
        Lifetime {
            after_seconds: seconds(client.access_token_ttl.unwrap_or(tokens.access_token_ttl)),
            idle_seconds: None,
        }
    }
}

/// An authorization answer on its way: 303, or a page whose form posts it.
pub(crate) fn delivery(
    state: &State,
    site: &Site,
    speech: Speech<'_>,
    client_name: &str,
    delivery: Delivery,
) -> Answer {
    match delivery {
        Delivery::Redirect(url) => see_other(&url),
        Delivery::Form { action, fields } => {
            let fields = fields.into_iter().map(|(name, value)| (name, value.into())).collect();
            view(state, site, speech, &FormPost { client_name: client_name.to_owned(), action, fields, note: None })
        }
    }
}

/// The one style sheet.
pub(crate) fn stylesheet(state: &State) -> Answer {
    let mut answer = empty(StatusCode::OK);
    *answer.body_mut() = Full::new(Bytes::copy_from_slice(state.pages.load().stylesheet().as_bytes()));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    headers.insert(http::header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}
