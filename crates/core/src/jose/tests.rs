use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::crypto::CryptoError;

/// The payload of RFC 7515 A.2 and A.3.
const PAYLOAD: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

static KEYS: LazyLock<[SigningKey; 4]> = LazyLock::new(|| Algorithm::ALL.map(new_key));
static SET: LazyLock<VerifyingKeys> = LazyLock::new(|| {
    let keys = KEYS.iter().map(|key| key.public_jwk().clone()).collect();
    VerifyingKeys::from_set(&JwkSet { keys }).unwrap()
});

fn new_key(algorithm: Algorithm) -> SigningKey {
    let der = SigningKey::generate(algorithm).unwrap();
    SigningKey::from_pkcs8(algorithm, None, der.expose()).unwrap()
}

fn es256() -> &'static SigningKey {
    &KEYS[0]
}

fn jwk(value: Value) -> Jwk {
    serde_json::from_value(value).unwrap()
}

fn only(jwk: &Jwk) -> VerifyingKeys {
    let mut keys = VerifyingKeys::default();
    keys.add(VerifyingKey::from_jwk(jwk).unwrap()).unwrap();
    keys
}

fn rsa_a2() -> Value {
    json!({"kty": "RSA", "e": "AQAB", "n":
        "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMs\
         D1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdV\
         MTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"})
}

