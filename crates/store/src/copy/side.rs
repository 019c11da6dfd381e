//! A database at one end of a copy: on a connection of its own, beside the engine.

mod postgres;
mod sqlite;

use super::cells::{Cell, Page};
use super::tables::{Column, Kind, Table};
use crate::schema::KNOWN;
use crate::{Fault, Options};
use serde::Serialize;
use std::fmt::Write as _;
use std::path::PathBuf;

/// What is done with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Every page is of the same moment.
    Snapshot,
    /// It is looked at, as it is.
    Look,
    /// It is filled.
    Write,
}

/// One end of a copy.
pub(crate) enum Side {
    Sqlite(sqlite::Side),
    Postgres(postgres::Side),
}

/// Which schema a database has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schema {
    /// Its version.
    pub version: i64,
    /// The oldest program (by its newest known schema) that may use it.
    pub readable_by: i64,
}

/// A job's lease.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lease {
    /// Which job.
    pub name: String,
    /// Which server, as hexadecimal digits.
    pub holder: String,
    /// Until when, by the database's clock, in milliseconds.
    pub until: i64,
    /// Whether that is still to come.
    pub held: bool,
}

/// Runs the same on whichever engine it is; SQLite's answers at once.
macro_rules! either {
    ($side:expr, |$sqlite:ident| $at_once:expr, |$postgres:ident| $later:expr) => {
        match $side {
            Side::Sqlite($sqlite) => $at_once,
            Side::Postgres($postgres) => $later.await,
        }
    };
}

impl Side {
    /// Opens a database that is there, whatever its schema.
    ///
    /// # Errors
    /// It is not there, or not to be reached.
    pub(crate) async fn open(url: &str, options: &Options, access: Access) -> Result<Self, Fault> {
        match sqlite_path(url) {
            Some(path) => Ok(Self::Sqlite(sqlite::Side::open(path, access)?)),
            None => Ok(Self::Postgres(postgres::Side::open(url, options, access).await?)),
        }
    }

