//! `claviger organisation` and `claviger member` at a server.

use super::not_here;
use super::user::known;
use crate::cli::ask;
use crate::cli::context::Context;
use crate::cli::member::{self, MemberCommand};
use crate::cli::organisation::{self, OrganisationCommand, apps};
use crate::cli::place::{InRealm, Server, member as value_of, put};
use crate::cli::trouble::{Exit, Trouble};
use claviger_core::User;
use claviger_core::user::Organisation;
use claviger_server::admin::apply::changes::Change;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Does it.
pub(crate) async fn run(command: OrganisationCommand, context: &Context, server: &Server) -> Result<(), Trouble> {
    let realm = server.realm().await?;
    match command {
        OrganisationCommand::List => {
            organisation::listed(context, &realm.all(&["organisations"], &[], usize::MAX).await?)
        }
        OrganisationCommand::Add { id, name, kind } => {
            let name = name.unwrap_or_else(|| id.clone());
            let wanted = json!({ "id": id, "name": name, "kind": kind });
            realm.post::<Value>(&["organisations"], wanted).await?;
            organisation::done(context, &realm.id, &id, "added")
        }
        OrganisationCommand::Edit { id, name, kind } => {
            let before: Organisation = realm.get(&["organisations", &id], &[]).await?;
            let mut wanted = json!({});
            for (field, value) in [("name", name), ("kind", kind)] {
                if let Some(value) = value {
                    put(&mut wanted, field, value);
                }
            }
            let after = realm.patch(&["organisations", &id], &wanted).await?;
            let change = Change::of_organisation(&realm.id, Some(&before), &after).map_err(unspelled)?;
            organisation::edited(context, &realm.id, &id, &change)
        }
        OrganisationCommand::Apps { id } => of_apps(context, &realm, &id).await,
        OrganisationCommand::Block { id, app } => allow(context, &realm, (&id, &app), false).await,
        OrganisationCommand::Allow { id, app } => allow(context, &realm, (&id, &app), true).await,
        OrganisationCommand::OnlyListed { id, off } => {
            realm.patch::<Value>(&["organisations", &id, "apps"], &json!({ "only_listed": !off })).await?;
            apps::is_only_listed(context, &realm.id, &id, !off)
        }
        OrganisationCommand::EndAccess { id, app, yes } => {
            let app = app.as_deref();
            ask::confirm(yes, &apps::end_question(&id, app))?;
            let body = app.map_or_else(|| json!({}), |app| json!({ "app": app }));
            let ended: Value = realm.post(&["organisations", &id, "end-access"], body).await?;
            apps::is_ended(context, &realm.id, (&id, app), value_of(&ended, "grants").as_u64().unwrap_or_default())
        }
        OrganisationCommand::Remove { id, yes } => {
            realm.get::<Organisation>(&["organisations", &id], &[]).await?;
            ask::confirm(yes, &organisation::removal_question(&id))?;
            realm.delete(&["organisations", &id], &[]).await?;
            organisation::done(context, &realm.id, &id, "removed")
        }
    }
}

/// What an organisation says of apps, and which act for it.
#[derive(Deserialize)]
struct Apps {
    only_listed: bool,
    rules: Vec<Rule>,
    acting: Vec<apps::Listed>,
}

#[derive(Deserialize)]
struct Rule {
    app: String,
    allowed: bool,
}

async fn of_apps(context: &Context, realm: &InRealm<'_>, id: &str) -> Result<(), Trouble> {
    let found: Apps = realm.get(&["organisations", id, "apps"], &[]).await?;
    let mut rules: BTreeMap<_, _> = found.rules.into_iter().map(|rule| (rule.app, rule.allowed)).collect();
    if found.only_listed {
        // What holds for all others, as the database has it.
        rules.insert(String::new(), false);
    }
    apps::listed(context, found.acting, &rules)
}

async fn allow(context: &Context, realm: &InRealm<'_>, (id, app): (&str, &str), allowed: bool) -> Result<(), Trouble> {
    realm.put::<Value>(&["organisations", id, "apps", app], &json!({ "allowed": allowed })).await?;
    apps::is_set(context, &realm.id, (id, app), allowed)
}

/// Does it with members.
pub(crate) async fn members(command: MemberCommand, context: &Context, server: &Server) -> Result<(), Trouble> {
    let realm = server.realm().await?;
    let find = async |name: &str| realm.get(&["users", name], &[]).await.and_then(known);
    let (who, before) = match command {
        MemberCommand::List { organisation } => {
            realm.get::<Organisation>(&["organisations", &organisation], &[]).await?;
            let found = realm.all(&["users"], &[("organisation", organisation.as_str())], usize::MAX).await?;
            let found: Vec<User> = found.into_iter().map(known).collect::<Result<_, _>>()?;
            return member::listed(context, &organisation, &found);
        }
        MemberCommand::Add { who, .. } | MemberCommand::Remove { who, .. } if who.despite_file => {
            return Err(not_here("--despite-file"));
        }
        MemberCommand::Add { who, role } => {
            let user = find(&who.username).await?;
            let place = ["organisations", &*who.organisation, "members", &*user.id];
            realm.put::<Value>(&place, &json!({ "roles": role })).await?;
            (who, user)
        }
        MemberCommand::Remove { who, yes } => {
            let user = find(&who.username).await?;
            ask::confirm(yes, &who.question(&user))?;
            realm.delete(&["organisations", &who.organisation, "members", &user.id], &[]).await?;
            (who, user)
        }
    };
    let after = find(&before.id).await?;
    let change = Change::of_user(&realm.id, Some(&before), &after, None).map_err(unspelled)?;
    member::done(context, &realm.id, &who.organisation, (after, change))
}

/// What is different cannot be spelled; that does not happen.
#[expect(clippy::needless_pass_by_value, reason = "errors are mapped by it")]
pub(super) fn unspelled(error: serde_json::Error) -> Trouble {
    Trouble::new(Exit::Failure, format!("what is different cannot be spelled: {error}"))
}
