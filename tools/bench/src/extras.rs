//! What is measured beside the flows: memory, the start, a flood of log-ins, a million tokens, and
//! growth.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail};

use super::Runs;
use super::claviger::{Prepared, REALM};
use super::fill::Fill;
use super::flow::Flow;
use super::load::{Measured, Plan, Script};
use super::report::{Fact, median};
use super::target::Target;
use claviger_testing::process;

const MIB: f64 = 1024.0 * 1024.0;
/// Clients, tokens and grants that a growth's load uses in turn, scattered among all there are.
const SAMPLE: u64 = 1_000;

fn fact(what: impl Into<String>, value: f64, unit: &'static str, limit: Option<f64>) -> Fact {
    Fact { what: what.into(), value, unit, limit }
}

/// Idle memory, and that it stays flat while tokens are issued that nothing stores.
pub(super) fn memory(runs: &Runs, folder: &Path) -> Result<Vec<Fact>> {
    let prepared = Prepared::new(runs.processes, runs.binary, folder)?;
    let server = prepared.serve()?;
    std::thread::sleep(Duration::from_secs(3));
    let idle = pss(server.pid())?;
    // The first loads warm connections, caches and the allocator; from then on nothing may grow.
    for _ in 0..3 {
        runs.load(&server, Flow::CcEs256, 64)?;
    }
    let warm = pss(server.pid())?;
    for _ in 0..5 {
        runs.load(&server, Flow::CcEs256, 64)?;
    }
    let after = pss(server.pid())?;
    server.stop();
    Ok(vec![
        fact("idle memory, one realm (PSS)", idle, "MiB", Some(20.0)),
        fact("idle memory of the demo (PSS)", demo(runs, folder)?, "MiB", Some(40.0)),
        fact("memory after stateless tokens at 64 connections (PSS)", warm, "MiB", None),
        fact("what five more such loads add", after - warm, "MiB", Some(1.0)),
    ])
}

/// The demo's idle memory.
fn demo(runs: &Runs, folder: &Path) -> Result<f64> {
    let demo = claviger_testing::demo::Demo::start(runs.processes, runs.binary, folder)?;
    // It hashed its users' passwords; the memory for that goes back after half a minute without any.
    std::thread::sleep(Duration::from_secs(40));
    pss(demo.running.pid)
}

/// From the start of the process to the first answer, and the size of the program.
pub(super) fn start(runs: &Runs, folder: &Path) -> Result<Vec<Fact>> {
    let prepared = Prepared::new(runs.processes, runs.binary, folder)?;
    let new = prepared.serve()?;
    let first = new.first_answer;
    new.stop();
    let again = prepared.serve()?;
    let existing = again.first_answer;
    again.stop();
    let size = as_float(std::fs::metadata(runs.binary)?.len()) / MIB;
    Ok(vec![
        fact("`apply` of one realm to a new database", milliseconds(prepared.applied), "ms", None),
        fact(
            "first discovery answer, new database, `apply` included",
            milliseconds(prepared.applied + first),
            "ms",
            Some(300.0),
        ),
        fact("first discovery answer, existing database", milliseconds(existing), "ms", Some(100.0)),
        fact("size of the program", size, "MiB", Some(40.0)),
    ])
}

/// Client credentials while people's passwords are checked as fast as they come.
pub(super) fn flood(runs: &Runs, folder: &Path) -> Result<Vec<Fact>> {
    let prepared = Prepared::new(runs.processes, runs.binary, folder)?;
    let server = prepared.serve()?;
    let flood = runs.plan(&server, Flow::Password, 64)?;
    let tokens = runs.plan(&server, Flow::CcEs256, 8)?;
    let (logins, issued) = std::thread::scope(|scope| {
        let logins = scope.spawn(|| runs.execute(&flood));
        let issued = runs.execute(&tokens);
        (logins.join(), issued)
    });
    let Ok(logins) = logins else { bail!("the flood's thread panicked") };
    let (logins, issued) = (logins?, issued?);
    server.stop();
    Ok(vec![
        fact("log-ins during a flood of them, 64 connections", per_second(&logins), "/s", None),
        fact("client credentials during the flood, 8 connections", per_second(&issued), "/s", None),
        fact("p99 of client credentials during the flood", issued.p99_us / 1000.0, "ms", Some(10.0)),
    ])
}

/// A million client-credentials tokens, and what they leave in the database.
pub(super) fn million(runs: &Runs, folder: &Path) -> Result<Vec<Fact>> {
    const WANTED: u64 = 1_000_000;
    let prepared = Prepared::new(runs.processes, runs.binary, folder)?;
    let server = prepared.serve()?;
    runs.load(&server, Flow::CcEs256, 8)?;
    let before = prepared.size()?;
    let mut issued = 0;
    while issued < WANTED {
        issued += runs.load(&server, Flow::CcEs256, 64)?.flows;
    }
    let after = prepared.size()?;
    server.stop();
    let grown = (as_float(after) - as_float(before)) / MIB;
    Ok(vec![fact("growth of the database by a million client-credentials JWTs", grown, "MiB", Some(0.0))])
}

/// What grows.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Growth {
    /// Clients, to a million.
    Clients,
    /// Opaque access tokens.
    Tokens,
    /// Grants, each with a refresh token.
    Grants,
    /// Realms, to a hundred thousand.
    Realms,
}

