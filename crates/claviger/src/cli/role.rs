//! `claviger role`: who may administer, and what.

use super::context::{Context, Data};
use super::trouble::{Exit, Trouble};
use super::{ask, output};
use clap::{Args, Subcommand};
use claviger_core::Realm;
use claviger_core::permission::Role;
use claviger_core::realm::EVERY_REALM;
use claviger_server::admin::roles::{self, Gift};
use claviger_server::admin::{apps, users};
use claviger_server::hashing::Hasher;
use claviger_store::{AdminRole, HolderKind};
use serde::Serialize;

/// What is done with roles.
#[derive(Debug, Subcommand)]
pub(crate) enum RoleCommand {
    /// List who may administer, in an admin realm
    #[command(after_help = "\
Examples:
  claviger role list
  claviger role list --realm admin -o json")]
    List,
    /// Let a user or an app of an admin realm administer
    #[command(after_help = "\
Examples:
  claviger role give ada operator
  claviger role give bea reviewer --over live
  claviger role give carl operator --over live --organisation acme
  claviger role give --app nightly-report auditor

Roles: owner (everything, and says who else may), operator (everything but that), reviewer (looks at apps, approves and rejects
them), auditor (looks at everything). In an admin realm itself only owners change anything.")]
    Give(Which),
    /// Let them administer no more
    Take {
        #[command(flatten)]
        which: Which,
        /// Even where nobody would be left who owns everything
        #[arg(long)]
        even_last: bool,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
    /// Make somebody the first owner of an admin realm; prints a link, good once within a day, behind which they choose their password
    #[command(after_help = "\
Examples:
  claviger role first-owner --realm admin --username ada --email ada@example.com

The user is added where there is none of this name. Where somebody is an owner already, nothing is done.")]
    FirstOwner {
        /// The user name
        #[arg(long)]
        username: String,
        /// Their mail address
        #[arg(long)]
        email: String,
        /// Even where somebody is an owner already: the only one lost their way in
        #[arg(long)]
        force: bool,
    },
}

/// Whose role, and what it reaches.
#[derive(Debug, Args)]
pub(crate) struct Which {
    /// The user's name or id, or the app's id
    pub(super) holder: String,
    /// owner, operator, reviewer or auditor
    pub(super) role: Role,
    /// It is an app, which acts for itself
    #[arg(long)]
    pub(super) app: bool,
    /// The realm that they administer; without it all that the admin realm does
    #[arg(long, value_name = "REALM", default_value = EVERY_REALM)]
    pub(super) over: String,
    /// The only organisation of that realm that they do
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    pub(super) organisation: String,
}

#[derive(Serialize)]
struct Listed {
    kind: &'static str,
    id: String,
    name: Option<String>,
    role: Role,
    over: String,
    organisation: Option<String>,
    since: String,
}

/// Does it, in the database.
pub(crate) async fn run(command: RoleCommand, context: &Context, data: &Data) -> Result<(), Trouble> {
    let realm = admin_realm(data).await?;
    match command {
        RoleCommand::List => list(context, data, &realm).await,
        RoleCommand::Give(which) => {
            let gift = gift(data, &realm, which).await?;
            let (item, role) = (told(&realm, &gift), gift.role);
            let given = roles::give(&data.admin(), &realm, gift).await?;
            let state = if given { "given" } else { "held before" };
            context.format.one(&item, &[("role", role.to_string()), ("state", state.to_owned())])
        }
        RoleCommand::Take { which, even_last, yes } => {
            ask::confirm(yes, &format!("Let `{}` be {} no more?", which.holder, which.role))?;
            let gift = gift(data, &realm, which).await?;
            let (item, role) = (told(&realm, &gift), gift.role);
            roles::take(&data.admin(), &realm, gift, even_last).await?;
            context.format.one(&item, &[("role", role.to_string()), ("state", "taken".to_owned())])
        }
        RoleCommand::FirstOwner { username, email, force } => {
            // The password is chosen behind the link.
            let hasher = Hasher::new(1, 1).map_err(|error| Trouble::new(Exit::Failure, error.to_string()))?;
            let (user, link) = roles::first_owner(&data.admin(), &hasher, &realm, (&username, &email), force).await?;
            let item = serde_json::json!({
                "realm": realm.id, "id": user.id, "username": user.username, "link": link.expose(), "console": realm.console(),
            });
            let console = realm.console().unwrap_or_default();
            context.format.one(
                &item,
                &[
                    ("owner", user.username.clone()),
                    ("choose a password at", link.expose().to_owned()),
                    ("then sign in at", console),
                ],
            )
        }
    }
}

/// The realm of `--realm`, or the only admin realm there is.
async fn admin_realm(data: &Data) -> Result<Realm, Trouble> {
    if data.realm_wanted().is_some() {
        return data.realm().await;
    }
    let mut found: Vec<Realm> =
        claviger_server::admin::realms::list(&data.store).await?.into_iter().filter(Realm::is_admin).collect();
    match (found.pop(), found.len()) {
        (Some(only), 0) => Ok(only),
        (None, _) => Err(Trouble::not_found("there is no admin realm")
            .help("write [administration] realms = [\"*\"] into a realm file, and apply it")),
        _ => Err(Trouble::new(Exit::Usage, "there are several admin realms: say which with --realm")),
    }
}

async fn gift(data: &Data, realm: &Realm, which: Which) -> Result<Gift, Trouble> {
    let kind = if which.app { HolderKind::Client } else { HolderKind::User };
    let holder = roles::holder(&data.store, realm, kind, &which.holder).await?;
    Ok(Gift { holder, role: which.role, over: which.over, organisation: which.organisation })
}

fn told(realm: &Realm, gift: &Gift) -> serde_json::Value {
    serde_json::json!({
        "realm": realm.id, "kind": gift.holder.kind.name(), "id": gift.holder.id, "role": gift.role, "over": gift.over,
        "organisation": Some(&gift.organisation).filter(|id| !id.is_empty()),
    })
}

async fn list(context: &Context, data: &Data, realm: &Realm) -> Result<(), Trouble> {
    let mut all = Vec::new();
    for role in roles::list(&data.store, realm).await? {
        let name = match role.holder.kind {
            HolderKind::User => users::find(&data.store, realm, &role.holder.id).await.map(|user| user.username).ok(),
            HolderKind::Client => apps::find(&data.store, realm, &role.holder.id).await.map(|app| app.name).ok(),
        };
        all.push(listed(role, name));
    }
    context.format.list(["kind", "id", "name", "role", "over", "organisation", "since"], &all, |one| {
        let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        [
            one.kind.to_owned(),
            one.id.clone(),
            text(&one.name),
            one.role.to_string(),
            one.over.clone(),
            text(&one.organisation),
            one.since.clone(),
        ]
    })
}

fn listed(role: AdminRole, name: Option<String>) -> Listed {
    Listed {
        kind: role.holder.kind.name(),
        id: role.holder.id,
        name,
        role: role.role,
        over: role.over,
        organisation: Some(role.organisation).filter(|id| !id.is_empty()),
        since: output::time(role.since),
    }
}
