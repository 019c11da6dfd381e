//! Proof of possession, as requests bring it (RFC 9449; RFC 8705 in [`certificate`]): which key the sender showed, and whether a token
//! is theirs.

use crate::failure::Failure;
use crate::http::{Answer, Incoming};
use crate::protocol::bearer::{Scheme, Token};
use crate::protocol::certificate;
use crate::state::State;
use crate::state::sites::Site;
use claviger_core::bearer::Reason;
use claviger_core::confirmation::{Confirmation, Thumbprint};
use claviger_core::dpop::{Expected, Nonces, Proof, ProofError};
use claviger_core::dpop_challenge::Schemes;
use claviger_core::{Client, Refusal};
use http::HeaderValue;
use http::header::{ACCESS_CONTROL_EXPOSE_HEADERS, AUTHORIZATION, HeaderName};

/// The proof of a request.
const DPOP: HeaderName = HeaderName::from_static("dpop");
/// The nonce for the next one.
const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// The key that a token request shows, which the tokens that it gets are bound to.
///
/// # Errors
/// The proof does not hold; there is none, and the client or the realm wants one.
pub(super) fn shown(
    state: &State,
    site: &Site,
    incoming: &Incoming,
    client: &Client,
) -> Result<Option<Confirmation>, Failure> {
    site.realm.admits(client)?;
    let bound = match proof_key(state, site, incoming, client)? {
        Some(key) => Some(Confirmation::Key(key)),
        None => certificate::shown(incoming, client)?,
    };
    match bound {
        None if client.dpop.dpop_bound_access_tokens => Err(Refusal::DpopProofMissing.into()),
        None if site.realm.binds_tokens_of(client) => Err(Refusal::SenderUnconstrained.into()),
        bound => Ok(bound),
    }
}

/// The key of the request's proof, if it has one (RFC 9449 5, 10.1).
///
/// # Errors
/// The proof does not hold.
pub(super) fn proof_key(
    state: &State,
    site: &Site,
    incoming: &Incoming,
    client: &Client,
) -> Result<Option<Thumbprint>, Failure> {
    let Some(text) = header(incoming).map_err(|TwoProofs| Refusal::DpopHeader)? else { return Ok(None) };
    let proof = check(state, site, incoming, (text, None), site.realm.nonces_for(client));
    match proof {
        Ok(proof) => Ok(Some(proof.key)),
        Err(ProofError::Nonce) => Err(Refusal::DpopNonce.into()),
        Err(why) => Err(Refusal::DpopProof(why).into()),
    }
}

/// Whether who sent an access token may use it: one that is bound to a key comes with a proof of that key, and in the scheme
/// `DPoP` (RFC 9449 7.1, 7.2); one that is bound to none comes as a bearer token.
///
/// # Errors
/// Why not.
pub(super) fn holds(
    state: &State,
    site: &Site,
    incoming: &Incoming,
    (text, scheme): (&str, Scheme),
    token: &Token,
) -> Result<(), Reason> {
    let bound = match (token.claims.cnf, scheme) {
        (None, Scheme::Bearer) if site.realm.profile.is_none() => return Ok(()),
        (bound @ Some(Confirmation::Certificate(_)), Scheme::Bearer) => return certificate::holds(incoming, bound),
        (Some(Confirmation::Key(bound)), Scheme::Dpop) => bound,
        _ => return Err(Reason::WrongScheme),
    };
    let proof = header(incoming).map_err(|TwoProofs| Reason::ProofInvalid)?.ok_or(Reason::ProofMissing)?;
    match check(state, site, incoming, (proof, Some(text)), site.realm.dpop.nonces) {
        Ok(proof) if proof.key == bound => Ok(()),
        Ok(_) => Err(Reason::OtherKey),
        Err(ProofError::Nonce) => Err(Reason::NonceNeeded),
        Err(why) => {
            tracing::info!(%why, "proof of possession refused");
            Err(Reason::ProofInvalid)
        }
    }
}

/// Checks a proof, with the access token that it came with, and remembers it.
fn check(
    state: &State,
    site: &Site,
    incoming: &Incoming,
    (text, token): (&str, Option<&str>),
    nonces: Nonces,
) -> Result<Proof, ProofError> {
    let (realm, now) = (&site.realm, state.clock.now());
    let proof = Proof::open(text, realm.proof_algorithms())?;
    let mut origins = vec![realm.origin()];
    origins.extend(realm.hosts.values().map(|host| host.origin.as_str()));
    proof.check(&Expected {
        method: incoming.head.method.as_str(),
        path: incoming.head.uri.path(),
        origins: &origins,
        token,
        nonces,
        is_nonce: |nonce: &str| state.secrets.is_nonce(nonce, &realm.id, now),
        now,
    })?;
    if state.proofs.is_new(&proof.digest(), now) { Ok(proof) } else { Err(ProofError::Replayed) }
}

/// A request has more than one proof, or one that is no text.
struct TwoProofs;

/// The one proof of a request.
fn header(incoming: &Incoming) -> Result<Option<&str>, TwoProofs> {
    let mut all = incoming.head.headers.get_all(DPOP).iter();
    let Some(first) = all.next() else { return Ok(None) };
    if all.next().is_some() {
        return Err(TwoProofs);
    }
    first.to_str().map(|text| Some(text.trim())).map_err(|_| TwoProofs)
}

/// In which schemes a request is asked for a token: in the one that it used, and in both where it used none and the realm's
/// tokens are bound.
pub(super) fn schemes(site: &Site, incoming: &Incoming) -> Schemes {
    let sent = incoming.header(AUTHORIZATION.as_str()).and_then(|value| value.trim().split(' ').next());
    match sent {
        Some(scheme) if scheme.eq_ignore_ascii_case("dpop") => Schemes::Dpop,
        _ if site.realm.profile.is_some() => Schemes::Both,
        _ => Schemes::Bearer,
    }
}

/// Gives the nonce for the next proof to who sent one now, or has to (RFC 9449 8.2), where the realm or the client wants nonces.
pub(super) fn give_nonce(state: &State, site: &Site, answer: &mut Answer) {
    let Ok(nonce) = HeaderValue::try_from(state.secrets.nonce(&site.realm.id, state.clock.now())) else { return };
    let headers = answer.headers_mut();
    headers.insert(DPOP_NONCE, nonce);
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("DPoP-Nonce, WWW-Authenticate"));
}

/// Whether an answer carries a nonce: it was asked for, or the proof of this request had one.
pub(super) fn wants_nonce(site: &Site, incoming: &Incoming, refusal: Option<&Refusal>) -> bool {
    refusal == Some(&Refusal::DpopNonce)
        || (site.realm.dpop.nonces == Nonces::Required && incoming.head.headers.contains_key(DPOP))
}
