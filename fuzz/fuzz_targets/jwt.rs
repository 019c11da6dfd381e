//! A token against a real key.
#![no_main]

use claviger_core::jose::{Algorithm, SigningKey, Typ, VerifyingKey, VerifyingKeys, verify_jwt};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static KEYS: LazyLock<VerifyingKeys> = LazyLock::new(|| {
    let made = SigningKey::generate(Algorithm::Es256).expect("a key can be made");
    let key = SigningKey::from_pkcs8(Algorithm::Es256, None, made.expose()).expect("it can be read");
    let mut keys = VerifyingKeys::default();
    keys.add(VerifyingKey::from_jwk(key.public_jwk()).expect("its public half")).expect("the first of its name");
    keys
});

fuzz_target!(|token: &str| {
    for typ in [None, Some(Typ::AccessToken), Some(Typ::Jwt)] {
        assert!(verify_jwt(token, &KEYS, typ).is_err(), "nobody signed it");
    }
});
