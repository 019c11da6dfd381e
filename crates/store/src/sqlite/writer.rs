//! The writer: takes everything that is queued into one transaction, commits, then answers all.

use super::checkpoint::Checkpoints;
use super::tx::WriteTx;
use crate::Fault;
use crate::turn::Turn;
use crate::tx::{End, Extent};
use rusqlite::Connection;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// How long a transaction is held open for others at most.
const LONGEST_WAIT: Duration = Duration::from_micros(200);

/// Something to do in the next transaction.
pub(super) trait Job: Send {
    /// Does it; whether what it wrote stays.
    fn run(&mut self, tx: &mut WriteTx<'_>) -> bool;
    /// Whether it needs a savepoint.
    fn extent(&self) -> Extent;
    /// Begins it, and from now on whoever asked for it waits for its end. False where nobody waits any more: it is then
    /// left out.
    fn begin(&self) -> bool;
    /// What went wrong with it.
    fn fault(&self) -> Option<Fault>;
    /// Answers, now that the transaction is through.
    fn answer(self: Box<Self>, committed: Result<(), Fault>);
}

/// A [`Job`] made of an intention and the place where its answer goes.
pub(super) struct Work<F, T> {
    extent: Extent,
    intention: Option<F>,
    result: Result<T, Fault>,
    reply: oneshot::Sender<Result<T, Fault>>,
    turn: Turn,
}

impl<F, T> Work<F, T> {
    pub(super) fn new(extent: Extent, intention: F, reply: oneshot::Sender<Result<T, Fault>>, turn: Turn) -> Self {
        Self { extent, intention: Some(intention), result: Err(Fault::other("an intention did not run")), reply, turn }
    }
}

impl<F, T> Job for Work<F, T>
where
    F: FnOnce(&mut WriteTx<'_>) -> Result<End<T>, Fault> + Send,
    T: Send,
{
    fn run(&mut self, tx: &mut WriteTx<'_>) -> bool {
        let Some(intention) = self.intention.take() else { return true };
        let (result, keep) = match intention(tx) {
            Ok(End::Keep(value)) => (Ok(value), true),
            Ok(End::Undo(value)) => (Ok(value), false),
            Err(fault) => (Err(fault), false),
        };
        self.result = result;
        keep
    }

    fn extent(&self) -> Extent {
        self.extent
    }

    fn begin(&self) -> bool {
        !self.reply.is_closed() && self.turn.take()
    }

    fn fault(&self) -> Option<Fault> {
        self.result.as_ref().err().cloned()
    }

    /// What an intention found out inside of a transaction that failed is no answer: it may have seen what its
    /// neighbours wrote.
    fn answer(self: Box<Self>, committed: Result<(), Fault>) {
        let _ = self.reply.send(committed.and(self.result));
    }
}

/// The thread that owns the connection that writes.
pub(super) struct Writer {
    pub(super) connection: Connection,
    pub(super) jobs: Receiver<Box<dyn Job>>,
    /// How many jobs share one commit at most.
    pub(super) batch: usize,
    pub(super) checkpoints: Checkpoints,
}

/// What the last commit tells about the next batch.
struct Expected {
    /// How many requests there were: those it answered, and those that were queued meanwhile.
    size: usize,
    /// How long that commit took.
    commit: Duration,
}

impl Writer {
    /// Works until nobody can queue any more.
    pub(super) fn run(mut self) {
        if let Err(fault) = self.checkpoints.follow(&mut self.connection) {
            tracing::warn!(%fault, "the size of the write-ahead log is not followed");
        }
        let mut tx = WriteTx::new(&self.connection);
        let (mut waiting, mut batch) = (VecDeque::with_capacity(self.batch), Vec::with_capacity(self.batch));
        let mut expected = Expected { size: 0, commit: Duration::ZERO };
        loop {
            if waiting.is_empty() {
                let Ok(first) = self.jobs.recv() else { return };
                waiting.push_back(first);
            }
            let committed = self.transaction(&mut tx, &mut waiting, &mut batch, &mut expected);
            if let Err(fault) = &committed {
                tracing::error!(%fault, jobs = batch.len(), "a transaction failed");
            }
            // Taken before anybody is answered: none of them is one of those.
            waiting.extend(self.jobs.try_iter().take(self.batch.saturating_sub(waiting.len())));
            expected.size = batch.len() + waiting.len();
            for job in batch.drain(..) {
                job.answer(committed.clone());
            }
            self.checkpoints.after_commit(&self.connection);
        }
    }

    /// One transaction: the requests that wait and those that come while it runs, in order.
    ///
    /// Half of the callers that keep coming back come just too late for a commit that begins at once, and then wait for
    /// two of them. So the transaction stays open until as many requests are in it as there were last time, for a fraction
    /// of what a commit takes.
    fn transaction(
        &self,
        tx: &mut WriteTx<'_>,
        waiting: &mut VecDeque<Box<dyn Job>>,
        batch: &mut Vec<Box<dyn Job>>,
        expected: &mut Expected,
    ) -> Result<(), Fault> {
        if let Err(fault) = self.run_sql("BEGIN IMMEDIATE") {
            batch.extend(waiting.drain(..));
            return Err(fault);
        }
        let mut patience = None;
        while batch.len() < self.batch {
            if let Some(mut job) = waiting.pop_front().or_else(|| self.jobs.try_recv().ok()) {
                if job.begin() {
                    let done = catch_unwind(AssertUnwindSafe(|| self.one(tx, &mut *job)));
                    batch.push(job);
                    let done = done.unwrap_or_else(|_| Err(Fault::other("an intention panicked")));
                    done.map_err(|fault| self.give_up(fault))?;
                }
            } else if batch.len() < expected.size
                && Instant::now()
                    < *patience.get_or_insert_with(|| Instant::now() + (expected.commit / 4).min(LONGEST_WAIT))
            {
                std::thread::yield_now();
            } else {
                break;
            }
        }
        let begun = Instant::now();
        let committed = self.run_sql("COMMIT").map_err(|fault| self.give_up(fault));
        expected.commit = begun.elapsed();
        committed
    }

    /// One job among the others: it alone is undone where it fails. An error here is one of the whole transaction.
    fn one(&self, tx: &mut WriteTx<'_>, job: &mut dyn Job) -> Result<(), Fault> {
        if job.extent() == Extent::Single {
            job.run(tx);
        } else {
            self.run_sql("SAVEPOINT job")?;
            if !job.run(tx) && !self.connection.is_autocommit() {
                self.run_sql("ROLLBACK TO job")?;
            }
            if !self.connection.is_autocommit() {
                self.run_sql("RELEASE job")?;
            }
        }
        // A full disk or a failing one ends the transaction behind our back, and with it what the others wrote.
        if self.connection.is_autocommit() {
            return Err(job.fault().unwrap_or_else(|| Fault::Unavailable("the transaction was lost".into())));
        }
        Ok(())
    }

    fn give_up(&self, fault: Fault) -> Fault {
        if !self.connection.is_autocommit()
            && let Err(error) = self.run_sql("ROLLBACK")
        {
            tracing::error!(%error, "a transaction could not be rolled back");
        }
        fault
    }

    /// One of the five statements around intentions; prepared once.
    fn run_sql(&self, sql: &'static str) -> Result<(), Fault> {
        self.connection.prepare_cached(sql)?.execute([])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Engine, WriteTx};
    use crate::statements::Statement;
    use crate::tx::{End, Extent, Tx, at_once};
    use crate::value::values;
    use crate::{Fault, Options};
    use std::sync::Arc;

    fn engine() -> Arc<Engine> {
        Arc::new(Engine::open(None, &Options::default()).unwrap())
    }

    fn put(tx: &mut WriteTx<'_>, name: &str) -> Result<u64, Fault> {
        at_once(tx.execute(Statement::PutSealed, values![name, &vec![0u8; 512]]))
    }

    async fn has(engine: &Engine, name: &str) -> bool {
        let read =
            |tx: &mut super::super::ReadTx<'_>| at_once(tx.optional(Statement::Sealed, values![name], |_| Ok(())));
        engine.read(read).await.unwrap().is_some()
    }

    /// Of 64 at once each third fails after its first write, each third changes its mind, and none hurts another.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn one_that_fails_is_undone_alone() {
        let engine = engine();
        let tasks: Vec<_> = (0..64)
            .map(|n| {
                let engine = Arc::clone(&engine);
                tokio::spawn(async move {
                    let work = move |tx: &mut WriteTx<'_>| {
                        put(tx, &format!("first {n}"))?;
                        put(tx, &format!("second {n}"))?;
                        match n % 3 {
                            0 => Ok(End::Keep(n)),
                            1 => Ok(End::Undo(n)),
                            _ => Err(Fault::other("on purpose")),
                        }
                    };
                    engine.write(Extent::Several, work).await
                })
            })
            .collect();
        for (n, task) in (0..64).zip(tasks) {
            let answer = task.await.unwrap();
            assert_eq!(answer, if n % 3 == 2 { Err(Fault::other("on purpose")) } else { Ok(n) });
            assert_eq!(has(&engine, &format!("first {n}")).await, n % 3 == 0);
            assert_eq!(has(&engine, &format!("second {n}")).await, n % 3 == 0);
        }
    }

