//! What a case has seen so far.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};

use super::table::Row;
use super::{Case, Kind, Lab};

/// Violations that are printed of one case; all are counted.
const SHOWN: u64 = 5;

/// A case under way.
pub(crate) struct Trial<'a> {
    /// What all cases share.
    pub(crate) lab: &'a Lab,
    /// The store.
    pub(crate) kind: Kind,
    case: &'a Case,
    rounds: u64,
    violations: u64,
    late: u64,
    recoveries: Vec<Duration>,
    notes: Vec<String>,
    bar: ProgressBar,
    started: Instant,
    chance: u64,
}

impl<'a> Trial<'a> {
    /// One that has seen nothing.
    pub(crate) fn new(lab: &'a Lab, case: &'a Case) -> Self {
        let bar = if std::io::stderr().is_terminal() {
            let style = ProgressStyle::with_template("{spinner} {prefix} {pos} rounds, {elapsed}");
            let bar = ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        } else {
            ProgressBar::hidden()
        };
        bar.set_prefix(format!("{} {} on {}", case.group, case.name, case.kind.name()));
        let chance = lab.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let (started, kind) = (Instant::now(), case.kind);
        let (recoveries, notes) = (Vec::new(), Vec::new());
        Self { lab, kind, case, rounds: 0, violations: 0, late: 0, recoveries, notes, bar, started, chance }
    }

    /// A round is done.
    pub(crate) fn round(&mut self) {
        self.rounds += 1;
        self.bar.set_position(self.rounds);
    }

    /// What must hold did not.
    pub(crate) fn violation(&mut self, seen: &str) {
        self.violations += 1;
        if self.violations <= SHOWN {
            let place = format!("{} {} on {}", self.case.group, self.case.name, self.case.kind.name());
            self.bar.suspend(|| eprintln!("VIOLATION in {place}, round {}: {seen}", self.rounds + 1));
        }
    }

    /// Says so if something does not hold.
    pub(crate) fn must(&mut self, holds: bool, seen: impl FnOnce() -> String) {
        if !holds {
            self.violation(&seen());
        }
    }

    /// Says so if something was not done in time. A machine that does other things as well makes that happen, so a case in which
    /// nothing else was wrong is run again (see [`super::one`]).
    pub(crate) fn must_in_time(&mut self, holds: bool, seen: impl FnOnce() -> String) {
        if !holds {
            self.late += 1;
            if self.late <= SHOWN {
                let place = format!("{} {} on {}", self.case.group, self.case.name, self.case.kind.name());
                self.bar.suspend(|| eprintln!("LATE in {place}, round {}: {}", self.rounds + 1, seen()));
            }
        }
    }

    /// It took so long until everything was as before.
    pub(crate) fn recovered(&mut self, after: Duration) {
        self.recoveries.push(after);
    }

    /// Something for the table.
    pub(crate) fn note(&mut self, text: impl Into<String>) {
        self.notes.push(text.into());
    }

    /// A number below `below` that the seed decides.
    pub(crate) fn chance(&mut self, below: u64) -> u64 {
        // xorshift64*.
        self.chance ^= self.chance >> 12;
        self.chance ^= self.chance << 25;
        self.chance ^= self.chance >> 27;
        (self.chance.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % below.max(1)
    }

    /// The row of the table; also a line for whoever watches.
    pub(crate) fn end(mut self, outcome: Result<()>) -> Row {
        self.bar.finish_and_clear();
        let failed = outcome.is_err();
        if let Err(error) = outcome {
            self.notes.push("could not be run to its end".to_owned());
            eprintln!("{} {} on {}: {error:#}", self.case.group, self.case.name, self.case.kind.name());
        }
        self.recoveries.sort();
        let middle = self.recoveries.get(self.recoveries.len() / 2).copied();
        let row = Row {
            group: self.case.group,
            name: self.case.name,
            kind: self.case.kind,
            rounds: self.rounds,
            violations: self.violations,
            late: self.late,
            recovery: middle.zip(self.recoveries.last().copied()),
            notes: self.notes.join("; "),
            failed,
        };
        eprintln!("{} ({:.1} s)", row.line(), self.started.elapsed().as_secs_f64());
        row
    }
}
