//! From a tree to a type through serde, strictly, and with every mistake instead of the first.
//!
//! serde stops at the first value that is wrong. Here that value is noted and left out, and the type is read once more,
//! until nothing is wrong any more or only what is left out is missing. Unknown keys are noted on the way: a struct tells
//! the deserializer the names of its fields.

use super::problem::{MOST, Problem, Source, did_you_mean};
use super::tree::{Key, Node, Value};
use claviger_core::text::shortened;
use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeOwned, DeserializeSeed, Deserializer, Expected, IntoDeserializer, Unexpected};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;

/// Reads a `T`; `None` when something was wrong, which is then in `problems`.
pub(crate) fn decode<T: DeserializeOwned>(node: &Node, source: &Source, problems: &mut Vec<Problem>) -> Option<T> {
    let context = Context { source, left_out: RefCell::default(), problems: RefCell::default() };
    let outcome = loop {
        match T::deserialize(Reader { node, context: &context }) {
            Err(Wrong { progress: Progress::Made, .. }) if !context.is_full() => {}
            outcome => break outcome,
        }
    };
    let value = match outcome {
        Ok(value) => Some(value),
        Err(wrong) => {
            if wrong.progress == Progress::None {
                context.note(node.span.clone(), &wrong, None);
            }
            None
        }
    };
    let mut found = context.problems.into_inner();
    found.sort_by_key(|problem| problem.place.as_ref().map(|place| (place.line, place.column)));
    let clean = found.is_empty();
    problems.append(&mut found);
    value.filter(|_| clean)
}

struct Context<'a> {
    source: &'a Source,
    /// First bytes of the keys and list items that are left out.
    left_out: RefCell<BTreeSet<usize>>,
    problems: RefCell<Vec<Problem>>,
}

impl Context<'_> {
    /// As many mistakes as are told have been found.
    fn is_full(&self) -> bool {
        self.problems.borrow().len() >= MOST
    }

    fn is_left_out(&self, at: usize, node: &Node) -> bool {
        matches!(node.value, Value::Broken) || self.left_out.borrow().contains(&at)
    }

    fn note(&self, span: std::ops::Range<usize>, wrong: &Wrong, key: Option<&str>) {
        let message = match key {
            Some(key) if wrong.needs_key => format!("`{key}`: {}", wrong.message),
            _ => wrong.message.clone(),
        };
        if !self.is_full() {
            self.problems.borrow_mut().push(self.source.problem(span, message).with_hint(wrong.help.clone()));
        }
    }

    /// Notes what is wrong below the entry that begins at `at`, and leaves the entry out from now on.
    fn leave_out(&self, at: usize, node: &Node, key: Option<&str>, wrong: Wrong) -> Wrong {
        match wrong.progress {
            Progress::Made => return wrong,
            Progress::None => self.note(node.span.clone(), &wrong, key),
            Progress::LeaveOut => {}
        }
        self.left_out.borrow_mut().insert(at);
        Wrong { progress: Progress::Made, ..wrong }
    }
}

/// How far the handling of an error has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// Nobody has said it yet.
    None,
    /// It has been said; what is around it cannot be read and is to be left out.
    LeaveOut,
    /// It has been said and left out: reading once more leads further.
    Made,
}

#[derive(Debug)]
struct Wrong {
    message: String,
    help: Option<String>,
    missing: Option<&'static str>,
    needs_key: bool,
    progress: Progress,
}

impl Wrong {
    fn new(message: String) -> Self {
        Self { message, help: None, missing: None, needs_key: false, progress: Progress::None }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Wrong {}

impl de::Error for Wrong {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { needs_key: true, ..Self::new(message.to_string()) }
    }

    // The values themselves are not shown: one of them may be a secret in the wrong place.
    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let found = match unexpected {
            Unexpected::Bool(_) => "true or false",
            Unexpected::Signed(_) | Unexpected::Unsigned(_) => "a number",
            Unexpected::Float(_) => "a fraction",
            Unexpected::Str(_) => "a text",
            Unexpected::Seq => "a list",
            Unexpected::Map => "a table",
            Unexpected::Other(_) => "a date",
            _ => "something else",
        };
        Self { needs_key: true, ..Self::new(format!("this is {found}, and must be {}", plainly(expected))) }
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let message = match unexpected {
            Unexpected::Signed(n) => format!("{n} is out of range for {}", plainly(expected)),
            _ => format!("must be {}", plainly(expected)),
        };
        Self { needs_key: true, ..Self::new(message) }
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let shown: String = variant.chars().take(60).collect();
        Self {
            help: did_you_mean(variant, expected.iter().copied()),
            needs_key: true,
            ..Self::new(format!("`{shown}` is not one of {}", expected.join(", ")))
        }
    }

