//! What is wrong with a request, and how the API says so.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, Response, StatusCode};
use serde_json::json;

use crate::Vocabulary;

/// What is wrong. The caller learns the words of [`Rejection::to_response`]; this is for the log and for tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Reason {
    /// No bearer token at all.
    #[error("no access token was sent")]
    NoCredentials,
    /// The header is not `Bearer` and a token, or not text.
    #[error("the bearer header is malformed")]
    Malformed,
    /// A header stands twice, or two headers hold different tokens.
    #[error("two different access tokens were sent")]
    TwoTokens,
    /// `access_token` in the query, where it ends up in logs (RFC 9700 section 4.3.2).
    #[error("an access token in the query is refused")]
    InQuery,
    /// Not a token of this issuer: unknown, forged, of another type, or for another issuer.
    #[error("the access token is invalid")]
    Invalid,
    /// A token of this issuer for another API.
    #[error("the access token is for another audience")]
    WrongAudience,
    /// A token that is not valid yet.
    #[error("the access token is not valid yet")]
    NotYetValid,
    /// Its time is over.
    #[error("the access token expired")]
    Expired,
    /// It was revoked before its time was over.
    #[error("the access token was revoked")]
    Revoked,
    /// A scope is missing.
    #[error("the access token does not have the scope")]
    InsufficientScope,
    /// It came through the implicit grant, and this API takes none of those.
    #[error("access tokens of the implicit grant are not accepted here")]
    ImplicitRefused,
    /// The issuer cannot be reached, and without it nothing is known about this token.
    #[error("the token cannot be checked at the moment")]
    Unavailable,
}

/// What an API says of itself in its refusals.
#[derive(Debug)]
pub(crate) struct Presentation {
    /// The `realm` of the challenge, already fit to stand between quotes.
    pub(crate) realm: String,
    pub(crate) vocabulary: Vocabulary,
}

/// A refused request.
#[derive(Clone)]
pub struct Rejection {
    reason: Reason,
    /// The scopes that would be needed, for [`Reason::InsufficientScope`].
    scope: Option<String>,
    presentation: Arc<Presentation>,
}

impl Rejection {
    pub(crate) fn new(reason: Reason, scope: Option<String>, presentation: Arc<Presentation>) -> Self {
        Self { reason, scope, presentation }
    }

    /// What is wrong.
    pub fn reason(&self) -> Reason {
        self.reason
    }

    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        match self.reason {
            Reason::NoCredentials
            | Reason::Invalid
            | Reason::WrongAudience
            | Reason::NotYetValid
            | Reason::Expired
            | Reason::Revoked => StatusCode::UNAUTHORIZED,
            Reason::Malformed | Reason::TwoTokens | Reason::InQuery => StatusCode::BAD_REQUEST,
            Reason::InsufficientScope | Reason::ImplicitRefused => StatusCode::FORBIDDEN,
            Reason::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The error code of RFC 6750 section 3.1; none when no token was sent at all.
    fn error(&self) -> Option<&'static str> {
        match self.reason {
            Reason::NoCredentials => None,
            Reason::Malformed | Reason::TwoTokens | Reason::InQuery => Some("invalid_request"),
            Reason::Invalid | Reason::WrongAudience | Reason::NotYetValid | Reason::Expired | Reason::Revoked => {
                Some("invalid_token")
            }
            // A token of the implicit grant is a good one that is not enough; with `invalid_token` a client would get
            // another of the same kind, and another.
            Reason::InsufficientScope | Reason::ImplicitRefused => Some("insufficient_scope"),
            Reason::Unavailable => Some("temporarily_unavailable"),
        }
    }

    /// The answer: the challenge of RFC 6750 section 3 with a JSON body that says the same, or the vendor's codes.
    pub fn to_response(&self) -> Response<Bytes> {
        let mut response = Response::new(self.body());
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if !matches!(self.reason, Reason::Unavailable)
            && let Ok(challenge) = HeaderValue::from_str(&self.challenge())
        {
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
        if matches!(self.reason, Reason::Unavailable) {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("2"));
        }
        if !response.body().is_empty() {
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        response
    }

    fn challenge(&self) -> String {
        let realm = &self.presentation.realm;
        let error = self
            .error()
            .map_or_else(String::new, |error| format!(r#", error="{error}", error_description="{}""#, self.reason));
        // A scope has neither quotes nor backslashes (RFC 6749 section 3.3); what has some cannot end the string early.
        let scope = self
            .scope
            .as_ref()
            .map_or_else(String::new, |scope| format!(r#", scope="{}""#, scope.replace(['"', '\\'], "")));
        format!(r#"Bearer realm="{realm}"{error}{scope}"#)
    }

    fn body(&self) -> Bytes {
        let body = match &self.presentation.vocabulary {
            Vocabulary::Standard => match self.error() {
                None => return Bytes::new(),
                Some(error) => json!({"error": error, "error_description": self.reason.to_string()}),
            },
            Vocabulary::Codes { invalid, expired, revoked } => {
                let code = match self.reason {
                    Reason::Expired => expired,
                    Reason::Revoked => revoked,
                    Reason::InsufficientScope | Reason::ImplicitRefused => "insufficient_scope",
                    Reason::Unavailable => "temporarily_unavailable",
                    Reason::NoCredentials
                    | Reason::Malformed
                    | Reason::TwoTokens
                    | Reason::InQuery
                    | Reason::Invalid
                    | Reason::WrongAudience
                    | Reason::NotYetValid => invalid,
                };
                json!({"errors": [{"Code": code}]})
            }
        };
        Bytes::from(body.to_string())
    }
}

impl fmt::Debug for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rejection({:?})", self.reason)
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reason.fmt(f)
    }
}

impl std::error::Error for Rejection {}
