//! Fills a stopped server's database far quicker than requests could: rows are copied from real ones,
//! with new keys, straight into the SQLite file.
//!
//! Copies of tokens and grants get ids between the first and the last real id, evenly, so that the real rows,
//! which the load then uses, lie scattered over the whole table as they would after months.

use std::path::Path;

use anyhow::{Context, Result, bail};
use aws_lc_rs::rand;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

/// Rows in one transaction.
const BATCH: u64 = 100_000;

/// A database that no server has open.
pub(crate) struct Fill {
    connection: Connection,
}

impl Fill {
    /// Opens the file, for speed and without durability: a power cut would spoil the benchmark's
    /// copy and nothing else.
    ///
    /// # Errors
    /// The file is missing.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        if !path.is_file() {
            bail!("{} is no file", path.display());
        }
        let connection = Connection::open(path)?;
        connection.pragma_update(None, "synchronous", "OFF")?;
        connection.pragma_update(None, "cache_size", -524_288)?;
        Ok(Self { connection })
    }

    /// Copies the newest row of `table` until it has `total` rows, with ids spread evenly between those there are.
    /// Columns named `hash` and `nonce` get random bytes.
    ///
    /// # Errors
    /// A table without an `id` of 16 bytes, or with fewer than two rows.
    pub(crate) fn spread(&mut self, table: &str, total: u64) -> Result<()> {
        let (template, columns) = self.newest(table)?;
        let bound = |order: &str| -> Result<u128> {
            let sql = format!("SELECT id FROM {table} ORDER BY id {order} LIMIT 1");
            let id: Vec<u8> = self.connection.query_row(&sql, [], |row| row.get(0))?;
            Ok(u128::from_be_bytes(id.first_chunk().copied().context("an id of 16 bytes")?))
        };
        let (first, last) = (bound("ASC")?, bound("DESC")?);
        let there: i64 = self.connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))?;
        let missing = total.saturating_sub(u64::try_from(there)?);
        let step = (last - first) / u128::from(missing.max(1));
        if missing > 0 && step < 2 {
            bail!("the ids in {table} lie too close together");
        }
        self.insert(table, &columns, missing, |number| {
            let mut row = template.clone();
            for (name, value) in columns.iter().zip(&mut row) {
                match name.as_str() {
                    "id" => {
                        let offset = u128::from(number) * step + u128::from(random()?) % step;
                        *value = Value::Blob((first + offset).to_be_bytes().to_vec());
                    }
                    "hash" | "nonce" => *value = Value::Blob(random_bytes()?),
                    _ => {}
                }
            }
            Ok(row)
        })
    }

    /// Copies the rows of `table` where `column` is `original`, `count` times, with `name(n)` in its place, in every text.
    ///
    /// # Errors
    /// No such row.
    pub(crate) fn renamed(
        &mut self,
        table: &str,
        column: &str,
        original: &str,
        count: u64,
        name: impl Fn(u64) -> String,
    ) -> Result<()> {
        let (rows, columns) = self.rows(table, column, original)?;
        for template in rows {
            self.insert(table, &columns, count, |number| {
                let new = name(number);
                let rename = |value: &Value| match value {
                    Value::Text(text) if text == original => Value::Text(new.clone()),
                    Value::Text(text) => Value::Text(text.replace(&format!("\"{original}\""), &format!("\"{new}\""))),
                    other => other.clone(),
                };
                Ok(template.iter().map(rename).collect())
            })?;
        }
        Ok(())
    }

    /// Copies the realm `original` `count` times: its document with another name, issuer and authority, its
    /// routes, and its keys as they are (they are never opened).
    ///
    /// # Errors
    /// No such realm.
    pub(crate) fn realms(&mut self, original: &str, authority: &str, count: u64) -> Result<()> {
        for (table, key) in [("realm", "id"), ("realm_route", "realm"), ("signing_key", "realm"), ("key_set", "realm")]
        {
            let (rows, columns) = self.rows(table, key, original)?;
            for template in rows {
                self.insert(table, &columns, count, |number| {
                    let (name, host) = (format!("copy-{number}"), format!("realm-{number}.example:443"));
                    let rename = |(value, column): (&Value, &String)| match value {
                        Value::Text(_) if column == key => Value::Text(name.clone()),
                        Value::Text(text) => Value::Text(
                            text.replace(authority, &host).replace(&format!("\"{original}\""), &format!("\"{name}\"")),
                        ),
                        other => other.clone(),
                    };
                    Ok(template.iter().zip(&columns).map(rename).collect())
                })?;
            }
        }
        Ok(())
    }

    fn newest(&self, table: &str) -> Result<(Vec<Value>, Vec<String>)> {
        let mut statement = self.connection.prepare(&format!("SELECT * FROM {table} ORDER BY id DESC LIMIT 1"))?;
        let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let row = statement.query_row([], |row| (0..columns.len()).map(|at| row.get(at)).collect())?;
        Ok((row, columns))
    }

    fn rows(&self, table: &str, column: &str, value: &str) -> Result<(Vec<Vec<Value>>, Vec<String>)> {
        let mut statement = self.connection.prepare(&format!("SELECT * FROM {table} WHERE {column} = ?1"))?;
        let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let width = columns.len();
        let found = statement.query_map([value], |row| (0..width).map(|at| row.get(at)).collect())?;
        Ok((found.collect::<rusqlite::Result<_>>()?, columns))
    }

    fn insert(
        &mut self,
        table: &str,
        columns: &[String],
        count: u64,
        mut row: impl FnMut(u64) -> Result<Vec<Value>>,
    ) -> Result<()> {
        let marks = vec!["?"; columns.len()].join(", ");
        let sql = format!("INSERT OR IGNORE INTO {table} ({}) VALUES ({marks})", columns.join(", "));
        let mut number = 0;
        while number < count {
            let transaction = self.connection.transaction()?;
            {
                let mut statement = transaction.prepare_cached(&sql)?;
                let end = count.min(number + BATCH);
                while number < end {
                    statement.execute(params_from_iter(row(number)?))?;
                    number += 1;
                }
            }
            transaction.commit()?;
        }
        Ok(())
    }

    /// Moves the log into the file, the file onto the disk, and closes it.
    ///
    /// # Errors
    /// Another process has the file open.
    pub(crate) fn finish(self) -> Result<()> {
        self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        let path = self.connection.path().map(str::to_owned);
        self.connection.close().map_err(|(_, error)| error)?;
        // Else the system would write it while the server is measured.
        if let Some(path) = path {
            std::fs::File::open(path)?.sync_all()?;
        }
        Ok(())
    }
}