    fn missing_field(field: &'static str) -> Self {
        Self { missing: Some(field), ..Self::new(format!("`{field}` is missing")) }
    }
}

/// serde's words for its own types, as an operator would say them.
fn plainly(expected: &dyn Expected) -> String {
    let text = expected.to_string();
    match text.as_str() {
        "a string" => "a text in quotes".into(),
        "a boolean" => "true or false".into(),
        "a sequence" => "a list in [ ]".into(),
        "a map" => "a table".into(),
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number that is not negative".into(),
        "i64" => "a whole number".into(),
        _ if text.starts_with("struct ") => "a table".into(),
        _ => text,
    }
}

#[derive(Clone, Copy)]
struct Reader<'a> {
    node: &'a Node,
    context: &'a Context<'a>,
}

impl<'a> Reader<'a> {
    fn wrong_type(self, expected: &dyn Expected) -> Wrong {
        let found = match &self.node.value {
            Value::Text(text) => Unexpected::Str(text),
            Value::Integer(number) => Unexpected::Signed(*number),
            Value::Float(number) => Unexpected::Float(*number),
            Value::Boolean(flag) => Unexpected::Bool(*flag),
            Value::Date | Value::Broken => Unexpected::Other("date"),
            Value::List(_) => Unexpected::Seq,
            Value::Table(_) => Unexpected::Map,
        };
        de::Error::invalid_type(found, expected)
    }

    fn entries(self) -> Option<&'a [(Key, Node)]> {
        match &self.node.value {
            Value::Table(entries) => Some(entries),
            _ => None,
        }
    }
}

impl<'de> Deserializer<'de> for Reader<'_> {
    type Error = Wrong;

    fn deserialize_any<V: de::Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match &self.node.value {
            Value::Text(text) => visitor.visit_str(text),
            Value::Integer(number) => visitor.visit_i64(*number),
            Value::Float(number) => visitor.visit_f64(*number),
            Value::Boolean(flag) => visitor.visit_bool(*flag),
            Value::Date => Err(self.wrong_type(&visitor)),
            Value::Broken => Err(Wrong { progress: Progress::LeaveOut, ..Wrong::new(String::new()) }),
            Value::List(items) => visitor.visit_seq(Items { items: items.iter(), context: self.context }),
            Value::Table(entries) => {
                visitor.visit_map(Entries { rest: entries.iter(), current: None, known: None, context: self.context })
            }
        }
    }

    fn deserialize_struct<V: de::Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        let Some(entries) = self.entries() else {
            if matches!(self.node.value, Value::Broken) {
                return self.deserialize_any(visitor);
            }
            return Err(self.wrong_type(&"a table"));
        };
        for (key, node) in entries {
            if self.context.is_full() {
                break;
            }
            if !fields.contains(&&*key.name) && !self.context.is_left_out(key.span.start, node) {
                let wrong = Wrong {
                    help: did_you_mean(&key.name, fields.iter().copied()),
                    ..Wrong::new(format!("unknown key `{}`", shortened(&key.name, 60)))
                };
                self.context.note(key.span.clone(), &wrong, None);
                self.context.left_out.borrow_mut().insert(key.span.start);
            }
        }
        let map = Entries { rest: entries.iter(), current: None, known: Some(fields), context: self.context };
        visitor.visit_map(map).map_err(|wrong| {
            let left_out = wrong.missing.is_some_and(|field| {
                entries.iter().any(|(key, node)| *key.name == *field && self.context.is_left_out(key.span.start, node))
            });
            // The missing key was there and has been complained about: say nothing more of this table.
            if left_out { Wrong { progress: Progress::LeaveOut, ..wrong } } else { wrong }
        })
    }

    fn deserialize_option<V: de::Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: de::Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: de::Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        match &self.node.value {
            Value::Text(text) => {
                let word: StrDeserializer<'_, Wrong> = text.as_str().into_deserializer();
                visitor.visit_enum(word)
            }
            Value::Table(entries) => match entries.as_slice() {
                [(key, node)] => visitor.visit_enum(Variant { key, reader: Reader { node, ..self } }),
                _ => Err(Wrong::new(format!("this table must have exactly one key of {}", variants.join(", ")))),
            },
            Value::Broken => self.deserialize_any(visitor),
            _ => Err(self.wrong_type(&format!("one of {}", variants.join(", ")).as_str())),
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map identifier ignored_any
    }
}

