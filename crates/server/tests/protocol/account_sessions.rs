//! Where somebody is signed in, what happened to their account, the licences that they hold, and their language.

use crate::common::{Browser, PASSWORD, Reply, Server, authorize_query, client, user};
use claviger_core::Client;
use claviger_core::client::Logout;
use claviger_core::realm::{Realm, SeatCount, SeatPool, SeatScope};
use claviger_core::sign_in::{Demand, SignInPolicy};
use claviger_core::span::Span;
use claviger_store::{LOGOUT_TOPIC, RememberedBrowser};
use reqwest::Method;

async fn started(adapt: impl FnOnce(&mut Realm)) -> Server {
    let server = Server::with(adapt).await;
    server.add_client(&client("app")).await;
    server
}

async fn signed_in(server: &Server) -> Browser {
    let browser = Browser::default();
    browser.authorize(server, &authorize_query("app", "openid read")).await.code();
    browser
}

async fn send(browser: &Browser, server: &Server, page: &Reply, path: &str, more: &[(&str, &str)]) -> Reply {
    let csrf = page.hidden("csrf").unwrap_or_else(|| panic!("no form: {}", page.body));
    let form: Vec<(&str, &str)> = [("csrf", csrf.as_str())].into_iter().chain(more.iter().copied()).collect();
    browser.send(server, Method::POST, path, Some(&form)).await
}

fn ids(page: &Reply, button: &str) -> Vec<String> {
    let mark = format!("name=\"{button}\" value=\"");
    let parts = page.body.split(&mark).skip(1);
    parts.map(|part| part.split('"').next().unwrap().to_owned()).collect()
}

