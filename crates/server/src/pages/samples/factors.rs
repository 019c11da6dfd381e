//! The page of the second factor, and that of what somebody signs in with.

use super::account;
use super::mails::letterhead;
use crate::pages::mails::{Letterhead, LinkMail, LinkMailKind};
use crate::pages::views::{
    Ago, FactorError, FactorState, LinkState, OwnBrowser, OwnFactor, OwnProvider, PasskeyForm, ProviderButton, QrCode,
    SecondFactor, Security, SecurityNotice, UserLinkPage,
};

/// Each face, and what it can say.
pub(super) fn faces(x: &dyn Fn(&str) -> String) -> Vec<(&'static str, FactorState, Option<FactorError>)> {
    let ask = || FactorState::Ask { has_app: true, has_codes: true, remember_seconds: Some(30 * 86_400) };
    let codes = ["0a1b2-c3d4e", "f5g6h-j7k8m"].map(x).join("\n");
    vec![
        ("second_factor", ask(), None),
        ("second_factor_wrong", ask(), Some(FactorError::Wrong)),
        ("second_factor_again", ask(), Some(FactorError::Again)),
        ("second_factor_too_many", ask(), Some(FactorError::TooMany { seconds: 90 })),
        (
            "second_factor_passkey",
            FactorState::Ask { has_app: false, has_codes: false, remember_seconds: Some(60) },
            None,
        ),
        (
            "second_factor_passkey_or_code",
            FactorState::Ask { has_app: false, has_codes: true, remember_seconds: None },
            None,
        ),
        (
            "second_factor_passkey_code_wrong",
            FactorState::Ask { has_app: false, has_codes: true, remember_seconds: Some(60) },
            Some(FactorError::Wrong),
        ),
        ("second_factor_passkey_wrong", ask(), Some(FactorError::Passkey)),
        ("second_factor_set_up_passkey", set_up_passkey(x), None),
        ("second_factor_set_up_passkey_wrong", set_up_passkey(x), Some(FactorError::Passkey)),
        ("second_factor_set_up", set_up(x), None),
        ("second_factor_set_up_wrong", set_up(x), Some(FactorError::Wrong)),
        ("second_factor_codes", FactorState::Codes { codes: codes.into() }, None),
    ]
}

fn set_up(x: &dyn Fn(&str) -> String) -> FactorState {
    let path = x("M4 4h7v1h-7z");
    FactorState::SetUp {
        qr: QrCode { size: 41, path: path.into() },
        secret: x("GEZD GNBV GY3T QOJQ").into(),
        sealed: x("sealed"),
        programs: vec![x("Nightly export")],
    }
}

fn set_up_passkey(x: &dyn Fn(&str) -> String) -> FactorState {
    FactorState::SetUpPasskey { name: x("Firefox, Linux"), programs: vec![x("Nightly export")] }
}

pub(super) fn passkey(x: &dyn Fn(&str) -> String) -> PasskeyForm {
    PasskeyForm {
        options: x("{}"),
        ceremony: x("ceremony"),
        good_for_seconds: 585,
        script_url: "/passkey.js".to_owned(),
    }
}

pub(super) fn second_factor(
    x: &dyn Fn(&str) -> String,
    state: FactorState,
    error: Option<FactorError>,
) -> SecondFactor {
    let has_question = !matches!(state, FactorState::Codes { .. });
    SecondFactor {
        client_name: Some(x("Fleet Planner")),
        account: account(x),
        state,
        error,
        action: x("/second-factor"),
        csrf: x("csrf").into(),
        pending: Some(x("01992c3e-6b1f")),
        half: Some(x("half")),
        onward: None,
        passkey: has_question.then(|| passkey(x)),
        may_skip: true,
        switch_account_action: Some(x("/switch")),
    }
}

pub(super) fn second_factor_minimal(x: &dyn Fn(&str) -> String) -> SecondFactor {
    SecondFactor {
        client_name: None,
        pending: None,
        half: None,
        onward: Some("security"),
        passkey: None,
        may_skip: false,
        switch_account_action: None,
        ..second_factor(x, FactorState::Ask { has_app: false, has_codes: true, remember_seconds: None }, None)
    }
}

