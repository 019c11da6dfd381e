//! `claviger organisation`: the companies or sites that users belong to.

use super::context::Context;
use super::trouble::{Exit, Trouble};
use super::{ask, plan};
use clap::Subcommand;
use claviger_core::Realm;
use claviger_core::user::Organisation;
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
    /// Remove an organisation that nobody belongs to
    Remove {
        /// The id
        id: String,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
}

/// Does it.
pub(crate) async fn run(command: OrganisationCommand, context: &Context) -> Result<(), Trouble> {
    let data = context.data().await?;
    let realm = data.realm().await?;
    match command {
        OrganisationCommand::List => {
            let all = organisations::list(&data.store, &realm).await?;
            context
                .format
                .list(["id", "name", "kind"], &all, |one| [one.id.clone(), one.name.clone(), one.kind.clone()])
        }
        OrganisationCommand::Add { id, name, kind } => {
            let organisation = Organisation { name: name.unwrap_or_else(|| id.clone()), id, kind };
            organisations::add(&data.admin(), &realm, organisation.clone()).await?;
            done(context, &realm, &organisation.id, "added")
        }
        OrganisationCommand::Edit { id, name, kind } => {
            let change = |was: Organisation| Organisation {
                name: name.unwrap_or(was.name),
                kind: kind.unwrap_or(was.kind),
                id: was.id,
            };
            let (_, change) = organisations::edit(&data.admin(), &realm, &id, change).await?;
            if change.fields.is_empty() {
                return Err(Trouble::new(Exit::Usage, format!("nothing of `{id}` would be different"))
                    .help("name what shall be: `claviger organisation edit --help`"));
            }
            done(context, &realm, &id, &plan::fields(&change))
        }
        OrganisationCommand::Remove { id, yes } => {
            organisations::find(&data.store, &realm, &id).await?;
            ask::confirm(yes, &format!("Remove the organisation `{id}`?"))?;
            organisations::remove(&data.admin(), &realm, &id).await?;
            done(context, &realm, &id, "removed")
        }
    }
}

fn done(context: &Context, realm: &Realm, id: &str, state: &str) -> Result<(), Trouble> {
    let item = serde_json::json!({ "realm": realm.id, "id": id, "state": state });
    context.format.one(&item, &[("id", id.to_owned()), ("state", state.to_owned())])
}
