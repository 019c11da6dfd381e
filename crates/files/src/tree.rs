//! A TOML document as a tree in which every key and value knows its bytes in the file.

use super::cut::Offsets;
use super::problem::{MOST, Problem, Source, did_you_mean};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Values for `${name}` in a file's strings.
pub type Variables = BTreeMap<String, String>;

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) span: Range<usize>,
    pub(crate) value: Value,
}

/// A value. Prints no secrets because nothing prints it.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Text(String),
    Integer(i64),
    Float(f64),
    Boolean(bool),
    /// A date or time; no file has one.
    Date,
    /// Something was wrong with it and has been said; whoever reads it leaves it out.
    Broken,
    List(Vec<Node>),
    Table(Vec<(Key, Node)>),
}

/// A key and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    /// Shared by all keys of the same name: a file of many users has millions of a few names.
    pub(crate) name: Arc<str>,
    pub(crate) span: Range<usize>,
}

/// A step from a value into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'a> {
    /// A table's key.
    Key(&'a str),
    /// An array's element, from 0.
    Index(usize),
}

impl<'a> From<&'a str> for Step<'a> {
    fn from(key: &'a str) -> Self {
        Self::Key(key)
    }
}

impl From<usize> for Step<'_> {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

/// What is read at once: a file's text or a part of it.
#[derive(Clone, Copy)]
pub(crate) struct Part<'a> {
    pub(crate) source: &'a Source,
    pub(crate) text: &'a str,
    /// Where the text stands in the file; `None`: it is the file's.
    pub(crate) offsets: Option<&'a Offsets>,
}

impl<'a> Part<'a> {
    /// The whole file.
    pub(crate) fn whole(source: &'a Source) -> Self {
        Self { source, text: source.text(), offsets: None }
    }

    /// Bytes of the part as bytes of the file.
    fn place(&self, span: Range<usize>) -> Range<usize> {
        match self.offsets {
            Some(offsets) => offsets.place(span),
            None => span,
        }
    }
}

/// Reads a document and puts the variables into its strings. What is wrong is added to `problems`, and what can be read is
/// returned all the same, so that the rest is looked at as well.
pub(crate) fn parse(part: &Part<'_>, variables: &Variables, problems: &mut Vec<Problem>) -> Option<Node> {
    let source = part.source;
    let (table, errors) = DeTable::parse_recoverable(part.text);
    if !errors.is_empty() {
        let mut errors: Vec<_> = errors.iter().map(|error| (error.span().unwrap_or(0..0), error.message())).collect();
        errors.sort_by_key(|(span, _)| span.start);
        let told = errors.into_iter().take(MOST);
        problems.extend(told.map(|(span, message)| source.problem(part.place(span), message)));
        return None;
    }
    let span = part.place(table.span());
    let before = problems.len();
    let mut builder = Builder { part: *part, source, variables, problems, before, names: BTreeSet::new() };
    Some(Node { span, value: builder.table(table.into_inner()) })
}

struct Builder<'a> {
    part: Part<'a>,
    source: &'a Source,
    variables: &'a Variables,
    problems: &'a mut Vec<Problem>,
    /// How many there were of other files.
    before: usize,
    names: BTreeSet<Arc<str>>,
}

impl Builder<'_> {
    /// Notes a mistake, if not enough of them have been noted.
    fn note(&mut self, problem: impl FnOnce(&Self) -> Problem) -> Value {
        if self.problems.len() - self.before < MOST {
            let problem = problem(self);
            self.problems.push(problem);
        }
        Value::Broken
    }

    fn table(&mut self, table: DeTable<'_>) -> Value {
        let entries = table.into_iter().map(|(key, value)| {
            let key = Key { span: self.part.place(key.span()), name: self.name(&key.into_inner()) };
            (key, self.node(value))
        });
        Value::Table(entries.collect())
    }

    fn name(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.names.get(name) {
            return Arc::clone(known);
        }
        let name: Arc<str> = name.into();
        self.names.insert(Arc::clone(&name));
        name
    }

    fn node(&mut self, value: Spanned<DeValue<'_>>) -> Node {
        let span = self.part.place(value.span());
        let value = match value.into_inner() {
            DeValue::String(text) => self.text(text, &span),
            DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
                Ok(number) => Value::Integer(number),
                Err(_) => self.broken(span.clone(), "this number is too large"),
            },
            DeValue::Float(number) => match number.as_str().parse() {
                Ok(number) => Value::Float(number),
                Err(_) => self.broken(span.clone(), "this is not a number"),
            },
            DeValue::Boolean(flag) => Value::Boolean(flag),
            DeValue::Datetime(_) => Value::Date,
            DeValue::Array(items) => Value::List(items.into_iter().map(|item| self.node(item)).collect()),
            DeValue::Table(table) => self.table(table),
        };
        Node { span, value }
    }

    fn broken(&mut self, span: Range<usize>, message: &str) -> Value {
        self.note(|this| this.source.problem(span, message))
    }

    /// `${name}` becomes the variable's value; `$${` stands for `${`, any other `$` for itself (hashes are full of them).
    fn text(&mut self, text: Cow<'_, str>, span: &Range<usize>) -> Value {
        if !text.contains("${") {
            return Value::Text(text.into_owned());
        }
        let mut out = String::with_capacity(text.len());
        let mut rest: &str = &text;
        while let Some((before, after)) = rest.split_once("${") {
            if let Some(before) = before.strip_suffix('$') {
                out.push_str(before);
                out.push_str("${");
                rest = after;
                continue;
            }
            out.push_str(before);
            let Some((name, after)) = after.split_once('}') else {
                return self.note(|this| {
                    let problem =
                        this.source.problem(span.clone(), "a variable begins here with `${`, and does not end");
                    problem.with_help("write `${name}` for a variable, and `$${` for a plain `${`")
                });
            };
            let Some(value) = self.variables.get(name) else {
                return self.unknown_variable(name, span);
            };
            out.push_str(value);
            rest = after;
        }
        out.push_str(rest);
        Value::Text(out)
    }

    fn unknown_variable(&mut self, name: &str, span: &Range<usize>) -> Value {
        // Points at the variable itself where the text stands in the file as it is.
        let written = format!("${{{name}}}");
        let found = self.source.text().get(span.clone()).and_then(|text| text.find(&written));
        let at = found.map_or(span.clone(), |at| span.start + at..span.start + at + written.len());
        self.note(|this| {
            let hint = did_you_mean(name, this.variables.keys().map(String::as_str));
            let problem = this.source.problem(at, format!("the variable `{name}` has no value"));
            problem.with_help(match hint {
                Some(hint) if hint.starts_with("did") => hint,
                _ => format!("give it one: --set {name}=VALUE"),
            })
        })
    }
}

