//! What many ask, and what many write, travels together, as it does on SQLite's writer.
//!
//! A lone statement is queued. A few drivers, each on a connection of its own, take what has queued up while the last
//! answer was on its way and send it at once: callers that want the same are one statement ([`form`](super::form)), and
//! what they write is one transaction with one `fsync`. Nobody waits for a crowd to gather: one that comes alone is sent
//! alone.
//!
//! What two callers write does not depend on one another: each touches its own row or does not. The rows are touched in
//! the order of their keys, so that two crowds never wait for one another, and two callers with the same row are never in
//! the same crowd. Where something fails, all of it is undone and each is sent by itself.

use super::form::Steps;
use super::link::{Link, Ready};
use super::pool::Manager;
use super::tx::BEGIN;
use super::types::Owned;
use crate::Fault;
use deadpool::managed::Pool;
use futures_util::{TryStreamExt, future};
use std::collections::VecDeque;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, oneshot};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, RowStream};

/// How many travel together at most.
const MOST: usize = 64;

/// What takes longer than this to answer is not waited for.
const SLOW: Duration = Duration::from_millis(20);

/// What a crowd is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Lone statements that read, each by a key.
    Reading,
    /// What is written in one go; the first parameter is the key of the row.
    Writing,
}

/// Those who want the same done. Its drivers end with it.
pub(super) struct Crowd(Arc<Shared>);

struct Shared {
    pool: Pool<Manager>,
    purpose: Purpose,
    /// How many drivers there may be.
    drivers: usize,
    patience: Duration,
    /// How many may wait.
    queue: usize,
    state: Mutex<State>,
    /// Rung for an idle driver.
    bell: Notify,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Job>,
    drivers: usize,
    idle: usize,
    /// How many are on their way.
    carried: usize,
    /// When the last of them left.
    left: Option<Instant>,
    closed: bool,
}

impl State {
    /// Whether a driver is to go now. While others are on their way, it waits for as many as they are: they share a
    /// commit then, and it is on its way to the disk when theirs is through. Or it waits until they are back, but not for
    /// those that take long.
    fn is_worthwhile(&self) -> bool {
        let slow = self.left.is_some_and(|left| left.elapsed() > SLOW);
        !self.waiting.is_empty() && (self.waiting.len() >= self.carried || slow)
    }
}

/// What one caller wants.
struct Job {
    steps: Steps,
    values: Vec<Owned>,
    reply: oneshot::Sender<Result<Answer, Fault>>,
}

/// What one caller gets.
#[derive(Default)]
struct Answer {
    rows: Vec<Row>,
    touched: bool,
}

impl Job {
    fn answer(self, result: Result<Answer, Fault>) {
        let _ = self.reply.send(result);
    }

    fn key(&self) -> Option<&Owned> {
        self.values.first()
    }

}

impl Crowd {
    pub(super) fn new(
        pool: Pool<Manager>,
        purpose: Purpose,
        drivers: usize,
        (patience, queue): (Duration, usize),
    ) -> Self {
        let (state, bell) = (Mutex::default(), Notify::new());
        Self(Arc::new(Shared { pool, purpose, drivers, patience, queue, state, bell }))
    }

    /// The rows that a statement finds.
    ///
    /// # Errors
    /// [`Fault::Busy`] where too many wait; whatever the database says.
    pub(super) async fn read(&self, steps: Steps, values: Vec<Owned>) -> Result<Vec<Row>, Fault> {
        Ok(self.send(steps, values).await?.rows)
    }

    /// Does the steps of one caller, each of which must touch a row; false, and nothing is written, where one does not.
    ///
    /// # Errors
    /// [`Fault::Busy`] where too many wait; [`Fault::InDoubt`] where nobody knows whether it was kept.
    pub(super) async fn write(&self, steps: Steps, values: Vec<Owned>) -> Result<bool, Fault> {
        Ok(self.send(steps, values).await?.touched)
    }

