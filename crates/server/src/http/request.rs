//! From the wire to an [`Incoming`]: the head is checked, the body read whole, bounded in size and time.

use super::front::About;
use super::large;
use super::presented::Presented;
use super::tls::asks;
use super::{Answer, Incoming, Limits, RequestId, proxies, trace, trouble_and_close};
use bytes::{Bytes, BytesMut};
use http::header::{ALLOW, CONTENT_TYPE, HOST, TRANSFER_ENCODING};
use http::{HeaderValue, Method, StatusCode, request};
use hyper::body::{Body, Incoming as Wire};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

/// The most headers of a request; as many as hyper reads of HTTP/1.1.
const HEADERS: usize = 100;

/// Reads a request to its end.
///
/// # Errors
/// The answer for a request that cannot be served, after which the connection is closed.
pub(super) async fn read(
    request: http::Request<Wire>,
    about: &About,
    limits: &Limits,
    id: RequestId,
) -> Result<Incoming, Answer> {
    let peer = about.peer;
    let (mut head, body) = request.into_parts();
    let client = proxies::client_address(peer.ip(), &head.headers, &limits.proxies);
    trace::address(client);
    check(&head, limits)?;
    let presented = presented(&head, about, limits)?;
    let body = if body.is_end_stream() {
        Bytes::new()
    } else if let Some(limits) = large::limits(&head, &body, limits) {
        let Ok(_place) = large::PLACES.try_acquire() else { return Err(large::busy()) };
        read_body(body, &limits).await?
    } else {
        read_body(body, limits).await?
    };
    if head.method == Method::HEAD {
        head.method = Method::GET;
    }
    proxies::tell_of_forwarding(peer.ip(), &head.headers, &limits.proxies);
    let incoming = Incoming { head, body, peer, client, id, presented };
    if let Some(names) = &about.asks_elsewhere {
        is_at_the_right_name(&incoming, names)?;
    }
    Ok(incoming)
}

/// The client's certificate: as a trusted proxy says it, where the configuration has a header for that; else that of the
/// connection. What others say is not looked at.
#[expect(clippy::result_large_err, reason = "the error is the answer itself; it is made once and moved on")]
fn presented(head: &request::Parts, about: &About, limits: &Limits) -> Result<Option<Arc<Presented>>, Answer> {
    let header = limits.front.certificate_header;
    let Some(header) = header.filter(|_| proxies::is_trusted(about.peer.ip(), &limits.proxies)) else {
        return Ok(about.presented.clone());
    };
    Presented::of_headers(&head.headers, header).map(|presented| presented.map(Arc::new)).map_err(|_| {
        let why = "the header with the client's certificate does not hold one certificate";
        trouble_and_close(StatusCode::BAD_REQUEST, why)
    })
}

/// A connection on which no certificate was asked for is the wrong one for a host at which one is (RFC 9110 15.5.20): a client
/// may use one connection for several hosts that its certificate names.
#[expect(clippy::result_large_err, reason = "the error is the answer itself; it is made once and moved on")]
fn is_at_the_right_name(incoming: &Incoming, names: &[String]) -> Result<(), Answer> {
    let authority = incoming.authority();
    let host = authority.rsplit_once(':').map_or(authority.as_ref(), |(host, _)| host);
    if names.iter().any(|name| name == "*") || !asks(names, host) {
        return Ok(());
    }
    let why = "this host asks for a client certificate, and this connection was made to another one: open a new one";
    Err(trouble_and_close(StatusCode::MISDIRECTED_REQUEST, why))
}

#[expect(clippy::result_large_err, reason = "the error is the answer itself; it is made once and moved on")]
fn check(head: &request::Parts, limits: &Limits) -> Result<(), Answer> {
    if matches!(head.method, Method::CONNECT | Method::TRACE) {
        let mut answer = trouble_and_close(StatusCode::METHOD_NOT_ALLOWED, "this method is not served");
        answer.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD, POST, OPTIONS"));
        return Err(answer);
    }
    let target = head.uri.path_and_query().map_or(0, |target| target.as_str().len());
    if target > limits.uri_bytes {
        return Err(trouble_and_close(StatusCode::URI_TOO_LONG, "the request target is too long"));
    }
    if !has_one_host(head) {
        return Err(trouble_and_close(StatusCode::BAD_REQUEST, "the request must have one valid Host header"));
    }
    // Of HTTP/1.1, hyper counts them itself.
    if head.headers.len() > HEADERS {
        return Err(trouble_and_close(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "the request has too many headers"));
    }
    // It has one value (RFC 9110 5.3): with two, whoever stands in front may have read the other one. Two Authorization
    // headers are refused by the endpoints, each in the words of its standard.
    if head.headers.get_all(CONTENT_TYPE).iter().nth(1).is_some() {
        return Err(trouble_and_close(StatusCode::BAD_REQUEST, "the request has two Content-Type headers"));
    }
    if !is_plainly_transferred(head) {
        return Err(trouble_and_close(
            StatusCode::NOT_IMPLEMENTED,
            "the only transfer coding that is served is chunked",
        ));
    }
    Ok(())
}

