//! What an intention is written against: a transaction of some engine.

use crate::Fault;
use crate::statements::Statement;
use crate::value::{Row, Value};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// A transaction under way. An engine that has to wait awaits; SQLite's answers at once.
pub(crate) trait Tx {
    /// Runs a statement that answers no rows; the number of rows it touched.
    async fn execute(&mut self, statement: Statement, params: &[Value<'_>]) -> Result<u64, Fault>;

    /// Runs a statement and maps each row of its answer.
    async fn query<T>(
        &mut self,
        statement: Statement,
        params: &[Value<'_>],
        map: impl FnMut(&Row<'_>) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Fault>;

    /// Runs a statement and maps the first row of its answer, if there is one.
    async fn optional<T>(
        &mut self,
        statement: Statement,
        params: &[Value<'_>],
        map: impl FnMut(&Row<'_>) -> Result<T, Fault>,
    ) -> Result<Option<T>, Fault> {
        Ok(self.query(statement, params, map).await?.into_iter().next())
    }
}

/// How an intention ends.
pub(crate) enum End<T> {
    /// What it wrote stays.
    Keep(T),
    /// What it wrote is undone; the answer is an answer all the same.
    Undo(T),
}

/// How much an intention writes: a lone statement is atomic by itself, several need a savepoint among the others of the
/// same commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// One statement at most.
    Single,
    /// More than one.
    Several,
}

/// Runs an intention to its end on an engine that never waits.
///
/// # Errors
/// The intention waited for something other than its transaction: a mistake in this crate.
pub(crate) fn at_once<T>(intention: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
    match pin!(intention).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => Err(Fault::Other("an intention waited for something other than its transaction".into())),
    }
}
