//! Answers to proxies that ask before they pass a request on: nginx (`auth_request`), Traefik (`ForwardAuth`), Caddy
//! (`forward_auth`), Envoy (`ext_authz` over HTTP). So an API that is written in whatever language is behind a guard.

use bytes::Bytes;
use claviger_core::Params;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Uri};

use crate::{Caller, Guard, Needs};

/// Where the proxy says what was asked for. Traefik and Caddy have the first, nginx has the second where its configuration sets it.
/// Where both are there, one may be the client's own: they must say the same.
const METHODS: [&str; 2] = ["x-forwarded-method", "x-original-method"];
const URIS: [&str; 2] = ["x-forwarded-uri", "x-original-uri"];
/// Where the proxy asks.
pub const CHECK: &str = "/check";
/// What the proxy may pass on to the API; it takes whatever the client sent under these names away.
pub const PASSED_ON: [&str; 4] = ["x-auth-subject", "x-auth-client", "x-auth-scope", "x-auth-organisations"];

impl Guard {
    /// The answer to a proxy: 200 with who calls ([`PASSED_ON`]), or the refusal that the proxy passes on to the client. A request for
    /// the API's own metadata (RFC 9728) is answered with it.
    ///
    /// `/check?scope=orders.read` is asked for routes that need this scope; each further `scope` is needed as well. What the client
    /// asked for is in `X-Forwarded-Method` and `X-Forwarded-Uri`, or in `X-Original-Method` and `X-Original-URI`, or behind `/check`
    /// itself, which then has no scopes of its own.
    ///
    /// nginx passes on nothing but 401 and 403, so a request that is wrong in itself (two tokens, or one in the URL) is answered with
    /// 401 in the place of 400.
    pub async fn forwarded(&self, asked: &Parts) -> Response<Bytes> {
        let path = asked.uri.path();
        if let Some(metadata) = self.resource_metadata().filter(|metadata| metadata.path() == path) {
            return metadata.answer(&asked.method);
        }
        let behind = path.strip_prefix(CHECK).filter(|rest| rest.is_empty() || rest.starts_with('/'));
        let Some(behind) = behind else { return bare(StatusCode::NOT_FOUND) };
        // Nobody is let in by a proxy that does not ask as it should.
        let (own, of_client) = if behind.is_empty() { (asked.uri.query(), None) } else { (None, asked.uri.query()) };
        let asks = needs(own).zip(original(asked, behind, of_client));
        let Some((needs, request)) = asks else { return bare(StatusCode::INTERNAL_SERVER_ERROR) };
        match self.check_parts(&request, &needs).await {
            Ok(caller) => let_in(&caller),
            Err(rejection) => {
                let mut answer = rejection.to_response();
                if answer.status() == StatusCode::BAD_REQUEST {
                    *answer.status_mut() = StatusCode::UNAUTHORIZED;
                }
                answer
            }
        }
    }
}

fn bare(status: StatusCode) -> Response<Bytes> {
    let mut answer = Response::new(Bytes::new());
    *answer.status_mut() = status;
    answer
}

/// The scopes that the proxy's own address names; none where it cannot be read.
fn needs(query: Option<&str>) -> Option<Needs> {
    let params = Params::form(query.unwrap_or_default().as_bytes()).ok()?;
    let named = params.all("scope").flat_map(str::split_ascii_whitespace);
    Some(named.fold(Needs::new(), Needs::scope))
}

/// The request that the client made, as far as the guard looks at it; none where the proxy says something that no request has.
fn original(asked: &Parts, behind: &str, query: Option<&str>) -> Option<Parts> {
    let mut request = http::Request::new(()).into_parts().0;
    request.headers = asked.headers.clone();
    request.method = match said(&asked.headers, METHODS).ok()? {
        Some(method) => Method::from_bytes(method.as_bytes()).ok()?,
        None => asked.method.clone(),
    };
    request.uri = match said(&asked.headers, URIS).ok()? {
        Some(uri) => Uri::try_from(uri.as_bytes()).ok()?,
        None if behind.is_empty() => Uri::from_static("/"),
        None => Uri::try_from(query.map_or_else(|| behind.to_owned(), |query| format!("{behind}?{query}"))).ok()?,
    };
    Some(request)
}

/// Something is said in several ways.
struct Unclear;

/// The one value under these names, however often it is there.
fn said<'h>(headers: &'h HeaderMap, names: [&str; 2]) -> Result<Option<&'h HeaderValue>, Unclear> {
    let mut values = names.into_iter().flat_map(|name| headers.get_all(name));
    let first = values.next();
    if values.all(|value| Some(value) == first) { Ok(first) } else { Err(Unclear) }
}

/// Who calls, for the API behind the proxy.
fn let_in(caller: &Caller) -> Response<Bytes> {
    let mut answer = bare(StatusCode::OK);
    let [subject, client, scope, organisations] = PASSED_ON;
    let said = [
        (subject, caller.sub.clone().unwrap_or_default()),
        (client, caller.client_id.clone().unwrap_or_default()),
        (scope, caller.scopes.join(" ")),
        (organisations, caller.organisations.join(" ")),
    ];
    for (name, value) in said {
        // Even an empty one: the proxy puts it in the place of what the client sent.
        let value = HeaderValue::try_from(value).unwrap_or(HeaderValue::from_static(""));
        answer.headers_mut().insert(HeaderName::from_static(name), value);
    }
    answer
}
