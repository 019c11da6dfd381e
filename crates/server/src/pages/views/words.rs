//! What a page says that the program chose: a message of the languages with what stands in its places, or a text that is somebody's own.

use claviger_core::refusal::RefusalKind;
use claviger_core::rule::Rule;
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// What a request log calls errors that are this server's own; see [`crate::failure`].
const OURS: [&str; 2] = ["server_failed", "server_unavailable"];

/// What is said: a message of the languages, or a text that is somebody's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Words {
    /// A message.
    Message {
        /// Its name.
        id: Cow<'static, str>,
        /// What stands in its places.
        args: BTreeMap<&'static str, Arg>,
    },
    /// A text as it is: a name, an id, an error of the program.
    Text(String),
}

/// What stands in a place of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Arg {
    /// A number, by which a message chooses its form.
    Number(i64),
    /// A text.
    Text(String),
}

impl Words {
    /// The message of this name.
    pub const fn of(id: &'static str) -> Self {
        Self::Message { id: Cow::Borrowed(id), args: BTreeMap::new() }
    }

    /// The rule that something breaks, and what to do.
    pub fn rule(rule: &Rule) -> Self {
        let args = rule.values.iter().map(|(name, value)| (*name, Arg::Text(value.clone()))).collect();
        Self::Message { id: Cow::Owned(format!("rule-{}", rule.name)), args }
    }

    /// How to mend what a request log calls so; none where there is nothing to mend.
    pub fn mend(kind: &str) -> Option<Self> {
        let is_known = RefusalKind::named(kind).is_some() || OURS.contains(&kind);
        is_known.then(|| Self::Message {
            id: Cow::Owned(format!("mend-{}", kind.replace('_', "-"))),
            args: BTreeMap::new(),
        })
    }

    /// What one of the checks of a request looks at; `name`: that of a [`Check`](claviger_core::refusal::Check).
    pub fn check(name: &str) -> Self {
        Self::Message { id: Cow::Owned(format!("check-{name}")), args: BTreeMap::new() }
    }

    /// The same with a number in a place.
    #[must_use]
    pub fn count(self, name: &'static str, number: usize) -> Self {
        self.with(name, Arg::Number(i64::try_from(number).unwrap_or(i64::MAX)))
    }

    /// The same with a text in a place.
    #[must_use]
    pub fn name(self, name: &'static str, text: impl Into<String>) -> Self {
        self.with(name, Arg::Text(text.into()))
    }

    fn with(mut self, name: &'static str, arg: Arg) -> Self {
        if let Self::Message { args, .. } = &mut self {
            args.insert(name, arg);
        }
        self
    }

    /// Somebody's own text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }
}

impl From<&'static str> for Words {
    fn from(id: &'static str) -> Self {
        Self::of(id)
    }
}

/// Something that is wrong with what was sent.
#[derive(Debug, Clone, Serialize)]
pub struct Wrong {
    /// The field, as the admin API spells it; none: all of it.
    pub field: Option<String>,
    /// What is wrong.
    pub words: Words,
}
