//! `claviger team`: teams of partners.

use super::context::{Context, Data};
use super::output;
use super::trouble::Trouble;
use clap::Subcommand;
use claviger_server::admin::{partner_apps, teams, users};
use claviger_store::Team;
use serde::{Deserialize, Serialize};

/// What is done with teams.
#[derive(Debug, Subcommand)]
pub(crate) enum TeamCommand {
    /// List the teams of a partners' realm
    List,
    /// Make a team of partners
    #[command(after_help = "\
Example:
  claviger team add \"Fleet Ltd\" --owner petra@fleet.example --realm partners

Its owner is a user of the partners' realm, and lets others join.")]
    Add {
        /// What people call it
        name: String,
        /// Its first owner, by user name or id
        #[arg(long, value_name = "NAME")]
        owner: String,
    },
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

/// A team as it is listed, and as the admin API tells it.
#[derive(Serialize, Deserialize)]
pub(super) struct Listed {
    id: String,
    name: String,
    created_at: String,
}

impl From<Team> for Listed {
    fn from(team: Team) -> Self {
        Self { id: team.id, name: team.name, created_at: output::time(team.created_at) }
    }
}

/// Does it, in the database.
pub(crate) async fn run(command: TeamCommand, context: &Context, data: &Data) -> Result<(), Trouble> {
    let realm = data.realm().await?;
    match command {
        TeamCommand::List => {
            let found = teams::list(&data.store, &realm).await?;
            listed(context, &found.into_iter().map(Into::into).collect::<Vec<_>>())
        }
        TeamCommand::Add { name, owner } => {
            let owner = users::find(&data.store, &realm, &owner).await?;
            added(context, &teams::create(&data.admin(), &realm, &name, &owner.id).await?.into())
        }
        TeamCommand::Show { id } => {
            let (team, members) = teams::show(&data.store, &realm, &id).await?;
            let apps = partner_apps::list(&data.store, &realm, &id, "", 200).await?;
            let members = members
                .iter()
                .map(|one| (one.person.as_ref().map_or(&*one.user, |user| &*user.username), one.role.name()));
            let apps: Vec<_> = apps.iter().map(|app| (app.name.as_str(), app.production.as_str())).collect();
            shown(context, &realm.id, &team.clone().into(), &members.collect::<Vec<_>>(), &apps)
        }
    }
}

/// Prints teams.
pub(super) fn listed(context: &Context, listed: &[Listed]) -> Result<(), Trouble> {
    context
        .format
        .list(["id", "name", "since"], listed, |team| [team.id.clone(), team.name.clone(), team.created_at.clone()])
}

/// Prints a new team.
pub(super) fn added(context: &Context, team: &Listed) -> Result<(), Trouble> {
    context.format.one(team, &[("id", team.id.clone()), ("name", team.name.clone())])
}

/// Prints a team: its members with what they may do there, its apps with their ids.
pub(super) fn shown(
    context: &Context,
    realm: &str,
    team: &Listed,
    members: &[(&str, &str)],
    apps: &[(&str, &str)],
) -> Result<(), Trouble> {
    let with = |all: &[(&str, &str)]| all.iter().map(|(name, with)| format!("{name} ({with})")).collect::<Vec<_>>();
    let (names, apps) = (with(members), with(apps));
    let item = serde_json::json!({
        "realm": realm, "id": team.id, "name": team.name, "created_at": team.created_at, "members": names, "apps": apps,
    });
    let pairs = [
        ("id", team.id.clone()),
        ("name", team.name.clone()),
        ("members", names.join(", ")),
        ("apps", apps.join(", ")),
    ];
    context.format.one(&item, &pairs)
}
