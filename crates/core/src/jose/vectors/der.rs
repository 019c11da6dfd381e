//! Private keys of the examples, which are JSON, as PKCS#8 (RFC 5958): what our own code reads.

use crate::jose::from_base64url;
use serde_json::Value;

/// One DER element.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut out = vec![tag];
    match length {
        0..=0x7f => out.push(u8::try_from(length).unwrap()),
        0x80..=0xff => out.extend([0x81, u8::try_from(length).unwrap()]),
        _ => {
            out.push(0x82);
            out.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
    }
    out.extend_from_slice(content);
    out
}

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    element(0x30, &parts.concat())
}

/// A positive INTEGER of its octets.
fn integer(number: &[u8]) -> Vec<u8> {
    let zero: &[u8] = if number.first().is_none_or(|first| first & 0x80 != 0) { &[0] } else { &[] };
    element(0x02, &[zero, number].concat())
}

fn member(jwk: &Value, name: &str) -> Vec<u8> {
    from_base64url(jwk[name].as_str().unwrap_or_else(|| panic!("{name} is missing"))).unwrap()
}

/// `PrivateKeyInfo` of an algorithm's identifier and a key.
fn pkcs8(algorithm: &[u8], key: &[u8]) -> Vec<u8> {
    sequence(&[integer(&[]), algorithm.to_vec(), element(0x04, key)])
}

/// Of a private JWK: RSA (RFC 8017 A.1.2), P-256 (RFC 5915) or Ed25519 (RFC 8410).
pub(in crate::jose) fn of_jwk(jwk: &Value) -> Vec<u8> {
    match jwk["kty"].as_str() {
        Some("RSA") => {
            let numbers = ["n", "e", "d", "p", "q", "dp", "dq", "qi"].map(|name| integer(&member(jwk, name)));
            let key = sequence(&[vec![integer(&[])], numbers.to_vec()].concat());
            let identifier = element(0x06, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01]);
            pkcs8(&sequence(&[identifier, element(0x05, &[])]), &key)
        }
        Some("EC") => {
            assert_eq!(jwk["crv"], "P-256");
            let point = [vec![0, 4], member(jwk, "x"), member(jwk, "y")].concat();
            let public = element(0xa1, &element(0x03, &point));
            let key = sequence(&[integer(&[1]), element(0x04, &member(jwk, "d")), public]);
            let ec = element(0x06, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01]);
            let curve = element(0x06, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07]);
            pkcs8(&sequence(&[ec, curve]), &key)
        }
        Some("OKP") => {
            let identifier = element(0x06, &[0x2b, 0x65, 0x70]);
            pkcs8(&sequence(&[identifier]), &element(0x04, &member(jwk, "d")))
        }
        other => panic!("{other:?}"),
    }
}

/// The public half.
pub(in crate::jose) fn public(jwk: &Value) -> crate::jose::Jwk {
    let mut public = jwk.clone();
    for name in ["d", "p", "q", "dp", "dq", "qi"] {
        public.as_object_mut().unwrap().remove(name);
    }
    serde_json::from_value(public).unwrap()
}
