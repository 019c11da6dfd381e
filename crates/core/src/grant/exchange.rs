//! Token exchange (RFC 8693): what a client gets for a token of somebody else.
//!
//! The server has found the tokens genuine, and loaded again what they rest on. Here it is decided what the new one carries: never
//! more than the token that it comes of, and it ends no later.

use super::{Decision, RefreshPlan, access_plan, access_token_claims, differs, keep_organisations, seats_for};
use crate::actor::{Actor, may_act};
use crate::audience::Audience;
use crate::client::{Acting, Client, ExchangePolicy, GrantType};
use crate::dialect::AudienceParameter;
use crate::granted::{Granted, default_audience};
use crate::realm::Realm;
use crate::refusal::{Further, Refusal};
use crate::scope::ScopeSet;
use crate::span::Span;
use crate::token_request::TokenRequest;
use crate::user::User;
use serde_json::{Map, Value};

/// A subject token that is good, with what it rests on as that is now.
#[derive(Debug, Clone)]
pub struct Subject {
    /// What it carries; of its scope what is still allowed, and of a client's own token that client as `subject`.
    pub granted: Granted,
    /// The user whom it is about.
    pub user: Option<User>,
    /// Who may act for them, where it says so.
    pub may_act: Option<Value>,
    /// When it ends, in milliseconds.
    pub expires_at: i64,
    /// Whether it belongs to a grant, which holds the seats of its scope.
    pub has_grant: bool,
}

/// Decides an exchange. `actor`: as whom the holder of the actor token is named to the client.
///
/// # Errors
/// The policy, `may_act`, audience or scope; the subject is gone or over; too many actors; another key than the token's.
pub fn token_exchange(
    realm: &Realm,
    client: &Client,
    request: &TokenRequest,
    policy: &ExchangePolicy,
    subject: Subject,
    actor: Option<String>,
    now: i64,
) -> Result<Decision, Refusal> {
    if subject.granted.confirmation.is_some() && request.confirmation != subject.granted.confirmation {
        return Err(unacceptable("it is bound to a key, which this request does not show"));
    }
    is_let_act(policy, &subject, actor.as_deref(), (realm, client))?;
    let audience = audience(realm, client, policy, &request.audiences)?;
    let scope = scope(realm, client, policy, (&subject, &audience), request.scope.as_ref())?;
    let act = match actor {
        None => subject.granted.act,
        Some(actor) => Some(
            Actor::after(actor, subject.granted.act)
                .ok_or_else(|| unacceptable("too many have acted with it already"))?,
        ),
    };
    let mut granted = Granted {
        flow: GrantType::TokenExchange,
        scope,
        audience,
        act,
        session: None,
        userinfo_claims: Vec::new(),
        claims_locales: Vec::new(),
        confirmation: None,
        claims: Map::new(),
        // What an app said of its own client's tokens is for no other.
        told: None,
        ..subject.granted
    };
    if let Some(user) = &subject.user {
        keep_organisations(realm, &mut granted, user)
            .map_err(|_| unacceptable("its user does not belong to its organisation any more"))?;
    }
    let mut access = access_plan(realm, client, &granted.audience);
    access.ttl = access.ttl.min(rest(subject.expires_at, now)?);
    Ok(Decision {
        narrowed: None,
        scope_differs: differs(request.scope.as_ref(), &granted.scope),
        user: subject.user.as_ref().map(|user| user.id.clone()),
        access,
        refresh: RefreshPlan::None,
        seats: Vec::new(),
        id_token: None,
        claims: access_token_claims(realm, client, subject.user.as_ref(), &granted),
        granted,
    })
}

const fn unacceptable(why: &'static str) -> Refusal {
    Refusal::Further(Further::SubjectToken(why))
}

/// How long the subject token still lives.
fn rest(expires_at: i64, now: i64) -> Result<Span, Refusal> {
    let left = u32::try_from((expires_at - now).max(0) / 1000).unwrap_or(u32::MAX);
    if left == 0 { Err(unacceptable("it is over")) } else { Ok(Span::seconds(left)) }
}

/// Whether the client may have a token with this actor, or with none, and whether the subject token lets it (RFC 8693 4.4).
fn is_let_act(
    policy: &ExchangePolicy,
    subject: &Subject,
    actor: Option<&str>,
    (realm, client): (&Realm, &Client),
) -> Result<(), Refusal> {
    match (policy.acting, actor) {
        (Acting::Delegation, None) => return Err(Refusal::MissingParameter("actor_token")),
        (Acting::Impersonation, Some(_)) => {
            return Err(Further::ActorToken("this client gets tokens that name no actor").into());
        }
        _ => {}
    }
    let party = actor.unwrap_or(&client.id);
    let is_named = |claim: &Value| may_act(claim, &realm.issuer, party);
    if subject.may_act.as_ref().is_none_or(is_named) {
        Ok(())
    } else {
        Err(unacceptable("its may_act names somebody else"))
    }
}

/// The APIs that the new token is for (RFC 8693 2.1: `audience` and `resource`).
fn audience(realm: &Realm, client: &Client, policy: &ExchangePolicy, asked: &[String]) -> Result<Audience, Refusal> {
    let allowed = if policy.audiences.is_empty() { &client.audiences } else { &policy.audiences };
    let names: Vec<&str> = asked.iter().map(|name| realm.spelled(name)).collect();
    let Some(audience) = Audience::of(&names) else {
        if realm.dialect.token.audience == AudienceParameter::Required {
            return Err(Refusal::AudienceMissing);
        }
        let first = allowed.first().map_or_else(|| default_audience(realm, client), String::as_str);
        return Ok(first.into());
    };
    let may_have = |name: &str| realm.api(name).is_some() && allowed.iter().any(|one| one == name);
    if audience.iter().all(may_have) { Ok(audience) } else { Err(Refusal::AudienceNotAllowed) }
}

/// The scope of the new token: of the subject token's what the client may have for these APIs, or less where it asks for less.
fn scope(
    realm: &Realm,
    client: &Client,
    policy: &ExchangePolicy,
    (subject, audience): (&Subject, &Audience),
    asked: Option<&ScopeSet>,
) -> Result<ScopeSet, Refusal> {
    let belongs = |name: &str| {
        realm.scope(name).is_some_and(|scope| scope.api.as_deref().is_none_or(|api| audience.contains(api)))
    };
    let within_policy = |name: &str| policy.scope.is_empty() || policy.scope.contains(name);
    let may_have =
        |name: &str| name != "offline_access" && client.scope.contains(name) && within_policy(name) && belongs(name);
    let Some(asked) = asked else {
        let all: ScopeSet = subject.granted.scope.iter().filter(|name| may_have(name)).collect();
        return Ok(if subject.has_grant { all } else { without_seats(realm, &all) });
    };
    if !asked.is_subset(&subject.granted.scope) {
        return Err(Refusal::ScopeExceedsGrant);
    }
    if let Some(name) = asked.iter().find(|name| !may_have(name)) {
        return Err(Refusal::scope(name));
    }
    // A licence is held by the grant that the subject token belongs to; one that belongs to none holds none.
    if !subject.has_grant && !seats_for(realm, asked).is_empty() {
        return Err(unacceptable("it belongs to no grant, and a scope that is asked for takes a licence"));
    }
    Ok(asked.clone())
}

fn without_seats(realm: &Realm, scope: &ScopeSet) -> ScopeSet {
    let takes_none = |name: &&str| realm.scope(name).is_none_or(|scope| scope.seat.is_none());
    scope.iter().filter(takes_none).collect()
}
