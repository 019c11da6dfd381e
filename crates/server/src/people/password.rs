//! A user's name and password.

use crate::failure::Failure;
use crate::state::State;
use crate::state::brakes::{Peer, Subject};
use crate::state::hashing::Turn;
use crate::state::passwords::{Checked, Passwords, Unchecked};
use claviger_core::token::Plain;
use claviger_core::user::User;
use claviger_core::{Realm, Refusal};
use claviger_store::Precondition;

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
    let (store, clock, secrets, hasher) = (&state.store, &state.clock, &state.secrets, &state.hasher);
    let passwords = Passwords { store, clock, secrets, hasher, realm, turn };
    let stored = found.as_ref().and_then(|found| Some((&found.user.id, found.password_hash.as_ref()?)));
    let checked = match stored {
        Some((id, hash)) => passwords.check(id, password, hash).await,
        None => passwords.check_against_nothing(password).await.map(|()| Checked::Wrong),
    };
    let checked = match checked {
        Ok(checked) => checked,
        Err(unchecked) => {
            guess.undecided();
            return Err(unchecked.into());
        }
    };
    let (is_right, precondition) = match checked {
        Checked::Wrong => (false, precondition),
        Checked::Right => (true, precondition),
        Checked::Moved(_, precondition) => (true, Some(precondition)),
    };
    let user = found.map(|found| found.user).filter(|user| is_right && !user.disabled && may(user));
    if user.is_some() {
        guess.succeeded();
    }
    Ok(user.zip(precondition).map(|(user, precondition)| Verified { user, precondition }))
}

impl From<Unchecked> for Failure {
    fn from(unchecked: Unchecked) -> Self {
        match unchecked {
            Unchecked::Busy(_) => Self::Busy("password hashing"),
            Unchecked::Store(fault) => fault.into(),
        }
    }
}
