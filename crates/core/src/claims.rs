//! What tokens say: the claims of JWT access tokens (RFC 9068), ID tokens (OpenID Connect Core 2) and introspection
//! (RFC 7662).

use crate::jose::base64url;
use crate::token::Id;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The claims of an access token; the same struct is written when it is signed and read when it comes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessClaims<'a> {
    /// The realm's issuer.
    #[serde(borrow)]
    pub iss: Cow<'a, str>,
    /// The user, or the client where it acts for itself (RFC 9068 2.2).
    #[serde(borrow)]
    pub sub: Cow<'a, str>,
    /// The API that it is for.
    #[serde(borrow)]
    pub aud: Cow<'a, str>,
    /// The client that it was given to.
    #[serde(borrow)]
    pub client_id: Cow<'a, str>,
    /// The granted scope; absent if there is none.
    #[serde(borrow, default, skip_serializing_if = "str::is_empty")]
    pub scope: Cow<'a, str>,
    /// When it was made, in seconds.
    pub iat: i64,
    /// When it ends, in seconds.
    pub exp: i64,
    /// Its own id.
    #[serde(borrow)]
    pub jti: Cow<'a, str>,
    /// The grant (family) that it belongs to; absent where nothing is stored.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub gid: Option<Cow<'a, str>>,
    /// The organisations (companies, sites) that the grant is for.
    #[serde(default, skip_serializing_if = "<[String]>::is_empty")]
    pub org: Cow<'a, [String]>,
    /// `implicit`, where it came through the implicit grant.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<Cow<'a, str>>,
    /// When the user signed in, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
}

/// The claims of an ID token.
#[derive(Debug, Serialize)]
pub struct IdClaims<'a> {
    /// The realm's issuer.
    pub iss: &'a str,
    /// The user.
    pub sub: &'a str,
    /// The client.
    pub aud: &'a str,
    /// Seconds.
    pub iat: i64,
    /// Seconds.
    pub exp: i64,
    /// Seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    /// As the client sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<&'a str>,
    /// The left half of the access token's hash (OpenID Connect Core 3.1.3.6).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_hash: Option<String>,
    /// The client once more, for those that look here.
    pub azp: &'a str,
}

/// What userinfo says of a user (OpenID Connect Core 5.3.2), as far as the scope allows (5.4).
#[derive(Debug, Serialize)]
pub struct UserinfoClaims<'a> {
    /// The user.
    pub sub: &'a str,
    /// With scope `profile`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'a str>,
    /// With scope `profile`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferred_username: Option<&'a str>,
    /// With scope `email`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<&'a str>,
}

/// What introspection says of an active token (RFC 7662 2.2).
#[derive(Debug, Serialize)]
pub struct Introspection<'a> {
    /// Always true here; an inactive token is [`INACTIVE`].
    pub active: bool,
    /// `Bearer`; absent for a refresh token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_type: Option<&'static str>,
    /// The user's name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<&'a str>,
    /// The token's claims.
    #[serde(flatten)]
    pub claims: &'a AccessClaims<'a>,
}

/// The whole answer about a token that is not active, unknown, or none of the caller's business (RFC 7662 2.2).
pub const INACTIVE: &str = r#"{"active":false}"#;

/// An id as tokens carry it.
pub fn id_text(id: &Id) -> String {
    base64url(id)
}

/// An id out of a token.
pub fn id_from_text(text: &str) -> Option<Id> {
    crate::jose::from_base64url(text)?.try_into().ok()
}
