//! Realms, found by the authority at which a request arrives; looked up one by one, never loaded all.

use crate::changes::{ChangeKind, note};
use crate::statements::Statement;
use crate::store::{read, write};
use crate::tx::{End::Keep, Tx};
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
