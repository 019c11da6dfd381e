//! What Claviger's tests and tools share: a PostgreSQL of their own, processes that leave nothing behind, as much HTTP as it
//! takes to ask a server something, and the installation of missing tools.
//!
//! It is a development dependency only, and it knows no other crate of the project, so that every one of them can use it.

pub mod browser;
pub mod certificates;
pub mod demo;
pub mod folder;
pub mod html;
pub mod http;
pub mod postgres;
pub mod process;
mod scratch;
pub mod slapd;
pub mod tool;

use std::path::PathBuf;

pub use scratch::Scratch;

/// The checkout's root folder.
pub fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).map_or_else(|| here.clone(), PathBuf::from)
}

/// `cargo`, started in the checkout's root folder: the same program that started this one, if that was cargo.
pub fn cargo() -> std::process::Command {
    let mut command = std::process::Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}
