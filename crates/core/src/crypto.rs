//! Hashes, message authentication, sealing at rest, key derivation.
//!
//! The one place where Claviger touches cryptographic primitives outside of JOSE ([`crate::jose`]). All of it is
//! aws-lc; nothing here is invented. Types which hold a key print as `***`.

pub mod entropy;

use std::fmt;

use aws_lc_rs::{aead, digest, hkdf, hmac};
use zeroize::Zeroizing;

/// What can fail here. None of it tells a peer anything; it is for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CryptoError {
    /// The bytes are no key of the kind that was asked for.
    #[error("the key was rejected")]
    KeyRejected,
    /// The library could not make a key.
    #[error("key generation failed")]
    Generate,
    /// The library could not sign.
    #[error("signing failed")]
    Sign,
    /// The library could not encrypt.
    #[error("sealing failed")]
    Seal,
    /// The sealed bytes are too short, were changed, or belong to another key or another purpose.
    #[error("the sealed bytes do not open")]
    Open,
}

/// SHA-256 of `data` (FIPS 180-4).
pub fn sha256(data: &[u8]) -> [u8; 32] {
    first_32(digest::digest(&digest::SHA256, data).as_ref())
}

/// HMAC-SHA-256 of `data` (RFC 2104). For a key that is used again, keep an [`HmacKey`]: it is prepared once.
pub fn hmac_sha256(key: &[u8], data: &[u8]) -> [u8; 32] {
    HmacKey::new(key).sign(data)
}

/// HMAC-SHA-1 of `data` (RFC 2104), for the one standard that wants it ([`crate::totp`]).
pub fn hmac_sha1(key: &[u8], data: &[u8]) -> [u8; 20] {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key);
    hmac::sign(&key, data).as_ref().first_chunk().copied().unwrap_or_default()
}

/// SHA-1 of `data` in upper-case hexadecimal, for lists that others made with it; it protects nothing.
pub fn sha1_hex(data: &[u8]) -> String {
    let digest = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, data);
    data_encoding::HEXUPPER.encode(digest.as_ref())
}

/// A key for HMAC-SHA-256, prepared once.
#[derive(Clone)]
pub struct HmacKey(hmac::Key);

impl HmacKey {
    /// Prepares `key`; 32 random bytes are right.
    pub fn new(key: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// The tag of `data`.
    pub fn sign(&self, data: &[u8]) -> [u8; 32] {
        first_32(hmac::sign(&self.0, data).as_ref())
    }

    /// The tag of all `parts` one after the other. Parts of variable length need a length or a separator of their
    /// own, or two different lists could have the same tag.
    pub fn sign_parts(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.0);
        for part in parts {
            context.update(part);
        }
        first_32(context.sign().as_ref())
    }

    /// Whether `tag` belongs to `data`, in constant time.
    pub fn verify(&self, data: &[u8], tag: &[u8]) -> bool {
        hmac::verify(&self.0, data, tag).is_ok()
    }
}

impl fmt::Debug for HmacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HmacKey(***)")
    }
}

/// A key that seals secrets at rest: AES-256-GCM, a random 96-bit nonce in front, the tag behind (RFC 5116).
///
/// Random nonces are safe for 2^32 messages under one key; what is sealed often has a key of its own, see [`derive()`].
pub struct SealKey(aead::LessSafeKey);

impl SealKey {
    /// How many bytes sealing adds: nonce and tag.
    pub const OVERHEAD: usize = aead::NONCE_LEN + 16;

    /// Prepares the key.
    ///
    /// # Errors
    /// [`CryptoError::KeyRejected`] when the library has no AES-256-GCM, which does not happen in practice.
    pub fn new(key: &[u8; 32]) -> Result<Self, CryptoError> {
        let unbound = aead::UnboundKey::new(&aead::AES_256_GCM, key).map_err(|_| CryptoError::KeyRejected)?;
        Ok(Self(aead::LessSafeKey::new(unbound)))
    }

    /// Encrypts `plain`. `associated` is not stored but must be the same when opening: say there what the bytes are
    /// and whose, so that they cannot be moved to another row.
    ///
    /// # Errors
    /// [`CryptoError::Seal`] when the library fails.
    pub fn seal(&self, associated: &[u8], plain: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.seal_with(entropy::random_bytes(), associated, plain)
    }

    /// As [`seal`](Self::seal), to the same each time: `tag` is a MAC, under another key, of all that makes this message
    /// another one than others (RFC 5297 1.3.2), and its beginning the nonce.
    ///
    /// # Errors
    /// As there.
    pub fn seal_always_alike(&self, tag: &[u8; 32], associated: &[u8], plain: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let nonce = tag.first_chunk().ok_or(CryptoError::Seal)?;
        self.seal_with(*nonce, associated, plain)
    }

    fn seal_with(&self, nonce: [u8; aead::NONCE_LEN], associated: &[u8], plain: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let mut sealed = Vec::with_capacity(plain.len() + Self::OVERHEAD);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let (_, body) = sealed.split_at_mut(aead::NONCE_LEN);
        let tag = self
            .0
            .seal_in_place_separate_tag(aead::Nonce::assume_unique_for_key(nonce), aead::Aad::from(associated), body)
            .map_err(|_| CryptoError::Seal)?;
        sealed.extend_from_slice(tag.as_ref());
        Ok(sealed)
    }

    /// Decrypts what [`seal`](Self::seal) made.
    ///
    /// # Errors
    /// [`CryptoError::Open`] for anything else: changed, cut, another key, other associated data.
    pub fn open(&self, associated: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        let (nonce, body) = sealed.split_at_checked(aead::NONCE_LEN).ok_or(CryptoError::Open)?;
        let nonce = aead::Nonce::try_assume_unique_for_key(nonce).map_err(|_| CryptoError::Open)?;
        let mut plain = Zeroizing::new(body.to_vec());
        let length =
            self.0.open_in_place(nonce, aead::Aad::from(associated), &mut plain).map_err(|_| CryptoError::Open)?.len();
        plain.truncate(length);
        Ok(plain)
    }
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey(***)")
    }
}

/// The key for one purpose, from the master key: HKDF-SHA-256 (RFC 5869) with `label` as the info, so that no key is
/// used for two things and knowing one tells nothing of the others.
pub fn derive(master: &[u8; 32], label: &str) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0_u8; 32]);
    let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, b"claviger").extract(master);
    let info = [label.as_bytes()];
    #[expect(clippy::expect_used, reason = "HKDF-SHA-256 gives up to 8160 bytes; 32 are always within")]
    prk.expand(&info, hkdf::HKDF_SHA256).and_then(|okm| okm.fill(key.as_mut_slice())).expect("32 bytes of HKDF");
    key
}

fn first_32(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    for (to, from) in out.iter_mut().zip(bytes) {
        *to = *from;
    }
    out
}

#[cfg(test)]
mod tests;
