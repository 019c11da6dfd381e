//! A file that could be read as TOML, ready to become a type and to be pointed into.
//!
//! The one list of a file that may be long is kept as text, and read piece by piece, as often as somebody asks.

use super::cut::{Offsets, cut};
use super::decode::decode;
use super::problem::{MOST, Problem, Source};
use super::tree::{self, Node, Part, Step, Variables};
use serde::de::DeserializeOwned;
use std::ops::Range;

/// So many tables of the long list are in memory as a tree at once.
const PIECE: usize = 500;

/// A file's tree and text.
#[derive(Debug)]
pub struct Document {
    source: Source,
    root: Node,
    long: Long,
}

/// The list that is kept as text.
#[derive(Debug, Default)]
struct Long {
    name: &'static str,
    items: Vec<Range<usize>>,
    variables: Variables,
}

impl Document {
    /// Reads a file's bytes; what is wrong goes to `problems`.
    pub fn read(name: &str, content: &[u8], variables: &Variables, problems: &mut Vec<Problem>) -> Option<Self> {
        let source = Source::new(name, content).map_err(|problem| problems.push(problem)).ok()?;
        Self::of(source, variables, problems)
    }

    /// The same for a file whose bytes are no longer needed.
    fn of(source: Source, variables: &Variables, problems: &mut Vec<Problem>) -> Option<Self> {
        let root = tree::parse(&Part::whole(&source), variables, problems)?;
        Some(Self { source, root, long: Long::default() })
    }

    /// The same for a file whose list `name` may be long: it is read by [`Document::pieces`], where it is written as
    /// `[[name]]`.
    pub(crate) fn with_long_list(
        source: Source,
        name: &'static str,
        variables: &Variables,
        problems: &mut Vec<Problem>,
    ) -> Option<Self> {
        let Some(cut) = cut(source.text(), name) else { return Self::of(source, variables, problems) };
        let part = Part { source: &source, text: &cut.rest, offsets: Some(&cut.offsets) };
        let root = tree::parse(&part, variables, problems)?;
        if root.span_of(&[name.into()]) != root.span {
            // It is there in another way as well, which is for the parser to judge.
            return Self::of(source, variables, problems);
        }
        Some(Self { source, root, long: Long { name, items: cut.items, variables: variables.clone() } })
    }

    /// The whole file, but for its long list, as a `T`, strictly; `None` when something was wrong.
    pub fn decode<T: DeserializeOwned>(&self, problems: &mut Vec<Problem>) -> Option<T> {
        decode(&self.root, &self.source, problems)
    }

    /// How many tables the long list has.
    pub(crate) fn items(&self) -> usize {
        self.long.items.len()
    }

    /// The long list in pieces that stand together.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = Range<usize>> + Send + '_ {
        let together = |one: &Range<usize>, next: &Range<usize>| one.end == next.start;
        self.long.items.chunk_by(together).flat_map(|run| run.chunks(PIECE)).filter_map(|piece| {
            let (first, last) = (piece.first()?, piece.last()?);
            Some(first.start..last.end)
        })
    }

    /// A piece as a `T` that has nothing but the list.
    pub(crate) fn decode_piece<T: DeserializeOwned>(
        &self,
        piece: Range<usize>,
        problems: &mut Vec<Problem>,
    ) -> Option<T> {
        decode(&self.tree_of(piece, problems)?, &self.source, problems)
    }

    fn tree_of(&self, piece: Range<usize>, problems: &mut Vec<Problem>) -> Option<Node> {
        let offsets = Offsets::from(piece.start);
        let text = self.source.text().get(piece)?;
        tree::parse(&Part { source: &self.source, text, offsets: Some(&offsets) }, &self.long.variables, problems)
    }

    /// Reads the whole long list and keeps nothing, for what is wrong with it.
    pub(crate) fn try_pieces<T: DeserializeOwned>(&self, problems: &mut Vec<Problem>) {
        let before = problems.len();
        for piece in self.pieces() {
            self.decode_piece::<T>(piece, problems);
            if problems.len() - before >= MOST {
                problems.truncate(before + MOST);
                return;
            }
        }
    }

    /// Says that something is wrong with what `path` leads to.
    pub fn problem(&self, path: &[Step<'_>], message: impl Into<String>) -> Problem {
        let span = self.span_in_list(path).unwrap_or_else(|| self.root.span_of(path));
        self.source.problem(span, message)
    }

    fn span_in_list(&self, path: &[Step<'_>]) -> Option<Range<usize>> {
        let (Step::Key(name), Step::Index(index)) = (path.first()?, path.get(1)?) else { return None };
        let item = self.long.items.get(*index).filter(|_| *name == self.long.name)?;
        let tree = self.tree_of(item.clone(), &mut vec![])?;
        let path: Vec<Step<'_>> =
            [Step::Key(name), Step::Index(0)].into_iter().chain(path.iter().skip(2).copied()).collect();
        Some(tree.span_of(&path))
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
