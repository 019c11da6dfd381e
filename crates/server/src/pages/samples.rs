//! Every page with all that it can show, and with as little as it can show.
//!
//! [`try_all`] renders them to find what is wrong with an operator's templates before a visitor does; the tests
//! look at the same ones.

mod console;
mod factors;
mod mails;
mod own;
mod portal;

use minijinja::Error;

use super::render::Mail;
use super::views::{
    About, AboutLink, Account, AccountNotice, Accounts, Ago, AnswerTo, AppLink, Consent, ConsentError, ConsentScope,
    Deleted, Device, DeviceError, DeviceState, Ended, ErrorPage, Expired, FormPost, FromAfar, GuidePage, Home,
    KnownAccount, Lifetime, LinkAccount, LogoutBack, LogoutConfirm, NoOrganisation, NotApproved, NotFound,
    Organisation, OrganisationMode, Pair, ProviderButton, SecretOnce, SecretState, SecurityNotice, SignIn, SignInError,
    SignedIn, SignedOut, TimeChoice,
};
use super::{Brand, Cause, Link, Pages, RedirectComparison, TokenCall};
use claviger_core::Refusal;
#[cfg(test)]
pub(super) use mails::approval_mail;

/// Renders every sample in `lang`.
///
/// # Errors
/// The first that fails.
pub(super) fn try_all(pages: &Pages, lang: &str) -> Result<(), Error> {
    each(pages, &brand().in_language(lang), &plain, |_, rendered| rendered.map(drop))?;
    each_mail(pages, lang, &plain).map(drop)
}

/// Every mail in `lang`, each text of which goes through `x`, rendered.
///
/// # Errors
/// The first that fails.
pub(super) fn each_mail(
    pages: &Pages,
    lang: &str,
    x: &dyn Fn(&str) -> String,
) -> Result<Vec<(&'static str, Mail)>, Error> {
    let mut all = vec![
        ("mail_approval", pages.try_mail(&mails::approval_mail(x, lang))?),
        ("mail_rejection", pages.try_mail(&mails::rejection_mail(x, lang))?),
    ];
    for mail in factors::link_mails(x, lang) {
        all.push(("mail_link", pages.try_mail(&mail)?));
    }
    for mail in own::notice_mails(x, lang) {
        all.push(("mail_notice", pages.try_mail(&mail)?));
    }
    for mail in portal::portal_mails(x, lang) {
        all.push(("mail_portal", pages.try_mail(&mail)?));
    }
    Ok(all)
}

/// A brand to show samples in.
pub(super) fn brand() -> Brand {
    Brand {
        script_url: Some("/claviger.js".to_owned()),
        live_url: Some("/live.js".to_owned()),
        home_url: Some("/".to_owned()),
        ..Brand::new("Harbour Freight Online", "/claviger.css")
    }
}

/// The same with all that a realm can say of itself.
fn full_brand(brand: &Brand, x: &dyn Fn(&str) -> String) -> Brand {
    let link = |kind, url: &str| Link { kind, url: x(url) };
    Brand {
        logo_url: Some(x("/logo")),
        host: Some(x("login.harbour.example")),
        forgotten_password_url: Some(x("https://harbour.example/forgotten")),
        links: vec![
            link("help", "https://harbour.example/help"),
            link("privacy", "https://harbour.example/privacy"),
            link("terms", "https://harbour.example/terms"),
        ],
        accent: "own".to_owned(),
        ..brand.clone()
    }
}

/// The text as it is; the tests put something hostile in its place.
pub(super) fn plain(text: &str) -> String {
    text.to_owned()
}

