//! RFC 7517 appendix A to C: key sets.

use crate::jose::jwe::{DecryptingKey, EncryptingKeys, Inside, JweError, KeyManagement, decrypt, encrypt};
use crate::jose::*;
use serde_json::{Value, json};
use std::sync::Arc;

use super::der;

fn data(name: &str) -> Value {
    let all: Value = serde_json::from_str(include_str!("rfc7517.json")).unwrap();
    all[name].clone()
}

#[test]
fn a1_public_keys_are_each_taken_for_what_they_are_for() {
    let set: JwkSet = serde_json::from_value(data("A1")).unwrap();
    assert_eq!(set.keys.len(), 2);
    let verifying = VerifyingKeys::from_set(&set).unwrap();
    assert_eq!((verifying.len(), verifying.knows("2011-04-29"), verifying.knows("1")), (1, true, false));
    let encrypting = EncryptingKeys::from_set(&set);
    assert_eq!(encrypting.len(), 1, "the other one names RS256");
    assert_eq!(encrypting.find(KeyManagement::EcdhEs).and_then(|key| key.kid()), Some("1"));
    assert!(encrypting.find(KeyManagement::RsaOaep).is_none());
    assert_eq!(serde_json::to_value(&set).unwrap(), data("A1"), "and written as it was read");
}

#[test]
fn a2_private_keys_are_refused() {
    for key in data("A2")["keys"].as_array().unwrap() {
        for value in [json!({"keys": [key]}), json!({"keys": [data("A1")["keys"][1], key]})] {
            let error = serde_json::from_value::<JwkSet>(value).unwrap_err();
            assert!(error.to_string().contains("private key"), "{error}");
        }
    }
}

#[test]
fn a3_symmetric_keys_are_refused() {
    for key in data("A3")["keys"].as_array().unwrap() {
        let error = serde_json::from_value::<JwkSet>(json!({"keys": [key]})).unwrap_err();
        assert!(error.to_string().contains("private key"), "{error}");
    }
}

/// The certificate beside the key is not asked: whoever publishes the set says which key is meant.
#[test]
fn b_a_key_with_its_certificate_verifies() {
    let key: Jwk = serde_json::from_value(data("B")).unwrap();
    assert_eq!(VerifyingKey::from_jwk(&key).unwrap().kid(), Some("1b94c"));
    assert!(serde_json::to_value(&key).unwrap().get("x5c").is_none());
}

#[test]
fn c1_the_key_reads_what_is_encrypted_to_it() {
    let alg = KeyManagement::RsaOaep256;
    let private = DecryptingKey::from_pkcs8(alg, Some("juliet@capulet.lit"), &der::of_jwk(&data("C1"))).unwrap();
    let keys = EncryptingKeys::from_set(&JwkSet { keys: vec![der::public(&data("C1"))] });
    let token = encrypt(keys.find(alg).unwrap(), alg, jwe::ContentEncryption::A256Gcm, Inside::Jwt, b"a").unwrap();
    let read = decrypt(&token, &[Arc::new(private)]).unwrap();
    assert_eq!((read.content.as_slice(), read.kid.as_str()), (b"a".as_slice(), "juliet@capulet.lit"));
}

/// Keys that are encrypted with a password.
#[test]
fn c_pbes2_is_refused() {
    let header = base64url(
        br#"{"alg":"PBES2-HS256+A128KW","p2s":"2WCTcJZ1Rvd_CJuJripQ1w","p2c":4096,"enc":"A128CBC-HS256","cty":"jwk+json"}"#,
    );
    let token = format!("{header}.AA.AA.AA.AA");
    assert_eq!(decrypt(&token, &[]).unwrap_err(), JweError::AlgorithmUnknown);
}
