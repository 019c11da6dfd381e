//! Files and folders that only their owner can read, whatever the umask says.

use std::fmt;
use std::fs::{self, DirBuilder, File, Metadata, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// What others than the owner may do.
const OTHERS: u32 = 0o077;

/// Makes a folder, and those above it, for its owner only. One that is there stays as it is.
///
/// # Errors
/// It cannot be made.
pub fn create_folder(folder: &Path) -> io::Result<()> {
    if folder.as_os_str().is_empty() || folder.is_dir() {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Makes an empty file for its owner only.
///
/// # Errors
/// It is there already, or cannot be made.
pub fn create_file(file: &Path) -> io::Result<()> {
    let made = File::options().write(true).create_new(true).mode(0o600).open(file)?;
    made.set_permissions(Permissions::from_mode(0o600))
}

/// As [`create_file`]; one that is there stays as it is.
///
/// # Errors
/// It cannot be made.
pub fn create_file_if_missing(file: &Path) -> io::Result<()> {
    match create_file(file) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}

/// A file or folder of a database that others than its owner can read or write. `Display` says what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exposed {
    /// Which.
    pub path: PathBuf,
    /// Its mode as it should be.
    pub mode: u32,
}

impl fmt::Display for Exposed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        write!(f, "others than its owner can read or write {path}; run: chmod {:o} {path}", self.mode)
    }
}

/// What of a SQLite database others than its owner can read or write: its file, its log, and its folder where that is its
/// owner's own. A folder that belongs to somebody else or is shared (as `/tmp` is) has the mode that it needs.
pub fn exposed(database: &Path) -> Vec<Exposed> {
    let Ok(database) = database.canonicalize() else { return Vec::new() };
    let Ok(owner) = fs::metadata(&database).map(|found| found.uid()) else { return Vec::new() };
    let is_open = |found: &Metadata| found.mode() & OTHERS != 0;
    let files = ["", "-wal", "-shm"].map(|end| PathBuf::from(format!("{}{end}", database.display())));
    let mut found: Vec<Exposed> = files
        .into_iter()
        .filter(|file| fs::metadata(file).is_ok_and(|found| is_open(&found)))
        .map(|path| Exposed { path, mode: 0o600 })
        .collect();
    let folder = database.parent().unwrap_or(Path::new("/"));
    let is_shared = |found: &Metadata| found.uid() != owner || found.mode() & 0o1000 != 0;
    if fs::metadata(folder).is_ok_and(|found| is_open(&found) && !is_shared(&found)) {
        found.push(Exposed { path: folder.to_owned(), mode: 0o700 });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Folder(PathBuf);

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn what_is_made_is_its_owners_and_what_is_open_is_named_with_the_remedy() {
        let temporary = std::env::temp_dir().canonicalize().unwrap();
        let folder = Folder(temporary.join(format!("claviger-{}", uuid::Uuid::now_v7().simple())));
        let (inner, file) = (folder.0.join("a/b"), folder.0.join("a/b/x.db"));
        create_folder(&inner).unwrap();
        create_file(&file).unwrap();
        assert_eq!((mode(&folder.0), mode(&inner), mode(&file)), (0o700, 0o700, 0o600));
        assert_eq!(create_file(&file).unwrap_err().kind(), ErrorKind::AlreadyExists);
        create_file_if_missing(&file).unwrap();
        assert_eq!(exposed(&file), []);

        let log = inner.join("x.db-wal");
        create_file(&log).unwrap();
        fs::set_permissions(&log, Permissions::from_mode(0o640)).unwrap();
        fs::set_permissions(&inner, Permissions::from_mode(0o755)).unwrap();
        let found: Vec<String> = exposed(&file).iter().map(ToString::to_string).collect();
        let [first, second] = found.as_slice() else { panic!("{found:?}") };
        assert!(first.ends_with(&format!("; run: chmod 600 {}", log.display())), "{first}");
        assert!(second.ends_with(&format!("; run: chmod 700 {}", inner.display())), "{second}");
        // A shared folder is left alone, and so is what is not there.
        fs::set_permissions(&inner, Permissions::from_mode(0o1777)).unwrap();
        assert_eq!(exposed(&file).len(), 1);
        assert_eq!(exposed(&inner.join("none.db")), []);
        create_folder(&inner).unwrap();
        assert_eq!(mode(&inner), 0o777, "what is there stays as it is");
    }
}
