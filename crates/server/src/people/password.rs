//! A user's name and password.

use crate::failure::Failure;
use crate::state::State;
use crate::state::brakes::{Peer, Subject};
use crate::state::hashing::Turn;
use claviger_core::token::Plain;
use claviger_core::user::User;
use claviger_core::{Realm, Refusal};
use claviger_store::StoredUser;

/// Finds the user with this name and password who may use it here; `None` if there is none such, at the same cost, and with
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
) -> Result<Option<User>, Failure> {
    let turn = Turn::of(&realm.id, from.address);
    let realm = &realm.id;
    let key = User::username_key(username);
    let found = state.store.user_by_username(realm, &key).await?;
    let subject =
        found.as_ref().map_or_else(|| Subject::unknown_user(realm, &key), |found| Subject::user(realm, &found.user.id));
    let braked = |seconds| Refusal::Braked { seconds, user: true };
    let guess = state.brakes.guess(subject, from, state.clock.now()).await.map_err(braked)?;
    let checked = match &found {
        Some(StoredUser { password_hash: Some(hash), .. }) => {
            state.hasher.verify_for(turn, password.clone(), hash.as_str()).await
        }
        _ => state.hasher.verify_against_nothing(turn).await.map(|()| false),
    };
    let Ok(is_right) = checked else {
        guess.undecided();
        return Err(Failure::Busy("password hashing"));
    };
    let user = found.map(|found| found.user).filter(|user| is_right && !user.disabled && may(user));
    if user.is_some() {
        guess.succeeded();
    }
    Ok(user)
}
