//! What an attack has cost so far, and the table of all costs.

use std::fmt::Write as _;

use super::super::{Kind, Lab};

/// An attack under way.
pub(crate) struct Toll<'a> {
    /// What all attacks share.
    pub(crate) lab: &'a Lab,
    /// What the server keeps its data in.
    pub(crate) kind: Kind,
    attack: &'static str,
    rows: Vec<Row>,
}

/// One cost of an attack.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    attack: &'static str,
    what: String,
    cost: f64,
    bound: f64,
    /// It is a time, which the machine's other work adds to.
    timed: bool,
    /// Why it could not be counted.
    failed: bool,
}

impl<'a> Toll<'a> {
    /// One that has cost nothing.
    pub(crate) fn new(lab: &'a Lab, kind: Kind, attack: &'static str) -> Self {
        Self { lab, kind, attack, rows: Vec::new() }
    }

    /// As many attempts as this run makes.
    pub(crate) fn attempts(&self, long: usize, short: usize) -> usize {
        if self.lab.short { short } else { long }
    }

    /// A cost, and how much it may be.
    pub(crate) fn at_most(&mut self, bound: f64, cost: f64, what: impl Into<String>) {
        self.put(bound, cost, what.into(), false);
    }

    /// The same of a time: an attack that takes longer than it may, and does nothing else wrong, is tried again.
    pub(crate) fn takes_at_most(&mut self, bound: f64, cost: f64, what: impl Into<String>) {
        self.put(bound, cost, what.into(), true);
    }

    fn put(&mut self, bound: f64, cost: f64, what: String, timed: bool) {
        self.rows.push(Row { attack: self.attack, what, cost, bound, timed, failed: false });
    }

    /// How often something happened that must never happen.
    pub(crate) fn never(&mut self, count: usize, what: impl Into<String>) {
        self.at_most(0.0, number(count), what);
    }

    /// The attack could not be carried out.
    pub(crate) fn failed(&mut self, why: &str) {
        let what = format!("could not be carried out: {}", why.replace(['\r', '\n'], " "));
        self.rows.push(Row { attack: self.attack, what, cost: 1.0, bound: 0.0, timed: false, failed: true });
    }

    /// All costs; an attack that counted nothing is one that failed.
    pub(crate) fn end(mut self) -> Vec<Row> {
        if self.rows.is_empty() {
            self.failed("nothing was counted");
        }
        self.rows
    }
}

/// A count as a cost.
#[expect(clippy::cast_precision_loss, reason = "counts here are far below 2^52")]
pub(crate) fn number(count: usize) -> f64 {
    count as f64
}

impl Row {
    /// Whether the bound was kept.
    pub(crate) fn holds(&self) -> bool {
        !self.failed && self.cost <= self.bound
    }

    /// Whether it holds but for a time.
    pub(crate) fn holds_but_for_time(&self) -> bool {
        self.holds() || (self.timed && !self.failed)
    }

    fn verdict(&self) -> &'static str {
        match (self.failed, self.holds()) {
            (true, _) => "FAILED",
            (_, true) => "holds",
            (_, false) => "VIOLATED",
        }
    }

    /// A line for whoever watches.
    pub(crate) fn line(&self) -> String {
        let (cost, bound) = (shown(self.cost), shown(self.bound));
        format!("{:<18} {:<8} {cost:>8} of at most {bound:<8} {}", self.attack, self.verdict(), self.what)
    }
}

fn shown(number: f64) -> String {
    if number.fract() == 0.0 { format!("{number:.0}") } else { format!("{number:.1}") }
}

/// The table of all costs.
pub(crate) fn markdown(rows: &[Row]) -> String {
    let mut text = "| attack | counted | cost | at most | verdict |\n|---|---|---:|---:|---|\n".to_owned();
    for row in rows {
        let (cost, bound) = (shown(row.cost), shown(row.bound));
        // A String takes every write.
        let _ = writeln!(text, "| {} | {} | {cost} | {bound} | {} |", row.attack, row.what, row.verdict());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cost: f64, bound: f64) -> Row {
        Row { attack: "lockout", what: "refusals".to_owned(), cost, bound, timed: false, failed: false }
    }

    #[test]
    fn a_cost_above_its_bound_is_a_violation() {
        assert!(row(3.0, 3.0).holds());
        assert!(!row(3.1, 3.0).holds());
        assert!(!Row { failed: true, ..row(0.0, 1.0) }.holds());
        assert!(!row(3.1, 3.0).holds_but_for_time() && Row { timed: true, ..row(3.1, 3.0) }.holds_but_for_time());
        let table = markdown(&[row(2.0, 3.0), row(2.5, 2.0)]);
        assert!(
            table.ends_with("| lockout | refusals | 2 | 3 | holds |\n| lockout | refusals | 2.5 | 2 | VIOLATED |\n")
        );
    }
}
