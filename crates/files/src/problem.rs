//! A mistake in a file: where it is, what is wrong, and what was probably meant.

use claviger_core::text::{is_steering, printable_lines};
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// At most so many mistakes of one file are told: whoever mends these sees the next.
pub(crate) const MOST: usize = 50;

/// The longest word for which a similar one is looked for, in characters, and among how many.
const LONGEST_COMPARED: usize = 64;
const MOST_COMPARED: usize = 2_000;

/// Of a longer line, only this many characters before a mistake and from it on are shown.
const SHOWN_BEFORE: usize = 80;
const SHOWN_FROM: usize = 120;

/// A file that was read: its name as the operator knows it, and its text.
#[derive(Debug, Clone)]
pub struct Source {
    name: Arc<str>,
    text: Arc<String>,
    /// Where each line begins, once somebody asks.
    lines: Arc<OnceLock<Vec<usize>>>,
}

impl Source {
    /// Takes the content of the file `name`.
    ///
    /// # Errors
    /// The bytes are not UTF-8.
    pub fn new(name: &str, content: &[u8]) -> Result<Self, Problem> {
        match std::str::from_utf8(content) {
            Ok(text) => Ok(Self::of_text(name, text)),
            Err(error) => {
                let good = content.get(..error.valid_up_to()).unwrap_or_default();
                let source = Self::of_text(name, &String::from_utf8_lossy(good));
                Err(source
                    .problem(good.len()..good.len(), "this byte is not UTF-8")
                    .with_help("save the file in the encoding UTF-8"))
            }
        }
    }

    /// Takes the content itself, without a copy.
    ///
    /// # Errors
    /// The bytes are not UTF-8.
    pub(crate) fn owning(name: &str, content: Vec<u8>) -> Result<Self, Problem> {
        match String::from_utf8(content) {
            Ok(mut text) => {
                if text.starts_with('\u{feff}') {
                    text.drain(..'\u{feff}'.len_utf8());
                }
                Ok(Self { name: name.into(), text: Arc::new(text), lines: Arc::default() })
            }
            Err(error) => Self::new(name, error.as_bytes()),
        }
    }

    /// Takes a text that is known to be one.
    pub fn of_text(name: &str, text: &str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Self { name: name.into(), text: Arc::new(text.to_owned()), lines: Arc::default() }
    }

    /// The file's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The file's text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Says that something is wrong with the bytes `span`. Finding the line takes a search and no pass over the file.
    pub fn problem(&self, span: Range<usize>, message: impl Into<String>) -> Problem {
        let start = floor_boundary(&self.text, span.start);
        let lines = self
            .lines
            .get_or_init(|| std::iter::once(0).chain(self.text.match_indices('\n').map(|(at, _)| at + 1)).collect());
        let number = lines.partition_point(|line| *line <= start).max(1);
        let line_start = lines.get(number - 1).copied().unwrap_or_default();
        let line_text = self.text.get(line_start..).unwrap_or("").lines().next().unwrap_or("");
        let column = self.text.get(line_start..start).unwrap_or("").chars().count();
        let end = floor_boundary(&self.text, span.end.max(start)).min(line_start + line_text.len());
        let width = self.text.get(start..end).map_or(0, |marked| marked.chars().count());
        let left_out = column.saturating_sub(SHOWN_BEFORE);
        let line = without_secrets(line_text);
        let shown = line
            .chars()
            .skip(left_out)
            .take(SHOWN_BEFORE + SHOWN_FROM)
            .map(|c| if is_steering(c) && c != '\t' { '\u{FFFD}' } else { c });
        Problem {
            file: self.name.clone(),
            place: Some(Place {
                line: number,
                column: column + 1,
                width: width.clamp(1, SHOWN_FROM),
                text: shown.collect(),
                left_out,
            }),
            message: message.into(),
            help: None,
        }
    }
}

