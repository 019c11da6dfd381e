//! What is encrypted is read again, by its reader alone; and each thing that can be wrong with a token.

use super::super::*;
use crate::jose::{JwkError, JwtError, base64url, from_base64url};
use serde_json::{Value, json};
use std::sync::{Arc, LazyLock};

static KEYS: LazyLock<[Arc<DecryptingKey>; 4]> = LazyLock::new(|| KeyManagement::ALL.map(new_key));

fn new_key(alg: KeyManagement) -> Arc<DecryptingKey> {
    let der = DecryptingKey::generate(alg).unwrap();
    Arc::new(DecryptingKey::from_pkcs8(alg, None, der.expose()).unwrap())
}

fn sealed(key: &DecryptingKey, enc: ContentEncryption) -> String {
    let public = EncryptingKey::from_jwk(key.public_jwk()).unwrap();
    encrypt(&public, key.alg(), enc, Inside::Jwt, b"a.b.c").unwrap()
}

/// The same token with another header, which nothing in it fits to.
fn with_header(change: impl Fn(&mut Value)) -> String {
    let token = sealed(&KEYS[2], ContentEncryption::A128Gcm);
    let (header, rest) = token.split_once('.').unwrap();
    let mut header: Value = serde_json::from_slice(&from_base64url(header).unwrap()).unwrap();
    change(&mut header);
    format!("{}.{rest}", base64url(header.to_string().as_bytes()))
}

#[test]
fn each_pair_of_algorithms_reads_what_it_wrote() {
    for key in KEYS.iter() {
        for enc in ContentEncryption::ALL {
            let token = sealed(key, enc);
            assert!(is_encrypted(&token));
            let read = decrypt(&token, KEYS.as_slice()).unwrap();
            assert_eq!((read.content.as_slice(), read.kid.as_str()), (b"a.b.c".as_slice(), key.kid()));
            assert_ne!(sealed(key, enc), token, "a key and a vector of its own each time");
        }
    }
}

#[test]
fn another_key_reads_nothing() {
    let token = sealed(&KEYS[2], ContentEncryption::A128Gcm);
    let other = new_key(KeyManagement::EcdhEs);
    assert_eq!(decrypt(&token, std::slice::from_ref(&other)).unwrap_err(), JweError::KeyUnknown);
    assert_eq!(decrypt(&token, &[]).unwrap_err(), JweError::KeyUnknown);
    let unnamed = with_header(|header| drop(header.as_object_mut().unwrap().remove("kid")));
    assert_eq!(decrypt(&unnamed, &[other]).unwrap_err(), JweError::Open);
    let der = DecryptingKey::generate(KeyManagement::RsaOaep).unwrap();
    let wrong = DecryptingKey::from_pkcs8(KeyManagement::RsaOaep, Some(KEYS[2].kid()), der.expose()).unwrap();
    assert_eq!(decrypt(&token, &[Arc::new(wrong)]).unwrap_err(), JweError::AlgorithmMismatch);
}

#[test]
fn one_changed_letter_is_noticed() {
    for (key, enc) in KEYS.iter().zip(ContentEncryption::ALL) {
        let token = sealed(key, enc);
        for at in (0..token.len()).step_by(3) {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            assert!(decrypt(&String::from_utf8(changed).unwrap(), KEYS.as_slice()).is_err(), "{enc}: letter {at}");
        }
    }
}

/// Nobody is told whether it was the key or the content (RFC 7516 section 11.5).
#[test]
fn a_key_that_does_not_open_and_content_that_does_not_are_alike() {
    for key in KEYS.iter() {
        let token = sealed(key, ContentEncryption::A256Gcm);
        let parts: Vec<_> = token.split('.').collect();
        let changed = |at: usize| {
            let mut parts = parts.clone();
            let bytes: Vec<u8> = from_base64url(parts[at]).unwrap().iter().map(|byte| byte ^ 0x55).collect();
            let bytes = base64url(&bytes);
            parts[at] = &bytes;
            parts.join(".")
        };
        for at in [1, 2, 3, 4].into_iter().filter(|at| !parts[*at].is_empty()) {
            assert_eq!(decrypt(&changed(at), KEYS.as_slice()).unwrap_err(), JweError::Open, "{}: {at}", key.alg());
        }
    }
}

#[test]
fn what_a_header_may_not_say() {
    let malformed = JweError::Header(JwtError::HeaderMalformed);
    for (name, value, expected) in [
        ("alg", json!("dir"), JweError::AlgorithmUnknown),
        ("alg", json!("RSA1_5"), JweError::AlgorithmUnknown),
        ("alg", json!("ecdh-es"), JweError::AlgorithmUnknown),
        ("alg", json!("ECDH-ES+A256KW"), JweError::AlgorithmMismatch),
        ("enc", json!("A192GCM"), JweError::EncryptionUnknown),
        ("enc", json!("none"), JweError::EncryptionUnknown),
        ("zip", json!("DEF"), JweError::Compressed),
        ("cty", json!("text/plain"), JweError::ContentType),
        ("crit", json!(["exp"]), JweError::Header(JwtError::Critical)),
        ("kid", json!("another"), JweError::KeyUnknown),
        ("apu", json!("="), malformed),
        ("epk", json!({"kty": "EC", "crv": "P-384", "x": "AA", "y": "AA"}), malformed),
        ("epk", json!({"kty": "EC", "crv": "P-256", "x": base64url(&[1; 32]), "y": base64url(&[1; 32])}), malformed),
        ("epk", json!({"kty": "oct", "k": "AA"}), malformed),
        ("epk", Value::Null, malformed),
    ] {
        let token = with_header(|header| header[name] = value.clone());
        assert_eq!(decrypt(&token, KEYS.as_slice()).unwrap_err(), expected, "{name}: {value}");
    }
    assert_eq!(
        decrypt(&with_header(|header| header["apu"] = json!("AA")), KEYS.as_slice()).unwrap_err(),
        JweError::Open
    );
}

#[test]
fn the_form_is_checked_first() {
    let token = sealed(&KEYS[2], ContentEncryption::A128Gcm);
    let (four, _) = token.rsplit_once('.').unwrap();
    for bad in ["", "a.b.c", four, &format!("{token}.")] {
        assert!(!is_encrypted(bad));
        assert_eq!(decrypt(bad, KEYS.as_slice()).unwrap_err(), JweError::NotFiveParts, "{bad}");
    }
    assert_eq!(decrypt(&"a".repeat(MAX_ENCRYPTED_LEN + 1), &[]).unwrap_err(), JweError::TooLong);
    assert_eq!(decrypt(&format!("{four}.="), KEYS.as_slice()).unwrap_err(), JweError::Encoding);
}

#[test]
fn a_key_serves_its_algorithm_alone() {
    for key in KEYS.iter() {
        let public = EncryptingKey::from_jwk(key.public_jwk()).unwrap();
        for alg in KeyManagement::ALL {
            let refused = encrypt(&public, alg, ContentEncryption::A128Gcm, Inside::Claims, b"{}").is_err();
            assert_eq!(refused, alg != key.alg(), "{alg} to {}", key.alg());
        }
    }
    let mut signing = KEYS[2].public_jwk().clone();
    signing.use_ = Some("sig".to_owned());
    assert_eq!(EncryptingKey::from_jwk(&signing).map(drop), Err(JwkError::NotForEncryption));
    assert!(format!("{:?}", KEYS[0]).ends_with(", ***)"));
}
