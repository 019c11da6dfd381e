//! How long lines are kept, and how far they were passed on.
//!
//! Old lines leave together: a cut remembers the number and the digest of the last of them, so that the chain goes on from there,
//! and a line of its own says the same, so that nobody cuts in silence.

use super::act::{Subject, SubjectKind};
use super::chain::{Cut, cut};
use super::log::AuditLog;
use super::values::Values;
use crate::statements::Statement;
use crate::store::{read, write};
use crate::tx::{End::Keep, End::Undo, Tx};
use crate::value::values;
use crate::{Fault, Store, changes};

/// How many lines leave in one transaction at most.
const AT_ONCE: i64 = 2000;

/// How far the lines were passed on.
const STREAM: &str = "audit-stream";

impl Store {
    /// Removes lines of before a time, the oldest first, and of them those up to number `through`; how many left. The chain stays
    /// whole, and a line says what was cut.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn cut_audit(&self, before: i64, through: i64, now: i64) -> Result<i64, Fault> {
        let audit = self.audit.clone();
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            let begins = cut(tx).await?;
            let through = through.min(begins.number + AT_ONCE);
            let last = tx
                .optional(Statement::CutAuditAt, values![through, before], |row| {
                    Ok(Cut { number: row.int(0)?, digest: row.array(1)? })
                })
                .await?;
            let Some(last) = last else { return Ok(Undo(0)) };
            let subject = Subject::new(SubjectKind::Database, "audit");
            // Before they leave: the new line goes on from the last one there is.
            log.write(tx, "", &subject, Values::added(last.shown()), now).await?;
            tx.execute(Statement::PutAuditCut, values![last.number, &last.digest, now]).await?;
            tx.execute(Statement::DropAuditCuts, values![last.number]).await?;
            tx.execute(Statement::CutAudit, values![last.number]).await?;
            tx.execute(Statement::CutAuditParts, values![last.number]).await?;
            Ok(Keep(last.number - begins.number))
        })
    }

    /// Whether a line is older than this.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn has_audit_before(&self, at: i64) -> Result<bool, Fault> {
        read!(self, |tx| {
            Ok(tx.optional(Statement::CutAuditAt, values![i64::MAX, at], |row| row.int(0)).await?.is_some())
        })
    }

    /// The last line that was passed on to the stream of the log.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn audit_streamed(&self) -> Result<i64, Fault> {
        read!(self, |tx| { changes::last(tx, STREAM).await })
    }

    /// The lines up to this one were passed on.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn note_audit_streamed(&self, through: i64) -> Result<(), Fault> {
        write!(self, Single, |tx| {
            Ok(Keep(tx.execute(Statement::RaiseNumber, values![STREAM, through]).await.map(drop)?))
        })
    }
}
