//! What a client says about itself, beside what it may do (RFC 7591 2, OpenID Connect Dynamic Registration 1.0 2).

use super::Client;
use crate::jose::from_base64url;
use crate::response::ResponseType;
use crate::scope::ScopeSet;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A client's own words, and what it wants of sign-ins.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Registered {
    /// The response types that it uses and no others; absent: those that its grants have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_types: Option<BTreeSet<ResponseType>>,
    /// Whether it runs on a server or on somebody's device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application_type: Option<ApplicationType>,
    /// Whom to ask about it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<String>,
    /// Its home page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_uri: Option<String>,
    /// What it does with people's data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_uri: Option<String>,
    /// Its terms of service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tos_uri: Option<String>,
    /// Its picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo_uri: Option<String>,
    /// `client_name`, `client_uri`, `policy_uri`, `tos_uri` and `logo_uri` in other languages: `client_name#de`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub localized: BTreeMap<String, String>,
    /// Which software it is, the same for all of its instances.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub software_id: Option<String>,
    /// In which version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub software_version: Option<String>,
    /// What somebody whom the realm trusts said of it, signed (RFC 7591 2.3).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub software_statement: Option<String>,
    /// Where a sign-in at it begins (OpenID Connect Core 4).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initiate_login_uri: Option<String>,
    /// `max_age` of its requests that have none, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_max_age: Option<u32>,
    /// Its ID tokens say when the user signed in.
    #[serde(skip_serializing_if = "is_false")]
    pub require_auth_time: bool,
    /// `acr_values` of its requests that have none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub default_acr_values: Vec<String>,
    /// The scope of its requests that name none, where it may ask for more than it said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usual_scope: Option<ScopeSet>,
    /// It registered itself: nobody vouches for what it says, unless it brought a software statement.
    #[serde(skip_serializing_if = "is_false")]
    pub self_registered: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// OpenID Connect Dynamic Registration 1.0 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApplicationType {
    /// On a server.
    Web,
    /// On somebody's device.
    Native,
}

impl ApplicationType {
    /// As the standard spells it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Native => "native",
        }
    }
}

impl Registered {
    /// Whether it says nothing.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Whether somebody vouches for what it says in a member: whoever wrote it down for the realm, or made its software statement.
    pub fn is_vouched_for(&self, member: &str) -> bool {
        let stated = || {
            // It was checked when it was stored.
            let claims = self.software_statement.as_deref()?.split('.').nth(1).and_then(from_base64url)?;
            serde_json::from_slice::<serde_json::Value>(&claims).ok()?.get(member).map(drop)
        };
        !self.self_registered || stated().is_some()
    }

    /// What it says in a member in a language (`de-AT`): for that, else for the language without its region (RFC 7591 2.2).
    pub fn localized_text(&self, member: &str, language: &str) -> Option<&str> {
        let of = |tag: &str| {
            let mut all = self.localized.iter();
            all.find(|(name, _)| {
                name.split_once('#').is_some_and(|(of, has)| of == member && has.eq_ignore_ascii_case(tag))
            })
        };
        let found = of(language).or_else(|| of(language.split('-').next().unwrap_or_default()));
        found.map(|(_, text)| text.as_str())
    }

    /// An address that it names, in a language where it has one for that.
    pub fn text(&self, member: &str, language: &str) -> Option<&str> {
        let usual = match member {
            "client_uri" => &self.client_uri,
            "policy_uri" => &self.policy_uri,
            "tos_uri" => &self.tos_uri,
            _ => &None,
        };
        self.localized_text(member, language).or(usual.as_deref())
    }
}

impl Client {
    /// Where its picture is.
    pub fn logo_uri(&self) -> Option<&str> {
        self.registered.logo_uri.as_deref()
    }
}
