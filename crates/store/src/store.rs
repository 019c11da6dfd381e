//! The handle on an open database.

use crate::audit::act::Audit;
use crate::audit::act::Pending;
use crate::private;
use crate::{Fault, Options, postgres, sqlite};
use std::fmt;
use std::fs::{File, TryLockError};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// An open database. Cheap to clone; the last clone to go closes it, after what is queued is done.
///
/// Its methods want a tokio runtime with a timer around them. On SQLite a method that only reads never waits: it answers
/// at its first poll, microseconds later, on the caller's thread. On PostgreSQL every method waits for the network, and
/// for no longer than [`Options::patience`].
#[derive(Clone)]
pub struct Store {
    pub(crate) engine: Arc<Engine>,
    /// What is written down for what is done through this handle.
    pub(crate) audit: Option<Arc<Audit>>,
    /// What the first act through this handle rests on.
    pub(crate) expected: Option<Arc<Pending>>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.engine {
            Engine::Sqlite(engine) => f.debug_tuple("Store").field(&engine.path()).finish(),
            Engine::Postgres(engine) => f.debug_tuple("Store").field(engine).finish(),
        }
    }
}

/// The engines there are.
pub(crate) enum Engine {
    Sqlite(sqlite::Engine),
    Postgres(postgres::Engine),
}

impl Store {
    /// Opens a database by its URL: `postgres://user:password@host:port/database` (or `postgresql://`), or one of
    /// [`Store::open`]'s. The schema is brought up to date.
    ///
    /// # Errors
    /// [`Fault::Other`] for any other URL, [`Fault::SchemaTooNew`] for a newer program's data, [`Fault::Unfinished`] for
    /// one that must not be served, [`Fault::Unavailable`] where nobody answers or lets us in.
    pub async fn connect(url: &str, options: &Options) -> Result<Self, Fault> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let engine = postgres::Engine::connect(url, options).await?;
            let store = Self { engine: Arc::new(Engine::Postgres(engine)), audit: None, expected: None };
            store.refuse_unfinished(options).await?;
            return Ok(store);
        }
        Self::open(url, options)
    }

    async fn refuse_unfinished(&self, options: &Options) -> Result<(), Fault> {
        match self.unfinished().await? {
            Some(state) if !options.unfinished => Err(Fault::Unfinished(state.to_string())),
            _ => Ok(()),
        }
    }

    /// The same database for what must not wait behind requests, and for no longer than two seconds: on PostgreSQL by two
    /// connections of its own, one that reads and one that writes.
    ///
    /// # Errors
    /// There is no runtime with a timer.
    pub fn on_own_connections(&self) -> Result<Self, Fault> {
        const PATIENCE: Duration = Duration::from_secs(2);
        match &*self.engine {
            Engine::Sqlite(_) => Ok(self.clone()),
            Engine::Postgres(engine) => {
                let engine = Arc::new(Engine::Postgres(engine.on_own_connections(PATIENCE)?));
                Ok(Self { engine, audit: self.audit.clone(), expected: self.expected.clone() })
            }
        }
    }

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
            return Err(Fault::Other("a database URL starts with sqlite:// or postgres://".into()));
        };
        let store = Self { engine: Arc::new(Engine::Sqlite(engine)), audit: None, expected: None };
        crate::tx::at_once(store.refuse_unfinished(options))?;
        Ok(store)
    }

    /// How long a caller is kept waiting.
    pub(crate) fn patience(&self) -> Duration {
        match &*self.engine {
            Engine::Sqlite(engine) => engine.patience(),
            Engine::Postgres(engine) => engine.longest(),
        }
    }

    /// Where the database is, for people and logs: a password is left out.
    pub fn shown(&self) -> String {
        match &*self.engine {
            Engine::Sqlite(engine) => format!("sqlite://{}", engine.path().display()),
            Engine::Postgres(engine) => engine.shown().to_owned(),
        }
    }
}

/// Runs an intention that writes: `write!(self, Several, |tx| { ..; Ok(Keep(answer)) })`. The block runs where the
/// engine wants it, and again where another transaction stood in its way: it owns what it uses, and gives nothing away.
/// What waits for the network is boxed: it is large, and would be moved with every request that only meets SQLite.
/// `write!(self, Several, long_patience, ..)` for one that is long on a network; on a file, what has begun is always waited
/// for.
macro_rules! write {
    ($store:expr, $extent:ident, |$tx:ident| $body:block) => {
        $crate::store::write!($store, $extent, patience, |$tx| $body)
    };
    ($store:expr, $extent:ident, $patience:ident, |$tx:ident| $body:block) => {
        match &*$store.engine {
            $crate::store::Engine::Sqlite(engine) => {
                engine.write($crate::tx::Extent::$extent, move |$tx| $crate::tx::at_once(async move { $body })).await
            }
            $crate::store::Engine::Postgres(engine) => {
                let mut patience = engine.$patience();
                loop {
                    let outcome = patience
                        .bound(Box::pin(async {
                            let mut transaction = patience.begin($crate::tx::Extent::$extent).await?;
                            let end = {
                                let $tx = &mut transaction;
                                async { $body }.await
                            };
                            transaction.end(end).await
                        }))
                        .await;
                    if let Some(outcome) = patience.settle(outcome).await {
                        break outcome;
                    }
                }
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
            $crate::store::Engine::Postgres(engine) => {
                let patience = engine.patience();
                patience
                    .bound(Box::pin(async {
                        let mut transaction = patience.begin_reading().await?;
                        let result = {
                            let $tx = &mut transaction;
                            async { $body }.await
                        };
                        transaction.read(result)
                    }))
                    .await
            }
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
    private::create_folder(folder).map_err(unavailable)?;
    let path = folder.join("claviger.lock");
    private::create_file_if_missing(&path).map_err(unavailable)?;
    let file = File::options().write(true).open(path).map_err(unavailable)?;
    match file.try_lock() {
        Ok(()) => Ok(ServingLock { _file: file }),
        Err(TryLockError::WouldBlock) => Err(Fault::Locked(folder.display().to_string())),
        Err(TryLockError::Error(error)) => Err(unavailable(error)),
    }
}
