use super::*;
use crate::crypto::sha256;
use crate::jose::{base64url, from_base64url};
use crate::realm::Realm;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RsaKeyPair};
use proptest::prelude::*;
use serde_json::{Value, json};

const CHALLENGE: &[u8] = b"thirty-two bytes that nobody has";

fn realm(issuer: &str) -> Realm {
    serde_json::from_value(json!({
        "id": "r", "name": "R", "issuer": issuer, "authorities": [], "dialect": crate::Dialect::default()
    }))
    .unwrap()
}

fn party() -> RelyingParty {
    RelyingParty::of(&realm("https://id.example/realm")).unwrap()
}

fn head(kind: u8, number: usize) -> Vec<u8> {
    match number {
        0..=23 => vec![kind << 5 | u8::try_from(number).unwrap()],
        24..=255 => vec![kind << 5 | 0x18, u8::try_from(number).unwrap()],
        _ => [vec![kind << 5 | 0x19], u16::try_from(number).unwrap().to_be_bytes().to_vec()].concat(),
    }
}

fn bytes(content: &[u8]) -> Vec<u8> {
    [head(2, content.len()), content.to_vec()].concat()
}

fn text(content: &str) -> Vec<u8> {
    [head(3, content.len()), content.as_bytes().to_vec()].concat()
}

/// What signs, and its `COSE_Key`.
enum Key {
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rsa(Box<RsaKeyPair>),
}

impl Key {
    fn p256() -> Self {
        Self::P256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap())
    }

    fn cose(&self) -> Vec<u8> {
        match self {
            Self::P256(pair) => {
                let point = pair.public_key().as_ref();
                let start = vec![0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21];
                [start, bytes(&point[1..33]), vec![0x22], bytes(&point[33..])].concat()
            }
            Self::Ed25519(pair) => {
                [vec![0xa4, 0x01, 0x01, 0x03, 0x27, 0x20, 0x06, 0x21], bytes(pair.public_key().as_ref())].concat()
            }
            Self::Rsa(pair) => {
                // A sequence of two numbers in DER: 2048 bits, behind a zero, and 65537.
                let n = &pair.public_key().as_ref()[9..265];
                let start = vec![0xa4, 0x01, 0x03, 0x03, 0x39, 0x01, 0x00, 0x20];
                [start, bytes(n), vec![0x21], bytes(&[1, 0, 1])].concat()
            }
        }
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::P256(pair) => pair.sign(&random, message).unwrap().as_ref().to_vec(),
            Self::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&aws_lc_rs::signature::RSA_PKCS1_SHA256, &random, message, &mut signature).unwrap();
                signature
            }
        }
    }
}

/// What an authenticator and a browser make of a question, to be changed by a test before it is handed in.
struct Made {
    key: Key,
    id: Vec<u8>,
    party: String,
    flags: u8,
    counter: u32,
    client_data: Value,
    extensions: Vec<u8>,
}

impl Made {
    fn new(key: Key) -> Self {
        let client_data = json!({
            "type": "webauthn.create", "challenge": base64url(CHALLENGE), "origin": "https://id.example", "more": [1, {}]
        });
        let (id, party) = (vec![7; 40], "id.example".to_owned());
        Self { key, id, party, flags: 0x05, counter: 1, client_data, extensions: Vec::new() }
    }

    fn data(&self, more: &[u8]) -> Vec<u8> {
        let start = [sha256(self.party.as_bytes()).to_vec(), vec![self.flags], self.counter.to_be_bytes().to_vec()];
        [start.concat(), more.to_vec(), self.extensions.clone()].concat()
    }

    fn new_data(&self) -> Vec<u8> {
        let length = u16::try_from(self.id.len()).unwrap().to_be_bytes().to_vec();
        self.data(&[vec![0; 16], length, self.id.clone(), self.key.cose()].concat())
    }

    fn object(&self) -> Vec<u8> {
        let statement = [text("fmt"), text("none"), text("attStmt"), vec![0xa0]].concat();
        [vec![0xa3], statement, text("authData"), bytes(&self.new_data())].concat()
    }

