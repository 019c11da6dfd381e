//! `claviger user show`: one user, and the kinds of what they have beside their password.

use super::super::context::{Context, Data};
use super::super::trouble::Trouble;
use claviger_core::{Realm, User};
use claviger_server::admin::users;
use serde::Serialize;

/// What is printed: the user, and how many of each kind they have.
#[derive(Serialize)]
struct Shown<'a> {
    realm: &'a str,
    #[serde(flatten)]
    user: &'a User,
    factors: serde_json::Map<String, serde_json::Value>,
}

pub(super) async fn run(username: &str, context: &Context, data: &Data, realm: &Realm) -> Result<(), Trouble> {
    let user = users::find(&data.store, realm, username).await?;
    let factors = users::factors(&data.store, realm, &user.id).await?;
    let factors: Vec<_> = factors.iter().map(|(kind, count)| (kind.name().to_owned(), *count as u64)).collect();
    shown(context, &realm.id, &user, &factors)
}

/// Prints a user.
pub(crate) fn shown(context: &Context, realm: &str, user: &User, factors: &[(String, u64)]) -> Result<(), Trouble> {
    let counted = factors.iter().map(|(kind, count)| format!("{kind} ({count})")).collect::<Vec<_>>();
    let factors = factors.iter().map(|(kind, count)| (kind.clone(), (*count).into())).collect();
    let shown = Shown { realm, user, factors };
    context.format.one(
        &shown,
        &[
            ("username", user.username.clone()),
            ("id", user.id.clone()),
            ("name", user.name.clone().unwrap_or_default()),
            ("email", user.email.clone().unwrap_or_default()),
            ("kind", if user.service { "service" } else { "person" }.to_owned()),
            ("state", if user.disabled { "disabled" } else { "active" }.to_owned()),
            ("organisations", user.organisations.join(" ")),
            ("second factors", if counted.is_empty() { "none".to_owned() } else { counted.join(", ") }),
        ],
    )
}
