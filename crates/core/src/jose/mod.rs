//! Signed JSON tokens: JWS (RFC 7515), JWK (RFC 7517), JWA (RFC 7518), JWT (RFC 7519), EdDSA (RFC 8037).
//!
//! 1. [`SigningKey`] is a private key, parsed once, with its headers already encoded: [`SigningKey::sign_jwt`] costs
//!    the signature and little else.
//! 2. [`Jwk`] and [`JwkSet`] are the public halves as they are published.
//! 3. [`VerifyingKeys`] are the public halves parsed once; [`verify_jwt`] checks a token against them. It decides about
//!    the signature and the header only: whose token, for whom and until when is the caller's business.
//!
//! 4. [`jwe`] is about what is encrypted.
//!
//! Four algorithms sign and no others; `none` and every HMAC are not representable. What a client signs with its secret is checked
//! apart from that, by [`verify_hs256`].

mod certified;
mod embedded;
mod error;
mod header;
pub mod jwe;
mod jwk;
mod mac;
mod sign;
mod verify;

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

pub use embedded::{Embedded, verify_embedded};
pub use error::{JwtError, MAX_TOKEN_LEN};
pub use jwk::{Jwk, JwkError, JwkSet};
pub use mac::{HS256, MacDecoded, MacKey, verify_hs256};
pub use sign::{Pkcs8, SigningKey};
pub use verify::{Decoded, Header, VerifyingKey, VerifyingKeys, unsigned_claims, verify_jwt};

/// A signature algorithm by its JOSE name (RFC 7518 section 3.1, RFC 8037 section 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256.
    #[serde(rename = "ES256")]
    Es256,
    /// RSASSA-PKCS1-v1_5 with SHA-256. OpenID Connect requires it.
    #[serde(rename = "RS256")]
    Rs256,
    /// RSASSA-PSS with SHA-256.
    #[serde(rename = "PS256")]
    Ps256,
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Es256, Self::Rs256, Self::Ps256, Self::EdDsa];

    /// The name in a JOSE header and in metadata.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
            Self::EdDsa => "EdDSA",
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The name is none of the four.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not one of ES256, RS256, PS256, EdDSA")]
pub struct UnknownAlgorithm;

impl FromStr for Algorithm {
    type Err = UnknownAlgorithm;

    fn from_str(name: &str) -> Result<Self, UnknownAlgorithm> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name).ok_or(UnknownAlgorithm)
    }
}

/// What a token is, in its header's `typ` (RFC 8725 section 3.11), so that one kind is never taken for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Typ {
    /// An access token, `at+jwt` (RFC 9068).
    AccessToken,
    /// An ID token, or any plain one: `JWT`.
    Jwt,
    /// A logout token, `logout+jwt` (OpenID Connect Back-Channel Logout).
    Logout,
    /// An answer to introspection, `token-introspection+jwt` (RFC 9701 5).
    Introspection,
}

impl Typ {
    const ALL: [Self; 4] = [Self::AccessToken, Self::Jwt, Self::Logout, Self::Introspection];

    /// As it stands in the header.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AccessToken => "at+jwt",
            Self::Jwt => "JWT",
            Self::Logout => "logout+jwt",
            Self::Introspection => "token-introspection+jwt",
        }
    }

    /// Whether a header's `typ` means this: media types are compared without case, and `application/` may be left out
    /// (RFC 7515 section 4.1.9).
    pub fn is_named(self, typ: &str) -> bool {
        const PREFIX: &str = "application/";
        let short = match typ.split_at_checked(PREFIX.len()) {
            Some((prefix, rest)) if prefix.eq_ignore_ascii_case(PREFIX) => rest,
            _ => typ,
        };
        short.eq_ignore_ascii_case(self.name())
    }
}

/// The `at_hash` of an access token or the `c_hash` of a code, for an ID token signed with `algorithm`: the left half of
/// the algorithm's own hash, in base64url (OpenID Connect Core 3.1.3.6). Ed25519's own hash is SHA-512.
pub fn token_hash(algorithm: Algorithm, value: &str) -> String {
    let hash = match algorithm {
        Algorithm::EdDsa => digest::digest(&digest::SHA512, value.as_bytes()),
        Algorithm::Es256 | Algorithm::Rs256 | Algorithm::Ps256 => digest::digest(&digest::SHA256, value.as_bytes()),
    };
    let bytes = hash.as_ref();
    base64url(bytes.get(..bytes.len() / 2).unwrap_or_default())
}

/// Base64url without padding (RFC 7515 section 2).
pub fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes base64url without padding. `None` for padding, foreign characters, and for a second spelling of the same bytes
/// (bits left over at the end that are not zero).
pub fn from_base64url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;
