//! Where the demo's data is: in a folder that stays, or in one that goes away with it.

use anyhow::Context;
use claviger_core::crypto::entropy::random_bytes;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// A folder; a temporary one is removed when this is dropped.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    temporary: bool,
}

impl Folder {
    /// The given folder, made where it is missing, or a new temporary one that only its owner can enter.
    ///
    /// # Errors
    /// It cannot be made, or not be written.
    pub(super) fn new(given: Option<&Path>) -> anyhow::Result<Self> {
        let (path, temporary) = if let Some(path) = given {
            (path.to_owned(), false)
        } else {
            let name = format!("claviger-demo-{:016x}", u64::from_le_bytes(random_bytes()));
            (std::env::temp_dir().join(name), true)
        };
        let cannot = || format!("cannot write the folder {}", path.display());
        DirBuilder::new().recursive(!temporary).mode(0o700).create(&path).with_context(cannot)?;
        // An absolute path: the database's URL needs one.
        let path = path.canonicalize().with_context(cannot)?;
        let folder = Self { path, temporary };
        folder.try_writing().with_context(|| format!("cannot write the folder {}", folder.path.display()))?;
        Ok(folder)
    }

    /// Its absolute path.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn try_writing(&self) -> std::io::Result<()> {
        let probe = self.path.join(format!(".claviger-{:016x}", u64::from_le_bytes(random_bytes())));
        std::fs::write(&probe, b"")?;
        std::fs::remove_file(&probe)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.temporary {
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Folder;

    #[test]
    fn a_temporary_folder_goes_and_a_given_one_stays() {
        let temporary = Folder::new(None).unwrap();
        let path = temporary.path().to_owned();
        assert!(path.is_dir());
        let given = path.join("a/b");
        drop(Folder::new(Some(&given)).unwrap());
        assert!(given.is_dir());
        assert_eq!(std::fs::read_dir(&given).unwrap().count(), 0);
        drop(temporary);
        assert!(!path.exists());
    }

    #[test]
    fn what_is_no_folder_is_told() {
        let error = Folder::new(Some("/dev/null/x".as_ref())).unwrap_err();
        assert!(error.to_string().contains("/dev/null/x"), "{error}");
    }
}
