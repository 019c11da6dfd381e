//! `claviger team`: teams of partners.

use super::context::Context;
use super::output;
use super::trouble::Trouble;
use clap::Subcommand;
use claviger_server::admin::{partner_apps, teams};
use serde::Serialize;

/// What is looked at of teams.
#[derive(Debug, Subcommand)]
pub(crate) enum TeamCommand {
    /// List the teams of a partners' realm
    List,
    /// Show a team: its members and its apps
    #[command(after_help = "\
Example:
  claviger team list --realm partners
  claviger team show 0199c3e6-b1f7-7d3a-9d4e-0c5b8a7f2e11 --realm partners")]
    Show {
        /// The id, from `claviger team list`
        id: String,
    },
}

#[derive(Serialize)]
struct Listed {
    id: String,
    name: String,
    created_at: String,
}

/// Does it.
pub(crate) async fn run(command: TeamCommand, context: &Context) -> Result<(), Trouble> {
    let data = context.data().await?;
    let realm = data.realm().await?;
    match command {
        TeamCommand::List => {
            let found = teams::list(&data.store, &realm).await?;
            let listed: Vec<Listed> = found
                .into_iter()
                .map(|team| Listed { id: team.id, name: team.name, created_at: output::time(team.created_at) })
                .collect();
            context.format.list(["id", "name", "since"], &listed, |team| {
                [team.id.clone(), team.name.clone(), team.created_at.clone()]
            })
        }
        TeamCommand::Show { id } => {
            let (team, members) = teams::show(&data.store, &realm, &id).await?;
            let apps = partner_apps::list(&data.store, &realm, &id, "", 200).await?;
            let names: Vec<String> = members
                .iter()
                .map(|one| {
                    let name = one.person.as_ref().map_or(&one.user, |user| &user.username);
                    format!("{name} ({})", one.role.name())
                })
                .collect();
            let apps: Vec<String> = apps.into_iter().map(|app| format!("{} ({})", app.name, app.production)).collect();
            let item = serde_json::json!({
                "realm": realm.id, "id": team.id, "name": team.name,
                "created_at": output::time(team.created_at), "members": names, "apps": apps,
            });
            context.format.one(
                &item,
                &[("id", team.id), ("name", team.name), ("members", names.join(", ")), ("apps", apps.join(", "))],
            )
        }
    }
}
