//! The parameters of a request, from a form, a query or a JSON object, as one ordered list.
//!
//! Reading is bounded and strict about structure; what a parameter means is the business of those who ask for it. These
//! rules hold for every endpoint: a parameter with an empty value counts as absent (RFC 6749 3.1); names never repeat (3.2)
//! except `resource` (RFC 8707 2), and in an exchange `audience` (RFC 8693 2.1); a parameter that no endpoint reads is ignored whatever it holds; and one that some
//! endpoint reads is refused where it is not text or longer than 8 KiB. Only `state` may be any bytes.

use crate::grant_type::GrantType;
use crate::refusal::Refusal;
use crate::unique::repeated;
use serde::de::{self, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::string::FromUtf8Error;

/// More parameters than any request of the standards has.
const MOST: usize = 64;

/// The longest value of a parameter, in bytes.
pub const LONGEST_VALUE: usize = 8 * 1024;

/// The longest value of [`PENDING`], in bytes.
const LONGEST_PENDING: usize = 48 * 1024;

/// The field of our own pages that names or holds a whole request, with its `state`.
const PENDING: &str = "pending";

/// The one parameter that may repeat; in an exchange of tokens `audience` may as well (RFC 8693 2.1).
const REPEATABLE: &str = "resource";

/// The one parameter that is given back as it came, and looked at by nobody.
const STATE: &str = "state";

/// Stands for a value that is not text or is too long, of a parameter that is not among [`READ`]: it is not absent, and it
/// is nothing that any check lets pass.
const UNREADABLE: &str = "\u{FFFD}";

const TOO_LONG: &str = "it is longer than 8,192 bytes";

/// Every parameter that some endpoint reads.
const READ: [&str; 51] = [
    "access_token",
    "acr_values",
    "actor_token",
    "actor_token_type",
    "after",
    "assertion",
    "audience",
    "claims",
    "claims_locales",
    "client_assertion",
    "client_assertion_type",
    "client_id",
    "client_secret",
    "code",
    "code_challenge",
    "code_challenge_method",
    "code_verifier",
    "csrf",
    "decision",
    "display",
    "grant_type",
    "id_token_hint",
    "link",
    "login_hint",
    "max_age",
    "nonce",
    "organisation",
    "password",
    "pending",
    "post_logout_redirect_uri",
    "prompt",
    "redirect_uri",
    "refresh_token",
    "registration",
    "request",
    "request_uri",
    "requested_token_type",
    "resource",
    "response_mode",
    "response_type",
    "scope",
    "state",
    "subject_token",
    "subject_token_type",
    "token",
    "token_type_hint",
    "ui_locales",
    "user_code",
    "username",
    "wait",
    "dpop_jkt",
];

/// The non-empty parameters of a request in the order in which they came.
///
/// `Debug` shows the names only: values are secrets as often as not.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Params<'a> {
    pairs: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// The bytes of a `state` that is not text.
    state: Option<Vec<u8>>,
}

impl fmt::Debug for Params<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.pairs.iter().map(|(name, _)| name)).finish()
    }
}

/// What goes back to whoever sent it, byte for byte (`state`, RFC 6749 4.1.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Opaque {
    /// It is text without NUL, as nearly always.
    Text(String),
    /// It is something else.
    Bytes(Vec<u8>),
}

impl Opaque {
    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }

    /// The text, if it is text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Bytes(_) => None,
        }
    }
}

/// Whether somebody reads a parameter of this name.
pub fn is_read(name: &str) -> bool {
    READ.contains(&name)
}

impl<'a> Params<'a> {
    /// Reads `application/x-www-form-urlencoded`, as a body or as a query. A `%` that starts no escape is itself. Raw line
    /// ends around a pair are dropped: no form has any, and guides print a pair a line.
    ///
    /// # Errors
    /// More than 64 parameters; one that is read holds NUL, is not UTF-8 or longer than 8 KiB.
    pub fn form(body: &'a [u8]) -> Result<Self, Refusal> {
        let mut params = Self { pairs: Vec::with_capacity(8), state: None };
        let pieces = body.split(|b| *b == b'&').map(without_line_ends).filter(|piece| !piece.is_empty());
        for (count, piece) in pieces.enumerate() {
            if count >= MOST {
                return Err(Refusal::TooManyParameters);
            }
            let (name, value) = match piece.iter().position(|b| *b == b'=') {
                Some(at) => (piece.get(..at).unwrap_or_default(), piece.get(at + 1..).unwrap_or_default()),
                None => (piece, &[][..]),
            };
            // A name that is not text is nobody's.
            if let Ok(name) = text(unescaped(name)) {
                params.push(name, unescaped(value))?;
            }
        }
        Ok(params)
    }

