//! `claviger user`: who may sign in.

mod details;
pub(super) mod edit;
mod export;
mod import;
pub(super) mod show;

use super::ask;
use super::context::{Context, Data};
use super::trouble::{Exit, Trouble};
use clap::Subcommand;
use claviger_core::{Realm, User};
use claviger_server::admin::users;
use claviger_server::hashing::Hasher;
use serde::Serialize;
use std::path::PathBuf;

/// What is done with users.
#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// List a realm's users
    List,
    /// Show a user: names, companies, and which kinds of second factors they have
    #[command(after_help = "\
Examples:
  claviger user show ada@example.com
  claviger user show ada@example.com -o json")]
    Show {
        /// The user name, or the id
        username: String,
    },
    /// Add a user
    #[command(after_help = "\
Examples:
  claviger user add ada@example.com --name \"Ada Whitlock\" --email ada@example.com --email-verified
  pass show ada | claviger user add ada --organisation acme
  claviger user add nightly --service --organisation acme --file nightly.txt
  claviger user add ada --group dev --role editor --claim locale=en-GB --attribute cost-centre=42")]
    Add(edit::AddArgs),
    /// Change what is known of a user: names, e-mail address, companies, password; disable or enable
    #[command(after_help = "\
Examples:
  claviger user edit ada --email ada@new.example --email-verified
  claviger user edit ada --rename ada.whitlock --add-organisation depot-4
  claviger user edit ada --claim nickname=Ada --claim 'name#de=Gräfin Ada' --claim address.locality=London
  claviger user edit ada --add-group admins --remove-group dev --add-role acme=editor --attribute floor=
  claviger user edit ada --disable

Another password ends what the old one gave. One who comes from a realm file is changed there.")]
    Edit(edit::EditArgs),
    /// Users who come along in a file, with the hashes of their passwords
    #[command(after_help = "\
Examples:
  claviger user import users.jsonl --dry-run
  claviger user import users.csv --report refused.csv --create-organisations
  claviger user import old.csv --column login=username --hash-format sha1-salt-first
  claviger user import firebase.jsonl --hash-format firebase-scrypt --firebase parameters.json

Fields: username, id (sub), name, given_name, family_name, email, email_verified, locale, zoneinfo, phone_number,
claims.NAME, attributes.NAME, organisations, groups, roles, service, administrator, disabled, password_hash,
password_format, password_salt, password_salt_encoding, password_iterations, password. Lists have `;` between their items in CSV.

Users who are there already are left as they are: after an interruption the same command goes on. A hash of another program
is sealed at once, and makes place for one of ours when its user signs in for the first time.")]
    Import(import::ImportArgs),
    /// List users whose names are one in the form in which names are compared
    #[command(after_help = "\
Names are compared without case and width and in composed form (RFC 8265). Names that were told apart before stay as they
are, and each of these users signs in by their own spelling. `claviger user edit NAME --rename OTHER` tells them apart.")]
    Alike,
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
    /// Send a user a link by mail behind which they choose their password; it works once, within a week
    #[command(after_help = "\
Examples:
  claviger user invite ada@example.com")]
    Invite {
        /// The user name
        username: String,
    },
    /// Remove what a user signs in with beside their password, because they lost it: authenticator apps, recovery codes, remembered browsers
    #[command(after_help = "\
Examples:
  claviger user reset-factor ada@example.com