impl Node {
    /// The bytes of what `path` leads to: the key where its last step is one, else the value; of the nearest thing around
    /// it where it is not there.
    pub(crate) fn span_of(&self, path: &[Step<'_>]) -> Range<usize> {
        let mut here = self;
        let mut span = self.span.clone();
        for step in path {
            let next = match (step, &here.value) {
                (Step::Key(name), Value::Table(entries)) => {
                    entries.iter().find(|(key, _)| *key.name == **name).map(|(key, node)| (key.span.clone(), node))
                }
                (Step::Index(index), Value::List(items)) => items.get(*index).map(|node| (node.span.clone(), node)),
                _ => None,
            };
            let Some((next_span, node)) = next else { break };
            // A plain value says more than its key.
            span = if matches!(node.value, Value::List(_) | Value::Table(_)) { next_span } else { node.span.clone() };
            here = node;
        }
        span
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(text: &str, variables: &[(&str, &str)]) -> (Option<Node>, Vec<Problem>) {
        let variables = variables.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let mut problems = vec![];
        let node = parse(&Part::whole(&Source::of_text("f", text)), &variables, &mut problems);
        (node, problems)
    }

    fn text_at(node: &Node, key: &str) -> String {
        let Value::Table(entries) = &node.value else { panic!() };
        match &entries.iter().find(|(k, _)| *k.name == *key).unwrap().1.value {
            Value::Text(text) => text.clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn variables_are_put_in() {
        let (node, problems) = tree("a = 'x${p}y${q}$${z}$a$$'", &[("p", "1"), ("q", "${p}")]);
        assert_eq!(problems, []);
        assert_eq!(text_at(&node.unwrap(), "a"), "x1y${p}${z}$a$$");
    }

    #[test]
    fn each_unknown_variable_is_named_at_its_place() {
        let (_, problems) = tree("a = 'x${prot}'\nb = ['${q}', '${x']", &[("port", "1")]);
        let found: Vec<_> = problems.iter().map(|p| (p.line(), p.place.as_ref().unwrap().column)).collect();
        assert_eq!(found, [(1, 7), (2, 7), (2, 14)]);
        assert_eq!(problems[0].help.as_deref(), Some("did you mean `port`?"));
        assert_eq!(problems[1].help.as_deref(), Some("give it one: --set q=VALUE"));
    }

    #[test]
    fn paths_lead_to_the_place() {
        let text = "[[client]]\nid = 'a'\n[[client]]\nid = 'b'\nscope = ['x', 'y']\n";
        let node = tree(text, &[]).0.unwrap();
        let at = |path: &[Step<'_>]| text.get(node.span_of(path)).unwrap().to_owned();
        assert_eq!(at(&["client".into(), 1.into(), "id".into()]), "'b'");
        assert_eq!(at(&["client".into(), 1.into(), "scope".into(), 1.into()]), "'y'");
        assert_eq!(at(&["client".into(), 1.into(), "scope".into()]), "scope");
        assert_eq!(at(&["client".into(), 1.into(), "absent".into()]), "[[client]]");
    }

    #[test]
    fn syntax_errors_are_all_found() {
        let (node, problems) = tree("a = \nb = 1\nc = [1,,2]\n", &[]);
        assert!(node.is_none());
        assert_eq!(problems.iter().map(Problem::line).collect::<Vec<_>>(), [1, 3]);
    }
}
