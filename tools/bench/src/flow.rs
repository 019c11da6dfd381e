//! The flows that are measured, and what each is to reach.

use clap::ValueEnum;
use serde::Serialize;

/// A flow: one request, or for the code flow two.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Flow {
    /// Client credentials, a JWT signed with ES256; nothing is written.
    CcEs256,
    /// Client credentials, a JWT signed with EdDSA; nothing is written.
    CcEddsa,
    /// Client credentials, a JWT signed with RS256 (2048 bits); nothing is written.
    CcRs256,
    /// Client credentials, an opaque token: one durable row.
    Opaque,
    /// Refresh rotation: one durable conditional update, an ES256 access token.
    Refresh,
    /// Code flow with session and consent present: a durable code, its redemption, an ES256 access token.
    Code,
    /// The code flow with `openid`: an ID token beside the access token, both ES256.
    CodeOpenid,
    /// Client credentials with a DPoP proof: an ES256 verification with a key that comes along, an ES256 access token.
    Dpop,
    /// Client credentials by `private_key_jwt`: an ES256 verification, one durable row (the assertion is good once), an
    /// ES256 access token.
    PrivateKeyJwt,
    /// Introspection of an opaque token: one row read.
    Introspect,
    /// Userinfo with a JWT: an ES256 verification, one row read.
    Userinfo,
    /// The discovery document.
    Discovery,
    /// The key set.
    Jwks,
    /// A password log-in at the token endpoint: Argon2id, 19 MiB, two passes.
    Password,
}

impl Flow {
    /// Its name in tables.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::CcEs256 => "client credentials, ES256",
            Self::CcEddsa => "client credentials, EdDSA",
            Self::CcRs256 => "client credentials, RS256",
            Self::Opaque => "client credentials, opaque, durable",
            Self::Refresh => "refresh rotation, durable, ES256",
            Self::Code => "code flow, durable, ES256",
            Self::CodeOpenid => "code flow, durable, ES256 and ES256 ID token",
            Self::Dpop => "client credentials, ES256, DPoP",
            Self::PrivateKeyJwt => "client credentials, ES256, private_key_jwt, durable",
            Self::Introspect => "introspection, opaque",
            Self::Userinfo => "userinfo, JWT",
            Self::Discovery => "discovery",
            Self::Jwks => "JWKS",
            Self::Password => "password, Argon2id",
        }
    }

    /// The share of the bare server's throughput that is to be reached at 8 and 64 connections.
    pub(crate) fn share(self) -> f64 {
        match self {
            Self::CcEs256 | Self::CcEddsa | Self::Opaque | Self::Userinfo | Self::Dpop | Self::PrivateKeyJwt => 0.60,
            Self::CcRs256 => 0.90,
            Self::Refresh | Self::Code | Self::CodeOpenid | Self::Introspect => 0.50,
            Self::Discovery | Self::Jwks => 0.85,
            Self::Password => 0.95,
        }
    }

    /// Whether 99 of 100 answers at 8 connections are to come within a millisecond.
    pub(crate) fn is_prompt(self) -> bool {
        !matches!(self, Self::CcRs256 | Self::Password)
    }
}
