//! What is different, field by field, in the realm file's own keys; and what of it ends something that works today.

use claviger_core::user::Organisation;
use claviger_core::{Client, Realm, User};
use claviger_files::realm::written;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::fmt;

/// What a change is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A realm.
    Realm,
    /// One of its companies or sites.
    Organisation,
    /// A user.
    User,
    /// A client.
    Client,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Realm => "realm",
            Self::Organisation => "organisation",
            Self::User => "user",
            Self::Client => "client",
        }
    }
}

/// Something that is new or different.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// What it is.
    pub kind: Kind,
    /// The realm.
    pub realm: String,
    /// Its id, of a user the name; of a realm the realm's.
    pub id: String,
    /// It is not there yet.
    pub created: bool,
    /// Each field that is different.
    pub fields: Vec<Field>,
}

/// A field that is different.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Its key, with those of the tables around it: `tokens.access-token-ttl`, `scope[read].sentence`.
    pub field: String,
    /// As it is; null where it is not there.
    pub before: Value,
    /// As it will be; null where it will not be there.
    pub after: Value,
    /// Something that works today does not work after it.
    pub destructive: bool,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Realm => write!(f, "realm {}", self.realm),
            kind => write!(f, "{} {}/{}", kind.name(), self.realm, self.id),
        }
    }
}

impl Change {
    /// Whether any of it is destructive.
    pub fn is_destructive(&self) -> bool {
        self.fields.iter().any(|field| field.destructive)
    }

    /// Of a realm.
    ///
    /// # Errors
    /// One of the two cannot be spelled; that does not happen.
    pub fn of_realm(before: Option<&Realm>, after: &Realm) -> Result<Self, serde_json::Error> {
        let sections = |realm: &Realm| {
            let mut sections = written::of_realm(realm)?;
            let head = sections.shift_remove("realm");
            let mut fields = head.and_then(|head| head.as_object().cloned()).unwrap_or_default();
            fields.append(&mut sections);
            Ok::<_, serde_json::Error>(Value::Object(fields))
        };
        let old = before.map(sections).transpose()?;
        let mut fields = Vec::new();
        compare("", old.as_ref(), &sections(after)?, &mut fields);
        if let Some(before) = before {
            let (old, new) = (written::of_dialect(before)?, written::of_dialect(after)?);
            compare("dialect", Some(&old), &new, &mut fields);
        }
        Ok(Self { kind: Kind::Realm, realm: after.id.clone(), id: after.id.clone(), created: before.is_none(), fields })
    }

    /// Of an organisation.
    ///
    /// # Errors
    /// As [`Change::of_realm`].
    pub fn of_organisation(
        realm: &str,
        before: Option<&Organisation>,
        after: &Organisation,
    ) -> Result<Self, serde_json::Error> {
        let old = before.map(written::of_organisation).transpose()?;
        Ok(Self::between(Kind::Organisation, realm, &after.id, old.as_ref(), &written::of_organisation(after)?))
    }

    /// Of a user; `password`: `set` or `replaced`.
    ///
    /// # Errors
    /// As [`Change::of_realm`].
    pub fn of_user(
        realm: &str,
        before: Option<&User>,
        after: &User,
        password: Option<&'static str>,
    ) -> Result<Self, serde_json::Error> {
        let old = before.map(written::of_user).transpose()?;
        let mut new = written::of_user(after)?;
        if let (None, Some(fields)) = (before, new.as_object_mut()) {
            // Made for this change, another one each time.
            fields.shift_remove("id");
        }
        Ok(Self::between(Kind::User, realm, &after.username, old.as_ref(), &new).with("password", password))
    }

    /// As a changed user is called where nothing else is told of them.
    pub fn name_of_user(realm: &str, username: &str) -> String {
        format!("{} {realm}/{username}", Kind::User.name())
    }

