//! Clients that register and manage themselves (RFC 7591, RFC 7592, OpenID Connect Dynamic Registration 1.0).

use crate::common::{Browser, Reply, Server, authorize_query, plus, with, without};
use claviger_core::client::ClientStatus;
use claviger_core::dialect::Legacy;
use claviger_core::realm::{Realm, RegistrationMode, RegistrationPolicy};
use claviger_core::registration::TokenAllows;
use claviger_core::span::Span;
use claviger_core::token::{self, Kind};
use claviger_store::{InitialToken, Masked};
use reqwest::Method;
use serde_json::{Value, json};

const JSON: (&str, &str) = ("content-type", "application/json");

/// A server whose realm lets register.
pub async fn open(adapt: impl FnOnce(&mut Realm)) -> Server {
    Server::with(|realm| {
        realm.registration = RegistrationPolicy { mode: RegistrationMode::Open, ..RegistrationPolicy::default() };
        realm.dialect.permits = [Legacy::Implicit, Legacy::NoPkce].into();
        adapt(realm);
    })
    .await
}

pub fn usual() -> Value {
    json!({
        "client_name": "Planner",
        "redirect_uris": ["https://app.example/cb"],
        "grant_types": ["authorization_code", "refresh_token"],
    })
}

pub fn and(mut metadata: Value, more: Value) -> Value {
    let Value::Object(more) = more else { panic!("no object: {more}") };
    metadata.as_object_mut().unwrap().extend(more);
    metadata
}

pub async fn register(server: &Server, metadata: &Value) -> Reply {
    server.send(Method::POST, "/register", &[JSON], metadata.to_string()).await
}

pub async fn registered(server: &Server, metadata: &Value) -> Value {
    let reply = register(server, metadata).await;
    assert_eq!(reply.status, 201, "{}", reply.body);
    reply.json()
}

/// At its own address, with its own token.
pub async fn manage(server: &Server, client: &Value, method: Method, body: Option<&Value>) -> Reply {
    let path = client["registration_client_uri"].as_str().unwrap().strip_prefix(&server.origin).unwrap();
    let token = format!("Bearer {}", client["registration_access_token"].as_str().unwrap());
    let body = body.map(Value::to_string).unwrap_or_default();
    server.send(method, path, &[JSON, ("authorization", &token)], body).await
}

async fn count(server: &Server) -> usize {
    server.store.list_clients("test", None, "", 1000).await.unwrap().len()
}

fn id(client: &Value) -> &str {
    client["client_id"].as_str().unwrap()
}

async fn initial_token(server: &Server, allows: &TokenAllows, uses_left: Option<i64>) -> String {
    let row = [7; 16];
    let text = token::mint(Kind::InitialAccess, &row, &[9; 32]);
    let token = InitialToken {
        id: claviger_store::id_text(&row),
        hash: Masked(text.hash()),
        doc: serde_json::to_string(allows).unwrap(),
        created_at: server.now(),
        expires_at: server.now() + 3_600_000,
        uses_left,
        revoked_at: None,
    };
    server.store.add_initial_token("test", token, server.now()).await.unwrap();
    text.expose().to_owned()
}

