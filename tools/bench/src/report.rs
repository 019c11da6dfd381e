//! Medians, ratios, the table and the JSON.

use std::fmt::Write as _;

use serde::Serialize;

use super::flow::Flow;
use super::load::Measured;

/// One server's medians over the repetitions of one flow.
#[derive(Serialize)]
pub(crate) struct Medians {
    /// Flows a second.
    pub(crate) per_second: f64,
    /// Median latency in milliseconds.
    pub(crate) p50_ms: f64,
    /// 99th percentile of the latency in milliseconds.
    pub(crate) p99_ms: f64,
    /// CPU time of the server per flow in microseconds.
    pub(crate) cpu_us: f64,
    /// Memory of the server in MiB (PSS).
    pub(crate) pss_mib: f64,
    /// Every repetition as it was measured.
    pub(crate) repetitions: Vec<Measured>,
}

impl Medians {
    /// The medians of some repetitions.
    #[expect(clippy::cast_precision_loss, reason = "counts and sizes are far below 2^52")]
    pub(crate) fn of(repetitions: Vec<Measured>) -> Self {
        let over = |value: &dyn Fn(&Measured) -> f64| median(repetitions.iter().map(value).collect());
        Self {
            per_second: over(&Measured::per_second),
            p50_ms: over(&|one| one.p50_us / 1000.0),
            p99_ms: over(&|one| one.p99_us / 1000.0),
            cpu_us: over(&|one| one.server_cpu_us as f64 / one.flows.max(1) as f64),
            pss_mib: over(&|one| one.server_pss_kib as f64 / 1024.0),
            repetitions,
        }
    }
}

/// The middle of some numbers (the mean of the two middle ones).
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let upper = values.get(values.len() / 2).copied().unwrap_or(0.0);
    if values.len().is_multiple_of(2) {
        let lower = values.get((values.len() / 2).saturating_sub(1)).copied().unwrap_or(0.0);
        return f64::midpoint(lower, upper);
    }
    upper
}

/// A flow at a number of connections, on both servers.
#[derive(Serialize)]
pub(crate) struct Row {
    /// The flow.
    pub(crate) flow: Flow,
    /// Connections kept open.
    pub(crate) connections: usize,
    /// The release server, unless only the bare one ran.
    pub(crate) server: Option<Medians>,
    /// The bare server.
    pub(crate) bare: Medians,
    /// The server's share of the bare server's throughput.
    pub(crate) share: Option<f64>,
    /// The share to reach, at 8 connections and more.
    pub(crate) target: Option<f64>,
    /// Whether that share was reached.
    pub(crate) reached: Option<bool>,
    /// Whether 99 of 100 answers came within a millisecond, where that is asked for: at 8 connections.
    pub(crate) prompt: Option<bool>,
}

impl Row {
    /// Compares the two.
    pub(crate) fn new(flow: Flow, connections: usize, server: Option<Medians>, bare: Medians) -> Self {
        let share = server.as_ref().map(|server| server.per_second / bare.per_second.max(f64::MIN_POSITIVE));
        let target = (connections >= 8).then(|| flow.share());
        let reached = share.zip(target).map(|(share, target)| share >= target);
        let asked = connections == 8 && flow.is_prompt();
        let prompt = server.as_ref().filter(|_| asked).map(|server| server.p99_ms <= 1.0);
        Self { flow, connections, server, bare, share, target, reached, prompt }
    }
}

/// The table as Markdown, so that it can be pasted as it is.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut text = String::from(
        "| flow | conn. | per s | bare per s | share | target | reached | p50 ms | p99 ms | bare p99 ms | within 1 ms | CPU us | bare CPU us | CPU share | MiB |\n\
         |---|--:|--:|--:|--:|--:|:-:|--:|--:|--:|:-:|--:|--:|--:|--:|\n",
    );
    for row in rows {
        let percent = |share: Option<f64>| share.map(|share| format!("{:.0} %", share * 100.0)).unwrap_or_default();
        let ours = |value: &dyn Fn(&Medians) -> String| row.server.as_ref().map(value).unwrap_or_default();
        let _ = writeln!(
            text,
            "| {} | {} | {} | {:.0} | {} | {} | {} | {} | {} | {:.2} | {} | {} | {:.1} | {} | {} |",
            row.flow.title(),
            row.connections,
            ours(&|server| format!("{:.0}", server.per_second)),
            row.bare.per_second,
            percent(row.share),
            percent(row.target),
            mark(row.reached),
            ours(&|server| format!("{:.2}", server.p50_ms)),
            ours(&|server| format!("{:.2}", server.p99_ms)),
            row.bare.p99_ms,
            mark(row.prompt),
            ours(&|server| format!("{:.1}", server.cpu_us)),
            row.bare.cpu_us,
            percent(row.server.as_ref().map(|server| row.bare.cpu_us / server.cpu_us)),
            ours(&|server| format!("{:.1}", server.pss_mib)),
        );
    }
    text
}

fn mark(reached: Option<bool>) -> &'static str {
    match reached {
        Some(true) => "yes",
        Some(false) => "NO",
        None => "",
    }
}

/// One thing measured by itself, beside the flows.
#[derive(Serialize)]
pub(crate) struct Fact {
    /// What was measured.
    pub(crate) what: String,
    /// The value, in its unit.
    pub(crate) value: f64,
    /// The unit.
    pub(crate) unit: &'static str,
    /// What it is to keep to, in the same unit.
    pub(crate) limit: Option<f64>,
}

impl Fact {
    /// Whether it keeps to its limit.
    pub(crate) fn reached(&self) -> Option<bool> {
        self.limit.map(|limit| self.value <= limit)
    }
}

/// The facts as a Markdown table.
pub(crate) fn facts(facts: &[Fact]) -> String {
    let mut text = String::from("| what | measured | at most | reached |\n|---|--:|--:|:-:|\n");
    for fact in facts {
        let mark = mark(fact.reached());
        let limit = fact.limit.map(|limit| format!("{limit} {}", fact.unit)).unwrap_or_default();
        let _ = writeln!(text, "| {} | {:.2} {} | {limit} | {mark} |", fact.what, fact.value, fact.unit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        assert!((median(vec![3.0, 1.0, 2.0]) - 2.0).abs() < 1e-9);
        assert!((median(vec![4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < 1e-9);
        assert!(median(vec![]).abs() < 1e-9);
    }
}
