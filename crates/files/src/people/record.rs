//! A user out of named values, whichever kind of file they come from.

use super::Settings;
use crate::did_you_mean;
use claviger_core::User;
use claviger_core::token::Plain;
use claviger_core::user::{Details, Organisation};
use claviger_hashes::{Format, Given, SaltEncoding};
use serde_json::{Map, Value};

/// The fields of a record. `claims.NAME` and `attributes.NAME` come beside them.
pub const FIELDS: [&str; 24] = [
    "username",
    "id",
    "name",
    "given_name",
    "family_name",
    "email",
    "email_verified",
    "locale",
    "zoneinfo",
    "phone_number",
    "claims",
    "organisations",
    "groups",
    "roles",
    "attributes",
    "service",
    "administrator",
    "disabled",
    "password_hash",
    "password_format",
    "password_salt",
    "password_salt_encoding",
    "password_iterations",
    "password",
];

/// Longest password.
const LONGEST_PASSWORD: usize = 1024;

/// A user who comes along.
#[derive(Debug)]
pub struct Entry {
    /// Who it is; the id is empty where it is to be made.
    pub user: User,
    /// Organisations that the file says more of than their ids.
    pub organisations: Vec<Organisation>,
    /// What is known of their password.
    pub password: Option<Password>,
}

/// What is known of a password.
#[derive(Debug)]
pub enum Password {
    /// A hash that another program made.
    Hash(Given),
    /// The password itself.
    Plain(Plain),
}

/// Whether there is a field of this name.
///
/// # Errors
/// A sentence that says there is none, and which may be meant.
pub(super) fn is_field(name: &str) -> Result<(), String> {
    let known = match name.split_once('.') {
        Some((group, rest)) => ["claims", "attributes"].contains(&group) && !rest.is_empty(),
        None => FIELDS.contains(&name),
    };
    if known {
        return Ok(());
    }
    let hint = did_you_mean(name, FIELDS).map(|hint| format!("; {hint}")).unwrap_or_default();
    Err(format!("`{name}` is no field of a user{hint}"))
}

/// The usual spelling of a name: `emailVerified` and `email-verified` are `email_verified`, `sub` is the id.
pub(super) fn plain_name(theirs: &str) -> String {
    let mut name = String::with_capacity(theirs.len() + 2);
    let mut before = '_';
    for c in theirs.chars() {
        if c.is_ascii_uppercase() && before.is_ascii_lowercase() {
            name.push('_');
        }
        name.push(if c == '-' || c == ' ' { '_' } else { c.to_ascii_lowercase() });
        before = c;
    }
    if name == "sub" { "id".to_owned() } else { name }
}

/// The user of a record.
pub(super) fn entry(fields: Map<String, Value>, settings: &Settings) -> Result<Entry, String> {
    let mut fields = Fields(fields);
    let username = fields.text("username")?.ok_or("`username` is missing")?;
    let (organisations, named) = organisations(fields.list("organisations")?)?;
    let details = details(&mut fields)?;
    let password = password(&mut fields, settings)?;
    let user = User {
        username,
        id: fields.text("id")?.unwrap_or_default(),
        name: fields.text("name")?,
        email: fields.text("email")?,
        email_verified: fields.flag("email_verified")?,
        given_name: fields.text("given_name")?,
        family_name: fields.text("family_name")?,
        service: fields.flag("service")?,
        administrator: fields.flag("administrator")?,
        disabled: fields.flag("disabled")?,
        organisations,
        details,
    };
    if user.id.len() > 256 || user.id.chars().any(char::is_control) {
        return Err("`id`: this is 1 to 256 bytes without controls".to_owned());
    }
    Ok(Entry { user, organisations: named, password })
}

