//! `id_token_hint` (OpenID Connect Core 3.1.2.1, RP-Initiated Logout 2).

use crate::state::State;
use crate::state::sites::Site;
use claviger_core::jose::{Typ, verify_jwt};

/// What an ID token of ours says of whom it is about, expired or not.
#[derive(serde::Deserialize)]
pub(crate) struct Hint {
    iss: String,
    /// The user.
    pub(crate) sub: String,
    /// The client.
    pub(crate) aud: String,
    /// The client once more; an access token, which can be `JWT` as well, has none.
    azp: String,
}

/// Reads a hint; `None` for everything that is no ID token of this site's.
pub(crate) fn hint(state: &State, site: &Site, token: &str) -> Option<Hint> {
    let mut keys = site.keys.for_hints(state.clock.now());
    let decoded = keys.find_map(|keys| verify_jwt(token, &keys, Some(Typ::Jwt)).ok())?;
    if decoded.key.is_some_and(|kid| state.revoked.is_key_revoked(&site.realm.id, &kid)) {
        return None;
    }
    serde_json::from_slice::<Hint>(&decoded.claims)
        .ok()
        .filter(|hint| hint.iss == site.realm.issuer && hint.azp == hint.aud)
}
