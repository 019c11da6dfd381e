//! What many ask, and what many write, travels together, as it does on SQLite's writer.
//!
//! A lone statement is queued. A few drivers, each on a connection of its own, take what has queued up while the last
//! answer was on its way and send it at once: callers that want the same are one statement ([`batch`](super::batch)), and
//! what they write is one transaction with one `fsync`. When it is worth its while to leave says
//! [`Departures`](super::departure).
//!
//! What two callers write does not depend on one another: each touches its own row or does not. The rows are touched in
//! the order of their keys, so that two crowds never wait for one another, and two callers with the same row are never in
//! the same crowd. Where something fails, all of it is undone and each is sent by itself.

use super::batch::{Answer, Group, Job, ask};
use super::departure::{Departures, MOST, SLOW, Turn};
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

/// As many may want different things in one transaction.
const MANY: usize = 8;

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

struct State {
    waiting: VecDeque<Job>,
    departures: Departures,
    drivers: usize,
    idle: usize,
    /// Whether a driver waits for a crowd to gather.
    gathering: bool,
    /// Whether somebody looks after those who wait for those on their way.
    watched: bool,
    closed: bool,
}

impl State {
    fn new(purpose: Purpose) -> Self {
        let departures = Departures::new(purpose == Purpose::Writing);
        let waiting = VecDeque::new();
        Self { waiting, departures, drivers: 0, idle: 0, gathering: false, watched: false, closed: false }
    }

    /// Whether there is something to do for a driver that has nothing to do.
    fn calls(&self) -> bool {
        !self.gathering && self.departures.turn(self.waiting.len(), Instant::now()) != Turn::Wait
    }

    /// Those whose turn it is, who leave now. The others have theirs later.
    fn depart(&mut self, purpose: Purpose, came: Option<usize>, now: Instant) -> Vec<Job> {
        let count = self.waiting.len().min(MOST);
        let jobs: Vec<Job> = self.waiting.drain(..count).filter(|job| !job.reply.is_closed()).collect();
        let (jobs, later) = match purpose {
            Purpose::Reading => (jobs, Vec::new()),
            Purpose::Writing => together(jobs),
        };
        later.into_iter().rev().for_each(|job| self.waiting.push_front(job));
        self.departures.leave(jobs.len(), came, now);
        jobs
    }
}

impl Crowd {
    pub(super) fn new(
        pool: Pool<Manager>,
        purpose: Purpose,
        drivers: usize,
        (patience, queue): (Duration, usize),
    ) -> Self {
        let (state, bell) = (Mutex::new(State::new(purpose)), Notify::new());
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
        if !state.calls() {
            return self.watch(state);
        }
        if state.idle > 0 {
            self.bell.notify_one();
        } else if state.drivers < self.drivers {
            state.drivers += 1;
            tokio::spawn(unyielding(drive(Driver::new(Arc::clone(self)))));
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

/// Those who leave together, one for each row, in the order of the rows; and the others.
///
/// A few leave with those only who want the same as the first of them: that is one statement, and a transaction by itself.
/// The others have nobody to wait for but these, and want the same as these the next time: callers that are answered
/// together go on together. Where there are many, a commit for each kind would cost more than it saves.
fn together(jobs: Vec<Job>) -> (Vec<Job>, Vec<Job>) {
    let alike = jobs.first().filter(|_| jobs.len() < MANY).map(|first| first.steps);
    let (same, mut others): (Vec<Job>, Vec<Job>) =
        jobs.into_iter().partition(|job| alike.is_none_or(|steps| job.steps == steps));
    let (first, later) = one_for_each_row(same);
    others.splice(0..0, later);
    (first, others)
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

/// One driver, and its connection once there was something to do. What it is counted as it is until it is gone, however it
/// goes.
struct Driver {
    shared: Arc<Shared>,
    link: Option<Link>,
    carried: usize,
    gathering: bool,
}

impl Drop for Driver {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        state.drivers -= 1;
        state.departures.over(self.carried);
        state.gathering &= !self.gathering;
    }
}

async fn drive(mut driver: Driver) {
    loop {
        let jobs = driver.next().await;
        if jobs.is_empty() {
            if !driver.rest().await {
                return;
            }
            continue;
        }
        let begun = Instant::now();
        driver.carried = jobs.len();
        driver.serve(jobs).await;
        let mut state = driver.shared.state();
        let waiting = state.waiting.len();
        state.departures.answered(std::mem::take(&mut driver.carried), begun.elapsed(), waiting);
    }
}

/// A driver that waits for more to come.
struct Gathering {
    until: Instant,
    began_with: usize,
}

/// Counted as idle.
struct Resting<'s>(&'s Shared);

impl Drop for Resting<'_> {
    fn drop(&mut self) {
        self.0.state().idle -= 1;
    }
}

impl Driver {
    fn new(shared: Arc<Shared>) -> Self {
        Self { shared, link: None, carried: 0, gathering: false }
    }

