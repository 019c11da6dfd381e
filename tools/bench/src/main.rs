//! `cargo xtask bench`: the release server beside bare servers, under the same load, in one run.
//!
//! With `--store postgres` it is one server or three on a real PostgreSQL, beside a loop of bare statements: [`postgres`].
//!
//! Both servers run at once, each in a process and a folder of its own; the load client is a third
//! process. Within a repetition each flow is loaded on one, then on the other, and which comes
//! first changes from repetition to repetition, so that a slow moment of the machine meets both.

mod bare;
mod claviger;
mod extras;
mod fill;
mod flow;
mod load;
mod postgres;
mod proof;
mod report;
mod target;

use std::io::{IsTerminal, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::{Parser, Subcommand, ValueEnum};
use claviger_testing::Scratch;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use claviger::{Claviger, Prepared};
use claviger_testing::process::Processes;
use extras::Growth;
use flow::Flow;
use load::{Measured, Plan, Script};
use report::{Fact, Medians, Row};
use target::{Bare, Sizes, Target};

/// Speed and memory of the release server beside programs that do the least possible.
#[derive(Parser)]
#[command(name = "cargo xtask bench", bin_name = "cargo xtask bench", args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    part: Option<Part>,
    #[command(flatten)]
    args: Args,
}

/// What this program starts as processes of their own.
#[derive(Subcommand)]
enum Part {
    /// The bare server.
    #[command(hide = true)]
    Bare(bare::Args),
    /// The load client; its plan comes on standard input.
    #[command(hide = true)]
    Load,
    /// The bare statements of a flow; its plan comes on standard input.
    #[command(hide = true)]
    Loop,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match cli.part {
        None => run(&cli.args),
        Some(Part::Bare(args)) => bare::run(&args),
        Some(Part::Load) => load::run(),
        Some(Part::Loop) => postgres::loops::run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// What to measure. Without one of the questions at the end it is the flows.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only these flows.
    #[arg(long, value_delimiter = ',', value_name = "FLOW,..")]
    flows: Vec<Flow>,
    /// Where the server keeps its data.
    #[arg(long, value_enum, default_value_t = Kind::Sqlite)]
    store: Kind,
    /// How many servers share the database (PostgreSQL): several numbers are measured one after the other.
    #[arg(long, value_delimiter = ',', default_value = "1", value_name = "N,..")]
    servers: Vec<usize>,
    /// Connections kept open. [default: 1,8,64 on SQLite, 8,64 on PostgreSQL]
    #[arg(long, value_delimiter = ',', value_name = "N,..")]
    connections: Vec<usize>,
    /// Seconds of counting per flow, server and repetition. [default: 3 on SQLite, 2 on PostgreSQL]
    #[arg(long)]
    seconds: Option<f64>,
    /// Repetitions, of which the median counts.
    #[arg(long, default_value_t = 3)]
    repetitions: usize,
    /// Write everything measured to this file, as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// One short repetition: whether it works, not how fast it is.
    #[arg(long)]
    quick: bool,
    /// Only the bare server.
    #[arg(long)]
    bare_only: bool,
    /// Threads of the load client. One keeps the cores busy; more of them only add to the latency.
    #[arg(long, default_value_t = 1)]
    load_threads: usize,
    /// Another build of the server, instead of this checkout's.
    #[arg(long, value_name = "FILE", conflicts_with = "bare_only")]
    binary: Option<PathBuf>,
    /// Take the release builds as they are.
    #[arg(long)]
    no_build: bool,
    /// Which questions beside the flows.
    #[command(flatten)]
    questions: Questions,
}

/// Where a server keeps its data.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    /// A file.
    Sqlite,
    /// A PostgreSQL that is started for this.
    Postgres,
}

impl Args {
    fn seconds(&self) -> f64 {
        let usual = if self.store == Kind::Postgres { 2.0 } else { 3.0 };
        if self.quick { 0.5 } else { self.seconds.unwrap_or(usual).clamp(0.1, 600.0) }
    }

    fn connections(&self) -> Vec<usize> {
        let usual: &[usize] = if self.store == Kind::Postgres { &[8, 64] } else { &[1, 8, 64] };
        if self.connections.is_empty() { usual.to_vec() } else { self.connections.clone() }
    }
}

/// The questions beside the flows.
#[derive(clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
struct Questions {
    /// The flows, and then every question below.
    #[arg(long)]
    all: bool,
    /// Idle memory, of the demo as well, and whether it stays flat.
    #[arg(long)]
    memory: bool,
    /// Time to the first answer, and the size of the program.
    #[arg(long)]
    start: bool,
    /// Client credentials during a flood of log-ins.
    #[arg(long)]
    flood: bool,
    /// What a million client-credentials tokens leave in the database.
    #[arg(long)]
    million: bool,
    /// What more clients, tokens, grants and realms cost; all of them, or those that are named. Takes minutes and some
    /// 10 GB of disk.
    #[arg(long, num_args = 0.., value_delimiter = ',', value_name = "OF,..")]
    growth: Option<Vec<Growth>>,
    /// Rows of tokens and of grants to which the database grows.
    #[arg(long, default_value_t = 10_000_000, value_name = "N")]
    growth_rows: u64,
    /// What those notice who are served while a million expired rows leave (PostgreSQL).
    #[arg(long)]
    purge: bool,
}

