//! `claviger member`: who belongs to an organisation, and with which roles.

use super::context::{Context, Data};
use super::trouble::{Exit, Trouble};
use super::{ask, plan};
use clap::{Args, Subcommand};
use claviger_core::User;
use claviger_server::admin::apply::changes::Change;
use claviger_server::admin::{organisations, users};
use claviger_server::hashing::Hasher;

/// What is done with members.
#[derive(Debug, Subcommand)]
pub(crate) enum MemberCommand {
    /// List who belongs to an organisation
    List {
        /// The organisation's id
        organisation: String,
    },
    /// Let a user belong to an organisation; or give a member one more role
    #[command(after_help = "\
Examples:
  claviger member add acme ada@example.com
  claviger member add acme ada@example.com --role admin --role buyer")]
    Add {
        #[command(flatten)]
        who: Who,
        /// A role in the organisation; may be repeated
        #[arg(long)]
        role: Vec<String>,
    },
    /// Let a user belong to an organisation no more
    Remove {
        #[command(flatten)]
        who: Who,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
}

/// An organisation and a user.
#[derive(Debug, Args)]
pub(crate) struct Who {
    /// The organisation's id
    pub(super) organisation: String,
    /// The user name, or the id
    pub(super) username: String,
    /// Change them here although a realm file says something else, until that file is applied again
    #[arg(long)]
    pub(super) despite_file: bool,
}

/// Does it, in the database.
pub(crate) async fn run(command: MemberCommand, context: &Context, data: &Data) -> Result<(), Trouble> {
    let realm = data.realm().await?;
    // Nothing is hashed.
    let hasher = || Hasher::new(1, 1).map_err(|error| Trouble::new(Exit::Failure, error.to_string()));
    match command {
        MemberCommand::List { organisation } => {
            let members = organisations::members(&data.store, &realm, &organisation).await?;
            listed(context, &organisation, &members)
        }
        MemberCommand::Add { who, role } => {
            let user = users::find(&data.store, &realm, &who.username).await?;
            let place = (&*who.organisation, &*user.id);
            let changed =
                organisations::add_member(&data.admin(), &hasher()?, &realm, place, role, who.despite_file).await?;
            done(context, &realm.id, &who.organisation, changed)
        }
        MemberCommand::Remove { who, yes } => {
            let user = users::find(&data.store, &realm, &who.username).await?;
            ask::confirm(yes, &who.question(&user))?;
            let place = (&*who.organisation, &*user.id);
            let changed =
                organisations::remove_member(&data.admin(), &hasher()?, &realm, place, who.despite_file).await?;
            done(context, &realm.id, &who.organisation, changed)
        }
    }
}

impl Who {
    /// Whether they shall belong to it no more.
    pub(super) fn question(&self, user: &User) -> String {
        format!("Let `{}` belong to `{}` no more?", user.username, self.organisation)
    }
}

/// Prints the members of an organisation.
pub(super) fn listed(context: &Context, organisation: &str, members: &[User]) -> Result<(), Trouble> {
    context.format.list(["username", "id", "name", "state", "roles"], members, |user| {
        [
            user.username.clone(),
            user.id.clone(),
            user.name.clone().unwrap_or_default(),
            if user.disabled { "disabled" } else { "active" }.to_owned(),
            user.details.organisation_roles.get(organisation).map(|roles| roles.join(" ")).unwrap_or_default(),
        ]
    })
}

/// Says what is different of a user; that nothing is, is a mistake of whoever asked for it.
pub(super) fn done(
    context: &Context,
    realm: &str,
    organisation: &str,
    (user, change): (User, Change),
) -> Result<(), Trouble> {
    if change.fields.is_empty() {
        return Err(Trouble::new(Exit::Usage, format!("nothing of `{}` would be different", user.username)));
    }
    let (item, changed) = (
        serde_json::json!({ "realm": realm, "organisation": organisation, "id": user.id, "user": user, "changed": change }),
        plan::fields(&change),
    );
    context.format.one(&item, &[("username", user.username.clone()), ("changed", changed)])
}
