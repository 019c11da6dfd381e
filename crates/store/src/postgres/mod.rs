//! PostgreSQL: any number of servers on one database.
//!
//! * A connection is borrowed for one intention ([`pool`]); a lone statement is its own transaction and costs one round
//!   trip, several open a transaction with the first of them ([`tx`]). Reads and writes have connections of their own, so
//!   that a write that waits for a lock keeps no read waiting.
//! * What is issued most often is written in batches ([`batcher`]), by statements for many callers ([`combined`]).
//! * Nothing waits without a bound: for a connection, for the network, for the database ([`Patience`]).
//! * A transaction that collided with another one is run again; a commit that was cut off before anybody heard whether it
//!   was kept is [`Fault::InDoubt`], and only intentions that can tell run again.

mod batcher;
mod combined;
mod fault;
mod migrate;
mod plans;
mod pool;
mod requests;
mod spelling;
mod tls;
mod tx;
mod types;
mod url;
pub(crate) mod whole;

use crate::tx::Extent;
use crate::value::Value;
use crate::{Fault, Id, Options};
use batcher::Batcher;
pub(crate) use combined::Combined;
use deadpool::managed::{Object, Pool};
pub(crate) use migrate::{WORDS, migrate};
#[cfg(test)]
pub(crate) use plans::explain;
use pool::Manager;
pub(crate) use spelling::NOW;
#[cfg(test)]
pub(crate) use spelling::spelled;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
pub(crate) use tx::Transaction;
use types::Owned;

/// How often an intention is run again after it collided with another one.
const TRIES: u32 = 6;

/// How long a change of hundreds of thousands of rows may take.
const LONGEST: Duration = Duration::from_hours(4);

/// Connections to a PostgreSQL.
pub(crate) struct Engine {
    readers: Pool<Manager>,
    writers: Pool<Manager>,
    batcher: Batcher,
    patience: Duration,
    queue: usize,
    shown: String,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl Engine {
    /// Connects, and brings the schema up to date.
    ///
    /// # Errors
    /// The URL is wrong, nobody answers or lets us in, the schema is newer.
    pub(crate) async fn connect(url: &str, options: &Options) -> Result<Self, Fault> {
        let (manager, shown) = manager(url, options)?;
        let engine = Self::of(&manager, options.connections, (options.patience, options.queue), shown)?;
        migrate(&mut borrow(&engine.writers).await?.client).await?;
        Ok(engine)
    }

    /// The same database, by connections of its own: one that reads, one that writes, one that writes batches.
    ///
    /// # Errors
    /// There is no runtime with a timer.
    pub(crate) fn on_own_connections(&self, patience: Duration) -> Result<Self, Fault> {
        let manager = self.writers.manager().with_patience(patience);
        Self::of(&manager, 0, (patience, self.queue), self.shown.clone())
    }

    /// One connection writes batches; the others are shared out between reads and writes.
    fn of(
        manager: &Manager,
        connections: usize,
        (patience, queue): (Duration, usize),
        shown: String,
    ) -> Result<Self, Fault> {
        let others = connections.saturating_sub(1);
        let readers = pool_of(manager.clone(), others / 2, patience)?;
        let writers = pool_of(manager.clone(), others.div_ceil(2), patience)?;
        let lone = pool_of(manager.with_lock_timeout(batcher::LOCK_TIMEOUT), 1, patience)?;
        let batcher = Batcher::start(lone, patience, queue)?;
        Ok(Self { readers, writers, batcher, patience, queue, shown })
    }

    /// Where the database is; without the password.
    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    /// How long an intention may take.
    pub(crate) fn longest(&self) -> Duration {
        self.patience
    }

    /// A free connection.
    ///
    /// # Errors
    /// [`Fault::Busy`] where too many wait already or none became free in time, [`Fault::Unavailable`] where none can be
    /// made.
    async fn connection(&self, pool: &Pool<Manager>) -> Result<Object<Manager>, Fault> {
        if pool.status().waiting > self.queue {
            return Err(Fault::Busy);
        }
        borrow(pool).await
    }

    /// Writes what one caller wants in one batch with what others want. `row` is the first of the statement's `values`.
    /// False where nothing was written, because a condition did not hold or the batch failed: the caller finds out which
    /// by running the intention by itself.
    ///
    /// # Errors
    /// As of any intention.
    pub(crate) async fn write_batched(
        &self,
        statement: Combined,
        row: &Id,
        values: &[&[Value<'_>]],
    ) -> Result<bool, Fault> {
        let values = values.iter().copied().flatten().map(Owned::from).collect();
        self.batcher.write(statement, *row, values).await
    }

    /// Starts to look after an intention.
    pub(crate) fn patience(&self) -> Patience<'_> {
        self.patience_for(self.patience)
    }

    /// The same for one that is long, and that somebody waits for; each of its statements is bounded as any other.
    pub(crate) fn long_patience(&self) -> Patience<'_> {
        self.patience_for(LONGEST.max(self.patience))
    }

    fn patience_for(&self, time: Duration) -> Patience<'_> {
        Patience { engine: self, until: Instant::now() + time, tries: 0, in_doubt: AtomicBool::new(false) }
    }

