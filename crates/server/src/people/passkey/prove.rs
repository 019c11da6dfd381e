//! Whether a passkey was shown, and used up what it was asked.

use super::challenge::{Ceremony, Challenge};
use super::form::{party, party_by_itself};
use super::kept;
use crate::failure::Failure;
use crate::people::flow::Flow;
use claviger_core::Params;
use claviger_core::jose::base64url;
use claviger_core::sign_in::{PasskeyUse, Proved};
use claviger_core::user::User;
use claviger_core::webauthn::{self, Assertion, Credential, Problem, Registered, Registration, user_handle};
use claviger_store::{Act, Actor, Factor, Issued, PasskeyUsed, UsePasskey, Way};

/// What came of an answer.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// The user of this id has shown a passkey.
    Proved(String, Proved),
    /// The question is over, was answered before, or is not this browser's.
    Again,
    /// It is no answer to the question.
    Wrong,
}

/// Whether the form of a page answers its question: with a passkey of `user`, or of anybody in this realm where none is named; then the
/// authenticator must know its user, because nothing else says who that is.
///
/// # Errors
/// The store fails.
pub(crate) async fn prove(
    flow: &Flow<'_>,
    params: &Params<'_>,
    of: Ceremony,
    user: Option<&User>,
) -> Result<Verdict, Failure> {
    let (state, site) = (flow.state, flow.site);
    let id = user.map(|user| user.id.as_str());
    let sealed = params.get("ceremony").unwrap_or_default();
    let Some(challenge) = Challenge::open(sealed, state, site, flow.browser, of, id) else { return Ok(Verdict::Again) };
    let party = if user.is_some() { party(site) } else { party_by_itself(site) };
    let Some(party) = party else { return Ok(Verdict::Wrong) };
    let answer = match Assertion::read(params.get("passkey").unwrap_or_default()) {
        Ok(answer) => answer,
        Err(problem) => return Ok(refused(problem)),
    };
    let factor_id = kept::factor_id(&base64url(&answer.id));
    let found = state.store.passkey(&site.realm.id, &factor_id).await?;
    let Some((owner, factor)) = found.filter(|(owner, _)| id.is_none_or(|id| id == owner)) else {
        tracing::info!("a passkey is not known in this realm");
        return Ok(Verdict::Wrong);
    };
    let handle = user_handle(&site.realm.id, &owner);
    let is_theirs = answer.user_handle.as_ref().map_or(id.is_some(), |named| *named == handle);
    let credential = kept::open(&state.secrets, [&site.realm.id, &owner], &factor).filter(|_| is_theirs);
    let Some(credential) = credential else { return Ok(refused(Problem::WrongCredential)) };
    let asked = webauthn::Ceremony { party: &party, challenge: &challenge.bytes(), must_verify: user.is_none() };
    let shown = match asked.authenticate(&answer, &credential) {
        Ok(shown) => shown,
        Err(problem) => return Ok(refused(problem)),
    };
    let proved = Proved::Passkey(PasskeyUse { verified: shown.verified, synced: credential.backup_eligible });
    let credential = Credential { backed_up: shown.backed_up, ..credential };
    let content = kept::seal(&state.secrets, [&site.realm.id, &owner, &factor.id], &credential)?;
    let challenge = challenge.spend(site);
    let next = UsePasskey { user: owner.clone(), id: factor.id.clone(), counter: shown.counter, content, challenge };
    match state.store.use_passkey(&site.realm.id, next, state.clock.now()).await? {
        PasskeyUsed::Done => Ok(Verdict::Proved(owner, proved)),
        PasskeyUsed::Replayed => Ok(Verdict::Again),
        PasskeyUsed::Gone => Ok(Verdict::Wrong),
        PasskeyUsed::WentBack { counter } => {
            tell_of_a_copy(flow, &owner, &factor, (counter, shown.counter)).await?;
            Ok(Verdict::Wrong)
        }
    }
}

/// Says that there may be a copy of a passkey: its counter is not behind where it was (section 6.1.1).
async fn tell_of_a_copy(flow: &Flow<'_>, user: &str, factor: &Factor, counter: (i64, u32)) -> Result<(), Failure> {
    let (state, realm, incoming) = (flow.state, &flow.site.realm.id, flow.incoming);
    let (was, is) = counter;
    tracing::warn!(user, passkey = factor.id, was, is, "the counter of a passkey went back: there may be a copy of it");
    let (name, reference) = (incoming.client.to_string(), incoming.id.to_string());
    let store = state.store.audited(&Actor { name, way: Way::Pages, reference }, Act::PasskeyCopied);
    Ok(store.note_passkey_copied(realm, user, &factor.id, counter, state.clock.now()).await?)
}

/// What came of a registration.
#[derive(Debug)]
pub(crate) enum Made {
    /// This passkey.
    Passkey(Box<Registered>),
    /// The question is over, was answered before, or is not this browser's.
    Again,
    /// It is no answer to the question.
    Wrong,
}

/// The passkey that a page's form brings for `user`.
///
/// # Errors
/// The store fails.
pub(crate) async fn made(flow: &Flow<'_>, params: &Params<'_>, user: &User) -> Result<Made, Failure> {
    let (state, site) = (flow.state, flow.site);
    let sealed = params.get("ceremony").unwrap_or_default();
    let challenge = Challenge::open(sealed, state, site, flow.browser, Ceremony::SetUp, Some(&user.id));
    let Some(challenge) = challenge else { return Ok(Made::Again) };
    let Some(party) = party(site) else { return Ok(Made::Wrong) };
    let asked = webauthn::Ceremony { party: &party, challenge: &challenge.bytes(), must_verify: false };
    let answer = Registration::read(params.get("passkey").unwrap_or_default());
    let made = match answer.and_then(|answer| asked.register(&answer)) {
        Ok(made) => made,
        Err(problem) => {
            refused(problem);
            return Ok(Made::Wrong);
        }
    };
    if state.store.spend(vec![challenge.spend(site)], state.clock.now()).await? != Issued::Done {
        return Ok(Made::Again);
    }
    Ok(Made::Passkey(Box::new(made)))
}

fn refused(problem: Problem) -> Verdict {
    tracing::info!(%problem, "a passkey is refused");
    Verdict::Wrong
}
