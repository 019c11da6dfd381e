//! Passwords that became known: a file of SHA-1 hashes in order, which is searched where it lies.
//!
//! One hash a line, in hexadecimal and in ascending order; behind it a colon and whatever else (the lists of Have I Been Pwned say how
//! often). It is as large as it is: a password is looked for with some thirty reads of 256 bytes, and nothing is kept in
//! memory.

use arc_swap::ArcSwapOption;
use claviger_core::crypto::sha1_hex;
use claviger_core::token::Plain;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// No line is longer, in bytes.
const LONGEST_LINE: u64 = 128;
/// What is read at once: a line before the place, and one behind it.
const WINDOW: usize = 256;
/// How many hexadecimal digits a hash has.
const DIGITS: usize = 40;

/// The operator's list, if there is one.
#[derive(Debug, Default)]
pub(crate) struct Leaked(ArcSwapOption<List>);

#[derive(Debug)]
struct List {
    file: File,
    size: u64,
    path: PathBuf,
}

/// Why a list is not taken.
#[derive(Debug, thiserror::Error)]
pub enum LeakedError {
    /// It cannot be read.
    #[error("{}: {cause}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// It is no such list.
    #[error("{}: this is no list of SHA-1 hashes in ascending order, one a line", path.display())]
    NotAList {
        /// The file.
        path: PathBuf,
    },
}

impl Leaked {
    /// Searches this file from now on; none: no password is on a list.
    ///
    /// # Errors
    /// It cannot be read, or is no such list.
    pub(crate) fn read_from(&self, path: Option<&Path>) -> Result<(), LeakedError> {
        let list = path.map(List::open).transpose()?;
        self.0.store(list.map(Arc::new));
        Ok(())
    }

    /// Whether a password is on the list. A list that cannot be read at the moment keeps nobody from a new password; the log says so.
    pub(crate) async fn has(&self, password: &Plain) -> bool {
        let Some(list) = self.0.load_full() else { return false };
        let wanted = sha1_hex(password.expose().as_bytes());
        let found = tokio::task::spawn_blocking(move || {
            let found = list.has(&wanted);
            found.map_err(|cause| LeakedError::Unreadable { path: list.path.clone(), cause })
        });
        match found.await {
            Ok(Ok(found)) => found,
            Ok(Err(error)) => {
                tracing::error!(%error, "the list of known passwords cannot be read");
                false
            }
            Err(_) => false,
        }
    }
}

impl List {
    fn open(path: &Path) -> Result<Self, LeakedError> {
        let unreadable = |cause| LeakedError::Unreadable { path: path.to_owned(), cause };
        let file = File::open(path).map_err(unreadable)?;
        let size = file.metadata().map_err(unreadable)?.len();
        let leaked = Self { file, size, path: path.to_owned() };
        let (first, last) =
            (leaked.line_at(0).map_err(unreadable)?, leaked.line_at(size.saturating_sub(2)).map_err(unreadable)?);
        match (first, last) {
            (Some(first), Some(last)) if first.hash <= last.hash => Ok(leaked),
            _ => Err(LeakedError::NotAList { path: path.to_owned() }),
        }
    }

    /// Halves what is left until the hash is found, or nothing is left.
    fn has(&self, wanted: &str) -> io::Result<bool> {
        let (mut low, mut high) = (0, self.size);
        while low < high {
            let Some(line) = self.line_at(low + (high - low) / 2)? else { return Ok(false) };
            match line.hash.as_str().cmp(wanted) {
                std::cmp::Ordering::Equal => return Ok(true),
                std::cmp::Ordering::Less => low = line.end.max(low + 1),
                std::cmp::Ordering::Greater => high = line.start.min(high - 1),
            }
        }
        Ok(false)
    }

    /// The line in which a byte lies; none where it is no line of such a list.
    fn line_at(&self, at: u64) -> io::Result<Option<Line>> {
        let from = at.saturating_sub(LONGEST_LINE);
        let mut window = [0_u8; WINDOW];
        let length = read_at(&self.file, &mut window, from)?;
        let window = window.get(..length).unwrap_or_default();
        let inside = usize::try_from(at - from).unwrap_or_default().min(length);
        let (before, behind) = window.split_at(inside);
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
        if start == 0 && from > 0 {
            return Ok(None);
        }
        let end = behind.iter().position(|byte| *byte == b'\n').map_or(length, |newline| inside + newline + 1);
        let hash = window.get(start..start + DIGITS).and_then(|hash| std::str::from_utf8(hash).ok());
        let hash = hash.filter(|hash| hash.bytes().all(|byte| byte.is_ascii_hexdigit())).map(str::to_ascii_uppercase);
        Ok(hash.map(|hash| Line { hash, start: from + start as u64, end: from + end as u64 }))
    }
}

/// A line, and where it lies.
struct Line {
    hash: String,
    start: u64,
    end: u64,
}

fn read_at(file: &File, window: &mut [u8], from: u64) -> io::Result<usize> {
    let mut read = 0;
    while let Some(rest) = window.get_mut(read..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, from + read as u64) {
            Ok(0) => break,
            Ok(more) => read += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, content: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("claviger-leaked-{}-{name}", std::process::id()));
        std::fs::write(&path, content).unwrap();
        path
    }

    #[tokio::test]
    async fn each_line_is_found_and_nothing_else() {
        let known: Vec<String> = (0..500).map(|n| format!("password{n}")).collect();
        let mut lines: Vec<String> =
            known.iter().enumerate().map(|(n, word)| format!("{}:{}", sha1_hex(word.as_bytes()), n * n)).collect();
        lines.sort();
        for (name, newline, last) in [("unix", "\n", "\n"), ("windows", "\r\n", "")] {
            let path = file(name, &format!("{}{last}", lines.join(newline)));
            let leaked = Leaked::default();
            assert!(!leaked.has(&Plain::from("password0")).await, "there is no list yet");
            leaked.read_from(Some(&path)).unwrap();
            for word in &known {
                assert!(leaked.has(&Plain::from(word.as_str())).await, "{word}");
            }
            for other in ["", "password500", "Password0"] {
                assert!(!leaked.has(&Plain::from(other)).await, "{other}");
            }
            leaked.read_from(None).unwrap();
            assert!(!leaked.has(&Plain::from("password0")).await);
            std::fs::remove_file(path).unwrap();
        }
    }

    #[test]
    fn what_is_no_list_is_not_taken() {
        let leaked = Leaked::default();
        for (name, content) in [("words", "password\nletmein\n"), ("empty", ""), ("backwards", "F\nA\n")] {
            let path = file(name, content);
            assert!(matches!(leaked.read_from(Some(&path)), Err(LeakedError::NotAList { .. })), "{name}");
            std::fs::remove_file(path).unwrap();
        }
        let missing = leaked.read_from(Some(Path::new("/nowhere/at/all")));
        assert!(missing.unwrap_err().to_string().contains("/nowhere/at/all"));
    }
}
