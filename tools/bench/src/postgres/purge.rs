//! What purging costs those who are served meanwhile: a million access tokens that are over leave by the running server's
//! own job, while it issues others.
//!
//! The job is given its lease and kept from it in turn, on the same table: what a span without it takes stands beside the
//! span with it a few seconds later, so that what else the machine does meanwhile meets both.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::{Database, Going, Nodes, columns};
use crate::Runs;
use crate::claviger::Prepared;
use crate::flow::Flow;
use crate::load::Measured;
use crate::progress;
use crate::report::{Fact, Medians, median};
use crate::target::Target;

/// Rows that are over.
const ROWS: u32 = 1_000_000;
/// Connections of the load.
const CONNECTIONS: usize = 8;
/// Spans of each kind.
const SPANS: usize = 5;
/// Loads in a span.
const LOADS: usize = 5;
/// Within this the job sees that the lease is not its own any more: a turn of it takes five seconds.
const TURN: Duration = Duration::from_secs(7);
/// Within this it has taken the lease that is free, and begun.
const LONGEST: Duration = Duration::from_secs(30);

/// A span without the job, and the one with it.
struct Pair {
    calm: Medians,
    purging: Medians,
    rows: f64,
    seconds: f64,
}

/// The latency of opaque tokens, calm and while rows leave.
pub(super) fn measure(runs: &Runs, database: &Database, folder: &Path) -> Result<Vec<Fact>> {
    let url = database.cluster.fresh_database()?;
    let prepared = Prepared::on(runs.processes, runs.binary, folder, Some(&url))?;
    let nodes = Nodes::start(&prepared, 1, database.postmaster)?;
    let script = nodes.script(Flow::Opaque, CONNECTIONS)?;
    let mut going = Going { plan: runs.plan_of(&nodes, script, CONNECTIONS)? };
    going.load(runs)?;
    let before = span(runs, &mut going)?;
    keep_from_purging(database, &url)?;
    fill(database, &url)?;
    let bar = progress(SPANS);
    let pairs = (0..SPANS).map(|_| {
        bar.inc(1);
        pair(runs, database, &url, &mut going)
    });
    let pairs = pairs.collect::<Result<Vec<_>>>()?;
    bar.finish_and_clear();
    let left = database.number(&url, "SELECT count(*) FROM access_token WHERE expires_at < 1600000000000")?;
    nodes.stop();
    ensure!(left > 0.0, "all rows had left before the last span: the p99 beside it says nothing");
    Ok(facts(&Medians::of(before), &pairs))
}

fn facts(before: &Medians, pairs: &[Pair]) -> Vec<Fact> {
    let over = |value: &dyn Fn(&Pair) -> f64| median(pairs.iter().map(value).collect());
    let fact = |what: &str, value, unit, limit| Fact { what: what.to_owned(), value, unit, limit };
    vec![
        fact("opaque tokens, 8 connections, before there are rows", before.per_second, "/s", None),
        fact("p99 of it", before.p99_ms, "ms", None),
        fact("opaque tokens beside a million expired ones, calm", over(&|pair| pair.calm.per_second), "/s", None),
        fact("p99 of it", over(&|pair| pair.calm.p99_ms), "ms", None),
        fact("opaque tokens while they leave", over(&|pair| pair.purging.per_second), "/s", None),
        fact("p99 of it", over(&|pair| pair.purging.p99_ms), "ms", None),
        fact("p99 while they leave, in calm ones", over(&|pair| pair.purging.p99_ms / pair.calm.p99_ms), "", Some(2.0)),
        fact("rows purged a second meanwhile", over(&|pair| pair.rows / pair.seconds), "/s", None),
    ]
}

/// One span of each kind.
fn pair(runs: &Runs, database: &Database, url: &str, going: &mut Going) -> Result<Pair> {
    keep_from_purging(database, url)?;
    std::thread::sleep(TURN);
    let calm = span(runs, going)?;
    database.run(url, "DELETE FROM lease")?;
    let gone = || database.number(url, "SELECT n_tup_del FROM pg_stat_user_tables WHERE relname = 'access_token'");
    let (at_rest, waiting) = (gone()?, Instant::now());
    while gone()? <= at_rest {
        ensure!(waiting.elapsed() < LONGEST, "the job does not begin");
        std::thread::sleep(Duration::from_millis(200));
    }
    let (first, started) = (gone()?, Instant::now());
    let purging = span(runs, going)?;
    let (rows, seconds) = (gone()? - first, started.elapsed().as_secs_f64());
    Ok(Pair { calm: Medians::of(calm), purging: Medians::of(purging), rows, seconds })
}

fn span(runs: &Runs, going: &mut Going) -> Result<Vec<Measured>> {
    (0..LOADS).map(|_| going.load(runs)).collect()
}

/// Gives the job's lease to nobody for half a minute.
fn keep_from_purging(database: &Database, url: &str) -> Result<()> {
    let until = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint + 30000";
    let taken = format!(
        "INSERT INTO lease (name, holder, until) VALUES ('jobs', '\\x00', {until})
         ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until"
    );
    database.run(url, &taken)
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
