//! What other people's crates the project is made of: allowed, wanted, and used.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::heard::succeed;

/// Licences, bans and sources of the dependencies, as `deny.toml` says (cargo-deny).
///
/// # Errors
/// It cannot be installed, or it found something.
pub(crate) fn deny() -> Result<()> {
    provide("cargo-deny", &["deny", "--version"])?;
    succeed(claviger_testing::cargo().args(["deny", "--workspace", "check", "licenses", "bans", "sources"]))
}

/// Dependencies that a `Cargo.toml` names and no code uses (cargo-machete).
///
/// # Errors
/// It cannot be installed, or it found one.
pub(crate) fn unused() -> Result<()> {
    provide("cargo-machete", &["machete", "--version"])?;
    succeed(subcommand().args(["machete"]))
}

/// What `deny.toml` bans is not among the dependencies. The same as a part of [`deny`], with nothing but Rust.
///
/// # Errors
/// It is, or cargo or the file cannot be read.
pub(crate) fn bans() -> Result<()> {
    let rules = std::fs::read_to_string(claviger_testing::root().join("deny.toml")).context("cannot read deny.toml")?;
    let banned = banned_names(&rules);
    if banned.is_empty() {
        bail!("deny.toml bans no crate");
    }
    let tree = ["tree", "--workspace", "--target", "all", "--prefix", "none", "--format", "{p}"];
    let output =
        claviger_testing::cargo().args(tree).stderr(Stdio::inherit()).output().context("cannot start cargo")?;
    if !output.status.success() {
        bail!("cargo tree: {}", output.status);
    }
    let found = among(&banned, &String::from_utf8_lossy(&output.stdout));
    if !found.is_empty() {
        bail!("{}: `cargo tree --target all --invert NAME` shows who asks for it", found.join(", "));
    }
    Ok(())
}

/// The crates of the lines `{ crate = "NAME" }`. Comments begin otherwise.
fn banned_names(rules: &str) -> Vec<&str> {
    rules.lines().filter_map(|line| line.trim().strip_prefix("{ crate = \"")?.split('"').next()).collect()
}

/// Those names that a list of packages holds, one a line, the name first.
fn among<'a>(names: &[&'a str], packages: &str) -> Vec<&'a str> {
    let there: BTreeSet<&str> = packages.lines().filter_map(|line| line.split(' ').next()).collect();
    names.iter().copied().filter(|name| there.contains(name)).collect()
}

/// Cargo for a subcommand that is a program of its own. Some tell by `CARGO_PKG_NAME`, which `cargo run` has set for this
/// program, that they were not started by cargo, and read their own name as an argument.
fn subcommand() -> Command {
    let mut cargo = claviger_testing::cargo();
    cargo.env_remove("CARGO_PKG_NAME");
    cargo
}

/// Installs a program of cargo's, unless it is there and runs.
fn provide(program: &str, try_it: &[&str]) -> Result<()> {
    let is_there = subcommand()
        .args(try_it)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if is_there {
        return Ok(());
    }
    println!("installing {program}, which takes minutes");
    let mut install = claviger_testing::cargo();
    install.args(["install", "--locked", program]);
    succeed(&mut install)
        .with_context(|| format!("{program} is missing, and `cargo install --locked {program}` failed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn banned_crates_are_read_from_the_rules() {
        let rules = "# never { crate = \"x\" }\ndeny = [\n    { crate = \"ring\" },\n    { crate = \"rsa\", reason = \"y\" },\n]\n";
        assert_eq!(banned_names(rules), ["ring", "rsa"]);
    }

    #[test]
    fn a_banned_crate_is_found_by_its_whole_name() {
        assert!(among(&["ring", "rsa"], "ring-buffer v1.0.0\nserde v1.0.0\n").is_empty());
        assert_eq!(among(&["ring", "rsa"], "serde v1.0.0\nring v0.17.1\n"), ["ring"]);
    }
}
