//! A dialect: how one vendor's contract spells OAuth, as values on closed axes.
//!
//! A dialect is data (`dialects/*.toml`). Each axis is a type here and is implemented once; a contract that no set of
//! values can describe gets a new axis, never a special case. Every default is the standard's strict reading, so an
//! empty file is the modern profile and each line of a file is a difference that can be explained
//! ([`Dialect::weakenings`]).
//!
//! A dialect is also stored, inside of its realm. What reads files refuses unknown keys itself; the types here let them
//! pass, so that a realm which a newer program stored can still be read by this one.

use crate::span::Span;
use serde::de::{self, Deserializer, IgnoredAny, IntoDeserializer, MapAccess};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

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

/// A behaviour that the standards have left behind. Off unless a dialect permits it *and* a client is given it; checked
/// again when a token is issued, and counted per client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Legacy {
    /// `response_type=token` (RFC 6749 4.2; removed by RFC 9700 2.1.2).
    Implicit,
    /// `grant_type=password` (RFC 6749 4.3; RFC 9700 2.4 forbids it).
    Password,
    /// One `*` as the last path segment of a registered redirect URI (RFC 9700 2.1 wants exact matching).
    WildcardRedirect,
    /// A confidential client that uses the code flow without PKCE (RFC 9700 2.1.1).
    NoPkce,
    /// HTTP Basic credentials that are not form-encoded (RFC 6749 2.3.1 wants them encoded).
    RawBasic,
    /// A JSON body at the token endpoint (RFC 6749 4.1.3 wants a form).
    JsonBody,
    /// Refresh tokens that stay valid after use ([`Turnover::Reissue`] and [`Turnover::Stable`]).
    ReusableRefresh,
}

impl Legacy {
    /// Every legacy behaviour, in the order they are shown.
    pub const ALL: [Self; 7] = [
        Self::Implicit,
        Self::Password,
        Self::WildcardRedirect,
        Self::NoPkce,
        Self::RawBasic,
        Self::JsonBody,
        Self::ReusableRefresh,
    ];

    /// The name that files, the command line and the meter use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Implicit => "implicit",
            Self::Password => "password",
            Self::WildcardRedirect => "wildcard-redirect",
            Self::NoPkce => "no-pkce",
            Self::RawBasic => "raw-basic",
            Self::JsonBody => "json-body",
            Self::ReusableRefresh => "reusable-refresh",
        }
    }

    /// What a vendor risks by allowing it, in one sentence.
    pub const fn risk(self) -> &'static str {
        match self {
            Self::Implicit => {
                "the access token travels through the browser's history and any script on the page (RFC 9700 2.1.2)"
            }
            Self::Password => "the app sees the user's password, and no second factor can be asked for (RFC 9700 2.4)",
            Self::WildcardRedirect => "every page under the prefix can receive codes (RFC 9700 2.1)",
            Self::NoPkce => "a code that leaks can be redeemed through the app's own redirect (RFC 9700 2.1.1)",
            Self::RawBasic => "an id or secret with % or + can be read in two ways (RFC 6749 2.3.1)",
            Self::JsonBody => "proxies and filters that know only forms do not see the parameters (RFC 6749 4.1.3)",
            Self::ReusableRefresh => "a stolen refresh token is not noticed when the app uses its own (RFC 9700 4.14)",
        }
    }
}

/// The endpoints of a realm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Endpoint {
    /// RFC 6749 3.1.
    Authorization,
    /// RFC 6749 3.2.
    Token,
    /// OpenID Connect Core 5.3.
    Userinfo,
    /// RFC 7517 5.
    Jwks,
    /// RFC 7009.
    Revocation,
    /// RFC 7662.
    Introspection,
    /// Ends the session of the presented bearer token and frees its seat.
    Logoff,
    /// RP-initiated logout; also the page on which a user logs out.
    EndSession,
    /// The feed by which APIs learn of revocations.
    Revocations,
}

impl Endpoint {
    /// Every endpoint.
    pub const ALL: [Self; 9] = [
        Self::Authorization,
        Self::Token,
        Self::Userinfo,
        Self::Jwks,
        Self::Revocation,
        Self::Introspection,
        Self::Logoff,
        Self::EndSession,
        Self::Revocations,
    ];

