//! `id_token_hint` (OpenID Connect Core 3.1.2.1, RP-Initiated Logout 2).

use crate::state::State;
use crate::state::sites::Site;
use claviger_core::Client;
use claviger_core::authorize::AuthorizationRequest;
use claviger_core::crypto::CryptoError;
use claviger_core::jose::{Typ, verify_jwt};

/// What an ID token of ours says of whom it is about, expired or not.
#[derive(serde::Deserialize)]
pub(crate) struct Hint {
    iss: String,
    /// The user, by their id.
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
    let hint = serde_json::from_slice::<Hint>(&decoded.claims).ok()?;
    let sub = state.secrets.subjects.user(&site.realm.id, &hint.sub).into_owned();
    (hint.iss == site.realm.issuer && hint.azp == hint.aud).then_some(Hint { sub, ..hint })
}

/// Says in a request whom its `id_token_hint` names and who the only one is that it may be about, each by their id: a client may
/// know them by another name. A hint that is no ID token of this issuer names nobody: who is signed in is not the one that it is about
/// (OpenID Connect Core 3.1.2.1).
///
/// # Errors
/// The library fails.
pub(crate) fn name_users(
    state: &State,
    site: &Site,
    client: &Client,
    hint_sent: Option<&str>,
    request: &mut AuthorizationRequest,
) -> Result<(), CryptoError> {
    request.hinted_user = hint_sent.map(|token| hint(state, site, token).map(|hint| hint.sub).unwrap_or_default());
    if let Some(subject) = &request.claims.subject {
        let (subjects, realm) = (&state.secrets.subjects, &site.realm.id);
        let user = subjects.user(realm, subject);
        // Of another name than the client's own nobody is found: it does not learn whose that is.
        let is_own_name = subjects.name(realm, client, &user)? == *subject;
        request.only_user = Some(if is_own_name { user.into_owned() } else { String::new() });
    }
    Ok(())
}
