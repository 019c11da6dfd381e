//! A client (an app): who it is, and what it may do (RFC 6749 2, RFC 7591 2).

mod agent;
mod authentication;
mod certificate;
mod ciba;
mod dpop;
mod exchange_policy;
mod identity;
mod logout;
mod protection;
mod registered;
mod requests;
pub mod rules;

use crate::audience::Audience;
use crate::dialect::{Legacy, Pkce, Turnover};
pub use crate::grant_type::GrantType;
use crate::jose::{Algorithm, JwkSet};
use crate::limits::ClientLimits;
use crate::realm::{AccessTokenFormat, Realm};
use crate::redirect::RedirectUri;
use crate::response::ResponseType;
use crate::scope::ScopeSet;
use crate::span::Span;
pub use authentication::{AssertionAlgorithm, AuthMethod, Authentication, UnknownAssertionAlgorithm};
pub use certificate::CertificateOf;
pub use ciba::{Ciba, DeliveryMode};
pub use dpop::Dpop;
pub use exchange_policy::{Acting, ExchangePolicy};
pub use identity::{Identity, IdentityProblem, SubjectType, host_of};
pub use logout::Logout;
pub use protection::{Encryption, Protection};
pub use registered::{ApplicationType, Registered};
pub use requests::Requests;
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
    /// Those of them that ended for it: their deadline is over and was to be enforced. Like the status no part of its description:
    /// whoever changes the client does not bring them back.
    #[serde(skip)]
    pub legacy_ended: BTreeSet<Legacy>,
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
    /// A public client that is a page in a browser, at addresses that are known to the byte: what its users consented to is
    /// remembered (RFC 8252 8.6 is about programs on a device).
    #[serde(default, skip_serializing_if = "is_default")]
    pub in_browser: bool,
    /// Whether it is an agent, where somebody says so; absent: it is where it came by itself ([`Self::is_agent`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<bool>,
    /// What signs its ID tokens: `id_token_signed_response_alg` (OpenID Connect Registration 2); absent: RS256.
    #[serde(default, skip_serializing_if = "is_default")]
    pub id_token_signing: Option<Algorithm>,
    /// Which claims about the user its ID tokens carry.
    #[serde(default, skip_serializing_if = "is_default")]
    pub id_token_claims: IdTokenClaims,
    /// Where it is stricter than its realm: whether a code needs PKCE.
    #[serde(default, skip_serializing_if = "is_default")]
    pub pkce: Pkce,
    /// Its public keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks: Option<JwkSet>,
    /// Where its public keys are, in place of `jwks`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// How it proves who it is.
    #[serde(default, skip_serializing_if = "Authentication::is_default")]
    pub authentication: Authentication,
    /// Its authorization requests and their answers.
    #[serde(default, skip_serializing_if = "Requests::is_default")]
    pub requests: Requests,
    /// What it says about itself.
    #[serde(default, skip_serializing_if = "Registered::is_default")]
    pub registered: Registered,
    /// How its users are named to it, and what it is told of them.
    #[serde(default, skip_serializing_if = "Identity::is_default")]
    pub identity: Identity,
    /// Where it is told that somebody signed out.
    #[serde(default, skip_serializing_if = "Logout::is_default")]
    pub logout: Logout,
    /// How it hears what users said who were elsewhere.
    #[serde(default, skip_serializing_if = "Ciba::is_default")]
    pub ciba: Ciba,
    /// Its proofs of possession.
    #[serde(default, skip_serializing_if = "Dpop::is_default")]
    pub dpop: Dpop,
    /// How what is said to it is signed and encrypted.
    #[serde(default, skip_serializing_if = "Protection::is_default")]
    pub protection: Protection,
    /// Whose tokens it may exchange, and for what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_exchange: Option<Box<ExchangePolicy>>,
    /// How often it may call.
    #[serde(default, skip_serializing_if = "ClientLimits::is_default")]
    pub limits: ClientLimits,
}

/// Whether a value need not be written: programs that do not know the key then find what they wrote themselves.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Which claims about the user an ID token carries, beside who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdTokenClaims {
    /// None: `profile` and `email` are answered at userinfo (OpenID Connect Core 5.4).
    #[default]
    Minimal,
    /// Those of its scopes as well, for clients that read nothing but the ID token.
    Scope,
}

impl IdTokenClaims {
    /// As files spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Minimal => "minimal",
            Self::Scope => "scope",
        }
    }
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
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Active, Self::Rejected, Self::Suspended];

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

impl Client {
    /// Whether it can keep a secret.
    pub fn is_confidential(&self) -> bool {
        self.kind == ClientKind::Confidential
    }

    /// Whether it may use a grant.
    pub fn may(&self, grant: GrantType) -> bool {
        self.grants.contains(&grant)
    }

