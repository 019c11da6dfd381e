//! What many write at once shares a commit, as on SQLite's writer.
//!
//! A lone statement that writes is queued. A few drivers, each on a connection of the pool, take what has queued up while
//! the last commit was on its way and send it at once: `BEGIN`, every statement, `COMMIT`, one round trip and one `fsync`
//! for all of them. Nobody waits for a crowd to gather: one that comes alone is sent alone, without a transaction around it.
//!
//! The statements do not depend on one another: each touches its row or does not. They are sent in the order of their
//! rows, so that two crowds never wait for one another. Where one fails, all are undone and each is sent by itself.

use super::pool::{Connection, Manager};
use super::tx::{BEGIN, touched};
use super::types::Owned;
use crate::Fault;
use crate::statements::Statement;
use crate::value::Value;
use deadpool::managed::{Object, Pool};
use futures_util::future;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// How many statements share one commit at most.
const MOST: usize = 64;

/// Those who write lone statements.
pub(super) struct Crowd {
    pool: Pool<Manager>,
    patience: Duration,
    /// How many drivers there may be.
    drivers: usize,
    /// How many may wait.
    queue: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Job>,
    driving: usize,
}

/// A statement, and who wants to hear how many rows it touched.
struct Job {
    statement: Statement,
    values: Vec<Owned>,
    reply: oneshot::Sender<Result<u64, Fault>>,
}

impl Job {
    fn answer(self, result: Result<u64, Fault>) {
        let _ = self.reply.send(result);
    }
}

impl Crowd {
    pub(super) fn new(pool: Pool<Manager>, connections: usize, patience: Duration, queue: usize) -> Arc<Self> {
        // Few drivers carry many each: an fsync and four wake-ups for all of them. Two, so that one is on its way to the
        // disk while the other gathers.
        let drivers = connections.min(2);
        Arc::new(Self { pool, patience, drivers, queue, state: Mutex::default() })
    }

    /// Runs a statement whose first parameter is the key of the row that it writes; the number of rows it touched.
    ///
    /// # Errors
    /// [`Fault::Busy`] where too many wait; [`Fault::InDoubt`] where nobody knows whether it was kept.
    pub(super) async fn write(self: &Arc<Self>, statement: Statement, values: &[Value<'_>]) -> Result<u64, Fault> {
        let (reply, answer) = oneshot::channel();
        let job = Job { statement, values: values.iter().map(Owned::from).collect(), reply };
        let drives = {
            let mut state = self.state();
            if state.waiting.len() >= self.queue {
                return Err(Fault::Busy);
            }
            state.waiting.push_back(job);
            let drives = state.driving < self.drivers;
            state.driving += usize::from(drives);
            drives
        };
        if drives {
            tokio::spawn(drive(Driving { crowd: Arc::clone(self), counted: true }));
        }
        // The driver's waits are bounded; this bound is for its turn.
        match tokio::time::timeout(2 * self.patience, answer).await {
            Ok(Ok(result)) => result,
            _ => Err(Fault::InDoubt),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One driver; counted until it finds nobody waiting, or dies.
struct Driving {
    crowd: Arc<Crowd>,
    counted: bool,
}

impl Driving {
    /// Those who wait, in the order of their rows; none where nobody does: then this driver is no longer one.
    fn next(&mut self) -> Option<Vec<Job>> {
        let mut state = self.crowd.state();
        let mut jobs = Vec::new();
        while jobs.len() < MOST
            && let Some(job) = state.waiting.pop_front()
        {
            if !job.reply.is_closed() {
                jobs.push(job);
            }
        }
        if jobs.is_empty() {
            self.counted = false;
            state.driving -= 1;
            return None;
        }
        drop(state);
        jobs.sort_by(|one, other| one.values.first().cmp(&other.values.first()));
        Some(jobs)
    }
}

impl Drop for Driving {
    fn drop(&mut self) {
        if self.counted {
            self.crowd.state().driving -= 1;
        }
    }
}

async fn drive(mut driving: Driving) {
    while let Some(jobs) = driving.next() {
        driving.crowd.send(jobs).await;
    }
}

impl Crowd {
    /// Writes what the jobs want and answers each.
    async fn send(&self, jobs: Vec<Job>) {
        match super::borrow(&self.pool).await {
            Ok(connection) => match self.attempt(connection, &jobs).await {
                Ok((_, counts)) => jobs.into_iter().zip(counts).for_each(|(job, count)| job.answer(Ok(count))),
                Err(Undone::ByOne(connection)) => self.send_each(*connection, jobs).await,
                Err(Undone::With(fault)) => jobs.into_iter().for_each(|job| job.answer(Err(fault.clone()))),
            },
            Err(fault) => jobs.into_iter().for_each(|job| job.answer(Err(fault.clone()))),
        }
    }

    /// Each by itself, so that whoever is to blame is alone.
    async fn send_each(&self, connection: Object<Manager>, jobs: Vec<Job>) {
        let mut connection = Some(connection);
        for job in jobs {
            let ready = match connection.take() {
                Some(ready) => Ok(ready),
                None => super::borrow(&self.pool).await,
            };
            let result = match ready {
                Ok(ready) => match self.attempt(ready, std::slice::from_ref(&job)).await {
                    Ok((ready, counts)) => {
                        connection = Some(ready);
                        Ok(counts.first().copied().unwrap_or(0))
                    }
                    Err(Undone::With(fault)) => Err(fault),
                    Err(Undone::ByOne(_)) => Err(Fault::InDoubt),
                },
                Err(fault) => Err(fault),
            };
            job.answer(result);
        }
    }

    /// Sends the jobs' statements at once; how many rows each touched. A connection that does not answer is thrown away.
    async fn attempt(&self, connection: Object<Manager>, jobs: &[Job]) -> Result<(Object<Manager>, Vec<u64>), Undone> {
        let error = match tokio::time::timeout(self.patience, together(&connection, jobs)).await {
            Ok(Ok(counts)) => return Ok((connection, counts)),
            Ok(Err(fault)) => fault,
            Err(_) => {
                self.pool.manager().suspect_all();
                Fault::Unavailable("no answer in time".into())
            }
        };
        match error {
            Fault::Unavailable(_) | Fault::InDoubt => {
                drop(Object::take(connection));
                Err(Undone::With(Fault::InDoubt))
            }
            fault if jobs.len() == 1 => Err(Undone::With(fault)),
            _ => Err(Undone::ByOne(Box::new(connection))),
        }
    }
}

/// Why nothing is known to be kept.
enum Undone {
    /// One of several failed, and the others with it.
    ByOne(Box<Object<Manager>>),
    /// The only one failed; or nobody knows.
    With(Fault),
}

async fn together(connection: &Connection, jobs: &[Job]) -> Result<Vec<u64>, Fault> {
    let mut prepared = Vec::with_capacity(jobs.len());
    for job in jobs {
        prepared.push(connection.prepared(job.statement).await?);
    }
    let client = &connection.client;
    let work =
        future::join_all(jobs.iter().zip(prepared).map(|(job, statement)| async move {
            touched(client.query_raw(statement, job.values.iter()).await?).await
        }));
    if jobs.len() == 1 {
        return Ok(work.await.into_iter().collect::<Result<_, _>>()?);
    }
    let (begun, counts, ended) = future::join3(client.batch_execute(BEGIN), work, client.batch_execute("COMMIT")).await;
    begun?;
    let counts = counts.into_iter().collect::<Result<_, _>>()?;
    ended?;
    Ok(counts)
}
