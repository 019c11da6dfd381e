//! The grants, by name (RFC 6749 4, 6; RFC 7523 2.1; RFC 8628 3.4; RFC 8693 2.1; CIBA Core 1.0 10.1).

use serde::{Deserialize, Serialize};

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
    /// RFC 8628.
    DeviceCode,
    /// RFC 8693.
    TokenExchange,
    /// RFC 7523 2.1.
    JwtBearer,
    /// OpenID CIBA Core 1.0 10.1.
    Ciba,
}

impl GrantType {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::AuthorizationCode,
        Self::Implicit,
        Self::Password,
        Self::ClientCredentials,
        Self::RefreshToken,
        Self::DeviceCode,
        Self::TokenExchange,
        Self::JwtBearer,
        Self::Ciba,
    ];

    /// As `grant_type` spells it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::DeviceCode => "urn:ietf:params:oauth:grant-type:device_code",
            Self::TokenExchange => "urn:ietf:params:oauth:grant-type:token-exchange",
            Self::JwtBearer => "urn:ietf:params:oauth:grant-type:jwt-bearer",
            Self::Ciba => "urn:openid:params:grant-type:ciba",
            _ => self.word(),
        }
    }

    /// As files, the command line and rows spell it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::Implicit => "implicit",
            Self::Password => "password",
            Self::ClientCredentials => "client_credentials",
            Self::RefreshToken => "refresh_token",
            Self::DeviceCode => "device_code",
            Self::TokenExchange => "token_exchange",
            Self::JwtBearer => "jwt_bearer",
            Self::Ciba => "ciba",
        }
    }

    /// Whether a person consents to it in a browser, so that it rests on their consent for as long as it lives.
    pub const fn is_consented(self) -> bool {
        matches!(self, Self::AuthorizationCode | Self::DeviceCode | Self::Ciba)
    }
}
