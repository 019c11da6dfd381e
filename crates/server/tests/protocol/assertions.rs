//! Clients that prove themselves with a JWT (RFC 7523 2.2, OpenID Connect Core 9): `private_key_jwt` and `client_secret_jwt`.

use crate::common::{Browser, CALLBACK, Folder, Reply, SECRET, Server, VERIFIER, authorize_query, client};
use crate::request_objects::{Elsewhere, jwks, key};
use claviger_core::Client;
use claviger_core::client::{AssertionAlgorithm, AuthMethod, Authentication};
use claviger_core::jose::{Algorithm, JwkSet, SigningKey, Typ, base64url};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};

const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const CREDENTIALS: (&str, &str) = ("grant_type", "client_credentials");

/// The claims of a good assertion, each with a name of its own.
fn claims(server: &Server) -> Value {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let (now, jti) = (server.now() / 1000, NEXT.fetch_add(1, Ordering::Relaxed).to_string());
    json!({ "iss": "app", "sub": "app", "aud": server.realm.issuer, "exp": now + 60, "iat": now, "jti": jti })
}

fn with(mut claims: Value, name: &str, value: Value) -> Value {
    claims[name] = value;
    claims
}

fn sign(key: &SigningKey, claims: &Value) -> String {
    key.sign_jwt(Typ::Jwt, claims.to_string().as_bytes()).unwrap()
}

/// A token with any header, which nobody signed.
fn forged(header: &Value, claims: &Value) -> String {
    format!(
        "{}.{}.{}",
        base64url(header.to_string().as_bytes()),
        base64url(claims.to_string().as_bytes()),
        base64url(&[7; 64])
    )
}

async fn ask(server: &Server, path: &str, assertion: &str, more: &[(&str, &str)]) -> Reply {
    let own = [("client_assertion_type", TYPE), ("client_assertion", assertion)];
    server.post(path, &own.iter().chain(more).copied().collect::<Vec<_>>()).await
}

async fn token(server: &Server, assertion: &str) -> Reply {
    ask(server, "/token", assertion, &[CREDENTIALS]).await
}

fn by_key(key: &SigningKey) -> Client {
    Client { authentication: Authentication::by(AuthMethod::PrivateKeyJwt), jwks: Some(jwks(key)), ..client("app") }
}

