//! `cargo xtask bench`: the release server beside bare servers, under the same load, in one run.
//!
//! Both servers run at once, each in a process and a folder of its own; the load client is a third
//! process. Within a repetition each flow is loaded on one, then on the other, and which comes
//! first changes from repetition to repetition, so that a slow moment of the machine meets both.

pub(crate) mod bare;
mod browser;
mod fill;
mod flow;
mod histogram;
pub(crate) mod load;
pub(crate) mod process;
mod report;
mod target;

use std::io::{IsTerminal, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use flow::Flow;
use load::{Measured, Plan};
use process::Processes;
use report::{Fact, Medians, Row};
use target::{Bare, Scratch, Sizes, Target};

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only these flows.
    #[arg(long, value_delimiter = ',', value_name = "FLOW,..")]
    flows: Vec<Flow>,
    /// Connections kept open.
    #[arg(long, value_delimiter = ',', default_value = "1,8,64", value_name = "N,..")]
    connections: Vec<usize>,
    /// Seconds of counting per flow, server and repetition.
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
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
}

/// Everything measured in one run.
#[derive(Serialize)]
struct Everything {
    cores: usize,
    processor: String,
    kernel: String,
    fsync_us: f64,
    seconds: f64,
    repetitions: usize,
    rows: Vec<Row>,
    facts: Vec<Fact>,
}

/// Runs the benchmark; true, as a measurement does not fail for being slow.
///
/// # Errors
/// A build, a server or an answer that fails.
pub(crate) fn run(args: &Args) -> Result<bool> {
    let (seconds, repetitions) =
        if args.quick { (0.5, 1) } else { (args.seconds.clamp(0.1, 600.0), args.repetitions.clamp(1, 99)) };
    let flows = if args.flows.is_empty() { Flow::value_variants().to_vec() } else { args.flows.clone() };
    let processes = Processes::with_signals()?;
    let scratch = Scratch::new()?;
    let tool = build(args.bare_only)?;

    let sizes = Sizes { token: 0, facts: 0, discovery: 2000, jwks: 900 };
    let bare = Bare::start(&processes, &tool, &scratch.path.join("bare"), sizes)?;
    let runs = Runs { tool: &tool, processes: &processes, seconds, threads: args.load_threads };
    let pairs: Vec<(Flow, usize)> =
        flows.iter().flat_map(|flow| args.connections.iter().map(|connections| (*flow, *connections))).collect();
    let bar = progress(pairs.len() * repetitions);
    let mut rows = Vec::new();
    for (flow, connections) in pairs {
        let mut measured = Vec::new();
        for _ in 0..repetitions {
            bar.set_message(format!("{} x{connections}", flow.title()));
            measured.push(runs.load(&bare, flow, connections)?);
            bar.inc(1);
        }
        rows.push(Row::new(flow, connections, None, Medians::of(measured)));
    }
    bar.finish_and_clear();
    processes.end();

    println!("{}", report::table(&rows));
    let everything = Everything {
        cores: std::thread::available_parallelism()?.get(),
        processor: processor(),
        kernel: std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim().to_owned(),
        fsync_us: fsync_microseconds(&scratch.path)?,
        seconds,
        repetitions,
        rows,
        facts: Vec::new(),
    };
    if let Some(path) = &args.json {
        std::fs::write(path, serde_json::to_vec_pretty(&everything)?)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(true)
}

/// What every load has in common.
struct Runs<'a> {
    tool: &'a Path,
    processes: &'a Processes,
    seconds: f64,
    threads: usize,
}

impl Runs<'_> {
    /// Loads a server with a flow.
    fn load(&self, target: &dyn Target, flow: Flow, connections: usize) -> Result<Measured> {
        let measure = Duration::from_secs_f64(self.seconds);
        let plan = Plan {
            address: target.address(),
            pid: target.pid(),
            connections,
            threads: self.threads,
            warm_ms: u64::try_from(measure.as_millis() / 5)?,
            measure_ms: u64::try_from(measure.as_millis())?,
            script: target.script(flow, connections)?,
        };
        self.execute(&plan).with_context(|| format!("{} at {connections} connections", flow.title()))
    }

    /// Runs a plan in a process of its own.
    fn execute(&self, plan: &Plan) -> Result<Measured> {
        let path = std::env::temp_dir().join(format!("claviger-bench-plan-{}.json", std::process::id()));
        std::fs::File::create(&path)?.write_all(&serde_json::to_vec(plan)?)?;
        let input = std::fs::File::open(&path)?;
        std::fs::remove_file(&path)?;
        let running =
            self.processes.start(Command::new(self.tool).arg("bench-load").stdin(input).stdout(Stdio::piped()))?;
        let limit = Duration::from_millis(plan.warm_ms + plan.measure_ms) + Duration::from_secs(30);
        let line = running.line(limit).context("the load client")?;
        Ok(serde_json::from_str(&line)?)
    }
}

/// Builds what runs, in release mode, and answers with this program's release build.
fn build(bare_only: bool) -> Result<PathBuf> {
    let root = crate::root()?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut builds = vec![vec!["build", "--release", "--package", "xtask"]];
    if !bare_only {
        builds.push(vec!["build", "--release"]);
    }
    for build in builds {
        if !Command::new(&cargo).args(&build).current_dir(&root).status()?.success() {
            bail!("cargo {} failed", build.join(" "));
        }
    }
    Ok(root.join("target/release/xtask"))
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
