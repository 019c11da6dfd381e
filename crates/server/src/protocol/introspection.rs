//! Introspection (RFC 7662): what an API may know about a token, and nobody else.

use crate::failure::{Failure, json, wrong_method};
use crate::http::{Answer, Incoming};
use crate::protocol::authenticate::{Authenticated, authenticate_by_secret};
use crate::protocol::bearer;
use crate::protocol::call::use_legacy;
use crate::protocol::read::{read_credentials, read_params};
use crate::state::State;
use crate::state::sites::Site;
use claviger_core::claims::{INACTIVE, Introspection};
use claviger_core::dialect::Legacy;
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
    let Some(token) = bearer::read(state, site, text).await? else { return Ok(inactive()) };
    if !may_know(&caller, &token) {
        // The caller may hear no more than that it is inactive (RFC 7662 2.2, 4); the vendor may.
        tracing::info!(audience = ?token.claims.aud, of = %token.claims.client_id, "introspected by another API than it is for");
        return Ok(inactive());
    }
    if !token.is_active(state.clock.now()) {
        return Ok(inactive());
    }
    let answer = Introspection { active: true, token_type: Some("Bearer"), username: None, claims: &token.claims };
    Ok(serde_json::to_vec(&answer)?)
}

/// An API may know of the tokens that are for it; a client of its own.
fn may_know(caller: &Authenticated, token: &bearer::Token) -> bool {
    let caller = caller.client();
    caller.resource_server.as_deref().is_some_and(|own| token.claims.aud.contains(own))
        || *token.claims.client_id == *caller.id
}
