use super::{Expected, ObjectAlgorithm, open};
use crate::Params;
use crate::jose::{Algorithm, Jwk, JwtError, SigningKey, Typ, VerifyingKey, VerifyingKeys, base64url};
use crate::refusal::{ErrorCode, Refusal};
use serde_json::{Value, json};

const ISSUER: &str = "https://op.example";
const NOW: i64 = 1_800_000_000_000;

fn key(algorithm: Algorithm) -> SigningKey {
    let der = SigningKey::generate(algorithm).unwrap();
    SigningKey::from_pkcs8(algorithm, Some("k1"), der.expose()).unwrap()
}

fn set(jwks: &[&Jwk]) -> VerifyingKeys {
    let mut keys = VerifyingKeys::default();
    for jwk in jwks {
        keys.add(VerifyingKey::from_jwk(jwk).unwrap()).unwrap();
    }
    keys
}

#[expect(clippy::needless_pass_by_value, reason = "it is written where it is passed")]
fn object(key: &SigningKey, change: Value) -> String {
    let mut claims = json!({
        "iss": "app", "aud": ISSUER, "exp": NOW / 1000 + 60, "client_id": "app", "response_type": "code",
        "redirect_uri": "https://app.example/cb", "max_age": 30, "claims": {"userinfo": {"email": null}},
        "resource": ["https://a.example", "https://b.example"], "state": "inside"
    });
    for (name, value) in change.as_object().unwrap() {
        claims[name] = value.clone();
    }
    key.sign_jwt(Typ::Jwt, &serde_json::to_vec(&claims).unwrap()).unwrap()
}

