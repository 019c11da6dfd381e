//! Discovery (OpenID Connect Discovery 4, RFC 8414 3) and the key set (RFC 7517 5): bytes that were made once.

use crate::failure::{empty, wrong_method};
use crate::http::{Answer, Incoming};
use crate::protocol::read::{allow_any_origin, preflight};
use crate::state::keys::Published;
use crate::state::sites::Site;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Method, StatusCode};
use http_body_util::Full;

/// The discovery document, at both well-known addresses.
pub(crate) fn discovery(site: &Site, incoming: &Incoming) -> Answer {
    document(incoming, site.discovery.clone(), "application/json")
}

/// The key set. One that lacks a key, because that could not be made, is for nobody to keep.
pub(crate) async fn jwks(site: &Site, incoming: &Incoming) -> Answer {
    let Published { jwks, is_complete } = site.keys.published().await;
    let mut answer = document(incoming, jwks, "application/jwk-set+json");
    if !is_complete && incoming.head.method == Method::GET {
        answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    answer
}

/// Five minutes: shorter than a new key is published before it signs.
const CACHE: HeaderValue = HeaderValue::from_static("public, max-age=300");

fn document(incoming: &Incoming, bytes: Bytes, media: &'static str) -> Answer {
    match incoming.head.method {
        Method::GET => {
            let mut answer = empty(StatusCode::OK);
            *answer.body_mut() = Full::new(bytes);
            answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media));
            answer.headers_mut().insert(CACHE_CONTROL, CACHE);
            allow_any_origin(&mut answer);
            answer
        }
        Method::OPTIONS => preflight(incoming),
        _ => wrong_method("GET, HEAD, OPTIONS"),
    }
}
