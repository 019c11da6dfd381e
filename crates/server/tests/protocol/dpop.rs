//! Proof of possession (RFC 9449): bad proofs first, then what good ones give.

use crate::common::{Browser, ProofKey, Reply, SECRET, Server, authorize_query, claims, client, redemption, with};
use claviger_core::Client;
use claviger_core::client::{ClientKind, Dpop, GrantType};
use claviger_core::jose::Algorithm;
use claviger_core::realm::AccessTokenFormat;
use reqwest::Method;
use serde_json::{Value, json};

const CREDENTIALS: [(&str, &str); 1] = [("grant_type", "client_credentials")];

fn public(id: &str) -> Client {
    let grants = [GrantType::AuthorizationCode, GrantType::RefreshToken].into();
    Client { kind: ClientKind::Public, grants, ..client(id) }
}

async fn started() -> (Server, Browser, ProofKey) {
    let server = Server::start().await;
    server.add_client(&client("app")).await;
    server.add_client(&public("device")).await;
    (server, Browser::default(), ProofKey::new())
}

fn set(mut object: Value, name: &str, value: Value) -> Value {
    if value.is_null() {
        object.as_object_mut().unwrap().remove(name);
    } else {
        object[name] = value;
    }
    object
}

/// Asserts a refusal at userinfo, with its challenge.
fn challenged(reply: &Reply, error: &str) {
    assert_eq!(reply.status, 401, "{}", reply.body);
    let challenge = reply.header("www-authenticate");
    let expected = format!(r#"DPoP algs="ES256 RS256 PS256 EdDSA", error="{error}", error_description=""#);
    assert!(challenge.starts_with(&expected), "{challenge}");
    assert_eq!(reply.text("error"), error);
    assert_eq!(reply.header("cache-control"), "no-store");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_proof_at_the_token_endpoint_gets_nothing() {
    let (server, _, key) = started().await;
    let fresh = || ProofKey::claims(&server, "POST", "/token");
    let now = server.now() / 1000;
    for (name, value) in [
        ("jti", Value::Null),
        ("jti", "".into()),
        ("htm", Value::Null),
        ("htm", "GET".into()),
        ("htu", Value::Null),
        ("htu", format!("{}/userinfo", server.realm.issuer).into()),
        ("htu", "https://elsewhere.example/token".into()),
        ("iat", Value::Null),
        ("iat", (now - 61).into()),
        ("iat", (now + 61).into()),
        ("exp", (now - 1).into()),
        ("nbf", (now + 61).into()),
        ("nonce", "invented".into()),
    ] {
        let proof = key.sign(&set(fresh(), name, value.clone()));
        let reply = server.token_with("app", &CREDENTIALS, &proof).await;
        let error = if name == "nonce" { "use_dpop_nonce" } else { "invalid_dpop_proof" };
        reply.refused(400, error);
    }
    let sign = |header: &Value| key.0.sign_with_header(&header.to_string(), fresh().to_string().as_bytes()).unwrap();
    let header = key.header();
    for (name, value) in [
        ("typ", Value::Null),
        ("typ", "JWT".into()),
        ("alg", "none".into()),
        ("alg", "HS256".into()),
        ("alg", "PS256".into()),
        ("jwk", Value::Null),
        ("jwk", json!({ "kty": "oct", "k": "c2VjcmV0" })),
        ("jwk", set(header["jwk"].clone(), "d", "AAAA".into())),
        ("jwk", ProofKey::new().header()["jwk"].clone()),
    ] {
        let reply = server.token_with("app", &CREDENTIALS, &sign(&set(header.clone(), name, value))).await;
        reply.refused(400, "invalid_dpop_proof");
        assert!(!reply.body.contains("AAAA"));
    }
    let good = key.proof(&server, "/token");
    for text in ["", "nonsense", &good[..good.len() - 4], &format!("{good}, {good}")] {
        server.token_with("app", &CREDENTIALS, text).await.refused(400, "invalid_dpop_proof");
    }
    let mut form = vec![("client_id", "app"), ("client_secret", SECRET)];
    form.extend(CREDENTIALS);
    server.post_with("/token", &form, &[&good, &key.proof(&server, "/token")]).await.refused(400, "invalid_dpop_proof");
    // Who cannot say who they are hears of that alone.
    let wrong = [("client_id", "app"), ("client_secret", "wrong"), ("grant_type", "client_credentials")];
    server.post_with("/token", &wrong, &["nonsense"]).await.refused(401, "invalid_client");
    // None of it counted as a use.
    assert_eq!(server.token_with("app", &CREDENTIALS, &good).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_is_for_one_request() {
    let (server, _, key) = started().await;
    let proof = key.proof(&server, "/token");
    assert_eq!(server.token_with("app", &CREDENTIALS, &proof).await.status, 200);
    let again = server.token_with("app", &CREDENTIALS, &proof).await;
    again.refused(400, "invalid_dpop_proof");
    assert!(again.text("error_description").contains("used before"));
    server.pass(59);
    server.token_with("app", &CREDENTIALS, &proof).await.refused(400, "invalid_dpop_proof");
    // The same name under another key is another proof.
    let claims = ProofKey::claims(&server, "POST", "/token");
    assert_eq!(server.token_with("app", &CREDENTIALS, &key.sign(&claims)).await.status, 200);
    assert_eq!(server.token_with("app", &CREDENTIALS, &ProofKey::new().sign(&claims)).await.status, 200);
    let both = key.proof(&server, "/token");
    let (one, other) =
        tokio::join!(server.token_with("app", &CREDENTIALS, &both), server.token_with("app", &CREDENTIALS, &both));
    assert_eq!(u16::from(one.status == 200) + u16::from(other.status == 200), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_bound_to_the_key_that_was_shown() {
    let (server, browser, _) = started().await;
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa] {
        let key = ProofKey::of(algorithm);
        let code = browser.authorize(&server, &authorize_query("app", "openid read")).await.code();
        let reply = server.token_with("app", &redemption(&code), &key.proof(&server, "/token")).await;
        assert_eq!((reply.status.as_u16(), reply.text("token_type").as_str()), (200, "DPoP"), "{}", reply.body);
        let token = reply.text("access_token");
        assert_eq!(claims(&token)["cnf"], json!({ "jkt": key.jkt() }));
        let known = server.introspect("app", &token).await.json();
        assert_eq!((&known["token_type"], &known["cnf"]), (&json!("DPoP"), &json!({ "jkt": key.jkt() })));
        assert!(claims(&reply.text("id_token")).get("cnf").is_none());
        for scheme in ["DPoP", "dpop", "DPOP"] {
            let proof = key.proof_with(&server, &token, &[]);
            assert_eq!(server.userinfo(scheme, &token, Some(&proof)).await.json()["sub"], "u1");
        }
        // A refresh may show another key: the client says with its secret who it is (RFC 9449 5).
        let other = ProofKey::new();
        let refresh = [("grant_type", "refresh_token"), ("refresh_token", &*reply.text("refresh_token"))];
        let next = server.token_with("app", &refresh, &other.proof(&server, "/token")).await;
        assert_eq!(claims(&next.text("access_token"))["cnf"]["jkt"], other.jkt());
        // The same again, with a third key: not the token of the second.
        let third = ProofKey::new();
        let retry = server.token_with("app", &refresh, &third.proof(&server, "/token")).await;
        assert_eq!(claims(&retry.text("access_token"))["cnf"]["jkt"], third.jkt());
        assert_eq!(retry.text("refresh_token"), next.text("refresh_token"));
    }
    let plain = server.token("app", &CREDENTIALS).await;
    assert_eq!((plain.text("token_type").as_str(), claims(&plain.text("access_token")).get("cnf")), ("Bearer", None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reference_is_bound_as_well() {
    let (server, browser, key) = started().await;
    server.add_client(&Client { access_token: Some(AccessTokenFormat::Opaque), ..client("opaque") }).await;
    let code = browser.authorize(&server, &authorize_query("opaque", "openid")).await.code();
    let reply = server.token_with("opaque", &redemption(&code), &key.proof(&server, "/token")).await;
    let token = reply.text("access_token");
    assert_eq!(server.introspect("opaque", &token).await.json()["cnf"]["jkt"], key.jkt());
    let proof = key.proof_with(&server, &token, &[]);
    assert_eq!(server.userinfo("DPoP", &token, Some(&proof)).await.status, 200);
    challenged_as_bearer(&server.userinfo("Bearer", &token, None).await);
    let (id, secret) = (reply.text("refresh_token"), SECRET);
    let next = server.token("opaque", &[("grant_type", "refresh_token"), ("refresh_token", &id)]).await;
    assert_eq!(next.text("token_type"), "Bearer", "nothing was shown: {secret:?}");
    assert!(server.introspect("opaque", &next.text("access_token")).await.json().get("cnf").is_none());
}

fn challenged_as_bearer(reply: &Reply) {
    assert_eq!((reply.status.as_u16(), reply.text("error").as_str()), (401, "invalid_token"));
}

#[tokio::test(flavor = "multi_thread")]
async fn userinfo_wants_the_proof_of_the_tokens_own_key() {
    let (server, browser, key) = started().await;
    let code = browser.authorize(&server, &authorize_query("app", "openid")).await.code();
    let token = server.token_with("app", &redemption(&code), &key.proof(&server, "/token")).await.text("access_token");
    let now = server.now() / 1000;
    for (name, value) in [
        ("htm", json!("POST")),
        ("htu", json!(format!("{}/token", server.realm.issuer))),
        ("iat", json!(now - 3600)),
        ("iat", json!(now + 3600)),
        ("ath", json!("fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo")),
        ("ath", json!(null)),
        ("jti", json!("")),
    ] {
        let proof = key.proof_with(&server, &token, &[(name, value)]);
        challenged(&server.userinfo("DPoP", &token, Some(&proof)).await, "invalid_dpop_proof");
    }
    challenged(&server.userinfo("DPoP", &token, Some("nonsense")).await, "invalid_dpop_proof");
    challenged(&server.userinfo("DPoP", &token, None).await, "invalid_dpop_proof");
    let of_another = ProofKey::new().proof_with(&server, &token, &[]);
    challenged(&server.userinfo("DPoP", &token, Some(&of_another)).await, "invalid_token");
    let (one, two) = (key.proof_with(&server, &token, &[]), key.proof_with(&server, &token, &[]));
    let authorization = format!("DPoP {token}");
    let both = [("authorization", authorization.as_str()), ("dpop", &one), ("dpop", &two)];
    challenged(&server.send(Method::GET, "/userinfo", &both, "").await, "invalid_dpop_proof");
    // Down to a bearer token, with a proof or without (RFC 9449 7.2).
    challenged_as_bearer(&server.userinfo("Bearer", &token, None).await);
    challenged_as_bearer(&server.userinfo("Bearer", &token, Some(&one)).await);
    let form = [("content-type", "application/x-www-form-urlencoded")];
    challenged_as_bearer(&server.send(Method::POST, "/userinfo", &form, format!("access_token={token}")).await);
    // A token that is bound to none has no business in the scheme.
    let plain = server.token("app", &CREDENTIALS).await.text("access_token");
    let proof = key.proof_with(&server, &plain, &[]);
    challenged(&server.userinfo("DPoP", &plain, Some(&proof)).await, "invalid_token");
    // The address in another spelling, and with a query, is the same.
    let shouted = server.realm.issuer.replace("http", "HTTP");
    let spelled = key.proof_with(&server, &token, &[("htu", json!(format!("{shouted}/%75serinfo?a=b#c")))]);
    assert_eq!(server.userinfo("DPoP", &token, Some(&spelled)).await.status, 200);
    challenged(&server.userinfo("DPoP", &token, Some(&spelled)).await, "invalid_dpop_proof");
    assert_eq!(server.userinfo("DPoP", &token, Some(&one)).await.status, 200);
}

/// A refresh of the public client.
fn by(token: &str) -> [(&str, &str); 3] {
    [("client_id", "device"), ("grant_type", "refresh_token"), ("refresh_token", token)]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_refresh_token_of_a_public_client_is_bound_to_its_key() {
    let (server, browser, key) = started().await;
    let code = browser.authorize(&server, &authorize_query("device", "openid read")).await.code();
    let form = Server::redemption_of("device", &code);
    let reply = server.post_with("/token", &form, &[&key.proof(&server, "/token")]).await;
    assert_eq!(reply.text("token_type"), "DPoP");
    let first = reply.text("refresh_token");
    server.post("/token", &by(&first)).await.refused(400, "invalid_grant");
    let other = ProofKey::new();
    server.post_with("/token", &by(&first), &[&other.proof(&server, "/token")]).await.refused(400, "invalid_grant");
    // Neither counted as a use.
    let next = server.post_with("/token", &by(&first), &[&key.proof(&server, "/token")]).await;
    assert_eq!(claims(&next.text("access_token"))["cnf"]["jkt"], key.jkt());
    let second = next.text("refresh_token");
    server.post("/token", &by(&second)).await.refused(400, "invalid_grant");
    // Not even the answer that was lost is given to who does not hold the key.
    server.post_with("/token", &by(&first), &[&other.proof(&server, "/token")]).await.refused(400, "invalid_grant");
    let again = server.post_with("/token", &by(&first), &[&key.proof(&server, "/token")]).await;
    assert_eq!(again.text("refresh_token"), second);
    // Without a proof at the code there is no binding.
    let code = browser.authorize(&server, &authorize_query("device", "openid read")).await.code();
    let plain = server.post("/token", &Server::redemption_of("device", &code)).await;
    assert_eq!(server.post("/token", &by(&plain.text("refresh_token"))).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_bound_to_the_key_that_the_request_named() {
    let (server, browser, key) = started().await;
    let named = || with(authorize_query("app", "read"), "dpop_jkt", &key.jkt());
    for bad in ["short", "", &format!("{}=", key.jkt())] {
        let reply = browser.ask(&server, &with(authorize_query("app", "read"), "dpop_jkt", bad)).await;
        if bad.is_empty() {
            reply.asks_to_sign_in();
        } else {
            reply.sent_back(&server, "invalid_request");
        }
    }
    let code = browser.authorize(&server, &named()).await.code();
    server.token("app", &redemption(&code)).await.refused(400, "invalid_grant");
    let other = ProofKey::new().proof(&server, "/token");
    server.token_with("app", &redemption(&code), &other).await.refused(400, "invalid_grant");
    // A wrong key neither spends the code nor revokes what it gave.
    let reply = server.token_with("app", &redemption(&code), &key.proof(&server, "/token")).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    server.token_with("app", &redemption(&code), &other).await.refused(400, "invalid_dpop_proof");
    assert!(server.is_active("app", &reply.text("access_token")).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pushed_request_may_bring_the_proof_itself() {
    let (server, browser, key) = started().await;
    let push = async |query: &[(String, String)], proofs: &[&str]| {
        let mut form: Vec<(&str, &str)> = query.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        form.push(("client_secret", SECRET));
        server.post_with("/par", &form, proofs).await
    };
    let query = authorize_query("app", "read");
    push(&query, &["nonsense"]).await.refused(400, "invalid_dpop_proof");
    push(&query, &[&key.proof(&server, "/token")]).await.refused(400, "invalid_dpop_proof");
    let two = [key.proof(&server, "/par"), key.proof(&server, "/par")];
    push(&query, &[&two[0], &two[1]]).await.refused(400, "invalid_dpop_proof");
    let other = with(query.clone(), "dpop_jkt", &ProofKey::new().jkt());
    push(&other, &[&key.proof(&server, "/par")]).await.refused(400, "invalid_dpop_proof");
    for query in [query.clone(), with(query, "dpop_jkt", &key.jkt())] {
        let pushed = push(&query, &[&key.proof(&server, "/par")]).await;
        assert_eq!(pushed.status, 201, "{}", pushed.body);
        let by = [("client_id", "app".to_owned()), ("request_uri", pushed.text("request_uri"))];
        let by: Vec<_> = by.map(|(name, value)| (name.to_owned(), value)).to_vec();
        let code = browser.authorize(&server, &by).await.code();
        server.token("app", &redemption(&code)).await.refused(400, "invalid_grant");
        let reply = server.token_with("app", &redemption(&code), &key.proof(&server, "/token")).await;
        assert_eq!(reply.text("token_type"), "DPoP", "{}", reply.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_registered_so_gets_no_token_without_a_proof() {
    let (server, browser, key) = started().await;
    let dpop = Dpop { dpop_bound_access_tokens: true, ..Dpop::default() };
    server.add_client(&Client { dpop, ..client("bound") }).await;
    server.token("bound", &CREDENTIALS).await.refused(400, "invalid_dpop_proof");
    let code = browser.authorize(&server, &authorize_query("bound", "read")).await.code();
    server.token("bound", &redemption(&code)).await.refused(400, "invalid_dpop_proof");
    let reply = server.token_with("bound", &redemption(&code), &key.proof(&server, "/token")).await;
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", &*reply.text("refresh_token"))];
    server.token("bound", &refresh).await.refused(400, "invalid_dpop_proof");
    assert_eq!(server.token_with("bound", &refresh, &key.proof(&server, "/token")).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_advertised_and_pages_elsewhere_may_use_it() {
    let (server, _, _) = started().await;
    let metadata = server.send(Method::GET, "/.well-known/openid-configuration", &[], "").await.json();
    assert_eq!(metadata["dpop_signing_alg_values_supported"], json!(["ES256", "RS256", "PS256", "EdDSA"]));
    for path in ["/token", "/userinfo", "/par"] {
        let asked = [("origin", "https://page.example"), ("access-control-request-headers", "dpop,content-type")];
        let reply = server.send(Method::OPTIONS, path, &asked, "").await;
        assert!(reply.header("access-control-allow-headers").contains("dpop"), "{path}");
        let reply = server.send(Method::OPTIONS, path, &[], "").await;
        assert!(reply.header("access-control-allow-headers").contains("dpop"), "{path}");
    }
}
