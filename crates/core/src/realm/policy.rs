//! What a realm says of its tokens, sessions, requests and proofs.

use super::AccessTokenFormat;
use crate::dialect::Pkce;
use crate::dpop::Nonces;
use crate::jose::Algorithm;
use crate::jose::jwe::KeyManagement;
use crate::span::Span;
use serde::{Deserialize, Serialize};

/// How long tokens live and how they are signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct TokenPolicy {
    /// The format of access tokens, unless the API or the client says otherwise.
    pub access_token: AccessTokenFormat,
    /// The algorithm that signs access tokens, unless the API says otherwise. ID tokens are RS256 or what their client
    /// registered.
    pub signing: Algorithm,
    /// Whether every code needs PKCE.
    #[serde(skip_serializing_if = "Pkce::is_usual")]
    pub pkce: Pkce,
    /// How long an access token lives.
    pub access_token_ttl: Span,
    /// How long a code lives; at most 10 minutes (RFC 6749 4.1.2).
    pub code_ttl: Span,
    /// How long a device waits for its user (RFC 8628 3.2); at most 30 minutes.
    #[serde(skip_serializing_if = "is_usual_device_ttl")]
    pub device_code_ttl: Span,
    /// How long an ID token lives.
    pub id_token_ttl: Span,
    /// A refresh token that is not used for so long is over.
    pub refresh_idle: Span,
    /// A grant is over after so long, however often it is refreshed.
    pub refresh_absolute: Span,
    /// Clients that were given it exchange tokens (RFC 8693).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub token_exchange: bool,
    /// A signing key is replaced after so long.
    pub key_age: Span,
    /// A new signing key is published for so long before it signs; as long as APIs cache the key set.
    pub key_prepublish: Span,
}

/// How long a device waits for its user, unless a realm says otherwise.
const DEVICE_CODE_TTL: Span = Span::seconds(600);

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_usual_device_ttl(ttl: &Span) -> bool {
    *ttl == DEVICE_CODE_TTL
}

impl Default for TokenPolicy {
    fn default() -> Self {
        Self {
            access_token: AccessTokenFormat::Jwt,
            signing: Algorithm::Es256,
            pkce: Pkce::default(),
            access_token_ttl: Span::seconds(600),
            code_ttl: Span::seconds(60),
            device_code_ttl: DEVICE_CODE_TTL,
            id_token_ttl: Span::seconds(600),
            refresh_idle: Span::seconds(30 * 86_400),
            refresh_absolute: Span::seconds(365 * 86_400),
            token_exchange: false,
            key_age: Span::seconds(90 * 86_400),
            key_prepublish: Span::seconds(3600),
        }
    }
}

/// How long people stay signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct SessionPolicy {
    /// A session that is not used for so long is over.
    pub idle: Span,
    /// A session is over after so long.
    pub absolute: Span,
    /// A page waits for so long for the person in front of it.
    pub pending: Span,
    /// What `acr` says of who signed in with a password.
    pub acr: String,
}

impl Default for SessionPolicy {
    fn default() -> Self {
        Self {
            idle: Span::seconds(8 * 3600),
            absolute: Span::seconds(7 * 86_400),
            pending: Span::seconds(1800),
            acr: "1".to_owned(),
        }
    }
}

/// What authorization requests must be, and where the server may look things up that they name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct RequestPolicy {
    /// Every request is pushed (RFC 9126 5).
    pub require_pushed_authorization_requests: bool,
    /// Every request is signed (RFC 9101 10.5).
    pub require_signed_request_object: bool,
    /// A pushed request is good for so long.
    pub pushed_ttl: Span,
    /// What clients name (`jwks_uri`, `request_uri`) may be `http://` on this machine: for a realm that is tried out here.
    pub loopback: bool,
    /// How clients may encrypt request objects to the realm, which has a key for each; none: not at all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub object_encryption: Vec<KeyManagement>,
}

impl Default for RequestPolicy {
    fn default() -> Self {
        Self {
            require_pushed_authorization_requests: false,
            require_signed_request_object: false,
            pushed_ttl: Span::seconds(90),
            loopback: false,
            object_encryption: Vec::new(),
        }
    }
}

/// What clients' proofs of possession must be (RFC 9449).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct DpopPolicy {
    /// Whether each needs a nonce of the server.
    pub nonces: Nonces,
}

impl DpopPolicy {
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl RequestPolicy {
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}
