//! RFC 7515 appendix A and E: signed tokens.

use super::der;
use crate::jose::*;
use serde_json::{Value, json};

/// The payload of all of them.
const PAYLOAD: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
const A1_KEY: &str = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
const A1_TAG: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

fn a1() -> String {
    format!("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.{PAYLOAD}.{A1_TAG}")
}

fn key(secret: &[u8]) -> MacKey {
    MacKey::of_secret(secret).unwrap()
}

fn a1_key() -> MacKey {
    key(&from_base64url(A1_KEY).unwrap())
}

/// A token with this header, signed with the secret of A.1.
fn signed(header: &str, claims: &str) -> String {
    let message = format!("{}.{}", base64url(header.as_bytes()), base64url(claims.as_bytes()));
    let tag = crate::crypto::hmac_sha256(&from_base64url(A1_KEY).unwrap(), message.as_bytes());
    format!("{message}.{}", base64url(&tag))
}

#[test]
fn a1_hs256_verifies_with_its_secret_alone() {
    let decoded = verify_hs256(&a1(), &[a1_key()]).unwrap();
    assert_eq!(decoded.typ.as_deref(), Some("JWT"));
    let claims: Value = serde_json::from_slice(&decoded.claims).unwrap();
    assert_eq!(claims, json!({"iss": "joe", "exp": 1_300_819_380, "http://example.com/is_root": true}));
    let other = key(&[7; 32]);
    assert_eq!(verify_hs256(&a1(), std::slice::from_ref(&other)), Err(JwtError::SignatureWrong));
    assert_eq!(verify_hs256(&a1(), &[]), Err(JwtError::SignatureWrong));
    assert!(verify_hs256(&a1(), &[other.clone(), a1_key()]).is_ok(), "while a secret is replaced there are two");
    assert!(verify_hs256(&a1(), &[a1_key(), other]).is_ok());
}

#[test]
fn a1_is_no_token_where_a_public_key_is_asked_for() {
    assert_eq!(verify_jwt(&a1(), &VerifyingKeys::default(), None), Err(JwtError::AlgorithmUnknown));
}

#[test]
fn one_changed_letter_of_a1_is_noticed() {
    let token = a1();
    for at in 0..token.len() {
        let mut changed = token.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        assert!(verify_hs256(&String::from_utf8(changed).unwrap(), &[a1_key()]).is_err(), "letter {at}");
    }
    let (message, _) = token.rsplit_once('.').unwrap();
    for short in ["", &A1_TAG[..42], &format!("{A1_TAG}AA"), &format!("{A1_TAG}=")] {
        assert!(verify_hs256(&format!("{message}.{short}"), &[a1_key()]).is_err(), "{short}");
    }
}

