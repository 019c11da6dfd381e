//! What many ask, and what many write, travels together, as it does on SQLite's writer.
//!
//! A lone statement is queued. A few drivers, each on a connection of its own, take what has queued up while the last
//! answer was on its way and send it at once: callers that want the same are one statement ([`batch`](super::batch)), and
//! what they write is one transaction with one `fsync`. Nobody waits for a crowd to gather: one that comes alone is sent
//! alone.
//!
//! What two callers write does not depend on one another: each touches its own row or does not. The rows are touched in
//! the order of their keys, so that two crowds never wait for one another, and two callers with the same row are never in
//! the same crowd. Where something fails, all of it is undone and each is sent by itself.

use super::batch::{Answer, Group, Job, ask};
use super::form::Steps;
use super::link::Link;
use super::pool::Manager;
use super::types::Owned;
use crate::{Fault, unyielding};
use deadpool::managed::Pool;
use std::collections::VecDeque;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, oneshot};
use tokio_postgres::Row;

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
    /// Whether somebody looks after those who wait for those on their way.
    watched: bool,
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
        // For its turn and for the answer together: all drivers may be waiting for a database that says nothing, and whoever
        // has waited behind them is not to wait as long again.
        match tokio::time::timeout(self.0.patience, answer).await {
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
        self.call(&mut state);
        Ok(())
    }

    /// Calls a driver, where it is worth its while and one is free.
    fn call(self: &Arc<Self>, state: &mut State) {
        if !state.is_worthwhile() {
            return self.watch(state);
        }
        if state.idle > 0 {
            self.bell.notify_one();
        } else if state.drivers < self.drivers {
            state.drivers += 1;
            tokio::spawn(unyielding(drive(Driver { shared: Arc::clone(self), link: None, carried: 0 })));
        }
    }

    /// Sees to it that those who wait are not held up by those who take long. One timer for all of them: a short one that
    /// each set for itself would wake up the thread that waits for the network, each time.
    fn watch(self: &Arc<Self>, state: &mut State) {
        if std::mem::replace(&mut state.watched, true) {
            return;
        }
        let mut watching = Watching { shared: Arc::clone(self), ended: false };
        tokio::spawn(async move {
            while !watching.ended {
                tokio::time::sleep(SLOW).await;
                watching.look();
            }
        });
    }

    /// Those whose turn it is. The others with the same row have theirs later.
    fn next(&self) -> Vec<Job> {
        let mut state = self.state();
        if !state.is_worthwhile() {
            return Vec::new();
        }
        let count = state.waiting.len().min(MOST);
        let jobs: Vec<Job> = state.waiting.drain(..count).filter(|job| !job.reply.is_closed()).collect();
        let (jobs, later) = match self.purpose {
            Purpose::Reading => (jobs, Vec::new()),
            Purpose::Writing => one_for_each_row(jobs),
        };
        later.into_iter().rev().for_each(|job| state.waiting.push_front(job));
        state.carried += jobs.len();
        state.left = Some(Instant::now());
        jobs
    }
}

/// Looks after those who wait, until nobody does.
struct Watching {
    shared: Arc<Shared>,
    ended: bool,
}

impl Watching {
    fn look(&mut self) {
        let mut state = self.shared.state();
        if state.waiting.is_empty() || state.closed {
            (self.ended, state.watched) = (true, false);
        } else {
            self.shared.call(&mut state);
        }
    }
}

impl Drop for Watching {
    /// Its runtime may end before it does.
    fn drop(&mut self) {
        if !self.ended {
            self.shared.state().watched = false;
        }
    }
}

/// The first for each row, in the order of the rows; and the others.
fn one_for_each_row(mut jobs: Vec<Job>) -> (Vec<Job>, Vec<Job>) {
    jobs.sort_by(|one, other| one.key().cmp(&other.key()));
    let (mut first, mut others): (Vec<Job>, Vec<Job>) = (Vec::with_capacity(jobs.len()), Vec::new());
    for job in jobs {
        let is_other = first.last().is_some_and(|last| last.key() == job.key());
        if is_other { others.push(job) } else { first.push(job) }
    }
    (first, others)
}

/// One driver, and its connection once there was something to do. It is counted until it is gone, however it goes.
struct Driver {
    shared: Arc<Shared>,
    link: Option<Link>,
    carried: usize,
}

impl Drop for Driver {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        state.drivers -= 1;
        state.carried -= self.carried;
    }
}

async fn drive(mut driver: Driver) {
    loop {
        let jobs = driver.shared.next();
        if jobs.is_empty() {
            if !driver.rest().await {
                return;
            }
            continue;
        }
        driver.carried = jobs.len();
        driver.serve(jobs).await;
        driver.shared.state().carried -= std::mem::take(&mut driver.carried);
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
        let Self { shared, link, .. } = self;
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
                for job in jobs {
                    job.answer(Err(fault.clone()));
                }
            }
            // Whoever is to blame is alone then.
            _ if jobs.len() > 1 => {
                for job in jobs.into_iter().filter(|job| !job.reply.is_closed()) {
                    Box::pin(self.serve(vec![job])).await;
                }
            }
            nothing => {
                let nothing = nothing.map(drop);
                for job in jobs {
                    job.answer(nothing.clone().map(|()| Answer::default()));
                }
            }
        }
    }

    /// As [`ask`]. A connection that failed is thrown away.
    async fn together(&mut self, jobs: &[Job]) -> Result<Option<Vec<Answer>>, Fault> {
        let shared = Arc::clone(&self.shared);
        let groups = Group::of(jobs);
        let mut link = bounded(&shared, self.ready(&groups)).await?;
        match bounded(&shared, link.work(|ready| ask(ready, &groups))).await.flatten() {
            Err(Fault::Unavailable(_)) => Err(shared.unheard()),
            answers => {
                self.link = Some(link);
                answers
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
            group.prepare(&mut link).await?;
        }
        Ok(link)
    }
}

/// Waits no longer than the engine's patience. Whoever does not answer on one connection will not on the others either.
async fn bounded<T>(shared: &Shared, work: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
    tokio::time::timeout(shared.patience, work).await.unwrap_or_else(|_| {
        shared.pool.manager().suspect_all();
        Err(Fault::Unavailable("no answer in time".into()))
    })
}
