//! `cargo xtask test`: everything that must pass, in order, each step under a heading, with its
//! time, and a count at the end.
//!
//! Core steps need nothing but Rust and PostgreSQL. The others install what they need. Some are scripts,
//! `tests/clients/NAME/run.sh` and `tests/browser/NAME/run.sh`, run against a demo that this runner starts and ends; each
//! names at its top the tools that it needs ([`Tool::of_script`]), and their commands run in its folder.
//!
//! A script finds the demo's manifest in `$CLAVIGER_MANIFEST` and the server's program in `$CLAVIGER`,
//! starts in its own folder, and passes by exiting with 0. A tool that cannot be
//! installed fails the step and is named; nothing is skipped.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use claviger_testing::demo::Demo;
use claviger_testing::process::Processes;
use claviger_testing::tool::Tool;

use crate::heard::{Failed, succeed, succeed_within};
use crate::{dependencies, fuzz, layout};

/// Which steps to run.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only what needs nothing but Rust and PostgreSQL.
    #[arg(long)]
    core: bool,
    /// Show the steps and run none.
    #[arg(long)]
    list: bool,
    /// Only the steps with these names.
    #[arg(value_name = "STEP")]
    only: Vec<String>,
}

/// How long a script may take: several times what the longest takes with all that it installs.
const SCRIPT: Duration = Duration::from_mins(20);

/// A check of the checkout in this folder.
type Check = fn(&Path) -> Result<()>;

enum Work {
    /// Cargo with these arguments.
    Cargo(&'static [&'static str]),
    /// Cargo as above, with `RUSTDOCFLAGS=-D warnings`.
    Docs(&'static [&'static str]),
    /// A check of this program's own.
    Check(Check),
    /// A script against the running demo.
    Script { path: PathBuf, needs: Vec<Tool> },
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
    let root = claviger_testing::root();
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
                failed.push((step.name.clone(), error));
            }
        }
    }
    drop(demo);
    tell(&failed);
    println!("\n{passed} passed, {} failed", failed.len());
    Ok(failed.is_empty())
}

/// Shows again, at the end of a long log, what the failed steps said.
fn tell(failed: &[(String, anyhow::Error)]) {
    for (name, error) in failed {
        println!("\n== {name} failed: {error:#} ==");
        let lines =
            error.chain().find_map(|cause| cause.downcast_ref::<Failed>()).map_or(&[][..], |failed| &failed.lines);
        for line in lines {
            println!("{line}");
        }
    }
    if !failed.is_empty() {
        let names: Vec<&str> = failed.iter().map(|(name, _)| name.as_str()).collect();
        println!("\nfailed: {}", names.join(", "));
    }
}

fn steps(root: &Path) -> Result<Vec<Step>> {
    let core = |name: &str, work| Step { name: name.to_owned(), core: true, work };
    let mut steps = vec![
        core("format", Work::Cargo(&["fmt", "--check"])),
        core("layout", Work::Check(layout::check)),
        core("bans", Work::Check(|_| dependencies::bans())),
        core("clippy", Work::Cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])),
        core("docs", Work::Docs(&["doc", "--workspace", "--no-deps", "--document-private-items"])),
        // Unit, property and integration tests.
        core("tests", Work::Cargo(&["test", "--workspace"])),
        // Again by themselves: what integrators rely on is worth a heading, and costs seconds.
        core("guides", Work::Cargo(&["test", "--package", "claviger", "--test", "guides"])),
    ];
    let others: [(&str, Check); 4] = [
        ("deny", |_| dependencies::deny()),
        ("unused", |_| dependencies::unused()),
        ("fuzz", fuzz::compile),
        ("faults", |_| faults()),
    ];
    steps.extend(others.map(|(name, check)| Step { name: name.to_owned(), core: false, work: Work::Check(check) }));
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
            steps.push(Step { name, core: false, work: Work::Script { needs: Tool::of_script(&text)?, path } });
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

fn perform(root: &Path, step: &Step, processes: &Processes, demo: &mut Option<Demo>) -> Result<()> {
    match &step.work {
        Work::Cargo(arguments) => succeed(claviger_testing::cargo().args(*arguments)),
        Work::Docs(arguments) => succeed(claviger_testing::cargo().env("RUSTDOCFLAGS", "-D warnings").args(*arguments)),
        Work::Check(check) => check(root),
        Work::Missing(folder) => bail!("{} holds no run.sh", folder.display()),
        Work::Script { path, needs } => {
            let folder = path.parent().context("a script without a folder")?;
            for tool in needs {
                // The demo serves more where there is more: a directory with `slapd`.
                if tool.provide(folder)? {
                    *demo = None;
                }
            }
            let demo = match demo {
                Some(demo) if demo.running.lives() => demo,
                slot => {
                    succeed(claviger_testing::cargo().args(["build", "--release"]))?;
                    slot.insert(Demo::start(processes, &root.join("target/release/claviger"), &root.join("target"))?)
                }
            };
            succeed_within(
                Command::new("bash")
                    .arg(path)
                    .current_dir(folder)
                    .env("CLAVIGER", root.join("target/release/claviger"))
                    .env("CLAVIGER_MANIFEST", &demo.manifest),
                SCRIPT,
            )
        }
    }
}

/// The short forms of `cargo xtask faults` and of its attacks.
fn faults() -> Result<()> {
    succeed(&mut crate::other("faults", &["--short".into()])?).context("something did not hold")?;
    succeed(&mut crate::other("faults", &["attack".into(), "--short".into()])?)
        .context("an attack cost more than it may")
}
