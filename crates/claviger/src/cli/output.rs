//! What a command prints: data on stdout as a table or as JSON, everything else on stderr.

mod yaml;

use super::trouble::{Exit, Trouble};
use claviger_core::text::{is_steering, printable, printable_lines};
use jiff::civil::Date;
use jiff::{Span, Timestamp};
use serde::Serialize;
use std::fmt::Write as _;
use std::io::{self, Write};

/// How data is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Table,
    /// For programs; its fields stay.
    Json,
    /// The same for programs and people.
    Yaml,
    /// For spreadsheets.
    Csv,
    /// The name alone by which other commands take it, a line each.
    Id,
}

impl Format {
    /// Whether all of an item is printed, as data.
    pub(crate) const fn is_structured(self) -> bool {
        matches!(self, Self::Json | Self::Yaml)
    }

    /// Prints a list: as JSON all of each item, as a table `cells` of it.
    pub(crate) fn list<T: Serialize, const N: usize>(
        self,
        columns: [&str; N],
        items: &[T],
        cells: impl Fn(&T) -> [String; N],
    ) -> Result<(), Trouble> {
        match self {
            Self::Json => json(&items),
            Self::Yaml => put(&yaml::spell(&items)?),
            Self::Id => {
                let at = columns.iter().position(|column| IDS.contains(column)).unwrap_or(0);
                let ids = items.iter().filter_map(|item| cells(item).into_iter().nth(at));
                let mut text = String::new();
                ids.for_each(|id| text.extend([&*printable(&id), "\n"]));
                put(&text)
            }
            Self::Table => put(&table(columns, items.iter().map(cells).collect())),
            Self::Csv => {
                let mut text = csv(&columns);
                text.extend(items.iter().map(|item| csv(&cells(item).each_ref().map(String::as_str))));
                put(&text)
            }
        }
    }

    /// Prints one thing: as JSON, or a line for each of its properties.
    pub(crate) fn one<T: Serialize>(self, item: &T, pairs: &[(&str, String)]) -> Result<(), Trouble> {
        match self {
            Self::Json => json(item),
            Self::Yaml => put(&yaml::spell(item)?),
            Self::Id => {
                let id = pairs.iter().find(|(name, _)| IDS.contains(name)).or(pairs.first());
                put(&id.map(|(_, id)| format!("{}\n", printable(id))).unwrap_or_default())
            }
            Self::Csv => put(&pairs.iter().map(|(name, value)| csv(&[*name, value.as_str()])).collect::<String>()),
            Self::Table => {
                let width = pairs.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
                let mut text = String::new();
                for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
                    let indent = format!("\n{}", " ".repeat(width + 2));
                    let value = value.lines().map(printable).collect::<Vec<_>>().join(&indent);
                    // A String takes every write.
                    let _ = writeln!(text, "{name:width$}  {value}");
                }
                put(&text)
            }
        }
    }
}

/// The columns that hold what other commands take; where a list has none of them, its first one does.
const IDS: [&str; 2] = ["id", "holder"];

/// Prints text as it is.
pub(crate) fn put(text: &str) -> Result<(), Trouble> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        // Whoever reads has enough: `claviger app list | head -1`.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Trouble::new(Exit::Failure, format!("stdout: {error}"))),
        Ok(()) => Ok(()),
    }
}

fn json<T: Serialize>(value: &T) -> Result<(), Trouble> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| Trouble::new(Exit::Failure, format!("the answer cannot be printed: {error}")))?;
    put(&format!("{}\n", escaped(&text)))
}

