//! A whole database in one file, taken while it is used.

use super::side::{Access, Side, sqlite_path};
use super::unfinished::STATE;
use super::{CopyError, Unfinished, Watch, Work, fill, tables};
use crate::schema::KNOWN;
use crate::sqlite::{self, seal_file};
use crate::{Fault, Options};
use serde::Serialize;
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// A backup that was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BackedUp {
    /// Of which database, without a password.
    pub source: String,
    /// The file.
    pub file: PathBuf,
    /// How large it is.
    pub bytes: u64,
    /// The schema of what is in it.
    pub schema: i64,
    /// Whether the source has the newest schema that this program knows, so that opening it would change nothing.
    pub up_to_date: bool,
}

/// Copies a database, as it is at one moment and while it is written to, into a new file that only its owner can read:
/// a SQLite database, whatever the engine. It is checked, and on the disk with its folder, before it has its name.
///
/// The file is no database to be served: it says of itself that it is a backup (from schema 2 on).
///
/// # Errors
/// [`CopyError::Exists`] where the file is there; see [`CopyError`].
pub async fn backup(
    url: &str,
    file: &Path,
    options: &Options,
    now: i64,
    watch: &mut impl Watch,
) -> Result<BackedUp, CopyError> {
    if file.exists() {
        return Err(CopyError::Exists(file.display().to_string()));
    }
    let source = Side::open(url, options, Access::Snapshot).await?;
    let schema = source.schema().await?.ok_or_else(|| CopyError::NoDatabase(source.shown()))?;
    if let Some(state) = Unfinished::of(&source).await? {
        return Err(CopyError::SourceUnfinished { origin: source.shown(), state: Box::new(state) });
    }
    let partial = Partial::beside(file)?;
    let state = Unfinished::new(Work::Backup, source.shown(), now);
    if let Some(path) = sqlite_path(url) {
        let to = partial.0.clone();
        tokio::task::spawn_blocking(move || sqlite::backup(&path, &to)).await.map_err(Fault::other)??;
    } else {
        super::check_source(&source).await?;
        sqlite::create(&partial.0)?;
        let mut target = Side::open(&format!("sqlite://{}", partial.0.display()), options, Access::Write).await?;
        fill(&source, &mut target, &tables::all()?, &state, watch).await?;
        let progress = format!("DELETE FROM unfinished WHERE name <> '{STATE}'");
        target.run(&[progress], &[]).await?;
    }
    let (path, doc) = (partial.0.clone(), state.doc()?);
    tokio::task::spawn_blocking(move || seal_file(&path, STATE, &doc)).await.map_err(Fault::other)??;
    partial.take_name(file)?;
    let bytes = std::fs::metadata(file).map_or(0, |found| found.len());
    Ok(BackedUp {
        source: source.shown(),
        file: file.to_owned(),
        bytes,
        schema: schema.version.min(KNOWN),
        up_to_date: schema.version >= KNOWN,
    })
}

/// A file that is not whole yet, under a name of its own; removed with what SQLite puts beside it.
struct Partial(PathBuf);

impl Partial {
    fn beside(file: &Path) -> Result<Self, Fault> {
        let name = file.file_name().ok_or_else(|| Fault::Unavailable(format!("{} names no file", file.display())))?;
        let name = format!("{}.{}.partial", name.to_string_lossy(), uuid::Uuid::now_v7().simple());
        Ok(Self(file.with_file_name(name)))
    }

    /// Gives it its name, if nobody has it.
    fn take_name(self, file: &Path) -> Result<(), CopyError> {
        let unavailable = |error: std::io::Error| Fault::Unavailable(format!("{}: {error}", file.display()));
        match std::fs::hard_link(&self.0, file) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                return Err(CopyError::Exists(file.display().to_string()));
            }
            // A file system without links: somebody else who takes the name in this instant is not noticed.
            Err(_) if !file.exists() => std::fs::rename(&self.0, file).map_err(unavailable)?,
            Err(error) => return Err(unavailable(error).into()),
        }
        drop(self);
        Ok(sync_folder(file)?)
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        for end in ["", "-wal", "-shm", "-journal"] {
            let _ = std::fs::remove_file(format!("{}{end}", self.0.display()));
        }
    }
}

/// Puts a folder's entries on the disk.
pub(super) fn sync_folder(file: &Path) -> Result<(), Fault> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|error| Fault::Unavailable(format!("{}: {error}", folder.display())))
}
