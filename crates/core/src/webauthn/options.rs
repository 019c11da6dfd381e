//! What a browser is asked for, as its script reads it: `PublicKeyCredentialCreationOptionsJSON` and
//! `PublicKeyCredentialRequestOptionsJSON` (sections 5.1.8 and 5.1.9).

use super::ceremony::Credential;
use super::key::ALGORITHMS;
use super::party::RelyingParty;
use crate::jose::base64url;
use serde_json::{Value, json};

/// How long a browser waits for its user, in milliseconds.
const PATIENCE: u32 = 300_000;

/// For whom a credential is made.
#[derive(Debug, Clone, Copy)]
pub struct Person<'a> {
    /// By which authenticators know them; see [`super::user_handle`].
    pub handle: &'a str,
    /// What they sign in with.
    pub username: &'a str,
    /// Their name.
    pub name: &'a str,
}

/// A new credential: one that is found without a name where the authenticator can keep such, and none on an authenticator that
/// has one of `others`.
pub fn creation_options(
    party: &RelyingParty,
    realm: &str,
    person: Person<'_>,
    challenge: &[u8],
    others: &[Credential],
) -> Value {
    let parameters = ALGORITHMS.map(|alg| json!({ "type": "public-key", "alg": alg }));
    json!({
        "rp": { "id": party.id(), "name": realm },
        "user": { "id": person.handle, "name": person.username, "displayName": person.name },
        "challenge": base64url(challenge),
        "pubKeyCredParams": parameters,
        "timeout": PATIENCE,
        "excludeCredentials": named(others),
        "authenticatorSelection": { "residentKey": "preferred", "userVerification": "preferred" },
        "attestation": "none",
        "extensions": { "credProps": true },
    })
}

/// A credential that is there: one of `known`, or whichever there is for this party, of which nothing is said beforehand.
pub fn request_options(party: &RelyingParty, challenge: &[u8], known: &[Credential], must_verify: bool) -> Value {
    json!({
        "rpId": party.id(),
        "challenge": base64url(challenge),
        "timeout": PATIENCE,
        "allowCredentials": named(known),
        "userVerification": if must_verify { "required" } else { "preferred" },
    })
}

fn named(credentials: &[Credential]) -> Vec<Value> {
    let one = |credential: &Credential| {
        let mut named = json!({ "type": "public-key", "id": credential.id });
        if let (Some(named), false) = (named.as_object_mut(), credential.transports.is_empty()) {
            named.insert("transports".to_owned(), credential.transports.clone().into());
        }
        named
    };
    credentials.iter().map(one).collect()
}
