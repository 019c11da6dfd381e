//! A user's name and password.

use crate::failure::Failure;
use crate::state::State;
use crate::state::brakes::{Peer, Subject};
use crate::state::hashing::{Busy, Turn, forms_of};
use claviger_core::token::Plain;
use claviger_core::user::User;
use claviger_core::{Realm, Refusal};
use claviger_store::{Masked, Precondition};

/// A user whose password was found right.
pub(crate) struct Verified {
    /// Who it is.
    pub(crate) user: User,
    /// That they have this password still: a condition for what is given to them.
    pub(crate) precondition: Precondition,
}

/// Finds the user with this name (or confirmed e-mail address) and password who may use it here; `None` if there is none such, at the same cost, and with
/// the same effect on the brakes: whoever guesses the password of somebody who may not use it here is not told. Guessing is
/// braked by [`crate::state::brakes`].
///
/// # Errors
/// Braked, or no room for another hash.
pub(crate) async fn check_password(
    state: &State,
    realm: &Realm,
    (username, password): (&str, &Plain),
    from: Peer,
    may: impl Fn(&User) -> bool,
) -> Result<Option<Verified>, Failure> {
    let turn = Turn::of(&realm.id, from.address);
    let realm = &realm.id;
    let key = User::username_key(username);
    let (found, precondition) = state.store.login_to_verify(realm, username).await?.unzip();
    let subject =
        found.as_ref().map_or_else(|| Subject::unknown_user(realm, &key), |found| Subject::user(realm, &found.user.id));
    let braked = |seconds| Refusal::Braked { seconds, user: true };
    let guess = state.brakes.guess(subject, from, state.clock.now()).await.map_err(braked)?;
    let hash = found.as_ref().and_then(|found| found.password_hash.as_ref());
    let Ok(is_right) = verify(state, turn, password, hash).await else {
        guess.undecided();
        return Err(Failure::Busy("password hashing"));
    };
    let user = found.map(|found| found.user).filter(|user| is_right && !user.disabled && may(user));
    if user.is_some() {
        guess.succeeded();
    }
    Ok(user.zip(precondition).map(|(user, precondition)| Verified { user, precondition }))
}

/// Whether the stored hash is of this password, as it was typed or in its normal form; as long for nobody's.
async fn verify(state: &State, turn: Turn, password: &Plain, hash: Option<&Masked<String>>) -> Result<bool, Busy> {
    for form in forms_of(password) {
        let is_right = match hash {
            Some(hash) => state.hasher.verify_for(turn, form, hash.as_str()).await?,
            None => state.hasher.verify_against_nothing(turn).await.map(|()| false)?,
        };
        if is_right {
            return Ok(true);
        }
    }
    Ok(false)
}
