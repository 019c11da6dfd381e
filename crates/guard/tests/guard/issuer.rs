//! A small issuer: metadata, keys, introspection, revocation feed; and switches to make it misbehave.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Form, Query, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use claviger_core::jose::{Algorithm, JwkSet, SigningKey, Typ};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Notify;

/// An id and a secret that only work when they are form-encoded in HTTP Basic.
pub(crate) const API_ID: &str = "orders api";
pub(crate) const API_SECRET: &str = "hush:hush+";
/// `orders+api:hush%3Ahush%2B`
const BASIC: &str = "Basic b3JkZXJzK2FwaTpodXNoJTNBaHVzaCUyQg==";

#[derive(Default)]
pub(crate) struct Counted {
    pub(crate) metadata: AtomicUsize,
    pub(crate) keys: AtomicUsize,
    pub(crate) introspections: AtomicUsize,
    pub(crate) polls: AtomicUsize,
    pub(crate) open_polls: AtomicUsize,
}

pub(crate) struct Inner {
    pub(crate) counted: Counted,
    /// Answers 503 to everything.
    pub(crate) down: AtomicBool,
    /// What the metadata calls the issuer, when it lies.
    pub(crate) alias: Mutex<Option<String>>,
    /// Serves the RFC 8414 form of the metadata only.
    pub(crate) oauth_only: AtomicBool,
    url: String,
    published: Mutex<JwkSet>,
    signing: Mutex<Arc<SigningKey>>,
    tokens: Mutex<HashMap<String, Value>>,
    feed: Mutex<Feed>,
    news: Notify,
}

#[derive(Default)]
struct Feed {
    items: Vec<(u64, Value)>,
    seq: u64,
    reset: bool,
}

#[derive(Clone)]
pub(crate) struct FakeIssuer {
    pub(crate) url: String,
    pub(crate) inner: Arc<Inner>,
}

impl std::ops::Deref for FakeIssuer {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.inner
    }
}

fn new_key() -> Arc<SigningKey> {
    let der = SigningKey::generate(Algorithm::Es256).unwrap();
    Arc::new(SigningKey::from_pkcs8(Algorithm::Es256, None, der.expose()).unwrap())
}

impl FakeIssuer {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/realm", listener.local_addr().unwrap());
        let key = new_key();
        let inner = Arc::new(Inner {
            counted: Counted::default(),
            down: AtomicBool::new(false),
            alias: Mutex::default(),
            oauth_only: AtomicBool::new(false),
            url: url.clone(),
            published: Mutex::new(JwkSet { keys: vec![key.public_jwk().clone()] }),
            signing: Mutex::new(key),
            tokens: Mutex::default(),
            feed: Mutex::default(),
            news: Notify::new(),
        });
        let router = Router::new()
            .route("/realm/.well-known/openid-configuration", get(openid_metadata))
            .route("/.well-known/oauth-authorization-server/realm", get(metadata))
            .route("/realm/keys", get(keys))
            .route("/realm/introspect", post(introspect))
            .route("/realm/revocations", get(revocations))
            .layer(from_fn_with_state(Arc::clone(&inner), unless_down))
            .with_state(Arc::clone(&inner));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, inner }
    }

    /// An access token with these claims.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        self.sign_as(Typ::AccessToken, claims)
    }

    pub(crate) fn sign_as(&self, typ: Typ, claims: &Value) -> String {
        self.signing.lock().unwrap().sign_jwt(typ, claims.to_string().as_bytes()).unwrap()
    }

    /// The id of the key that signs.
    pub(crate) fn signing_kid(&self) -> String {
        self.signing.lock().unwrap().kid().to_owned()
    }

    /// Signs with a new key from now on; the old one stays published.
    pub(crate) fn rotate(&self) {
        let key = new_key();
        self.published.lock().unwrap().keys.insert(0, key.public_jwk().clone());
        *self.signing.lock().unwrap() = key;
    }

    /// Publishes only the key in use.
    pub(crate) fn retire(&self) {
        self.published.lock().unwrap().keys.truncate(1);
    }

    /// Makes introspection say this of a token.
    pub(crate) fn set(&self, token: &str, mut answer: Value) {
        answer["active"] = json!(true);
        self.tokens.lock().unwrap().insert(token.to_owned(), answer);
    }

    /// Makes introspection say nothing of it.
    pub(crate) fn unset(&self, token: &str) {
        self.tokens.lock().unwrap().remove(token);
    }

    /// Puts a revocation into the feed and returns its sequence number.
    pub(crate) fn revoke(&self, kind: &str, value: &str, before: i64) -> u64 {
        let mut feed = self.feed.lock().unwrap();
        feed.seq += 1;
        let (seq, item) =
            (feed.seq, json!({"kind": kind, "value": value, "before": before, "expires": before + 3_600_000}));
        feed.items.push((seq, item));
        self.news.notify_waiters();
        seq
    }

    /// Forgets all revocations and tells the followers to do so.
    pub(crate) fn reset(&self) -> u64 {
        let mut feed = self.feed.lock().unwrap();
        feed.items.clear();
        feed.seq += 100;
        feed.reset = true;
        self.news.notify_waiters();
        feed.seq
    }

    /// Answers every open poll with 503, and everything else too, until it is up again.
    pub(crate) fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
        self.news.notify_waiters();
    }

    pub(crate) fn counts(&self) -> (usize, usize) {
        (self.counted.keys.load(Ordering::SeqCst), self.counted.introspections.load(Ordering::SeqCst))
    }
}

