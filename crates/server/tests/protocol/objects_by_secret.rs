//! Request objects that a client makes with its secret (HS256, OpenID Connect Core 6.1).

use super::registration::{and, open, registered, usual};
use super::request_objects::{beside, key, object, query, sign};
use crate::common::{Browser, SECRET, Server, client};
use claviger_core::Client;
use claviger_core::client::{AuthMethod, Authentication, Requests};
use claviger_core::crypto::hmac_sha256;
use claviger_core::jose::{Algorithm, base64url};
use claviger_core::request_object::ObjectAlgorithm;
use reqwest::Method;
use serde_json::{Value, json};

fn mac(secret: &str, claims: &Value) -> String {
    let message = format!("{}.{}", base64url(br#"{"alg":"HS256"}"#), base64url(claims.to_string().as_bytes()));
    let tag = hmac_sha256(secret.as_bytes(), message.as_bytes());
    format!("{message}.{}", base64url(&tag))
}

fn by_secret(algorithm: Option<ObjectAlgorithm>) -> Client {
    let requests = Requests { request_object_signing_alg: algorithm, ..Requests::default() };
    Client { authentication: Authentication::by(AuthMethod::ClientSecretJwt), requests, ..client("app") }
}

/// Its secret is known to the server.
async fn started(algorithm: Option<ObjectAlgorithm>) -> Server {
    let server = Server::start().await;
    server.store.put_client(&server.realm.id, &by_secret(algorithm), server.now()).await.unwrap();
    let sealed = server.sealed_secret("app", "s1", SECRET);
    server.store.add_secret(&server.realm.id, "app", sealed, server.now()).await.unwrap();
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn what_its_secret_made_is_served_by_what_is_inside_alone() {
    let server = started(Some(ObjectAlgorithm::Secret)).await;
    let browser = Browser::default();
    let made = mac(SECRET, &object(&server, json!({ "state": "inside" })));
    let answer = browser.authorize(&server, &beside(&made)).await;
    assert_eq!(answer.redirect_params()["state"], "inside", "it is signed: nothing beside it counts");
    // Pushed it works as well, where the client proves itself with the same secret.
    let now = server.now() / 1000;
    let assertion = json!({ "iss": "app", "sub": "app", "aud": server.realm.issuer, "exp": now + 60, "jti": "1" });
    let form = [
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", &mac(SECRET, &assertion)),
        ("request", &mac(SECRET, &object(&server, json!({})))),
    ];
    let pushed = server.post("/par", &form).await;
    assert_eq!(pushed.status, 201, "{}", pushed.body);
    browser.authorize(&server, &query("request_uri", &pushed.text("request_uri"))).await.code();
}

#[tokio::test(flavor = "multi_thread")]
async fn another_secret_another_algorithm_or_none_is_refused() {
    let server = started(Some(ObjectAlgorithm::Secret)).await;
    let claims = object(&server, json!({}));
    let unsigned = format!("{}.{}.", base64url(br#"{"alg":"none"}"#), base64url(claims.to_string().as_bytes()));
    let good = mac(SECRET, &claims);
    let (message, tag) = good.rsplit_once('.').unwrap();
    for text in [
        mac(&SECRET.to_uppercase(), &claims),
        sign(&key("k1", Algorithm::Es256), &claims),
        unsigned,
        format!("{message}.{}", &tag[..20]),
        format!("{message}."),
        mac(SECRET, &object(&server, json!({ "aud": "https://elsewhere.example" }))),
        mac(SECRET, &object(&server, json!({ "exp": 1 }))),
        mac(SECRET, &object(&server, json!({ "sub": "app" }))),
    ] {
        Browser::default().ask(&server, &beside(&text)).await.sent_back(&server, "invalid_request_object");
    }
    Browser::default().ask(&server, &beside(&good)).await.asks_to_sign_in();
    // Who is not registered so cannot use its secret in place of a key.
    for algorithm in [None, Some(ObjectAlgorithm::None), Some(ObjectAlgorithm::Signed(Algorithm::Es256))] {
        let server = started(algorithm).await;
        let text = mac(SECRET, &object(&server, json!({})));
        Browser::default().ask(&server, &beside(&text)).await.sent_back(&server, "invalid_request_object");
    }
}

/// The authorization endpoint is no place to guess a secret.
#[tokio::test(flavor = "multi_thread")]
async fn guesses_are_braked() {
    let server = started(Some(ObjectAlgorithm::Secret)).await;
    let mut errors = Vec::new();
    for n in 0..30 {
        let text = mac(&format!("a guess with thirty-two characters {n}"), &object(&server, json!({})));
        let answer = Browser::default().ask(&server, &beside(&text)).await;
        errors.push(answer.redirect_params()["error"].clone());
    }
    assert_eq!(errors[0], "invalid_request_object");
    let looked_at = errors.iter().filter(|error| *error == "invalid_request_object").count();
    assert!(looked_at < 15, "{looked_at} of 30 guesses were looked at: {errors:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_registers_it_where_its_secret_is_known() {
    let server = open(|_| {}).await;
    let metadata = server.send(Method::GET, "/.well-known/openid-configuration", &[], "").await.json();
    assert!(metadata["request_object_signing_alg_values_supported"].as_array().unwrap().contains(&json!("HS256")));
    let by = |method: &str| {
        and(usual(), json!({ "token_endpoint_auth_method": method, "request_object_signing_alg": "HS256" }))
    };
    let headers = [("content-type", "application/json")];
    let refused = server.send(Method::POST, "/register", &headers, by("client_secret_basic").to_string()).await;
    refused.refused(400, "invalid_client_metadata");
    assert!(refused.text("error_description").contains("client_secret_jwt"), "{}", refused.body);
    let unnamed = and(usual(), json!({ "token_endpoint_auth_method": "client_secret_jwt" }));
    for metadata in [by("client_secret_jwt"), unnamed] {
        let told = registered(&server, &metadata).await;
        let (id, secret) = (told["client_id"].as_str().unwrap(), told["client_secret"].as_str().unwrap());
        let claims = object(&server, json!({ "iss": id, "client_id": id, "scope": "openid" }));
        let asked = [("client_id", id), ("request", &*mac(secret, &claims))];
        let asked = asked.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        Browser::default().ask(&server, &asked).await.asks_to_sign_in();
    }
}
