//! `claviger user`: who may sign in.

use super::ask;
use super::context::{Context, Data};
use super::trouble::{Exit, Trouble};
use clap::Subcommand;
use claviger_core::{Realm, User};
use claviger_server::hashing::Hasher;
use claviger_store::Masked;
use std::path::PathBuf;

/// The shortest password that is taken (NIST SP 800-63B-4, 3.1.1.2: no rules of composition).
const SHORTEST: usize = 8;

/// What is done with users.
#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// List a realm's users
    List,
    /// Set a user's password, and sign them out of every browser
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
            let users = all(&data, &realm).await?;
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
            let user = find(&data, &realm, &username).await?;
            let password = ask::secret(file.as_deref(), "password")?;
            if password.expose().chars().count() < SHORTEST {
                return Err(Trouble::new(Exit::Usage, format!("a password has at least {SHORTEST} characters")));
            }
            let hasher = Hasher::new(1, 1)
                .map_err(|error| Trouble::new(Exit::Failure, format!("no thread to hash with: {error}")))?;
            let hash = hasher.hash(password).await.map_err(|busy| Trouble::new(Exit::Failure, busy.to_string()))?;
            data.store.set_password(&realm.id, &user.id, Masked(hash), data.now()).await?;
            done(context, &realm, &user, "password set")
        }
        UserCommand::Disable { username, yes } => {
            let user = find(&data, &realm, &username).await?;
            ask::confirm(yes, &format!("Let `{}` in no more and end all their sessions?", user.username))?;
            let until = data.now() + realm.longest_token();
            data.store.disable_user(&realm.id, &user.id, true, data.now(), until).await?;
            done(context, &realm, &user, "disabled")
        }
        UserCommand::Enable { username } => {
            let user = find(&data, &realm, &username).await?;
            data.store.disable_user(&realm.id, &user.id, false, data.now(), data.now()).await?;
            done(context, &realm, &user, "active")
        }
    }
}

fn done(context: &Context, realm: &Realm, user: &User, state: &str) -> Result<(), Trouble> {
    let item = serde_json::json!({ "realm": realm.id, "id": user.id, "username": user.username, "state": state });
    context.format.one(&item, &[("username", user.username.clone()), ("state", state.to_owned())])
}

async fn find(data: &Data, realm: &Realm, username: &str) -> Result<User, Trouble> {
    let found = data.store.user_by_username(&realm.id, &User::username_key(username)).await?;
    let found = match found {
        Some(found) => Some(found),
        None => data.store.user(&realm.id, username).await?,
    };
    found
        .map(|stored| stored.user)
        .ok_or_else(|| Trouble::not_found(format!("the realm `{}` has no user `{username}`", realm.id)))
}

async fn all(data: &Data, realm: &Realm) -> Result<Vec<User>, Trouble> {
    const PAGE: i64 = 500;
    let mut all: Vec<User> = Vec::new();
    loop {
        let after = all.last().map(|user| user.id.clone()).unwrap_or_default();
        let page = data.store.list_users(&realm.id, &after, PAGE).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}
