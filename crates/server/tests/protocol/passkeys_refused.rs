//! Answers of passkeys that answer nothing, and where another one's is tried.

use super::passkeys::{PAGE, follow, half_way, policy, query, send, set_up, set_up_page, show, started, with_passkey};
use crate::common::authenticator::{Authenticator, PRESENT, VERIFIED};
use crate::common::{Browser, Reply, Server, client, user};
use claviger_core::jose::base64url;
use claviger_core::sign_in::{Demand, FactorKind};
use claviger_store::AuditFilter;
use reqwest::Method;

const SIGN_IN: &str = "/-/sign-in";

/// What an authenticator or a browser does otherwise.
type Change = fn(&mut Authenticator);

/// Asserts that an answer on the sign-in page lets nobody in, and that the page says so in the same words as ever.
async fn refused(browser: &Browser, server: &Server, reply: Reply) {
    assert_eq!(reply.status, 303, "{}", reply.body);
    let page = follow(browser, server, reply).await;
    page.is_html();
    assert!(page.body.contains("That passkey does not work here."), "{}", page.body);
    assert!(browser.cookie("session").is_none());
}

/// A new browser in front of the sign-in page.
async fn in_front(server: &Server) -> (Browser, Reply) {
    let browser = Browser::default();
    let page = browser.ask(server, &query()).await;
    (browser, page)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_answers_something_else_lets_nobody_in() {
    let server = started(Demand::Optional).await;
    let (_, mut key) = with_passkey(&server).await;
    let changes: [(&str, Change); 6] = [
        ("wrong origin", |key| key.origin = Some("https://evil.example".into())),
        ("another port", |key| key.origin = Some("http://localhost:1".into())),
        ("wrong rp id", |key| key.party = Some("evil.example".into())),
        ("wrong challenge", |key| key.challenge = Some(base64url(&[7; 32]))),
        ("nobody known", |key| key.flags = PRESENT),
        ("nobody there", |key| key.flags = 0),
    ];
    for (name, change) in changes {
        change(&mut key);
        let (browser, page) = in_front(&server).await;
        let reply = show(&browser, &server, &page, &mut key).await;
        println!("{name}");
        refused(&browser, &server, reply).await;
        (key.origin, key.party, key.challenge, key.flags) = (None, None, None, PRESENT | VERIFIED);
    }
    // Whose it is, it must say itself, and rightly.
    for handle in [None, Some(claviger_core::webauthn::user_handle("test", "u2"))] {
        let right = std::mem::replace(&mut key.user_handle, handle);
        let (browser, page) = in_front(&server).await;
        let reply = show(&browser, &server, &page, &mut key).await;
        refused(&browser, &server, reply).await;
        key.user_handle = right;
    }
    // One that nobody has, also with the id of one that somebody has.
    for id in [vec![9; 32], key.id.clone()] {
        let mut unknown = Authenticator { id, user_handle: key.user_handle.clone(), ..Authenticator::new() };
        let (browser, page) = in_front(&server).await;
        let reply = show(&browser, &server, &page, &mut unknown).await;
        refused(&browser, &server, reply).await;
    }
    let (browser, page) = in_front(&server).await;
    let answer = show(&browser, &server, &page, &mut key).await;
    browser.carry_on(&server, answer).await.code();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_good_once_in_one_browser_for_minutes() {
    let server = started(Demand::Optional).await;
    let (_, mut key) = with_passkey(&server).await;
    // Once.
    let (browser, page) = in_front(&server).await;
    let answer = key.get(&page, &server.realm.issuer);
    let form = [("act", "passkey"), ("passkey", answer.as_str())];
    send(&browser, &server, SIGN_IN, &page, &form).await;
    let session = browser.cookie("session");
    assert!(session.is_some());
    let again = send(&browser, &server, SIGN_IN, &page, &form).await;
    let again = follow(&browser, &server, again).await;
    assert!(again.body.contains("Please sign in once more") || browser.cookie("session") == session, "{}", again.body);
    assert_eq!(browser.cookie("session"), session, "no second session came of it");
    // Another browser's.
    let (_, page) = in_front(&server).await;
    let (other, own) = in_front(&server).await;
    let answer = key.get(&page, &server.realm.issuer);
    let (ceremony, csrf, pending) =
        (page.hidden("ceremony").unwrap(), own.hidden("csrf").unwrap(), own.hidden("pending").unwrap());
    let form =
        [("act", "passkey"), ("passkey", &answer), ("ceremony", &ceremony), ("csrf", &csrf), ("pending", &pending)];
    let reply = other.send(&server, Method::POST, SIGN_IN, Some(&form)).await;
    let reply = follow(&other, &server, reply).await;
    assert!(reply.body.contains("Please sign in once more"), "{}", reply.body);
    assert!(other.cookie("session").is_none());
    // Ten minutes later.
    let (late, page) = in_front(&server).await;
    let answer = key.get(&page, &server.realm.issuer);
    server.pass(601);
    let reply = send(&late, &server, SIGN_IN, &page, &[("act", "passkey"), ("passkey", &answer)]).await;
    follow(&late, &server, reply).await;
    assert!(late.cookie("session").is_none());
    // A question of one kind answers none of another kind.
    let (half, page) = half_way(&server).await;
    let (_, first) = in_front(&server).await;
    let answer = key.get(&page, &server.realm.issuer);
    let (ceremony, csrf) = (page.hidden("ceremony").unwrap(), page.hidden("csrf").unwrap());
    let pending = page.hidden("pending").unwrap();
    let form =
        [("act", "passkey"), ("passkey", &answer), ("ceremony", &ceremony), ("csrf", &csrf), ("pending", &pending)];
    half.send(&server, Method::POST, SIGN_IN, Some(&form)).await;
    assert!(half.cookie("session").is_none(), "what is asked beside the password signs nobody in");
    drop(first);
    // And the form is of this browser and site, as any.
    let (browser, page) = in_front(&server).await;
    let answer = key.get(&page, &server.realm.issuer);
    let (ceremony, pending) = (page.hidden("ceremony").unwrap(), page.hidden("pending").unwrap());
    let form = [
        ("act", "passkey"),
        ("passkey", answer.as_str()),
        ("ceremony", &ceremony),
        ("csrf", "x"),
        ("pending", &pending),
    ];
    browser.send(&server, Method::POST, SIGN_IN, Some(&form)).await;
    assert!(browser.cookie("session").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_send_one_answer_one_is_signed_in() {
    let server = started(Demand::Optional).await;
    let mut key = Authenticator { counter: None, ..Authenticator::new() };
    set_up(&Browser::default(), &server, &mut key, "").await;
    let (browser, page) = in_front(&server).await;
    let answer = key.get(&page, &server.realm.issuer);
    let form = [("act", "passkey"), ("passkey", answer.as_str())];
    let sent: Vec<_> = (0..8).map(|_| send(&browser, &server, SIGN_IN, &page, &form)).collect();
    let replies = futures_util::future::join_all(sent).await;
    let began = replies.iter().filter(|reply| {
        reply.headers.get_all("set-cookie").iter().any(|one| one.to_str().unwrap().contains("session="))
    });
    assert_eq!(began.count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_counter_that_went_back_is_refused_and_told() {
    let server = started(Demand::Optional).await;
    let (_, mut key) = with_passkey(&server).await;
    key.counter = Some(10);
    let (browser, page) = in_front(&server).await;
    show(&browser, &server, &page, &mut key).await;
    assert!(browser.cookie("session").is_some());
    for counter in [10, 3] {
        // The copy shows what the other has shown, or less.
        key.counter = Some(counter);
        let (browser, page) = in_front(&server).await;
        let reply = show(&browser, &server, &page, &mut key).await;
        refused(&browser, &server, reply).await;
    }
    let (half, page) = half_way(&server).await;
    key.counter = Some(10);
    let answer = key.get(&page, &server.realm.issuer);
    let reply = send(&half, &server, PAGE, &page, &[("act", "passkey"), ("passkey", &answer)]).await;
    assert!(reply.header("location").contains("problem=passkey"), "{}", reply.header("location"));
    let page = follow(&half, &server, reply).await;
    assert!(page.body.contains("The passkey did not work."), "{}", page.body);
    let lines = server.store.audit_lines(&AuditFilter::default(), i64::MAX, 9).await.unwrap();
    let told: Vec<_> =
        lines.iter().map(|line| (line.act.as_str(), line.subject.as_str(), line.actor.as_deref())).collect();
    assert_eq!(told, [("user.passkey-copied", "u1", Some("127.0.0.1")); 3]);
    assert!(lines[0].before.as_deref().unwrap().contains("\"counter\":11"), "{:?}", lines[0]);
    assert!(lines[0].after.as_deref().unwrap().contains("\"counter\":11"), "{:?}", lines[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_realm_of_the_same_host_takes_no_passkey_of_this_one() {
    let server = started(Demand::Optional).await;
    let neighbour = server.neighbour(|realm| policy(realm, Demand::Optional)).await;
    neighbour.add_client(&client("app")).await;
    let (_, mut key) = with_passkey(&server).await;
    let other = with_passkey(&neighbour).await.1;
    assert_ne!(key.user_handle, other.user_handle, "the same id, and another name for authenticators");
    let (browser, page) = in_front(&neighbour).await;
    let reply = show(&browser, &neighbour, &page, &mut key).await;
    refused(&browser, &neighbour, reply).await;
    // Nor does a row that somebody copied from one to the other.
    let mut rows = server.store.factors("test", "u1").await.unwrap();
    rows.retain(|factor| factor.kind == FactorKind::Passkey);
    assert!(server.store.add_factors("neighbour", "u1", rows, 0, 0).await.unwrap());
    let (browser, page) = in_front(&neighbour).await;
    let reply = show(&browser, &neighbour, &page, &mut key).await;
    refused(&browser, &neighbour, reply).await;
    // The question of one realm is none of the other's.
    let (_, theirs) = in_front(&server).await;
    let (browser, page) = in_front(&neighbour).await;
    let answer = key.get(&theirs, &neighbour.realm.issuer);
    let (ceremony, csrf, pending) =
        (theirs.hidden("ceremony").unwrap(), page.hidden("csrf").unwrap(), page.hidden("pending").unwrap());
    let form =
        [("act", "passkey"), ("passkey", &answer), ("ceremony", &ceremony), ("csrf", &csrf), ("pending", &pending)];
    browser.send(&neighbour, Method::POST, SIGN_IN, Some(&form)).await;
    assert!(browser.cookie("session").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_is_its_users_alone() {
    let server = started(Demand::Optional).await;
    server.add_user(&user("u2", "bob")).await;
    let (_, mut key) = with_passkey(&server).await;
    // Bob sets up the same credential: it is Alice's.
    let browser = Browser::of("bob");
    let page = browser.get(&server, "/-/sign-in?to=security").await;
    let reply = browser.sign_in(&server, &page, "bob", crate::common::PASSWORD).await;
    follow(&browser, &server, reply).await;
    let page = set_up_page(&browser, &server).await;
    let (handle, answer) = (key.user_handle.clone(), key.create(&page, &server.realm.issuer));
    let reply = send(&browser, &server, PAGE, &page, &[("act", "set-up-passkey"), ("passkey", &answer)]).await;
    assert!(reply.header("location").contains("problem=passkey"), "{} {}", reply.status, reply.body);
    assert!(server.store.factors("test", "u2").await.unwrap().is_empty());
    // Alice's is none beside Bob's password.
    set_up(&browser, &server, &mut Authenticator::new(), "Bob's").await;
    let fresh = Browser::of("bob");
    let page = fresh.ask(&server, &query()).await;
    let page = fresh.get_past_sign_in(&server, page).await;
    key.user_handle = handle;
    let answer = key.get(&page, &server.realm.issuer);
    send(&fresh, &server, PAGE, &page, &[("act", "passkey"), ("passkey", &answer)]).await;
    assert!(fresh.cookie("session").is_none());
    // Nobody signs in who may not.
    server.store.disable_user("test", "u1", true, server.now(), server.now()).await.unwrap();
    let (browser, page) = in_front(&server).await;
    let reply = show(&browser, &server, &page, &mut key).await;
    refused(&browser, &server, reply).await;
    // What goes with a user goes.
    assert_eq!(server.store.factors("test", "u1").await.unwrap().len(), 11);
    server.store.delete_user("test", "u1", server.now(), server.now()).await.unwrap();
    assert!(server.store.factors("test", "u1").await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_and_huge_answers_are_refused() {
    let server = started(Demand::Optional).await;
    let (_, mut key) = with_passkey(&server).await;
    let (browser, page) = in_front(&server).await;
    let good = key.get(&page, &server.realm.issuer);
    let long = format!("{good}{}", " ".repeat(17_000));
    let cut = good[..good.len() - 10].to_owned();
    let odd = good.replace("\"signature\":\"", "\"signature\":\"AA");
    for answer in ["", "null", "{}", "[[[[[[[[", &long, &cut, &odd] {
        let reply = send(&browser, &server, SIGN_IN, &page, &[("act", "passkey"), ("passkey", answer)]).await;
        refused(&browser, &server, reply).await;
    }
    let body = format!("act=passkey&passkey={}", "x".repeat(2_000_000));
    let content_type = [("content-type", "application/x-www-form-urlencoded")];
    let huge = server.send(Method::POST, SIGN_IN, &content_type, body).await;
    assert_eq!(huge.status, 413, "{}", huge.body);
    // Nothing of that used the question up.
    let reply = send(&browser, &server, SIGN_IN, &page, &[("act", "passkey"), ("passkey", &good)]).await;
    browser.carry_on(&server, reply).await.code();

    // The same where one is set up.
    let (fresh, mut new) = (Browser::default(), Authenticator::new());
    let (half, asked) = half_way(&server).await;
    let answer = key.get(&asked, &server.realm.issuer);
    send(&half, &server, PAGE, &asked, &[("act", "passkey"), ("passkey", &answer)]).await;
    drop(fresh);
    let page = set_up_page(&half, &server).await;
    let good = new.create(&page, &server.realm.issuer);
    let mut value: serde_json::Value = serde_json::from_str(&good).unwrap();
    // {"authData": [[[[..., and a length that is not there.
    for object in [
        [b"\xa1\x68authData".as_slice(), &[0x81; 900]].concat(),
        b"\xa1\x68authData\x5a\xff\xff\xff\xff".to_vec(),
        vec![],
        vec![0xff; 900],
    ] {
        value["response"]["attestationObject"] = base64url(&object).into();
        let answer = value.to_string();
        let reply = send(&half, &server, PAGE, &page, &[("act", "set-up-passkey"), ("passkey", &answer)]).await;
        assert!(reply.header("location").contains("problem=passkey"), "{} {}", reply.status, reply.body);
    }
    for change in [("wrong origin", Some("https://evil.example"), None), ("wrong rp id", None, Some("evil.example"))] {
        let (name, origin, party) = change;
        let mut odd =
            Authenticator { origin: origin.map(Into::into), party: party.map(Into::into), ..Authenticator::new() };
        let answer = odd.create(&page, &server.realm.issuer);
        let reply = send(&half, &server, PAGE, &page, &[("act", "set-up-passkey"), ("passkey", &answer)]).await;
        assert!(reply.header("location").contains("problem=passkey"), "{name}");
    }
    assert_eq!(server.store.factors("test", "u1").await.unwrap().len(), 11);
    let reply = send(&half, &server, PAGE, &page, &[("act", "set-up-passkey"), ("passkey", &good)]).await;
    assert_eq!(reply.header("location"), "/account/security");
    // The same answer once more, after the passkey was removed, sets nothing up.
    let id = server
        .store
        .factors("test", "u1")
        .await
        .unwrap()
        .into_iter()
        .rfind(|one| one.kind == FactorKind::Passkey)
        .unwrap()
        .id;
    server.store.remove_factor("test", "u1", &id, server.now()).await.unwrap();
    send(&half, &server, PAGE, &page, &[("act", "set-up-passkey"), ("passkey", &good)]).await;
    assert_eq!(server.store.factors("test", "u1").await.unwrap().len(), 11);
}
