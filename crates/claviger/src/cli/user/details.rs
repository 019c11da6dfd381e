//! The options of `claviger user add` and `edit` for claims, groups, roles and attributes.

use super::super::trouble::{Exit, Trouble};
use clap::Args;
use claviger_core::user::Details;
use serde_json::{Map, Value};

/// Claims, groups, roles, attributes.
#[derive(Debug, Args)]
#[command(next_help_heading = "What is told of them")]
pub(crate) struct DetailArgs {
    /// A standard claim, as `nickname=Ada`, `name#de=Gräfin Ada` or `address.locality=London`; without a value: no more. May be
    /// repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    claim: Vec<(String, String)>,
    /// An attribute, as `cost-centre=42`: a number, true, false or a list in JSON, else a text; without a value: no more. May be
    /// repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    attribute: Vec<(String, String)>,
    /// The groups that they are in, in the place of the present ones; may be repeated
    #[arg(long, value_name = "NAME")]
    group: Vec<String>,
    /// One group more; may be repeated
    #[arg(long, value_name = "NAME")]
    add_group: Vec<String>,
    /// One group less; may be repeated
    #[arg(long, value_name = "NAME")]
    remove_group: Vec<String>,
    /// Their roles, in the place of the present ones; may be repeated. `ORGANISATION=ROLE`: in one organisation
    #[arg(long, value_name = "ROLE")]
    role: Vec<String>,
    /// One role more; may be repeated
    #[arg(long, value_name = "ROLE")]
    add_role: Vec<String>,
    /// One role less; may be repeated
    #[arg(long, value_name = "ROLE")]
    remove_role: Vec<String>,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("it has no `=`")?;
    Ok((name.to_owned(), value.to_owned()))
}

impl DetailArgs {
    /// What is known of the user, changed as it is asked for.
    pub(super) fn apply(self, mut details: Details) -> Result<Details, Trouble> {
        for (name, value) in self.claim {
            set_claim(&mut details.claims, &name, &value);
        }
        for (name, value) in self.attribute {
            set(&mut details.attributes, &name, attribute(&value));
        }
        if !self.group.is_empty() {
            details.groups = self.group;
        }
        for name in self.remove_group {
            remove(&mut details.groups, &name, "groups")?;
        }
        self.add_group.into_iter().for_each(|name| add(&mut details.groups, name));
        if !self.role.is_empty() {
            details.roles.clear();
            details.organisation_roles.clear();
        }
        for role in self.remove_role {
            match role.split_once('=') {
                Some((organisation, role)) => {
                    remove(details.organisation_roles.entry(organisation.to_owned()).or_default(), role, "roles")?;
                }
                None => remove(&mut details.roles, &role, "roles")?,
            }
        }
        for role in self.role.into_iter().chain(self.add_role) {
            match role.split_once('=') {
                Some((organisation, role)) => {
                    add(details.organisation_roles.entry(organisation.to_owned()).or_default(), role.to_owned());
                }
                None => add(&mut details.roles, role),
            }
        }
        details.organisation_roles.retain(|_, roles| !roles.is_empty());
        Ok(details)
    }
}

/// Sets a claim, or a member of the address in one language or none.
fn set_claim(claims: &mut Map<String, Value>, name: &str, value: &str) {
    let text = Some(Value::from(value)).filter(|_| !value.is_empty());
    let Some((address, member)) = name.split_once('.') else {
        let is_flag = name.ends_with("_verified");
        let value = text.map(|text| value.parse().ok().filter(|_| is_flag).map_or(text, Value::Bool));
        return set(claims, name, value);
    };
    let within = claims.entry(address).or_insert_with(|| Map::new().into());
    if let Some(members) = within.as_object_mut() {
        set(members, member, text);
    }
    if claims.get(address).and_then(Value::as_object).is_some_and(Map::is_empty) {
        claims.shift_remove(address);
    }
}

/// What a value of an attribute is; `None`: there is to be none.
fn attribute(value: &str) -> Option<Value> {
    let text = || Value::from(value);
    (!value.is_empty()).then(|| serde_json::from_str(value).unwrap_or_else(|_| text()))
}

fn set(members: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    match value {
        Some(value) => drop(members.insert(name.to_owned(), value)),
        None => drop(members.shift_remove(name)),
    }
}

fn add(names: &mut Vec<String>, new: String) {
    if !names.contains(&new) {
        names.push(new);
    }
}

fn remove(names: &mut Vec<String>, gone: &str, what: &str) -> Result<(), Trouble> {
    let at = names.iter().position(|name| name == gone);
    let absent = || Trouble::new(Exit::Usage, format!("`{gone}` is not among their {what}"));
    names.remove(at.ok_or_else(absent)?);
    Ok(())
}
