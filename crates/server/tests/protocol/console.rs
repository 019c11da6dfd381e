//! The console: who comes in, what each role sees and does, and what a form from elsewhere does not do.

use crate::common::{Browser, PASSWORD, Reply, Server, client, user};
use claviger_core::client::{Client, ClientStatus};
use claviger_core::permission::Role;
use claviger_core::realm::{Administration, Realm};
use claviger_core::sign_in::{Demand, SignInPolicy};
use claviger_core::totp::TotpSecret;
use claviger_store::{AdminRole, AuditFilter, RoleHolder};
use data_encoding::BASE32_NOPAD;
use reqwest::Method;

const FACTOR: &str = "/-/second-factor";

fn admin_realm(realm: &mut Realm) {
    realm.administration = Some(Administration { realms: vec!["*".to_owned()], ..Administration::default() });
    realm.languages = vec!["en".to_owned(), "de".to_owned()];
    realm.sign_in = SignInPolicy { second_factor: Demand::Optional, ..SignInPolicy::default() };
}

/// An admin realm, and a realm beside it that is administered.
pub(crate) async fn started() -> (Server, Server) {
    let server = Server::with(admin_realm).await;
    let orders = server.neighbour(|_| {}).await;
    (server, orders)
}

pub(crate) async fn give(server: &Server, username: &'static str, role: Role, over: &str) {
    let id = if username == "alice" { "u1" } else { username };
    if username != "alice" {
        server.add_user(&user(id, username)).await;
    }
    let role = AdminRole {
        realm: server.realm.id.clone(),
        holder: RoleHolder::user(id),
        over: over.to_owned(),
        organisation: String::new(),
        role,
        since: server.now(),
    };
    server.store.put_role(&role, false, server.now()).await.unwrap();
}

async fn follow(browser: &Browser, server: &Server, mut reply: Reply) -> Reply {
    while reply.status == 303 && reply.header("location").starts_with('/') {
        let location = reply.header("location").to_owned();
        reply = browser.get(server, &location).await;
    }
    reply
}

/// Types the password where the console sent them.
async fn password(browser: &Browser, server: &Server, username: &str) -> Reply {
    let page = browser.get(server, "/console").await;
    let page = follow(browser, server, page).await;
    page.asks_to_sign_in();
    let (csrf, to) = (page.hidden("csrf").unwrap(), page.hidden("to").unwrap());
    assert_eq!(to, "console");
    let form = [("csrf", csrf.as_str()), ("username", username), ("password", PASSWORD), ("to", &to)];
    let reply = browser.send(server, Method::POST, "/-/sign-in", Some(&form)).await;
    follow(browser, server, reply).await
}

/// Comes in for the first time: with the password, and an authenticator app that is set up on the way.
pub(crate) async fn enter(server: &Server, username: &'static str) -> Browser {
    let browser = Browser::of(username);
    let page = password(&browser, server, username).await;
    assert!(page.body.contains("Set up a second step"), "{}", page.body);
    let block = page.body.split("<pre").nth(1).unwrap().split('>').nth(1).unwrap().split('<').next().unwrap();
    let secret = TotpSecret::new(&BASE32_NOPAD.decode(block.replace(' ', "").as_bytes()).unwrap());
    let code = secret.code(TotpSecret::step_at(server.now()));
    let names = ["csrf", "pending", "half", "to", "secret"];
    let hidden: Vec<_> = names.iter().filter_map(|name| Some((*name, page.hidden(name)?))).collect();
    let mut form: Vec<(&str, &str)> = hidden.iter().map(|(name, value)| (*name, value.as_str())).collect();
    form.extend([("act", "set-up"), ("code", &code)]);
    let codes = browser.send(server, Method::POST, FACTOR, Some(&form)).await;
    assert!(codes.body.contains("Your recovery codes"), "{} {}", codes.status, codes.body);
    browser
}