    /// The name that files use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Authorization => "authorization",
            Self::Token => "token",
            Self::Userinfo => "userinfo",
            Self::Jwks => "jwks",
            Self::Revocation => "revocation",
            Self::Introspection => "introspection",
            Self::Logoff => "logoff",
            Self::EndSession => "end-session",
            Self::Revocations => "revocations",
        }
    }

    /// The path below the issuer where a realm serves it unless its dialect says otherwise; `None`: not served.
    pub const fn default_path(self) -> Option<&'static str> {
        match self {
            Self::Authorization => Some("/authorize"),
            Self::Token => Some("/token"),
            Self::Userinfo => Some("/userinfo"),
            Self::Jwks => Some("/jwks"),
            Self::Revocation => Some("/revoke"),
            Self::Introspection => Some("/introspect"),
            Self::Logoff => None,
            Self::EndSession => Some("/logout"),
            Self::Revocations => Some("/revocations"),
        }
    }
}

/// Where the endpoints are.
///
/// In a file the places stand beside the other keys: `token = { paths = ["/oauth/token"] }`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Endpoints {
    /// Whether paths match in any casing.
    pub path_case: PathCase,
    /// The issuer and the endpoints may be plain HTTP off loopback as well.
    pub plain_http: bool,
    /// Endpoints that are not at their default path.
    #[serde(flatten)]
    pub at: BTreeMap<Endpoint, Place>,
}

impl Endpoints {
    /// Every key: the two of its own, then each [`Endpoint::name`].
    const KEYS: [&'static str; 11] = [
        "path-case",
        "plain-http",
        "authorization",
        "token",
        "userinfo",
        "jwks",
        "revocation",
        "introspection",
        "logoff",
        "end-session",
        "revocations",
    ];
}

// By hand: serde's `flatten` would announce no list of keys, and whatever reads a file needs it to name the wrong one.
impl<'de> Deserialize<'de> for Endpoints {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Endpoints;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a table of endpoints")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Endpoints, A::Error> {
                let mut endpoints = Endpoints::default();
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "path-case" => endpoints.path_case = map.next_value()?,
                        "plain-http" => endpoints.plain_http = map.next_value()?,
                        name => {
                            let name: de::value::StrDeserializer<'_, A::Error> = name.into_deserializer();
                            if let Ok(endpoint) = Endpoint::deserialize(name) {
                                endpoints.at.insert(endpoint, map.next_value()?);
                            } else {
                                map.next_value::<IgnoredAny>()?;
                            }
                        }
                    }
                }
                Ok(endpoints)
            }
        }
        deserializer.deserialize_struct("Endpoints", &Self::KEYS, Visitor)
    }
}

/// Whether `/OAuth20/token` and `/oauth20/TOKEN` are the same path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PathCase {
    /// Paths are compared byte for byte (RFC 3986 6.2.2.1).
    #[default]
    Exact,
    /// ASCII letters match in either case.
    Any,
}

/// Where one endpoint is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Place {
    /// Paths below the issuer's own path; the first is the advertised one.
    pub paths: Vec<String>,
    /// The realm's host of that name; the issuer's own where absent.
    #[serde(default)]
    pub host: Option<String>,
}

/// How the authorization endpoint reads a request.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Authorization {
    /// What a request without `response_type` means; the standard: nothing (`invalid_request`).
    pub default_response_type: Option<ResponseType>,
    /// What a request shows that has neither `client_id` nor `redirect_uri`.
    pub without_client: WithoutClient,
    /// A request must carry `redirect_uri` even where the client has only one.
    pub redirect_uri_required: bool,
    /// The heading of the page that refuses an unusable request, where integrators know one.
    pub invalid_request_title: Option<String>,
    /// The scope that an absent `scope` stands for; absent: the client's whole registered scope.
    pub default_scope: Option<String>,
}

/// What is shown when a request names no client at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WithoutClient {
    /// The error page.
    #[default]
    ErrorPage,
    /// The ordinary login page, which never leads to a code.
    SignIn,
}

/// The response types that are served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResponseType {
    /// The authorization code (RFC 6749 4.1).
    Code,
    /// An access token in the fragment (RFC 6749 4.2).
    Token,
}