#[test]
fn a_secret_checks_no_other_algorithm() {
    for (header, expected) in [
        (r#"{"alg":"HS512"}"#, JwtError::AlgorithmUnknown),
        (r#"{"alg":"HS384"}"#, JwtError::AlgorithmUnknown),
        (r#"{"alg":"hs256"}"#, JwtError::AlgorithmUnknown),
        (r#"{"alg":"RS256"}"#, JwtError::AlgorithmUnknown),
        (r#"{"alg":"none"}"#, JwtError::AlgorithmNone),
        (r#"{"alg":"NonE"}"#, JwtError::AlgorithmNone),
        (r#"{"typ":"JWT"}"#, JwtError::HeaderMalformed),
        (r#"{"alg":"HS256","alg":"HS256"}"#, JwtError::HeaderDuplicate),
        (r#"{"alg":"HS256","crit":["exp"],"exp":1}"#, JwtError::Critical),
        (r#"{"alg":"HS256","crit":[]}"#, JwtError::Critical),
        (r#"{"alg":"HS256","b64":false}"#, JwtError::Unencoded),
        (r#"{"alg":"HS256","b64":false,"crit":["b64"]}"#, JwtError::Critical),
    ] {
        assert_eq!(verify_hs256(&signed(header, "{}"), &[a1_key()]), Err(expected), "{header}");
    }
    assert!(verify_hs256(&signed(r#"{"alg":"HS256","b64":true}"#, "{}"), &[a1_key()]).is_ok());
    assert_eq!(verify_hs256(&signed(r#"{"alg":"HS256"}"#, "[]"), &[a1_key()]), Err(JwtError::ClaimsMalformed));
    assert_eq!(verify_hs256("a.b", &[a1_key()]), Err(JwtError::NotThreeParts));
    assert_eq!(verify_hs256(&"a".repeat(MAX_TOKEN_LEN + 1), &[a1_key()]), Err(JwtError::TooLong));
}

#[test]
fn a_secret_that_is_too_short_is_no_key() {
    assert_eq!(MacKey::of_secret(&[1; 31]).map(drop), Err(JwkError::ShortSecret));
    assert!(MacKey::of_secret(&[1; 32]).is_ok());
    assert_eq!(format!("{:?}", a1_key()), "MacKey(HmacKey(***))");
}

/// ES512, whose curve is not supported: neither the key nor the name of the algorithm is taken.
#[test]
fn a4_es512_is_refused() {
    let key: Jwk = serde_json::from_value(json!({"kty": "EC", "crv": "P-521",
        "x": "AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4XUQWwceqo6Dh",
        "y": "ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2"}))
    .unwrap();
    assert_eq!(VerifyingKey::from_jwk(&key).map(drop).unwrap_err(), JwkError::Unsupported);
    let token = "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.\
        AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2Y\
        BJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn";
    assert_eq!(verify_jwt(token, &VerifyingKeys::default(), None), Err(JwtError::AlgorithmUnknown));
}

#[test]
fn a5_unsigned_is_refused() {
    let token = format!("eyJhbGciOiJub25lIn0.{PAYLOAD}.");
    assert_eq!(verify_jwt(&token, &VerifyingKeys::default(), None), Err(JwtError::AlgorithmNone));
    assert_eq!(verify_hs256(&token, &[a1_key()]), Err(JwtError::AlgorithmNone));
}

#[test]
fn unencoded_claims_are_refused() {
    let header = base64url(br#"{"alg":"ES256","b64":false}"#);
    let token = format!("{header}.e30.AA");
    assert_eq!(verify_jwt(&token, &VerifyingKeys::default(), None), Err(JwtError::Unencoded));
}

/// The private keys of A.2 and A.3, and what is refused: A.6, A.7, E.
fn data() -> Value {
    serde_json::from_str(include_str!("rfc7515.json")).unwrap()
}

fn payload() -> Vec<u8> {
    from_base64url(PAYLOAD).unwrap()
}

#[test]
fn a2_rs256_is_signed_as_there() {
    let jwk = &data()["A2"];
    let key = SigningKey::from_pkcs8(Algorithm::Rs256, None, &der::of_jwk(jwk)).unwrap();
    let token = key.sign_with_header(r#"{"alg":"RS256"}"#, &payload()).unwrap();
    assert_eq!(
        token,
        format!(
            "eyJhbGciOiJSUzI1NiJ9.{PAYLOAD}.{}",
            "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t\
             1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12j\
             zDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQ\
             Ge77Rw"
        )
    );
    let mut keys = VerifyingKeys::default();
    keys.add(VerifyingKey::from_jwk(&der::public(jwk)).unwrap()).unwrap();
    assert_eq!(verify_jwt(&token, &keys, None).unwrap().claims, payload());
}

/// Its signature is another one each time.
#[test]
fn a3_es256_is_signed_with_the_key_and_verifies() {
    let jwk = &data()["A3"];
    let key = SigningKey::from_pkcs8(Algorithm::Es256, None, &der::of_jwk(jwk)).unwrap();
    assert_eq!(key.public_jwk().x.as_deref(), jwk["x"].as_str());
    let public = VerifyingKey::from_jwk(&der::public(jwk)).unwrap();
    let theirs = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    let ours = key.sign_with_header(r#"{"alg":"ES256"}"#, &payload()).unwrap();
    let (message, ours) = ours.rsplit_once('.').unwrap();
    for signature in [theirs, ours] {
        let signature = from_base64url(signature).unwrap();
        assert_eq!(public.verify(Algorithm::Es256, message.as_bytes(), &signature), Ok(()));
    }
}

/// Only the compact form is a JWT (RFC 7519 section 1).
#[test]
fn a6_and_a7_the_json_forms_are_refused() {
    for form in ["A6", "A7"] {
        let token = &data()[form];
        let token = token.as_str().unwrap();
        assert_eq!(verify_jwt(token, &VerifyingKeys::default(), None), Err(JwtError::NotThreeParts), "{form}");
        assert_eq!(verify_hs256(token, &[a1_key()]), Err(JwtError::NotThreeParts), "{form}");
    }
}

/// `crit` names what nobody knows.
#[test]
fn appendix_e_is_refused() {
    let token = &data()["E"];
    let token = token.as_str().unwrap();
    assert_eq!(verify_jwt(token, &VerifyingKeys::default(), None), Err(JwtError::Critical));
    assert_eq!(verify_hs256(token, &[a1_key()]), Err(JwtError::Critical));
    assert_eq!(unsigned_claims(token), Err(JwtError::Critical), "not even where unsigned ones are taken");
}

/// The content travels elsewhere.
#[test]
fn appendix_f_detached_content_is_refused() {
    let token = a1().replace(PAYLOAD, "");
    assert_eq!(verify_hs256(&token, &[a1_key()]), Err(JwtError::SignatureWrong));
}
