//! What is under way in a database that must not be served yet, or not at all: a note in the database itself.
//!
//! The note is written before the first row and removed in the transaction that completes the work. Whoever opens the
//! database meanwhile is told what to do ([`crate::Fault::Unfinished`]).

use super::side::Side;
use crate::Fault;
use crate::statements::Statement;
use crate::store::read;
use crate::tx::Tx;
use crate::value::values;
use crate::{Store, restore::Ended};
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

impl Unfinished {
    pub(crate) fn new(work: Work, source: String, at: i64) -> Self {
        Self { work, source, at, replaced: None, ending: false, ended: Ended::default() }
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