struct Items<'a> {
    items: std::slice::Iter<'a, Node>,
    context: &'a Context<'a>,
}

impl<'de> de::SeqAccess<'de> for Items<'_> {
    type Error = Wrong;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Wrong> {
        let context = self.context;
        let Some(node) = self.items.find(|node| !context.is_left_out(node.span.start, node)) else { return Ok(None) };
        let read = seed.deserialize(Reader { node, context });
        read.map(Some).map_err(|wrong| context.leave_out(node.span.start, node, None, wrong))
    }
}

struct Entries<'a> {
    rest: std::slice::Iter<'a, (Key, Node)>,
    current: Option<&'a (Key, Node)>,
    /// The fields of a struct; `None`: any key will do.
    known: Option<&'static [&'static str]>,
    context: &'a Context<'a>,
}

impl<'de> de::MapAccess<'de> for Entries<'_> {
    type Error = Wrong;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Wrong> {
        let (context, known) = (self.context, self.known);
        self.current = self.rest.find(|(key, node)| {
            !context.is_left_out(key.span.start, node) && known.is_none_or(|known| known.contains(&&*key.name))
        });
        let Some((key, _)) = self.current else { return Ok(None) };
        let name: StrDeserializer<'_, Wrong> = (*key.name).into_deserializer();
        seed.deserialize(name).map(Some).map_err(|wrong| {
            context.note(key.span.clone(), &wrong, None);
            context.left_out.borrow_mut().insert(key.span.start);
            Wrong { progress: Progress::Made, ..wrong }
        })
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Wrong> {
        let Some((key, node)) = self.current else { return Err(de::Error::custom("a value without a key")) };
        seed.deserialize(Reader { node, context: self.context })
            .map_err(|wrong| self.context.leave_out(key.span.start, node, Some(&*key.name), wrong))
    }
}

/// `{ variant = value }`.
struct Variant<'a> {
    key: &'a Key,
    reader: Reader<'a>,
}

