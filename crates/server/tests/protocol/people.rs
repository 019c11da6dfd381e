//! What people see and are not left with: a page at every address, the sign-in that did not work, the accounts of a
//! browser, how a realm looks.

use crate::common::{Browser, PASSWORD, Reply, Server, authorize_query, client, user, with};
use claviger_core::User;
use claviger_core::brand::{Accent, Brand, Links, Logo};
use reqwest::Method;

const PAGE: [(&str, &str); 1] = [("accept", "text/html,application/xhtml+xml,*/*;q=0.8")];
const PROGRAM: [(&str, &str); 1] = [("accept", "*/*")];

async fn started() -> Server {
    let server = Server::start().await;
    server.add_client(&client("app")).await;
    let bob = User { name: Some("Bob Baker".into()), ..user("u2", "bob") };
    server.add_user(&bob).await;
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn every_address_is_a_page_for_a_browser_and_json_for_a_program() {
    let server = started().await;
    let home = server.send(Method::GET, "/", &PAGE, "").await;
    assert_eq!(home.status, 200);
    home.is_html();
    assert!(home.body.contains("href=\"/-/sign-in\""), "what to do next: {}", home.body);
    for path in ["/nothing", "/nothing/at/all?x=1", "/-/", "/authorize/", "/.well-known/nothing"] {
        let page = server.send(Method::GET, path, &PAGE, "").await;
        assert_eq!(page.status, 404, "{path}");
        page.is_html();
        assert!(page.body.contains("There is no such page") && page.body.contains("href=\"/\""), "{}", page.body);
        let json = server.send(Method::GET, path, &PROGRAM, "").await;
        assert_eq!((json.status.as_u16(), json.text("error").as_str()), (404, "not_found"), "{path}");
    }
    assert_eq!(server.send(Method::GET, "/", &PROGRAM, "").await.status, 404);
    for path in ["/token", "/revoke", "/introspect"] {
        let page = server.send(Method::GET, path, &PAGE, "").await;
        assert_eq!(page.status, 405, "{path}");
        page.is_html();
        assert!(page.header("allow").contains("POST") && page.body.contains("href=\"/\""), "{path}: {}", page.body);
        assert_eq!(server.send(Method::GET, path, &PROGRAM, "").await.text("error"), "invalid_request");
    }
    for path in ["/-/sign-in", "/-/consent", "/-/switch-account"] {
        server.send(Method::GET, path, &PAGE, "").await.asks_to_sign_in();
    }
    let secret = server.send(Method::GET, "/-/secret", &PAGE, "").await;
    assert!(secret.status == 400 && secret.body.contains("This link is not complete"), "{}", secret.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_in_without_an_app_ends_at_the_account() {
    let server = started().await;
    let browser = Browser::default();
    let page = browser.get(&server, "/-/sign-in").await;
    let reply = browser.sign_in(&server, &page, "alice", PASSWORD).await;
    assert_eq!((reply.status.as_u16(), reply.header("location")), (303, "/"));
    let cookie = format!("claviger_test_session={}", browser.cookie("session").unwrap());
    let account = server.send(Method::GET, "/", &[PAGE[0], ("cookie", &cookie)], "").await;
    account.is_html();
    assert!(account.body.contains("Your account") && account.body.contains("Alice Adams"), "{}", account.body);
    let leave = browser.get(&server, "/logout").await;
    assert!(leave.body.contains("Stay signed in") && leave.body.contains("href=\"/\""), "{}", leave.body);
    let csrf = leave.hidden("csrf").unwrap();
    let gone = browser.send(&server, Method::POST, "/logout", Some(&[("csrf", csrf.as_str())])).await;
    assert!(gone.body.contains("href=\"/-/sign-in\""), "{}", gone.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_wrong_password_the_page_is_got_with_the_name_in_it() {
    let server = started().await;
    let browser = Browser::default();
    let page = browser.ask(&server, &authorize_query("app", "read")).await;
    let (csrf, pending) = (page.hidden("csrf").unwrap(), page.hidden("pending").unwrap());
    let form = [("csrf", csrf.as_str()), ("pending", &pending), ("username", "alice"), ("password", "wrong")];
    let reply = browser.send(&server, Method::POST, "/-/sign-in", Some(&form)).await;
    assert_eq!((reply.status.as_u16(), reply.header("cache-control")), (303, "no-store"));
    let address = reply.header("location").to_owned();
    assert!(address.starts_with("/-/sign-in?request=") && !address.contains("alice"), "{address}");
    for _ in 0..2 {
        let page = browser.get(&server, &address).await;
        page.asks_to_sign_in();
        page.is_html();
        assert!(page.body.contains("value=\"alice\"") && !page.body.contains("wrong\""), "{}", page.body);
        assert_eq!(page.body.matches("role=\"alert\"").count(), 1);
        let password = page.body.split("<input").find(|tag| tag.contains("name=\"password\"")).unwrap();
        assert!(password.contains("autofocus") && password.contains("aria-describedby=\"error\""), "{password}");
    }
    // It says nothing in another browser.
    let elsewhere = Browser::default().get(&server, &address).await;
    assert!(!elsewhere.body.contains("role=\"alert\"") && !elsewhere.body.contains("alice"), "{}", elsewhere.body);
    let page = browser.get(&server, &address).await;
    browser.carry_on(&server, page).await.code();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_is_counted_down_and_forgotten_when_it_is_over() {
    let server = started().await;
    let browser = Browser::default();
    let mut page = browser.get(&server, "/-/sign-in").await;
    for _ in 0..60 {
        page = browser.sign_in(&server, &page, "alice", "wrong").await;
        if page.status == 429 {
            break;
        }
    }
    assert_eq!(page.status, 429, "{}", page.body);
    let seconds: i64 = page.header("retry-after").parse().unwrap();
    assert!(
        page.body.contains(&format!("data-seconds=\"{seconds}\"")) && page.body.contains("data-waits"),
        "{}",
        page.body
    );
    // The same address, later.
    let form = [("csrf", page.hidden("csrf").unwrap()), ("username", "alice".into()), ("password", "wrong".into())];
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let address = browser.send(&server, Method::POST, "/-/sign-in", Some(&form)).await.header("location").to_owned();
    let same = browser.get(&server, &address).await;
    assert!(same.status == 429 && same.body.contains("value=\"alice\""), "{}", same.body);
    server.pass(seconds + 3600);
    let over = browser.get(&server, &address).await;
    assert!(over.status == 200 && !over.body.contains("role=\"alert\""), "{}", over.body);
}

/// The users that a chooser lists, in order.
fn listed(page: &Reply) -> Vec<String> {
    assert!(page.body.contains("Choose an account"), "{}", page.body);
    let values = page.body.split("name=\"account\" value=\"").skip(1);
    values.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_accounts_of_a_browser_are_shown_to_choose_from() {
    let server = started().await;
    let browser = Browser::default();
    let select = || with(authorize_query("app", "read"), "prompt", "select_account");
    // Nobody was here yet: there is nothing to choose.
    let page = browser.ask(&server, &select()).await;
    page.asks_to_sign_in();
    browser.carry_on(&server, page).await.code();
    server.pass(3600);
    let page = browser.ask(&server, &with(authorize_query("app", "read"), "prompt", "login")).await;
    let signed_in = browser.sign_in(&server, &page, "bob", PASSWORD).await;
    browser.carry_on(&server, signed_in).await.code();
    server.pass(7200);

    let page = browser.ask(&server, &select()).await;
    assert_eq!(listed(&page), ["u2", "u1"]);
    assert!(page.body.contains("Bob Baker") && page.body.contains("Used 3 hours ago"), "{}", page.body);
    // The one who is signed in goes on at once.
    let consented = browser.choose(&server, &page, ("account", "u2")).await;
    consented.code();
    let page = browser.ask(&server, &select()).await;
    server.pass(1);
    // Another one is asked for the password, with the name there; the session of the first does not count.
    let asked = browser.choose(&server, &page, ("account", "u1")).await;
    asked.asks_to_sign_in();
    assert!(asked.body.contains("value=\"alice\""), "{}", asked.body);
    browser.carry_on(&server, asked).await.code();
    assert_eq!(listed(&browser.ask(&server, &select()).await), ["u1", "u2"]);
    // A hint does not go before what was chosen.
    server.pass(1);
    let page = browser.ask(&server, &with(select(), "login_hint", "carol")).await;
    let other = browser.choose(&server, &page, ("other", "1")).await;
    assert!(!other.body.contains("carol") && !other.body.contains("value=\"alice\""), "{}", other.body);

    let page = browser.choose(&server, &page, ("forget", "u2")).await;
    assert_eq!(listed(&page), ["u1"]);
    // The list is this browser's.
    browser.forget_cookies();
    browser.ask(&server, &select()).await.asks_to_sign_in();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_form_chooses_nothing_and_signs_nobody_out() {
    let server = started().await;
    let browser = Browser::default();
    browser.authorize(&server, &authorize_query("app", "read")).await.code();
    let page = browser.ask(&server, &with(authorize_query("app", "read"), "prompt", "select_account")).await;
    let pending = page.hidden("pending").unwrap();
    for csrf in ["", "x"] {
        let form = [("csrf", csrf), ("pending", pending.as_str()), ("account", "u1")];
        let reply = browser.send(&server, Method::POST, "/-/switch-account", Some(&form)).await;
        assert!(reply.header("location").starts_with("/-/switch-account?"), "{}", reply.header("location"));
    }
    browser.ask(&server, &authorize_query("app", "read")).await.code();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_realm_shows_its_name_colour_logo_and_links() {
    let plain = Server::start().await;
    let server = Server::with(|realm| {
        realm.scopes.iter_mut().filter(|scope| scope.name == "write").for_each(|scope| scope.sensitive = true);
        realm.brand = Brand {
            accent: Accent::parse("#0a5fb4"),
            logo: Some(Logo { media_type: "image/svg+xml".into(), data: "PHN2Zy8-".into() }),
            contact: Some("help@acme.example".into()),
            links: Links {
                forgotten_password: Some("https://acme.example/forgotten".into()),
                help: Some("https://acme.example/help".into()),
                privacy: None,
                terms: Some("https://acme.example/terms".into()),
            },
            ..Brand::default()
        };
    })
    .await;
    server.add_client(&client("app")).await;
    let browser = Browser::default();
    let page = browser.ask(&server, &authorize_query("app", "read write")).await;
    for shown in ["/forgotten", "/help", "/terms", "src=\"/-/logo?v=", "data-accent=\"own\""] {
        assert!(page.body.replace("&#x2f;", "/").contains(shown), "{shown}: {}", page.body);
    }
    assert!(!page.body.contains(">Privacy<"), "{}", page.body);
    let host = server.realm.issuer.trim_start_matches("http://");
    assert!(
        page.body.contains(&format!("address bar of your browser shows <strong><bdi>{host}</bdi>")),
        "{}",
        page.body
    );
    let logo = server.send(Method::GET, "/-/logo", &[], "").await;
    assert_eq!((logo.header("content-type"), logo.body.as_str()), ("image/svg+xml", "<svg/>"));
    assert!(logo.header("content-security-policy").contains("sandbox"));
    let style = server.send(Method::GET, "/-/claviger.css", &[], "").await;
    assert!(style.body.contains("--accent: #0a5fb4;"));
    let script = server.send(Method::GET, "/-/claviger.js", &[], "").await;
    assert_eq!((script.status.as_u16(), script.header("content-type")), (200, "text/javascript; charset=utf-8"));
    assert_eq!(plain.send(Method::GET, "/-/logo", &[], "").await.status, 404);
    assert!(!plain.send(Method::GET, "/-/claviger.css", &[], "").await.body.contains("[data-accent=\"own\"]"));

    let consent = browser.get_past_sign_in(&server, page).await;
    let items: Vec<_> = consent.body.split("<li").skip(1).collect();
    let of = |sentence: &str| *items.iter().find(|item| item.contains(sentence)).unwrap();
    assert!(of("use write").contains("Important") && !of("use read").contains("Important"), "{}", consent.body);
    assert!(consent.body.contains("<strong><bdi>app.example</bdi></strong>"), "{}", consent.body);
}
