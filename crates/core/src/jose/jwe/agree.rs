//! A key that two agree on: ECDH-ES (RFC 7518 section 4.6).

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey, UnparsedPublicKey, agree};
use aws_lc_rs::kdf::{SskdfDigestAlgorithmId, get_sskdf_digest_algorithm, sskdf_digest};
use zeroize::Zeroizing;

use super::{ContentEncryption, KeyManagement};
use crate::crypto::CryptoError;

/// What the key is for, and between whom, where the header tells.
#[derive(Clone, Copy)]
pub(super) struct Info<'a> {
    pub(super) alg: KeyManagement,
    pub(super) enc: ContentEncryption,
    /// `apu`, decoded.
    pub(super) apu: &'a [u8],
    /// `apv`, decoded.
    pub(super) apv: &'a [u8],
}

impl Info<'_> {
    /// The name of what the key is used with, and how long it is: with the content, or wrapping the content's key.
    const fn usage(&self) -> (&'static str, usize) {
        match self.alg {
            KeyManagement::EcdhEsA256Kw => (self.alg.name(), 32),
            _ => (self.enc.name(), self.enc.key_len()),
        }
    }

    /// `OtherInfo` (RFC 7518 section 4.6.2).
    fn other(&self, name: &str, length: usize) -> Option<Vec<u8>> {
        let mut info = Vec::new();
        for part in [name.as_bytes(), self.apu, self.apv] {
            info.extend_from_slice(&u32::try_from(part.len()).ok()?.to_be_bytes());
            info.extend_from_slice(part);
        }
        info.extend_from_slice(&u32::try_from(length * 8).ok()?.to_be_bytes());
        Some(info)
    }
}

/// The key that `private` and the owner of `public` have together. A point that is not on the curve is refused.
pub(super) fn derive(private: &PrivateKey, public: &[u8], info: Info<'_>) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
    let (name, length) = info.usage();
    let other = info.other(name, length).ok_or(CryptoError::KeyRejected)?;
    agree(private, UnparsedPublicKey::new(&ECDH_P256, public), CryptoError::KeyRejected, |secret| {
        let mut key = Zeroizing::new(vec![0; length]);
        let digest = get_sskdf_digest_algorithm(SskdfDigestAlgorithmId::Sha256).ok_or(CryptoError::KeyRejected)?;
        sskdf_digest(digest, secret, &other, &mut key).map_err(|_| CryptoError::KeyRejected)?;
        Ok(key)
    })
}
