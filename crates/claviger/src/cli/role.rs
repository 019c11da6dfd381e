//! `claviger role`: who may administer, and what.

use super::context::{Context, Data};
use super::trouble::{Exit, Trouble};
use super::{ask, output};
use clap::{Args, Subcommand};
use claviger_core::Realm;
use claviger_core::permission::Role;
use claviger_core::realm::EVERY_REALM;
use claviger_server::admin::roles::{self, Gift};
use claviger_server::hashing::Hasher;
use claviger_store::{AdminRole, HolderKind};
use serde::{Deserialize, Serialize};

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

/// A role as it is listed, and as the admin API tells it.
#[derive(Serialize, Deserialize)]
pub(super) struct Listed {
    kind: String,
    pub(super) id: String,
    name: Option<String>,
    role: Role,
    over: String,
    organisation: Option<String>,
    since: String,
}

impl Listed {
    fn of(role: AdminRole, name: Option<String>) -> Self {
        Self {
            kind: role.holder.kind.name().to_owned(),
            id: role.holder.id,
            name,
            role: role.role,
            over: role.over,
            organisation: Some(role.organisation).filter(|id| !id.is_empty()),
            since: output::time(role.since),
        }
    }

    /// Whether it is the one that is given or taken.
    pub(super) fn is(&self, which: &Which) -> bool {
        let named = self.id == which.holder || self.name.as_ref() == Some(&which.holder);
        named
            && self.kind == which.kind().name()
            && self.role == which.role
            && self.over == which.over
            && self.organisation.as_deref().unwrap_or_default() == which.organisation
    }
}

impl Which {
    /// Of what kind the holder is.
    pub(super) const fn kind(&self) -> HolderKind {
        if self.app { HolderKind::Client } else { HolderKind::User }
    }

    /// Whether it shall be taken.
    pub(super) fn question(&self) -> String {
        format!("Let `{}` be {} no more?", self.holder, self.role)
    }
}

/// Does it, in the database.
pub(crate) async fn run(command: RoleCommand, context: &Context, data: &Data) -> Result<(), Trouble> {
    let realm = admin_realm(data).await?;
    match command {
        RoleCommand::List => list(context, data, &realm).await,
        RoleCommand::Give(which) => {
            let gift = gift(data, &realm, &which).await?;
            let id = gift.holder.id.clone();
            let given = roles::give(&data.admin(), &realm, gift).await?;
            done(context, (&realm.id, &id), &which, if given { "given" } else { "held before" })
        }
        RoleCommand::Take { which, even_last, yes } => {
            ask::confirm(yes, &which.question())?;
            let gift = gift(data, &realm, &which).await?;
            let id = gift.holder.id.clone();
            roles::take(&data.admin(), &realm, gift, even_last).await?;
            done(context, (&realm.id, &id), &which, "taken")
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

async fn gift(data: &Data, realm: &Realm, which: &Which) -> Result<Gift, Trouble> {
    let holder = roles::holder(&data.store, realm, which.kind(), &which.holder).await?;
    let (over, organisation) = (which.over.clone(), which.organisation.clone());
    Ok(Gift { holder, role: which.role, over, organisation })
}

/// Says what became of a role; `id`: of whoever holds it, in the admin realm.
pub(super) fn done(context: &Context, (realm, id): (&str, &str), which: &Which, state: &str) -> Result<(), Trouble> {
    let item = serde_json::json!({
        "realm": realm, "kind": which.kind().name(), "id": id, "role": which.role, "over": which.over,
        "organisation": Some(&which.organisation).filter(|id| !id.is_empty()),
    });
    context.format.one(&item, &[("role", which.role.to_string()), ("state", state.to_owned())])
}

async fn list(context: &Context, data: &Data, realm: &Realm) -> Result<(), Trouble> {
    let mut all = Vec::new();
    for role in roles::list(&data.store, realm).await? {
        let name = roles::name_of(&data.store, realm, &role.holder).await?;
        all.push(Listed::of(role, name));
    }
    listed(context, &all)
}

/// Prints roles.
pub(super) fn listed(context: &Context, all: &[Listed]) -> Result<(), Trouble> {
    context.format.list(["kind", "id", "name", "role", "over", "organisation", "since"], all, |one| {
        let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        [
            one.kind.clone(),
            one.id.clone(),
            text(&one.name),
            one.role.to_string(),
            one.over.clone(),
            text(&one.organisation),
            one.since.clone(),
        ]
    })
}
