//! How answers are spelled: the only place that knows what a dialect makes of them.

use crate::authorize::{Destination, ResponseMode};
use crate::dialect::{Dialect, FailureStatus};
use crate::params::form_encode;
use crate::refusal::{ErrorCode, Refusal};
use crate::scope::ScopeSet;
use crate::token::Plain;
use serde::Serialize;

/// A token answer (RFC 6749 5.1) before it is spelled.
#[derive(Debug)]
pub struct TokenAnswer<'a> {
    /// The access token.
    pub access_token: &'a Plain,
    /// Its life in seconds.
    pub expires_in: i64,
    /// The refresh token, if there is one.
    pub refresh_token: Option<&'a Plain>,
    /// The granted scope.
    pub scope: &'a ScopeSet,
    /// It is not the one asked for.
    pub scope_differs: bool,
    /// The ID token, if there is one.
    pub id_token: Option<&'a str>,
}

/// Spells a token answer as JSON.
///
/// # Errors
/// None in practice: the text is made of strings and numbers.
pub fn token(dialect: &Dialect, answer: &TokenAnswer<'_>) -> serde_json::Result<Vec<u8>> {
    #[derive(Serialize)]
    struct Spelled<'a> {
        access_token: &'a str,
        token_type: &'static str,
        expires_in: i64,
        #[serde(skip_serializing_if = "Option::is_none")]
        refresh_token: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        scope: Option<&'a ScopeSet>,
        #[serde(skip_serializing_if = "Option::is_none")]
        id_token: Option<&'a str>,
    }
    let show_scope = dialect.token.scope.shows(answer.scope_differs);
    let mut out = Vec::with_capacity(1024);
    serde_json::to_writer(
        &mut out,
        &Spelled {
            access_token: answer.access_token.expose(),
            token_type: dialect.token.token_type.word(),
            expires_in: answer.expires_in,
            refresh_token: answer.refresh_token.map(Plain::expose),
            scope: (show_scope && !answer.scope.is_empty()).then_some(answer.scope),
            id_token: answer.id_token,
        },
    )?;
    Ok(out)
}

/// The body of an error (RFC 6749 5.2). `reference`: under which the server's log has it, where the contract has a member
/// for it.
pub fn error_body(code: ErrorCode, description: &str, reference: Option<&str>) -> String {
    named_error_body(code.name(), description, reference)
}

/// The same for an error that the standards have no word for.
pub fn named_error_body(error: &str, description: &str, reference: Option<&str>) -> String {
    #[derive(Serialize)]
    struct Spelled<'a> {
        error: &'a str,
        error_description: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        reference: Option<&'a str>,
    }
    // A struct of texts is always JSON.
    serde_json::to_string(&Spelled { error, error_description: description, reference }).unwrap_or_default()
}

/// The status of a refusal at the token endpoint and its siblings; `basic`: the client authenticated in the header.
pub const fn status(dialect: &Dialect, refusal: &Refusal, basic: bool) -> u16 {
    match refusal {
        Refusal::WrongMediaType { .. } => 415,
        Refusal::BodyTooLarge => 413,
        Refusal::Braked { .. } => 429,
        _ => match refusal.code() {
            ErrorCode::InvalidClient if basic => 401,
            ErrorCode::InvalidClient => match dialect.token.failed_body_authentication {
                FailureStatus::Unauthorized => 401,
                FailureStatus::BadRequest => 400,
            },
            _ => 400,
        },
    }
}

/// An authorization answer on its way to the client.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Delivery {
    /// 303 to this URL.
    Redirect(String),
    /// A page whose form posts these fields to this URL.
    Form {
        /// The redirect URI.
        action: String,
        /// Names and values.
        fields: Vec<(String, String)>,
    },
}

/// Sends `pairs`, then `state` and `iss` (RFC 9207), to where the request's answer goes.
pub fn deliver(destination: &Destination, issuer: &str, pairs: &[(&str, &str)]) -> Delivery {
    let state = destination.state.as_ref().map(|state| ("state", state.as_bytes()));
    let all =
        pairs.iter().map(|(name, value)| (*name, value.as_bytes())).chain(state).chain([("iss", issuer.as_bytes())]);
    match destination.mode {
        ResponseMode::FormPost => Delivery::Form {
            action: destination.redirect_uri.clone(),
            // All of it is text: a form_post request with another state was refused.
            fields: all.map(|(name, value)| (name.to_owned(), String::from_utf8_lossy(value).into_owned())).collect(),
        },
        ResponseMode::Query | ResponseMode::Fragment => {
            let mut url = destination.redirect_uri.clone();
            if destination.mode == ResponseMode::Fragment {
                url.push('#');
            } else if !url.contains('?') {
                url.push('?');
            }
            for (name, value) in all {
                form_encode(&mut url, name, value);
            }
            Delivery::Redirect(url)
        }
    }
}

/// Sends a refusal to where the request's answer goes.
pub fn deliver_refusal(destination: &Destination, issuer: &str, refusal: &Refusal) -> Delivery {
    deliver_error(destination, issuer, refusal.code(), &refusal.description())
}

/// Sends an error to where the request's answer goes: a refusal, or our own trouble.
pub fn deliver_error(destination: &Destination, issuer: &str, code: ErrorCode, description: &str) -> Delivery {
    deliver(destination, issuer, &[("error", code.name()), ("error_description", description)])
}