fn floor_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The line with each quoted value after a word like `secret` or `password` starred out, character by character, so that
/// a report can be pasted into a ticket and its caret still stands right.
fn without_secrets(line: &str) -> String {
    let lower = line.to_ascii_lowercase();
    let Some(from) = ["secret", "password", "master-key"].iter().filter_map(|word| lower.find(word)).min() else {
        return line.to_owned();
    };
    let (open, hidden) = line.split_at(from);
    let mut quote = None;
    let mut out = open.to_owned();
    for c in hidden.chars() {
        match quote {
            None => {
                if matches!(c, '"' | '\'') {
                    quote = Some(c);
                }
                out.push(c);
            }
            Some(q) if q == c => {
                quote = None;
                out.push(c);
            }
            Some(_) => out.push('*'),
        }
    }
    out
}

/// Where a mistake is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// How many characters the mistake covers.
    pub width: usize,
    /// The line itself, secrets starred out; of a long one, what is around the mistake.
    pub text: String,
    /// How many characters of the line stand before `text`.
    pub left_out: usize,
}

/// One mistake in one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub file: Arc<str>,
    /// Where in it; `None`: the file as a whole.
    pub place: Option<Place>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Problem {
    /// Says that something is wrong with a file that could not be read at all.
    pub fn with_file(file: &str, message: impl Into<String>) -> Self {
        Self { file: file.into(), place: None, message: message.into(), help: None }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds what to do about it, where something is known.
    #[must_use]
    pub fn with_hint(mut self, hint: Option<String>) -> Self {
        self.help = hint.or(self.help);
        self
    }

    /// The line, or 0.
    pub fn line(&self) -> usize {
        self.place.as_ref().map_or(0, |place| place.line)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = printable_lines(&self.file);
        let help = self.help.as_deref().map(printable_lines);
        writeln!(f, "error: {}", printable_lines(&self.message))?;
        let Some(place) = &self.place else {
            write!(f, "  --> {file}")?;
            return help.iter().try_for_each(|help| write!(f, "\n  = help: {help}"));
        };
        let number = place.line.to_string();
        let gutter = " ".repeat(number.len());
        // A tab stays a tab under the line, so that the caret stands right whatever its width.
        let indent: String = place
            .text
            .chars()
            .take(place.column - 1 - place.left_out)
            .map(|c| if c == '\t' { '\t' } else { ' ' })
            .collect();
        writeln!(f, "{gutter}--> {file}:{}:{}", place.line, place.column)?;
        writeln!(f, "{gutter} |")?;
        writeln!(f, "{number} | {}", place.text)?;
        write!(f, "{gutter} | {indent}{}", "^".repeat(place.width))?;
        help.iter().try_for_each(|help| write!(f, "\n{gutter} = help: {help}"))
    }
}

/// Every mistake that was found, over all files that were read together. Never empty.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.0 {
            write!(f, "{problem}\n\n")?;
        }
        match self.0.len() {
            1 => f.write_str("1 mistake; nothing was changed"),
            n => write!(f, "{n} mistakes; nothing was changed"),
        }
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

/// "did you mean `x`?", or what there is to choose from, or nothing. Long words and long lists are not compared.
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let is_short = |word: &str| word.chars().nth(LONGEST_COMPARED).is_none();
    if !is_short(word) {
        return None;
    }
    let known: Vec<&str> = known.into_iter().filter(|name| is_short(name)).take(MOST_COMPARED).collect();
    count_compared(known.len());
    let lower = word.to_lowercase();
    let nearest = known
        .iter()
        .map(|name| (strsim::damerau_levenshtein(&lower, &name.to_lowercase()), *name))
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, name)| *distance <= (name.chars().count().max(word.chars().count()) / 3).max(1));
    let started =
        || known.iter().find(|name| lower.len() >= 3 && (name.starts_with(&lower) || lower.starts_with(*name)));
    match nearest.map(|(_, name)| name).or_else(|| started().copied()) {
        Some(name) => Some(format!("did you mean `{name}`?")),
        None if known.is_empty() => None,
        None if known.len() <= 24 => Some(format!("there is: {}", known.join(", "))),
        None => None,
    }
}

