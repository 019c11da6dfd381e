//! Two realms of one server, whose apps, keys, secrets and people are the same: what one issuer gave, or what was made for it, is worth
//! nothing at the other's endpoints (RFC 9700 4.4, RFC 8725 3.8 to 3.10).

use super::registration::{and, manage, registered, usual};
use super::request_objects::{beside, jwks, key, object, sign};
use super::{assertion_grant, token_exchange};
use crate::common::{Browser, CALLBACK, ProofKey, Reply, SECRET, Server, authorize_query, claims, client, with};
use claviger_core::Client;
use claviger_core::client::{AuthMethod, Authentication, ClientKind, GrantType};
use claviger_core::jose::{Algorithm, SigningKey};
use claviger_core::realm::{RegistrationMode, RegistrationPolicy};
use reqwest::Method;
use serde_json::json;

const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const BYE: &str = "https://app.example/bye";

struct World {
    ours: Server,
    theirs: Server,
    key: SigningKey,
}

/// Both realms have the same four clients.
async fn world() -> World {
    let registration = || RegistrationPolicy { mode: RegistrationMode::Open, ..RegistrationPolicy::default() };
    let ours = Server::with(|realm| realm.registration = registration()).await;
    let theirs = ours.neighbour(|realm| realm.registration = registration()).await;
    let key = key("k1", Algorithm::Es256);
    for server in [&ours, &theirs] {
        let app = Client { jwks: Some(jwks(&key)), post_logout_redirect_uris: vec![BYE.to_owned()], ..client("app") };
        server.add_client(&app).await;
        let authentication = Authentication::by(AuthMethod::PrivateKeyJwt);
        server.add_client(&Client { authentication, jwks: Some(jwks(&key)), ..client("keyed") }).await;
        let grants = [GrantType::DeviceCode].into();
        server.add_client(&Client { kind: ClientKind::Public, grants, redirect_uris: vec![], ..client("tv") }).await;
    }
    assert_ne!(ours.realm.issuer, theirs.realm.issuer);
    World { ours, theirs, key }
}

async fn signed_in(server: &Server) -> Reply {
    server.code_flow(&Browser::default(), "app", "openid read").await
}

