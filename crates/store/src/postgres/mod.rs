//! PostgreSQL: any number of servers on one database.
//!
//! * A connection is borrowed for one intention ([`pool`]); a lone statement is its own transaction and costs one round
//!   trip, several open a transaction with the first of them ([`tx`]).
//! * What every request looks up by a key, and what is issued most often, travels together ([`crowd`]), in a form for many
//!   callers ([`form`]), on connections that are driven by those who use them ([`link`]).
//! * Nothing waits without a bound: for a connection, for the network, for the database ([`Patience`]).
//! * Two transactions that stood in each other's way are run again; what was cut off before anybody heard whether it was
//!   kept is [`Fault::InDoubt`], and only those run it again who can tell.

mod batch;
mod crowd;
mod departure;
mod fault;
mod form;
mod link;
mod migrate;
mod plans;
mod pool;
mod tls;
mod tx;
mod types;
mod url;

use crate::statements::Statement;
use crate::tx::{Extent, Tx};
use crate::value::{Row, Value};
use crate::{Fault, Options};
use crowd::{Crowd, Purpose};
use deadpool::managed::{Object, Pool};
pub(crate) use form::NOW;
use form::Steps;
#[cfg(test)]
pub(crate) use form::spelled;
pub(crate) use migrate::migrate;
#[cfg(test)]
pub(crate) use plans::explain;
use pool::Manager;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
pub(crate) use tx::Transaction;
use types::Owned;
pub(crate) use types::Whole;

/// How often an intention is run again after another one stood in its way.
const TRIES: u32 = 6;

/// A pool of connections to a PostgreSQL.
pub(crate) struct Engine {
    pool: Pool<Manager>,
    patience: Duration,
    queue: usize,
    shown: String,
    readers: Crowd,
    writers: Crowd,
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
        let engine = Self::prepare(url, options)?;
        let mut connection = engine.connection().await?;
        migrate(&mut connection.client).await?;
        Ok(engine)
    }

    fn prepare(url: &str, options: &Options) -> Result<Self, Fault> {
        let mut parsed = url::parse(url, options.patience)?;
        if let Some(password) = &options.password {
            parsed.password(password.as_str());
        }
        let shown = url::shown(&parsed);
        let drivers = Drivers::among(options.connections);
        let connections = options.connections.saturating_sub(drivers.readers + drivers.writers);
        Self::of(Manager::new(parsed, options)?, connections, drivers, (options.patience, options.queue), shown)
    }

    /// The same database, by connections of its own; two more where it reads by key or writes what is issued.
    ///
    /// # Errors
    /// There is no timer.
    pub(crate) fn aside(&self, connections: usize, patience: Duration) -> Result<Self, Fault> {
        let manager = self.pool.manager().again(patience);
        Self::of(manager, connections, Drivers::among(0), (patience, self.queue), self.shown.clone())
    }

    fn of(
        manager: Manager,
        connections: usize,
        drivers: Drivers,
        (patience, queue): (Duration, usize),
        shown: String,
    ) -> Result<Self, Fault> {
        let pool = pool_of(manager, connections, patience)?;
        let crowd = |purpose, drivers| Crowd::new(pool.clone(), purpose, drivers, (patience, queue));
        let (readers, writers) = (crowd(Purpose::Reading, drivers.readers), crowd(Purpose::Writing, drivers.writers));
        Ok(Self { pool, patience, queue, shown, readers, writers })
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
    pub(crate) async fn connection(&self) -> Result<Object<Manager>, Fault> {
        if self.pool.status().waiting > self.queue {
            return Err(Fault::Busy);
        }
        borrow(&self.pool).await
    }

    /// Reads what is found by its key.
    pub(crate) fn reader(&self) -> Reader<'_> {
        Reader(&self.readers)
    }

    /// Runs statements that write, each of which must touch a row, in one transaction and one round trip, together with
    /// what others write at the same time; false, and nothing is written, where one of them touches none. The first
    /// parameter of each is the `id` of the row.
    ///
    /// # Errors
    /// As of any intention.
    pub(crate) async fn write_together(&self, steps: &[(Statement, &[Value<'_>])]) -> Result<bool, Fault> {
        let wanted = Steps::of(steps.iter().map(|(statement, _)| *statement));
        let mut patience = self.patience();
        loop {
            let values = steps.iter().flat_map(|(_, values)| values.iter().map(Owned::from)).collect();
            let outcome = self.writers.write(wanted, values).await;
            if let Some(outcome) = patience.settle(outcome).await {
                return outcome;
            }
        }
    }

    /// Starts to look after an intention.
    pub(crate) fn patience(&self) -> Patience<'_> {
        Patience { engine: self, until: Instant::now() + self.patience, tries: 0, in_doubt: AtomicBool::new(false) }
    }

    /// The connections that are open are believed no more: the next to borrow one gets a new one.
    pub(crate) fn suspect_all(&self) {
        self.pool.manager().suspect_all();
    }
}

/// How many connections there are for what travels together.
#[derive(Clone, Copy)]
struct Drivers {
    readers: usize,
    writers: usize,
}

impl Drivers {
    /// One that reads for every two cores of this machine: the fewer there are, the more travels together. Two that
    /// write: one is on its way to the disk while the other gathers. Never more than half of the connections that there
    /// may be.
    fn among(connections: usize) -> Self {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let most = (connections / 4).max(1);
        Self { readers: (cores / 2).clamp(1, 4).min(most), writers: 2.min(most) }
    }
}

/// Reads by key, among others.
pub(crate) struct Reader<'e>(&'e Crowd);

impl Tx for Reader<'_> {
    async fn execute(&mut self, _: Statement, _: &[Value<'_>]) -> Result<u64, Fault> {
        Err(Fault::other("nothing is written among those who read"))
    }

    async fn query<T>(
        &mut self,
        statement: Statement,
        params: &[Value<'_>],
        mut map: impl FnMut(&Row<'_>) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Fault> {
        let rows = self.0.read(Steps::of([statement]), params.iter().map(Owned::from).collect()).await?;
        rows.iter().map(|row| map(&Row::Postgres(row))).collect()
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

/// A connection of one's own, whatever the schema; and where it leads to, without the password.
///
/// # Errors
/// As of [`Engine::connect`].
pub(crate) async fn lone(url: &str, options: &Options) -> Result<(tokio_postgres::Client, String), Fault> {
    let engine = Engine::prepare(url, options)?;
    let connection = Object::take(engine.connection().await?);
    Ok((connection.client, engine.shown))
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
    /// A transaction of one statement or several.
    ///
    /// # Errors
    /// There is no connection.
    pub(crate) async fn begin(&self, extent: Extent) -> Result<Transaction<'_>, Fault> {
        let connection = self.engine.connection().await?;
        Ok(Transaction::new(connection, extent, &self.in_doubt))
    }

    /// Waits no longer than is left.
    ///
    /// # Errors
    /// As the work; [`Fault::Unavailable`] where there was no time left, [`Fault::InDoubt`] where it may have been done.
    pub(crate) async fn bound<T>(&self, work: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
        self.in_doubt.store(false, Ordering::Relaxed);
        let result = tokio::time::timeout_at(self.until.into(), work).await.unwrap_or_else(|_| {
            // Whoever does not answer for so long on one connection will not answer on the others either.
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
