//! `cargo xtask faults`: injects faults into running servers, and checks after each what must hold.
//!
//! Black box: servers are started as an operator starts them and asked over HTTP. Faults are injected into their processes
//! ([`strace`]), their connections to the database ([`proxy`]), their disk, their clock ([`clock`]) and PostgreSQL itself.
//! A [`Case`] runs rounds of one fault on one store and reports to its [`Trial`] what it saw. Every case ends by itself,
//! after a number of rounds or a time.

mod attack;
mod challenge;
mod clock;
mod clocks;
mod commands;
mod deployment;
mod disk;
mod factors;
mod gave_up;
mod kill_app;
mod killer;
mod kills;
mod link;
mod operations;
mod outage;
mod overload;
mod peer;
mod propagation;
mod proxy;
mod races;
mod request_log;
mod strace;
mod table;
mod trial;
mod upgrade;
mod workload;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::OnceLock;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use clap::{Parser, Subcommand, ValueEnum};

use claviger_testing::Scratch;
use claviger_testing::postgres::Cluster;
use claviger_testing::process::Processes;
use claviger_testing::tool::Tool;
use table::Row;
use trial::Trial;

/// Injects faults into running servers, and checks what must hold.
#[derive(Parser)]
#[command(
    name = "cargo xtask faults",
    bin_name = "cargo xtask faults",
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "\
Examples:
  cargo xtask faults --list                what there is
  cargo xtask faults --short               some rounds of everything, within three minutes
  cargo xtask faults                       the long form, some 25 minutes
  cargo xtask faults 1 --store sqlite      SIGKILL at every write, on SQLite
  cargo xtask faults race-code --seed 7    one case, with the order of an earlier run
  cargo xtask faults attack list           what a stranger can try, and what it may cost at most

A case is violated if what must hold did not hold once. Each violation is printed with what was seen, and the
command ends with 1. A case in which something only came late is run again, and is violated if it is late three times. PostgreSQL, strace and faketime are installed if they are missing and apt-get is there; some
cases mount a small file system and attach to processes, so run it as root."
)]
pub(crate) struct Args {
    /// Fewer rounds of each case.
    #[arg(long)]
    short: bool,
    /// Show the cases and run none.
    #[arg(long)]
    list: bool,
    /// Only on this store.
    #[arg(long)]
    store: Option<Kind>,
    /// The server's program, instead of this checkout's release build.
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// An older program, which is to serve beside the new one on the new schema.
    #[arg(long, value_name = "FILE")]
    previous: Option<PathBuf>,
    /// Where chance starts.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write the table to this file, as Markdown.
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Only these groups (1 to 8) or cases.
    #[arg(value_name = "GROUP|CASE")]
    only: Vec<String>,
    #[command(subcommand)]
    other: Option<Other>,
}

/// What is done in place of injecting faults.
#[derive(Subcommand)]
enum Other {
    /// Attack a server as a stranger would, and count what that costs.
    Attack(attack::Args),
}

/// What every run is told.
pub(crate) struct Shared {
    /// Fewer rounds.
    pub(crate) short: bool,
    /// Where chance starts.
    pub(crate) seed: u64,
    /// The server's program, if it is not to be built.
    pub(crate) binary: Option<PathBuf>,
    /// An older one.
    pub(crate) previous: Option<PathBuf>,
}

/// A store.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Kind {
    /// A file of its own for each case.
    Sqlite,
    /// A database of its own for each case, in one cluster.
    Postgres,
}

impl Kind {
    /// Its name in tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

/// One fault on one store.
pub(crate) struct Case {
    /// The group of the faults it belongs to, 1 to 8.
    pub(crate) group: u8,
    /// Its name on the command line.
    pub(crate) name: &'static str,
    /// The store.
    pub(crate) kind: Kind,
    /// What is done, and what must hold.
    pub(crate) about: &'static str,
    /// Does it.
    pub(crate) run: fn(&mut Trial<'_>) -> Result<()>,
}

/// What all cases share.
pub(crate) struct Lab {
    /// The server's program.
    pub(crate) binary: PathBuf,
    /// An older one.
    pub(crate) previous: Option<PathBuf>,
    /// Every process that was started.
    pub(crate) processes: Processes,
    /// A folder on a real disk.
    pub(crate) folder: PathBuf,
    /// Fewer rounds.
    pub(crate) short: bool,
    /// Where chance starts.
    pub(crate) seed: u64,
    cluster: OnceLock<Cluster>,
}

impl Lab {
    /// The PostgreSQL that faults are injected into; started when it is first asked for.
    ///
    /// # Errors
    /// It does not start.
    pub(crate) fn cluster(&self) -> Result<&Cluster> {
        if let Some(cluster) = self.cluster.get() {
            return Ok(cluster);
        }
        // As durable; after a crash it does not sync the files of all databases one by one.
        let cluster = Cluster::with(true, &["recovery_init_sync_method=syncfs"]).context("PostgreSQL for the tests")?;
        Ok(self.cluster.get_or_init(|| cluster))
    }

