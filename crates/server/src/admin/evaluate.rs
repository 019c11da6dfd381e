//! What a token would hold: an app, a user, a scope, an API, and the claims that come of them. It is decided by the policy of the token
//! endpoint and made by what makes real tokens; nothing is issued, signed or written.

use super::{AdminError, apps, users};
use crate::ids;
use crate::state::company_rules::CompanyRules;
use crate::state::secrets::Secrets;
use claviger_core::authorize::picked;
use claviger_core::claims::id_text;
use claviger_core::client::GrantType;
use claviger_core::grant::{self, Decision, RefreshPlan};
use claviger_core::granted::{CodeBinding, Granted, resolve_audience, resolve_scope};
use claviger_core::realm::AccessTokenFormat;
use claviger_core::token_claims::{AccessTokenOf, IdTokenOf, access_claims, amr, id_claims, userinfo_claims};
use claviger_core::token_request::{Grant, TokenRequest};
use claviger_core::{Client, Realm, Refusal, ScopeSet, User};
use claviger_store::Store;
use serde::Serialize;
use serde_json::{Map, Value};

/// For what.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// The app's id.
    pub app: String,
    /// The user, by name or id; none: the app acts for itself.
    pub user: Option<String>,
    /// The scope; none: what a request without one gets.
    pub scope: Option<String>,
    /// The APIs; none: what a request without one gets.
    pub audiences: Vec<String>,
    /// The organisation that the user would pick.
    pub organisation: Option<String>,
}

/// What the tokens would hold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evaluated {
    /// The grant that it was decided for.
    pub grant_type: &'static str,
    /// `jwt` or `opaque`: then an API reads the claims by introspection.
    pub access_token_format: &'static str,
    /// How long the access token lives, in seconds.
    pub expires_in: i64,
    /// A refresh token comes with it.
    pub refresh_token: bool,
    /// The scope that is granted.
    pub scope: String,
    /// Licences that it takes.
    pub seat_pools: Vec<String>,
    /// The claims of the access token.
    pub access_token: Map<String, Value>,
    /// The claims of the ID token, where there is one.
    pub id_token: Option<Map<String, Value>>,
    /// What userinfo answers, where it does.
    pub userinfo: Option<Map<String, Value>>,
}

/// Finds out; `now` in milliseconds.
///
/// # Errors
/// There is no such app or user; the app would be refused this, and why ([`AdminError::Refused`]); the store cannot be read.
pub async fn evaluate(
    store: &Store,
    secrets: &Secrets,
    realm: &Realm,
    wanted: &Wanted,
    now: i64,
) -> Result<Evaluated, AdminError> {
    let client = apps::find(store, realm, &wanted.app).await?;
    let rules = CompanyRules::new(store.app_rules(&realm.id).await?);
    let user = match wanted.user.as_deref().or(client.acts_as.as_deref()) {
        Some(name) => Some(rules.meet(users::find(store, realm, name).await?, &client.id)?),
        None => None,
    };
    let decision = decide(realm, &client, user.as_ref(), wanted, now)?;
    spell(secrets, realm, &client, user.as_ref(), &decision, now)
}

fn decide(
    realm: &Realm,
    client: &Client,
    user: Option<&User>,
    wanted: &Wanted,
    now: i64,
) -> Result<Decision, AdminError> {
    let scope = wanted.scope.as_deref().map(ScopeSet::parse).transpose().map_err(|_| Refusal::MalformedScope)?;
    let request = TokenRequest {
        grant: Grant::ClientCredentials,
        scope,
        audiences: wanted.audiences.clone(),
        confirmation: None,
    };
    let is_asked = [GrantType::AuthorizationCode, GrantType::DeviceCode, GrantType::Implicit];
    let decided = match user.filter(|_| wanted.user.is_some()) {
        None if client.may(GrantType::ClientCredentials) => grant::client_credentials(realm, client, &request, user),
        Some(user) if is_asked.into_iter().any(|grant| client.may(grant)) => {
            let (binding, scope) = approved(realm, client, user, &request, wanted, now)?;
            grant::approved(realm, client, &request, &binding, Some(user), Some(&scope))
        }
        Some(user) if client.may(GrantType::Password) => grant::password(realm, client, &request, user),
        _ => Err(Refusal::grant_not_allowed(client)),
    };
    Ok(decided?)
}

