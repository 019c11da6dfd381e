//! Tokens that bring the key which checks them (RFC 7515 section 4.1.3). That proves who holds the key and nothing else, so it is
//! for proofs of possession alone.

use std::fmt;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::error::JwtError;
use super::header::RawHeader;
use super::jwk::Jwk;
use super::verify::{Parts, VerifyingKey, decode_claims};
use super::{Algorithm, from_base64url};

/// A token whose signature is that of the key inside of it.
pub struct Embedded {
    /// The key.
    pub key: Jwk,
    /// Its claims: one JSON object, as it was signed.
    pub claims: Vec<u8>,
}

/// Checks form, header and signature of a compact JWS against the key in its own header. `typ` is what it has to be, and
/// `algorithms` what may sign it.
///
/// # Errors
/// The first thing that is wrong; [`JwtError::KeyNotUsable`] where the header has no key, a private one, or one that is not
/// supported.
pub fn verify_embedded(token: &str, typ: &str, algorithms: &[Algorithm]) -> Result<Embedded, JwtError> {
    let Parts { message, header, claims, signature } = Parts::of(token)?;
    let raw = RawHeader::parse(header)?;
    if !raw.typ.as_deref().is_some_and(|found| found.eq_ignore_ascii_case(typ)) {
        return Err(JwtError::TypWrong);
    }
    let name = raw.alg.ok_or(JwtError::HeaderMalformed)?;
    let algorithm = match name.parse::<Algorithm>() {
        Ok(algorithm) if algorithms.contains(&algorithm) => algorithm,
        Err(_) if name.eq_ignore_ascii_case("none") => return Err(JwtError::AlgorithmNone),
        _ => return Err(JwtError::AlgorithmUnknown),
    };
    let key = key_of(header)?;
    let verifying = VerifyingKey::from_jwk(&key).map_err(|_| JwtError::KeyNotUsable)?;
    let signature = from_base64url(signature).ok_or(JwtError::SignatureEncoding)?;
    verifying.verify(algorithm, message.as_bytes(), &signature)?;
    Ok(Embedded { key, claims: decode_claims(claims)? })
}

fn key_of(header: &str) -> Result<Jwk, JwtError> {
    let json = from_base64url(header).ok_or(JwtError::HeaderEncoding)?;
    serde_json::from_slice::<KeyOnly>(&json).ok().and_then(|header| header.0).ok_or(JwtError::KeyNotUsable)
}

/// The member `jwk` of a header whose form is right.
struct KeyOnly(Option<Jwk>);

impl<'de> Deserialize<'de> for KeyOnly {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = KeyOnly;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JOSE header")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<KeyOnly, A::Error> {
                let mut key = None;
                while let Some(name) = map.next_key::<String>()? {
                    if name == "jwk" {
                        key = Some(map.next_value()?);
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(KeyOnly(key))
            }
        }
        deserializer.deserialize_map(Members)
    }
}