    /// Of a client; `acts_as` is a username in both. `secret`: `added` or `replaced`.
    ///
    /// # Errors
    /// As [`Change::of_realm`].
    pub fn of_client(
        realm: &str,
        before: Option<&Client>,
        after: &Client,
        secret: Option<&'static str>,
    ) -> Result<Self, serde_json::Error> {
        let old = before.map(written::of_client).transpose()?;
        Ok(Self::between(Kind::Client, realm, &after.id, old.as_ref(), &written::of_client(after)?)
            .with("secret", secret))
    }

    /// With a user's password: `set` or `replaced`, where it is another one.
    #[must_use]
    pub fn with_password(self, how: Option<&'static str>) -> Self {
        self.with("password", how)
    }

    fn between(kind: Kind, realm: &str, id: &str, before: Option<&Value>, after: &Value) -> Self {
        let mut fields = Vec::new();
        compare("", before, after, &mut fields);
        Self { kind, realm: realm.to_owned(), id: id.to_owned(), created: before.is_none(), fields }
    }

    /// With what is never shown: that it is another one.
    fn with(mut self, field: &str, how: Option<&'static str>) -> Self {
        if let Some(how) = how {
            let replaced = how == "replaced";
            let before = if replaced { "set".into() } else { Value::Null };
            self.fields.push(Field { field: field.to_owned(), before, after: how.into(), destructive: replaced });
        }
        self
    }
}

/// Notes where two values differ. What is not there is null.
fn compare(path: &str, before: Option<&Value>, after: &Value, found: &mut Vec<Field>) {
    let old = before.unwrap_or(&Value::Null);
    if old == after {
        return;
    }
    match (old, after) {
        (Value::Object(old), Value::Object(new)) => compare_tables(path, old, new, found),
        (Value::Null, Value::Object(new)) if path.is_empty() => compare_tables(path, &Map::new(), new, found),
        (Value::Array(old), Value::Array(new)) if old.iter().chain(new).all(|item| name_of(item).is_some()) => {
            compare_lists(path, old, new, found);
        }
        _ => {
            let destructive = before.is_some() && is_destructive(path, old, after);
            found.push(Field { field: path.to_owned(), before: old.clone(), after: after.clone(), destructive });
        }
    }
}

fn compare_tables(path: &str, old: &Map<String, Value>, new: &Map<String, Value>, found: &mut Vec<Field>) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    let is_new = old.is_empty() && path.is_empty();
    for (name, after) in new {
        let before = if is_new { None } else { Some(old.get(name).unwrap_or(&Value::Null)) };
        compare(&below(name), before, after, found);
    }
    for (name, before) in old.iter().filter(|(name, _)| !new.contains_key(*name)) {
        compare(&below(name), Some(before), &Value::Null, found);
    }
}

/// Of lists whose entries have names: entry by entry, whatever their order. That another one is first is told, because the first
/// of some lists is the default.
fn compare_lists(path: &str, old: &[Value], new: &[Value], found: &mut Vec<Field>) {
    let entry = |items: &[Value], name: &str| items.iter().find(|item| name_of(item) == Some(name)).cloned();
    let place = |name: &str| format!("{path}[{name}]");
    for after in new {
        let name = name_of(after).unwrap_or_default();
        compare(&place(name), Some(&entry(old, name).unwrap_or_default()), after, found);
    }
    let names = |items: &[Value]| items.iter().filter_map(name_of).map(str::to_owned).collect::<Vec<_>>();
    let (before, after) = (names(old), names(new));
    for gone in before.iter().filter(|name| !after.contains(name)) {
        compare(&place(gone), entry(old, gone).as_ref(), &Value::Null, found);
    }
    let kept = |names: &[String], others: &[String]| -> Vec<String> {
        names.iter().filter(|name| others.contains(name)).cloned().collect()
    };
    if kept(&before, &after) != kept(&after, &before) {
        found.push(Field {
            field: format!("{path} (order)"),
            before: before.into(),
            after: after.into(),
            destructive: false,
        });
    }
}

/// What tells the entries of a list apart.
fn name_of(item: &Value) -> Option<&str> {
    ["audience", "name", "id"].into_iter().find_map(|key| item.get(key)?.as_str())
}

