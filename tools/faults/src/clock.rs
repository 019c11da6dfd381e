//! A clock that steps under a running server: `libfaketime`, told by a file how far off it is to be.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Where Debian's package puts the library that is loaded into the server.
const FOLDERS: [&str; 3] =
    ["/usr/lib/x86_64-linux-gnu/faketime", "/usr/lib/aarch64-linux-gnu/faketime", "/usr/lib/faketime"];

/// A clock that is off by as much as its file says.
pub(crate) struct Clock {
    file: PathBuf,
    library: PathBuf,
}

impl Clock {
    /// One that is off by so many seconds, told in this folder.
    ///
    /// # Errors
    /// The library is missing.
    pub(crate) fn new(folder: &Path, name: &str, seconds: i64) -> Result<Self> {
        let library = FOLDERS
            .iter()
            .map(|folder| Path::new(folder).join("libfaketimeMT.so.1"))
            .find(|path| path.exists())
            .context("libfaketimeMT.so.1 is missing: apt-get install faketime")?;
        let clock = Self { file: folder.join(name), library };
        clock.step_to(seconds)?;
        Ok(clock)
    }

    /// From now on it is off by so many seconds.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn step_to(&self, seconds: i64) -> Result<()> {
        // In one piece: the server reads it whenever it asks for the time.
        let new = self.file.with_extension("new");
        std::fs::write(&new, format!("{seconds:+}\n"))?;
        std::fs::rename(new, &self.file).context("the clock's file")
    }

    /// What a server's environment needs to go by it.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("LD_PRELOAD", self.library.display().to_string()),
            ("FAKETIME_TIMESTAMP_FILE", self.file.display().to_string()),
            ("FAKETIME_NO_CACHE", "1".to_owned()),
            ("DONT_FAKE_MONOTONIC", "1".to_owned()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
        ]
    }
}
