//! What a claim is made of.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What a claim is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Source {
    /// Nothing: a client does not get the claim of the realm.
    None,
    /// The user's groups.
    Groups,
    /// What the user may do, in the organisations of the grant and everywhere.
    Roles,
    /// The organisations of the grant; where it has none, the user's.
    Organisations,
    /// The user's roles in each of these organisations.
    OrganisationRoles,
    /// The name to sign in with.
    Username,
    /// An attribute of the user's.
    Attribute(String),
    /// A standard claim.
    Claim(String),
}

/// How several values are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// As they are: several as a list.
    #[default]
    List,
    /// The first one alone.
    First,
    /// In one text with spaces between.
    Text,
}

impl Form {
    /// Whether it is what a rule has that says nothing.
    pub const fn is_usual(&self) -> bool {
        matches!(self, Self::List)
    }
}

/// What can be said, for whoever says something else.
const SOURCES: &str = "groups, roles, organisations, organisation-roles, username, attribute:NAME, claim:NAME or none";

impl FromStr for Source {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text.split_once(':') {
            Some(("attribute", name)) if !name.is_empty() => Self::Attribute(name.to_owned()),
            Some(("claim", name)) if !name.is_empty() => Self::Claim(name.to_owned()),
            Some(_) => return Err(format!("`{text}` is none of {SOURCES}")),
            None => match text {
                "none" => Self::None,
                "groups" => Self::Groups,
                "roles" => Self::Roles,
                "organisations" => Self::Organisations,
                "organisation-roles" => Self::OrganisationRoles,
                "username" => Self::Username,
                _ => return Err(format!("`{text}` is none of {SOURCES}")),
            },
        })
    }
}

impl TryFrom<String> for Source {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Source> for String {
    fn from(source: Source) -> Self {
        source.to_string()
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Groups => f.write_str("groups"),
            Self::Roles => f.write_str("roles"),
            Self::Organisations => f.write_str("organisations"),
            Self::OrganisationRoles => f.write_str("organisation-roles"),
            Self::Username => f.write_str("username"),
            Self::Attribute(name) => write!(f, "attribute:{name}"),
            Self::Claim(name) => write!(f, "claim:{name}"),
        }
    }
}
