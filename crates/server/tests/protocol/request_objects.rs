//! Request objects (RFC 9101, OpenID Connect Core 6): by value and by reference, signed and not.

use crate::common::{Browser, CALLBACK, CHALLENGE, Reply, Server, authorize_query, client, with};
use claviger_core::Client;
use claviger_core::client::{Registered, Requests};
use claviger_core::jose::{Algorithm, JwkSet, SigningKey, Typ, base64url};
use claviger_core::request_object::ObjectAlgorithm;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

pub fn key(kid: &str, algorithm: Algorithm) -> SigningKey {
    let der = SigningKey::generate(algorithm).unwrap();
    SigningKey::from_pkcs8(algorithm, Some(kid), der.expose()).unwrap()
}

pub fn jwks(key: &SigningKey) -> JwkSet {
    JwkSet { keys: vec![key.public_jwk().clone()] }
}

/// The claims of a good request object, with some changed.
#[expect(clippy::needless_pass_by_value, reason = "it is written where it is passed")]
pub(crate) fn object(server: &Server, change: Value) -> Value {
    let mut claims = json!({
        "iss": "app", "aud": server.realm.issuer, "client_id": "app", "exp": server.now() / 1000 + 60,
        "response_type": "code", "redirect_uri": CALLBACK, "scope": "openid read", "state": "a state & more",
        "nonce": "n", "code_challenge": CHALLENGE, "code_challenge_method": "S256"
    });
    for (name, value) in change.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
}

pub(crate) fn sign(key: &SigningKey, claims: &Value) -> String {
    key.sign_jwt(Typ::Jwt, &serde_json::to_vec(claims).unwrap()).unwrap()
}

