//! `claviger db`: the database itself.

mod backup;
mod copy;
mod migrate;
mod progress;
mod restore;
mod status;

use super::context::Context;
use super::trouble::{Exit, Trouble};
use clap::Subcommand;
use claviger_store::copy::{CopyError, inspect};
use claviger_store::{Fault, Options, ServingLock, lock_for_serving};
use std::path::{Path, PathBuf};

/// What is done with the database.
#[derive(Debug, Subcommand)]
pub(crate) enum DbCommand {
    /// Where the database is, its schema, how large it is, and what is in it
    #[command(after_help = "\
Examples:
  claviger db status
  claviger db status -o json
  claviger db status --database sqlite:///backup/claviger-2026-11-21.db

Nothing is changed, so it can be asked about a database that is served, that is of another version, or that a copy
or a restore has not completed. On PostgreSQL the numbers of rows are what its planner believes.")]
    Status,
    /// Bring the schema up to date; `serve` does it by itself
    #[command(after_help = "\
Examples:
  claviger db migrate --dry-run      which steps there are
  claviger db migrate                take them

The schema only ever goes forward. Each step is one transaction: whoever is cut off goes on behind the last one. Take a
backup first; servers of the version before go on serving until they are replaced. A schema that is newer than this
program is refused with exit code 8.")]
    Migrate(migrate::MigrateArgs),
    /// Copy the database, as it is at this moment, into a new file; running servers go on
    #[command(after_help = "\
Examples:
  claviger db backup /backup/claviger-$(date +%F).db

From SQLite and from PostgreSQL it is the same: one file (a SQLite database) of one moment, checked, and readable for
its owner only. `claviger db restore` brings it back, into either. It has the schema of the database: take one with the
old program, or with the new one before `claviger db migrate`, and the old program can use it.

The file is of no use without the master key: keep both, apart from each other.")]
    Backup {
        /// The file; it must not exist
        file: PathBuf,
    },
    /// Bring a backup back, without the codes, tokens and seats that are in it
    #[command(after_help = "\
Examples:
  claviger db restore /backup/claviger-2026-11-21.db               into an empty or missing database
  claviger db restore /backup/claviger-2026-11-21.db --replace     SQLite: what is there is kept under another name
  claviger db restore --in-place                                   the rows came back by other means

Stop every server first. A backup is a moment of the past: codes that were used since are unused in it, refresh tokens
are of an old generation, seats are held by those who gave them back. So all grants end and every token that was issued
before is refused; people sign in again, and integrations authorize again. What happened to apps, users and keys after
the backup is not in it: look through them before the servers start.

--in-place is for a database that was recovered to a point in time, for a standby that was behind when it was promoted,
and for a database file that was copied.

A restore that was cut off is not served; run it again. The master key must be the one of the backup.")]
    Restore(restore::RestoreArgs),
    /// Copy everything into another, empty database: from SQLite to PostgreSQL, or any other way
    #[command(after_help = "\
Examples:
  claviger db copy --to postgres://claviger@db.example/claviger --to-password-file /run/secrets/db
  claviger db copy --from sqlite:///var/lib/claviger/claviger.db --to postgres://claviger:…@db.example/claviger
  claviger db copy --from postgres://claviger@db.example/claviger --to sqlite:///tmp/claviger.db

Moving to PostgreSQL:
  1. createdb claviger, with a user that owns it
  2. stop the server; a SQLite database that is served is refused, since what is written while it is copied would be
     missing (--live copies it nevertheless, to rehearse)
  3. claviger db copy --to …; cut off, run it again: it goes on
  4. set database.url, and master-key.file to the same master key as before: it is not in the database
  5. start the server; tokens and sessions go on as if nothing had happened

Every table is compared with the source at the end. Until then no server serves the target.")]
    Copy(copy::CopyArgs),
}

/// Whether the server of a database answers, before anything is begun: what fails later may be a file of ours.
async fn reach(url: &str, options: &Options) -> Result<(), Trouble> {
    if sqlite_file(url).is_none() {
        inspect(url, options).await?;
    }
    Ok(())
}

/// Does it.
pub(crate) async fn run(command: DbCommand, context: &Context) -> Result<(), Trouble> {
    match command {
        DbCommand::Status => status::run(context).await,
        DbCommand::Migrate(args) => migrate::run(&args, context).await,
        DbCommand::Backup { file } => backup::run(&file, context).await,
        DbCommand::Restore(args) => restore::run(&args, context).await,
        DbCommand::Copy(args) => copy::run(&args, context).await,
    }
}

/// The file of a SQLite URL.
fn sqlite_file(url: &str) -> Option<&Path> {
    url.strip_prefix("sqlite://").map(Path::new)
}

/// Keeps servers away from a SQLite database while something is done with it that they must not see.
fn lock(url: &str) -> Result<Option<ServingLock>, Trouble> {
    let Some(file) = sqlite_file(url) else { return Ok(None) };
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Ok(Some(lock_for_serving(folder)?))
}

impl From<CopyError> for Trouble {
    fn from(error: CopyError) -> Self {
        let exit = match &error {
            // A file that cannot be written or is not there is the command's trouble, not a server's.
            CopyError::Fault(Fault::Unavailable(detail)) => return Self::new(Exit::Failure, detail.clone()),
            CopyError::Fault(fault) => return fault.clone().into(),
            CopyError::NotEmpty { .. }
            | CopyError::Underway { .. }
            | CopyError::SourceUnfinished { .. }
            | CopyError::Exists(_) => Exit::Conflict,
            CopyError::NoDatabase(_) => Exit::Configuration,
            CopyError::OldSchema { .. } => Exit::Schema,
            CopyError::Differs(_) | CopyError::Stopped => Exit::Failure,
        };
        let trouble = Self::new(exit, error.to_string());
        match error {
            CopyError::OldSchema { .. } => trouble.help("`claviger db migrate` brings it up to date"),
            CopyError::Underway { .. } => trouble.help("finish that, or make a new database"),
            _ => trouble,
        }
    }
}
