//! What a grant gives: all policy of the token endpoint, without side effects.
//!
//! Each function takes what the server has loaded and decides one grant. What comes out, [`Decision`], says what is to be
//! minted and stored; the server then does that in one transaction, which alone decides races.

mod assertion;
mod exchange;

use crate::audience::Audience;
use crate::authorize::registered_redirect;
use crate::claim_map::{Telling, owner, tell};
use crate::claim_rule::Place;
use crate::claims::{Wanted, user_claims};
use crate::claims_request::retain_within;
use crate::client::{Client, GrantType, IdTokenClaims};
use crate::confirmation::Confirmation;
use crate::dialect::{Legacy, OrganisationChoice, Turnover};
use crate::granted::{CodeBinding, Granted, resolve_audience, resolve_scope};
use crate::jose::Algorithm;
use crate::pkce;
use crate::realm::{AccessTokenFormat, Realm};
use crate::refusal::{Ending, Further, Refusal};
use crate::scope::ScopeSet;
use crate::span::Span;
use crate::token_claims::say_agent;
use crate::token_request::{Grant, TokenRequest};
use crate::unique::Members;
use crate::user::User;
pub use assertion::{jwt_bearer, subject_of};
pub use exchange::{Subject, token_exchange};
use serde_json::{Map, Value};

/// What the token endpoint is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What this answer's access token carries.
    pub granted: Granted,
    /// The answer must carry `scope` (RFC 6749 5.1).
    pub scope_differs: bool,
    /// The user for whom; `None`: the client acts for itself.
    pub user: Option<String>,
    /// The APIs of this answer's access token, where they are fewer than those of the grant (RFC 8707 2.2).
    pub narrowed: Option<Audience>,
    /// The access token.
    pub access: AccessPlan,
    /// The refresh token.
    pub refresh: RefreshPlan,
    /// The seat pools from which the grant takes a seat.
    pub seats: Vec<String>,
    /// An ID token is due, with this nonce.
    pub id_token: Option<IdTokenPlan>,
    /// What the access token says beside its registered claims.
    pub claims: Map<String, Value>,
}

/// How the access token is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessPlan {
    /// Signed or a reference.
    pub format: AccessTokenFormat,
    /// What signs it.
    pub algorithm: Algorithm,
    /// How long it lives.
    pub ttl: Span,
}

/// Whether there is a refresh token, and how it turns over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefreshPlan {
    /// None.
    None,
    /// There is, and used ones are treated so.
    Yes(Turnover),
}

/// What the ID token repeats.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IdTokenPlan {
    /// As the authorization request carried it.
    pub nonce: Option<String>,
    /// Claims of the user.
    pub user: Map<String, Value>,
}

/// A grant as it is stored, as far as deciding on a refresh needs it.
#[derive(Debug, Clone)]
pub struct StoredGrant<'a> {
    /// The client that it was given to.
    pub client: &'a str,
    /// What was granted.
    pub granted: &'a Granted,
    /// When its refresh token ends if it is not used, in milliseconds.
    pub idle_expires_at: i64,
    /// When it ends in any case, in milliseconds.
    pub expires_at: i64,
    /// It was taken back, and why as it is stored.
    pub revoked: Option<&'a str>,
    /// The client proved who it is; a public one only named itself.
    pub proved: bool,
}

/// How an access token of `client` for `audience` is made.
pub fn access_plan(realm: &Realm, client: &Client, audience: &Audience) -> AccessPlan {
    let (format, algorithm, ttl) = realm.access_token_for(client, audience);
    AccessPlan { format, algorithm, ttl }
}

/// The seat pools that a scope takes a seat from.
pub fn seats_for(realm: &Realm, scope: &ScopeSet) -> Vec<String> {
    let mut pools: Vec<String> = Vec::new();
    if realm.seat_pools.is_empty() {
        return pools;
    }
    for pool in scope.iter().filter_map(|token| realm.scope(token)).filter_map(|scope| scope.seat.as_ref()) {
        if !pools.contains(pool) {
            pools.push(pool.clone());
        }
    }
    pools
}

