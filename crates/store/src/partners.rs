//! What partners agreed to and are told, and what their teams made in a sandbox.

use crate::app_events::named;
use crate::audit::act::{Subject, SubjectKind};
use crate::audit::log::AuditLog;
use crate::audit::values::Values;
use crate::legacy::LegacyUse;
use crate::statements::Statement;
use crate::store::{read, write};
use crate::tx::{End::Keep, End::Undo, Tx};
use crate::value::values;
use crate::{Fault, Store};
use serde_json::json;

/// How many versions of terms are remembered of somebody, and how much a team has in a sandbox, of each kind.
const MOST_VERSIONS: i64 = 100;
const MOST_IN_SANDBOX: i64 = 20;

named! {
    /// Whom an announcement concerns.
    AboutKind {
        /// Every partner.
        All = "all",
        /// Those whose apps may have a scope.
        Scope = "scope",
        /// Those whose apps have a legacy behaviour.
        Legacy = "legacy",
    }
}

named! {
    /// What a team made in a sandbox.
    SandboxKind {
        /// Somebody who can sign in there.
        User = "user",
        /// A company.
        Organisation = "organisation",
    }
}

/// What partners are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    /// Its id in the partners' realm.
    pub id: String,
    /// Whom it concerns.
    pub about_kind: AboutKind,
    /// The scope or the legacy behaviour; empty for all.
    pub about: String,
    /// What it says.
    pub words: String,
    /// From when it is shown, in milliseconds.
    pub from_at: i64,
    /// Until when.
    pub until_at: i64,
    /// When it was written.
    pub created_at: i64,
}

/// Something that a team made in a sandbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InSandbox {
    /// What it is.
    pub kind: SandboxKind,
    /// Its id there.
    pub id: String,
    /// The sandbox.
    pub of_realm: String,
    /// As it was made, so that it can be put back: JSON of the user or organisation.
    pub doc: String,
    /// Since when it is there.
    pub created_at: i64,
}

impl Store {
    /// Remembers that somebody agreed to a version of the terms.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn accept_terms(&self, realm: &str, user: &str, version: &str, now: i64) -> Result<(), Fault> {
        let [realm, user, version] = [realm, user, version].map(str::to_owned);
        write!(self, Single, |tx| {
            tx.execute(Statement::AcceptTerms, values![&realm, &user, &version, now]).await?;
            Ok(Keep(()))
        })
    }

    /// The versions that somebody agreed to, and when.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn terms_accepted(&self, realm: &str, user: &str) -> Result<Vec<(String, i64)>, Fault> {
        read!(self, |tx| {
            let params = values![realm, user, MOST_VERSIONS];
            tx.query(Statement::TermsAccepted, params, |row| Ok((row.string(0)?, row.int(1)?))).await
        })
    }

    /// Writes an announcement that is new.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn add_announcement(&self, realm: &str, new: &Announcement) -> Result<bool, Fault> {
        let (realm, new, audit) = (realm.to_owned(), new.clone(), self.audit.clone());
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            let Announcement { id, about_kind, about, words, from_at, until_at, created_at } = &new;
            let params = values![&realm, id, about_kind.name(), about, words, *from_at, *until_at, *created_at];
            if tx.execute(Statement::AddAnnouncement, params).await? == 0 {
                return Ok(Undo(false));
            }
            let changed = json!({ "about": about_kind.name(), "of": about, "words": words, "until": until_at });
            let subject = Subject::new(SubjectKind::Announcement, id);
            log.write(tx, &realm, &subject, Values::added(changed), *created_at).await?;
            Ok(Keep(true))
        })
    }

    /// The announcements of a realm behind `after`, in the order in which they were written, at most `limit`.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn announcements(&self, realm: &str, after: &str, limit: i64) -> Result<Vec<Announcement>, Fault> {
        read!(self, |tx| {
            tx.query(Statement::Announcements, values![realm, after, limit], |row| {
                Ok(Announcement {
                    id: row.string(0)?,
                    about_kind: AboutKind::of(row.text(1)?).unwrap_or(AboutKind::All),
                    about: row.string(2)?,
                    words: row.string(3)?,
                    from_at: row.int(4)?,
                    until_at: row.int(5)?,
                    created_at: row.int(6)?,
                })
            })
            .await
        })
    }

    /// Removes an announcement; whether there was one.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn delete_announcement(&self, realm: &str, id: &str, now: i64) -> Result<bool, Fault> {
        let (realm, id, audit) = (realm.to_owned(), id.to_owned(), self.audit.clone());
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            if tx.execute(Statement::DeleteAnnouncement, values![&realm, &id]).await? == 0 {
                return Ok(Undo(false));
            }
            let subject = Subject::new(SubjectKind::Announcement, &id);
            log.write(tx, &realm, &subject, Values::between(None, None), now).await?;
            Ok(Keep(true))
        })
    }

    /// Remembers what a team makes in a sandbox, before it is made; false where it has as much as it may have.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn add_in_sandbox(&self, realm: &str, team: &str, made: &InSandbox) -> Result<bool, Fault> {
        let (realm, team, made) = (realm.to_owned(), team.to_owned(), made.clone());
        write!(self, Several, |tx| {
            if tx.execute(Statement::LockTeam, values![&realm, &team]).await? == 0 {
                return Ok(Undo(false));
            }
            let InSandbox { kind, id, of_realm, doc, created_at } = &made;
            let params = values![&realm, &team, kind.name(), id, of_realm, doc, *created_at, MOST_IN_SANDBOX];
            let is_new = tx.execute(Statement::AddTeamSandbox, params).await? > 0;
            Ok(if is_new { Keep(true) } else { Undo(false) })
        })
    }

    /// What a team made in sandboxes.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn in_sandbox(&self, realm: &str, team: &str) -> Result<Vec<InSandbox>, Fault> {
        read!(self, |tx| {
            tx.query(Statement::TeamSandbox, values![realm, team, 2 * MOST_IN_SANDBOX], |row| {
                let kind = SandboxKind::of(row.text(0)?);
                let (id, of_realm, doc) = (row.string(1)?, row.string(2)?, row.string(3)?);
                let created_at = row.int(4)?;
                Ok(kind.map(|kind| InSandbox { kind, id, of_realm, doc, created_at }))
            })
            .await
        })
        .map(|found| found.into_iter().flatten().collect())
    }

    /// Forgets what a team made in a sandbox.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn forget_in_sandbox(&self, realm: &str, team: &str, kind: SandboxKind, id: &str) -> Result<bool, Fault> {
        let [realm, team, id] = [realm, team, id].map(str::to_owned);
        write!(self, Single, |tx| {
            let params = values![&realm, &team, kind.name(), &id];
            Ok(Keep(tx.execute(Statement::DeleteTeamSandbox, params).await? > 0))
        })
    }

    /// How often one client used which legacy behaviour since a day, by behaviour and day.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn legacy_uses_of(&self, realm: &str, client: &str, since_day: i64) -> Result<Vec<LegacyUse>, Fault> {
        read!(self, |tx| {
            tx.query(Statement::LegacyUsesOf, values![realm, client, since_day], |row| {
                let (realm, client, legacy) = (row.string(0)?, row.string(1)?, row.string(2)?);
                Ok(LegacyUse { realm, client, legacy, day: row.int(3)?, count: row.int(4)? })
            })
            .await
        })
    }
}
