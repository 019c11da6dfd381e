//! Request objects that are encrypted to the realm (RFC 9101 6.1, OpenID Connect Core 10.2).

use crate::common::{Browser, Server, client};
use crate::request_objects::{Elsewhere, beside, jwks, key, object, query, sign, unsigned};
use claviger_core::Client;
use claviger_core::client::Requests;
use claviger_core::jose::jwe::{ContentEncryption, EncryptingKey, Inside, KeyManagement, encrypt};
use claviger_core::jose::{Algorithm, JwkSet, SigningKey, base64url, from_base64url};
use claviger_core::request_object::ObjectAlgorithm;
use reqwest::Method;
use serde_json::{Value, json};

const BOTH: [KeyManagement; 2] = [KeyManagement::RsaOaep256, KeyManagement::EcdhEs];

/// A realm that reads what is encrypted, and a client that signs with the key.
async fn started(requests: Requests) -> (Server, Browser, SigningKey) {
    let server = Server::with(|realm| {
        realm.requests.loopback = true;
        realm.requests.object_encryption = BOTH.to_vec();
    })
    .await;
    let key = key("k1", Algorithm::Es256);
    server.add_client(&Client { jwks: Some(jwks(&key)), requests, ..client("app") }).await;
    (server, Browser::default(), key)
}

/// What the realm publishes for it.
async fn realms_key(server: &Server, alg: KeyManagement) -> EncryptingKey {
    let set: JwkSet = serde_json::from_value(server.send(Method::GET, "/jwks", &[], "").await.json()).unwrap();
    let jwk = set.keys.iter().find(|key| key.alg.as_deref() == Some(alg.name())).unwrap();
    assert_eq!((jwk.use_.as_deref(), jwk.kid.is_some()), (Some("enc"), true));
    EncryptingKey::from_jwk(jwk).unwrap()
}

async fn to_realm(server: &Server, alg: KeyManagement, enc: ContentEncryption, text: &str) -> String {
    encrypt(&realms_key(server, alg).await, alg, enc, Inside::Jwt, text.as_bytes()).unwrap()
}

/// With another header; what is authenticated is the old one.
fn with_header(token: &str, change: &Value) -> String {
    let (header, rest) = token.split_once('.').unwrap();
    let mut header: Value = serde_json::from_slice(&from_base64url(header).unwrap()).unwrap();
    for (name, value) in change.as_object().unwrap() {
        if value.is_null() {
            header.as_object_mut().unwrap().remove(name);
        } else {
            header[name] = value.clone();
        }
    }
    format!("{}.{rest}", base64url(header.to_string().as_bytes()))
}

