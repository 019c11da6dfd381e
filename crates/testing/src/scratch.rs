//! A folder for the data of a run.

use std::path::{Path, PathBuf};

use anyhow::Result;

/// A folder on the disk that holds the checkout (a folder in memory would make `fsync` free); removed when dropped.
pub struct Scratch {
    /// The folder.
    pub path: PathBuf,
}

impl Scratch {
    /// Makes a fresh one under `target/scratch`, and removes those whose process is gone.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn new() -> Result<Self> {
        let parent = crate::root().join("target/scratch");
        std::fs::create_dir_all(&parent)?;
        for entry in std::fs::read_dir(&parent)? {
            let entry = entry?;
            if !Path::new("/proc").join(entry.file_name()).exists() {
                std::fs::remove_dir_all(entry.path())?;
            }
        }
        let path = parent.join(std::process::id().to_string());
        std::fs::create_dir_all(&path)?;
        Ok(Self { path })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.path);
    }
}