fn random() -> Result<u64> {
    let mut bytes = [0; 8];
    rand::fill(&mut bytes).ok().context("no randomness")?;
    Ok(u64::from_be_bytes(bytes))
}

fn random_bytes() -> Result<Vec<u8>> {
    let mut bytes = vec![0; 32];
    rand::fill(&mut bytes).ok().context("no randomness")?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database() -> Fill {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "CREATE TABLE token (id BLOB PRIMARY KEY, hash BLOB, client TEXT);
                 INSERT INTO token VALUES (x'000000000000000000000000000000ff', x'01', 'a'),
                   (x'00000001000000000000000000000000', x'02', 'b');
                 CREATE TABLE client (realm TEXT, id TEXT, doc TEXT, PRIMARY KEY (realm, id));
                 INSERT INTO client VALUES ('r', 'one', '{\"id\":\"one\",\"name\":\"one of many\"}');",
            )
            .unwrap();
        Fill { connection }
    }

    #[test]
    fn rows_are_spread_between_the_real_ones() {
        let mut fill = database();
        fill.spread("token", 1000).unwrap();
        let count = |sql: &str| -> i64 { fill.connection.query_row(sql, [], |row| row.get(0)).unwrap() };
        assert_eq!(count("SELECT count(*) FROM token"), 1000);
        assert_eq!(count("SELECT count(DISTINCT hash) FROM token"), 1000);
        assert_eq!(count("SELECT count(*) FROM token WHERE id > x'00000001000000000000000000000000'"), 0);
    }

    #[test]
    fn copies_carry_their_own_name() {
        let mut fill = database();
        fill.renamed("client", "id", "one", 10, |number| format!("copy-{number}")).unwrap();
        let doc: String =
            fill.connection.query_row("SELECT doc FROM client WHERE id = 'copy-7'", [], |row| row.get(0)).unwrap();
        assert_eq!(doc, "{\"id\":\"copy-7\",\"name\":\"one of many\"}");
    }
}
