//! SQLite: one writer thread that commits whatever has queued up at once, and readers beside it.
//!
//! * A write is queued, runs on the writer's thread among others in one transaction, and is answered after the commit:
//!   one `fsync` for many requests ([`mod@writer`]).
//! * A read runs at once on the caller's thread, on one of a few read-only connections; it takes microseconds, so it
//!   needs no thread of its own even inside of an asynchronous task ([`Engine::read`]).
//! * The write-ahead log is moved into the database beside the writer, not by it ([`checkpoint`]).

mod backup;
mod checkpoint;
mod open;
mod tx;
mod writer;

use crate::turn::Turn;
use crate::tx::{End, Extent};
use crate::{Fault, Options};
pub(crate) use backup::{backup, create, seal_file, settle};
pub(crate) use open::{TemporaryFolder, WORDS, reader, writer};
use rusqlite::Connection;
use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::oneshot;
#[cfg(test)]
pub(crate) use tx::spelled;
pub(crate) use tx::{NOW, ReadTx, WriteTx};
use writer::{Job, Work, Writer};

/// An open SQLite database.
pub(crate) struct Engine {
    /// `None` only while it is being dropped.
    queue: Option<SyncSender<Box<dyn Job>>>,
    readers: Vec<Mutex<Connection>>,
    threads: Vec<JoinHandle<()>>,
    path: PathBuf,
    patience: Duration,
    /// Removed when the engine goes: the folder of a database that was to be nowhere.
    _folder: Option<open::TemporaryFolder>,
}

impl Engine {
    /// Opens `path`, or a database in a fresh temporary folder that goes away with the engine.
    ///
    /// # Errors
    /// The folder or file cannot be made, is damaged, is held by another process, or is of a newer schema.
    pub(crate) fn open(path: Option<&Path>, options: &Options) -> Result<Self, Fault> {
        let (path, folder) = match path {
            Some(path) => (path.to_owned(), None),
            None => open::TemporaryFolder::create().map(|folder| (folder.database(), Some(folder)))?,
        };
        let connection = open::writer(&path, folder.is_none())?;
        Self::start(path, folder, connection, options)
    }

    /// Opens the request log at `path`, with a writer and readers of its own.
    ///
    /// # Errors
    /// Its file cannot be made or read.
    pub(crate) fn open_requests(path: &Path) -> Result<Self, Fault> {
        let connection = open::requests_writer(path)?;
        let options = Options { queue: 64, batch: 8, readers: 2, ..Options::default() };
        Self::start(path.to_owned(), None, connection, &options)
    }

    fn start(
        path: PathBuf,
        folder: Option<open::TemporaryFolder>,
        connection: Connection,
        options: &Options,
    ) -> Result<Self, Fault> {
        let readers =
            (0..options.readers.max(1)).map(|_| open::reader(&path).map(Mutex::new)).collect::<Result<Vec<_>, _>>()?;
        let (queue, jobs) = sync_channel(options.queue.max(1));
        let (checkpointer, checkpoints) = checkpoint::start(&path)?;
        let writer = Writer { connection, jobs, batch: options.batch.max(1), checkpoints };
        let thread = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || writer.run())
            .map_err(|error| Fault::Unavailable(error.to_string()))?;
        Ok(Self {
            queue: Some(queue),
            readers,
            threads: vec![thread, checkpointer],
            path,
            patience: options.patience,
            _folder: folder,
        })
    }

    /// The database's file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// How long a caller waits for its write.
    pub(crate) fn patience(&self) -> Duration {
        self.patience
    }

    /// Runs an intention on the writer's thread and answers after its commit.
    ///
    /// # Errors
    /// [`Fault::Busy`] where the queue is full, or it did not begin within the patience of the store: it is then never done.
    /// Once it has begun its end is waited for.
    pub(crate) async fn write<T, F>(&self, extent: Extent, work: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: FnOnce(&mut WriteTx<'_>) -> Result<End<T>, Fault> + Send + 'static,
    {
        let (reply, mut answer) = oneshot::channel();
        let turn = Turn::default();
        let queue = self.queue.as_ref().ok_or_else(stopped)?;
        queue.try_send(Box::new(Work::new(extent, work, reply, turn.clone()))).map_err(|error| match error {
            TrySendError::Full(_) => Fault::Busy,
            TrySendError::Disconnected(_) => stopped(),
        })?;
        let answered = match tokio::time::timeout(self.patience, &mut answer).await {
            Ok(answered) => answered,
            Err(_) if turn.take() => return Err(Fault::Busy),
            Err(_) => answer.await,
        };
        answered.unwrap_or_else(|_| Err(stopped()))
    }

    /// Runs a reading intention here and now; it sees the last commit.
    ///
    /// # Errors
    /// The database cannot be read.
    #[expect(clippy::unused_async, reason = "an engine across a network will wait here")]
    pub(crate) async fn read<T>(&self, work: impl FnOnce(&mut ReadTx<'_>) -> Result<T, Fault>) -> Result<T, Fault> {
        let connection = self.reader()?;
        work(&mut ReadTx::new(&connection))
    }

    /// A free reader; each thread looks at its own first.
    fn reader(&self) -> Result<MutexGuard<'_, Connection>, Fault> {
        static THREADS: AtomicUsize = AtomicUsize::new(0);
        thread_local! { static MINE: Cell<usize> = Cell::new(THREADS.fetch_add(1, Ordering::Relaxed)); }
        let first = MINE.get() % self.readers.len().max(1);
        let (after, before) = (self.readers.iter().skip(first), self.readers.iter().take(first));
        if let Some(free) = after.chain(before).find_map(|reader| reader.try_lock().ok()) {
            return Ok(free);
        }
        let mine = self.readers.get(first).ok_or_else(stopped)?;
        Ok(mine.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Engine {
    /// Lets the writer finish what is queued; the last connection to close leaves the log empty.
    fn drop(&mut self) {
        drop(self.queue.take());
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn stopped() -> Fault {
    Fault::Unavailable("the writer has stopped".into())
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        // Ours are the only triggers that refuse anything.
        if error.sqlite_error().is_some_and(|error| error.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_TRIGGER) {
            return Self::SameId(String::new());
        }
        match error.sqlite_error_code() {
            Some(Code::DatabaseBusy | Code::DatabaseLocked) => Self::Busy,
            Some(Code::DiskFull) => Self::Full,
            Some(Code::DatabaseCorrupt | Code::NotADatabase) => Self::Corrupt(error.to_string()),
            Some(Code::CannotOpen | Code::SystemIoFailure | Code::ReadOnly | Code::PermissionDenied) => {
                Self::Unavailable(error.to_string())
            }
            _ => Self::Other(error.to_string()),
        }
    }
}
