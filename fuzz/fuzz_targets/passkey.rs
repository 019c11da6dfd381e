//! What a browser hands in of a passkey: the JSON, and the CBOR inside of it.
#![no_main]

use claviger_core::jose::base64url;
use claviger_core::webauthn::{Assertion, Ceremony, Credential, CredentialKey, LONGEST_ANSWER, Registration, RelyingParty};
use libfuzzer_sys::fuzz_target;
use serde_json::json;
use std::sync::LazyLock;

static PARTY: LazyLock<RelyingParty> =
    LazyLock::new(|| RelyingParty::of_issuer("https://id.example").expect("an address with a name"));
const CHALLENGE: &[u8] = b"what nobody knows";

/// An answer whose client data are right, so that what is behind them is reached.
fn around(kind: &str, response: serde_json::Value) -> String {
    let client_data =
        json!({ "type": kind, "challenge": base64url(CHALLENGE), "origin": "https://id.example" }).to_string();
    let mut response = response;
    response["clientDataJSON"] = base64url(client_data.as_bytes()).into();
    json!({ "id": "AA", "rawId": "AA", "type": "public-key", "response": response }).to_string()
}

fn try_all(text: &str) {
    let asked = Ceremony { party: &PARTY, challenge: CHALLENGE, must_verify: false };
    if let Ok(answer) = Registration::read(text) {
        assert!(text.len() <= LONGEST_ANSWER, "bounded");
        if let Ok(made) = asked.register(&answer) {
            assert_eq!(made.credential.id, base64url(&[0]), "the one that the answer names");
        }
    }
    if let Ok(answer) = Assertion::read(text) {
        let key = CredentialKey::EdDsa { x: base64url(&[9; 32]) };
        let (id, transports) = (base64url(&answer.id), Vec::new());
        let known = Credential { id, key, backup_eligible: false, backed_up: false, transports };
        assert!(asked.authenticate(&answer, &known).is_err(), "nobody signed it");
    }
}

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        let read = (Registration::read(text).is_ok(), Assertion::read(text).is_ok());
        assert!(read == (false, false) || text.len() <= LONGEST_ANSWER, "bounded");
    }
    try_all(&around("webauthn.create", json!({ "attestationObject": base64url(data) })));
    let used = json!({ "authenticatorData": base64url(data), "signature": base64url(data) });
    try_all(&around("webauthn.get", used));
});
