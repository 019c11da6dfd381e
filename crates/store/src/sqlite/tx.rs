//! SQLite's transactions: prepared statements found by their place in the registry, answered at once.

use super::open::CLIENT_HAS;
use crate::Fault;
use crate::statements::Statement;
use crate::tx::Tx;
use crate::value::{Row, Value};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql};
use std::sync::LazyLock;

/// How SQLite spells the database's own time; on one machine that is the machine's.
pub(crate) const NOW: &str = "CAST(unixepoch('subsec') * 1000 AS INTEGER)";

/// A statement in SQLite's spelling.
pub(crate) fn spelled(statement: Statement) -> Result<&'static str, Fault> {
    static ALL: LazyLock<Vec<String>> = LazyLock::new(|| {
        // One connection writes, so that no row needs to be locked.
        let spell = |sql: &str| {
            let sql = sql.replace("{NOW}", NOW).replace("{LOCKED}", "");
            sql.replace("{CLIENT_BY_TEXT}", "client INDEXED BY client_has").replace("{CLIENT_HAS}", CLIENT_HAS)
        };
        Statement::ALL.iter().map(|statement| spell(statement.sql())).collect()
    });
    ALL.get(statement as usize).map(String::as_str).ok_or_else(|| Fault::other("no such statement"))
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match *self {
            Self::Null => ValueRef::Null,
            Self::Int(value) => ValueRef::Integer(value),
            Self::Text(value) => ValueRef::Text(value.as_bytes()),
            Self::Blob(value) => ValueRef::Blob(value),
        }))
    }
}

fn bind(statement: &mut rusqlite::Statement<'_>, params: &[Value<'_>]) -> Result<(), Fault> {
    for (index, value) in params.iter().enumerate() {
        statement.raw_bind_parameter(index + 1, value)?;
    }
    Ok(())
}

fn execute(statement: &mut rusqlite::Statement<'_>, params: &[Value<'_>]) -> Result<u64, Fault> {
    bind(statement, params)?;
    Ok(statement.raw_execute()? as u64)
}

fn query<T>(
    statement: &mut rusqlite::Statement<'_>,
    params: &[Value<'_>],
    mut map: impl FnMut(&Row<'_>) -> Result<T, Fault>,
) -> Result<Vec<T>, Fault> {
    bind(statement, params)?;
    let mut rows = statement.raw_query();
    let mut answer = Vec::new();
    while let Some(row) = rows.next()? {
        answer.push(map(&Row::Sqlite(row))?);
    }
    Ok(answer)
}

/// Runs to the end, so that a statement that writes has written.
fn optional<T>(
    statement: &mut rusqlite::Statement<'_>,
    params: &[Value<'_>],
    mut map: impl FnMut(&Row<'_>) -> Result<T, Fault>,
) -> Result<Option<T>, Fault> {
    bind(statement, params)?;
    let mut rows = statement.raw_query();
    let Some(row) = rows.next()? else { return Ok(None) };
    let first = map(&Row::Sqlite(row))?;
    while rows.next()?.is_some() {}
    Ok(Some(first))
}

/// The writer's transaction.
pub(crate) struct WriteTx<'c> {
    connection: &'c Connection,
    prepared: Vec<Option<rusqlite::Statement<'c>>>,
}

impl<'c> WriteTx<'c> {
    pub(super) fn new(connection: &'c Connection) -> Self {
        Self { connection, prepared: Statement::ALL.iter().map(|_| None).collect() }
    }

    /// For tests that set the stage behind the intentions' back.
    #[cfg(test)]
    pub(super) fn connection(&self) -> &'c Connection {
        self.connection
    }

    fn prepared(&mut self, statement: Statement) -> Result<&mut rusqlite::Statement<'c>, Fault> {
        let slot = self.prepared.get_mut(statement as usize).ok_or_else(|| Fault::other("no such statement"))?;
        match slot {
            Some(ready) => Ok(ready),
            None => Ok(slot.insert(self.connection.prepare(spelled(statement)?)?)),
        }
    }
}

impl Tx for WriteTx<'_> {
    async fn execute(&mut self, statement: Statement, params: &[Value<'_>]) -> Result<u64, Fault> {
        execute(self.prepared(statement)?, params)
    }

    async fn query<T>(
        &mut self,
        statement: Statement,
        params: &[Value<'_>],
        map: impl FnMut(&Row<'_>) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Fault> {
        query(self.prepared(statement)?, params, map)
    }

    async fn optional<T>(
        &mut self,
        statement: Statement,
        params: &[Value<'_>],
        map: impl FnMut(&Row<'_>) -> Result<T, Fault>,
    ) -> Result<Option<T>, Fault> {
        optional(self.prepared(statement)?, params, map)
    }
}

/// A reader: each statement sees the last commit.
pub(crate) struct ReadTx<'c> {
    connection: &'c Connection,
}

impl<'c> ReadTx<'c> {
    pub(super) fn new(connection: &'c Connection) -> Self {
        Self { connection }
    }
}

impl Tx for ReadTx<'_> {
    async fn execute(&mut self, statement: Statement, params: &[Value<'_>]) -> Result<u64, Fault> {
        execute(&mut *self.connection.prepare_cached(spelled(statement)?)?, params)
    }

    async fn query<T>(
        &mut self,
        statement: Statement,
        params: &[Value<'_>],
        map: impl FnMut(&Row<'_>) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Fault> {
        query(&mut *self.connection.prepare_cached(spelled(statement)?)?, params, map)
    }

    async fn optional<T>(
        &mut self,
        statement: Statement,
        params: &[Value<'_>],
        map: impl FnMut(&Row<'_>) -> Result<T, Fault>,
    ) -> Result<Option<T>, Fault> {
        optional(&mut *self.connection.prepare_cached(spelled(statement)?)?, params, map)
    }
}
