//! FAPI 2.0 as a realm's switch: what it refuses, and that the whole flow works (FAPI 2.0 Security Profile 5.3.2, Message
//! Signing 5.3, 5.4).

use crate::common::{
    Browser, CALLBACK, ProofKey, Reply, SECRET, Server, VERIFIER, authorize_query, claims, client, with, without,
};
use claviger_core::Client;
use claviger_core::client::{AuthMethod, Authentication, ClientKind};
use claviger_core::jose::{Algorithm, JwkSet, SigningKey, Typ};
use claviger_core::profile::Profile;
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering};

struct World {
    server: Server,
    browser: Browser,
    /// Signs the client's assertions and request objects.
    key: SigningKey,
    proofs: ProofKey,
}

fn key(algorithm: Algorithm) -> SigningKey {
    SigningKey::from_pkcs8(algorithm, Some("k1"), SigningKey::generate(algorithm).unwrap().expose()).unwrap()
}

impl World {
    async fn new(profile: Profile) -> Self {
        Self::with_key(profile, key(Algorithm::Es256)).await
    }

    async fn with_key(profile: Profile, key: SigningKey) -> Self {
        let server = Server::with(|realm| realm.profile = Some(profile)).await;
        let jwks = Some(JwkSet { keys: vec![key.public_jwk().clone()] });
        let authentication = Authentication::by(AuthMethod::PrivateKeyJwt);
        server.add_client(&Client { jwks, authentication, ..client("app") }).await;
        Self { server, browser: Browser::default(), key, proofs: ProofKey::new() }
    }

    fn assertion(&self, changed: &[(&str, Value)]) -> String {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let now = self.server.now() / 1000;
        let jti = format!("assertion-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let mut claims = json!({
            "iss": "app", "sub": "app", "aud": self.server.realm.issuer, "jti": jti, "iat": now, "exp": now + 60,
        });
        for (name, value) in changed {
            claims[*name] = value.clone();
        }
        self.key.sign_jwt(Typ::Jwt, claims.to_string().as_bytes()).unwrap()
    }

    async fn post(&self, path: &str, form: &[(String, String)], changed: &[(&str, Value)], proofs: &[&str]) -> Reply {
        let assertion = self.assertion(changed);
        let mut all: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        all.push(("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"));
        all.push(("client_assertion", &assertion));
        self.server.post_with(path, &all, proofs).await
    }

    async fn push(&self, query: &[(String, String)]) -> Reply {
        self.post("/par", query, &[], &[]).await
    }

    async fn code(&self, query: &[(String, String)]) -> String {
        let pushed = self.push(query).await;
        assert_eq!(pushed.status, 201, "{}", pushed.body);
        self.browser.authorize(&self.server, &by(&pushed.text("request_uri"))).await.code()
    }

    async fn token(&self, form: &[(&str, &str)], proofs: &[&str]) -> Reply {
        self.post("/token", &owned(form), &[], proofs).await
    }

    fn proof(&self) -> String {
        self.proofs.proof(&self.server, "/token")
    }
}

fn owned(form: &[(&str, &str)]) -> Vec<(String, String)> {
    form.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn by(uri: &str) -> Vec<(String, String)> {
    owned(&[("client_id", "app"), ("request_uri", uri)])
}

fn redemption(code: &str) -> [(&str, &str); 4] {
    [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CALLBACK), ("code_verifier", VERIFIER)]
}

const CREDENTIALS: [(&str, &str); 1] = [("grant_type", "client_credentials")];