impl<'de> de::EnumAccess<'de> for Variant<'_> {
    type Error = Wrong;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Self), Wrong> {
        let name: StrDeserializer<'_, Wrong> = (*self.key.name).into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de> de::VariantAccess<'de> for Variant<'_> {
    type Error = Wrong;

    fn unit_variant(self) -> Result<(), Wrong> {
        Err(Wrong::new(format!("`{}` takes no value here: write it as a text", self.key.name)))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Wrong> {
        seed.deserialize(self.reader)
    }

    fn tuple_variant<V: de::Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Wrong> {
        self.reader.deserialize_any(visitor)
    }

    fn struct_variant<V: de::Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        self.reader.deserialize_struct("", fields, visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tree;
    use super::*;
    use claviger_core::span::Span;
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    struct Outer {
        name: String,
        #[serde(default)]
        size: Option<u32>,
        #[serde(default)]
        inner: Vec<Inner>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    struct Inner {
        id: String,
        how_long: Span,
        #[serde(default)]
        kind: Option<Kind>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Kind {
        Plain,
        Fancy { colour: String },
    }

    fn read(text: &str) -> Result<Outer, Vec<(usize, String, Option<String>)>> {
        let source = Source::of_text("f", text);
        let mut problems = vec![];
        let node = tree::parse(&tree::Part::whole(&source), &tree::Variables::new(), &mut problems);
        let value = node.and_then(|node| decode(&node, &source, &mut problems));
        assert_eq!(value.is_some(), problems.is_empty());
        value.ok_or_else(|| problems.into_iter().map(|p| (p.line(), p.message, p.help)).collect())
    }

    #[test]
    fn a_good_file_is_read() {
        let text = "name = 'n'\nsize = 3\n[[inner]]\nid = 'a'\nhow-long = '2m'\nkind = 'plain'\n\
                    [[inner]]\nid = 'b'\nhow-long = 5\nkind.fancy = { colour = 'red' }";
        let inner = vec![
            Inner { id: "a".into(), how_long: Span::seconds(120), kind: Some(Kind::Plain) },
            Inner { id: "b".into(), how_long: Span::seconds(5), kind: Some(Kind::Fancy { colour: "red".into() }) },
        ];
        assert_eq!(read(text), Ok(Outer { name: "n".into(), size: Some(3), inner }));
    }

    #[test]
    fn every_mistake_is_told_once() {
        let text = "naem = 'n'\nname = 5\nsize = -1\n\
                    [[inner]]\nid = 'a'\nhow-long = '2 weeks'\nhow_long = 1\n\
                    [[inner]]\nhow-long = 1\n\
                    [[inner]]\nid = 'c'\nhow-long = 1\nkind = 'plian'\n\
                    [[inner]]\nid = 'd'\nhow-long = 1\nkind.fancy = { color = 'red' }\n";
        let found = read(text).unwrap_err();
        let lines: Vec<_> = found.iter().map(|(line, message, _)| (*line, message.as_str())).collect();
        assert_eq!(
            lines,
            [
                (1, "unknown key `naem`"),
                (2, "`name`: this is a number, and must be a text in quotes"),
                (3, "`size`: -1 is out of range for a whole number that is not negative"),
                (
                    6,
                    "`how-long`: `2 weeks` is not a length of time; write seconds or a number with s, m, h or d, like \"30m\""
                ),
                (7, "unknown key `how_long`"),
                (8, "`id` is missing"),
                (13, "`kind`: `plian` is not one of plain, fancy"),
                (17, "`colour` is missing"),
                (17, "unknown key `color`"),
            ]
        );
        assert_eq!(found[4].2.as_deref(), Some("did you mean `how-long`?"));
        assert_eq!(found[6].2.as_deref(), Some("did you mean `plain`?"));
        assert_eq!(found[8].2.as_deref(), Some("did you mean `colour`?"));
    }

    #[test]
    fn a_missing_key_at_the_top_is_told() {
        assert_eq!(read("size = 1").unwrap_err(), [(1, "`name` is missing".to_owned(), None)]);
    }

    /// How many mistakes are told of a file with so many, and how many words are compared for them.
    fn told(mistakes: usize, line: impl Fn(usize) -> String) -> (usize, usize) {
        let text: String = (0..mistakes).map(line).collect();
        let before = super::super::problem::COMPARED.get();
        let found = read(&format!("name = 'n'\n{text}")).unwrap_err().len();
        (found, super::super::problem::COMPARED.get() - before)
    }

    #[test]
    fn a_file_of_mistakes_costs_no_more_than_the_first_ones() {
        let keys = |n| format!("unknown-{n} = 1\n");
        let entries = |n| format!("[[inner]]\nid = 'a'\nhow-long = 1\nunknown-{n} = 1\n");
        let values = |_| "[[inner]]\nid = 1\nhow-long = 1\n".to_owned();
        let syntax = |_| "= =\n".to_owned();
        for (few, many) in [
            (told(100, keys), told(20_000, keys)),
            (told(100, entries), told(20_000, entries)),
            (told(100, values), told(20_000, values)),
            (told(100, syntax), told(20_000, syntax)),
        ] {
            assert_eq!(few, many);
            assert_eq!(few.0, MOST);
        }
    }

    #[test]
    fn a_wrong_value_does_not_show_itself() {
        let found = read("name = 'n'\nsize = 'hunter2'").unwrap_err();
        assert_eq!(found[0].1, "`size`: this is a text, and must be a whole number that is not negative");
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
            if let Ok(source) = Source::new("f", &bytes) {
                let mut problems = vec![];
                if let Some(node) = tree::parse(&tree::Part::whole(&source), &tree::Variables::new(), &mut problems) {
                    let _: Option<Outer> = decode(&node, &source, &mut problems);
                }
                let _ = super::super::problem::Problems(problems).to_string();
            }
        }

        #[test]
        fn no_toml_like_text_panics(text in "(\\[{0,2}(inner|name|size|a)\\]{0,2}|(name|size|inner|id|kind|how-long) ?= ?('[a$\\{\\}é]*'|[0-9-]{1,20}|true|\\[|\\{|2020-01-01)|[ \\n\\.,\\]\\}])*") {
            let source = Source::of_text("f", &text);
            let mut problems = vec![];
            if let Some(node) = tree::parse(&tree::Part::whole(&source), &tree::Variables::new(), &mut problems) {
                let value: Option<Outer> = decode(&node, &source, &mut problems);
                proptest::prop_assert_eq!(value.is_some(), problems.is_empty());
            }
            let _ = super::super::problem::Problems(problems).to_string();
        }
    }
}
