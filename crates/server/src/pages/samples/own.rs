//! The pages of somebody's own account, and the mails about it.

use super::account;
use super::mails::letterhead;
use crate::pages::Moment;
use crate::pages::mails::{Letterhead, NoticeKind, NoticeMail};
use crate::pages::views::{
    AccountHome, AccountNotice, ActivityEntry, Ago, BlockedEntry, Companies, Company, CompanyApp, CompanyAppMember,
    CompanyLink, CompanyMember, ConsentScope, DeleteAccount, LanguageChoice, Organisation, OwnActivity, OwnApp,
    OwnApps, OwnBrowser, OwnData, OwnLicences, OwnRequest, OwnRequests, OwnSessionEntry, OwnSessions, SeatEntry,
    TakeBack,
};

type Through<'a> = &'a dyn Fn(&str) -> String;

const AT: i64 = 1_800_000_000_000;

/// What is not there stays so.
fn some(x: Through<'_>, text: &str) -> String {
    if text.is_empty() { String::new() } else { x(text) }
}

pub(super) fn home(x: Through<'_>, notice: Option<AccountNotice>) -> AccountHome {
    let language = |tag: &str, name: &str, is_chosen| LanguageChoice { tag: tag.to_owned(), name: x(name), is_chosen };
    AccountHome {
        account: account(x),
        base: x("/account"),
        notice,
        has_security: true,
        requests: Some(if notice.is_some() { 2 } else { 0 }),
        email: Some(x("ada@example.com")),
        companies: vec![CompanyLink { name: x("Harbour North"), url: x("/account/organisations/north") }],
        languages: vec![language("en", "English", true), language("de", "Deutsch", false)],
        logout_action: Some(x("/logout")),
        logout_csrf: x("csrf").into(),
        csrf: x("csrf").into(),
    }
}

pub(super) fn home_minimal(x: Through<'_>) -> AccountHome {
    AccountHome {
        has_security: false,
        email: None,
        companies: Vec::new(),
        languages: Vec::new(),
        logout_action: None,
        ..home(x, None)
    }
}

fn app(x: Through<'_>, id: &str, is_full: bool) -> OwnApp {
    let scope = |name: &str, is_sensitive| ConsentScope {
        name: x(name),
        sentence: Some(x("See your orders")),
        is_new: false,
        is_sensitive,
    };
    OwnApp {
        id: x(id),
        name: x("Fleet Planner"),
        publisher: is_full.then(|| x("Sample Ltd")),
        scopes: if is_full { vec![scope("orders", true), scope("parts", false)] } else { Vec::new() },
        companies: if is_full { vec![x("North"), x("South")] } else { Vec::new() },
        since: Moment::of(AT),
        used: is_full.then_some(Ago { unit: "hours", count: 2 }),
        until: is_full.then(|| Moment::of(AT)),
        take_back_url: x("/account/apps/take-back?app=a"),
        companies_url: is_full.then(|| x("/account/apps/companies?app=a")),
    }
}

pub(super) fn apps(x: Through<'_>) -> OwnApps {
    OwnApps {
        base: x("/account"),
        notice: Some(AccountNotice::TakenBack),
        agents: vec![app(x, "a", true)],
        apps: vec![app(x, "a", true), app(x, "b", false)],
        translate_scopes: true,
        next_url: Some(x("/account/apps?after=b")),
    }
}

/// What apps ask: some of it, or nothing.
pub(super) fn requests(x: Through<'_>, is_full: bool) -> OwnRequests {
    let request = |id: &str, message: Option<&str>| OwnRequest {
        id: x(id),
        name: x("Fleet Planner"),
        publisher: message.map(|_| x("Sample Ltd")),
        is_agent: message.is_some(),
        binding_message: message.map(x),
        scopes: app(x, id, true).scopes,
        asked: Ago { unit: "minutes", count: 2 },
        until: Moment::of(AT),
    };
    let blocked = BlockedEntry { id: x("b"), name: x("Night Courier"), since: Moment::of(AT) };
    OwnRequests {
        base: x("/account"),
        notice: Some(if is_full { AccountNotice::Blocked } else { AccountNotice::RequestAllowed }),
        requests: if is_full { vec![request("a", Some("Order 4711")), request("c", None)] } else { Vec::new() },
        blocked: if is_full { vec![blocked] } else { Vec::new() },
        translate_scopes: is_full,
        action: x("/account/requests"),
        csrf: x("csrf").into(),
    }
}

pub(super) fn no_apps(x: Through<'_>) -> OwnApps {
    OwnApps { agents: Vec::new(), apps: Vec::new(), notice: None, next_url: None, ..apps(x) }
}

pub(super) fn take_back(x: Through<'_>) -> TakeBack {
    TakeBack {
        base: x("/account"),
        notice: None,
        app: app(x, "a", true),
        translate_scopes: false,
        action: x("/account/apps/take-back"),
        csrf: x("csrf").into(),
    }
}

