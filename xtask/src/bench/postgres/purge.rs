//! What purging costs those who are served meanwhile: a million access tokens that are over leave by the running server's
//! own job, while it issues others.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::{Database, Going, Nodes, columns};
use crate::bench::Runs;
use crate::bench::claviger::Prepared;
use crate::bench::flow::Flow;
use crate::bench::report::{Fact, Medians};
use crate::bench::target::Target;

/// Rows that are over.
const ROWS: u32 = 1_000_000;
/// Connections of the load.
const CONNECTIONS: usize = 8;
/// For so long it is watched at most.
const LONGEST: Duration = Duration::from_mins(1);

/// The latency of opaque tokens, calm and while rows leave.
pub(super) fn measure(runs: &Runs, database: &Database, folder: &Path) -> Result<Vec<Fact>> {
    let url = database.cluster.fresh_database()?;
    let prepared = Prepared::on(runs.processes, runs.binary, folder, Some(&url))?;
    let nodes = Nodes::start(&prepared, 1, database.postmaster)?;
    let script = nodes.script(Flow::Opaque, CONNECTIONS)?;
    let mut going = Going { plan: runs.plan_of(&nodes, script, CONNECTIONS)? };
    going.load(runs)?;
    let before = (0..runs.repetitions).map(|_| going.load(runs)).collect::<Result<Vec<_>>>()?;
    fill(database, &url)?;

    // Until the job has begun.
    let over = || database.number(&url, "SELECT count(*) FROM access_token WHERE expires_at < 1600000000000");
    let (full, started) = (over()?, Instant::now());
    while over()? >= full && started.elapsed() < LONGEST {
        std::thread::sleep(Duration::from_millis(200));
    }
    let (first, started) = (over()?, Instant::now());
    let mut during = Vec::new();
    while during.len() < runs.repetitions || (over()? > 0.0 && started.elapsed() < LONGEST) {
        during.push(going.load(runs)?);
    }
    let left = over()?;
    let seconds = started.elapsed().as_secs_f64();
    nodes.stop();
    let (calm, purging) = (Medians::of(before), Medians::of(during));
    let fact = |what: &str, value, unit, limit| Fact { what: what.to_owned(), value, unit, limit };
    Ok(vec![
        fact("opaque tokens, calm, 8 connections", calm.per_second, "/s", None),
        fact("p99 of it", calm.p99_ms, "ms", None),
        fact("opaque tokens while a million expired ones leave", purging.per_second, "/s", None),
        fact("p99 of it", purging.p99_ms, "ms", Some(2.0 * calm.p99_ms)),
        fact("rows purged a second meanwhile", (first - left) / seconds, "/s", None),
        fact("rows still to be purged at the end", left, "", None),
    ])
}

/// Writes rows like those of the load that were over long ago, in the order of their time as all rows are.
fn fill(database: &Database, url: &str) -> Result<()> {
    let columns = columns(database, url, "access_token")?;
    let copied: Vec<&str> = columns
        .split(',')
        .map(|column| match column {
            "id" => "int8send(1500000000000 * 65536 + n) || substring(decode(md5(n::text), 'hex') FROM 1 FOR 8)",
            "hash" => "decode(md5(n::text) || md5(n::text || '2'), 'hex')",
            "issued_at" => "1500000000000 + n / 10",
            "expires_at" => "1500003600000 + n / 10",
            other => other,
        })
        .collect();
    database.run(
        url,
        &format!(
            "INSERT INTO access_token ({columns}) SELECT {} FROM generate_series(1, {ROWS}) n,
             (SELECT * FROM access_token ORDER BY id DESC LIMIT 1) newest",
            copied.join(", ")
        ),
    )?;
    database.run(url, "VACUUM ANALYZE access_token")?;
    database.run(url, "CHECKPOINT")
}
