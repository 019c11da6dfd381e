//! Introspection (RFC 7662): what an API may know about a token, and nobody else; signed where the API asks for that (RFC 9701).

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
use claviger_core::jose::Typ;
use claviger_core::token::PresentedRefresh;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, StatusCode};

/// Answers whether a token is active.
pub(crate) async fn answer(state: &State, site: &Site, incoming: &Incoming) -> Answer {
    if incoming.head.method != Method::POST {
        return wrong_method("POST");
    }
    match respond(state, site, incoming).await {
        Ok(Said { body, is_signed: false }) => json(StatusCode::OK, body),
        Ok(Said { body, is_signed: true }) => {
            let mut answer = json(StatusCode::OK, body);
            answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(SIGNED));
            answer
        }
        Err(failure) => {
            let basic = incoming.head.headers.contains_key(AUTHORIZATION);
            failure.to_json(&site.realm.dialect, basic, incoming.id)
        }
    }
}

/// The media type of a signed answer (RFC 9701 4).
const SIGNED: &str = "application/token-introspection+jwt";

/// An answer's body.
struct Said {
    body: Vec<u8>,
    is_signed: bool,
}

/// Whether a signed answer is asked for by name; who takes anything gets JSON.
fn wants_signed(incoming: &Incoming) -> bool {
    let named = |range: &str| {
        let (media, parameters) = range.split_once(';').unwrap_or((range, ""));
        let refused = parameters.split(';').any(|one| matches!(one.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000"));
        media.trim().eq_ignore_ascii_case(SIGNED) && !refused
    };
    incoming.header(ACCEPT.as_str()).is_some_and(|accept| accept.split(',').any(named))
}

/// The answer, signed for the API that asks: whoever else gets hold of it can tell that it is not for them, and by its `typ` that
/// it is no access token (RFC 9701 5, 8.1).
async fn sign(state: &State, site: &Site, caller: &Client, body: &[u8]) -> Result<Vec<u8>, Failure> {
    let algorithm = caller.requests.introspection_signed_response_alg.unwrap_or(site.realm.usual_algorithm());
    let key = site.keys.signing(algorithm).await?;
    let said: serde_json::Value = serde_json::from_slice(body)?;
    let claims = serde_json::json!({
        "iss": site.realm.issuer,
        "aud": caller.id,
        "iat": state.clock.now() / 1000,
        "token_introspection": said,
    });
    Ok(key.sign_jwt(Typ::Introspection, &serde_json::to_vec(&claims)?)?.into_bytes())
}

async fn respond(state: &State, site: &Site, incoming: &Incoming) -> Result<Said, Failure> {
    let (params, json) = read_params(&site.realm.dialect, incoming)?;
    let credentials = read_credentials(&site.realm.dialect, incoming, &params)?;
    let caller = authenticate_by_secret(state, &site.realm, &credentials, incoming.client).await?;
    if json {
        use_legacy(state, site, &caller, Legacy::JsonBody)?;
    }
    let body = say(state, site, &caller, params.required("token")?).await?;
    if !wants_signed(incoming) {
        return Ok(Said { body, is_signed: false });
    }
    Ok(Said { body: Box::pin(sign(state, site, caller.client(), &body)).await?, is_signed: true })
}

/// What the caller may know of a token.
async fn say(state: &State, site: &Site, caller: &Authenticated, text: &str) -> Result<Vec<u8>, Failure> {
    let inactive = || INACTIVE.as_bytes().to_vec();
    if let Some(presented) = PresentedRefresh::parse(text) {
        return Ok(refresh_token(state, site, caller.client(), &presented).await?.unwrap_or_else(inactive));
    }
    let Some(token) = bearer::read(state, site, text).await? else { return Ok(inactive()) };
    if !may_know(caller, &token) {
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
    let consent = loaded.consent.as_ref().filter(|consent| consent.stands(state.clock.now()));
    let consented = consent.map(|consent| &consent.scope);
    let until = consent.and_then(|consent| consent.until).unwrap_or(i64::MAX);
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
        exp: grant.idle_expires_at.min(grant.expires_at).min(until) / 1000,
    };
    Ok(Some(serde_json::to_vec(&answer)?))
}

/// An API may know of the tokens that are for it; a client of its own.
fn may_know(caller: &Authenticated, token: &bearer::Token) -> bool {
    let caller = caller.client();
    caller.resource_server.as_deref().is_some_and(|own| token.claims.aud.contains(own))
        || *token.claims.client_id == *caller.id
}
