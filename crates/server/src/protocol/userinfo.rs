//! Userinfo (OpenID Connect Core 5.3): who the token acts for, as far as its scope allows.

use crate::failure::{Failure, empty, json, wrong_method};
use crate::http::{Answer, Incoming, trace};
use crate::issue::sealed::Recipients;
use crate::protocol::bearer::{self, Sent};
use crate::protocol::possession::{give_nonce, holds, schemes, wants_nonce};
use crate::protocol::read::{allow_any_origin, preflight};
use crate::state::State;
use crate::state::sites::Site;
use claviger_core::bearer::{Reason, refuse as refusal};
use claviger_core::granted::Granted;
use claviger_core::jose::Typ;
use claviger_core::jose::jwe::Inside;
use claviger_core::token::Id;
use claviger_core::token_claims::userinfo_claims;
use claviger_core::told::Told;
use claviger_core::{Client, ScopeSet, User};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, StatusCode};
use serde_json::{Map, Value};

/// Answers with the claims of the token's user.
pub(crate) async fn answer(state: &State, site: &Site, incoming: &Incoming) -> Answer {
    let mut answer = match incoming.head.method {
        Method::GET | Method::POST => match respond(state, site, incoming).await {
            Ok(Ok(said)) => {
                let mut answer = match said {
                    Said::Json(body) => json(StatusCode::OK, body),
                    Said::Jwt(token) => jwt(token),
                };
                if wants_nonce(site, incoming, None) {
                    give_nonce(state, site, &mut answer);
                }
                answer
            }
            Ok(Err(why)) => refuse(state, site, incoming, why, (why == Reason::InsufficientScope).then_some("openid")),
            Err(failure) => failure.to_json(&site.realm.dialect, false, incoming.id),
        },
        Method::OPTIONS => return preflight(incoming),
        _ => return wrong_method("GET, POST, OPTIONS"),
    };
    allow_any_origin(&mut answer);
    answer
}

/// What is said of the user.
enum Said {
    /// As it is.
    Json(Vec<u8>),
    /// Signed, encrypted or both.
    Jwt(String),
}

/// An uncacheable answer of a JWT (OpenID Connect Core 5.3.2).
fn jwt(token: String) -> Answer {
    let mut answer = json(StatusCode::OK, token);
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/jwt"));
    answer
}

async fn respond(state: &State, site: &Site, incoming: &Incoming) -> Result<Result<Said, Reason>, Failure> {
    let token = match presented(state, site, incoming).await? {
        Ok(token) => token,
        Err(why) => return Ok(Err(why)),
    };
    let scope = ScopeSet::parse(&token.claims.scope).unwrap_or_default();
    let Some(user) = token.user.as_ref().filter(|_| scope.contains("openid")) else {
        return Ok(Err(Reason::InsufficientScope));
    };
    let Some(stored) = state.store.user(&site.realm.id, user).await? else {
        return Ok(Err(Reason::Invalid));
    };
    let user = stored.user;
    if user.disabled {
        return Ok(Err(Reason::Revoked));
    }
    // Nearly always it is in memory, with all that else is asked of a client.
    let entry = state.clients.load(&state.store, &site.realm.id, &token.claims.client_id).await?;
    let mut claims = told(site, entry.as_deref().map(|entry| &entry.client), &token, &scope, &user);
    let said = said_by_app(state, site, token.grant.as_ref()).await?;
    if let Some(said) = &said {
        said.add_to_id_token(&mut claims);
    }
    let subject = said.and_then(|said| said.subject).unwrap_or_else(|| token.claims.sub.into_owned());
    claims.insert("sub".to_owned(), subject.into());
    match entry {
        Some(entry) if entry.client.protects_userinfo() => {
            Box::pin(protect(state, site, &entry.client, claims)).await.map(Ok)
        }
        _ => Ok(Ok(Said::Json(serde_json::to_vec(&claims)?))),
    }
}

