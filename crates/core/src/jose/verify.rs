//! Checking a token's signature, strictly: one spelling is accepted, and every other has a name of its own.

use std::collections::HashMap;
use std::fmt;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256,
    RsaParameters, RsaPublicKeyComponents,
};
use serde::de::IgnoredAny;

use super::error::{JwtError, MAX_TOKEN_LEN};
use super::header::RawHeader;
use super::jwk::{member, p256_point, rsa_numbers};
use super::{Algorithm, Jwk, JwkError, JwkSet, Typ, from_base64url};

/// The header parameters that matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// `alg`.
    pub algorithm: Algorithm,
    /// `typ`, as it was spelled.
    pub typ: Option<String>,
    /// `kid`.
    pub kid: Option<String>,
}

/// A token whose signature is right.
#[derive(Clone, PartialEq, Eq)]
pub struct Decoded {
    /// Its header.
    pub header: Header,
    /// Its claims: one JSON object, as it was signed.
    pub claims: Vec<u8>,
    /// The name of the key that signed it, also where the header does not tell.
    pub key: Option<String>,
}

impl fmt::Debug for Decoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoded").field("header", &self.header).finish_non_exhaustive()
    }
}

/// A public key, parsed once.
pub struct VerifyingKey {
    kid: Option<String>,
    /// An RSA key that names no algorithm serves both paddings.
    uses: Vec<(Algorithm, ParsedPublicKey)>,
    thumbprint: [u8; 32],
}

impl VerifyingKey {
    /// Parses a public key.
    ///
    /// # Errors
    /// One [`JwkError`] for each reason for which it cannot be used.
    pub fn from_jwk(jwk: &Jwk) -> Result<Self, JwkError> {
        if !jwk.is_for("sig", &["verify"]) {
            return Err(JwkError::NotForSignatures);
        }
        let named = match &jwk.alg {
            Some(name) => Some(name.parse::<Algorithm>().map_err(|_| JwkError::Unsupported)?),
            None => None,
        };
        let possible: &[Algorithm] = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
            ("EC", Some("P-256")) => &[Algorithm::Es256],
            ("OKP", Some("Ed25519")) => &[Algorithm::EdDsa],
            ("RSA", None) => &[Algorithm::Rs256, Algorithm::Ps256],
            _ => return Err(JwkError::Unsupported),
        };
        let mut uses = Vec::with_capacity(possible.len());
        for algorithm in possible.iter().copied().filter(|possible| named.is_none_or(|named| named == *possible)) {
            uses.push((algorithm, parse_public(algorithm, jwk)?));
        }
        if uses.is_empty() {
            return Err(JwkError::Unsupported);
        }
        Ok(Self { kid: jwk.kid.clone(), uses, thumbprint: jwk.thumbprint_bytes() })
    }

    /// Its name.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// Whether `signature` is this key's over `message`.
    ///
    /// # Errors
    /// [`JwtError::AlgorithmMismatch`] and [`JwtError::SignatureWrong`].
    pub fn verify(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> Result<(), JwtError> {
        let (_, key) = self.uses.iter().find(|(with, _)| *with == algorithm).ok_or(JwtError::AlgorithmMismatch)?;
        key.verify_sig(message, signature).map_err(|_| JwtError::SignatureWrong)
    }

    fn serves(&self, algorithm: Algorithm) -> bool {
        self.uses.iter().any(|(with, _)| *with == algorithm)
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let algorithms: Vec<_> = self.uses.iter().map(|(algorithm, _)| algorithm.name()).collect();
        write!(f, "VerifyingKey({} {:?})", algorithms.join(" "), self.kid)
    }
}

/// The public keys of one issuer or one client, parsed once.
#[derive(Debug, Default)]
pub struct VerifyingKeys {
    named: HashMap<String, VerifyingKey>,
    unnamed: Vec<VerifyingKey>,
}

impl VerifyingKeys {
    /// Takes the usable keys of a set and passes over the others, as RFC 7517 section 5 asks: an issuer may publish keys
    /// of kinds that are not known here.
    ///
    /// # Errors
    /// [`JwkError::DuplicateKid`]: it would not be clear whose signature is checked.
    pub fn from_set(set: &JwkSet) -> Result<Self, JwkError> {
        let mut keys = Self::default();
        for key in set.keys.iter().filter_map(|jwk| VerifyingKey::from_jwk(jwk).ok()) {
            keys.add(key)?;
        }
        Ok(keys)
    }

    /// Adds one key.
    ///
    /// # Errors
    /// [`JwkError::DuplicateKid`] when its name is taken.
    pub fn add(&mut self, key: VerifyingKey) -> Result<(), JwkError> {
        match &key.kid {
            None => self.unnamed.push(key),
            Some(kid) if self.named.contains_key(kid) => return Err(JwkError::DuplicateKid),
            Some(kid) => {
                self.named.insert(kid.clone(), key);
            }
        }
        Ok(())
    }

