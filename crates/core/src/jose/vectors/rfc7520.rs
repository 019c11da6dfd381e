//! RFC 7520: the cookbook, but for what is encrypted. Each algorithm that is not supported is refused by name.

use super::der;
use crate::jose::jwe::{DecryptingKey, KeyManagement, decrypt};
use crate::jose::*;
use serde_json::Value;
use std::sync::Arc;

/// The file has a table for each part of the cookbook.
pub(in crate::jose) fn cookbook(part: &str, section: &str) -> Value {
    let all: Value = serde_json::from_str(include_str!("rfc7520.json")).unwrap();
    all[part][section].clone()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[test]
fn section_3_only_the_public_rsa_key_is_taken() {
    let read = |section| serde_json::from_value::<Jwk>(cookbook("keys", section));
    assert_eq!(VerifyingKey::from_jwk(&read("3.1").unwrap()).map(drop), Err(JwkError::Unsupported), "P-521");
    let rsa = VerifyingKey::from_jwk(&read("3.3").unwrap()).unwrap();
    assert_eq!(rsa.kid(), Some("bilbo.baggins@hobbiton.example"));
    for section in ["3.2", "3.4", "3.5", "3.6"] {
        assert!(read(section).unwrap_err().to_string().contains("private key"), "{section}");
    }
}

/// The content is a text and no claims, which is looked at when the signature was right.
#[test]
fn section_4_1_rs256_is_signed_as_there() {
    let example = cookbook("signed", "4.1");
    let key = SigningKey::from_pkcs8(Algorithm::Rs256, None, &der::of_jwk(&example["key"])).unwrap();
    let header = r#"{"alg":"RS256","kid":"bilbo.baggins@hobbiton.example"}"#;
    let token = key.sign_with_header(header, text(&example["payload"]).as_bytes()).unwrap();
    assert_eq!(token, text(&example["compact"]));
    let mut keys = VerifyingKeys::default();
    keys.add(VerifyingKey::from_jwk(&der::public(&example["key"])).unwrap()).unwrap();
    assert_eq!(verify_jwt(&token, &keys, None), Err(JwtError::ClaimsMalformed));
    let changed = token.replace(".SXTigJlz", ".SXTigJlx");
    assert_eq!(verify_jwt(&changed, &keys, None), Err(JwtError::SignatureWrong));
}

#[test]
fn section_4_2_and_4_3_ps384_and_es512_are_refused() {
    for section in ["4.2", "4.3"] {
        let example = cookbook("signed", section);
        let refused = verify_jwt(text(&example["compact"]), &VerifyingKeys::default(), None);
        assert_eq!(refused, Err(JwtError::AlgorithmUnknown), "{section}");
    }
}

#[test]
fn section_4_4_hs256_has_the_right_tag() {
    let example = cookbook("signed", "4.4");
    let key = MacKey::of_secret(&from_base64url(text(&example["key"]["k"])).unwrap()).unwrap();
    let token = text(&example["compact"]);
    assert_eq!(verify_hs256(token, std::slice::from_ref(&key)), Err(JwtError::ClaimsMalformed));
    assert_eq!(verify_hs256(&token.replace(".SXTigJlz", ".SXTigJlx"), &[key]), Err(JwtError::SignatureWrong));
}

#[test]
fn section_4_5_to_4_8_detached_content_and_the_json_forms_are_refused() {
    let key = MacKey::of_secret(&from_base64url(text(&cookbook("signed", "4.4")["key"]["k"])).unwrap()).unwrap();
    let detached = cookbook("signed", "4.5");
    assert_eq!(verify_hs256(text(&detached["compact"]), std::slice::from_ref(&key)), Err(JwtError::SignatureWrong));
    for section in ["4.5", "4.6", "4.7", "4.8"] {
        let token = cookbook("signed", section)["json"].to_string();
        assert!(token.contains("signature"), "{section}");
        assert!(verify_hs256(&token, std::slice::from_ref(&key)).is_err(), "{section}");
        assert!(verify_jwt(&token, &VerifyingKeys::default(), None).is_err(), "{section}");
    }
}

/// PS256 inside of RSA-OAEP with A128GCM.
#[test]
fn section_6_a_signed_token_in_an_encrypted_one() {
    let all: Value = serde_json::from_str(include_str!("rfc7520.json")).unwrap();
    let example = &all["nested"];
    let private = DecryptingKey::from_pkcs8(KeyManagement::RsaOaep, None, &der::of_jwk(&example["reader"])).unwrap();
    let read = decrypt(text(&example["compact"]), &[Arc::new(private)]).unwrap();
    assert_eq!(std::str::from_utf8(&read.content).unwrap(), text(&example["signed"]));
    let mut keys = VerifyingKeys::default();
    keys.add(VerifyingKey::from_jwk(&der::public(&example["signer"])).unwrap()).unwrap();
    let decoded = verify_jwt(text(&example["signed"]), &keys, Some(Typ::Jwt)).unwrap();
    assert_eq!(decoded.header.algorithm, Algorithm::Ps256);
    assert_eq!(decoded.claims, text(&example["payload"]).as_bytes());
}
