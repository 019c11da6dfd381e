//! The public keys that content is encrypted to.

use std::fmt;

use aws_lc_rs::agreement::{ECDH_P256, ParsedPublicKey, UnparsedPublicKey};
use aws_lc_rs::rsa::{OaepPublicEncryptingKey, PublicEncryptingKey};
use aws_lc_rs::signature::RsaPublicKeyComponents;

use super::super::jwk::{p256_point, rsa_numbers};
use super::super::{Jwk, JwkError, JwkSet};
use super::KeyManagement;

/// A public key for encryption, parsed once.
pub struct EncryptingKey {
    kid: Option<String>,
    /// The only algorithm that it is for, where it names one.
    alg: Option<KeyManagement>,
    /// It says of itself that it is for encryption.
    is_marked: bool,
    pub(super) public: Public,
}

/// The key itself.
pub(super) enum Public {
    Rsa(OaepPublicEncryptingKey),
    /// A point on P-256, not compressed.
    Point(Vec<u8>),
}

impl EncryptingKey {
    /// Parses a public key.
    ///
    /// # Errors
    /// One [`JwkError`] for each reason for which nothing can be encrypted to it.
    pub fn from_jwk(jwk: &Jwk) -> Result<Self, JwkError> {
        if !jwk.is_for("enc", &["encrypt", "wrapKey", "deriveKey", "deriveBits"]) {
            return Err(JwkError::NotForEncryption);
        }
        let alg: Option<KeyManagement> = match &jwk.alg {
            Some(name) => Some(name.parse().map_err(|_| JwkError::Unsupported)?),
            None => None,
        };
        let public = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
            ("RSA", None) if alg.is_none_or(KeyManagement::is_rsa) => Public::Rsa(rsa(jwk)?),
            ("EC", Some("P-256")) if alg.is_none_or(|alg| !alg.is_rsa()) => Public::Point(point(jwk)?),
            _ => return Err(JwkError::Unsupported),
        };
        Ok(Self { kid: jwk.kid.clone(), alg, is_marked: jwk.use_.is_some(), public })
    }

    /// Its name.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// Whether content may be encrypted to it so.
    pub fn serves(&self, alg: KeyManagement) -> bool {
        match self.alg {
            Some(only) => only == alg,
            None => matches!(self.public, Public::Rsa(_)) == alg.is_rsa(),
        }
    }
}

impl fmt::Debug for EncryptingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EncryptingKey({:?} {:?})", self.alg, self.kid)
    }
}

/// The public keys of one client that are for encryption.
#[derive(Debug, Default)]
pub struct EncryptingKeys(Vec<EncryptingKey>);

impl EncryptingKeys {
    /// Takes the usable keys of a set and passes over the others (RFC 7517 section 5).
    pub fn from_set(set: &JwkSet) -> Self {
        Self(set.keys.iter().filter_map(|jwk| EncryptingKey::from_jwk(jwk).ok()).collect())
    }

    /// The key for an algorithm: one that names it goes before one that says that it is for encryption, and that one before one
    /// that says nothing; of several the first.
    pub fn find(&self, alg: KeyManagement) -> Option<&EncryptingKey> {
        let fitting = self.0.iter().filter(|key| key.serves(alg));
        fitting.min_by_key(|key| (key.alg.is_none(), !key.is_marked))
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn rsa(jwk: &Jwk) -> Result<OaepPublicEncryptingKey, JwkError> {
    let (n, e) = rsa_numbers(jwk)?;
    let key: PublicEncryptingKey = RsaPublicKeyComponents { n, e }.try_into().map_err(|_| JwkError::Invalid)?;
    OaepPublicEncryptingKey::new(key).map_err(|_| JwkError::Invalid)
}

/// The point of a key on P-256, which is on the curve.
pub(super) fn point(jwk: &Jwk) -> Result<Vec<u8>, JwkError> {
    let point = p256_point(jwk)?;
    ParsedPublicKey::try_from(UnparsedPublicKey::new(&ECDH_P256, &point)).map_err(|_| JwkError::Invalid)?;
    Ok(point)
}
