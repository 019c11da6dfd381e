//! The parameters of a request, from a form, a query or a JSON object, as one ordered list.
//!
//! Reading is bounded and strict about structure; what a parameter means is the business of those who ask for it.
//! Three rules hold for every endpoint: a parameter with an empty value counts as absent (RFC 6749 3.1), unknown
//! parameters are ignored, and names never repeat (3.2) except `resource` (RFC 8707 2).

use crate::refusal::Refusal;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

/// More parameters than any request of the standards has.
const MOST: usize = 64;

/// The one parameter that may repeat.
const REPEATABLE: &str = "resource";

/// The non-empty parameters of a request in the order in which they came.
///
/// `Debug` shows the names only: values are secrets as often as not.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Params<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl fmt::Debug for Params<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl<'a> Params<'a> {
    /// Reads `application/x-www-form-urlencoded`, as a body or as a query. A `%` that starts no escape is itself. Raw line
    /// ends around a pair are dropped: no form has any, and guides print a pair a line.
    ///
    /// # Errors
    /// More than 64 parameters, a name or value that is not UTF-8 or holds NUL.
    pub fn form(body: &'a [u8]) -> Result<Self, Refusal> {
        let mut pairs = Vec::with_capacity(8);
        for piece in body.split(|b| *b == b'&').map(without_line_ends).filter(|piece| !piece.is_empty()) {
            let (name, value) = match piece.iter().position(|b| *b == b'=') {
                Some(at) => (piece.get(..at).unwrap_or_default(), piece.get(at + 1..).unwrap_or_default()),
                None => (piece, &[][..]),
            };
            push(&mut pairs, form_decode(name)?, form_decode(value)?)?;
        }
        Ok(Self(pairs))
    }

    /// Reads a flat JSON object of strings; `null` counts as absent.
    ///
    /// # Errors
    /// Anything else: not JSON, not an object, a nested or non-string value, more than 64 members, NUL.
    pub fn json(body: &'a [u8]) -> Result<Self, Refusal> {
        let mut deserializer = serde_json::Deserializer::from_slice(body);
        let pairs = deserializer
            .deserialize_map(Flat)
            .and_then(|pairs| deserializer.end().map(|()| pairs))
            .map_err(|_| Refusal::MalformedBody("the body must be one JSON object whose values are strings"))?;
        let mut kept = Vec::with_capacity(pairs.len());
        for (name, value) in pairs {
            push(&mut kept, name, value)?;
        }
        Ok(Self(kept))
    }

    /// The value of a parameter; `None` if it is absent or empty. The first one, where it repeats.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_ref())
    }

    /// Every value of a parameter that may repeat.
    pub fn all<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s str> {
        self.0.iter().filter(move |(n, _)| n == name).map(|(_, value)| value.as_ref())
    }

    /// The value of a parameter that a request cannot do without.
    ///
    /// # Errors
    /// `invalid_request` with its name if it is absent.
    pub fn required(&self, name: &'static str) -> Result<&str, Refusal> {
        self.get(name).ok_or(Refusal::MissingParameter(name))
    }

    /// The first name that stands twice and may not.
    pub fn duplicate(&self) -> Option<&str> {
        self.0.iter().enumerate().find_map(|(i, (name, _))| {
            let again = self.0.iter().skip(i + 1).any(|(other, _)| other == name);
            (again && name != REPEATABLE).then_some(name.as_ref())
        })
    }

    /// Whether `name` stands twice.
    pub fn repeats(&self, name: &str) -> bool {
        self.all(name).nth(1).is_some()
    }

    /// Refuses a repeated parameter, for endpoints that have only one way of refusing.
    ///
    /// # Errors
    /// `invalid_request` with its name, if the name is one that can be shown.
    pub fn without_duplicates(self) -> Result<Self, Refusal> {
        match self.duplicate() {
            Some(name) => Err(Refusal::duplicate(name)),
            None => Ok(self),
        }
    }

    /// Drops the parameters that a dialect says to ignore.
    #[must_use]
    pub fn ignoring(mut self, names: &BTreeSet<String>) -> Self {
        if !names.is_empty() {
            self.0.retain(|(name, _)| !names.contains(name.as_ref()));
        }
        self
    }

    /// The pairs themselves.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value.as_ref()))
    }
}

fn without_line_ends(mut piece: &[u8]) -> &[u8] {
    while let [b'\r' | b'\n', rest @ ..] | [rest @ .., b'\r' | b'\n'] = piece {
        piece = rest;
    }
    piece
}

fn push<'a>(
    pairs: &mut Vec<(Cow<'a, str>, Cow<'a, str>)>,
    name: Cow<'a, str>,
    value: Cow<'a, str>,
) -> Result<(), Refusal> {
    if pairs.len() >= MOST {
        return Err(Refusal::TooManyParameters);
    }
    if name.contains('\0') || value.contains('\0') {
        return Err(Refusal::MalformedBody("a parameter holds a NUL character"));
    }
    if !value.is_empty() {
        pairs.push((name, value));
    }
    Ok(())
}