/// How the token endpoint reads a request and spells its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Token {
    /// Parameters that integrators send by mistake and that are dropped before anything else looks.
    pub ignore: BTreeSet<String>,
    /// The scope that an absent `scope` stands for in client credentials and password; absent: the client's own.
    pub default_scope: Option<String>,
    /// What the `audience` parameter means.
    pub audience: AudienceParameter,
    /// How `token_type` is written in a token answer.
    pub token_type: TokenTypeSpelling,
    /// How `token_type` is written in an implicit answer.
    pub implicit_token_type: TokenTypeSpelling,
    /// When an answer carries `scope`.
    pub scope: ScopeInAnswer,
    /// When an implicit answer carries `scope`.
    pub implicit_scope: ScopeInAnswer,
    /// The status of failed client authentication that came without an `Authorization` header (RFC 6749 5.2 allows both).
    pub failed_body_authentication: FailureStatus,
    /// A public client may send HTTP Basic with an empty secret in place of `client_id` in the body.
    pub empty_basic_secret: bool,
}

impl Default for Token {
    fn default() -> Self {
        Self {
            ignore: BTreeSet::new(),
            default_scope: None,
            audience: AudienceParameter::Optional,
            token_type: TokenTypeSpelling::Capital,
            implicit_token_type: TokenTypeSpelling::Capital,
            scope: ScopeInAnswer::WhenDifferent,
            implicit_scope: ScopeInAnswer::WhenDifferent,
            failed_body_authentication: FailureStatus::Unauthorized,
            empty_basic_secret: false,
        }
    }
}

/// What the `audience` parameter of a token request means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AudienceParameter {
    /// Picks one of the client's APIs, like `resource` (RFC 8707); absent: the default.
    Optional,
    /// Must be there: else `invalid_request`.
    Required,
}

/// How `Bearer` is written. RFC 6749 5.1: case insensitive; integrators' code is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TokenTypeSpelling {
    /// `Bearer`
    #[serde(rename = "Bearer")]
    Capital,
    /// `bearer`
    #[serde(rename = "bearer")]
    Lower,
}

impl TokenTypeSpelling {
    /// The word itself.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Capital => "Bearer",
            Self::Lower => "bearer",
        }
    }
}

/// When a token answer carries `scope`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScopeInAnswer {
    /// When the granted scope is not the requested one (RFC 6749 5.1).
    WhenDifferent,
    /// Always.
    Always,
}

/// The status of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureStatus {
    /// 400
    BadRequest,
    /// 401
    Unauthorized,
}

/// How refresh tokens are given out and turn over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Refresh {
    /// What a client's refresh tokens do when used, unless the client says otherwise.
    pub turnover: Turnover,
    /// Client credentials are answered with a refresh token (RFC 6749 4.4.3 says: better not).
    pub for_client_credentials: bool,
    /// For how long a retry of a lost answer is given the very same answer; at most 60 s.
    pub grace: Span,
}

impl Default for Refresh {
    fn default() -> Self {
        Self { turnover: Turnover::Rotate, for_client_credentials: false, grace: Span::seconds(30) }
    }
}

/// What happens to a refresh token that is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Turnover {
    /// It is spent; its successor is in the answer, and using a spent one revokes the family (RFC 9700 4.14.2).
    Rotate,
    /// Each answer carries a new one, and the old ones go on working until the grant ends.
    Reissue,
    /// The same one is answered again.
    Stable,
}

impl Turnover {
    /// As files and rows spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rotate => "rotate",
            Self::Reissue => "reissue",
            Self::Stable => "stable",
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
}

/// How the vendor's API reads tokens and spells errors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Api {
    /// The request headers in which a bearer token may stand.
    pub bearer_headers: Vec<String>,
    /// The words for what is wrong with a token.
    pub errors: ErrorVocabulary,
}

impl Default for Api {
    fn default() -> Self {
        Self { bearer_headers: vec!["Authorization".into()], errors: ErrorVocabulary::Standard }
    }
}

/// The words by which an API refuses a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorVocabulary {
    /// RFC 6750 3.1.
    Standard,
    /// `{"errors":[{"Code": ..}]}` with these codes.
    Codes {
        /// Unknown, malformed, not ours, or for another API.
        invalid: String,
        /// Its time is over.
        expired: String,
        /// Taken back.
        revoked: String,
    },
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
