//! Sets of scopes (RFC 6749 3.3): space-separated tokens in which order and repetition mean nothing.

use crate::unique::{Members, distinct};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;

/// The most tokens that a request may name.
pub const MOST_REQUESTED: usize = 64;

/// The scopes of OpenID Connect (Core 3.1.2.1, 5.4 and 11): they are about the user who allows them, and open no API.
pub const OF_USERS: [&str; 6] = ["openid", "profile", "email", "address", "phone", "offline_access"];

/// A set of scope tokens in the order in which they were first named.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScopeSet(Vec<String>);

/// The text was not `scope-token *( SP scope-token )`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a scope may hold printable ASCII without quotes and backslashes, separated by single spaces")]
pub struct NotAScope;

impl ScopeSet {
    /// Reads a `scope` parameter; runs of spaces are taken as one.
    ///
    /// # Errors
    /// A character outside of `%x21 / %x23-5B / %x5D-7E`.
    pub fn parse(text: &str) -> Result<Self, NotAScope> {
        if !text.bytes().all(|b| matches!(b, b' ' | 0x21 | 0x23..=0x5B | 0x5D..=0x7E)) {
            return Err(NotAScope);
        }
        Ok(text.split(' ').filter(|token| !token.is_empty()).collect())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a `scope` parameter names more tokens, repeated ones included, than any request needs: more than
    /// [`MOST_REQUESTED`].
    pub fn is_too_many(text: &str) -> bool {
        text.split(' ').filter(|token| !token.is_empty()).nth(MOST_REQUESTED).is_some()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether `token` is one of them.
    pub fn contains(&self, token: &str) -> bool {
        self.0.iter().any(|mine| mine == token)
    }

    /// Whether every one of them is in `other`.
    pub fn is_subset(&self, other: &Self) -> bool {
        let others = other.members();
        self.iter().all(|token| others.contain(token))
    }

    /// Whether both hold the same tokens in any order.
    pub fn same(&self, other: &Self) -> bool {
        self.len() == other.len() && self.is_subset(other)
    }

    /// Those that are not in `other`.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        let others = other.members();
        Self(self.0.iter().filter(|token| !others.contain(token)).cloned().collect())
    }

    /// Those that are also in `other`.
    #[must_use]
    pub fn within(&self, other: &Self) -> Self {
        let others = other.members();
        Self(self.0.iter().filter(|token| others.contain(token)).cloned().collect())
    }

    /// Adds those of `other`.
    pub fn extend(&mut self, other: &Self) {
        let new = other.without(self);
        self.0.extend(new.0);
    }

    /// Its tokens, to be asked for one after the other.
    pub fn members(&self) -> Members<'_> {
        Members::of(&self.0)
    }

    /// The tokens in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl<'a> FromIterator<&'a str> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = &'a str>>(tokens: I) -> Self {
        Self(distinct(tokens).into_iter().map(str::to_owned).collect())
    }
}

impl fmt::Display for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, token) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            f.write_str(token)?;
        }
        Ok(())
    }
}

impl Serialize for ScopeSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ScopeSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::ScopeSet;

    #[test]
    fn order_and_repetition_mean_nothing() {
        let a = ScopeSet::parse("b a  b").unwrap();
        assert_eq!(a.to_string(), "b a");
        assert!(a.same(&ScopeSet::parse("a b").unwrap()));
        assert!(!a.same(&ScopeSet::parse("a").unwrap()));
    }

    #[test]
    fn sets_are_added_and_taken_away_in_order() {
        let (a, b) = (ScopeSet::parse("c a").unwrap(), ScopeSet::parse("b a d").unwrap());
        assert_eq!(b.without(&a).to_string(), "b d");
        assert_eq!(b.within(&a).to_string(), "a");
        let mut sum = a.clone();
        sum.extend(&b);
        assert_eq!(sum.to_string(), "c a b d");
        assert!(a.is_subset(&sum) && !sum.is_subset(&a));
    }

    #[test]
    fn a_request_names_64_tokens_at_most() {
        assert!(!ScopeSet::is_too_many(&"a  ".repeat(64)));
        assert!(ScopeSet::is_too_many(&"a ".repeat(65)));
    }

    #[test]
    fn characters_outside_the_grammar_are_refused() {
        for bad in ["a\"b", "a\\b", "a\tb", "ä", "a\nb"] {
            assert!(ScopeSet::parse(bad).is_err(), "{bad:?}");
        }
    }
}