/// Whether something that works today does not work any more when a field that is there changes.
fn is_destructive(path: &str, before: &Value, after: &Value) -> bool {
    if after.is_null() && (before.is_array() || before.is_object()) {
        return true;
    }
    let key = path.rsplit('.').next().unwrap_or(path);
    if path == "dialect" || path.starts_with("dialect.") || path.ends_with(']') {
        return !before.is_null();
    }
    match key {
        "issuer" | "origin" | "kind" | "acts-as" | "secret-is-password" | "resource-server" | "username"
        | "access-token" | "signing" | "id-token-signing" | "count" | "per" | "api" | "seat" | "hosts" => {
            !before.is_null()
        }
        "disabled" => *after == Value::Bool(true),
        "email-verified" | "service" | "implicit" => *before == Value::Bool(true),
        "size" => before.as_u64() > after.as_u64(),
        "scope"
        | "audiences"
        | "grants"
        | "redirect-uris"
        | "post-logout-redirect-uris"
        | "legacy"
        | "organisations"
        | "authorities" => !parts(before).is_subset(&parts(after)),
        _ => false,
    }
}

/// The members of a set, spelled as a list or with spaces between.
fn parts(value: &Value) -> BTreeSet<&str> {
    match value {
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        Value::String(text) => text.split(' ').collect(),
        _ => BTreeSet::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Field, compare};
    use serde_json::{Value, json};

    fn fields(before: &Value, after: &Value) -> Vec<(String, bool)> {
        let mut found = Vec::new();
        compare("", Some(before), after, &mut found);
        found.into_iter().map(|Field { field, destructive, .. }| (field, destructive)).collect()
    }

    #[test]
    fn each_field_is_told_and_what_ends_something_is_marked() {
        let before = json!({
            "name": "A", "issuer": "https://a", "tokens": {"access-token-ttl": "10m"},
            "scope": [{"name": "read", "sentence": "Read."}, {"name": "write", "sentence": "Write."}],
            "seat-pool": [{"name": "full", "size": 5}], "redirect-uris": ["https://a/1", "https://a/2"],
        });
        let after = json!({
            "name": "B", "issuer": "https://b", "tokens": {"access-token-ttl": "5m"}, "publisher": "P",
            "scope": [{"name": "read", "sentence": "Read it."}, {"name": "new", "sentence": "N."}],
            "seat-pool": [{"name": "full", "size": 4}], "redirect-uris": ["https://a/1", "https://a/3"],
        });
        let told = |name: &str, destructive| (name.to_owned(), destructive);
        let expected = [
            told("name", false),
            told("issuer", true),
            told("tokens.access-token-ttl", false),
            told("publisher", false),
            told("scope[read].sentence", false),
            told("scope[new]", false),
            told("scope[write]", true),
            told("seat-pool[full].size", true),
            told("redirect-uris", true),
        ];
        assert_eq!(fields(&before, &after), expected);
        assert!(fields(&before, &before).is_empty());
        let grown = json!({"redirect-uris": ["https://a/1", "https://a/2", "https://a/3"]});
        assert_eq!(
            fields(&json!({"redirect-uris": ["https://a/1", "https://a/2"]}), &grown),
            [told("redirect-uris", false)]
        );
        assert_eq!(fields(&json!({"scope": "a b"}), &json!({"scope": "b"})), [told("scope", true)]);
        assert_eq!(fields(&json!({"disabled": true}), &json!({})), [told("disabled", false)]);
        let (one, other) = (json!([{"name": "a"}, {"name": "b"}]), json!([{"name": "b"}, {"name": "a"}]));
        assert_eq!(fields(&json!({"api": one}), &json!({"api": other})), [told("api (order)", false)]);
    }

    #[test]
    fn nothing_of_what_is_new_is_destructive() {
        let mut found = Vec::new();
        compare("", None, &json!({"issuer": "https://a", "scope": [{"name": "a"}]}), &mut found);
        assert!(found.len() == 2 && found.iter().all(|field| !field.destructive && field.before.is_null()));
    }
}
