//! A folder that goes away.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A folder of its own for each test.
pub struct Folder(PathBuf);

impl Folder {
    /// An empty one; `name` is part of its name.
    ///
    /// # Panics
    /// It cannot be made.
    #[expect(clippy::unwrap_used, reason = "a test that cannot write its files ends")]
    pub fn new(name: &str) -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("claviger-{name}-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file into it and returns its path.
    ///
    /// # Panics
    /// It cannot be written.
    #[expect(clippy::unwrap_used, reason = "a test that cannot write its files ends")]
    pub fn write(&self, name: &str, content: &str) -> PathBuf {
        let file = self.0.join(name);
        std::fs::write(&file, content).unwrap();
        file
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
