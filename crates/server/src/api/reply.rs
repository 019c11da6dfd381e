//! What an operation answers.

use http::StatusCode;
use serde_json::Value;

/// An answer, before it is spelled.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) body: Body,
}

/// What is in it.
#[derive(Debug)]
pub(super) enum Body {
    Nothing,
    Json(Value),
    Text(&'static str, String),
}

impl Reply {
    pub(super) const fn ok(body: Value) -> Self {
        Self { status: StatusCode::OK, body: Body::Json(body) }
    }

    pub(super) const fn made(body: Value) -> Self {
        Self { status: StatusCode::CREATED, body: Body::Json(body) }
    }

    pub(super) const fn nothing() -> Self {
        Self { status: StatusCode::NO_CONTENT, body: Body::Nothing }
    }
}