impl Questions {
    fn any(&self) -> bool {
        self.memory || self.start || self.flood || self.million || self.purge || self.growth.is_some()
    }
}

/// Everything measured in one run.
#[derive(Serialize)]
struct Everything<T> {
    cores: usize,
    processor: String,
    kernel: String,
    fsync_us: f64,
    store: Kind,
    seconds: f64,
    repetitions: usize,
    rows: Vec<T>,
    facts: Vec<Fact>,
}

/// Runs the benchmark. A measurement does not fail for being slow.
///
/// # Errors
/// A build, a server or an answer that fails.
fn run(args: &Args) -> Result<()> {
    let processes = Processes::with_signals()?;
    let scratch = Scratch::new()?;
    let root = claviger_testing::root();
    if !args.no_build {
        build(args.bare_only || args.binary.is_some())?;
    }
    let runs = Runs {
        tool: &root.join("target/release/bench"),
        binary: &args.binary.clone().unwrap_or_else(|| root.join("target/release/claviger")),
        processes: &processes,
        seconds: args.seconds(),
        repetitions: if args.quick { 1 } else { args.repetitions.clamp(1, 99) },
        threads: args.load_threads,
    };
    let ask = &args.questions;
    if args.store == Kind::Postgres {
        return on_postgres(&runs, args, &scratch.path);
    }
    let rows = if ask.all || !ask.any() { flows(&runs, args, &scratch.path)? } else { Vec::new() };
    let facts = facts(&runs, ask, &scratch.path)?;
    processes.end();

    if !rows.is_empty() {
        println!("{}", report::table(&rows));
    }
    if !facts.is_empty() {
        println!("{}", report::facts(&facts));
    }
    tell(&runs, args, &scratch.path, rows, facts)
}

/// The same on PostgreSQL.
fn on_postgres(runs: &Runs, args: &Args, scratch: &Path) -> Result<()> {
    let ask = &args.questions;
    if args.bare_only || ask.memory || ask.start || ask.flood || ask.million {
        bail!("on PostgreSQL there are the flows, --growth and --purge");
    }
    let database = postgres::Database::start()?;
    let mut rows = Vec::new();
    let mut facts = Vec::new();
    if ask.all || !ask.any() {
        (rows, facts) = postgres::flows(runs, &database, scratch, (&args.flows, &args.connections(), &args.servers))?;
    }
    let growth = (ask.all || ask.growth.is_some()).then_some(ask.growth_rows);
    facts.extend(postgres::facts(runs, &database, scratch, (growth, ask.all || ask.purge))?);
    runs.processes.end();
    if !rows.is_empty() {
        println!("{}", postgres::table(&rows));
    }
    println!("{}", report::facts(&facts));
    tell(runs, args, scratch, rows, facts)
}

