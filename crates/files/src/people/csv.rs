//! Comma-separated values (RFC 4180).

use super::lines::{Lines, Text};
use super::{Found, LONGEST, our_name, record};
use serde_json::{Map, Value};
use std::collections::{HashMap, HashSet};
use std::io::{self, BufRead};

/// The most lines of one record.
const MOST_LINES: usize = 200;

/// Why there are no columns.
pub(super) enum NoColumns {
    Unreadable(io::Error),
    Wrong(String),
}

impl From<io::Error> for NoColumns {
    fn from(error: io::Error) -> Self {
        Self::Unreadable(error)
    }
}

/// The names in the first line, as they are called here; empty ones are not read.
pub(super) fn columns<R: BufRead>(
    lines: &mut Lines<R>,
    names: &HashMap<String, String>,
) -> Result<Vec<String>, NoColumns> {
    let wrong = |why: String| NoColumns::Wrong(format!("line 1: {why}"));
    let (_, text) = lines.next_line()?.ok_or_else(|| wrong("the names of the columns are missing".to_owned()))?;
    let cells = cells(&text.map_err(wrong)?).map_err(wrong)?;
    let columns: Vec<String> = cells.iter().map(|cell| our_name(cell, names).unwrap_or_default()).collect();
    let mut seen = HashSet::new();
    for column in columns.iter().filter(|column| !column.is_empty()) {
        record::is_field(column).map_err(|why| wrong(format!("{why}; `--column {column}=-` leaves it out")))?;
        if !seen.insert(column) {
            return Err(wrong(format!("the column `{column}` is there twice")));
        }
    }
    if !seen.contains(&"username".to_owned()) {
        return Err(wrong("there is no column `username`; `--column THEIRS=username` says which it is".to_owned()));
    }
    Ok(columns)
}

/// The next record.
pub(super) fn next<R: BufRead>(lines: &mut Lines<R>, columns: &[String]) -> io::Result<Found> {
    loop {
        let Some((line, first)) = lines.next_line()? else { return Ok(None) };
        let first = match first {
            Ok(text) if text.trim().is_empty() => continue,
            Ok(text) => text,
            Err(why) => return Ok(Some((line, Err(why)))),
        };
        let record = if is_whole(&first) { Ok(first) } else { joined(lines, first)? };
        let fields = record.and_then(|text| cells(&text)).and_then(|cells| fields(columns, cells));
        return Ok(Some((line, fields)));
    }
}

/// Whether every quote that begins ends as well.
fn is_whole(text: &str) -> bool {
    text.bytes().filter(|byte| *byte == b'"').count().is_multiple_of(2)
}

/// A record of several lines. One whose quote never ends costs its first line only: the others are read again.
fn joined<R: BufRead>(lines: &mut Lines<R>, first: String) -> io::Result<Text> {
    let (mut text, mut taken) = (first, Vec::new());
    while taken.len() < MOST_LINES && text.len() < LONGEST {
        let Some((number, next)) = lines.next_line()? else { break };
        if let Ok(next) = &next {
            text.push('\n');
            text.push_str(next);
        }
        let is_readable = next.is_ok();
        taken.push((number, next));
        if !is_readable {
            break;
        }
        if is_whole(&text) {
            return Ok(Ok(text));
        }
    }
    lines.put_back(taken);
    Ok(Err("a quote begins here and does not end".to_owned()))
}

/// The cells of a record.
fn cells(text: &str) -> Result<Vec<String>, String> {
    let mut reader = ::csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    match reader.records().next() {
        Some(Ok(record)) => Ok(record.iter().map(str::to_owned).collect()),
        Some(Err(error)) => Err(format!("this is no line of CSV: {error}")),
        None => Ok(Vec::new()),
    }
}

fn fields(columns: &[String], cells: Vec<String>) -> Result<Map<String, Value>, String> {
    if cells.len() != columns.len() {
        return Err(format!("there are {} cells, and {} columns", cells.len(), columns.len()));
    }
    let named = columns.iter().zip(cells).filter(|(column, cell)| !column.is_empty() && !cell.is_empty());
    Ok(named.map(|(column, cell)| (column.clone(), Value::String(cell))).collect())
}
