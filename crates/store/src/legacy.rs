//! How often which client uses which legacy behaviour, so that it can be retired.

use crate::statements::Statement;
use crate::store::{read, write};
use crate::tx::{End::Keep, Tx};
use crate::value::values;
use crate::{Fault, Store};

/// How often a client used a legacy behaviour on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegacyUse {
    /// The realm.
    pub realm: String,
    /// The client.
    pub client: String,
    /// The behaviour, as its owner spells it.
    pub legacy: String,
    /// Days since the epoch (UTC).
    pub day: i64,
    /// How often.
    pub count: i64,
}

impl Store {
    /// Adds to the counts, all in one transaction.
    ///
    /// # Errors
    /// The store cannot write; nothing was added.
    pub async fn add_legacy_uses(&self, uses: Vec<LegacyUse>) -> Result<(), Fault> {
        write!(self, Several, |tx| {
            for LegacyUse { realm, client, legacy, day, count } in &uses {
                tx.execute(Statement::AddLegacyUses, values![realm, client, legacy, *day, *count]).await?;
            }
            Ok(Keep(()))
        })
    }

    /// The counts of a realm since a day, by client, behaviour and day.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn legacy_uses(&self, realm: &str, since_day: i64) -> Result<Vec<LegacyUse>, Fault> {
        read!(self, |tx| {
            tx.query(Statement::LegacyUses, values![realm, since_day], |row| {
                Ok(LegacyUse {
                    realm: row.string(0)?,
                    client: row.string(1)?,
                    legacy: row.string(2)?,
                    day: row.int(3)?,
                    count: row.int(4)?,
                })
            })
            .await
        })
    }
}
