//! Realms, found by the authority at which a request arrives; looked up one by one, never loaded all.

use crate::audit::act::{Subject, SubjectKind};
use crate::audit::log::AuditLog;
use crate::audit::values::Values;
use crate::changes::{ChangeKind, note};
use crate::statements::Statement;
use crate::store::{read, write};
use crate::tx::{End::Keep, End::Undo, Tx};
use crate::value::values;
use crate::{Fault, Store};
use claviger_core::Realm;

impl Store {
    /// Writes a realm and the authorities at which it is reached; whether that changed anything.
    ///
    /// # Errors
    /// The store cannot write.
    pub async fn put_realm(&self, realm: &Realm, now: i64) -> Result<bool, Fault> {
        let realm = realm.clone();
        write!(self, Several, |tx| { Ok(Keep(put(tx, &realm, now).await?)) })
    }

    /// Writes a realm as an operator changed it, where it is still as they saw it; whether it was. `was`, `is`: what the log says.
    ///
    /// # Errors
    /// The store cannot write; nothing was written.
    pub async fn edit_realm(
        &self,
        before: &Realm,
        after: &Realm,
        (was, is): (serde_json::Value, serde_json::Value),
        now: i64,
    ) -> Result<bool, Fault> {
        let (before, after, audit) = (before.clone(), after.clone(), self.audit.clone());
        write!(self, Several, |tx| {
            let log = AuditLog::open(tx, audit.as_deref()).await?;
            if find(tx, &before.id).await?.as_ref() != Some(&before) {
                return Ok(Undo(false));
            }
            put(tx, &after, now).await?;
            let subject = Subject::new(SubjectKind::Realm, &after.id);
            log.write(tx, &after.id, &subject, Values::change(was.clone(), is.clone()), now).await?;
            Ok(Keep(true))
        })
    }

    /// A realm by its id.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn realm(&self, id: &str) -> Result<Option<Realm>, Fault> {
        read!(self, |tx| { find(tx, id).await })
    }

    /// The realms that requests for an authority (`host:port`, lower case) may be meant for; the path decides.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn realms_at(&self, authority: &str) -> Result<Vec<Realm>, Fault> {
        read!(self, |tx| {
            tx.query(Statement::RealmsAt, values![authority], |row| Ok(serde_json::from_str(row.text(0)?)?)).await
        })
    }

    /// The ids of the realms behind `after` (empty: from the first), in order, at most `limit`.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn list_realms(&self, after: &str, limit: i64) -> Result<Vec<String>, Fault> {
        read!(self, |tx| { tx.query(Statement::ListRealms, values![after, limit], |row| row.string(0)).await })
    }
}

/// The realm of this id.
pub(crate) async fn find(tx: &mut impl Tx, id: &str) -> Result<Option<Realm>, Fault> {
    tx.optional(Statement::Realm, values![id], |row| Ok(serde_json::from_str(row.text(0)?)?)).await
}

/// As [`Store::put_realm`].
pub(crate) async fn put(tx: &mut impl Tx, realm: &Realm, now: i64) -> Result<bool, Fault> {
    let doc = serde_json::to_string(realm)?;
    if tx.execute(Statement::PutRealm, values![&realm.id, &doc, now]).await? == 0 {
        return Ok(false);
    }
    tx.execute(Statement::DeleteRoutes, values![&realm.id]).await?;
    let hosts = realm.hosts.values().flat_map(|host| &host.authorities);
    for authority in realm.authorities.iter().chain(hosts) {
        tx.execute(Statement::AddRoute, values![authority, &realm.id]).await?;
    }
    note(tx, ChangeKind::Realm, &realm.id, &realm.id, now).await?;
    Ok(true)
}
