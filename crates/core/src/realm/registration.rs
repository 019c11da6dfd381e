//! Who may register clients without the operator, and what such a client may be (RFC 7591, OpenID Connect Dynamic
//! Registration 1.0).

use super::DocumentPolicy;
use crate::dialect::Legacy;
use crate::grant_type::GrantType;
use crate::response::ResponseType;
use crate::span::Span;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a realm says of clients that register themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct RegistrationPolicy {
    /// Who may register.
    pub mode: RegistrationMode,
    /// The scopes that such a client may have; empty: those of OpenID Connect that the realm has, and of no API.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// The scope of a client that names none; absent: all that it may have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_scope: Option<String>,
    /// The grants that it may have, `implicit` aside.
    pub grants: BTreeSet<GrantType>,
    /// The response types that it may have; empty: all that its grants and legacy behaviours have.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub response_types: BTreeSet<ResponseType>,
    /// The ways to authenticate that it may have, by their registered names; empty: all that the server has.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub auth_methods: BTreeSet<String>,
    /// The hosts that its redirect URIs may lead to: `app.example`, `*.app.example`, and `com.example.app:` for a scheme;
    /// empty: all but private addresses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub redirect_hosts: Vec<String>,
    /// Private-use schemes without a dot that redirect URIs of the realm's clients may have (RFC 8252 7.1 wants a dot): no domain stands
    /// behind them, so any program may take one. Each such request needs PKCE, and consent says where its answer goes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub private_schemes: Vec<String>,
    /// The legacy behaviours that it may have: `no-pkce` and `implicit`.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub legacy: BTreeSet<Legacy>,
    /// A client that nobody ever used is removed after so long.
    pub never_used_ttl: Span,
    /// A client that nobody uses any more is removed after so long; one that waits for approval as well.
    pub unused_ttl: Span,
    /// How many such clients there are at most.
    pub most_clients: u32,
    /// How many are registered in an hour at most from one address.
    pub hourly_per_address: u32,
    /// How many are registered in an hour at most, from wherever; with an initial access token they are not counted.
    pub hourly: u32,
    /// Each must bring a software statement.
    pub require_software_statement: bool,
    /// Whose software statements count.
    #[serde(skip_serializing_if = "Vec::is_empty", rename = "software-issuer")]
    pub software_issuers: Vec<SoftwareIssuer>,
    /// People are shown the pictures of clients that nobody vouches for, and are offered a sign-in at them.
    pub show_unproven: bool,
    /// Clients whose id is the address of a document; what else is said here counts for them as well, but for `mode`.
    #[serde(skip_serializing_if = "DocumentPolicy::is_default")]
    pub documents: DocumentPolicy,
}

/// Whose software statements count (RFC 7591 2.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct SoftwareIssuer {
    /// `iss`.
    pub issuer: String,
    /// Its public keys, the JSON of a JWK set.
    pub jwks: String,
}

/// Who may register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RegistrationMode {
    /// Nobody.
    #[default]
    Off,
    /// Anybody.
    Open,
    /// Who has a token that the operator gave out.
    InitialAccessToken,
    /// Anybody, and the operator decides whether the client is served.
    Approval,
}

impl Default for RegistrationPolicy {
    fn default() -> Self {
        Self {
            mode: RegistrationMode::Off,
            scopes: Vec::new(),
            default_scope: None,
            grants: BTreeSet::from([GrantType::AuthorizationCode, GrantType::RefreshToken]),
            response_types: BTreeSet::new(),
            auth_methods: BTreeSet::new(),
            redirect_hosts: Vec::new(),
            private_schemes: Vec::new(),
            legacy: BTreeSet::new(),
            never_used_ttl: Span::seconds(86_400),
            unused_ttl: Span::seconds(90 * 86_400),
            most_clients: 10_000,
            hourly_per_address: 20,
            hourly: 1000,
            require_software_statement: false,
            software_issuers: Vec::new(),
            show_unproven: false,
            documents: DocumentPolicy::default(),
        }
    }
}

impl RegistrationPolicy {
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Whether anybody may register.
    pub fn is_on(&self) -> bool {
        self.mode != RegistrationMode::Off
    }
}
