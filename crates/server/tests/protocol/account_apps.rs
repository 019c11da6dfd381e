//! The apps that act for somebody, on their account pages: shown, taken back, given other companies; and what is kept of what they
//! agreed to.

use crate::common::{Browser, NOW, Reply, Server, authorize_query, claims, client, user, with};
use claviger_core::User;
use claviger_core::dialect::OrganisationChoice;
use claviger_core::realm::{Realm, SeatCount, SeatPool, SeatScope};
use claviger_core::user::Organisation;
use claviger_store::{AppConsent, AuditFilter, Masked, NewGrant, Of};
use reqwest::Method;
use serde_json::{Value, json};

const TAKE_BACK: &str = "/account/apps/take-back";
const COMPANIES: &str = "/account/apps/companies";

async fn started(adapt: impl FnOnce(&mut Realm)) -> Server {
    let server = Server::with(adapt).await;
    server.add_client(&client("app")).await;
    server
}

/// Sends a form with the token of a page.
async fn send(browser: &Browser, server: &Server, page: &Reply, path: &str, more: &[(&str, &str)]) -> Reply {
    let csrf = page.hidden("csrf").unwrap_or_else(|| panic!("no form: {}", page.body));
    let form: Vec<(&str, &str)> = [("csrf", csrf.as_str())].into_iter().chain(more.iter().copied()).collect();
    browser.send(server, Method::POST, path, Some(&form)).await
}

async fn audit(server: &Server) -> Vec<(String, String, String)> {
    let lines = server.store.audit_lines(&AuditFilter::default(), i64::MAX, 100).await.unwrap();
    lines.into_iter().rev().map(|line| (line.act, line.way, line.subject)).collect()
}

