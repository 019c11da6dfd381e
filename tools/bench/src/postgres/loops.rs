//! The bare loop: the durable statements of a flow, prepared, on as many connections as the flow's load has, and nothing
//! else. A process of its own; its plan comes as JSON on standard input, what was measured leaves on standard output.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use aws_lc_rs::rand;
use futures_util::future;
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use tokio_postgres::{Client, NoTls, Statement};

use crate::flow::Flow;
use crate::load::{Measured, Used, latencies, microseconds};
use claviger_testing::process;

/// What to do over and over.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Work {
    /// A grant's generation, if it is still the one that was presented: one conditional `UPDATE`.
    Rotate,
    /// A code, then its exchange: one `INSERT`; an `UPDATE` and an `INSERT` in one transaction and one round trip.
    Exchange,
    /// An opaque access token: one `INSERT`.
    Token,
    /// The smallest row there is: one `INSERT`.
    Commit,
}

impl Work {
    /// What a flow cannot do without; nothing for one that writes nothing.
    pub(super) fn of(flow: Flow) -> Option<Self> {
        match flow {
            Flow::Refresh => Some(Self::Rotate),
            Flow::Code => Some(Self::Exchange),
            Flow::Opaque => Some(Self::Token),
            _ => None,
        }
    }

    /// The tables that it inserts into.
    pub(super) fn inserts_into(self) -> &'static [&'static str] {
        match self {
            Self::Rotate | Self::Commit => &[],
            Self::Exchange => &["code", "grants"],
            Self::Token => &["access_token"],
        }
    }
}

/// What to do, where, for how long.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct LoopPlan {
    /// The database.
    pub(crate) url: String,
    /// Connections, each with one flow under way.
    pub(crate) connections: usize,
    /// The process whose children are the database's.
    pub(crate) database: Option<u32>,
    /// Milliseconds before counting starts.
    pub(crate) warm_ms: u64,
    /// Milliseconds of counting.
    pub(crate) measure_ms: u64,
    /// What.
    pub(crate) work: Work,
    /// The statements that insert, with the id as their parameter.
    pub(crate) insert: Vec<String>,
    /// Bytes of the answer that a rotation keeps.
    pub(crate) replay_bytes: usize,
}

/// Runs the plan on standard input and prints what was measured.
///
/// # Errors
/// A statement that fails, or touches no row.
pub(crate) fn run() -> Result<()> {
    let plan: LoopPlan = serde_json::from_reader(std::io::stdin()).context("the loop's plan")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let measured = runtime.block_on(measure(&plan))?;
    println!("{}", serde_json::to_string(&measured)?);
    Ok(())
}

async fn measure(plan: &LoopPlan) -> Result<Measured> {
    let mut hands = Vec::new();
    for number in 0..plan.connections {
        hands.push(Hand::new(plan, number).await?);
    }
    let from = Instant::now() + Duration::from_millis(plan.warm_ms);
    let to = from + Duration::from_millis(plan.measure_ms);
    let used = || -> Result<(u64, u64)> {
        let database = plan.database.map_or(Ok(0), Used::of_children)?;
        Ok((process::cpu_microseconds(std::process::id())?, database))
    };
    let watch = async {
        tokio::time::sleep_until(from.into()).await;
        let (started, before) = (Instant::now(), used()?);
        tokio::time::sleep_until(to.into()).await;
        let after = used()?;
        Ok::<_, anyhow::Error>((started.elapsed(), after.0.saturating_sub(before.0), after.1.saturating_sub(before.1)))
    };
    let work = future::try_join_all(hands.iter_mut().map(|hand| hand.work(from, to)));
    let (watched, parts) = future::try_join(watch, work).await?;
    let mut histogram = latencies()?;
    for part in &parts {
        histogram.add(part)?;
    }
    Ok(Measured {
        flows: histogram.len(),
        seconds: watched.0.as_secs_f64(),
        p50_us: microseconds(histogram.value_at_quantile(0.5)),
        p99_us: microseconds(histogram.value_at_quantile(0.99)),
        server_cpu_us: watched.1,
        client_cpu_us: 0,
        database_cpu_us: watched.2,
        server_pss_kib: 0,
        tokens: Vec::new(),
    })
}

