//! A client in plain values, as somebody asks for it.

use crate::client::{
    Authentication, Ciba, Client, ClientKind, ClientStatus, Dpop, ExchangePolicy, GrantType, IdTokenClaims, Identity,
    Logout, Protection, Registered, Requests,
};
use crate::dialect::{Legacy, Pkce, Turnover};
use crate::jose::Algorithm;
use crate::limits::ClientLimits;
use crate::realm::AccessTokenFormat;
use crate::span::Span;
use crate::token::Plain;
use std::collections::BTreeSet;

/// A client as somebody asks for it; the fields are those of [`Client`].
#[derive(Debug, Clone)]
pub struct Description {
    /// `client_id`.
    pub id: String,
    /// What consent calls it.
    pub name: String,
    /// Who publishes it.
    pub publisher: Option<String>,
    /// To whom mails go.
    pub owner_email: Option<String>,
    /// Whether it can keep a secret.
    pub kind: ClientKind,
    /// Where it is to stand.
    pub status: ClientStatus,
    /// The grants; `None`: what follows from kind and redirect URIs.
    pub grants: Option<BTreeSet<GrantType>>,
    /// Where users may be sent back to.
    pub redirect_uris: Vec<String>,
    /// Where users may be sent to after logging out.
    pub post_logout_redirect_uris: Vec<String>,
    /// Every scope that it may ask for, separated by spaces.
    pub scope: String,
    /// The audiences; `None`: those of its scopes, else the realm's first.
    pub audiences: Option<Vec<String>>,
    /// Legacy behaviours.
    pub legacy: BTreeSet<Legacy>,
    /// In place of the dialect's turnover.
    pub turnover: Option<Turnover>,
    /// In place of the realm's and the API's format.
    pub access_token: Option<AccessTokenFormat>,
    /// In place of the realm's access token lifetime.
    pub access_token_ttl: Option<Span>,
    /// The user that it stands for.
    pub acts_as: Option<ActsAs>,
    /// A secret that is brought along.
    pub secret: Option<BroughtSecret>,
    /// Its secret is the password of the user that it stands for.
    pub secret_is_password: bool,
    /// The audience that it *is*.
    pub resource_server: Option<String>,
    /// Consent is never asked for.
    pub trusted: bool,
    /// A public client that is a page in a browser.
    pub in_browser: bool,
    /// Whether it is an agent, where somebody says so.
    pub agent: Option<bool>,
    /// What signs its ID tokens.
    pub id_token_signing: Option<Algorithm>,
    /// Which claims about the user they carry.
    pub id_token_claims: IdTokenClaims,
    /// Whether every code needs PKCE.
    pub pkce: Pkce,
    /// Its public keys, as the JSON of a JWK set.
    pub jwks: Option<String>,
    /// Where its public keys are.
    pub jwks_uri: Option<String>,
    /// How it proves who it is.
    pub authentication: Authentication,
    /// Its authorization requests and their answers.
    pub requests: Requests,
    /// What it says about itself.
    pub registered: Registered,
    /// How its users are named to it, and what it is told of them.
    pub identity: Identity,
    /// Where it is told that somebody signed out.
    pub logout: Logout,
    /// How it hears what users said who were elsewhere.
    pub ciba: Ciba,
    /// Its proofs of possession.
    pub dpop: Dpop,
    /// How what is said to it is signed and encrypted.
    pub protection: Protection,
    /// Whose tokens it may exchange, and for what.
    pub token_exchange: Option<Box<ExchangePolicy>>,
    /// How often it may call.
    pub limits: ClientLimits,
}

/// The user that a client stands for.
#[derive(Debug, Clone)]
pub struct ActsAs {
    /// How the description names them; [`Client::acts_as`] takes it over.
    pub user: String,
    /// Whom the caller found under that name.
    pub found: Found,
}

/// Whom a name leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// Nobody.
    Nobody,
    /// A user.
    User,
    /// A user who administers the realm.
    Administrator,
}

/// A secret that is brought along.
#[derive(Debug, Clone)]
pub enum BroughtSecret {
    /// Here it is.
    Text(Plain),
    /// It lies in a file that is read later.
    InFile,
}

impl Description {
    /// A confidential client with this id and name, and nothing else.
    pub fn new(id: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            publisher: None,
            owner_email: None,
            kind: ClientKind::Confidential,
            status: ClientStatus::default(),
            grants: None,
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            scope: String::new(),
            audiences: None,
            legacy: BTreeSet::new(),
            turnover: None,
            access_token: None,
            access_token_ttl: None,
            acts_as: None,
            secret: None,
            secret_is_password: false,
            resource_server: None,
            trusted: false,
            in_browser: false,
            agent: None,
            id_token_signing: None,
            id_token_claims: IdTokenClaims::default(),
            pkce: Pkce::default(),
            jwks: None,
            jwks_uri: None,
            authentication: Authentication::default(),
            requests: Requests::default(),
            registered: Registered::default(),
            identity: Identity::default(),
            logout: Logout::default(),
            ciba: Ciba::default(),
            dpop: Dpop::default(),
            protection: Protection::default(),
            token_exchange: None,
            limits: ClientLimits::default(),
        }
    }

    /// A client as it is, for whoever changes some of it; `found`: whom its `acts_as` leads to.
    pub fn of(client: &Client, found: Found) -> Self {
        let client = client.clone();
        Self {
            publisher: client.publisher,
            owner_email: client.owner_email,
            kind: client.kind,
            status: client.status,
            grants: Some(client.grants),
            redirect_uris: client.redirect_uris.iter().map(|uri| uri.as_str().to_owned()).collect(),
            post_logout_redirect_uris: client.post_logout_redirect_uris,
            scope: client.scope.to_string(),
            audiences: Some(client.audiences),
            legacy: client.legacy,
            turnover: client.turnover,
            access_token: client.access_token,
            access_token_ttl: client.access_token_ttl,
            acts_as: client.acts_as.map(|user| ActsAs { user, found }),
            secret: None,
            secret_is_password: client.secret_is_password,
            resource_server: client.resource_server,
            trusted: client.trusted,
            in_browser: client.in_browser,
            agent: client.agent,
            id_token_signing: client.id_token_signing,
            id_token_claims: client.id_token_claims,
            pkce: client.pkce,
            jwks: client.jwks.and_then(|set| serde_json::to_string(&set).ok()),
            jwks_uri: client.jwks_uri,
            authentication: client.authentication,
            requests: client.requests,
            registered: client.registered,
            identity: client.identity,
            logout: client.logout,
            ciba: client.ciba,
            dpop: client.dpop,
            protection: client.protection,
            token_exchange: client.token_exchange,
            limits: client.limits,
            ..Self::new(client.id, client.name)
        }
    }
}