/// RFC 9112 3.2: exactly one `Host`, and a valid one; with an absolute target, that target's authority is used. RFC 9113 8.3.1: an
/// `:authority`, and a `Host` only if it is the same.
fn has_one_host(head: &request::Parts) -> bool {
    let mut hosts = head.headers.get_all(HOST).iter();
    let (first, second) = (hosts.next(), hosts.next());
    let authority = head.uri.authority();
    if second.is_some() || authority.is_some_and(|authority| authority.as_str().contains('@')) {
        return false;
    }
    match first {
        Some(host) if head.version >= http::Version::HTTP_2 => {
            let same =
                authority.is_none_or(|authority| host.as_bytes().eq_ignore_ascii_case(authority.as_str().as_bytes()));
            is_authority(host.as_bytes()) && same
        }
        Some(host) => is_authority(host.as_bytes()),
        None if head.version >= http::Version::HTTP_2 => {
            authority.is_some_and(|authority| is_authority(authority.as_str().as_bytes()))
        }
        None => head.version < http::Version::HTTP_11,
    }
}

/// RFC 9112 6.1: a transfer coding that is not understood is answered with 501. hyper takes any list that ends in chunked.
fn is_plainly_transferred(head: &request::Parts) -> bool {
    let mut codings = head.headers.get_all(TRANSFER_ENCODING).iter();
    match (codings.next(), codings.next()) {
        (None, _) => true,
        (Some(only), None) => only.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked"),
        (Some(_), Some(_)) => false,
    }
}

/// `host[:port]` in the characters of RFC 3986 3.2, without userinfo; an IPv6 address stands in brackets.
fn is_authority(bytes: &[u8]) -> bool {
    (1..=300).contains(&bytes.len())
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'[' | b']'))
}

async fn read_body(mut body: Wire, limits: &Limits) -> Result<Bytes, Answer> {
    let most = limits.body_bytes;
    if body.size_hint().lower() > u64::try_from(most).unwrap_or(u64::MAX) {
        return Err(too_large());
    }
    // Nearly always the body came with the headers: then there is one piece, no timer and no copy.
    let first = poll_fn(|context| match Pin::new(&mut body).poll_frame(context) {
        Poll::Pending => Poll::Ready(None),
        Poll::Ready(piece) => Poll::Ready(Some(piece)),
    })
    .await;
    let mut whole = Vec::new();
    match first {
        None => {}
        Some(None) => return Ok(Bytes::new()),
        Some(Some(piece)) => {
            let piece = piece.map_err(|_| broken())?.into_data().unwrap_or_default();
            if piece.len() > most {
                return Err(too_large());
            }
            if body.is_end_stream() {
                return Ok(piece);
            }
            whole.push(piece);
        }
    }
    let rest = read_rest(body, whole, most);
    match tokio::time::timeout(limits.body_time, rest).await {
        Ok(read) => read,
        Err(_) => Err(trouble_and_close(StatusCode::REQUEST_TIMEOUT, "the body did not arrive in time")),
    }
}

async fn read_rest(mut body: Wire, first: Vec<Bytes>, most: usize) -> Result<Bytes, Answer> {
    let mut whole = BytesMut::new();
    for piece in first {
        whole.extend_from_slice(&piece);
    }
    while let Some(piece) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let piece = piece.map_err(|_| broken())?.into_data().unwrap_or_default();
        if whole.len() + piece.len() > most {
            return Err(too_large());
        }
        whole.extend_from_slice(&piece);
    }
    Ok(whole.freeze())
}

fn too_large() -> Answer {
    trouble_and_close(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large")
}

fn broken() -> Answer {
    trouble_and_close(StatusCode::BAD_REQUEST, "the body could not be read")
}
