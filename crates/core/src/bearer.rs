//! How an API answers a request whose bearer token does not serve (RFC 6750 3): status, challenge and body.
//!
//! The guard in front of an API and this server's own protected endpoints (userinfo, log-off) give the same answers. A
//! [`Reason`] says what is wrong; [`refuse`] spells it with the words of the standard or of the vendor
//! ([`ErrorVocabulary`]).

use crate::dialect::ErrorVocabulary;
use crate::params::form_decode;
use serde_json::json;

/// What is wrong with a request. The caller learns the words of [`refuse`]; this is for the log and for tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// No bearer token at all.
    #[error("no access token was sent")]
    NoCredentials,
    /// The header is not `Bearer` and a token, or not text.
    #[error("the bearer header is malformed")]
    Malformed,
    /// A header stands twice, two headers hold different tokens, or a token is in a header and in the body.
    #[error("two different access tokens were sent")]
    TwoTokens,
    /// `access_token` in the query, where it ends up in logs (RFC 9700 4.3.2).
    #[error("an access token in the query is refused")]
    InQuery,
    /// Not a token of this issuer: unknown, forged, of another type, or for another issuer.
    #[error("the access token is invalid")]
    Invalid,
    /// The issuer calls a token inactive that was never active here, and no more than that (RFC 7662 2.2): a reference that
    /// nobody gave out, that is over, or that is for another API.
    #[error("the access token is not active here: it is unknown, over, or for another audience")]
    Inactive,
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
    /// The user signed in too long ago, or not strongly enough for this (RFC 9470 3).
    #[error("the user must sign in again, or more strongly")]
    InsufficientAuthentication,
    /// A token that is bound to a key came as a bearer token, or one that is bound to none with a proof (RFC 9449 7.1, 7.2).
    #[error("the access token is of another type than the scheme that it came in")]
    WrongScheme,
    /// There is no proof of the key that the token is bound to.
    #[error("the DPoP proof is missing")]
    ProofMissing,
    /// The proof does not hold; the log says why.
    #[error("the DPoP proof is not good for this request")]
    ProofInvalid,
    /// The proof or the certificate is another than the one that the token is bound to (RFC 9449 7.1, RFC 8705 3).
    #[error("the access token is bound to another key or certificate")]
    OtherKey,
    /// The proof needs a nonce of the server, which is in the answer (RFC 9449 9).
    #[error("the DPoP proof must carry the nonce that this answer gives")]
    NonceNeeded,
    /// It came through the implicit grant, and this API takes none of those.
    #[error("access tokens of the implicit grant are not accepted here")]
    ImplicitRefused,
    /// The issuer cannot be reached, and without it nothing is known about this token.
    #[error("the token cannot be checked at the moment")]
    Unavailable,
}

impl Reason {
    /// The HTTP status (RFC 6750 3.1).
    pub const fn status(self) -> u16 {
        match self {
            Self::NoCredentials
            | Self::Invalid
            | Self::Inactive
            | Self::WrongAudience
            | Self::NotYetValid
            | Self::Expired
            | Self::Revoked
            | Self::InsufficientAuthentication
            | Self::WrongScheme
            | Self::ProofMissing
            | Self::ProofInvalid
            | Self::OtherKey
            | Self::NonceNeeded => 401,
            Self::Malformed | Self::TwoTokens | Self::InQuery => 400,
            Self::InsufficientScope | Self::ImplicitRefused => 403,
            Self::Unavailable => 503,
        }
    }

    /// The error code (RFC 6750 3.1); none when no token was sent at all.
    pub const fn error(self) -> Option<&'static str> {
        match self {
            Self::NoCredentials => None,
            Self::Malformed | Self::TwoTokens | Self::InQuery => Some("invalid_request"),
            Self::Invalid
            | Self::Inactive
            | Self::WrongAudience
            | Self::NotYetValid
            | Self::Expired
            | Self::Revoked
            | Self::WrongScheme
            | Self::OtherKey => Some("invalid_token"),
            Self::ProofMissing | Self::ProofInvalid => Some("invalid_dpop_proof"),
            Self::NonceNeeded => Some("use_dpop_nonce"),
            Self::InsufficientAuthentication => Some("insufficient_user_authentication"),
            // A token of the implicit grant is a good one that is not enough; with `invalid_token` a client would get
            // another of the same kind, and another.
            Self::InsufficientScope | Self::ImplicitRefused => Some("insufficient_scope"),
            Self::Unavailable => Some("temporarily_unavailable"),
        }
    }
}

