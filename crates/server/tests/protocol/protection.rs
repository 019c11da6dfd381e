//! How what is said to a client is signed and encrypted (OpenID Connect Core 5.3.2, 10; JARM).

use crate::common::{Browser, CALLBACK, CHALLENGE, Reply, Server, authorize_query, claims, client, redemption, with};
use crate::request_objects::Elsewhere;
use claviger_core::client::{GrantType, Protection, Requests};
use claviger_core::dialect::Legacy;
use claviger_core::jose::jwe::{ContentEncryption, DecryptingKey, KeyManagement, decrypt, is_encrypted};
use claviger_core::jose::{Algorithm, Jwk, JwkSet, Typ, VerifyingKeys, from_base64url, token_hash, verify_jwt};
use claviger_core::{Client, Realm};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// The key set as whoever checks a token gets it.
async fn jwks(server: &Server) -> JwkSet {
    serde_json::from_value(server.send(Method::GET, "/jwks", &[], "").await.json()).unwrap()
}

/// The algorithm and the claims of a token that the realm signed.
async fn verified(server: &Server, token: &str) -> (Algorithm, Value) {
    let keys = VerifyingKeys::from_set(&jwks(server).await).unwrap();
    let decoded = verify_jwt(token, &keys, Some(Typ::Jwt)).unwrap();
    (decoded.header.algorithm, serde_json::from_slice(&decoded.claims).unwrap())
}

/// The header of a token, as it is.
fn header(token: &str) -> Value {
    serde_json::from_slice(&from_base64url(token.split('.').next().unwrap()).unwrap()).unwrap()
}

/// A key of a client's own.
fn own(kid: &str, alg: KeyManagement) -> Arc<DecryptingKey> {
    let der = DecryptingKey::generate(alg).unwrap();
    Arc::new(DecryptingKey::from_pkcs8(alg, Some(kid), der.expose()).unwrap())
}

fn set(keys: &[&DecryptingKey]) -> JwkSet {
    JwkSet { keys: keys.iter().map(|key| key.public_jwk().clone()).collect() }
}

/// What only the client reads.
fn read(key: &Arc<DecryptingKey>, token: &str) -> String {
    assert!(is_encrypted(token), "{token}");
    let decrypted = decrypt(token, std::slice::from_ref(key)).unwrap();
    String::from_utf8(decrypted.content.to_vec()).unwrap()
}

async fn userinfo(server: &Server, tokens: &Reply) -> Reply {
    server.bearer(Method::GET, "/userinfo", &tokens.text("access_token")).await
}

async fn discovery(server: &Server) -> Value {
    server.send(Method::GET, "/.well-known/openid-configuration", &[], "").await.json()
}

fn hybrid(client: Client) -> Client {
    let mut client = client;
    client.grants.insert(GrantType::Implicit);
    client.legacy.insert(Legacy::Implicit);
    client
}

