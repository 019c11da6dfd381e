//! The examples of RFC 9449, and everything that a proof can get wrong.

use super::*;
use crate::jose::{Jwk, SigningKey};
use serde_json::{Value, json};

const NOW: i64 = 1_800_000_000_000;
const URL: &str = "https://server.example.com/token";

/// RFC 9449 4.1 (figure 2) and 7.1 (figure 12).
const AT_TOKEN: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";
const AT_RESOURCE: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA";
/// RFC 9449 6.1: the thumbprint of the key of both.
const THUMBPRINT: &str = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
/// RFC 9449 7.1: the access token of the second.
const TOKEN: &str = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";

fn key() -> SigningKey {
    let algorithm = Algorithm::Es256;
    SigningKey::from_pkcs8(algorithm, None, SigningKey::generate(algorithm).unwrap().expose()).unwrap()
}

fn public(key: &SigningKey) -> Value {
    let Jwk { kty, crv, x, y, n, e, .. } = key.public_jwk().clone();
    let all = json!({ "kty": kty, "crv": crv, "x": x, "y": y, "n": n, "e": e });
    Value::Object(all.as_object().unwrap().clone().into_iter().filter(|(_, value)| !value.is_null()).collect())
}

fn sign(key: &SigningKey, header: &Value, claims: &Value) -> String {
    key.sign_with_header(&header.to_string(), claims.to_string().as_bytes()).unwrap()
}

fn header(key: &SigningKey) -> Value {
    json!({ "typ": "dpop+jwt", "alg": key.alg().name(), "jwk": public(key) })
}

fn claims() -> Value {
    json!({ "jti": "a", "htm": "POST", "htu": URL, "iat": NOW / 1000 })
}

fn with(mut object: Value, name: &str, value: Value) -> Value {
    if value.is_null() {
        object.as_object_mut().unwrap().remove(name);
    } else {
        object[name] = value;
    }
    object
}

fn expected<'a>() -> Expected<'a, fn(&str) -> bool> {
    Expected {
        method: "POST",
        path: "/token",
        origins: &["https://server.example.com"],
        token: None,
        nonces: Nonces::Off,
        is_nonce: |nonce| nonce == "ours",
        now: NOW,
    }
}

fn check(claims: &Value, expected: &Expected<'_, fn(&str) -> bool>) -> Result<(), ProofError> {
    let key = key();
    Proof::open(&sign(&key, &header(&key), claims), &Algorithm::ALL)?.check(expected)
}

#[test]
fn the_examples_of_the_standard_hold() {
    let proof = Proof::open(AT_TOKEN, &Algorithm::ALL).unwrap();
    assert_eq!(proof.key.to_string(), THUMBPRINT);
    let at = |seconds: i64| Expected { now: seconds * 1000, ..expected() };
    assert_eq!(proof.check(&at(1_562_262_616)), Ok(()));
    assert_eq!(proof.check(&expected()), Err(ProofError::Old));

    let proof = Proof::open(AT_RESOURCE, &[Algorithm::Es256]).unwrap();
    assert_eq!(proof.key.to_string(), THUMBPRINT);
    let at_resource = Expected {
        method: "GET",
        path: "/protectedresource",
        origins: &["https://resource.example.org"],
        token: Some(TOKEN),
        ..at(1_562_262_618)
    };
    assert_eq!(proof.check(&at_resource), Ok(()));
    assert_eq!(proof.check(&Expected { token: Some("another"), ..at_resource }), Err(ProofError::TokenHash));
}

#[test]
fn every_algorithm_that_is_allowed_signs_and_no_other() {
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa] {
        let key = SigningKey::from_pkcs8(algorithm, None, SigningKey::generate(algorithm).unwrap().expose()).unwrap();
        let text = sign(&key, &header(&key), &claims());
        let proof = Proof::open(&text, &[algorithm]).unwrap();
        assert_eq!(proof.key, Thumbprint::of(key.public_jwk()));
        let others: Vec<_> = Algorithm::ALL.into_iter().filter(|other| *other != algorithm).collect();
        assert_eq!(Proof::open(&text, &others), Err(ProofError::Token(JwtError::AlgorithmUnknown)));
    }
}

