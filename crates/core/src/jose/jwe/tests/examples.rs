//! RFC 7516 appendix A, RFC 7518 appendices B and C, RFC 7520 section 5.

use super::super::agree::{Info, derive};
use super::super::content::{Parts, open};
use super::super::*;
use crate::jose::from_base64url;
use crate::jose::vectors::der;
use crate::jose::vectors::rfc7520::cookbook;
use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use serde_json::{Value, json};
use std::sync::Arc;

fn rfc7516(example: &str) -> Value {
    let all: Value = serde_json::from_str(include_str!("../../vectors/rfc7516.json")).unwrap();
    all[example].clone()
}

/// A private key of an example, with its name.
fn key(alg: KeyManagement, jwk: &Value) -> Arc<DecryptingKey> {
    Arc::new(DecryptingKey::from_pkcs8(alg, jwk["kid"].as_str(), &der::of_jwk(jwk)).unwrap())
}

/// The example decrypts to its text, and with a letter changed to nothing.
fn decrypts(alg: KeyManagement, example: &Value) {
    let keys = [key(alg, &example["key"])];
    let token = example["compact"].as_str().unwrap();
    let read = decrypt(token, &keys).unwrap();
    assert_eq!(std::str::from_utf8(&read.content).unwrap(), example["plaintext"]);
    for at in (0..token.len()).step_by(29) {
        let mut changed = token.as_bytes().to_vec();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        assert!(decrypt(std::str::from_utf8(&changed).unwrap(), &keys).is_err(), "letter {at}");
    }
}

fn refused(example: &Value) -> JweError {
    decrypt(example["compact"].as_str().unwrap(), &[]).unwrap_err()
}

#[test]
fn rfc7516_a1_rsa_oaep_with_a256gcm() {
    decrypts(KeyManagement::RsaOaep, &rfc7516("A1"));
}

#[test]
fn rfc7516_a2_and_a3_rsa1_5_and_a128kw_are_refused() {
    for example in ["A2", "A3"] {
        assert_eq!(refused(&rfc7516(example)), JweError::AlgorithmUnknown, "{example}");
    }
}

#[test]
fn rfc7516_a4_and_a5_the_json_forms_are_refused() {
    for example in ["A4", "A5"] {
        let token = rfc7516(example);
        let token = token["json"].as_str().unwrap();
        assert!(!is_encrypted(token));
        assert_eq!(decrypt(token, &[]).unwrap_err(), JweError::NotFiveParts, "{example}");
    }
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

#[test]
fn rfc7518_b1_and_b3_aes_cbc_with_hmac() {
    let plain = "A cipher system must not be required to be secret, and it must be able to fall into the hands of the enemy \
        without inconvenience";
    for (enc, ciphertext, tag) in [
        (
            ContentEncryption::A128CbcHs256,
            "c80edfa32ddf39d5ef00c0b468834279a2e46a1b8049f792f76bfe54b903a9c9a94ac9b47ad2655c5f10f9aef71427e2fc6f9b3f399a2214\
             89f16362c703233609d45ac69864e3321cf82935ac4096c86e133314c54019e8ca7980dfa4b9cf1b384c486f3a54c51078158ee5d79de59f\
             bd34d848b3d69550a67646344427ade54b8851ffb598f7f80074b9473c82e2db",
            "652c3fa36b0a7c5b3219fab3a30bc1c4",
        ),
        (
            ContentEncryption::A256CbcHs512,
            "4affaaadb78c31c5da4b1b590d10ffbd3dd8d5d302423526912da037ecbcc7bd822c301dd67c373bccb584ad3e9279c2e6d12a1374b77f07\
             7553df829410446b36ebd97066296ae6427ea75c2e0846a11a09ccf5370dc80bfecbad28c73f09b3a3b75e662a2594410ae496b2e2e6609e\
             31e6e02cc837f053d21f37ff4f51950bbe2638d09dd7a4930930806d0703b1f6",
            "4dd3b4c088a7f45c216839645b2012bf2e6269a8c56a816dbc1b267761955bc5",
        ),
    ] {
        let length = u8::try_from(enc.key_len()).unwrap();
        let key: Vec<u8> = (0..length).collect();
        let (iv, ciphertext, tag) = (hex("1af38c2dc2b96ffdd86694092341bc04"), hex(ciphertext), hex(tag));
        let aad = b"The second principle of Auguste Kerckhoffs";
        let opened = open(enc, &key, Parts { iv: &iv, ciphertext: &ciphertext, tag: &tag, aad }).unwrap();
        assert_eq!(std::str::from_utf8(&opened).unwrap(), plain, "{enc}");
        let cut = Parts { iv: &iv, ciphertext: &ciphertext, tag: &tag[..tag.len() - 1], aad };
        assert!(open(enc, &key, cut).is_err(), "{enc}: a tag that was cut");
    }
}

#[test]
fn rfc7518_c_the_key_that_alice_and_bob_agree_on() {
    let alice = json!({"kty": "EC", "crv": "P-256", "x": "gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0",
        "y": "SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps", "d": "0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo"});
    let bob = json!({"kty": "EC", "crv": "P-256", "x": "weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ",
        "y": "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck", "d": "VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw"});
    let info = Info { alg: KeyManagement::EcdhEs, enc: ContentEncryption::A128Gcm, apu: b"Alice", apv: b"Bob" };
    for (private, public) in [(&alice, &bob), (&bob, &alice)] {
        let private = PrivateKey::from_private_key_der(&ECDH_P256, &der::of_jwk(private)).unwrap();
        let point = super::super::public::point(&der::public(public)).unwrap();
        let key = derive(&private, &point, info).unwrap();
        assert_eq!(key.as_slice(), from_base64url("VqqN6vgjbSBcIijNcacQGg").unwrap());
    }
}

#[test]
fn rfc7520_5_2_rsa_oaep_with_a256gcm() {
    decrypts(KeyManagement::RsaOaep, &cookbook("encrypted", "5.2"));
}

#[test]
fn rfc7520_5_5_ecdh_es_with_a128cbc_hs256() {
    decrypts(KeyManagement::EcdhEs, &cookbook("encrypted", "5.5"));
}

/// `RSA1_5`, a password, ECDH-ES on P-384 with A128KW, shared keys, and compression.
#[test]
fn rfc7520_5_what_is_not_supported_is_refused() {
    for section in ["5.1", "5.3", "5.4", "5.6", "5.7", "5.8", "5.9"] {
        assert_eq!(refused(&cookbook("encrypted", section)), JweError::AlgorithmUnknown, "{section}");
    }
    let p384 = der::public(&cookbook("encrypted", "5.4")["key"]);
    assert_eq!(EncryptingKey::from_jwk(&p384).map(drop), Err(crate::jose::JwkError::Unsupported));
    for section in ["5.10", "5.11", "5.12", "5.13"] {
        let token = cookbook("encrypted", section)["json"].to_string();
        assert!(token.contains("ciphertext"), "{section}");
        assert!(decrypt(&token, &[]).is_err(), "{section}");
    }
}
