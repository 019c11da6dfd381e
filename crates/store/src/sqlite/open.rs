//! Opening a database: its folder, its connections, its schema.

use crate::schema::{KNOWN, MIGRATIONS, REQUESTS, Words, spell};
use crate::statements::Statement;
use crate::{Fault, private};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What operators find a client by: id, name, publisher, owner and redirect URIs, in lower case. Of this there is an index, so that
/// a search through all clients reads that and not their documents.
macro_rules! client_has {
    () => {
        "LOWER(id || '\n' || COALESCE(json_extract(doc, '$.name'), '') || '\n' \
         || COALESCE(json_extract(doc, '$.publisher'), '') || '\n' || COALESCE(json_extract(doc, '$.owner_email'), '') \
         || '\n' || COALESCE(json_extract(doc, '$.redirect_uris'), ''))"
    };
}
pub(crate) const CLIENT_HAS: &str = client_has!();

/// How SQLite spells what engines spell differently.
pub(crate) const WORDS: Words = Words {
    text: "TEXT",
    bytes: "BLOB",
    seq: "INTEGER NOT NULL PRIMARY KEY",
    clustered: "WITHOUT ROWID",
    changing: "",
    version_triggers: "
CREATE TRIGGER users_version AFTER UPDATE ON users BEGIN
    UPDATE users SET version = OLD.version + 1 WHERE realm = NEW.realm AND id = NEW.id;
END;
CREATE TRIGGER consent_version AFTER UPDATE ON consent BEGIN
    UPDATE consent SET version = OLD.version + 1
    WHERE realm = NEW.realm AND user_id = NEW.user_id AND client = NEW.client;
END;
",
    // Also before an insert that turns into an update.
    subject_triggers: "
CREATE TRIGGER client_is_no_user BEFORE INSERT ON client
WHEN EXISTS (SELECT 1 FROM users WHERE realm = NEW.realm AND id = NEW.id)
    AND json_extract(NEW.doc, '$.acts_as') IS NOT NEW.id AND NOT EXISTS (SELECT 1 FROM unfinished)
BEGIN
    SELECT RAISE(ABORT, 'a user has this id');
END;
CREATE TRIGGER user_is_no_client BEFORE INSERT ON users
WHEN EXISTS (SELECT 1 FROM client WHERE realm = NEW.realm AND id = NEW.id
        AND json_extract(doc, '$.acts_as') IS NOT NEW.id)
    AND NOT EXISTS (SELECT 1 FROM unfinished)
BEGIN
    SELECT RAISE(ABORT, 'a client has this id');
END;
",
    client_index: concat!("CREATE INDEX client_has ON client (realm, id, ", client_has!(), ");"),
};

/// How long a statement waits for another process that writes.
const OTHERS: Duration = Duration::from_secs(4);

/// The connection that writes, with the schema brought up to date.
pub(crate) fn writer(path: &Path, durable: bool) -> Result<Connection, Fault> {
    let unavailable = |path: &Path, error: std::io::Error| Fault::Unavailable(format!("{}: {error}", path.display()));
    if let Some(folder) = path.parent() {
        private::create_folder(folder).map_err(|error| unavailable(folder, error))?;
    }
    // SQLite would make it with what the umask leaves; the log and its index get the mode of the database.
    private::create_file_if_missing(path).map_err(|error| unavailable(path, error))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = connect(path, flags)?;
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(Fault::Unavailable(format!("{}: no write-ahead log on this file system", path.display())));
    }
    connection.pragma_update(None, "synchronous", if durable { "FULL" } else { "OFF" })?;
    connection.pragma_update(None, "cache_size", -65_536)?;
    connection.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    migrate(&mut connection)?;
    Ok(connection)
}

/// The version of the request log's own file.
const REQUESTS_VERSION: i64 = 1;

