//! Requests that wait for a person: they travel with the browser, and nobody in front of the pages is stranded.

use crate::common::{Browser, Folder, PASSWORD, Reply, Server, authorize_query, client, encode, user, with};
use reqwest::Method;
use std::collections::BTreeMap;

async fn started() -> (Server, Browser) {
    let server = Server::start().await;
    server.add_client(&client("app")).await;
    (server, Browser::default())
}

/// How many rows each table has.
fn rows(folder: &Folder) -> BTreeMap<String, i64> {
    let file = rusqlite::Connection::open(folder.database()).unwrap();
    let mut names = file.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
    let names: Vec<String> = names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let count =
        |name: &String| file.query_row(&format!("SELECT count(*) FROM \"{name}\""), [], |row| row.get(0)).unwrap();
    // Who does a job of the server's is not what requests store.
    names.iter().filter(|name| *name != "lease").map(|name| (name.clone(), count(name))).collect()
}

/// What a link on a page leads to.
fn link_to_start_again(server: &Server, page: &Reply) -> String {
    let at = page.body.find("/authorize?").unwrap_or_else(|| panic!("no way on: {}", page.body));
    let link = page.body[at..].split('"').next().unwrap().replace("&amp;", "&").replace("&#x3d;", "=");
    assert!(page.body.contains(&server.realm.issuer));
    link
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_stored_before_somebody_signs_in() {
    let folder = Folder::new();
    let server = Server::at(&folder.url(), |_| {}).await;
    server.add_client(&client("app")).await;
    let path = format!("/authorize?{}", encode(&authorize_query("app", "read")));
    server.send(Method::GET, &path, &[], "").await.asks_to_sign_in();
    let before = rows(&folder);
    for _ in 0..50 {
        let browser = Browser::default();
        let page = browser.get(&server, &path).await;
        page.asks_to_sign_in();
        browser
            .get(&server, &format!("/-/sign-in?request={}", page.hidden("pending").unwrap()))
            .await
            .asks_to_sign_in();
        browser.decide(&server, &page, "deny").await;
        Browser::default().sign_in(&server, &page, "alice", PASSWORD).await.asks_to_sign_in();
    }
    assert_eq!(rows(&folder), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_lost_the_cookies_signs_in_again_and_goes_on() {
    let (server, browser) = started().await;
    let page = browser.ask(&server, &with(authorize_query("app", "read"), "state", "kept")).await;
    browser.forget_cookies();
    let page = browser.sign_in(&server, &page, "alice", PASSWORD).await;
    page.asks_to_sign_in();
    assert!(browser.cookie("session").is_none() && page.body.contains("value=\"alice\""), "{}", page.body);
    let answer = browser.carry_on(&server, page).await;
    assert!(answer.header("location").contains("state=kept"));
    answer.code();
}

#[tokio::test(flavor = "multi_thread")]
async fn any_number_of_tabs_end_at_the_app() {
    let (server, browser) = started().await;
    // A restored browser: each tab asks before any has a cookie, so the last one's counts.
    let mut tabs = Vec::new();
    for _ in 0..3 {
        browser.forget_cookies();
        tabs.push(browser.ask(&server, &authorize_query("app", "read")).await);
    }
    let consent = browser.ask(&server, &authorize_query("app", "read")).await;
    let consent = browser.get_past_sign_in(&server, consent).await;
    for tab in tabs {
        browser.carry_on(&server, tab).await.code();
    }
    // This one's was opened first, and its person has signed in anew since.
    let page = browser.decide(&server, &consent, "allow").await;
    browser.carry_on(&server, page).await.code();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_another_site_beside_a_waiting_tab_leaves_it_alone() {
    let (server, browser) = started().await;
    let page = browser.ask(&server, &authorize_query("app", "read")).await;
    // As browsers do it: without the cookies, which they bring to where they are sent.
    let headers = [("sec-fetch-site", "cross-site"), ("content-type", "application/x-www-form-urlencoded")];
    let sent = server.send(Method::POST, "/authorize", &headers, encode(&authorize_query("app", "read"))).await;
    assert_eq!((sent.status.as_u16(), sent.header("set-cookie")), (303, ""));
    let other = browser.get(&server, sent.header("location")).await;
    browser.carry_on(&server, page).await.code();
    browser.carry_on(&server, other).await.code();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_too_long_for_an_address_goes_on_all_the_same() {
    let (server, browser) = started().await;
    let state = "s".repeat(4000);
    let answer = browser.authorize(&server, &with(authorize_query("app", "read"), "state", &state)).await;
    assert!(answer.header("location").contains(&state));
    answer.code();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_back_is_told_what_happened_and_can_start_again() {
    let (server, browser) = started().await;
    let query = with(with(authorize_query("app", "read"), "state", "s&1"), "nonce", "n");
    let page = browser.ask(&server, &query).await;
    let consent = browser.get_past_sign_in(&server, page).await;
    let denied = browser.decide(&server, &consent, "deny").await;
    assert!(denied.header("location").contains("error=access_denied"));
    let twice = browser.decide(&server, &consent, "deny").await;
    assert_eq!(twice.header("location"), denied.header("location"));
    let back = browser.decide(&server, &consent, "allow").await;
    assert!(back.body.contains("You have denied this already"), "{}", back.body);
    let again = browser.get(&server, &link_to_start_again(&server, &back)).await;
    let allowed = browser.carry_on(&server, again).await;
    assert!(allowed.header("location").contains("state=s%261"), "{}", allowed.header("location"));
    allowed.code();

    let page = browser.ask(&server, &with(query, "prompt", "login consent")).await;
    server.pass(3600);
    let late = browser.sign_in(&server, &page, "alice", PASSWORD).await;
    assert!(late.body.contains("This sign-in has expired"), "{}", late.body);
    browser.get(&server, &link_to_start_again(&server, &late)).await.asks_to_sign_in();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_request_is_a_page_that_says_so() {
    let (server, browser) = started().await;
    let page = browser.ask(&server, &authorize_query("app", "read")).await;
    let sealed = page.hidden("pending").unwrap();
    let cut = &sealed[..sealed.len() - 1];
    for damaged in [cut, "none"] {
        let reply = browser.get(&server, &format!("/-/consent?request={damaged}")).await;
        assert_eq!(reply.status, 400);
        assert!(reply.body.contains("This page cannot go on"), "{}", reply.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hint_at_somebody_else_is_no_silent_sign_in() {
    let (server, browser) = started().await;
    server.add_user(&user("u2", "bob")).await;
    let (alice, bob) = (Browser::default(), Browser::of("bob"));
    let hint_of = async |browser: &Browser| {
        let answer = browser.authorize(&server, &authorize_query("app", "openid")).await;
        server.redeem("app", &answer.code()).await.text("id_token")
    };
    let (of_alice, of_bob) = (hint_of(&alice).await, hint_of(&bob).await);
    let silent = with(authorize_query("app", "openid"), "prompt", "none");
    alice.ask(&server, &with(silent.clone(), "id_token_hint", &of_alice)).await.code();
    let reply = alice.ask(&server, &with(silent, "id_token_hint", &of_bob)).await;
    assert!(reply.header("location").contains("error=login_required"), "{}", reply.header("location"));
    drop(browser);
}
