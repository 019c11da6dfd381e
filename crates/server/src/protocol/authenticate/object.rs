//! Request objects that a client made with its secret (HS256, OpenID Connect Core 6.1): each is a use of the secret, so the brake is asked
//! as for the secret itself. Otherwise the authorization endpoint would be the place to guess it.

use super::{Authenticator, braked};
use crate::failure::Failure;
use crate::state::State;
use crate::state::brakes::Peer;
use crate::state::clients::Entry;
use claviger_core::Realm;
use claviger_core::jose::{JwtError, MacKey};
use claviger_core::request_object::{RequestObject, open_by_secret};
use std::net::IpAddr;

/// Opens it, with one of the secrets that the server knows.
///
/// # Errors
/// Braked; inside: what is wrong with it.
pub(crate) async fn open_object(
    state: &State,
    realm: &Realm,
    entry: &Entry,
    text: &str,
    from: IpAddr,
) -> Result<Result<RequestObject, JwtError>, Failure> {
    let authenticator = Authenticator::of(state, realm, from);
    let (subject, now) = (authenticator.subject(&entry.client), state.clock.now());
    let guess = state.brakes.guess(subject, Peer::from(from), now).await.map_err(braked)?;
    let keys: Vec<MacKey> =
        authenticator.sealed(entry, now).filter_map(|(_, secret)| MacKey::of_secret(&secret).ok()).collect();
    let opened = open_by_secret(text, &keys);
    match &opened {
        Ok(_) => guess.succeeded(),
        Err(JwtError::SignatureWrong) => drop(guess),
        // Nothing was compared with a secret.
        Err(_) => guess.undecided(),
    }
    Ok(opened)
}
