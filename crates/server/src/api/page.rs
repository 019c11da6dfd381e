//! Pages of a list: as many as are asked for, and a cursor to those behind them.

use super::problem::Problem;
use super::reply::{Body, Reply};
use super::schema::{Param, Shape, param};
use claviger_core::jose::{base64url, from_base64url};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How many where nothing is said.
const USUAL: usize = 50;
/// At most.
const MOST: usize = 200;

/// The parameters of every list.
pub(super) const LIMIT: Param = param("limit", Shape::Int, "How many at most: 1 to 200, 50 where nothing is said");
pub(super) const AFTER: Param = param("after", Shape::Text, "Behind which to go on: the `next` of the page before");

/// A cursor to behind a place of one part.
pub(super) fn cursor(place: &str) -> String {
    base64url(json!([place]).to_string().as_bytes())
}

/// The page that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) limit: usize,
    /// The parts of the place behind which it begins; empty for the first page.
    pub(super) after: Vec<String>,
}

impl Page {
    /// As a query says it.
    ///
    /// # Errors
    /// Its length is none, or its beginning is none that a page before it said.
    pub(super) fn of(query: &BTreeMap<String, String>) -> Result<Self, Problem> {
        let limit = match query.get("limit") {
            None => USUAL,
            Some(text) => text
                .parse()
                .ok()
                .filter(|limit| (1..=MOST).contains(limit))
                .ok_or_else(|| Problem::field("limit", format!("this is a whole number from 1 to {MOST}")))?,
        };
        let wrong = || Problem::field("after", "this is no `next` of a page of this list: begin anew without it");
        let after = match query.get("after") {
            None => Vec::new(),
            Some(text) => {
                let bytes = from_base64url(text).ok_or_else(wrong)?;
                let parts: Vec<String> = serde_json::from_slice(&bytes).map_err(|_| wrong())?;
                if parts.is_empty() || parts.iter().any(|part| part.contains('\0')) {
                    return Err(wrong());
                }
                parts
            }
        };
        Ok(Self { limit, after })
    }

    /// The place as so many parts; empty texts for the first page.
    ///
    /// # Errors
    /// It is one of another list.
    pub(super) fn parts<const N: usize>(&self) -> Result<[String; N], Problem> {
        if self.after.is_empty() {
            return Ok(std::array::from_fn(|_| String::new()));
        }
        let wrong = |_| Problem::field("after", "this is no `next` of a page of this list: begin anew without it");
        self.after.clone().try_into().map_err(wrong)
    }

    /// How many are read: one more than asked for says whether there are more.
    pub(super) fn read(&self) -> i64 {
        i64::try_from(self.limit.saturating_add(1)).unwrap_or(i64::MAX)
    }

    /// As [`Page::reply`], where some of what was read is not told: the page is shorter then, and the cursor goes on behind it.
    pub(super) fn reply_some<T>(
        &self,
        found: Vec<T>,
        place: impl Fn(&T) -> Vec<String>,
        shown: impl Fn(T) -> Option<Value>,
    ) -> Reply {
        let mut reply = self.reply(found, place, |one| shown(one).unwrap_or_default());
        if let Body::Json(body) = &mut reply.body
            && let Some(items) = body.get_mut("items").and_then(Value::as_array_mut)
        {
            items.retain(|item| !item.is_null());
        }
        reply
    }

    /// The answer of what was read; `place` is where an item stands.
    pub(super) fn reply<T>(
        &self,
        mut found: Vec<T>,
        place: impl Fn(&T) -> Vec<String>,
        shown: impl Fn(T) -> Value,
    ) -> Reply {
        let more = found.len() > self.limit;
        found.truncate(self.limit);
        let next = found.last().filter(|_| more).map(place);
        let next = next.map(|place| base64url(json!(place).to_string().as_bytes()));
        Reply::ok(json!({ "items": found.into_iter().map(shown).collect::<Vec<_>>(), "next": next }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_leads_on_and_garbage_is_refused() {
        let first = Page::of(&BTreeMap::from([("limit".to_owned(), "2".to_owned())])).unwrap();
        let reply = first.reply(vec![1, 2, 3], |n| vec![n.to_string()], |n| json!(n));
        let Body::Json(body) = reply.body else { panic!("a page") };
        assert_eq!(body["items"], json!([1, 2]));
        let next = body["next"].as_str().unwrap().to_owned();
        let second = Page::of(&BTreeMap::from([("after".to_owned(), next)])).unwrap();
        assert_eq!((second.parts::<1>().unwrap(), second.limit), (["2".to_owned()], 50));
        assert!(second.parts::<2>().is_err(), "a cursor of another list");
        for wrong in ["x", "AAAA", "!!", "W10", ""] {
            let query = BTreeMap::from([("after".to_owned(), wrong.to_owned())]);
            assert!(Page::of(&query).is_err(), "{wrong}");
        }
        for wrong in ["0", "201", "-1", "x", ""] {
            assert!(Page::of(&BTreeMap::from([("limit".to_owned(), wrong.to_owned())])).is_err(), "{wrong}");
        }
    }
}
