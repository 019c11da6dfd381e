//! Introspection (RFC 7662): what an API may know about a token, and nobody else.

use crate::failure::{Failure, json, wrong_method};
use crate::http::{Answer, Incoming};
use crate::protocol::authenticate::{Authenticated, authenticate_by_secret};
use crate::protocol::bearer;
use crate::protocol::call::use_legacy;
use crate::protocol::read::{read_credentials, read_params};
use crate::state::State;
use crate::state::sites::Site;
use claviger_core::Client;
use claviger_core::claims::{INACTIVE, Introspection, RefreshIntrospection, SubjectKind};
use claviger_core::confirmation::Confirmation;
use claviger_core::dialect::{Legacy, Turnover};
use claviger_core::grant::{still_granted, turnover};
use claviger_core::granted::Granted;
use claviger_core::token::PresentedRefresh;
use http::header::AUTHORIZATION;
use http::{Method, StatusCode};

/// Answers whether a token is active.
pub(crate) async fn answer(state: &State, site: &Site, incoming: &Incoming) -> Answer {
    if incoming.head.method != Method::POST {
        return wrong_method("POST");
    }
    match respond(state, site, incoming).await {
        Ok(body) => json(StatusCode::OK, body),
        Err(failure) => {
            let basic = incoming.head.headers.contains_key(AUTHORIZATION);
            failure.to_json(&site.realm.dialect, basic, incoming.id)
        }
    }
}

async fn respond(state: &State, site: &Site, incoming: &Incoming) -> Result<Vec<u8>, Failure> {
    let (params, json) = read_params(&site.realm.dialect, incoming)?;
    let credentials = read_credentials(&site.realm.dialect, incoming, &params)?;
    let caller = authenticate_by_secret(state, &site.realm, &credentials, incoming.client).await?;
    if json {
        use_legacy(state, site, &caller, Legacy::JsonBody)?;
    }
    let text = params.required("token")?;
    let inactive = || INACTIVE.as_bytes().to_vec();
    if let Some(presented) = PresentedRefresh::parse(text) {
        return Ok(refresh_token(state, site, caller.client(), &presented).await?.unwrap_or_else(inactive));
    }
    let Some(token) = bearer::read(state, site, text).await? else { return Ok(inactive()) };
    if !may_know(&caller, &token) {
        // The caller may hear no more than that it is inactive (RFC 7662 2.2, 4); the vendor may.
        tracing::info!(audience = ?token.claims.aud, of = %token.claims.client_id, "introspected by another API than it is for");
        return Ok(inactive());
    }
    if !token.is_active(state.clock.now()) {
        return Ok(inactive());
    }
    let token_type = token.claims.cnf.and_then(Confirmation::token_type).unwrap_or("Bearer");
    let made = token.made();
    let (token_type, claims) = (Some(token_type), &token.claims);
    let answer = Introspection { active: true, token_type, username: None, claims, made: &made };
    Ok(serde_json::to_vec(&answer)?)
}

/// What the client may know of its own refresh token, where that could be used now; `None` for any other.
async fn refresh_token(
    state: &State,
    site: &Site,
    client: &Client,
    presented: &PresentedRefresh,
) -> Result<Option<Vec<u8>>, Failure> {
    let Some(loaded) = state.store.grant_with_user(&presented.grant).await? else { return Ok(None) };
    let grant = &loaded.row.grant;
    let is_current = match turnover(&site.realm, client) {
        Turnover::Rotate => presented.generation == grant.generation,
        Turnover::Reissue | Turnover::Stable => presented.generation <= grant.generation,
    };
    let has_user = grant.user.is_none() || loaded.user.as_ref().is_some_and(|stored| !stored.user.disabled);
    let is_theirs = grant.realm == site.realm.id && grant.client == client.id;
    let is_genuine = state.secrets.refresh.is_genuine(presented, &grant.nonce);
    if !(is_theirs && is_genuine && is_current && has_user && loaded.row.is_live(state.clock.now())) {
        return Ok(None);
    }
    let granted: Granted = serde_json::from_str(&grant.doc)?;
    let consented = loaded.consent.as_ref().map(|consent| &consent.scope);
    let Ok(granted) = still_granted(&site.realm, client, granted, consented) else { return Ok(None) };
    let subject = grant.user.as_deref().map(|user| state.secrets.subjects.name(&site.realm.id, client, user));
    let subject = subject.transpose()?;
    let answer = RefreshIntrospection {
        active: true,
        iss: &site.realm.issuer,
        sub: subject.as_deref().unwrap_or(&grant.client),
        sub_type: SubjectKind::of(grant.user.is_some()),
        client_id: &grant.client,
        scope: &granted.scope.within(&client.scope).to_string(),
        cnf: granted.confirmation,
        iat: grant.created_at / 1000,
        exp: grant.idle_expires_at.min(grant.expires_at) / 1000,
    };
    Ok(Some(serde_json::to_vec(&answer)?))
}

/// An API may know of the tokens that are for it; a client of its own.
fn may_know(caller: &Authenticated, token: &bearer::Token) -> bool {
    let caller = caller.client();
    caller.resource_server.as_deref().is_some_and(|own| token.claims.aud.contains(own))
        || *token.claims.client_id == *caller.id
}