/// With one of its five parts changed.
fn with_part(token: &str, at: usize, part: &str) -> String {
    let mut parts: Vec<&str> = token.split('.').collect();
    parts[at] = part;
    parts.join(".")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_encrypted_request_is_read_by_value_by_reference_and_pushed() {
    let (server, browser, key) = started(Requests::default()).await;
    let metadata = server.send(Method::GET, "/.well-known/openid-configuration", &[], "").await.json();
    assert_eq!(metadata["request_object_encryption_alg_values_supported"], json!(["RSA-OAEP-256", "ECDH-ES"]));
    let encs = json!(["A128CBC-HS256", "A256CBC-HS512", "A128GCM", "A256GCM"]);
    assert_eq!(metadata["request_object_encryption_enc_values_supported"], encs);
    for alg in BOTH {
        for enc in ContentEncryption::ALL {
            let text = to_realm(&server, alg, enc, &sign(&key, &object(&server, json!({})))).await;
            let answer = browser.authorize(&server, &query("request", &text)).await;
            assert_eq!(answer.redirect_params()["state"], "a state & more", "{alg} {enc}");
        }
    }
    let text = to_realm(&server, BOTH[0], ContentEncryption::A256Gcm, &sign(&key, &object(&server, json!({})))).await;
    // Without a kid the key is found by its algorithm; the header is authenticated, so it is encrypted so.
    let pushed = server
        .post("/par", &[("client_id", "app"), ("client_secret", crate::common::SECRET), ("request", &text)])
        .await;
    assert_eq!(pushed.status, 201, "{}", pushed.body);
    browser.authorize(&server, &query("request_uri", &pushed.text("request_uri"))).await.code();
    let elsewhere = Elsewhere::new("application/oauth-authz-req+jwt", text).await;
    let requests = Requests { request_uris: vec![elsewhere.uri.clone()], ..Requests::default() };
    server.add_client(&Client { jwks: Some(jwks(&key)), requests, ..client("other") }).await;
    let object = object(&server, json!({ "iss": "other", "client_id": "other" }));
    let text = to_realm(&server, BOTH[1], ContentEncryption::A128CbcHs256, &sign(&key, &object)).await;
    *elsewhere.answer.lock().unwrap() = text;
    let asked = crate::common::with(query("request_uri", &elsewhere.uri), "client_id", "other");
    browser.authorize(&server, &asked).await.code();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_an_encrypted_request_is_refused() {
    let (server, browser, key) = started(Requests::default()).await;
    let good = sign(&key, &object(&server, json!({})));
    let (rsa, ec) = (BOTH[0], BOTH[1]);
    let by_rsa = to_realm(&server, rsa, ContentEncryption::A128CbcHs256, &good).await;
    let by_ec = to_realm(&server, ec, ContentEncryption::A256Gcm, &good).await;
    let stranger = claviger_core::jose::jwe::DecryptingKey::generate(rsa).unwrap();
    let stranger = claviger_core::jose::jwe::DecryptingKey::from_pkcs8(rsa, None, stranger.expose()).unwrap();
    let stranger = EncryptingKey::from_jwk(stranger.public_jwk()).unwrap();
    let enc = ContentEncryption::A128Gcm;
    let inside = async |text: &str| to_realm(&server, rsa, enc, text).await;
    let part = |token: &str, at: usize| token.split('.').nth(at).unwrap().to_owned();
    let zeros = |length: usize| base64url(&vec![0; length]);
    let other_key = crate::request_objects::key("k1", Algorithm::Es256);
    let ec_parts: Vec<String> = (0..5).map(|at| part(&by_ec, at)).collect();
    let bad = [
        // How it is encrypted.
        with_header(&by_rsa, &json!({ "alg": "RSA1_5" })),
        with_header(&by_rsa, &json!({ "alg": "RSA-OAEP" })),
        with_header(&by_rsa, &json!({ "alg": "dir" })),
        with_header(&by_rsa, &json!({ "alg": "A128KW" })),
        with_header(&by_rsa, &json!({ "alg": "PBES2-HS256+A128KW", "p2s": "AAAAAAAAAAA", "p2c": 2_000_000_000 })),
        with_header(&by_rsa, &json!({ "alg": "none" })),
        with_header(&by_rsa, &json!({ "alg": null })),
        with_header(&by_rsa, &json!({ "enc": "A192GCM" })),
        with_header(&by_rsa, &json!({ "enc": "A256GCM" })),
        with_header(&by_rsa, &json!({ "enc": null })),
        with_header(&by_rsa, &json!({ "zip": "DEF" })),
        with_header(&by_rsa, &json!({ "crit": ["exp"], "exp": 1 })),
        with_header(&by_rsa, &json!({ "kid": "unheard-of" })),
        with_header(&by_rsa, &json!({ "cty": "text/plain" })),
        with_header(&by_rsa, &json!({ "typ": "changed" })),
        encrypt(&stranger, rsa, enc, Inside::Jwt, good.as_bytes()).unwrap(),
        // The parts.
        with_part(&by_rsa, 1, ""),
        with_part(&by_rsa, 1, &zeros(256)),
        with_part(&by_rsa, 1, &zeros(255)),
        with_part(&by_rsa, 2, ""),
        with_part(&by_rsa, 2, &zeros(16)),
        with_part(&by_rsa, 3, ""),
        with_part(&by_rsa, 3, "===="),
        with_part(&by_rsa, 4, ""),
        with_part(&by_rsa, 4, &zeros(16)),
        with_part(&by_rsa, 4, &base64url(&from_base64url(&part(&by_rsa, 4)).unwrap()[..8])),
        format!("{by_rsa}.x"),
        "....".to_owned(),
        // The point of the other side: none, off the curve, of another curve, private.
        with_header(&by_ec, &json!({ "epk": null })),
        with_header(&by_ec, &json!({ "epk": { "kty": "EC", "crv": "P-256", "x": zeros(32), "y": zeros(32) } })),
        with_header(&by_ec, &json!({ "epk": { "kty": "EC", "crv": "P-384", "x": zeros(48), "y": zeros(48) } })),
        with_header(&by_ec, &json!({ "epk": { "kty": "oct", "k": "AAAA" } })),
        with_part(&by_ec, 1, &zeros(40)),
        [&ec_parts[0], &ec_parts[1], &ec_parts[2], &part(&by_rsa, 3), &ec_parts[4]].map(String::as_str).join("."),
        // What is inside.
        inside(&sign(&other_key, &object(&server, json!({})))).await,
        inside(&sign(&key, &object(&server, json!({ "aud": "https://other.example" })))).await,
        inside(&unsigned(&object(&server, json!({})))).await,
        inside(&object(&server, json!({})).to_string()).await,
        inside("").await,
        inside("nonsense").await,
        inside(&by_rsa).await,
    ];
    for text in &bad {
        let asked = beside(text);
        browser.ask(&server, &asked).await.sent_back(&server, "invalid_request_object");
    }
    let form = |text: &str| {
        let form = [("client_id", "app"), ("client_secret", crate::common::SECRET), ("request", text)];
        form.map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    for text in [&bad[0], &bad[15], &bad[24]] {
        let form = form(text);
        let form: Vec<_> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        server.post("/par", &form).await.refused(400, "invalid_request_object");
    }
    // Whatever is wrong with the content is told in the same words: nobody learns how far it came.
    let told =
        async |text: &str| browser.ask(&server, &beside(text)).await.redirect_params()["error_description"].clone();
    let expected = told(&bad[15].clone()).await;
    for text in [&bad[14], &bad[17], &bad[20], &bad[24]] {
        let words = told(text).await;
        assert!(words == "the request object is not valid: it does not decrypt", "{words}");
    }
    assert!(expected.contains("none of this realm's keys"), "{expected}");
    browser.authorize(&server, &query("request", &by_rsa)).await.code();
    browser.authorize(&server, &query("request", &by_ec)).await.code();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_realm_that_reads_none_refuses_them_and_a_client_may_leave_the_signature_out() {
    let requests = Requests { request_object_signing_alg: Some(ObjectAlgorithm::None), ..Requests::default() };
    let (server, browser, key) = started(requests).await;
    for text in [object(&server, json!({})).to_string(), unsigned(&object(&server, json!({})))] {
        let text = to_realm(&server, BOTH[1], ContentEncryption::A128Gcm, &text).await;
        browser.authorize(&server, &query("request", &text)).await.code();
        let plain = Server::start().await;
        plain.add_client(&Client { jwks: Some(jwks(&key)), ..client("app") }).await;
        browser.ask(&plain, &beside(&text)).await.sent_back(&plain, "invalid_request_object");
        let metadata = plain.send(Method::GET, "/.well-known/openid-configuration", &[], "").await.json();
        assert_eq!(metadata.get("request_object_encryption_alg_values_supported"), None);
    }
    // Encrypted is not signed: where requests must be signed it does not do.
    let mut strict = Server::with(|realm| {
        realm.requests.object_encryption = BOTH.to_vec();
        realm.requests.require_signed_request_object = true;
    })
    .await;
    let requests = Requests { request_object_signing_alg: Some(ObjectAlgorithm::None), ..Requests::default() };
    strict.add_client(&Client { requests, ..client("app") }).await;
    let claims = object(&strict, json!({})).to_string();
    let text = to_realm(&strict, BOTH[1], ContentEncryption::A128Gcm, &claims).await;
    browser.ask(&strict, &beside(&text)).await.sent_back(&strict, "invalid_request");
    // A key that was replaced reads for a while, and then no more.
    strict.realm.requests.require_signed_request_object = false;
    strict.store.put_realm(&strict.realm, strict.now()).await.unwrap();
}
