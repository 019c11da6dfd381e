//! How answers are spelled: the only place that knows what a dialect makes of them.

use crate::authorize::Destination;
use crate::dialect::{Dialect, FailureStatus, IssuerInAnswer};
use crate::params::{Opaque, form_encode};
use crate::realm::Realm;
use crate::refusal::{ErrorCode, Refusal};
use crate::response::ResponseMode;
use crate::scope::ScopeSet;
use crate::token::Plain;
use serde::Serialize;
use std::borrow::Cow;

/// A token answer (RFC 6749 5.1) before it is spelled.
#[derive(Debug)]
pub struct TokenAnswer<'a> {
    /// The access token.
    pub access_token: &'a Plain,
    /// Its type, where that is not the dialect's word for a bearer token.
    pub token_type: Option<&'static str>,
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
    /// What the access token is, where it was exchanged for another one (RFC 8693 2.2.1).
    pub issued_token_type: Option<&'static str>,
}

/// Spells a token answer as JSON.
///
/// # Errors
/// None in practice: the text is made of strings and numbers.
pub fn token(dialect: &Dialect, answer: &TokenAnswer<'_>) -> serde_json::Result<Vec<u8>> {
    #[derive(Serialize)]
    struct Spelled<'a> {
        access_token: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        issued_token_type: Option<&'static str>,
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
            issued_token_type: answer.issued_token_type,
            token_type: answer.token_type.unwrap_or(dialect.token.token_type.word()),
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
        Refusal::Further(further) if further.retry_after().is_some() => 429,
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

/// How long a signed answer is good for, in seconds (JARM 2.1: 10 minutes at most).
const SIGNED_FOR: i64 = 300;

/// An authorization answer: what it says, before it is put where the request wants it.
#[derive(Debug, Clone)]
pub struct Response<'a> {
    /// Where it goes, and how.
    pub destination: &'a Destination,
    /// The realm that answers.
    pub realm: &'a Realm,
    /// Names and values, in order.
    pub pairs: Vec<(&'static str, Cow<'a, str>)>,
}

impl<'a> Response<'a> {
    /// An answer of these pairs.
    pub fn new(
        destination: &'a Destination,
        realm: &'a Realm,
        pairs: impl IntoIterator<Item = (&'static str, &'a str)>,
    ) -> Self {
        let pairs = pairs.into_iter().map(|(name, value)| (name, Cow::Borrowed(value))).collect();
        Self { destination, realm, pairs }
    }

    /// A refusal, or our own trouble.
    pub fn error(destination: &'a Destination, realm: &'a Realm, code: ErrorCode, description: String) -> Self {
        let pairs = vec![("error", Cow::Borrowed(code.name())), ("error_description", Cow::Owned(description))];
        Self { destination, realm, pairs }
    }

    /// A refusal.
    pub fn refusal(destination: &'a Destination, realm: &'a Realm, refusal: &Refusal) -> Self {
        Self::error(destination, realm, refusal.code(), refusal.description())
    }

    /// The claims to be signed, where the answer travels signed (JARM 2.1): the pairs, `state`, and for whom and until when.
    pub fn claims(&self, client: &str, now: i64) -> Option<serde_json::Map<String, serde_json::Value>> {
        if !self.destination.mode.is_signed() {
            return None;
        }
        let mut claims = serde_json::Map::new();
        let seconds = now / 1000;
        claims.insert("iss".to_owned(), self.realm.issuer.as_str().into());
        claims.insert("aud".to_owned(), client.into());
        claims.insert("iat".to_owned(), seconds.into());
        claims.insert("exp".to_owned(), (seconds + SIGNED_FOR).into());
        for (name, value) in &self.pairs {
            claims.insert((*name).to_owned(), value.as_ref().into());
        }
        if let Some(state) = self.destination.state.as_ref().and_then(Opaque::as_text) {
            claims.insert("state".to_owned(), state.into());
        }
        Some(claims)
    }

    /// The answer on its way: the pairs, then `state` and, unless the dialect leaves it out, `iss` (RFC 9207).
    pub fn plain(&self) -> Delivery {
        let state = self.destination.state.as_ref().map(|state| ("state", state.as_bytes()));
        let pairs = self.pairs.iter().map(|(name, value)| (*name, value.as_bytes()));
        let is_named = self.realm.dialect.authorization.iss == IssuerInAnswer::Sent;
        let issuer = is_named.then_some(("iss", self.realm.issuer.as_bytes()));
        carry(self.destination, pairs.chain(state).chain(issuer))
    }

    /// The signed answer on its way: one parameter (JARM 2.3).
    pub fn signed(&self, jwt: &str) -> Delivery {
        carry(self.destination, [("response", jwt.as_bytes())])
    }
}

/// Puts the parameters of an answer where the request wants them.
fn carry<'p>(destination: &Destination, all: impl IntoIterator<Item = (&'p str, &'p [u8])>) -> Delivery {
    let mut url = destination.redirect_uri.clone();
    match destination.mode {
        ResponseMode::FormPost | ResponseMode::FormPostJwt => {
            // All of it is text: with a state that is none the request was refused, and the state left out.
            let text = |value| String::from_utf8_lossy(value).into_owned();
            let fields = all.into_iter().map(|(name, value)| (name.to_owned(), text(value))).collect();
            return Delivery::Form { action: url, fields };
        }
        ResponseMode::Fragment | ResponseMode::FragmentJwt => url.push('#'),
        ResponseMode::Query | ResponseMode::QueryJwt if url.contains('?') => {}
        ResponseMode::Query | ResponseMode::QueryJwt => url.push('?'),
    }
    for (name, value) in all {
        form_encode(&mut url, name, value);
    }
    Delivery::Redirect(url)
}
