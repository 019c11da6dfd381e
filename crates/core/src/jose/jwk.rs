//! Public keys as JSON (RFC 7517, RFC 7518 section 6, RFC 8037), their thumbprints (RFC 7638), and how they are read.

use serde::{Deserialize, Serialize};

use super::{base64url, from_base64url};
use crate::crypto::sha256;

/// A public key as JSON. A key that carries private members is refused when read, so that nobody publishes one by
/// accident (and none is logged).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Anything")]
pub struct Jwk {
    /// `EC`, `RSA` or `OKP`; others are read and ignored.
    pub kty: String,
    /// `sig` for keys that sign, `enc` for those that content is encrypted to.
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    pub use_: Option<String>,
    /// The same in finer words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_ops: Option<Vec<String>>,
    /// The only algorithm the key may be used with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alg: Option<String>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    /// Curve: `P-256` or `Ed25519`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crv: Option<String>,
    /// EC: first coordinate; OKP: the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub x: Option<String>,
    /// EC: second coordinate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub y: Option<String>,
    /// RSA: modulus.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n: Option<String>,
    /// RSA: exponent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub e: Option<String>,
}

/// A JWK set, as `jwks_uri` serves it (RFC 7517 section 5).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JwkSet {
    /// The keys, the one in use first.
    pub keys: Vec<Jwk>,
}

/// Why a JWK is of no use here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JwkError {
    /// It has `d` or another member that only a private or symmetric key has.
    #[error("a private key where a public one belongs")]
    Private,
    /// `kty`, `crv` and `alg` name no algorithm that is supported, or contradict each other.
    #[error("unsupported key type, curve or algorithm")]
    Unsupported,
    /// `use` is not `sig`.
    #[error("the key is not for signatures")]
    NotForSignatures,
    /// `use` is not `enc`.
    #[error("the key is not for encryption")]
    NotForEncryption,
    /// A coordinate, the modulus or the exponent is missing.
    #[error("the key is incomplete")]
    Incomplete,
    /// A member is not base64url, has a wrong length, or the point is not on the curve.
    #[error("the key is not valid")]
    Invalid,
    /// RSA with fewer than 2048 or more than 4096 bits.
    #[error("the RSA key has fewer than 2048 or more than 4096 bits")]
    Size,
    /// A secret is shorter than the hash that it is used with.
    #[error("the secret has fewer than 32 octets")]
    ShortSecret,
    /// Two keys of a set have one name.
    #[error("two keys share a kid")]
    DuplicateKid,
}

/// A JWK as it comes, with the members that must not be there.
#[derive(Deserialize)]
struct Anything {
    kty: String,
    #[serde(rename = "use")]
    use_: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    kid: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    e: Option<String>,
    d: Option<Present>,
    p: Option<Present>,
    q: Option<Present>,
    dp: Option<Present>,
    dq: Option<Present>,
    qi: Option<Present>,
    oth: Option<Present>,
    k: Option<Present>,
}

/// Some value that nobody looks at.
#[derive(Deserialize)]
struct Present(serde::de::IgnoredAny);

impl TryFrom<Anything> for Jwk {
    type Error = JwkError;

    fn try_from(any: Anything) -> Result<Self, JwkError> {
        let private = [any.d, any.p, any.q, any.dp, any.dq, any.qi, any.oth, any.k];
        if private.iter().any(Option::is_some) {
            return Err(JwkError::Private);
        }
        Ok(Self {
            kty: any.kty,
            use_: any.use_,
            key_ops: any.key_ops,
            alg: any.alg,
            kid: any.kid,
            crv: any.crv,
            x: any.x,
            y: any.y,
            n: any.n,
            e: any.e,
        })
    }
}

impl Jwk {
    /// From an uncompressed point (SEC 1): a 4, then x and y.
    pub(super) fn from_p256_point(point: &[u8]) -> Option<Self> {
        let (x, y) = point.strip_prefix(&[4])?.split_at_checked(32)?;
        (y.len() == 32).then(|| Self {
            kty: "EC".to_owned(),
            crv: Some("P-256".to_owned()),
            x: Some(base64url(x)),
            y: Some(base64url(y)),
            ..Self::default()
        })
    }

    pub(super) fn from_ed25519(public: &[u8]) -> Self {
        Self { kty: "OKP".to_owned(), crv: Some("Ed25519".to_owned()), x: Some(base64url(public)), ..Self::default() }
    }