Be sure that it is they who ask. Their password stays, and so do their sessions; `claviger user password` and `claviger session end` change
that. Where the realm requires a second factor, they set up another one at the next sign-in.")]
    ResetFactor {
        /// The user name
        username: String,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
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
    /// Remove a user; their sessions, grants, seats and tokens end at once
    #[command(after_help = "\
Examples:
  claviger user delete ada@example.com
  claviger user delete ada@example.com --erase --yes         the log forgets their personal values too

An id that was given is not given again by itself; who is to come back later is better disabled.")]
    Delete {
        /// The user name, or the id
        username: String,
        /// Erase their personal values from the log of operators' acts as well
        #[arg(long)]
        erase: bool,
        /// Remove one who comes from a realm file, until that file is applied again
        #[arg(long)]
        despite_file: bool,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
    /// Print users as JSON lines, as `claviger user import` reads them
    #[command(after_help = "\
Examples:
  claviger user export > users.jsonl
  claviger user export ada@example.com
  claviger user export --with-password-hashes > users.jsonl   keep it as safe as the database and its master key")]
    Export(export::ExportArgs),
}

/// Does it, in the database.
pub(crate) async fn run(command: UserCommand, context: &Context, data: &Data) -> Result<(), Trouble> {
    let realm = data.realm().await?;
    match command {
        UserCommand::List => {
            let users = users::list(&data.store, &realm).await?;
            listed(context, &users)
        }
        UserCommand::Show { username } => show::run(&username, context, data, &realm).await,
        UserCommand::Password { username, file } => {
            let user = users::find(&data.store, &realm, &username).await?;
            let password = ask::secret(file.as_deref(), "password")?;
            users::set_password(&data.admin(), &hasher()?, &realm, &user.id, password).await?;
            done(context, &realm, &user, "password set")
        }
        UserCommand::Invite { username } => {
            let user = users::find(&data.store, &realm, &username).await?;
            let (secrets, pages) = (data.secrets().await?, context.pages()?);
            users::invite(&data.admin(), &secrets, &pages, &realm, &user).await?;
            done(context, &realm, &user, "invited")
        }
        UserCommand::Add(args) => edit::add(args, context, data, &realm).await,
        UserCommand::Edit(args) => edit::edit(args, context, data, &realm).await,
        UserCommand::Delete { username, erase, despite_file, yes } => {
            let user = users::find(&data.store, &realm, &username).await?;
            ask::confirm(yes, &format!("Remove `{}` and end all that they have?", user.username))?;
            users::delete(&data.admin(), &realm, &user, erase, despite_file).await?;
            done(context, &realm, &user, "removed")
        }
        UserCommand::Export(args) => export::run(args, data, &realm).await,
        UserCommand::Import(args) => import::run(args, context, data, &realm).await,
        UserCommand::Alike => alike(context, data, &realm).await,
        UserCommand::ResetFactor { username, yes } => {
            let user = users::find(&data.store, &realm, &username).await?;
            ask::confirm(yes, &format!("Let `{}` sign in with their password alone?", user.username))?;
            users::reset_factors(&data.admin(), &realm, &user).await?;
            done(context, &realm, &user, "factors removed")
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

/// One who is found by their own spelling only, and who has the name otherwise.
#[derive(Serialize)]
struct Listed {
    username: String,
    id: String,
    other_username: Option<String>,
    other_id: Option<String>,
}

async fn alike(context: &Context, data: &Data, realm: &Realm) -> Result<(), Trouble> {
    let found = users::alike(&data.store, Some(&realm.id)).await?;
    let listed: Vec<Listed> = found
        .into_iter()
        .map(|user| Listed {
            username: user.username,
            id: user.id,
            other_username: user.other.as_ref().map(|other| other.username.clone()),
            other_id: user.other.map(|other| other.id),
        })
        .collect();
    context.format.list(["username", "id", "other username", "other id"], &listed, |user| {
        let other = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        [user.username.clone(), user.id.clone(), other(&user.other_username), other(&user.other_id)]
    })
}

fn hasher() -> Result<Hasher, Trouble> {
    Hasher::new(1, 1).map_err(|error| Trouble::new(Exit::Failure, format!("no thread to hash with: {error}")))
}

/// Prints users.
pub(super) fn listed(context: &Context, users: &[User]) -> Result<(), Trouble> {
    let columns = ["username", "id", "name", "email", "kind", "state", "organisations"];
    context.format.list(columns, users, |user| {
        [
            user.username.clone(),
            user.id.clone(),
            user.name.clone().unwrap_or_default(),
            user.email.clone().unwrap_or_default(),
            if user.service { "service" } else { "person" }.to_owned(),
            if user.disabled { "disabled" } else { "active" }.to_owned(),
            user.organisations.join(" "),
        ]
    })
}

fn done(context: &Context, realm: &Realm, user: &User, state: &str) -> Result<(), Trouble> {
    done_in(context, &realm.id, user, state)
}

/// Says what became of a user of this realm.
pub(super) fn done_in(context: &Context, realm: &str, user: &User, state: &str) -> Result<(), Trouble> {
    let item = serde_json::json!({ "realm": realm, "id": user.id, "username": user.username, "state": state });
    context.format.one(&item, &[("username", user.username.clone()), ("state", state.to_owned())])
}
