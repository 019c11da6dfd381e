//! Whether what somebody typed is right, and used up by that.

use super::made::{secret_of, typed_code};
use super::usable;
use crate::failure::Failure;
use crate::state::State;
use crate::state::brakes::{Attempt, Subject};
use crate::state::sites::Site;
use claviger_core::Refusal;
use claviger_core::sign_in::{FactorKind, Proved};
use claviger_core::totp::DIGITS;
use claviger_core::user::User;
use claviger_store::Factor;
use std::net::IpAddr;
use zeroize::Zeroizing;

/// The longest text that is looked at.
const LONGEST: usize = 64;

/// What was proved by `typed`, and is used up by that; `None` where it is wrong or was used before. Guessing is braked by the user,
/// wherever from, because nobody comes here who does not know the password; and by the address.
///
/// # Errors
/// Braked; the store fails.
pub(crate) async fn prove(
    state: &State,
    site: &Site,
    user: &User,
    typed: &str,
    kinds: &[FactorKind],
    from: IpAddr,
) -> Result<Option<Proved>, Failure> {
    let realm = site.realm.id.as_str();
    let now = state.clock.now();
    let counted = [Some(Subject::second_factor(realm, &user.id)), Subject::address(from)];
    let braked = |seconds| Refusal::Braked { seconds, user: true };
    let attempts = state.brakes.start_each(counted.into_iter().flatten(), now).await.map_err(braked)?;
    let plain: Zeroizing<String> =
        Zeroizing::new(typed.chars().filter(|letter| !letter.is_whitespace() && *letter != '-').collect());
    let proved = if plain.len() > LONGEST { Ok(None) } else { check(state, realm, user, &plain, kinds, now).await };
    match &proved {
        Ok(Some(_)) => attempts.into_iter().for_each(Attempt::succeeded),
        Ok(None) => drop(attempts),
        Err(_) => attempts.into_iter().for_each(Attempt::undecided),
    }
    proved
}

async fn check(
    state: &State,
    realm: &str,
    user: &User,
    plain: &str,
    kinds: &[FactorKind],
    now: i64,
) -> Result<Option<Proved>, Failure> {
    let factors = state.store.factors(realm, &user.id).await?;
    let usable = usable(&factors, kinds);
    let is_digits = plain.len() == DIGITS && plain.bytes().all(|byte| byte.is_ascii_digit());
    if is_digits {
        return Ok(totp(state, (realm, &user.id), &usable, plain, now).await?.then_some(Proved::Totp));
    }
    let Some(code) = typed_code(&state.secrets, (realm, &user.id), &usable, plain) else { return Ok(None) };
    let is_first = state.store.use_recovery_code(realm, &user.id, &code.id, now).await?;
    Ok(is_first.then_some(Proved::RecoveryCode))
}

/// Whether this is the code of one of the user's authenticator apps, and nobody used it before.
async fn totp(state: &State, owner: (&str, &str), usable: &[&Factor], code: &str, now: i64) -> Result<bool, Failure> {
    for factor in usable.iter().filter(|factor| factor.kind == FactorKind::Totp) {
        let secret = secret_of(&state.secrets, owner, factor)
            .ok_or_else(|| Failure::Fault("the secret of an authenticator app does not open".to_owned()))?;
        if let Some(step) = secret.step_of(code, now, factor.counter) {
            return Ok(state.store.use_factor(owner.0, owner.1, &factor.id, step, now).await?);
        }
    }
    Ok(false)
}