/// How refresh tokens of `client` turn over: reusable ones only for a confidential client that was given them
/// (RFC 9700 4.14.2).
///
/// In a profile they stay as they are: its clients are confidential, their access tokens are bound to a key, and one that turned
/// over would be lost with an answer (FAPI 2.0 Security Profile 5.3.2.1).
pub fn turnover(realm: &Realm, client: &Client) -> Turnover {
    if realm.profile.is_some() {
        return Turnover::Stable;
    }
    let wanted = client.turnover.unwrap_or(realm.dialect.refresh.turnover);
    if client.is_confidential() && realm.allows(client, Legacy::ReusableRefresh) { wanted } else { Turnover::Rotate }
}

fn refresh_plan(realm: &Realm, client: &Client, offered: bool) -> RefreshPlan {
    if offered && client.may(GrantType::RefreshToken) {
        RefreshPlan::Yes(turnover(realm, client))
    } else {
        RefreshPlan::None
    }
}

/// Client credentials (RFC 6749 4.4); `acts_as`: the user that the client stands for, loaded.
///
/// # Errors
/// Scope or audience; a client that stands for a user who may no longer sign in.
pub fn client_credentials(
    realm: &Realm,
    client: &Client,
    request: &TokenRequest,
    acts_as: Option<&User>,
) -> Result<Decision, Refusal> {
    if client.acts_as.is_some() && acts_as.is_none_or(|user| user.disabled) {
        return Err(Refusal::GrantUnbacked);
    }
    let mut scope = resolve_scope(realm, client, request.scope.as_ref(), realm.dialect.token.default_scope.as_deref())?;
    if acts_as.is_none() && scope.iter().any(|token| matches!(token, "openid" | "offline_access")) {
        scope = scope.iter().filter(|token| !matches!(*token, "openid" | "offline_access")).collect();
    }
    let audience = resolve_audience(realm, client, &request.audiences, &scope)?;
    let granted = Granted {
        flow: GrantType::ClientCredentials,
        scope,
        audience,
        organisations: acts_as.map(|user| user.organisations.clone()).unwrap_or_default(),
        auth_time: None,
        acr: None,
        session: None,
        userinfo_claims: Vec::new(),
        confirmation: None,
        claims_locales: Vec::new(),
        proof: None,
        subject: None,
        claims: Map::new(),
        act: None,
        told: None,
        until: None,
        agent: false,
    };
    Ok(Decision {
        narrowed: None,
        scope_differs: differs(request.scope.as_ref(), &granted.scope),
        user: acts_as.map(|user| user.id.clone()),
        access: access_plan(realm, client, &granted.audience),
        refresh: refresh_plan(realm, client, realm.dialect.refresh.for_client_credentials),
        seats: seats_for(realm, &granted.scope),
        id_token: None,
        claims: access_token_claims(realm, client, acts_as, &granted),
        granted,
    })
}

/// Whether a user may use the password grant at all. Asked before the password counts as right, so that nobody learns from the
/// answers that it was.
pub fn may_use_password(realm: &Realm, user: &User) -> bool {
    let tied = matches!(realm.dialect.organisation, OrganisationChoice::One | OrganisationChoice::All);
    !user.disabled && !user.administrator && (!tied || (user.service && user.organisations.len() == 1))
}

/// Password (RFC 6749 4.3), after the password was found right.
///
/// # Errors
/// The user may not use it (administrators never; only service users where the contract ties tokens to one
/// organisation); scope or audience.
pub fn password(realm: &Realm, client: &Client, request: &TokenRequest, user: &User) -> Result<Decision, Refusal> {
    if !may_use_password(realm, user) {
        return Err(Refusal::WrongPassword);
    }
    let scope = resolve_scope(realm, client, request.scope.as_ref(), realm.dialect.token.default_scope.as_deref())?;
    let audience = resolve_audience(realm, client, &request.audiences, &scope)?;
    let granted = Granted {
        flow: GrantType::Password,
        scope,
        audience,
        organisations: user.organisations.clone(),
        auth_time: None,
        acr: None,
        session: None,
        userinfo_claims: Vec::new(),
        confirmation: None,
        claims_locales: Vec::new(),
        proof: None,
        subject: None,
        claims: Map::new(),
        act: None,
        told: None,
        until: None,
        agent: false,
    };
    Ok(Decision {
        narrowed: None,
        scope_differs: differs(request.scope.as_ref(), &granted.scope),
        user: Some(user.id.clone()),
        access: access_plan(realm, client, &granted.audience),
        refresh: refresh_plan(realm, client, true),
        seats: seats_for(realm, &granted.scope),
        id_token: None,
        claims: access_token_claims(realm, client, Some(user), &granted),
        granted,
    })
}