fn permitting(realm: &mut Realm) {
    realm.dialect.permits.insert(Legacy::Implicit);
    realm.requests.loopback = true;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_algorithm_signs_for_a_client_that_registered_it_and_its_key_is_published_first() {
    let server = Server::with(permitting).await;
    let browser = Browser::default();
    let algs = |set: &JwkSet| set.keys.iter().filter_map(|key| key.alg.clone()).collect::<Vec<_>>();
    assert_eq!(algs(&jwks(&server).await).len(), 2, "none that nobody wants");
    for algorithm in [Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa, Algorithm::Ps256] {
        let id = format!("app-{}", algorithm.name().to_lowercase());
        let requests = Requests { authorization_signed_response_alg: Some(algorithm), ..Requests::default() };
        let protection = Protection { userinfo_signed_response_alg: Some(algorithm), ..Protection::default() };
        let client = Client { id_token_signing: Some(algorithm), requests, protection, ..hybrid(client(&id)) };
        server.add_client(&client).await;
        // It is there once the client has begun, before anything is signed with it.
        let query =
            with(with(authorize_query(&id, "openid email"), "response_type", "code id_token token"), "nonce", "n");
        let asked = browser.ask(&server, &query).await;
        assert!(algs(&jwks(&server).await).contains(&algorithm.name().to_owned()), "{algorithm}");
        let answer = browser.carry_on(&server, asked).await.redirect_params();
        let (signed_with, front) = verified(&server, &answer["id_token"]).await;
        assert_eq!(signed_with, algorithm);
        assert_eq!(front["at_hash"], token_hash(algorithm, &answer["access_token"]));
        assert_eq!(front["c_hash"], token_hash(algorithm, &answer["code"]));
        let tokens = server.redeem(&id, &answer["code"]).await;
        let (signed_with, back) = verified(&server, &tokens.text("id_token")).await;
        assert_eq!(
            (signed_with, &back["at_hash"]),
            (algorithm, &token_hash(algorithm, &tokens.text("access_token")).into())
        );
        assert_eq!(back["aud"], id);
        let answer = userinfo(&server, &tokens).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/jwt"));
        let (signed_with, said) = verified(&server, &answer.body).await;
        assert_eq!(signed_with, algorithm);
        assert_eq!((&said["iss"], &said["aud"]), (&server.realm.issuer.as_str().into(), &id.as_str().into()));
        assert_eq!((&said["sub"], &said["email"]), (&back["sub"], &"alice@example.com".into()));
        let jarm = with(authorize_query(&id, "openid"), "response_mode", "jwt");
        let answer = browser.authorize(&server, &jarm).await.redirect_params();
        assert_eq!(verified(&server, &answer["response"]).await.0, algorithm);
    }
    let metadata = discovery(&server).await;
    for name in ["id_token", "userinfo", "authorization"] {
        let listed = &metadata[format!("{name}_signing_alg_values_supported")];
        assert_eq!(listed, &json!(["RS256", "ES256", "PS256", "EdDSA"]), "{name}");
        let listed = &metadata[format!("{name}_encryption_alg_values_supported")];
        assert_eq!(listed, &json!(["RSA-OAEP", "RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A256KW"]), "{name}");
        let listed = &metadata[format!("{name}_encryption_enc_values_supported")];
        assert_eq!(listed, &json!(["A128CBC-HS256", "A256CBC-HS512", "A128GCM", "A256GCM"]), "{name}");
    }
    assert_eq!(metadata.get("request_object_encryption_alg_values_supported"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn signed_userinfo_is_a_jwt_by_get_and_post_and_its_errors_are_not() {
    let server = Server::start().await;
    let protection = Protection { userinfo_signed_response_alg: Some(Algorithm::Es256), ..Protection::default() };
    server.add_client(&Client { protection, ..client("app") }).await;
    server.add_client(&client("plain")).await;
    let browser = Browser::default();
    let token = server.code_flow(&browser, "app", "openid profile").await.text("access_token");
    let get = server.bearer(Method::GET, "/userinfo", &token).await;
    let post = server.bearer(Method::POST, "/userinfo", &token).await;
    let form = server.post("/userinfo", &[("access_token", &token)]).await;
    for answer in [&get, &post, &form] {
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/jwt"));
        assert_eq!((answer.header("cache-control"), answer.header("access-control-allow-origin")), ("no-store", "*"));
        assert_eq!(header(&answer.body)["alg"], "ES256");
        assert_eq!(verified(&server, &answer.body).await.1["name"], "Alice Adams");
    }
    let wrong = server.bearer(Method::GET, "/userinfo", "nonsense").await;
    assert_eq!(wrong.status, 401);
    assert!(wrong.header("www-authenticate").contains("invalid_token"));
    assert_ne!(wrong.header("content-type"), "application/jwt");
    // A client that registered nothing gets JSON, without iss and aud.
    let tokens = server.code_flow(&browser, "plain", "openid").await;
    let plain = userinfo(&server, &tokens).await;
    assert_eq!(plain.header("content-type"), "application/json");
    assert_eq!((plain.json().get("iss"), plain.json().get("aud")), (None, None));
    // A signed answer is no ID token: neither for another client nor as a hint of a session.
    assert_eq!(claims(&get.body).get("exp"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn id_tokens_and_userinfo_are_encrypted_in_every_way_there_is() {
    let server = Server::with(permitting).await;
    let browser = Browser::default();
    let signing = own("not-this-one", KeyManagement::RsaOaep);
    for (alg, enc) in KeyManagement::ALL.into_iter().zip(ContentEncryption::ALL) {
        let key = own("k1", alg);
        // A key of the same kind that is for signatures is not taken for it.
        let decoy = Jwk { use_: Some("sig".into()), alg: None, ..signing.public_jwk().clone() };
        let mut keys = set(&[&key]);
        keys.keys.insert(0, decoy);
        let id = format!("app-{}", alg.name().to_lowercase().replace('+', "-"));
        let protection = Protection {
            id_token_encrypted_response_alg: Some(alg),
            id_token_encrypted_response_enc: Some(enc),
            userinfo_encrypted_response_alg: Some(alg),
            userinfo_encrypted_response_enc: Some(enc),
            userinfo_signed_response_alg: Some(Algorithm::Es256),
            ..Protection::default()
        };
        server.add_client(&Client { jwks: Some(keys), protection, ..hybrid(client(&id)) }).await;
        let query = with(with(authorize_query(&id, "openid email"), "response_type", "code id_token"), "nonce", "n");
        let answer = browser.authorize(&server, &query).await.redirect_params();
        let front = verified(&server, &read(&key, &answer["id_token"])).await.1;
        assert_eq!(
            (&front["nonce"], &front["c_hash"]),
            (&"n".into(), &token_hash(Algorithm::Rs256, &answer["code"]).into())
        );
        let tokens = server.redeem(&id, &answer["code"]).await;
        let said = header(&tokens.text("id_token"));
        let expected = json!({ "alg": alg.name(), "enc": enc.name(), "kid": "k1", "cty": "JWT" });
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(&said[name], value, "{name}");
        }
        assert_eq!(said.get("epk").is_some(), !alg.is_rsa());
        let back = verified(&server, &read(&key, &tokens.text("id_token"))).await.1;
        assert_eq!(back["sub"], front["sub"]);
        // Each is encrypted anew.
        let refreshed = server.refresh(&id, &tokens.text("refresh_token")).await;
        assert_ne!(refreshed.text("id_token"), tokens.text("id_token"));
        verified(&server, &read(&key, &refreshed.text("id_token"))).await;
        let answer = userinfo(&server, &tokens).await;
        assert_eq!(answer.header("content-type"), "application/jwt");
        assert_eq!(header(&answer.body)["cty"], "JWT");
        let said = verified(&server, &read(&key, &answer.body)).await.1;
        assert_eq!((&said["email"], &said["aud"]), (&"alice@example.com".into(), &id.as_str().into()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn userinfo_can_be_encrypted_without_a_signature_and_answers_can_be_encrypted() {
    let server = Server::start().await;
    let key = own("k1", KeyManagement::EcdhEs);
    let protection = Protection {
        userinfo_encrypted_response_alg: Some(KeyManagement::EcdhEs),
        authorization_encrypted_response_alg: Some(KeyManagement::EcdhEs),
        authorization_encrypted_response_enc: Some(ContentEncryption::A256Gcm),
        ..Protection::default()
    };
    server.add_client(&Client { jwks: Some(set(&[&key])), protection, ..client("app") }).await;
    let browser = Browser::default();
    let query = with(authorize_query("app", "openid email"), "response_mode", "jwt");
    let params = browser.authorize(&server, &query).await.redirect_params();
    assert_eq!(params.len(), 1);
    assert_eq!(header(&params["response"])["enc"], "A256GCM");
    let answer = verified(&server, &read(&key, &params["response"])).await.1;
    assert_eq!((&answer["state"], &answer["aud"]), (&"a state & more".into(), &"app".into()));
    let tokens = server.token("app", &redemption(answer["code"].as_str().unwrap())).await;
    assert_eq!(header(&tokens.text("id_token"))["alg"], "RS256", "an ID token was not asked to be encrypted");
    let said = userinfo(&server, &tokens).await;
    assert_eq!(said.header("content-type"), "application/jwt");
    let head = header(&said.body);
    assert_eq!((&head["enc"], head.get("cty")), (&"A128CBC-HS256".into(), None), "the default, and no token inside");
    let claims: Value = serde_json::from_str(&read(&key, &said.body)).unwrap();
    assert_eq!(claims["email"], "alice@example.com");
    // Errors travel the same way.
    let wrong = browser.ask(&server, &with(query, "scope", "unheard-of")).await.redirect_params();
    let answer = verified(&server, &read(&key, &wrong["response"])).await.1;
    assert_eq!(answer["error"], "invalid_scope");
    // An answer that is not signed is not encrypted either.
    let plain = browser.authorize(&server, &authorize_query("app", "openid")).await;
    assert!(!plain.code().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_may_lie_elsewhere_and_without_one_nothing_is_said_in_clear() {
    let server = Server::with(permitting).await;
    let (first, second) = (own("k1", KeyManagement::EcdhEs), own("k2", KeyManagement::RsaOaep256));
    let text = |keys: &[&DecryptingKey]| serde_json::to_string(&set(keys)).unwrap();
    let elsewhere = Elsewhere::new("application/json", text(&[&first])).await;
    let protection = |alg| Protection {
        id_token_encrypted_response_alg: Some(alg),
        userinfo_encrypted_response_alg: Some(alg),
        authorization_encrypted_response_alg: Some(alg),
        ..Protection::default()
    };
    let app =
        |alg| Client { jwks_uri: Some(elsewhere.uri.clone()), protection: protection(alg), ..hybrid(client("app")) };
    server.add_client(&app(KeyManagement::EcdhEs)).await;
    let browser = Browser::default();
    for _ in 0..3 {
        let tokens = server.code_flow(&browser, "app", "openid").await;
        verified(&server, &read(&first, &tokens.text("id_token"))).await;
    }
    assert_eq!(elsewhere.calls.load(Ordering::SeqCst), 1, "the keys are kept");
    // The client wants another algorithm, whose key it has not published.
    server.store.put_client(&server.realm.id, &app(KeyManagement::RsaOaep256), server.now()).await.unwrap();
    server.until(|| async { browser.ask(&server, &front("app")).await.redirect_params().contains_key("error") }).await;
    let code = browser.authorize(&server, &authorize_query("app", "openid")).await.code();
    server.redeem("app", &code).await.refused(400, "invalid_request");
    browser.ask(&server, &front("app")).await.sent_back(&server, "invalid_request");
    let jarm = with(authorize_query("app", "openid"), "response_mode", "jwt");
    browser.ask(&server, &jarm).await.is_page();
    // Nothing was spent by that: once the key is there, the code is good.
    *elsewhere.answer.lock().unwrap() = text(&[&first, &second]);
    server.pass(30);
    server.redeem("app", &code).await.refused(400, "invalid_request");
    server.pass(29);
    let calls = elsewhere.calls.load(Ordering::SeqCst);
    assert!(calls <= 3, "they are asked for once a minute at most: {calls}");
}

/// A request whose ID token comes through the browser.
fn front(client: &str) -> Vec<(String, String)> {
    let pairs = [
        ("response_type", "code id_token"),
        ("client_id", client),
        ("redirect_uri", CALLBACK),
        ("scope", "openid"),
        ("state", "a state & more"),
        ("nonce", "n"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_without_the_key_hears_so_and_its_code_waits_for_it() {
    let server = Server::start().await;
    let key = own("k1", KeyManagement::EcdhEsA256Kw);
    let protection = Protection {
        id_token_encrypted_response_alg: Some(KeyManagement::EcdhEsA256Kw),
        userinfo_encrypted_response_alg: Some(KeyManagement::EcdhEsA256Kw),
        ..Protection::default()
    };
    let app = Client { protection, ..client("app") };
    server.add_client(&app).await;
    let browser = Browser::default();
    let code = browser.authorize(&server, &authorize_query("app", "openid")).await.code();
    let refused = server.redeem("app", &code).await;
    refused.refused(400, "invalid_request");
    assert!(refused.text("error_description").contains("ECDH-ES+A256KW"), "{}", refused.body);
    server.store.put_client(&server.realm.id, &Client { jwks: Some(set(&[&key])), ..app }, server.now()).await.unwrap();
    server.until(|| async { server.redeem("app", &code).await.status == 200 }).await;
}
