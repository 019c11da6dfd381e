//! RFC 8037 appendix A: Ed25519, and X25519, which is refused.

use super::der;
use crate::jose::jwe::{EncryptingKey, JweError, decrypt};
use crate::jose::*;
use serde_json::{Value, json};

const MESSAGE: &[u8] = b"Example of Ed25519 signing";
/// A.4.
const TOKEN: &str = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.\
    hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

/// A.1.
fn private() -> Value {
    json!({"kty": "OKP", "crv": "Ed25519", "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})
}

#[test]
fn a1_the_private_key_is_no_public_one_but_signs() {
    assert!(serde_json::from_value::<Jwk>(private()).unwrap_err().to_string().contains("private key"));
    let key = SigningKey::from_pkcs8(Algorithm::EdDsa, None, &der::of_jwk(&private())).unwrap();
    assert_eq!(key.public_jwk().x.as_deref(), private()["x"].as_str(), "its public half is that of A.2");
}

#[test]
fn a2_and_a3_the_public_key_and_its_thumbprint() {
    let key = der::public(&private());
    let mut canonical = serde_json::to_value(&key).unwrap();
    canonical.sort_all_objects();
    let text = r#"{"crv":"Ed25519","kty":"OKP","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    assert_eq!(canonical.to_string(), text);
    assert_eq!(key.thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

#[test]
fn a4_it_is_signed_as_there() {
    let key = SigningKey::from_pkcs8(Algorithm::EdDsa, None, &der::of_jwk(&private())).unwrap();
    assert_eq!(key.sign_with_header(r#"{"alg":"EdDSA"}"#, MESSAGE).unwrap(), TOKEN);
}

#[test]
fn a5_it_verifies_as_it_is_and_not_otherwise() {
    let key = VerifyingKey::from_jwk(&der::public(&private())).unwrap();
    let (message, signature) = TOKEN.rsplit_once('.').unwrap();
    let signature = from_base64url(signature).unwrap();
    assert_eq!(key.verify(Algorithm::EdDsa, message.as_bytes(), &signature), Ok(()));
    for at in 0..signature.len() {
        let mut changed = signature.clone();
        changed[at] ^= 1;
        let refused = key.verify(Algorithm::EdDsa, message.as_bytes(), &changed);
        assert_eq!(refused, Err(JwtError::SignatureWrong), "octet {at}");
    }
    assert_eq!(key.verify(Algorithm::EdDsa, MESSAGE, &signature), Err(JwtError::SignatureWrong));
    assert_eq!(key.verify(Algorithm::Es256, message.as_bytes(), &signature), Err(JwtError::AlgorithmMismatch));
}

#[test]
fn a6_x25519_is_refused() {
    let bob = json!({"kty": "OKP", "crv": "X25519", "kid": "Bob", "x": "3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08"});
    let jwk: Jwk = serde_json::from_value(bob).unwrap();
    assert_eq!(EncryptingKey::from_jwk(&jwk).map(drop), Err(JwkError::Unsupported));
    assert_eq!(VerifyingKey::from_jwk(&jwk).map(drop), Err(JwkError::Unsupported));
    let epk = json!({"kty": "OKP", "crv": "X25519", "x": "hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo"});
    let token = |alg| {
        let header = json!({"alg": alg, "epk": epk, "enc": "A128GCM", "kid": "Bob"});
        format!("{}.AA.AA.AA.AA", base64url(header.to_string().as_bytes()))
    };
    assert_eq!(decrypt(&token("ECDH-ES+A128KW"), &[]).unwrap_err(), JweError::AlgorithmUnknown);
    let curve = JweError::Header(JwtError::HeaderMalformed);
    assert_eq!(decrypt(&token("ECDH-ES"), &[]).unwrap_err(), curve, "nor with an algorithm that is supported");
}
