//! The writer: takes everything that is queued into one transaction, commits, then answers all.

use super::checkpoint::Checkpoints;
use super::tx::WriteTx;
use crate::Fault;
use crate::tx::{End, Extent};
use rusqlite::Connection;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::Receiver;
use tokio::sync::oneshot;

/// Something to do in the next transaction.
pub(super) trait Job: Send {
    /// Does it; whether what it wrote stays.
    fn run(&mut self, tx: &mut WriteTx<'_>) -> bool;
    /// Whether it needs a savepoint.
    fn extent(&self) -> Extent;
    /// Whether somebody still waits for the answer.
    fn is_wanted(&self) -> bool;
    /// Answers, now that the transaction is through.
    fn answer(self: Box<Self>, committed: Result<(), Fault>);
}

/// A [`Job`] made of an intention and the place where its answer goes.
pub(super) struct Work<F, T> {
    extent: Extent,
    intention: Option<F>,
    result: Result<T, Fault>,
    reply: oneshot::Sender<Result<T, Fault>>,
}

impl<F, T> Work<F, T> {
    pub(super) fn new(extent: Extent, intention: F, reply: oneshot::Sender<Result<T, Fault>>) -> Self {
        Self { extent, intention: Some(intention), result: Err(Fault::Busy), reply }
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

    fn is_wanted(&self) -> bool {
        !self.reply.is_closed()
    }

    /// What an intention found out inside of a transaction that failed is no answer: it may have seen what its
    /// neighbours wrote.
    fn answer(self: Box<Self>, committed: Result<(), Fault>) {
        let _ = self.reply.send(self.result.and_then(|value| committed.map(|()| value)));
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

impl Writer {
    /// Works until nobody can queue any more.
    pub(super) fn run(mut self) {
        if let Err(fault) = self.checkpoints.follow(&mut self.connection) {
            tracing::warn!(%fault, "the size of the write-ahead log is not followed");
        }
        let mut tx = WriteTx::new(&self.connection);
        let mut batch = Vec::with_capacity(self.batch);
        while let Ok(first) = self.jobs.recv() {
            let committed = self.transaction(&mut tx, first, &mut batch);
            if let Err(fault) = &committed {
                tracing::error!(%fault, jobs = batch.len(), "a transaction failed");
            }
            for job in batch.drain(..) {
                job.answer(committed.clone());
            }
            self.checkpoints.after_commit(&self.connection);
        }
    }

    /// One transaction: the first job and all that are queued behind it, in order.
    fn transaction(
        &self,
        tx: &mut WriteTx<'_>,
        first: Box<dyn Job>,
        batch: &mut Vec<Box<dyn Job>>,
    ) -> Result<(), Fault> {
        if let Err(error) = self.run_sql("BEGIN IMMEDIATE") {
            batch.push(first);
            return Err(error);
        }
        let mut next = Some(first);
        while let Some(mut job) = next.take() {
            if job.is_wanted() {
                let done = catch_unwind(AssertUnwindSafe(|| self.one(tx, &mut *job)));
                batch.push(job);
                let done = done.unwrap_or_else(|_| Err(Fault::other("an intention panicked")));
                if let Err(fault) = done {
                    return Err(self.give_up(fault));
                }
            }
            if batch.len() < self.batch {
                next = self.jobs.try_recv().ok();
            }
        }
        self.run_sql("COMMIT").map_err(|fault| self.give_up(fault))
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
            return Err(Fault::Unavailable("the transaction was lost".into()));
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
