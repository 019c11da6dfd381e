//! Apps and users as operators change them: what is written rests on what was read.

use crate::audit::act::{Subject, SubjectKind};
use crate::audit::log::AuditLog;
use crate::audit::values::Values;
use crate::statements::Statement;
use crate::store::write;
use crate::tx::{End::Keep, End::Undo, Tx};
use crate::users::ByPassword;
use crate::value::values;
use crate::{Fault, Masked, Store, StoredUser, clients, managed, users};
use claviger_core::{Client, User};

/// What became of an edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edited {
    /// It is as was asked.
    Done,
    /// It was so before; nothing was written.
    Same,
    /// Somebody else changed it meanwhile; nothing was written.
    Changed,
    /// Another user has the name; nothing was written.
    NameTaken,
}

/// What goes with a user, beside what ends as with one who is disabled.
const OF_A_USER: [Statement; 16] = [
    Statement::ForgetBackchannelOfUser,
    Statement::ForgetBackchannelBlocks,
    Statement::LeaveTeams,
    Statement::ForgetTerms,
    Statement::ForgetSpeaker,
    Statement::DeleteAskedByUser,
    Statement::ForgetActivityOfUser,
    Statement::ForgetEvidenceOfUser,
    Statement::DeleteConsentsOfUser,
    Statement::DeleteAppConsentsOfUser,
    Statement::DeleteProviderAccountsOfUser,
    Statement::RemoveFactorsOfUser,
    Statement::ForgetBrowsersOfUser,
    Statement::ForgetEmailLinks,
    Statement::ForgetPasswordLinks,
    Statement::DropRolesOfUser,
];

impl Store {
    /// Writes an app in the place of what was read as `before`. The status stays.
    ///
    /// # Errors
    /// The store cannot write; nothing was written.
    pub async fn edit_client(&self, realm: &str, before: &Client, after: &Client, now: i64) -> Result<Edited, Fault> {
        let (realm, before, after, audit) = (realm.to_owned(), before.clone(), after.clone(), self.audit.clone());
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            let found = clients::find(tx, &realm, &after.id).await?;
            if found.as_ref() != Some(&before) {
                return Ok(Undo(Edited::Changed));
            }
            if before == after || !clients::put(tx, &realm, &after, now).await? {
                return Ok(Undo(Edited::Same));
            }
            let values = Values::of_app(Some(&before), Some(&after))?;
            log.write(tx, &realm, &Subject::new(SubjectKind::App, &after.id), values, now).await?;
            Ok(Keep(Edited::Done))
        })
    }

    /// Writes a user who is new.
    ///
    /// # Errors
    /// [`Fault::SameId`] where a client of the realm has the id; the store cannot write.
    pub async fn register_user(
        &self,
        realm: &str,
        user: &User,
        password_hash: Option<Masked<String>>,
        now: i64,
    ) -> Result<Edited, Fault> {
        let (realm, user, audit) = (realm.to_owned(), user.clone(), self.audit.clone());
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            if users::find(tx, &realm, &user.id).await?.is_some() {
                return Ok(Undo(Edited::Changed));
            }
            if users::key_of(tx, &realm, &user).await?.is_none() {
                return Ok(Undo(Edited::NameTaken));
            }
            users::put(tx, &realm, &user, password_hash.as_ref(), now).await?;
            let is = StoredUser { user: user.clone(), password_hash: password_hash.clone() };
            let subject = Subject::new(SubjectKind::User, &user.id);
            log.write(tx, &realm, &subject, users::difference(None, &is)?, now).await?;
            Ok(Keep(Edited::Done))
        })
    }

    /// Writes a user in the place of who was read as `before`, with another password where one is given; that ends what
    /// the old one gave. Whether they are disabled stays: [`Store::disable_user`]. `tokens_until` is when the last access token that may be out there expires.
    ///
    /// # Errors
    /// The store cannot write; nothing was written.
    pub async fn edit_user(
        &self,
        realm: &str,
        (before, after): (&User, &User),
        password_hash: Option<Masked<String>>,
        now: i64,
        tokens_until: i64,
    ) -> Result<Edited, Fault> {
        let (realm, before, audit) = (realm.to_owned(), before.clone(), self.audit.clone());
        let after = User { disabled: before.disabled, ..after.clone() };
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            let found = users::find(tx, &realm, &after.id).await?.filter(|found| found.user == before);
            let Some(found) = found else { return Ok(Undo(Edited::Changed)) };
            if users::key_of(tx, &realm, &after).await?.is_none() {
                return Ok(Undo(Edited::NameTaken));
            }
            if !users::put(tx, &realm, &after, password_hash.as_ref(), now).await? {
                return Ok(Undo(Edited::Same));
            }
            if password_hash.is_some() {
                ByPassword::default().end(tx, &realm, &after.id, now, tokens_until).await?;
            }
            let hash = password_hash.clone().or_else(|| found.password_hash.clone());
            let is = StoredUser { user: after.clone(), password_hash: hash };
            let subject = Subject::new(SubjectKind::User, &after.id);
            log.write(tx, &realm, &subject, users::difference(Some(&found), &is)?, now).await?;
            Ok(Keep(Edited::Done))
        })
    }

    /// Removes a user: their sessions, grants, seats and tokens end, and what they let apps do is forgotten. Whether there was such
    /// a user. `tokens_until` is when the last access token that may be out there expires.
    ///
    /// # Errors
    /// The store cannot write; nothing was written.
    pub async fn delete_user(&self, realm: &str, id: &str, now: i64, tokens_until: i64) -> Result<bool, Fault> {
        let (realm, id, audit) = (realm.to_owned(), id.to_owned(), self.audit.clone());
        write!(self, Several, long_patience, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            let Some(was) = users::find(tx, &realm, &id).await? else { return Ok(Undo(false)) };
            users::end_disabled(tx, &realm, &id, now, tokens_until).await?;
            for gone in OF_A_USER {
                tx.execute(gone, values![&realm, &id]).await?;
            }
            managed::put(tx, &realm, (SubjectKind::User.name(), &id), None).await?;
            tx.execute(Statement::DeleteUser, values![&realm, &id]).await?;
            let values = Values::of_gone_user(serde_json::to_value(&was.user)?, &was.user.username);
            log.write(tx, &realm, &Subject::new(SubjectKind::User, &id), values, now).await?;
            Ok(Keep(true))
        })
    }
}
