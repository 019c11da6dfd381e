//! When a secret was used last, to the minute: noted in batches, never with the request itself.

use crate::statements::Statement;
use crate::store::{read, write};
use crate::tx::{End::Keep, Tx};
use crate::value::{Value, values};
use crate::{Fault, Store};
use std::collections::HashMap;

/// How many clients are looked for with one statement.
const AT_ONCE: usize = 64;

/// That a client authenticated.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretUse {
    /// The realm.
    pub realm: String,
    /// The client.
    pub client: String,
    /// The id of the secret; empty for a client that has none of its own.
    pub secret: String,
    /// When, in milliseconds.
    pub used_at: i64,
    /// When what it showed ends by itself, where that says so: a certificate.
    pub ends_at: Option<i64>,
}

impl Store {
    /// Notes uses, all in one transaction. One within a minute of the last that is noted changes nothing, and neither does
    /// one of a client that is gone.
    ///
    /// # Errors
    /// The store cannot write; nothing was noted.
    pub async fn note_secret_uses(&self, uses: Vec<SecretUse>) -> Result<(), Fault> {
        write!(self, Several, |tx| {
            for SecretUse { realm, client, secret, used_at, ends_at } in &uses {
                tx.execute(Statement::NoteSecretUse, values![realm, client, secret, *used_at, *ends_at]).await?;
            }
            Ok(Keep(()))
        })
    }

    /// When each of these clients authenticated last, where it did.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn last_uses(&self, realm: &str, clients: &[&str]) -> Result<HashMap<String, i64>, Fault> {
        let mut found = HashMap::with_capacity(clients.len());
        for some in clients.chunks(AT_ONCE) {
            let places = some.iter().copied().chain(std::iter::repeat("")).take(AT_ONCE);
            let params: Vec<Value<'_>> = std::iter::once(realm).chain(places).map(Value::from).collect();
            let rows = read!(self, |tx| {
                tx.query(Statement::LastUses, &params, |row| Ok((row.string(0)?, row.int(1)?))).await
            })?;
            found.extend(rows);
        }
        Ok(found)
    }

    /// The last uses in a realm, of one client where it is named.
    ///
    /// # Errors
    /// The store cannot read.
    pub async fn secret_uses(&self, realm: &str, client: Option<&str>) -> Result<Vec<SecretUse>, Fault> {
        read!(self, |tx| {
            tx.query(Statement::SecretUses, values![realm, client], |row| {
                let realm = realm.to_owned();
                let (client, secret) = (row.string(0)?, row.string(1)?);
                Ok(SecretUse { realm, client, secret, used_at: row.int(2)?, ends_at: row.int_or_null(3)? })
            })
            .await
        })
    }
}
