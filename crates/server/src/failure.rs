//! Why a request is not served: the peer's mistake or our own trouble, and what each answers.

use crate::http::{Answer, RequestId, trace};
use crate::state::followed::NotCurrent;
use crate::state::health::count;
use bytes::Bytes;
use claviger_core::answer;
use claviger_core::refusal::ErrorCode;
use claviger_core::{Dialect, Refusal};
use claviger_store::Fault;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use http_body_util::Full;

/// Why a request is not served.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The peer's mistake.
    Refusal(Refusal),
    /// Our trouble, for the log; the peer sees `server_error` or 503.
    Fault(String),
    /// We cannot now; try again soon.
    Busy(&'static str),
    /// The database cannot now, or this server has lost touch with it; try again soon.
    Database(Fault),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refusal(refusal)
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        if fault.is_transient() {
            Self::Database(fault)
        } else {
            count(&fault);
            Self::Fault(fault.to_string())
        }
    }
}

impl From<NotCurrent> for Failure {
    fn from(NotCurrent(fault): NotCurrent) -> Self {
        Self::Database(fault)
    }
}

impl From<claviger_core::crypto::CryptoError> for Failure {
    fn from(error: claviger_core::crypto::CryptoError) -> Self {
        Self::Fault(error.to_string())
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::Fault(error.to_string())
    }
}

/// Seconds after which a peer that met our trouble may try again.
pub(crate) const SOON: HeaderValue = HeaderValue::from_static("1");

/// What the request log calls our own trouble.
pub(crate) const FAILED: &str = "server_failed";
/// What it calls it that we cannot now.
pub(crate) const UNAVAILABLE: &str = "server_unavailable";

/// Keeps a refusal that is told in another way than by [`Failure::log`], for the request log.
pub(crate) fn note_refusal(refusal: &Refusal) {
    trace::note(|noted| {
        noted.error = refusal.code().name();
        noted.kind = refusal.kind().name;
        noted.detail = refusal.description();
    });
}

fn note(code: ErrorCode, kind: &'static str, description: &str) {
    trace::note(|noted| {
        noted.error = code.name();
        noted.kind = kind;
        description.clone_into(&mut noted.detail);
    });
}

/// What a peer hears of it.
const BUSY: &str = "the server is busy; try again in a second";

impl Failure {
    /// The peer's mistake, where it is one.
    pub(crate) const fn refusal(&self) -> Option<&Refusal> {
        if let Self::Refusal(refusal) = self { Some(refusal) } else { None }
    }

    /// Logs it (the log knows the request: [`trace`]); the protocol's word for it and the public description.
    pub(crate) fn log(&self, id: RequestId) -> (ErrorCode, String) {
        let (code, description) = self.say(id);
        let kind = match self {
            Self::Refusal(refusal) => refusal.kind().name,
            Self::Fault(_) => FAILED,
            Self::Busy(_) | Self::Database(_) => UNAVAILABLE,
        };
        note(code, kind, &description);
        (code, description)
    }

    fn say(&self, id: RequestId) -> (ErrorCode, String) {
        match self {
            Self::Refusal(refusal) => {
                tracing::info!(refusal = ?refusal, "refused");
                (refusal.code(), refusal.description())
            }
            Self::Fault(detail) => {
                tracing::error!(detail, "failed");
                (ErrorCode::ServerError, format!("the server failed; the vendor finds the cause under {id}"))
            }
            Self::Busy(what) => {
                tracing::warn!(what, "too busy");
                (ErrorCode::TemporarilyUnavailable, BUSY.to_owned())
            }
            // While it lasts, every request says so: what began and when it ended is told once, elsewhere.
            Self::Database(fault) => {
                count(fault);
                tracing::info!(%fault, "not served");
                (ErrorCode::TemporarilyUnavailable, BUSY.to_owned())
            }
        }
    }

    /// The JSON answer of the token endpoint and its siblings (RFC 6749 5.2). `basic`: the client used HTTP Basic.
    pub(crate) fn to_json(&self, dialect: &Dialect, basic: bool, id: RequestId) -> Answer {
        let (code, description) = self.log(id);
        let status = match self {
            Self::Refusal(refusal) => answer::status(dialect, refusal, basic),
            Self::Fault(_) => 500,
            Self::Busy(_) | Self::Database(_) => 503,
        };
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        let mut answer = json(status, error_body(code, &description));
        let headers = answer.headers_mut();
        match self {
            Self::Busy(_) | Self::Database(_) => {
                headers.insert(RETRY_AFTER, SOON);
            }
            Self::Refusal(Refusal::Braked { seconds, .. }) => {
                headers.insert(RETRY_AFTER, HeaderValue::from(*seconds));
            }
            Self::Refusal(Refusal::Further(further)) => {
                headers.extend(further.retry_after().map(|seconds| (RETRY_AFTER, HeaderValue::from(seconds))));
            }
            _ => {}
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(
                WWW_AUTHENTICATE,
                HeaderValue::from_static("Basic realm=\"token endpoint\", charset=\"UTF-8\""),
            );
        }
        answer
    }
}

/// The body of an error (RFC 6749 5.2), with the reference where the contract has a member for it.
pub(crate) fn error_body(code: ErrorCode, description: &str) -> String {
    answer::error_body(code, description, trace::reference().map(|id| id.to_string()).as_deref())
}

/// The same for an error that the standards have no word for.
pub(crate) fn named_body(error: &str, description: &str) -> String {
    answer::named_error_body(error, description, trace::reference().map(|id| id.to_string()).as_deref())
}

/// An uncacheable JSON answer.
pub(crate) fn json(status: StatusCode, body: impl Into<Bytes>) -> Answer {
    let mut answer = Answer::new(Full::new(body.into()));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    answer
}

/// An answer without a body.
pub(crate) fn empty(status: StatusCode) -> Answer {
    let mut answer = Answer::new(Full::new(Bytes::new()));
    *answer.status_mut() = status;
    answer
}

/// 405 with the methods that there are (RFC 9110 15.5.6).
pub(crate) fn wrong_method(allow: &'static str) -> Answer {
    let description = format!("this endpoint is for {allow}");
    let mut answer = json(StatusCode::METHOD_NOT_ALLOWED, error_body(ErrorCode::InvalidRequest, &description));
    answer.headers_mut().insert(http::header::ALLOW, HeaderValue::from_static(allow));
    answer
}