    /// Those who leave now; nobody, where there is nothing to do for this driver.
    async fn next(&mut self) -> Vec<Job> {
        let mut gathering = None;
        loop {
            if let Some(jobs) = self.depart(&mut gathering) {
                return jobs;
            }
            // No timer is as short as this. Whoever has something to do, here or on this core, does it meanwhile.
            tokio::task::yield_now().await;
            std::thread::yield_now();
        }
    }

    /// As [`next`](Self::next), unless it is to wait for more to come.
    fn depart(&mut self, gathering: &mut Option<Gathering>) -> Option<Vec<Job>> {
        let (mut state, now) = (self.shared.state(), Instant::now());
        if state.gathering && !self.gathering {
            return Some(Vec::new());
        }
        let waiting = state.waiting.len();
        let jobs = match state.departures.turn(waiting, now) {
            Turn::Wait => Some(Vec::new()),
            Turn::Gather(patience)
                if now < gathering.get_or_insert(Gathering { until: now + patience, began_with: waiting }).until =>
            {
                None
            }
            Turn::Gather(_) | Turn::Go => {
                let came = gathering.as_ref().map(|gathering| waiting.saturating_sub(gathering.began_with));
                Some(state.depart(self.shared.purpose, came, now))
            }
        };
        (self.gathering, state.gathering) = (jobs.is_none(), jobs.is_none());
        if jobs.as_ref().is_some_and(|jobs| !jobs.is_empty()) && !state.waiting.is_empty() {
            // Whoever is left behind may have nobody come after them who would see to it that they are not held up.
            self.shared.call(&mut state);
        }
        jobs
    }

    /// Waits until there is something to do; false where there will be nothing more.
    async fn rest(&mut self) -> bool {
        let Self { shared, link, .. } = self;
        let bell = shared.bell.notified();
        {
            let mut state = shared.state();
            if state.closed || state.calls() {
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

#[cfg(test)]
mod tests {
    use super::{Job, MANY, together};
    use crate::postgres::form::Steps;
    use crate::postgres::types::Owned;
    use crate::statements::Statement::{self, PutCode, RotateGrant};

    type Wanted = (Statement, u8);

    fn job((statement, key): Wanted) -> Job {
        let (reply, _) = tokio::sync::oneshot::channel();
        Job { steps: Steps::of([statement]), values: vec![Owned::Blob(vec![key])], reply }
    }

    /// Who leaves, and who stays.
    fn parted(wanted: &[Wanted]) -> (Vec<Wanted>, Vec<Wanted>) {
        let (leaving, staying) = together(wanted.iter().copied().map(job).collect());
        let shown = |job: &Job| match (job.steps.alone(), job.key()) {
            (Some(statement), Some(Owned::Blob(key))) => (statement, key[0]),
            other => panic!("{other:?}"),
        };
        (leaving.iter().map(shown).collect(), staying.iter().map(shown).collect())
    }

    #[test]
    fn a_few_leave_with_those_who_want_the_same_in_the_order_of_the_rows() {
        let (leaving, staying) = parted(&[(PutCode, 7), (RotateGrant, 1), (PutCode, 2), (RotateGrant, 9)]);
        assert_eq!(leaving, [(PutCode, 2), (PutCode, 7)]);
        assert_eq!(staying, [(RotateGrant, 1), (RotateGrant, 9)]);
    }

    #[test]
    fn two_with_the_same_row_do_not_leave_together_and_keep_their_places() {
        let (leaving, staying) = parted(&[(RotateGrant, 3), (PutCode, 1), (RotateGrant, 3), (RotateGrant, 2)]);
        assert_eq!(leaving, [(RotateGrant, 2), (RotateGrant, 3)]);
        assert_eq!(staying, [(RotateGrant, 3), (PutCode, 1)]);
    }

    #[test]
    fn many_leave_together_whatever_they_want() {
        let kinds = [PutCode, RotateGrant].into_iter().cycle();
        let wanted: Vec<Wanted> = kinds.zip(0..).take(MANY).collect();
        let (leaving, staying) = parted(&wanted);
        assert_eq!(leaving, wanted);
        assert!(staying.is_empty());
    }
}
