//! What was encrypted to us (RFC 7516 section 5.2).

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::key_wrap::{AES_256, AesKek, KeyWrap};
use aws_lc_rs::rsa::OaepPrivateDecryptingKey;
use zeroize::Zeroizing;

use super::super::error::JwtError;
use super::super::from_base64url;
use super::super::header::RawHeader;
use super::agree::{self, Info};
use super::content::{self, Parts};
use super::encrypt::{oaep, random_key};
use super::private::Private;
use super::public::point;
use super::{ContentEncryption, DecryptingKey, KeyManagement};

/// Longer tokens are refused before anything is done with them: a signed token of the longest kind, encrypted.
pub const MAX_ENCRYPTED_LEN: usize = 24 * 1024;

/// What is wrong with an encrypted token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum JweError {
    /// Longer than [`MAX_ENCRYPTED_LEN`].
    #[error("the encrypted token is longer than 24 KiB")]
    TooLong,
    /// Not header, key, vector, ciphertext and tag.
    #[error("the token does not have five parts")]
    NotFiveParts,
    /// The header cannot be read, or asks for what is not understood.
    #[error("{0}")]
    Header(JwtError),
    /// An `alg` that is not supported.
    #[error("the algorithm is not supported")]
    AlgorithmUnknown,
    /// An `enc` that is not supported.
    #[error("the encryption of the content is not supported")]
    EncryptionUnknown,
    /// `zip`: what is compressed tells of its content by its length, and grows without end.
    #[error("the token is compressed")]
    Compressed,
    /// It is encrypted to none of the keys.
    #[error("the token's key is not known")]
    KeyUnknown,
    /// The key is for another algorithm.
    #[error("the token's algorithm is not the key's")]
    AlgorithmMismatch,
    /// `cty` says that something else than a JWT is inside.
    #[error("the token holds something else than a JWT")]
    ContentType,
    /// A part is not base64url.
    #[error("a part of the token is not base64url")]
    Encoding,
    /// It does not decrypt. Why is not told (RFC 7516 section 11.5).
    #[error("the token does not decrypt")]
    Open,
}

/// What was in a token.
pub struct Decrypted {
    /// The plaintext.
    pub content: Zeroizing<Vec<u8>>,
    /// The name of the key that it was encrypted to.
    pub kid: String,
}

impl fmt::Debug for Decrypted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decrypted").field("kid", &self.kid).finish_non_exhaustive()
    }
}

/// Whether a text has the form of an encrypted token: five parts.
pub fn is_encrypted(token: &str) -> bool {
    token.bytes().filter(|byte| *byte == b'.').count() == 4
}

/// A header that is understood.
struct Header {
    alg: KeyManagement,
    enc: ContentEncryption,
    kid: Option<String>,
    /// The sender's ephemeral key, where one is agreed on.
    epk: Option<Vec<u8>>,
    apu: Vec<u8>,
    apv: Vec<u8>,
}

/// Decrypts a compact JWE that is encrypted to one of `keys`.
///
/// # Errors
/// The first thing that is wrong with its form; [`JweError::Open`] for whatever is wrong with its content.
pub fn decrypt(token: &str, keys: &[Arc<DecryptingKey>]) -> Result<Decrypted, JweError> {
    if token.len() > MAX_ENCRYPTED_LEN {
        return Err(JweError::TooLong);
    }
    let mut parts = token.split('.');
    let mut part = || parts.next().ok_or(JweError::NotFiveParts);
    let (aad, key, iv, ciphertext, tag) = (part()?, part()?, part()?, part()?, part()?);
    if parts.next().is_some() {
        return Err(JweError::NotFiveParts);
    }
    let header = Header::parse(aad)?;
    let candidates = header.candidates(keys)?;
    let decode = |text: &str| from_base64url(text).ok_or(JweError::Encoding);
    let (encrypted, iv, ciphertext, tag) = (decode(key)?, decode(iv)?, decode(ciphertext)?, decode(tag)?);
    let parts = Parts { iv: &iv, ciphertext: &ciphertext, tag: &tag, aad: aad.as_bytes() };
    let opened = candidates.into_iter().find_map(|key| {
        let cek = header.content_key(key, &encrypted);
        let content = content::open(header.enc, &cek, parts).ok()?;
        Some(Decrypted { content, kid: key.kid().to_owned() })
    });
    opened.ok_or(JweError::Open)
}

