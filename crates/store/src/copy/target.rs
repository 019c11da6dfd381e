//! A backup comes back: into an empty database, or in the place of one that is kept aside.

use super::backup::sync_folder;
use super::cells::Cell;
use super::side::{Access, Side, sqlite_path};
use super::unfinished::{Ended, STATE};
use super::{CopyError, Unfinished, Watch, Work, begin, fill, tables};
use crate::schema::KNOWN;
use crate::sqlite::{self, TemporaryFolder};
use crate::{Act, Actor, Fault, Options, Store};
use serde::Serialize;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long one step of a new epoch may take.
const PATIENCE: Duration = Duration::from_mins(10);

/// What a restore did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Restored {
    /// The backup's file.
    pub source: String,
    /// The database, without a password.
    pub target: String,
    /// When the backup was taken, where it says so.
    pub taken_at: Option<i64>,
    /// An earlier run had begun it.
    pub resumed: bool,
    /// How many rows came back.
    pub rows: u64,
    /// Where the database is kept whose place it took.
    pub kept_aside: Option<PathBuf>,
    /// What it did not bring back.
    pub ended: Ended,
}

/// Brings a backup into the database `url` and begins a new epoch in it ([`Store::begin_epoch`]). The database must be
/// empty, unless `kept_as` says under which name it is to be kept (SQLite). Cut off, it is not served; run again, it goes on.
/// Nobody else may use the database meanwhile. Of what `by` does there is a line in the audit log of what came back.
///
/// # Errors
/// See [`CopyError`].
pub async fn restore(
    file: &Path,
    url: &str,
    kept_as: Option<&Path>,
    options: &Options,
    by: Option<&Actor>,
    now: i64,
    watch: &mut impl Watch,
) -> Result<Restored, CopyError> {
    let backup = Backup::open(file, options).await?;
    let state = Unfinished { taken_at: backup.taken_at, ..Unfinished::new(Work::Restore, backup.shown.clone(), now) };
    let mut replaced = false;
    if let (Some(path), Some(kept_as)) = (sqlite_path(url).filter(|path| path.exists()), kept_as)
        && !is_begun(url, &state, options).await
    {
        let kept_as = std::path::absolute(kept_as).map_err(Fault::other)?;
        take_place(&path, &kept_as, &state, options).await?;
        replaced = true;
    }
    let mut target = Side::open(url, options, Access::Write).await?;
    let ending = Unfinished::of(&target).await?.is_some_and(|found| found.ending && is_same(&found, &state));
    let (mut rows, mut resumed) = (0, true);
    if !ending {
        let copied = fill(&backup.side, &mut target, &tables::all()?, &state, watch).await?;
        (rows, resumed) = (copied.rows, copied.resumed && !replaced);
        let begun = Unfinished::of(&target).await?.unwrap_or(state);
        let progress = format!("DELETE FROM unfinished WHERE name <> '{STATE}'");
        let note = Unfinished { ending: true, ..begun }.doc()?;
        target.run(&[progress], &[(STATE.to_owned(), note)]).await?;
    }
    let kept_aside = Unfinished::of(&target).await?.and_then(|state| state.replaced);
    let target_shown = target.shown();
    drop(target);
    let lost = match &kept_aside {
        Some(kept_as) => clients_of(kept_as, options).await.unwrap_or_default(),
        None => Vec::new(),
    };
    let ended = patient(url, options, by).await?.begin_epoch(now, &lost).await?;
    let Backup { shown, taken_at, .. } = backup;
    Ok(Restored { source: shown, target: target_shown, taken_at, resumed, rows, kept_aside, ended })
}

/// As [`restore`], for a database whose rows were brought back by other means: recovered to a point in time, a standby
/// that was promoted, a copied file.
///
/// # Errors
/// See [`CopyError`].
pub async fn restore_in_place(
    url: &str,
    options: &Options,
    by: Option<&Actor>,
    now: i64,
) -> Result<Restored, CopyError> {
    let side = Side::open(url, options, Access::Look).await?;
    let before = Unfinished::of(&side).await?;
    let shown = side.shown();
    drop(side);
    let ended = patient(url, options, by).await?.begin_epoch(now, &[]).await?;
    let (taken_at, resumed) = match &before {
        Some(state) if state.work == Work::Backup => (Some(state.at), false),
        Some(_) => (None, true),
        None => (None, false),
    };
    let source = before.map_or_else(|| shown.clone(), |state| state.source);
    Ok(Restored { source, target: shown, taken_at, resumed, rows: 0, kept_aside: None, ended })
}

async fn patient(url: &str, options: &Options, by: Option<&Actor>) -> Result<Store, Fault> {
    let store = Store::connect(url, &Options { unfinished: true, patience: PATIENCE, ..options.clone() }).await?;
    Ok(by.map_or_else(|| store.clone(), |actor| store.audited(actor, Act::DbRestore)))
}

