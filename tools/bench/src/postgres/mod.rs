//! `cargo xtask bench --store postgres`: one or three release servers on a real PostgreSQL, beside a bare loop.
//!
//! The cluster is one of its own, durable, on this machine's disk, reached over loopback. Within a repetition each flow is
//! loaded on the servers and then, with as many connections, on the loop ([`loops`]), or the other way round. The round
//! trips are counted by a proxy before the database ([`trips`]), not believed.

mod growth;
pub(crate) mod loops;
mod purge;
mod table;
mod trips;

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::claviger::{Claviger, Prepared};
use super::flow::Flow;
use super::load::{Measured, Plan, Script};
use super::report::{Fact, Medians};
use super::target::Target;
use super::{Runs, progress};
use claviger_testing::postgres::Cluster;
use loops::{LoopPlan, Work};
pub(super) use table::{Row, table};
use trips::Counted;

/// What the measured flows are, unless some are named.
const FLOWS: [Flow; 4] = [Flow::Refresh, Flow::Code, Flow::Opaque, Flow::CcEs256];

/// As an operator would set it on a machine of this size; everything else at its default. Without a standby, the log need
/// not hold what is written into a table that is new.
const SETTINGS: [&str; 6] = [
    "shared_buffers=2GB",
    "max_wal_size=8GB",
    "checkpoint_timeout=15min",
    "wal_buffers=16MB",
    "wal_level=minimal",
    "max_wal_senders=0",
];

/// A cluster of its own.
pub(super) struct Database {
    cluster: Cluster,
    /// Whose children the backends are.
    postmaster: u32,
}

impl Database {
    /// Starts it.
    ///
    /// # Errors
    /// PostgreSQL is not there, or does not start.
    pub(super) fn start() -> Result<Self> {
        let cluster = Cluster::with(true, &SETTINGS)?;
        let folder = cluster.psql("SHOW data_directory")?;
        let file = std::fs::read_to_string(Path::new(&folder).join("postmaster.pid"))?;
        let postmaster = file.lines().next().context("postmaster.pid is empty")?.trim().parse()?;
        Ok(Self { cluster, postmaster })
    }

    /// A number that a query answers.
    fn number(&self, url: &str, sql: &str) -> Result<f64> {
        let text = self.cluster.psql_at(url, sql)?;
        text.trim().parse().with_context(|| format!("{sql}: {text:?}"))
    }

    fn run(&self, url: &str, sql: &str) -> Result<()> {
        self.cluster.psql_at(url, sql).map(drop).with_context(|| sql.chars().take(200).collect::<String>())
    }
}

/// Some servers on one database.
struct Nodes {
    all: Vec<Claviger>,
    postmaster: u32,
}

impl Nodes {
    fn start(prepared: &Prepared, servers: usize, postmaster: u32) -> Result<Self> {
        let mut all = vec![prepared.serve()?];
        for _ in 1..servers {
            all.push(prepared.serve_beside()?);
        }
        Ok(Self { all, postmaster })
    }

    fn first(&self) -> Result<&Claviger> {
        self.all.first().context("no server")
    }

    fn stop(self) {
        for server in self.all {
            server.stop();
        }
    }
}

impl Target for Nodes {
    fn addresses(&self) -> Vec<SocketAddr> {
        self.all.iter().flat_map(Target::addresses).collect()
    }

    fn pids(&self) -> Vec<u32> {
        self.all.iter().flat_map(Target::pids).collect()
    }

    fn database(&self) -> Option<u32> {
        Some(self.postmaster)
    }

    fn script(&self, flow: Flow, connections: usize) -> Result<Script> {
        self.first()?.script(flow, connections)
    }
}

/// What goes on from load to load: a refresh token works once.
struct Going {
    plan: Plan,
}

impl Going {
    fn new(runs: &Runs, target: &dyn Target, flow: Flow, connections: usize) -> Result<Self> {
        Ok(Self { plan: runs.plan(target, flow, connections)? })
    }

    fn load(&mut self, runs: &Runs) -> Result<Measured> {
        let measured = runs.execute(&self.plan)?;
        if let Script::Refresh { tokens, .. } = &mut self.plan.script {
            tokens.clone_from(&measured.tokens);
        }
        Ok(Measured { tokens: Vec::new(), ..measured })
    }
}

