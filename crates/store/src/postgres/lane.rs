//! Lanes: connections on which many read at once.
//!
//! What every request has to look up is one statement by a primary key. Borrowing a connection for it costs the database
//! and us a wake-up each; on a lane the statements of many requests travel together, and their answers come back in
//! order. Nothing slow is asked there, and nothing is written.

use super::pool::{Connection, Manager};
use crate::Fault;
use crate::statements::Statement;
use crate::tx::Tx;
use crate::value::{Row, Value};
use deadpool::managed::Pool;
use futures_util::TryStreamExt;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use tokio::sync::Mutex;

/// All lanes of an engine.
pub(super) struct Lanes {
    lanes: Vec<Lane>,
    next: AtomicUsize,
}

#[derive(Default)]
struct Lane {
    open: RwLock<Option<Arc<Open>>>,
    /// Held by the one who connects.
    connecting: Mutex<()>,
}

/// A connection and what was prepared on it, by whoever came first.
struct Open {
    connection: Connection,
    prepared: Vec<OnceLock<tokio_postgres::Statement>>,
}

impl Lanes {
    /// One for every two cores of this machine: the fewer there are, the more travels together.
    pub(super) fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Self { lanes: (0..(cores / 2).clamp(1, 4)).map(|_| Lane::default()).collect(), next: AtomicUsize::new(0) }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.lanes.len()
    }

    /// The next lane, connected if need be.
    ///
    /// # Errors
    /// There is no connection to be had.
    pub(super) async fn reader(&self, pool: &Pool<Manager>) -> Result<Reader, Fault> {
        let index = self.next.fetch_add(1, Ordering::Relaxed) % self.lanes.len().max(1);
        let lane = self.lanes.get(index).ok_or_else(|| Fault::other("no such lane"))?;
        let manager = pool.manager();
        if let Some(open) = lane.open(manager) {
            return Ok(Reader(open));
        }
        let _one = lane.connecting.lock().await;
        if let Some(open) = lane.open(manager) {
            return Ok(Reader(open));
        }
        let prepared = Statement::ALL.iter().map(|_| OnceLock::new()).collect();
        let open = Arc::new(Open { connection: manager.connect().await?, prepared });
        *lane.open.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&open));
        Ok(Reader(open))
    }
}

impl Lane {
    /// The connection, if it is still believed.
    fn open(&self, manager: &Manager) -> Option<Arc<Open>> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        open.as_ref().filter(|open| manager.believes(&open.connection)).cloned()
    }
}

/// Reads on a lane, among others.
pub(crate) struct Reader(Arc<Open>);

impl Reader {
    async fn run(&self, statement: Statement, params: &[Value<'_>]) -> Result<tokio_postgres::RowStream, Fault> {
        let Open { connection, prepared } = &*self.0;
        let slot = prepared.get(statement as usize).ok_or_else(|| Fault::other("no such statement"))?;
        let ready = if let Some(ready) = slot.get() {
            ready
        } else {
            let ready = connection.client.prepare(super::tx::spelled(statement)?).await?;
            slot.get_or_init(|| ready)
        };
        Ok(connection.client.query_raw(ready, params.iter()).await?)
    }
}

impl Tx for Reader {
    async fn execute(&mut self, _: Statement, _: &[Value<'_>]) -> Result<u64, Fault> {
        Err(Fault::other("nothing is written on a lane"))
    }

    async fn query<T>(
        &mut self,
        statement: Statement,
        params: &[Value<'_>],
        mut map: impl FnMut(&Row<'_>) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Fault> {
        let mut rows = pin!(self.run(statement, params).await?);
        let mut answer = Vec::new();
        while let Some(row) = rows.try_next().await? {
            answer.push(map(&Row::Postgres(&row))?);
        }
        Ok(answer)
    }

    async fn optional<T>(
        &mut self,
        statement: Statement,
        params: &[Value<'_>],
        map: impl FnMut(&Row<'_>) -> Result<T, Fault>,
    ) -> Result<Option<T>, Fault> {
        Ok(self.query(statement, params, map).await?.into_iter().next())
    }
}
