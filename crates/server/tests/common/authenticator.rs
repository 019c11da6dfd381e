//! An authenticator in software, and the browser around it: what `navigator.credentials` makes of the question on a page
//! (Web Authentication 6.3). ES256, and the attestation `none`.

use super::{Reply, unescape};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use claviger_core::crypto::entropy::random_bytes;
use claviger_core::crypto::sha256;
use claviger_core::jose::base64url;
use serde_json::{Value, json};

pub const PRESENT: u8 = 0x01;
pub const VERIFIED: u8 = 0x04;
pub const SYNCED: u8 = 0x18;

/// A passkey, and how its authenticator and browser behave.
pub struct Authenticator {
    pub key: EcdsaKeyPair,
    pub id: Vec<u8>,
    /// Whose it is, as it was told.
    pub user_handle: Option<String>,
    /// Where its counter is; `None`: it has none.
    pub counter: Option<u32>,
    pub flags: u8,
    /// In place of the page's own.
    pub origin: Option<String>,
    /// In place of the one that is asked for.
    pub party: Option<String>,
    /// In place of the one that is asked.
    pub challenge: Option<String>,
}

/// The question on a page.
pub fn question(page: &Reply) -> Value {
    let text = page.body.split("data-options=\"").nth(1).unwrap_or_else(|| panic!("no question: {}", page.body));
    serde_json::from_str(&unescape(text.split('"').next().unwrap())).unwrap()
}

fn bytes(content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    [vec![0x59], length.to_vec(), content.to_vec()].concat()
}

impl Authenticator {
    pub fn new() -> Self {
        Self {
            key: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap(),
            id: random_bytes::<32>().to_vec(),
            user_handle: None,
            counter: Some(0),
            flags: PRESENT | VERIFIED,
            origin: None,
            party: None,
            challenge: None,
        }
    }

    fn client_data(&self, kind: &str, asked: &Value, origin: &str) -> String {
        let challenge = self.challenge.clone().unwrap_or_else(|| asked["challenge"].as_str().unwrap().to_owned());
        let origin = self.origin.as_deref().unwrap_or(origin);
        json!({ "type": kind, "challenge": challenge, "origin": origin, "crossOrigin": false }).to_string()
    }

    fn data(&mut self, party: &Value, more: u8) -> Vec<u8> {
        self.counter = self.counter.map(|counter| counter + 1);
        let party = self.party.clone().unwrap_or_else(|| party.as_str().unwrap().to_owned());
        let counter = self.counter.unwrap_or_default().to_be_bytes();
        [sha256(party.as_bytes()).to_vec(), vec![self.flags | more], counter.to_vec()].concat()
    }

    fn answer(&self, response: &Value) -> String {
        let id = base64url(&self.id);
        json!({ "id": id, "rawId": id, "type": "public-key", "response": response }).to_string()
    }

    /// `navigator.credentials.create` on a page of `origin`.
    pub fn create(&mut self, page: &Reply, origin: &str) -> String {
        let asked = question(page);
        assert_eq!(asked["attestation"], "none");
        self.user_handle = Some(asked["user"]["id"].as_str().unwrap().to_owned());
        let client_data = self.client_data("webauthn.create", &asked, origin);
        let point = self.key.public_key().as_ref();
        let key = [
            &[0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21],
            bytes(&point[1..33]).as_slice(),
            &[0x22],
            &bytes(&point[33..]),
        ]
        .concat();
        let length = u16::try_from(self.id.len()).unwrap().to_be_bytes();
        let data = [self.data(&asked["rp"]["id"], 0x40), vec![0; 16], length.to_vec(), self.id.clone(), key].concat();
        let start = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData";
        let object = [start.as_slice(), &bytes(&data)].concat();
        self.answer(&json!({
            "clientDataJSON": base64url(client_data.as_bytes()),
            "attestationObject": base64url(&object),
            "transports": ["internal"],
        }))
    }

    /// `navigator.credentials.get` on a page of `origin`.
    pub fn get(&mut self, page: &Reply, origin: &str) -> String {
        let asked = question(page);
        let client_data = self.client_data("webauthn.get", &asked, origin);
        let data = self.data(&asked["rpId"], 0);
        let signed = [data.as_slice(), &sha256(client_data.as_bytes())].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed).unwrap();
        self.answer(&json!({
            "clientDataJSON": base64url(client_data.as_bytes()),
            "authenticatorData": base64url(&data),
            "signature": base64url(signature.as_ref()),
            "userHandle": self.user_handle,
        }))
    }
}