/// The flows, on as many servers as are asked for.
///
/// # Errors
/// PostgreSQL, a server or an answer that fails.
pub(super) fn flows(
    runs: &Runs,
    database: &Database,
    folder: &Path,
    of: (&[Flow], &[usize], &[usize]),
) -> Result<(Vec<Row>, Vec<Fact>)> {
    let (flows, connections, servers) = of;
    let flows = if flows.is_empty() { &FLOWS } else { flows };
    if let Some(other) = flows.iter().find(|flow| !FLOWS.contains(flow)) {
        bail!("{} is not measured on PostgreSQL", other.title());
    }
    let mut rows = Vec::new();
    let bar = progress(servers.len() * flows.len() * connections.len() * runs.repetitions);
    for number in servers {
        let url = database.cluster.fresh_database()?;
        let prepared =
            Prepared::on(runs.processes, runs.binary, &folder.join(format!("servers-{number}")), Some(&url))?;
        let nodes = Nodes::start(&prepared, *number, database.postmaster)?;
        let counted = trips::count(runs, database, &prepared, &url, flows)?;
        create_tables(database, &url)?;
        let sqlite = if flows.contains(&Flow::CcEs256) {
            Some(Prepared::new(runs.processes, runs.binary, &folder.join(format!("sqlite-{number}")))?.serve()?)
        } else {
            None
        };
        let bench = Bench { runs, database, url: &url, nodes: &nodes, sqlite: sqlite.as_ref() };
        for (flow, counted) in flows.iter().zip(counted) {
            for connections in connections {
                let title = format!("{number} servers: {}, {connections} connections", flow.title());
                bar.set_message(title.clone());
                eprintln!("{title}");
                rows.push(bench.row(*flow, *connections, &counted, &bar)?);
            }
        }
        nodes.stop();
    }
    bar.finish_and_clear();
    Ok((rows, vec![reference(runs, database)?]))
}

/// What one number of servers is measured with.
struct Bench<'a> {
    runs: &'a Runs<'a>,
    database: &'a Database,
    url: &'a str,
    nodes: &'a Nodes,
    sqlite: Option<&'a Claviger>,
}

impl Bench<'_> {
    fn row(&self, flow: Flow, connections: usize, counted: &Counted, bar: &indicatif::ProgressBar) -> Result<Row> {
        let mut ours = Going::new(self.runs, self.nodes, flow, connections)?;
        let mut sqlite = match (Work::of(flow), self.sqlite) {
            (None, Some(server)) => Some(Going::new(self.runs, server, flow, connections)?),
            _ => None,
        };
        let (mut on_servers, mut on_other) = (Vec::new(), Vec::new());
        for repetition in 0..self.runs.repetitions {
            for turn in [repetition, repetition + 1] {
                if turn.is_multiple_of(2) {
                    on_servers.push(ours.load(self.runs)?);
                } else if let Some(work) = Work::of(flow) {
                    on_other.push(self.bare(work, connections)?);
                } else if let Some(sqlite) = &mut sqlite {
                    on_other.push(sqlite.load(self.runs)?);
                }
            }
            bar.inc(1);
        }
        let other = (!on_other.is_empty()).then(|| Medians::of(on_other));
        Ok(Row::new(flow, self.nodes.all.len(), connections, Medians::of(on_servers), other, counted.clone()))
    }

    fn bare(&self, work: Work, connections: usize) -> Result<Measured> {
        bare(self.runs, self.database, self.url, work, connections)
    }
}

/// One load of the bare loop.
fn bare(runs: &Runs, database: &Database, url: &str, work: Work, connections: usize) -> Result<Measured> {
    let measure_ms = u64::try_from(Duration::from_secs_f64(runs.seconds).as_millis())?;
    let plan = LoopPlan {
        url: url.to_owned(),
        connections,
        database: Some(database.postmaster),
        warm_ms: measure_ms / 5,
        measure_ms,
        work,
        insert: inserts(database, url, work)?,
        replay_bytes: if work == Work::Rotate { replay_bytes(database, url)? } else { 0 },
    };
    runs.child("loop", &plan, plan.warm_ms + plan.measure_ms)
}

