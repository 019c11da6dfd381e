//! Proof Key for Code Exchange (RFC 7636), S256 only.

use crate::client::Client;
use crate::crypto::sha256;
use crate::dialect::Legacy;
use crate::params::Params;
use crate::realm::Realm;
use crate::refusal::Refusal;
use crate::scope::ScopeSet;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use subtle::ConstantTimeEq;

/// An S256 code challenge: 43 characters of base64url, well-formed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Challenge(String);

impl Challenge {
    /// Reads `code_challenge` and `code_challenge_method`; both absent: none.
    ///
    /// # Errors
    /// `plain` (also by omission of the method, RFC 7636 4.3), an unknown method, a challenge that S256 cannot make.
    pub fn read(challenge: Option<&str>, method: Option<&str>) -> Result<Option<Self>, Refusal> {
        match (challenge, method) {
            (None, None) => Ok(None),
            (None, Some(_)) => Err(Refusal::ChallengeMissing),
            (Some(text), Some("S256")) => {
                let is_digest = text.len() == 43 && URL_SAFE_NO_PAD.decode(text).is_ok_and(|bytes| bytes.len() == 32);
                if is_digest { Ok(Some(Self(text.to_owned()))) } else { Err(Refusal::ChallengeMalformed) }
            }
            (Some(_), _) => Err(Refusal::ChallengeMethod),
        }
    }

    /// As it was sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this challenge was made from `verifier`.
    fn accepts(&self, verifier: &str) -> bool {
        let computed = URL_SAFE_NO_PAD.encode(sha256(verifier.as_bytes()));
        computed.as_bytes().ct_eq(self.0.as_bytes()).into()
    }
}

/// The challenge of an authorization request for a code with `scope`.
///
/// # Errors
/// It cannot be read; it is missing where it must not be.
pub fn of_request(
    realm: &Realm,
    client: &Client,
    params: &Params<'_>,
    scope: &ScopeSet,
) -> Result<Option<Challenge>, Refusal> {
    let challenge = Challenge::read(params.get("code_challenge"), params.get("code_challenge_method"))?;
    let bound_by_nonce = params.get("nonce").is_some() && scope.contains("openid");
    if challenge.is_none() && without(realm, client, bound_by_nonce).is_none() {
        return Err(Refusal::ChallengeMissing);
    }
    Ok(challenge)
}

/// Why a code may go without PKCE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Without {
    /// A nonce binds it to the browser that began (RFC 9700 2.1.1).
    Nonce,
    /// The client was given [`Legacy::NoPkce`].
    Legacy,
}

/// Whether a code of `client` may go without PKCE, and why; `bound_by_nonce`: `openid` was asked for with a nonce.
pub fn without(realm: &Realm, client: &Client, bound_by_nonce: bool) -> Option<Without> {
    if realm.requires_pkce(client) {
        return None;
    }
    if bound_by_nonce {
        return Some(Without::Nonce);
    }
    realm.allows(client, Legacy::NoPkce).then_some(Without::Legacy)
}

/// Checks a code's challenge against the verifier of the token request (RFC 7636 4.6, RFC 9700 4.8.2).
///
/// # Errors
/// One is there without the other, the verifier is malformed, or it is not the right one.
pub fn check(challenge: Option<&Challenge>, verifier: Option<&str>) -> Result<(), Refusal> {
    match (challenge, verifier) {
        (None, None) => Ok(()),
        (None, Some(_)) => Err(Refusal::VerifierUnexpected),
        (Some(_), None) => Err(Refusal::VerifierMissing),
        (Some(challenge), Some(verifier)) => {
            let well_formed = (43..=128).contains(&verifier.len())
                && verifier.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~'));
            if well_formed && challenge.accepts(verifier) { Ok(()) } else { Err(Refusal::VerifierWrong) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 7636 appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn verifier_and_challenge_belong_together() {
        let challenge = Challenge::read(Some(CHALLENGE), Some("S256")).unwrap();
        assert_eq!(check(challenge.as_ref(), Some(VERIFIER)), Ok(()));
        assert_eq!(check(challenge.as_ref(), None), Err(Refusal::VerifierMissing));
        assert_eq!(check(challenge.as_ref(), Some(&VERIFIER.replace('d', "e"))), Err(Refusal::VerifierWrong));
        assert_eq!(check(None, Some(VERIFIER)), Err(Refusal::VerifierUnexpected));
    }

    #[test]
    fn only_s256_is_taken_and_only_in_its_length() {
        assert_eq!(Challenge::read(Some(CHALLENGE), Some("plain")), Err(Refusal::ChallengeMethod));
        assert_eq!(Challenge::read(Some(CHALLENGE), None), Err(Refusal::ChallengeMethod));
        assert_eq!(Challenge::read(Some("short"), Some("S256")), Err(Refusal::ChallengeMalformed));
        let challenge = Challenge::read(Some(CHALLENGE), Some("S256")).unwrap();
        for bad in ["a".repeat(42), "a".repeat(129), format!("{VERIFIER} ")] {
            assert_eq!(check(challenge.as_ref(), Some(&bad)), Err(Refusal::VerifierWrong));
        }
    }
}
