//! `claviger user export`: users as JSON lines.

use super::super::context::Data;
use super::super::output::put;
use super::super::trouble::{Exit, Trouble};
use clap::Args;
use claviger_core::{Realm, User};
use claviger_hashes::Given;
use claviger_server::admin::users;
use claviger_server::secrets::{Secrets, is_sealed_hash};
use serde_json::{Map, Value};

/// Read at a time.
const PAGE: i64 = 500;

/// Which users, and how much of them.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// Only this user: the name or the id
    username: Option<String>,
    /// With the hashes of their passwords, also those of other programs that are sealed in the database
    #[arg(long)]
    with_password_hashes: bool,
}

/// Prints them.
pub(super) async fn run(args: ExportArgs, data: &Data, realm: &Realm) -> Result<(), Trouble> {
    let secrets = if args.with_password_hashes { Some(data.secrets().await?) } else { None };
    if let Some(username) = args.username {
        let user = users::find(&data.store, realm, &username).await?;
        return put(&line(data, realm, &user, secrets.as_ref()).await?);
    }
    let mut after = String::new();
    loop {
        let page = data.store.list_users(&realm.id, &after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after.clone_from(&last.id);
        let mut text = String::new();
        for user in &page {
            text.push_str(&line(data, realm, user, secrets.as_ref()).await?);
        }
        put(&text)?;
    }
}

async fn line(data: &Data, realm: &Realm, user: &User, secrets: Option<&Secrets>) -> Result<String, Trouble> {
    let mut fields = fields(user)?;
    if let Some(secrets) = secrets
        && let Some(hash) = data.store.user(&realm.id, &user.id).await?.and_then(|stored| stored.password_hash)
    {
        let given = if is_sealed_hash(&hash) {
            let lost =
                || Trouble::new(Exit::Configuration, format!("the hash of `{}` cannot be opened", user.username));
            secrets.open_hash(&realm.id, &user.id, &hash).ok_or_else(lost)?
        } else {
            Given::of(hash.as_str())
        };
        add_hash(&mut fields, given);
    }
    Ok(format!("{}\n", Value::from(fields)))
}

/// As `claviger user import` reads them.
fn fields(user: &User) -> Result<Map<String, Value>, Trouble> {
    let failed = |error: serde_json::Error| Trouble::new(Exit::Failure, error.to_string());
    let Value::Object(mut fields) = serde_json::to_value(user).map_err(failed)? else {
        return Err(Trouble::new(Exit::Failure, "a user is no object"));
    };
    if let Some(Value::Object(details)) = fields.shift_remove("details") {
        let mut roles = Vec::new();
        for (name, value) in details {
            match (name.as_str(), value) {
                ("updated_at", _) => {}
                ("roles", Value::Array(of_all)) => roles.extend(of_all),
                ("organisation_roles", Value::Object(by_organisation)) => {
                    for (organisation, held) in by_organisation {
                        let held = held.as_array().into_iter().flatten().filter_map(Value::as_str);
                        roles.extend(held.map(|role| Value::from(format!("{organisation}={role}"))));
                    }
                }
                (_, value) => drop(fields.insert(name, value)),
            }
        }
        if !roles.is_empty() {
            fields.insert("roles".to_owned(), roles.into());
        }
    }
    fields.retain(|_, value| !value.is_null() && *value != Value::Bool(false) && *value != Value::Array(Vec::new()));
    Ok(fields)
}

fn add_hash(fields: &mut Map<String, Value>, given: Given) {
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            fields.insert(name.to_owned(), value);
        }
    };
    set("password_hash", Some(given.hash.into()));
    set("password_format", given.format.map(|format| format.name().into()));
    set("password_salt", given.salt.map(Value::from));
    set("password_salt_encoding", given.salt_encoding.and_then(|encoding| serde_json::to_value(encoding).ok()));
    set("password_iterations", given.iterations.map(Value::from));
}
