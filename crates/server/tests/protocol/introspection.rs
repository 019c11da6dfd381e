//! Signed answers to introspection (RFC 9701).

use crate::common::{Browser, Reply, SECRET, Server, claims, client};
use claviger_core::Client;
use claviger_core::client::Requests;
use claviger_core::jose::{Algorithm, JwkSet, Typ, VerifyingKeys, verify_jwt};
use reqwest::Method;

const SIGNED: &str = "application/token-introspection+jwt";

async fn started() -> (Server, String) {
    let server = Server::start().await;
    server.add_client(&client("app")).await;
    let api = |id: &str| Client { resource_server: Some("https://api.example".into()), ..client(id) };
    server.add_client(&api("api")).await;
    let requests = Requests { introspection_signed_response_alg: Some(Algorithm::Es256), ..Requests::default() };
    server.add_client(&Client { requests, ..api("modern") }).await;
    let tokens = server.code_flow(&Browser::default(), "app", "openid read").await;
    (server, tokens.text("access_token"))
}

async fn ask(server: &Server, caller: &str, token: &str, accept: &str) -> Reply {
    let body = format!("client_id={caller}&client_secret={SECRET}&token={token}");
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("accept", accept)];
    server.send(Method::POST, "/introspect", &headers, body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_that_asks_for_it_gets_a_signed_answer_that_is_for_it_alone() {
    let (server, token) = started().await;
    let set: JwkSet = serde_json::from_value(server.send(Method::GET, "/jwks", &[], "").await.json()).unwrap();
    let keys = VerifyingKeys::from_set(&set).unwrap();
    for (caller, algorithm) in [("api", Algorithm::Rs256), ("modern", Algorithm::Es256)] {
        let reply = ask(&server, caller, &token, &format!("application/json;q=0.5, {}", SIGNED.to_uppercase())).await;
        assert_eq!((reply.status.as_u16(), reply.header("content-type")), (200, SIGNED), "{}", reply.body);
        assert_eq!(reply.header("cache-control"), "no-store");
        let decoded = verify_jwt(&reply.body, &keys, Some(Typ::Introspection)).unwrap();
        assert_eq!(decoded.header.algorithm, algorithm);
        let said = claims(&reply.body);
        let mut names: Vec<_> = said.as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["aud", "iat", "iss", "token_introspection"], "neither sub nor exp: it is no token");
        assert_eq!((&said["iss"], &said["aud"]), (&server.realm.issuer.as_str().into(), &caller.into()));
        assert_eq!(said["iat"], server.now() / 1000);
        assert_eq!(said["token_introspection"], ask(&server, caller, &token, "application/json").await.json());
        // It opens nothing, and is no token to be asked about.
        assert_eq!(server.bearer(Method::GET, "/userinfo", &reply.body).await.status, 401);
        assert_eq!(server.introspect("api", &reply.body).await.body, r#"{"active":false}"#);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_inactive_or_refused_stays_so() {
    let (server, token) = started().await;
    for unknown in ["x", "a.b.c"] {
        let reply = ask(&server, "api", unknown, SIGNED).await;
        assert_eq!(claims(&reply.body)["token_introspection"], serde_json::json!({ "active": false }));
    }
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("accept", SIGNED)];
    let body = format!("client_id=api&client_secret=wrong&token={token}");
    server.send(Method::POST, "/introspect", &headers, body).await.refused(401, "invalid_client");
    let body = format!("client_id=api&client_secret={SECRET}");
    server.send(Method::POST, "/introspect", &headers, body).await.refused(400, "invalid_request");
    // Who takes anything, or this not, gets JSON as before.
    for accept in ["*/*", "application/*", "application/json", &format!("{SIGNED};q=0"), ""] {
        let reply = ask(&server, "api", &token, accept).await;
        assert_eq!((reply.header("content-type"), &reply.json()["active"]), ("application/json", &true.into()));
    }
    let found = server.send(Method::GET, "/.well-known/oauth-authorization-server", &[], "").await.json();
    assert_eq!(
        found["introspection_signing_alg_values_supported"],
        serde_json::json!(["RS256", "ES256", "PS256", "EdDSA"])
    );
}