async fn evidence(server: &Server) -> Vec<claviger_store::EvidenceLine> {
    server.store.list_evidence("test", &Of::default(), None, 100).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_app_may_do_is_shown_and_taken_back_with_all_that_came_of_it() {
    let server = started(|realm| {
        let pool = SeatPool { name: "full".into(), size: 2, count: SeatCount::Session, per: SeatScope::Realm };
        realm.seat_pools.push(pool);
        realm.scopes.iter_mut().find(|scope| scope.name == "write").unwrap().seat = Some("full".into());
    })
    .await;
    let browser = Browser::default();
    let page = browser.ask(&server, &authorize_query("app", "openid write")).await;
    let page = browser.get_past_sign_in(&server, page).await;
    page.asks_for_consent();
    assert!(page.body.contains("href=\"/account/apps\""), "where to take it back: {}", page.body);
    let answer = browser.decide(&server, &page, "allow").await;
    let tokens = server.redeem("app", &answer.code()).await;
    let (access, refresh) = (tokens.text("access_token"), tokens.text("refresh_token"));
    let kept = AppConsent {
        realm: "test".into(),
        user: "u1".into(),
        client: "app".into(),
        doc: "{}".into(),
        remembered_until: i64::MAX,
    };
    server.store.put_app_consent(kept).await.unwrap();
    server.pass(2 * 3600);

    let list = browser.get(&server, "/account/apps").await;
    assert_eq!(list.status, 200);
    list.is_html();
    for shown in ["App app", "use write", "use openid", "2027-01-15", "2 hours ago", TAKE_BACK] {
        assert!(list.body.contains(shown), "{shown}: {}", list.body);
    }
    assert!(!list.body.contains(COMPANIES), "this realm has no companies: {}", list.body);
    let confirm = browser.get(&server, &format!("{TAKE_BACK}?app=app")).await;
    assert!(confirm.body.contains("Its access ends at once"), "{}", confirm.body);
    assert!(server.store.consent("test", "u1", "app").await.unwrap().is_some(), "looking does nothing");

    let done = send(&browser, &server, &confirm, TAKE_BACK, &[("app", "app"), ("take_back", "1")]).await;
    assert_eq!((done.status.as_u16(), done.header("location")), (303, "/account/apps?said=taken_back"));
    let list = browser.get(&server, "/account/apps?said=taken_back").await;
    assert!(list.body.contains("No app acts for you") && list.body.contains("role=\"status\""), "{}", list.body);
    assert!(server.store.consent("test", "u1", "app").await.unwrap().is_none());
    assert!(server.store.app_consent("test", "u1", "app").await.unwrap().is_none());
    assert!(server.store.seats("test", server.now()).await.unwrap().is_empty(), "the licence is free");
    server.refresh("app", &refresh).await.refused(400, "invalid_grant");
    assert!(!server.is_active("app", &access).await);
    let feed = server.store.revocations_after(Some("test"), 0, 100).await.unwrap();
    assert!(feed.items.iter().any(|item| item.kind == claviger_store::RevocationKind::Grant), "{feed:?}");
    let said = ("consent.withdraw".to_owned(), "account".to_owned(), "app/u1".to_owned());
    assert_eq!(audit(&server).await, [said]);
    // A later request asks again.
    let again = browser.ask(&server, &authorize_query("app", "openid write")).await;
    again.asks_for_consent();
    // Twice is not there.
    let again = send(&browser, &server, &confirm, TAKE_BACK, &[("app", "app"), ("take_back", "1")]).await;
    assert_eq!(again.status, 404, "{}", again.body);
    let activity = browser.get(&server, "/account/activity").await;
    for shown in ["App connected:", "App taken back:", "Signed in", "127.0.0.1"] {
        assert!(activity.body.contains(shown), "{shown}: {}", activity.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_takes_back_what_is_somebody_elses_and_no_form_of_another_page_does() {
    let server = started(|_| {}).await;
    server.add_user(&user("u2", "bob")).await;
    let alice = Browser::default();
    server.code_flow(&alice, "app", "read").await;
    server.add_client(&client("other")).await;
    let bob = Browser::of("bob");
    server.code_flow(&bob, "other", "read").await;
    let page = bob.get(&server, &format!("{TAKE_BACK}?app=other")).await;
    assert_eq!(bob.get(&server, &format!("{TAKE_BACK}?app=app")).await.status, 404);
    let stolen = send(&bob, &server, &page, TAKE_BACK, &[("app", "app"), ("take_back", "1")]).await;
    assert_eq!(stolen.status, 404);
    // Alice's cookies with bob's token, as another site's page would send it.
    let forged = send(&alice, &server, &page, TAKE_BACK, &[("app", "app"), ("take_back", "1")]).await;
    assert_eq!(forged.header("location"), "/account/apps?said=again");
    let nobody = send(&Browser::default(), &server, &page, TAKE_BACK, &[("app", "app")]).await;
    assert_eq!(nobody.header("location"), "/-/sign-in?to=apps");
    let grants = server.store.list_grants("test", &Of::default(), None, server.now(), 10).await.unwrap();
    assert_eq!(grants.len(), 2, "nothing was done");
    assert!(audit(&server).await.is_empty());
    for (path, method) in [(TAKE_BACK, Method::DELETE), ("/account/apps", Method::POST)] {
        let reply = alice.send(&server, method, path, None).await;
        assert_eq!(reply.status, 405, "{path}");
    }
    assert_eq!(alice.get(&server, "/account/nothing").await.status, 404);
}

async fn with_companies() -> Server {
    let server = started(|realm| realm.dialect.organisation = OrganisationChoice::Many).await;
    for id in ["north", "south", "west"] {
        let organisation = Organisation { id: id.into(), name: format!("The {id}"), kind: "site".into() };
        server.store.put_organisation("test", &organisation, NOW).await.unwrap();
    }
    let organisations = ["north", "south"].map(str::to_owned).to_vec();
    server.add_user(&User { organisations, ..user("both", "both") }).await;
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn companies_are_added_and_removed_without_the_app() {
    let server = with_companies().await;
    let browser = Browser::picking("both", &["north"]);
    let tokens = server.code_flow(&browser, "app", "read").await;
    let first = tokens.text("access_token");
    assert_eq!(claims(&first)["org"], json!(["north"]));
    let page = browser.get(&server, &format!("{COMPANIES}?app=app")).await;
    assert!(page.body.contains("The north") && page.body.contains("The south"), "{}", page.body);
    assert_eq!(page.body.matches(" checked").count(), 1, "{}", page.body);

    let more = [("app", "app"), ("organisation", "north"), ("organisation", "south")];
    let done = send(&browser, &server, &page, COMPANIES, &more).await;
    assert_eq!(done.header("location"), "/account/apps?said=companies");
    assert!(server.is_active("app", &first).await, "nothing was taken away");
    server.pass(1);
    let tokens = server.refresh("app", &tokens.text("refresh_token")).await;
    let second = tokens.text("access_token");
    assert_eq!(claims(&second)["org"], json!(["north", "south"]));

    server.pass(1);
    let less = [("app", "app"), ("organisation", "south")];
    send(&browser, &server, &page, COMPANIES, &less).await;
    assert!(!server.is_active("app", &second).await, "a token that names what was taken away is dead at once");
    server.pass(1);
    let tokens = server.refresh("app", &tokens.text("refresh_token")).await;
    let third = tokens.text("access_token");
    assert_eq!(claims(&third)["org"], json!(["south"]));
    assert!(server.is_active("app", &third).await);
    let consent = server.store.consent("test", "both", "app").await.unwrap().unwrap();
    assert_eq!(consent.organisations, ["south"]);

    let none = send(&browser, &server, &page, COMPANIES, &[("app", "app")]).await;
    assert_eq!(none.header("location"), "/account/apps/companies?app=app&said=needs_one");
    for id in ["west", "nowhere"] {
        let foreign = send(&browser, &server, &page, COMPANIES, &[("app", "app"), ("organisation", id)]).await;
        assert_eq!(foreign.status, 404, "{id}");
    }
    let acts: Vec<_> = audit(&server).await.into_iter().map(|(act, ..)| act).collect();
    assert_eq!(acts, ["consent.edit", "consent.edit"]);
    // What gives away wants a sign-in of just now.
    server.pass(901);
    let late = send(&browser, &server, &page, COMPANIES, &more).await;
    assert_eq!(late.header("location"), "/-/sign-in?to=apps");
    assert_eq!(browser.get(&server, "/account/apps").await.status, 200, "to look does not");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_agreed_to_is_kept_as_it_was_shown() {
    let server = started(|realm| realm.languages = vec!["en".into(), "de".into()]).await;
    let browser = Browser::reading("de");
    server.code_flow(&browser, "app", "openid read").await;
    let kept = evidence(&server).await;
    assert_eq!((kept.len(), kept[0].client.as_str(), kept[0].user.as_str()), (1, "app", "u1"));
    assert_eq!((kept[0].address.as_str(), kept[0].ended_at, kept[0].expires_at), ("127.0.0.1", None, None));
    let doc: Value = serde_json::from_str(&kept[0].doc).unwrap();
    assert_eq!(doc["app"], json!({ "id": "app", "name": "App app", "publisher": null }));
    assert_eq!(doc["shown"]["language"], "de");
    assert_eq!(doc["shown"]["sentences"][1], json!({ "scope": "read", "sentence": "use read" }));
    assert_ne!(doc["shown"]["sentences"][0]["sentence"], "Know that it is you who signed in", "it was in German");
    // The same once more is the same; another scope is not.
    let again = with(authorize_query("app", "openid read"), "prompt", "consent");
    browser.authorize(&server, &again).await.code();
    assert_eq!(evidence(&server).await.len(), 1);
    server.code_flow(&browser, "app", "openid write").await;
    assert_eq!(evidence(&server).await.len(), 2);

    let page = browser.get(&server, &format!("{TAKE_BACK}?app=app")).await;
    send(&browser, &server, &page, TAKE_BACK, &[("app", "app"), ("take_back", "1")]).await;
    let until = server.now() + 3 * 365 * 86_400_000;
    for line in evidence(&server).await {
        assert_eq!((line.ended_at, line.expires_at), (Some(server.now()), Some(until)));
    }
    server.store.purge(until, 100).await.unwrap();
    assert_eq!(evidence(&server).await.len(), 2);
    server.store.purge(until + 1, 100).await.unwrap();
    assert!(evidence(&server).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_grants_are_shown_in_pages() {
    let server = started(|_| {}).await;
    let browser = Browser::default();
    server.code_flow(&browser, "app", "read").await;
    for n in 0..1000_u32 {
        let app = client(&format!("app-{:03}", n % 50));
        if n < 50 {
            server.store.put_client("test", &app, NOW).await.unwrap();
        }
        let mut id = [7; 16];
        id[12..].copy_from_slice(&n.to_be_bytes());
        let grant = NewGrant {
            id,
            realm: "test".into(),
            client: app.id,
            user: Some("u1".into()),
            flow: "authorization_code".into(),
            doc: r#"{"flow":"authorization_code","scope":"read","audience":"https://api.example"}"#.into(),
            nonce: Masked([0; 16]),
            generation: 0,
            turnover: "rotate".into(),
            created_at: NOW,
            idle_expires_at: NOW + 86_400_000,
            expires_at: NOW + 86_400_000,
        };
        let issue = claviger_store::Issue { now: NOW, new_grant: Some(grant), ..claviger_store::Issue::default() };
        assert_eq!(server.store.issue(issue).await.unwrap(), claviger_store::Issued::Done);
    }
    let (mut path, mut seen) = ("/account/apps".to_owned(), 0);
    loop {
        let page = browser.get(&server, &path).await;
        let apps = page.body.matches("id=\"app-").count();
        assert!(apps <= 20 && page.body.contains("use read"), "{apps}: {}", page.body);
        seen += apps;
        let Some(next) = page.body.split("/account/apps?after=").nth(1) else { break };
        path = format!("/account/apps?after={}", next.split('"').next().unwrap());
    }
    assert_eq!(seen, 51);
}