async fn unless_down(State(inner): State<Arc<Inner>>, request: Request, next: Next) -> Response {
    if inner.down.load(Ordering::SeqCst) {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    next.run(request).await
}

async fn openid_metadata(state: State<Arc<Inner>>) -> Response {
    if state.oauth_only.load(Ordering::SeqCst) {
        return StatusCode::NOT_FOUND.into_response();
    }
    metadata(state).await.into_response()
}

async fn metadata(State(inner): State<Arc<Inner>>) -> Json<Value> {
    inner.counted.metadata.fetch_add(1, Ordering::SeqCst);
    let url = &inner.url;
    let issuer = inner.alias.lock().unwrap().clone().unwrap_or_else(|| url.clone());
    Json(
        json!({"issuer": issuer, "jwks_uri": format!("{url}/keys"), "introspection_endpoint": format!("{url}/introspect")}),
    )
}

async fn keys(State(inner): State<Arc<Inner>>) -> Json<JwkSet> {
    inner.counted.keys.fetch_add(1, Ordering::SeqCst);
    Json(inner.published.lock().unwrap().clone())
}

async fn introspect(
    State(inner): State<Arc<Inner>>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    inner.counted.introspections.fetch_add(1, Ordering::SeqCst);
    if headers.get("authorization").is_none_or(|value| value != BASIC) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let known = inner.tokens.lock().unwrap().get(&form["token"]).cloned();
    Json(known.unwrap_or_else(|| json!({"active": false}))).into_response()
}

/// Counts a poll as open for as long as its client waits.
struct Open<'a>(&'a AtomicUsize);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn revocations(
    State(inner): State<Arc<Inner>>,
    headers: HeaderMap,
    Query(query): Query<HashMap<String, u64>>,
) -> Response {
    inner.counted.polls.fetch_add(1, Ordering::SeqCst);
    inner.counted.open_polls.fetch_add(1, Ordering::SeqCst);
    let _open = Open(&inner.counted.open_polls);
    if headers.get("authorization").is_none_or(|value| value != BASIC) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let news = inner.news.notified();
    tokio::pin!(news);
    news.as_mut().enable();
    if inner.feed.lock().unwrap().seq == query["after"] {
        let _ = tokio::time::timeout(Duration::from_secs(query["wait"]), news).await;
    }
    if inner.down.load(Ordering::SeqCst) {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let feed = inner.feed.lock().unwrap();
    let items: Vec<_> = feed.items.iter().filter(|(seq, _)| *seq > query["after"]).map(|(_, item)| item).collect();
    Json(json!({"seq": feed.seq, "items": items, "reset": feed.reset})).into_response()
}
