//! Userinfo (OpenID Connect Core 5.3): who the token acts for, as far as its scope allows.

use crate::failure::{Failure, empty, json, wrong_method};
use crate::http::{Answer, Incoming, trace};
use crate::issue::sealed::Recipients;
use crate::protocol::bearer::{self, Sent};
use crate::protocol::read::{allow_any_origin, preflight};
use crate::state::State;
use crate::state::sites::Site;
use claviger_core::bearer::{Reason, refuse as refusal};
use claviger_core::claims::{scope_of, user_claims};
use claviger_core::jose::Typ;
use claviger_core::jose::jwe::Inside;
use claviger_core::{Client, ScopeSet};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, StatusCode};

/// Answers with the claims of the token's user.
pub(crate) async fn answer(state: &State, site: &Site, incoming: &Incoming) -> Answer {
    let mut answer = match incoming.head.method {
        Method::GET | Method::POST => match respond(state, site, incoming).await {
            Ok(Ok(Said::Json(body))) => json(StatusCode::OK, body),
            Ok(Ok(Said::Jwt(token))) => jwt(token),
            Ok(Err(why)) => refuse(site, why, (why == Reason::InsufficientScope).then_some("openid")),
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
    if !token.has_user || !scope.contains("openid") {
        return Ok(Err(Reason::InsufficientScope));
    }
    let Some(stored) = state.store.user(&site.realm.id, &token.claims.sub).await? else {
        return Ok(Err(Reason::Invalid));
    };
    let user = stored.user;
    if user.disabled {
        return Ok(Err(Reason::Revoked));
    }
    let by_scope = |name: &str| scope_of(name).is_some_and(|owner| scope.contains(owner));
    let by_name = |name: &str| token.claims.userinfo_claims.iter().any(|asked| asked == name);
    let mut claims = user_claims(&user, |name| by_scope(name) || by_name(name));
    claims.insert("sub".to_owned(), user.id.into());
    let client = state.clients.load(&state.store, &site.realm.id, &token.claims.client_id).await?;
    match client {
        Some(entry) if entry.client.protects_userinfo() => protect(state, site, &entry.client, claims).await.map(Ok),
        _ => Ok(Ok(Said::Json(serde_json::to_vec(&claims)?))),
    }
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

/// The live token of a request, or why there is none.
///
/// # Errors
/// The store cannot be read.
pub(crate) async fn presented(
    state: &State,
    site: &Site,
    incoming: &Incoming,
) -> Result<Result<bearer::Token, Reason>, Failure> {
    let text = match bearer::sent(incoming) {
        Sent::Once(text) => text,
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
        Ok(token)
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

/// Spells a bearer refusal in the words of the realm's API; `scope` is what the token would need.
pub(crate) fn refuse(site: &Site, why: Reason, scope: Option<&str>) -> Answer {
    if why != Reason::NoCredentials {
        tracing::info!(?why, "access token refused");
    }
    let answer = refusal(why, &site.realm.id, scope, &site.realm.dialect.api.errors);
    let mut response = empty(StatusCode::from_u16(answer.status).unwrap_or(StatusCode::UNAUTHORIZED));
    for (name, value) in answer.headers() {
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().insert(name, value);
        }
    }
    *response.body_mut() = answer.body.map(with_reference).unwrap_or_default().into();
    response
}
