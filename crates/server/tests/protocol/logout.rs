//! Who hears that somebody signed out, and how: OpenID Connect Back-Channel Logout 1.0, Front-Channel Logout 1.0, Session
//! Management 1.0. An app that is called is a listener on this machine.

use crate::common::{Browser, CALLBACK, Folder, Reply, Server, authorize_query, claims, client, encode, with};
use claviger_core::Client;
use claviger_core::client::Logout;
use claviger_core::jose::{Algorithm, Typ, VerifyingKeys, verify_jwt};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const BYE: &str = "https://app.example/bye";

/// An app that waits for calls: what it was sent, and what it answers next (200 where nothing is left; 0: nothing at all).
struct App {
    uri: String,
    heard: Arc<Mutex<Vec<String>>>,
    answers: Arc<Mutex<Vec<u16>>>,
}

impl App {
    async fn answering(answers: &[u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let uri = format!("http://{}/logout?tenant=1", listener.local_addr().unwrap());
        let heard = Arc::new(Mutex::new(Vec::new()));
        let answers = Arc::new(Mutex::new(answers.iter().rev().copied().collect::<Vec<_>>()));
        let (log, next) = (Arc::clone(&heard), Arc::clone(&answers));
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let (log, next) = (Arc::clone(&log), Arc::clone(&next));
                tokio::spawn(async move {
                    let mut read = Vec::new();
                    while !is_whole(&read) {
                        if stream.read_buf(&mut read).await.unwrap() == 0 {
                            return;
                        }
                    }
                    log.lock().unwrap().push(String::from_utf8(read).unwrap());
                    let status = next.lock().unwrap().pop().unwrap_or(200);
                    if status == 0 {
                        tokio::time::sleep(Duration::from_mins(1)).await;
                    }
                    let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                    let _ = stream.write_all(answer.as_bytes()).await;
                });
            }
        });
        Self { uri, heard, answers }
    }

    fn calls(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    /// The logout tokens that it was sent, unverified.
    fn tokens(&self) -> Vec<String> {
        let body = |call: &String| call.split_once("\r\n\r\n").unwrap().1.to_owned();
        let token = |body: String| body.strip_prefix("logout_token=").unwrap().to_owned();
        self.calls().iter().map(body).map(token).collect()
    }

    /// Waits until it was called so often.
    async fn heard(&self, server: &Server, times: usize) {
        server.until(async || self.calls().len() >= times).await;
    }
}

fn is_whole(read: &[u8]) -> bool {
    let text = String::from_utf8_lossy(read);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    body.len() >= length.unwrap_or(0_usize)
}

/// A client that is called at `uri`.
fn called(id: &str, uri: &str) -> Client {
    let logout = Logout { backchannel_logout_uri: Some(uri.to_owned()), ..Logout::default() };
    Client { logout, post_logout_redirect_uris: vec![BYE.to_owned()], ..client(id) }
}

/// A client whose frame is loaded.
fn framed(id: &str) -> Client {
    let uri = Some("https://app.example/out?x=1".to_owned());
    let logout = Logout { frontchannel_logout_uri: uri, ..Logout::default() };
    Client { logout, post_logout_redirect_uris: vec![BYE.to_owned()], ..client(id) }
}

async fn started() -> (Server, Browser) {
    (Server::with(|realm| realm.requests.loopback = true).await, Browser::default())
}

fn logout(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<_> = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    format!("/logout?{}", encode(&pairs))
}

/// Signs out with a hint.
async fn sign_out(server: &Server, browser: &Browser, id_token: &str) -> Reply {
    let pairs = [("id_token_hint", id_token), ("post_logout_redirect_uri", BYE), ("state", "s &")];
    browser.get(server, &logout(&pairs)).await
}

/// What the store still has to say.
async fn waits(server: &Server) -> usize {
    server.store.due_parcels(claviger_store::LOGOUT_TOPIC, i64::MAX, 100).await.unwrap().len()
}

fn header(token: &str) -> Value {
    let head = token.split('.').next().unwrap();
    serde_json::from_slice(&claviger_core::jose::from_base64url(head).unwrap()).unwrap()
}

