//! What a client is told of the people who use it (OpenID Connect Core 5, 8; Dynamic Registration 2).

use crate::claim_rule::{self, ClaimRule};
use serde::{Deserialize, Serialize};

/// How its users are named to a client, and what it is told of them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Identity {
    /// How its users are named: `subject_type`.
    #[serde(skip_serializing_if = "SubjectType::is_usual")]
    pub subject_type: SubjectType,
    /// Where it is said which redirect URIs belong together: `sector_identifier_uri`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sector_identifier_uri: Option<String>,
    /// Claims that it gets in place of the realm's of the same name, or beside them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<ClaimRule>,
}

impl Identity {
    /// Whether it says nothing.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// How users are named to a client (OpenID Connect Core 8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SubjectType {
    /// As to every other client.
    #[default]
    Public,
    /// By a name that no client of another sector knows.
    Pairwise,
}

impl SubjectType {
    /// As metadata spells it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Pairwise => "pairwise",
        }
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    const fn is_usual(&self) -> bool {
        matches!(self, Self::Public)
    }
}

/// The host of an address, in lower case; `None` where it has none, as a private-use scheme.
pub fn host_of(uri: &str) -> Option<String> {
    let (_, rest) = uri.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = match authority.strip_prefix('[') {
        Some(literal) => literal.split_once(']')?.0,
        None => authority.split(':').next()?,
    };
    (!host.is_empty()).then(|| host.to_ascii_lowercase())
}

/// Something that is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityProblem {
    /// It cannot be asked which redirect URIs belong together.
    #[error("`{uri}` is not an https:// address without a user name")]
    SectorIdentifierUri {
        /// What was given.
        uri: String,
    },
    /// Nothing says what the sector is.
    #[error("pairwise names are for one sector, and its redirect URIs are not of one host")]
    SeveralSectors,
    /// What was asked does not say that the redirect URIs belong together.
    #[error("`{uri}` {why}")]
    NotOfSector {
        /// The sector identifier URI.
        uri: String,
        /// Why.
        why: String,
    },
    /// A claim of its own.
    #[error("{0}")]
    Claim(claim_rule::Problem),
}

impl IdentityProblem {
    /// The key of a realm file that it is about.
    pub const fn field(&self) -> &'static str {
        match self {
            Self::SectorIdentifierUri { .. } | Self::NotOfSector { .. } => "sector-identifier-uri",
            Self::SeveralSectors => "subject-type",
            Self::Claim(_) => "claim",
        }
    }

    /// Which item of a list it is about.
    pub const fn index(&self) -> Option<usize> {
        if let Self::Claim(problem) = self { Some(problem.index) } else { None }
    }

    /// What to do about it.
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::SeveralSectors => Some("name a sector-identifier-uri whose list has them all"),
            Self::NotOfSector { .. } => Some("it answers a JSON array of all redirect URIs, as application/json"),
            _ => None,
        }
    }
}
