//! From what was decided to what a browser is shown: the pages' contexts, filled in.

use crate::failure::{Failure, SOON, note_refusal};
use crate::http::{Answer, Incoming};
use crate::pages::views::{
    self, About, Accounts, AnswerTo, AppLink, Consent, ConsentError, ConsentScope, Ended, ErrorPage, Expired, FormPost,
    FromAfar, Home, KnownAccount, Lifetime, LogoutBack, LogoutConfirm, NoOrganisation, NotFound, OrganisationMode,
    Pair, SignIn, SignInError, SignedIn, SignedOut,
};
use crate::pages::{Cause, nearest_redirect};
use crate::people::accounts::account;
use crate::people::back::Back;
use crate::people::browser::Browser;
use crate::people::factor::Onward;
use crate::people::passkey::form;
use crate::people::waiting::Waiting;
use crate::state::State;
use crate::state::sites::{Site, Target};
use claviger_core::answer::Delivery;
use claviger_core::authorize::{self, AuthorizationRequest, Destination};
use claviger_core::dialect::{Endpoint, OrganisationChoice};
use claviger_core::realm::{ConsentTime, Scope};
use claviger_core::redirect::RedirectUri;
use claviger_core::text::shortened;
use claviger_core::unique::Members;
use claviger_core::user::{Organisation, User};
use claviger_core::{Client, Realm, Refusal, ScopeSet};
use http::header::ALLOW;
use http::{HeaderValue, Method};
use std::collections::HashMap;

mod device;

pub(crate) use device::{device_confirm, device_page};

pub(crate) use crate::people::page::{Speech, no_store, see_other, view, view_anywhere, with_browser};

/// How much of a text that a peer sent the log shows, in characters.
const LONGEST_LOGGED: usize = 200;

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
    note_refusal(refusal);
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
    // Only what was read can be tried again by following a link.
    page.again_url = (incoming.head.method == Method::GET).then(|| format!("?{}", incoming.query()));
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

/// The sign-in form; `front`: the request that waits behind it, `onward`: where somebody goes on without one.
///
/// # Errors
/// The request cannot be sealed.
pub(crate) fn sign_in(
    state: &State,
    site: &Site,
    browser: &Browser,
    (front, onward): (Option<(&Client, &Waiting)>, Option<Onward>),
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
        not_you_action: front.map(|_| site.page_path(Target::SwitchAccount)),
        providers: site.realm.identity_providers.iter().map(Into::into).collect(),
        provider_action: site.page_path(Target::Provider),
        onward: onward.map(Onward::name),
        passkey: form::sign_in(state, site, browser)?,
        account_url: site.page_path(Target::Account),
    };
    let speech = Speech::of_browser(browser, request.and_then(|request| request.ui_locales.as_deref()));
    Ok(with_browser(view(state, site, speech, &form), site, browser))
}