async fn started(algorithm: Algorithm) -> (Server, SigningKey) {
    let server = Server::start().await;
    let key = key("k1", algorithm);
    server.add_client(&by_key(&key)).await;
    (server, key)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_each_algorithm_proves_its_client_at_every_endpoint() {
    for algorithm in Algorithm::ALL {
        let (server, key) = started(algorithm).await;
        let fresh = || sign(&key, &claims(&server));
        let reply = token(&server, &fresh()).await;
        assert_eq!(reply.status, 200, "{algorithm}: {}", reply.body);
        let access = reply.text("access_token");
        let named = ask(&server, "/token", &fresh(), &[CREDENTIALS, ("client_id", "app")]).await;
        assert_eq!(named.status, 200, "{}", named.body);
        let introspected = ask(&server, "/introspect", &fresh(), &[("token", &access)]).await;
        assert_eq!(introspected.json()["active"], true, "{}", introspected.body);
        let query = authorize_query("app", "openid read");
        let request: Vec<(&str, &str)> = query.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(ask(&server, "/par", &fresh(), &request).await.status, 201);
        assert_eq!(ask(&server, "/revoke", &fresh(), &[("token", &access)]).await.status, 200);
        let after = ask(&server, "/introspect", &fresh(), &[("token", &access)]).await;
        assert_eq!(after.json(), json!({ "active": false }));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_and_a_refresh_token_are_redeemed_with_it() {
    let (server, key) = started(Algorithm::Es256).await;
    let fresh = || sign(&key, &claims(&server));
    let code =
        Browser::default().authorize(&server, &authorize_query("app", "openid offline_access read")).await.code();
    let exchange = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    // Without proof nobody gets anything, and the code is as good as before.
    server.post("/token", &[&exchange[..], &[("client_id", "app")]].concat()).await.refused(401, "invalid_client");
    let used = fresh();
    let tokens = ask(&server, "/token", &used, &exchange).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    let refresh = tokens.text("refresh_token");
    let refreshing = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    ask(&server, "/token", &used, &refreshing).await.refused(401, "invalid_client");
    let first = fresh();
    let tokens = ask(&server, "/token", &first, &refreshing).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    // The same refresh token within its grace is answered again, and uses up the assertion all the same.
    let second = fresh();
    assert_eq!(ask(&server, "/token", &second, &refreshing).await.body, tokens.body);
    token(&server, &second).await.refused(401, "invalid_client");
    token(&server, &first).await.refused(401, "invalid_client");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_assertion_is_good_once_whatever_came_of_it() {
    let (server, key) = started(Algorithm::EdDsa).await;
    let fresh = || sign(&key, &claims(&server));
    for path in ["/token", "/introspect", "/revoke", "/par"] {
        let assertion = fresh();
        // Refused for what it asks, which is nothing; or answered.
        let first = ask(&server, path, &assertion, &[]).await;
        first.refused(400, "invalid_request");
        let again = ask(&server, path, &assertion, &[]).await;
        again.refused(401, "invalid_client");
        assert!(again.text("error_description").contains("used before"), "{}", again.body);
        token(&server, &assertion).await.refused(401, "invalid_client");
    }
    // The same name in another assertion is the same.
    let first = claims(&server);
    assert_eq!(token(&server, &sign(&key, &first)).await.status, 200);
    let again = with(with(claims(&server), "jti", first["jti"].clone()), "exp", json!(server.now() / 1000 + 90));
    token(&server, &sign(&key, &again)).await.refused(401, "invalid_client");
    // Another client's is another.
    server.add_client(&Client { id: "other".into(), ..by_key(&key) }).await;
    let other = with(with(first.clone(), "iss", json!("other")), "sub", json!("other"));
    assert_eq!(token(&server, &sign(&key, &other)).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn once_holds_among_servers_and_after_a_restart() {
    let folder = Folder::new();
    let server = Server::at(&folder.url(), |_| {}).await;
    let key = key("k1", Algorithm::Es256);
    server.add_client(&by_key(&key)).await;
    let assertion = sign(&key, &claims(&server));
    assert_eq!(token(&server, &assertion).await.status, 200);
    let other = server.beside().await;
    token(&other, &assertion).await.refused(401, "invalid_client");
    let (one, two) = (sign(&key, &claims(&server)), sign(&key, &claims(&server)));
    for assertion in [&one, &two] {
        let (a, b) = tokio::join!(token(&server, assertion), token(&other, assertion));
        let mut both = [a.status.as_u16(), b.status.as_u16()];
        both.sort_unstable();
        assert_eq!(both, [200, 401], "one of two servers");
    }
    other.stop().await;
    let server = server.restart().await;
    token(&server, &assertion).await.refused(401, "invalid_client");
    assert_eq!(token(&server, &sign(&key, &claims(&server))).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_for_this_issuer_and_for_a_short_time() {
    let (server, key) = started(Algorithm::Es256).await;
    let now = server.now() / 1000;
    let (issuer, at_token) = (server.realm.issuer.clone(), format!("{}/token", server.realm.issuer));
    for (name, good) in [
        ("aud", json!(at_token)),
        ("aud", json!([issuer])),
        ("aud", json!([issuer, at_token])),
        ("exp", json!(now + 3600)),
        ("iat", json!(now + 10)),
        ("nbf", json!(now + 10)),
    ] {
        let reply = token(&server, &sign(&key, &with(claims(&server), name, good.clone()))).await;
        assert_eq!(reply.status, 200, "{name} {good}: {}", reply.body);
    }
    let many: Vec<String> = (0..200).map(|n| format!("https://a{n}.example")).collect();
    for (name, bad) in [
        ("iss", json!("other")),
        ("sub", json!("other")),
        ("sub", Value::Null),
        ("aud", Value::Null),
        ("aud", json!("https://other.example")),
        ("aud", json!([issuer, "https://other.example"])),
        ("aud", json!(many)),
        ("exp", Value::Null),
        ("exp", json!(now)),
        ("exp", json!(now - 300)),
        ("exp", json!(now + 86_400)),
        ("exp", json!(9e99)),
        ("iat", json!(now + 60)),
        ("nbf", json!(now + 60)),
        ("jti", Value::Null),
        ("jti", json!("")),
    ] {
        let reply = token(&server, &sign(&key, &with(claims(&server), name, bad.clone()))).await;
        reply.refused(401, "invalid_client");
        assert!(reply.text("error_description").starts_with("the client assertion is not valid"), "{}", reply.body);
    }
    let other = ask(&server, "/token", &sign(&key, &claims(&server)), &[CREDENTIALS, ("client_id", "other")]).await;
    other.refused(401, "invalid_client");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_registered_key_and_algorithm_count() {
    let (server, mine) = started(Algorithm::Rs256).await;
    // Long enough for the brake's time to pass between them.
    let long = || with(claims(&server), "exp", json!(server.now() / 1000 + 3600));
    let pem = mine.public_jwk().n.clone().unwrap();
    let kid = |alg: &str| json!({ "alg": alg, "kid": "k1", "typ": "JWT" });
    let public = jwks(&mine).keys.remove(0);
    let inside = json!({ "alg": "RS256", "jwk": public, "kid": "k1" });
    let outside =
        json!({ "alg": "ES256", "jku": "https://evil.example/k", "x5u": "https://evil.example/x", "kid": "k2" });
    let made = |other: &SigningKey| sign(other, &long());
    let hmac = {
        // The public key taken for a secret (RFC 8725 2.1).
        let message =
            format!("{}.{}", base64url(kid("HS256").to_string().as_bytes()), base64url(long().to_string().as_bytes()));
        let tag = claviger_core::crypto::hmac_sha256(pem.as_bytes(), message.as_bytes());
        format!("{message}.{}", base64url(&tag[..]))
    };
    let changed = {
        let good = made(&mine);
        let mut parts: Vec<String> = good.split('.').map(str::to_owned).collect();
        parts[1] = base64url(long().to_string().as_bytes());
        parts.join(".")
    };
    let typed = mine.sign_jwt(Typ::AccessToken, long().to_string().as_bytes()).unwrap();
    let unsigned =
        format!("{}.{}.", base64url(kid("none").to_string().as_bytes()), base64url(long().to_string().as_bytes()));
    for (what, bad) in [
        ("another key of the same name", made(&key("k1", Algorithm::Rs256))),
        ("another name", made(&key("k2", Algorithm::Rs256))),
        ("another kind", made(&key("k1", Algorithm::Es256))),
        ("HMAC with the public key", hmac),
        ("no signature", unsigned),
        ("changed claims", changed),
        ("another kind of token", typed),
        ("a key in the header", forged(&inside, &long())),
        ("a key elsewhere", forged(&outside, &long())),
        ("a forged one", forged(&kid("RS256"), &long())),
        ("what must be understood", forged(&json!({ "alg": "RS256", "crit": ["x"], "kid": "k1" }), &long())),
    ] {
        server.pass(70);
        let reply = token(&server, &bad).await;
        reply.refused(401, "invalid_client");
        assert!(reply.text("error_description").contains("did not make this assertion"), "{what}: {}", reply.body);
    }
    // The key is for both RSA algorithms, the client for one.
    let only = Authentication {
        method: Some(AuthMethod::PrivateKeyJwt),
        signing_alg: Some(AssertionAlgorithm::Signed(Algorithm::Ps256)),
        ..Authentication::default()
    };
    let both = JwkSet { keys: vec![claviger_core::jose::Jwk { alg: None, ..public }] };
    server.add_client(&Client { id: "ps".into(), authentication: only, jwks: Some(both), ..by_key(&mine) }).await;
    let of_ps = with(with(long(), "iss", json!("ps")), "sub", json!("ps"));
    server.pass(70);
    token(&server, &sign(&mine, &of_ps)).await.refused(401, "invalid_client");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_ways_at_once_and_halves_are_no_request() {
    let (server, key) = started(Algorithm::Es256).await;
    let good = sign(&key, &claims(&server));
    let secret = [CREDENTIALS, ("client_id", "app"), ("client_secret", SECRET)];
    ask(&server, "/token", &good, &secret).await.refused(400, "invalid_request");
    let form = format!("grant_type=client_credentials&client_assertion_type={TYPE}&client_assertion={good}");
    let headers = [("authorization", "Basic YXBwOng="), ("content-type", "application/x-www-form-urlencoded")];
    server.send(reqwest::Method::POST, "/token", &headers, form.clone()).await.refused(400, "invalid_request");
    server.post("/token", &[CREDENTIALS, ("client_assertion", &good)]).await.refused(400, "invalid_request");
    server.post("/token", &[CREDENTIALS, ("client_assertion_type", TYPE)]).await.refused(400, "invalid_request");
    let url = format!("/token?client_assertion={good}");
    server.post(&url, &[CREDENTIALS]).await.refused(400, "invalid_request");
    let twice = form.clone() + "&client_assertion=x";
    server.send(reqwest::Method::POST, "/token", &headers[1..], twice).await.refused(400, "invalid_request");
    let saml = "urn:ietf:params:oauth:client-assertion-type:saml2-bearer";
    let other = [CREDENTIALS, ("client_assertion_type", saml), ("client_assertion", good.as_str())];
    server.post("/token", &other).await.refused(401, "invalid_client");
    // None of them used it up.
    assert_eq!(token(&server, &good).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_cannot_tell_clients_by_their_assertions() {
    let (server, _) = started(Algorithm::Es256).await;
    server.add_client(&client("secret")).await;
    let mine = key("k1", Algorithm::Es256);
    let refusals = ["app", "secret", "nobody"].map(|id| {
        let claims = with(with(claims(&server), "iss", json!(id)), "sub", json!(id));
        sign(&mine, &claims)
    });
    let mut answers = Vec::new();
    for assertion in &refusals {
        let began = std::time::Instant::now();
        let reply = token(&server, assertion).await;
        reply.refused(401, "invalid_client");
        assert!(began.elapsed().as_millis() >= 200, "each after the same time");
        answers.push(reply.refusal());
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    // Who goes on is braked, before another signature is looked at.
    let mut reply = token(&server, &sign(&mine, &claims(&server))).await;
    for _ in 0..20 {
        if reply.status == 429 {
            break;
        }
        reply = token(&server, &sign(&mine, &claims(&server))).await;
    }
    reply.refused(429, "invalid_client");
    assert!(!reply.header("retry-after").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_lie_elsewhere_are_kept_and_looked_for_again_when_one_is_unknown() {
    let server = Server::with(|realm| realm.requests.loopback = true).await;
    let (first, second) = (key("k1", Algorithm::Es256), key("k2", Algorithm::Es256));
    let set = |key: &SigningKey| serde_json::to_string(&jwks(key)).unwrap();
    let elsewhere = Elsewhere::new("application/json", set(&first)).await;
    server.add_client(&Client { jwks: None, jwks_uri: Some(elsewhere.uri.clone()), ..by_key(&first) }).await;
    for _ in 0..3 {
        assert_eq!(token(&server, &sign(&first, &claims(&server))).await.status, 200);
    }
    assert_eq!(elsewhere.calls.load(Ordering::SeqCst), 1);
    *elsewhere.answer.lock().unwrap() = set(&second);
    server.pass(61);
    assert_eq!(token(&server, &sign(&second, &claims(&server))).await.status, 200, "the new key is fetched");
    token(&server, &sign(&first, &claims(&server))).await.refused(401, "invalid_client");
    assert_eq!(elsewhere.calls.load(Ordering::SeqCst), 2, "an unknown key asks once a minute");
    // Nothing that could be used is there: what was fetched before still counts.
    *elsewhere.answer.lock().unwrap() = "<html>".to_owned();
    server.pass(400);
    assert_eq!(token(&server, &sign(&second, &claims(&server))).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_metadata_names_methods_and_algorithms() {
    let (server, _) = started(Algorithm::Es256).await;
    let found = server.send(reqwest::Method::GET, "/.well-known/openid-configuration", &[], "").await.json();
    for endpoint in ["token", "revocation", "introspection"] {
        let methods = found[format!("{endpoint}_endpoint_auth_methods_supported")].as_array().unwrap().clone();
        assert!(methods.contains(&json!("private_key_jwt")), "{methods:?}");
        let algorithms = &found[format!("{endpoint}_endpoint_auth_signing_alg_values_supported")];
        for algorithm in Algorithm::ALL {
            assert!(algorithms.as_array().unwrap().contains(&json!(algorithm.name())), "{algorithms}");
        }
    }
}

fn by_secret(id: &str) -> Client {
    Client { authentication: Authentication::by(AuthMethod::ClientSecretJwt), ..client(id) }
}

/// A JWT with an HMAC under a secret.
pub fn mac(secret: &str, claims: &Value) -> String {
    let head = base64url(json!({ "alg": "HS256", "typ": "JWT" }).to_string().as_bytes());
    let message = format!("{head}.{}", base64url(claims.to_string().as_bytes()));
    let tag = claviger_core::crypto::hmac_sha256(secret.as_bytes(), message.as_bytes());
    format!("{message}.{}", base64url(&tag[..]))
}

/// Whether the server takes what is made with this secret. It hears of a new one in a moment; the brake's time passes.
async fn knows(server: &Server, secret: &str) -> bool {
    server.pass(70);
    token(server, &mac(secret, &claims(server))).await.status == 200
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_is_sealed_proves_its_client_by_what_is_made_with_it() {
    const OTHER: &str = "another-secret-of-thirty-two-or-more-characters";
    let server = Server::start().await;
    let realm = server.realm.id.clone();
    // With the secret that the harness gives each, which is hashed: nothing can be checked with that.
    server.add_client(&by_secret("app")).await;
    token(&server, &mac(SECRET, &claims(&server))).await.refused(401, "invalid_client");
    server.store.retire_secret(&realm, "app", "s1", server.now()).await.unwrap();
    for (id, text) in [("s2", SECRET), ("s3", OTHER)] {
        let sealed = server.sealed_secret("app", id, text);
        assert!(!sealed.hash.windows(8).any(|part| text.as_bytes().windows(8).any(|of| of == part)), "in plain");
        server.store.add_secret(&realm, "app", sealed, server.now()).await.unwrap();
    }
    server.until(async || knows(&server, SECRET).await && knows(&server, OTHER).await).await;
    for secret in [SECRET, OTHER] {
        let good = mac(secret, &claims(&server));
        let reply = token(&server, &good).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        let access = reply.text("access_token");
        token(&server, &good).await.refused(401, "invalid_client");
        let known = ask(&server, "/introspect", &mac(secret, &claims(&server)), &[("token", &access)]).await;
        assert_eq!(known.json()["active"], true, "{}", known.body);
    }
    // Neither the secret itself nor a signature is its method.
    let secret = [CREDENTIALS, ("client_id", "app"), ("client_secret", SECRET)];
    server.post("/token", &secret).await.refused(401, "invalid_client");
    token(&server, &sign(&key("k1", Algorithm::Es256), &claims(&server))).await.refused(401, "invalid_client");
    let wrong = mac(&SECRET.to_uppercase(), &claims(&server));
    token(&server, &wrong).await.refused(401, "invalid_client");
    server.store.retire_secret(&realm, "app", "s2", server.now()).await.unwrap();
    server.pass(70);
    server.until(async || token(&server, &mac(SECRET, &claims(&server))).await.status == 401).await;
    server.pass(70);
    assert_eq!(token(&server, &mac(OTHER, &claims(&server))).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sealed_secret_is_bound_to_its_client_and_is_compared_where_the_method_changes() {
    let server = Server::start().await;
    let realm = server.realm.id.clone();
    for id in ["one", "two"] {
        server.store.put_client(&realm, &by_secret(id), server.now()).await.unwrap();
        // As if somebody had copied the row of one to the other.
        let sealed = server.sealed_secret("one", "s1", SECRET);
        server.store.add_secret(&realm, id, sealed, server.now()).await.unwrap();
    }
    let of = |id: &str| with(with(claims(&server), "iss", json!(id)), "sub", json!(id));
    assert_eq!(token(&server, &mac(SECRET, &of("one"))).await.status, 200);
    token(&server, &mac(SECRET, &of("two"))).await.refused(401, "invalid_client");
    server.store.put_client(&realm, &client("one"), server.now()).await.unwrap();
    let secret = [CREDENTIALS, ("client_id", "one"), ("client_secret", SECRET)];
    server
        .until(async || {
            server.pass(70);
            server.post("/token", &secret).await.status == 200
        })
        .await;
}
