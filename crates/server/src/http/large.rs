//! The few bodies that may be larger than all others: pictures that an operator hands in.
//!
//! Who asks is not known yet when a body is read, so that only few of these are read at once: a stranger who sends them costs a
//! few megabytes, and keeps nobody but operators with a picture waiting.

use super::{Answer, Limits, trouble_and_close};
use http::header::RETRY_AFTER;
use http::{HeaderValue, Method, StatusCode, request};
use hyper::body::Body;
use tokio::sync::Semaphore;

/// The ends of the paths at which they arrive.
const PATHS: [&str; 2] = ["/settings/logo", "/branding"];
/// A picture of 512 KiB in base64, with what stands around it.
const MOST: usize = 704 * 1024;

/// So many are read at once.
pub(super) static PLACES: Semaphore = Semaphore::const_new(8);

/// The limits for such a body; none where the usual ones do.
pub(super) fn limits(head: &request::Parts, body: &impl Body, usual: &Limits) -> Option<Limits> {
    let is_large = body
        .size_hint()
        .exact()
        .is_some_and(|bytes| usize::try_from(bytes).is_ok_and(|bytes| bytes > usual.body_bytes));
    let is_here = PATHS.iter().any(|end| head.uri.path().ends_with(end));
    let may = is_large && is_here && matches!(head.method, Method::POST | Method::PATCH);
    may.then(|| Limits { body_bytes: MOST.max(usual.body_bytes), ..usual.clone() })
}

pub(super) fn busy() -> Answer {
    let why = "others hand in pictures just now; try again in a second";
    let mut answer = trouble_and_close(StatusCode::SERVICE_UNAVAILABLE, why);
    answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    answer
}
