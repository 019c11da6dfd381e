//! What is under way in a database that must not be served yet, or not at all: a note in the database itself.
//!
//! The note is written before the first row and removed in the transaction that completes the work. Whoever opens the
//! database meanwhile is told what to do ([`crate::Fault::Unfinished`]).

use super::side::Side;
use crate::statements::Statement;
use crate::store::read;
use crate::tx::Tx;
use crate::value::values;
use crate::{Fault, Store};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The name of the note.
pub(crate) const STATE: &str = "state";

/// What is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Work {
    /// `claviger db copy` fills it.
    Copy,
    /// It is a backup. Whoever served it would serve spent codes and refresh tokens again.
    Backup,
    /// `claviger db restore` fills it.
    Restore,
    /// `claviger db restore --in-place` ends what it holds.
    Epoch,
}

/// The note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unfinished {
    /// What is under way.
    pub work: Work,
    /// Where the rows come from, without a password.
    pub source: String,
    /// When it began, or the backup was taken.
    pub at: i64,
    /// When the backup was taken that comes back, where that is known.
    #[serde(default)]
    pub taken_at: Option<i64>,
    /// Where the database is kept aside whose place this one takes.
    #[serde(default)]
    pub replaced: Option<std::path::PathBuf>,
    /// All rows are there; what they bring back is being ended.
    #[serde(default)]
    pub ending: bool,
    /// What was ended until now.
    #[serde(default)]
    pub ended: Ended,
}

/// What came to its end.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ended {
    /// How often the database was brought back until now, this time included. 0: not begun.
    pub epoch: i64,
    /// When the epoch began: every token that was issued until then is refused.
    pub at: i64,
    /// Grants that were not revoked yet.
    pub grants: u64,
    /// Those of them that had not expired.
    pub grants_live: u64,
    /// Opaque access tokens that had neither expired nor been revoked.
    pub access_tokens: u64,
    /// Clients whose signed tokens are refused if they were issued before.
    pub clients: u64,
    /// Authorization codes, spent or not.
    pub codes: u64,
    /// Authorization requests that waited for a person.
    pub requests: u64,
    /// Browser sessions.
    pub sessions: u64,
    /// Seats.
    pub seats: u64,
    /// One-time links, and the secrets behind them.
    pub links: u64,
    /// Mails that had not been sent: whether they were sent after the backup is not known, and most hold a link.
    pub mails: u64,
    /// To whom they would have gone, the first 1,000.
    pub recipients: Vec<String>,
}

impl Unfinished {
    pub(crate) fn new(work: Work, source: String, at: i64) -> Self {
        Self { work, source, at, taken_at: None, replaced: None, ending: false, ended: Ended::default() }
    }

    pub(crate) fn doc(&self) -> Result<String, Fault> {
        Ok(serde_json::to_string(self)?)
    }

    /// Reads the note of a database.
    ///
    /// # Errors
    /// It cannot be read, or not understood.
    pub(crate) async fn of(side: &Side) -> Result<Option<Self>, Fault> {
        Self::parse(side.mark(STATE).await?)
    }

    fn parse(doc: Option<String>) -> Result<Option<Self>, Fault> {
        Ok(doc.map(|doc| serde_json::from_str(&doc)).transpose()?)
    }

    /// As [`Unfinished::of`], within a transaction.
    pub(crate) async fn known(tx: &mut impl Tx) -> Result<Option<Self>, Fault> {
        Self::parse(tx.optional(Statement::Note, values![STATE], |row| row.string(0)).await?)
    }
}

impl fmt::Display for Unfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = &self.source;
        match self.work {
            Work::Copy => write!(f, "the copy of {source} into it is not complete: run `claviger db copy` again"),
            Work::Backup => write!(
                f,
                "it is a backup: `claviger db restore` brings it back (or, where the file itself is to be served, \
                 `claviger db restore --in-place`)"
            ),
            Work::Restore => {
                write!(f, "the restore of {source} into it is not complete: run `claviger db restore` again")
            }
            Work::Epoch => write!(f, "what it brought back is not ended: run `claviger db restore --in-place` again"),
        }
    }
}

impl Store {
    /// What is under way in this database, if it must not be served.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn unfinished(&self) -> Result<Option<Unfinished>, Fault> {
        read!(self, |tx| { Unfinished::known(tx).await })
    }
}