    /// From DER `RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }` (RFC 8017 A.1.1).
    pub(super) fn from_rsa_der(der: &[u8]) -> Option<Self> {
        let (sequence, []) = der_value(0x30, der)? else {
            return None;
        };
        let (n, rest) = der_value(0x02, sequence)?;
        let (e, []) = der_value(0x02, rest)? else {
            return None;
        };
        // DER puts a zero before a number whose first bit is set; JWK has none (RFC 7518 section 2).
        let bare = |number: &[u8]| base64url(number.strip_prefix(&[0]).unwrap_or(number));
        Some(Self { kty: "RSA".to_owned(), n: Some(bare(n)), e: Some(bare(e)), ..Self::default() })
    }

    /// Whether it may be used so: `use` and `key_ops`, where they are there (RFC 7517 sections 4.2 and 4.3).
    pub(super) fn is_for(&self, use_: &str, operations: &[&str]) -> bool {
        let may = |ops: &Vec<String>| ops.iter().any(|op| operations.contains(&op.as_str()));
        self.use_.as_deref().is_none_or(|named| named == use_) && self.key_ops.as_ref().is_none_or(may)
    }

    /// The SHA-256 thumbprint in base64url (RFC 7638, RFC 8037 section 2): the required members only, in lexicographic
    /// order, no spaces. For a key type unknown here it is the thumbprint of `kty` alone.
    pub fn thumbprint(&self) -> String {
        base64url(&self.thumbprint_bytes())
    }

    /// The same as bytes.
    pub fn thumbprint_bytes(&self) -> [u8; 32] {
        let members: &[(&str, Option<&String>)] = match self.kty.as_str() {
            "EC" => {
                &[("crv", self.crv.as_ref()), ("kty", Some(&self.kty)), ("x", self.x.as_ref()), ("y", self.y.as_ref())]
            }
            "RSA" => &[("e", self.e.as_ref()), ("kty", Some(&self.kty)), ("n", self.n.as_ref())],
            "OKP" => &[("crv", self.crv.as_ref()), ("kty", Some(&self.kty)), ("x", self.x.as_ref())],
            _ => &[("kty", Some(&self.kty))],
        };
        let object: serde_json::Map<_, _> = members
            .iter()
            .map(|(name, value)| ((*name).to_owned(), serde_json::Value::from(value.map_or("", String::as_str))))
            .collect();
        sha256(serde_json::Value::Object(object).to_string().as_bytes())
    }
}

/// The point of a key on P-256: a 4, then x and y (SEC 1).
pub(super) fn p256_point(jwk: &Jwk) -> Result<Vec<u8>, JwkError> {
    let mut point = vec![4];
    point.extend_from_slice(&member(jwk.x.as_ref(), 32)?);
    point.extend_from_slice(&member(jwk.y.as_ref(), 32)?);
    Ok(point)
}

/// Modulus and exponent of an RSA key of a length that is accepted.
pub(super) fn rsa_numbers(jwk: &Jwk) -> Result<(Vec<u8>, Vec<u8>), JwkError> {
    let number = |text: Option<&String>| {
        let text = text.ok_or(JwkError::Incomplete)?;
        from_base64url(text).filter(|bytes| !bytes.is_empty() && !bytes.starts_with(&[0])).ok_or(JwkError::Invalid)
    };
    let (n, e) = (number(jwk.n.as_ref())?, number(jwk.e.as_ref())?);
    if !(2048..=4096).contains(&bits(&n)) {
        return Err(JwkError::Size);
    }
    // A long exponent makes each use slow; 65537 is what everybody has.
    if e.len() > 4 {
        return Err(JwkError::Invalid);
    }
    Ok((n, e))
}

/// A member of a known length.
pub(super) fn member(text: Option<&String>, length: usize) -> Result<Vec<u8>, JwkError> {
    let bytes = from_base64url(text.ok_or(JwkError::Incomplete)?).ok_or(JwkError::Invalid)?;
    if bytes.len() == length { Ok(bytes) } else { Err(JwkError::Invalid) }
}

fn bits(number: &[u8]) -> usize {
    let leading = number.first().map_or(0, |byte| byte.leading_zeros() as usize);
    number.len() * 8 - leading.min(number.len() * 8)
}

/// One DER element with the given tag: its content and what follows it.
fn der_value(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81 | 0x82 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x0f))?;
            (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    if found == tag { rest.split_at_checked(length) } else { None }
}
