//! What a rule may be.

use super::{ClaimRule, Source, is_reserved, path};
use crate::text::shortened;
use crate::user::is_attribute_name;
use crate::user::standard::{scope_of, split};
use serde_json::Value;
use std::fmt;

/// Longest name of a claim and longest text of a fixed value, in bytes.
const LONGEST: usize = 200;
const LARGEST_VALUE: usize = 4096;
/// The most rules of a realm, and of a client.
const MOST: usize = 100;
/// What only this server says of an address or a number; a rule may repeat it, and nothing else.
const VOUCHED_FOR: [&str; 4] = ["email", "email_verified", "phone_number", "phone_number_verified"];

/// Something that is wrong with a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The rule's place in the list.
    pub index: usize,
    /// The key that it is about.
    pub field: &'static str,
    /// What is wrong.
    pub why: Why,
}

/// What is wrong with a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Why {
    /// The name is none.
    Name,
    /// The name says what a token is.
    Reserved(String),
    /// The name says what only the server can say.
    VouchedFor(String),
    /// Another rule is for the same claim, or for a member of it.
    Twice(String),
    /// There is nothing that it could be made of, or too much.
    Source,
    /// Only a client can leave out a claim of its realm.
    NoneOfRealm,
    /// The attribute's name is none.
    Attribute,
    /// There is no such standard claim.
    Claim(String),
    /// The fixed value is too large.
    Value,
    /// There is no such scope.
    Scope(String),
    /// It is told nowhere.
    Nowhere,
    /// There are too many rules.
    TooMany,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.why {
            Why::Name => f.write_str(
                "a claim's name is 1 to 200 printable ASCII characters without spaces, and no part between dots is empty",
            ),
            Why::Reserved(name) => {
                write!(f, "`{}` says what a token is, or for whom: no rule makes it", shortened(name, 60))
            }
            Why::VouchedFor(name) => write!(f, "`{name}` is told as the server knows it, from `claim:{name}` alone"),
            Why::Twice(name) => write!(f, "another entry makes `{}`, or a part of it", shortened(name, 60)),
            Why::Source => f.write_str("a claim is made of one of `from` and `value`"),
            Why::NoneOfRealm => f.write_str("`none` is for a client that does not get a claim of its realm"),
            Why::Attribute => f.write_str("an attribute's name is 1 to 200 of A-Z, a-z, 0-9, -, _, . and :"),
            Why::Claim(name) => {
                write!(f, "`{}` is no standard claim about a user (OpenID Connect Core 5.1)", shortened(name, 60))
            }
            Why::Value => f.write_str("a fixed value is 4,096 bytes of JSON at most"),
            Why::Scope(name) => write!(f, "there is no scope `{}`", shortened(name, 60)),
            Why::Nowhere => f.write_str("it would be told nowhere: name one of userinfo, id-token, access-token"),
            Why::TooMany => f.write_str("there are 100 of these at most"),
        }
    }
}

/// Everything that is wrong with the rules of a realm (`of_client`: of a client); `knows_scope` says whether there is a scope of a
/// name.
pub fn check(rules: &[ClaimRule], of_client: bool, knows_scope: impl Fn(&str) -> bool) -> Vec<Problem> {
    if rules.len() > MOST {
        return vec![Problem { index: MOST, field: "name", why: Why::TooMany }];
    }
    let mut found = Vec::new();
    for (index, rule) in rules.iter().enumerate() {
        let mut wrong = |field, why| found.push(Problem { index, field, why });
        if let Some(why) = name(rule) {
            wrong("name", why);
        }
        if rules.iter().take(index).any(|other| overlap(&other.name, &rule.name)) {
            wrong("name", Why::Twice(rule.name.clone()));
        }
        if let Some(why) = made_of(rule, of_client) {
            wrong(if rule.from.is_some() { "from" } else { "value" }, why);
        }
        if let Some(scope) = rule.scope.as_ref().filter(|scope| !knows_scope(scope)) {
            wrong("scope", Why::Scope(scope.clone()));
        }
        if rule.places.is_empty() {
            wrong("in", Why::Nowhere);
        }
    }
    found
}

fn name(rule: &ClaimRule) -> Option<Why> {
    let name = rule.name.as_str();
    let good = (1..=LONGEST).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_graphic())
        && path(name).all(|part| !part.is_empty());
    let first = path(name).next().unwrap_or_default();
    let same = matches!(&rule.from, Some(Source::Claim(source)) if source == first);
    if !good {
        Some(Why::Name)
    } else if is_reserved(first) {
        Some(Why::Reserved(first.to_owned()))
    } else if VOUCHED_FOR.contains(&split(first).0)
        && !(same && rule.prefix.is_none())
        && rule.from != Some(Source::None)
    {
        Some(Why::VouchedFor(split(first).0.to_owned()))
    } else {
        None
    }
}

/// Whether two names lead to the same claim, or one to a member of the other.
fn overlap(one: &str, other: &str) -> bool {
    let mut pairs = path(one).zip(path(other));
    pairs.all(|(one, other)| one == other)
}

fn made_of(rule: &ClaimRule, of_client: bool) -> Option<Why> {
    match (&rule.from, &rule.value) {
        (None, None) | (Some(_), Some(_)) => Some(Why::Source),
        (None, Some(value)) => (!is_small(value)).then_some(Why::Value),
        (Some(Source::None), None) => (!of_client).then_some(Why::NoneOfRealm),
        (Some(Source::Attribute(name)), None) => (!is_attribute_name(name)).then_some(Why::Attribute),
        (Some(Source::Claim(name)), None) => scope_of(name).is_none().then(|| Why::Claim(name.clone())),
        (Some(_), None) => None,
    }
}

fn is_small(value: &Value) -> bool {
    value.to_string().len() <= LARGEST_VALUE
}