    /// As many rounds as this run does.
    pub(crate) fn rounds(&self, long: u64, short: u64) -> u64 {
        if self.short { short } else { long }
    }
}

/// Every case, in order.
fn cases() -> Vec<Case> {
    let groups = [
        kills::CASES,
        races::CASES,
        outage::CASES,
        disk::CASES,
        clocks::CASES,
        upgrade::CASES,
        overload::CASES,
        commands::CASES,
    ];
    let mut all: Vec<Case> = Vec::new();
    for (number, group) in (1..).zip(groups) {
        for (name, kinds, about, run) in group {
            all.extend(kinds.iter().map(|kind| Case { group: number, name, kind: *kind, about, run: *run }));
        }
    }
    all
}

/// A case as its group lists it: name, stores, what is done, how.
pub(crate) type Entry = (&'static str, &'static [Kind], &'static str, fn(&mut Trial<'_>) -> Result<()>);

/// On both stores.
pub(crate) const BOTH: &[Kind] = &[Kind::Sqlite, Kind::Postgres];

fn main() -> ExitCode {
    let args = Args::parse();
    let outcome = match &args.other {
        Some(Other::Attack(attack)) => attack::run(attack),
        None => run(&args),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the cases; true if nothing was violated.
///
/// # Errors
/// A build that fails, a tool that is missing, a name that no case has.
pub(crate) fn run(args: &Args) -> Result<bool> {
    let mut chosen = cases();
    for wanted in &args.only {
        if !chosen.iter().any(|case| is_meant(case, wanted)) {
            bail!("no group or case is called {wanted}; `cargo xtask faults --list` shows them");
        }
    }
    chosen.retain(|case| args.only.is_empty() || args.only.iter().any(|wanted| is_meant(case, wanted)));
    chosen.retain(|case| args.store.is_none_or(|kind| case.kind == kind));
    if args.list {
        for case in &chosen {
            println!("{}  {:<18} {:<11} {}", case.group, case.name, case.kind.name(), case.about);
        }
        return Ok(true);
    }
    if chosen.is_empty() {
        bail!("none of these cases is for that store");
    }
    provide_tools()?;
    let started = Instant::now();
    let shared =
        Shared { short: args.short, seed: args.seed, binary: args.binary.clone(), previous: args.previous.clone() };
    let rows: Vec<Row> = with_lab(&shared, |lab| Ok(chosen.iter().map(|case| one(lab, case)).collect()))?;
    let text = table::markdown(&rows);
    println!("\n{text}");
    let violations: u64 = rows.iter().map(|row| row.violations).sum();
    let failed = rows.iter().filter(|row| row.failed).count();
    println!(
        "{} cases, {violations} violations, {failed} could not be run, {:.0} s, seed {}",
        rows.len(),
        started.elapsed().as_secs_f64(),
        args.seed
    );
    if let Some(file) = &args.markdown {
        std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(violations == 0 && failed == 0)
}

/// Does something in a lab, and ends every process that was started.
///
/// # Errors
/// A build that fails, a program that is not there, and what `work` fails with.
pub(crate) fn with_lab<T>(shared: &Shared, work: impl FnOnce(&Lab) -> Result<T>) -> Result<T> {
    let processes = Processes::with_signals()?;
    let scratch = Scratch::new()?;
    let binary = match &shared.binary {
        Some(binary) => binary.clone(),
        None => built()?,
    };
    let lab = Lab {
        // Servers run in folders of their own.
        binary: binary.canonicalize().with_context(|| format!("there is no {}", binary.display()))?,
        previous: shared.previous.as_ref().map(|path| path.canonicalize()).transpose()?,
        processes: processes.clone(),
        folder: scratch.path.clone(),
        short: shared.short,
        seed: shared.seed,
        cluster: OnceLock::new(),
    };
    let outcome = work(&lab);
    drop(lab);
    processes.end();
    outcome
}

fn is_meant(case: &Case, wanted: &str) -> bool {
    case.name == wanted || case.group.to_string() == wanted
}

/// Runs a case; again where nothing was wrong but the time, which may be the machine's fault: what is always late is a violation.
fn one(lab: &Lab, case: &Case) -> Row {
    const ATTEMPTS: usize = 3;
    let attempt = || {
        let mut trial = Trial::new(lab, case);
        let outcome = (case.run)(&mut trial);
        trial.end(outcome)
    };
    let mut row = attempt();
    for _ in 1..ATTEMPTS {
        if row.was_only_late() {
            row = attempt();
        }
    }
    row.counted()
}

/// What is needed beside PostgreSQL, which installs itself. Each check does what the cases do.
fn provide_tools() -> Result<()> {
    let strace = "strace -f -o /dev/null -e trace=write -e inject=write:error=EIO:when=9999 true";
    // As `clock` looks for it, and loaded as there.
    let faketime = "library=$(ls /usr/lib/*/faketime/libfaketimeMT.so.1 /usr/lib/faketime/libfaketimeMT.so.1 2>/dev/null); \
         [ \"$(LD_PRELOAD=${library%%[[:space:]]*} FAKETIME='@2001-02-03 04:05:06' date +%Y)\" = 2001 ]";
    for (name, check) in [("strace", strace), ("faketime", faketime)] {
        let install = format!("apt-get install -y --no-install-recommends {name}");
        Tool::new(name, check, &install).provide(Path::new("."))?;
    }
    Ok(())
}

/// The release build of this checkout.
fn built() -> Result<PathBuf> {
    let mut cargo = claviger_testing::cargo();
    let status = cargo.args(["build", "--release", "--package", "claviger"]).status().context("cannot start cargo")?;
    if !status.success() {
        bail!("cargo build: {status}");
    }
    Ok(claviger_testing::root().join("target/release/claviger"))
}