/// Sends a form to a page of the console, with the token of this session.
pub(crate) async fn send(browser: &Browser, server: &Server, page: &str, more: &[(&str, &str)]) -> Reply {
    let csrf = own_token(browser, server).await;
    let form: Vec<(&str, &str)> = [("csrf", csrf.as_str())].into_iter().chain(more.iter().copied()).collect();
    browser.send(server, Method::POST, page, Some(&form)).await
}

const PLACES: [&str; 16] = [
    "",
    "/approvals",
    "/audit",
    "/people",
    "/r/neighbour",
    "/r/neighbour/raw",
    "/r/neighbour/apps",
    "/r/neighbour/app?id=app",
    "/r/neighbour/users",
    "/r/neighbour/user?id=u1",
    "/r/neighbour/organisations",
    "/r/neighbour/grants",
    "/r/neighbour/seats",
    "/r/neighbour/keys",
    "/r/neighbour/dialect",
    "/r/neighbour/evaluate?app=app",
];

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_comes_in_with_a_second_factor_and_sees_every_page() {
    let (server, orders) = started().await;
    give(&server, "alice", Role::Owner, "*").await;
    orders.add_client(&client("app")).await;
    let browser = enter(&server, "alice").await;
    for place in PLACES {
        let page = browser.get(&server, &format!("/console{place}")).await;
        assert_eq!(page.status, 200, "{place}: {}", page.body);
        page.is_html();
        assert_eq!(page.header("cache-control"), "no-store", "{place}");
    }
    let home = browser.get(&server, "/console").await;
    assert!(home.body.contains("/console/r/neighbour") && home.body.contains("Owner"), "{}", home.body);
    for missing in ["/r/nowhere", "/r/neighbour/app?id=nobody", "/r/neighbour/what", "/what"] {
        let page = browser.get(&server, &format!("/console{missing}")).await;
        assert_eq!(page.status, 404, "{missing}");
        assert!(page.body.contains("There is no such page"), "{}", page.body);
    }
    let mut german = browser;
    german.accept_language = "de";
    assert!(german.get(&server, "/console").await.body.contains("Übersicht"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_comes_in_without_a_role_or_without_a_second_factor() {
    let (server, orders) = started().await;
    server.add_user(&user("nobody", "nobody")).await;
    let browser = enter(&server, "nobody").await;
    for place in PLACES {
        let page = browser.get(&server, &format!("/console{place}")).await;
        assert_eq!(page.status, 404, "{place}");
        assert!(!page.body.contains("neighbour"), "{place}: {}", page.body);
    }
    // The password alone leads to the page of the second factor, for whoever has one and for whoever has none.
    give(&server, "alice", Role::Owner, "*").await;
    let page = password(&Browser::default(), &server, "alice").await;
    assert!(page.body.contains("Set up a second step"), "{}", page.body);
    enter(&server, "alice").await;
    let page = password(&Browser::default(), &server, "alice").await;
    assert!(page.body.contains("Confirm that it is you"), "{}", page.body);
    // A realm that administers nothing has no console.
    assert_eq!(Browser::default().get(&orders, "/console").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_is_registered_approved_changed_suspended_and_deleted() {
    let (server, orders) = started().await;
    give(&server, "alice", Role::Owner, "*").await;
    let browser = enter(&server, "alice").await;
    let form = [
        ("act", "register"),
        ("name", "Fleet <script>alert(1)</script>"),
        ("id", "fleet"),
        ("kind", "confidential"),
        ("redirect_uris", "https://fleet.example/cb\r\n"),
        ("scope", "read"),
    ];
    let wrong = [("redirect_uris", "http://fleet.example/cb"), ("name", "Fleet"), ("kind", "confidential")];
    let refused = send(&browser, &server, "/console/r/neighbour/apps/new", &wrong).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("Use https."), "the rule that broke: {}", refused.body);
    let done = send(&browser, &server, "/console/r/neighbour/apps/new", &form).await;
    assert_eq!(done.header("location"), "/console/r/neighbour/app?id=fleet&said=added", "{}", done.body);
    let page = browser.get(&server, "/console/r/neighbour/app?id=fleet").await;
    assert!(page.body.contains("Fleet &lt;script&gt;") && !page.body.contains("<script>alert"), "{}", page.body);
    let waiting = browser.get(&server, "/console/approvals").await;
    assert!(waiting.body.contains("/console/r/neighbour/app?id=fleet"), "{}", waiting.body);

    // Without an owner's address the link is shown to whoever approves, once.
    let act =
        async |act: &str| send(&browser, &server, "/console/r/neighbour/app", &[("id", "fleet"), ("act", act)]).await;
    let approved = act("approve").await;
    assert!(approved.status == 200 && approved.body.contains("/-/secret?link="), "{}", approved.body);
    let again = act("approve").await;
    assert_eq!(again.status, 409);
    assert!(
        again.body.contains("somebody may have decided meanwhile. Nothing was written."),
        "two reviewers: one is told: {}",
        again.body
    );

    let edit = [
        ("id", "fleet"),
        ("act", "look"),
        ("name", "Fleet 2"),
        ("redirect_uris", "https://fleet.example/cb\nhttps://fleet.example/two"),
        ("scope", "read"),
    ];
    let look = send(&browser, &server, "/console/r/neighbour/app/edit", &edit).await;
    assert!(look.status == 200 && look.body.contains("https://fleet.example/two"), "{}", look.body);
    let seen = look.hidden("seen").unwrap();
    assert_eq!(stored(&orders).await.unwrap().name, form[1].1, "nothing is written yet");
    let mut save: Vec<(&str, &str)> = edit.iter().copied().filter(|(name, _)| *name != "act").collect();
    save.extend([("act", "save"), ("seen", seen.as_str())]);
    let saved = send(&browser, &server, "/console/r/neighbour/app/edit", &save).await;
    assert_eq!(saved.header("location"), "/console/r/neighbour/app?id=fleet&said=changed");
    assert_eq!(stored(&orders).await.unwrap().name, "Fleet 2");
    // Who looked at what was there before is told.
    let stale = send(&browser, &server, "/console/r/neighbour/app/edit", &save).await;
    assert!(stale.status == 409 && stale.body.contains("changed"), "{}", stale.body);

    let secret = [("id", "fleet"), ("act", "add-secret"), ("label", "second"), ("days", "30")];
    let secret = send(&browser, &server, "/console/r/neighbour/app", &secret).await;
    assert!(secret.status == 200 && secret.body.contains("cvs_"), "{}", secret.body);
    let page = browser.get(&server, "/console/r/neighbour/app?id=fleet").await;
    assert!(page.body.contains("second") && !page.body.contains("cvs_"), "a secret is shown once");

    for (name, said, status) in
        [("suspend", "suspended", ClientStatus::Suspended), ("resume", "resumed", ClientStatus::Active)]
    {
        let ask = browser.get(&server, &format!("/console/r/neighbour/app?id=fleet&confirm={name}")).await;
        assert!(ask.status == 200 && ask.body.contains(&format!("value=\"{name}\"")), "{}", ask.body);
        assert_eq!(act(name).await.header("location"), format!("/console/r/neighbour/app?id=fleet&said={said}"));
        assert_eq!(stored(&orders).await.unwrap().status, status);
    }
    assert_eq!(act("delete").await.header("location"), "/console/r/neighbour/apps?said=deleted");
    assert!(stored(&orders).await.is_none());

    let lines = server.store.audit_lines(&AuditFilter::default(), i64::MAX, 100).await.unwrap();
    let acts: Vec<_> = lines.iter().rev().filter(|line| line.way == "console").map(|line| line.act.as_str()).collect();
    let expected = ["app.create", "app.approve", "app.edit", "secret.add", "app.suspend", "app.resume", "app.delete"];
    assert_eq!(acts, expected);
    assert!(lines.iter().all(|line| line.way != "console" || line.actor.as_deref() == Some("alice")), "{lines:?}");
    let csv = browser.get(&server, "/console/audit.csv").await;
    assert!(csv.header("content-type").starts_with("text/csv") && csv.body.contains("app.suspend"), "{}", csv.body);
}

async fn stored(orders: &Server) -> Option<Client> {
    orders.store.client_with_secrets("neighbour", "fleet").await.unwrap().map(|(client, _)| client)
}

/// What changes something: page and form.
const ACTS: [(&str, &[(&str, &str)]); 12] = [
    ("/r/neighbour/app", &[("id", "app"), ("act", "suspend")]),
    ("/r/neighbour/app", &[("id", "app"), ("act", "delete")]),
    ("/r/neighbour/app", &[("id", "app"), ("act", "add-secret"), ("label", "x")]),
    ("/r/neighbour/apps/new", &[("name", "X"), ("kind", "confidential")]),
    ("/r/neighbour/app/edit", &[("id", "app"), ("act", "save"), ("name", "Y"), ("scope", "read")]),
    ("/r/neighbour/users", &[("username", "x"), ("email", "x@x.example")]),
    ("/r/neighbour/user", &[("id", "u1"), ("act", "disable")]),
    ("/r/neighbour/organisations", &[("id", "x"), ("name", "X")]),
    ("/r/neighbour/grants", &[("act", "revoke"), ("app", "app")]),
    ("/r/neighbour/seats", &[("act", "release"), ("pool", "x"), ("holder", "y")]),
    ("/r/neighbour/keys", &[("act", "rotate")]),
    ("/people", &[("act", "give"), ("username", "alice"), ("role", "owner"), ("over", "*")]),
];

#[tokio::test(flavor = "multi_thread")]
async fn an_auditor_sees_everything_and_changes_nothing() {
    let (server, orders) = started().await;
    give(&server, "carl", Role::Auditor, "*").await;
    orders.add_client(&client("app")).await;
    let browser = enter(&server, "carl").await;
    for place in PLACES.into_iter().filter(|place| *place != "/approvals") {
        assert_eq!(browser.get(&server, &format!("/console{place}")).await.status, 200, "{place}");
    }
    for (page, form) in ACTS {
        let csrf = own_token(&browser, &server).await;
        let mut form = form.to_vec();
        form.push(("csrf", &csrf));
        let refused = browser.send(&server, Method::POST, &format!("/console{page}"), Some(&form)).await;
        assert_eq!(refused.status, 403, "{page}: {}", refused.body);
        assert!(refused.body.contains("This needs the permission"), "{page}: {}", refused.body);
    }
    let app = orders.store.client_with_secrets("neighbour", "app").await.unwrap().unwrap().0;
    assert_eq!((app.status, app.name.as_str()), (ClientStatus::Active, client("app").name.as_str()));
    assert!(server.store.audit_lines(&AuditFilter::default(), i64::MAX, 100).await.unwrap().is_empty());
}

/// The token of somebody's session: every page with a form has it, the security page too.
pub(crate) async fn own_token(browser: &Browser, server: &Server) -> String {
    // That of the choice of a language; the form that signs out has another one.
    let page = browser.get(server, "/account").await.body;
    let (_, form) = page.split_once("action=\"/account/language\"").unwrap();
    let (_, token) = form.split_once("name=\"csrf\" value=\"").unwrap();
    token.split('"').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reviewer_of_one_realm_decides_there_and_sees_no_other() {
    let (server, orders) = started().await;
    give(&server, "rita", Role::Reviewer, "neighbour").await;
    let pending = Client { status: ClientStatus::Pending, ..client("app") };
    orders.add_client(&pending).await;
    server.add_client(&pending).await;
    let browser = enter(&server, "rita").await;
    let queue = browser.get(&server, "/console/approvals").await;
    assert!(queue.body.contains("/console/r/neighbour/app?id=app"), "{}", queue.body);
    assert!(!queue.body.contains("/console/r/test/"), "{}", queue.body);
    assert_eq!(browser.get(&server, "/console/r/test").await.status, 404);
    let csrf = own_token(&browser, &server).await;
    let form = |act| [("csrf", csrf.as_str()), ("id", "app"), ("act", act), ("reason", "No page about it.")];
    let there = browser.send(&server, Method::POST, "/console/r/test/app", Some(&form("approve"))).await;
    assert_eq!(there.status, 404, "another realm is as if it were not there");
    let done = browser.send(&server, Method::POST, "/console/r/neighbour/app", Some(&form("reject"))).await;
    assert_eq!(done.header("location"), "/console/r/neighbour/app?id=app&said=rejected", "{}", done.body);
    let suspend = browser.send(&server, Method::POST, "/console/r/neighbour/app", Some(&form("suspend"))).await;
    assert_eq!(suspend.status, 403, "a reviewer stops nothing");
    for hidden in ["/people", "/audit", "/r/neighbour/keys"] {
        assert_eq!(browser.get(&server, &format!("/console{hidden}")).await.status, 403, "{hidden}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_from_elsewhere_does_nothing() {
    let (server, orders) = started().await;
    give(&server, "alice", Role::Owner, "*").await;
    orders.add_client(&client("app")).await;
    let browser = enter(&server, "alice").await;
    for (page, form) in ACTS {
        for token in [None, Some("made-up")] {
            let mut form = form.to_vec();
            form.extend(token.map(|token| ("csrf", token)));
            let refused = browser.send(&server, Method::POST, &format!("/console{page}"), Some(&form)).await;
            assert_eq!(refused.header("location"), "/console?said=again", "{page}");
        }
    }
    let said = browser.get(&server, "/console?said=again").await;
    assert!(said.body.contains("nothing was done"), "{}", said.body);
    assert!(server.store.audit_lines(&AuditFilter::default(), i64::MAX, 100).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_invites_a_reviewer_by_mail_and_takes_the_role_back() {
    let (server, _orders) = started().await;
    give(&server, "alice", Role::Owner, "*").await;
    let browser = enter(&server, "alice").await;
    let form = [
        ("act", "give"),
        ("username", "rita"),
        ("email", "rita@x.example"),
        ("role", "reviewer"),
        ("over", "neighbour"),
    ];
    let done = send(&browser, &server, "/console/people", &form).await;
    assert_eq!(done.header("location"), "/console/people?said=invited", "{}", done.body);
    let page = browser.get(&server, "/console/people").await;
    assert!(page.body.contains("rita") && page.body.contains("Reviewer"), "{}", page.body);
    let mails = server.store.list_parcels(claviger_store::MAIL_TOPIC, None, 10).await.unwrap();
    assert_eq!(mails.iter().map(|mail| mail.addressee.as_str()).collect::<Vec<_>>(), ["rita@x.example"]);
    let rita = server.store.user_by_username("test", "rita").await.unwrap().unwrap().user;
    let take = [
        ("act", "take"),
        ("kind", "user"),
        ("holder", rita.id.as_str()),
        ("role", "reviewer"),
        ("over", "neighbour"),
        ("organisation", ""),
    ];
    let done = send(&browser, &server, "/console/people", &take).await;
    assert_eq!(done.header("location"), "/console/people?said=changed", "{}", done.body);
    let left = server.store.list_roles("test").await.unwrap();
    assert_eq!(left.len(), 1, "the owner: {left:?}");
    // The last owner stays.
    let last =
        [("act", "take"), ("kind", "user"), ("holder", "u1"), ("role", "owner"), ("over", "*"), ("organisation", "")];
    let refused = send(&browser, &server, "/console/people", &last).await;
    assert_eq!(refused.status, 409, "{}", refused.body);
}
