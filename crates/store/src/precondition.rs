//! Optimistic locking: what a caller read, or remembers, of a user and their consent must still be current when something
//! that rests on it is written.
//!
//! The rows of users and consents carry a version, which each change raises. A caller that knows both rows from a moment
//! ago need not read them again: it names their versions, and the statement that writes does so only where they are still
//! the same. Reading and writing are then one round trip.

use crate::value::{Row, Value, values};
use crate::{Fault, Hash};

/// The versions of a user and of what they let a client do, as they were read. The default asks for nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Precondition {
    /// Of the user, who must not be disabled either.
    user: Option<i64>,
    /// Of their consent to the client.
    consent: Option<i64>,
}

impl Precondition {
    /// From a row: the columns of the user's version and of the consent's, which are null where a join found none.
    pub(crate) fn read(row: &Row<'_>, user: usize, consent: usize) -> Result<Self, Fault> {
        Ok(Self { user: row.int_or_null(user)?, consent: row.int_or_null(consent)? })
    }

    /// From a row: the column of the user's version; no consent is asked about.
    pub(crate) fn of_user(row: &Row<'_>, user: usize) -> Result<Self, Fault> {
        Ok(Self { user: row.int_or_null(user)?, consent: None })
    }

    /// The parameters of the statements that check it: the user's version, the consent's.
    pub(crate) fn values(&self) -> [Value<'static>; 2] {
        *values![self.user, self.consent]
    }
}

/// A session that is not over, of a user who is as they were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionPrecondition {
    pub(crate) session: Hash,
    pub(crate) versions: Precondition,
}
