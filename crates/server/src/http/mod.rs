//! The listener: HTTP/1.1 and HTTP/2, over TLS or without, with every wait and every size bounded.
//!
//! 1. [`serve()`] accepts connections, so many at once as [`Limits`] allows (`places`), until it is told to stop.
//! 2. `drive` takes one of them: `front` finds out what it is (PROXY protocol, TLS, HTTP/2), `connection` and `http2` let hyper
//!    speak the protocol, and a watchdog ends what is too slow.
//! 3. `request` checks the head, reads the body whole and makes an [`Incoming`] of it.
//! 4. A [`Handler`] answers. It never sees a request that is incomplete, too large or too slow.

mod connection;
pub mod descriptors;
mod drive;
mod frames;
mod front;
mod http2;
mod id;
mod large;
mod places;
mod presented;
mod progress;
mod proxies;
mod proxy_protocol;
mod repoll;
mod request;
mod serve;
mod stream;
pub mod tls;
pub mod trace;

#[cfg(test)]
mod tests;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONNECTION, CONTENT_TYPE, HOST};
use http::{HeaderValue, StatusCode};
use http_body_util::Full;
use std::borrow::Cow;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tower::ServiceExt;

pub use front::Front;
pub use id::RequestId;
pub use presented::{CertificateHeader, Presented};
pub use proxies::{Network, NotANetwork};
pub use serve::{Door, serve, serve_all};

/// What a [`Handler`] answers: a status, headers, and a body that is ready.
pub type Answer = http::Response<Full<Bytes>>;

/// What a peer may cost before it is turned away.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections at once, of all listeners that are served together. Where there are so many, the one that has kept us
    /// waiting longest makes room for a new one; where none waits, new ones do.
    pub connections: u32,
    /// Of these, how many may come from one address (of IPv6: one /64) that is no trusted proxy.
    pub per_peer: u32,
    /// The time for the headers, from their first byte to their last; then 408. Also for the first byte of a connection.
    pub header_time: Duration,
    /// The time for the body, after the headers; then 408.
    pub body_time: Duration,
    /// How long a connection may be kept between two requests; it may last up to twice as long.
    pub idle_time: Duration,
    /// How long a peer may refuse to take more of an answer.
    pub write_time: Duration,
    /// How long requests under way may go on after the listener was told to stop.
    pub drain_time: Duration,
    /// The request line and all headers; more is 431. At least 8 KiB.
    pub header_bytes: usize,
    /// The request target; more is 414.
    pub uri_bytes: usize,
    /// The body; more is 413.
    pub body_bytes: usize,
    /// The proxies whose `X-Forwarded-For` is believed.
    pub proxies: Arc<[Network]>,
    /// What those proxies do, and what is said about TLS.
    pub front: Arc<Front>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: Self::CONNECTIONS,
            per_peer: Self::CONNECTIONS / 4,
            header_time: Duration::from_secs(10),
            body_time: Duration::from_secs(10),
            idle_time: Duration::from_secs(75),
            write_time: Duration::from_secs(20),
            drain_time: Duration::from_secs(10),
            header_bytes: 32 * 1024,
            uri_bytes: 16 * 1024,
            body_bytes: 64 * 1024,
            proxies: Arc::new([]),
            front: Arc::default(),
        }
    }
}

impl Limits {
    /// The connections at once where nothing else is said and the descriptors suffice.
    pub const CONNECTIONS: u32 = 10_000;

    /// The same limits for so many connections, a quarter of them for one peer (but never fewer than 16).
    #[must_use]
    pub fn for_connections(self, connections: u32) -> Self {
        Self { connections, per_peer: (connections / 4).max(16), ..self }
    }

    /// The same limits for the management address, whose few peers are the operator's own: one of them, a login app with many
    /// users at once, may have every place.
    #[must_use]
    pub fn for_management(self) -> Self {
        let connections = descriptors::MANAGEMENT_CONNECTIONS;
        Self { connections, per_peer: connections, ..self }
    }
}

/// One request, read to its end.
#[derive(Debug)]
pub struct Incoming {
    /// Method, target, headers. `HEAD` arrives as `GET`; the body of its answer is not sent.
    pub head: http::request::Parts,
    /// The whole body.
    pub body: Bytes,
    /// Who is connected: the client or a proxy.
    pub peer: SocketAddr,
    /// The client's address: the peer's, or the one that a trusted proxy names.
    pub client: IpAddr,
    /// The name of this request in the log and in the `X-Request-Id` of its answer.
    pub id: RequestId,
    /// The certificate that the client has the key of, whoever issued it.
    pub presented: Option<Arc<Presented>>,
}

impl Incoming {
    /// The authority (`host:port`) at which the request arrived, in its usual spelling (lower case, no final dot): of an
    /// absolute target, or else of the `Host` header (RFC 9112 3.2.2). Exactly one was there, and it is plain ASCII.
    pub fn authority(&self) -> Cow<'_, str> {
        claviger_core::authority::usual(match self.head.uri.authority() {
            Some(authority) => authority.as_str(),
            None => self.header(HOST.as_str()).unwrap_or_default(),
        })
    }

    /// The path, as it was sent.
    pub fn path(&self) -> &str {
        self.head.uri.path()
    }

    /// The query without its `?`; empty when there is none.
    pub fn query(&self) -> &str {
        self.head.uri.query().unwrap_or_default()
    }

    /// Whether somebody opened the address in a browser: what is answered can be a page (RFC 9110 12.5.1).
    pub fn is_for_a_person(&self) -> bool {
        let takes_pages = |accept: &str| accept.to_ascii_lowercase().contains("text/html");
        self.head.method == http::Method::GET && self.header("accept").is_some_and(takes_pages)
    }

    /// The first header of this name, if it is visible ASCII.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.headers.get(name)?.to_str().ok()
    }
}

/// Who answers requests. A clone is made per connection; it should be an `Arc` or small.
pub trait Handler: Clone + Send + Sync + 'static {
    /// The answer to one request. It runs to its end even if the peer hangs up, so it must bound its own waits.
    fn answer(&self, request: Incoming) -> impl Future<Output = Answer> + Send;
}

/// Lets an axum router answer a request; for the sample APIs, which are no part of the protocol.
pub async fn fall_back(router: &axum::Router, request: Incoming) -> Answer {
    const MOST: usize = 1024 * 1024;
    let request = http::Request::from_parts(request.head, axum::body::Body::from(request.body));
    let Ok(response) = router.clone().oneshot(request).await;
    let (head, body) = response.into_parts();
    match axum::body::to_bytes(body, MOST).await {
        Ok(body) => http::Response::from_parts(head, Full::new(body)),
        Err(_) => trouble(StatusCode::INTERNAL_SERVER_ERROR, "server_error", "the answer could not be made"),
    }
}

/// A small JSON answer to a request that was not understood well enough to reach an endpoint.
fn trouble(status: StatusCode, error: &str, description: &str) -> Answer {
    let reference = trace::reference().map(|id| format!(r#","reference":"{id}""#)).unwrap_or_default();
    let body = format!(r#"{{"error":"{error}","error_description":"{description}"{reference}}}"#);
    let mut answer = Answer::new(Full::new(Bytes::from(body)));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// The same, and the connection is closed after it: what follows on it cannot be told apart from the request.
fn trouble_and_close(status: StatusCode, description: &str) -> Answer {
    let mut answer = trouble(status, "invalid_request", description);
    answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    answer
}