/// Authorization code (RFC 6749 4.1.3); the code itself was found genuine and unspent, and spending it is what the
/// transaction decides. `user` and `consented`: who gave it and what they consent to, loaded again.
///
/// # Errors
/// Another client's, another redirect URI, PKCE, legacy behaviours that were taken away meanwhile; the user, their consent or
/// their companies gone.
pub fn authorization_code(
    realm: &Realm,
    client: &Client,
    request: &TokenRequest,
    code: &CodeBinding,
    user: Option<&User>,
    consented: Option<&ScopeSet>,
) -> Result<Decision, Refusal> {
    let Grant::AuthorizationCode { redirect_uri, verifier, .. } = &request.grant else {
        return Err(Refusal::grant_not_allowed(client));
    };
    if code.client != client.id {
        return Err(Refusal::CodeOfAnotherClient);
    }
    is_shown(code.granted.confirmation, request)?;
    same_redirect(realm, client, code, redirect_uri.as_deref())?;
    pkce::check(code.challenge.as_ref(), verifier.as_ref().map(crate::token::Plain::expose))?;
    if code.challenge.is_none() && pkce::without(realm, client, code.bound_by_nonce()).is_none() {
        return Err(Refusal::legacy(client, Legacy::NoPkce));
    }
    approved(realm, client, request, code, user, consented)
}

/// What a client polled for, and its user has approved: a device code (RFC 8628 3.4), or a request whose user was elsewhere (CIBA Core 1.0
/// 10.1). The code itself was found genuine and unspent, as in [`authorization_code`].
///
/// # Errors
/// Another client's, or of the other kind; the user, their consent or their companies gone.
pub fn polled(
    realm: &Realm,
    client: &Client,
    request: &TokenRequest,
    code: &CodeBinding,
    user: Option<&User>,
    consented: Option<&ScopeSet>,
) -> Result<Decision, Refusal> {
    let (flow, unknown) = match request.grant {
        Grant::Ciba { .. } => (GrantType::Ciba, Further::AuthReqUnknown),
        _ => (GrantType::DeviceCode, Further::DeviceUnknown),
    };
    if code.client != client.id || code.granted.flow != flow {
        return Err(unknown.into());
    }
    approved(realm, client, request, code, user, consented)
}

/// What a user approved in a browser.
///
/// # Errors
/// The user, their consent or their companies gone.
pub fn approved(
    realm: &Realm,
    client: &Client,
    request: &TokenRequest,
    code: &CodeBinding,
    user: Option<&User>,
    consented: Option<&ScopeSet>,
) -> Result<Decision, Refusal> {
    let user = user.filter(|user| !user.disabled).ok_or(Refusal::GrantUnbacked)?;
    let narrowed = code.granted.audience.narrowed(&request.asked_apis(realm))?;
    let mut granted = still_granted(realm, client, code.granted.clone(), consented)?;
    keep_organisations(realm, &mut granted, user)?;
    let id_token = granted.scope.contains("openid").then(|| id_token(realm, client, code, user, consented, &granted));
    Ok(Decision {
        scope_differs: code.scope_differs || !granted.scope.same(&code.granted.scope),
        user: Some(code.user.clone()),
        access: access_plan(realm, client, narrowed.as_ref().unwrap_or(&granted.audience)),
        narrowed,
        refresh: refresh_plan(realm, client, true),
        seats: seats_for(realm, &granted.scope),
        id_token,
        claims: access_token_claims(realm, client, Some(user), &granted),
        granted,
    })
}

/// The ID token that comes with a code's first access token.
fn id_token(
    realm: &Realm,
    client: &Client,
    code: &CodeBinding,
    user: &User,
    consented: Option<&ScopeSet>,
    granted: &Granted,
) -> IdTokenPlan {
    let trusted = client.trusted && client.is_confidential();
    let allowed =
        |name: &str| trusted || consented.is_some_and(|consented| owner(realm, client, name).allows(consented));
    let names: Vec<String> = code.id_token_claims.iter().filter(|name| allowed(name)).cloned().collect();
    let user = id_token_claims(realm, client, user, granted, by_scope(client, &granted.scope), &names);
    IdTokenPlan { nonce: code.nonce.clone(), user }
}

