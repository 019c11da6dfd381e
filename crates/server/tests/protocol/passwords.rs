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
        ("alice123", "little more than a name"),
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

/// The mails that wait, and the links in them.
pub(crate) async fn mails(server: &Server) -> Vec<(String, Option<String>)> {
    let due = server.store.due_parcels(claviger_store::MAIL_TOPIC, server.now(), 100).await.unwrap();
    due.into_iter().map(|due| (due.parcel.addressee.clone(), link_in(&due.parcel, server))).collect()
}

fn link_in(mail: &claviger_store::Parcel, server: &Server) -> Option<String> {
    let doc = std::str::from_utf8(&mail.sealed).unwrap();
    let sealed = claviger_core::jose::from_base64url(doc).unwrap();
    let plain = server.state.secrets.outbox_key(&mail.id).unwrap().open(b"mail", &sealed).unwrap();
    let letter: serde_json::Value = serde_json::from_slice(&plain).unwrap();
    let text = letter["text"].as_str().unwrap();
    assert!(letter["html"].as_str().unwrap().contains("<h1"), "both parts");
    let link = text.split_whitespace().find(|word| word.contains("/-/link?link="))?;
    Some(link.strip_prefix(&server.realm.issuer).unwrap().to_owned())
}

async fn by_mail() -> Server {
    let server = Server::with(|realm| realm.sign_in.reset_by_mail = true).await;
    let alice = claviger_core::User {
        email: Some("alice@example.com".into()),
        email_verified: true,
        ..crate::common::user("u1", "alice")
    };
    server.add_user(&alice).await;
    server
}

/// Asks for a link, as somebody behind `address`.
async fn ask(server: &Server, browser: &Browser, username: &str) -> Reply {
    let page = browser.get(server, "/-/forgotten").await;
    page.is_html();
    let csrf = page.hidden("csrf").unwrap();
    let form = [("csrf", csrf.as_str()), ("username", username)];
    browser.send(server, Method::POST, "/-/forgotten", Some(&form)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_learns_by_asking_who_has_an_account() {
    let server = by_mail().await;
    let sign_in = Browser::default().get(&server, "/-/sign-in").await;
    assert!(sign_in.body.contains("href=\"/-/forgotten\""), "{}", sign_in.body);
    let mut answers = Vec::new();
    for (username, expected) in
        [("alice", 1), ("ALICE@example.com", 2), ("nobody@example.com", 3), ("nobody", 3), ("", 3)]
    {
        let browser = Browser::default();
        let reply = ask(&server, &browser, username).await;
        let page = browser.get(&server, reply.header("location")).await;
        assert!(page.body.contains("Look at your mail"), "{}", page.body);
        answers.push((reply.status, reply.header("location").to_owned(), page.body));
        assert_eq!(mails(&server).await.len(), expected, "{username}");
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "the same for all");
    let sent = mails(&server).await;
    assert_eq!(sent.iter().filter(|(to, link)| to == "alice@example.com" && link.is_some()).count(), 2);
    assert!(sent.contains(&("nobody@example.com".to_owned(), None)));
    // So often within an hour, and no more.
    for _ in 0..3 {
        ask(&server, &Browser::default(), "alice").await;
    }
    assert_eq!(mails(&server).await.len(), 5);
    let off = Server::start().await;
    assert_eq!(Browser::default().get(&off, "/-/forgotten").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_sets_a_password_once_from_whatever_browser() {
    let server = by_mail().await;
    server.add_client(&client("app")).await;
    let before = Browser::default();
    before.authorize(&server, &authorize_query("app", "read")).await.code();
    ask(&server, &Browser::default(), "alice").await;
    let link = mails(&server).await[0].1.clone().unwrap();
    // A scanner looks at it.
    for _ in 0..3 {
        let page = Browser::default().get(&server, &link).await;
        page.is_html();
        assert!(page.status == 200 && page.body.contains("Choose a password") && page.body.contains("alice"));
    }
    let browser = Browser::default();
    let send = async |browser: &Browser, password: &str| {
        let page = browser.get(&server, &link).await;
        let csrf = page.hidden("csrf").unwrap_or_default();
        let form = [("csrf", csrf.as_str()), ("new_password", password)];
        browser.send(&server, Method::POST, &link, Some(&form)).await
    };
    let weak = send(&browser, "alice123").await;
    assert!(weak.body.contains("little more than a name"), "{}", weak.body);
    let forged = [("csrf", "forged"), ("new_password", "somebody else chose this")];
    let shown = browser.send(&server, Method::POST, &link, Some(&forged)).await;
    assert!(shown.body.contains("Choose a password"), "nothing is used up: {}", shown.body);
    let done = send(&browser, "quite another phrase").await;
    assert!(done.status == 200 && done.body.contains("Your password is set"), "{}", done.body);
    assert!(browser.cookie("session").is_none(), "a link signs nobody in");
    let again = send(&browser, "yet another phrase").await;
    assert!(again.status == 410 && again.body.contains("does not work any more"), "{}", again.body);
    before.ask(&server, &authorize_query("app", "read")).await.asks_to_sign_in();
    let page = browser.get(&server, "/-/sign-in").await;
    assert_eq!(browser.sign_in(&server, &page, "alice", "quite another phrase").await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_ends_and_belongs_to_its_realm() {
    let server = by_mail().await;
    ask(&server, &Browser::default(), "alice").await;
    let link = mails(&server).await[0].1.clone().unwrap();
    assert_eq!(Browser::default().get(&server, &link).await.status, 200);
    for broken in ["/-/link", "/-/link?link=", "/-/link?link=cvl_x", &link[..link.len() - 4]] {
        assert_eq!(Browser::default().get(&server, broken).await.status, 410, "{broken}");
    }
    server.store.disable_user("test", "u1", true, server.now(), server.now()).await.unwrap();
    assert_eq!(Browser::default().get(&server, &link).await.status, 410);
    server.store.disable_user("test", "u1", false, server.now(), server.now()).await.unwrap();
    server.pass(3600);
    assert_eq!(Browser::default().get(&server, &link).await.status, 410);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_theirs_when_they_have_followed_its_link() {
    let server = by_mail().await;
    let browser = signed_in(&server).await;
    let change = async |email: &str| {
        let page = browser.get(&server, PAGE).await;
        let csrf = page.hidden("csrf").unwrap();
        let form = [("csrf", csrf.as_str()), ("email", "1"), ("new_email", email)];
        browser.send(&server, Method::POST, PAGE, Some(&form)).await.header("location").to_owned()
    };
    assert_eq!(change("no address").await, "/account/security?said=email_wrong");
    assert_eq!(change("new@example.com").await, "/account/security?said=email_sent");
    let (to, link) = mails(&server).await[0].clone();
    assert_eq!(to, "new@example.com");
    let email = async || server.store.user("test", "u1").await.unwrap().unwrap().user.email.unwrap();
    assert_eq!(email().await, "alice@example.com", "not yet");
    let other = Browser::default();
    let page = other.get(&server, &link.clone().unwrap()).await;
    assert!(page.body.contains("Is this your address?") && page.body.contains("new@example.com"), "{}", page.body);
    let csrf = page.hidden("csrf").unwrap();
    let done = other.send(&server, Method::POST, &link.unwrap(), Some(&[("csrf", csrf.as_str())])).await;
    assert!(done.body.contains("Your address is changed"), "{}", done.body);
    assert_eq!(email().await, "new@example.com");
    let told = mails(&server).await;
    assert!(told.contains(&("alice@example.com".to_owned(), None)), "the old one hears of it: {told:?}");
}
