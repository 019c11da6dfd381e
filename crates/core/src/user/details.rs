//! What is known of a user beside who they are: further standard claims, groups, roles, and attributes of their own.

use super::User;
use super::standard;
use crate::text::is_name;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The most claims, attributes, groups and roles of one user, each.
const MOST: usize = 200;
/// Longest name of a group, a role or an attribute, in characters, and longest text of an attribute.
const LONGEST_NAME: usize = 200;
const LONGEST_TEXT: usize = 1000;
/// The most that claims and attributes take together, in bytes.
const LARGEST: usize = 16 * 1024;

/// What is known of a user beside who they are.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Details {
    /// Standard claims that have no field of their own (OpenID Connect Core 5.1), by their names, with a language where there is
    /// one (`name#de`, 5.2).
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub claims: Map<String, Value>,
    /// The groups that they are in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// What they may do, whatever organisation they act for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
    /// What they may do in an organisation, by its id.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub organisation_roles: BTreeMap<String, Vec<String>>,
    /// Whatever else the realm knows of them: texts, numbers, flags, and lists of those.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub attributes: Map<String, Value>,
    /// When what is known of them changed last, in seconds: `updated_at`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<i64>,
}

/// Something that is wrong with one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The key of a realm file.
    pub field: &'static str,
    /// Which of its entries; empty: all of them together.
    pub name: String,
    /// What it must be.
    pub why: &'static str,
}

impl Details {
    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Everything that is wrong with a user's details; `locales`: the languages that their realm has claims in.
pub(super) fn check(user: &User, locales: &[String]) -> Vec<Wrong> {
    let Details { claims, groups, roles, organisation_roles, attributes, .. } = &user.details;
    let wrong = |field, name: &str, why| Wrong { field, name: name.to_owned(), why };
    let mut found: Vec<_> = claims
        .iter()
        .filter_map(|(name, value)| standard::check(name, value).err().map(|why| wrong("claims", name, why)))
        .collect();
    let is_told = |tag: &str| locales.iter().any(|known| known.eq_ignore_ascii_case(tag));
    let foreign = claims.keys().filter(|name| standard::split(name).1.is_some_and(|tag| !is_told(tag)));
    found.extend(foreign.map(|name| wrong("claims", name, "the realm's claims-locales do not name this language")));
    if claims.get("phone_number_verified") == Some(&Value::Bool(true)) && !claims.contains_key("phone_number") {
        found.push(wrong("claims", "phone_number_verified", "there is no number that could be known to be theirs"));
    }
    for (field, names) in [("groups", groups), ("roles", roles)] {
        found.extend(names.iter().filter(|name| !is_label(name)).map(|name| wrong(field, name, NOT_A_LABEL)));
    }
    for (organisation, roles) in organisation_roles {
        if !user.organisations.contains(organisation) {
            found.push(wrong("organisation-roles", organisation, "they do not belong to this organisation"));
        }
        let bad = roles.iter().filter(|name| !is_label(name));
        found.extend(bad.map(|name| wrong("organisation-roles", name, NOT_A_LABEL)));
    }
    for (name, value) in attributes {
        let why = if is_attribute_name(name) { attribute(value).err() } else { Some(NOT_AN_ATTRIBUTE) };
        found.extend(why.map(|why| wrong("attributes", name, why)));
    }
    let of_organisations = organisation_roles.values().map(Vec::len).sum();
    let counts = [
        ("claims", claims.len()),
        ("groups", groups.len()),
        ("roles", roles.len()),
        ("organisation-roles", of_organisations),
        ("attributes", attributes.len()),
    ];
    found.extend(counts.into_iter().filter(|(_, count)| *count > MOST).map(|(field, _)| wrong(field, "", TOO_MANY)));
    if size(claims) + size(attributes) > LARGEST {
        found.push(wrong("attributes", "", "claims and attributes of one user are 16 KiB at most"));
    }
    found
}

const NOT_A_LABEL: &str = "this is a name of 1 to 200 characters without controls";
const NOT_AN_ATTRIBUTE: &str = "an attribute's name is 1 to 200 of A-Z, a-z, 0-9, -, _, . and :";
const TOO_MANY: &str = "one user has 200 of these at most";

fn is_label(name: &str) -> bool {
    !name.trim().is_empty() && name.chars().count() <= LONGEST_NAME && is_name(name)
}

/// Whether a text may be the name of an attribute.
pub fn is_attribute_name(name: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
    (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(good)
}

/// Whether a value may be that of an attribute.
///
/// # Errors
/// A sentence of what it must be.
fn attribute(value: &Value) -> Result<(), &'static str> {
    const WRONG: &str =
        "an attribute is a text of 1,000 characters at most, a number, true or false, or a list of those";
    let single = |value: &Value| match value {
        Value::String(text) => text.chars().count() <= LONGEST_TEXT && is_name(text),
        Value::Number(_) | Value::Bool(_) => true,
        _ => false,
    };
    let good = match value {
        Value::Array(items) => items.len() <= MOST && items.iter().all(single),
        other => single(other),
    };
    if good { Ok(()) } else { Err(WRONG) }
}

fn size(values: &Map<String, Value>) -> usize {
    let of = |value: &Value| match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(|item| item.as_str().map_or(8, str::len)).sum(),
        Value::Object(members) => members.values().map(|member| member.as_str().map_or(8, str::len)).sum(),
        _ => 8,
    };
    values.iter().map(|(name, value)| name.len() + of(value)).sum()
}
