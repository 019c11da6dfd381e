//! Files of users who come along from elsewhere: CSV and JSON lines, read one record after the other, however many there are.
//!
//! A record that is wrong is told with its line, and the next one is read. A quote that never ends costs its own record only.

mod csv;
mod lines;
mod record;

pub use record::{Entry, FIELDS, Password};

use claviger_hashes::{Firebase, Format, SaltEncoding};
use lines::Lines;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::io::{self, BufRead};

/// Longest record, in bytes.
const LONGEST: usize = 64 * 1024;

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Comma-separated values with a line of names first (RFC 4180).
    Csv,
    /// A JSON object on each line.
    JsonLines,
}

/// What the file does not say itself.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// What its hashes are, where they do not say so themselves.
    pub format: Option<Format>,
    /// How salts in columns are spelled.
    pub salt_encoding: Option<SaltEncoding>,
    /// Rounds of all hashes.
    pub iterations: Option<u32>,
    /// The Firebase project that the users come from.
    pub firebase: Option<Firebase>,
    /// What its columns or members are called here; `-`: it is not read.
    pub names: HashMap<String, String>,
}

/// A record, or what is wrong with it.
#[derive(Debug)]
pub struct Record {
    /// The line that it begins on; the first is 1.
    pub line: u64,
    /// The user.
    pub entry: Result<Entry, String>,
}

/// Reads a file.
pub struct Reader<R> {
    lines: Lines<R>,
    settings: Settings,
    /// The names of a CSV file.
    columns: Option<Vec<String>>,
}

impl<R: BufRead> Reader<R> {
    /// Begins to read.
    ///
    /// # Errors
    /// It cannot be read; the names of a CSV file are missing, twice there, or none of a user.
    pub fn new(input: R, kind: Kind, settings: Settings) -> io::Result<Self> {
        let mut lines = Lines::new(input);
        let columns = match kind {
            Kind::JsonLines => None,
            Kind::Csv => Some(csv::columns(&mut lines, &settings.names).map_err(|error| match error {
                csv::NoColumns::Unreadable(error) => error,
                csv::NoColumns::Wrong(why) => io::Error::new(io::ErrorKind::InvalidData, why),
            })?),
        };
        Ok(Self { lines, settings, columns })
    }

    /// How many bytes were read.
    pub const fn bytes(&self) -> u64 {
        self.lines.bytes()
    }

    /// The next record; `None` at the end.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn next_record(&mut self) -> io::Result<Option<Record>> {
        let found = match &self.columns {
            Some(columns) => csv::next(&mut self.lines, columns)?,
            None => next_object(&mut self.lines, &self.settings.names)?,
        };
        Ok(found.map(|(line, fields)| Record {
            line,
            entry: fields.and_then(|fields| record::entry(fields, &self.settings)),
        }))
    }
}

/// The line of a record, and its fields by our names.
type Found = Option<(u64, Result<Map<String, Value>, String>)>;

fn next_object<R: BufRead>(lines: &mut Lines<R>, names: &HashMap<String, String>) -> io::Result<Found> {
    loop {
        let Some((line, text)) = lines.next_line()? else { return Ok(None) };
        let text = match text {
            Ok(text) if text.trim().is_empty() => continue,
            Ok(text) => text,
            Err(why) => return Ok(Some((line, Err(why)))),
        };
        return Ok(Some((line, object(&text, names))));
    }
}

fn object(text: &str, names: &HashMap<String, String>) -> Result<Map<String, Value>, String> {
    let members: Map<String, Value> =
        serde_json::from_str(text).map_err(|error| format!("this is no JSON object on one line: {error}"))?;
    let mut fields = Map::with_capacity(members.len());
    for (name, value) in members {
        let Some(name) = our_name(&name, names) else { continue };
        record::is_field(&name)?;
        fields.insert(name, value);
    }
    Ok(fields)
}

/// What a column or member is called here; `None` where it is not read.
fn our_name(theirs: &str, names: &HashMap<String, String>) -> Option<String> {
    let theirs = theirs.trim();
    match names.get(theirs).map(String::as_str) {
        Some("-") => None,
        Some(ours) => Some(ours.to_owned()),
        // Names within claims and attributes are their own.
        None => Some(match theirs.split_once('.') {
            Some((group, name)) => format!("{}.{name}", record::plain_name(group)),
            None => record::plain_name(theirs),
        }),
    }
}

#[cfg(test)]
mod tests;
