//! The public key of a credential (RFC 9052 7, RFC 9053), as an authenticator sends it and as it is kept.

use super::cbor::{Item, Reader};
use crate::jose::{base64url, from_base64url};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
};
use serde::{Deserialize, Serialize};

/// What is asked for, in the order of preference (IANA COSE Algorithms): ES256, EdDSA, RS256.
pub(super) const ALGORITHMS: [i64; 3] = [ES256, EDDSA, RS256];
const ES256: i64 = -7;
const EDDSA: i64 = -8;
const RS256: i64 = -257;

/// A public key; its numbers in base64url.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "alg")]
pub enum CredentialKey {
    /// ECDSA with SHA-256 on P-256.
    #[serde(rename = "ES256")]
    Es256 {
        /// The point, uncompressed.
        point: String,
    },
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa {
        /// The point.
        x: String,
    },
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    #[serde(rename = "RS256")]
    Rs256 {
        /// The modulus.
        n: String,
        /// The exponent.
        e: String,
    },
}

/// The parameters of a `COSE_Key` that are looked at.
#[derive(Default)]
struct Parameters<'a> {
    kty: Option<i64>,
    alg: Option<i64>,
    crv: Option<i64>,
    first: Option<&'a [u8]>,
    second: Option<&'a [u8]>,
    third: Option<&'a [u8]>,
}

impl CredentialKey {
    /// Reads a `COSE_Key` where it stands; `None` where it is none, or of a kind that was not asked for.
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let mut read = Parameters::default();
        reader.map(|key, value| match (key, value) {
            (Item::Int(1), Item::Int(kty)) => read.kty = Some(kty),
            (Item::Int(3), Item::Int(alg)) => read.alg = Some(alg),
            (Item::Int(-1), Item::Int(crv)) => read.crv = Some(crv),
            (Item::Int(-1), Item::Bytes(bytes)) => read.first = Some(bytes),
            (Item::Int(-2), Item::Bytes(bytes)) => read.second = Some(bytes),
            (Item::Int(-3), Item::Bytes(bytes)) => read.third = Some(bytes),
            _ => {}
        })?;
        let key = match (read.kty?, read.alg?) {
            (2, ES256) if read.crv == Some(1) => {
                let (x, y) = (read.second.filter(|x| x.len() == 32)?, read.third.filter(|y| y.len() == 32)?);
                Self::Es256 { point: base64url(&[&[4], x, y].concat()) }
            }
            (1, EDDSA) if read.crv == Some(6) => Self::EdDsa { x: base64url(read.second.filter(|x| x.len() == 32)?) },
            (3, RS256) => Self::Rs256 { n: base64url(read.first?), e: base64url(read.second?) },
            _ => return None,
        };
        key.parsed().map(|_| key)
    }

    fn parsed(&self) -> Option<ParsedPublicKey> {
        match self {
            Self::Es256 { point } => ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, from_base64url(point)?).ok(),
            Self::EdDsa { x } => ParsedPublicKey::new(&ED25519, from_base64url(x)?).ok(),
            Self::Rs256 { n, e } => {
                let (n, e) = (from_base64url(n)?, from_base64url(e)?);
                RsaPublicKeyComponents { n, e }.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256).ok()
            }
        }
    }

    /// Whether `signature` is this key's over `message` (section 6.5.5).
    pub(super) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        self.parsed().is_some_and(|key| key.verify_sig(message, signature).is_ok())
    }
}