/// Undoes form encoding: `+` is a space, `%XX` a byte, and a `%` that starts no escape is itself.
///
/// # Errors
/// The bytes are not UTF-8.
pub fn form_decode(text: &[u8]) -> Result<Cow<'_, str>, Refusal> {
    const NOT_TEXT: Refusal = Refusal::MalformedBody("a parameter is not UTF-8 text");
    if !text.iter().any(|b| matches!(b, b'%' | b'+')) {
        return std::str::from_utf8(text).map(Cow::Borrowed).map_err(|_| NOT_TEXT);
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'+' => out.push(b' '),
            b'%' => {
                if let Some((value, after)) = escape(after) {
                    out.push(value);
                    rest = after;
                } else {
                    out.push(b'%');
                }
            }
            other => out.push(other),
        }
    }
    String::from_utf8(out).map(Cow::Owned).map_err(|_| NOT_TEXT)
}

fn escape(after: &[u8]) -> Option<(u8, &[u8])> {
    let (&[high, low], rest) = after.split_first_chunk::<2>()?;
    let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    Some((digit(high)? << 4 | digit(low)?, rest))
}

/// Appends `name=value` to a query or fragment, form-encoded; `out` is empty or ends where a pair may follow.
pub fn form_encode(out: &mut String, name: &str, value: &str) {
    if !out.is_empty() && !out.ends_with(['?', '&', '#']) {
        out.push('&');
    }
    encode(out, name);
    out.push('=');
    encode(out, value);
}

fn encode(out: &mut String, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            other => push_escaped(out, other),
        }
    }
}

/// Appends `%XX`.
pub(crate) fn push_escaped(out: &mut String, byte: u8) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    out.push('%');
    for nibble in [byte >> 4, byte & 15] {
        out.push(HEX.get(usize::from(nibble)).copied().map_or('0', char::from));
    }
}

/// A JSON object in which each value is a string.
struct Flat;

impl<'de> Visitor<'de> for Flat {
    type Value = Vec<(Cow<'de, str>, Cow<'de, str>)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of strings")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, Option<String>>()? {
            if pairs.len() > MOST {
                return Err(de::Error::custom("too many members"));
            }
            pairs.push((Cow::Owned(name), Cow::Owned(value.unwrap_or_default())));
        }
        Ok(pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bar_5_empty_is_absent_and_bar_6_unknown_is_kept_apart() {
        let params = Params::form(b"a=&b=1&&c&d=x+y%20z&e=100%").unwrap();
        assert_eq!(params.get("a"), None);
        assert_eq!(params.get("c"), None);
        assert_eq!(params.get("b"), Some("1"));
        assert_eq!(params.get("d"), Some("x y z"));
        assert_eq!(params.get("e"), Some("100%"));
    }

    #[test]
    fn a_pair_a_line_is_read_as_it_is_printed() {
        let params = Params::form(b"a=1&\nb=2&\r\nc=3%0A\r\n").unwrap();
        assert_eq!((params.get("a"), params.get("b"), params.get("c")), (Some("1"), Some("2"), Some("3\n")));
    }

    #[test]
    fn repeated_names_are_found_but_resource_may_repeat() {
        assert_eq!(Params::form(b"a=1&b=2&a=3").unwrap().duplicate(), Some("a"));
        assert_eq!(Params::form(b"resource=1&resource=2").unwrap().duplicate(), None);
        assert_eq!(Params::form(b"a=&a=3").unwrap().duplicate(), None);
        assert_eq!(Params::json(br#"{"a":"1","a":"2"}"#).unwrap().duplicate(), Some("a"));
    }

    #[test]
    fn json_is_a_flat_object_of_strings() {
        let params = Params::json(br#" {"grant_type":"refresh_token","scope":null} "#).unwrap();
        assert_eq!(params.get("grant_type"), Some("refresh_token"));
        assert_eq!(params.get("scope"), None);
        for bad in [
            &b"[]"[..],
            b"{",
            b"{\"a\":1}",
            b"{\"a\":{}}",
            b"{\"a\":[\"b\"]}",
            b"{} x",
            b"\"a\"",
            b"",
            b"{\"a\":\"\\u0000\"}",
        ] {
            assert!(Params::json(bad).is_err(), "{}", String::from_utf8_lossy(bad));
        }
        let deep = "{\"a\":".repeat(100_000);
        assert!(Params::json(deep.as_bytes()).is_err());
    }

    #[test]
    fn what_is_not_text_or_too_much_is_refused() {
        assert!(Params::form(b"a=%ff").is_err());
        assert!(Params::form(b"a=%00").is_err());
        assert!(Params::form("a=1&".repeat(65).as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn encoding_and_decoding_are_inverse(name in "[a-z]{1,8}", value in "[^\0]{1,40}") {
            let mut out = String::new();
            form_encode(&mut out, &name, &value);
            let params = Params::form(out.as_bytes()).unwrap();
            prop_assert_eq!(params.get(&name), Some(value.as_str()));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Params::form(&bytes);
            let _ = Params::json(&bytes);
        }
    }
}
