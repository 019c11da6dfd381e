//! The table: a row per case.

use std::fmt::Write as _;
use std::time::Duration;

use super::Kind;

/// What came of a case.
pub(crate) struct Row {
    /// The group, 1 to 8.
    pub(crate) group: u8,
    /// The case.
    pub(crate) name: &'static str,
    /// The store.
    pub(crate) kind: Kind,
    /// Rounds that were done.
    pub(crate) rounds: u64,
    /// How often something did not hold.
    pub(crate) violations: u64,
    /// How often something was not done in time.
    pub(crate) late: u64,
    /// Median and worst time until everything was as before.
    pub(crate) recovery: Option<(Duration, Duration)>,
    /// What else was seen.
    pub(crate) notes: String,
    /// It could not be run to its end.
    pub(crate) failed: bool,
}

impl Row {
    /// Whether nothing is wrong but that something came late.
    pub(crate) fn was_only_late(&self) -> bool {
        self.late > 0 && self.violations == 0 && !self.failed
    }

    /// The same row where being late counts like everything else.
    pub(crate) fn counted(self) -> Self {
        Self { violations: self.violations + self.late, late: 0, ..self }
    }

    /// Median and worst recovery in milliseconds, or a dash.
    fn recovery(&self) -> String {
        self.recovery.map_or_else(
            || "–".to_owned(),
            |(middle, worst)| format!("{} / {} ms", middle.as_millis(), worst.as_millis()),
        )
    }

    /// A line for whoever watches.
    pub(crate) fn line(&self) -> String {
        let verdict = match (self.failed, self.violations, self.late) {
            (true, ..) => "FAILED".to_owned(),
            (false, 0, 0) => "ok".to_owned(),
            (false, 0, count) => format!("{count} times late"),
            (false, count, _) => format!("{count} VIOLATIONS"),
        };
        let (group, name, kind) = (self.group, self.name, self.kind.name());
        let notes = if self.notes.is_empty() { String::new() } else { format!(", {}", self.notes) };
        format!(
            "{group} {name:<18} {kind:<11} {:>7} rounds, {verdict}, recovery {}{notes}",
            self.rounds,
            self.recovery()
        )
    }
}

/// The table of all rows.
pub(crate) fn markdown(rows: &[Row]) -> String {
    let mut text = "| group | case | store | rounds | violations | recovery, median / worst | seen |\n\
                    |---|---|---|---:|---:|---:|---|\n"
        .to_owned();
    for row in rows {
        let violations = if row.failed { format!("{}, failed", row.violations) } else { row.violations.to_string() };
        // A String takes every write.
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {violations} | {} | {} |",
            row.group,
            row.name,
            row.kind.name(),
            row.rounds,
            row.recovery(),
            row.notes
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_what_was_seen() {
        let mut row = Row {
            group: 2,
            name: "race-code",
            kind: Kind::Postgres,
            rounds: 60,
            violations: 0,
            late: 0,
            recovery: Some((Duration::from_millis(3), Duration::from_millis(12))),
            notes: "60 winners".to_owned(),
            failed: false,
        };
        assert!(row.line().contains("60 rounds, ok, recovery 3 / 12 ms, 60 winners"));
        let table = markdown(std::slice::from_ref(&row));
        assert!(table.ends_with("| 2 | race-code | PostgreSQL | 60 | 0 | 3 / 12 ms | 60 winners |\n"));
        row.late = 1;
        assert!(row.was_only_late() && row.line().contains("1 times late"));
        row.violations = 2;
        assert!(!row.was_only_late() && row.line().contains("2 VIOLATIONS"));
        assert_eq!(row.counted().violations, 3);
    }
}
