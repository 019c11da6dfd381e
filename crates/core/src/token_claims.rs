//! What a token says, made in one place: for tokens that are issued, and for whoever asks what one would hold.

use crate::actor::Actor;
use crate::audience::Audience;
use crate::claim_map::{Telling, tell};
use crate::claim_rule::Place;
use crate::claims::{AccessClaims, IdClaims, SubjectKind, Wanted, id_text, user_claims};
use crate::client::{Client, GrantType};
use crate::confirmation::Confirmation;
use crate::granted::Granted;
use crate::logout::sid;
use crate::realm::{ACT, AGENT, Realm};
use crate::scope::ScopeSet;
use crate::sign_in::Proof;
use crate::span::Span;
use crate::token::Id;
use crate::user::User;
use serde_json::{Map, Value};
use std::borrow::Cow;

/// What the registered claims of an access token are made from.
#[derive(Debug, Clone, Copy)]
pub struct AccessTokenOf<'a> {
    /// The client.
    pub client: &'a Client,
    /// It acts for a user.
    pub has_user: bool,
    /// How the user is named to the client.
    pub subject: Option<&'a str>,
    /// What is granted.
    pub granted: &'a Granted,
    /// The APIs, where they are fewer than those of the grant.
    pub narrowed: Option<&'a Audience>,
    /// How long it lives.
    pub ttl: Span,
    /// The key that its holder has to show.
    pub confirmation: Option<Confirmation>,
    /// The stored grant it belongs to.
    pub grant: Option<&'a Id>,
    /// Its own id.
    pub jti: &'a str,
    /// Milliseconds since the epoch.
    pub now: i64,
}

/// The registered claims of an access token (RFC 9068 2.2).
pub fn access_claims<'a>(realm: &'a Realm, of: AccessTokenOf<'a>) -> AccessClaims<'a> {
    AccessClaims {
        iss: Cow::Borrowed(&realm.issuer),
        sub: Cow::Borrowed(of.subject.unwrap_or(&of.client.id)),
        sub_type: Some(SubjectKind::of(of.has_user)),
        aud: Cow::Borrowed(of.narrowed.unwrap_or(&of.granted.audience)),
        client_id: Cow::Borrowed(&of.client.id),
        scope: Cow::Owned(of.granted.scope.to_string()),
        iat: of.now / 1000,
        exp: of.now / 1000 + of.ttl.as_seconds(),
        jti: Cow::Borrowed(of.jti),
        gid: of.grant.map(|grant| Cow::Owned(id_text(grant))),
        org: Cow::Borrowed(&of.granted.organisations),
        flow: (of.granted.flow == GrantType::Implicit).then_some(Cow::Borrowed("implicit")),
        auth_time: of.granted.auth_time.map(|time| time / 1000),
        acr: of.granted.acr(realm).map(Cow::Borrowed),
        userinfo_claims: Cow::Borrowed(&of.granted.userinfo_claims),
        cnf: of.confirmation,
        claims_locales: Cow::Borrowed(&of.granted.claims_locales),
        act: of.granted.act.clone().or_else(|| agent_acts(realm, of.client, of.has_user)),
        amr: of.granted.proof.as_ref().map_or(Cow::Borrowed(&[]), |proof| Cow::Borrowed(&proof.amr)),
    }
}

/// Who acts, in a realm that says of agents so (RFC 8693 4.1): the client, for its user.
pub fn agent_acts(realm: &Realm, client: &Client, has_user: bool) -> Option<Box<Actor>> {
    let says = has_user && client.is_agent() && realm.agents.claim == ACT;
    says.then(|| Box::new(Actor { iss: None, sub: client.id.clone(), act: None }))
}

/// Says in the realm's own claim that an agent acts, where one does.
pub fn say_agent(realm: &Realm, client: &Client, granted: &Granted, told: &mut Map<String, Value>) {
    if (granted.agent || client.is_agent()) && realm.agents.claim != ACT {
        told.insert(realm.agents.claim.clone(), Value::from(AGENT));
    }
}

/// Whether the claims of a token, beside the registered ones, say that an agent acts.
pub fn says_agent(realm: &Realm, told: &Map<String, Value>) -> bool {
    realm.agents.claim != ACT && told.get(&realm.agents.claim).and_then(Value::as_str) == Some(AGENT)
}

/// What an ID token is made from.
#[derive(Debug, Clone)]
pub struct IdTokenOf<'a> {
    /// The client.
    pub client: &'a Client,
    /// How the user is named to the client.
    pub subject: &'a str,
    /// When the user signed in, in milliseconds.
    pub auth_time: Option<i64>,
    /// As the client sent it.
    pub nonce: Option<&'a str>,
    /// How the user signed in, where that is more than a password or the realm tells it.
    pub proof: Option<&'a Proof>,
    /// What that was made of: [`amr`].
    pub amr: &'a [&'a str],
    /// The session in which the user signed in, as grants name it.
    pub session: Option<&'a str>,
    /// Claims of the user.
    pub claims: &'a Map<String, Value>,
    /// Of the access token that comes with it.
    pub at_hash: Option<String>,
    /// Of the code that comes with it.
    pub c_hash: Option<String>,
    /// Milliseconds since the epoch.
    pub now: i64,
}

/// What a sign-in was made of (RFC 8176).
pub fn amr(proof: Option<&Proof>, auth_time: Option<i64>) -> Vec<&str> {
    match proof {
        Some(proof) => proof.amr.iter().map(String::as_str).collect(),
        None if auth_time.is_some() => vec!["pwd"],
        None => Vec::new(),
    }
}

/// The claims of an ID token (OpenID Connect Core 2).
pub fn id_claims<'a>(realm: &'a Realm, of: IdTokenOf<'a>) -> IdClaims<'a> {
    IdClaims {
        iss: &realm.issuer,
        sub: of.subject,
        aud: &of.client.id,
        iat: of.now / 1000,
        exp: of.now / 1000 + realm.tokens.id_token_ttl.as_seconds(),
        auth_time: of.auth_time.map(|time| time / 1000),
        nonce: of.nonce,
        at_hash: of.at_hash,
        c_hash: of.c_hash,
        azp: &of.client.id,
        acr: of.proof.and_then(|proof| proof.acr.as_deref()),
        amr: of.amr,
        sid: of.session.filter(|_| of.client.logout.is_told()).map(|session| sid(session, &of.client.id)),
        user: of.claims,
    }
}

/// What userinfo tells of a user beside `sub`: the claims of the scope, those that were asked for by name, and those that the
/// realm makes.
pub fn userinfo_claims(
    realm: &Realm,
    client: Option<&Client>,
    user: &User,
    scope: &ScopeSet,
    organisations: &[String],
    (names, locales): (&[String], &[String]),
) -> Map<String, Value> {
    let mut told = user_claims(user, &Wanted { scope: Some(scope), names, locales });
    if let Some(client) = client {
        let telling = Telling { place: Place::Userinfo, user: Some(user), scope, organisations, names };
        tell(realm, client, &telling, &mut told);
    }
    told
}
