//! RFC 9449 from the side of an app: proofs on token requests and calls, with the nonces that servers ask for.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use claviger_client::{Builder, Error, FileStorage, Grant, ProofKey};
use claviger_core::dpop::{Expected, Nonces, Proof};
use claviger_core::jose::Algorithm;
use reqwest::{Method, Url};
use serde_json::{Value, json};

use crate::server::{Folder, Seen, Server, TestClock, refusal, token};

/// A token that is bound.
fn bound(number: usize, more: &Value) -> Response {
    let mut all = more.clone();
    all.as_object_mut().unwrap().insert("token_type".to_owned(), "DPoP".into());
    token(number, &all)
}

fn app(server: &Server, key: &ProofKey) -> Builder {
    server.client(&TestClock::new()).dpop(key.clone())
}

/// The proof of a request is good for it; its claims.
fn proof(server: &Server, seen: &Seen, method: &str, token: Option<&str>) -> Value {
    let proof = Proof::open(seen.header("dpop"), &Algorithm::ALL).unwrap();
    let claims = seen.header("dpop").split('.').nth(1).unwrap();
    let claims: Value = serde_json::from_slice(&claviger_core::jose::from_base64url(claims).unwrap()).unwrap();
    let expected = Expected {
        method,
        path: &seen.path,
        origins: &[&server.origin],
        token,
        nonces: Nonces::Off,
        is_nonce: |_: &str| true,
        now: claims.get("iat").and_then(Value::as_i64).unwrap() * 1000,
    };
    proof.check(&expected).unwrap();
    claims
}

fn key_of(seen: &Seen) -> String {
    Proof::open(seen.header("dpop"), &Algorithm::ALL).unwrap().key.to_string()
}

