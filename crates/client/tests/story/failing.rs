//! What a caller learns when there is no token.

use std::sync::Arc;

use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use claviger_client::{Error, Grant, Tokens};
use serde_json::json;
use tokio::sync::Notify;

use crate::server::{Server, TestClock, refusal, token};

#[tokio::test]
async fn a_refusal_carries_the_code_and_the_description_and_no_secret() {
    let server = Server::start(|_, _| async { refusal(401, "invalid_client", "unknown client or wrong secret") }).await;
    let tokens = server.client(&TestClock::new()).build().unwrap();
    let error = tokens.bearer().await.unwrap_err();
    assert_eq!(error.code(), Some("invalid_client"));
    assert_eq!(error.description(), Some("unknown client or wrong secret"));
    assert_eq!(error.to_string(), "invalid_client: unknown client or wrong secret (HTTP 401)");
    assert!(!error.is_temporary() && !error.needs_consent());
    assert!(!format!("{error:?}").contains("s3cret"));
}

#[tokio::test]
async fn a_refusal_carries_the_servers_name_for_the_request() {
    let server = Server::start(|_, _| async {
        ([("x-request-id", "7k2m")], refusal(400, "invalid_grant", "over")).into_response()
    })
    .await;
    let error = server.client(&TestClock::new()).build().unwrap().bearer().await.unwrap_err();
    assert_eq!(error.reference(), Some("7k2m"));
    assert_eq!(error.to_string(), "invalid_grant: over (HTTP 400, reference 7k2m)");
}

#[tokio::test]
async fn those_who_waited_share_the_failure_and_the_next_one_tries_again() {
    let (arrived, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let gates = (Arc::clone(&arrived), Arc::clone(&go));
    let server = Server::start(move |_, before| {
        let (arrived, go) = gates.clone();
        async move {
            if before > 0 {
                return token(1, &json!({}));
            }
            arrived.notify_one();
            go.notified().await;
            refusal(400, "access_denied", "no free licence")
        }
    })
    .await;
    let tokens = server.client(&TestClock::new()).build().unwrap();
    let ask = || {
        let tokens = tokens.clone();
        tokio::spawn(async move { tokens.bearer().await })
    };
    let first = ask();
    arrived.notified().await;
    let waiting: Vec<_> = (0..16).map(|_| ask()).collect();
    // Each of them must stand at the lock before the first attempt ends.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    go.notify_one();
    assert_eq!(first.await.unwrap().unwrap_err().code(), Some("access_denied"));
    for task in waiting {
        assert_eq!(task.await.unwrap().unwrap_err().code(), Some("access_denied"));
    }
    assert_eq!(server.count(), 1);
    assert_eq!(tokens.bearer().await.unwrap().expose(), "access-1");
}

#[tokio::test]
async fn within_the_margin_a_failure_that_may_pass_is_not_noticed() {
    let server = Server::start(|_, before| async move {
        match before {
            0 => token(1, &json!({})),
            _ => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        }
    })
    .await;
    let clock = TestClock::new();
    let tokens = server.client(&clock).build().unwrap();
    tokens.bearer().await.unwrap();
    clock.pass(3590);
    assert_eq!(tokens.bearer().await.unwrap().expose(), "access-1");
    assert_eq!(server.count(), 2);
    clock.pass(10);
    let error = tokens.bearer().await.unwrap_err();
    assert!(matches!(error, Error::Unexpected { status: 503, .. }), "{error:?}");
    assert!(error.is_temporary());
}

#[tokio::test]
async fn answers_that_are_none() {
    let server = Server::start(|_, before| async move {
        match before {
            0 => "<html>".into_response(),
            1 => axum::Json(json!({"access_token": "", "token_type": "Bearer"})).into_response(),
            2 => axum::Json(json!({"access_token": "a\nb", "token_type": "Bearer"})).into_response(),
            3 => token(1, &json!({"token_type": "mac"})),
            4 => token(1, &json!({"expires_in": "soon"})),
            5 => "x".repeat(70_000).into_response(),
            _ => (StatusCode::FOUND, [(header::LOCATION, "/token2")]).into_response(),
        }
    })
    .await;
    let tokens = server.client(&TestClock::new()).build().unwrap();
    let expected = [
        "not a JSON object with an access_token",
        "the access token cannot stand in a header",
        "the access token cannot stand in a header",
        "the token is not a bearer token",
        "expires_in is no number",
        "longer than 64 KiB",
        "no OAuth error in it",
    ];
    for text in expected {
        let error = tokens.bearer().await.unwrap_err().to_string();
        assert!(error.contains(text), "{error}");
    }
    assert!(server.seen().iter().all(|seen| seen.path == "/token"), "a redirect was followed");
}

#[tokio::test]
async fn a_server_that_is_away_is_a_temporary_failure_without_its_address() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let tokens = Tokens::builder()
        .token_endpoint(format!("http://{address}/token"))
        .client("app", "s3cret")
        .grant(Grant::ClientCredentials)
        .build()
        .unwrap();
    let error = tokens.bearer().await.unwrap_err();
    assert!(matches!(error, Error::Unreachable(_)), "{error:?}");
    assert!(error.is_temporary());
}