    fn registration_of(&self, object: &[u8]) -> String {
        let id = base64url(&self.id);
        let client_data = base64url(self.client_data.to_string().as_bytes());
        let response = json!({
            "clientDataJSON": client_data, "attestationObject": base64url(object), "transports": ["internal", "hybrid"]
        });
        json!({ "id": id, "rawId": id, "type": "public-key", "response": response, "clientExtensionResults": {} })
            .to_string()
    }

    fn registered(&self) -> Result<Registered, Problem> {
        let made = Self { flags: self.flags | 0x40, ..self.copy() };
        let answer = made.registration_of(&made.object());
        ceremony(&party(), false).register(&Registration::read(&answer)?)
    }

    fn copy(&self) -> Self {
        let key = match &self.key {
            Key::P256(pair) => {
                let made = pair.to_pkcs8v1().unwrap();
                Key::P256(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, made.as_ref()).unwrap())
            }
            Key::Ed25519(pair) => {
                let made = pair.to_pkcs8().unwrap();
                Key::Ed25519(Ed25519KeyPair::from_pkcs8(made.as_ref()).unwrap())
            }
            Key::Rsa(pair) => Key::Rsa(pair.clone()),
        };
        let (id, party, client_data) = (self.id.clone(), self.party.clone(), self.client_data.clone());
        Self { key, id, party, client_data, extensions: self.extensions.clone(), ..*self }
    }

    fn assertion(&self) -> String {
        let mut client_data = self.client_data.clone();
        if client_data["type"] == "webauthn.create" {
            client_data["type"] = "webauthn.get".into();
        }
        let (data, client_data) = (self.data(&[]), client_data.to_string());
        let signature = self.key.sign(&[data.as_slice(), &sha256(client_data.as_bytes())].concat());
        let id = base64url(&self.id);
        json!({ "id": id, "rawId": id, "type": "public-key", "response": {
            "clientDataJSON": base64url(client_data.as_bytes()),
            "authenticatorData": base64url(&data),
            "signature": base64url(&signature),
            "userHandle": Value::Null,
        }})
        .to_string()
    }

    fn used(&self, credential: &Credential, must_verify: bool) -> Result<Shown, Problem> {
        ceremony(&party(), must_verify).authenticate(&Assertion::read(&self.assertion())?, credential)
    }
}

fn ceremony(party: &RelyingParty, must_verify: bool) -> Ceremony<'_> {
    Ceremony { party, challenge: CHALLENGE, must_verify }
}

#[test]
fn a_realm_is_a_relying_party_where_browsers_have_passkeys() {
    for (issuer, id, origin) in [
        ("https://id.example", "id.example", "https://id.example"),
        ("https://ID.example:443/a/b", "id.example", "https://id.example"),
        ("https://id.example:8443/a", "id.example", "https://id.example:8443"),
        ("http://localhost:9000", "localhost", "http://localhost:9000"),
        ("http://a.localhost", "a.localhost", "http://a.localhost"),
    ] {
        let party = RelyingParty::of(&realm(issuer)).unwrap();
        assert_eq!((party.id(), party.origin()), (id, origin));
    }
    for issuer in ["http://id.example", "https://127.0.0.1", "http://127.0.0.1:9000", "https://[::1]:8443"] {
        assert_eq!(RelyingParty::of(&realm(issuer)), None, "{issuer}");
    }
    let handles = [user_handle("a", "u"), user_handle("b", "u"), user_handle("a", "v")];
    assert!(handles[0] != handles[1] && handles[0] != handles[2] && handles[0].len() == 43);
}

#[test]
fn what_was_registered_is_known_again() {
    let ed25519 = Ed25519KeyPair::generate().unwrap();
    let rsa = RsaKeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
    for key in [Key::p256(), Key::Ed25519(ed25519), Key::Rsa(Box::new(rsa))] {
        let made = Made { flags: 0x1d, ..Made::new(key) };
        let Registered { credential, counter, verified } = made.registered().unwrap();
        assert_eq!((counter, verified), (1, true));
        assert!(credential.backup_eligible && credential.backed_up);
        assert_eq!(credential.transports, ["internal", "hybrid"]);
        let kept: Credential = serde_json::from_str(&serde_json::to_string(&credential).unwrap()).unwrap();
        assert_eq!(kept, credential);
        let later = Made { counter: 9, flags: 0x0d, ..made };
        assert_eq!(later.used(&kept, true), Ok(Shown { counter: 9, verified: true, backed_up: false }));
        let other = Made::new(Key::p256()).registered().unwrap().credential;
        let other = Credential { backup_eligible: true, ..other };
        assert_eq!(later.used(&other, true), Err(Problem::SignatureWrong));
        assert_eq!(later.used(&Credential { id: "other".into(), ..kept }, true), Err(Problem::WrongCredential));
    }
}

