//! Lanes: connections on which many read at once.
//!
//! What every request has to look up is one statement by a primary key. Borrowing a connection for it costs the database
//! and us a wake-up each; on a lane the statements of many requests travel together, and their answers come back in
//! order. Nothing slow is asked there, and nothing is written.

use super::pool::{Connection, Manager};
use super::tx::mapped;
use crate::Fault;
use crate::statements::Statement;
use crate::tx::Tx;
use crate::value::{Row, Value};
use deadpool::managed::Pool;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::Mutex;

/// All lanes of an engine.
pub(super) struct Lanes {
    lanes: Vec<Lane>,
    next: AtomicUsize,
}

#[derive(Default)]
struct Lane {
    open: RwLock<Option<Arc<Connection>>>,
    /// Held by the one who connects.
    connecting: Mutex<()>,
}

impl Lanes {
    /// One for every two cores of this machine: the fewer there are, the more travels together. Never more than half of
    /// the connections that there may be; always one.
    pub(super) fn new(connections: usize) -> Self {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let count = (cores / 2).clamp(1, 4).min(connections / 2).max(1);
        Self { lanes: (0..count).map(|_| Lane::default()).collect(), next: AtomicUsize::new(0) }
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
        let open = Arc::new(manager.connect().await?);
        *lane.open.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&open));
        Ok(Reader(open))
    }
}

impl Lane {
    /// The connection, if it is still believed.
    fn open(&self, manager: &Manager) -> Option<Arc<Connection>> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        open.as_ref().filter(|open| manager.believes(open)).cloned()
    }
}

/// Reads on a lane, among others.
pub(crate) struct Reader(Arc<Connection>);

impl Tx for Reader {
    async fn execute(&mut self, _: Statement, _: &[Value<'_>]) -> Result<u64, Fault> {
        Err(Fault::other("nothing is written on a lane"))
    }

    async fn query<T>(
        &mut self,
        statement: Statement,
        params: &[Value<'_>],
        map: impl FnMut(&Row<'_>) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Fault> {
        let prepared = self.0.prepared(statement).await?;
        mapped(self.0.client.query_raw(prepared, params.iter()).await?, map).await
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