/// JSON with an escape for each character that would steer the terminal: such characters stand in strings only.
pub(crate) fn escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if is_steering(c) && c != '\n' {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // A String takes every write.
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// A line of CSV (RFC 4180). What others have registered must neither be taken for a formula by a spreadsheet nor steer the
/// terminal that shows the lines.
pub(crate) fn csv(cells: &[&str]) -> String {
    let cell = |cell: &&str| {
        let formula = cell.len() > 1 && cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
        let cell = printable_lines(cell);
        let text = if formula { format!("'{cell}") } else { cell.into_owned() };
        if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
    };
    cells.iter().map(cell).collect::<Vec<_>>().join(",") + "\r\n"
}

/// Columns as wide as their widest cell. An empty list is its headings.
fn table<const N: usize>(columns: [&str; N], rows: Vec<[String; N]>) -> String {
    let headings = columns.map(str::to_uppercase);
    let rows: Vec<[String; N]> = rows.into_iter().map(|row| row.map(|cell| printable(&cell).into_owned())).collect();
    let mut widths = [0; N];
    for row in std::iter::once(&headings).chain(&rows) {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut text = String::new();
    for row in std::iter::once(&headings).chain(&rows) {
        let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// A time as RFC 3339 has it, in UTC and without fractions of a second: `2026-11-21T04:16:47Z`. What no calendar has
/// (before the year -9999, after 9999) is shown as its milliseconds.
pub(crate) fn time(millis: i64) -> String {
    let whole = Timestamp::from_second(millis.div_euclid(1000));
    whole.map_or_else(|_| format!("{millis} ms"), |time| time.to_string())
}

/// A day since the epoch as `2026-11-21`.
pub(crate) fn day(days: i64) -> String {
    let day = Date::constant(1970, 1, 1).checked_add(Span::new().try_days(days).unwrap_or_default());
    day.map_or_else(|_| format!("day {days}"), |day| day.to_string())
}

/// What [`day`] or [`time`] spells, in milliseconds; none for anything else.
pub(crate) fn parse_time(text: &str) -> Option<i64> {
    let midnight = || Some(text.parse::<Date>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp());
    let moment = if text.ends_with('Z') { text.parse().ok()? } else { midnight()? };
    let millis = Timestamp::as_millisecond(moment);
    // The way back finds spellings of other calendars and clocks.
    (time(millis) == text || day(millis.div_euclid(86_400_000)) == text).then_some(millis)
}

#[cfg(test)]
mod tests {
    use super::{csv, day, escaped, parse_time, table, time};

    #[test]
    fn times_are_read_as_they_are_spelled() {
        for at in [0, 951_782_400_000, 1_795_234_607_000, -1_000] {
            assert_eq!(parse_time(&time(at)), Some(at));
        }
        assert_eq!(parse_time("2024-01-01"), Some(19_723 * 86_400_000));
        for wrong in
            ["2026-02-30", "2026-13-01", "7d", "2026-11-21T24:00:00Z", "2026-11-21T04:16:47", "9999999999999-1-1"]
        {
            assert_eq!(parse_time(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn csv_is_quoted_and_holds_no_formula() {
        assert_eq!(csv(&["a\u{1b}[2J\u{202e}", "b"]), "a\u{fffd}[2J\u{fffd},b\r\n");
        assert_eq!(csv(&["a", "b,\"c\"", "=1+1", "-"]), "a,\"b,\"\"c\"\"\",'=1+1,-\r\n");
    }

    #[test]
    fn times_are_rfc_3339() {
        assert_eq!(time(0), "1970-01-01T00:00:00Z");
        assert_eq!(time(951_782_400_000), "2000-02-29T00:00:00Z");
        assert_eq!(time(1_795_234_607_999), "2026-11-21T04:16:47Z");
        assert_eq!(time(-1), "1969-12-31T23:59:59Z");
        assert_eq!(day(19_723), "2024-01-01");
    }

    #[test]
    fn columns_are_aligned_and_controls_are_shown() {
        let rows = vec![["a".to_owned(), "é\u{1b}[31m".to_owned()], ["long one".to_owned(), String::new()]];
        assert_eq!(table(["id", "name"], rows), "ID        NAME\na         é\u{FFFD}[31m\nlong one\n");
    }

    #[test]
    fn json_says_the_same_and_steers_nothing() {
        let name = "a\u{1b}[31m\u{9b}2J\u{202E}é\u{E0041}\n";
        let json = serde_json::to_string_pretty(&[name]).unwrap();
        let shown = escaped(&json);
        assert!(!shown.chars().any(|c| claviger_core::text::is_steering(c) && c != '\n'), "{shown:?}");
        assert_eq!(serde_json::from_str::<Vec<String>>(&shown).unwrap(), [name]);
    }
}
