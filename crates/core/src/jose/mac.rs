//! JWTs that a client signs with its secret (RFC 7518 section 3.2): assertions of `client_secret_jwt` and request objects.
//!
//! Apart from [`verify_jwt`](super::verify_jwt), so that a public key is never taken for a secret (RFC 8725 section 2.1):
//! what checks one kind of token does not know the algorithms of the other.

use crate::crypto::HmacKey;

use super::error::JwtError;
use super::header::RawHeader;
use super::verify::{Parts, decode_claims};
use super::{JwkError, from_base64url};

/// The one algorithm for it: HMAC with SHA-256.
pub const HS256: &str = "HS256";

/// A client's secret as a key for [`HS256`].
#[derive(Debug, Clone)]
pub struct MacKey(HmacKey);

impl MacKey {
    /// As short as the hash at least (RFC 7518 section 3.2).
    pub const SHORTEST: usize = 32;

    /// Of a secret: its octets, as they are (OpenID Connect Core 10.1).
    ///
    /// # Errors
    /// [`JwkError::ShortSecret`]: fewer than [`Self::SHORTEST`] octets.
    pub fn of_secret(secret: &[u8]) -> Result<Self, JwkError> {
        if secret.len() < Self::SHORTEST {
            return Err(JwkError::ShortSecret);
        }
        Ok(Self(HmacKey::new(secret)))
    }
}

/// A token whose tag is right.
#[derive(Clone, PartialEq, Eq)]
pub struct MacDecoded {
    /// Its `typ`, as it was spelled.
    pub typ: Option<String>,
    /// Its claims: one JSON object, as it was signed.
    pub claims: Vec<u8>,
}

impl std::fmt::Debug for MacDecoded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MacDecoded").field("typ", &self.typ).finish_non_exhaustive()
    }
}

/// Checks form, header and tag of a compact JWS with `alg` HS256, in constant time. Any of the `keys` may have made it: a client has
/// two secrets while one replaces the other. `kid` is not looked at: secrets have no names.
///
/// # Errors
/// The first thing that is wrong. Every other algorithm is [`JwtError::AlgorithmUnknown`], and `none` is
/// [`JwtError::AlgorithmNone`].
pub fn verify_hs256(token: &str, keys: &[MacKey]) -> Result<MacDecoded, JwtError> {
    let Parts { message, header, claims, signature } = Parts::of(token)?;
    let header = RawHeader::parse(header)?;
    match header.alg.as_deref() {
        Some(HS256) => {}
        Some(name) if name.eq_ignore_ascii_case("none") => return Err(JwtError::AlgorithmNone),
        Some(_) => return Err(JwtError::AlgorithmUnknown),
        None => return Err(JwtError::HeaderMalformed),
    }
    let tag = from_base64url(signature).ok_or(JwtError::SignatureEncoding)?;
    // All are tried, so that the time does not tell which secret it was.
    let fitting = keys.iter().filter(|key| key.0.verify(message.as_bytes(), &tag)).count();
    if fitting == 0 {
        return Err(JwtError::SignatureWrong);
    }
    Ok(MacDecoded { typ: header.typ, claims: decode_claims(claims)? })
}
