//! A mistake in a file: where it is, what is wrong, and what was probably meant.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// A file that was read: its name as the operator knows it, and its text.
#[derive(Debug, Clone)]
pub struct Source {
    name: Arc<str>,
    text: Arc<str>,
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

    /// Takes a text that is known to be one.
    pub fn of_text(name: &str, text: &str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Self { name: name.into(), text: text.into() }
    }

    /// The file's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The file's text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Says that something is wrong with the bytes `span`.
    pub fn problem(&self, span: Range<usize>, message: impl Into<String>) -> Problem {
        let start = floor_boundary(&self.text, span.start);
        let before = self.text.get(..start).unwrap_or("");
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line_text = self.text.get(line_start..).unwrap_or("").lines().next().unwrap_or("");
        let column = before.get(line_start..).unwrap_or("").chars().count();
        let end = floor_boundary(&self.text, span.end.max(start)).min(line_start + line_text.len());
        let width = self.text.get(start..end).map_or(0, |marked| marked.chars().count());
        Problem {
            file: self.name.clone(),
            place: Some(Place {
                line: before.matches('\n').count() + 1,
                column: column + 1,
                width: width.max(1),
                text: without_secrets(line_text),
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
    /// The line itself, secrets starred out.
    pub text: String,
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
        writeln!(f, "error: {}", self.message)?;
        let Some(place) = &self.place else {
            write!(f, "  --> {}", self.file)?;
            return self.help.iter().try_for_each(|help| write!(f, "\n  = help: {help}"));
        };
        let number = place.line.to_string();
        let gutter = " ".repeat(number.len());
        // A tab stays a tab under the line, so that the caret stands right whatever its width.
        let indent: String =
            place.text.chars().take(place.column - 1).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        writeln!(f, "{gutter}--> {}:{}:{}", self.file, place.line, place.column)?;
        writeln!(f, "{gutter} |")?;
        writeln!(f, "{number} | {}", place.text)?;
        write!(f, "{gutter} | {indent}{}", "^".repeat(place.width))?;
        self.help.iter().try_for_each(|help| write!(f, "\n{gutter} = help: {help}"))
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

/// "did you mean `x`?", or what there is to choose from, or nothing.
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let known: Vec<&str> = known.into_iter().collect();
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