fn unsigned(claims: &Value, signature: &str) -> String {
    format!("{}.{}.{signature}", base64url(br#"{"alg":"none"}"#), base64url(claims.to_string().as_bytes()))
}

fn read(text: &str, keys: &VerifyingKeys, outside: &str) -> Result<Params<'static>, Refusal> {
    let outside = Params::form(outside.as_bytes()).unwrap();
    let expected = Expected { client: "app", issuer: ISSUER, outside: &outside, profile: None, now: NOW };
    open(text, keys, None).unwrap().params(expected)
}

#[test]
fn of_a_signed_object_only_what_is_inside_counts() {
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Rs256, Algorithm::Ps256] {
        let key = key(algorithm);
        let keys = set(&[key.public_jwk()]);
        let outside = "client_id=app&response_type=code&state=outside&scope=all&request=x";
        let params = read(&object(&key, json!({})), &keys, outside).unwrap();
        assert_eq!(
            (params.get("state"), params.get("scope"), params.get("max_age")),
            (Some("inside"), None, Some("30"))
        );
        assert_eq!(params.get("claims"), Some(r#"{"userinfo":{"email":null}}"#));
        assert_eq!(params.all("resource").collect::<Vec<_>>(), ["https://a.example", "https://b.example"]);
        assert_eq!((params.get("exp"), params.get("iss")), (None, None));
    }
}

#[test]
fn who_made_it_for_whom_and_until_when_is_checked() {
    let key = key(Algorithm::Es256);
    let keys = set(&[key.public_jwk()]);
    let outside = "client_id=app&response_type=code";
    for good in [
        json!({"aud": ["x", ISSUER]}),
        json!({"nbf": NOW / 1000, "iat": NOW / 1000, "exp": (NOW / 1000 + 1)}),
        json!({"exp": 1_800_000_000.5 + 60.0, "jti": "x"}),
    ] {
        assert!(read(&object(&key, good.clone()), &keys, outside).is_ok(), "{good}");
    }
    for bad in [
        json!({"iss": "other"}),
        json!({"iss": 5}),
        json!({"client_id": "other"}),
        json!({"aud": "https://other.example"}),
        json!({"aud": ["https://other.example", format!("{ISSUER}/")]}),
        json!({"aud": 5}),
        json!({"exp": NOW / 1000}),
        json!({"exp": "soon"}),
        json!({"nbf": NOW / 1000 + 60}),
        json!({"sub": "app"}),
        json!({"request": "x"}),
        json!({"request_uri": "https://app.example/r"}),
        json!({"response_type": "token"}),
    ] {
        let refusal = read(&object(&key, bad.clone()), &keys, outside).unwrap_err();
        assert_eq!(refusal.code(), ErrorCode::InvalidRequestObject, "{bad}");
    }
}

#[test]
fn another_key_another_algorithm_and_another_type_are_refused() {
    let (mine, other, rsa) = (key(Algorithm::Es256), key(Algorithm::Es256), key(Algorithm::Rs256));
    let keys = set(&[mine.public_jwk()]);
    let open_with = |text: &str, registered| open(text, &keys, registered).map(|object| object.is_signed);
    assert_eq!(open_with(&object(&mine, json!({})), None), Ok(true));
    assert_eq!(open_with(&object(&mine, json!({})), Some(ObjectAlgorithm::Signed(Algorithm::Es256))), Ok(true));
    let another = Some(ObjectAlgorithm::Signed(Algorithm::Ps256));
    assert_eq!(open_with(&object(&mine, json!({})), another), Err(JwtError::AlgorithmMismatch));
    assert_eq!(open_with(&object(&mine, json!({})), Some(ObjectAlgorithm::None)), Err(JwtError::AlgorithmMismatch));
    assert_eq!(open_with(&object(&other, json!({})), None), Err(JwtError::SignatureWrong));
    assert_eq!(
        open_with(&object(&rsa, json!({})), None),
        Err(JwtError::AlgorithmMismatch),
        "the key is of another kind"
    );
    assert_eq!(open(&object(&mine, json!({})), &VerifyingKeys::default(), None).unwrap_err(), JwtError::KidUnknown);
    let claims = serde_json::to_vec(&json!({"client_id": "app"})).unwrap();
    for typ in [Typ::AccessToken, Typ::Logout] {
        assert_eq!(open_with(&mine.sign_jwt(typ, &claims).unwrap(), None), Err(JwtError::TypWrong));
    }
    // The public key as the secret of an HMAC: no HMAC is known here at all.
    let hmac = format!("{}.{}.AAAA", base64url(br#"{"alg":"HS256","kid":"k1"}"#), base64url(&claims));
    assert_eq!(open_with(&hmac, None), Err(JwtError::AlgorithmUnknown));
    for cut in ["", "x", "x.y", "x.y.z", "x.y.z.a.b"] {
        assert!(open_with(cut, None).is_err(), "{cut}");
    }
}

#[test]
fn an_unsigned_one_is_only_for_who_is_registered_so_and_adds_to_what_is_outside() {
    let claims = json!({"client_id": "app", "state": "inside"});
    let (text, none) = (unsigned(&claims, ""), Some(ObjectAlgorithm::None));
    let keys = set(&[key(Algorithm::Es256).public_jwk()]);
    assert_eq!(open(&text, &keys, None).unwrap_err(), JwtError::AlgorithmNone);
    let only = Some(ObjectAlgorithm::Signed(Algorithm::Es256));
    assert_eq!(open(&text, &keys, only).unwrap_err(), JwtError::AlgorithmNone);
    assert_eq!(open(&unsigned(&claims, "AAAA"), &keys, none).unwrap_err(), JwtError::SignatureEncoding);
    let object = open(&text, &keys, none).unwrap();
    assert!(!object.is_signed);
    let outside = Params::form(b"client_id=app&state=outside&scope=all&request=x&request_uri=y").unwrap();
    let expected = Expected { client: "app", issuer: ISSUER, outside: &outside, profile: None, now: NOW };
    let params = object.params(expected).unwrap();
    assert_eq!((params.get("state"), params.get("scope")), (Some("inside"), Some("all")));
    assert_eq!((params.get("request"), params.get("request_uri"), params.duplicate()), (None, None, None));
}
