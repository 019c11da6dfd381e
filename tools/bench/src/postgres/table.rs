//! The table of the flows on PostgreSQL.

use std::fmt::Write as _;

use serde::Serialize;

use super::trips::Counted;
use crate::flow::Flow;
use crate::report::{Medians, median};

/// The share of the bare loop's rate to reach.
const SHARE: f64 = 0.60;

/// A flow at a number of connections, on some servers.
#[derive(Serialize)]
pub(crate) struct Row {
    flow: Flow,
    servers: usize,
    connections: usize,
    ours: Medians,
    /// The bare loop; for a flow that writes nothing, the server on SQLite.
    other: Option<Medians>,
    counted: Counted,
    share: Option<f64>,
    reached: Option<bool>,
}

impl Row {
    pub(super) fn new(
        flow: Flow,
        servers: usize,
        connections: usize,
        ours: Medians,
        other: Option<Medians>,
        counted: Counted,
    ) -> Self {
        let share = other.as_ref().map(|other| paired(&ours, other));
        let reached = share.filter(|_| connections >= 8).map(|share| share >= SHARE);
        Self { flow, servers, connections, ours, other, counted, share, reached }
    }
}

/// The median of what each repetition reached of the one beside it: a machine that others slow down for seconds slows both.
fn paired(ours: &Medians, other: &Medians) -> f64 {
    let pairs = ours.repetitions.iter().zip(&other.repetitions);
    median(pairs.map(|(ours, other)| ours.per_second() / other.per_second().max(f64::MIN_POSITIVE)).collect())
}

/// Microseconds of the database's CPU time per flow.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn database_us(medians: &Medians) -> f64 {
    median(medians.repetitions.iter().map(|one| one.database_cpu_us as f64 / one.flows.max(1) as f64).collect())
}

/// The rows as Markdown.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut text = String::from(
        "| flow | servers | conn. | per s | beside | per s | share | target | reached | p50 ms | p99 ms | beside: p99 ms \
         | round trips | log bytes | server CPU us | database CPU us | beside: database CPU us |\n\
         |---|--:|--:|--:|---|--:|--:|--:|:-:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for row in rows {
        let durable = super::Work::of(row.flow).is_some();
        let other = |value: &dyn Fn(&Medians) -> String| row.other.as_ref().map(value).unwrap_or_default();
        let reached = match row.reached.filter(|_| durable) {
            Some(true) => "yes",
            Some(false) => "NO",
            None => "",
        };
        let _ = writeln!(
            text,
            "| {} | {} | {} | {:.0} | {} | {} | {} | {} | {reached} | {:.2} | {:.2} | {} | {:.1} | {:.0} | {:.0} | {:.0} | {} |",
            row.flow.title(),
            row.servers,
            row.connections,
            row.ours.per_second,
            if durable { "bare loop" } else { "on SQLite" },
            other(&|other| format!("{:.0}", other.per_second)),
            row.share.map(|share| format!("{:.0} %", share * 100.0)).unwrap_or_default(),
            if durable && row.connections >= 8 { "60 %" } else { "" },
            row.ours.p50_ms,
            row.ours.p99_ms,
            other(&|other| format!("{:.2}", other.p99_ms)),
            row.counted.trips,
            row.counted.log_bytes,
            row.ours.cpu_us,
            database_us(&row.ours),
            other(&|other| if durable { format!("{:.0}", database_us(other)) } else { String::new() }),
        );
    }
    text
}