/// Renders each sample, every text of which goes through `x`, and hands its name and result to `seen`.
pub(super) fn each<E>(
    pages: &Pages,
    brand: &Brand,
    x: &dyn Fn(&str) -> String,
    mut seen: impl FnMut(&'static str, Result<String, Error>) -> Result<(), E>,
) -> Result<(), E> {
    seen("console", pages.try_page(brand, &console::full(x)))?;
    seen("console_minimal", pages.try_page(brand, &console::minimal(x)))?;
    seen("sign_in_minimal", pages.try_page(brand, &sign_in_minimal(x)))?;
    let full = &full_brand(brand, x);
    seen("sign_in", pages.try_page(full, &sign_in(x, None)))?;
    seen("sign_in_wrong", pages.try_page(brand, &sign_in(x, Some(SignInError::WrongPassword))))?;
    seen("sign_in_again", pages.try_page(brand, &sign_in(x, Some(SignInError::Again))))?;
    seen("sign_in_passkey", pages.try_page(brand, &sign_in(x, Some(SignInError::Passkey))))?;
    for error in SignInError::OF_PROVIDERS {
        seen("sign_in_provider", pages.try_page(brand, &sign_in(x, Some(error))))?;
    }
    seen("link_account", pages.try_page(brand, &link_account(x, None)))?;
    seen("link_account_wrong", pages.try_page(brand, &link_account(x, Some(SignInError::WrongPassword))))?;
    seen("link_account_too_many", pages.try_page(brand, &link_account(x, Some(SignInError::TooMany { seconds: 90 }))))?;
    seen("sign_in_too_many", pages.try_page(brand, &sign_in(x, Some(SignInError::TooMany { seconds: 90 }))))?;
    seen("accounts", pages.try_page(brand, &accounts(x)))?;
    seen("not_approved", pages.try_page(full, &not_approved(x, false)))?;
    seen("not_approved_asked", pages.try_page(brand, &not_approved(x, true)))?;
    seen("no_organisation", pages.try_page(full, &no_organisation(x, true)))?;
    seen("no_organisation_minimal", pages.try_page(brand, &no_organisation(x, false)))?;
    seen("home", pages.try_page(full, &Home { sign_in_url: Some(x("/login")) }))?;
    seen("home_minimal", pages.try_page(brand, &Home { sign_in_url: None }))?;
    seen("consent_minimal", pages.try_page(brand, &consent_minimal(x)))?;
    seen("consent_one", pages.try_page(brand, &consent(x, OrganisationMode::One)))?;
    let mut missing = consent(x, OrganisationMode::Many);
    seen("consent_many", pages.try_page(brand, &missing))?;
    seen("consent_long", pages.try_page(full, &consent_long(x)))?;
    missing.error = Some(ConsentError::NoOrganisation);
    missing.lifetime = Lifetime { after_seconds: None, idle_seconds: Some(30 * 86_400) };
    seen("consent_missing", pages.try_page(brand, &missing))?;
    seen("error_minimal", pages.try_page(brand, &ErrorPage::new(x("server_error"), x("01992c3e"))))?;
    seen("error", pages.try_page(brand, &error(x)))?;
    seen("signed_out_minimal", pages.try_page(brand, &SignedOut::default()))?;
    seen("signed_out", pages.try_page(brand, &signed_out(x)))?;
    seen("expired_minimal", pages.try_page(brand, &Expired { cause: Ended::TooLong, again_url: None }))?;
    for cause in Ended::ALL {
        seen("expired", pages.try_page(brand, &Expired { cause, again_url: Some(x("/authorize")) }))?;
    }
    let again = ErrorPage { again_url: Some(x("?a=b")), ..ErrorPage::new(x("server_error"), x("01992c3e")) };
    seen("error_again", pages.try_page(full, &again))?;
    seen("logout_confirm", pages.try_page(brand, &logout_confirm(x)))?;
    seen("signed_in", pages.try_page(brand, &signed_in(x)))?;
    let offered = SecretState::Offered { action: x("/secret/4f1c"), csrf: x("csrf").into(), ends_in: 86_400 };
    seen("secret_offered", pages.try_page(brand, &secret(x, offered)))?;
    seen("secret_shown", pages.try_page(brand, &secret(x, secret_shown(x, true))))?;
    seen("secret_shown_minimal", pages.try_page(brand, &secret(x, secret_shown(x, false))))?;
    seen("secret_mangled", pages.try_page(brand, &secret(x, SecretState::Mangled)))?;
    seen("secret_used", pages.try_page(brand, &secret(x, SecretState::Used)))?;
    seen("secret_retired", pages.try_page(brand, &secret(x, SecretState::Retired)))?;
    seen("secret_stopped", pages.try_page(brand, &secret(x, SecretState::Stopped)))?;
    seen("form_post", pages.try_page(brand, &form_post(x)))?;
    let by_device = Consent { answer: None, device_code: Some(x("BCDF-GHJK")), ..consent(x, OrganisationMode::One) };
    seen("consent_device", pages.try_page(brand, &by_device))?;
    let by_scheme =
        Consent { answer: Some(AnswerTo::Program { to: x("editor:") }), ..consent(x, OrganisationMode::None) };
    seen("consent_scheme", pages.try_page(brand, &by_scheme))?;
    for (name, state) in device_states(x) {
        seen(name, pages.try_page(brand, &device(x, state)))?;
    }
    for (name, state, error) in factors::faces(x) {
        seen(name, pages.try_page(full, &factors::second_factor(x, state, error)))?;
    }
    seen("second_factor_minimal", pages.try_page(brand, &factors::second_factor_minimal(x)))?;
    seen("security", pages.try_page(full, &factors::security(x, None)))?;
    seen("security_minimal", pages.try_page(brand, &factors::security_minimal(x)))?;
    for notice in SecurityNotice::ALL {
        seen(notice.name(), pages.try_page(brand, &factors::security(x, Some(notice))))?;
    }
    for (name, state) in factors::links(x) {
        seen(name, pages.try_page(full, &factors::user_link(x, state)))?;
    }
    own_pages(pages, (brand, full), x, &mut seen)?;
    for (name, page) in portal::all(x) {
        seen(name, pages.try_page(brand, &page))?;
    }
    seen(
        "guide",
        pages.try_page(
            brand,
            &GuidePage { html: "<h1>Connect</h1><pre tabindex=\"0\"><code>curl</code></pre>".to_owned() },
        ),
    )?;
    seen("not_found", pages.try_page(brand, &NotFound {}))
}

/// The pages of somebody's own account.
fn own_pages<E>(
    pages: &Pages,
    (brand, full): (&Brand, &Brand),
    x: &dyn Fn(&str) -> String,
    seen: &mut impl FnMut(&'static str, Result<String, Error>) -> Result<(), E>,
) -> Result<(), E> {
    seen("account", pages.try_page(full, &own::home(x, None)))?;
    seen("account_minimal", pages.try_page(brand, &own::home_minimal(x)))?;
    seen("account_done", pages.try_page(brand, &own::home(x, Some(AccountNotice::Language))))?;
    seen("account_again", pages.try_page(brand, &own::home(x, Some(AccountNotice::Again))))?;
    seen("account_apps", pages.try_page(full, &own::apps(x)))?;
    seen("account_no_apps", pages.try_page(brand, &own::no_apps(x)))?;
    seen("account_requests", pages.try_page(brand, &own::requests(x, true)))?;
    seen("account_no_requests", pages.try_page(brand, &own::requests(x, false)))?;
    seen("account_take_back", pages.try_page(brand, &own::take_back(x)))?;
    seen("account_companies", pages.try_page(brand, &own::companies(x)))?;
    seen("account_data", pages.try_page(brand, &own::data(x, true, None)))?;
    seen("account_data_ask", pages.try_page(brand, &own::data(x, false, Some("help@harbour.example"))))?;
    seen("account_data_ask_realm", pages.try_page(brand, &own::data(x, false, None)))?;
    seen("account_deleted", pages.try_page(full, &Deleted {}))?;
    seen("account_sessions", pages.try_page(brand, &own::sessions(x, true)))?;
    seen("account_one_session", pages.try_page(brand, &own::sessions(x, false)))?;
    seen("account_activity", pages.try_page(brand, &own::activity(x, true)))?;
    seen("account_no_activity", pages.try_page(brand, &own::activity(x, false)))?;
    seen("account_licences", pages.try_page(brand, &own::licences(x, true)))?;
    seen("account_no_licences", pages.try_page(brand, &own::licences(x, false)))?;
    seen("account_delete", pages.try_page(brand, &own::delete(x, true)))?;
    seen("account_delete_sure", pages.try_page(brand, &own::delete(x, false)))?;
    seen("account_company", pages.try_page(brand, &own::company(x, true)))?;
    seen("account_company_empty", pages.try_page(brand, &own::company(x, false)))
}

fn sign_in_minimal(x: &dyn Fn(&str) -> String) -> SignIn {
    SignIn {
        client_name: None,
        username: String::new(),
        error: None,
        action: x("/login"),
        csrf: x("csrf").into(),
        pending: None,
        not_you_action: None,
        providers: vec![],
        provider_action: x("/provider"),
        onward: None,
        passkey: None,
        account_url: x("/account"),
    }
}

fn sign_in(x: &dyn Fn(&str) -> String, error: Option<SignInError>) -> SignIn {
    SignIn {
        client_name: Some(x("Fleet Planner")),
        username: x("ada@example.com"),
        error,
        pending: Some(x("01992c3e-6b1f")),
        not_you_action: Some(x("/switch")),
        passkey: Some(factors::passkey(x)),
        providers: vec![ProviderButton { id: x("contoso"), name: x("Contoso") }],
        ..sign_in_minimal(x)
    }
}

fn link_account(x: &dyn Fn(&str) -> String, error: Option<SignInError>) -> LinkAccount {
    LinkAccount {
        provider_name: x("Contoso"),
        username: x("ada@example.com"),
        error,
        action: x("/provider"),
        csrf: x("csrf").into(),
        link: x("link").into(),
        instead_url: x("/sign-in"),
    }
}

fn account(x: &dyn Fn(&str) -> String) -> Account {
    Account { name: x("Ada Whitlock"), username: x("ada@example.com") }
}

fn accounts(x: &dyn Fn(&str) -> String) -> Accounts {
    let known = |id: &str, is_signed_in, unit, count| KnownAccount {
        id: x(id),
        account: account(x),
        is_signed_in,
        last_used: Ago { unit, count },
    };
    Accounts {
        client_name: Some(x("Fleet Planner")),
        accounts: vec![
            known("u1", true, "now", 0),
            known("u2", false, "now", 0),
            known("u3", false, "minutes", 1),
            known("u4", false, "hours", 5),
            known("u5", false, "days", 30),
        ],
        action: x("/switch"),
        csrf: x("csrf").into(),
        pending: Some(x("01992c3e-6b1f")),
    }
}

fn not_approved(x: &dyn Fn(&str) -> String, asked: bool) -> NotApproved {
    NotApproved {
        client_name: x("Desk Assistant"),
        publisher: x("assistant.example"),
        asked,
        action: x("/ask-for-app"),
        client: x("https://assistant.example/client.json"),
        csrf: x("csrf").into(),
        contact: (!asked).then(|| x("help@harbour.example")),
    }
}

fn no_organisation(x: &dyn Fn(&str) -> String, with_contact: bool) -> NoOrganisation {
    NoOrganisation {
        client_name: x("Fleet Planner"),
        account: account(x),
        contact: with_contact.then(|| x("help@harbour.example")),
        action: x("/consent"),
        switch_account_action: x("/switch"),
        csrf: x("csrf").into(),
        pending: x("01992c3e-6b1f"),
    }
}

/// With more companies than fit on a page.
fn consent_long(x: &dyn Fn(&str) -> String) -> Consent {
    let organisation = |number: usize| Organisation {
        id: x(&format!("c{number}")),
        name: x(&format!("Harbour Depot No. {number}")),
        kind: x("Company"),
        checked: number < 3,
    };
    Consent { organisations: (1..=30).map(organisation).collect(), ..consent(x, OrganisationMode::Many) }
}

fn consent_minimal(x: &dyn Fn(&str) -> String) -> Consent {
    Consent {
        client_name: x("Fleet Planner"),
        publisher: None,
        about: About { client_name: x("Fleet Planner"), ..About::default() },
        account: account(x),
        switch_account_action: x("/switch"),
        scopes: Vec::new(),
        translate_scopes: false,
        organisations: Vec::new(),
        organisation_mode: OrganisationMode::None,
        lifetime: Lifetime::default(),
        manage_url: None,
        error: None,
        action: x("/consent"),
        csrf: x("csrf").into(),
        pending: None,
        answer: None,
        device_code: None,
        is_agent: false,
        from_afar: None,
        times: Vec::new(),
    }
}

fn about(x: &dyn Fn(&str) -> String) -> About {
    let link = |kind: &'static str, path: &str| AboutLink {
        kind,
        url: x(&format!("https://fleet.example/{path}")),
        host: x("fleet.example"),
    };
    About {
        client_name: x("Fleet Planner"),
        links: vec![link("home", ""), link("policy", "policy"), link("terms", "terms")],
        logo_url: Some(x("/-/app-logo?client_id=fleet")),
    }
}

fn consent(x: &dyn Fn(&str) -> String, organisation_mode: OrganisationMode) -> Consent {
    let scope = |name: &str, sentence: Option<&str>, is_new| ConsentScope {
        name: x(name),
        sentence: sentence.map(x),
        is_new,
        is_sensitive: is_new,
    };
    let organisation =
        |id: &str, name: &str, checked| Organisation { id: x(id), name: x(name), kind: x("Company"), checked };
    Consent {
        publisher: Some(x("Fleet Software Pty Ltd")),
        about: about(x),
        scopes: vec![
            scope("openid", None, false),
            scope("consignments.read", Some("Read your consignments and where they are"), false),
            scope("consignments.write", Some("Book, change and cancel consignments for you"), true),
            scope("labels", None, false),
        ],
        translate_scopes: organisation_mode == OrganisationMode::Many,
        organisations: vec![
            organisation("c1", "Whitlock & Sons", true),
            organisation("c2", "Harbour Depot No. 4", false),
        ],
        organisation_mode,
        lifetime: Lifetime { after_seconds: Some(90 * 86_400), idle_seconds: Some(14 * 86_400) },
        manage_url: (organisation_mode == OrganisationMode::One).then(|| x("/account")),
        pending: Some(x("01992c3e-6b1f")),
        answer: Some(match organisation_mode {
            OrganisationMode::One => AnswerTo::Loopback { to: x("localhost") },
            _ => AnswerTo::Host { to: x("fleet.example") },
        }),
        is_agent: organisation_mode == OrganisationMode::Many,
        from_afar: (organisation_mode == OrganisationMode::Many)
            .then(|| FromAfar { binding_message: Some(x("Order 4711")) }),
        times: if organisation_mode == OrganisationMode::Many { times(x) } else { Vec::new() },
        ..consent_minimal(x)
    }
}

fn times(x: &dyn Fn(&str) -> String) -> Vec<TimeChoice> {
    let choice =
        |value: &str, seconds: Option<i64>| TimeChoice { value: x(value), seconds, checked: seconds.is_none() };
    vec![choice("1h", Some(3600)), choice("1d", Some(86_400)), choice("until-taken-back", None)]
}

fn error(x: &dyn Fn(&str) -> String) -> ErrorPage {
    let received = x("http://fleet.example/callback/");
    let nearest = x("https://fleet.example/callback");
    ErrorPage {
        status: 400,
        code: x("invalid_redirect_uri"),
        title: Some(x("This app gave a wrong return address")),
        cause: Cause::of(&Refusal::duplicate(&x("redirect_uri"))),
        message: Some(x("Fleet Planner asked to return to an address that is not registered for it.")),
        request_id: x("01992c3e-6b1f-7d3a-9d4e-0c5b8a7f2e11"),
        details: vec![Pair::new(x("App"), x("fleet-planner")), Pair::new(x("Time"), x("2026-11-21 03:40:12 UTC"))],
        redirect: Some(RedirectComparison::new(&received, &nearest)),
        again_url: None,
    }
}

fn logout_confirm(x: &dyn Fn(&str) -> String) -> LogoutConfirm {
    LogoutConfirm {
        action: x("/logout"),
        csrf: x("csrf").into(),
        username: x("ada@example.com"),
        ui_locales: Some(x("de en")),
        back: Some(LogoutBack {
            client_id: x("app"),
            redirect_uri: x("https://app.example/"),
            state: Some(x("state")),
        }),
    }
}

fn signed_out(x: &dyn Fn(&str) -> String) -> SignedOut {
    let link = |url: &str| AppLink { app: x("App"), url: x(url) };
    SignedOut {
        again_url: Some(x("/login")),
        back: Some(link("https://app.example/")),
        goes_on: true,
        frames: vec![link("https://app.example/out")],
    }
}

fn signed_in(x: &dyn Fn(&str) -> String) -> SignedIn {
    let apps = vec![AppLink { app: x("Fleet Planner"), url: x("https://fleet.example/login?iss=a") }];
    SignedIn {
        account: account(x),
        apps,
        account_url: x("/account"),
        logout_action: Some(x("/logout")),
        csrf: x("csrf").into(),
    }
}

fn endpoints(x: &dyn Fn(&str) -> String) -> Vec<Pair> {
    vec![
        Pair::new(x("Issuer"), x("https://id.harbour.example")),
        Pair::new(x("Authorization endpoint"), x("https://id.harbour.example/authorize")),
        Pair::new(x("Token endpoint"), x("https://id.harbour.example/token")),
    ]
}

fn secret(x: &dyn Fn(&str) -> String, state: SecretState) -> SecretOnce {
    SecretOnce { app_name: x("Fleet Planner"), client_id: x("fleet-planner"), endpoints: endpoints(x), state }
}

fn secret_shown(x: &dyn Fn(&str) -> String, with_call: bool) -> SecretState {
    let call = TokenCall {
        url: x("https://id.harbour.example/token"),
        parameters: vec![("grant_type".to_owned(), x("client_credentials"))],
        basic: true,
    };
    SecretState::Shown { secret: x("sample-not-a-secret-0123456789abcdef").into(), try_it: with_call.then_some(call) }
}

fn device(x: &dyn Fn(&str) -> String, state: DeviceState) -> Device {
    let pending = matches!(state, DeviceState::Confirm { .. }).then(|| x("01992c3e-6b1f"));
    Device { state, action: x("/device"), csrf: x("csrf").into(), pending }
}

fn device_states(x: &dyn Fn(&str) -> String) -> Vec<(&'static str, DeviceState)> {
    let enter = |code: &str, error| DeviceState::Enter { user_code: x(code), error };
    let confirm = |all: bool| DeviceState::Confirm {
        client_name: x("Fleet Planner"),
        publisher: all.then(|| x("Fleet Software Pty Ltd")),
        user_code: x("BCDF-GHJK"),
        from: all.then(|| x("203.0.113.9")),
        scopes: if all { consent(x, OrganisationMode::None).scopes } else { Vec::new() },
        translate_scopes: all,
    };
    vec![
        ("device_enter_minimal", DeviceState::Enter { user_code: String::new(), error: None }),
        ("device_enter", enter("BCDF-GHJK", None)),
        ("device_unknown", enter("BCDF-GHJK", Some(DeviceError::Unknown))),
        ("device_again", enter("BCDF-GHJK", Some(DeviceError::Again))),
        ("device_too_many", enter("BCDF-GHJK", Some(DeviceError::TooMany { seconds: 20 }))),
        ("device_confirm", confirm(true)),
        ("device_confirm_minimal", confirm(false)),
        ("device_allowed", DeviceState::Allowed),
        ("device_denied", DeviceState::Denied),
        ("device_failed", DeviceState::Failed),
    ]
}

fn form_post(x: &dyn Fn(&str) -> String) -> FormPost {
    FormPost {
        client_name: x("Fleet Planner"),
        action: x("https://fleet.example/callback"),
        fields: vec![(x("code"), x("sample").into()), (x("state"), x("a&b=\"c\"").into())],
        note: None,
    }
}
