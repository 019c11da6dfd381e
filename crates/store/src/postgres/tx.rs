//! PostgreSQL's transactions.

use super::pool::{Connection, Manager};
use crate::Fault;
use crate::statements::Statement;
use crate::tx::{End, Extent, Tx};
use crate::value::{Row, Value};
use deadpool::managed::Object;
use futures_util::{TryStreamExt, future};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio_postgres::RowStream;

/// Begins a transaction of several statements.
pub(super) const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";

/// A transaction on a borrowed connection. One that does not come to its end takes the connection along: the database
/// then undoes what it did.
pub(crate) struct Transaction<'p> {
    connection: Option<Object<Manager>>,
    extent: Extent,
    open: bool,
    in_doubt: &'p AtomicBool,
}

impl<'p> Transaction<'p> {
    pub(super) fn new(connection: Object<Manager>, extent: Extent, in_doubt: &'p AtomicBool) -> Self {
        Self { connection: Some(connection), extent, open: false, in_doubt }
    }

    /// Keeps or undoes what was written.
    ///
    /// # Errors
    /// As the intention did, or the commit.
    pub(crate) async fn end<T>(mut self, end: Result<End<T>, Fault>) -> Result<T, Fault> {
        let (result, keep) = match end {
            Ok(End::Keep(value)) => (Ok(value), true),
            Ok(End::Undo(value)) => (Ok(value), false),
            Err(fault @ Fault::Unavailable(_)) => return Err(fault),
            Err(fault) => (Err(fault), false),
        };
        if self.open {
            self.in_doubt.store(keep, Ordering::Relaxed);
            self.connection()?.client.batch_execute(if keep { "COMMIT" } else { "ROLLBACK" }).await?;
        }
        self.give_back();
        result
    }

    /// Ends an intention that only read.
    ///
    /// # Errors
    /// As the intention.
    pub(crate) fn read<T>(mut self, result: Result<T, Fault>) -> Result<T, Fault> {
        if !matches!(result, Err(Fault::Unavailable(_))) {
            self.give_back();
        }
        result
    }

    fn connection(&self) -> Result<&Connection, Fault> {
        self.connection.as_deref().ok_or_else(|| Fault::other("the transaction is over"))
    }

    fn give_back(&mut self) {
        self.connection = None;
    }

    /// Runs a statement; with the first of several the transaction begins, in the same round trip.
    async fn run(&mut self, statement: Statement, params: &[Value<'_>]) -> Result<RowStream, Fault> {
        let (extent, open) = (self.extent, self.open);
        self.open = extent == Extent::Several;
        if extent == Extent::Single && !statement.reads() {
            self.in_doubt.store(true, Ordering::Relaxed);
        }
        let connection = self.connection()?;
        let prepared = connection.prepared(statement).await?;
        let query = connection.client.query_raw(prepared, params.iter());
        if open || extent == Extent::Single {
            return Ok(query.await?);
        }
        let (begun, rows) = future::join(connection.client.batch_execute(BEGIN), query).await;
        begun?;
        Ok(rows?)
    }
}

impl Drop for Transaction<'_> {
    /// Who gets here with a connection did not come to the end: a statement may be under way on it.
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            drop(Object::take(connection));
        }
    }
}

impl Tx for Transaction<'_> {
    async fn execute(&mut self, statement: Statement, params: &[Value<'_>]) -> Result<u64, Fault> {
        Ok(everything(self.run(statement, params).await?).await?.1)
    }

    async fn query<T>(
        &mut self,
        statement: Statement,
        params: &[Value<'_>],
        mut map: impl FnMut(&Row<'_>) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Fault> {
        let (rows, _) = everything(self.run(statement, params).await?).await?;
        rows.iter().map(|row| map(&Row::Postgres(row))).collect()
    }

    async fn optional<T>(
        &mut self,
        statement: Statement,
        params: &[Value<'_>],
        mut map: impl FnMut(&Row<'_>) -> Result<T, Fault>,
    ) -> Result<Option<T>, Fault> {
        let mut rows = pin!(self.run(statement, params).await?);
        let Some(row) = rows.try_next().await? else { return Ok(None) };
        let first = map(&Row::Postgres(&row))?;
        while rows.try_next().await?.is_some() {}
        Ok(Some(first))
    }
}

/// All rows of an answer, and how many the statement touched.
pub(super) async fn everything(rows: RowStream) -> Result<(Vec<tokio_postgres::Row>, u64), tokio_postgres::Error> {
    let mut rows = pin!(rows);
    let mut all = Vec::new();
    while let Some(row) = rows.try_next().await? {
        all.push(row);
    }
    Ok((all, rows.rows_affected().unwrap_or(0)))
}