/// Writes everything down, if it was asked for.
fn tell<T: Serialize>(runs: &Runs, args: &Args, scratch: &Path, rows: Vec<T>, facts: Vec<Fact>) -> Result<()> {
    let everything = Everything {
        cores: std::thread::available_parallelism()?.get(),
        processor: processor(),
        kernel: std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim().to_owned(),
        fsync_us: fsync_microseconds(scratch)?,
        store: args.store,
        seconds: runs.seconds,
        repetitions: runs.repetitions,
        rows,
        facts,
    };
    if let Some(path) = &args.json {
        std::fs::write(path, serde_json::to_vec_pretty(&everything)?)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// Every flow at every number of connections, on both servers.
fn flows(runs: &Runs, args: &Args, scratch: &Path) -> Result<Vec<Row>> {
    let flows = if args.flows.is_empty() { Flow::value_variants() } else { &args.flows };
    let connections = args.connections();
    let server = if args.bare_only {
        None
    } else {
        Some(Prepared::new(runs.processes, runs.binary, &scratch.join("flows"))?.serve()?)
    };
    let unknown = Sizes { token: 0, facts: 0, discovery: 2000, jwks: 900 };
    let sizes = server.as_ref().map_or(Ok(unknown), Claviger::sizes)?;
    let bare = Bare::start(runs.processes, runs.tool, &scratch.join("bare"), sizes)?;
    let bar = progress(flows.len() * connections.len() * runs.repetitions);
    let mut rows = Vec::new();
    for flow in flows {
        for connections in &connections {
            let (mut ours, mut theirs) = (Vec::new(), Vec::new());
            for repetition in 0..runs.repetitions {
                bar.set_message(format!("{}, {connections} connections", flow.title()));
                for turn in [repetition, repetition + 1] {
                    if turn.is_multiple_of(2) {
                        theirs.push(runs.load(&bare, *flow, *connections)?);
                    } else if let Some(server) = &server {
                        ours.push(runs.load(server, *flow, *connections)?);
                    }
                }
                bar.inc(1);
            }
            let ours = server.is_some().then(|| Medians::of(ours));
            rows.push(Row::new(*flow, *connections, ours, Medians::of(theirs)));
        }
    }
    bar.finish_and_clear();
    Ok(rows)
}

/// The questions that were asked, each on a server of its own.
fn facts(runs: &Runs, ask: &Questions, scratch: &Path) -> Result<Vec<Fact>> {
    type Question<'a> = (&'a str, bool, &'a dyn Fn(&Path) -> Result<Vec<Fact>>);
    let named = ask.growth.as_ref().filter(|named| !named.is_empty());
    let growing = named.cloned().unwrap_or_else(|| Growth::value_variants().to_vec());
    let questions: [Question; 5] = [
        ("start", ask.start, &|folder| extras::start(runs, folder)),
        ("memory", ask.memory, &|folder| extras::memory(runs, folder)),
        ("flood", ask.flood, &|folder| extras::flood(runs, folder)),
        ("million", ask.million, &|folder| extras::million(runs, folder)),
        ("growth", ask.growth.is_some(), &|folder| extras::growth(runs, folder, &growing, ask.growth_rows)),
    ];
    let wanted = questions.iter().filter(|(_, asked, _)| *asked || ask.all);
    let bar = progress(wanted.clone().count());
    let mut facts = Vec::new();
    for (name, _, answer) in wanted {
        bar.set_message((*name).to_owned());
        facts.extend(answer(&scratch.join(name)).with_context(|| format!("while measuring {name}"))?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(facts)
}

/// What every load has in common.
struct Runs<'a> {
    tool: &'a Path,
    binary: &'a Path,
    processes: &'a Processes,
    seconds: f64,
    repetitions: usize,
    threads: usize,
}

impl Runs<'_> {
    /// Loads a server with a flow.
    fn load(&self, target: &dyn Target, flow: Flow, connections: usize) -> Result<Measured> {
        let what = || format!("{} at {connections} connections", flow.title());
        let measured = self.execute(&self.plan(target, flow, connections).with_context(what)?).with_context(what)?;
        Ok(Measured { tokens: Vec::new(), ..measured })
    }

    /// The plan of a flow.
    fn plan(&self, target: &dyn Target, flow: Flow, connections: usize) -> Result<Plan> {
        self.plan_of(target, target.script(flow, connections)?, connections)
    }

    /// The plan of some requests.
    fn plan_of(&self, target: &dyn Target, script: Script, connections: usize) -> Result<Plan> {
        let measure_ms = u64::try_from(Duration::from_secs_f64(self.seconds).as_millis())?;
        Ok(Plan {
            addresses: target.addresses(),
            pids: target.pids(),
            database: target.database(),
            connections,
            threads: self.threads,
            warm_ms: measure_ms / 5,
            measure_ms,
            script,
        })
    }

    /// Runs a plan in a process of its own.
    fn execute(&self, plan: &Plan) -> Result<Measured> {
        self.child("load", plan, plan.warm_ms + plan.measure_ms).context("the load client")
    }

    /// Runs a subcommand of this program that takes its plan on standard input and prints what it measured.
    fn child(&self, subcommand: &str, plan: &impl Serialize, milliseconds: u64) -> Result<Measured> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("claviger-bench-{}-{number}.json", std::process::id()));
        std::fs::File::create(&path)?.write_all(&serde_json::to_vec(plan)?)?;
        let input = std::fs::File::open(&path)?;
        std::fs::remove_file(&path)?;
        let running =
            self.processes.start(Command::new(self.tool).arg(subcommand).stdin(input).stdout(Stdio::piped()))?;
        let line = running.line(Duration::from_millis(milliseconds) + Duration::from_mins(1))?;
        Ok(serde_json::from_str(&line)?)
    }
}

/// Builds what runs, in release mode.
fn build(only_this: bool) -> Result<()> {
    let mut builds = vec![vec!["build", "--release", "--package", "bench"]];
    if !only_this {
        builds.push(vec!["build", "--release"]);
    }
    for build in builds {
        if !claviger_testing::cargo().args(&build).status()?.success() {
            bail!("cargo {} failed", build.join(" "));
        }
    }
    Ok(())
}

fn progress(steps: usize) -> ProgressBar {
    let target =
        if std::io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {eta} {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(Some(steps as u64), target).with_style(style)
}

fn processor() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("model name"));
    line.map(|line| line.trim_start_matches([' ', '\t', ':']).to_owned()).unwrap_or_default()
}

/// The median time of one `fsync` after a small append, in microseconds.
fn fsync_microseconds(folder: &Path) -> Result<f64> {
    let path = folder.join("fsync");
    let mut file = std::fs::File::create(&path)?;
    let mut spent = Vec::new();
    for _ in 0..200 {
        file.write_all(&[1; 4096])?;
        let started = std::time::Instant::now();
        file.sync_data()?;
        spent.push(started.elapsed().as_secs_f64() * 1e6);
    }
    std::fs::remove_file(&path)?;
    Ok(report::median(spent))
}
