//! Words of the command line that stand for the protocol's: statuses, grants, legacy behaviours.

use clap::ValueEnum;
use claviger_core::client::{AuthMethod, ClientStatus, GrantType};
use claviger_core::dialect::Legacy;

/// Where an app stands.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Status {
    Pending,
    Active,
    Rejected,
    Suspended,
}

/// The grants, as the protocol spells them.
#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Grant {
    AuthorizationCode,
    Implicit,
    Password,
    ClientCredentials,
    RefreshToken,
    DeviceCode,
    TokenExchange,
    JwtBearer,
    Ciba,
}

impl From<Status> for ClientStatus {
    fn from(status: Status) -> Self {
        match status {
            Status::Pending => Self::Pending,
            Status::Active => Self::Active,
            Status::Rejected => Self::Rejected,
            Status::Suspended => Self::Suspended,
        }
    }
}

impl From<Grant> for GrantType {
    fn from(grant: Grant) -> Self {
        match grant {
            Grant::AuthorizationCode => Self::AuthorizationCode,
            Grant::Implicit => Self::Implicit,
            Grant::Password => Self::Password,
            Grant::ClientCredentials => Self::ClientCredentials,
            Grant::RefreshToken => Self::RefreshToken,
            Grant::DeviceCode => Self::DeviceCode,
            Grant::TokenExchange => Self::TokenExchange,
            Grant::JwtBearer => Self::JwtBearer,
            Grant::Ciba => Self::Ciba,
        }
    }
}

/// The legacy behaviour of this name.
pub(crate) fn legacy(name: &str) -> Result<Legacy, String> {
    let found = Legacy::ALL.into_iter().find(|legacy| legacy.name() == name);
    found.ok_or_else(|| format!("there is: {}", Legacy::ALL.map(Legacy::name).join(", ")))
}

/// The way to authenticate of this name.
pub(crate) fn auth_method(name: &str) -> Result<AuthMethod, String> {
    AuthMethod::of(name).ok_or_else(|| format!("there is: {}", AuthMethod::ALL.map(AuthMethod::name).join(", ")))
}
