//! Organisations as operators add, change and remove them, and who belongs to one.

use crate::audit::act::{Subject, SubjectKind};
use crate::audit::log::AuditLog;
use crate::audit::values::Values;
use crate::changes::{ChangeKind, note};
use crate::edit::Edited;
use crate::statements::Statement;
use crate::store::{read, write};
use crate::tx::{End::Keep, End::Undo, Tx};
use crate::users::{find_organisation, put_organisation};
use crate::value::values;
use crate::{Fault, Store};
use claviger_core::User;
use claviger_core::user::Organisation;

/// What became of a removal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Removed {
    /// It is gone.
    Done,
    /// There was none.
    NotThere,
    /// Somebody belongs to it: the name of the first. Nothing was removed.
    HasMembers(String),
}

impl Store {
    /// Writes an organisation that is new; [`Edited::Changed`] where there is one of the id.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn add_organisation(&self, realm: &str, new: &Organisation, now: i64) -> Result<Edited, Fault> {
        let (realm, new, audit) = (realm.to_owned(), new.clone(), self.audit.clone());
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            if find_organisation(tx, &realm, &new.id).await?.is_some() {
                return Ok(Undo(Edited::Changed));
            }
            put_organisation(tx, &realm, &new, now).await?;
            log.write(tx, &realm, &subject(&new.id), Values::of(None, Some(&new))?, now).await?;
            Ok(Keep(Edited::Done))
        })
    }

    /// Writes an organisation in the place of what was read as `before`.
    ///
    /// # Errors
    /// The store cannot write; nothing was written.
    pub async fn edit_organisation(
        &self,
        realm: &str,
        (before, after): (&Organisation, &Organisation),
        now: i64,
    ) -> Result<Edited, Fault> {
        let (realm, before, after, audit) = (realm.to_owned(), before.clone(), after.clone(), self.audit.clone());
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            if find_organisation(tx, &realm, &after.id).await?.as_ref() != Some(&before) {
                return Ok(Undo(Edited::Changed));
            }
            if !put_organisation(tx, &realm, &after, now).await? {
                return Ok(Undo(Edited::Same));
            }
            log.write(tx, &realm, &subject(&after.id), Values::of(Some(&before), Some(&after))?, now).await?;
            Ok(Keep(Edited::Done))
        })
    }

    /// Removes an organisation that nobody belongs to.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn remove_organisation(&self, realm: &str, id: &str, now: i64) -> Result<Removed, Fault> {
        let (realm, id, audit) = (realm.to_owned(), id.to_owned(), self.audit.clone());
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            let Some(was) = find_organisation(tx, &realm, &id).await? else { return Ok(Undo(Removed::NotThere)) };
            let (mut after, pattern) = (String::new(), pattern(&id)?);
            loop {
                let page = page(tx, &realm, &pattern, &after, PAGE).await?;
                if let Some(member) = page.iter().find(|user| belongs(user, &id)) {
                    return Ok(Undo(Removed::HasMembers(member.username.clone())));
                }
                match page.last() {
                    Some(last) => after.clone_from(&last.id),
                    None => break,
                }
            }
            tx.execute(Statement::DeleteOrganisation, values![&realm, &id]).await?;
            tx.execute(Statement::DropAppRules, values![&realm, &id]).await?;
            note(tx, ChangeKind::Realm, &realm, &realm, now).await?;
            log.write(tx, &realm, &subject(&id), Values::of(Some(&was), None)?, now).await?;
            Ok(Keep(Removed::Done))
        })
    }

    /// Members of an organisation among the next users behind `after`, and where to go on; none at the end.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn members(
        &self,
        realm: &str,
        id: &str,
        after: &str,
        limit: i64,
    ) -> Result<(Vec<User>, Option<String>), Fault> {
        let pattern = pattern(id)?;
        read!(self, |tx| {
            let mut page = page(tx, realm, &pattern, after, limit).await?;
            let last = page.last().map(|user| user.id.clone());
            page.retain(|user| belongs(user, id));
            Ok((page, last))
        })
    }
}

/// Looked at in one statement.
const PAGE: i64 = 500;

fn subject(id: &str) -> Subject {
    Subject::new(SubjectKind::Organisation, id)
}

/// Users whose documents have the id somewhere; the document is looked into afterwards.
async fn page(tx: &mut impl Tx, realm: &str, pattern: &str, after: &str, limit: i64) -> Result<Vec<User>, Fault> {
    tx.query(Statement::PerhapsMembers, values![realm, after, limit, pattern], |row| {
        Ok(User { disabled: row.flag(1)?, ..serde_json::from_str(row.text(0)?)? })
    })
    .await
}

fn belongs(user: &User, id: &str) -> bool {
    user.organisations.iter().any(|known| known == id)
}

/// What LIKE finds the id by, as JSON spells it.
pub(crate) fn pattern(id: &str) -> Result<String, Fault> {
    let spelled = serde_json::to_string(id)?;
    Ok(format!("%{}%", spelled.replace('\\', "_").replace(['%', '_'], "_")))
}
