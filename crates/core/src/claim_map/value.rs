//! What a rule makes of a user.

use super::Telling;
use crate::claim_rule::{ClaimRule, Form, Source};
use crate::claims::{Wanted, user_claims};
use crate::user::User;
use serde_json::Value;

/// The value that a rule makes; `None` where there is nothing to tell.
pub(super) fn of(rule: &ClaimRule, telling: &Telling<'_>) -> Option<Value> {
    let value = match &rule.from {
        None => rule.value.clone()?,
        Some(source) => of_user(source, telling.user?, telling)?,
    };
    shaped(value, rule.form, rule.prefix.as_deref())
}

fn of_user(source: &Source, user: &User, telling: &Telling<'_>) -> Option<Value> {
    let details = &user.details;
    let list = |names: &[String]| Some(names.iter().map(String::as_str).collect::<Value>());
    let organisations = if telling.organisations.is_empty() { &user.organisations } else { telling.organisations };
    match source {
        Source::None => None,
        Source::Groups => list(&details.groups),
        Source::Roles => Some(roles(user, telling.organisations).into()),
        Source::Organisations => list(organisations),
        Source::OrganisationRoles => {
            let own = details.organisation_roles.iter().filter(|(id, _)| organisations.contains(id));
            Some(Value::Object(own.map(|(id, roles)| (id.clone(), roles.clone().into())).collect()))
        }
        Source::Username => Some(user.username.as_str().into()),
        Source::Attribute(name) => details.attributes.get(name).cloned(),
        Source::Claim(name) => {
            let names = [name.clone()];
            user_claims(user, &Wanted { names: &names, ..Wanted::default() }).shift_remove(name)
        }
    }
}

/// What a user may do everywhere, and in these organisations; each once.
fn roles(user: &User, organisations: &[String]) -> Vec<String> {
    let own = |id: &String| user.details.organisation_roles.get(id).into_iter().flatten();
    let mut found: Vec<String> = Vec::new();
    for role in user.details.roles.iter().chain(organisations.iter().flat_map(own)) {
        if !found.contains(role) {
            found.push(role.clone());
        }
    }
    found
}

/// The value in the form that a rule wants.
fn shaped(value: Value, form: Form, prefix: Option<&str>) -> Option<Value> {
    let strip = |value: Value| match (&value, prefix) {
        (_, None) => Some(value),
        (Value::String(text), Some(prefix)) => text.strip_prefix(prefix).map(Value::from),
        (_, Some(_)) => None,
    };
    let items: Vec<Value> = match value {
        Value::Array(items) => items.into_iter().filter_map(strip).collect(),
        single => return strip(single),
    };
    match form {
        Form::List => Some(items.into()),
        Form::First => items.into_iter().next(),
        Form::Text => {
            let words = items.iter().map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned));
            Some(words.collect::<Vec<_>>().join(" ").into())
        }
    }
}
