//! `cargo xtask test`: everything that must pass, in order, each step under a heading, with its
//! time, and a count at the end.
//!
//! Core steps need nothing but Rust. The others are scripts, `tests/clients/NAME/run.sh` and
//! `tests/browser/NAME/run.sh`, run against a demo that this runner starts and ends. A script says what it needs
//! in comments at its top, one tool a line: a name, a command that succeeds where the tool is there, and one
//! that installs it:
//!
//! ```text
//! # needs: php | php -r 'curl_version();' | apt-get install -y php-cli php-curl
//! ```
//!
//! The step `faults` is the short form of `cargo xtask faults`; it installs PostgreSQL, strace and faketime the same way.
//!
//! A script finds the demo's manifest in `$CLAVIGER_MANIFEST` and the server's program in `$CLAVIGER`,
//! starts in its own folder, and passes by exiting with 0. A tool that cannot be
//! installed fails the step and is named; nothing is skipped.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::bench::process::Processes;
use crate::demo::Demo;

/// What must not be among the dependencies, whichever crate asks for it: second TLS and crypto
/// libraries, and RSA whose timing leaks.
const BANNED: [&str; 4] = ["openssl-sys", "native-tls", "ring", "rsa"];

/// Which steps to run.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only what needs nothing but Rust.
    #[arg(long)]
    core: bool,
    /// Show the steps and run none.
    #[arg(long)]
    list: bool,
    /// Only the steps with these names.
    #[arg(value_name = "STEP")]
    only: Vec<String>,
}

/// A tool that a script needs.
#[derive(Debug, PartialEq, Eq)]
struct Need {
    name: String,
    check: String,
    install: String,
}

enum Work {
    /// Cargo with these arguments.
    Cargo(&'static [&'static str]),
    /// Cargo as above, with `RUSTDOCFLAGS=-D warnings`.
    Docs(&'static [&'static str]),
    /// The dependencies hold nothing that is banned.
    Bans,
    /// The short form of `cargo xtask faults`.
    Faults,
    /// A script against the running demo.
    Script { path: PathBuf, needs: Vec<Need> },
    /// A folder that should hold scripts and does not.
    Missing(PathBuf),
}

struct Step {
    name: String,
    core: bool,
    work: Work,
}

/// Runs the steps; true if all passed.
///
/// # Errors
/// The checkout cannot be read. A step that fails is counted, not an error.
pub(crate) fn run(args: &Args) -> Result<bool> {
    let root = crate::root()?;
    let mut steps = steps(&root)?;
    steps.retain(|step| (step.core || !args.core) && (args.only.is_empty() || args.only.contains(&step.name)));
    if args.list {
        for step in &steps {
            println!("{}", step.name);
        }
        return Ok(true);
    }
    if steps.is_empty() {
        bail!("no step has that name; `cargo xtask test --list` shows them");
    }
    let processes = Processes::with_signals()?;
    let mut demo = None;
    let (mut passed, mut failed) = (0_usize, Vec::new());
    for step in &steps {
        println!("\n== {} ==", step.name);
        let started = Instant::now();
        let outcome = perform(&root, step, &processes, &mut demo);
        let spent = started.elapsed().as_secs_f64();
        match outcome {
            Ok(()) => {
                println!("-- {}: passed in {spent:.1} s", step.name);
                passed += 1;
            }
            Err(error) => {
                println!("-- {}: FAILED after {spent:.1} s: {error:#}", step.name);
                failed.push(step.name.clone());
            }
        }
    }
    drop(demo);
    if !failed.is_empty() {
        println!("\nfailed: {}", failed.join(", "));
    }
    println!("\n{passed} passed, {} failed", failed.len());
    Ok(failed.is_empty())
}

fn steps(root: &Path) -> Result<Vec<Step>> {
    let core = |name: &str, work| Step { name: name.to_owned(), core: true, work };
    let mut steps = vec![
        core("format", Work::Cargo(&["fmt", "--check"])),
        core("bans", Work::Bans),
        core("clippy", Work::Cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])),
        core("docs", Work::Docs(&["doc", "--workspace", "--no-deps", "--document-private-items"])),
        // Unit, property and integration tests.
        core("tests", Work::Cargo(&["test", "--workspace"])),
        // Again by themselves: what integrators rely on is worth a heading, and costs seconds.
        core("guides", Work::Cargo(&["test", "--package", "claviger", "--test", "guides"])),
    ];
    steps.push(Step { name: "faults".to_owned(), core: false, work: Work::Faults });
    for folder in ["clients", "browser"] {
        let scripts = scripts(&root.join("tests").join(folder))?;
        if scripts.is_empty() {
            let work = Work::Missing(root.join("tests").join(folder));
            steps.push(Step { name: folder.to_owned(), core: false, work });
        }
        for path in scripts {
            let parent = path.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
            let name = if parent == folder { parent } else { format!("{folder}/{parent}") };
            let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            steps.push(Step { name, core: false, work: Work::Script { needs: needs(&text)?, path } });
        }
    }
    Ok(steps)
}

/// `FOLDER/run.sh` and `FOLDER/*/run.sh`, in order.
fn scripts(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    if folder.is_dir() {
        found.push(folder.join("run.sh"));
        for entry in std::fs::read_dir(folder)? {
            found.push(entry?.path().join("run.sh"));
        }
    }
    found.retain(|path| path.is_file());
    found.sort();
    Ok(found)
}

