//! Refresh tokens: used, kept, replaced, and what happens when they are over.

use std::sync::Arc;

use axum::response::IntoResponse;
use claviger_client::{Grant, Tokens};
use serde_json::json;
use tokio::sync::Notify;

use crate::server::{Server, TestClock, refusal, token};

fn password() -> Grant {
    Grant::Password { username: "ada".into(), password: "hunter2".into() }
}

fn grants(server: &Server) -> Vec<(String, String)> {
    let seen = server.seen();
    let pair = |seen: &crate::server::Seen| (seen.parameter("grant_type"), seen.parameter("refresh_token"));
    seen.iter().map(pair).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

#[tokio::test]
async fn each_refresh_uses_the_newest_token_and_an_answer_without_one_keeps_the_old() {
    let server = Server::start(|_, before| async move {
        let refresh = match before {
            0 => json!({"refresh_token": "r1"}),
            1 => json!({"refresh_token": "r2"}),
            _ => json!({}),
        };
        token(before + 1, &refresh)
    })
    .await;
    let clock = TestClock::new();
    let tokens = server.client(&clock).grant(password()).scope("cosmos").build().unwrap();
    for number in 1..=4 {
        assert_eq!(tokens.bearer().await.unwrap().expose(), format!("access-{number}"));
        clock.pass(3600);
    }
    let expected = [("password", ""), ("refresh_token", "r1"), ("refresh_token", "r2"), ("refresh_token", "r2")];
    assert_eq!(grants(&server), pairs(&expected));
    let seen = server.seen();
    assert_eq!(seen[1].body, "grant_type=refresh_token&refresh_token=r1");
    assert!(seen[1].header("authorization").starts_with("Basic "));
}

#[tokio::test]
async fn a_refresh_token_that_is_over_falls_back_to_the_original_grant() {
    let server = Server::start(|seen, before| async move {
        match seen.parameter("grant_type").as_str() {
            "password" => token(before + 1, &json!({"refresh_token": format!("r{before}")})),
            _ => refusal(400, "invalid_grant", "the refresh token has expired"),
        }
    })
    .await;
    let clock = TestClock::new();
    let tokens = server.client(&clock).grant(password()).build().unwrap();
    tokens.bearer().await.unwrap();
    clock.pass(3600);
    assert_eq!(tokens.bearer().await.unwrap().expose(), "access-3");
    let expected = [("password", ""), ("refresh_token", "r0"), ("password", "")];
    assert_eq!(grants(&server), pairs(&expected));
}

#[tokio::test]
async fn only_invalid_grant_falls_back() {
    let server = Server::start(|_, before| async move {
        match before {
            0 => token(1, &json!({"refresh_token": "r1"})),
            _ => refusal(401, "invalid_client", "the app was suspended"),
        }
    })
    .await;
    let clock = TestClock::new();
    let tokens = server.client(&clock).grant(password()).build().unwrap();
    tokens.bearer().await.unwrap();
    clock.pass(3600);
    assert_eq!(tokens.bearer().await.unwrap_err().code(), Some("invalid_client"));
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn a_stored_consent_that_is_over_needs_a_person() {
    let server = Server::start(|_, before| async move {
        match before {
            0 => token(1, &json!({"refresh_token": "r2"})),
            _ => refusal(400, "invalid_grant", "consent was taken back"),
        }
    })
    .await;
    let clock = TestClock::new();
    let tokens = server.client(&clock).grant(Grant::RefreshToken("r1".into())).build().unwrap();
    tokens.bearer().await.unwrap();
    clock.pass(3600);
    let error = tokens.bearer().await.unwrap_err();
    assert!(error.needs_consent());
    assert_eq!(error.description(), Some("consent was taken back"));
    // The spent first one is never tried again: a server would take it for theft.
    assert_eq!(grants(&server), pairs(&[("refresh_token", "r1"), ("refresh_token", "r2")]));
}

#[tokio::test]
async fn a_caller_that_gives_up_does_not_lose_the_successor() {
    let (arrived, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let gates = (Arc::clone(&arrived), Arc::clone(&go));
    let server = Server::start(move |seen, before| {
        let (arrived, go) = gates.clone();
        async move {
            if before == 0 {
                arrived.notify_one();
                go.notified().await;
            }
            let ok = seen.parameter("refresh_token") == format!("r{}", before + 1);
            if ok {
                token(before + 1, &json!({"refresh_token": format!("r{}", before + 2)}))
            } else {
                "replayed".into_response()
            }
        }
    })
    .await;
    let clock = TestClock::new();
    let tokens: Tokens = server.client(&clock).grant(Grant::RefreshToken("r1".into())).build().unwrap();
    let caller = tokio::spawn({
        let tokens = tokens.clone();
        async move { tokens.bearer().await }
    });
    arrived.notified().await;
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    go.notify_one();
    assert_eq!(tokens.bearer().await.unwrap().expose(), "access-1");
    clock.pass(3600);
    assert_eq!(tokens.bearer().await.unwrap().expose(), "access-2");
    assert_eq!(server.count(), 2);
}