    /// The connections that are open are not used any more.
    fn suspect_all(&self) {
        self.writers.manager().suspect_all();
    }
}

async fn borrow(pool: &Pool<Manager>) -> Result<Object<Manager>, Fault> {
    use deadpool::managed::{PoolError, TimeoutType};
    pool.get().await.map_err(|error| match error {
        PoolError::Timeout(TimeoutType::Wait) => Fault::Busy,
        PoolError::Timeout(_) => Fault::Unavailable("no answer from the database".into()),
        PoolError::Backend(fault) => fault,
        other => Fault::other(other),
    })
}

fn pool_of(manager: Manager, connections: usize, patience: Duration) -> Result<Pool<Manager>, Fault> {
    Pool::builder(manager)
        .max_size(connections.max(1))
        .runtime(deadpool::Runtime::Tokio1)
        .wait_timeout(Some(patience))
        .create_timeout(Some(patience))
        .build()
        .map_err(Fault::other)
}

fn manager(url: &str, options: &Options) -> Result<(Manager, String), Fault> {
    let mut config = url::parse(url, options.patience)?;
    if let Some(password) = &options.password {
        config.password(password.as_str());
    }
    let shown = url::shown(&config);
    Ok((Manager::new(config, options)?, shown))
}

/// A connection of one's own, whatever the schema; and where it leads to, without the password.
///
/// # Errors
/// As of [`Engine::connect`].
pub(crate) async fn lone(url: &str, options: &Options) -> Result<(tokio_postgres::Client, String), Fault> {
    let (manager, shown) = manager(url, options)?;
    let connected = tokio::time::timeout(options.patience, manager.connect()).await;
    let connection = connected.map_err(|_| Fault::Unavailable("no answer from the database".into()))??;
    Ok((connection.client, shown))
}

/// How long, and how often, one intention is tried.
pub(crate) struct Patience<'e> {
    engine: &'e Engine,
    until: Instant,
    tries: u32,
    /// Something was sent that takes effect whether or not we hear of it.
    in_doubt: AtomicBool,
}

impl Patience<'_> {
    /// A transaction that writes, of one statement or several.
    ///
    /// # Errors
    /// There is no connection.
    pub(crate) async fn begin(&self, extent: Extent) -> Result<Transaction<'_>, Fault> {
        let connection = self.engine.connection(&self.engine.writers).await?;
        Ok(Transaction::new(connection, extent, &self.in_doubt))
    }

    /// Statements that read, each by itself.
    ///
    /// # Errors
    /// There is no connection.
    pub(crate) async fn begin_reading(&self) -> Result<Transaction<'_>, Fault> {
        let connection = self.engine.connection(&self.engine.readers).await?;
        Ok(Transaction::new(connection, Extent::Single, &self.in_doubt))
    }

    /// Waits no longer than is left; for something that takes effect whether or not we hear of it, as long again: it is
    /// better to be told how it ended.
    ///
    /// # Errors
    /// As the work; [`Fault::Unavailable`] where there was no time left, [`Fault::InDoubt`] where it may have been done.
    pub(crate) async fn bound<T>(&self, work: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
        self.in_doubt.store(false, Ordering::Relaxed);
        let mut work = std::pin::pin!(work);
        let mut waited = tokio::time::timeout_at(self.until.into(), &mut work).await;
        if waited.is_err() && self.in_doubt.load(Ordering::Relaxed) {
            waited = tokio::time::timeout(self.engine.patience, &mut work).await;
        }
        let result = waited.unwrap_or_else(|_| {
            // A database that does not answer on one connection will not on the others either.
            self.engine.suspect_all();
            Err(Fault::Unavailable(format!("{}: no answer in time", self.engine.shown)))
        });
        match result {
            Err(Fault::Unavailable(_) | Fault::Busy) if self.in_doubt.load(Ordering::Relaxed) => Err(Fault::InDoubt),
            other => other,
        }
    }

    /// The outcome, or none if it is to be tried again.
    pub(crate) async fn settle<T>(&mut self, outcome: Result<T, Fault>) -> Option<Result<T, Fault>> {
        match outcome {
            Err(Fault::Collided) if self.tries < TRIES && Instant::now() < self.until => {
                self.tries += 1;
                tokio::time::sleep(Duration::from_millis(2 << self.tries)).await;
                None
            }
            other => Some(other),
        }
    }
}