    /// The sector within which its users have one name, where that is pairwise (OpenID Connect Core 8.1): the host at which it is
    /// said what belongs together, else the host of its redirect URIs, else the client alone.
    pub fn sector(&self) -> Option<String> {
        if self.identity.subject_type != SubjectType::Pairwise {
            return None;
        }
        let of_uri = self.identity.sector_identifier_uri.as_deref().and_then(host_of);
        let of_redirect = || self.redirect_uris.first().and_then(|uri| host_of(uri.as_str()));
        Some(of_uri.or_else(of_redirect).unwrap_or_else(|| format!("client:{}", self.id)))
    }

    /// Whether it has been given a legacy behaviour that did not end meanwhile.
    pub fn has(&self, legacy: Legacy) -> bool {
        self.legacy.contains(&legacy) && !self.legacy_ended.contains(&legacy)
    }

    /// Whether it may use a response type: the grants behind it (OpenID Connect Dynamic Registration 1.0 2), for a token
    /// through the browser the legacy behaviour as well, and it is among those that it registered, where it registered any.
    pub fn may_respond(&self, response_type: ResponseType) -> bool {
        let registered = &self.registered.response_types;
        registered.as_ref().is_none_or(|registered| registered.contains(&response_type))
            && (!response_type.code || self.may(GrantType::AuthorizationCode))
            && (!response_type.has_token() || self.may(GrantType::Implicit) && self.has(Legacy::Implicit))
    }
}

/// What a realm and a client decide together.
impl Realm {
    /// Whether `client` may use a legacy behaviour: the dialect permits it and the client was given it.
    pub fn allows(&self, client: &Client, legacy: Legacy) -> bool {
        self.profile.is_none() && self.dialect.permits.contains(&legacy) && client.has(legacy)
    }

    /// The algorithms that this realm has keys for, whatever its clients want: RS256, which OpenID Connect wants of everybody
    /// and which ID tokens are signed with where a client did not ask otherwise; ES256; and those that the realm and its APIs
    /// name. A key for another one is made when the first client wants it.
    pub fn signing_algorithms(&self) -> BTreeSet<Algorithm> {
        let named = self.apis.iter().filter_map(|api| api.signing);
        let all = named.chain([Algorithm::Rs256, Algorithm::Es256, self.tokens.signing]);
        all.filter(|algorithm| self.may_sign(*algorithm)).collect()
    }

    /// What signs an ID token for `client`: what it registered, else RS256 (OpenID Connect Registration 2), where the profile lets it.
    pub fn id_token_algorithm(&self, client: &Client) -> Algorithm {
        let registered = client.id_token_signing.filter(|wanted| self.may_sign(*wanted));
        registered.unwrap_or(self.usual_algorithm())
    }

    /// What signs for a client that asked for nothing else: RS256 (OpenID Connect Registration 2, JARM 3), where the profile lets it.
    pub fn usual_algorithm(&self) -> Algorithm {
        [Algorithm::Rs256, self.tokens.signing]
            .into_iter()
            .find(|usual| self.may_sign(*usual))
            .unwrap_or(Algorithm::Es256)
    }

    /// Whether every code needs PKCE: dialect, realm or client say so. Otherwise a confidential client may leave it out where
    /// it sends a nonce with `openid` (RFC 9700 2.1.1), or where it was given [`Legacy::NoPkce`]; not where any program of a device can
    /// have its answers sent to itself, because the scheme of its address is nobody's.
    pub fn requires_pkce(&self, client: &Client) -> bool {
        let said = [self.dialect.authorization.pkce, self.tokens.pkce, client.pkce];
        let is_anybodys = client.redirect_uris.iter().any(|uri| uri.short_scheme().is_some());
        self.profile.is_some() || !client.is_confidential() || is_anybodys || said.contains(&Pkce::Required)
    }

    /// Format, algorithm and lifetime of an access token of `client` for these APIs: the client's word, then the API's, then the
    /// realm's. Of several APIs the strictest counts, and where they want different algorithms the realm's is taken.
    pub fn access_token_for(&self, client: &Client, audience: &Audience) -> (AccessTokenFormat, Algorithm, Span) {
        let tokens = &self.tokens;
        let of = |name| {
            let api = self.api(name);
            (
                api.and_then(|api| api.access_token).unwrap_or(tokens.access_token),
                api.and_then(|api| api.signing).unwrap_or(tokens.signing),
                api.and_then(|api| api.access_token_ttl).unwrap_or(tokens.access_token_ttl),
            )
        };
        let strictest = |one: (AccessTokenFormat, Algorithm, Span), other: (AccessTokenFormat, Algorithm, Span)| {
            let format = if one.0 == other.0 { one.0 } else { AccessTokenFormat::Opaque };
            (format, if one.1 == other.1 { one.1 } else { tokens.signing }, one.2.min(other.2))
        };
        let usual = (tokens.access_token, tokens.signing, tokens.access_token_ttl);
        let (format, algorithm, ttl) = audience.iter().map(of).reduce(strictest).unwrap_or(usual);
        // An API that reads tokens by itself knows a user who is turned out by the name that others know them by.
        let format =
            if client.identity.subject_type == SubjectType::Pairwise { AccessTokenFormat::Opaque } else { format };
        (client.access_token.unwrap_or(format), algorithm, client.access_token_ttl.unwrap_or(ttl))
    }
}
