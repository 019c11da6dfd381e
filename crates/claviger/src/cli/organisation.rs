//! `claviger organisation`: the companies or sites that users belong to.

pub(super) mod apps;

use super::context::{Context, Data};
use super::trouble::{Exit, Trouble};
use super::{ask, plan};
use clap::Subcommand;
use claviger_core::user::Organisation;
use claviger_server::admin::apply::changes::Change;
use claviger_server::admin::organisations;

/// What is done with organisations.
#[derive(Debug, Subcommand)]
pub(crate) enum OrganisationCommand {
    /// List a realm's organisations
    List,
    /// Add an organisation
    #[command(after_help = "\
Examples:
  claviger organisation add acme --name \"Acme Ltd\" --kind company
  claviger member add acme ada@example.com --role admin")]
    Add {
        /// The id, which tokens carry and which never changes
        id: String,
        /// What people call it; else the id
        #[arg(long)]
        name: Option<String>,
        /// The word for it on the consent page: company, site
        #[arg(long, default_value = "")]
        kind: String,
    },
    /// Change what an organisation is called
    Edit {
        /// The id
        id: String,
        /// Another name
        #[arg(long)]
        name: Option<String>,
        /// Another word for it
        #[arg(long)]
        kind: Option<String>,
    },
    /// List the apps that act for an organisation: who allowed them, since when, when they were used last; and which are blocked
    Apps {
        /// The id
        id: String,
    },
    /// Let an app act for an organisation no more; what it has there ends at once
    #[command(after_help = "\
Examples:
  claviger organisation apps acme
  claviger organisation block acme fleet-planner
  claviger organisation allow acme fleet-planner
  claviger organisation only-listed acme              only apps that were allowed may act for it
  claviger organisation only-listed acme --off
  claviger organisation end-access acme --yes         of every app, which may be connected anew

Members with the role `admin` do the same at /account/organisations/acme.")]
    Block {
        /// The id
        id: String,
        /// The app's client id
        app: String,
    },
    /// Let an app act for an organisation
    Allow {
        /// The id
        id: String,
        /// The app's client id
        app: String,
    },
    /// Let only apps act for an organisation that it allowed
    OnlyListed {
        /// The id
        id: String,
        /// Every app that is not blocked may act for it again
        #[arg(long)]
        off: bool,
    },
    /// End what apps may do for an organisation now
    EndAccess {
        /// The id
        id: String,
        /// Of this app only, by its client id
        #[arg(long, value_name = "ID")]
        app: Option<String>,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
    /// Remove an organisation that nobody belongs to
    Remove {
        /// The id
        id: String,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
}

/// Does it, in the database.
pub(crate) async fn run(command: OrganisationCommand, context: &Context, data: &Data) -> Result<(), Trouble> {
    let realm = data.realm().await?;
    match command {
        OrganisationCommand::List => listed(context, &organisations::list(&data.store, &realm).await?),
        OrganisationCommand::Add { id, name, kind } => {
            let organisation = Organisation { name: name.unwrap_or_else(|| id.clone()), id, kind };
            organisations::add(&data.admin(), &realm, organisation.clone()).await?;
            done(context, &realm.id, &organisation.id, "added")
        }
        OrganisationCommand::Edit { id, name, kind } => {
            let change = |was: Organisation| Organisation {
                name: name.unwrap_or(was.name),
                kind: kind.unwrap_or(was.kind),
                id: was.id,
            };
            let (_, change) = organisations::edit(&data.admin(), &realm, &id, change).await?;
            edited(context, &realm.id, &id, &change)
        }
        OrganisationCommand::Apps { id } => apps::list(context, data, &realm, &id).await,
        OrganisationCommand::Block { id, app } => apps::set(context, data, &realm, (&id, &app), false).await,
        OrganisationCommand::Allow { id, app } => apps::set(context, data, &realm, (&id, &app), true).await,
        OrganisationCommand::OnlyListed { id, off } => apps::only_listed(context, data, &realm, &id, !off).await,
        OrganisationCommand::EndAccess { id, app, yes } => {
            apps::end(context, data, &realm, (&id, app.as_deref()), yes).await
        }
        OrganisationCommand::Remove { id, yes } => {
            organisations::find(&data.store, &realm, &id).await?;
            ask::confirm(yes, &removal_question(&id))?;
            organisations::remove(&data.admin(), &realm, &id).await?;
            done(context, &realm.id, &id, "removed")
        }
    }
}

/// Prints organisations.
pub(super) fn listed(context: &Context, all: &[Organisation]) -> Result<(), Trouble> {
    context.format.list(["id", "name", "kind"], all, |one| [one.id.clone(), one.name.clone(), one.kind.clone()])
}

/// Says what is different; that nothing is, is a mistake of whoever asked for it.
pub(super) fn edited(context: &Context, realm: &str, id: &str, change: &Change) -> Result<(), Trouble> {
    if change.fields.is_empty() {
        return Err(Trouble::new(Exit::Usage, format!("nothing of `{id}` would be different"))
            .help("name what shall be: `claviger organisation edit --help`"));
    }
    done(context, realm, id, &plan::fields(change))
}

/// Whether an organisation shall go.
pub(super) fn removal_question(id: &str) -> String {
    format!("Remove the organisation `{id}`?")
}

/// Says how an organisation stands.
pub(super) fn done(context: &Context, realm: &str, id: &str, state: &str) -> Result<(), Trouble> {
    let item = serde_json::json!({ "realm": realm, "id": id, "state": state });
    context.format.one(&item, &[("id", id.to_owned()), ("state", state.to_owned())])
}
