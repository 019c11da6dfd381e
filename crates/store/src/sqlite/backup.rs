//! Copying a database while it is used.

use super::open;
use crate::{Fault, private};
use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use std::fs::File;
use std::path::Path;

/// Copies `from` into the new file `to`, as it is at one moment. Writers go on meanwhile.
///
/// # Errors
/// The file exists already or cannot be written.
pub(crate) fn backup(from: &Path, to: &Path) -> Result<(), Fault> {
    create(to)?;
    let source = open::reader(from)?;
    let mut copy = Connection::open(to)?;
    // In one step: a copy in several begins again whenever somebody writes in between.
    Backup::new(&source, &mut copy)?.step(-1)?;
    copy.close().map_err(|(_, error)| error)?;
    sync(to)
}

/// Makes an empty file that only its owner can read.
///
/// # Errors
/// It is there already, or cannot be made.
pub(crate) fn create(file: &Path) -> Result<(), Fault> {
    private::create_file(file).map_err(|error| Fault::Unavailable(format!("{}: {error}", file.display())))
}

/// Makes one plain file of a database that nobody uses, with a note in it; checks every page and index of it, and puts it
/// on the disk.
///
/// # Errors
/// [`Fault::Corrupt`] with the first thing that is wrong in it.
pub(crate) fn seal_file(file: &Path, name: &str, doc: &str) -> Result<(), Fault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let database = Connection::open_with_flags(file, flags)?;
    database.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()))?;
    let table = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'unfinished'";
    if database.query_row(table, [], |_| Ok(())).optional()?.is_some() {
        let note = "INSERT INTO unfinished (name, doc) VALUES (?1, ?2)
            ON CONFLICT (name) DO UPDATE SET doc = excluded.doc";
        database.execute(note, [name, doc])?;
    }
    let verdict: String = database.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if verdict != "ok" {
        return Err(Fault::Corrupt(verdict));
    }
    database.close().map_err(|(_, error)| error)?;
    sync(file)
}

/// Takes the write-ahead log into the database, so that its file is all of it; fails where anybody else has it open.
///
/// # Errors
/// [`Fault::Busy`] where somebody has it open.
pub(crate) fn settle(file: &Path) -> Result<(), Fault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let database = Connection::open_with_flags(file, flags)?;
    let mode: String = database.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0))?;
    if mode != "delete" {
        return Err(Fault::Busy);
    }
    database.close().map_err(|(_, error)| error)?;
    sync(file)
}

fn sync(file: &Path) -> Result<(), Fault> {
    let synced = File::open(file).and_then(|file| file.sync_all());
    synced.map_err(|error| Fault::Unavailable(format!("{}: {error}", file.display())))
}
