//! The pages of the partners' portal.

use super::mails::letterhead;
use super::{secret, secret_shown};
use crate::pages::Moment;
use crate::pages::mails::{PortalMail, PortalMailKind};
use crate::pages::views::console::{Chart, Words};
use crate::pages::views::{
    AppLine, AppPage, CallLine, CallPage, CallsPage, CheckLine, CheckedPage, CheckedUri, CredentialsPage, DayLine,
    DeadlineLine, DeliveryLine, EnvironmentCredentials, ErrorLine, EventChoice, EventLine, InvitedLine, KeySetSeen,
    KindPage, LegacyLine, LimitLine, MadeLine, MemberLine, Pair, PortalBody, PortalError, PortalHome, PortalPage,
    QuestionField, RedirectsPage, RefusedLine, SandboxPage, ScopeChoice, SecretLine, SecretPage, ShownOnce, SignUpPage,
    StepPage, TeamLink, TeamPage, TermsPage, TryPage, WebhookLine, WebhookPage, WebhooksPage,
};

type Through<'a> = &'a dyn Fn(&str) -> String;

const AT: i64 = 1_800_000_000_000;
/// What pages are below; where their script is.
const BASE: &str = "/portal";

/// Each page of the portal under a name.
pub(super) fn all(x: Through<'_>) -> Vec<(&'static str, PortalPage)> {
    let named: Vec<(&'static str, PortalBody)> = vec![
        ("portal_sign_up", PortalBody::SignUp(sign_up(x, "ask"))),
        ("portal_join", PortalBody::SignUp(sign_up(x, "join"))),
        ("portal_terms", PortalBody::Terms(terms(x))),
        ("portal_home", PortalBody::Home(home(x))),
        ("portal_team", PortalBody::Team(team_page(x))),
        ("portal_sandbox", PortalBody::Sandbox(sandbox(x))),
        ("portal_kind", PortalBody::Kind(KindPage { team: team(x), kinds: vec!["web", "machine"] })),
        ("portal_step_name", PortalBody::Step(step(x, "name"))),
        ("portal_step_redirects", PortalBody::Step(step(x, "redirects"))),
        ("portal_step_scopes", PortalBody::Step(step(x, "scopes"))),
        ("portal_step_questions", PortalBody::Step(step(x, "questions"))),
        ("portal_step_summary", PortalBody::Step(step(x, "summary"))),
        ("portal_app", PortalBody::App(app(x))),
        ("portal_credentials", PortalBody::Credentials(credentials(x))),
        ("portal_secret", PortalBody::Secret(once(x))),
        ("portal_redirects", PortalBody::Redirects(redirects(x))),
        ("portal_try", PortalBody::Try(tried(x))),
        ("portal_calls", PortalBody::Calls(calls(x, true))),
        ("portal_no_calls", PortalBody::Calls(calls(x, false))),
        ("portal_call", PortalBody::Call(one_call(x))),
        ("portal_webhooks", PortalBody::Webhooks(webhooks(x))),
        ("portal_webhook", PortalBody::Webhook(webhook(x))),
        ("portal_checked", PortalBody::Checked(CheckedPage { checked: checked(x) })),
    ];
    named.into_iter().map(|(name, body)| (name, page(x, body))).collect()
}

fn page(x: Through<'_>, body: PortalBody) -> PortalPage {
    let text = x("the name is taken");
    let errors =
        vec![PortalError::about("redirect-uri", x("https://a.example/cb")), PortalError::words(Words::text(text))];
    PortalPage { base: BASE.to_owned(), csrf: x("csrf").into(), notice: Some("saved"), errors, body }
}

fn team(x: Through<'_>) -> TeamLink {
    TeamLink { id: x("t1"), name: x("Fleet Ltd"), is_chosen: true }
}

fn sign_up(x: Through<'_>, state: &'static str) -> SignUpPage {
    SignUpPage {
        state,
        action: x("/portal/sign-up"),
        name: x("Ada"),
        email: x("ada@example.com"),
        team: x("Fleet Ltd"),
        error: None,
        sign_in_url: x("/-/sign-in"),
    }
}

fn terms(x: Through<'_>) -> TermsPage {
    TermsPage { version: x("2026-11"), url: Some(x("https://orders.example/terms")), text: Some(x("Be fair.")) }
}

fn home(x: Through<'_>) -> PortalHome {
    let line = AppLine {
        name: x("Planner"),
        url: x("/portal/apps/a1"),
        sandbox: Some("active".to_owned()),
        production: "pending".to_owned(),
        last_call: Some(Moment::of(AT)),
        secret_ends: Some(Moment::of(AT)),
    };
    PortalHome {
        who: x("Ada"),
        teams: vec![team(x)],
        team: Some(team(x)),
        apps: vec![line],
        more_url: Some(x("/portal?after=a1")),
        announcements: vec![x("The old address ends in May.")],
        has_sandbox: true,
    }
}