/// The connection that writes the request log. What it commits is safe from a crash of this process, and of the machine only a
/// moment later: nothing waits for the disk.
///
/// # Errors
/// It cannot be made or read, or is of another version.
pub(super) fn requests_writer(path: &Path) -> Result<Connection, Fault> {
    let unavailable = |error: std::io::Error| Fault::Unavailable(format!("{}: {error}", path.display()));
    private::create_file_if_missing(path).map_err(unavailable)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = connect(path, flags)?;
    let _: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "cache_size", -16_384)?;
    connection.pragma_update(None, "journal_size_limit", 16 * 1024 * 1024)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    match tx.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0))? {
        0 => {
            tx.execute_batch(&spell(REQUESTS, &WORDS))?;
            tx.pragma_update(None, "user_version", REQUESTS_VERSION)?;
        }
        REQUESTS_VERSION => {}
        other => return Err(Fault::Other(format!("a request log of version {other}"))),
    }
    tx.commit()?;
    Ok(connection)
}

/// A connection that only reads.
pub(crate) fn reader(path: &Path) -> Result<Connection, Fault> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.set_prepared_statement_cache_capacity(Statement::ALL.len());
    connection.pragma_update(None, "cache_size", -4_096)?;
    // Not mapped into memory, though that would make a read of a large database a third cheaper: a page which the disk
    // cannot read any more would then end the process instead of failing one request.
    Ok(connection)
}

/// A connection that copies the log.
pub(super) fn checkpointer(path: &Path) -> Result<Connection, Fault> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    Ok(connection)
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, Fault> {
    let connection = Connection::open_with_flags(path, flags).map_err(|error| match Fault::from(error) {
        Fault::Unavailable(detail) => Fault::Unavailable(format!("{}: {detail}", path.display())),
        other => other,
    })?;
    connection.busy_timeout(OTHERS)?;
    // Else a statement on a table with a partial index is parsed and planned anew whenever a parameter is bound.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(connection)
}

/// Brings the schema up to date, each step in a transaction of its own together with its version: whoever is cut off goes
/// on behind the last step. Of two processes that start at once, one waits for the other.
fn migrate(connection: &mut Connection) -> Result<(), Fault> {
    loop {
        if schema(connection)?.is_some_and(|found| found.version == KNOWN) {
            return Ok(());
        }
        let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let found = if let Some(found) = schema(&tx)? {
            found
        } else {
            tx.execute_batch(
                "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL, readable_by BIGINT NOT NULL);
                 INSERT INTO schema_version (version, readable_by) VALUES (0, 0);",
            )?;
            Schema { version: 0, readable_by: 0 }
        };
        if found.version > KNOWN && found.readable_by > KNOWN {
            return Err(Fault::SchemaTooNew { found: found.version, known: KNOWN });
        }
        let Some(step) = MIGRATIONS.iter().find(|step| step.version > found.version) else { return Ok(()) };
        tx.execute_batch(&spell(step.ddl, &WORDS))?;
        tx.execute("UPDATE schema_version SET version = ?1, readable_by = ?2", [step.version, step.readable_by])?;
        tx.commit()?;
    }
}

struct Schema {
    version: i64,
    readable_by: i64,
}

fn schema(connection: &Connection) -> Result<Option<Schema>, Fault> {
    let table = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'schema_version'";
    if connection.query_row(table, [], |_| Ok(())).optional()?.is_none() {
        return Ok(None);
    }
    let row = "SELECT version, readable_by FROM schema_version";
    let read = |row: &rusqlite::Row<'_>| Ok(Schema { version: row.get(0)?, readable_by: row.get(1)? });
    Ok(connection.query_row(row, [], read).optional()?)
}

/// The folder of a database that was to be nowhere, for its owner only; removed with everything in it.
pub(crate) struct TemporaryFolder(PathBuf);

impl TemporaryFolder {
    pub(crate) fn create() -> Result<Self, Fault> {
        use std::os::unix::fs::DirBuilderExt;
        let folder = std::env::temp_dir().join(format!("claviger-{}", uuid::Uuid::now_v7().simple()));
        let made = std::fs::DirBuilder::new().mode(0o700).create(&folder);
        made.map_err(|error| Fault::Unavailable(format!("{}: {error}", folder.display())))?;
        Ok(Self(folder))
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.0.join("claviger.db")
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
