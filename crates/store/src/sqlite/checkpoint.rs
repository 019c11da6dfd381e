//! Moving the write-ahead log into the database without keeping writers waiting.
//!
//! Left alone, SQLite does this inside of whichever commit makes the log long: that one and all behind it wait for a
//! thousand pages. Here a thread of its own copies most of them while the writer goes on; the writer then only copies
//! the few that came meanwhile, after which the log starts again from its beginning.

use super::open;
use crate::Fault;
use rusqlite::Connection;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long the log may be (in pages of 4 KiB) before it is copied.
const LONG: u32 = 2_000;

/// How soon it is tried again after it failed. On a full disk the log must not go on growing by [`LONG`]: it would take the
/// last room itself, and then nothing could be copied any more.
const SOON: Duration = Duration::from_millis(250);

/// The writer's side.
pub(super) struct Checkpoints {
    wake: SyncSender<()>,
    pages: Arc<AtomicU32>,
    /// Most of the log has been copied; the writer is to do the rest.
    mostly_done: Arc<AtomicBool>,
    /// The log could not be copied.
    failed: Arc<AtomicBool>,
    /// When to try again after that, whether or not the log has grown.
    again: Option<Instant>,
    /// The length below which nobody is woken: where the log could not be started over, the next try comes later.
    next: u32,
}

/// Starts the thread; it ends when the writer's side is dropped.
///
/// # Errors
/// The database cannot be opened, or there are no more threads.
pub(super) fn start(path: &Path) -> Result<(JoinHandle<()>, Checkpoints), Fault> {
    let connection = open::checkpointer(path)?;
    let (wake, woken) = sync_channel::<()>(1);
    let mostly_done = Arc::new(AtomicBool::new(false));
    let failed = Arc::new(AtomicBool::new(false));
    let (done, not_done) = (Arc::clone(&mostly_done), Arc::clone(&failed));
    let thread = std::thread::Builder::new()
        .name("store-checkpoint".into())
        .spawn(move || {
            while woken.recv().is_ok() {
                let outcome = if checkpoint(&connection) { &done } else { &not_done };
                outcome.store(true, Ordering::Release);
            }
        })
        .map_err(|error| Fault::Unavailable(error.to_string()))?;
    Ok((thread, Checkpoints { wake, pages: Arc::default(), mostly_done, failed, again: None, next: LONG }))
}

impl Checkpoints {
    /// Learns the log's length after each commit, and keeps SQLite from copying by itself.
    pub(super) fn follow(&self, connection: &mut Connection) -> Result<(), Fault> {
        let pages = Arc::clone(&self.pages);
        connection.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, length: std::ffi::c_int| {
            pages.store(u32::try_from(length).unwrap_or(0), Ordering::Relaxed);
            Ok(())
        }))?;
        Ok(())
    }

    /// To be called between two transactions, also after one that failed.
    pub(super) fn after_commit(&mut self, connection: &Connection) {
        let pages = self.pages.load(Ordering::Relaxed);
        if self.failed.swap(false, Ordering::AcqRel) {
            self.again = Some(Instant::now() + SOON);
        }
        if self.mostly_done.swap(false, Ordering::AcqRel) {
            self.again = (!checkpoint(connection)).then(|| Instant::now() + SOON);
            // A reader of an old state keeps the log from starting over; then it grows, and is tried again later.
            self.next = pages.saturating_add(LONG);
        } else if pages < LONG {
            self.next = LONG;
        } else if (pages >= self.next || self.again.is_some_and(|at| at <= Instant::now()))
            && self.wake.try_send(()).is_ok()
        {
            self.again = None;
            self.next = pages.saturating_add(LONG);
        }
    }
}

/// Copies as much as is possible without waiting for anybody.
fn checkpoint(connection: &Connection) -> bool {
    let result = connection
        .prepare_cached("PRAGMA wal_checkpoint(PASSIVE)")
        .and_then(|mut pragma| pragma.query_row([], |row| row.get::<_, i64>(0)));
    if let Err(error) = &result {
        tracing::warn!(%error, "the write-ahead log could not be copied");
    }
    result.is_ok()
}
