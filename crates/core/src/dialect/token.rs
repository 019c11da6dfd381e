//! How the token endpoint reads a request and spells its answer, and how refresh tokens turn over.

use crate::grant_type::GrantType;
use crate::span::Span;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How the token endpoint reads a request and spells its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Token {
    /// The grants that are served, without those that are legacy behaviours (`permits` says that of them).
    pub grants: BTreeSet<GrantType>,
    /// Parameters that integrators send by mistake and that are dropped before anything else looks; `client_secret` is dropped
    /// for public clients only, in the body and in HTTP Basic; a confidential client's counts.
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
    /// How a refusal is spelled.
    pub errors: Errors,
}

/// How a refusal of the token endpoint and its siblings is spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Errors {
    /// The member `reference`, under which the server's log has the refusal. The header `X-Request-Id` has it anyway.
    pub reference: Reference,
}

/// Whether an error has the member `reference` (RFC 6749 5.2 allows further members).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reference {
    /// It has.
    #[default]
    Sent,
    /// It has `error` and `error_description` only.
    LeftOut,
}

/// What a public client has none of, and some libraries send all the same.
const SECRET: &str = "client_secret";

impl Token {
    /// The parameters that nobody looks at, whoever sends them.
    pub fn ignored(&self) -> BTreeSet<String> {
        self.ignore.iter().filter(|name| *name != SECRET).cloned().collect()
    }

    /// A public client's secret is not looked at, wherever it stands.
    pub fn ignores_public_secret(&self) -> bool {
        self.ignore.contains(SECRET)
    }
}

impl Default for Token {
    fn default() -> Self {
        use GrantType::{
            AuthorizationCode, Ciba, ClientCredentials, DeviceCode, JwtBearer, RefreshToken, TokenExchange,
        };
        Self {
            grants: BTreeSet::from([
                AuthorizationCode,
                ClientCredentials,
                RefreshToken,
                DeviceCode,
                TokenExchange,
                JwtBearer,
                Ciba,
            ]),
            ignore: BTreeSet::new(),
            default_scope: None,
            audience: AudienceParameter::Optional,
            token_type: TokenTypeSpelling::Capital,
            implicit_token_type: TokenTypeSpelling::Capital,
            scope: ScopeInAnswer::Always,
            implicit_scope: ScopeInAnswer::Always,
            failed_body_authentication: FailureStatus::Unauthorized,
            empty_basic_secret: false,
            errors: Errors::default(),
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
    /// Never, although RFC 6749 5.1 wants it where another scope was granted: the contract lists the members of its answers.
    Never,
    /// When the granted scope is not the requested one (RFC 6749 5.1).
    WhenDifferent,
    /// Always.
    Always,
}

impl ScopeInAnswer {
    /// Whether an answer carries it; `differs`: the granted scope is not the requested one.
    pub const fn shows(self, differs: bool) -> bool {
        match self {
            Self::Never => false,
            Self::WhenDifferent => differs,
            Self::Always => true,
        }
    }
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
    /// For how long a retry of a lost answer is given the very same answer, or, where it asks for something else, that and the same
    /// successor; at most 60 s.
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