async fn count(server: &Server) -> usize {
    server.store.sessions_of_user("test", "u1", server.now(), 100).await.unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_browser_is_shown_in_words_and_ends_alone_or_with_all_others() {
    let server = started(|_| {}).await;
    let logout = Logout { backchannel_logout_uri: Some("https://app.example/bye".into()), ..Logout::default() };
    server.add_client(&Client { logout, ..client("told") }).await;
    let (here, there, third) = (signed_in(&server).await, signed_in(&server).await, signed_in(&server).await);
    there.authorize(&server, &authorize_query("told", "openid read")).await.code();
    let page = here.get(&server, "/account/sessions").await;
    page.is_html();
    assert_eq!(page.body.matches("This browser").count(), 1, "{}", page.body);
    assert!(page.body.contains("127.0.0.1") && page.body.contains("2027-01-15 08:00 UTC"), "{}", page.body);
    let others = ids(&page, "end");
    assert_eq!(others.len(), 2, "one's own is ended by signing out");

    let told = server.store.sessions_of_user("test", "u1", server.now(), 10).await.unwrap();
    let hash = claviger_core::crypto::sha256(there.cookie("session").unwrap().as_bytes());
    let name = claviger_store::session_name(&told.iter().find(|one| one.session.hash == hash).unwrap().session.hash);
    let done = send(&here, &server, &page, "/account/sessions", &[("end", &name)]).await;
    assert_eq!(done.header("location"), "/account/sessions?said=ended");
    there.ask(&server, &authorize_query("app", "openid read")).await.asks_to_sign_in();
    third.ask(&server, &authorize_query("app", "openid read")).await.code();
    // The app that wants to hear of it is called, as where somebody signs out by themself.
    let parcels = server.store.list_parcels(LOGOUT_TOPIC, None, 10).await.unwrap();
    assert_eq!(parcels.len(), 1, "{parcels:?}");
    let again = send(&here, &server, &page, "/account/sessions", &[("end", &name)]).await;
    assert_eq!(again.status, 404);

    let done = send(&here, &server, &page, "/account/sessions", &[("others", "1")]).await;
    assert_eq!(done.header("location"), "/account/sessions?said=others_ended");
    assert_eq!(count(&server).await, 1);
    here.ask(&server, &authorize_query("app", "openid read")).await.code();
    third.ask(&server, &authorize_query("app", "openid read")).await.asks_to_sign_in();
    let page = here.get(&server, "/account/activity").await;
    assert_eq!(page.body.matches("Signed out elsewhere").count(), 2, "{}", page.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_users_browser_is_not_there() {
    let server = started(|realm| {
        realm.sign_in = SignInPolicy {
            second_factor: Demand::Optional,
            remember_browser_ttl: Span::seconds(86_400),
            ..SignInPolicy::default()
        };
    })
    .await;
    server.add_user(&user("u2", "bob")).await;
    let alice = signed_in(&server).await;
    let bob = Browser::of("bob");
    bob.authorize(&server, &authorize_query("app", "openid read")).await.code();
    let row = |hash: u8| RememberedBrowser {
        hash: [hash; 32],
        name: "Firefox, Linux".into(),
        created_at: server.now(),
        used_at: server.now(),
        expires_at: server.now() + 1_000_000,
    };
    server.store.remember_browser("test", "u1", row(1)).await.unwrap();
    server.store.remember_browser("test", "u2", row(2)).await.unwrap();
    let elsewhere = signed_in(&server).await;
    let page = alice.get(&server, "/account/sessions").await;
    let (end, forget) = (ids(&page, "end").remove(0), ids(&page, "forget").remove(0));
    let of_bob = bob.get(&server, "/account/sessions").await;
    for button in [("end", end.as_str()), ("forget", forget.as_str()), ("end", "nothing"), ("forget", "AAAA")] {
        let reply = send(&bob, &server, &of_bob, "/account/sessions", &[button]).await;
        assert_eq!(reply.status, 404, "{button:?}");
    }
    elsewhere.ask(&server, &authorize_query("app", "openid read")).await.code();
    let of_another_browser = send(&alice, &server, &of_bob, "/account/sessions", &[("others", "1")]).await;
    assert_eq!(of_another_browser.header("location"), "/account/sessions?said=again");
    assert_eq!(count(&server).await, 2);
    let done = send(&alice, &server, &page, "/account/sessions", &[("forget", &forget)]).await;
    assert_eq!(done.header("location"), "/account/sessions?said=forgotten");
    assert!(server.store.remembered_browsers("test", "u1", server.now()).await.unwrap().is_empty());
    assert_eq!(server.store.remembered_browsers("test", "u2", server.now()).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_sign_ins_are_told_and_push_nothing_else_out() {
    let server = started(|_| {}).await;
    let browser = signed_in(&server).await;
    let guesser = Browser::default();
    for _ in 0..3 {
        let page = guesser.get(&server, "/-/sign-in").await;
        guesser.sign_in(&server, &page, "alice", "wrong").await;
        guesser.sign_in(&server, &page, "nobody", "wrong").await;
    }
    server.until(async || server.store.activity("test", "u1", None, 100).await.unwrap().len() == 5).await;
    let page = browser.get(&server, "/account/activity").await;
    assert_eq!(page.body.matches("A sign-in was refused").count(), 3, "{}", page.body);
    for n in 0..200_u8 {
        let kind = if n < 100 { claviger_store::ActivityKind::Refused } else { claviger_store::ActivityKind::SignedIn };
        let mut id = [0xf0; 16];
        id[15] = n;
        let (realm, user, about) = ("test".to_owned(), "u1".to_owned(), String::new());
        let (browser, address, at) = (String::new(), String::new(), server.now());
        let activity = claviger_store::Activity { id, realm, user, kind, about, browser, address, at };
        server.store.note_activity(None, Some(activity)).await.unwrap();
    }
    let kept = server.store.activity("test", "u1", None, 1000).await.unwrap();
    let refused = kept.iter().filter(|line| line.kind == "refused").count();
    assert_eq!((refused, kept.len()), (20, 120), "bounded for each user");
    let first = browser.get(&server, "/account/activity").await;
    let next = first.body.split("/account/activity?before=").nth(1).unwrap().split('"').next().unwrap();
    let second = browser.get(&server, &format!("/account/activity?before={next}")).await;
    assert!(second.status == 200 && second.body.contains("<time"), "{}", second.body);
    server.store.purge(server.now() + 366 * 86_400_000, 1000).await.unwrap();
    assert!(server.store.activity("test", "u1", None, 1000).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_licence_is_given_back_by_its_holder_alone() {
    let server = started(|realm| {
        let pool = SeatPool { name: "full".into(), size: 2, count: SeatCount::User, per: SeatScope::Realm };
        realm.seat_pools.push(pool);
        realm.scopes.iter_mut().find(|scope| scope.name == "write").unwrap().seat = Some("full".into());
    })
    .await;
    server.add_user(&user("u2", "bob")).await;
    let (alice, bob) = (Browser::default(), Browser::of("bob"));
    let tokens = server.code_flow(&alice, "app", "write").await;
    server.code_flow(&bob, "app", "write").await;
    let page = alice.get(&server, "/account/licences").await;
    let keys = ids(&page, "release");
    assert_eq!(keys, ["full//u1"]);
    assert!(page.body.contains("App app"), "{}", page.body);
    let of_bob = bob.get(&server, "/account/licences").await;
    assert_eq!(send(&bob, &server, &of_bob, "/account/licences", &[("release", "full//u1")]).await.status, 404);
    assert_eq!(server.store.seats("test", server.now()).await.unwrap().len(), 2);
    let done = send(&alice, &server, &page, "/account/licences", &[("release", "full//u1")]).await;
    assert_eq!(done.header("location"), "/account/licences?said=released");
    let left = server.store.seats("test", server.now()).await.unwrap();
    assert_eq!((left.len(), left[0].holder.as_str()), (1, "u2"));
    server.refresh("app", &tokens.text("refresh_token")).await.refused(400, "invalid_grant");
    assert!(alice.get(&server, "/account/licences").await.body.contains("You hold no licence"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_language_is_kept_for_the_user_and_for_the_browser() {
    let server = started(|realm| realm.languages = vec!["en".into(), "de".into()]).await;
    let browser = signed_in(&server).await;
    let home = browser.get(&server, "/account").await;
    home.is_html();
    assert!(home.body.contains("lang=\"en\"") && home.body.contains("Deutsch"), "{}", home.body);
    for below in ["apps", "sessions", "activity", "licences", "security", "data"] {
        let link = format!("href=\"/account/{below}\"");
        assert!(home.body.contains(&link), "{link}: {}", home.body);
    }
    assert_eq!(send(&browser, &server, &home, "/account/language", &[("language", "fr")]).await.status, 404);
    let done = send(&browser, &server, &home, "/account/language", &[("language", "de")]).await;
    assert_eq!(done.header("location"), "/account?said=language");
    assert!(browser.get(&server, "/account").await.body.contains("<html lang=\"de\""));
    let stored = server.store.user("test", "u1").await.unwrap().unwrap().user;
    assert_eq!(stored.details.claims["locale"], "de");
    // Before anybody is signed in, this browser goes on in it; another one does after the sign-in.
    let stays = browser.get(&server, "/-/sign-in?to=apps").await;
    assert!(stays.body.contains("<html lang=\"de\""), "{}", stays.body);
    let other = signed_in(&server).await;
    assert!(other.get(&server, "/account").await.body.contains("<html lang=\"de\""));
    assert_eq!(other.cookie("language").as_deref(), Some("de"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_signed_in_comes_back_to_the_page_they_wanted() {
    let server = started(|_| {}).await;
    let browser = Browser::default();
    let page = browser.get(&server, "/-/sign-in").await;
    assert!(page.body.contains("href=\"/account\""), "{}", page.body);
    for tail in ["", "/apps", "/sessions", "/activity", "/licences", "/data"] {
        let name = if tail.is_empty() { "account" } else { &tail[1..] };
        let reply = browser.get(&server, &format!("/account{tail}")).await;
        assert_eq!((reply.status.as_u16(), reply.header("location")), (303, &*format!("/-/sign-in?to={name}")));
    }
    let page = browser.get(&server, "/-/sign-in?to=sessions").await;
    let (csrf, to) = (page.hidden("csrf").unwrap(), page.hidden("to").unwrap());
    let form = [("csrf", csrf.as_str()), ("to", to.as_str()), ("username", "alice"), ("password", PASSWORD)];
    let reply = browser.send(&server, Method::POST, "/-/sign-in", Some(&form)).await;
    assert_eq!(reply.header("location"), "/account/sessions");
    let signed = browser.get(&server, "/-/sign-in").await;
    assert!(signed.body.contains("href=\"/account\""), "{}", signed.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_of_one_realm_opens_nothing_of_another() {
    let server = started(|_| {}).await;
    let mut other = crate::common::realm(&server.address.to_string());
    (other.id, other.issuer) = ("other".into(), format!("http://{}/other", server.address));
    server.store.put_realm(&other, server.now()).await.unwrap();
    server.store.put_user("other", &user("u1", "alice"), None, server.now()).await.unwrap();
    let browser = signed_in(&server).await;
    let cookies = ["session", "browser"].map(|part| browser.cookie(part).unwrap());
    let header = format!("claviger_other_session={}; claviger_other_browser={}", cookies[0], cookies[1]);
    let reply = server.send(Method::GET, "/other/account", &[("cookie", &header)], "").await;
    assert_eq!(reply.header("location"), "/other/-/sign-in?to=account");
    assert_eq!(browser.get(&server, "/account").await.status, 200);
}
