//! Which apps and users come from a realm file: who edits them here would be overruled by the file.

use crate::audit::act::SubjectKind;
use crate::statements::Statement;
use crate::store::read;
use crate::tx::Tx;
use crate::value::values;
use crate::{Fault, Store};
use std::collections::BTreeMap;

impl Store {
    /// The file that an app or a user comes from; none where it was made otherwise.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn managed_by(&self, realm: &str, kind: SubjectKind, id: &str) -> Result<Option<String>, Fault> {
        read!(self, |tx| {
            tx.optional(Statement::Managed, values![realm, kind.name(), id], |row| row.string(0)).await
        })
    }

    /// All that come from a file in a realm: kind and id, and the file.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn managed(&self, realm: &str) -> Result<BTreeMap<(String, String), String>, Fault> {
        let rows = read!(self, |tx| {
            tx.query(Statement::ManagedInRealm, values![realm], |row| {
                Ok(((row.string(0)?, row.string(1)?), row.string(2)?))
            })
            .await
        })?;
        Ok(rows.into_iter().collect())
    }
}

/// Notes the file that something comes from, or that it comes from none.
pub(crate) async fn put(
    tx: &mut impl Tx,
    realm: &str,
    (kind, id): (&str, &str),
    file: Option<&str>,
) -> Result<(), Fault> {
    match file {
        Some(file) => tx.execute(Statement::PutManaged, values![realm, kind, id, file]).await?,
        None => tx.execute(Statement::RemoveManaged, values![realm, kind, id]).await?,
    };
    Ok(())
}