pub(super) fn security(x: &dyn Fn(&str) -> String, notice: Option<SecurityNotice>) -> Security {
    let ago = |unit, count| Ago { unit, count };
    let app = |id: &str, label: &str, used| OwnFactor { id: x(id), label: x(label), added: ago("days", 3), used };
    let browser = |id: &str, name: &str| OwnBrowser { id: x(id), name: x(name), used: ago("hours", 2) };
    let provider = |id: &str, added| OwnProvider { id: x(id), name: x("Contoso"), added };
    let (new, older) =
        (provider("e", ago("now", 0)), ["minutes", "hours", "days"].map(|unit| provider(unit, ago(unit, 2))));
    Security {
        account: account(x),
        notice,
        email: Some(x("ada@example.com")),
        has_password: true,
        has_second_factors: true,
        is_required: true,
        passkeys: vec![app("e", "Laptop", None), app("f", "", Some(ago("days", 2)))],
        apps: vec![app("a", "Phone", Some(ago("minutes", 1))), app("b", "", None)],
        codes_left: Some(1),
        set_up_url: Some(x("/second-factor?act=set-up")),
        passkey_url: Some(x("/second-factor?act=set-up&kind=passkey")),
        browsers: vec![browser("c", "Firefox, Linux"), browser("d", "")],
        providers: std::iter::once(new).chain(older).collect(),
        more_providers: vec![ProviderButton { id: x("other"), name: x("Other") }],
        action: x("/account/security"),
        csrf: x("csrf").into(),
    }
}

pub(super) fn security_minimal(x: &dyn Fn(&str) -> String) -> Security {
    Security {
        email: None,
        has_password: false,
        has_second_factors: false,
        is_required: false,
        apps: Vec::new(),
        passkeys: Vec::new(),
        codes_left: None,
        set_up_url: None,
        passkey_url: None,
        browsers: Vec::new(),
        providers: Vec::new(),
        more_providers: Vec::new(),
        ..security(x, None)
    }
}

/// The pages of links.
pub(super) fn links(x: &dyn Fn(&str) -> String) -> Vec<(&'static str, LinkState)> {
    let choose = |error| LinkState::Choose { username: x("ada@example.com"), error };
    let mut all = vec![
        ("link_ask", LinkState::Ask { again: false }),
        ("link_ask_again", LinkState::Ask { again: true }),
        ("link_sent", LinkState::Sent),
        ("link_choose", choose(None)),
        ("link_confirm", LinkState::Confirm { email: x("ada@example.org") }),
        ("link_confirmed", LinkState::Confirmed { email: x("ada@example.org") }),
        ("link_gone", LinkState::Gone),
    ];
    all.extend(["fair", "good", "strong"].map(|strength| ("link_chosen", LinkState::Chosen { strength })));
    let errors = ["password_short", "password_guessable", "password_own_name", "password_known"];
    all.extend(errors.map(|error| ("link_choose_wrong", choose(Some(error)))));
    all
}

pub(super) fn user_link(x: &dyn Fn(&str) -> String, state: LinkState) -> UserLinkPage {
    UserLinkPage { state, action: x("/link"), csrf: x("csrf").into(), sign_in_url: x("/login") }
}

/// The mails to people, in `lang`.
pub(super) fn link_mails(x: &dyn Fn(&str) -> String, lang: &str) -> Vec<LinkMail> {
    let head = letterhead(x, lang, "Harbour Freight Online");
    let mail = |kind| LinkMail {
        head: Letterhead { contact: head.contact.clone().filter(|_| kind != LinkMailKind::Nobody), ..head.clone() },
        kind,
        username: Some(x("ada@example.com")),
        link: Some(x("https://id.harbour.example/link/sample").into()),
        link_valid_seconds: 3600,
    };
    LinkMailKind::ALL.map(mail).to_vec()
}