fn team_page(x: Through<'_>) -> TeamPage {
    let member = |is_me| MemberLine {
        id: x("u1"),
        name: x("Ada"),
        email: x("ada@example.com"),
        is_owner: is_me,
        is_me,
        since: Moment::of(AT),
    };
    TeamPage {
        team: team(x),
        members: vec![member(true), member(false)],
        invited: vec![InvitedLine { email: x("bob@example.com"), is_owner: true, ends: Moment::of(AT) }],
        is_owner: true,
        is_last_owner: true,
    }
}

fn sandbox(x: Through<'_>) -> SandboxPage {
    let made = || MadeLine { id: x("s1"), name: x("Tess"), about: x("tess") };
    SandboxPage {
        team: team(x),
        users: vec![made()],
        companies: vec![made()],
        shown: Some(ShownOnce { username: x("tess"), password: x("secret").into() }),
    }
}

fn scope(x: Through<'_>) -> ScopeChoice {
    ScopeChoice {
        name: x("orders:read"),
        sentence: x("Read orders."),
        is_sensitive: true,
        checked: true,
        reason: x("To plan"),
    }
}

fn checked(x: Through<'_>) -> Vec<CheckedUri> {
    let uri = |rule| CheckedUri { uri: x("https://a.example/cb"), rule };
    vec![uri(None), uri(Some("fragment"))]
}

fn step(x: Through<'_>, step: &'static str) -> StepPage {
    let question =
        QuestionField { id: x("data"), text: x("Which data?"), required: true, max_length: 500, answer: x("None") };
    StepPage {
        step,
        number: 3,
        of: 6,
        before: Some("name"),
        action: x("/portal/apps/a1/draft"),
        name: x("Planner"),
        publisher: x("Fleet Ltd"),
        jwks_uri: x("https://a.example/jwks"),
        is_confidential: true,
        app_kind: "web".to_owned(),
        redirects: x("https://a.example/cb"),
        checked: checked(x),
        scopes: vec![scope(x)],
        questions: vec![question],
        has_sandbox: true,
    }
}

fn app(x: Through<'_>) -> AppPage {
    let event = EventLine {
        kind: "question".to_owned(),
        side: "partner".to_owned(),
        name: x("Ada"),
        at: Moment::of(AT),
        words: x("Why?"),
    };
    AppPage {
        name: x("Planner"),
        url: x("/portal/apps/a1"),
        team: team(x),
        app_kind: "web".to_owned(),
        sandbox: Some("active".to_owned()),
        production: "pending".to_owned(),
        redirects: vec![x("https://a.example/cb")],
        scopes: vec![scope(x)],
        events: vec![event],
        legacy: vec![LegacyLine {
            name: x("no-pkce"),
            count: 3,
            risk: x("codes can be stolen"),
            ends: Some(DeadlineLine { at: Moment::of(AT), state: "notice", note: x("Use PKCE.") }),
        }],
        announcements: vec![x("The old address ends in May.")],
        refused: vec![RefusedLine {
            environment: "sandbox",
            count: 3,
            worst: Some((x("invalid_client"), Some(Words::text(x("compare the secret"))))),
        }],
    }
}

fn credentials(x: Through<'_>) -> CredentialsPage {
    let line = SecretLine {
        id: x("s1"),
        label: x("first"),
        created: Moment::of(AT),
        used: Some(Moment::of(AT)),
        ends: Some(Moment::of(AT)),
    };
    let of = |environment, jwks_uri| EnvironmentCredentials {
        environment,
        status: "active".to_owned(),
        client_id: x("client"),
        secrets: vec![line.clone()],
        may_add: true,
        jwks_uri,
        endpoints: vec![Pair::new(x("Token endpoint"), x("https://a.example/token"))],
    };
    CredentialsPage {
        name: x("Planner"),
        url: x("/portal/apps/a1"),
        environments: vec![of("sandbox", None), of("production", Some(x("https://a.example/jwks")))],
        key_set: Some(KeySetSeen { is_good: false, at: Moment::of(AT), kids: vec![x("k1")], why: x("no answer") }),
    }
}

fn once(x: Through<'_>) -> SecretPage {
    SecretPage { environment: "sandbox", url: x("/portal/apps/a1"), once: secret(x, secret_shown(x, true)) }
}

fn redirects(x: Through<'_>) -> RedirectsPage {
    RedirectsPage {
        name: x("Planner"),
        url: x("/portal/apps/a1"),
        redirects: x("https://a.example/cb"),
        checked: checked(x),
        is_reviewed: true,
    }
}

fn tried(x: Through<'_>) -> TryPage {
    TryPage {
        name: x("Planner"),
        url: x("/portal/apps/a1"),
        has_own: true,
        authorize_url: Some(x("https://a.example/authorize")),
        verifier: x("verifier"),
        request: Some(x("POST /token")),
        answer: x("HTTP/1.1 200"),
        token: Some(x("{}")),
    }
}

