//! A dialect: how one vendor's contract spells OAuth, as values on closed axes.
//!
//! A dialect is data (`dialects/*.toml`). Each axis is a type here and is implemented once; a contract that no set of
//! values can describe gets a new axis, never a special case. Every default is the standard's strict reading, so an
//! empty file is the modern profile and each line of a file is a difference that can be explained
//! ([`Dialect::weakenings`]).
//!
//! A dialect is also stored, inside of its realm. What reads files refuses unknown keys itself; the types here let them
//! pass, so that a realm which a newer program stored can still be read by this one.

mod api;
mod authorization;
mod endpoints;
mod legacy;
mod token;

pub use api::{Api, ErrorVocabulary};
pub use authorization::{AskForConsent, Authorization, IssuerInAnswer, Pkce, WithoutClient};
pub use endpoints::{Endpoint, Endpoints, PathCase, Place};
pub use legacy::Legacy;
pub use token::{
    AudienceParameter, Errors, FailureStatus, Reference, Refresh, ScopeInAnswer, Token, TokenTypeSpelling, Turnover,
};

use crate::grant_type::GrantType;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// One contract's spelling of the protocol.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Dialect {
    /// The name that realm files use.
    pub name: String,
    /// What the contract is, in a sentence; shown by `claviger dialect check`.
    pub summary: String,
    /// Where the endpoints are.
    pub endpoints: Endpoints,
    /// How the authorization endpoint reads a request.
    pub authorization: Authorization,
    /// How the token endpoint reads a request and spells its answer.
    pub token: Token,
    /// How refresh tokens are given out and turn over.
    pub refresh: Refresh,
    /// Whether and how a grant is tied to organisations (companies, sites).
    pub organisation: OrganisationChoice,
    /// How the vendor's API reads tokens and spells errors; the guard takes it from here.
    pub api: Api,
    /// Legacy behaviours that a client of a realm with this dialect may be given. None of them is on by itself.
    pub permits: BTreeSet<Legacy>,
}

impl Default for Dialect {
    fn default() -> Self {
        Self {
            name: "standard".into(),
            summary: "The standards' strict reading: code with PKCE, exact redirects, rotating refresh tokens.".into(),
            endpoints: Endpoints::default(),
            authorization: Authorization::default(),
            token: Token::default(),
            refresh: Refresh::default(),
            organisation: OrganisationChoice::None,
            api: Api::default(),
            permits: BTreeSet::new(),
        }
    }
}

/// Whether a grant is tied to organisations (companies, sites) that the user belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OrganisationChoice {
    /// It is not.
    #[default]
    None,
    /// To exactly one, which the user picks.
    One,
    /// To one or more, which the user picks.
    Many,
    /// To all of them, as they are when a token is made; nothing is picked.
    All,
}

/// One way in which a dialect is laxer than the standards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weakening {
    /// The key in the dialect file.
    pub key: String,
    /// What it lets happen.
    pub risk: String,
    /// Whether it still needs a client to be given it.
    pub per_client: bool,
}

impl Dialect {
    /// Whether a realm with this dialect serves a grant: the dialect lists it, or permits the legacy behaviour that it is.
    pub fn serves_grant(&self, grant: GrantType) -> bool {
        match grant {
            GrantType::Implicit => self.permits.contains(&Legacy::Implicit),
            GrantType::Password => self.permits.contains(&Legacy::Password),
            GrantType::AuthorizationCode
            | GrantType::ClientCredentials
            | GrantType::DeviceCode
            | GrantType::TokenExchange
            | GrantType::JwtBearer
            | GrantType::Ciba => self.token.grants.contains(&grant),
            GrantType::RefreshToken => self.token.grants.contains(&grant) && self.gives_refresh_tokens(),
        }
    }

    /// Whether some grant comes with a refresh token.
    fn gives_refresh_tokens(&self) -> bool {
        let by_themselves = [GrantType::AuthorizationCode, GrantType::Password, GrantType::DeviceCode, GrantType::Ciba];
        by_themselves.into_iter().any(|grant| self.serves_grant(grant))
            || (self.refresh.for_client_credentials && self.serves_grant(GrantType::ClientCredentials))
    }

