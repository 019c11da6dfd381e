//! Until when apps may use legacy behaviours: set by operators, told to the apps' owners, and enforced where that was said.
//!
//! What ended is written at the client (`legacy_ended`), in the transaction in which it ends: the servers load it with the client, so
//! that a request costs no further look into the database.

use crate::app_events::{self, EventKind, Speaker};
use crate::audit::act::{Act, Subject, SubjectKind};
use crate::audit::log::AuditLog;
use crate::audit::values::Values;
use crate::changes::{ChangeKind, note};
use crate::clients::read_client;
use crate::events::{Event, raise};
use crate::mail::{Mail, queue};
use crate::statements::Statement;
use crate::store::{read, write};
use crate::tx::{End::Keep, End::Undo, Tx};
use crate::value::{Row, values};
use crate::{Fault, Store};
use claviger_core::Client;
use serde_json::{Value, json};

/// Until when an app may use a legacy behaviour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegacyDeadline {
    /// The realm.
    pub realm: String,
    /// The app.
    pub client: String,
    /// The behaviour, as its owner spells it.
    pub legacy: String,
    /// When it ends, in milliseconds.
    pub ends_at: i64,
    /// What the operator says of it; may be empty.
    pub note: String,
    /// Whether it is refused from then on.
    pub enforce: bool,
    /// When it was set.
    pub set_at: i64,
    /// When its owner is told next, or when it ends; none once all was done.
    pub next_at: Option<i64>,
    /// When the date came.
    pub ended_at: Option<i64>,
}

impl LegacyDeadline {
    /// What a line of the log says of it.
    fn shown(&self) -> Value {
        json!({ "legacy": self.legacy, "ends_at": self.ends_at, "note": self.note, "enforce": self.enforce })
    }

    /// What webhooks are told.
    fn event(&self, is_over: bool) -> Event {
        let data = json!({
            "legacy": self.legacy, "ends_at": self.ends_at, "note": self.note, "enforced": self.enforce, "over": is_over,
        });
        Event::of_app("legacy.deadline", &self.client, data)
    }

    fn subject(&self) -> Subject {
        Subject::new(SubjectKind::App, &self.client)
    }

    fn of(&self) -> (&str, &str) {
        (&self.realm, &self.client)
    }
}

