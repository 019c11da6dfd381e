//! Whether what was handed in answers what was asked (sections 7.1 and 7.2).

use super::answer::{Assertion, Registration};
use super::authenticator_data::AuthenticatorData;
use super::cbor::{Item, Reader};
use super::key::CredentialKey;
use super::party::RelyingParty;
use super::problem::Problem;
use crate::crypto::sha256;
use crate::jose::base64url;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

/// A credential, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    /// Its id, in base64url.
    pub id: String,
    /// Its public key.
    pub key: CredentialKey,
    /// It may be copied to other devices of its user; that never changes (section 6.1.3).
    pub backup_eligible: bool,
    /// It was, when it was last used.
    pub backed_up: bool,
    /// How browsers reach its authenticator (section 5.8.4).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transports: Vec<String>,
}

/// What came of a registration.
#[derive(Debug)]
pub struct Registered {
    /// The credential.
    pub credential: Credential,
    /// Where its counter begins.
    pub counter: u32,
    /// The authenticator knew its user.
    pub verified: bool,
}

/// What came of a use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// Where its counter is.
    pub counter: u32,
    /// The authenticator knew its user.
    pub verified: bool,
    /// The credential is copied to other devices.
    pub backed_up: bool,
}

/// What was asked.
#[derive(Debug, Clone, Copy)]
pub struct Ceremony<'a> {
    /// Who asked.
    pub party: &'a RelyingParty,
    /// What is good once.
    pub challenge: &'a [u8],
    /// The authenticator has to know its user.
    pub must_verify: bool,
}

/// `CollectedClientData` (section 5.8.1).
#[derive(Deserialize)]
struct ClientData {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(rename = "crossOrigin", default)]
    cross_origin: bool,
}

impl Ceremony<'_> {
    /// The credential that was made (section 7.1); whether it is another user's already is the caller's to find out.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn register(&self, answer: &Registration) -> Result<Registered, Problem> {
        const NO_OBJECT: Problem = Problem::Malformed("the attestation object is not its CBOR");
        self.check_client_data(&answer.client_data, "webauthn.create")?;
        let mut data = None;
        let mut reader = Reader::new(&answer.attestation);
        reader
            .map(|key, value| {
                if let (Item::Text("authData"), Item::Bytes(bytes)) = (key, value) {
                    data = Some(bytes);
                }
            })
            .ok_or(NO_OBJECT)?;
        if !reader.rest().is_empty() {
            return Err(NO_OBJECT);
        }
        let data = self.check_data(data.ok_or(NO_OBJECT)?)?;
        let (counter, verified) = (data.counter, data.is_user_verified());
        let (backup_eligible, backed_up) = (data.is_backup_eligible(), data.is_backed_up());
        let made = data.credential.filter(|made| made.id == answer.id).ok_or(Problem::WrongCredential)?;
        let key = made.key.ok_or(Problem::KeyNotUsable)?;
        let (id, transports) = (base64url(made.id), answer.transports.clone());
        Ok(Registered { credential: Credential { id, key, backup_eligible, backed_up, transports }, counter, verified })
    }

    /// The use of `credential` (section 7.2); whether it is the user's whom the answer names, and whether its counter moved on, are the
    /// caller's to find out.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn authenticate(&self, answer: &Assertion, credential: &Credential) -> Result<Shown, Problem> {
        if base64url(&answer.id) != credential.id {
            return Err(Problem::WrongCredential);
        }
        self.check_client_data(&answer.client_data, "webauthn.get")?;
        let data = self.check_data(&answer.authenticator_data)?;
        if data.is_backup_eligible() != credential.backup_eligible {
            return Err(Problem::WrongCredential);
        }
        let signed = [answer.authenticator_data.as_slice(), sha256(&answer.client_data).as_slice()].concat();
        if !credential.key.has_signed(&signed, &answer.signature) {
            return Err(Problem::SignatureWrong);
        }
        Ok(Shown { counter: data.counter, verified: data.is_user_verified(), backed_up: data.is_backed_up() })
    }

    fn check_client_data(&self, json: &[u8], kind: &str) -> Result<(), Problem> {
        let data: ClientData =
            serde_json::from_slice(json).map_err(|_| Problem::Malformed("the client data are not their JSON"))?;
        if data.kind != kind {
            return Err(Problem::WrongType);
        }
        if !bool::from(data.challenge.as_bytes().ct_eq(base64url(self.challenge).as_bytes())) {
            return Err(Problem::WrongChallenge);
        }
        if data.origin != self.party.origin() {
            return Err(Problem::WrongOrigin);
        }
        if data.cross_origin { Err(Problem::InAFrame) } else { Ok(()) }
    }

    fn check_data<'d>(&self, bytes: &'d [u8]) -> Result<AuthenticatorData<'d>, Problem> {
        let data =
            AuthenticatorData::read(bytes).ok_or(Problem::Malformed("the authenticator data are not of their form"))?;
        if *data.party_hash != sha256(self.party.id().as_bytes()) {
            return Err(Problem::WrongParty);
        }
        if !data.is_user_present() {
            return Err(Problem::NobodyThere);
        }
        if self.must_verify && !data.is_user_verified() { Err(Problem::NotVerified) } else { Ok(data) }
    }
}
