//! Claims that a realm, or a client, has made of what is known of users: what a rule says, and what it may say.

mod check;
mod source;

pub use check::{Problem, Why, check};
pub use source::{Form, Source};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;

/// What a realm says of claims.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ClaimPolicy {
    /// The languages in which its users' claims may be: `claims_locales_supported`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub locales: Vec<String>,
    /// The claims beside those of the standard.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<ClaimRule>,
}

impl ClaimPolicy {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// One claim of a realm or a client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ClaimRule {
    /// Its name; a dot begins a member within, except in a name with a colon or a slash.
    pub name: String,
    /// What it is made of; absent: the `value`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Source>,
    /// The same for everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// The scope that brings it; absent: it is there without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Where it is told.
    #[serde(rename = "in", default = "usual_places", skip_serializing_if = "are_usual")]
    pub places: BTreeSet<Place>,
    /// Only the names that begin so, and without this beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// How several are told.
    #[serde(rename = "as", default, skip_serializing_if = "Form::is_usual")]
    pub form: Form,
}

/// Where a claim is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// The ID token.
    IdToken,
    /// Userinfo.
    Userinfo,
    /// The access token: within a signed one, and at introspection.
    AccessToken,
}

fn usual_places() -> BTreeSet<Place> {
    [Place::IdToken, Place::Userinfo].into()
}

fn are_usual(places: &BTreeSet<Place>) -> bool {
    *places == usual_places()
}

/// Claims that say what a token is, and for whom, and those that only this server can vouch for: no rule makes them.
const RESERVED: [&str; 50] = [
    "iss",
    "sub",
    "sub_type",
    "sub_id",
    "aud",
    "azp",
    "client_id",
    "client",
    "scope",
    "scp",
    "iat",
    "nbf",
    "exp",
    "jti",
    "gid",
    "org",
    "flow",
    "sid",
    "nonce",
    "auth_time",
    "acr",
    "amr",
    "at_hash",
    "c_hash",
    "s_hash",
    "cnf",
    "act",
    "events",
    "active",
    "token_type",
    "token_use",
    "username",
    "typ",
    "vot",
    "vtm",
    "rt_hash",
    "ath",
    "htm",
    "htu",
    "authorization_details",
    "userinfo_claims",
    "claims_locales",
    "trust_framework",
    "verified_claims",
    "_claim_names",
    "_claim_sources",
    "toe",
    "txn",
    "orig",
    "dest",
];

/// Whether a claim says what a token is, or for whom.
pub fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name)
}

/// The members that a claim's name leads through. A name that is an address, or begins like a URN, is one name.
pub fn path(name: &str) -> impl Iterator<Item = &str> {
    let one = name.contains([':', '/']);
    name.split(move |c| c == '.' && !one)
}
