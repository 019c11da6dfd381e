//! Nonces of the server (RFC 9449 8, 9).

use crate::common::{Browser, Folder, ProofKey, Reply, SECRET, Server, authorize_query, client, redemption};
use claviger_core::Client;
use claviger_core::client::Dpop;
use claviger_core::dpop::Nonces;
use serde_json::{Value, json};

const CREDENTIALS: [(&str, &str); 1] = [("grant_type", "client_credentials")];

async fn started() -> (Server, ProofKey) {
    let server = Server::with(|realm| realm.dpop.nonces = Nonces::Required).await;
    server.add_client(&client("app")).await;
    (server, ProofKey::new())
}

fn with_nonce(key: &ProofKey, server: &Server, path: &str, nonce: &str) -> String {
    let mut claims = ProofKey::claims(server, "POST", path);
    claims["nonce"] = nonce.into();
    key.sign(&claims)
}

/// Asserts that a nonce is asked for, and answers it.
fn asked(reply: &Reply) -> String {
    reply.refused(400, "use_dpop_nonce");
    given(reply)
}

fn given(reply: &Reply) -> String {
    assert_eq!(reply.header("access-control-expose-headers"), "DPoP-Nonce, WWW-Authenticate");
    let nonce = reply.header("dpop-nonce").to_owned();
    assert!(!nonce.is_empty() && nonce.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
    nonce
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_without_the_servers_nonce_is_asked_for_it() {
    let (server, key) = started().await;
    let nonce = asked(&server.token_with("app", &CREDENTIALS, &key.proof(&server, "/token")).await);
    for wrong in ["invented", "", &nonce[1..], &format!("{nonce}A")] {
        let proof = with_nonce(&key, &server, "/token", wrong);
        assert_eq!(asked(&server.token_with("app", &CREDENTIALS, &proof).await), nonce);
    }
    let reply = server.token_with("app", &CREDENTIALS, &with_nonce(&key, &server, "/token", &nonce)).await;
    assert_eq!((reply.status.as_u16(), given(&reply)), (200, nonce.clone()));
    // It serves for several proofs, and each proof for one request.
    let proof = with_nonce(&key, &server, "/token", &nonce);
    assert_eq!(server.token_with("app", &CREDENTIALS, &proof).await.status, 200);
    server.token_with("app", &CREDENTIALS, &proof).await.refused(400, "invalid_dpop_proof");
    // Without a proof nothing is asked: the client may have bearer tokens.
    let plain = server.token("app", &CREDENTIALS).await;
    assert_eq!((plain.status.as_u16(), plain.header("dpop-nonce")), (200, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ages_and_a_success_brings_the_next() {
    let (server, key) = started().await;
    let old = asked(&server.token_with("app", &CREDENTIALS, &key.proof(&server, "/token")).await);
    server.pass(150);
    let reply = server.token_with("app", &CREDENTIALS, &with_nonce(&key, &server, "/token", &old)).await;
    let next = given(&reply);
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_ne!(next, old);
    server.pass(150);
    assert_ne!(asked(&server.token_with("app", &CREDENTIALS, &with_nonce(&key, &server, "/token", &old)).await), old);
    // The clock of the client does not count beside it.
    let mut claims = ProofKey::claims(&server, "POST", "/token");
    claims["nonce"] = next.into();
    claims["iat"] = (server.now() / 1000 - 3600).into();
    assert_eq!(server.token_with("app", &CREDENTIALS, &key.sign(&claims)).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn userinfo_and_pushed_requests_ask_as_well() {
    let (server, key) = started().await;
    let mut form: Vec<(String, String)> = authorize_query("app", "openid");
    form.push(("client_secret".into(), SECRET.into()));
    let form: Vec<(&str, &str)> = form.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let nonce = asked(&server.post_with("/par", &form, &[&key.proof(&server, "/par")]).await);
    let pushed = server.post_with("/par", &form, &[&with_nonce(&key, &server, "/par", &nonce)]).await;
    assert_eq!((pushed.status.as_u16(), given(&pushed)), (201, nonce.clone()));

    let code = Browser::default().authorize(&server, &authorize_query("app", "openid")).await.code();
    let proof = with_nonce(&key, &server, "/token", &nonce);
    let token = server.token_with("app", &redemption(&code), &proof).await.text("access_token");
    let proof = key.proof_with(&server, &token, &[]);
    let reply = server.userinfo("DPoP", &token, Some(&proof)).await;
    assert_eq!((reply.status.as_u16(), reply.text("error").as_str()), (401, "use_dpop_nonce"));
    let challenge = reply.header("www-authenticate");
    assert!(challenge.starts_with("DPoP algs=") && challenge.contains(r#"error="use_dpop_nonce""#), "{challenge}");
    let nonce = given(&reply);
    let proof = key.proof_with(&server, &token, &[("nonce", Value::from(nonce.as_str()))]);
    let reply = server.userinfo("DPoP", &token, Some(&proof)).await;
    assert_eq!((reply.status.as_u16(), given(&reply)), (200, nonce));
    assert_eq!(reply.json()["sub"], json!("u1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_server_and_no_other_realm_knows_it() {
    let (folder, key) = (Folder::new(), ProofKey::new());
    let server = Server::at(&folder.url(), |realm| realm.dpop.nonces = Nonces::Required).await;
    server.add_client(&client("app")).await;
    let nonce = asked(&server.token_with("app", &CREDENTIALS, &key.proof(&server, "/token")).await);
    let beside = server.beside().await;
    let proof = with_nonce(&key, &server, "/token", &nonce);
    assert_eq!(beside.token_with("app", &CREDENTIALS, &proof).await.status, 200);
    let (elsewhere, _) = started().await;
    let proof = with_nonce(&key, &elsewhere, "/token", &nonce);
    asked(&elsewhere.token_with("app", &CREDENTIALS, &proof).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_single_client_may_be_asked() {
    let server = Server::start().await;
    let dpop = Dpop { nonces: Nonces::Required, ..Dpop::default() };
    server.add_client(&client("app")).await;
    server.add_client(&Client { dpop, ..client("strict") }).await;
    let key = ProofKey::new();
    assert_eq!(server.token_with("app", &CREDENTIALS, &key.proof(&server, "/token")).await.status, 200);
    let nonce = asked(&server.token_with("strict", &CREDENTIALS, &key.proof(&server, "/token")).await);
    let proof = with_nonce(&key, &server, "/token", &nonce);
    assert_eq!(server.token_with("strict", &CREDENTIALS, &proof).await.status, 200);
}
