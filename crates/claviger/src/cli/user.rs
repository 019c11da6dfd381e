//! `claviger user`: who may sign in.

use super::ask;
use super::context::Context;
use super::trouble::{Exit, Trouble};
use clap::Subcommand;
use claviger_core::{Realm, User};
use claviger_server::admin::users;
use claviger_server::hashing::Hasher;
use std::path::PathBuf;

/// What is done with users.
#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// List a realm's users
    List,
    /// Set a user's password, and end what the old one gave: sessions, and tokens got by it
    #[command(after_help = "\
Examples:
  claviger user password ada@example.com                    asks for it, unseen
  claviger user password ada@example.com --file new.txt
  pass show ada | claviger user password ada@example.com")]
    Password {
        /// The user name
        username: String,
        /// Read it from this file; else from stdin, or asked for at a terminal
        #[arg(long)]
        file: Option<PathBuf>,
    },
    /// Let a user sign in no more, and end their sessions, grants and tokens at once
    Disable {
        /// The user name
        username: String,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
    /// Let a disabled user in again
    Enable {
        /// The user name
        username: String,
    },
}

/// Does it.
pub(crate) async fn run(command: UserCommand, context: &Context) -> Result<(), Trouble> {
    let data = context.data().await?;
    let realm = data.realm().await?;
    match command {
        UserCommand::List => {
            let users = users::list(&data.store, &realm).await?;
            context.format.list(["username", "id", "name", "kind", "state", "organisations"], &users, |user| {
                [
                    user.username.clone(),
                    user.id.clone(),
                    user.name.clone().unwrap_or_default(),
                    if user.service { "service" } else { "person" }.to_owned(),
                    if user.disabled { "disabled" } else { "active" }.to_owned(),
                    user.organisations.join(" "),
                ]
            })
        }
        UserCommand::Password { username, file } => {
            let user = users::find(&data.store, &realm, &username).await?;
            let password = ask::secret(file.as_deref(), "password")?;
            let hasher = Hasher::new(1, 1)
                .map_err(|error| Trouble::new(Exit::Failure, format!("no thread to hash with: {error}")))?;
            users::set_password(&data.admin(), &hasher, &realm, &user.id, password).await?;
            done(context, &realm, &user, "password set")
        }
        UserCommand::Disable { username, yes } => {
            let user = users::find(&data.store, &realm, &username).await?;
            ask::confirm(yes, &format!("Let `{}` in no more and end all their sessions?", user.username))?;
            users::disable(&data.admin(), &realm, &user.id).await?;
            done(context, &realm, &user, "disabled")
        }
        UserCommand::Enable { username } => {
            let user = users::find(&data.store, &realm, &username).await?;
            users::enable(&data.admin(), &realm, &user.id).await?;
            done(context, &realm, &user, "active")
        }
    }
}

fn done(context: &Context, realm: &Realm, user: &User, state: &str) -> Result<(), Trouble> {
    let item = serde_json::json!({ "realm": realm.id, "id": user.id, "username": user.username, "state": state });
    context.format.one(&item, &[("username", user.username.clone()), ("state", state.to_owned())])
}
