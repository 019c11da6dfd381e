//! A realm: one issuer with its dialect, APIs, scopes, seat pools and token policy.
//!
//! A realm is found by the authority and the path of a request; nothing of a request's headers ever becomes its issuer.
//!
//! These types are stored as they are, and the parts of a realm file are read into them (keys in kebab case). They let
//! unknown keys pass, so that a realm stored by a newer program can be read; what reads files refuses them.

mod account;
mod administration;
mod agents;
mod assertions;
mod ciba;
mod documents;
mod guide;
mod identity_provider;
mod limits;
mod login_app;
mod policy;
mod portal;
mod registration;
mod sources;

use crate::brand::Brand;
use crate::claim_rule::ClaimPolicy;
use crate::dialect::{Dialect, Endpoint};
use crate::grant_type::GrantType;
use crate::jose::Algorithm;
use crate::limits::{LimitPolicy, Plan};
use crate::mutual_tls::MutualTls;
use crate::profile::Profile;
use crate::scope::OF_USERS;
use crate::sign_in::SignInPolicy;
use crate::span::Span;
pub use account::{AccountMail, AccountPolicy, CONSENT_EVIDENCE_TTL};
pub use administration::{Administration, EVERY_REALM, complete as complete_admin_realm};
pub use agents::{ACT, AGENT, AgentPolicy, ConsentTime};
pub use assertions::{AssertionIssuer, AssertionKind, LONGEST_ASSERTION, SubjectIs};
pub use ciba::CibaPolicy;
pub use documents::{DocumentMode, DocumentPolicy, DomainPolicy, OfHost};
pub use guide::{GuideAudience, GuidePolicy};
pub use identity_provider::{IdentityProvider, ProviderClaims};
pub use login_app::LoginApp;
pub use policy::{DpopPolicy, RequestPolicy, SessionPolicy, TokenPolicy};
pub use portal::{Portal, PortalQuestion, PortalTerms, RedirectChanges, SignUp};
pub use registration::{RegistrationMode, RegistrationPolicy, SoftwareIssuer};
use serde::{Deserialize, Serialize};
pub use sources::{CheckMode, Directory, DirectoryAttributes, DirectoryGroup, SearchScope, UserCheck};
use std::collections::BTreeMap;

/// The longest that an access token may live, whoever says how long it does.
pub const LONGEST_ACCESS_TOKEN: Span = Span::seconds(86_400);

/// One issuer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Realm {
    /// Short name: in the command line, in cookies' names, as the database's key. `[a-z0-9-]{1,40}`.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// `iss`: an absolute URL without query or fragment (RFC 8414 2). Only a realm at the root may end in a slash.
    pub issuer: String,
    /// The authorities (`host:port`, lower case) at which requests for this realm arrive.
    pub authorities: Vec<String>,
    /// Further hosts that the dialect's endpoints name: name -> origin and the authorities at which it arrives.
    #[serde(default)]
    pub hosts: BTreeMap<String, Host>,
    /// The languages of its pages and mails, as BCP 47 tags; the first is the default. None: those that are usual on the
    /// server.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    /// How it looks.
    #[serde(default, skip_serializing_if = "Brand::is_empty")]
    pub brand: Brand,
    /// How the contract spells things.
    pub dialect: Dialect,
    /// The APIs tokens are for. The first is the default audience.
    #[serde(default)]
    pub apis: Vec<Api>,
    /// The scopes there are.
    #[serde(default)]
    pub scopes: Vec<Scope>,
    /// Licences.
    #[serde(default)]
    pub seat_pools: Vec<SeatPool>,
    /// How long things live.
    #[serde(default)]
    pub tokens: TokenPolicy,
    /// How long people stay signed in.
    #[serde(default)]
    pub sessions: SessionPolicy,
    /// What authorization requests must be.
    #[serde(default, skip_serializing_if = "RequestPolicy::is_default")]
    pub requests: RequestPolicy,
    /// Its clients' certificates.
    #[serde(default, skip_serializing_if = "MutualTls::is_default")]
    pub mtls: MutualTls,
    /// Who may register clients.
    #[serde(default, skip_serializing_if = "RegistrationPolicy::is_default")]
    pub registration: RegistrationPolicy,
    /// What is told of its users beside the standard claims.
    #[serde(default, skip_serializing_if = "ClaimPolicy::is_empty")]
    pub claims: ClaimPolicy,
    /// What its clients' proofs of possession must be.
    #[serde(default, skip_serializing_if = "DpopPolicy::is_default")]
    pub dpop: DpopPolicy,
    /// What it keeps to beyond its dialect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
    /// Whose assertions count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assertion_issuers: Vec<AssertionIssuer>,
    /// Who is asked about users that have no password here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_check: Option<Box<UserCheck>>,
    /// The directory that users without a password here are looked up in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<Box<Directory>>,
    /// What is asked of people beside a password.
    #[serde(default, skip_serializing_if = "SignInPolicy::is_default")]
    pub sign_in: SignInPolicy,
    /// What people can do at their own account pages.
    #[serde(default, skip_serializing_if = "AccountPolicy::is_default")]
    pub account: AccountPolicy,
    /// Its guide for integrators.
    #[serde(default, skip_serializing_if = "GuidePolicy::is_default")]
    pub guide: GuidePolicy,
    /// The vendor's own pages in the place of ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login_app: Option<LoginApp>,
    /// Its users are partners, who register apps for another realm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub portal: Option<Box<Portal>>,
    /// Where its users may sign in beside its own page.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identity_providers: Vec<IdentityProvider>,
    /// What its users and clients administer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub administration: Option<Administration>,
    /// How often apps may call.
    #[serde(default, skip_serializing_if = "LimitPolicy::is_default")]
    pub limits: LimitPolicy,
    /// What it says of agents.
    #[serde(default, skip_serializing_if = "AgentPolicy::is_default")]
    pub agents: AgentPolicy,
    /// What it says of clients whose users are elsewhere.
    #[serde(default, skip_serializing_if = "CibaPolicy::is_default")]
    pub ciba: CibaPolicy,
    /// Limits that apps can be given by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plans: Vec<Plan>,
}

