//! Copying a database while it is used.

use super::open;
use crate::Fault;
use rusqlite::Connection;
use rusqlite::backup::Backup;
use std::path::Path;

/// Copies `from` into the new file `to`, as it is at one moment. Writers go on meanwhile.
///
/// # Errors
/// The file exists already or cannot be written.
pub(crate) fn backup(from: &Path, to: &Path) -> Result<(), Fault> {
    let unavailable = |error: std::io::Error| Fault::Unavailable(format!("{}: {error}", to.display()));
    std::fs::File::create_new(to).map_err(unavailable)?;
    let source = open::reader(from)?;
    let mut copy = Connection::open(to)?;
    // In one step: a copy in several begins again whenever somebody writes in between.
    Backup::new(&source, &mut copy)?.step(-1)?;
    copy.close().map_err(|(_, error)| error)?;
    std::fs::File::open(to).and_then(|file| file.sync_all()).map_err(unavailable)
}