/// A connection and what it does.
struct Hand {
    client: Client,
    work: Work,
    statements: Vec<Statement>,
    /// Grants of its own, with their generation.
    grants: Vec<(Vec<u8>, i64)>,
    replay: Vec<u8>,
    turn: usize,
}

impl Hand {
    async fn new(plan: &LoopPlan, number: usize) -> Result<Self> {
        let (client, connection) = tokio_postgres::connect(&plan.url, NoTls).await?;
        tokio::spawn(connection);
        let mut statements = Vec::new();
        for insert in &plan.insert {
            statements.push(client.prepare(insert).await.with_context(|| insert.clone())?);
        }
        let mut grants = Vec::new();
        match plan.work {
            Work::Rotate => {
                let rows = client.query("SELECT id, generation FROM bare_grants ORDER BY id", &[]).await?;
                let mine = rows.iter().skip(number).step_by(plan.connections.max(1));
                grants = mine.map(|row| (row.get(0), row.get(1))).collect();
                let rotate = "UPDATE bare_grants SET generation = generation + 1, refreshed_at = $3,
                    idle_expires_at = $3, replay = $4, replay_until = $3, replay_generation = $2
                    WHERE id = $1 AND generation = $2 AND revoked_at IS NULL AND expires_at > $3";
                statements.push(client.prepare(rotate).await?);
            }
            Work::Exchange => {
                let redeem = "UPDATE bare_code SET redeemed_at = 1 WHERE id = $1 AND redeemed_at IS NULL";
                statements.push(client.prepare(redeem).await?);
            }
            Work::Commit => statements.push(client.prepare("INSERT INTO bare_commit (id) VALUES ($1)").await?),
            Work::Token => {}
        }
        let mut replay = vec![0; plan.replay_bytes];
        rand::fill(&mut replay).ok().context("no randomness")?;
        Ok(Self { client, work: plan.work, statements, grants, replay, turn: 0 })
    }

    async fn work(&mut self, from: Instant, to: Instant) -> Result<Histogram<u64>> {
        let mut histogram = latencies()?;
        loop {
            let started = Instant::now();
            if started >= to {
                return Ok(histogram);
            }
            self.flow().await?;
            let ended = Instant::now();
            if ended >= from && ended < to {
                let spent = ended.saturating_duration_since(started).as_nanos();
                histogram.saturating_record(u64::try_from(spent).unwrap_or(u64::MAX));
            }
        }
    }

    async fn flow(&mut self) -> Result<()> {
        let id = crate::bare::new_id()?.to_vec();
        let (client, statements) = (&self.client, &self.statements);
        let touched = match (self.work, statements.as_slice()) {
            (Work::Rotate, [rotate]) => {
                let turn = self.turn % self.grants.len().max(1);
                self.turn += 1;
                let (grant, generation) = self.grants.get_mut(turn).context("more connections than grants")?;
                let rows = client.execute(rotate, &[grant, generation, &0_i64, &self.replay]).await?;
                *generation += 1;
                rows
            }
            (Work::Exchange, [code, grant, redeem]) => {
                client.execute(code, &[&id]).await?;
                // Sent at once: one round trip.
                let key: [&(dyn tokio_postgres::types::ToSql + Sync); 1] = [&id];
                let (begun, redeemed, inserted, ended) = future::join4(
                    client.batch_execute("BEGIN"),
                    client.execute(redeem, &key),
                    client.execute(grant, &key),
                    client.batch_execute("COMMIT"),
                )
                .await;
                begun?;
                ended?;
                redeemed? * inserted?
            }
            (Work::Token | Work::Commit, [insert]) => client.execute(insert, &[&id]).await?,
            _ => 0,
        };
        (touched == 1).then_some(()).context("a statement of the bare loop touched no row")
    }
}
