//! What a line says of a change: the fields that differ, those of a person apart from the others, and no secret.

use crate::Fault;
use claviger_core::Client;
use serde::Serialize;
use serde_json::{Map, Value};

/// Fields of an app that name a person or lead to one.
const PERSONAL_OF_APPS: [&str; 2] = ["owner_email", "publisher"];
/// The same of a user.
const PERSONAL_OF_USERS: [&str; 3] = ["username", "name", "email"];

/// Before and after; what belongs to a person is apart.
#[derive(Debug, Clone, Default)]
pub(crate) struct Values {
    /// What people call the subject, where that is a person.
    pub(crate) name: Option<String>,
    pub(crate) before: Option<Value>,
    pub(crate) after: Option<Value>,
    personal_before: Map<String, Value>,
    personal_after: Map<String, Value>,
}

impl Values {
    /// Of a change of few fields.
    pub(crate) fn change(before: Value, after: Value) -> Self {
        Self::between(Some(before), Some(after))
    }

    /// Of something that came to be.
    pub(crate) fn added(after: Value) -> Self {
        Self::between(None, Some(after))
    }

    /// Of fields none of which is personal.
    pub(crate) fn between(before: Option<Value>, after: Option<Value>) -> Self {
        Self { before, after, ..Self::default() }
    }

    /// Of something that was made (`before` is absent), changed, or removed (`after` is absent).
    ///
    /// # Errors
    /// One of them is no JSON.
    pub(crate) fn of<T: Serialize>(before: Option<&T>, after: Option<&T>) -> Result<Self, Fault> {
        let json = |value: Option<&T>| value.map(serde_json::to_value).transpose();
        Ok(Self { before: json(before)?, after: json(after)?, ..Self::default() }.differing())
    }

    /// Of an app.
    ///
    /// # Errors
    /// As [`Values::of`].
    pub(crate) fn of_app(before: Option<&Client>, after: Option<&Client>) -> Result<Self, Fault> {
        Ok(Self::of(before, after)?.apart(&PERSONAL_OF_APPS))
    }

    /// Of a user who is gone, as JSON.
    pub(crate) fn of_gone_user(before: Value, name: &str) -> Self {
        Self::between(Some(before), None).apart(&PERSONAL_OF_USERS).named(name)
    }

    /// Of a user, as JSON with these fields and what else belongs to one.
    pub(crate) fn of_user(before: Option<Value>, after: Value, name: &str) -> Self {
        Self::between(before, Some(after)).differing().apart(&PERSONAL_OF_USERS).named(name)
    }

    /// With what people call the user.
    pub(crate) fn named(self, name: &str) -> Self {
        Self { name: Some(name.to_owned()), ..self }
    }

    /// Without the fields that are as they were.
    fn differing(mut self) -> Self {
        if let (Some(Value::Object(before)), Some(Value::Object(after))) = (&mut self.before, &mut self.after) {
            let same: Vec<String> = before
                .iter()
                .filter(|(name, value)| after.get(*name) == Some(*value))
                .map(|(name, _)| name.clone())
                .collect();
            for name in same {
                before.remove(&name);
                after.remove(&name);
            }
        }
        self
    }

    /// With these fields in the part that can be erased.
    fn apart(mut self, fields: &[&str]) -> Self {
        for (from, to) in [(&mut self.before, &mut self.personal_before), (&mut self.after, &mut self.personal_after)] {
            let Some(Value::Object(from)) = from else { continue };
            for field in fields {
                if let Some(value) = from.remove(*field).filter(|value| !value.is_null()) {
                    to.insert((*field).to_owned(), value);
                }
            }
        }
        self
    }

    /// The part that can be erased, as JSON; none where nothing is personal.
    ///
    /// # Errors
    /// It is no JSON.
    pub(super) fn personal(&self) -> Result<Option<String>, Fault> {
        let mut part = Map::new();
        if let Some(name) = &self.name {
            part.insert("name".to_owned(), name.as_str().into());
        }
        for (side, fields) in [("before", &self.personal_before), ("after", &self.personal_after)] {
            if !fields.is_empty() {
                part.insert(side.to_owned(), fields.clone().into());
            }
        }
        Ok(if part.is_empty() { None } else { Some(serde_json::to_string(&part)?) })
    }
}