fn replay_bytes(database: &Database, url: &str) -> Result<usize> {
    let text = database.cluster.psql_at(url, "SELECT max(octet_length(replay)) FROM bare_grants")?;
    text.trim().parse().context("no grant that was refreshed")
}

/// The statements that insert a row like the program's, but for its id.
fn inserts(database: &Database, url: &str, work: Work) -> Result<Vec<String>> {
    work.inserts_into().iter().map(|table| insert_like(database, url, table)).collect()
}

/// The names of a table's columns, in order, with commas between.
fn columns(database: &Database, url: &str, table: &str) -> Result<String> {
    let sql = format!(
        "SELECT string_agg(column_name, ',' ORDER BY ordinal_position) FROM information_schema.columns
         WHERE table_schema = 'public' AND table_name = '{table}'"
    );
    Ok(database.cluster.psql_at(url, &sql)?)
}

fn insert_like(database: &Database, url: &str, table: &str) -> Result<String> {
    let columns = database.cluster.psql_at(
        url,
        &format!(
            "SELECT string_agg(column_name || ':' || udt_name, ',' ORDER BY ordinal_position)
             FROM information_schema.columns WHERE table_schema = 'public' AND table_name = '{table}'"
        ),
    )?;
    let columns: Vec<(&str, &str)> = columns.split(',').filter_map(|column| column.split_once(':')).collect();
    let value = |(name, kind): &(&str, &str)| match *name {
        "id" => "'$1'".to_owned(),
        "redeemed_at" => "'NULL'".to_owned(),
        _ => format!("quote_nullable({name}::text) || '::{kind}'"),
    };
    let values: Vec<String> = columns.iter().map(value).collect();
    let values = database
        .cluster
        .psql_at(url, &format!("SELECT {} FROM {table} ORDER BY id DESC LIMIT 1", values.join(" || ', ' || ")))?;
    if values.is_empty() {
        bail!("there is no row in {table} to imitate");
    }
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    Ok(format!("INSERT INTO bare_{table} ({}) VALUES ({values})", names.join(", ")))
}

/// The bare loop's tables: the program's own columns, rows and storage, with a primary key and no other index.
fn create_tables(database: &Database, url: &str) -> Result<()> {
    for table in ["grants", "code", "access_token"] {
        let settings = database.cluster.psql_at(
            url,
            &format!(
                "SELECT coalesce(array_to_string(reloptions, ','), '') FROM pg_class WHERE oid = '{table}'::regclass"
            ),
        )?;
        let with = if settings.is_empty() { String::new() } else { format!(" WITH ({settings})") };
        database.run(
            url,
            &format!(
                "DROP TABLE IF EXISTS bare_{table};
                 CREATE TABLE bare_{table} (LIKE {table} INCLUDING DEFAULTS){with};
                 ALTER TABLE bare_{table} ADD PRIMARY KEY (id)"
            ),
        )?;
    }
    database.run(url, "INSERT INTO bare_grants SELECT * FROM grants WHERE replay IS NOT NULL LIMIT 256")
}

/// Single-row commits at 16 connections: what the machine does at best.
fn reference(runs: &Runs, database: &Database) -> Result<Fact> {
    let url = database.cluster.fresh_database()?;
    database.run(&url, "CREATE TABLE bare_commit (id BYTEA NOT NULL PRIMARY KEY)")?;
    let measured: Vec<Measured> =
        (0..runs.repetitions).map(|_| bare(runs, database, &url, Work::Commit, 16)).collect::<Result<_>>()?;
    let value = Medians::of(measured).per_second;
    Ok(Fact { what: "bare single-row commits, 16 connections".into(), value, unit: "/s", limit: None })
}

/// What more grants cost, and what purging costs those who are served meanwhile.
///
/// # Errors
/// PostgreSQL, a server or an answer that fails.
pub(super) fn facts(
    runs: &Runs,
    database: &Database,
    folder: &Path,
    (growth, purge): (Option<u64>, bool),
) -> Result<Vec<Fact>> {
    let mut facts = Vec::new();
    if purge {
        eprintln!("purging a million rows while issuing");
        facts.extend(purge::measure(runs, database, &folder.join("purge"))?);
    }
    if let Some(rows) = growth {
        facts.extend(growth::measure(runs, database, &folder.join("growth"), rows)?);
    }
    Ok(facts)
}
