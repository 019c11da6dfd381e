//! Clients that prove themselves with a JWT (RFC 7523 2.2, OpenID Connect Core 9).
//!
//! What an assertion says is checked before anybody looks for its client, so that bad input costs nothing and tells nothing.
//! Then the brake is asked, as for a secret: a signature cannot be guessed, but each costs a verification.

use super::method::Check;
use super::{Authenticator, Right};
use crate::failure::Failure;
use crate::state::brakes::Peer;
use crate::state::clients::Entry;
use claviger_core::client::AssertionAlgorithm;
use claviger_core::client_assertion::{ClientAssertion, Expected, is_assertion_type};
use claviger_core::client_auth::Credentials;
use claviger_core::dialect::Endpoint;
use claviger_core::jose::{JwtError, MacKey, VerifyingKeys, verify_hs256, verify_jwt};
use claviger_core::{Realm, Refusal};
use claviger_store::{SecretKind, Spend, SpendKind};
use std::sync::Arc;
use zeroize::Zeroizing;

/// What is remembered of an assertion is kept so much longer than it is good, in milliseconds: clocks of servers differ.
const LONGER: i64 = 60_000;

/// Whether an assertion is for this realm and good now; the same for every client.
///
/// # Errors
/// What is wrong with it.
pub(super) fn check(realm: &Realm, assertion: &ClientAssertion, now: i64) -> Result<(), Refusal> {
    let alone = assertion.check(Expected { issuer: &realm.issuer, others: &[], now });
    // FAPI 2.0 5.3.2.1: the issuer, and nothing beside it.
    if alone.is_ok() || realm.profile.is_some() {
        return alone;
    }
    let others: Vec<String> =
        [Endpoint::Token, Endpoint::PushedAuthorization].into_iter().filter_map(|at| realm.url(at)).collect();
    assertion.check(Expected { issuer: &realm.issuer, others: &others, now })
}

impl Authenticator<'_> {
    /// Checks what the client made the assertion with: its registered keys, or its secret.
    pub(super) async fn prove_by_assertion(
        &self,
        entry: &Entry,
        given: &Credentials,
        check: Check,
    ) -> Result<Right, Failure> {
        let Credentials::Assertion(given) = given else { return Err(Refusal::WrongAssertion.into()) };
        let subject = self.subject(&entry.client);
        let guess = self.brakes.guess(subject, Peer::from(self.from), self.clock.now()).await.map_err(super::braked)?;
        let made = match check {
            Check::Mac => self.made_with_secret(entry, given.jwt.expose()).map(Some),
            _ => self.verify(entry, given.jwt.expose()).await.map(|()| None),
        };
        match made {
            Ok(id) => {
                guess.succeeded();
                Ok(Right { id, raw: false, stretched: None, ends_at: None })
            }
            Err(why) => {
                drop(guess);
                tracing::info!(client = entry.client.id, %why, "a client assertion is refused");
                Err(Refusal::WrongAssertion.into())
            }
        }
    }

    /// The id of the secret that the assertion was made with.
    fn made_with_secret(&self, entry: &Entry, jwt: &str) -> Result<String, JwtError> {
        let mut wrong = JwtError::KidUnknown;
        for (id, secret) in self.sealed(entry, self.clock.now()) {
            let Ok(key) = MacKey::of_secret(&secret) else { continue };
            match verify_hs256(jwt, &[key]) {
                Ok(decoded) if is_assertion_type(decoded.typ.as_deref()) => return Ok(id.to_owned()),
                Ok(_) => return Err(JwtError::TypWrong),
                Err(why) => wrong = why,
            }
        }
        Err(wrong)
    }

    /// The secrets that the server knows, each with its id.
    pub(super) fn sealed<'e>(&self, entry: &'e Entry, now: i64) -> impl Iterator<Item = (&'e str, Zeroizing<Vec<u8>>)> {
        entry.live(SecretKind::Sealed, now).filter_map(move |stored| {
            let owner = [self.realm.id.as_str(), &entry.client.id, &stored.id];
            let opened = self.secrets.open_client_secret(owner, &stored.hash);
            if opened.is_none() {
                tracing::error!(client = entry.client.id, secret = stored.id, "a sealed secret cannot be opened");
            }
            Some((stored.id.as_str(), opened?))
        })
    }

    /// With the keys that are known; where those lie elsewhere, a key that is not known is looked for there.
    async fn verify(&self, entry: &Entry, jwt: &str) -> Result<(), JwtError> {
        let verified = verify_with(self.realm, entry, &*self.keys(entry, false).await, jwt);
        if entry.client.jwks_uri.is_some() && matches!(verified, Err(JwtError::KidUnknown | JwtError::KidMissing)) {
            return verify_with(self.realm, entry, &*self.keys(entry, true).await, jwt);
        }
        verified
    }

    /// The client's public keys, wherever they lie. `must_be_new`: one was not found in what is known.
    pub(super) async fn keys(&self, entry: &Entry, must_be_new: bool) -> Arc<VerifyingKeys> {
        self.client_keys.known(self.outbound, self.realm, entry, self.clock.now(), must_be_new).await
    }

    /// The use of an assertion, which is good once.
    pub(super) fn spend(&self, given: &ClientAssertion) -> Spend {
        let until = given.exp.saturating_mul(1000).saturating_add(LONGER);
        Spend::new(SpendKind::ClientAssertion, &self.realm.id, &given.client, &given.jti, until)
    }
}

/// Whether one of these keys made it, with an algorithm that the client registered and the realm's profile has.
fn verify_with(realm: &Realm, entry: &Entry, keys: &VerifyingKeys, jwt: &str) -> Result<(), JwtError> {
    let decoded = verify_jwt(jwt, keys, None)?;
    let algorithm = decoded.header.algorithm;
    if !realm.may_sign(algorithm) || !entry.client.authentication.allows(AssertionAlgorithm::Signed(algorithm)) {
        return Err(JwtError::AlgorithmMismatch);
    }
    if is_assertion_type(decoded.header.typ.as_deref()) { Ok(()) } else { Err(JwtError::TypWrong) }
}