fn ec_a3() -> Value {
    json!({"kty": "EC", "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})
}

/// Signs any header and claims, to make tokens that Claviger would never make.
fn forged(header: &str, claims: &str) -> String {
    // The signature of a real token over other bytes would not fit, so tests which get as far as the signature sign with
    // aws-lc directly.
    let pair = &*RAW;
    let message = format!("{}.{}", base64url(header.as_bytes()), base64url(claims.as_bytes()));
    let signature = pair.0.sign(&aws_lc_rs::rand::SystemRandom::new(), message.as_bytes()).unwrap();
    format!("{message}.{}", base64url(signature.as_ref()))
}

static RAW: LazyLock<(aws_lc_rs::signature::EcdsaKeyPair, VerifyingKeys)> = LazyLock::new(|| {
    let der = SigningKey::generate(Algorithm::Es256).unwrap();
    let algorithm = &aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED_SIGNING;
    let pair = aws_lc_rs::signature::EcdsaKeyPair::from_pkcs8(algorithm, der.expose()).unwrap();
    let public = SigningKey::from_pkcs8(Algorithm::Es256, Some("raw"), der.expose()).unwrap();
    (pair, only(public.public_jwk()))
});

fn check_forged(header: &str, claims: &str) -> Result<Decoded, JwtError> {
    verify_jwt(&forged(header, claims), &RAW.1, None)
}

// Known answers.

#[test]
fn rfc7515_a2_rs256_verifies() {
    let token = format!(
        "eyJhbGciOiJSUzI1NiJ9.{PAYLOAD}.{}",
        "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4\
         BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqv\
         hJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
    );
    let mut key = rsa_a2();
    let decoded = verify_jwt(&token, &only(&jwk(key.clone())), None).unwrap();
    let claims: Value = serde_json::from_slice(&decoded.claims).unwrap();
    assert_eq!(claims["iss"], "joe");
    assert_eq!(decoded.header, Header { algorithm: Algorithm::Rs256, typ: None, kid: None });
    // The same key reserved for PSS does not take it.
    key["alg"] = json!("PS256");
    assert_eq!(verify_jwt(&token, &only(&jwk(key)), None), Err(JwtError::KidMissing));
}

#[test]
fn rfc7515_a3_es256_verifies() {
    let token = format!(
        "eyJhbGciOiJFUzI1NiJ9.{PAYLOAD}.{}",
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
    );
    let decoded = verify_jwt(&token, &only(&jwk(ec_a3())), None).unwrap();
    assert_eq!(decoded.header.algorithm, Algorithm::Es256);
}

#[test]
fn rfc8037_a4_eddsa_verifies_and_its_text_is_no_claims() {
    let token = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.\
        hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    let key = jwk(json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}));
    // The signature is checked before the claims are looked at.
    assert_eq!(verify_jwt(token, &only(&key), None), Err(JwtError::ClaimsMalformed));
    assert_eq!(key.thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

#[test]
fn rfc7638_thumbprint_of_the_rsa_example() {
    let key = jwk(json!({"kty": "RSA", "alg": "RS256", "kid": "2011-04-29", "e": "AQAB", "n":
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64t\
         Z_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbO\
         pbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"}));
    assert_eq!(key.thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

#[test]
fn at_hash_of_the_openid_example() {
    let hash = token_hash(Algorithm::Rs256, "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y");
    assert_eq!(hash, "77QmUPtjPfzWtF2AnpK9RQ");
    assert_eq!(token_hash(Algorithm::EdDsa, "x").len(), 43, "Ed25519 goes with SHA-512, whose half is 32 bytes");
}

// Round trips.

#[test]
fn each_algorithm_signs_what_it_verifies() {
    for key in KEYS.iter() {
        let token = key.sign_jwt(Typ::AccessToken, br#"{"sub":"maria"}"#).unwrap();
        let decoded = verify_jwt(&token, &SET, Some(Typ::AccessToken)).unwrap();
        assert_eq!(decoded.claims, br#"{"sub":"maria"}"#);
        assert_eq!(decoded.header.algorithm, key.alg());
        assert_eq!(decoded.header.kid.as_deref(), Some(key.kid()));
        assert_eq!(decoded.header.typ.as_deref(), Some("at+jwt"));
    }
}

#[test]
fn the_kid_is_the_thumbprint_unless_another_was_given() {
    let key = es256();
    assert_eq!(key.kid(), key.public_jwk().thumbprint());
    let der = SigningKey::generate(Algorithm::Es256).unwrap();
    let odd = SigningKey::from_pkcs8(Algorithm::Es256, Some(r#"a"\name"#), der.expose()).unwrap();
    let token = odd.sign_jwt(Typ::Jwt, b"{}").unwrap();
    let decoded = verify_jwt(&token, &only(odd.public_jwk()), Some(Typ::Jwt)).unwrap();
    assert_eq!(decoded.header.kid.as_deref(), Some(r#"a"\name"#));
}

#[test]
fn a_token_takes_no_more_room_than_was_reserved() {
    for key in KEYS.iter() {
        let token = key.sign_jwt(Typ::Jwt, &[b'x'; 401]).unwrap();
        assert!(token.capacity() - token.len() < 8, "{}: {} of {}", key.alg(), token.len(), token.capacity());
    }
}

#[test]
fn a_published_key_shows_nothing_private() {
    for key in KEYS.iter() {
        let json = serde_json::to_value(key.public_jwk()).unwrap();
        let members: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
        let allowed = ["kty", "use", "alg", "kid", "crv", "x", "y", "n", "e"];
        assert!(members.iter().all(|member| allowed.contains(member)), "{members:?}");
        assert_eq!((&json["use"], &json["alg"]), (&json!("sig"), &json!(key.alg().name())));
        assert_eq!(&serde_json::from_value::<Jwk>(json).unwrap(), key.public_jwk());
    }
}

#[test]
fn algorithms_have_one_name() {
    for algorithm in Algorithm::ALL {
        assert_eq!(algorithm.name().parse(), Ok(algorithm));
        assert_eq!(serde_json::to_value(algorithm).unwrap(), algorithm.name());
    }
    assert_eq!("none".parse::<Algorithm>(), Err(UnknownAlgorithm));
    assert_eq!("HS256".parse::<Algorithm>(), Err(UnknownAlgorithm));
    assert_eq!("es256".parse::<Algorithm>(), Err(UnknownAlgorithm));
}

#[test]
fn a_key_of_another_kind_is_rejected() {
    let der = SigningKey::generate(Algorithm::Es256).unwrap();
    for algorithm in [Algorithm::Rs256, Algorithm::Ps256, Algorithm::EdDsa] {
        assert_eq!(SigningKey::from_pkcs8(algorithm, None, der.expose()).unwrap_err(), CryptoError::KeyRejected);
    }
    let cut = &der.expose()[..20];
    assert_eq!(SigningKey::from_pkcs8(Algorithm::Es256, None, cut).unwrap_err(), CryptoError::KeyRejected);
}

#[test]
fn nothing_shows_a_private_key_or_claims() {
    assert_eq!(format!("{:?}", SigningKey::generate(Algorithm::EdDsa).unwrap()), "Pkcs8(***)");
    assert!(format!("{:?}", es256()).ends_with(", ***)"));
    let decoded = check_forged(r#"{"alg":"ES256","kid":"raw"}"#, r#"{"sub":"maria"}"#).unwrap();
    assert!(!format!("{decoded:?}").contains("maria"));
}

// One test for each thing that can be wrong with a token.

#[test]
fn too_long() {
    let token = es256().sign_jwt(Typ::Jwt, format!(r#"{{"x":"{}"}}"#, "y".repeat(MAX_TOKEN_LEN)).as_bytes()).unwrap();
    assert_eq!(verify_jwt(&token, &SET, None), Err(JwtError::TooLong));
}

#[test]
fn not_three_parts() {
    let token = es256().sign_jwt(Typ::Jwt, b"{}").unwrap();
    let extra = [
        String::new(),
        "x".to_owned(),
        "x.y".to_owned(),
        format!("{token}."),
        format!("{token}.x"),
        format!(".{token}"),
    ];
    for token in extra {
        assert_eq!(verify_jwt(&token, &SET, None), Err(JwtError::NotThreeParts), "{token}");
    }
}

#[test]
fn header_encoding() {
    let token = es256().sign_jwt(Typ::Jwt, b"{}").unwrap();
    let (header, rest) = token.split_once('.').unwrap();
    for bad in
        [format!("{header}="), format!("{header}\n"), format!(" {header}"), header.replace('e', "+"), "a".to_owned()]
    {
        assert_eq!(verify_jwt(&format!("{bad}.{rest}"), &SET, None), Err(JwtError::HeaderEncoding), "{bad}");
    }
}

#[test]
fn header_malformed() {
    for header in [
        "",
        "[]",
        "7",
        r#""ES256""#,
        "{",
        r#"{"alg":"ES256"}x"#,
        r#"{"alg":"ES256"}{}"#,
        r#"{"alg":7}"#,
        r#"{"kid":"raw"}"#,
        r#"{"alg":"ES256","kid":["raw"]}"#,
        r#"{"alg":"ES256","typ":null}"#,
    ] {
        assert_eq!(check_forged(header, "{}"), Err(JwtError::HeaderMalformed), "{header}");
    }
    let many: Vec<_> = (0..40).map(|n| format!(r#""m{n}":0"#)).collect();
    assert_eq!(check_forged(&format!("{{{}}}", many.join(",")), "{}"), Err(JwtError::HeaderMalformed));
    let not_utf8 = format!("{}.e30.AA", base64url(b"{\"alg\":\"\xff\"}"));
    assert_eq!(verify_jwt(&not_utf8, &SET, None), Err(JwtError::HeaderMalformed));
    let deep = format!(r#"{{"alg":"ES256","x":{}}}"#, "[".repeat(5000));
    assert_eq!(check_forged(&deep, "{}"), Err(JwtError::HeaderMalformed));
}

#[test]
fn header_duplicate() {
    for header in [
        r#"{"alg":"ES256","kid":"raw","alg":"ES256"}"#,
        r#"{"alg":"none","kid":"raw","alg":"ES256"}"#,
        r#"{"alg":"ES256","kid":"raw","x":1,"x":1}"#,
        r#"{"alg":"ES256","kid":"raw","\u006bid":"raw"}"#,
    ] {
        assert_eq!(check_forged(header, "{}"), Err(JwtError::HeaderDuplicate), "{header}");
    }
}

#[test]
fn critical() {
    for crit in [r#"["b64"]"#, r#"["exp"]"#, "[]", "null"] {
        let header = format!(r#"{{"alg":"ES256","kid":"raw","crit":{crit},"b64":false}}"#);
        assert_eq!(check_forged(&header, "{}"), Err(JwtError::Critical), "{header}");
    }
}

#[test]
fn algorithm_none() {
    for name in ["none", "None", "NONE", "nOnE"] {
        let header = base64url(format!(r#"{{"alg":"{name}","kid":"raw"}}"#).as_bytes());
        for token in [format!("{header}.e30."), format!("{header}.e30.AAAA")] {
            assert_eq!(verify_jwt(&token, &RAW.1, None), Err(JwtError::AlgorithmNone), "{token}");
        }
    }
}

#[test]
fn algorithm_unknown() {
    for name in ["HS256", "es256", "ES384", "", "ES256 ", "RSA-OAEP"] {
        let header = format!(r#"{{"alg":"{name}","kid":"raw"}}"#);
        assert_eq!(check_forged(&header, "{}"), Err(JwtError::AlgorithmUnknown), "{header}");
    }
}

#[test]
fn typ_wrong() {
    let id_token = es256().sign_jwt(Typ::Jwt, b"{}").unwrap();
    let logout = es256().sign_jwt(Typ::Logout, b"{}").unwrap();
    assert_eq!(verify_jwt(&id_token, &SET, Some(Typ::AccessToken)), Err(JwtError::TypWrong));
    assert_eq!(verify_jwt(&logout, &SET, Some(Typ::Jwt)), Err(JwtError::TypWrong));
    assert!(verify_jwt(&logout, &SET, None).is_ok());
    let missing = forged(r#"{"alg":"ES256","kid":"raw"}"#, "{}");
    assert_eq!(verify_jwt(&missing, &RAW.1, Some(Typ::AccessToken)), Err(JwtError::TypWrong));
    for same in ["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"] {
        let token = forged(&format!(r#"{{"alg":"ES256","kid":"raw","typ":"{same}"}}"#), "{}");
        assert!(verify_jwt(&token, &RAW.1, Some(Typ::AccessToken)).is_ok(), "{same}");
    }
}

#[test]
fn kid_missing() {
    let (a, b) = (new_key(Algorithm::Es256), new_key(Algorithm::Es256));
    let set = JwkSet { keys: vec![a.public_jwk().clone(), b.public_jwk().clone()] };
    let token = forged(r#"{"alg":"ES256"}"#, "{}");
    assert_eq!(verify_jwt(&token, &VerifyingKeys::from_set(&set).unwrap(), None), Err(JwtError::KidMissing));
    assert_eq!(verify_jwt(&token, &VerifyingKeys::default(), None), Err(JwtError::KidMissing));
    assert!(verify_jwt(&token, &RAW.1, None).is_ok(), "only one key can be meant");
}

#[test]
fn kid_unknown() {
    assert_eq!(check_forged(r#"{"alg":"ES256","kid":"other"}"#, "{}"), Err(JwtError::KidUnknown));
    assert_eq!(check_forged(r#"{"alg":"ES256","kid":""}"#, "{}"), Err(JwtError::KidUnknown));
}

#[test]
fn algorithm_mismatch() {
    for name in ["RS256", "PS256", "EdDSA"] {
        let header = format!(r#"{{"alg":"{name}","kid":"raw"}}"#);
        assert_eq!(check_forged(&header, "{}"), Err(JwtError::AlgorithmMismatch), "{name}");
    }
}

#[test]
fn signature_encoding() {
    let token = es256().sign_jwt(Typ::Jwt, b"{}").unwrap();
    // 64 bytes leave four bits in the last letter, which must be zero: its other spellings are other letters.
    let (front, last) = token.split_at(token.len() - 1);
    let other = if last == "A" { "B" } else { "_" };
    for bad in
        [format!("{token}="), format!("{token}=="), format!("{token} "), format!("{front}{other}"), format!("{token}é")]
    {
        assert_eq!(verify_jwt(&bad, &SET, None), Err(JwtError::SignatureEncoding), "{bad}");
    }
}

#[test]
fn signature_wrong() {
    let token = es256().sign_jwt(Typ::Jwt, br#"{"sub":"a"}"#).unwrap();
    let (message, signature) = token.rsplit_once('.').unwrap();
    let (header, _) = message.split_once('.').unwrap();
    let other = es256().sign_jwt(Typ::Jwt, br#"{"sub":"b"}"#).unwrap();
    let (_, other_signature) = other.rsplit_once('.').unwrap();
    let empty = format!("{message}.");
    let swapped = format!("{message}.{other_signature}");
    let changed = format!("{header}.{}.{signature}", base64url(br#"{"sub":"b"}"#));
    let cut = format!("{message}.{}", &signature[..40]);
    let zeros = format!("{message}.{}", base64url(&[0; 64]));
    for bad in [empty, swapped, changed, cut, zeros] {
        assert_eq!(verify_jwt(&bad, &SET, None), Err(JwtError::SignatureWrong), "{bad}");
    }
}

#[test]
fn claims_encoding() {
    let header = base64url(br#"{"alg":"ES256","kid":"raw"}"#);
    for claims in ["e30=", "e31", "e3 0", "a"] {
        let message = format!("{header}.{claims}");
        let signature = RAW.0.sign(&aws_lc_rs::rand::SystemRandom::new(), message.as_bytes()).unwrap();
        let token = format!("{message}.{}", base64url(signature.as_ref()));
        assert_eq!(verify_jwt(&token, &RAW.1, None), Err(JwtError::ClaimsEncoding), "{claims}");
    }
}

#[test]
fn claims_malformed() {
    for claims in ["", "[]", "null", "7", "{", "{}x", "{}{}", r#""text""#] {
        assert_eq!(check_forged(r#"{"alg":"ES256","kid":"raw"}"#, claims), Err(JwtError::ClaimsMalformed), "{claims}");
    }
}

// And for each thing that can be wrong with a key.

#[test]
fn unusable_keys_have_a_reason() {
    let (ec, rsa) = (ec_a3(), rsa_a2());
    let with = |mut key: Value, name: &str, value: Value| {
        key[name] = value;
        VerifyingKey::from_jwk(&jwk(key)).map(|_| ()).unwrap_err()
    };
    assert_eq!(with(ec.clone(), "use", json!("enc")), JwkError::NotForSignatures);
    assert_eq!(with(ec.clone(), "alg", json!("ES384")), JwkError::Unsupported);
    assert_eq!(with(ec.clone(), "alg", json!("RS256")), JwkError::Unsupported);
    assert_eq!(with(ec.clone(), "crv", json!("P-384")), JwkError::Unsupported);
    assert_eq!(with(ec.clone(), "kty", json!("oct")), JwkError::Unsupported);
    assert_eq!(with(ec.clone(), "x", Value::Null), JwkError::Incomplete);
    assert_eq!(with(ec.clone(), "x", ec["y"].clone()), JwkError::Invalid, "not on the curve");
    assert_eq!(with(ec.clone(), "x", json!("AA")), JwkError::Invalid);
    assert_eq!(with(rsa.clone(), "e", Value::Null), JwkError::Incomplete);
    assert_eq!(with(rsa.clone(), "e", json!("AQABAQAB")), JwkError::Invalid, "slow on purpose");
    assert_eq!(with(rsa.clone(), "e", json!("")), JwkError::Invalid);
    assert_eq!(with(rsa.clone(), "n", json!(base64url(&[0xff; 128]))), JwkError::Size);
    assert_eq!(with(rsa, "n", json!(base64url(&[0xff; 1025]))), JwkError::Size);
}

#[test]
fn a_private_key_in_a_set_is_refused() {
    for member in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
        let mut key = ec_a3();
        key[member] = json!("AA");
        let error = serde_json::from_value::<JwkSet>(json!({"keys": [key]})).unwrap_err();
        assert!(error.to_string().contains("private key"), "{member}: {error}");
    }
}

#[test]
fn a_set_passes_over_what_it_does_not_know_but_not_over_two_of_a_name() {
    let mut named = ec_a3();
    named["kid"] = json!("one");
    let set: JwkSet =
        serde_json::from_value(json!({"keys": [named, {"kty": "AKP", "alg": "ML-DSA-65", "pub": "AA"}]})).unwrap();
    let keys = VerifyingKeys::from_set(&set).unwrap();
    assert_eq!((keys.len(), keys.knows("one"), keys.knows("two")), (1, true, false));
    let twice = JwkSet { keys: vec![set.keys[0].clone(), set.keys[0].clone()] };
    assert_eq!(VerifyingKeys::from_set(&twice).unwrap_err(), JwkError::DuplicateKid);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_claims_come_back(sub in any::<String>(), number in any::<i64>()) {
        let claims = json!({"sub": sub, "n": number}).to_string();
        let token = es256().sign_jwt(Typ::AccessToken, claims.as_bytes()).unwrap();
        let decoded = verify_jwt(&token, &SET, Some(Typ::AccessToken)).unwrap();
        prop_assert_eq!(decoded.claims, claims.into_bytes());
    }

    #[test]
    fn one_changed_letter_is_noticed(at in any::<prop::sample::Index>(), letter in "[A-Za-z0-9_.=-]") {
        let mut token = es256().sign_jwt(Typ::Jwt, br#"{"sub":"maria","aud":"orders"}"#).unwrap();
        let at = at.index(token.len());
        if token[at..=at] != letter {
            token.replace_range(at..=at, &letter);
            prop_assert!(verify_jwt(&token, &SET, None).is_err());
        }
    }

    #[test]
    fn no_text_panics(text in any::<String>(), parts in prop::collection::vec(any::<Vec<u8>>(), 0..5)) {
        prop_assert!(verify_jwt(&text, &SET, None).is_err());
        let parts: Vec<_> = parts.iter().map(|part| base64url(part)).collect();
        prop_assert!(verify_jwt(&parts.join("."), &SET, None).is_err());
    }

    #[test]
    fn no_header_panics(header in any::<String>(), typ in any::<String>()) {
        let _ = check_forged(&header, "{}");
        let _ = check_forged(&json!({"alg": "ES256", "kid": "raw", "typ": typ}).to_string(), "{}");
    }

    #[test]
    fn no_jwk_panics(kty in "EC|RSA|OKP", crv in prop::option::of("P-256|Ed25519"), x in ".*", n in "[A-Za-z0-9_-]{0,400}") {
        let key = Jwk { kty, crv, x: Some(x.clone()), y: Some(x), n: Some(n), e: Some("AQAB".into()), ..Jwk::default() };
        let _ = VerifyingKey::from_jwk(&key);
        prop_assert_eq!(key.thumbprint().len(), 43);
    }

    #[test]
    fn one_spelling_for_bytes(bytes in any::<Vec<u8>>()) {
        let text = base64url(&bytes);
        prop_assert_eq!(from_base64url(&text), Some(bytes));
        prop_assert_eq!(from_base64url(&format!("{text}=")), None);
    }
}
