//! One call of the API, as its operation sees it.

use super::page::Page;
use super::problem::{INVALID, Problem};
use super::schema::FieldError;
use crate::admin::roles::Administrator;
use crate::admin::{Actor, Admin};
use crate::state::State;
use claviger_core::{Realm, User};
use claviger_store::Store;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;

/// A call whose caller is known and may do it.
pub(super) struct Call<'a> {
    pub(super) state: &'a State,
    /// The database, for acts: the first rests on the version that the caller named.
    pub(super) store: Store,
    /// The admin realm.
    pub(super) home: &'a Realm,
    pub(super) caller: &'a Administrator,
    pub(super) actor: Actor,
    pub(super) now: i64,
    /// The parameters of the path.
    pub(super) path: BTreeMap<&'static str, String>,
    pub(super) query: BTreeMap<String, String>,
    pub(super) body: Value,
    /// The realm of the path.
    pub(super) realm: Option<Realm>,
    /// The user of the path, where the operation is about one.
    pub(super) user: Option<User>,
}

impl Call<'_> {
    /// By whom it is done.
    pub(super) fn admin(&self) -> Admin<'_> {
        Admin { store: &self.store, actor: &self.actor, now: self.now }
    }

    /// The realm of the path.
    ///
    /// # Errors
    /// The path has none: a mistake in the table.
    pub(super) fn realm(&self) -> Result<&Realm, Problem> {
        self.realm.as_ref().ok_or_else(|| Problem::new(super::problem::FAILED, "the operation has no realm"))
    }

    /// The user of the path.
    ///
    /// # Errors
    /// As [`Call::realm`].
    pub(super) fn user(&self) -> Result<&User, Problem> {
        self.user.as_ref().ok_or_else(|| Problem::new(super::problem::FAILED, "the operation has no user"))
    }

    /// A parameter of the path.
    pub(super) fn named(&self, name: &str) -> &str {
        self.path.get(name).map(String::as_str).unwrap_or_default()
    }

    /// A parameter of the query.
    pub(super) fn asked(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// A time of the query, in milliseconds.
    ///
    /// # Errors
    /// It is none.
    pub(super) fn asked_time(&self, name: &str) -> Result<Option<i64>, Problem> {
        let parse = |text: &str| {
            super::times::parse(text)
                .ok_or_else(|| Problem::field(name, "this must be a time of RFC 3339, like 2026-11-28T09:30:00Z"))
        };
        self.asked(name).map(parse).transpose()
    }

    /// The page that is asked for.
    ///
    /// # Errors
    /// Its length is none, or its beginning is not what a page before it said.
    pub(super) fn page(&self) -> Result<Page, Problem> {
        Page::of(&self.query)
    }

    /// A text of the body.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.body.get(name).and_then(Value::as_str)
    }

    /// The texts of a list in the body.
    pub(super) fn texts(&self, name: &str) -> Option<Vec<String>> {
        let items = self.body.get(name)?.as_array()?;
        Some(items.iter().filter_map(Value::as_str).map(str::to_owned).collect())
    }

    /// All of the body as a thing of which each field may be left out.
    ///
    /// # Errors
    /// Each field that is none of its.
    pub(super) fn read_all<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        let found = serde_json::from_value(self.body.clone());
        found.map_err(|error| {
            let wrong = |(name, value): (&String, &Value)| {
                let alone = Value::Object([(name.clone(), value.clone())].into_iter().collect());
                let why = serde_json::from_value::<T>(alone).err()?;
                Some(FieldError { field: format!("/{name}"), detail: why.to_string() })
            };
            let errors: Vec<_> = self.body.as_object().into_iter().flatten().filter_map(wrong).collect();
            if errors.is_empty() { Problem::new(INVALID, error.to_string()) } else { Problem::fields(errors) }
        })
    }

    /// A field of the body as the words of the protocol.
    ///
    /// # Errors
    /// It is none of them.
    pub(super) fn read<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Problem> {
        let Some(value) = self.body.get(name).filter(|value| !value.is_null()) else { return Ok(None) };
        serde_json::from_value(value.clone()).map(Some).map_err(|error| {
            let errors = vec![FieldError { field: format!("/{name}"), detail: error.to_string() }];
            Problem { errors, ..Problem::new(INVALID, format!("`{name}`: {error}")) }
        })
    }
}