async fn with_token(server: &Server, token: &str) -> Reply {
    let header = format!("Bearer {token}");
    server.send(Method::POST, "/register", &[JSON, ("authorization", &header)], usual().to_string()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_realm_that_says_nothing_registers_nobody() {
    let server = Server::start().await;
    assert_eq!(register(&server, &usual()).await.status, 404);
    let metadata = server.send(Method::GET, "/.well-known/openid-configuration", &[], "").await;
    assert_eq!(metadata.json().get("registration_endpoint"), None);
    let server = open(|_| {}).await;
    let metadata = server.send(Method::GET, "/.well-known/openid-configuration", &[], "").await;
    assert_eq!(metadata.text("registration_endpoint"), server.url("/register"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_registered_is_answered_once_with_its_secret_and_works() {
    let server = open(|_| {}).await;
    let reply = register(&server, &usual()).await;
    assert_eq!(reply.status, 201, "{}", reply.body);
    assert_eq!((reply.header("cache-control"), reply.header("pragma")), ("no-store", "no-cache"));
    assert_eq!(reply.header("content-type"), "application/json");
    let client = reply.json();
    assert_eq!(client["client_id_issued_at"], server.now() / 1000);
    assert_eq!(client["client_secret_expires_at"], 0);
    assert_eq!(client["client_name"], "Planner");
    assert_eq!(client["token_endpoint_auth_method"], "client_secret_basic");
    assert!(!client.as_object().unwrap().values().any(Value::is_null), "{client}");
    let secret = client["client_secret"].as_str().unwrap();
    assert!(secret.starts_with("cvs_"));
    // The code flow, from the first page to the token.
    let browser = Browser::default();
    let query = authorize_query(id(&client), "openid profile");
    let code = browser.authorize(&server, &query).await.code();
    let form = [("client_id", id(&client)), ("client_secret", secret)];
    let tokens = server.post("/token", &[&crate::common::redemption(&code)[..], &form].concat()).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    assert!(!tokens.text("id_token").is_empty());
    // Neither the secret nor the token is in the database.
    let kept = server.store.registration("test", id(&client)).await.unwrap().unwrap();
    let token = client["registration_access_token"].as_str().unwrap();
    assert!(token::hash_is(token, kept.token_hash.as_slice()));
    let (stored, secrets) = server.store.client_with_secrets("test", id(&client)).await.unwrap().unwrap();
    assert!(stored.registered.self_registered && secrets.len() == 1);
    assert!(!serde_json::to_string(&stored).unwrap().contains(secret));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_refused_with_its_code_and_stores_nothing() {
    let server = open(|_| {}).await;
    let redirect = |uri: &str| json!({ "redirect_uris": [uri] });
    let key = json!({ "kty": "EC", "crv": "P-256", "kid": "1",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" });
    let private = and(key.clone(), json!({ "d": "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI" }));
    let cases = [
        ("invalid_redirect_uri", redirect("javascript:alert(1)")),
        ("invalid_redirect_uri", redirect("data:text/html,hello")),
        ("invalid_redirect_uri", redirect("https://app.example/cb#fragment")),
        ("invalid_redirect_uri", redirect("http://app.example/cb")),
        ("invalid_redirect_uri", redirect("https://user@app.example/cb")),
        ("invalid_redirect_uri", redirect("https://app.example/*")),
        ("invalid_redirect_uri", redirect("https://10.0.0.1/cb")),
        ("invalid_redirect_uri", redirect("https://[fe80::1]/cb")),
        ("invalid_redirect_uri", redirect("/cb")),
        ("invalid_redirect_uri", redirect("app:/cb")),
        ("invalid_redirect_uri", json!({ "redirect_uris": [] })),
        ("invalid_redirect_uri", json!({ "redirect_uris": [5] })),
        ("invalid_client_metadata", json!({ "jwks": { "keys": [key] }, "jwks_uri": "https://app.example/jwks" })),
        ("invalid_client_metadata", json!({ "jwks": { "keys": [private] } })),
        ("invalid_client_metadata", json!({ "jwks": { "keys": [] } })),
        ("invalid_client_metadata", json!({ "jwks": "{}" })),
        ("invalid_client_metadata", json!({ "jwks_uri": "http://app.example/jwks" })),
        ("invalid_client_metadata", json!({ "jwks_uri": "https://169.254.169.254/jwks" })),
        ("invalid_client_metadata", json!({ "jwks_uri": "https://[::1]/jwks" })),
        ("invalid_client_metadata", json!({ "logo_uri": "https://192.168.1.1/logo.png" })),
        ("invalid_client_metadata", json!({ "logo_uri": "data:image/png;base64,AA" })),
        ("invalid_client_metadata", json!({ "client_uri": "javascript:alert(1)" })),
        ("invalid_client_metadata", json!({ "policy_uri": "http://app.example/policy" })),
        ("invalid_client_metadata", json!({ "tos_uri": 7 })),
        ("invalid_client_metadata", json!({ "initiate_login_uri": "http://app.example/login" })),
        ("invalid_client_metadata", json!({ "request_uris": ["https://10.1.1.1/object"] })),
        ("invalid_client_metadata", json!({ "response_types": ["id_token"], "grant_types": ["implicit"] })),
        ("invalid_client_metadata", json!({ "response_types": ["code", "foo"] })),
        ("invalid_client_metadata", json!({ "grant_types": ["password"] })),
        ("invalid_client_metadata", json!({ "grant_types": ["client_credentials"] })),
        ("invalid_client_metadata", json!({ "token_endpoint_auth_method": "magic" })),
        ("invalid_client_metadata", json!({ "id_token_signed_response_alg": "none" })),
        ("invalid_client_metadata", json!({ "id_token_signed_response_alg": "HS256" })),
        ("invalid_client_metadata", json!({ "subject_type": "other" })),
        ("invalid_client_metadata", json!({ "client_name": "a\u{202e}b" })),
        ("invalid_client_metadata", json!({ "client_name": "x".repeat(101) })),
        ("invalid_client_metadata", json!({ "contacts": ["not an address"] })),
        ("invalid_client_metadata", json!({ "default_max_age": "soon" })),
        ("invalid_client_metadata", json!({ "application_type": "toaster" })),
        ("invalid_client_metadata", json!({ "application_type": "web", "redirect_uris": ["com.example.app:/cb"] })),
        ("invalid_client_metadata", json!({ "post_logout_redirect_uris": ["javascript:alert(1)"] })),
        ("invalid_software_statement", json!({ "software_statement": "nonsense" })),
    ];
    for (code, more) in cases {
        let reply = register(&server, &and(usual(), more.clone())).await;
        assert_eq!((reply.status.as_u16(), reply.text("error").as_str()), (400, code), "{more}: {}", reply.body);
        reply.refused(400, code);
        assert_eq!(reply.header("access-control-allow-origin"), "*");
    }
    for body in ["", "[]", "{", "null", "\"text\"", &"[".repeat(100_000)[..60_000]] {
        server.send(Method::POST, "/register", &[JSON], body).await.refused(400, "invalid_client_metadata");
    }
    for media in ["application/x-www-form-urlencoded", "text/plain", "application/jose"] {
        let reply = server.send(Method::POST, "/register", &[("content-type", media)], usual().to_string()).await;
        reply.refused(415, "invalid_client_metadata");
    }
    let many: Vec<String> = (0..51).map(|n| format!("https://app.example/{n}")).collect();
    register(&server, &json!({ "redirect_uris": many })).await.refused(400, "invalid_redirect_uri");
    assert_eq!(count(&server).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_else_is_sent_is_ignored_and_what_is_stored_is_answered() {
    let server = open(|_| {}).await;
    let metadata = json!({
        "client_name": "Planner", "client_name#de": "Planer", "redirect_uris": ["https://app.example/cb"],
        "client_uri": "https://app.example/", "policy_uri": "https://app.example/policy", "policy_uri#de": "https://app.example/de",
        "tos_uri": "https://app.example/tos", "contacts": ["dev@app.example"], "software_id": "4NRB1-0XZABZI9E6-5SM3R",
        "software_version": "2.1", "default_max_age": 3600, "require_auth_time": true, "default_acr_values": ["1"],
        "initiate_login_uri": "https://app.example/login", "request_uris": ["https://app.example/object#hash"],
        "post_logout_redirect_uris": ["https://app.example/bye"], "id_token_signed_response_alg": "ES256",
        "application_type": "web", "scope": "openid profile", "grant_types": ["authorization_code"], "response_types": ["code"],
        "token_endpoint_auth_method": "client_secret_post", "jwks_uri": "https://app.example/jwks",
        "request_object_signing_alg": "RS256", "subject_type": "public",
    });
    let mut sent = metadata.clone();
    sent["logo_uri"] = Value::Null;
    sent["tls_client_auth_subject_dn"] = Value::Null;
    sent["something"] = json!({ "else": [1, { "x": null }] });
    sent["client_id"] = json!("mine");
    let told = registered(&server, &sent).await;
    for (name, value) in metadata.as_object().unwrap() {
        assert_eq!(&told[name], value, "{name}");
    }
    assert_ne!(told["client_id"], "mine");
    assert_eq!((told.get("something"), told.get("logo_uri")), (None, None));
    let read = manage(&server, &told, Method::GET, None).await;
    assert_eq!((read.status.as_u16(), read.header("cache-control")), (200, "no-store"));
    let mut expected = told.clone();
    for only_once in ["client_secret", "client_secret_expires_at", "client_id_issued_at"] {
        expected.as_object_mut().unwrap().remove(only_once);
    }
    assert_eq!(read.json(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_other_origins_may_register() {
    let server = open(|_| {}).await;
    let asked = [("origin", "https://page.example"), ("access-control-request-method", "DELETE")];
    let asked =
        [&asked[..], &[("access-control-request-headers", "authorization,content-type,mcp-protocol-version")]].concat();
    let reply = server.send(Method::OPTIONS, "/register?client_id=x", &asked, "").await;
    assert_eq!(reply.status, 204);
    assert_eq!(reply.header("access-control-allow-origin"), "*");
    assert_eq!(reply.header("access-control-allow-methods"), "GET, POST, PUT, DELETE");
    assert!(reply.header("access-control-allow-headers").contains("mcp-protocol-version"));
    let reply = register(&server, &usual()).await;
    assert_eq!((reply.status.as_u16(), reply.header("access-control-allow-origin")), (201, "*"));
    let reply = server.send(Method::PATCH, "/register", &[], "").await;
    assert_eq!((reply.status.as_u16(), reply.header("allow")), (405, "GET, POST, PUT, DELETE, OPTIONS"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_a_program_on_a_device_needs_little() {
    let server = open(|_| {}).await;
    let metadata = json!({
        "client_name": "Code", "redirect_uris": ["http://localhost/callback", "http://127.0.0.1/callback"],
        "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
        "token_endpoint_auth_method": "none", "scope": "openid profile read write unknown", "logo_uri": "",
    });
    let client = registered(&server, &metadata).await;
    assert_eq!((client.get("client_secret"), client.get("client_secret_expires_at")), (None, None));
    assert_eq!(client["application_type"], "native");
    assert_eq!(client["scope"], "openid profile");
    assert_eq!(client["token_endpoint_auth_method"], "none");
    let query = with(authorize_query(id(&client), "openid"), "redirect_uri", "http://localhost:49152/callback");
    assert!(
        Browser::default().authorize(&server, &query).await.header("location").starts_with("http://localhost:49152/")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_initial_access_token_lets_register_as_often_as_it_says() {
    let server = open(|realm| realm.registration.mode = RegistrationMode::InitialAccessToken).await;
    let reply = register(&server, &usual()).await;
    assert_eq!(reply.status, 401);
    assert_eq!(reply.header("www-authenticate"), "Bearer realm=\"test\"");
    for wrong in ["nonsense", "cvi_AAAA", token::mint(Kind::InitialAccess, &[7; 16], &[1; 32]).expose()] {
        let reply = with_token(&server, wrong).await;
        assert_eq!(reply.status, 401);
        assert_eq!(reply.text("error"), "invalid_token");
        assert!(reply.header("www-authenticate").contains("error=\"invalid_token\""));
    }
    let allows = TokenAllows { scopes: Some(vec!["openid".into(), "read".into()]), ..TokenAllows::default() };
    let text = initial_token(&server, &allows, Some(2)).await;
    // What is refused uses nothing up.
    let header = format!("Bearer {text}");
    let bad = json!({ "redirect_uris": [] }).to_string();
    server
        .send(Method::POST, "/register", &[JSON, ("authorization", &header)], bad)
        .await
        .refused(400, "invalid_redirect_uri");
    let client = with_token(&server, &text).await;
    assert_eq!((client.status.as_u16(), client.text("scope").as_str()), (201, "openid read"));
    // A change is held to what the token allowed, not to the realm.
    let client = client.json();
    let changed = and(usual(), json!({ "client_id": id(&client), "scope": "openid read" }));
    let reply = manage(&server, &client, Method::PUT, Some(&changed)).await;
    assert_eq!((reply.status.as_u16(), reply.text("scope").as_str()), (200, "openid read"));
    assert_eq!(with_token(&server, &text).await.status, 201);
    assert_eq!(with_token(&server, &text).await.status, 401);
    assert_eq!(count(&server).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_a_token_lets_in_as_many_as_it_says() {
    let server = open(|realm| realm.registration.mode = RegistrationMode::InitialAccessToken).await;
    let text = initial_token(&server, &TokenAllows::default(), Some(3)).await;
    let all = futures(12, |_| with_token(&server, &text)).await;
    assert_eq!(all.iter().filter(|reply| reply.status == 201).count(), 3);
    assert_eq!(all.iter().filter(|reply| reply.status == 401).count(), 9);
    assert_eq!(count(&server).await, 3);
}

async fn futures<F: Future<Output = Reply>>(how_many: usize, one: impl Fn(usize) -> F) -> Vec<Reply> {
    futures_util::future::join_all((0..how_many).map(one)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_over_when_its_time_is_or_it_is_taken_back() {
    let server = open(|_| {}).await;
    let text = initial_token(&server, &TokenAllows::default(), None).await;
    assert_eq!(with_token(&server, &text).await.status, 201);
    // Open or not, whoever sends a token is held to it.
    assert_eq!(with_token(&server, "nonsense").await.status, 401);
    let id = claviger_store::id_text(&[7; 16]);
    assert!(server.store.revoke_initial_token("test", &id, server.now()).await.unwrap());
    assert!(!server.store.revoke_initial_token("test", &id, server.now()).await.unwrap());
    assert_eq!(with_token(&server, &text).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_approval_a_client_waits_and_its_answer_says_so() {
    let server = open(|realm| realm.registration.mode = RegistrationMode::Approval).await;
    let client = registered(&server, &and(usual(), json!({ "contacts": ["dev@app.example"] }))).await;
    assert_eq!(client["status"], "pending");
    let waiting = server.store.list_clients("test", Some(ClientStatus::Pending), "", 10).await.unwrap();
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0].owner_email.as_deref(), Some("dev@app.example"));
    Browser::default().ask(&server, &authorize_query(id(&client), "openid")).await.is_page();
    server
        .store
        .set_client_status("test", id(&client), ClientStatus::Active, server.now(), server.now())
        .await
        .unwrap();
    let read = manage(&server, &client, Method::GET, None).await;
    assert_eq!(read.json().get("status"), None);
    // What was approved stays what was approved; keys may change.
    let elsewhere = and(usual(), json!({ "client_id": id(&client), "redirect_uris": ["https://evil.example/cb"] }));
    manage(&server, &client, Method::PUT, Some(&elsewhere)).await.refused(403, "access_denied");
    let keys = and(usual(), json!({ "client_id": id(&client), "jwks_uri": "https://app.example/jwks" }));
    assert_eq!(manage(&server, &client, Method::PUT, Some(&keys)).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn management_is_for_who_has_the_token() {
    let server = open(|_| {}).await;
    let (one, other) = (registered(&server, &usual()).await, registered(&server, &usual()).await);
    let at = |id: &str| format!("/register?client_id={id}");
    let token = |client: &Value| format!("Bearer {}", client["registration_access_token"].as_str().unwrap());
    let (mine, others) = (token(&one), token(&other));
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        for (path, header) in [
            (at(id(&one)), others.as_str()),
            (at("unknown"), mine.as_str()),
            (at("client"), mine.as_str()),
            ("/register".to_owned(), mine.as_str()),
            (at(id(&one)), "Bearer nonsense"),
        ] {
            let reply =
                server.send(method.clone(), &path, &[JSON, ("authorization", header)], usual().to_string()).await;
            assert_eq!(
                (reply.status.as_u16(), reply.text("error").as_str()),
                (401, "invalid_token"),
                "{method} {path}"
            );
            assert!(reply.header("www-authenticate").contains("error=\"invalid_token\""), "{method} {path}");
            assert_eq!(reply.header("cache-control"), "no-store");
        }
        let reply = server.send(method.clone(), &at(id(&one)), &[JSON], usual().to_string()).await;
        assert_eq!((reply.status.as_u16(), reply.header("www-authenticate")), (401, "Bearer realm=\"test\""));
        // Neither in the query nor the client's secret in its place.
        let in_query = format!("{}&access_token={}", at(id(&one)), one["registration_access_token"].as_str().unwrap());
        assert_eq!(server.send(method.clone(), &in_query, &[JSON], "").await.status, 400);
        let secret = format!("Bearer {}", one["client_secret"].as_str().unwrap());
        assert_eq!(server.send(method, &at(id(&one)), &[JSON, ("authorization", &secret)], "").await.status, 401);
    }
    assert_eq!(count(&server).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_replaces_everything_and_may_replace_the_secret() {
    let server = open(|_| {}).await;
    let told = registered(&server, &and(usual(), json!({ "client_uri": "https://app.example/" }))).await;
    let put = |more: Value| and(and(usual(), json!({ "client_id": id(&told) })), more);
    for (more, code) in [
        (json!({ "client_id": "another" }), "invalid_client_metadata"),
        (json!({ "client_id": null }), "invalid_client_metadata"),
        (json!({ "registration_access_token": "x" }), "invalid_client_metadata"),
        (json!({ "registration_client_uri": "x" }), "invalid_client_metadata"),
        (json!({ "client_secret_expires_at": 0 }), "invalid_client_metadata"),
        (json!({ "client_id_issued_at": 0 }), "invalid_client_metadata"),
        (json!({ "client_secret": "my own" }), "invalid_client_metadata"),
        (json!({ "redirect_uris": ["http://app.example/"] }), "invalid_redirect_uri"),
    ] {
        manage(&server, &told, Method::PUT, Some(&put(more))).await.refused(400, code);
    }
    assert_eq!(manage(&server, &told, Method::GET, None).await.json()["client_uri"], "https://app.example/");
    // With its secret, that stays; what is left out goes.
    let secret = told["client_secret"].as_str().unwrap();
    let reply =
        manage(&server, &told, Method::PUT, Some(&put(json!({ "client_secret": secret, "client_name": "New" })))).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!((reply.text("client_secret").as_str(), reply.text("client_name").as_str()), (secret, "New"));
    assert_eq!(reply.json().get("client_uri"), None);
    assert_eq!(reply.json()["registration_access_token"], told["registration_access_token"]);
    // Without, there is a new one, and the old one works for an hour.
    let reply = manage(&server, &told, Method::PUT, Some(&put(json!({})))).await;
    let new = reply.text("client_secret");
    assert_ne!(new, secret);
    let works = async |secret: &str| {
        let form = [("client_id", id(&told)), ("client_secret", secret), ("token", "x")];
        server.post("/revoke", &form).await.status == 200
    };
    assert!(works(secret).await && works(&new).await);
    server.pass(3601);
    assert!(!works(secret).await && works(&new).await);
    // As often as it likes, and no more than two are kept.
    for _ in 0..4 {
        assert_eq!(manage(&server, &told, Method::PUT, Some(&put(json!({})))).await.status, 200);
    }
    let (_, secrets) = server.store.client_with_secrets("test", id(&told)).await.unwrap().unwrap();
    assert!(secrets.len() <= 2, "{}", secrets.len());
    // A public client has none any more.
    let reply = manage(&server, &told, Method::PUT, Some(&put(json!({ "token_endpoint_auth_method": "none" })))).await;
    assert_eq!((reply.status.as_u16(), reply.json().get("client_secret")), (200, None));
    assert!(!works(&new).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_removes_itself_leaves_nothing() {
    let server = open(|_| {}).await;
    let told = registered(&server, &usual()).await;
    let browser = Browser::default();
    let code = browser.authorize(&server, &authorize_query(id(&told), "openid")).await.code();
    let form = [("client_id", id(&told)), ("client_secret", told["client_secret"].as_str().unwrap())];
    let tokens = server.post("/token", &[&crate::common::redemption(&code)[..], &form].concat()).await;
    let reply = manage(&server, &told, Method::DELETE, None).await;
    assert_eq!((reply.status.as_u16(), reply.body.as_str(), reply.header("cache-control")), (204, "", "no-store"));
    assert_eq!(manage(&server, &told, Method::GET, None).await.status, 401);
    assert_eq!(manage(&server, &told, Method::DELETE, None).await.status, 401);
    assert_eq!(count(&server).await, 0);
    assert!(server.store.registration("test", id(&told)).await.unwrap().is_none());
    let userinfo = server.bearer(Method::GET, "/userinfo", &tokens.text("access_token")).await;
    assert_eq!(userinfo.status, 401);
    browser.ask(&server, &authorize_query(id(&told), "openid")).await.is_page();
}

#[tokio::test(flavor = "multi_thread")]
async fn each_act_leaves_its_line() {
    let server = open(|_| {}).await;
    let told = registered(&server, &usual()).await;
    let changed = and(usual(), json!({ "client_id": id(&told), "client_name": "New" }));
    assert_eq!(manage(&server, &told, Method::PUT, Some(&changed)).await.status, 200);
    assert_eq!(manage(&server, &told, Method::DELETE, None).await.status, 204);
    let lines = server.store.audit_lines(&claviger_store::AuditFilter::default(), i64::MAX, 100).await.unwrap();
    let mut acts: Vec<_> = lines.iter().map(|line| (line.act.as_str(), line.way.as_str())).collect();
    acts.sort_unstable();
    let way = "registration";
    assert_eq!(acts, [("app.create", way), ("app.delete", way), ("app.edit", way), ("secret.add", way)]);
    let secret = told["client_secret"].as_str().unwrap();
    assert!(lines.iter().all(|line| !format!("{line:?}").contains(secret)));
}

#[tokio::test(flavor = "multi_thread")]
async fn legacy_behaviours_come_from_the_realm_alone() {
    let server = open(|realm| realm.registration.legacy = [Legacy::Implicit, Legacy::NoPkce].into()).await;
    let hybrid =
        json!({ "response_types": ["code id_token", "code"], "grant_types": ["authorization_code", "implicit"] });
    let told = registered(&server, &and(usual(), hybrid)).await;
    let browser = Browser::default();
    let query = with(authorize_query(id(&told), "openid"), "response_type", "code id_token");
    let query = plus(query, "nonce", "n");
    let query = without(without(query, "code_challenge"), "code_challenge_method");
    let reply = browser.authorize(&server, &query).await;
    assert!(reply.redirect_params().contains_key("id_token"), "{:?}", reply.redirect_params());
    // What it did not register it may not use.
    let token = with(query, "response_type", "id_token token");
    browser.ask(&server, &token).await.sent_back(&server, "unauthorized_client");
    let code_only = registered(&server, &usual()).await;
    let query = with(authorize_query(id(&code_only), "openid"), "response_type", "code id_token");
    browser.ask(&server, &query).await.sent_back(&server, "unauthorized_client");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_is_bounded_by_address_by_hour_and_in_all() {
    let server = open(|realm| {
        realm.registration.hourly_per_address = 3;
        realm.registration.hourly = 8;
        realm.registration.most_clients = 10;
        realm.registration.never_used_ttl = Span::seconds(7200);
    })
    .await;
    let from = async |address: &str| {
        server.send(Method::POST, "/register", &[JSON, ("x-forwarded-for", address)], usual().to_string()).await
    };
    let mut answers = Vec::new();
    for n in 0..40 {
        answers.push(from(&format!("9.9.9.{}", n % 4)).await);
    }
    let registered = answers.iter().filter(|reply| reply.status == 201).count();
    assert_eq!((registered, count(&server).await), (8, 8));
    let refused = answers.iter().find(|reply| reply.status != 201).unwrap();
    refused.refused(429, "temporarily_unavailable");
    assert_eq!(refused.header("retry-after"), "3600");
    // What is wrong costs nobody their place, and is not stored either.
    server.pass(3600);
    for _ in 0..20 {
        assert_eq!(register(&server, &json!({ "redirect_uris": [] })).await.status, 400);
    }
    for n in 0..3 {
        answers.push(from(&format!("2001:4860::{n}")).await);
    }
    let last: Vec<u16> = answers[40..].iter().map(|reply| reply.status.as_u16()).collect();
    assert_eq!((last, count(&server).await), (vec![201, 201, 503], 10));
    answers.last().unwrap().refused(503, "temporarily_unavailable");
}