    async fn send(&self, steps: Steps, values: Vec<Owned>) -> Result<Answer, Fault> {
        let (reply, answer) = oneshot::channel();
        self.0.admit(Job { steps, values, reply })?;
        // The driver's waits are bounded; this bound is for its turn.
        match tokio::time::timeout(2 * self.0.patience, answer).await {
            Ok(Ok(result)) => result,
            _ => Err(self.0.unheard()),
        }
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.0.state().closed = true;
        self.0.bell.notify_waiters();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of something that was sent and not answered.
    fn unheard(&self) -> Fault {
        match self.purpose {
            Purpose::Reading => Fault::Unavailable("no answer from the database".into()),
            Purpose::Writing => Fault::InDoubt,
        }
    }

    /// Queues a job, and sees to it that somebody takes it.
    fn admit(self: &Arc<Self>, job: Job) -> Result<(), Fault> {
        let mut state = self.state();
        if state.waiting.len() >= self.queue {
            return Err(Fault::Busy);
        }
        state.waiting.push_back(job);
        if !state.is_worthwhile() {
            return Ok(());
        }
        if state.idle > 0 {
            self.bell.notify_one();
        } else if state.drivers < self.drivers {
            state.drivers += 1;
            tokio::spawn(drive(Driver { shared: Arc::clone(self), link: None }));
        }
        Ok(())
    }

    /// Those whose turn it is, in the order of their rows.
    fn next(&self) -> Vec<Job> {
        let mut state = self.state();
        if !state.is_worthwhile() {
            return Vec::new();
        }
        let count = state.waiting.len().min(MOST);
        let mut jobs: Vec<Job> = state.waiting.drain(..count).filter(|job| !job.reply.is_closed()).collect();
        state.carried += jobs.len();
        state.left = Some(Instant::now());
        drop(state);
        if self.purpose == Purpose::Writing && jobs.len() > 1 {
            jobs.sort_by(|one, other| one.key().cmp(&other.key()));
            let mut later = Vec::new();
            let mut last: Option<Owned> = None;
            for job in std::mem::take(&mut jobs) {
                if job.key() == last.as_ref() {
                    later.push(job);
                } else {
                    last = job.key().cloned();
                    jobs.push(job);
                }
            }
            let mut state = self.state();
            state.carried -= later.len();
            later.into_iter().rev().for_each(|job| state.waiting.push_front(job));
        }
        jobs
    }
}

/// One driver, and its connection once there was something to do. It is counted until it is gone, however it goes.
struct Driver {
    shared: Arc<Shared>,
    link: Option<Link>,
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.shared.state().drivers -= 1;
    }
}

async fn drive(mut driver: Driver) {
    loop {
        let jobs = driver.shared.next();
        if !jobs.is_empty() {
            let carried = jobs.len();
            driver.serve(jobs).await;
            driver.shared.state().carried -= carried;
        } else if !driver.rest().await {
            return;
        }
    }
}

/// Counted as idle.
struct Resting<'s>(&'s Shared);

impl Drop for Resting<'_> {
    fn drop(&mut self) {
        self.0.state().idle -= 1;
    }
}

impl Driver {
    /// Waits until there is something to do; false where there will be nothing more.
    async fn rest(&mut self) -> bool {
        let Self { shared, link } = self;
        let bell = shared.bell.notified();
        {
            let mut state = shared.state();
            if state.closed || state.is_worthwhile() {
                return !state.closed;
            }
            state.idle += 1;
        }
        let _resting = Resting(shared);
        let mut bell = pin!(bell);
        if let Some(open) = link {
            if open.idle(bell.as_mut()).await.is_ok() {
                return true;
            }
            *link = None;
        }
        bell.await;
        true
    }

    /// Does what the jobs want, and answers each.
    async fn serve(&mut self, jobs: Vec<Job>) {
        match self.together(&jobs).await {
            Ok(Some(answers)) => jobs.into_iter().zip(answers).for_each(|(job, answer)| job.answer(Ok(answer))),
            Err(fault @ (Fault::InDoubt | Fault::Unavailable(_))) => {
                jobs.into_iter().for_each(|job| job.answer(Err(fault.clone())));
            }
            // Whoever is to blame is alone then.
            _ if jobs.len() > 1 => {
                for job in jobs.into_iter().filter(|job| !job.reply.is_closed()) {
                    Box::pin(self.serve(vec![job])).await;
                }
            }
            nothing => {
                let nothing = nothing.map(drop);
                jobs.into_iter().for_each(|job| job.answer(nothing.clone().map(|()| Answer::default())));
            }
        }
    }

    /// Does what the jobs want at once; an answer for each, or none, and nothing is written, where some step of some job
    /// touched no row after its first one did. A connection that failed is thrown away.
    async fn together(&mut self, jobs: &[Job]) -> Result<Option<Vec<Answer>>, Fault> {
        let shared = Arc::clone(&self.shared);
        let groups = Group::of(jobs);
        let mut link = bounded(&shared, self.ready(&groups)).await?;
        let writing = shared.purpose == Purpose::Writing;
        match bounded(&shared, link.work(|ready| ask(ready, &groups, writing))).await.flatten() {
            Err(Fault::Unavailable(_)) => Err(shared.unheard()),
            answers => {
                self.link = Some(link);
                Ok(answers?.map(|answers| in_place(jobs.len(), &groups, answers)))
            }
        }
    }

