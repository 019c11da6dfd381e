//! What operators see first, of all realms: what waits, what is used, what ends soon. One statement each, however many realms there are.

use crate::statements::Statement;
use crate::store::read;
use crate::tx::Tx;
use crate::value::values;
use crate::{Fault, Store};
use std::collections::HashMap;

/// What ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndingKind {
    /// A secret of an app; named by its label.
    Secret,
    /// What is old and an app may use until then; named as dialects spell it.
    Legacy,
    /// A signing key, of no app; named by its algorithm.
    Key,
    /// The certificate that an app showed last; it has no name.
    Certificate,
}

/// Something that ends soon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// What it is.
    pub kind: EndingKind,
    /// The realm.
    pub realm: String,
    /// The app, or the id of the key.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// When it ends, in milliseconds.
    pub at: i64,
}

impl Store {
    /// How many apps wait for a decision, by realm.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn waiting_by_realm(&self) -> Result<HashMap<String, i64>, Fault> {
        let rows = read!(self, |tx| {
            tx.query(Statement::WaitingByRealm, values![], |row| Ok((row.string(0)?, row.int(1)?))).await
        })?;
        Ok(rows.into_iter().collect())
    }

    /// How often legacy behaviours were used since a day, by realm.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn legacy_by_realm(&self, since_day: i64) -> Result<HashMap<String, i64>, Fault> {
        let rows = read!(self, |tx| {
            tx.query(Statement::LegacyByRealm, values![since_day], |row| Ok((row.string(0)?, row.int(1)?))).await
        })?;
        Ok(rows.into_iter().collect())
    }

    /// What ends between `now` and `until` in any realm, the first to end first, at most `limit` of each kind.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn ending(&self, now: i64, until: i64, limit: i64) -> Result<Vec<Ending>, Fault> {
        let mut all = Vec::new();
        for kind in [EndingKind::Secret, EndingKind::Legacy, EndingKind::Key, EndingKind::Certificate] {
            let (statement, params): (_, &[_]) = match kind {
                EndingKind::Secret => (Statement::SecretsThatEnd, values![now, until, limit]),
                EndingKind::Legacy => (Statement::LegacyThatEnds, values![until, limit]),
                EndingKind::Key => (Statement::KeysThatEnd, values![now, until, limit]),
                EndingKind::Certificate => (Statement::CertificatesThatEnd, values![now, until, limit]),
            };
            let found = read!(self, |tx| {
                tx.query(statement, params, |row| {
                    let [realm, id, name] = [row.string(0)?, row.string(1)?, row.string(2)?];
                    Ok(Ending { kind, realm, id, name, at: row.int(3)? })
                })
                .await
            })?;
            all.extend(found);
        }
        all.sort_by_key(|one| one.at);
        Ok(all)
    }
}
