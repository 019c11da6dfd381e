//! `cargo xtask deny`: licences, bans and sources of the dependencies, as `deny.toml` says.
//!
//! It is not part of `cargo xtask test`: where cargo-deny is missing it is built from source, which
//! takes minutes. The bans that matter most are also a core step of the test, read from `cargo tree`.

use std::process::{Command, Stdio};

use anyhow::{Result, bail};

/// Runs cargo-deny, installing it first if it is missing; true if it found nothing.
///
/// # Errors
/// It cannot be installed.
pub(crate) fn run() -> Result<bool> {
    let root = crate::root()?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let is_there = Command::new(&cargo)
        .args(["deny", "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !is_there && !Command::new(&cargo).args(["install", "--locked", "cargo-deny"]).status()?.success() {
        bail!("cargo-deny is missing and `cargo install --locked cargo-deny` failed");
    }
    let checks = ["deny", "check", "licenses", "bans", "sources"];
    Ok(Command::new(&cargo).args(checks).current_dir(&root).status()?.success())
}
