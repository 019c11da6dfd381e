//! How a database is opened.

use crate::Masked;
use std::path::PathBuf;
use std::time::Duration;

/// How a database is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many writes may wait; one more is answered with [`Fault::Busy`](crate::Fault::Busy).
    pub queue: usize,
    /// How many writes share one commit at most (SQLite).
    pub batch: usize,
    /// How long a caller waits for its write.
    pub patience: Duration,
    /// How many reads may run at once (SQLite).
    pub readers: usize,
    /// How many connections there may be (PostgreSQL), beside those of [`Store::on_own_connections`](crate::Store::on_own_connections). All servers together must stay below its `max_connections`.
    pub connections: usize,
    /// The password, where the URL has none (PostgreSQL).
    pub password: Option<Masked<String>>,
    /// PEM certificates of the authority that the database's certificate is checked against; `None`: the public ones.
    pub ca_file: Option<PathBuf>,
    /// Open also a database that must not be served ([`Fault::Unfinished`](crate::Fault::Unfinished)).
    pub unfinished: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            queue: 2_048,
            batch: 256,
            patience: Duration::from_secs(5),
            readers: std::thread::available_parallelism().map_or(2, |cores| cores.get().clamp(2, 8)),
            connections: 10,
            password: None,
            ca_file: None,
            unfinished: false,
        }
    }
}
