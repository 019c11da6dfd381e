//! Ending tokens and grants: here at once, and elsewhere within a second.

use crate::failure::Failure;
use crate::protocol::bearer::Token;
use crate::state::State;
use crate::state::sites::Site;
use claviger_core::refusal::Ending;
use claviger_core::token::Id;
use claviger_store::RevocationKind;

/// Ends a grant with all that came of it.
///
/// # Errors
/// The store cannot write.
pub(crate) async fn revoke_grant(state: &State, site: &Site, grant: &Id, why: Ending) -> Result<(), Failure> {
    let now = state.clock.now();
    let until = now + site.realm.longest_token();
    state.store.revoke_grant(&site.realm.id, grant, why.stored(), now, until).await?;
    Ok(state.follower().catch_up().await?)
}

/// Revokes an access token; with its whole session, if it belongs to one and `session` says so.
///
/// # Errors
/// The store cannot write.
pub(crate) async fn revoke_token(state: &State, site: &Site, token: &Token, session: bool) -> Result<(), Failure> {
    if let (Some(grant), true) = (&token.grant, session) {
        return revoke_grant(state, site, grant, Ending::LoggedOff).await;
    }
    let now = state.clock.now();
    if let Some(id) = &token.opaque {
        state.store.revoke_access_token(id, now).await?;
    }
    let realm = &site.realm.id;
    let until = token.expires_at + 60_000;
    state.store.revoke(realm, RevocationKind::Jti, &token.claims.jti, until, until, now).await?;
    Ok(state.follower().catch_up().await?)
}
