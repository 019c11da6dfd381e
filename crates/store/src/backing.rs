//! What was read a while ago and must still be so when something that rests on it is written.
//!
//! A caller that knows its user and their consent from a moment ago need not read them again: it says what it believes,
//! word for word, and the statement that writes looks whether it is so. The two are then one round trip.

use crate::value::{Row, Value, values};
use crate::{Fault, Hash};
use std::fmt;

/// A user and what they let a client do, as they were read. The default asks for nothing.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Backing {
    /// The document of the user, who is not disabled.
    user: Option<String>,
    /// Scope and organisations.
    consent: Option<String>,
}

/// Users' data is in it.
impl fmt::Debug for Backing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Backing(***)")
    }
}

impl Backing {
    /// From a row whose column `user` is the user's document, and whose columns from `consent` on are the consent's scope
    /// and organisations.
    pub(crate) fn read(row: &Row<'_>, user: usize, consent: usize) -> Result<Self, Fault> {
        let both = row.text_or_null(consent)?.zip(row.text_or_null(consent + 1)?);
        let consent = both.map(|(scope, organisations)| format!("{scope}|{organisations}"));
        Ok(Self { user: row.string_or_null(user)?, consent })
    }

    /// As the statements that write compare it.
    pub(crate) fn values(&self) -> [Value<'_>; 2] {
        *values![&self.user, &self.consent]
    }
}

/// A session that goes on, of a user who is as they were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub(crate) session: Hash,
    pub(crate) backing: Backing,
}