/// What a user would have approved who signed in just now and said yes to everything.
fn approved(
    realm: &Realm,
    client: &Client,
    user: &User,
    request: &TokenRequest,
    wanted: &Wanted,
    now: i64,
) -> Result<(CodeBinding, ScopeSet), AdminError> {
    let default = realm.dialect.authorization.default_scope.as_deref();
    let scope = resolve_scope(realm, client, request.scope.as_ref(), default)?;
    let audience = resolve_audience(realm, client, &request.audiences, &scope)?;
    let organisations = picked(realm.dialect.organisation, user, wanted.organisation.as_deref().into_iter())?;
    let granted = Granted {
        organisations,
        auth_time: Some(now),
        ..Granted::bare(GrantType::AuthorizationCode, scope.clone(), audience)
    };
    let binding = CodeBinding {
        client: client.id.clone(),
        user: user.id.clone(),
        redirect_uri: String::new(),
        redirect_uri_sent: false,
        challenge: None,
        nonce: None,
        id_token_claims: Vec::new(),
        scope_differs: false,
        granted,
    };
    Ok((binding, scope))
}

fn spell(
    secrets: &Secrets,
    realm: &Realm,
    client: &Client,
    user: Option<&User>,
    decision: &Decision,
    now: i64,
) -> Result<Evaluated, AdminError> {
    let subject = decision.user.as_deref().map(|user| secrets.subjects.name(&realm.id, client, user)).transpose()?;
    let (jti, granted) = (id_text(&ids::new(now)), &decision.granted);
    let of = AccessTokenOf {
        client,
        has_user: decision.user.is_some(),
        subject: subject.as_deref(),
        granted,
        narrowed: decision.narrowed.as_ref(),
        ttl: decision.access.ttl,
        confirmation: None,
        grant: None,
        jti: &jti,
        now,
    };
    let mut access_token = object(&access_claims(realm, of))?;
    access_token.extend(decision.claims.clone());
    let id_token = match (&decision.id_token, &subject) {
        (Some(plan), Some(subject)) => {
            let amr = amr(None, granted.auth_time);
            let of = IdTokenOf {
                client,
                subject,
                auth_time: granted.auth_time,
                nonce: None,
                proof: None,
                amr: &amr,
                session: None,
                claims: &plan.user,
                at_hash: None,
                c_hash: None,
                now,
            };
            Some(object(&id_claims(realm, of))?)
        }
        _ => None,
    };
    let userinfo = user.zip(subject).filter(|_| granted.scope.contains("openid")).map(|(user, subject)| {
        let organisations = &granted.organisations;
        let mut told = userinfo_claims(realm, Some(client), user, &granted.scope, organisations, (&[], &[]));
        told.insert("sub".to_owned(), subject.as_ref().into());
        told
    });
    Ok(Evaluated {
        grant_type: granted.flow.name(),
        access_token_format: match decision.access.format {
            AccessTokenFormat::Jwt => "jwt",
            AccessTokenFormat::Opaque => "opaque",
        },
        expires_in: decision.access.ttl.as_seconds(),
        refresh_token: matches!(decision.refresh, RefreshPlan::Yes(_)),
        scope: granted.scope.to_string(),
        seat_pools: decision.seats.clone(),
        access_token,
        id_token,
        userinfo,
    })
}

fn object(claims: &impl Serialize) -> Result<Map<String, Value>, AdminError> {
    match serde_json::to_value(claims)? {
        Value::Object(members) => Ok(members),
        _ => Ok(Map::new()),
    }
}
