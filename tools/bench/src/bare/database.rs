//! The bare server's durable rows: SQLite with WAL and `synchronous=FULL`, one writer thread which
//! commits whatever has queued up in one transaction, and readers beside it.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::mpsc;

use anyhow::{Context, Result};
use rusqlite::{Connection, OptionalExtension, params};
use tokio::sync::oneshot;

/// Jobs in one transaction at most.
const BATCH: usize = 512;

/// A durable change; its row count is what the caller learns.
pub(crate) enum Write {
    /// A new opaque token.
    Token { id: [u8; 16], hash: [u8; 32], now: i64 },
    /// A refresh token's turn: one row if the generation is still the current one.
    Rotate { id: [u8; 16], generation: u32, now: i64 },
    /// A new authorization code.
    Code { id: [u8; 16], hash: [u8; 32], now: i64 },
    /// The code's redemption and the grant it becomes.
    Redeem { id: [u8; 16], hash: [u8; 32], now: i64 },
}

struct Job {
    write: Write,
    done: oneshot::Sender<bool>,
}

/// A handle to the writer, and the file that readers open.
#[derive(Clone)]
pub(crate) struct Database {
    path: PathBuf,
    jobs: mpsc::Sender<Job>,
}

impl Database {
    /// Makes the file and starts the writer.
    pub(crate) fn create(path: &Path) -> Result<Self> {
        let connection = open(path)?;
        connection.execute_batch(
            "CREATE TABLE token (id BLOB PRIMARY KEY, hash BLOB NOT NULL, client TEXT NOT NULL, scope TEXT NOT NULL,
               issued INTEGER NOT NULL, expires INTEGER NOT NULL) WITHOUT ROWID;
             CREATE TABLE grant_ (id BLOB PRIMARY KEY, generation INTEGER NOT NULL, client TEXT NOT NULL,
               subject TEXT NOT NULL, scope TEXT NOT NULL, used INTEGER NOT NULL) WITHOUT ROWID;
             CREATE TABLE code (id BLOB PRIMARY KEY, hash BLOB NOT NULL, client TEXT NOT NULL, redirect TEXT NOT NULL,
               scope TEXT NOT NULL, issued INTEGER NOT NULL, redeemed INTEGER) WITHOUT ROWID;
             CREATE TABLE user (id TEXT PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL) WITHOUT ROWID;
             INSERT INTO user VALUES ('0192f0c1-0000-7000-8000-000000000001', 'Sam Sample', 'sam@example.com');",
        )?;
        let (jobs, queue) = mpsc::channel();
        std::thread::Builder::new().name("writer".to_owned()).spawn(move || {
            if let Err(error) = write_all(&connection, &queue) {
                eprintln!("the bare writer ended: {error}");
                std::process::exit(1);
            }
        })?;
        Ok(Self { path: path.to_path_buf(), jobs })
    }

    /// Makes a change durable; true if it touched a row.
    pub(crate) async fn commit(&self, write: Write) -> Result<bool> {
        let (done, outcome) = oneshot::channel();
        self.jobs.send(Job { write, done }).ok().context("the writer is gone")?;
        Ok(outcome.await?)
    }

    /// Reads with this thread's own connection.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        thread_local! { static READER: RefCell<Option<Connection>> = const { RefCell::new(None) }; }
        READER.with_borrow_mut(|slot| {
            let connection = match slot.take() {
                Some(connection) => connection,
                None => open(&self.path)?,
            };
            let outcome = read(&connection);
            *slot = Some(connection);
            Ok(outcome?)
        })
    }

    /// The hash and scope of an opaque token.
    pub(crate) fn token(&self, id: [u8; 16]) -> Result<Option<(Vec<u8>, String, i64)>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached("SELECT hash, scope, expires FROM token WHERE id = ?1")?;
            statement.query_row([&id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()
        })
    }

    /// Name and address of a user.
    pub(crate) fn user(&self, id: &str) -> Result<Option<(String, String)>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached("SELECT name, email FROM user WHERE id = ?1")?;
            statement.query_row([id], |row| Ok((row.get(0)?, row.get(1)?))).optional()
        })
    }
}

fn open(path: &Path) -> Result<Connection> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "cache_size", -65_536)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    Ok(connection)
}

fn write_all(connection: &Connection, queue: &mpsc::Receiver<Job>) -> Result<()> {
    let mut waiting = Vec::with_capacity(BATCH);
    while let Ok(first) = queue.recv() {
        connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        let mut next = Some(first);
        while let Some(job) = next {
            let touched = apply(connection, &job.write)?;
            waiting.push((job.done, touched));
            next = if waiting.len() < BATCH { queue.try_recv().ok() } else { None };
        }
        connection.prepare_cached("COMMIT")?.execute([])?;
        for (done, touched) in waiting.drain(..) {
            // The caller may have gone away; the row is durable all the same.
            let _ = done.send(touched);
        }
    }
    Ok(())
}

fn apply(connection: &Connection, write: &Write) -> rusqlite::Result<bool> {
    const CLIENT: &str = "bench-client";
    const SUBJECT: &str = "0192f0c1-0000-7000-8000-000000000001";
    let rows =
        match write {
            Write::Token { id, hash, now } => connection
                .prepare_cached("INSERT INTO token VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
                .execute(params![id, hash, CLIENT, "orders.read", now, now + 3_600_000])?,
            Write::Rotate { id, generation, now } => connection
                .prepare_cached(
                    "UPDATE grant_ SET generation = generation + 1, used = ?3 WHERE id = ?1 AND generation = ?2",
                )?
                .execute(params![id, generation, now])?,
            Write::Code { id, hash, now } => connection
                .prepare_cached("INSERT INTO code VALUES (?1, ?2, ?3, ?4, ?5, ?6, NULL)")?
                .execute(params![id, hash, CLIENT, "https://client.example/callback", "orders.read", now])?,
            Write::Redeem { id, hash, now } => {
                let redeemed = connection
                    .prepare_cached("UPDATE code SET redeemed = ?3 WHERE id = ?1 AND hash = ?2 AND redeemed IS NULL")?
                    .execute(params![id, hash, now])?;
                if redeemed == 1 {
                    connection
                        .prepare_cached("INSERT INTO grant_ VALUES (?1, 0, ?2, ?3, ?4, ?5)")?
                        .execute(params![id, CLIENT, SUBJECT, "orders.read", now])?;
                }
                redeemed
            }
        };
    Ok(rows == 1)
}
