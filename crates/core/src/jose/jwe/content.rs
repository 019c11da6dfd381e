//! The content, encrypted and authenticated (RFC 7518 section 5).

use aws_lc_rs::cipher::{
    AES_128, AES_256, DecryptionContext, EncryptionContext, PaddedBlockDecryptingKey, PaddedBlockEncryptingKey,
    UnboundCipherKey,
};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::{aead, hmac};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::ContentEncryption;
use crate::crypto::CryptoError;
use crate::crypto::entropy::random_bytes;

/// How long the tag of GCM is.
const GCM_TAG: usize = 16;

/// Content that is encrypted.
pub(super) struct Sealed {
    pub(super) iv: Vec<u8>,
    pub(super) ciphertext: Vec<u8>,
    pub(super) tag: Vec<u8>,
}

/// Content that is to be read.
#[derive(Clone, Copy)]
pub(super) struct Parts<'a> {
    pub(super) iv: &'a [u8],
    pub(super) ciphertext: &'a [u8],
    pub(super) tag: &'a [u8],
    /// What is authenticated beside it: the encoded header.
    pub(super) aad: &'a [u8],
}

/// Encrypts `plain` under a key of the right length, which is used for nothing else.
pub(super) fn seal(enc: ContentEncryption, key: &[u8], aad: &[u8], plain: &[u8]) -> Result<Sealed, CryptoError> {
    match enc {
        ContentEncryption::A128Gcm => seal_gcm(&aead::AES_128_GCM, key, aad, plain),
        ContentEncryption::A256Gcm => seal_gcm(&aead::AES_256_GCM, key, aad, plain),
        ContentEncryption::A128CbcHs256 | ContentEncryption::A256CbcHs512 => Cbc::of(enc, key)?.seal(aad, plain),
    }
}

/// Decrypts. One error for everything that can be wrong: which it was must not be told (RFC 7516 section 11.5).
pub(super) fn open(enc: ContentEncryption, key: &[u8], parts: Parts<'_>) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
    match enc {
        ContentEncryption::A128Gcm => open_gcm(&aead::AES_128_GCM, key, parts),
        ContentEncryption::A256Gcm => open_gcm(&aead::AES_256_GCM, key, parts),
        ContentEncryption::A128CbcHs256 | ContentEncryption::A256CbcHs512 => Cbc::of(enc, key)?.open(parts),
    }
}

fn gcm(algorithm: &'static aead::Algorithm, key: &[u8]) -> Result<aead::LessSafeKey, CryptoError> {
    let key = aead::UnboundKey::new(algorithm, key).map_err(|_| CryptoError::KeyRejected)?;
    Ok(aead::LessSafeKey::new(key))
}

fn seal_gcm(algorithm: &'static aead::Algorithm, key: &[u8], aad: &[u8], plain: &[u8]) -> Result<Sealed, CryptoError> {
    let iv = random_bytes::<{ aead::NONCE_LEN }>();
    let mut ciphertext = plain.to_vec();
    let nonce = aead::Nonce::assume_unique_for_key(iv);
    let tag = gcm(algorithm, key)?
        .seal_in_place_separate_tag(nonce, aead::Aad::from(aad), &mut ciphertext)
        .map_err(|_| CryptoError::Seal)?;
    Ok(Sealed { iv: iv.to_vec(), ciphertext, tag: tag.as_ref().to_vec() })
}

fn open_gcm(
    algorithm: &'static aead::Algorithm,
    key: &[u8],
    parts: Parts<'_>,
) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
    // A shorter tag would be easier to guess.
    if parts.tag.len() != GCM_TAG {
        return Err(CryptoError::Open);
    }
    let nonce = aead::Nonce::try_assume_unique_for_key(parts.iv).map_err(|_| CryptoError::Open)?;
    let mut plain = Zeroizing::new([parts.ciphertext, parts.tag].concat());
    let key = gcm(algorithm, key)?;
    let opened = key.open_in_place(nonce, aead::Aad::from(parts.aad), &mut plain).map_err(|_| CryptoError::Open)?;
    let length = opened.len();
    plain.truncate(length);
    Ok(plain)
}

/// AES in CBC mode, and then an HMAC over all of it (RFC 7518 section 5.2.2).
struct Cbc<'a> {
    mac: hmac::Key,
    cipher: &'static aws_lc_rs::cipher::Algorithm,
    key: &'a [u8],
}

impl<'a> Cbc<'a> {
    fn of(enc: ContentEncryption, key: &'a [u8]) -> Result<Self, CryptoError> {
        if key.len() != enc.key_len() {
            return Err(CryptoError::KeyRejected);
        }
        let (mac, key) = key.split_at_checked(key.len() / 2).ok_or(CryptoError::KeyRejected)?;
        let (hash, cipher) = match enc {
            ContentEncryption::A256CbcHs512 => (hmac::HMAC_SHA512, &AES_256),
            _ => (hmac::HMAC_SHA256, &AES_128),
        };
        Ok(Self { mac: hmac::Key::new(hash, mac), cipher, key })
    }

    fn unbound(&self) -> Result<UnboundCipherKey, CryptoError> {
        UnboundCipherKey::new(self.cipher, self.key).map_err(|_| CryptoError::KeyRejected)
    }

    /// Over header, vector, ciphertext and the header's length in bits; its first half.
    fn tag(&self, aad: &[u8], iv: &[u8], ciphertext: &[u8]) -> Vec<u8> {
        let bits = u64::try_from(aad.len()).unwrap_or(u64::MAX).saturating_mul(8);
        let mut context = hmac::Context::with_key(&self.mac);
        for part in [aad, iv, ciphertext, &bits.to_be_bytes()] {
            context.update(part);
        }
        let tag = context.sign();
        let tag = tag.as_ref();
        tag.get(..tag.len() / 2).unwrap_or_default().to_vec()
    }

    fn seal(&self, aad: &[u8], plain: &[u8]) -> Result<Sealed, CryptoError> {
        let failed = |_| CryptoError::Seal;
        let iv = random_bytes::<16>();
        let mut ciphertext = plain.to_vec();
        let key = PaddedBlockEncryptingKey::cbc_pkcs7(self.unbound()?).map_err(failed)?;
        let context = EncryptionContext::Iv128(FixedLength::from(iv));
        key.less_safe_encrypt(&mut ciphertext, context).map_err(failed)?;
        let tag = self.tag(aad, &iv, &ciphertext);
        Ok(Sealed { iv: iv.to_vec(), ciphertext, tag })
    }

    /// The tag is checked before anything is decrypted, so that the padding tells nothing.
    fn open(&self, parts: Parts<'_>) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        let failed = |_| CryptoError::Open;
        let iv: [u8; 16] = parts.iv.try_into().map_err(|_| CryptoError::Open)?;
        let tag = self.tag(parts.aad, parts.iv, parts.ciphertext);
        if !bool::from(tag.ct_eq(parts.tag)) {
            return Err(CryptoError::Open);
        }
        let mut plain = Zeroizing::new(parts.ciphertext.to_vec());
        let key = PaddedBlockDecryptingKey::cbc_pkcs7(self.unbound()?).map_err(failed)?;
        let context = DecryptionContext::Iv128(FixedLength::from(iv));
        let length = key.decrypt(&mut plain, context).map_err(failed)?.len();
        plain.truncate(length);
        Ok(plain)
    }
}
