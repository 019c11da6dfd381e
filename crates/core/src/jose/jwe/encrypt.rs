//! A token that one client can read (RFC 7516 section 5.1).

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use aws_lc_rs::key_wrap::{AES_256, AesKek, KeyWrap};
use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepAlgorithm};
use serde::Serialize;
use zeroize::Zeroizing;

use super::super::{Jwk, base64url};
use super::agree::{self, Info};
use super::content;
use super::public::Public;
use super::{ContentEncryption, EncryptingKey, KeyManagement};
use crate::crypto::CryptoError;
use crate::crypto::entropy::random_bytes;

/// What is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inside {
    /// A signed token, which the header says (`cty`, RFC 7519 section 5.2).
    Jwt,
    /// Claims as they are.
    Claims,
}

/// In the order in which people look for them.
#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    enc: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cty: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    epk: Option<&'a Jwk>,
}

/// The content's key: as it is, and as the recipient gets it.
struct Key {
    plain: Zeroizing<Vec<u8>>,
    encrypted: Vec<u8>,
    epk: Option<Jwk>,
}

/// Encrypts `plain` to a key that [serves](EncryptingKey::serves) `alg`; the compact serialisation.
///
/// # Errors
/// The key is for something else, or the library fails.
pub fn encrypt(
    key: &EncryptingKey,
    alg: KeyManagement,
    enc: ContentEncryption,
    inside: Inside,
    plain: &[u8],
) -> Result<String, CryptoError> {
    if !key.serves(alg) {
        return Err(CryptoError::KeyRejected);
    }
    let cek = match &key.public {
        Public::Rsa(public) => {
            let plain = random_key(enc);
            let mut encrypted = vec![0; public.ciphertext_size()];
            let length = public.encrypt(oaep(alg), &plain, &mut encrypted, None).map_err(|_| CryptoError::Seal)?.len();
            encrypted.truncate(length);
            Key { plain, encrypted, epk: None }
        }
        Public::Point(point) => agreed(alg, enc, point)?,
    };
    let cty = (inside == Inside::Jwt).then_some("JWT");
    let header = Header { alg: alg.name(), enc: enc.name(), kid: key.kid(), cty, epk: cek.epk.as_ref() };
    let header = base64url(&serde_json::to_vec(&header).map_err(|_| CryptoError::Seal)?);
    let sealed = content::seal(enc, &cek.plain, header.as_bytes(), plain)?;
    let parts = [cek.encrypted, sealed.iv, sealed.ciphertext, sealed.tag].map(|part| base64url(&part));
    Ok(format!("{header}.{}", parts.join(".")))
}

/// RSAES-OAEP as an algorithm has it.
pub(super) const fn oaep(alg: KeyManagement) -> &'static OaepAlgorithm {
    match alg {
        KeyManagement::RsaOaep => &OAEP_SHA1_MGF1SHA1,
        _ => &OAEP_SHA256_MGF1SHA256,
    }
}

/// A new key for content.
pub(super) fn random_key(enc: ContentEncryption) -> Zeroizing<Vec<u8>> {
    let bytes = Zeroizing::new(random_bytes::<64>());
    Zeroizing::new(bytes.get(..enc.key_len()).unwrap_or_default().to_vec())
}

/// A key that is agreed on with the owner of `point`, or wrapped under one.
fn agreed(alg: KeyManagement, enc: ContentEncryption, point: &[u8]) -> Result<Key, CryptoError> {
    let failed = |_| CryptoError::Seal;
    let ephemeral = PrivateKey::generate(&ECDH_P256).map_err(|_| CryptoError::Generate)?;
    let public = ephemeral.compute_public_key().map_err(failed)?;
    let epk = Some(Jwk::from_p256_point(public.as_ref()).ok_or(CryptoError::Seal)?);
    let agreed = agree::derive(&ephemeral, point, Info { alg, enc, apu: &[], apv: &[] })?;
    if alg == KeyManagement::EcdhEs {
        return Ok(Key { plain: agreed, encrypted: Vec::new(), epk });
    }
    let plain = random_key(enc);
    let mut encrypted = vec![0; plain.len() + 8];
    AesKek::new(&AES_256, &agreed).and_then(|kek| kek.wrap(&plain, &mut encrypted).map(drop)).map_err(failed)?;
    Ok(Key { plain, encrypted, epk })
}