impl Store {
    /// Sets deadlines, each with the mail that tells the app's owner, all in one transaction; how many. An app that is gone gets none.
    /// `words`: what the timeline of each app says.
    ///
    /// # Errors
    /// The store cannot write; nothing was written.
    pub async fn set_deadlines(
        &self,
        deadlines: Vec<(LegacyDeadline, Option<Mail>)>,
        words: &str,
        now: i64,
    ) -> Result<usize, Fault> {
        let (words, audit) = (words.to_owned(), self.audit.clone());
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            let mut count = 0;
            for (one, mail) in &deadlines {
                let (realm, client) = one.of();
                if tx.execute(Statement::LockClient, values![realm, client, now]).await? == 0 {
                    continue;
                }
                let before = find(tx, one.of(), &one.legacy).await?;
                let enforce = i64::from(one.enforce);
                let params =
                    values![realm, client, &one.legacy, one.ends_at, &one.note, enforce, one.set_at, one.next_at];
                tx.execute(Statement::PutDeadline, params).await?;
                write_ended(tx, one.of(), now).await?;
                app_events::decided(tx, one.of(), EventKind::Deadline, (audit.as_deref(), &words), now).await?;
                if let Some(mail) = mail {
                    queue(tx, mail, now).await?;
                }
                raise(tx, realm, &one.event(false), now).await?;
                let values = Values::of(before.as_ref().map(LegacyDeadline::shown).as_ref(), Some(&one.shown()))?;
                log.write(tx, realm, &one.subject(), values, now).await?;
                count += 1;
            }
            Ok(Keep(count))
        })
    }

    /// Takes deadlines of one behaviour back, of these clients: what ended with them is allowed again. How many there were.
    ///
    /// # Errors
    /// The store cannot write; nothing was written.
    pub async fn remove_deadlines(
        &self,
        realm: &str,
        clients: Vec<String>,
        legacy: &str,
        now: i64,
    ) -> Result<usize, Fault> {
        let [realm, legacy] = [realm, legacy].map(str::to_owned);
        let audit = self.audit.clone();
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            let mut count = 0;
            for client in &clients {
                tx.execute(Statement::LockClient, values![&realm, client, now]).await?;
                let Some(was) = find(tx, (&realm, client), &legacy).await? else { continue };
                tx.execute(Statement::DeleteDeadline, values![&realm, client, &legacy]).await?;
                write_ended(tx, was.of(), now).await?;
                app_events::decided(tx, was.of(), EventKind::DeadlineRemoved, (audit.as_deref(), &legacy), now).await?;
                log.write(tx, &realm, &was.subject(), Values::between(Some(was.shown()), None), now).await?;
                count += 1;
            }
            Ok(if count > 0 { Keep(count) } else { Undo(0) })
        })
    }

    /// The deadlines of an app, the first to end first.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn deadlines_of(&self, realm: &str, client: &str) -> Result<Vec<LegacyDeadline>, Fault> {
        read!(self, |tx| { tx.query(Statement::DeadlinesOf, values![realm, client], read_deadline).await })
    }

    /// The deadlines of a realm behind an app and a behaviour, at most `limit`.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn list_deadlines(
        &self,
        realm: &str,
        (client, legacy): (&str, &str),
        limit: i64,
    ) -> Result<Vec<LegacyDeadline>, Fault> {
        read!(self, |tx| {
            tx.query(Statement::ListDeadlines, values![realm, client, legacy, limit], read_deadline).await
        })
    }

    /// The deadlines of a realm, the first to end first, at most `limit`.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn deadlines_by_end(&self, realm: &str, limit: i64) -> Result<Vec<LegacyDeadline>, Fault> {
        read!(self, |tx| { tx.query(Statement::DeadlinesByEnd, values![realm, limit], read_deadline).await })
    }

    /// Apps of a realm that were given a legacy behaviour, behind an id, at most `limit`; perhaps some that were not.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn clients_with_legacy(
        &self,
        realm: &str,
        legacy: &str,
        after: &str,
        limit: i64,
    ) -> Result<Vec<Client>, Fault> {
        let like = format!("%\"legacy\":[%\"{legacy}\"%");
        read!(self, |tx| {
            tx.query(Statement::ClientsWithLegacy, values![realm, after, &like, limit], read_client).await
        })
    }

    /// Deadlines of which something is due, in any realm, at most `limit`.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn due_deadlines(&self, now: i64, limit: i64) -> Result<Vec<LegacyDeadline>, Fault> {
        read!(self, |tx| { tx.query(Statement::DueDeadlines, values![now, limit], read_deadline).await })
    }

    /// Does what is due of a deadline as it was read: its owner is told, and where its date came it ends. `next_at`: what comes after
    /// that. Without `told` the app does not have the behaviour any more, and nobody is told. False where somebody else did it, or
    /// changed it.
    ///
    /// # Errors
    /// The store cannot write; nothing was written.
    pub async fn tell_of_deadline(
        &self,
        due: &LegacyDeadline,
        next_at: Option<i64>,
        (told, mail): (bool, Option<Mail>),
        now: i64,
    ) -> Result<bool, Fault> {
        let (due, audit) = (due.clone(), self.audit.clone());
        let is_over = due.ends_at <= now;
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            let (realm, client) = due.of();
            tx.execute(Statement::LockClient, values![realm, client, now]).await?;
            let ended = is_over.then_some(now);
            let params = values![realm, client, &due.legacy, due.next_at, next_at, ended];
            if tx.execute(Statement::TellOfDeadline, params).await? == 0 {
                return Ok(Undo(false));
            }
            if is_over {
                write_ended(tx, due.of(), now).await?;
            }
            if told {
                raise(tx, realm, &due.event(is_over), now).await?;
                if let Some(mail) = &mail {
                    queue(tx, mail, now).await?;
                }
                if is_over {
                    let by = Speaker { kind: app_events::SpeakerKind::Operator, name: String::new(), user: None };
                    app_events::put(tx, due.of(), EventKind::LegacyEnded, &by, &due.legacy, now).await?;
                }
            }
            if is_over && due.enforce {
                let values = Values::added(json!({ "legacy": due.legacy, "ended_at": now }));
                log.of(Act::LegacyEnd).write(tx, realm, &due.subject(), values, now).await?;
            }
            Ok(Keep(true))
        })
    }
}

/// Writes at the client which behaviours ended for it; its row is held by the caller.
async fn write_ended(tx: &mut impl Tx, (realm, client): (&str, &str), now: i64) -> Result<(), Fault> {
    let ended = tx.query(Statement::EndedLegacy, values![realm, client], |row| row.string(0)).await?;
    let ended = if ended.is_empty() { None } else { Some(serde_json::to_string(&ended)?) };
    if tx.execute(Statement::SetLegacyEnded, values![realm, client, ended.as_deref(), now]).await? > 0 {
        note(tx, ChangeKind::Client, realm, client, now).await?;
    }
    Ok(())
}

async fn find(tx: &mut impl Tx, (realm, client): (&str, &str), legacy: &str) -> Result<Option<LegacyDeadline>, Fault> {
    tx.optional(Statement::Deadline, values![realm, client, legacy], read_deadline).await
}

fn read_deadline(row: &Row<'_>) -> Result<LegacyDeadline, Fault> {
    Ok(LegacyDeadline {
        realm: row.string(0)?,
        client: row.string(1)?,
        legacy: row.string(2)?,
        ends_at: row.int(3)?,
        note: row.string(4)?,
        enforce: row.int(5)? != 0,
        set_at: row.int(6)?,
        next_at: row.int_or_null(7)?,
        ended_at: row.int_or_null(8)?,
    })
}
