//! What a command prints: data on stdout as a table or as JSON, everything else on stderr.

use super::trouble::{Exit, Trouble};
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
    /// For spreadsheets.
    Csv,
}

impl Format {
    /// Prints a list: as JSON all of each item, as a table `cells` of it.
    pub(crate) fn list<T: Serialize, const N: usize>(
        self,
        columns: [&str; N],
        items: &[T],
        cells: impl Fn(&T) -> [String; N],
    ) -> Result<(), Trouble> {
        match self {
            Self::Json => json(&items),
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
    put(&format!("{text}\n"))
}

/// A line of CSV (RFC 4180). What others have registered must not be taken for a formula by a spreadsheet.
fn csv(cells: &[&str]) -> String {
    let cell = |cell: &&str| {
        let formula = cell.len() > 1 && cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
        let text = if formula { format!("'{cell}") } else { (*cell).to_owned() };
        if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
    };
    cells.iter().map(cell).collect::<Vec<_>>().join(",") + "\r\n"
}

/// Columns as wide as their widest cell. An empty list is its headings.
fn table<const N: usize>(columns: [&str; N], rows: Vec<[String; N]>) -> String {
    let headings = columns.map(str::to_uppercase);
    let rows: Vec<[String; N]> = rows.into_iter().map(|row| row.map(|cell| printable(&cell))).collect();
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

/// What others have registered must not steer the operator's terminal.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect()
}

/// A time as RFC 3339 has it, in UTC: `2026-11-21T04:16:47Z`.
pub(crate) fn time(millis: i64) -> String {
    let (days, second) = (millis.div_euclid(86_400_000), millis.rem_euclid(86_400_000) / 1000);
    let (year, month, day) = date(days);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60)
}

/// A day as `2026-11-21`.
pub(crate) fn day(days: i64) -> String {
    let (year, month, day) = date(days);
    format!("{year:04}-{month:02}-{day:02}")
}

/// What [`day`] or [`time`] spells, in milliseconds; none for anything else.
pub(crate) fn parse_time(text: &str) -> Option<i64> {
    let (date, clock) = text.split_once('T').unwrap_or((text, "00:00:00Z"));
    let numbers = |text: &str, sign: char| text.split(sign).map(|part| part.parse().ok()).collect::<Option<Vec<i64>>>();
    let [year, month, day] = <[i64; 3]>::try_from(numbers(date, '-')?).ok()?;
    let [hours, minutes, seconds] = <[i64; 3]>::try_from(numbers(clock.strip_suffix('Z')?, ':')?).ok()?;
    if !(0..10_000).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    if !(0..24).contains(&hours) || !(0..60).contains(&minutes) || !(0..60).contains(&seconds) {
        return None;
    }
    // In years that begin in March, as `date` has them.
    let (shifted, from_march) = (if month <= 2 { year - 1 } else { year }, (month + 9).rem_euclid(12));
    let (era, of_era) = (shifted.div_euclid(400), shifted.rem_euclid(400));
    let days = of_era * 365 + of_era / 4 - of_era / 100 + (153 * from_march + 2) / 5 + day - 1;
    let millis = (era * 146_097 + days - 719_468) * 86_400_000 + ((hours * 60 + minutes) * 60 + seconds) * 1000;
    // The way back finds days that there are none of.
    (time(millis) == format!("{date}T{clock}")).then_some(millis)
}

/// Year, month and day of a day since the epoch, in eras of 400 years that begin in March.
const fn date(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let march = (5 * of_year + 2) / 153;
    let month = if march < 10 { march + 3 } else { march - 9 };
    let leap = if month <= 2 { 1 } else { 0 };
    (year + era * 400 + leap, month, of_year - (153 * march + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::{csv, day, parse_time, table, time};

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
}
