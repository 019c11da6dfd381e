//! `claviger team` and `claviger announcement` at a server.

use crate::cli::announcement::{self, AnnouncementCommand};
use crate::cli::context::Context;
use crate::cli::output;
use crate::cli::place::{Server, or_empty, put_some};
use crate::cli::team::{self, TeamCommand};
use crate::cli::trouble::Trouble;
use claviger_server::clock::Clock;
use serde::Deserialize;
use serde_json::{Value, json};

/// A team with its members and its apps.
#[derive(Deserialize)]
struct Details {
    team: team::Listed,
    members: Vec<Member>,
    apps: Vec<App>,
}

#[derive(Deserialize)]
struct Member {
    user: String,
    #[serde(deserialize_with = "or_empty")]
    username: String,
    role: String,
}

#[derive(Deserialize)]
struct App {
    name: String,
    production: String,
}

/// Does it with teams.
pub(crate) async fn teams(command: TeamCommand, context: &Context, server: &Server) -> Result<(), Trouble> {
    let realm = server.realm().await?;
    match command {
        TeamCommand::List => team::listed(context, &realm.all(&["teams"], &[], usize::MAX).await?),
        TeamCommand::Add { name, owner } => {
            team::added(context, &realm.post(&["teams"], json!({ "name": name, "owner": owner })).await?)
        }
        TeamCommand::Show { id } => {
            let Details { team, members, apps } = realm.get(&["teams", &id], &[]).await?;
            let name = |one: &Member| if one.username.is_empty() { one.user.clone() } else { one.username.clone() };
            let named: Vec<_> = members.iter().map(|one| (name(one), one.role.as_str())).collect();
            let members: Vec<_> = named.iter().map(|(name, role)| (name.as_str(), *role)).collect();
            let apps: Vec<_> = apps.iter().map(|app| (app.name.as_str(), app.production.as_str())).collect();
            team::shown(context, &realm.id, &team, &members, &apps)
        }
    }
}

/// Does it with announcements.
pub(crate) async fn announcements(
    command: AnnouncementCommand,
    context: &Context,
    server: &Server,
) -> Result<(), Trouble> {
    let realm = server.realm().await?;
    match command {
        AnnouncementCommand::List => {
            let found: Vec<Value> = realm.items(&["announcements"], &[]).await?;
            announcement::listed(context, &found.iter().map(announcement::Listed::known).collect::<Vec<_>>())
        }
        AnnouncementCommand::Add { text, scope, legacy, lasts } => {
            let until = output::time(Clock::default().now() + lasts.as_millis());
            let mut wanted = json!({ "text": text, "until": until });
            put_some(&mut wanted, "scope", scope);
            put_some(&mut wanted, "legacy", legacy.map(claviger_core::dialect::Legacy::name));
            let made: Value = realm.post(&["announcements"], wanted).await?;
            announcement::added(context, &announcement::Listed::known(&made))
        }
        AnnouncementCommand::Remove { id } => {
            realm.delete(&["announcements", &id], &[]).await?;
            announcement::removed(context, &id)
        }
    }
}
