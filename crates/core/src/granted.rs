//! What a grant covers: scope, audience, organisations; how a request's wishes become it, and how it is kept.

use crate::actor::Actor;
use crate::audience::Audience;
use crate::client::{Client, GrantType};
use crate::confirmation::Confirmation;
use crate::dialect::AudienceParameter;
use crate::pkce::Challenge;
use crate::realm::Realm;
use crate::refusal::Refusal;
use crate::scope::ScopeSet;
use crate::sign_in::Proof;
use crate::told::Told;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What was granted: stored with a code and with a grant, and the most that any of its tokens may carry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Granted {
    /// The grant by which it came.
    pub flow: GrantType,
    /// The scope.
    pub scope: ScopeSet,
    /// The API, or the APIs.
    pub audience: Audience,
    /// The organisations that the user picked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub organisations: Vec<String>,
    /// When the user signed in, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    /// How strong that sign-in was, where that is not what a password is in this realm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// The browser session in which it was granted, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// The claims that userinfo adds to those of the scope.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub userinfo_claims: Vec<String>,
    /// With a code and a grant: the key that whoever uses it has to show. With a stored access token: that of the token.
    #[serde(default, rename = "cnf", skip_serializing_if = "Option::is_none")]
    pub confirmation: Option<Confirmation>,
    /// The languages in which claims are told as well (OpenID Connect Core 5.2).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims_locales: Vec<String>,
    /// How the user signed in, where that is more than a password or the realm tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<Box<Proof>>,
    /// Of a reference alone: how its user is named to its client, where that is not by their id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Of a reference alone: what introspection says beside the registered claims.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub claims: Map<String, Value>,
    /// Who acts for its subject, where it was exchanged for that (RFC 8693 4.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Box<Actor>>,
    /// What the vendor's own pages said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<Box<Told>>,
    /// When it ends, where its user bounded it, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<i64>,
    /// An agent acts with it, though it is of another client: it was exchanged for an agent's.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub agent: bool,
}

/// What a code stands for: stored with it, checked when it is redeemed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeBinding {
    /// The client it was given to.
    pub client: String,
    /// The user who approved.
    pub user: String,
    /// The redirect URI that it travelled to.
    pub redirect_uri: String,
    /// The authorization request carried the redirect URI.
    pub redirect_uri_sent: bool,
    /// PKCE.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<Challenge>,
    /// For the ID token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// The claims of the user that the ID token carries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub id_token_claims: Vec<String>,
    /// The granted scope is not the one asked for.
    pub scope_differs: bool,
    /// What was granted.
    pub granted: Granted,
}

impl Granted {
    /// Nothing but a scope for these APIs, by this grant: nobody signed in, nothing is bound.
    pub fn bare(flow: GrantType, scope: ScopeSet, audience: Audience) -> Self {
        Self {
            flow,
            scope,
            audience,
            organisations: Vec::new(),
            auth_time: None,
            acr: None,
            proof: None,
            session: None,
            userinfo_claims: Vec::new(),
            confirmation: None,
            claims_locales: Vec::new(),
            subject: None,
            claims: Map::new(),
            act: None,
            told: None,
            until: None,
            agent: false,
        }
    }

    /// The same, where what its user consents to ends at `until` at the latest.
    #[must_use]
    pub fn no_longer_than(mut self, until: Option<i64>) -> Self {
        self.until = self.until.into_iter().chain(until).min();
        self
    }

    /// How strong the sign-in was that it rests on; `None` where nobody signed in.
    pub fn acr<'g>(&'g self, realm: &'g Realm) -> Option<&'g str> {
        if let Some(told) = &self.told {
            return told.acr.as_deref();
        }
        let proven = self.proof.as_ref().and_then(|proof| proof.acr.as_deref());
        self.auth_time.map(|_| proven.or(self.acr.as_deref()).unwrap_or(&realm.sessions.acr))
    }
}

impl CodeBinding {
    /// Whether the client can tell by its ID token that the code is the one it asked for (RFC 9700 2.1.1).
    pub fn bound_by_nonce(&self) -> bool {
        self.nonce.is_some() && self.granted.scope.contains("openid")
    }
}

/// The scope that a request gets.
///
/// # Errors
/// A scope that does not exist or that the client may not ask for.
pub fn resolve_scope(
    realm: &Realm,
    client: &Client,
    requested: Option<&ScopeSet>,
    default: Option<&str>,
) -> Result<ScopeSet, Refusal> {
    let scope = match (requested, default) {
        (Some(requested), _) => requested.clone(),
        (None, Some(default)) => ScopeSet::parse(default).map_err(|_| Refusal::MalformedScope)?,
        (None, None) => match &client.registered.usual_scope {
            None => return Ok(client.scope.clone()),
            // What an operator took from it since is not usual any more.
            Some(usual) => usual.iter().filter(|name| client.scope.contains(name)).collect(),
        },
    };
    let refused =
        scope.iter().find(|token| !client.scope.contains(token) || realm.scope(token).is_none()).map(Refusal::scope);
    refused.map_or(Ok(scope), Err)
}

/// The APIs that a token with this scope is for.
///
/// # Errors
/// None named where the contract wants one; unknown, or not the client's.
pub fn resolve_audience(
    realm: &Realm,
    client: &Client,
    requested: &[String],
    scope: &ScopeSet,
) -> Result<Audience, Refusal> {
    let names: Vec<&str> = requested.iter().map(|name| realm.spelled(name)).collect();
    let Some(audience) = Audience::of(&names) else {
        if realm.dialect.token.audience == AudienceParameter::Required {
            return Err(Refusal::AudienceMissing);
        }
        return Ok(usual_audience(realm, client, scope).into());
    };
    let allowed = |name: &str| {
        client.audiences.iter().any(|mine| mine == name)
            || (client.audiences.is_empty() && default_audience(realm, client) == name)
    };
    let all = audience.iter().all(|name| realm.api(name).is_some() && allowed(name));
    if all { Ok(audience) } else { Err(Refusal::AudienceNotAllowed) }
}

/// Where none was named: the one API of the client that all of the scope belongs to (RFC 9068 3), as far as scopes belong to any;
/// else [`default_audience`].
pub fn usual_audience<'a>(realm: &'a Realm, client: &'a Client, scope: &ScopeSet) -> &'a str {
    let mut apis = scope.iter().filter_map(|name| realm.scope(name)?.api.as_deref());
    let only = apis.next().filter(|first| apis.all(|other| other == *first));
    let own = only.filter(|only| client.audiences.iter().any(|mine| mine == only));
    own.unwrap_or_else(|| default_audience(realm, client))
}

/// The client's first API, else the realm's first, else the issuer itself.
pub fn default_audience<'a>(realm: &'a Realm, client: &'a Client) -> &'a str {
    let first = client.audiences.first().or_else(|| realm.apis.first().map(|api| &api.audience));
    first.map_or(realm.issuer.as_str(), String::as_str)
}