pub(super) fn companies(x: Through<'_>) -> Companies {
    let one = |id: &str, checked| Organisation { id: x(id), name: x("North"), kind: x("company"), checked };
    Companies {
        base: x("/account"),
        notice: Some(AccountNotice::NeedsOne),
        app_id: x("a"),
        app_name: x("Fleet Planner"),
        organisations: vec![one("north", true), one("south", false)],
        action: x("/account/apps/companies"),
        csrf: x("csrf").into(),
    }
}

pub(super) fn sessions(x: Through<'_>, is_full: bool) -> OwnSessions {
    let session = |id: &str, browser: &str, address: &str, is_this| OwnSessionEntry {
        id: x(id),
        browser: some(x, browser),
        address: some(x, address),
        since: Moment::of(AT),
        seen: Ago { unit: "minutes", count: 3 },
        is_this,
    };
    let mut all = vec![session("a", "Firefox, Linux", "192.0.2.7", true)];
    if is_full {
        all.push(session("b", "", "", false));
    }
    let remembered = OwnBrowser { id: x("c"), name: x("Safari, iPhone"), used: Ago { unit: "days", count: 1 } };
    OwnSessions {
        base: x("/account"),
        notice: None,
        sessions: all,
        has_others: is_full,
        remembered: if is_full { vec![remembered] } else { Vec::new() },
        action: x("/account/sessions"),
        csrf: x("csrf").into(),
    }
}

pub(super) fn activity(x: Through<'_>, is_full: bool) -> OwnActivity {
    let entry = |kind: &str, about: &str, address: &str| ActivityEntry {
        kind: kind.to_owned(),
        about: some(x, about),
        browser: x("Firefox, Linux"),
        address: some(x, address),
        at: Moment::of(AT),
    };
    let all = vec![entry("app-connected", "Fleet Planner", "192.0.2.7"), entry("something-new", "", "")];
    OwnActivity {
        base: x("/account"),
        entries: if is_full { all } else { Vec::new() },
        next_url: is_full.then(|| x("/account/activity?before=b")),
    }
}

pub(super) fn licences(x: Through<'_>, is_full: bool) -> OwnLicences {
    let seat = |organisation: Option<&str>| SeatEntry {
        key: x("pool//a"),
        pool: x("licences"),
        organisation: organisation.map(x),
        app: x("Fleet Planner"),
        since: Moment::of(AT),
    };
    OwnLicences {
        base: x("/account"),
        notice: None,
        seats: if is_full { vec![seat(Some("North")), seat(None)] } else { Vec::new() },
        action: x("/account/licences"),
        csrf: x("csrf").into(),
    }
}

pub(super) fn data(x: Through<'_>, may_delete: bool, contact: Option<&str>) -> OwnData {
    OwnData {
        base: x("/account"),
        notice: None,
        may_delete,
        contact: contact.map(x),
        action: x("/account/data"),
        csrf: x("csrf").into(),
    }
}

pub(super) fn delete(x: Through<'_>, is_full: bool) -> DeleteAccount {
    DeleteAccount {
        account: account(x),
        base: x("/account"),
        notice: is_full.then_some(AccountNotice::Wrong),
        has_password: is_full,
        has_factor: is_full,
        action: x("/account/delete"),
        csrf: x("csrf").into(),
    }
}

pub(super) fn company(x: Through<'_>, is_full: bool) -> Company {
    let member = |username: Option<&str>| CompanyAppMember {
        username: username.map(x),
        since: Moment::of(AT),
        used: Ago { unit: "now", count: 0 },
    };
    let app = |id: &str, allowed: Option<bool>, may_act, members| CompanyApp {
        id: x(id),
        name: x("Fleet Planner"),
        is_agent: id == "a",
        members,
        allowed,
        may_act,
    };
    let apps =
        vec![app("a", None, true, vec![member(Some("ada")), member(None)]), app("b", Some(false), false, Vec::new())];
    Company {
        base: x("/account"),
        notice: None,
        name: x("Harbour North"),
        apps: if is_full { apps } else { Vec::new() },
        only_listed: is_full,
        members: vec![CompanyMember { account: account(x), roles: x("admin buyer") }],
        has_more_members: is_full,
        action: x("/account/organisations/north"),
        csrf: x("csrf").into(),
    }
}

/// The mails about an account, in `lang`.
pub(super) fn notice_mails(x: Through<'_>, lang: &str) -> Vec<NoticeMail> {
    let head = letterhead(x, lang, "Fleet Planner");
    let mail = |kind| NoticeMail {
        head: Letterhead { contact: head.contact.clone().filter(|_| kind != NoticeKind::NewBrowser), ..head.clone() },
        kind,
        place: if kind == NoticeKind::AppConnected { String::new() } else { x("Firefox, Linux, 192.0.2.7") },
        link: x("https://id.harbour.example/account/security"),
    };
    NoticeKind::ALL.map(mail).to_vec()
}