    /// Where it is, without a password.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Sqlite(side) => side.shown(),
            Self::Postgres(side) => side.shown(),
        }
    }

    /// `sqlite 3.50.4`, `postgres 17.2`.
    pub(crate) async fn engine(&self) -> Result<(&'static str, String), Fault> {
        either!(self, |side| Ok(("sqlite", side.version())), |side| side.version())
    }

    /// Its schema; none where there is nothing yet.
    pub(crate) async fn schema(&self) -> Result<Option<Schema>, Fault> {
        if self.number("schema_version").await?.is_none() {
            return Ok(None);
        }
        let sql = "SELECT version, readable_by FROM schema_version";
        let row = either!(self, |side| side.row(sql, &[], 2), |side| side.row(sql, &[], 2))?;
        Ok(match row.as_deref() {
            Some([Cell::Int(version), Cell::Int(readable_by)]) => {
                Some(Schema { version: *version, readable_by: *readable_by })
            }
            _ => None,
        })
    }

    /// Whether there is a table of this name: its rows, if it is cheap to say.
    pub(crate) async fn number(&self, table: &str) -> Result<Option<u64>, Fault> {
        either!(self, |side| side.number(table), |side| side.number(table))
    }

    /// The rows of a table, counted.
    pub(crate) async fn count(&self, table: &str) -> Result<u64, Fault> {
        let sql = format!("SELECT COUNT(*) FROM {table}");
        Ok(u64::try_from(self.int(&sql).await?.unwrap_or(0)).unwrap_or(0))
    }

    /// A whole number that a statement answers.
    pub(crate) async fn int(&self, sql: &str) -> Result<Option<i64>, Fault> {
        let row = either!(self, |side| side.row(sql, &[], 1), |side| side.row(sql, &[], 1))?;
        Ok(match row.as_deref() {
            Some([Cell::Int(value)]) => Some(*value),
            _ => None,
        })
    }

    /// Every lease.
    pub(crate) async fn leases(&self) -> Result<Vec<Lease>, Fault> {
        let now = match self {
            Self::Sqlite(_) => crate::sqlite::NOW,
            Self::Postgres(_) => crate::postgres::NOW,
        };
        let column = |name: &str, kind| Column { name: name.to_owned(), kind };
        let columns = vec![
            column("name", Kind::Text),
            column("holder", Kind::Bytes),
            column("until", Kind::Int),
            column(&format!("CASE WHEN until > {now} THEN 1 ELSE 0 END"), Kind::Int),
        ];
        let page = self.page(&Table { name: "lease".into(), columns, key: vec![0] }, None, 1000).await?;
        let lease = |row: &[Cell]| match row {
            [Cell::Text(name), Cell::Bytes(holder), Cell::Int(until), Cell::Int(held)] => {
                Some(Lease { name: name.clone(), holder: hexadecimal(holder), until: *until, held: *held != 0 })
            }
            _ => None,
        };
        Ok(page.rows().filter_map(lease).collect())
    }

    /// A note about what is under way in it.
    pub(crate) async fn mark(&self, name: &str) -> Result<Option<String>, Fault> {
        if self.number("unfinished").await?.is_none() {
            return Ok(None);
        }
        let name = [Cell::Text(name.to_owned())];
        let row = either!(self, |side| side.row("SELECT doc FROM unfinished WHERE name = ?1", &name, 1), |side| side
            .row("SELECT doc FROM unfinished WHERE name = $1", &name, 1))?;
        Ok(match row.as_deref() {
            Some([Cell::Text(doc)]) => Some(doc.clone()),
            _ => None,
        })
    }

    /// Rows of a table in its key's order: the first, or those behind a key.
    pub(crate) async fn page(&self, table: &Table, after: Option<&[Cell]>, limit: usize) -> Result<Page, Fault> {
        either!(self, |side| side.page(table, after, limit), |side| side.page(table, after, limit))
    }

    /// Adds rows and notes how far it came, both or neither.
    pub(crate) async fn put(&mut self, table: &Table, page: &Page, mark: (&str, &str)) -> Result<(), Fault> {
        either!(self, |side| side.put(table, page, mark), |side| side.put(table, page, mark))
    }

    /// Runs statements as one transaction, and notes something.
    pub(crate) async fn run(&mut self, statements: &[String], marks: &[(String, String)]) -> Result<(), Fault> {
        either!(self, |side| side.run(statements, marks), |side| side.run(statements, marks))
    }

    /// The indexes beside the primary keys: their names, and the statements that make them.
    pub(crate) async fn indexes(&self) -> Result<Vec<(String, String)>, Fault> {
        either!(self, |side| side.indexes(), |side| side.indexes())
    }

    /// The notes whose names begin so, in order.
    pub(crate) async fn marks(&self, beginning: &str) -> Result<Vec<(String, String)>, Fault> {
        let column = |name: &str| Column { name: name.to_owned(), kind: Kind::Text };
        let table = Table { name: "unfinished".into(), columns: vec![column("name"), column("doc")], key: vec![0] };
        let page = self.page(&table, None, 10_000).await?;
        let mark = |row: &[Cell]| match row {
            [Cell::Text(name), Cell::Text(doc)] if name.starts_with(beginning) => Some((name.clone(), doc.clone())),
            _ => None,
        };
        Ok(page.rows().filter_map(mark).collect())
    }

    /// Every row is there: lets the planner know, and from now on a commit waits for the disk, also for those before it.
    pub(crate) async fn settle(&mut self) -> Result<(), Fault> {
        either!(self, |side| side.settle(), |side| side.settle())
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // A String takes every write.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The file of a SQLite URL.
pub(crate) fn sqlite_path(url: &str) -> Option<PathBuf> {
    url.strip_prefix("sqlite://").filter(|path| !path.is_empty()).map(PathBuf::from)
}

impl Schema {
    /// Whether this program can copy it: it knows every table and column.
    pub(crate) const fn is_known(self) -> bool {
        self.version == KNOWN
    }
}

/// Writes a note, whatever it said before.
fn put_mark(sign: char) -> String {
    format!(
        "INSERT INTO unfinished (name, doc) VALUES ({sign}1, {sign}2)
         ON CONFLICT (name) DO UPDATE SET doc = excluded.doc"
    )
}
