//! A file that could be read as TOML, ready to become a type and to be pointed into.

use super::decode::decode;
use super::problem::{Problem, Source};
use super::tree::{self, Node, Step, Variables};
use serde::de::DeserializeOwned;

/// A file's tree and text.
#[derive(Debug)]
pub struct Document {
    source: Source,
    root: Node,
}

impl Document {
    /// Reads a file's bytes; what is wrong goes to `problems`.
    pub fn read(name: &str, content: &[u8], variables: &Variables, problems: &mut Vec<Problem>) -> Option<Self> {
        let source = Source::new(name, content).map_err(|problem| problems.push(problem)).ok()?;
        Self::of(source, variables, problems)
    }

    /// The same for a file whose bytes are no longer needed.
    pub(crate) fn of(source: Source, variables: &Variables, problems: &mut Vec<Problem>) -> Option<Self> {
        let root = tree::parse(&source, variables, problems)?;
        Some(Self { source, root })
    }

    /// The whole file as a `T`, strictly; `None` when something was wrong.
    pub fn decode<T: DeserializeOwned>(&self, problems: &mut Vec<Problem>) -> Option<T> {
        decode(&self.root, &self.source, problems)
    }

    /// Says that something is wrong with what `path` leads to.
    pub fn problem(&self, path: &[Step<'_>], message: impl Into<String>) -> Problem {
        self.source.problem(self.root.span_of(path), message)
    }

    /// The file's name.
    pub fn name(&self) -> &str {
        self.source.name()
    }
}

/// A path into a document: `at!["client", 3, "scope"]`.
macro_rules! at {
    ($($step:expr),* $(,)?) => { &[$($crate::tree::Step::from($step)),*] };
}
pub(crate) use at;