#[test]
fn an_answer_to_anything_else_is_none() {
    let made = Made::new(Key::p256());
    let credential = made.registered().unwrap().credential;
    let with = |name: &str, value: Value| {
        let mut other = made.copy();
        other.client_data[name] = value;
        other
    };
    for (other, problem) in [
        (with("type", "payment.get".into()), Problem::WrongType),
        (with("challenge", base64url(b"another").into()), Problem::WrongChallenge),
        (with("origin", "https://evil.example".into()), Problem::WrongOrigin),
        (with("origin", "https://id.example.evil.example".into()), Problem::WrongOrigin),
        (with("origin", "http://id.example".into()), Problem::WrongOrigin),
        (with("crossOrigin", true.into()), Problem::InAFrame),
        (Made { party: "example".into(), ..made.copy() }, Problem::WrongParty),
        (Made { flags: 0x04, ..made.copy() }, Problem::NobodyThere),
    ] {
        assert_eq!(other.registered().unwrap_err(), problem);
        assert_eq!(other.used(&credential, false), Err(problem));
    }
    let mut swapped = made.copy();
    swapped.client_data["type"] = "webauthn.get".into();
    assert_eq!(swapped.registered().unwrap_err(), Problem::WrongType, "a use is no registration");
    let unverified = Made { flags: 0x01, ..made.copy() };
    assert!(unverified.used(&credential, false).is_ok());
    assert_eq!(unverified.used(&credential, true), Err(Problem::NotVerified));
    let moved = Made { flags: 0x0d, ..made.copy() };
    assert_eq!(moved.used(&credential, false), Err(Problem::WrongCredential), "what may be copied never changes");
    let odd = Made { flags: 0x15, ..made.copy() };
    assert!(matches!(odd.registered(), Err(Problem::Malformed(_))), "copied, and not to be copied");
}

#[test]
fn what_authenticators_add_is_read_and_what_is_left_over_is_not() {
    // {"credProtect": 2, "more": [{}, true, -1]}
    let more = [vec![0xa2], text("credProtect"), vec![0x02], text("more"), vec![0x83, 0xa0, 0xf5, 0x20]].concat();
    let made = Made { flags: 0x85, extensions: more, ..Made::new(Key::p256()) };
    let credential = made.registered().unwrap().credential;
    assert!(made.used(&credential, true).is_ok());
    for (flags, extensions) in [(0x85, vec![]), (0x05, vec![0xa0]), (0x85, vec![0xa0, 0]), (0x85, vec![0x80])] {
        let odd = Made { flags, extensions, ..made.copy() };
        assert!(matches!(odd.registered(), Err(Problem::Malformed(_))));
        assert!(matches!(odd.used(&credential, false), Err(Problem::Malformed(_))));
    }
}