#[test]
fn a_proof_is_a_signed_jwt_with_its_public_key() {
    let (key, other) = (key(), key_of_somebody());
    let good = header(&key);
    for (name, value, why) in [
        ("typ", Value::Null, JwtError::TypWrong),
        ("typ", "JWT".into(), JwtError::TypWrong),
        ("typ", "at+jwt".into(), JwtError::TypWrong),
        ("alg", Value::Null, JwtError::HeaderMalformed),
        ("alg", "none".into(), JwtError::AlgorithmNone),
        ("alg", "HS256".into(), JwtError::AlgorithmUnknown),
        ("alg", "EdDSA".into(), JwtError::AlgorithmMismatch),
        ("jwk", Value::Null, JwtError::KeyNotUsable),
        ("jwk", "text".into(), JwtError::KeyNotUsable),
        ("jwk", json!({ "kty": "oct", "k": "c2VjcmV0" }), JwtError::KeyNotUsable),
        ("jwk", with(public(&key), "d", "AAAA".into()), JwtError::KeyNotUsable),
        ("jwk", with(public(&key), "crv", "P-384".into()), JwtError::KeyNotUsable),
        ("jwk", with(public(&key), "use", "enc".into()), JwtError::KeyNotUsable),
        ("jwk", public(&other), JwtError::SignatureWrong),
        ("crit", json!(["b64"]), JwtError::Critical),
    ] {
        let text = sign(&key, &with(good.clone(), name, value.clone()), &claims());
        assert_eq!(Proof::open(&text, &Algorithm::ALL), Err(ProofError::Token(why)), "{name} {value}");
    }
    let text = sign(&key, &with(good, "x-more", json!([1])), &with(claims(), "more", json!({ "a": 1 })));
    assert!(Proof::open(&text, &Algorithm::ALL).is_ok(), "what is not known is ignored");
    for text in ["", "a.b", "a.b.c.d", "....", "a b", &text[1..], &format!("{text}A")] {
        assert!(matches!(Proof::open(text, &Algorithm::ALL), Err(ProofError::Token(_))), "{text}");
    }
}

fn key_of_somebody() -> SigningKey {
    key()
}

#[test]
fn every_claim_is_needed_and_of_its_type() {
    for (name, value, why) in [
        ("jti", Value::Null, ProofError::Claims),
        ("jti", 1.into(), ProofError::Claims),
        ("jti", "".into(), ProofError::Id),
        ("jti", "a".repeat(513).into(), ProofError::Id),
        ("htm", Value::Null, ProofError::Claims),
        ("htm", "GET".into(), ProofError::Method),
        ("htm", "post".into(), ProofError::Method),
        ("htu", Value::Null, ProofError::Claims),
        ("htu", "https://server.example.com/other".into(), ProofError::Uri),
        ("htu", "/token".into(), ProofError::Uri),
        ("iat", Value::Null, ProofError::Claims),
        ("iat", "now".into(), ProofError::Claims),
        ("iat", (NOW / 1000 - 61).into(), ProofError::Old),
        ("iat", (NOW / 1000 - 3600).into(), ProofError::Old),
        ("iat", (NOW / 1000 + 31).into(), ProofError::Early),
        ("iat", (NOW / 1000 + 3600).into(), ProofError::Early),
        ("exp", (NOW / 1000).into(), ProofError::Old),
        ("nbf", (NOW / 1000 + 61).into(), ProofError::Early),
        ("nonce", "another's".into(), ProofError::Nonce),
    ] {
        assert_eq!(check(&with(claims(), name, value.clone()), &expected()), Err(why), "{name} {value}");
    }
    let key = key();
    let twice = format!(r#"{{"jti":"a","jti":"b","htm":"POST","htu":"{URL}","iat":1}}"#);
    let text = key.sign_with_header(&header(&key).to_string(), twice.as_bytes()).unwrap();
    assert_eq!(Proof::open(&text, &Algorithm::ALL), Err(ProofError::Claims));
    for (name, value) in [
        ("iat", json!(NOW / 1000 - 60)),
        ("iat", json!(NOW / 1000 + 30)),
        ("iat", json!(1_800_000_000.5)),
        ("nbf", json!(NOW / 1000)),
        ("exp", json!(NOW / 1000 + 300)),
        ("htu", json!("HTTPS://SERVER.example.com:443/token?a#b")),
        ("nonce", json!("ours")),
    ] {
        assert_eq!(check(&with(claims(), name, value.clone()), &expected()), Ok(()), "{name} {value}");
    }
}

#[test]
fn with_a_nonce_the_clock_of_the_client_does_not_count() {
    let wanted = Expected { nonces: Nonces::Required, ..expected() };
    assert_eq!(check(&claims(), &wanted), Err(ProofError::Nonce));
    for away in [-3600, 0, 3600] {
        let proof = with(with(claims(), "nonce", "ours".into()), "iat", (NOW / 1000 + away).into());
        assert_eq!(check(&proof, &wanted), Ok(()), "{away}");
    }
    let over = with(with(claims(), "nonce", "ours".into()), "exp", (NOW / 1000 - 1).into());
    assert_eq!(check(&over, &wanted), Err(ProofError::Old));
}

#[test]
fn a_proof_is_known_by_its_key_and_its_name() {
    let (one, other) = (key(), key_of_somebody());
    let digest = |key: &SigningKey, jti: &str| {
        let text = sign(key, &header(key), &with(claims(), "jti", jti.into()));
        Proof::open(&text, &Algorithm::ALL).unwrap().digest()
    };
    assert_eq!(digest(&one, "a"), digest(&one, "a"));
    assert_ne!(digest(&one, "a"), digest(&one, "b"));
    assert_ne!(digest(&one, "a"), digest(&other, "a"));
}
