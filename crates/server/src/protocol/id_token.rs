//! An ID token that comes back to us to be exchanged (RFC 8693): whose it is, and whether it is good.

use crate::failure::Failure;
use crate::protocol::bearer;
use crate::state::State;
use crate::state::revoked::Subject;
use crate::state::sites::Site;
use claviger_core::jose::{Typ, verify_jwt};
use serde_json::Value;

/// What an ID token of ours says (OpenID Connect Core 2).
#[derive(Debug, serde::Deserialize)]
pub(super) struct IdToken {
    iss: String,
    sub: String,
    aud: String,
    /// The client; an access token, which can be `JWT` as well, has none.
    azp: String,
    exp: i64,
    iat: i64,
    auth_time: Option<i64>,
    acr: Option<String>,
    may_act: Option<Value>,
}

/// An ID token that is good now.
#[derive(Debug)]
pub(super) struct Read {
    /// The user's id.
    pub(super) user: String,
    /// The client that it was given to.
    pub(super) client: String,
    /// When it ends, in milliseconds.
    pub(super) expires_at: i64,
    /// When its user signed in, in milliseconds.
    pub(super) auth_time: Option<i64>,
    /// How strongly, where it says so.
    pub(super) acr: Option<String>,
    /// Who may act for the user, where it says so.
    pub(super) may_act: Option<Value>,
}

/// Reads an ID token of this site; `None` for everything else, and for one that is over or was revoked with its user, its client or
/// its key.
///
/// # Errors
/// The store cannot be read.
pub(super) async fn read(state: &State, site: &Site, text: &str) -> Result<Option<Read>, Failure> {
    let Ok(decoded) = verify_jwt(text, &site.keys.verifying(), Some(Typ::Jwt)) else { return Ok(None) };
    let Ok(claims) = serde_json::from_slice::<IdToken>(&decoded.claims) else { return Ok(None) };
    let IdToken { iss, sub, aud, azp, exp, iat, auth_time, acr, may_act } = claims;
    let expires_at = exp.saturating_mul(1000);
    if iss != site.realm.issuer || aud != azp || expires_at <= state.clock.now() {
        return Ok(None);
    }
    let user = state.secrets.subjects.user(&site.realm.id, &sub).into_owned();
    let subject = Subject {
        // It has no name of its own by which it could be revoked.
        jti: "",
        grant: None,
        client: &azp,
        user: &user,
        key: decoded.key.as_deref(),
        // Somewhere in that second: the end of it would let what was revoked within it live.
        issued_at: iat.saturating_mul(1000),
    };
    if bearer::is_revoked(state, site, &subject).await? {
        return Ok(None);
    }
    let auth_time = auth_time.map(|time| time.saturating_mul(1000));
    Ok(Some(Read { user, client: azp, expires_at, auth_time, acr, may_act }))
}