/// What more of each costs.
pub(super) fn growth(runs: &Runs, folder: &Path, of: &[Growth], rows: u64) -> Result<Vec<Fact>> {
    let mut facts = Vec::new();
    for growth in of {
        facts.extend(match growth {
            Growth::Clients => clients(runs, &folder.join("clients"))?,
            Growth::Tokens => stored(runs, &folder.join("tokens"), "access_token", Flow::Introspect, rows)?,
            Growth::Grants => stored(runs, &folder.join("grants"), "grants", Flow::Refresh, rows)?,
            Growth::Realms => realms(runs, &folder.join("realms"))?,
        });
    }
    Ok(facts)
}

fn clients(runs: &Runs, folder: &Path) -> Result<Vec<Fact>> {
    let prepared = Prepared::new(runs.processes, runs.binary, folder)?;
    let mut costs = Vec::new();
    for total in [1_000_u64, 1_000_000] {
        let mut fill = Fill::open(&prepared.database())?;
        for (table, column) in [("client", "id"), ("client_secret", "client")] {
            fill.renamed(table, column, "es256", total, |number| format!("es256-{number:07}"))?;
        }
        fill.finish()?;
        let server = prepared.serve()?;
        let ids = (0..SAMPLE).map(|number| number * total / SAMPLE);
        let requests = ids.map(|id| server.credentials(&format!("es256-{id:07}"))).collect();
        let script = Script::Cycle { requests, status: 200 };
        costs.push(cpu(runs, runs.plan_of(&server, script, 8)?)?);
        server.stop();
    }
    Ok(compared("client-credentials token: 1,000 to 1,000,000 clients", &costs, 10.0))
}

fn stored(runs: &Runs, folder: &Path, table: &str, flow: Flow, total: u64) -> Result<Vec<Fact>> {
    let prepared = Prepared::new(runs.processes, runs.binary, folder)?;
    let server = prepared.serve()?;
    // These rows are real; the rest is filled in between them. A refresh token works once: half are for each load.
    let scripts = match server.script(flow, usize::try_from(2 * SAMPLE)?)? {
        Script::Refresh { head, body, tokens } => [0, 1].map(|half| Script::Refresh {
            head: head.clone(),
            body: body.clone(),
            tokens: tokens.iter().skip(half).step_by(2).cloned().collect(),
        }),
        script => [script.clone(), script],
    };
    server.stop();
    let mut costs = Vec::new();
    for (rows, script) in [2 * SAMPLE, total].into_iter().zip(scripts) {
        let mut fill = Fill::open(&prepared.database())?;
        fill.spread(table, rows)?;
        fill.finish()?;
        let server = prepared.serve()?;
        costs.push(cpu(runs, runs.plan_of(&server, script, 8)?)?);
        server.stop();
    }
    std::fs::remove_dir_all(folder)?;
    Ok(compared(&format!("{}: {} to {total} stored", flow.title(), 2 * SAMPLE), &costs, 15.0))
}

fn realms(runs: &Runs, folder: &Path) -> Result<Vec<Fact>> {
    const REALMS: u64 = 100_000;
    let prepared = Prepared::new(runs.processes, runs.binary, folder)?;
    prepared.serve()?.stop();
    let alone = first_answer(&prepared)?;
    let mut fill = Fill::open(&prepared.database())?;
    fill.realms(REALM, &prepared.authority(), REALMS)?;
    fill.finish()?;
    let among = first_answer(&prepared)?;
    Ok(vec![
        fact("first discovery answer, 1 realm stored", alone, "ms", Some(100.0)),
        fact("first discovery answer, 100,000 realms stored", among, "ms", Some(100.0)),
    ])
}

/// The median of five starts, in milliseconds.
fn first_answer(prepared: &Prepared) -> Result<f64> {
    let mut times = Vec::new();
    for _ in 0..5 {
        let server = prepared.serve()?;
        times.push(milliseconds(server.first_answer));
        server.stop();
    }
    Ok(median(times))
}

/// The server's CPU time per flow in microseconds: the median of the repetitions, after one to warm up.
fn cpu(runs: &Runs, mut plan: Plan) -> Result<f64> {
    let mut costs = Vec::new();
    for _ in 0..=runs.repetitions {
        let measured = runs.execute(&plan)?;
        costs.push(as_float(measured.server_cpu_us) / as_float(measured.flows.max(1)));
        // A refresh token works once: the next load goes on where this one ended.
        if let Script::Refresh { tokens, .. } = &mut plan.script {
            *tokens = measured.tokens;
        }
    }
    Ok(median(costs.split_off(1)))
}

fn compared(what: &str, costs: &[f64], limit: f64) -> Vec<Fact> {
    let (small, large) = (costs.first().copied().unwrap_or(1.0), costs.last().copied().unwrap_or(1.0));
    vec![
        fact(format!("CPU per {what}: before"), small, "us", None),
        fact(format!("CPU per {what}: after"), large, "us", None),
        fact(format!("CPU per {what}: more"), (large / small - 1.0) * 100.0, "%", Some(limit)),
    ]
}

fn pss(pid: u32) -> Result<f64> {
    Ok(as_float(process::pss_kib(pid)?) / 1024.0)
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn per_second(measured: &Measured) -> f64 {
    as_float(measured.flows) / measured.seconds
}

#[expect(clippy::cast_precision_loss, reason = "counts and sizes here are far below 2^52")]
pub(super) fn as_float(number: u64) -> f64 {
    number as f64
}