/// A further host of a realm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Host {
    /// `https://api.example.com`, as advertised.
    pub origin: String,
    /// `host:port` of the requests that arrive for it.
    pub authorities: Vec<String>,
}

/// A protected resource that tokens are for (RFC 8707).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Api {
    /// `aud`.
    pub audience: String,
    /// What people call it.
    pub name: String,
    /// Overrides the realm's format.
    #[serde(default)]
    pub access_token: Option<AccessTokenFormat>,
    /// Overrides the realm's algorithm.
    #[serde(default)]
    pub signing: Option<Algorithm>,
    /// Overrides the realm's lifetime.
    #[serde(default)]
    pub access_token_ttl: Option<Span>,
    /// Tokens for it may come through the implicit grant.
    #[serde(default = "yes")]
    pub implicit: bool,
    /// The `typ` of its access tokens.
    #[serde(default, skip_serializing_if = "AccessTokenTyp::is_standard")]
    pub typ: AccessTokenTyp,
}

/// The `typ` in the header of an access token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum AccessTokenTyp {
    /// What RFC 9068 2.1 says, so that an ID token is never taken for an access token.
    #[default]
    #[serde(rename = "at+jwt")]
    AtJwt,
    /// `JWT`, for libraries that refuse every other word. The API must then check `aud` itself.
    #[serde(rename = "JWT")]
    Jwt,
}

impl AccessTokenTyp {
    /// As the header spells it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AtJwt => "at+jwt",
            Self::Jwt => "JWT",
        }
    }

    /// Whether it is the standard's.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    const fn is_standard(&self) -> bool {
        matches!(self, Self::AtJwt)
    }
}

/// A scope (RFC 6749 3.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Scope {
    /// The scope token.
    pub name: String,
    /// What an app with it may do: one plain sentence for the consent page.
    pub sentence: String,
    /// It gives much away, or lets an app change or delete things: the consent page sets it apart.
    #[serde(default)]
    pub sensitive: bool,
    /// The audience it belongs to; absent: any.
    #[serde(default)]
    pub api: Option<String>,
    /// It may be had through the implicit grant.
    #[serde(default = "yes")]
    pub implicit: bool,
    /// The seat pool from which a token with this scope takes a seat.
    #[serde(default)]
    pub seat: Option<String>,
}

impl Scope {
    /// Whether it makes sense for apps with users only: one of OpenID Connect, which belongs to no API.
    pub fn is_of_users(&self) -> bool {
        self.api.is_none() && OF_USERS.contains(&self.name.as_str())
    }
}

const fn yes() -> bool {
    true
}

/// A pool of licences.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct SeatPool {
    /// The name that scopes use.
    pub name: String,
    /// How many may be held at once, per realm or per organisation.
    pub size: u32,
    /// What takes a seat.
    #[serde(default)]
    pub count: SeatCount,
    /// Whether there is one pool for the realm, or one of this size per organisation.
    #[serde(default)]
    pub per: SeatScope,
}

/// What takes a seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SeatCount {
    /// Each session (grant).
    #[default]
    Session,
    /// Each user, however many sessions they have.
    User,
}

/// Whether a pool is the realm's or each organisation's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SeatScope {
    /// One pool.
    #[default]
    Realm,
    /// One pool of this size for each organisation.
    Organisation,
}

/// What an access token looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccessTokenFormat {
    /// RFC 9068: signed, read by APIs offline.
    Jwt,
    /// A reference that only introspection can read.
    Opaque,
}

