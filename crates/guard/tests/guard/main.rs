//! The guard against a real issuer on loopback, and an API behind it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod build;
mod certificate;
mod dpop;
mod feed;
mod forward;
mod issuer;
mod jwt;
mod keys;
mod protected_resource;
mod reference;
mod step_up;
mod words;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::Extension;
use axum::http::{HeaderMap, Request, StatusCode};
use axum::routing::get;
use axum::{Json, Router};
use claviger_guard::{Caller, Clock, Guard, GuardBuilder, GuardLayer, Vocabulary};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::issuer::FakeIssuer;

pub(crate) const AUDIENCE: &str = "https://api.example.com";
/// When the tests start, milliseconds since the epoch.
pub(crate) const START: i64 = 1_800_000_000_000;
pub(crate) const NOW: i64 = START / 1000;

/// Both clocks in one, moved by hand.
pub(crate) struct TestClock(AtomicI64);

impl TestClock {
    pub(crate) fn pass(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1000, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    fn elapsed(&self) -> Duration {
        Duration::from_millis((self.now() - START).try_into().unwrap())
    }
}

/// An issuer, a clock, and the description of a guard between them.
pub(crate) struct World {
    pub(crate) issuer: FakeIssuer,
    pub(crate) clock: Arc<TestClock>,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self { issuer: FakeIssuer::start().await, clock: Arc::new(TestClock(AtomicI64::new(START))) }
    }

    pub(crate) fn describe(&self) -> GuardBuilder {
        Guard::builder(&self.issuer.url)
            .audience(AUDIENCE)
            .realm("orders")
            .leeway(Duration::ZERO)
            .clock(Arc::clone(&self.clock) as Arc<dyn Clock>)
    }

    /// Understands JWTs only.
    pub(crate) fn guard(&self) -> Guard {
        self.describe().build().unwrap()
    }

    /// Understands references as well, and does not follow the feed.
    pub(crate) fn asking(&self) -> GuardBuilder {
        self.describe().credentials(issuer::API_ID, issuer::API_SECRET).follow_revocations(false)
    }

    /// Follows the feed.
    pub(crate) fn following(&self) -> Guard {
        self.describe().credentials(issuer::API_ID, issuer::API_SECRET).build().unwrap()
    }
}

/// The claims of a good token.
pub(crate) fn claims(issuer: &str) -> Value {
    json!({
        "iss": issuer, "sub": "maria", "client_id": "app", "aud": AUDIENCE, "scope": "orders profile",
        "iat": NOW, "exp": NOW + 300, "jti": "t1", "gid": "g1", "org": ["acme", "zeta"],
    })
}

pub(crate) fn codes() -> Vocabulary {
    Vocabulary::Codes { invalid: "BadToken".into(), expired: "OldToken".into(), revoked: "TakenBack".into() }
}

/// An API that says who called.
pub(crate) fn api(layer: GuardLayer) -> Router {
    let handler = |Extension(caller): Extension<Caller>| async move {
        Json(json!({
            "sub": caller.sub, "client": caller.client_id, "scopes": caller.scopes, "org": caller.organisations,
            "jti": caller.jti, "grant": caller.grant_id, "exp": caller.exp, "flow": caller.flow, "extra": caller.claims.get("extra"),
        }))
    };
    Router::new().route("/orders", get(handler)).layer(layer)
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

pub(crate) async fn send(api: &Router, uri: &str, headers: &[(&str, &str)]) -> Answer {
    let request = headers.iter().fold(Request::get(uri), |request, (name, value)| request.header(*name, *value));
    let response = api.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    Answer { status: parts.status, headers: parts.headers, body: String::from_utf8(body.to_vec()).unwrap() }
}

pub(crate) async fn with_token(api: &Router, token: &str) -> Answer {
    send(api, "/orders", &[("authorization", &format!("Bearer {token}"))]).await
}

pub(crate) async fn status(api: &Router, token: &str) -> u16 {
    with_token(api, token).await.status.as_u16()
}