pub(crate) fn unsigned(claims: &Value) -> String {
    format!("{}.{}.", base64url(br#"{"alg":"none"}"#), base64url(claims.to_string().as_bytes()))
}

pub(crate) fn query(name: &str, value: &str) -> Vec<(String, String)> {
    [("client_id", "app"), (name, value)].map(|(n, v)| (n.to_owned(), v.to_owned())).to_vec()
}

async fn started(requests: Requests) -> (Server, Browser, SigningKey) {
    let server = Server::with(|realm| realm.requests.loopback = true).await;
    let key = key("k1", Algorithm::Es256);
    server.add_client(&Client { jwks: Some(jwks(&key)), requests, ..client("app") }).await;
    (server, Browser::default(), key)
}

/// What the parameters beside the object would say.
pub(crate) fn beside(object: &str) -> Vec<(String, String)> {
    with(authorize_query("app", "openid read"), "request", object)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_request_is_served_by_what_is_inside_alone() {
    let (server, browser, key) = started(Requests::default()).await;
    let text = sign(&key, &object(&server, json!({})));
    let answer = browser.authorize(&server, &query("request", &text)).await;
    assert_eq!(answer.redirect_params()["state"], "a state & more");
    assert_eq!(server.redeem("app", &answer.code()).await.status, 200);
    // What stands outside does not count, neither to widen nor to redirect.
    let text = sign(&key, &object(&server, json!({ "scope": "openid" })));
    let outside = with(with(beside(&text), "redirect_uri", "https://evil.example/"), "scope", "openid read write");
    let answer = browser.authorize(&server, &with(outside, "state", "outside")).await;
    assert_eq!(answer.redirect_params()["state"], "a state & more");
    let tokens = server.redeem("app", &answer.code()).await;
    assert_eq!(server.introspect("app", &tokens.text("access_token")).await.json()["scope"], "openid");
    // What is wrong inside is refused as everywhere.
    let text = sign(&key, &object(&server, json!({ "scope": "unheard-of", "response_mode": "fragment" })));
    let reply = browser.ask(&server, &query("request", &text)).await;
    reply.sent_back(&server, "invalid_scope");
    assert!(reply.header("location").contains('#'));
    let text = sign(&key, &object(&server, json!({ "redirect_uri": "https://evil.example/" })));
    browser.ask(&server, &query("request", &text)).await.is_page();
}

fn refused(server: &Server, reply: &Reply) {
    reply.sent_back(server, "invalid_request_object");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_issuer_audience_time_key_or_algorithm_is_refused() {
    let (server, browser, key_of_app) = started(Requests::default()).await;
    let now = server.now() / 1000;
    for change in [
        json!({ "iss": "other" }),
        json!({ "client_id": "other" }),
        json!({ "aud": "https://other.example" }),
        json!({ "exp": now }),
        json!({ "nbf": now + 600 }),
        json!({ "sub": "app" }),
        json!({ "request": "x" }),
        json!({ "request_uri": "https://app.example/r" }),
        json!({ "response_type": "code token" }),
    ] {
        let text = sign(&key_of_app, &object(&server, change.clone()));
        refused(&server, &browser.ask(&server, &beside(&text)).await);
        // Where what is beside it is no place for an answer, it is a page.
        let nowhere = with(beside(&text), "redirect_uri", "https://evil.example/");
        browser.ask(&server, &nowhere).await.is_page();
        // The client has one redirect URI only, so that none need be named.
        let alone = browser.ask(&server, &with(query("request", &text), "response_type", "code")).await;
        assert_eq!(alone.redirect_params()["error"], "invalid_request_object");
    }
    let good = object(&server, json!({}));
    let other = key("k1", Algorithm::Es256);
    let rsa = key("k1", Algorithm::Rs256);
    let unnamed = key("k9", Algorithm::Es256);
    let claims = serde_json::to_vec(&good).unwrap();
    let confused = format!("{}.{}.AAAA", base64url(br#"{"alg":"HS256","kid":"k1"}"#), base64url(&claims));
    let texts = [
        sign(&other, &good),
        sign(&rsa, &good),
        sign(&unnamed, &good),
        unsigned(&good),
        confused,
        key_of_app.sign_jwt(Typ::AccessToken, &claims).unwrap(),
        key_of_app.sign_jwt(Typ::Logout, &claims).unwrap(),
        "x.y.z".to_owned(),
        "x".to_owned(),
    ];
    for text in texts {
        refused(&server, &browser.ask(&server, &beside(&text)).await);
    }
    // A client without keys signs nothing; what it sends unsigned says no more than parameters do (OpenID Connect Core 6.1).
    server.add_client(&client("keyless")).await;
    let plain = unsigned(&json!({ "client_id": "keyless", "scope": "openid" }));
    let good = with(beside(&plain), "client_id", "keyless");
    browser.authorize(&server, &good).await.code();
    browser.ask(&server, &with(good, "redirect_uri", "https://app.example/elsewhere")).await.is_page();
    let text = sign(&key_of_app, &object(&server, json!({ "iss": "keyless", "client_id": "keyless" })));
    refused(&server, &browser.ask(&server, &with(beside(&text), "client_id", "keyless")).await);
    // An own ID token is no request.
    let id_token = server.code_flow(&browser, "app", "openid").await.text("id_token");
    refused(&server, &browser.ask(&server, &beside(&id_token)).await);
    let twice = crate::common::plus(beside("x"), "request", "x");
    let reply = browser.ask(&server, &twice).await;
    assert_eq!(reply.redirect_params()["error"], "invalid_request");
    let both = crate::common::plus(beside("x"), "request_uri", "https://app.example/r");
    refused(&server, &browser.ask(&server, &both).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unsigned_request_is_for_clients_that_are_registered_so_and_adds_to_what_is_outside() {
    let none = Requests { request_object_signing_alg: Some(ObjectAlgorithm::None), ..Requests::default() };
    let (server, browser, key) = started(none).await;
    let text = unsigned(&json!({ "client_id": "app", "scope": "openid", "max_age": 0 }));
    let page = browser.ask(&server, &beside(&text)).await;
    page.asks_to_sign_in();
    let answer = browser.carry_on(&server, page).await;
    let tokens = server.redeem("app", &answer.code()).await;
    assert_eq!(
        server.introspect("app", &tokens.text("access_token")).await.json()["scope"],
        "openid",
        "the inside wins"
    );
    server.pass(5);
    browser.ask(&server, &beside(&text)).await.asks_to_sign_in();
    // Who is registered for unsigned ones signs none, and the other way round.
    refused(&server, &browser.ask(&server, &beside(&sign(&key, &object(&server, json!({}))))).await);
    let only =
        Requests { request_object_signing_alg: Some(ObjectAlgorithm::Signed(Algorithm::Ps256)), ..Requests::default() };
    let (server, browser, key) = started(only).await;
    refused(&server, &browser.ask(&server, &beside(&sign(&key, &object(&server, json!({}))))).await);
    refused(&server, &browser.ask(&server, &beside(&unsigned(&object(&server, json!({}))))).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_registered_itself_and_named_no_algorithm_may_use_any() {
    let (server, browser, key) = started(Requests::default()).await;
    let text = unsigned(&object(&server, json!({})));
    refused(&server, &browser.ask(&server, &beside(&text)).await);
    let registered = Registered { self_registered: true, ..Registered::default() };
    let own = Client { registered, jwks: Some(jwks(&key)), ..client("own") };
    server.add_client(&own).await;
    let named = |text: &str| {
        let query = beside(text).into_iter();
        query.map(|(n, v)| if n == "client_id" { (n, "own".to_owned()) } else { (n, v) }).collect::<Vec<_>>()
    };
    let object = object(&server, json!({ "iss": "own", "client_id": "own" }));
    browser.authorize(&server, &named(&unsigned(&object))).await.code();
    browser.authorize(&server, &named(&sign(&key, &object))).await.code();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_must_sign_requests_signs_them() {
    let must = Requests { require_signed_request_object: true, ..Requests::default() };
    let (server, browser, key) = started(must).await;
    browser.ask(&server, &authorize_query("app", "openid read")).await.sent_back(&server, "invalid_request");
    browser.authorize(&server, &query("request", &sign(&key, &object(&server, json!({}))))).await.code();
    // The whole realm.
    let strict = Server::with(|realm| realm.requests.require_signed_request_object = true).await;
    strict.add_client(&Client { jwks: Some(jwks(&key)), ..client("app") }).await;
    browser.ask(&strict, &authorize_query("app", "openid")).await.sent_back(&strict, "invalid_request");
    Browser::default().authorize(&strict, &query("request", &sign(&key, &object(&strict, json!({}))))).await.code();
    let metadata = strict.send(reqwest::Method::GET, "/.well-known/openid-configuration", &[], "").await.json();
    assert_eq!(metadata["require_signed_request_object"], true);
    assert!(!metadata["request_object_signing_alg_values_supported"].as_array().unwrap().contains(&"none".into()));
}

/// A server of the client's: what it answers can be changed, and how often it was asked is counted.
pub struct Elsewhere {
    pub uri: String,
    pub answer: Arc<Mutex<String>>,
    pub calls: Arc<AtomicUsize>,
}

impl Elsewhere {
    pub async fn new(media: &'static str, body: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let uri = format!("http://{}/x", listener.local_addr().unwrap());
        let (answer, calls) = (Arc::new(Mutex::new(body)), Arc::new(AtomicUsize::new(0)));
        let (current, counter) = (Arc::clone(&answer), Arc::clone(&calls));
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                counter.fetch_add(1, Ordering::SeqCst);
                let _ = stream.read(&mut [0; 8192]).await;
                let body = current.lock().unwrap().clone();
                let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {media}\r\nconnection: close\r\n");
                let whole = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
                let _ = stream.write_all(whole.as_bytes()).await;
            }
        });
        Self { uri, answer, calls }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_lie_elsewhere_are_fetched_and_a_new_one_is_found() {
    let server = Server::with(|realm| realm.requests.loopback = true).await;
    let (first, second) = (key("k1", Algorithm::Es256), key("k2", Algorithm::Ps256));
    let set = |key: &SigningKey| serde_json::to_string(&jwks(key)).unwrap();
    let elsewhere = Elsewhere::new("application/json", set(&first)).await;
    server.add_client(&Client { jwks_uri: Some(elsewhere.uri.clone()), ..client("app") }).await;
    let browser = Browser::default();
    for _ in 0..3 {
        browser.authorize(&server, &query("request", &sign(&first, &object(&server, json!({}))))).await.code();
    }
    assert_eq!(elsewhere.calls.load(Ordering::SeqCst), 1);
    *elsewhere.answer.lock().unwrap() = set(&second);
    server.pass(61);
    browser.authorize(&server, &query("request", &sign(&second, &object(&server, json!({}))))).await.code();
    let unknown = key("k3", Algorithm::Es256);
    for _ in 0..5 {
        refused(&server, &browser.ask(&server, &beside(&sign(&unknown, &object(&server, json!({}))))).await);
    }
    assert_eq!(elsewhere.calls.load(Ordering::SeqCst), 2, "an unknown key asks once a minute");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_by_reference_is_fetched_from_a_registered_address_only() {
    let server = Server::with(|realm| realm.requests.loopback = true).await;
    let key = key("k1", Algorithm::EdDsa);
    let elsewhere = Elsewhere::new("application/oauth-authz-req+jwt", sign(&key, &object(&server, json!({})))).await;
    let page = Elsewhere::new("text/html", sign(&key, &object(&server, json!({})))).await;
    let request_uris = vec![elsewhere.uri.clone(), page.uri.clone(), "https://10.0.0.1/r".to_owned()];
    let requests = Requests { request_uris, ..Requests::default() };
    server.add_client(&Client { jwks: Some(jwks(&key)), requests, ..client("app") }).await;
    let browser = Browser::default();
    browser.authorize(&server, &query("request_uri", &elsewhere.uri)).await.code();
    browser.authorize(&server, &query("request_uri", &format!("{}#hash", elsewhere.uri))).await.code();
    assert_eq!(elsewhere.calls.load(Ordering::SeqCst), 2);
    let evil = format!("{}/../y", elsewhere.uri);
    for bad in [evil.as_str(), &page.uri, "https://10.0.0.1/r", "https://app.example/r", "urn:x", "x"] {
        let asked = with(authorize_query("app", "openid"), "request_uri", bad);
        browser.ask(&server, &asked).await.sent_back(&server, "invalid_request_uri");
        browser.ask(&server, &with(asked, "redirect_uri", "https://evil.example/")).await.is_page();
    }
    assert_eq!(elsewhere.calls.load(Ordering::SeqCst), 2, "nobody is called who is not registered");
    // Where the realm does not say so, nothing on this machine is called.
    let strict = Server::start().await;
    let requests = Requests { request_uris: vec![elsewhere.uri.clone()], ..Requests::default() };
    strict.add_client(&Client { jwks: Some(jwks(&key)), requests, ..client("app") }).await;
    let asked = with(authorize_query("app", "openid"), "request_uri", &elsewhere.uri);
    browser.ask(&strict, &asked).await.sent_back(&strict, "invalid_request_uri");
    assert_eq!(elsewhere.calls.load(Ordering::SeqCst), 2);
}