#[cfg(test)]
thread_local! {
    /// How many words this thread has compared.
    pub(crate) static COMPARED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

#[cfg(test)]
fn count_compared(words: usize) {
    COMPARED.set(COMPARED.get() + words);
}

#[cfg(not(test))]
const fn count_compared(_: usize) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_shows_its_line_with_a_caret() {
        let source = Source::of_text("x.toml", "a = 1\n\tbé = 2\n");
        let problem = source.problem(7..10, "unknown key `bé`").with_help("did you mean `b`?");
        assert_eq!(
            problem.to_string(),
            "error: unknown key `bé`\n --> x.toml:2:2\n  |\n2 | \tbé = 2\n  | \t^^\n  = help: did you mean `b`?"
        );
    }

    #[test]
    fn a_span_outside_of_the_text_is_harmless() {
        let source = Source::of_text("x.toml", "é");
        for span in [0..0, 1..1, 0..100, 100..200] {
            assert!(source.problem(span, "m").to_string().contains("x.toml:1:"));
        }
    }

    #[test]
    fn of_a_long_line_only_the_mistake_and_its_surroundings_are_shown() {
        let text = format!("secret = \"{}\" {} bad {}", "s".repeat(500), "é".repeat(9_000), "x".repeat(9_000));
        let at = text.find("bad").unwrap();
        let problem = Source::of_text("x.toml", &text).problem(at..at + 3, "m");
        let place = problem.place.as_ref().unwrap();
        assert!(place.text.len() < 400 && !place.text.contains('s'), "{}", place.text);
        let shown = problem.to_string();
        let caret = shown.lines().last().unwrap().chars().position(|c| c == '^').unwrap();
        let line = shown.lines().rev().nth(1).unwrap();
        assert_eq!(line.chars().skip(caret).take(3).collect::<String>(), "bad");
        let in_secret = Source::of_text("x.toml", &text).problem(300..301, "m");
        assert!(!in_secret.to_string().contains("ss"));
    }

    #[test]
    fn nothing_in_a_file_steers_the_terminal() {
        let source = Source::of_text("x\u{1b}.toml", "a = '\u{202E}\u{1b}[2J'");
        let shown = source.problem(0..1, "key `\u{9b}`").with_help("\u{2066}").to_string();
        assert!(!shown.chars().any(|c| is_steering(c) && c != '\n'), "{shown:?}");
    }

    #[test]
    fn long_words_and_long_lists_are_not_compared() {
        assert_eq!(did_you_mean(&"x".repeat(100_000), ["x"]), None);
        let many: Vec<String> = (0..100_000).map(|n| format!("name-{n}")).collect();
        let before = COMPARED.get();
        did_you_mean("name", many.iter().map(String::as_str));
        assert_eq!(COMPARED.get() - before, MOST_COMPARED);
    }

    #[test]
    fn secrets_are_starred_out_in_place() {
        assert_eq!(without_secrets("secret = \"abc\" # x"), "secret = \"***\" # x");
        assert_eq!(without_secrets("{ id = \"a\", password = 'ab"), "{ id = \"a\", password = '**");
        assert_eq!(without_secrets("secret-is-password = true"), "secret-is-password = true");
    }

    #[test]
    fn the_nearest_name_is_suggested() {
        let known = ["redirect-uris", "scope", "kind"];
        assert_eq!(did_you_mean("redirect_uris", known), Some("did you mean `redirect-uris`?".into()));
        assert_eq!(did_you_mean("scop", known), Some("did you mean `scope`?".into()));
        assert_eq!(did_you_mean("colour", known), Some("there is: redirect-uris, scope, kind".into()));
        assert_eq!(did_you_mean("x", []), None);
    }

    #[test]
    fn bytes_that_are_not_utf8_are_named_by_line() {
        let problem = Source::new("x.toml", b"a = 1\nb = \"\xff\"").unwrap_err();
        assert_eq!((problem.line(), problem.message.as_str()), (2, "this byte is not UTF-8"));
    }
}