fn line(x: Through<'_>, status: u16) -> CallLine {
    CallLine {
        url: x("/portal/apps/a1/calls/call"),
        at: Moment::of(AT),
        endpoint: x("token"),
        grant: x("refresh_token"),
        status,
        lost: 7,
        error: if status == 200 { String::new() } else { x("invalid_grant") },
        address: x("192.0.2.1"),
        reference: x("ref"),
    }
}

fn calls(x: Through<'_>, full: bool) -> CallsPage {
    let days = Chart::new("portal-calls-by-day", vec![("2026-11-27".to_owned(), 4), ("2026-11-28".to_owned(), 0)]);
    let error = ErrorLine {
        error: x("invalid_client"),
        detail: x("the secret is wrong"),
        mend: Some(Words::text(x("compare it"))),
        count: 3,
        last: Moment::of(AT),
        url: x("/portal/apps/a1/calls/call"),
        reference: x("ref"),
    };
    CallsPage {
        name: x("Planner"),
        url: x("/portal/apps/a1"),
        environment: "sandbox",
        environments: vec!["sandbox", "production"],
        only_refused: full,
        endpoint: "token".to_owned(),
        endpoints: vec!["token", "revocation"],
        calls: if full { vec![line(x, 200), line(x, 400), line(x, 0)] } else { Vec::new() },
        more_url: full.then(|| x("?before=1")),
        newer_url: x("?after=1"),
        watch: full.then_some(5),
        watch_url: x("?watch=1"),
        errors: if full { vec![error] } else { Vec::new() },
        days: days.bars.into_iter().map(|bar| DayLine { bar, refused: 1, refused_height: 25 }).collect(),
        limit: Some(LimitLine { calls: full.then_some(60), left: 59, seconds: 30, plan: Some(x("small")) }),
        is_logged: full,
    }
}

fn one_call(x: Through<'_>) -> CallPage {
    let check = |outcome| CheckLine {
        what: Words::text(x("the request can be read")),
        outcome,
        compared: x("a form"),
        mend: Some(Words::text(x("send a form"))),
    };
    CallPage {
        name: x("Planner"),
        list_url: x("/portal/apps/a1/calls"),
        environment: "sandbox",
        call: line(x, 400),
        detail: x("the code was used"),
        mend: Some(Words::text(x("begin again"))),
        proof: x("s1"),
        scope: x("orders:read"),
        checks: vec![check("passed"), check("failed"), check("not-reached")],
    }
}

fn hook(x: Through<'_>, status: &'static str) -> WebhookLine {
    WebhookLine {
        url: x("/portal/apps/a1/webhooks/w1"),
        address: x("https://a.example/hook"),
        environment: "sandbox",
        status,
        events: vec![x("app.approved")],
        last: Some(Moment::of(AT)),
        outcome: x("heard"),
    }
}

fn webhooks(x: Through<'_>) -> WebhooksPage {
    WebhooksPage {
        name: x("Planner"),
        url: x("/portal/apps/a1"),
        environments: vec!["sandbox", "production"],
        webhooks: vec![hook(x, "active"), hook(x, "failing"), hook(x, "off")],
        events: vec![EventChoice { name: x("app.approved"), about: x("An app was approved"), checked: true }],
        address: x("https://a.example/hook"),
    }
}

fn webhook(x: Through<'_>) -> WebhookPage {
    let told = DeliveryLine {
        id: x("d1"),
        event: x("app.approved"),
        at: Moment::of(AT),
        status: "failed".to_owned(),
        attempts: 2,
        code: Some(500),
        outcome: x("the answer is 500"),
    };
    WebhookPage {
        webhook: hook(x, "active"),
        list_url: x("/portal/apps/a1/webhooks"),
        is_active: true,
        deliveries: vec![told.clone()],
        more_url: Some(x("?before=1")),
        secret: Some(x("whsec").into()),
        tried: Some(told),
    }
}

/// The mails to partners, in `lang`.
pub(super) fn portal_mails(x: &dyn Fn(&str) -> String, lang: &str) -> Vec<PortalMail> {
    let head = letterhead(x, lang, "Fleet Planner");
    let mail = |kind| PortalMail {
        head: head.clone(),
        kind,
        words: x("Which of our customers use it today?"),
        legacy: matches!(kind, PortalMailKind::Deadline | PortalMailKind::Over).then(|| x("password")),
        link: (kind != PortalMailKind::Ended).then(|| x("https://partners.harbour.example/portal/apps/1").into()),
        link_valid_seconds: if kind == PortalMailKind::SignUp { 86_400 } else { 0 },
    };
    PortalMailKind::ALL.map(mail).to_vec()
}