    /// Reads a JSON object, with or without a byte order mark. Members that are read are strings; `null` counts as absent.
    /// Others are ignored, whatever they hold.
    ///
    /// # Errors
    /// Not JSON, not an object, more than 64 members; a member that is read is no string, holds NUL or is longer than 8 KiB.
    pub fn json(body: &'a [u8]) -> Result<Self, Refusal> {
        let mut deserializer = serde_json::Deserializer::from_slice(without_mark(body));
        let members = deserializer
            .deserialize_map(Flat)
            .and_then(|members| deserializer.end().map(|()| members))
            .map_err(|_| Refusal::MalformedBody("the body must be one JSON object whose values are strings"))?;
        let mut params = Self::default();
        for (name, value) in members {
            match value {
                Member::Text(value) => params.push(Cow::Borrowed(name), Cow::Owned(value.into_bytes()))?,
                Member::Null => {}
                Member::Other => return Err(Refusal::WrongParameter { name, why: "it must be a JSON string" }),
            }
        }
        Ok(params)
    }

    /// Parameters out of something else than a form or a JSON object, under the same rules.
    ///
    /// # Errors
    /// As [`Params::form`].
    pub fn of_pairs(pairs: Vec<(String, String)>) -> Result<Params<'static>, Refusal> {
        if pairs.len() > MOST {
            return Err(Refusal::TooManyParameters);
        }
        let mut params = Params::default();
        for (name, value) in pairs {
            params.push(Cow::Owned(name), Cow::Owned(value.into_bytes()))?;
        }
        Ok(params)
    }

    /// These, and those of `others` that are not among them; what would be a request inside of a request is left out.
    #[must_use]
    pub fn beside(mut self, others: &Params<'_>) -> Self {
        let more = |(name, _): &(&str, &str)| !matches!(*name, "request" | "request_uri") && self.get(name).is_none();
        let more: Vec<_> =
            others.iter().filter(more).map(|(n, v)| (Cow::Owned(n.to_owned()), Cow::Owned(v.to_owned()))).collect();
        if self.get(STATE).is_none() {
            self.state.clone_from(&others.state);
        }
        self.pairs.extend(more);
        self
    }

    fn push(&mut self, name: Cow<'a, str>, value: Cow<'a, [u8]>) -> Result<(), Refusal> {
        if value.is_empty() {
            return Ok(());
        }
        let longest = if name == PENDING { LONGEST_PENDING } else { LONGEST_VALUE };
        let value = match text(value) {
            Ok(value) if value.len() <= longest && !value.contains('\0') => value,
            Ok(value) => self.odd(&name, value.into_owned().into_bytes(), longest)?,
            Err(value) => self.odd(&name, value, longest)?,
        };
        self.pairs.push((name, value));
        Ok(())
    }

    /// What stands for a value that is too long or is not text.
    fn odd(&mut self, name: &str, value: Vec<u8>, longest: usize) -> Result<Cow<'a, str>, Refusal> {
        match READ.into_iter().find(|read| *read == name) {
            Some(name) if value.len() > longest => return Err(Refusal::WrongParameter { name, why: TOO_LONG }),
            Some(STATE) => {
                self.state.get_or_insert(value);
            }
            Some(_) => return Err(NOT_TEXT),
            None => {}
        }
        Ok(Cow::Borrowed(UNREADABLE))
    }

    /// `state`, to be given back as it came.
    pub fn state(&self) -> Option<Opaque> {
        let text = || self.get(STATE).map(|text| Opaque::Text(text.to_owned()));
        self.state.clone().map(Opaque::Bytes).or_else(text)
    }

    /// The value of a parameter; `None` if it is absent or empty. The first one, where it repeats.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_ref())
    }

    /// Every value of a parameter that may repeat.
    pub fn all<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s str> {
        self.pairs.iter().filter(move |(n, _)| n == name).map(|(_, value)| value.as_ref())
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
        let is_exchange = self.get("grant_type") == Some(GrantType::TokenExchange.name());
        let may_repeat = |name: &str| name == REPEATABLE || is_exchange && name == "audience";
        repeated(self.pairs.iter().map(|(name, _)| name.as_ref()).filter(|name| !may_repeat(name)))
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
            self.pairs.retain(|(name, _)| !names.contains(name.as_ref()));
        }
        self
    }

    /// The pairs themselves.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (name.as_ref(), value.as_ref()))
    }
}