/// Ids, and what is said beside them.
fn organisations(list: Vec<Value>) -> Result<(Vec<String>, Vec<Organisation>), String> {
    let (mut ids, mut named) = (Vec::new(), Vec::new());
    for item in list {
        let id = match item {
            Value::String(id) => id,
            Value::Object(_) => {
                let organisation: Organisation = serde_json::from_value(item)
                    .map_err(|error| format!("`organisations`: an organisation has an id and a name: {error}"))?;
                let id = organisation.id.clone();
                named.push(organisation);
                id
            }
            _ => return Err("`organisations`: each is an id, or an object with `id`, `name` and `kind`".to_owned()),
        };
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok((ids, named))
}

fn details(fields: &mut Fields) -> Result<Details, String> {
    let mut details = Details {
        claims: fields.object("claims")?,
        attributes: fields.object("attributes")?,
        groups: fields.texts("groups")?,
        ..Details::default()
    };
    for name in ["locale", "zoneinfo", "phone_number"] {
        if let Some(text) = fields.text(name)? {
            details.claims.insert(name.to_owned(), text.into());
        }
    }
    for role in fields.texts("roles")? {
        match role.split_once('=') {
            Some((organisation, role)) => {
                details.organisation_roles.entry(organisation.to_owned()).or_default().push(role.to_owned());
            }
            None => details.roles.push(role),
        }
    }
    Ok(details)
}

fn password(fields: &mut Fields, settings: &Settings) -> Result<Option<Password>, String> {
    if let Some(plain) = fields.text("password")? {
        if fields.0.contains_key("password_hash") {
            return Err("`password` and `password_hash` are both there".to_owned());
        }
        if plain.len() > LONGEST_PASSWORD {
            return Err(format!("`password`: it is longer than {LONGEST_PASSWORD} bytes"));
        }
        return Ok(Some(Password::Plain(Plain::from(&*plain))));
    }
    let hash = match fields.0.shift_remove("password_hash") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) if text.trim().is_empty() => return Ok(None),
        Some(Value::String(text)) => text,
        // Keycloak's credentials are JSON themselves.
        Some(other @ Value::Object(_)) => other.to_string(),
        Some(_) => return Err("`password_hash`: this is a text".to_owned()),
    };
    let format = match fields.text("password_format")?.as_deref() {
        None => settings.format,
        Some("auto") => None,
        Some(name) => Some(name.parse::<Format>().map_err(|why| format!("`password_format`: {why}"))?),
    };
    let salt = fields.text("password_salt")?;
    if salt.is_some() && format.is_none() {
        return Err(
            "`password_salt`: which hash has its salt beside it? `password_format` or --hash-format says so".to_owned()
        );
    }
    let salt_encoding = match fields.text("password_salt_encoding")?.as_deref() {
        None => settings.salt_encoding,
        Some("text") => Some(SaltEncoding::Text),
        Some("hex") => Some(SaltEncoding::Hex),
        Some("base64") => Some(SaltEncoding::Base64),
        Some(_) => return Err("`password_salt_encoding`: there is text, hex and base64".to_owned()),
    };
    let iterations = fields.number("password_iterations")?.or(settings.iterations);
    let firebase = settings.firebase.clone().filter(|_| format == Some(Format::Firebase));
    Ok(Some(Password::Hash(Given { hash, format, salt, salt_encoding, iterations, firebase })))
}

/// Values by their names. A text is taken for a flag, a number or a list where one is wanted: CSV has nothing but texts.
struct Fields(Map<String, Value>);

impl Fields {
    fn take(&mut self, name: &str) -> Option<Value> {
        self.0.shift_remove(name).filter(|value| !value.is_null())
    }

    fn text(&mut self, name: &str) -> Result<Option<String>, String> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text).filter(|text| !text.is_empty())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(_) => Err(format!("`{name}`: this is a text")),
        }
    }

    fn flag(&mut self, name: &str) -> Result<bool, String> {
        let wrong = || format!("`{name}`: this is true or false");
        match self.take(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(flag),
            Some(Value::Number(number)) if number.as_u64().is_some_and(|number| number < 2) => {
                Ok(number.as_u64() == Some(1))
            }
            Some(Value::String(text)) => match text.trim().to_ascii_lowercase().as_str() {
                "true" | "t" | "1" | "yes" | "y" => Ok(true),
                "false" | "f" | "0" | "no" | "n" | "" => Ok(false),
                _ => Err(wrong()),
            },
            Some(_) => Err(wrong()),
        }
    }

    fn number(&mut self, name: &str) -> Result<Option<u32>, String> {
        let number = match self.take(name) {
            None => return Ok(None),
            Some(Value::String(text)) if text.is_empty() => return Ok(None),
            Some(Value::String(text)) => text.trim().parse().ok(),
            Some(Value::Number(number)) => number.as_u64().and_then(|number| u32::try_from(number).ok()),
            Some(_) => None,
        };
        number.map(Some).ok_or_else(|| format!("`{name}`: this is a whole number below 2^32"))
    }

    /// In a text, with `;` between them.
    fn list(&mut self, name: &str) -> Result<Vec<Value>, String> {
        match self.take(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => Ok(items),
            Some(Value::String(text)) => {
                let items = text.split(';').map(str::trim).filter(|item| !item.is_empty());
                Ok(items.map(Value::from).collect())
            }
            Some(_) => Err(format!("`{name}`: this is a list")),
        }
    }

    fn texts(&mut self, name: &str) -> Result<Vec<String>, String> {
        let text = |item| match item {
            Value::String(text) => Ok(text),
            _ => Err(format!("`{name}`: this is a list of texts")),
        };
        self.list(name)?.into_iter().map(text).collect()
    }

    /// An object, and what stands beside it as `NAME.MEMBER`.
    fn object(&mut self, name: &str) -> Result<Map<String, Value>, String> {
        let mut members = match self.take(name) {
            None => Map::new(),
            Some(Value::Object(members)) => members,
            Some(Value::String(text)) => {
                serde_json::from_str(&text).map_err(|error| format!("`{name}`: this is a JSON object: {error}"))?
            }
            Some(_) => return Err(format!("`{name}`: this is an object")),
        };
        let prefix = format!("{name}.");
        let beside: Vec<String> = self.0.keys().filter(|key| key.starts_with(&prefix)).cloned().collect();
        for key in beside {
            if let Some(value) = self.take(&key) {
                members.insert(key.trim_start_matches(&prefix).to_owned(), value);
            }
        }
        Ok(members)
    }
}
