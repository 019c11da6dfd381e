//! What several endpoints read of a request, and what lets pages elsewhere call them (CORS).

use crate::failure::{self, Failure};
use crate::http::{Answer, Incoming};
use claviger_core::client_auth::Credentials;
use claviger_core::dialect::Legacy;
use claviger_core::params::looks_like_json;
use claviger_core::{Dialect, Params, Refusal};
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_REQUEST_HEADERS, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};

/// The parameters of a request with a body, and whether they came as JSON. Refuses credentials in the URL before it
/// looks at the body.
pub(crate) fn read_params<'a>(dialect: &Dialect, incoming: &'a Incoming) -> Result<(Params<'a>, bool), Failure> {
    const SECRET: [&str; 7] =
        ["client_secret", "password", "refresh_token", "code", "token", "client_assertion", "code_verifier"];
    let query = Params::form(incoming.query().as_bytes())?;
    if SECRET.iter().any(|name| query.get(name).is_some()) {
        return Err(Refusal::CredentialsInUri.into());
    }
    let media = incoming.header(CONTENT_TYPE.as_str()).unwrap_or("").split(';').next().unwrap_or("").trim();
    let reads_json = dialect.permits.contains(&Legacy::JsonBody);
    let json = reads_json && is_json(media, &incoming.body);
    let params = if json {
        Params::json(&incoming.body)?
    } else if media.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        Params::form(&incoming.body)?
    } else {
        return Err(Refusal::WrongMediaType { reads_json }.into());
    };
    Ok((params.ignoring(&dialect.token.ignored()).without_duplicates()?, json))
}

/// Whether a body is JSON: its media type says so, or says nothing (none, or plain text) and the body looks like it.
fn is_json(media: &str, body: &[u8]) -> bool {
    let unsaid = media.is_empty() || media.eq_ignore_ascii_case("text/plain");
    media.eq_ignore_ascii_case("application/json") || (unsaid && looks_like_json(body))
}

/// What the client presents; exactly one `Authorization` header, if any.
pub(crate) fn read_credentials(
    dialect: &Dialect,
    incoming: &Incoming,
    params: &Params<'_>,
) -> Result<Credentials, Failure> {
    let mut headers = incoming.head.headers.get_all(AUTHORIZATION).iter();
    let header = headers.next();
    if headers.next().is_some() {
        return Err(Refusal::TwoAuthentications.into());
    }
    let read = Credentials::read(header.map(HeaderValue::as_bytes), params, dialect)?;
    Ok(read.with_certificate(|| incoming.presented.as_ref().map(|presented| presented.chain())))
}

/// Browsers may read the answer from any page: it is the caller's own credentials that count, and no cookie (RFC 9700 2.6).
pub(crate) fn allow_any_origin(answer: &mut Answer) {
    answer.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
}

/// The answer to a browser's question whether it may call: yes, with whatever headers its page sends (tracing adds some of
/// its own). Headers that nobody reads do no harm, and no cookie is sent along.
pub(crate) fn preflight(incoming: &Incoming) -> Answer {
    const LONGEST: usize = 1024;
    let is_list = |names: &&str| {
        names.len() <= LONGEST && names.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_, !#$%&'*+.^`|~".contains(&b))
    };
    let asked = incoming.header(ACCESS_CONTROL_REQUEST_HEADERS.as_str()).filter(is_list);
    let allowed = asked.and_then(|names| HeaderValue::from_str(names).ok());
    let mut answer = failure::empty(StatusCode::NO_CONTENT);
    allow_any_origin(&mut answer);
    let headers = answer.headers_mut();
    headers.insert(http::header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"));
    let otherwise = HeaderValue::from_static("authorization, content-type, dpop, *");
    headers.insert(http::header::ACCESS_CONTROL_ALLOW_HEADERS, allowed.unwrap_or(otherwise));
    headers.insert(http::header::VARY, HeaderValue::from_static("access-control-request-headers"));
    headers.insert(http::header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    answer
}