/// Somebody is signed in, and no request waits.
/// `apps`: at which a sign-in can begin.
pub(crate) fn signed_in(state: &State, site: &Site, browser: &Browser, user: &User, apps: Vec<AppLink>) -> Answer {
    let page = SignedIn {
        account: account(user),
        apps,
        account_url: site.page_path(Target::Account),
        logout_action: site.endpoint_path(Endpoint::EndSession),
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

/// Nobody is signed in any more. `back`: the app that asks to go on there; `frames`: the apps that are told of it in the browser.
/// Where the person said yes to going on, the page does so when the frames are loaded; else it is a link.
pub(crate) fn signed_out(
    state: &State,
    site: &Site,
    speech: Speech<'_>,
    back: Option<&Back>,
    frames: Vec<AppLink>,
) -> Answer {
    let goes_on = back.is_some() && !frames.is_empty();
    let back = back.map(|back| AppLink { app: back.entry.client.name.clone(), url: back.url() });
    view(state, site, speech, &SignedOut { again_url: Some(site.page_path(Target::SignIn)), back, goes_on, frames })
}

/// The realm's first page, for somebody who is not signed in.
pub(crate) fn home(state: &State, site: &Site, incoming: &Incoming) -> Answer {
    let page = Home { sign_in_url: has_sign_in(site).then(|| site.page_path(Target::SignIn)) };
    view(state, site, Speech::of(incoming, None), &page)
}

/// Whether people sign in here without an app; the vendor's own page is reached from an app alone.
pub(crate) fn has_sign_in(site: &Site) -> bool {
    site.realm.url(Endpoint::Authorization).is_some() && site.realm.login_app.is_none()
}

/// There is nothing at this address.
pub(crate) fn not_found(state: &State, site: &Site, incoming: &Incoming) -> Answer {
    view_anywhere(state, site, incoming, &NotFound {})
}

/// An address that forms and programs send something to; `allow`: the methods that there are.
pub(crate) fn wrong_method(state: &State, site: &Site, incoming: &Incoming, allow: Option<&HeaderValue>) -> Answer {
    let mut page = ErrorPage::new("method_not_allowed", incoming.id.to_string());
    page.status = 405;
    let mut answer = view_anywhere(state, site, incoming, &page);
    answer.headers_mut().extend(allow.map(|allow| (ALLOW, allow.clone())));
    answer
}

/// The accounts of this browser, in front of a waiting request.
///
/// # Errors
/// The request cannot be sealed.
pub(crate) fn accounts(
    state: &State,
    site: &Site,
    browser: &Browser,
    (client, waiting): (&Client, &Waiting),
    accounts: Vec<KnownAccount>,
) -> Result<Answer, Failure> {
    let page = Accounts {
        client_name: Some(client.name.clone()),
        accounts,
        action: site.page_path(Target::SwitchAccount),
        csrf: browser.form_token(&state.secrets.forms, Some(&waiting.id)).into(),
        pending: Some(waiting.seal(&state.secrets, &site.realm.id)?),
    };
    let speech = Speech::of_browser(browser, waiting.request.ui_locales.as_deref());
    Ok(with_browser(view(state, site, speech, &page), site, browser))
}

/// Somebody who belongs to no organisation has nothing to allow.
///
/// # Errors
/// The request cannot be sealed.
pub(crate) fn no_organisation(
    state: &State,
    site: &Site,
    browser: &Browser,
    (client, waiting): (&Client, &Waiting),
    user: &User,
) -> Result<Answer, Failure> {
    let page = NoOrganisation {
        client_name: client.name.clone(),
        account: account(user),
        contact: site.realm.brand.contact.clone(),
        action: site.page_path(Target::Consent),
        switch_account_action: site.page_path(Target::SwitchAccount),
        csrf: browser.consent_token(&state.secrets.forms, Some(&waiting.id)).into(),
        pending: waiting.seal(&state.secrets, &site.realm.id)?,
    };
    let speech = Speech::of_browser(browser, waiting.request.ui_locales.as_deref());
    Ok(with_browser(view(state, site, speech, &page), site, browser))
}

/// Which organisations are ticked on the consent page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ticks {
    /// Those that were allowed before.
    AsBefore,
    /// None: the form was sent without one, and the page says so.
    Missing,
    /// All.
    All,
    /// None.
    None,
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
    /// What the client says about itself.
    pub(crate) about: About,
}

/// The language in which a browser is shown what belongs to a request.
pub(crate) fn language(site: &Site, browser: &Browser, request: &AuthorizationRequest) -> String {
    let speech = Speech::of_browser(browser, request.ui_locales.as_deref());
    speech.language(site).map(ToString::to_string).unwrap_or_default()
}

/// The consent form.
///
/// # Errors
/// The request cannot be sealed.
pub(crate) fn consent(
    state: &State,
    site: &Site,
    browser: &Browser,
    asked: &Asked<'_>,
    ticks: Ticks,
) -> Result<Answer, Failure> {
    let (realm, request) = (&site.realm, &asked.waiting.request);
    let speech = Speech::of_browser(browser, request.ui_locales.as_deref());
    let known_before = !asked.consent.scope.is_empty();
    let new = asked.new.members();
    let known: HashMap<&str, &Scope> = realm.scopes.iter().map(|scope| (scope.name.as_str(), scope)).collect();
    let asked_scope = request.asked_scope();
    let scopes = asked_scope.iter().map(|token| {
        let scope = known.get(token);
        ConsentScope {
            name: token.to_owned(),
            sentence: scope.map(|scope| scope.sentence.clone()).filter(|sentence| !sentence.is_empty()),
            is_new: known_before && new.contain(token),
            is_sensitive: scope.is_some_and(|scope| scope.sensitive),
        }
    });
    let scopes = weighty_first(scopes.collect());
    let form = Consent {
        client_name: asked.about.client_name.clone(),
        publisher: asked.client.publisher.clone(),
        about: asked.about.clone(),
        account: account(asked.user),
        switch_account_action: site.page_path(Target::SwitchAccount),
        scopes,
        translate_scopes: speech.language(site) != site.languages.first(),
        organisations: organisations(asked, ticks),
        organisation_mode: match realm.dialect.organisation {
            OrganisationChoice::None | OrganisationChoice::All => OrganisationMode::None,
            OrganisationChoice::One => OrganisationMode::One,
            OrganisationChoice::Many => OrganisationMode::Many,
        },
        lifetime: lifetime(site, asked.client),
        manage_url: Some(format!("{}/apps", site.page_path(Target::Account))),
        error: (ticks == Ticks::Missing).then_some(ConsentError::NoOrganisation),
        action: site.page_path(Target::Consent),
        csrf: browser.consent_token(&state.secrets.forms, Some(&asked.waiting.id)).into(),
        pending: Some(asked.waiting.seal(&state.secrets, &realm.id)?),
        answer: request.device.is_none().then(|| answer_to(&request.destination)).flatten(),
        device_code: request.device.as_ref().map(|device| device.user_code.clone()).filter(|code| !code.is_empty()),
        is_agent: asked.client.is_agent(),
        from_afar: request.backchannel().map(|asked| FromAfar { binding_message: asked.binding_message.clone() }),
        times: times(realm, asked.client),
    };
    Ok(with_browser(view(state, site, speech, &form), site, browser))
}

/// For how long an agent may be let act.
fn times(realm: &Realm, client: &Client) -> Vec<views::TimeChoice> {
    let choice = |time: &ConsentTime| views::TimeChoice {
        value: String::from(*time),
        seconds: time.until(0).map(|millis| millis / 1000),
        checked: *time == realm.agents.usual_time(),
    };
    realm.consent_times(client).iter().map(choice).collect()
}

/// What matters most is seen first, however long the list is.
fn weighty_first(mut scopes: Vec<ConsentScope>) -> Vec<ConsentScope> {
    scopes.sort_by_key(|scope| !scope.is_sensitive);
    scopes
}

/// Where the answer goes, as far as a person can judge it: a host, or the scheme of an app on their own device.
fn answer_to(destination: &Destination) -> Option<AnswerTo> {
    let (scheme, rest) = destination.redirect_uri.split_once(':')?;
    let host = rest.strip_prefix("//").and_then(|rest| rest.split(['/', '?', '#']).next());
    let host = host.filter(|host| !host.is_empty() && matches!(scheme, "http" | "https")).map(str::to_owned);
    Some(match host {
        Some(to) if destination.native => AnswerTo::Loopback { to },
        Some(to) => AnswerTo::Host { to },
        None => AnswerTo::Program { to: format!("{scheme}:") },
    })
}

/// What is ticked at first is what was allowed before; whoever has taken every tick away does not find them back.
fn organisations(asked: &Asked<'_>, ticks: Ticks) -> Vec<views::Organisation> {
    let only = asked.organisations.len() == 1;
    let allowed = Members::of(&asked.consent.organisations);
    let is_ticked = |id: &String| match ticks {
        Ticks::AsBefore => only || allowed.contain(id),
        Ticks::All => true,
        Ticks::Missing | Ticks::None => false,
    };
    let listed = asked.organisations.iter().map(|organisation| views::Organisation {
        id: organisation.id.clone(),
        name: organisation.name.clone(),
        kind: organisation.kind.clone(),
        checked: is_ticked(&organisation.id),
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