    /// Whether a key with this RFC 7638 thumbprint is among them.
    pub fn has(&self, thumbprint: &[u8; 32]) -> bool {
        self.named.values().chain(&self.unnamed).any(|key| key.thumbprint == *thumbprint)
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.named.len() + self.unnamed.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether a key has this name.
    pub fn knows(&self, kid: &str) -> bool {
        self.named.contains_key(kid)
    }

    /// The key a header means: by name, or, without a name, the only one for its algorithm.
    fn find(&self, header: &Header) -> Result<&VerifyingKey, JwtError> {
        if let Some(kid) = &header.kid {
            return self.named.get(kid).ok_or(JwtError::KidUnknown);
        }
        let mut fitting = self.named.values().chain(&self.unnamed).filter(|key| key.serves(header.algorithm));
        match (fitting.next(), fitting.next()) {
            (Some(only), None) => Ok(only),
            _ => Err(JwtError::KidMissing),
        }
    }
}

/// Checks form, header and signature of a compact JWS (RFC 7515 section 5.2) and returns its claims. `typ` is what the token
/// has to be; `None` takes any, for tokens whose makers do not say.
///
/// # Errors
/// The first thing that is wrong.
pub fn verify_jwt(token: &str, keys: &VerifyingKeys, typ: Option<Typ>) -> Result<Decoded, JwtError> {
    let Parts { message, header, claims, signature } = Parts::of(token)?;
    let header = parse_header(header)?;
    if let Some(expected) = typ
        && !header.typ.as_deref().is_some_and(|found| expected.is_named(found))
    {
        return Err(JwtError::TypWrong);
    }
    let key = keys.find(&header)?;
    let signature = from_base64url(signature).ok_or(JwtError::SignatureEncoding)?;
    key.verify(header.algorithm, message.as_bytes(), &signature)?;
    Ok(Decoded { header, claims: decode_claims(claims)?, key: key.kid.clone() })
}

/// The claims of a token that says of itself that it is not signed (RFC 7519 6), for the one place where that may be: a client
/// whose request objects are registered so.
///
/// # Errors
/// It has a signature all the same, or claims an algorithm; it cannot be read.
pub fn unsigned_claims(token: &str) -> Result<Vec<u8>, JwtError> {
    let Parts { header, claims, signature, .. } = Parts::of(token)?;
    match parse_header(header) {
        Err(JwtError::AlgorithmNone) => {}
        Err(error) => return Err(error),
        Ok(_) => return Err(JwtError::AlgorithmMismatch),
    }
    if !signature.is_empty() {
        return Err(JwtError::SignatureEncoding);
    }
    decode_claims(claims)
}

/// The parts of a compact JWS (RFC 7515 section 7.1), none of them decoded.
pub(super) struct Parts<'a> {
    /// What is signed: header and claims.
    pub(super) message: &'a str,
    pub(super) header: &'a str,
    pub(super) claims: &'a str,
    pub(super) signature: &'a str,
}

impl<'a> Parts<'a> {
    /// Of a token that is short enough and has three.
    pub(super) fn of(token: &'a str) -> Result<Self, JwtError> {
        if token.len() > MAX_TOKEN_LEN {
            return Err(JwtError::TooLong);
        }
        let (message, signature) = token.rsplit_once('.').ok_or(JwtError::NotThreeParts)?;
        let (header, claims) = message.split_once('.').ok_or(JwtError::NotThreeParts)?;
        if claims.contains('.') {
            return Err(JwtError::NotThreeParts);
        }
        Ok(Self { message, header, claims, signature })
    }
}

/// The claims: one JSON object.
pub(super) fn decode_claims(encoded: &str) -> Result<Vec<u8>, JwtError> {
    let claims = from_base64url(encoded).ok_or(JwtError::ClaimsEncoding)?;
    if is_json_object(&claims) { Ok(claims) } else { Err(JwtError::ClaimsMalformed) }
}

/// The header of a token that a public key checks.
fn parse_header(encoded: &str) -> Result<Header, JwtError> {
    let raw = RawHeader::parse(encoded)?;
    let name = raw.alg.ok_or(JwtError::HeaderMalformed)?;
    let algorithm = match name.parse() {
        Ok(algorithm) => algorithm,
        Err(_) if name.eq_ignore_ascii_case("none") => return Err(JwtError::AlgorithmNone),
        Err(_) => return Err(JwtError::AlgorithmUnknown),
    };
    Ok(Header { algorithm, typ: raw.typ, kid: raw.kid })
}

fn is_json_object(json: &[u8]) -> bool {
    let first = json.iter().find(|byte| !byte.is_ascii_whitespace());
    first == Some(&b'{') && serde_json::from_slice::<IgnoredAny>(json).is_ok() && std::str::from_utf8(json).is_ok()
}

fn parse_public(algorithm: Algorithm, jwk: &Jwk) -> Result<ParsedPublicKey, JwkError> {
    let invalid = |_| JwkError::Invalid;
    match algorithm {
        Algorithm::Es256 => ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, p256_point(jwk)?).map_err(invalid),
        Algorithm::EdDsa => ParsedPublicKey::new(&ED25519, member(jwk.x.as_ref(), 32)?).map_err(invalid),
        Algorithm::Rs256 => parse_rsa(jwk, &RSA_PKCS1_2048_8192_SHA256),
        Algorithm::Ps256 => parse_rsa(jwk, &RSA_PSS_2048_8192_SHA256),
    }
}

fn parse_rsa(jwk: &Jwk, parameters: &'static RsaParameters) -> Result<ParsedPublicKey, JwkError> {
    let (n, e) = rsa_numbers(jwk)?;
    RsaPublicKeyComponents { n, e }.to_parsed_public_key(parameters).map_err(|_| JwkError::Invalid)
}
