//! Revocation (RFC 7009): a client gives a token back. What it does not own, or what is none, is answered alike with 200.

use crate::failure::{Failure, empty, wrong_method};
use crate::http::{Answer, Incoming};
use crate::protocol::authenticate::{Authenticated, authenticate};
use crate::protocol::bearer;
use crate::protocol::call::use_legacy;
use crate::protocol::read::{allow_any_origin, preflight, read_credentials, read_params};
use crate::protocol::revoke::{revoke_grant, revoke_token};
use crate::state::State;
use crate::state::sites::Site;
use claviger_core::dialect::Legacy;
use claviger_core::refusal::Ending;
use claviger_core::token::PresentedRefresh;
use http::header::AUTHORIZATION;
use http::{Method, StatusCode};

/// Revokes the client's own token.
pub(crate) async fn answer(state: &State, site: &Site, incoming: &Incoming) -> Answer {
    let mut answer = match incoming.head.method {
        Method::POST => match respond(state, site, incoming).await {
            Ok(()) => empty(StatusCode::OK),
            Err(failure) => {
                let basic = incoming.head.headers.contains_key(AUTHORIZATION);
                failure.to_json(&site.realm.dialect, basic, incoming.id)
            }
        },
        Method::OPTIONS => return preflight(incoming),
        _ => return wrong_method("POST, OPTIONS"),
    };
    allow_any_origin(&mut answer);
    answer
}

async fn respond(state: &State, site: &Site, incoming: &Incoming) -> Result<(), Failure> {
    let (params, json) = read_params(&site.realm.dialect, incoming)?;
    let credentials = read_credentials(&site.realm.dialect, incoming, &params)?;
    let client = authenticate(state, &site.realm, &credentials, incoming.client).await?;
    if json {
        use_legacy(state, site, &client, Legacy::JsonBody)?;
    }
    let text = params.required("token")?;
    match PresentedRefresh::parse(text) {
        Some(presented) => revoke_refresh(state, site, &client, &presented).await,
        None => revoke_access(state, site, &client, text).await,
    }
}

/// A refresh token takes its access tokens with it (RFC 7009 2.1).
async fn revoke_refresh(
    state: &State,
    site: &Site,
    client: &Authenticated,
    presented: &PresentedRefresh,
) -> Result<(), Failure> {
    let Some(row) = state.store.grant(&presented.grant).await? else { return Ok(()) };
    let grant = &row.grant;
    let own = grant.realm == site.realm.id && grant.client == client.client().id;
    if own && state.secrets.refresh.is_genuine(presented, &grant.nonce) {
        revoke_grant(state, site, &grant.id, Ending::ByClient).await?;
    }
    Ok(())
}

async fn revoke_access(state: &State, site: &Site, client: &Authenticated, text: &str) -> Result<(), Failure> {
    match bearer::read(state, site, text).await? {
        Some(token) if *token.claims.client_id == *client.client().id => revoke_token(state, site, &token, false).await,
        _ => Ok(()),
    }
}