    #[tokio::test]
    async fn a_panic_is_a_fault_and_the_writer_goes_on() {
        let engine = engine();
        let broken = |tx: &mut WriteTx<'_>| -> Result<End<()>, Fault> {
            put(tx, "half")?;
            panic!("on purpose")
        };
        assert!(matches!(engine.write(Extent::Several, broken).await, Err(Fault::Other(_))));
        assert!(!has(&engine, "half").await);
        let sound = |tx: &mut WriteTx<'_>| put(tx, "whole").map(End::Keep);
        assert_eq!(engine.write(Extent::Single, sound).await, Ok(1));
        assert!(has(&engine, "whole").await);
    }

    #[tokio::test]
    async fn a_full_disk_keeps_nothing_and_is_said() {
        let engine = engine();
        let limit = |pages: i64| {
            move |tx: &mut WriteTx<'_>| {
                let sql = format!("PRAGMA max_page_count = {pages}");
                tx.connection().query_row(&sql, [], |row| row.get::<_, i64>(0))?;
                Ok(End::Keep(()))
            }
        };
        engine.write(Extent::Single, limit(1)).await.unwrap();
        let fill = |tx: &mut WriteTx<'_>| {
            for n in 0..1_000 {
                put(tx, &format!("fill {n}"))?;
            }
            Ok(End::Keep(()))
        };
        assert_eq!(engine.write(Extent::Several, fill).await, Err(Fault::Full));
        assert!(!has(&engine, "fill 0").await);
        engine.write(Extent::Single, limit(1_000_000)).await.unwrap();
        engine.write(Extent::Several, fill).await.unwrap();
        assert!(has(&engine, "fill 999").await);
    }

    /// Whoever gives up before it began has taken it back; once it has begun they hear how it ended, however long it takes.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn who_gives_up_took_it_back_or_hears_its_end() {
        let patience = std::time::Duration::from_millis(50);
        let engine = Arc::new(Engine::open(None, &Options { patience, ..Options::default() }).unwrap());
        let (go, held) = std::sync::mpsc::channel::<()>();
        let (begun, has_begun) = tokio::sync::oneshot::channel::<()>();
        let long = tokio::spawn({
            let engine = Arc::clone(&engine);
            async move {
                let work = move |tx: &mut WriteTx<'_>| {
                    let _ = begun.send(());
                    let _ = held.recv();
                    put(tx, "long").map(End::Keep)
                };
                engine.write(Extent::Single, work).await
            }
        });
        has_begun.await.unwrap();
        // Waits behind it for longer than it wants to.
        let behind = |tx: &mut WriteTx<'_>| put(tx, "behind").map(End::Keep);
        assert_eq!(engine.write(Extent::Single, behind).await, Err(Fault::Busy));
        go.send(()).unwrap();
        assert_eq!(long.await.unwrap(), Ok(1));
        assert!(has(&engine, "long").await);
        engine.write(Extent::Single, |tx: &mut WriteTx<'_>| put(tx, "last").map(End::Keep)).await.unwrap();
        assert!(!has(&engine, "behind").await, "what was taken back is never done");
    }

    #[tokio::test]
    async fn an_intention_that_waits_is_a_mistake() {
        assert!(matches!(at_once(std::future::pending::<Result<(), Fault>>()), Err(Fault::Other(_))));
        let engine = engine();
        let waits = |_: &mut WriteTx<'_>| at_once(std::future::pending::<Result<End<()>, Fault>>());
        assert!(matches!(engine.write(Extent::Single, waits).await, Err(Fault::Other(_))));
    }
}