impl Header {
    fn parse(encoded: &str) -> Result<Self, JweError> {
        let raw = RawHeader::parse(encoded).map_err(JweError::Header)?;
        let malformed = JweError::Header(JwtError::HeaderMalformed);
        let alg = raw.alg.ok_or(malformed)?.parse().map_err(|_| JweError::AlgorithmUnknown)?;
        let enc = raw.enc.ok_or(malformed)?.parse().map_err(|_| JweError::EncryptionUnknown)?;
        if raw.compressed {
            return Err(JweError::Compressed);
        }
        if raw.cty.is_some_and(|cty| !is_jwt(&cty)) {
            return Err(JweError::ContentType);
        }
        let party = |text: Option<String>| match text {
            Some(text) => from_base64url(&text).ok_or(malformed),
            None => Ok(Vec::new()),
        };
        let epk = raw.epk.map(|epk| match (epk.kty.as_str(), epk.crv.as_deref()) {
            ("EC", Some("P-256")) => point(&epk).map_err(|_| malformed),
            _ => Err(malformed),
        });
        let needs_epk = !KeyManagement::is_rsa(alg);
        let epk = if needs_epk { Some(epk.ok_or(malformed)??) } else { None };
        Ok(Self { alg, enc, kid: raw.kid, epk, apu: party(raw.apu)?, apv: party(raw.apv)? })
    }

    /// The keys that may be meant: the one that is named, or all that are for the algorithm.
    fn candidates<'k>(&self, keys: &'k [Arc<DecryptingKey>]) -> Result<Vec<&'k DecryptingKey>, JweError> {
        let Some(kid) = &self.kid else {
            let fitting: Vec<_> = keys.iter().map(Arc::as_ref).filter(|key| key.alg() == self.alg).collect();
            return if fitting.is_empty() { Err(JweError::KeyUnknown) } else { Ok(fitting) };
        };
        let named = keys.iter().find(|key| key.kid() == kid).ok_or(JweError::KeyUnknown)?;
        if named.alg() != self.alg {
            return Err(JweError::AlgorithmMismatch);
        }
        Ok(vec![named.as_ref()])
    }

    /// The content's key. Where it cannot be had, one that nobody knows: whoever sent it cannot tell the one from the other
    /// (RFC 7516 section 11.5).
    fn content_key(&self, key: &DecryptingKey, encrypted: &[u8]) -> Zeroizing<Vec<u8>> {
        let other = random_key(self.enc);
        let found = match &key.private {
            Private::Rsa(private) => by_rsa(private, self.alg, encrypted),
            Private::P256(private) => self.agreed(private, encrypted),
        };
        found.filter(|found| found.len() == self.enc.key_len()).unwrap_or(other)
    }

    fn agreed(&self, private: &aws_lc_rs::agreement::PrivateKey, encrypted: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let info = Info { alg: self.alg, enc: self.enc, apu: &self.apu, apv: &self.apv };
        let agreed = agree::derive(private, self.epk.as_ref()?, info).ok()?;
        if self.alg == KeyManagement::EcdhEs {
            return encrypted.is_empty().then_some(agreed);
        }
        unwrapped(&agreed, encrypted)
    }
}

/// What was encrypted to an RSA key (RFC 7518 section 4.3).
pub(super) fn by_rsa(
    private: &OaepPrivateDecryptingKey,
    alg: KeyManagement,
    encrypted: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let mut plain = Zeroizing::new(vec![0; private.min_output_size()]);
    let length = private.decrypt(oaep(alg), encrypted, &mut plain, None).ok()?.len();
    plain.truncate(length);
    Some(plain)
}

/// A key that was wrapped under another one (RFC 7518 section 4.4).
pub(super) fn unwrapped(kek: &[u8], wrapped: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut plain = Zeroizing::new(vec![0; wrapped.len()]);
    let length = AesKek::new(&AES_256, kek).ok()?.unwrap(wrapped, &mut plain).ok()?.len();
    plain.truncate(length);
    Some(plain)
}

fn is_jwt(cty: &str) -> bool {
    cty.eq_ignore_ascii_case("JWT") || cty.eq_ignore_ascii_case("application/jwt")
}
