//! Userinfo (OpenID Connect Core 5.3): who the token acts for, as far as its scope allows.

use crate::failure::{Failure, json, wrong_method};
use crate::http::{Answer, Incoming};
use crate::protocol::bearer::{self, Sent};
use crate::protocol::token::{allow_any_origin, preflight};
use crate::router::App;
use crate::state::sites::Site;
use claviger_core::claims::UserinfoClaims;
use claviger_core::dialect::ErrorVocabulary;
use http::header::WWW_AUTHENTICATE;
use http::{HeaderValue, Method, StatusCode};

/// Answers with the claims of the token's user.
pub(crate) async fn answer(app: &App, site: &Site, incoming: &Incoming) -> Answer {
    let mut answer = match incoming.head.method {
        Method::GET | Method::POST => match respond(app, site, incoming).await {
            Ok(Ok(body)) => json(StatusCode::OK, body),
            Ok(Err(why)) => refuse(site, why),
            Err(failure) => failure.to_json(&site.realm.dialect, false, incoming.id),
        },
        Method::OPTIONS => return preflight(),
        _ => return wrong_method("GET, POST, OPTIONS"),
    };
    allow_any_origin(&mut answer);
    answer
}

/// Why a bearer token does not serve here (RFC 6750 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BearerRefusal {
    /// None was sent: no error code.
    Missing,
    /// Two ways of sending it, or one that is not allowed.
    Request,
    /// Unknown, forged, of another issuer.
    Invalid,
    /// Its time is over.
    Expired,
    /// It was taken back.
    Revoked,
    /// It lacks the scope.
    Scope,
}

async fn respond(app: &App, site: &Site, incoming: &Incoming) -> Result<Result<Vec<u8>, BearerRefusal>, Failure> {
    let token = match presented(app, site, incoming).await? {
        Ok(token) => token,
        Err(why) => return Ok(Err(why)),
    };
    let scope: Vec<&str> = token.claims.scope.split(' ').collect();
    if !token.has_user || !scope.contains(&"openid") {
        return Ok(Err(BearerRefusal::Scope));
    }
    let Some(stored) = app.store.user(&site.realm.id, &token.claims.sub).await? else {
        return Ok(Err(BearerRefusal::Invalid));
    };
    let user = stored.user;
    if user.disabled {
        return Ok(Err(BearerRefusal::Revoked));
    }
    let profile = scope.contains(&"profile");
    let claims = UserinfoClaims {
        sub: &user.id,
        name: user.name.as_deref().filter(|_| profile),
        preferred_username: Some(user.username.as_str()).filter(|_| profile),
        email: user.email.as_deref().filter(|_| scope.contains(&"email")),
    };
    Ok(Ok(serde_json::to_vec(&claims)?))
}

/// The live token of a request, or why there is none.
///
/// # Errors
/// The store cannot be read.
pub(crate) async fn presented(
    app: &App,
    site: &Site,
    incoming: &Incoming,
) -> Result<Result<bearer::Token, BearerRefusal>, Failure> {
    let text = match bearer::sent(incoming) {
        Sent::Once(text) => text,
        Sent::Nowhere => return Ok(Err(BearerRefusal::Missing)),
        Sent::Wrongly => return Ok(Err(BearerRefusal::Request)),
    };
    let Some(token) = bearer::read(app, site, &text).await? else { return Ok(Err(BearerRefusal::Invalid)) };
    Ok(if token.revoked {
        Err(BearerRefusal::Revoked)
    } else if token.expires_at <= app.clock.now() {
        Err(BearerRefusal::Expired)
    } else {
        Ok(token)
    })
}

/// Spells a bearer refusal in the words of the realm's API.
pub(crate) fn refuse(site: &Site, why: BearerRefusal) -> Answer {
    let (status, error, description) = match why {
        BearerRefusal::Missing => (StatusCode::UNAUTHORIZED, None, "send the access token in the Authorization header"),
        BearerRefusal::Request => (
            StatusCode::BAD_REQUEST,
            Some("invalid_request"),
            "send the access token once, in the Authorization header, never in a URL",
        ),
        BearerRefusal::Invalid => (StatusCode::UNAUTHORIZED, Some("invalid_token"), "the access token is not valid"),
        BearerRefusal::Expired => (StatusCode::UNAUTHORIZED, Some("invalid_token"), "the access token has expired"),
        BearerRefusal::Revoked => {
            (StatusCode::UNAUTHORIZED, Some("invalid_token"), "the access token has been revoked")
        }
        BearerRefusal::Scope => {
            (StatusCode::FORBIDDEN, Some("insufficient_scope"), "the access token lacks the scope openid")
        }
    };
    let body = match (&site.realm.dialect.api.errors, why) {
        (ErrorVocabulary::Codes { invalid, .. }, BearerRefusal::Invalid | BearerRefusal::Missing) => codes(invalid),
        (ErrorVocabulary::Codes { expired, .. }, BearerRefusal::Expired) => codes(expired),
        (ErrorVocabulary::Codes { revoked, .. }, BearerRefusal::Revoked) => codes(revoked),
        _ => serde_json::json!({ "error": error.unwrap_or("invalid_token"), "error_description": description })
            .to_string(),
    };
    let mut answer = json(status, body);
    let challenge = match error {
        None => format!("Bearer realm=\"{}\"", site.realm.id),
        Some(error) => {
            format!("Bearer realm=\"{}\", error=\"{error}\", error_description=\"{description}\"", site.realm.id)
        }
    };
    if let Ok(challenge) = HeaderValue::from_str(&challenge) {
        answer.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    answer
}

fn codes(code: &str) -> String {
    serde_json::json!({ "errors": [{ "Code": code }] }).to_string()
}