/// What an ID token says of its user: the claims of `scope`, those that were asked for by name, and those that the realm makes.
pub fn id_token_claims(
    realm: &Realm,
    client: &Client,
    user: &User,
    granted: &Granted,
    scope: Option<&ScopeSet>,
    names: &[String],
) -> Map<String, Value> {
    let mut told = user_claims(user, &Wanted { scope, names, locales: &granted.claims_locales });
    let organisations = &granted.organisations;
    let telling = Telling { place: Place::IdToken, user: Some(user), scope: &granted.scope, organisations, names };
    tell(realm, client, &telling, &mut told);
    if let Some(said) = &granted.told {
        said.add_to_id_token(&mut told);
    }
    say_agent(realm, client, granted, &mut told);
    told
}

/// What an access token says beside its registered claims: what the realm makes. Of most clients nothing.
pub fn access_token_claims(
    realm: &Realm,
    client: &Client,
    user: Option<&User>,
    granted: &Granted,
) -> Map<String, Value> {
    let mut told = Map::new();
    let organisations = &granted.organisations;
    let telling = Telling { place: Place::AccessToken, user, scope: &granted.scope, organisations, names: &[] };
    tell(realm, client, &telling, &mut told);
    if let Some(said) = &granted.told {
        said.add_to_access_token(&mut told);
    }
    say_agent(realm, client, granted, &mut told);
    told
}

/// The scope whose claims an ID token of `client` carries: where the client asked for that.
pub fn by_scope<'a>(client: &Client, scope: &'a ScopeSet) -> Option<&'a ScopeSet> {
    (client.id_token_claims == IdTokenClaims::Scope).then_some(scope)
}

/// The access token of a grant that its user bounded in time ends with it.
///
/// # Errors
/// It is over.
pub fn bounded(plan: AccessPlan, until: Option<i64>, now: i64) -> Result<AccessPlan, Refusal> {
    let Some(until) = until else { return Ok(plan) };
    let left = u32::try_from((until - now).max(0) / 1000).unwrap_or(u32::MAX);
    if left == 0 {
        Err(Refusal::GrantUnbacked)
    } else {
        Ok(AccessPlan { ttl: plan.ttl.min(Span::seconds(left)), ..plan })
    }
}

/// What is left of a grant that its user consented to, now that they consent to `consented` (`None`: to nothing). Of a grant
/// that needs no consent, all.
///
/// # Errors
/// There is no consent any more.
pub fn still_granted(
    realm: &Realm,
    client: &Client,
    granted: Granted,
    consented: Option<&ScopeSet>,
) -> Result<Granted, Refusal> {
    let trusted = client.trusted && client.is_confidential();
    if !granted.flow.is_consented() || trusted {
        return Ok(granted);
    }
    let consented = consented.ok_or(Refusal::GrantUnbacked)?;
    let scope = granted.scope.within(consented);
    let mut granted = Granted { scope, ..granted };
    retain_within(realm, client, &mut granted.userinfo_claims, consented);
    Ok(granted)
}

/// The companies and sites of a grant that are still its user's; not none of several. Where a grant is tied to all, those
/// that the user has now.
fn keep_organisations(realm: &Realm, granted: &mut Granted, user: &User) -> Result<(), Refusal> {
    let had_some = !granted.organisations.is_empty();
    if realm.dialect.organisation == OrganisationChoice::All && granted.flow.is_consented() {
        granted.organisations.clone_from(&user.organisations);
    } else {
        let own = Members::of(&user.organisations);
        granted.organisations.retain(|id| own.contain(id));
    }
    if had_some && granted.organisations.is_empty() { Err(Refusal::GrantUnbacked) } else { Ok(()) }
}

/// The redirect URI of the token request is the one of the authorization request, and still registered (RFC 6749
/// 4.1.3). It may be absent only if the authorization request had none. Who is registered with a wildcard may repeat what
/// they registered, with its `*` or without.
fn same_redirect(realm: &Realm, client: &Client, code: &CodeBinding, sent: Option<&str>) -> Result<(), Refusal> {
    let registered = registered_redirect(realm, client, &code.redirect_uri).ok_or(Refusal::RedirectDiffers)?;
    let is_pattern = |sent: &str| {
        registered.is_wildcard() && registered.as_str().trim_end_matches('*') == sent.trim_end_matches('*')
    };
    let same = match sent {
        Some(sent) => sent == code.redirect_uri || is_pattern(sent),
        None => !code.redirect_uri_sent,
    };
    if same { Ok(()) } else { Err(Refusal::RedirectDiffers) }
}