fn without_line_ends(mut piece: &[u8]) -> &[u8] {
    while let [b'\r' | b'\n', rest @ ..] | [rest @ .., b'\r' | b'\n'] = piece {
        piece = rest;
    }
    piece
}

/// The body without the byte order mark that some programs begin a text with (RFC 8259 8.1 lets a reader ignore it).
fn without_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body)
}

/// Whether a body looks like a JSON object.
pub fn looks_like_json(body: &[u8]) -> bool {
    without_mark(body).trim_ascii_start().starts_with(b"{")
}

const NOT_TEXT: Refusal = Refusal::MalformedBody("a parameter is not UTF-8 text, or holds a NUL character");

/// The bytes as text, or themselves.
fn text(bytes: Cow<'_, [u8]>) -> Result<Cow<'_, str>, Vec<u8>> {
    match bytes {
        Cow::Borrowed(bytes) => std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| bytes.to_vec()),
        Cow::Owned(bytes) => String::from_utf8(bytes).map(Cow::Owned).map_err(FromUtf8Error::into_bytes),
    }
}

/// Undoes form encoding: `+` is a space, `%XX` a byte, and a `%` that starts no escape is itself.
///
/// # Errors
/// The bytes are not UTF-8.
pub fn form_decode(bytes: &[u8]) -> Result<Cow<'_, str>, Refusal> {
    text(unescaped(bytes)).map_err(|_| NOT_TEXT)
}

fn unescaped(bytes: &[u8]) -> Cow<'_, [u8]> {
    if !bytes.iter().any(|b| matches!(b, b'%' | b'+')) {
        return Cow::Borrowed(bytes);
    }
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
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
    Cow::Owned(out)
}

fn escape(after: &[u8]) -> Option<(u8, &[u8])> {
    let (&[high, low], rest) = after.split_first_chunk::<2>()?;
    let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    Some((digit(high)? << 4 | digit(low)?, rest))
}

/// Appends `name=value` to a query or fragment, form-encoded; `out` is empty or ends where a pair may follow.
pub fn form_encode(out: &mut String, name: &str, value: &(impl AsRef<[u8]> + ?Sized)) {
    if !out.is_empty() && !out.ends_with(['?', '&', '#']) {
        out.push('&');
    }
    encode(out, name.as_bytes());
    out.push('=');
    encode(out, value.as_ref());
}

fn encode(out: &mut String, bytes: &[u8]) {
    for byte in bytes.iter().copied() {
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

/// The members of a JSON object that are read.
struct Flat;

impl<'de> Visitor<'de> for Flat {
    type Value = Vec<(&'static str, Member)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of strings")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        let mut count = 0;
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            count += 1;
            if count > MOST {
                return Err(de::Error::custom("too many members"));
            }
            match READ.into_iter().find(|read| *read == name) {
                Some(name) => members.push((name, map.next_value()?)),
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(members)
    }
}

/// What a member holds.
enum Member {
    Text(String),
    Null,
    Other,
}

impl<'de> Deserialize<'de> for Member {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyMember)
    }
}

struct AnyMember;

impl<'de> Visitor<'de> for AnyMember {
    type Value = Member;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Member, E> {
        Ok(Member::Text(text.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Member, E> {
        Ok(Member::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Member, E> {
        Ok(Member::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Member, E> {
        Ok(Member::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Member, E> {
        Ok(Member::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Member, E> {
        Ok(Member::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Member, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Member::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Member, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Member::Other)
    }
}

#[cfg(test)]
mod tests;