/// An address with scheme and host in lower case and without a slash at its end; `None` where it has no host.
fn usual_resource(address: &str) -> Option<String> {
    let (scheme, rest) = address.split_once("://")?;
    let (host, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let path = path.strip_suffix('/').unwrap_or(path);
    Some(format!("{}://{}{path}", scheme.to_ascii_lowercase(), host.to_ascii_lowercase()))
}

impl Realm {
    /// What people read: the brand's name, or else its own.
    pub fn shown_name(&self) -> &str {
        self.brand.name.as_deref().unwrap_or(&self.name)
    }

    /// The API with this audience.
    pub fn api(&self, audience: &str) -> Option<&Api> {
        self.apis.iter().find(|api| api.audience == audience)
    }

    /// An audience as its API spells it: in a resource's address (RFC 8707) the case of scheme and host, and one slash at the end,
    /// are no difference. One that is no API's stays as it is.
    pub fn spelled<'a>(&'a self, audience: &'a str) -> &'a str {
        let found = self.api(audience).or_else(|| {
            let wanted = usual_resource(audience)?;
            self.apis.iter().find(|api| usual_resource(&api.audience).as_deref() == Some(&wanted))
        });
        found.map_or(audience, |api| &api.audience)
    }

    /// The scope of this name.
    pub fn scope(&self, name: &str) -> Option<&Scope> {
        self.scopes.iter().find(|scope| scope.name == name)
    }

    /// The seat pool of this name.
    pub fn seat_pool(&self, name: &str) -> Option<&SeatPool> {
        self.seat_pools.iter().find(|pool| pool.name == name)
    }

    /// Whether its token endpoint, or its authorization endpoint, serves a grant: its dialect does, no profile bars it, and there is
    /// what it needs.
    pub fn serves_grant(&self, grant: GrantType) -> bool {
        let has_what_it_needs = match grant {
            GrantType::Implicit | GrantType::Password => self.profile.is_none(),
            GrantType::TokenExchange => self.tokens.token_exchange,
            GrantType::JwtBearer => !self.assertion_issuers.is_empty(),
            // Who answers does so on our own pages.
            GrantType::Ciba => self.ciba.enabled && self.login_app.is_none(),
            _ => true,
        };
        has_what_it_needs && self.dialect.serves_grant(grant)
    }

    /// The issuer of assertions of this name.
    pub fn assertion_issuer(&self, issuer: &str) -> Option<&AssertionIssuer> {
        self.assertion_issuers.iter().find(|known| known.issuer == issuer)
    }

    /// The longest that an access token may still live, in milliseconds, with some slack: for so long a revocation is kept.
    /// A client's own lifetime is at most a day, which is checked when it is registered or applied.
    pub fn longest_token(&self) -> i64 {
        const SLACK: i64 = 60_000;
        let apis = self.apis.iter().filter_map(|api| api.access_token_ttl);
        let longest = apis.chain([self.tokens.access_token_ttl]).map(Span::as_millis).max();
        longest.unwrap_or_default().max(LONGEST_ACCESS_TOKEN.as_millis()) + SLACK
    }

    /// The issuer without a final slash: what addresses of this realm begin with.
    pub fn base(&self) -> &str {
        self.issuer.strip_suffix('/').unwrap_or(&self.issuer)
    }

    /// The issuer's path: `/identity`, or empty for a realm at the root.
    pub fn base_path(&self) -> &str {
        let after_scheme = self.base().split_once("://").map_or("", |(_, rest)| rest);
        after_scheme.find('/').and_then(|at| after_scheme.get(at..)).unwrap_or("")
    }

    /// The issuer's scheme and authority: `https://login.example.com`.
    pub fn origin(&self) -> &str {
        self.base().strip_suffix(self.base_path()).unwrap_or(self.base())
    }

    /// Whether browsers reach it over TLS: cookies are then `Secure` and carry the `__Host-` prefix.
    pub fn is_https(&self) -> bool {
        self.issuer.starts_with("https://")
    }

    /// Whether it serves an endpoint: its dialect does, and of some it says so itself.
    pub fn serves(&self, endpoint: Endpoint) -> bool {
        let is_on = match endpoint {
            Endpoint::Registration => self.registration.is_on(),
            Endpoint::BackchannelAuthentication => self.serves_grant(GrantType::Ciba),
            _ => true,
        };
        is_on && self.dialect.serves(endpoint)
    }

    /// The advertised URL of an endpoint; `None` where the realm does not serve it.
    pub fn url(&self, endpoint: Endpoint) -> Option<String> {
        if !self.serves(endpoint) {
            return None;
        }
        let (host, path) = match self.dialect.endpoints.at.get(&endpoint) {
            Some(place) => (place.host.as_deref(), place.paths.first()?.as_str()),
            None => (None, endpoint.default_path()?),
        };
        let origin = host.and_then(|name| self.hosts.get(name)).map_or(self.origin(), |host| host.origin.as_str());
        Some(format!("{origin}{}{path}", self.base_path()))
    }
}
