//! The JWT bearer grant (RFC 7523 2.1): what a client gets for the assertion of somebody whom the realm trusts.

use super::{Decision, RefreshPlan, access_plan, access_token_claims, differs, seats_for};
use crate::assertion::{Assertion, wrong};
use crate::client::{Client, GrantType};
use crate::dialect::OrganisationChoice;
use crate::granted::{Granted, resolve_audience, resolve_scope};
use crate::realm::{AssertionIssuer, Realm};
use crate::refusal::Refusal;
use crate::scope::ScopeSet;
use crate::token_request::TokenRequest;
use crate::user::User;

/// Whether an assertion of this issuer may be about this user, and which organisations the token is then for.
///
/// # Errors
/// Nobody has that name, or they may not sign in; an administrator, whose rights no other server hands out; somebody of another
/// organisation than the issuer's; somebody who would have to choose one.
pub fn subject_of(realm: &Realm, trusted: &AssertionIssuer, user: Option<&User>) -> Result<Vec<String>, Refusal> {
    let Some(user) = user.filter(|user| !user.disabled && !user.administrator) else {
        return wrong("it names no user who may be named so");
    };
    match &trusted.organisation {
        Some(own) if user.organisations.contains(own) => Ok(vec![own.clone()]),
        Some(_) => wrong("it names no user who may be named so"),
        None => {
            let chooses = matches!(realm.dialect.organisation, OrganisationChoice::One | OrganisationChoice::Many);
            if chooses && user.organisations.len() > 1 {
                return wrong("its user belongs to several organisations, and its issuer to none");
            }
            Ok(user.organisations.clone())
        }
    }
}

/// Decides the grant, for an assertion that was found genuine and good. `user`, `organisations`: whom it is about, from
/// [`subject_of`].
///
/// # Errors
/// Scope or audience.
pub fn jwt_bearer(
    realm: &Realm,
    client: &Client,
    request: &TokenRequest,
    (trusted, assertion): (&AssertionIssuer, &Assertion),
    (user, organisations): (&User, Vec<String>),
) -> Result<Decision, Refusal> {
    let asked = if request.audiences.is_empty() { &assertion.resources } else { &request.audiences };
    if !assertion.resources.is_empty() && !asked.iter().all(|name| assertion.resources.contains(name)) {
        return Err(Refusal::AudienceNotAllowed);
    }
    let scope = scope(realm, client, request, trusted, assertion)?;
    let audience = resolve_audience(realm, client, asked, &scope)?;
    let bare = Granted::bare(GrantType::JwtBearer, scope, audience);
    let granted = Granted { organisations, act: assertion.act.clone(), ..bare };
    Ok(Decision {
        narrowed: None,
        scope_differs: differs(request.scope.as_ref(), &granted.scope),
        user: Some(user.id.clone()),
        access: access_plan(realm, client, &granted.audience),
        refresh: RefreshPlan::None,
        seats: seats_for(realm, &granted.scope),
        id_token: None,
        claims: access_token_claims(realm, client, Some(user), &granted),
        granted,
    })
}

/// What is asked for, and no more than the issuer gives and the assertion says.
fn scope(
    realm: &Realm,
    client: &Client,
    request: &TokenRequest,
    trusted: &AssertionIssuer,
    assertion: &Assertion,
) -> Result<ScopeSet, Refusal> {
    let given = |name: &str| {
        (trusted.scope.is_empty() || trusted.scope.contains(name))
            && assertion.scope.as_ref().is_none_or(|scope| scope.contains(name))
    };
    let default = realm.dialect.token.default_scope.as_deref();
    let scope = match (&request.scope, &assertion.scope) {
        // What the assertion names beyond what the client may have is left out, as nobody asked for it here.
        (None, Some(scope)) => scope.within(&client.scope),
        _ => resolve_scope(realm, client, request.scope.as_ref(), default)?,
    };
    if let (Some(_), Some(name)) = (&request.scope, scope.iter().find(|name| !given(name))) {
        return Err(Refusal::scope(name));
    }
    Ok(scope.iter().filter(|name| given(name) && *name != "offline_access" && realm.scope(name).is_some()).collect())
}