async fn keys(server: &Server) -> VerifyingKeys {
    let set = server.send(Method::GET, "/jwks", &[], "").await.body;
    VerifyingKeys::from_set(&serde_json::from_str(&set).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_is_called_with_a_logout_token_when_its_user_signs_out() {
    let (server, browser) = started().await;
    let (app, other) = (App::answering(&[]).await, App::answering(&[204]).await);
    server.add_client(&called("app", &app.uri)).await;
    server.add_client(&Client { id_token_signing: Some(Algorithm::Es256), ..called("other", &other.uri) }).await;
    server.add_client(&client("quiet")).await;
    let id_token = server.code_flow(&browser, "app", "openid").await.text("id_token");
    let again = server.code_flow(&browser, "app", "openid").await.text("id_token");
    let others = server.code_flow(&browser, "other", "openid").await.text("id_token");
    let quiet = server.code_flow(&browser, "quiet", "openid").await.text("id_token");
    let sid = claims(&id_token)["sid"].clone();
    assert_eq!(claims(&again)["sid"], sid);
    assert_ne!(claims(&others)["sid"], sid, "apps cannot tell that it is the same session");
    assert!(claims(&quiet).get("sid").is_none());

    let reply = sign_out(&server, &browser, &id_token).await;
    assert_eq!((reply.status.as_u16(), reply.header("location")), (303, "https://app.example/bye?state=s%20%26"));
    app.heard(&server, 1).await;
    other.heard(&server, 1).await;
    server.until(async || waits(&server).await == 0).await;

    let call = app.calls().remove(0).to_ascii_lowercase();
    assert!(call.starts_with("post /logout?tenant=1 http/1.1\r\n"), "{call}");
    assert!(call.contains("content-type: application/x-www-form-urlencoded\r\n"), "{call}");
    assert!(!call.contains("cookie:") && !call.contains("authorization:"), "{call}");
    let token = app.tokens().remove(0);
    assert_eq!((&header(&token)["typ"], &header(&token)["alg"]), (&json!("logout+jwt"), &json!("RS256")));
    let set = keys(&server).await;
    let read = verify_jwt(&token, &set, Some(Typ::Logout)).unwrap();
    let mut told: Value = serde_json::from_slice(&read.claims).unwrap();
    assert!(told["jti"].as_str().unwrap().len() >= 22);
    told.as_object_mut().unwrap().remove("jti");
    let seconds = server.now() / 1000;
    let expected = json!({
        "iss": server.realm.issuer, "aud": "app", "sub": "u1", "sid": sid, "iat": seconds, "exp": seconds + 120,
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
    });
    assert_eq!(told, expected, "and no nonce");
    let token = other.tokens().remove(0);
    assert_eq!(header(&token)["alg"], "ES256");
    assert_eq!(claims(&token)["sid"], claims(&others)["sid"]);
    assert_eq!(claims(&token)["aud"], "other");
    assert_eq!(app.calls().len(), 1, "once, however often it was signed in to");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logout_token_is_neither_a_hint_nor_an_access_token() {
    let (server, browser) = started().await;
    let app = App::answering(&[]).await;
    server.add_client(&called("app", &app.uri)).await;
    let id_token = server.code_flow(&browser, "app", "openid").await.text("id_token");
    sign_out(&server, &browser, &id_token).await;
    app.heard(&server, 1).await;
    let token = app.tokens().remove(0);
    browser.authorize(&server, &authorize_query("app", "openid")).await.code();
    let reply = sign_out(&server, &browser, &token).await;
    assert_eq!((reply.status.as_u16(), reply.header("location")), (200, ""), "it asks");
    assert_eq!(server.bearer(Method::GET, "/userinfo", &token).await.status, 401);
    assert!(!server.is_active("app", &token).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_is_out_of_order_is_called_again_and_holds_nobody_up() {
    let (server, browser) = started().await;
    let (silent, broken, refusing) =
        (App::answering(&[0]).await, App::answering(&[503, 302, 404]).await, App::answering(&[400]).await);
    for (id, app) in [("silent", &silent), ("broken", &broken), ("refusing", &refusing)] {
        server.add_client(&called(id, &app.uri)).await;
    }
    let mut id_token = String::new();
    for id in ["silent", "broken", "refusing"] {
        id_token = server.code_flow(&browser, id, "openid").await.text("id_token");
    }
    let begun = std::time::Instant::now();
    let reply = sign_out(&server, &browser, &id_token).await;
    assert_eq!(reply.status, 303);
    assert!(begun.elapsed() < Duration::from_secs(2), "the person waits for no app");
    for app in [&silent, &broken, &refusing] {
        app.heard(&server, 1).await;
    }
    // 400 is the last word; the others are called again, later each time.
    server.until(async || waits(&server).await == 2).await;
    for (pause, calls) in [(4, 1), (2, 2), (19, 2), (2, 3), (79, 3), (2, 4)] {
        server.pass(pause);
        broken.heard(&server, calls).await;
        tokio::time::sleep(Duration::from_millis(2_100)).await;
        assert_eq!(broken.calls().len(), calls, "after {pause} s");
    }
    silent.heard(&server, 2).await;
    server.until(async || waits(&server).await == 0).await;
    assert_eq!(refusing.calls().len(), 1);
    let ids: std::collections::HashSet<_> =
        broken.tokens().iter().map(|token| claims(token)["jti"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids.len(), 4, "each call has a token of its own");
    let fresh = claims(broken.tokens().last().unwrap());
    assert_eq!(fresh["iat"], server.now() / 1000, "none that has run out");
    assert!(broken.answers.lock().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_committed_is_said_after_a_restart() {
    let folder = Folder::new();
    let server = Server::at(&folder.url(), |realm| realm.requests.loopback = true).await;
    let (app, browser) = (App::answering(&[0]).await, Browser::default());
    server.add_client(&called("app", &app.uri)).await;
    let id_token = server.code_flow(&browser, "app", "openid").await.text("id_token");
    let sid = claims(&id_token)["sid"].clone();
    assert_eq!(sign_out(&server, &browser, &id_token).await.status, 303);
    app.heard(&server, 1).await;
    // The call is under way, and dies with its process.
    server.pass(6);
    let server = server.restart().await;
    app.heard(&server, 2).await;
    server.until(async || waits(&server).await == 0).await;
    assert_eq!(claims(&app.tokens()[1])["sid"], sid);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_servers_one_calls() {
    for url in [None, Some(claviger_testing::postgres::Cluster::shared().unwrap().fresh_database().unwrap())] {
        let folder = Folder::new();
        let url = url.unwrap_or_else(|| folder.url());
        let first = Server::at(&url, |realm| realm.requests.loopback = true).await;
        let second = first.beside().await;
        let third = second.beside().await;
        let (app, browser) = (App::answering(&[]).await, Browser::default());
        first.add_client(&called("app", &app.uri)).await;
        for n in 1..=5 {
            let id_token = first.code_flow(&browser, "app", "openid").await.text("id_token");
            assert_eq!(sign_out(&second, &browser, &id_token).await.status, 303);
            app.heard(&first, n).await;
        }
        first.until(async || waits(&third).await == 0).await;
        assert_eq!(app.calls().len(), 5, "each is said once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_end_of_a_session_is_said() {
    let (server, browser) = started().await;
    let app = App::answering(&[]).await;
    server.add_client(&called("app", &app.uri)).await;
    let sign_in = async |browser: &Browser| {
        let id_token = server.code_flow(browser, "app", "openid").await.text("id_token");
        claims(&id_token)["sid"].as_str().unwrap().to_owned()
    };
    let heard = async |times: usize| {
        app.heard(&server, times).await;
        claims(app.tokens().last().unwrap())["sid"].as_str().unwrap().to_owned()
    };
    // An operator ends it.
    let sid = sign_in(&browser).await;
    let sessions = server.store.list_sessions("test", &claviger_store::Of::default(), None, server.now(), 10).await;
    let ended: Vec<_> = sessions.unwrap().iter().map(|line| (line.session.hash, line.session.user.clone())).collect();
    assert_eq!(server.store.end_sessions_by_act("test", ended, server.now()).await.unwrap(), 1);
    assert_eq!(heard(1).await, sid);
    // The password is another one.
    let sid = sign_in(&browser).await;
    let hash = claviger_store::Masked(crate::common::password_hash().await);
    assert!(server.store.set_password("test", "u1", hash, server.now(), server.now()).await.unwrap());
    assert_eq!(heard(2).await, sid);
    // Somebody else signs in in the same browser; not so the same person once more.
    let sid = sign_in(&browser).await;
    let query = with(authorize_query("app", "openid"), "prompt", "login");
    server.pass(1);
    browser.authorize(&server, &query).await.code();
    server.add_user(&crate::common::user("u2", "bob")).await;
    server.pass(1);
    let page = browser.ask(&server, &query).await;
    browser.sign_in(&server, &page, "bob", crate::common::PASSWORD).await;
    app.heard(&server, 4).await;
    let heard_of: Vec<_> = app.tokens()[2..].iter().map(|token| claims(token)["sid"].clone()).collect();
    assert!(heard_of.contains(&json!(sid)) && heard_of[0] != heard_of[1], "both names of the session: {heard_of:?}");
    // The user is disabled.
    let other = Browser::of("bob");
    let sid = sign_in(&other).await;
    server.store.disable_user("test", "u2", true, server.now(), server.now()).await.unwrap();
    assert_eq!(heard(5).await, sid);
    assert_eq!(claims(app.tokens().last().unwrap())["sub"], "u2");
    // One who asks for no ID token has no session with the app.
    let plain = Browser::default();
    browser.forget_cookies();
    plain.authorize(&server, &authorize_query("app", "read")).await.code();
    assert!(server.store.end_sessions_of_user("test", "u1", server.now()).await.unwrap() > 0);
    server.until(async || waits(&server).await == 0).await;
    assert_eq!(app.calls().len(), 5);
    // Until it does, in the same session, however soon after.
    plain.authorize(&server, &authorize_query("app", "read")).await.code();
    plain.authorize(&server, &authorize_query("app", "openid")).await.code();
    assert_eq!(server.store.end_sessions_of_user("test", "u1", server.now()).await.unwrap(), 1);
    heard(6).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_addresses_that_may_be_called_are_called() {
    // Without `loopback` this machine is as private as any other.
    let server = Server::start().await;
    let (app, browser) = (App::answering(&[]).await, Browser::default());
    let uris = [app.uri.clone(), app.uri.replace("http://", "https://"), "https://10.0.0.1/".to_owned()];
    for (id, uri) in ["a", "b", "c"].into_iter().zip(&uris) {
        server.add_client(&called(id, uri)).await;
        let id_token = server.code_flow(&browser, id, "openid").await.text("id_token");
        assert_eq!(sign_out(&server, &browser, &id_token).await.status, 303);
    }
    server.until(async || waits(&server).await == 2).await;
    assert!(app.calls().is_empty());
    // Those that want to hear no more.
    for id in ["b", "c"] {
        server.store.put_client("test", &client(id), server.now()).await.unwrap();
    }
    let passing = async || {
        server.pass(1);
        waits(&server).await == 0
    };
    server.until(passing).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_signed_out_page_loads_a_frame_for_each_app_that_wants_one() {
    let (server, browser) = started().await;
    server.add_client(&framed("app")).await;
    server.add_client(&client("quiet")).await;
    let id_token = server.code_flow(&browser, "app", "openid").await.text("id_token");
    server.code_flow(&browser, "quiet", "openid").await;
    let page = sign_out(&server, &browser, &id_token).await;
    assert_eq!((page.status.as_u16(), page.header("location")), (200, ""));
    assert_eq!(page.header("cache-control"), "no-store");
    let issuer = server.realm.issuer.replace(':', "%3A").replace('/', "%2F");
    let sid = claims(&id_token)["sid"].as_str().unwrap().to_owned();
    let body = crate::common::unescape(&page.body);
    assert_eq!(body.matches("<iframe").count(), 1);
    assert!(body.contains(&format!("src=\"https://app.example/out?x=1&iss={issuer}&sid={sid}\"")), "{body}");
    assert!(body.contains("sandbox=\"allow-scripts allow-same-origin allow-forms\""));
    let policy = page.header("content-security-policy");
    assert!(policy.contains("frame-src https://app.example; "), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{policy}");
    assert!(policy.contains("script-src 'self' 'sha256-"), "{policy}");
    // The way on is a link, which a script follows.
    assert!(body.contains("id=\"go-on\" href=\"https://app.example/bye?state=s%20%26\""), "{body}");
    assert!(body.contains("You are signed out") && body.contains("window.onload"), "{body}");
    browser.ask(&server, &authorize_query("app", "openid")).await.asks_to_sign_in();
    assert_eq!(waits(&server).await, 0);

    // Without a way back the page stays, and has no script of that kind.
    browser.authorize(&server, &authorize_query("app", "openid")).await.code();
    let page = browser.get(&server, &logout(&[("id_token_hint", &id_token)])).await;
    assert!(page.body.contains("<iframe") && !page.body.contains("window.onload"), "{}", page.body);
    assert!(!page.header("content-security-policy").contains("sha256"));
    // Whoever says no hears nothing; who signed in to nobody like that goes on at once.
    let id_token = server.code_flow(&browser, "quiet", "openid").await.text("id_token");
    let page = browser.get(&server, &logout(&[("id_token_hint", &id_token)])).await;
    assert!(!page.body.contains("<iframe") && !page.header("content-security-policy").contains("frame-src"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_says_the_state_of_the_session_and_the_frame_reads_it() {
    let (server, browser) = started().await;
    server.add_client(&client("app")).await;
    let answer = browser.authorize(&server, &authorize_query("app", "openid")).await.redirect_params();
    let state = browser.cookie("_state").unwrap();
    let of = |answer: &std::collections::HashMap<String, String>, state: &str| {
        let (hash, salt) = answer["session_state"].split_once('.').unwrap();
        let text = format!("app https://app.example {state} {salt}");
        hash == claviger_core::jose::base64url(&claviger_core::crypto::sha256(text.as_bytes()))
    };
    assert!(of(&answer, &state), "{answer:?}");
    // As long as the session is the same so is its state, with another salt; a silent look has it too.
    let silent = with(authorize_query("app", "openid"), "prompt", "none");
    let again = browser.ask(&server, &silent).await;
    assert!(of(&again.redirect_params(), &state) && again.headers.get("set-cookie").is_none(), "{again:?}");
    assert_ne!(again.redirect_params()["session_state"], answer["session_state"]);
    server.pass(1);
    // Signing in anew is another state, and signing out takes it away.
    browser.authorize(&server, &with(authorize_query("app", "openid"), "prompt", "login")).await.code();
    assert!(!of(&answer, &browser.cookie("_state").unwrap()));
    let page = browser.get(&server, "/logout").await;
    let csrf = page.hidden("csrf").unwrap();
    let out = browser.send(&server, Method::POST, "/logout", Some(&[("csrf", &csrf)])).await;
    assert_eq!((out.status.as_u16(), browser.cookie("_state")), (200, None));
    browser.ask(&server, &silent).await.sent_back(&server, "login_required");
    // Where the session ended by itself, a silent look says so.
    browser.authorize(&server, &authorize_query("app", "openid")).await.code();
    server.store.end_sessions_of_user("test", "u1", server.now()).await.unwrap();
    browser.ask(&server, &silent).await.sent_back(&server, "login_required");
    assert_eq!(browser.cookie("_state"), None);
    // Without `openid` there is no session to speak of.
    let plain = browser.authorize(&server, &authorize_query("app", "read")).await.redirect_params();
    assert!(!plain.contains_key("session_state"));

    let frame = server.send(Method::GET, "/check-session", &[], "").await;
    assert_eq!((frame.status.as_u16(), frame.header("content-type")), (200, "text/html; charset=utf-8"));
    assert_eq!(frame.header("x-frame-options"), "", "others frame this one page");
    let policy = frame.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; script-src 'sha256-") && !policy.contains("frame-ancestors"));
    assert!(frame.body.contains("data-cookie=\"claviger_test_state\""), "{}", frame.body);
    let refused = server.send(Method::POST, "/check-session", &[], "").await;
    assert_eq!((refused.status.as_u16(), refused.header("allow")), (405, "GET, HEAD"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_realm_without_the_frame_says_nothing_of_it() {
    use claviger_core::dialect::{Endpoint, Place};
    let server = Server::with(|realm| {
        realm.dialect.endpoints.at.insert(Endpoint::CheckSession, Place { served: false, ..Place::default() });
    })
    .await;
    server.add_client(&client("app")).await;
    let browser = Browser::default();
    let answer = browser.authorize(&server, &authorize_query("app", "openid")).await;
    assert!(answer.header("location").starts_with(CALLBACK));
    assert!(!answer.redirect_params().contains_key("session_state"));
    assert_eq!(browser.cookie("_state"), None);
    assert_eq!(server.send(Method::GET, "/check-session", &[], "").await.status, 404);
    let found = server.send(Method::GET, "/.well-known/openid-configuration", &[], "").await.json();
    assert!(found.get("check_session_iframe").is_none());
    for name in
        ["frontchannel_logout", "frontchannel_logout_session", "backchannel_logout", "backchannel_logout_session"]
    {
        assert_eq!(found[format!("{name}_supported")], true, "{name}");
    }
}
