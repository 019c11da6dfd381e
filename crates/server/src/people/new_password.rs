//! A password that somebody chooses: what is not taken, and what is stored of the rest.

use crate::failure::Failure;
use crate::state::State;
use crate::state::hashing::normal_form;
use claviger_core::Realm;
use claviger_core::password::{Strength, Weakness, strength, weakness};
use claviger_core::token::Plain;
use claviger_core::user::User;
use claviger_store::Masked;

/// The longest password, in bytes.
const LONGEST: usize = 1024;

/// A password that is taken.
pub(crate) struct Chosen {
    /// What is stored of it.
    pub(crate) hash: Masked<String>,
    /// How strong it is.
    pub(crate) strength: Strength,
}

/// Hashes a password, or says why it is not taken.
///
/// # Errors
/// No room for another hash.
pub(crate) async fn choose(
    state: &State,
    realm: &Realm,
    user: &User,
    password: &Plain,
) -> Result<Result<Chosen, Weakness>, Failure> {
    let typed = password.expose();
    let names = [
        Some(user.username.as_str()),
        user.name.as_deref(),
        user.email.as_deref(),
        Some(realm.name.as_str()),
        realm.brand.name.as_deref(),
    ];
    let names: Vec<&str> = names.into_iter().flatten().collect();
    if typed.len() > LONGEST {
        return Ok(Err(Weakness::Guessable));
    }
    if let Some(weakness) = weakness(typed, &names) {
        return Ok(Err(weakness));
    }
    let normal = normal_form(password);
    if state.leaked.has(password).await || state.leaked.has(&normal).await {
        return Ok(Err(Weakness::Known));
    }
    let strength = strength(typed);
    let hash = state.hasher.hash(normal).await.map_err(|_| Failure::Busy("password hashing"))?;
    Ok(Ok(Chosen { hash: Masked(hash), strength }))
}
