//! People and service users (resource owners), and the organisations they belong to.

use serde::{Deserialize, Serialize};

/// A resource owner of one realm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// `sub`: stable, never reassigned, unique in the realm.
    pub id: String,
    /// What the person types; compared without case.
    pub username: String,
    /// For `name` and for the pages.
    #[serde(default)]
    pub name: Option<String>,
    /// For `email` and for mails.
    #[serde(default)]
    pub email: Option<String>,
    /// A user for unattended integration: may use the password grant, belongs to exactly one organisation.
    #[serde(default)]
    pub service: bool,
    /// Administers the realm: never served by the password grant.
    #[serde(default)]
    pub administrator: bool,
    /// Signs in no more; their tokens are revoked.
    #[serde(default)]
    pub disabled: bool,
    /// The ids of the organisations the user belongs to.
    #[serde(default)]
    pub organisations: Vec<String>,
}

impl User {
    /// The form of a username under which users are found and brakes are kept: trimmed, lower case.
    pub fn username_key(username: &str) -> String {
        username.trim().to_lowercase()
    }
}

/// A company or a site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organisation {
    /// Unique in the realm; what the token carries.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// "company", "site": the word that the consent page uses.
    #[serde(default)]
    pub kind: String,
}
