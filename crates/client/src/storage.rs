//! Where refresh tokens outlive the process.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use claviger_core::crypto::entropy::random_bytes;
use claviger_core::jose::base64url;

/// A storage failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// A file could not be read, written or locked.
    #[error("{}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What is stored was not written by this library.
    #[error("what is stored is not a token record")]
    Unreadable,
    /// Another kind of storage failed.
    #[error("{0}")]
    Other(String),
}

/// One record that several tasks and processes share. The record holds live tokens: whoever can read it can use them.
///
/// Methods may block; they are called on threads that are made for it.
pub trait Storage: Send + Sync {
    /// Waits until nobody else holds the record, and holds it until the result is dropped.
    ///
    /// # Errors
    /// The storage cannot be reached or locked.
    fn lock(&self) -> Result<Box<dyn Locked>, StorageError>;
}

/// A record that nobody else can read or write.
pub trait Locked: Send {
    /// What was last stored; `None`: nothing yet.
    ///
    /// # Errors
    /// It cannot be read.
    fn load(&mut self) -> Result<Option<Vec<u8>>, StorageError>;

    /// Replaces it: after this returns, the record survives a crash; before, the old one does.
    ///
    /// # Errors
    /// It cannot be written; the old record is still there.
    fn store(&mut self, record: &[u8]) -> Result<(), StorageError>;
}

/// A file, readable by its owner only. A second file beside it, with `.lock` at its end, keeps processes apart.
#[derive(Debug, Clone)]
pub struct FileStorage {
    path: PathBuf,
}

impl FileStorage {
    /// Keeps the record in `path`. Its folder must exist; the file need not.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(suffix);
        name.into()
    }
}

impl Storage for FileStorage {
    fn lock(&self) -> Result<Box<dyn Locked>, StorageError> {
        // The record itself is replaced by a rename, so a lock on it would be a lock on yesterday's file.
        let path = self.beside(".lock");
        let file = owner_only(OpenOptions::new().create(true).truncate(false).write(true))
            .open(&path)
            .and_then(|file| file.lock().map(|()| file))
            .map_err(at(&path))?;
        Ok(Box::new(LockedFile { storage: self.clone(), _lock: file }))
    }
}

/// Closing the file lets go of the lock, also when the process dies.
struct LockedFile {
    storage: FileStorage,
    _lock: File,
}

impl Locked for LockedFile {
    fn load(&mut self) -> Result<Option<Vec<u8>>, StorageError> {
        match fs::read(&self.storage.path) {
            Ok(record) => Ok(Some(record)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(at(&self.storage.path)(error)),
        }
    }

    fn store(&mut self, record: &[u8]) -> Result<(), StorageError> {
        let new = self.storage.beside(".new");
        write_new(&new, record).map_err(at(&new))?;
        let path = &self.storage.path;
        fs::rename(&new, path).and_then(|()| sync_folder(path)).map_err(at(path))
    }
}

/// Writes a file that only its owner has ever been able to read.
fn write_new(path: &Path, record: &[u8]) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = owner_only(OpenOptions::new().create_new(true).write(true)).open(path)?;
    file.write_all(record)?;
    file.sync_all()
}

/// Puts a file where there was none. Where another process was faster its file stays.
pub(crate) fn write_once(path: &Path, content: &[u8]) -> Result<(), StorageError> {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.new", base64url(&random_bytes::<9>())));
    let new = PathBuf::from(name);
    let linked = write_new(&new, content).map_err(at(&new)).map(|()| fs::hard_link(&new, path));
    let _ = fs::remove_file(&new);
    match linked? {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(at(path)(error)),
        _ => sync_folder(path).map_err(at(path)),
    }
}

#[cfg(unix)]
fn owner_only(options: &mut OpenOptions) -> &mut OpenOptions {
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600)
}

#[cfg(not(unix))]
fn owner_only(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

/// Makes the rename itself durable.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> StorageError {
    let path = path.to_owned();
    move |source| StorageError::File { path, source }
}
