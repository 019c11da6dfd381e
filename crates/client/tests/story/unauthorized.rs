//! U5: a 401 may come for a token that has not expired. Exactly one retry, with a new token.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use serde_json::json;

use crate::server::{Seen, Server, TestClock, token};

/// A token endpoint, and an API which accepts tokens from `access-{first}` on.
async fn api(first: usize) -> Server {
    let given = Arc::new(AtomicUsize::new(0));
    Server::start(move |seen, _| {
        let given = Arc::clone(&given);
        async move {
            if seen.path == "/token" {
                return token(given.fetch_add(1, Ordering::SeqCst) + 1, &json!({}));
            }
            let number = number(&seen.headers, "authorization").or(number(&seen.headers, "authentication"));
            match number {
                Some(number) if number >= first => format!("hello {}", seen.body).into_response(),
                _ => StatusCode::UNAUTHORIZED.into_response(),
            }
        }
    })
    .await
}

fn number(headers: &HeaderMap, name: &str) -> Option<usize> {
    headers.get(name)?.to_str().ok()?.strip_prefix("Bearer access-")?.parse().ok()
}

fn paths(server: &Server) -> Vec<String> {
    server.seen().into_iter().map(|seen: Seen| seen.path).collect()
}

#[tokio::test]
async fn one_retry_with_a_new_token() {
    let server = api(2).await;
    let tokens = server.client(&TestClock::new()).build().unwrap();
    let request = reqwest::Client::new().post(format!("{}/orders", server.origin)).body("ada");
    let answer = tokens.send(request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.text().await.unwrap(), "hello ada");
    assert_eq!(paths(&server), ["/token", "/orders", "/token", "/orders"]);
    let seen = server.seen();
    assert_eq!(seen[1].header("authorization"), "Bearer access-1");
    assert_eq!(seen[3].header("authorization"), "Bearer access-2");
}

#[tokio::test]
async fn a_second_401_is_the_callers() {
    let server = api(99).await;
    let tokens = server.client(&TestClock::new()).build().unwrap();
    let request = reqwest::Client::new().get(format!("{}/orders", server.origin));
    let answer = tokens.send(request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(paths(&server), ["/token", "/orders", "/token", "/orders"]);
}

#[tokio::test]
async fn many_calls_refused_at_once_get_one_new_token() {
    let server = api(2).await;
    let tokens = server.client(&TestClock::new()).build().unwrap();
    tokens.bearer().await.unwrap();
    let http = reqwest::Client::new();
    let calls: Vec<_> = (0..16)
        .map(|_| {
            let (tokens, request) = (tokens.clone(), http.get(format!("{}/orders", server.origin)));
            tokio::spawn(async move { tokens.send(request).await.unwrap().status() })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap(), StatusCode::OK);
    }
    assert_eq!(paths(&server).iter().filter(|path| *path == "/token").count(), 2);
}

#[tokio::test]
async fn for_callers_with_an_http_client_of_their_own() {
    let server = api(2).await;
    let tokens = server.client(&TestClock::new()).build().unwrap();
    let http = reqwest::Client::new();
    let url = format!("{}/orders", server.origin);
    let answer = tokens.call(|token| http.get(&url).bearer_auth(token.expose()).send()).await.unwrap().unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(paths(&server), ["/token", "/orders", "/token", "/orders"]);
}

#[tokio::test]
async fn a_body_that_cannot_be_repeated_is_sent_once_and_the_next_call_has_a_new_token() {
    let server = api(2).await;
    let tokens = server.client(&TestClock::new()).build().unwrap();
    let http = reqwest::Client::new();
    let chunks = http_body_stream();
    let request = http.post(format!("{}/orders", server.origin)).body(chunks);
    assert_eq!(tokens.send(request).await.unwrap().status(), StatusCode::UNAUTHORIZED);
    let request = http.get(format!("{}/orders", server.origin));
    assert_eq!(tokens.send(request).await.unwrap().status(), StatusCode::OK);
    assert_eq!(paths(&server), ["/token", "/orders", "/token", "/orders"]);
}

fn http_body_stream() -> reqwest::Body {
    reqwest::Body::wrap(http_body_util::Full::<axum::body::Bytes>::from("once"))
}

#[tokio::test]
async fn the_header_can_be_another() {
    let server = api(1).await;
    let tokens = server.client(&TestClock::new()).bearer_header("Authentication").build().unwrap();
    let request = reqwest::Client::new().get(format!("{}/Accounts", server.origin));
    assert_eq!(tokens.send(request).await.unwrap().status(), StatusCode::OK);
    let seen = server.seen().remove(1);
    assert_eq!(seen.header("authentication"), "Bearer access-1");
    assert_eq!(seen.header("authorization"), "");
}