    /// Whether a grant goes through a browser, so that people sign in and out here.
    pub fn has_browser_grant(&self) -> bool {
        [GrantType::AuthorizationCode, GrantType::Implicit].into_iter().any(|grant| self.serves_grant(grant))
    }

    /// Whether a realm with this dialect serves an endpoint: it has a place, and a grant that needs it.
    pub fn serves(&self, endpoint: Endpoint) -> bool {
        let has_place =
            self.endpoints.at.get(&endpoint).map_or(endpoint.default_path().is_some(), |place| place.served);
        let at_token = GrantType::ALL.into_iter().filter(|grant| *grant != GrantType::Implicit);
        let has_use = match endpoint {
            Endpoint::Token => at_token.into_iter().any(|grant| self.serves_grant(grant)),
            Endpoint::Authorization | Endpoint::PushedAuthorization | Endpoint::CheckSession => {
                self.has_browser_grant()
            }
            Endpoint::EndSession => self.has_browser_grant() || self.serves_grant(GrantType::DeviceCode),
            Endpoint::BackchannelAuthentication => self.serves_grant(GrantType::Ciba),
            Endpoint::DeviceAuthorization | Endpoint::DeviceVerification => self.serves_grant(GrantType::DeviceCode),
            _ => true,
        };
        has_place && has_use
    }

    /// Every way in which this dialect is laxer than the standards, for `claviger dialect check` and the console.
    pub fn weakenings(&self) -> Vec<Weakening> {
        let mut found: Vec<Weakening> = self
            .permits
            .iter()
            .map(|legacy| Weakening {
                key: format!("permits: {}", legacy.name()),
                risk: legacy.risk().into(),
                per_client: true,
            })
            .collect();
        let mut add = |on: bool, key: &str, risk: &str| {
            if on {
                found.push(Weakening { key: key.into(), risk: risk.into(), per_client: false });
            }
        };
        add(
            self.refresh.turnover != Turnover::Rotate,
            "refresh.turnover",
            "refresh tokens stay valid after use for clients that are given reusable-refresh",
        );
        add(
            self.refresh.for_client_credentials,
            "refresh.for-client-credentials",
            "a client that can always ask again holds one more long-lived secret (RFC 6749 4.4.3)",
        );
        add(
            self.authorization.default_response_type.is_some(),
            "authorization.default-response-type",
            "a request that says nothing of its flow is served (RFC 6749 3.1.1 requires response_type)",
        );
        add(
            self.token.scope == ScopeInAnswer::Never || self.token.implicit_scope == ScopeInAnswer::Never,
            "token.scope",
            "an app that is given less than it asked for is not told (RFC 6749 5.1)",
        );
        add(
            self.authorization.iss == IssuerInAnswer::LeftOut,
            "authorization.iss",
            "an app that uses several servers cannot tell whose answer it got (RFC 9207, RFC 9700 4.4)",
        );
        add(
            self.token.failed_body_authentication == FailureStatus::BadRequest,
            "token.failed-body-authentication",
            "monitoring that counts 401 does not see these failures (RFC 6749 5.2 allows it)",
        );
        add(
            self.token.empty_basic_secret,
            "token.empty-basic-secret",
            "a public client looks like a confidential one on the wire",
        );
        add(
            self.api.bearer_headers.iter().any(|name| !name.eq_ignore_ascii_case("authorization")),
            "api.bearer-headers",
            "proxies strip and hide Authorization, not other headers: tokens may be logged (RFC 6750 2.1)",
        );
        add(
            self.endpoints.path_case == PathCase::Any,
            "endpoints.path-case",
            "filters in front of the server must ignore case as well",
        );
        add(
            self.endpoints.plain_http,
            "endpoints.plain-http",
            "a realm may be served without TLS: whoever is on the way reads secrets and tokens (RFC 6749 1.6)",
        );
        found
    }
}
