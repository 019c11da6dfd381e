//! The fuzz targets, a workspace of their own: built where a nightly compiler is installed, checked otherwise.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use claviger_testing::tool::Tool;

use crate::heard::succeed;

/// Builds or checks every target.
///
/// # Errors
/// One does not compile.
pub(crate) fn compile(root: &Path) -> Result<()> {
    // libFuzzer is C++, and is compiled with the targets.
    let check =
        "d=$(mktemp -d) && echo '#include <vector>' >$d/a.cc && c++ -c -o $d/a.o $d/a.cc; s=$?; rm -rf $d; exit $s";
    Tool::new("c++", check, "apt-get install -y --no-install-recommends g++").provide(root)?;
    let manifest = root.join("fuzz/Cargo.toml");
    let compiled = if let Some(toolchain) = nightly() {
        println!("building the fuzz targets with {toolchain}");
        let mut build = Command::new("rustup");
        build.args(["run", &toolchain, "cargo", "build", "--locked", "--manifest-path"]).arg(manifest);
        // Those of the cargo that started this program belong to another compiler.
        succeed(build.env_remove("CARGO").env_remove("RUSTC").env_remove("RUSTDOC").env_remove("RUSTFLAGS"))
    } else {
        println!("no nightly compiler is installed: the fuzz targets are checked with this one");
        succeed(claviger_testing::cargo().args(["check", "--locked", "--manifest-path"]).arg(manifest))
    };
    compiled.context("the fuzz targets")
}

/// The name of an installed nightly compiler.
fn nightly() -> Option<String> {
    let output =
        Command::new("rustup").args(["toolchain", "list"]).output().ok().filter(|output| output.status.success())?;
    nightly_of(&String::from_utf8_lossy(&output.stdout)).map(str::to_owned)
}

/// The first nightly in the list of `rustup toolchain list`; those of a fixed date come after the one that has none.
fn nightly_of(list: &str) -> Option<&str> {
    let names = list.lines().filter_map(|line| line.split_whitespace().next());
    let mut nightly: Vec<&str> = names.filter(|name| name.starts_with("nightly")).collect();
    nightly.sort_by_key(|name| name.starts_with("nightly-2"));
    nightly.first().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_installed_nightly_is_found() {
        let list = "stable-x86_64-unknown-linux-gnu (active, default)\nnightly-2026-01-02-x86_64-unknown-linux-gnu\nnightly-x86_64-unknown-linux-gnu\n";
        assert_eq!(nightly_of(list), Some("nightly-x86_64-unknown-linux-gnu"));
        assert_eq!(nightly_of("stable-x86_64-unknown-linux-gnu (default)\n"), None);
        assert_eq!(nightly_of("no installed toolchains\n"), None);
    }
}