    /// A connection on which everything is prepared.
    async fn ready(&mut self, groups: &[Group<'_>]) -> Result<Link, Fault> {
        let manager = self.shared.pool.manager();
        let mut link = match self.link.take().filter(|link| link.is_believed(manager)) {
            Some(link) => link,
            None => Link::open(manager).await?,
        };
        for group in groups {
            link.prepare(group.steps, group.are_many()).await?;
        }
        Ok(link)
    }
}

/// The groups' answers in the order of the jobs.
fn in_place(jobs: usize, groups: &[Group<'_>], answers: Vec<Vec<Answer>>) -> Vec<Answer> {
    let mut ordered: Vec<_> = (0..jobs).map(|_| Answer::default()).collect();
    for (place, answer) in groups.iter().zip(answers).flat_map(|(group, answers)| group.places.iter().zip(answers)) {
        if let Some(slot) = ordered.get_mut(*place) {
            *slot = answer;
        }
    }
    ordered
}

/// Waits no longer than the engine's patience. Whoever does not answer on one connection will not on the others either.
async fn bounded<T>(shared: &Shared, work: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
    tokio::time::timeout(shared.patience, work).await.unwrap_or_else(|_| {
        shared.pool.manager().suspect_all();
        Err(Fault::Unavailable("no answer in time".into()))
    })
}

/// Jobs that want the same steps done.
struct Group<'j> {
    steps: Steps,
    jobs: Vec<&'j Job>,
    /// Where each is among all.
    places: Vec<usize>,
}

impl<'j> Group<'j> {
    fn of(jobs: &'j [Job]) -> Vec<Self> {
        let mut groups: Vec<Self> = Vec::new();
        for (place, job) in jobs.iter().enumerate() {
            if let Some(group) = groups.iter_mut().find(|group| group.steps == job.steps) {
                group.jobs.push(job);
                group.places.push(place);
            } else {
                groups.push(Self { steps: job.steps, jobs: vec![job], places: vec![place] });
            }
        }
        groups
    }

    /// Several steps have no form for one.
    fn are_many(&self) -> bool {
        self.jobs.len() > 1 || self.steps.alone().is_none()
    }

    /// As [`Driver::together`], for this group.
    async fn ask(&self, ready: Ready<'_>) -> Result<Option<Vec<Answer>>, Fault> {
        let prepared = ready.prepared(self.steps, self.are_many())?;
        let parameters = self.jobs.first().map_or(0, |job| job.values.len());
        let nth = |index| self.jobs.iter().map(move |job| job.values.get(index));
        let query = if self.are_many() {
            let columns: Vec<Vec<_>> = (0..parameters).map(|index| nth(index).collect()).collect();
            ready.client.query_raw(prepared, columns.iter().map(|column| column as &(dyn ToSql + Sync))).await
        } else {
            ready.client.query_raw(prepared, (0..parameters).flat_map(|index| nth(index)).collect::<Vec<_>>()).await
        };
        let answer = match query {
            Ok(rows) => everything(rows).await,
            Err(error) => Err(error),
        };
        match answer {
            Err(error) if error.code() == Some(&SqlState::DIVISION_BY_ZERO) => Ok(None),
            Err(error) => Err(error.into()),
            Ok((rows, _)) if self.are_many() && self.steps.reads() => self.found(rows).map(Some),
            Ok((rows, _)) if self.are_many() => self.touched(&rows).map(Some),
            Ok((rows, touched)) => Ok(Some(vec![Answer { rows, touched: touched > 0 }])),
        }
    }

    /// Each row belongs to the job whose place it tells.
    fn found(&self, rows: Vec<Row>) -> Result<Vec<Answer>, Fault> {
        let mut answers: Vec<_> = self.jobs.iter().map(|_| Answer::default()).collect();
        for row in rows {
            let place: i64 = row.try_get(row.len().saturating_sub(1))?;
            let answer = usize::try_from(place - 1).ok().and_then(|index| answers.get_mut(index));
            answer.ok_or_else(|| Fault::other("a row of nobody"))?.rows.push(row);
        }
        Ok(answers)
    }

    /// Each row is the key of a job that was done.
    fn touched(&self, rows: &[Row]) -> Result<Vec<Answer>, Fault> {
        let mut done = rows.iter().map(|row| row.try_get(0)).collect::<Result<Vec<&[u8]>, _>>()?;
        done.sort_unstable();
        let is_done = |job: &&Job| matches!(job.key(), Some(Owned::Blob(key)) if done.binary_search(&&**key).is_ok());
        Ok(self.jobs.iter().map(|job| Answer { rows: Vec::new(), touched: is_done(job) }).collect())
    }
}

/// Everything in one round trip; what several groups write is one transaction.
async fn ask(ready: Ready<'_>, groups: &[Group<'_>], writing: bool) -> Result<Option<Vec<Vec<Answer>>>, Fault> {
    let work = future::join_all(groups.iter().map(|group| group.ask(ready)));
    let (begun, answers, ended) = if writing && groups.len() > 1 {
        let (begin, commit) = (ready.client.batch_execute(BEGIN), ready.client.batch_execute("COMMIT"));
        future::join3(begin, work, commit).await
    } else {
        (Ok(()), work.await, Ok(()))
    };
    begun?;
    // Of those that failed the first says why; the others only that it did.
    let mut kept = Vec::with_capacity(groups.len());
    for answer in answers {
        let Some(answer) = answer? else { return Ok(None) };
        kept.push(answer);
    }
    ended?;
    Ok(Some(kept))
}

/// All rows of an answer, and how many the statement touched.
async fn everything(rows: RowStream) -> Result<(Vec<Row>, u64), tokio_postgres::Error> {
    let mut rows = pin!(rows);
    let mut all = Vec::new();
    while let Some(row) = rows.try_next().await? {
        all.push(row);
    }
    Ok((all, rows.rows_affected().unwrap_or(0)))
}
