//! How the authorization endpoint reads a request.

use crate::response::ResponseType;
use serde::{Deserialize, Serialize};

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
    /// Whether answers name the issuer.
    #[serde(skip_serializing_if = "IssuerInAnswer::is_usual")]
    pub iss: IssuerInAnswer,
    /// When a person is asked who has allowed everything before.
    #[serde(skip_serializing_if = "AskForConsent::is_usual")]
    pub consent: AskForConsent,
    /// Whether every code needs PKCE.
    #[serde(skip_serializing_if = "Pkce::is_usual")]
    pub pkce: Pkce,
}

/// Whether an authorization answer names the issuer (`iss`, RFC 9207).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IssuerInAnswer {
    /// It does, as its last parameter.
    #[default]
    Sent,
    /// It does not: scripts written for the contract take whatever follows `state` for a part of it. A signed answer names it
    /// in any case.
    LeftOut,
}

impl IssuerInAnswer {
    /// Whether nothing was said.
    pub const fn is_usual(&self) -> bool {
        matches!(self, Self::Sent)
    }
}

/// When the consent page is shown to a person who has allowed everything before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AskForConsent {
    /// Not again.
    #[default]
    Once,
    /// Each time, with what was chosen before ticked: so they see whose account it is, and can choose anew.
    Always,
}

impl AskForConsent {
    /// Whether nothing was said.
    pub const fn is_usual(&self) -> bool {
        matches!(self, Self::Once)
    }
}

/// Whether a code needs PKCE (RFC 7636). Public clients use it in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pkce {
    /// A confidential client may leave it out where it asks for `openid` with a `nonce`, which then binds the code to the
    /// browser (RFC 9700 2.1.1).
    #[default]
    UnlessNonce,
    /// Every code needs it.
    Required,
}

impl Pkce {
    /// As files spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnlessNonce => "unless-nonce",
            Self::Required => "required",
        }
    }

    /// Whether nothing was said.
    pub const fn is_usual(&self) -> bool {
        matches!(self, Self::UnlessNonce)
    }
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
