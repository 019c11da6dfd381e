//! Passwords that people choose: what is not taken, and what ends with the one before.

use crate::common::{Browser, PASSWORD, Reply, Server, authorize_query, client};
use reqwest::Method;

const PAGE: &str = "/account/security";

async fn signed_in(server: &Server) -> Browser {
    let browser = Browser::default();
    let page = browser.get(server, "/-/sign-in?to=security").await;
    let (csrf, to) = (page.hidden("csrf").unwrap(), page.hidden("to").unwrap());
    let form = [("csrf", csrf.as_str()), ("to", to.as_str()), ("username", "alice"), ("password", PASSWORD)];
    let reply = browser.send(server, Method::POST, "/-/sign-in", Some(&form)).await;
    assert_eq!(reply.header("location"), PAGE);
    browser
}

/// Sends the form, and opens the page that says what came of it.
async fn change(browser: &Browser, server: &Server, current: &str, new: &str) -> Reply {
    let page = browser.get(server, PAGE).await;
    let csrf = page.hidden("csrf").unwrap_or_else(|| panic!("{}", page.body));
    let form = [("csrf", csrf.as_str()), ("password", "1"), ("current", current), ("new_password", new)];
    let reply = browser.send(server, Method::POST, PAGE, Some(&form)).await;
    let address = reply.header("location").to_owned();
    browser.get(server, &address).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_changed_and_what_the_old_one_gave_ends() {
    let server = Server::start().await;
    server.add_client(&client("app")).await;
    let elsewhere = Browser::default();
    elsewhere.authorize(&server, &authorize_query("app", "read")).await.code();
    let browser = signed_in(&server).await;
    let before = browser.cookie("session");
    let page = change(&browser, &server, "wrong", "a long new phrase").await;
    assert!(page.body.contains("Your present password is not right"), "{}", page.body);
    for (new, says) in [
        ("short", "too short"),
        ("aaaaaaaaaaaa", "one of the first that anybody tries"),
        ("alice1234", "little more than a name"),
    ] {
        let page = change(&browser, &server, PASSWORD, new).await;
        assert!(page.body.contains(says) && page.body.contains("role=\"alert\""), "{new}: {}", page.body);
    }
    assert_eq!(browser.cookie("session"), before, "nothing was changed");
    let page = change(&browser, &server, PASSWORD, "a long new phrase").await;
    assert!(page.body.contains("It is strong"), "{}", page.body);
    page.is_html();
    assert_ne!(browser.cookie("session"), before);
    browser.ask(&server, &authorize_query("app", "read")).await.code();
    elsewhere.ask(&server, &authorize_query("app", "read")).await.asks_to_sign_in();
    let page = elsewhere.get(&server, "/-/sign-in").await;
    let refused = elsewhere.sign_in(&server, &page, "alice", PASSWORD).await;
    assert!(refused.body.contains("not right"), "{}", refused.body);
    let page = elsewhere.get(&server, "/-/sign-in").await;
    assert_eq!(elsewhere.sign_in(&server, &page, "alice", "a long new phrase").await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_became_known_is_not_taken() {
    let server = Server::start().await;
    let list = std::env::temp_dir().join(format!("claviger-known-{}", std::process::id()));
    let hash = claviger_core::crypto::sha1_hex(b"nobody knows this");
    std::fs::write(&list, format!("{}:1\n{hash}:3\n{}:1\n", "0".repeat(40), "F".repeat(40))).unwrap();
    server.state.refuse_known(Some(&list)).unwrap();
    let browser = signed_in(&server).await;
    let page = change(&browser, &server, PASSWORD, "nobody knows this").await;
    assert!(page.body.contains("on a list of passwords that became known"), "{}", page.body);
    let page = change(&browser, &server, PASSWORD, "nobody knows that").await;
    assert!(page.body.contains("Your password is changed"), "{}", page.body);
    std::fs::remove_file(list).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_form_is_of_this_session_and_the_sign_in_of_now() {
    let server = Server::start().await;
    let browser = signed_in(&server).await;
    let page = browser.get(&server, PAGE).await;
    let stale = page.hidden("csrf").unwrap();
    let other = signed_in(&server).await;
    let form = [("csrf", stale.as_str()), ("password", "1"), ("current", PASSWORD), ("new_password", "another phrase")];
    let reply = other.send(&server, Method::POST, PAGE, Some(&form)).await;
    assert_eq!(reply.header("location"), "/account/security?said=again");
    server.pass(901);
    let late = browser.send(&server, Method::POST, PAGE, Some(&form)).await;
    assert_eq!(late.header("location"), "/-/sign-in?to=security");
    assert_eq!(Browser::default().get(&server, PAGE).await.header("location"), "/-/sign-in?to=security");
}
