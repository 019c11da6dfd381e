//! Failed guesses, as the servers on one database tell one another.
//!
//! There is one row per subject. It holds the failures of all servers: each adds its own, and takes over the sum. A success
//! begins again at none. A row leaves when its failures are forgotten.

use crate::statements::Statement;
use crate::store::{read, write};
use crate::tx::{End::Keep, Tx};
use crate::value::{Row, values};
use crate::{Fault, Store};

/// Failures of one subject that one server has seen since it last told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFailures {
    /// Whose; what the bytes mean is the servers' affair.
    pub subject: Vec<u8>,
    /// Everything before these was forgiven: there was a success.
    pub forgiven: bool,
    /// How many there were (since the success).
    pub failures: u32,
    /// When the last one was.
    pub last_failure: i64,
    /// When they are forgotten.
    pub expires_at: i64,
}

/// What all servers together know about a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failures {
    /// Whose.
    pub subject: Vec<u8>,
    /// How many in a row; 0: forgiven.
    pub failures: u32,
    /// When the last one was.
    pub last_failure: i64,
}

impl Store {
    /// Adds what one server saw, all or nothing; the sums, in order of the subjects.
    ///
    /// # Errors
    /// The store cannot write. Whether it was written is unknown where the answer was lost; told again, it counts twice.
    pub async fn tell_failures(&self, mut news: Vec<NewFailures>, now: i64) -> Result<Vec<Failures>, Fault> {
        // Two servers that write the same subjects meet them in the same order, and so never wait for each other.
        news.sort_by(|a, b| a.subject.cmp(&b.subject));
        write!(self, Several, |tx| {
            let mut sums = Vec::with_capacity(news.len());
            for new in &news {
                let NewFailures { subject, failures, last_failure, expires_at, .. } = new;
                // What ended before this counts no more.
                let over = if new.forgiven { i64::MAX } else { now };
                let params = values![subject, *failures, *last_failure, *expires_at, over];
                sums.extend(tx.optional(Statement::TellFailures, params, failures_of).await?);
            }
            Ok(Keep(sums))
        })
    }

    /// What was told since `since`, and the database's time to ask from next; both are by the database's clock. Whoever
    /// tells takes a moment to commit: ask for some seconds more than is new.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn failures_since(&self, since: i64) -> Result<(Vec<Failures>, i64), Fault> {
        let rows = read!(self, |tx| {
            tx.query(Statement::FailuresSince, values![since], |row| {
                let told = row.bytes_or_null(0)?.is_some();
                Ok((if told { Some(failures_of(row)?) } else { None }, row.int(3)?))
            })
            .await
        })?;
        let time = rows.first().map_or(since, |(_, time)| *time);
        Ok((rows.into_iter().filter_map(|(failures, _)| failures).collect(), time))
    }

    /// Those that count at `now`, behind subject `after` (empty: from the first), at most `limit`.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn failures_after(&self, after: &[u8], now: i64, limit: i64) -> Result<Vec<Failures>, Fault> {
        read!(self, |tx| { tx.query(Statement::FailuresAfter, values![after, now, limit], failures_of).await })
    }
}

fn failures_of(row: &Row<'_>) -> Result<Failures, Fault> {
    let failures = u32::try_from(row.int(1)?).unwrap_or(u32::MAX);
    Ok(Failures { subject: row.bytes(0)?.to_vec(), failures, last_failure: row.int(2)? })
}