#[tokio::test(flavor = "multi_thread")]
async fn who_is_outside_the_profile_is_not_served() {
    let world = World::new(Profile::Fapi2).await;
    // Stored before the profile was.
    world.server.add_client(&client("secretive")).await;
    world.server.add_client(&Client { kind: ClientKind::Public, ..client("device") }).await;
    let reply = world.server.token_with("secretive", &CREDENTIALS, &world.proof()).await;
    reply.refused(400, "unauthorized_client");
    assert!(reply.text("error_description").contains("private_key_jwt"), "{}", reply.body);
    let code = [("client_id", "device"), ("grant_type", "authorization_code"), ("code", "x")];
    let reply = world.server.post_with("/token", &code, &[&world.proof()]).await;
    assert_eq!(reply.status, 400);
    for id in ["secretive", "device"] {
        let mut form = authorize_query(id, "read");
        form.push(("client_secret".into(), SECRET.into()));
        let form: Vec<(&str, &str)> = form.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let reply = world.server.post("/par", &form).await;
        assert!(reply.status == 400 || reply.status == 401, "{}", reply.body);
        assert!(["unauthorized_client", "invalid_client"].contains(&reply.text("error").as_str()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_pushed_whole_and_ask_for_a_code() {
    let world = World::new(Profile::Fapi2).await;
    let query = authorize_query("app", "openid read");
    world.browser.ask(&world.server, &query).await.sent_back(&world.server, "invalid_request");
    for (wrong, error) in [
        (without(without(query.clone(), "code_challenge"), "code_challenge_method"), "invalid_request"),
        (with(query.clone(), "code_challenge_method", "plain"), "invalid_request"),
        (without(query.clone(), "redirect_uri"), "invalid_request"),
        (with(query.clone(), "redirect_uri", "https://evil.example/"), "invalid_request"),
        (with(with(query.clone(), "response_type", "code id_token"), "nonce", "n"), "unsupported_response_type"),
        (with(query.clone(), "response_type", "token"), "unsupported_response_type"),
        (with(query.clone(), "request_uri", "urn:x"), "invalid_request"),
    ] {
        let reply = world.push(&wrong).await;
        assert_eq!((reply.status.as_u16(), reply.text("error").as_str()), (400, error), "{wrong:?}");
    }
    // A nonce does not stand in for PKCE.
    let nonce = with(without(without(query, "code_challenge"), "code_challenge_method"), "nonce", "n");
    world.push(&nonce).await.refused(400, "invalid_request");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_assertion_is_for_the_issuer_alone() {
    let world = World::new(Profile::Fapi2).await;
    let issuer = &world.server.realm.issuer;
    for aud in [json!(format!("{issuer}/token")), json!(format!("{issuer}/par")), json!([issuer]), json!([issuer, "x"])]
    {
        for (path, form) in [("/par", authorize_query("app", "read")), ("/token", owned(&CREDENTIALS))] {
            let reply = world.post(path, &form, &[("aud", aud.clone())], &[]).await;
            assert!([400, 401].contains(&reply.status.as_u16()), "{aud}: {}", reply.body);
            assert_eq!(reply.text("error"), "invalid_client", "{aud}");
        }
    }
    // Clocks: ten seconds ahead are taken, more than a minute is not.
    let now = world.server.now() / 1000;
    let form = owned(&CREDENTIALS);
    let ahead =
        |seconds: i64| [("iat", json!(now + seconds)), ("nbf", json!(now + seconds)), ("exp", json!(now + 300))];
    assert_eq!(world.post("/token", &form, &ahead(10), &[&world.proof()]).await.status, 200);
    assert_eq!(world.post("/token", &form, &ahead(61), &[&world.proof()]).await.text("error"), "invalid_client");
}

#[tokio::test(flavor = "multi_thread")]
async fn rs256_signs_no_assertion() {
    let world = World::with_key(Profile::Fapi2, key(Algorithm::Rs256)).await;
    for (path, form) in [("/par", authorize_query("app", "read")), ("/token", owned(&CREDENTIALS))] {
        let reply = world.post(path, &form, &[], &[&world.proof()]).await;
        assert!([400, 401].contains(&reply.status.as_u16()), "{path}: {}", reply.body);
        assert_eq!(reply.text("error"), "invalid_client", "{path}");
    }
    let world = World::with_key(Profile::Fapi2, key(Algorithm::Ps256)).await;
    assert_eq!(world.push(&authorize_query("app", "read")).await.status, 201, "the same kind of key with PS256");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_token_is_bound() {
    let world = World::new(Profile::Fapi2).await;
    world.token(&CREDENTIALS, &[]).await.refused(400, "invalid_request");
    let code = world.code(&authorize_query("app", "openid read")).await;
    world.token(&redemption(&code), &[]).await.refused(400, "invalid_request");
    let reply = world.token(&redemption(&code), &[&world.proof()]).await;
    assert_eq!((reply.status.as_u16(), reply.text("token_type").as_str()), (200, "DPoP"), "{}", reply.body);
    let token = reply.text("access_token");
    assert_eq!(claims(&token)["cnf"]["jkt"], world.proofs.jkt());
    let id_token = reply.text("id_token");
    let header = id_token.split('.').next().unwrap();
    let header: Value = serde_json::from_slice(&claviger_core::jose::from_base64url(header).unwrap()).unwrap();
    assert_eq!(header["alg"], "ES256", "not RS256");
    let proof = world.proofs.proof_with(&world.server, &token, &[]);
    assert_eq!(world.server.userinfo("DPoP", &token, Some(&proof)).await.json()["sub"], "u1");
    assert_eq!(world.server.userinfo("Bearer", &token, None).await.status, 401);
    let nobody = world.server.send(Method::GET, "/userinfo", &[], "").await;
    let challenge = nobody.header("www-authenticate");
    assert!(
        challenge.starts_with("Bearer ") && challenge.contains(r#", DPoP algs="PS256 ES256 EdDSA""#),
        "{challenge}"
    );
    // The same refresh token serves again, with another key as well.
    let first = reply.text("refresh_token");
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", first.as_str())];
    for _ in 0..3 {
        let next = world.token(&refresh, &[&world.proof()]).await;
        assert_eq!((next.status.as_u16(), next.text("refresh_token")), (200, first.clone()), "{}", next.body);
    }
    world.token(&refresh, &[]).await.refused(400, "invalid_request");
    // RS256 is not in the profile.
    let weak = ProofKey(
        SigningKey::from_pkcs8(Algorithm::Rs256, None, SigningKey::generate(Algorithm::Rs256).unwrap().expose())
            .unwrap(),
    );
    world.token(&CREDENTIALS, &[&weak.proof(&world.server, "/token")]).await.refused(400, "invalid_dpop_proof");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_lives_a_minute_whatever_the_realm_says() {
    let world = World::new(Profile::Fapi2).await;
    let mut realm = world.server.realm.clone();
    realm.tokens.code_ttl = claviger_core::span::Span::seconds(600);
    realm.requests.pushed_ttl = claviger_core::span::Span::seconds(600);
    world.server.store.put_realm(&realm, world.server.now()).await.unwrap();
    let pushed = world.push(&authorize_query("app", "read")).await;
    assert!(pushed.json()["expires_in"].as_i64().unwrap() < 600);
    let code = world.code(&authorize_query("app", "read")).await;
    world.server.pass(60);
    world.token(&redemption(&code), &[&world.proof()]).await.refused(400, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_asks_with_its_secret_and_is_told_the_key() {
    let world = World::new(Profile::Fapi2).await;
    let resource_server = Some("https://api.example".to_owned());
    world.server.add_client(&Client { resource_server, grants: [].into(), ..client("api") }).await;
    let token = world.token(&CREDENTIALS, &[&world.proof()]).await.text("access_token");
    let told = world.server.introspect("api", &token).await.json();
    assert_eq!((&told["active"], &told["cnf"]["jkt"]), (&json!(true), &json!(world.proofs.jkt())), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_metadata_say_what_the_profile_is() {
    let world = World::new(Profile::Fapi2MessageSigning).await;
    let found = world.server.send(Method::GET, "/.well-known/openid-configuration", &[], "").await.json();
    assert_eq!(found["require_pushed_authorization_requests"], true);
    assert_eq!(found["require_signed_request_object"], true);
    assert_eq!(found["dpop_signing_alg_values_supported"], json!(["PS256", "ES256", "EdDSA"]));
    assert_eq!(found["request_object_signing_alg_values_supported"], json!(["PS256", "ES256", "EdDSA"]));
    assert_eq!(found["response_types_supported"], json!(["code"]));
    for list in ["id_token_signing_alg_values_supported", "authorization_signing_alg_values_supported"] {
        assert!(!found[list].as_array().unwrap().contains(&"RS256".into()), "{list}");
    }
    let methods = found["token_endpoint_auth_methods_supported"].as_array().unwrap();
    for method in methods {
        let method = method.as_str().unwrap();
        assert!(method == "private_key_jwt" || method.ends_with("tls_client_auth"), "{method}");
    }
    assert!(methods.contains(&"private_key_jwt".into()));
    assert_eq!(found["token_endpoint_auth_signing_alg_values_supported"], json!(["ES256", "PS256", "EdDSA"]));
    assert_eq!(found["revocation_endpoint_auth_methods_supported"], found["token_endpoint_auth_methods_supported"]);
    assert_eq!(found["authorization_response_iss_parameter_supported"], true);
    assert_eq!(found["code_challenge_methods_supported"], json!(["S256"]));
    // An API asks with its secret, as elsewhere.
    let asking = found["introspection_endpoint_auth_methods_supported"].as_array().unwrap();
    assert!(asking.contains(&"client_secret_basic".into()), "{asking:?}");
    assert_eq!(found["grant_types_supported"].as_array().unwrap().iter().find(|grant| *grant == "implicit"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_message_signing_requests_are_signed_and_short() {
    let world = World::new(Profile::Fapi2MessageSigning).await;
    world.push(&authorize_query("app", "read")).await.refused(400, "invalid_request");
    let now = world.server.now() / 1000;
    let object = |changed: &[(&str, Value)]| {
        let mut claims = json!({
            "iss": "app", "aud": world.server.realm.issuer, "nbf": now, "exp": now + 300, "response_mode": "jwt",
        });
        for (name, value) in authorize_query("app", "openid read") {
            claims[name] = value.into();
        }
        for (name, value) in changed {
            if value.is_null() {
                claims.as_object_mut().unwrap().remove(*name);
            } else {
                claims[*name] = value.clone();
            }
        }
        owned(&[
            ("client_id", "app"),
            ("request", &world.key.sign_jwt(Typ::Jwt, claims.to_string().as_bytes()).unwrap()),
        ])
    };
    for (name, value) in [
        ("nbf", Value::Null),
        ("nbf", json!(now - 3660)),
        ("nbf", json!(now + 61)),
        ("exp", Value::Null),
        ("exp", json!(now)),
        ("exp", json!(now + 3660)),
        ("aud", Value::Null),
        ("aud", json!("https://other.example")),
    ] {
        world.push(&object(&[(name, value)])).await.refused(400, "invalid_request_object");
    }
    for good in [object(&[("nbf", json!(now + 8))]), object(&[("aud", json!([world.server.realm.issuer, "x"]))])] {
        assert_eq!(world.push(&good).await.status, 201);
    }
    let pushed = world.push(&object(&[])).await;
    assert_eq!(pushed.status, 201, "{}", pushed.body);
    let answer = world.browser.authorize(&world.server, &by(&pushed.text("request_uri"))).await;
    let response = answer.redirect_params().remove("response").expect("a signed answer");
    let signed = claims(&response);
    assert_eq!((&signed["iss"], &signed["aud"]), (&json!(world.server.realm.issuer), &json!("app")));
    let reply = world.token(&redemption(signed["code"].as_str().unwrap()), &[&world.proof()]).await;
    assert_eq!(reply.text("token_type"), "DPoP", "{}", reply.body);
}