/// Refresh (RFC 6749 6), of a token that was found genuine and of a generation that may be used. `user`: the user behind
/// the grant, loaded again; `grant_has_user`: whether there is one.
///
/// # Errors
/// Another client's, expired, revoked, no longer backed by its user, more scope than was granted.
pub fn refresh(
    realm: &Realm,
    client: &Client,
    request: &TokenRequest,
    stored: &StoredGrant<'_>,
    user: GrantUser<'_>,
    now: i64,
) -> Result<Decision, Refusal> {
    if stored.client != client.id {
        return Err(Refusal::RefreshOfAnotherClient);
    }
    if let Some(why) = stored.revoked {
        return Err(Refusal::GrantRevoked(Ending::of(why).filter(|_| stored.proved)));
    }
    if stored.idle_expires_at <= now || stored.expires_at <= now {
        return Err(Refusal::RefreshExpired);
    }
    is_shown(stored.granted.confirmation, request)?;
    if user.is_gone() {
        return Err(Refusal::GrantUnbacked);
    }
    if stored.granted.flow == GrantType::Password && !realm.allows(client, Legacy::Password) {
        return Err(Refusal::legacy(client, Legacy::Password));
    }
    let narrowed = stored.granted.audience.narrowed(&request.asked_apis(realm))?;
    let mut granted = stored.granted.clone();
    // What the client may no longer have, it no longer gets.
    granted.scope = granted.scope.within(&client.scope);
    if let GrantUser::There(user) = user {
        keep_organisations(realm, &mut granted, user)?;
    }
    if let Some(asked) = &request.scope {
        if !asked.is_subset(&stored.granted.scope) {
            return Err(Refusal::ScopeExceedsGrant);
        }
        granted.scope = granted.scope.within(asked);
    }
    let id_token = match user {
        GrantUser::There(user) if granted.scope.contains("openid") => {
            let user = id_token_claims(realm, client, user, &granted, by_scope(client, &granted.scope), &[]);
            Some(IdTokenPlan { user, ..IdTokenPlan::default() })
        }
        _ => None,
    };
    Ok(Decision {
        scope_differs: !granted.scope.same(request.scope.as_ref().unwrap_or(&stored.granted.scope)),
        user: user.id(),
        access: access_plan(realm, client, narrowed.as_ref().unwrap_or(&granted.audience)),
        narrowed,
        refresh: RefreshPlan::Yes(turnover(realm, client)),
        seats: seats_for(realm, &stored.granted.scope),
        id_token,
        claims: access_token_claims(realm, client, user.there(), &granted),
        granted,
    })
}

/// Whether a request shows the key that a code or a refresh token is bound to (RFC 9449 5, 10; RFC 8705 4).
fn is_shown(bound: Option<Confirmation>, request: &TokenRequest) -> Result<(), Refusal> {
    match bound {
        Some(key) if request.confirmation != Some(key) => Err(Refusal::KeyDiffers),
        _ => Ok(()),
    }
}

/// The user behind a grant.
#[derive(Debug, Clone, Copy)]
pub enum GrantUser<'a> {
    /// The client acts for itself.
    NoUser,
    /// There was one, who is gone.
    Gone,
    /// As now stored.
    There(&'a User),
}

impl GrantUser<'_> {
    fn is_gone(self) -> bool {
        match self {
            Self::NoUser => false,
            Self::Gone => true,
            Self::There(user) => user.disabled,
        }
    }

    fn id(self) -> Option<String> {
        self.there().map(|user| user.id.clone())
    }
}

impl<'a> GrantUser<'a> {
    const fn there(self) -> Option<&'a User> {
        if let Self::There(user) = self { Some(user) } else { None }
    }
}

fn differs(requested: Option<&ScopeSet>, granted: &ScopeSet) -> bool {
    requested.map_or(!granted.is_empty(), |requested| !requested.same(granted))
}
