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
    let (of, realm) = (realm, &realm.id);
    let key = User::username_key(username);
    let (found, precondition) = state.store.login_to_verify(realm, username).await?.unzip();
    let subject =
        found.as_ref().map_or_else(|| Subject::unknown_user(realm, &key), |found| Subject::user(realm, &found.user.id));
    let braked = |seconds| Refusal::Braked { seconds, user: true };
    let guess = state.brakes.guess(subject, from, state.clock.now()).await.map_err(braked)?;
    let (store, clock, secrets, hasher) = (&state.store, &state.clock, &state.secrets, &state.hasher);
    let passwords = Passwords { store, clock, secrets, hasher, outbound: &state.outbound, realm: of, turn };
    let checked = match passwords.verify(username, found.as_ref(), password).await {
        Ok(checked) => checked,
        Err(unchecked) => {
            guess.undecided();
            return Err(unchecked.into());
        }
    };
    let found = found.map(|found| found.user);
    let (user, precondition) = match checked {
        Checked::Wrong => (None, precondition),
        Checked::Right => (found, precondition),
        Checked::Moved(_, precondition) => (found, Some(precondition)),
        Checked::Adopted(adopted) => (Some(adopted.user), Some(adopted.precondition)),
    };
    let user = user.filter(|user| !user.disabled && may(user));
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
            Unchecked::Unsaid(unsaid) => {
                tracing::warn!(%unsaid, "nobody is signed in");
                Self::Busy("whoever knows the users")
            }
        }
    }
}