/// What the vendor's own pages said when the token's grant began.
async fn said_by_app(state: &State, site: &Site, grant: Option<&Id>) -> Result<Option<Told>, Failure> {
    let Some(grant) = grant.filter(|_| site.realm.login_app.is_some()) else { return Ok(None) };
    let Some(row) = state.store.grant(grant).await? else { return Ok(None) };
    let granted: Granted = serde_json::from_str(&row.grant.doc)?;
    Ok(granted.told.map(|told| *told))
}

/// Signs and encrypts as the client registered it. What is signed says by whom and for whom (OpenID Connect Core 5.3.2).
async fn protect(
    state: &State,
    site: &Site,
    client: &Client,
    mut claims: serde_json::Map<String, serde_json::Value>,
) -> Result<Said, Failure> {
    let (inside, said) = match client.protection.userinfo_signed_response_alg {
        Some(algorithm) => {
            claims.insert("iss".to_owned(), site.realm.issuer.as_str().into());
            claims.insert("aud".to_owned(), client.id.as_str().into());
            let key = site.keys.signing(algorithm).await?;
            (Inside::Jwt, key.sign_jwt(Typ::Jwt, &serde_json::to_vec(&claims)?)?)
        }
        None => (Inside::Claims, serde_json::to_string(&claims)?),
    };
    match client.protection.userinfo() {
        None => Ok(Said::Jwt(said)),
        Some(encryption) => {
            let recipients = Recipients::of(state, site);
            Ok(Said::Jwt(recipients.seal(client, encryption, inside, said.as_bytes()).await?))
        }
    }
}

/// What is told of the user: the claims of the scope, those that were asked for by name, and those that the realm makes.
fn told(
    site: &Site,
    client: Option<&Client>,
    token: &bearer::Token,
    scope: &ScopeSet,
    user: &User,
) -> Map<String, Value> {
    let said = &token.claims;
    let asked = (&*said.userinfo_claims, &*said.claims_locales);
    userinfo_claims(&site.realm, client, user, scope, &said.org, asked)
}

/// The live token of a request, or why there is none.
///
/// # Errors
/// The store cannot be read.
pub(crate) async fn presented(
    state: &State,
    site: &Site,
    incoming: &Incoming,
) -> Result<Result<bearer::Token, Reason>, Failure> {
    let (text, scheme) = match bearer::sent(incoming) {
        Sent::Once(text, scheme) => (text, scheme),
        Sent::Nowhere => return Ok(Err(Reason::NoCredentials)),
        Sent::Wrongly(why) => return Ok(Err(why)),
    };
    let Some(token) = bearer::read(state, site, &text).await? else { return Ok(Err(Reason::Invalid)) };
    trace::client(&token.claims.client_id);
    Ok(if token.revoked {
        Err(Reason::Revoked)
    } else if token.expires_at <= state.clock.now() {
        Err(Reason::Expired)
    } else {
        holds(state, site, incoming, (&text, scheme), &token).map(|()| token)
    })
}

/// The body of an error with the reference, where the contract has a member for it.
fn with_reference(body: String) -> String {
    let Some(reference) = trace::reference() else { return body };
    match serde_json::from_str(&body) {
        Ok(serde_json::Value::Object(mut members)) => {
            members.insert("reference".to_owned(), reference.to_string().into());
            serde_json::Value::Object(members).to_string()
        }
        _ => body,
    }
}

/// Spells a refusal in the words of the realm's API; `scope` is what the token would need.
pub(crate) fn refuse(state: &State, site: &Site, incoming: &Incoming, why: Reason, scope: Option<&str>) -> Answer {
    if why != Reason::NoCredentials {
        tracing::info!(?why, "access token refused");
    }
    let answer = refusal(why, &site.realm.id, scope, &site.realm.dialect.api.errors);
    let answer = answer.in_schemes(schemes(site, incoming), why, scope, site.realm.proof_algorithms());
    let mut response = empty(StatusCode::from_u16(answer.status).unwrap_or(StatusCode::UNAUTHORIZED));
    for (name, value) in answer.headers() {
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().insert(name, value);
        }
    }
    *response.body_mut() = answer.body.map(with_reference).unwrap_or_default().into();
    if why == Reason::NonceNeeded {
        give_nonce(state, site, &mut response);
    }
    response
}
