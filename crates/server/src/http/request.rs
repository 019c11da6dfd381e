//! From the wire to an [`Incoming`]: the head is checked, the body read whole, bounded in size and time.

use super::{Answer, Incoming, Limits, RequestId, proxies, trace, trouble_and_close};
use bytes::{Bytes, BytesMut};
use http::header::{ALLOW, CONTENT_TYPE, HOST, TRANSFER_ENCODING};
use http::{HeaderValue, Method, StatusCode, request};
use hyper::body::{Body, Incoming as Wire};
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::Poll;

/// Reads a request to its end.
///
/// # Errors
/// The answer for a request that cannot be served, after which the connection is closed.
pub(super) async fn read(
    request: http::Request<Wire>,
    peer: SocketAddr,
    limits: &Limits,
    id: RequestId,
) -> Result<Incoming, Answer> {
    let (mut head, body) = request.into_parts();
    let client = proxies::client_address(peer.ip(), &head.headers, &limits.proxies);
    trace::address(client);
    check(&head, limits)?;
    let body = if body.is_end_stream() { Bytes::new() } else { read_body(body, limits).await? };
    if head.method == Method::HEAD {
        head.method = Method::GET;
    }
    proxies::tell_of_forwarding(peer.ip(), &head.headers, &limits.proxies);
    Ok(Incoming { head, body, peer, client, id })
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
    // RFC 9112 3.2: exactly one Host, and a valid one. With an absolute target, that target's authority is used.
    let mut hosts = head.headers.get_all(HOST).iter();
    let (first, second) = (hosts.next(), hosts.next());
    let old = head.version < http::Version::HTTP_11 && first.is_none();
    let well_formed = first.is_some_and(is_authority) || old;
    let absolute = head.uri.authority().is_none_or(|authority| !authority.as_str().contains('@'));
    if second.is_some() || !well_formed || !absolute {
        return Err(trouble_and_close(StatusCode::BAD_REQUEST, "the request must have one valid Host header"));
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
fn is_authority(value: &HeaderValue) -> bool {
    let bytes = value.as_bytes();
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