/// A backup that can be read.
struct Backup {
    side: Side,
    shown: String,
    taken_at: Option<i64>,
    /// Holds a copy with a newer schema.
    _folder: Option<TemporaryFolder>,
}

impl Backup {
    async fn open(file: &Path, options: &Options) -> Result<Self, CopyError> {
        let url = |path: &Path| format!("sqlite://{}", path.display());
        let side = Side::open(&url(file), options, Access::Snapshot).await?;
        let shown = side.shown();
        let state = Unfinished::of(&side).await?;
        let taken_at = match state {
            Some(state) if state.work == Work::Backup => Some(state.at),
            Some(state) => return Err(CopyError::SourceUnfinished { origin: shown, state: Box::new(state) }),
            None => None,
        };
        let Some(schema) = side.schema().await? else { return Err(CopyError::NoDatabase(shown)) };
        if schema.version > KNOWN {
            return Err(Fault::SchemaTooNew { found: schema.version, known: KNOWN }.into());
        }
        if schema.is_known() {
            return Ok(Self { side, shown, taken_at, _folder: None });
        }
        // Of an older program: a copy of it is brought up to date, the backup stays as it is.
        drop(side);
        let folder = TemporaryFolder::create()?;
        let copy = folder.database();
        sqlite::backup(file, &copy)?;
        drop(Side::open(&url(&copy), options, Access::Write).await?);
        let side = Side::open(&url(&copy), options, Access::Snapshot).await?;
        Ok(Self { side, shown, taken_at, _folder: Some(folder) })
    }
}

fn is_same(found: &Unfinished, state: &Unfinished) -> bool {
    found.work == state.work && found.source == state.source
}

/// Whether this restore has begun in the database already.
async fn is_begun(url: &str, state: &Unfinished, options: &Options) -> bool {
    let found = async { Unfinished::of(&Side::open(url, options, Access::Look).await?).await }.await;
    matches!(found, Ok(Some(found)) if is_same(&found, state))
}

/// Puts an empty database, which says that a restore has begun in it, in the place of the one that is there, and that one
/// aside. In between there is always the one or the other.
async fn take_place(path: &Path, kept_as: &Path, state: &Unfinished, options: &Options) -> Result<(), CopyError> {
    let unavailable = |error: std::io::Error| Fault::Unavailable(format!("{}: {error}", path.display()));
    if kept_as.exists() {
        return Err(CopyError::Exists(kept_as.display().to_string()));
    }
    let beside = |file: &Path, end: &str| PathBuf::from(format!("{}{end}", file.display()));
    let fresh = beside(path, ".new");
    for end in ["", "-wal", "-shm", "-journal"] {
        let _ = std::fs::remove_file(beside(&fresh, end));
    }
    sqlite::create(&fresh)?;
    let mut side = Side::open(&format!("sqlite://{}", fresh.display()), options, Access::Write).await?;
    let state = Unfinished { replaced: Some(kept_as.to_owned()), ..state.clone() };
    begin(&mut side, &tables::all()?, &state).await?;
    drop(side);
    sqlite::settle(&fresh)?;

    let whole = match sqlite::settle(path) {
        Ok(()) => true,
        Err(Fault::Busy) => return Err(Fault::Locked(path.display().to_string()).into()),
        // It cannot be read, which may be why it is replaced.
        Err(_) => false,
    };
    let linked = std::fs::hard_link(path, kept_as);
    if !whole {
        for end in ["-wal", "-shm"] {
            let _ = std::fs::rename(beside(path, end), beside(kept_as, end));
        }
    }
    if linked.is_err() {
        // A file system without links.
        std::fs::rename(path, kept_as).map_err(unavailable)?;
    }
    for end in ["", "-wal", "-shm"] {
        // It may have been made by an older program, for everybody.
        let _ = std::fs::set_permissions(beside(kept_as, end), std::fs::Permissions::from_mode(0o600));
    }
    std::fs::rename(&fresh, path).map_err(unavailable)?;
    Ok(sync_folder(path)?)
}

/// The clients of a database that was put aside, if it can still be read.
async fn clients_of(kept_as: &Path, options: &Options) -> Result<Vec<(String, String)>, Fault> {
    const PAGE: usize = 1000;
    let side = Side::open(&format!("sqlite://{}", kept_as.display()), options, Access::Look).await?;
    let tables = tables::all()?;
    let Some(table) = tables.iter().find(|table| table.name == "client") else { return Ok(Vec::new()) };
    let (mut after, mut clients) = (None, Vec::new());
    loop {
        let page = side.page(table, after.as_deref(), PAGE).await?;
        clients.extend(page.rows().filter_map(|row| match row {
            [Cell::Text(realm), Cell::Text(id), ..] => Some((realm.clone(), id.clone())),
            _ => None,
        }));
        if page.len() < PAGE {
            return Ok(clients);
        }
        after = page.last_key(table);
    }
}
