//! One look at the database, some ten times a second: what time it is there, and whether anything has changed.

use crate::changes::last;
use crate::statements::Statement;
use crate::store::{Engine, read, write};
use crate::tx::{End::Keep, Tx};
use crate::value::values;
use crate::{Fault, Store};

/// The sequence that holds the latest time any server was told.
const CLOCK: &str = "clock";

/// One look at the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heartbeat {
    /// Its time, in milliseconds since the epoch.
    pub time: i64,
    /// The number of the last change.
    pub change: i64,
    /// When the change was made that the caller knows as the last one; `None` if there is none of that number (any more).
    /// Where it differs from what it was, the database is another one than the caller followed.
    pub known_at: Option<i64>,
}

impl Store {
    /// Time and last change, in one round trip. `known`: the number of the last change that the caller knows.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn heartbeat(&self, known: i64) -> Result<Heartbeat, Fault> {
        let heartbeat = read!(self, |tx| {
            tx.optional(Statement::Heartbeat, values![known], |row| {
                Ok(Heartbeat { time: row.int(0)?, change: row.int(1)?, known_at: row.int_or_null(2)? })
            })
            .await
        })?;
        heartbeat.ok_or_else(|| Fault::other("the sequence of changes is missing"))
    }

    /// Whether the database may be shared by servers on several machines, so that its clock is the one that counts.
    pub fn keeps_time(&self) -> bool {
        !matches!(&*self.engine, Engine::Sqlite(_))
    }

    /// The latest time that any server was told, as far as it was written down; 0 at first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn latest_time(&self) -> Result<i64, Fault> {
        read!(self, |tx| { last(tx, CLOCK).await })
    }

    /// Writes down that it was `now`; whether that was later than what was known.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn tell_time(&self, now: i64) -> Result<bool, Fault> {
        write!(self, Single, |tx| { Ok(Keep(tx.execute(Statement::RaiseNumber, values![CLOCK, now]).await? > 0)) })
    }
}
