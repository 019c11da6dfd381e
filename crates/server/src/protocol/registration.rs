//! Clients that register and manage themselves (RFC 7591, RFC 7592, OpenID Connect Dynamic Registration 1.0).
//!
//! `POST` registers; `GET`, `PUT` and `DELETE` at the `registration_client_uri` are for whoever has the client's registration access
//! token. Nothing is stored for a request that is refused.

mod manage;
mod register;
mod secret;

pub(super) use register::reachable;

use crate::failure::{Failure, empty, json, named_body, wrong_method};
use crate::http::{Answer, Incoming};
use crate::protocol::read::{allow_any_origin, preflight};
use crate::state::State;
use crate::state::sites::Site;
use claviger_core::Client;
use claviger_core::bearer::{Reason, refuse};
use claviger_core::client::ClientStatus;
use claviger_core::dialect::{Endpoint, ErrorVocabulary};
use claviger_core::params::form_encode;
use claviger_core::registration::{self, RegistrationRefusal};
use claviger_core::token::Plain;
use claviger_store::{Actor, Fault, Way};
use http::header::{ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_EXPOSE_HEADERS, CONTENT_TYPE, PRAGMA, RETRY_AFTER};
use http::{HeaderValue, Method, StatusCode};
use serde_json::{Map, Value};

/// Why a request is not served.
pub(super) enum Refused {
    /// Something about the client (RFC 7591 3.2.2).
    Metadata(RegistrationRefusal),
    /// No token, or none that is good here (RFC 6750 3).
    Token(Reason),
    /// The body is no JSON.
    MediaType,
    /// It may not be done now: a status, a code, why, and after how many seconds it may be tried again.
    NotNow(StatusCode, &'static str, &'static str, Option<i64>),
    /// As at any endpoint.
    Failure(Failure),
}

impl From<RegistrationRefusal> for Refused {
    fn from(refusal: RegistrationRefusal) -> Self {
        Self::Metadata(refusal)
    }
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self::Failure(fault.into())
    }
}

/// Answers at the registration endpoint.
pub(crate) async fn answer(state: &State, site: &Site, incoming: &Incoming) -> Answer {
    let served = match incoming.head.method {
        Method::POST => register::register(state, site, incoming).await,
        Method::GET => manage::read(state, site, incoming).await,
        Method::PUT => manage::change(state, site, incoming).await,
        Method::DELETE => manage::delete(state, site, incoming).await,
        Method::OPTIONS => {
            let mut answer = preflight(incoming);
            let methods = HeaderValue::from_static("GET, POST, PUT, DELETE");
            answer.headers_mut().insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
            return answer;
        }
        _ => return wrong_method("GET, POST, PUT, DELETE, OPTIONS"),
    };
    let mut answer = served.unwrap_or_else(|refused| refused.answer(site, incoming));
    allow_any_origin(&mut answer);
    let exposed = HeaderValue::from_static("www-authenticate, retry-after");
    answer.headers_mut().insert(ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
    answer
}

impl Refused {
    fn answer(self, site: &Site, incoming: &Incoming) -> Answer {
        match self {
            Self::Metadata(refusal) => {
                tracing::info!(%refusal, "registration refused");
                json(StatusCode::BAD_REQUEST, named_body(refusal.code.name(), &refusal.description))
            }
            Self::Token(why) => {
                tracing::info!(?why, "registration refused");
                unauthorized(site, why)
            }
            Self::MediaType => json(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                named_body("invalid_client_metadata", "the body must be application/json"),
            ),
            Self::NotNow(status, code, why, seconds) => {
                tracing::warn!(why, "registration refused");
                let mut answer = json(status, named_body(code, why));
                if let Some(seconds) = seconds {
                    answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
                }
                answer
            }
            Self::Failure(failure) => failure.to_json(&site.realm.dialect, false, incoming.id),
        }
    }
}

/// In the standard's words, whatever the realm's API says to its callers.
fn unauthorized(site: &Site, why: Reason) -> Answer {
    let refusal = refuse(why, &site.realm.id, None, &ErrorVocabulary::Standard);
    let mut answer = empty(StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::UNAUTHORIZED));
    for (name, value) in refusal.headers() {
        if let Ok(value) = HeaderValue::try_from(value) {
            answer.headers_mut().insert(name, value);
        }
    }
    answer.headers_mut().insert(PRAGMA, HeaderValue::from_static("no-cache"));
    *answer.body_mut() = refusal.body.unwrap_or_default().into();
    answer
}

/// The metadata that a request brings.
fn metadata(incoming: &Incoming) -> Result<Map<String, Value>, Refused> {
    let media = incoming.header(CONTENT_TYPE.as_str()).unwrap_or("").split(';').next().unwrap_or("").trim();
    if !media.eq_ignore_ascii_case("application/json") {
        return Err(Refused::MediaType);
    }
    Ok(registration::parse(&incoming.body)?)
}

/// Who acts, for the audit log.
fn actor(incoming: &Incoming) -> Actor {
    Actor { name: incoming.client.to_string(), way: Way::Registration, reference: incoming.id.to_string() }
}

/// What the client is told of itself (RFC 7591 3.2.1, RFC 7592 3). The secret is told where it is known now, and when
/// the client was made where it just was.
fn information(
    site: &Site,
    client: &Client,
    token: &Plain,
    (secret, made_at): (Option<&Plain>, Option<i64>),
) -> Result<Vec<u8>, Failure> {
    let mut told = Map::new();
    told.insert("client_id".to_owned(), client.id.as_str().into());
    if let Some(made_at) = made_at {
        told.insert("client_id_issued_at".to_owned(), (made_at / 1000).into());
    }
    if let Some(secret) = secret {
        told.insert("client_secret".to_owned(), secret.expose().into());
        told.insert("client_secret_expires_at".to_owned(), 0.into());
    }
    told.insert("registration_access_token".to_owned(), token.expose().into());
    told.insert("registration_client_uri".to_owned(), client_uri(site, &client.id).into());
    told.extend(registration::answered(client));
    if client.status == ClientStatus::Pending {
        told.insert("status".to_owned(), "pending".into());
        told.insert("status_description".to_owned(), "the client is served once the operator has approved it".into());
    }
    Ok(serde_json::to_vec(&told)?)
}

fn client_uri(site: &Site, id: &str) -> String {
    let mut uri = site.realm.url(Endpoint::Registration).unwrap_or_default();
    uri.push('?');
    let mut query = String::new();
    form_encode(&mut query, "client_id", id);
    uri + &query
}
