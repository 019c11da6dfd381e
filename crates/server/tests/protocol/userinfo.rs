//! Userinfo (OpenID Connect Core 5.3, RFC 6750 2): how the token may come, and what is refused.

use crate::common::{Browser, Reply, Server, client, user};
use claviger_core::User;
use reqwest::Method;

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

async fn started() -> (Server, String) {
    let server = Server::start().await;
    server.add_client(&client("app")).await;
    let tokens = server.code_flow(&Browser::default(), "app", "openid email").await;
    (server, tokens.text("access_token"))
}

fn refused(reply: &Reply, status: u16, error: Option<&str>) {
    let challenge = reply.header("www-authenticate");
    assert_eq!(reply.status, status, "{challenge} {}", reply.body);
    assert!(challenge.starts_with("Bearer "), "{challenge}");
    match error {
        Some(error) => assert!(challenge.contains(&format!("error=\"{error}\"")), "{challenge}"),
        None => assert!(!challenge.contains("error"), "{challenge}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_in_two_places_or_in_the_query_is_refused() {
    let (server, token) = started().await;
    let header = format!("Bearer {token}");
    let auth = ("authorization", header.as_str());
    let body = format!("access_token={token}");
    let two = server.send(Method::POST, "/userinfo", &[auth, FORM], body.clone()).await;
    refused(&two, 400, Some("invalid_request"));
    let query = format!("/userinfo?access_token={token}");
    for (method, headers) in [(Method::GET, &[][..]), (Method::POST, &[][..]), (Method::GET, &[auth][..])] {
        refused(&server.send(method, &query, headers, "").await, 400, Some("invalid_request"));
    }
    let twice = server.send(Method::GET, "/userinfo", &[auth, auth], "").await;
    refused(&twice, 400, Some("invalid_request"));
    let twice = server.send(Method::POST, "/userinfo", &[FORM], format!("{body}&{body}")).await;
    refused(&twice, 400, Some("invalid_request"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_comes_in_the_header_or_in_a_form_that_is_posted() {
    let (server, token) = started().await;
    let expected = serde_json::json!({ "sub": "u1", "email": "alice@example.com", "email_verified": false });
    for scheme in ["Bearer", "bearer", "BEARER"] {
        for method in [Method::GET, Method::POST] {
            let header = format!("{scheme} {token}");
            let reply = server.send(method, "/userinfo", &[("authorization", &header)], "").await;
            assert_eq!((reply.status.as_u16(), reply.json()), (200, expected.clone()));
            assert_eq!(reply.header("content-type"), "application/json");
            assert!(reply.header("cache-control").contains("no-store"), "{}", reply.header("cache-control"));
        }
    }
    let body = format!("access_token={token}");
    let typed = ("content-type", "application/x-www-form-urlencoded;charset=UTF-8");
    for form in [FORM, typed] {
        let reply = server.send(Method::POST, "/userinfo", &[form], body.clone()).await;
        assert_eq!((reply.status.as_u16(), reply.json()), (200, expected.clone()));
    }
    // A body of another type, and a body of GET, carry no token.
    refused(&server.send(Method::POST, "/userinfo", &[("content-type", "text/plain")], body.clone()).await, 401, None);
    refused(&server.send(Method::GET, "/userinfo", &[FORM], body).await, 401, None);
    refused(&server.send(Method::GET, "/userinfo", &[], "").await, 401, None);
    refused(&server.send(Method::GET, "/userinfo", &[("authorization", "Basic YTpi")], "").await, 401, None);
    assert_eq!(server.bearer(Method::DELETE, "/userinfo", &token).await.status, 405);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_not_good_is_refused_with_its_error() {
    let (server, token) = started().await;
    refused(&server.bearer(Method::GET, "/userinfo", &format!("{token}x")).await, 401, Some("invalid_token"));
    let plain = server.code_flow(&Browser::default(), "app", "read").await;
    let reply = server.bearer(Method::GET, "/userinfo", &plain.text("access_token")).await;
    refused(&reply, 403, Some("insufficient_scope"));
    let own = server.token("app", &[("grant_type", "client_credentials"), ("scope", "read")]).await;
    let reply = server.bearer(Method::GET, "/userinfo", &own.text("access_token")).await;
    refused(&reply, 403, Some("insufficient_scope"));
    let gone = User { disabled: true, ..user("u1", "alice") };
    server.store.put_user("test", &gone, None, server.now()).await.unwrap();
    refused(&server.bearer(Method::GET, "/userinfo", &token).await, 401, Some("invalid_token"));
    server.pass(601);
    refused(&server.bearer(Method::GET, "/userinfo", &token).await, 401, Some("invalid_token"));
}
