//! A user's name and password.

use crate::failure::Failure;
use crate::state::State;
use crate::state::brakes::{Attempt, Subject};
use claviger_core::token::Plain;
use claviger_core::user::User;
use claviger_core::{Realm, Refusal};
use claviger_store::StoredUser;
use std::net::IpAddr;

/// Finds the user with this name and password; `None` if there is none such, at the same cost. Guessing is braked for the
/// user, and for the address that it comes `from`, where somebody tries many users a few times each.
///
/// # Errors
/// Braked, or no room for another hash.
pub(crate) async fn check_password(
    state: &State,
    realm: &Realm,
    (username, password): (&str, &Plain),
    from: IpAddr,
) -> Result<Option<User>, Failure> {
    let realm = &realm.id;
    let key = User::username_key(username);
    let found = state.store.user_by_username(realm, &key).await?;
    let subject =
        found.as_ref().map_or_else(|| Subject::unknown_user(realm, &key), |found| Subject::user(realm, &found.user.id));
    let braked = |seconds| Refusal::Braked { seconds, user: true };
    // The user's first: who is braked there does not use up the address.
    let subjects = [Some(subject), Subject::address(from)].into_iter().flatten();
    let attempts = state.brakes.start_each(subjects, state.clock.now()).await.map_err(braked)?;
    let checked = match &found {
        Some(StoredUser { password_hash: Some(hash), .. }) => {
            state.hasher.verify(password.clone(), hash.as_str()).await
        }
        _ => state.hasher.verify_against_nothing().await.map(|()| false),
    };
    match checked {
        Err(_) => {
            attempts.into_iter().for_each(Attempt::undecided);
            Err(Failure::Busy("password hashing"))
        }
        Ok(false) => Ok(None),
        Ok(true) => {
            attempts.into_iter().for_each(Attempt::succeeded);
            Ok(found.map(|found| found.user).filter(|user| !user.disabled))
        }
    }
}
