//! What can be said of a database without changing it, whatever its schema.

use super::side::{Access, Lease, Schema, Side, sqlite_path};
use super::{Unfinished, tables};
use crate::schema::{KNOWN, MIGRATIONS};
use crate::{Fault, Options};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// What a database is and holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// Where it is, without a password.
    pub url: String,
    /// `sqlite` or `postgres`.
    pub engine: &'static str,
    /// The engine's version.
    pub engine_version: String,
    /// Its schema; none in an empty database.
    pub schema: Option<Schema>,
    /// The newest schema that this program knows.
    pub known: i64,
    /// The versions to which this program would bring it, in order.
    pub steps: Vec<i64>,
    /// What is under way in it, if it must not be served.
    pub unfinished: Option<Unfinished>,
    /// How large it is on its disk, indexes and the write-ahead log included.
    pub bytes: u64,
    /// Its tables and how many rows they have: counted on SQLite, the planner's belief on PostgreSQL.
    pub tables: Vec<TableSize>,
    /// Whether the rows are counted.
    pub counted: bool,
    /// The grants that are not revoked; as exact as the tables.
    pub live_grants: u64,
    /// How often it was brought back from a copy.
    pub epoch: i64,
    /// The number of the last change.
    pub last_change: i64,
    /// When that was, if it is still known.
    pub changed_at: Option<i64>,
    /// Realms.
    pub realms: u64,
    /// Mails that have not been sent.
    pub mails_waiting: u64,
    /// Who does which job.
    pub leases: Vec<Lease>,
}

/// A table and its rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TableSize {
    /// Its name.
    pub table: String,
    /// How many rows it has.
    pub rows: u64,
}

/// Looks at a database.
///
/// # Errors
/// It is not there, or cannot be read.
pub async fn inspect(url: &str, options: &Options) -> Result<Inspection, Fault> {
    let side = Side::open(url, options, Access::Look).await?;
    let (engine, engine_version) = side.engine().await?;
    let schema = side.schema().await?;
    let version = schema.map_or(0, |schema| schema.version);
    let mut found = Inspection {
        url: side.shown(),
        engine,
        engine_version,
        schema,
        known: KNOWN,
        steps: MIGRATIONS.iter().map(|step| step.version).filter(|step| *step > version).collect(),
        unfinished: Unfinished::of(&side).await?,
        bytes: match sqlite_path(url) {
            Some(path) => bytes_of(&path),
            None => number(&side, "SELECT pg_database_size(current_database())").await?,
        },
        tables: Vec::new(),
        counted: sqlite_path(url).is_some(),
        live_grants: 0,
        epoch: 0,
        last_change: 0,
        changed_at: None,
        realms: 0,
        mails_waiting: 0,
        leases: Vec::new(),
    };
    if schema.is_some() {
        look(&side, &mut found).await?;
    }
    Ok(found)
}

async fn look(side: &Side, found: &mut Inspection) -> Result<(), Fault> {
    for table in tables::all()? {
        // A table of a newer schema than the database has.
        let Some(believed) = side.number(&table.name).await? else { continue };
        let rows = if found.counted { side.count(&table.name).await? } else { believed };
        found.tables.push(TableSize { table: table.name, rows });
    }
    found.live_grants = if found.counted {
        number(side, "SELECT COUNT(*) FROM grants WHERE revoked_at IS NULL").await?
    } else {
        // The index on those that are not revoked.
        side.number("grants_client").await?.unwrap_or(0)
    };
    found.epoch = side.int("SELECT value FROM counter WHERE name = 'epoch'").await?.unwrap_or(0);
    found.last_change = side.int("SELECT value FROM counter WHERE name = 'change'").await?.unwrap_or(0);
    found.changed_at = side.int("SELECT at FROM change ORDER BY seq DESC LIMIT 1").await?;
    found.realms = side.count("realm").await?;
    found.mails_waiting = number(side, "SELECT COUNT(*) FROM mail_outbox WHERE sent_at IS NULL").await?;
    // A copy may be of before mails were parcels.
    if side.number("outbox").await?.is_some() {
        let sql = "SELECT COUNT(*) FROM outbox WHERE topic = 'mail' AND closed_at IS NULL";
        found.mails_waiting += number(side, sql).await?;
    }
    if side.number("lease").await?.is_some() {
        found.leases = side.leases().await?;
    }
    Ok(())
}

async fn number(side: &Side, sql: &str) -> Result<u64, Fault> {
    Ok(u64::try_from(side.int(sql).await?.unwrap_or(0)).unwrap_or(0))
}

fn bytes_of(path: &Path) -> u64 {
    let size =
        |end: &str| std::fs::metadata(PathBuf::from(format!("{}{end}", path.display()))).map_or(0, |found| found.len());
    size("") + size("-wal")
}
