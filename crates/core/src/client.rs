//! A client (an app): who it is, and what it may do (RFC 6749 2, RFC 7591 2).

pub mod rules;

use crate::dialect::{Legacy, ResponseType, Turnover};
use crate::jose::Algorithm;
use crate::realm::{AccessTokenFormat, Realm};
use crate::redirect::RedirectUri;
use crate::scope::ScopeSet;
use crate::span::Span;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A registered client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// `client_id`.
    pub id: String,
    /// What consent calls it.
    pub name: String,
    /// Who publishes it; shown at consent.
    #[serde(default)]
    pub publisher: Option<String>,
    /// The address of its owner, to whom mails go.
    #[serde(default)]
    pub owner_email: Option<String>,
    /// Whether it can keep a secret.
    pub kind: ClientKind,
    /// Where it stands with the vendor.
    #[serde(default)]
    pub status: ClientStatus,
    /// Grants that it may use.
    pub grants: BTreeSet<GrantType>,
    /// Where users may be sent back to.
    #[serde(default)]
    pub redirect_uris: Vec<RedirectUri>,
    /// Where users may be sent to after logging out; matched exactly.
    #[serde(default)]
    pub post_logout_redirect_uris: Vec<String>,
    /// Every scope it may ask for.
    #[serde(default)]
    pub scope: ScopeSet,
    /// The APIs (audiences) it may get tokens for. The first is the default where the dialect allows an absent audience.
    #[serde(default)]
    pub audiences: Vec<String>,
    /// Legacy behaviours that it has been given.
    #[serde(default)]
    pub legacy: BTreeSet<Legacy>,
    /// Overrides the dialect's turnover.
    #[serde(default)]
    pub turnover: Option<Turnover>,
    /// Overrides the realm's and the API's format.
    #[serde(default)]
    pub access_token: Option<AccessTokenFormat>,
    /// Overrides the realm's access token lifetime.
    #[serde(default)]
    pub access_token_ttl: Option<Span>,
    /// The user (by id) that the client stands for: client credentials act as that user.
    #[serde(default)]
    pub acts_as: Option<String>,
    /// The client's secret is the password of the user that it stands for.
    #[serde(default)]
    pub secret_is_password: bool,
    /// The audience that this client *is*: it may introspect tokens for it and follow its revocations.
    #[serde(default)]
    pub resource_server: Option<String>,
    /// Consent is never asked for: the vendor's own app. Never for public clients.
    #[serde(default)]
    pub trusted: bool,
}

/// RFC 6749 2.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClientKind {
    /// Keeps a secret.
    Confidential,
    /// Cannot: a program on somebody's device.
    Public,
}

/// Where a client stands with the vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClientStatus {
    /// Registered, waiting for the vendor's approval.
    Pending,
    /// Served.
    #[default]
    Active,
    /// Turned down by the vendor.
    Rejected,
    /// Stopped by the vendor; its tokens are revoked.
    Suspended,
}

impl ClientStatus {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Rejected => "rejected",
            Self::Suspended => "suspended",
        }
    }
}

/// The grants of the token endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantType {
    /// RFC 6749 4.1.
    AuthorizationCode,
    /// RFC 6749 4.2; served at the authorization endpoint.
    Implicit,
    /// RFC 6749 4.3.
    Password,
    /// RFC 6749 4.4.
    ClientCredentials,
    /// RFC 6749 6.
    RefreshToken,
}

impl GrantType {
    /// As `grant_type` spells it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::Implicit => "implicit",
            Self::Password => "password",
            Self::ClientCredentials => "client_credentials",
            Self::RefreshToken => "refresh_token",
        }
    }
}

impl Client {
    /// Whether it can keep a secret.
    pub fn is_confidential(&self) -> bool {
        self.kind == ClientKind::Confidential
    }

    /// Whether it may use a grant.
    pub fn may(&self, grant: GrantType) -> bool {
        self.grants.contains(&grant)
    }

    /// Whether it has been given a legacy behaviour.
    pub fn has(&self, legacy: Legacy) -> bool {
        self.legacy.contains(&legacy)
    }

    /// Whether it may use a response type: the grant behind it, and for `token` the legacy behaviour as well.
    pub fn may_respond(&self, response_type: ResponseType) -> bool {
        match response_type {
            ResponseType::Code => self.may(GrantType::AuthorizationCode),
            ResponseType::Token => self.may(GrantType::Implicit) && self.has(Legacy::Implicit),
        }
    }
}

/// What a realm and a client decide together.
impl Realm {
    /// Whether `client` may use a legacy behaviour: the dialect permits it and the client was given it.
    pub fn allows(&self, client: &Client, legacy: Legacy) -> bool {
        self.dialect.permits.contains(&legacy) && client.has(legacy)
    }

    /// Format, algorithm and lifetime of an access token of `client` for the API `audience`: the client's word, then
    /// the API's, then the realm's.
    pub fn access_token_for(&self, client: &Client, audience: &str) -> (AccessTokenFormat, Algorithm, Span) {
        let api = self.api(audience);
        (
            client.access_token.or(api.and_then(|a| a.access_token)).unwrap_or(self.tokens.access_token),
            api.and_then(|a| a.signing).unwrap_or(self.tokens.signing),
            client.access_token_ttl.or(api.and_then(|a| a.access_token_ttl)).unwrap_or(self.tokens.access_token_ttl),
        )
    }
}
