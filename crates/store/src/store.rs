//! The handle on an open database.

use crate::Fault;
use crate::sqlite;
use std::fmt;
use std::fs::{File, TryLockError};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// An open database. Cheap to clone; the last clone to go closes it, after what is queued is done.
///
/// Its methods want a tokio runtime with a timer around them. On SQLite a method that only reads never waits: it answers
/// at its first poll, microseconds later, on the caller's thread.
#[derive(Clone)]
pub struct Store {
    pub(crate) engine: Arc<Engine>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Engine::Sqlite(engine) = &*self.engine;
        f.debug_tuple("Store").field(&engine.path()).finish()
    }
}

/// The engines there are.
pub(crate) enum Engine {
    Sqlite(sqlite::Engine),
}

/// How a database is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many writes may wait; one more is answered with [`Fault::Busy`].
    pub queue: usize,
    /// How many writes share one commit at most.
    pub batch: usize,
    /// How long a caller waits for its write.
    pub patience: Duration,
    /// How many reads may run at once.
    pub readers: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            queue: 2_048,
            batch: 256,
            patience: Duration::from_secs(5),
            readers: std::thread::available_parallelism().map_or(2, |cores| cores.get().clamp(2, 8)),
        }
    }
}

impl Store {
    /// Opens `sqlite:///absolute/path`, `sqlite://relative/path`, or `sqlite::memory:` (for tests: a database in a fresh
    /// temporary folder that goes away with the store and is never synced). Folder and file are created; the schema is
    /// brought up to date.
    ///
    /// # Errors
    /// [`Fault::Other`] for any other URL, [`Fault::SchemaTooNew`] for a newer program's data, and whatever the disk says.
    pub fn open(url: &str, options: &Options) -> Result<Self, Fault> {
        let engine = if url == "sqlite::memory:" {
            sqlite::Engine::open(None, options)?
        } else if let Some(path) = url.strip_prefix("sqlite://").filter(|path| !path.is_empty()) {
            sqlite::Engine::open(Some(Path::new(path)), options)?
        } else {
            return Err(Fault::Other("a database URL starts with sqlite://, or is sqlite::memory:".into()));
        };
        Ok(Self { engine: Arc::new(Engine::Sqlite(engine)) })
    }

    /// Copies the database, as it is at this moment and while it is written to, into a new file.
    ///
    /// # Errors
    /// The file exists already or cannot be written.
    pub async fn backup(&self, to: &Path) -> Result<(), Fault> {
        let Engine::Sqlite(engine) = &*self.engine;
        let (from, to) = (engine.path().to_owned(), to.to_owned());
        tokio::task::spawn_blocking(move || sqlite::backup(&from, &to)).await.map_err(Fault::other)?
    }
}

/// Runs an intention that writes: `write!(self, Several, |tx| { ..; Ok(Keep(answer)) })`. The block runs where the
/// engine wants it, so it owns what it uses.
macro_rules! write {
    ($store:expr, $extent:ident, |$tx:ident| $body:block) => {
        match &*$store.engine {
            $crate::store::Engine::Sqlite(engine) => {
                engine.write($crate::tx::Extent::$extent, move |$tx| $crate::tx::at_once(async move { $body })).await
            }
        }
    };
}
pub(crate) use write;

/// Runs an intention that reads: `read!(self, |tx| { .. })`.
macro_rules! read {
    ($store:expr, |$tx:ident| $body:block) => {
        match &*$store.engine {
            $crate::store::Engine::Sqlite(engine) => engine.read(|$tx| $crate::tx::at_once(async { $body })).await,
        }
    };
}
pub(crate) use read;

/// Held by the one server that serves a folder's data; the operating system lets go of it when the process ends,
/// however it ends.
#[derive(Debug)]
pub struct ServingLock {
    _file: File,
}

/// Takes the lock file `claviger.lock` of a folder, which is created where it is missing.
///
/// # Errors
/// [`Fault::Locked`] while another process holds it; [`Fault::Unavailable`] where the file cannot be made.
pub fn lock_for_serving(folder: &Path) -> Result<ServingLock, Fault> {
    let unavailable = |error: std::io::Error| Fault::Unavailable(format!("{}: {error}", folder.display()));
    std::fs::create_dir_all(folder).map_err(unavailable)?;
    let path = folder.join("claviger.lock");
    let file = File::options().create(true).truncate(false).write(true).open(path).map_err(unavailable)?;
    match file.try_lock() {
        Ok(()) => Ok(ServingLock { _file: file }),
        Err(TryLockError::WouldBlock) => Err(Fault::Locked(folder.display().to_string())),
        Err(TryLockError::Error(error)) => Err(unavailable(error)),
    }
}