#[test]
fn malformed_objects_are_refused() {
    let made = Made { flags: 0x45, ..Made::new(Key::p256()) };
    let (object, data) = (made.object(), made.new_data());
    let refused = |object: &[u8]| {
        let answer = Registration::read(&made.registration_of(object)).unwrap();
        ceremony(&party(), false).register(&answer).unwrap_err()
    };
    for length in 0..object.len() {
        assert!(matches!(refused(&object[..length]), Problem::Malformed(_)), "{length}");
    }
    let deep = [vec![0xa1], text("authData"), vec![0x81; 5000]].concat();
    let huge = [vec![0xa1], text("authData"), vec![0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]].concat();
    let many = [vec![0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], vec![0; 64]].concat();
    let endless = [vec![0xbf], text("authData"), bytes(&data), vec![0xff]].concat();
    let tagged = [vec![0xa1], text("authData"), vec![0xc0], bytes(&data)].concat();
    let more = [object.clone(), vec![0]].concat();
    for odd in [deep, huge, many, endless, tagged, more, vec![0xa0], b"{}".to_vec()] {
        assert!(matches!(refused(&odd), Problem::Malformed(_)), "{odd:02x?}");
    }
    // A point that is not on the curve, and an algorithm that was not asked for.
    let around = |data: &[u8]| [vec![0xa1], text("authData"), bytes(data)].concat();
    let mut off = data.clone();
    *off.last_mut().unwrap() ^= 1;
    assert_eq!(refused(&around(&off)), Problem::KeyNotUsable);
    let mut other = data.clone();
    let at = data.len() - made.key.cose().len();
    other[at + 4] = 0x28;
    assert_eq!(refused(&around(&other)), Problem::KeyNotUsable);
    let elsewhere = Made { id: vec![8; 40], flags: 0x45, ..made.copy() };
    assert_eq!(refused(&around(&elsewhere.new_data())), Problem::WrongCredential);
}

#[test]
fn answers_are_bounded_and_of_one_form() {
    let made = Made::new(Key::p256());
    let good = made.assertion();
    assert!(Assertion::read(&good).is_ok());
    let long = format!("{good}{}", " ".repeat(LONGEST_ANSWER));
    for odd in [
        long,
        String::new(),
        "[]".into(),
        good.replace("public-key", "password"),
        good.replace("\"rawId\":\"B", "\"rawId\":\"C"),
    ] {
        assert!(Assertion::read(&odd).is_err(), "{odd}");
    }
    let mut padded: Value = serde_json::from_str(&good).unwrap();
    padded["response"]["signature"] = "AA==".into();
    assert!(Assertion::read(&padded.to_string()).is_err());
    assert!(Registration::read(&good).is_err(), "a use is no registration");
}

#[test]
fn browsers_are_asked_in_their_own_words() {
    let credential = made_credential();
    let asked = request_options(&party(), CHALLENGE, &[], true);
    assert_eq!((&asked["rpId"], &asked["userVerification"]), (&json!("id.example"), &json!("required")));
    assert_eq!(asked["allowCredentials"], json!([]), "nothing is told of who has one");
    assert_eq!(from_base64url(asked["challenge"].as_str().unwrap()).unwrap(), CHALLENGE);
    let beside = request_options(&party(), CHALLENGE, std::slice::from_ref(&credential), false);
    let named = json!([{ "type": "public-key", "id": credential.id, "transports": ["internal", "hybrid"] }]);
    assert_eq!((&beside["allowCredentials"], &beside["userVerification"]), (&named, &json!("preferred")));
    let person = Person { handle: "aGFuZGxl", username: "ada", name: "Ada" };
    let made = creation_options(&party(), "Realm", person, CHALLENGE, &[credential]);
    assert_eq!(made["rp"], json!({ "id": "id.example", "name": "Realm" }));
    assert_eq!(made["user"], json!({ "id": "aGFuZGxl", "name": "ada", "displayName": "Ada" }));
    assert_eq!((&made["attestation"], &made["excludeCredentials"]), (&json!("none"), &named));
}

fn made_credential() -> Credential {
    Made::new(Key::p256()).registered().unwrap().credential
}

proptest! {
    #[test]
    fn nothing_that_is_handed_in_is_a_fault(object in proptest::collection::vec(any::<u8>(), 0..600), data in proptest::collection::vec(any::<u8>(), 0..200)) {
        let party = party();
        let made = Made::new(Key::p256());
        let answer = Registration::read(&made.registration_of(&object)).unwrap();
        prop_assert!(ceremony(&party, false).register(&answer).is_err());
        let mut used: Value = serde_json::from_str(&made.assertion()).unwrap();
        used["response"]["authenticatorData"] = base64url(&data).into();
        let used = Assertion::read(&used.to_string()).unwrap();
        prop_assert!(ceremony(&party, false).authenticate(&used, &made_credential()).is_err());
    }
}