/// 401 as RFC 9449 9 has it.
fn nonce_wanted(nonce: &str) -> Response {
    let headers = [("www-authenticate", r#"DPoP algs="ES256", error="use_dpop_nonce""#), ("dpop-nonce", nonce)];
    (StatusCode::UNAUTHORIZED, headers).into_response()
}

#[tokio::test]
async fn each_token_request_has_a_proof_of_its_own() {
    let server =
        Server::start(
            |_, before| async move { bound(before + 1, &json!({"refresh_token": format!("refresh-{before}")})) },
        )
        .await;
    let (key, clock) = (ProofKey::generate().unwrap(), TestClock::new());
    let tokens = server.client(&clock).dpop(key.clone()).build().unwrap();
    tokens.bearer().await.unwrap();
    clock.pass(3600);
    tokens.bearer().await.unwrap();
    let seen = server.seen();
    let claims: Vec<_> = seen.iter().map(|seen| proof(&server, seen, "POST", None)).collect();
    assert_ne!(claims[0]["jti"], claims[1]["jti"]);
    assert_eq!(claims[1]["iat"].as_i64().unwrap() - claims[0]["iat"].as_i64().unwrap(), 3600);
    assert!(claims.iter().all(|claims| claims.get("ath").is_none() && claims.get("nonce").is_none()));
    assert!(seen.iter().all(|seen| key_of(seen) == key.thumbprint()));
    assert_eq!(format!("{key:?}"), format!("ProofKey({})", key.thumbprint()), "nothing of the private half");
}

#[tokio::test]
async fn a_nonce_that_is_asked_for_is_sent_once_and_kept() {
    let server = Server::start(|seen, before| async move {
        if before == 0 {
            let refused = refusal(400, "use_dpop_nonce", "it must carry the nonce");
            return ([("dpop-nonce", "n-1")], refused).into_response();
        }
        assert_eq!(seen.path, "/token");
        ([("dpop-nonce", "n-2")], bound(before, &json!({}))).into_response()
    })
    .await;
    let clock = TestClock::new();
    let tokens = server.client(&clock).dpop(ProofKey::generate().unwrap()).build().unwrap();
    assert_eq!(tokens.bearer().await.unwrap().expose(), "access-1");
    clock.pass(3600);
    tokens.bearer().await.unwrap();
    let nonces: Vec<_> = server.seen().iter().map(|seen| proof(&server, seen, "POST", None)["nonce"].clone()).collect();
    assert_eq!(nonces, [Value::Null, json!("n-1"), json!("n-2")], "an answer brings the next one");
}

#[tokio::test]
async fn who_asks_again_and_again_is_asked_twice() {
    let server = Server::start(|_, before| async move {
        let refused = refusal(400, "use_dpop_nonce", "another");
        ([("dpop-nonce", format!("n-{before}"))], refused).into_response()
    })
    .await;
    let error = app(&server, &ProofKey::generate().unwrap()).build().unwrap().bearer().await.unwrap_err();
    assert_eq!((error.code(), server.count()), (Some("use_dpop_nonce"), 2));
    // Without a nonce in the answer there is nothing to send again.
    let server = Server::start(|_, _| async { refusal(400, "use_dpop_nonce", "which?") }).await;
    let error = app(&server, &ProofKey::generate().unwrap()).build().unwrap().bearer().await.unwrap_err();
    assert_eq!((error.code(), server.count()), (Some("use_dpop_nonce"), 1));
}

#[tokio::test]
async fn a_token_that_is_not_bound_is_refused_and_a_bound_one_without_a_key_as_well() {
    let server = Server::generous().await;
    let error = app(&server, &ProofKey::generate().unwrap()).build().unwrap().bearer().await.unwrap_err();
    assert_eq!(error.to_string(), "unexpected answer (HTTP 200): the token is not bound to the key");
    let server = Server::start(|_, _| async { bound(1, &json!({})) }).await;
    let error = server.client(&TestClock::new()).build().unwrap().bearer().await.unwrap_err();
    assert_eq!(error.to_string(), "unexpected answer (HTTP 200): the token is not a bearer token");
    assert_eq!(server.seen()[0].header("dpop"), "");
}

#[tokio::test]
async fn a_call_has_the_scheme_the_tokens_hash_and_the_apis_nonce() {
    let server = Server::start(|seen, before| async move {
        match (seen.path.as_str(), before) {
            ("/token", _) => bound(1, &json!({})),
            (_, 1) => nonce_wanted("api-1"),
            _ => format!("hello {}", seen.body).into_response(),
        }
    })
    .await;
    let tokens = app(&server, &ProofKey::generate().unwrap()).build().unwrap();
    let http = reqwest::Client::new();
    for _ in 0..2 {
        let request = http.put(format!("{}/orders?page=2#end", server.origin)).body("ada");
        assert_eq!(tokens.send(request).await.unwrap().text().await.unwrap(), "hello ada");
    }
    let seen = server.seen();
    let paths: Vec<_> = seen.iter().map(|seen| seen.path.as_str()).collect();
    assert_eq!(paths, ["/token", "/orders", "/orders", "/orders"], "the token was good: it is not replaced");
    let calls: Vec<_> = seen[1..].iter().map(|seen| proof(&server, seen, "PUT", Some("access-1"))).collect();
    let nonces: Vec<_> = calls.iter().map(|claims| claims["nonce"].clone()).collect();
    assert_eq!(nonces, [Value::Null, json!("api-1"), json!("api-1")]);
    assert_eq!(calls[0]["htu"], format!("{}/orders", server.origin), "without query and fragment (RFC 9449 4.2)");
    assert!(seen[1..].iter().all(|seen| seen.header("authorization") == "DPoP access-1"));
}

#[tokio::test]
async fn a_token_that_an_api_refuses_is_replaced_with_a_proof_for_the_new_one() {
    let server = Server::start(|seen, before| async move {
        match (seen.path.as_str(), seen.header("authorization")) {
            ("/token", _) => bound(before + 1, &json!({})),
            (_, "DPoP access-1") => StatusCode::UNAUTHORIZED.into_response(),
            _ => "hello".into_response(),
        }
    })
    .await;
    let tokens = app(&server, &ProofKey::generate().unwrap()).build().unwrap();
    let answer = tokens.send(reqwest::Client::new().get(format!("{}/orders", server.origin))).await.unwrap();
    assert_eq!(answer.text().await.unwrap(), "hello");
    let seen = server.seen();
    assert_eq!(seen.len(), 4);
    proof(&server, &seen[1], "GET", Some("access-1"));
    proof(&server, &seen[3], "GET", Some("access-3"));
}

#[tokio::test]
async fn programs_with_a_client_of_their_own_ask_for_proofs() {
    let server = Server::start(|_, _| async { bound(1, &json!({})) }).await;
    let tokens = app(&server, &ProofKey::generate().unwrap()).build().unwrap();
    let url: Url = format!("{}/orders", server.origin).parse().unwrap();
    let token = tokens.bearer().await.unwrap();
    let made = || tokens.proof(&Method::GET, &url, &token).unwrap().unwrap();
    let nonce = |proof: &str| {
        let claims = claviger_core::jose::from_base64url(proof.split('.').nth(1).unwrap()).unwrap();
        serde_json::from_slice::<Value>(&claims).unwrap()["nonce"].clone()
    };
    assert_eq!(nonce(&made()), Value::Null);
    let answer = nonce_wanted("api-1");
    assert!(tokens.hear_nonce(&url, answer.status(), answer.headers()));
    assert!(!tokens.hear_nonce(&url, answer.status(), answer.headers()), "it was sent and asked for again");
    assert_eq!(nonce(&made()), "api-1");
    for odd in ["", "a b", "a\"b"] {
        let answer = nonce_wanted(odd);
        assert!(!tokens.hear_nonce(&url, answer.status(), answer.headers()), "{odd}");
    }
    let other: Url = "https://elsewhere.example/".parse().unwrap();
    assert_eq!(nonce(&tokens.proof(&Method::GET, &other, &token).unwrap().unwrap()), Value::Null);
    let plain = server.client(&TestClock::new()).build().unwrap();
    assert_eq!(plain.proof(&Method::GET, &url, &token).unwrap(), None);
}

#[test]
fn a_key_in_a_file_is_made_once_whoever_comes_first() {
    let folder = Folder::new("proof-key");
    let path = Arc::new(folder.file());
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let path = Arc::clone(&path);
            std::thread::spawn(move || ProofKey::kept_in(&*path).unwrap().thumbprint())
        })
        .collect();
    let found: std::collections::BTreeSet<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert_eq!(found.len(), 1);
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&*path).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
    }
    let beside = std::fs::read_dir(path.parent().unwrap()).unwrap().count();
    assert_eq!(beside, 1, "nothing stays beside it");
    std::fs::write(&*path, b"no key").unwrap();
    assert!(matches!(ProofKey::kept_in(&*path).unwrap_err(), Error::Configuration(_)));
    let missing = path.parent().unwrap().join("no folder/key");
    assert!(matches!(ProofKey::kept_in(missing).unwrap_err(), Error::Storage(_)));
}

