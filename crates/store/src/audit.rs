//! Who did what: one line for each act of an operator, written in the act's own transaction.
//!
//! Lines are numbered without gaps, and each carries a digest over the one before and itself ([`chain`]), so a line that was
//! changed or removed shows. What names or describes a person stands beside the lines, in parts that can be erased: a line
//! holds a salted digest of each part only, so that the chain stays whole without it.
//!
//! An act is done through the handle that [`Store::audited`] gives. Everything written through that handle leaves a line
//! ([`log`]); what fails, or changes nothing, leaves none.

pub(crate) mod act;
pub(crate) mod chain;
pub(crate) mod keeping;
pub(crate) mod log;
pub(crate) mod values;

use crate::statements::Statement;
use crate::store::{read, write};
use crate::tx::{End::Keep, End::Undo, Tx};
use crate::value::{Row, values};
use crate::{Fault, Hash, Store};
use act::{Act, Actor, Audit, Subject};
use chain::Line;
use log::AuditLog;
use std::sync::Arc;
use values::Values;

/// One line, as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditLine {
    /// Its number, from 1 without gaps.
    pub number: i64,
    /// When, in milliseconds.
    pub at: i64,
    /// The realm; empty where it was done to the whole database.
    pub realm: String,
    /// Who; none once that is erased.
    pub actor: Option<String>,
    /// By what way; see [`Way`](crate::Way).
    pub way: String,
    /// What; see [`Act`]. A newer program may know more.
    pub act: String,
    /// The kind of the subject; see [`SubjectKind`](crate::SubjectKind).
    pub subject_kind: String,
    /// Its id.
    pub subject: String,
    /// What changed, as it was before: JSON, without secrets and personal values.
    pub before: Option<String>,
    /// The same, as it is since.
    pub after: Option<String>,
    /// Personal values: JSON with `name`, `before`, `after`; none once they are erased.
    pub personal: Option<String>,
    /// Of the request or command.
    pub reference: String,
    /// Of this line and all before it.
    pub digest: Hash,
}

/// Which lines are listed; what is absent lets every line through.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// Of this realm.
    pub realm: Option<String>,
    /// Of this act.
    pub act: Option<Act>,
    /// By this actor.
    pub actor: Option<String>,
    /// About this subject.
    pub subject: Option<Subject>,
    /// From this time on, in milliseconds.
    pub since: Option<i64>,
    /// Before this time, in milliseconds.
    pub until: Option<i64>,
}

/// Where the chain breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuditBreak {
    /// The line of this number is not there.
    Missing(i64),
    /// The line of this number, or the digest of the one before, is not what was written.
    Changed(i64),
    /// A personal part of the line of this number was replaced.
    Personal(i64),
    /// The line of this number is not one that was given out.
    Added(i64),
    /// The lines up to this number left without an act that says so.
    Cut(i64),
}

/// What a walk along the chain found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditVerified {
    /// The number of the last line that is as it was written, with all before it.
    pub lines: i64,
    /// How many of them have left the log, because they were kept for long enough.
    pub cut: i64,
    /// How many personal parts are erased.
    pub erased: i64,
    /// The digest of the last of these lines.
    pub digest: Hash,
    /// Where the first break is.
    pub broken: Option<AuditBreak>,
}

impl Store {
    /// A handle on the same database: what is done through it is written down as this act of this actor, in the same
    /// transaction. Made for one act, and dropped after it.
    #[must_use]
    pub fn audited(&self, actor: &Actor, act: Act) -> Self {
        let expected = self.expected.as_ref().and_then(|pending| pending.take());
        Self { audit: Some(Arc::new(Audit { actor: actor.clone(), act, expected })), expected: None, ..self.clone() }
    }

    /// Writes a line for an act on the database as a whole, which is no single transaction.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn write_down(
        &self,
        subject: Subject,
        before: Option<serde_json::Value>,
        after: Option<serde_json::Value>,
        now: i64,
    ) -> Result<(), Fault> {
        let audit = self.audit.clone();
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            let values = Values::between(before.clone(), after.clone());
            log.write(tx, "", &subject, values, now).await?;
            Ok(Keep(()))
        })
    }

    /// The lines below number `below` that pass the filter, from the newest to the oldest, at most `limit`.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn audit_lines(&self, filter: &AuditFilter, below: i64, limit: i64) -> Result<Vec<AuditLine>, Fault> {
        self.read_lines(Statement::AuditLines, filter, below, limit).await
    }

    /// The lines behind number `after` that pass the filter, from the oldest to the newest, at most `limit`.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn audit_onward(&self, filter: &AuditFilter, after: i64, limit: i64) -> Result<Vec<AuditLine>, Fault> {
        self.read_lines(Statement::AuditOnward, filter, after, limit).await
    }

    async fn read_lines(
        &self,
        statement: Statement,
        filter: &AuditFilter,
        from: i64,
        limit: i64,
    ) -> Result<Vec<AuditLine>, Fault> {
        let subject = filter.subject.as_ref();
        read!(self, |tx| {
            let params = values![
                from,
                limit,
                filter.realm.as_deref(),
                filter.act.map(Act::name),
                filter.actor.as_deref(),
                subject.map(|subject| subject.kind.name()),
                subject.map(|subject| subject.id.as_str()),
                filter.since.unwrap_or(i64::MIN),
                filter.until.unwrap_or(i64::MAX),
            ];
            tx.query(statement, params, read_line).await
        })
    }

    /// Erases the personal values of every line about a subject; how many lines had some. Who acted stays. The lines stay
    /// as well, and the chain is whole without what was erased.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn erase_personal(&self, realm: &str, subject: &Subject, now: i64) -> Result<u64, Fault> {
        let (realm, subject, audit) = (realm.to_owned(), subject.clone(), self.audit.clone());
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            let params = values![&realm, subject.kind.name(), &subject.id];
            let erased = tx.execute(Statement::EraseAudit, params).await?;
            if erased == 0 {
                return Ok(Undo(0));
            }
            let changed = Values::added(serde_json::json!({ "lines": erased }));
            log.write(tx, &realm, &subject, changed, now).await?;
            Ok(Keep(erased))
        })
    }
}

fn read_line(row: &Row<'_>) -> Result<AuditLine, Fault> {
    let line = chain::read_line(row)?;
    let Line { number, at, realm, way, act, subject_kind, subject, reference, before, after, .. } = line;
    Ok(AuditLine {
        number,
        at,
        realm,
        way,
        act,
        subject_kind,
        subject,
        reference,
        before,
        after,
        digest: row.array(10)?,
        actor: row.string_or_null(11)?,
        personal: row.string_or_null(12)?,
    })
}

#[cfg(test)]
mod tests;
