//! Rotation among a thousand, a million and ten million live grants.
//!
//! The rows are written straight into the table of the stopped server, as copies of real ones with keys between theirs,
//! and the real ones, which are then refreshed, lie evenly among them: in the index and on the pages.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use super::{Database, Going, Nodes, columns};
use crate::Runs;
use crate::claviger::Prepared;
use crate::extras::as_float;
use crate::flow::Flow;
use crate::load::Script;
use crate::report::{Fact, Medians};
use crate::target::Target;

/// Grants that are refreshed in turn.
const REAL: usize = 1_000;
/// Connections of the load.
const CONNECTIONS: usize = 8;
/// Bytes of disk for each row, indexes and log included, with room to spare.
const ROW: u64 = 2_000;

/// The rate of rotation at each size.
pub(super) fn measure(runs: &Runs, database: &Database, folder: &Path, rows: u64) -> Result<Vec<Fact>> {
    let free = free_bytes(folder)?;
    if free < rows * ROW {
        bail!(
            "{} rows need some {} GB of disk, and {} are free",
            rows,
            rows * ROW / 1_000_000_000,
            free / 1_000_000_000
        );
    }
    let url = database.cluster.fresh_database()?;
    let prepared = Prepared::on(runs.processes, runs.binary, folder, Some(&url))?;
    let mut kept: Option<Script> = None;
    let (mut facts, mut rates) = (Vec::new(), Vec::new());
    let mut sizes = vec![1_000, 1_000_000, rows];
    sizes.retain(|size| *size <= rows);
    sizes.dedup();
    for total in sizes {
        if total > 1_000 {
            let started = Instant::now();
            fill(database, &url, total)?;
            eprintln!("{total} grants written in {:.0} s", started.elapsed().as_secs_f64());
        }
        let nodes = Nodes::start(&prepared, 1, database.postmaster)?;
        let script = match kept.take() {
            Some(script) => script,
            None => nodes.script(Flow::Refresh, REAL)?,
        };
        let mut going = Going { plan: runs.plan_of(&nodes, script, CONNECTIONS)? };
        // Every row has moved to where it has room before anything is counted.
        going.load(runs)?;
        let measured = (0..runs.repetitions).map(|_| going.load(runs)).collect::<Result<Vec<_>>>()?;
        let medians = Medians::of(measured);
        eprintln!("{total} grants: {:.0} rotations a second, p99 {:.2} ms", medians.per_second, medians.p99_ms);
        facts.push(fact(format!("refresh rotation among {total} live grants"), medians.per_second, "/s", None));
        facts.push(fact(format!("p99 of it among {total}"), medians.p99_ms, "ms", None));
        rates.push(medians.per_second);
        kept = Some(going.plan.script);
        nodes.stop();
    }
    if let (Some(small), Some(large)) = (rates.first(), rates.last().filter(|_| rates.len() > 1)) {
        facts.push(fact(format!("rotation among {rows} loses"), (1.0 - large / small) * 100.0, "%", Some(15.0)));
    }
    database.run(&url, "TRUNCATE grants")?;
    Ok(facts)
}

fn fact(what: String, value: f64, unit: &'static str, limit: Option<f64>) -> Fact {
    Fact { what, value, unit, limit }
}

/// Grows the table to `total` rows, of grants that were not refreshed yet. The other indexes are made anew afterwards; those
/// of a table that grew slowly are not better than that.
fn fill(database: &Database, url: &str, total: u64) -> Result<()> {
    let of_indexes = |what: &str| {
        let sql = format!(
            "SELECT coalesce(string_agg({what} || ';', ' '), '') FROM pg_index
             WHERE indrelid = 'grants'::regclass AND NOT indisprimary"
        );
        database.cluster.psql_at(url, &sql)
    };
    let (drop_all, make_all) =
        (of_indexes("'DROP INDEX ' || indexrelid::regclass")?, of_indexes("pg_get_indexdef(indexrelid)")?);
    let columns = columns(database, url, "grants")?;
    let copied: Vec<String> = columns
        .split(',')
        .map(|column| match column {
            // The first eight bytes go evenly from the first real id to the last, so that they come in order.
            "id" => {
                "int8send(first + (last - first) / total * n) || substring(decode(md5(n::text), 'hex') FROM 1 FOR 8)"
                    .to_owned()
            }
            "nonce" => "decode(md5(n::text || 'nonce'), 'hex')".to_owned(),
            "replay" | "replay_until" | "replay_generation" => "NULL".to_owned(),
            other => format!("t.{other}"),
        })
        .collect();
    let copied = copied.join(", ");
    // The real ones are those that were there when this was done for the first time.
    database.run(url, "CREATE TABLE IF NOT EXISTS real_id AS SELECT id FROM grants")?;
    database.run(
        url,
        "DROP TABLE IF EXISTS real_grants;
         CREATE TABLE real_grants AS SELECT grants.*, (row_number() OVER (ORDER BY id) - 1) * 1000
             / (SELECT count(*) FROM real_id) AS place FROM grants JOIN real_id USING (id)",
    )?;
    database.run(url, &drop_all)?;
    // In one transaction, so that nothing of it goes through the log.
    database.run(
        url,
        &format!(
            "DO $$ DECLARE
                 first BIGINT; last BIGINT; total BIGINT := {total}; part BIGINT := {total} / 1000;
             BEGIN
                 SELECT min(head), max(head) INTO first, last FROM
                     (SELECT ('x' || encode(substring(id FROM 1 FOR 8), 'hex'))::bit(64)::bigint AS head FROM real_id) r;
                 TRUNCATE grants;
                 FOR turn IN 0..999 LOOP
                     INSERT INTO grants ({columns}) SELECT {columns} FROM real_grants WHERE place = turn;
                     INSERT INTO grants ({columns}) SELECT {copied}
                         FROM generate_series(turn * part, (turn + 1) * part - 1) n,
                             (SELECT * FROM real_grants LIMIT 1) t;
                 END LOOP;
             END $$"
        ),
    )?;
    database.run(url, &format!("SET maintenance_work_mem = '1GB'; {make_all}"))?;
    for work in ["VACUUM (ANALYZE) grants", "CHECKPOINT"] {
        database.run(url, work)?;
    }
    let there = database.number(url, "SELECT count(*) FROM grants")?;
    if there < as_float(total) {
        bail!("{there} grants in place of {total}");
    }
    Ok(())
}

/// What is free on the disk that holds the scratch folder and the cluster.
fn free_bytes(folder: &Path) -> Result<u64> {
    let parent = folder.ancestors().find(|parent| parent.is_dir()).context("no folder")?;
    let output = std::process::Command::new("df").arg("--output=avail").arg("--block-size=1").arg(parent).output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().nth(1).and_then(|line| line.trim().parse().ok()).with_context(|| format!("df says {text:?}"))
}