#[test]
fn a_given_key_may_be_for_each_algorithm() {
    use claviger_core::jose::SigningKey;
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa] {
        let der = SigningKey::generate(algorithm).unwrap();
        let key = ProofKey::from_pkcs8(algorithm.name(), der.expose()).unwrap();
        assert_eq!(key.thumbprint().len(), 43);
        assert!(ProofKey::from_pkcs8("RS256", der.expose()).is_err());
        assert!(ProofKey::from_pkcs8("HS256", der.expose()).is_err());
    }
}

#[tokio::test]
async fn what_is_stored_under_another_key_is_not_used() {
    let server = Server::start(|_, before| async move {
        bound(before + 1, &json!({"refresh_token": format!("refresh-{}", before + 1)}))
    })
    .await;
    let folder = Folder::new("dpop-storage");
    let (one, other) = (ProofKey::generate().unwrap(), ProofKey::generate().unwrap());
    let asked = async |key: Option<&ProofKey>| {
        let app = server.client(&TestClock::new()).grant(Grant::ClientCredentials);
        let app = app.storage(FileStorage::new(folder.file()));
        let app = key.into_iter().fold(app, |app, key| app.dpop(key.clone()));
        app.build().unwrap().bearer().await.map(|token| token.expose().to_owned()).ok()
    };
    assert_eq!(asked(Some(&one)).await.as_deref(), Some("access-1"));
    assert_eq!(asked(Some(&one)).await.as_deref(), Some("access-1"), "kept");
    assert_eq!(asked(Some(&other)).await.as_deref(), Some("access-2"));
    assert_eq!(asked(None).await, None, "and not without one: the server binds what it gives");
    let grants: Vec<_> = server.seen().iter().map(|seen| seen.parameter("grant_type")).collect();
    assert_eq!(grants, ["client_credentials"; 3]);
}
