//! What several endpoints read of a request, and what lets pages elsewhere call them (CORS).

use crate::failure::{self, Failure};
use crate::http::{Answer, Incoming, trace};
use claviger_core::client::GrantType;
use claviger_core::client_auth::Credentials;
use claviger_core::dialect::Legacy;
use claviger_core::params::looks_like_json;
use claviger_core::text::{printable, shortened};
use claviger_core::token::{PresentedRefresh, unless_secret};
use claviger_core::{Dialect, Params, Refusal};
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_REQUEST_HEADERS, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};

/// How much of a scope stands in the request log, in characters.
const LONGEST_SCOPE: usize = 300;

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
    note_asked(&params);
    Ok((params.ignoring(&dialect.token.ignored()).without_duplicates()?, json))
}

/// Keeps for the request log what is asked for.
pub(crate) fn note_asked(params: &Params<'_>) {
    trace::note(|noted| {
        let grant = params.get("grant_type").and_then(|sent| GrantType::ALL.into_iter().find(|one| one.name() == sent));
        noted.grant = grant.map_or("", GrantType::name);
        noted.token = params.get("token").map_or("", kind_of);
        noted.scope = params.get("scope").map(on_the_record).unwrap_or_default();
    });
}

/// What kind of token a text is, by its looks.
fn kind_of(token: &str) -> &'static str {
    if PresentedRefresh::parse(token).is_some() { "refresh_token" } else { "access_token" }
}

/// A scope as it can stand in a log: it is a peer's text.
fn on_the_record(scope: &str) -> String {
    shortened(&printable(unless_secret(scope)), LONGEST_SCOPE).into_owned()
}

/// Whether a body is JSON: its media type says so, or says nothing (none, or plain text) and the body looks like it.
pub(crate) fn is_json(media: &str, body: &[u8]) -> bool {
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