/// The tools that a script names at its top.
fn needs(script: &str) -> Result<Vec<Need>> {
    let mut needs = Vec::new();
    for line in script.lines().take_while(|line| line.starts_with('#') || line.is_empty()) {
        let Some(rest) = line.strip_prefix("# needs:") else {
            continue;
        };
        let mut parts = rest.splitn(3, " | ").map(|part| part.trim().to_owned());
        match (parts.next(), parts.next(), parts.next()) {
            (Some(name), Some(check), Some(install)) if !name.is_empty() => needs.push(Need { name, check, install }),
            _ => bail!("not `# needs: NAME | CHECK | INSTALL`: {line}"),
        }
    }
    Ok(needs)
}

fn perform(root: &Path, step: &Step, processes: &Processes, demo: &mut Option<Demo>) -> Result<()> {
    match &step.work {
        Work::Cargo(arguments) => succeed(cargo(root).args(*arguments)),
        Work::Docs(arguments) => succeed(cargo(root).env("RUSTDOCFLAGS", "-D warnings").args(*arguments)),
        Work::Bans => bans(root),
        Work::Faults => succeed(Command::new(std::env::current_exe()?).args(["faults", "--short"])),
        Work::Missing(folder) => bail!("{} holds no run.sh", folder.display()),
        Work::Script { path, needs } => {
            needs.iter().try_for_each(provide)?;
            let demo = match demo {
                Some(demo) if demo.running.lives() => demo,
                slot => {
                    succeed(cargo(root).args(["build", "--release"]))?;
                    slot.insert(Demo::start(processes, &root.join("target/release/claviger"), &root.join("target"))?)
                }
            };
            let folder = path.parent().context("a script without a folder")?;
            succeed(
                Command::new("bash")
                    .arg(path)
                    .current_dir(folder)
                    .env("CLAVIGER", root.join("target/release/claviger"))
                    .env("CLAVIGER_MANIFEST", &demo.manifest),
            )
        }
    }
}

fn cargo(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    command
}

fn succeed(command: &mut Command) -> Result<()> {
    let status =
        command.status().with_context(|| format!("cannot start {}", command.get_program().to_string_lossy()))?;
    if !status.success() {
        bail!("{status}");
    }
    Ok(())
}

fn bans(root: &Path) -> Result<()> {
    let tree = ["tree", "--workspace", "--target", "all", "--prefix", "none", "--format", "{p}"];
    let output = cargo(root).args(tree).stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        bail!("cargo tree: {}", output.status);
    }
    let found = banned(&String::from_utf8_lossy(&output.stdout));
    if !found.is_empty() {
        bail!("{}: `cargo tree --target all --invert NAME` shows who asks for it", found.join(", "));
    }
    Ok(())
}

/// Those of [`BANNED`] that a list of packages holds, one a line, the name first.
fn banned(packages: &str) -> Vec<&'static str> {
    let names: std::collections::BTreeSet<&str> = packages.lines().filter_map(|line| line.split(' ').next()).collect();
    BANNED.into_iter().filter(|name| names.contains(name)).collect()
}

/// Makes sure that a tool is there, installing it if need be.
pub(crate) fn provide_tool(name: &str, check: &str, install: &str) -> Result<()> {
    provide(&Need { name: name.to_owned(), check: check.to_owned(), install: install.to_owned() })
}

/// As [`provide_tool`], for a script's line.
fn provide(need: &Need) -> Result<()> {
    if shell(&need.check, true)? {
        return Ok(());
    }
    println!("installing {}: {}", need.name, need.install);
    let mut installed = shell(&need.install, false)?;
    if !installed && need.install.starts_with("apt-get ") {
        // The list of packages may be old, or was never fetched.
        installed = shell("apt-get update", false)? && shell(&need.install, false)?;
    }
    if installed && shell(&need.check, true)? {
        return Ok(());
    }
    bail!("{} is missing, and `{}` did not provide it", need.name, need.install)
}

fn shell(text: &str, quiet: bool) -> Result<bool> {
    let mut command = Command::new("bash");
    command.args(["-c", text]).stdin(Stdio::null()).env("DEBIAN_FRONTEND", "noninteractive");
    if quiet {
        command.stdout(Stdio::null()).stderr(Stdio::null());
    }
    Ok(command.status().context("cannot start bash")?.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needs_are_read_from_the_top_only() {
        let script = "#!/bin/bash\n# Talks.\n# needs: php | php -v | apt-get install -y php-cli\n\necho\n# needs: late | a | b\n";
        let found = needs(script).unwrap();
        let php = Need {
            name: "php".to_owned(),
            check: "php -v".to_owned(),
            install: "apt-get install -y php-cli".to_owned(),
        };
        assert_eq!(found, [php]);
        assert!(needs("# needs: php\n").is_err());
    }

    #[test]
    fn a_missing_tool_is_named() {
        let need = Need { name: "unobtainium".to_owned(), check: "false".to_owned(), install: "false".to_owned() };
        assert!(provide(&need).unwrap_err().to_string().contains("unobtainium"));
    }

    #[test]
    fn bans_are_found() {
        assert!(banned("ring-buffer v1.0.0\nserde v1.0.0\n").is_empty());
        assert_eq!(banned("serde v1.0.0\nring v0.17.1\n"), ["ring"]);
    }
}
