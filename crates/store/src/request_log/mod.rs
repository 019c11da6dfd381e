//! The request log: what became of each call of an app, for whoever looks for a mistake.
//!
//! It is no part of what must not be lost. On SQLite it is a file of its own beside the database, `NAME.requests.db`, with its own
//! writer and readers, which is not put on the disk with each commit: a crash may take the last moment along. On PostgreSQL it has
//! tables of its own. Its lines are bounded by age, and for each app by number and size; what went well and what was refused have
//! their bounds each, so that a busy app still finds its mistakes.

mod read;
mod write;

use crate::store::Engine;
use crate::{Fault, Id, Store, sqlite};
pub use read::{RequestDay, RequestError, RequestFilter};
use std::path::{Path, PathBuf};
use std::sync::Arc;
pub use write::RequestBounds;

/// The kind of a line that says how many others are missing.
pub const GAP: &str = "gap";

/// An open request log. Cheap to clone.
#[derive(Debug, Clone)]
pub struct RequestLog {
    /// A handle on its tables, wherever they are.
    store: Store,
}

/// One call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestLine {
    /// In the order in which lines were written.
    pub id: Id,
    /// The realm.
    pub realm: String,
    /// The app; empty where none of the realm was named.
    pub client: String,
    /// When, in milliseconds.
    pub at: i64,
    /// The name of the request, as its answer carries it.
    pub reference: String,
    /// The endpoint.
    pub endpoint: String,
    /// The grant type, where it is one that there is.
    pub grant_type: String,
    /// The status of the answer; 0 for a gap.
    pub status: u16,
    /// The error of the answer; empty where it went well.
    pub error: String,
    /// The kind of the refusal; [`GAP`] where lines are missing.
    pub kind: String,
    /// What the answer said of it.
    pub detail: String,
    /// What is only shown: JSON of whoever writes the log.
    pub doc: String,
}

impl RequestLine {
    /// Whether the call did not go well.
    pub fn is_refused(&self) -> bool {
        self.status == 0 || self.status >= 400 || !self.error.is_empty()
    }

    /// What it counts, in bytes: about what it takes on the disk.
    fn size(&self) -> i64 {
        let texts = [
            &self.realm,
            &self.client,
            &self.reference,
            &self.endpoint,
            &self.grant_type,
            &self.error,
            &self.kind,
            &self.detail,
            &self.doc,
        ];
        let text: usize = texts.into_iter().map(String::len).sum();
        // The id stands in three trees, realm and client in two.
        i64::try_from(text + self.realm.len() + self.client.len() + 96).unwrap_or(i64::MAX)
    }
}

impl Store {
    /// Opens the request log of this database, for the server that writes it. One that cannot be read any more is set aside, and a
    /// new one begins.
    ///
    /// # Errors
    /// Its file cannot be made.
    pub fn open_request_log(&self) -> Result<RequestLog, Fault> {
        let Engine::Sqlite(engine) = &*self.engine else { return Ok(RequestLog { store: self.clone() }) };
        let path = beside(engine.path());
        let opened = match sqlite::Engine::open_requests(&path) {
            Err(fault @ (Fault::Corrupt(_) | Fault::Other(_))) => {
                let aside = set_aside(&path)?;
                tracing::warn!(%fault, aside = %aside.display(), "the request log cannot be read; a new one begins");
                sqlite::Engine::open_requests(&path)?
            }
            other => other?,
        };
        Ok(RequestLog::on(opened))
    }

    /// The request log of this database, for whoever reads it beside the server; `None` where there is none.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn find_request_log(&self) -> Result<Option<RequestLog>, Fault> {
        let Engine::Sqlite(engine) = &*self.engine else { return Ok(Some(RequestLog { store: self.clone() })) };
        let path = beside(engine.path());
        if !path.exists() {
            return Ok(None);
        }
        sqlite::Engine::open_requests(&path).map(|engine| Some(RequestLog::on(engine)))
    }
}

impl Store {
    /// Sets a request log aside that turned out to be damaged, and begins a new one.
    ///
    /// # Errors
    /// Its file cannot be made.
    pub fn renew_request_log(&self) -> Result<RequestLog, Fault> {
        if let Engine::Sqlite(engine) = &*self.engine {
            set_aside(&beside(engine.path()))?;
        }
        self.open_request_log()
    }
}

impl RequestLog {
    fn on(engine: sqlite::Engine) -> Self {
        Self { store: Store { engine: Arc::new(Engine::Sqlite(engine)), audit: None, expected: None } }
    }
}

/// Where the request log of a database file is.
pub fn beside(database: &Path) -> PathBuf {
    database.with_extension("requests.db")
}

/// Gives what cannot be read another name, once: an older one is replaced.
fn set_aside(path: &Path) -> Result<PathBuf, Fault> {
    let aside = path.with_extension("db.unreadable");
    let unavailable = |error: std::io::Error| Fault::Unavailable(format!("{}: {error}", path.display()));
    std::fs::rename(path, &aside).map_err(unavailable)?;
    for end in ["-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        match std::fs::remove_file(&name) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(unavailable(error)),
            _ => {}
        }
    }
    Ok(aside)
}

/// The smallest id of a time: what was written before it has smaller ones.
fn first_id(millis: i64) -> Id {
    let mut id = [0; 16];
    let time = millis.max(0).to_be_bytes();
    id[..6].copy_from_slice(&time[2..]);
    id
}
