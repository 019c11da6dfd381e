//! A server on a port of its own that answers as told and remembers what it was sent.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use claviger_client::{Builder, Clock, Grant, Tokens};
use serde_json::{Value, json};

/// One request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The form's parameters.
    pub(crate) fn form(&self) -> BTreeMap<String, String> {
        let url = reqwest::Url::parse(&format!("http://x/?{}", self.body)).unwrap();
        url.query_pairs().into_owned().collect()
    }

    pub(crate) fn parameter(&self, name: &str) -> String {
        self.form().remove(name).unwrap_or_default()
    }
}

/// A server and what it has seen.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) origin: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    /// Answers every request with what `answer` says; it is given the request and how many came before it.
    pub(crate) async fn start<F, Fut>(answer: F) -> Self
    where
        F: Fn(Seen, usize) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Response> + Send,
    {
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let log = Arc::clone(&seen);
        let router = Router::new().fallback(move |request: Request| {
            let (answer, log) = (answer.clone(), Arc::clone(&log));
            async move {
                let (parts, body) = request.into_parts();
                let bytes: Bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap();
                let one = Seen {
                    path: parts.uri.path().to_owned(),
                    headers: parts.headers,
                    body: String::from_utf8(bytes.to_vec()).unwrap(),
                };
                let before = {
                    let mut log = log.lock().unwrap();
                    log.push(one.clone());
                    log.len() - 1
                };
                answer(one, before).await
            }
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { origin, seen }
    }

    /// Gives a token to everybody: `access-1`, `access-2`, .. with an hour to live.
    pub(crate) async fn generous() -> Self {
        Self::start(|_, before| async move { token(before + 1, &json!({})) }).await
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) fn count(&self) -> usize {
        self.seen.lock().unwrap().len()
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("{}/token", self.origin)
    }

    /// A confidential client of this server, with client credentials.
    pub(crate) fn client(&self, clock: &TestClock) -> Builder {
        Tokens::builder()
            .token_endpoint(self.endpoint())
            .client("app", "s3cret")
            .grant(Grant::ClientCredentials)
            .clock(clock.clone())
    }
}

/// `{"access_token": "access-N", "token_type": "Bearer", "expires_in": 3600}` and `more`.
pub(crate) fn token(number: usize, more: &Value) -> Response {
    let mut answer = json!({"access_token": format!("access-{number}"), "token_type": "Bearer", "expires_in": 3600});
    let object = answer.as_object_mut().unwrap();
    for (name, value) in more.as_object().unwrap() {
        object.insert(name.clone(), value.clone());
    }
    axum::Json(answer).into_response()
}

pub(crate) fn refusal(status: u16, code: &str, description: &str) -> Response {
    let status = axum::http::StatusCode::from_u16(status).unwrap();
    let body = json!({"error": code, "error_description": description});
    (status, axum::Json(body)).into_response()
}

/// A clock that stands still until it is moved.
#[derive(Clone)]
pub(crate) struct TestClock(Arc<AtomicI64>);

impl TestClock {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicI64::new(1_800_000_000_000)))
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1000, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// A folder that is removed at the end.
pub(crate) struct Folder(pub(crate) std::path::PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("claviger-client-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn file(&self) -> std::path::PathBuf {
        self.0.join("tokens.json")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