/// Each as its own issuer's: what is refused below is refused for the issuer alone.
#[tokio::test(flavor = "multi_thread")]
async fn one_server_answers_for_both() {
    let World { ours, theirs, .. } = world().await;
    for (at, other) in [(&ours, &theirs), (&theirs, &ours)] {
        let host = other.address.to_string();
        let path = "/.well-known/openid-configuration";
        let metadata = at.send(Method::GET, path, &[("host", &host)], "").await.json();
        assert_eq!(metadata["issuer"], other.realm.issuer);
        let answer = Browser::default().authorize(at, &authorize_query("app", "openid")).await;
        assert_eq!(answer.redirect_params()["iss"], at.realm.issuer, "by which the client can tell (RFC 9207)");
        let tokens = at.redeem("app", &answer.code()).await;
        assert_eq!(claims(&tokens.text("id_token"))["iss"], at.realm.issuer);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_and_a_refresh_token() {
    let World { ours, theirs, .. } = world().await;
    let code = Browser::default().authorize(&theirs, &authorize_query("app", "openid read")).await.code();
    ours.redeem("app", &code).await.refused(400, "invalid_grant");
    let tokens = theirs.redeem("app", &code).await;
    assert_eq!(tokens.status, 200, "where it belongs it is still good: {}", tokens.body);
    let refresh = tokens.text("refresh_token");
    ours.refresh("app", &refresh).await.refused(400, "invalid_grant");
    assert_eq!(theirs.refresh("app", &refresh).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_at_userinfo_introspection_and_revocation() {
    let World { ours, theirs, .. } = world().await;
    let tokens = signed_in(&theirs).await;
    signed_in(&ours).await;
    for token in ["access_token", "refresh_token", "id_token"].map(|name| tokens.text(name)) {
        let refused = ours.bearer(Method::GET, "/userinfo", &token).await;
        assert_eq!((refused.status.as_u16(), refused.text("error").as_str()), (401, "invalid_token"));
        assert_eq!(ours.introspect("app", &token).await.json(), json!({ "active": false }));
        assert_eq!(ours.revoke("app", &token).await.status, 200);
    }
    for token in ["access_token", "refresh_token"] {
        assert!(theirs.is_active("app", &tokens.text(token)).await, "nobody took it back: {token}");
    }
    assert_eq!(theirs.bearer(Method::GET, "/userinfo", &tokens.text("access_token")).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clients_assertion_at_every_endpoint() {
    let World { ours, theirs, key } = world().await;
    let assertion = |audience: &str| {
        static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let jti = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed).to_string();
        let claims =
            json!({ "iss": "keyed", "sub": "keyed", "aud": audience, "exp": ours.now() / 1000 + 60, "jti": jti });
        sign(&key, &claims)
    };
    let asked = async |path: &str, audience: &str| {
        let made = assertion(audience);
        let form = [
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", &made),
            ("client_id", "keyed"),
            ("grant_type", "client_credentials"),
            ("token", "x"),
            ("response_type", "code"),
            ("redirect_uri", CALLBACK),
            ("code_challenge", crate::common::CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        ours.post(path, &form).await
    };
    for path in ["/token", "/revoke", "/introspect", "/par", "/device_authorization"] {
        for audience in [theirs.realm.issuer.clone(), theirs.url(path), theirs.url("/token")] {
            asked(path, &audience).await.refused(401, "invalid_client");
        }
        let taken = asked(path, &ours.realm.issuer).await;
        assert!(!taken.body.contains("invalid_client"), "{path}: {}", taken.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_object_and_a_pushed_request() {
    let World { ours, theirs, key } = world().await;
    let browser = Browser::default();
    let made = |server: &Server| sign(&key, &object(&ours, json!({ "aud": server.realm.issuer })));
    browser.ask(&ours, &beside(&made(&theirs))).await.sent_back(&ours, "invalid_request_object");
    let push = async |server: &Server, request: &str| {
        server.post("/par", &[("client_id", "app"), ("client_secret", SECRET), ("request", request)]).await
    };
    push(&ours, &made(&theirs)).await.refused(400, "invalid_request_object");
    let pushed = push(&theirs, &made(&theirs)).await;
    assert_eq!(pushed.status, 201, "{}", pushed.body);
    let query = [("client_id", "app"), ("request_uri", &*pushed.text("request_uri"))];
    let query = query.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let page = browser.ask(&ours, &query).await;
    assert_eq!((page.status.as_u16(), page.header("location")), (400, ""), "a page: {}", page.body);
    browser.ask(&theirs, &query).await.asks_to_sign_in();
    browser.ask(&ours, &beside(&made(&ours))).await.asks_to_sign_in();
}

/// The hint is about the very user who is signed in, but for the issuer.
#[tokio::test(flavor = "multi_thread")]
async fn an_id_token_as_a_hint() {
    let World { ours, theirs, .. } = world().await;
    let browser = Browser::default();
    let own = ours.code_flow(&browser, "app", "openid read").await.text("id_token");
    let foreign = signed_in(&theirs).await.text("id_token");
    assert_eq!(claims(&own)["sub"], claims(&foreign)["sub"]);
    let silent = with(authorize_query("app", "openid read"), "prompt", "none");
    browser.ask(&ours, &with(silent.clone(), "id_token_hint", &own)).await.code();
    browser.ask(&ours, &with(silent.clone(), "id_token_hint", &foreign)).await.sent_back(&ours, "login_required");
    let push = async |hint: &str| {
        let mut form: Vec<_> = silent.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        form.extend([("client_secret", SECRET), ("id_token_hint", hint)]);
        let pushed = ours.post("/par", &form).await.text("request_uri");
        let query = [("client_id", "app"), ("request_uri", &*pushed)];
        browser.ask(&ours, &query.map(|(name, value)| (name.to_owned(), value.to_owned()))).await
    };
    push(&own).await.code();
    push(&foreign).await.sent_back(&ours, "login_required");
    // Whoever sees a page is asked as without a hint.
    Browser::default()
        .ask(&ours, &with(authorize_query("app", "openid"), "id_token_hint", &foreign))
        .await
        .asks_to_sign_in();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_token_at_the_logout() {
    let World { ours, theirs, .. } = world().await;
    let browser = Browser::default();
    let own = ours.code_flow(&browser, "app", "openid read").await.text("id_token");
    let foreign = signed_in(&theirs).await.text("id_token");
    let out = |hint: &str| {
        let pairs = [("id_token_hint", hint), ("post_logout_redirect_uri", BYE)];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        format!("/logout?{}", crate::common::encode(&pairs))
    };
    let page = browser.get(&ours, &out(&foreign)).await;
    assert_eq!((page.status.as_u16(), page.header("location")), (200, ""));
    assert!(page.hidden("csrf").is_some() && !page.body.contains(BYE), "the person is asked, and nothing leads away");
    let silent = with(authorize_query("app", "openid read"), "prompt", "none");
    browser.ask(&ours, &silent).await.code();
    let done = browser.get(&ours, &out(&own)).await;
    assert_eq!(done.header("location"), BYE);
    browser.ask(&ours, &silent).await.sent_back(&ours, "login_required");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_of_possession() {
    let World { ours, theirs, .. } = world().await;
    let key = ProofKey::new();
    let form = [("grant_type", "client_credentials")];
    ours.token_with("app", &form, &key.proof(&theirs, "/token")).await.refused(400, "invalid_dpop_proof");
    let bound = theirs.token_with("app", &form, &key.proof(&theirs, "/token")).await.text("access_token");
    for maker in [&ours, &theirs] {
        let proof = key.proof_with(maker, &bound, &[]);
        assert_eq!(ours.userinfo("DPoP", &bound, Some(&proof)).await.status, 401);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_code_and_what_is_typed() {
    let World { ours, theirs, .. } = world().await;
    let asked = theirs.post("/device_authorization", &[("client_id", "tv"), ("scope", "openid")]).await;
    assert_eq!(asked.status, 200, "{}", asked.body);
    let code = asked.text("device_code");
    let poll = async |server: &Server| {
        server.post("/token", &[("grant_type", DEVICE), ("client_id", "tv"), ("device_code", &code)]).await
    };
    poll(&ours).await.refused(400, "invalid_grant");
    poll(&theirs).await.refused(400, "authorization_pending");
    let browser = Browser::default();
    let typed = async |server: &Server| {
        let csrf = browser.get(server, "/device").await.hidden("csrf").unwrap();
        let form = [("csrf", csrf.as_str()), ("user_code", &*asked.text("user_code"))];
        let sent = browser.send(server, Method::POST, "/device", Some(&form)).await;
        let location = sent.header("location").to_owned();
        browser.get(server, &location).await
    };
    assert!(typed(&ours).await.hidden("pending").is_none(), "it is no code here");
    assert!(typed(&theirs).await.hidden("pending").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration() {
    let World { ours, theirs, .. } = world().await;
    let told = registered(&theirs, &usual()).await;
    let at_ours = json!({
        "registration_client_uri": told["registration_client_uri"].as_str().unwrap().replace(&theirs.origin, &ours.origin),
        "registration_access_token": told["registration_access_token"],
    });
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let body = and(usual(), json!({ "client_id": told["client_id"] }));
        let refused = manage(&ours, &at_ours, method, Some(&body)).await;
        assert_eq!(refused.status, 401, "{}", refused.body);
    }
    assert_eq!(manage(&theirs, &told, Method::GET, None).await.status, 200);
    let (id, secret) = (told["client_id"].as_str().unwrap(), told["client_secret"].as_str().unwrap());
    let form = [("client_id", id), ("client_secret", secret), ("token", "x")];
    ours.post("/revoke", &form).await.refused(401, "invalid_client");
    assert_eq!(theirs.post("/revoke", &form).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_and_a_waiting_request() {
    let World { ours, theirs, .. } = world().await;
    let browser = Browser::default();
    browser.authorize(&theirs, &authorize_query("app", "openid read")).await.code();
    browser.ask(&ours, &authorize_query("app", "openid read")).await.asks_to_sign_in();
    // The sealed request of a page of theirs, posted to a form of ours.
    let other = Browser::default();
    let (page, here) = (
        other.ask(&theirs, &authorize_query("app", "openid read")).await,
        other.ask(&ours, &authorize_query("app", "openid read")).await,
    );
    let (pending, csrf) = (page.hidden("pending").unwrap(), here.hidden("csrf").unwrap());
    let form =
        [("csrf", csrf.as_str()), ("pending", &pending), ("username", "alice"), ("password", crate::common::PASSWORD)];
    let reply = other.send(&ours, Method::POST, "/-/sign-in", Some(&form)).await;
    assert!(!reply.header("location").starts_with(CALLBACK), "{}", reply.header("location"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_exchanged() {
    let ours = token_exchange::started().await;
    let apis = ours.realm.apis.clone();
    let theirs = ours
        .neighbour(|realm| {
            realm.tokens.token_exchange = true;
            realm.apis = apis;
        })
        .await;
    theirs.add_client(&client("web")).await;
    theirs.add_client(&token_exchange::backend()).await;
    let token = token_exchange::signed_in(&theirs, "read").await.text("access_token");
    token_exchange::exchange(&ours, "backend", &token, &[]).await.refused(400, "invalid_request");
    let at_home = token_exchange::exchange(&theirs, "backend", &token, &[]).await;
    assert_eq!(at_home.status, 200, "{}", at_home.body);
}

/// Of an issuer whom both realms trust.
#[tokio::test(flavor = "multi_thread")]
async fn an_assertion_about_a_user() {
    let key = key("k1", Algorithm::Es256);
    let ours = Server::with(|realm| realm.assertion_issuers.push(assertion_grant::trusted(&key))).await;
    let theirs = ours.neighbour(|realm| realm.assertion_issuers.push(assertion_grant::trusted(&key))).await;
    for server in [&ours, &theirs] {
        server.add_client(&assertion_grant::app("app")).await;
    }
    let made = assertion_grant::sign(&key, &assertion_grant::claims(&theirs));
    assertion_grant::bring(&ours, "app", &made, &[]).await.refused(400, "invalid_grant");
    let taken = assertion_grant::bring(&theirs, "app", &made, &[]).await;
    assert_eq!(taken.status, 200, "{}", taken.body);
}