/// Whether a query has the parameter `access_token`, however it is escaped: it is refused there (RFC 9700 4.3.2).
pub fn has_access_token(query: &str) -> bool {
    query.split('&').any(|pair| {
        let name = pair.split('=').next().unwrap_or_default();
        form_decode(name.as_bytes()).is_ok_and(|name| name == "access_token")
    })
}

/// An answer that refuses a request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BearerAnswer {
    /// The HTTP status.
    pub status: u16,
    /// `WWW-Authenticate`; none where the token may be good.
    pub challenge: Option<String>,
    /// `Retry-After`, in seconds.
    pub retry_after: Option<u32>,
    /// The body, `application/json`; none: there is no body.
    pub body: Option<String>,
}

impl BearerAnswer {
    /// Every header of the answer, names in lower case. It is never stored (RFC 6750 5.3).
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, String)> {
        [
            Some(("cache-control", "no-store".to_owned())),
            self.challenge.clone().map(|challenge| ("www-authenticate", challenge)),
            self.retry_after.map(|seconds| ("retry-after", seconds.to_string())),
            self.body.as_ref().map(|_| ("content-type", "application/json".to_owned())),
        ]
        .into_iter()
        .flatten()
    }
}

impl BearerAnswer {
    /// The same answer, naming the document in which the API says what it is (RFC 9728 5.1), and the scopes to ask for. An answer
    /// without a challenge stays without one.
    #[must_use]
    pub fn described_at(mut self, url: &str, scope: Option<&str>) -> Self {
        let scope = scope.map(|scope| format!(r#", scope="{}""#, quotable(scope))).unwrap_or_default();
        let url = quotable(url);
        self.challenge = self.challenge.map(|challenge| format!(r#"{challenge}{scope}, resource_metadata="{url}""#));
        self
    }
}

/// Spells a refusal. `realm` is the challenge's realm; `scope` what the token would need, for
/// [`Reason::InsufficientScope`].
///
/// A missing token is answered with the realm alone: no error code (RFC 6750 3.1).
pub fn refuse(reason: Reason, realm: &str, scope: Option<&str>, vocabulary: &ErrorVocabulary) -> BearerAnswer {
    let unavailable = reason == Reason::Unavailable;
    BearerAnswer {
        status: reason.status(),
        challenge: (!unavailable).then(|| challenge(reason, realm, scope)),
        retry_after: unavailable.then_some(2),
        body: body(reason, vocabulary),
    }
}

fn challenge(reason: Reason, realm: &str, scope: Option<&str>) -> String {
    let error = |error| format!(r#", error="{error}", error_description="{reason}""#);
    let error = reason.error().map(error).unwrap_or_default();
    let scope = scope.map(|scope| format!(r#", scope="{}""#, quotable(scope))).unwrap_or_default();
    format!(r#"Bearer realm="{}"{error}{scope}"#, quotable(realm))
}

/// A text without what could end a quoted string early or cannot stand in a header.
pub(crate) fn quotable(text: &str) -> String {
    text.chars().filter(|c| matches!(c, ' '..='~') && !matches!(c, '"' | '\\')).collect()
}

fn body(reason: Reason, vocabulary: &ErrorVocabulary) -> Option<String> {
    let body = match vocabulary {
        ErrorVocabulary::Standard => json!({ "error": reason.error()?, "error_description": reason.to_string() }),
        ErrorVocabulary::Codes { invalid, expired, revoked } => {
            let code = match reason {
                Reason::Expired => expired,
                Reason::Revoked => revoked,
                Reason::InsufficientScope | Reason::ImplicitRefused => "insufficient_scope",
                Reason::InsufficientAuthentication => "insufficient_user_authentication",
                Reason::Unavailable => "temporarily_unavailable",
                Reason::NoCredentials
                | Reason::Malformed
                | Reason::TwoTokens
                | Reason::InQuery
                | Reason::Invalid
                | Reason::Inactive
                | Reason::WrongAudience
                | Reason::NotYetValid
                | Reason::WrongScheme
                | Reason::ProofMissing
                | Reason::ProofInvalid
                | Reason::OtherKey
                | Reason::NonceNeeded => invalid,
            };
            json!({ "errors": [{ "Code": code }] })
        }
    };
    Some(body.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standard(reason: Reason) -> BearerAnswer {
        refuse(reason, "orders", None, &ErrorVocabulary::Standard)
    }

    fn codes() -> ErrorVocabulary {
        let (invalid, expired, revoked) = ("Bad".into(), "Old".into(), "TakenBack".into());
        ErrorVocabulary::Codes { invalid, expired, revoked }
    }

    #[test]
    fn a_missing_token_is_answered_with_the_realm_alone() {
        let answer = standard(Reason::NoCredentials);
        assert_eq!((answer.status, answer.challenge.as_deref()), (401, Some(r#"Bearer realm="orders""#)));
        let headers: Vec<_> = answer.headers().map(|(name, _)| name).collect();
        assert_eq!(headers, ["cache-control", "www-authenticate"]);
        assert_eq!((answer.body, answer.retry_after), (None, None));
        let answer = refuse(Reason::NoCredentials, "orders", None, &codes());
        assert_eq!(answer.challenge.as_deref(), Some(r#"Bearer realm="orders""#));
        assert_eq!(answer.body.as_deref(), Some(r#"{"errors":[{"Code":"Bad"}]}"#));
    }

    #[test]
    fn each_error_has_its_status_and_says_the_same_in_challenge_and_body() {
        for (reason, status, error) in [
            (Reason::Malformed, 400, "invalid_request"),
            (Reason::TwoTokens, 400, "invalid_request"),
            (Reason::InQuery, 400, "invalid_request"),
            (Reason::Invalid, 401, "invalid_token"),
            (Reason::Inactive, 401, "invalid_token"),
            (Reason::WrongAudience, 401, "invalid_token"),
            (Reason::NotYetValid, 401, "invalid_token"),
            (Reason::Expired, 401, "invalid_token"),
            (Reason::Revoked, 401, "invalid_token"),
            (Reason::InsufficientScope, 403, "insufficient_scope"),
            (Reason::ImplicitRefused, 403, "insufficient_scope"),
        ] {
            let answer = standard(reason);
            assert_eq!(answer.status, status, "{reason:?}");
            assert_eq!(
                answer.challenge.unwrap(),
                format!(r#"Bearer realm="orders", error="{error}", error_description="{reason}""#)
            );
            assert_eq!(answer.body.unwrap(), format!(r#"{{"error":"{error}","error_description":"{reason}"}}"#));
        }
    }

    #[test]
    fn a_token_that_cannot_be_checked_is_tried_again_soon() {
        let answer = standard(Reason::Unavailable);
        let headers: Vec<_> = answer.headers().map(|(name, _)| name).collect();
        assert_eq!(headers, ["cache-control", "retry-after", "content-type"]);
        assert_eq!((answer.status, answer.challenge, answer.retry_after), (503, None, Some(2)));
        assert!(answer.body.unwrap().contains("temporarily_unavailable"));
    }

    #[test]
    fn the_missing_scope_is_named() {
        let answer = refuse(Reason::InsufficientScope, "orders", Some("read write"), &ErrorVocabulary::Standard);
        assert!(answer.challenge.unwrap().ends_with(r#", scope="read write""#));
    }

    #[test]
    fn no_realm_or_scope_ends_a_quoted_string_early() {
        let answer = refuse(Reason::InsufficientScope, "a\"\\\r\nb", Some("x\"y\\z"), &ErrorVocabulary::Standard);
        let challenge = answer.challenge.unwrap();
        assert!(challenge.starts_with(r#"Bearer realm="ab", "#) && challenge.ends_with(r#", scope="xyz""#));
    }

    #[test]
    fn a_vendors_codes_tell_expired_and_revoked_apart() {
        for (reason, code) in [
            (Reason::InQuery, "Bad"),
            (Reason::Invalid, "Bad"),
            (Reason::Inactive, "Bad"),
            (Reason::Expired, "Old"),
            (Reason::Revoked, "TakenBack"),
            (Reason::InsufficientScope, "insufficient_scope"),
        ] {
            let answer = refuse(reason, "orders", None, &codes());
            assert_eq!(answer.body.unwrap(), format!(r#"{{"errors":[{{"Code":"{code}"}}]}}"#));
            assert_eq!(answer.status, reason.status());
        }
    }
}
