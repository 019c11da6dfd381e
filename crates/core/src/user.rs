//! People and service users (resource owners), and the organisations they belong to.

mod details;
pub mod rules;
pub mod standard;

pub use details::{Details, Wrong, is_attribute_name};

use crate::precis;
use serde::{Deserialize, Serialize};

/// A resource owner of one realm.
#[expect(clippy::struct_excessive_bools, reason = "each says one thing about a person, and files name it")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// `sub`: stable, never reassigned, unique in the realm.
    pub id: String,
    /// What the person types; compared in the form of [`User::username_key`].
    pub username: String,
    /// For `name` and for the pages.
    #[serde(default)]
    pub name: Option<String>,
    /// For `email` and for mails.
    #[serde(default)]
    pub email: Option<String>,
    /// The address was found to be theirs: `email_verified`. It is good for signing in.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub email_verified: bool,
    /// For `given_name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_name: Option<String>,
    /// For `family_name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
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
    /// Further claims, groups, roles and attributes.
    #[serde(default, skip_serializing_if = "Details::is_empty")]
    pub details: Details,
}

impl User {
    /// A person of whom nothing is known but their id and what they type.
    pub fn new(id: impl Into<String>, username: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            username: username.into(),
            name: None,
            email: None,
            email_verified: false,
            given_name: None,
            family_name: None,
            service: false,
            administrator: false,
            disabled: false,
            organisations: Vec::new(),
            details: Details::default(),
        }
    }

    /// The form of a username or an e-mail address under which users are found and brakes are kept (RFC 8265 3.3): trimmed,
    /// without case and width, composed.
    pub fn username_key(username: &str) -> String {
        precis::username(username.trim())
    }

    /// The form of before: trimmed, lower case. Users whose names came to be one in the present form are told apart by it.
    pub fn former_username_key(username: &str) -> String {
        username.trim().to_lowercase()
    }

    /// The form of the e-mail address that is good for signing in; none where it is not known to be theirs.
    pub fn email_key(&self) -> Option<String> {
        self.email.as_deref().filter(|_| self.email_verified).map(Self::username_key)
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

/// Whether a text has the form of a mail address: what stands before the one `@` is words with dots between (RFC 5322 3.2.3,
/// no quotes), what stands after it a host's name. Letters of every script are taken (RFC 6531).
pub fn is_mail_address(text: &str) -> bool {
    let word = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
    let words =
        |local: &str| local.len() <= 64 && local.split('.').all(|part| !part.is_empty() && part.chars().all(word));
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 254 && text.split_once('@').is_some_and(|(local, host)| words(local) && host.split('.').all(label))
}

#[cfg(test)]
mod tests {
    use super::is_mail_address;

    #[test]
    fn a_mail_address_is_words_at_a_host() {
        for good in ["a@b", "dev@fleet.example", "first.last+tag@mail.example", "jörg@bücher.example", "o'neil@x.ie"]
        {
            assert!(is_mail_address(good), "{good}");
        }
        let long = format!("{}@x.example", "a".repeat(65));
        for bad in [
            "",
            "nobody",
            "@x",
            "a@",
            "a@b@c",
            ".a@b",
            "a.@b",
            "a..b@c",
            "a@.b",
            "a@b.",
            "a@-b",
            "a b@c",
            "a@b c",
            "a\n@b",
            "<a@b>",
            "A <a@b>",
            "a,b@c",
            "\"a b\"@c",
            "a@[127.0.0.1]",
            &long,
        ] {
            assert!(!is_mail_address(bad), "{bad:?}");
        }
    }
}
