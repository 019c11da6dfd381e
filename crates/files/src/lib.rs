//! What is read from files: dialects, realms, and how a set of them is brought into the database.
//!
//! 1. A file becomes a tree in which every value knows its place (`tree`).
//! 2. The tree becomes a type, strictly (`decode`).
//! 3. What refers to something else is checked ([`dialect`], [`realm`]).
//! 4. A checked set is applied in one transaction, which is an act of the server.
//!
//! Each step says everything that it finds wrong, with file, line and a suggestion ([`Problem`]); a later step may rely on
//! the earlier ones having found nothing.

mod cut;
mod decode;
pub mod dialect;
mod document;
pub mod people;
pub mod picture;
mod problem;
pub mod realm;
mod secret;
mod tree;

pub use problem::{Place, Problem, Problems, Source, did_you_mean};
pub use tree::Variables;

pub use document::Document;
pub use secret::{SecretText, read_secret};
pub use tree::Step;

use std::path::{Path, PathBuf};

/// The `*.toml` files of a folder, sorted by name; hidden ones are left out.
///
/// # Errors
/// The folder cannot be read.
fn toml_files(folder: &Path) -> Result<Vec<PathBuf>, Problems> {
    let unreadable =
        |error: std::io::Error| Problem::with_file(&folder.display().to_string(), format!("cannot be read: {error}"));
    let mut found = vec![];
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let file = entry.map_err(unreadable)?.path();
        let hidden = file.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if !hidden && file.extension().is_some_and(|extension| extension == "toml") {
            found.push(file);
        }
    }
    found.sort();
    Ok(found)
}

/// `[a-z0-9-]{1,40}`: the form of the names that realms, dialects and hosts have.
fn is_name(text: &str) -> bool {
    (1..=40).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}
