//! JOSE headers as they come (RFC 7515 section 4, RFC 7516 section 4): what is understood, and what forbids to go on.

use std::fmt;

use serde::de::{self, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::error::JwtError;
use super::from_base64url;
use super::jwk::Jwk;

/// More header parameters than anybody needs.
const MAX_MEMBERS: usize = 32;

/// A header whose form is right. Nothing in it has been decided about.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a header parameter")]
pub(super) struct RawHeader {
    pub(super) alg: Option<String>,
    pub(super) typ: Option<String>,
    pub(super) kid: Option<String>,
    pub(super) cty: Option<String>,
    pub(super) enc: Option<String>,
    pub(super) epk: Option<Jwk>,
    pub(super) apu: Option<String>,
    pub(super) apv: Option<String>,
    /// It has `zip`.
    pub(super) compressed: bool,
    critical: bool,
    unencoded: bool,
    duplicate: bool,
}

impl RawHeader {
    /// Reads a header.
    ///
    /// # Errors
    /// It is no JSON object, a member stands twice or asks for what is not understood.
    pub(super) fn parse(encoded: &str) -> Result<Self, JwtError> {
        let json = from_base64url(encoded).ok_or(JwtError::HeaderEncoding)?;
        // `from_slice` refuses what follows the object, and text that is not UTF-8.
        let raw: Self = serde_json::from_slice(&json).map_err(|_| JwtError::HeaderMalformed)?;
        if raw.duplicate {
            return Err(JwtError::HeaderDuplicate);
        }
        if raw.critical {
            return Err(JwtError::Critical);
        }
        if raw.unencoded {
            return Err(JwtError::Unencoded);
        }
        Ok(raw)
    }
}

impl<'de> Deserialize<'de> for RawHeader {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = RawHeader;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JOSE header")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawHeader, A::Error> {
        let mut header = RawHeader::default();
        let mut seen: Vec<String> = Vec::with_capacity(4);
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "alg" => header.alg = Some(map.next_value()?),
                "typ" => header.typ = Some(map.next_value()?),
                "kid" => header.kid = Some(map.next_value()?),
                "cty" => header.cty = Some(map.next_value()?),
                "enc" => header.enc = Some(map.next_value()?),
                "epk" => header.epk = Some(map.next_value()?),
                "apu" => header.apu = Some(map.next_value()?),
                "apv" => header.apv = Some(map.next_value()?),
                "zip" => {
                    map.next_value::<IgnoredAny>()?;
                    header.compressed = true;
                }
                "b64" => header.unencoded = !map.next_value::<bool>()?,
                "crit" => {
                    map.next_value::<IgnoredAny>()?;
                    header.critical = true;
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
            header.duplicate |= seen.contains(&name);
            seen.push(name);
            if seen.len() > MAX_MEMBERS {
                return Err(de::Error::custom("too many header parameters"));
            }
        }
        Ok(header)
    }
}
