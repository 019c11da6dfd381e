//! `claviger secret`: two live ones an app, so that one can replace the other without a gap.

use super::context::{Context, Data};
use super::trouble::{Exit, Trouble};
use super::{ask, output};
use clap::Subcommand;
use claviger_core::span::Span;
use claviger_server::admin::apps;
use claviger_store::{ClientSecret, SecretUse};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What is done with secrets.
#[derive(Debug, Subcommand)]
pub(crate) enum SecretCommand {
    /// Make one more secret and print it; it is never shown again
    #[command(after_help = "\
Examples:
  claviger secret add fleet-planner --label 2027 --expires 365d
  claviger secret add fleet-planner > secret.txt          only the secret goes to stdout
  claviger secret add fleet-planner --import old.txt      bring a secret along, from a file
  pass show fleet | claviger secret add fleet-planner --import -

To replace a secret without a gap: add one, give it to the app, then retire the old one.")]
    Add {
        /// The client id
        client: String,
        /// What its owner calls it
        #[arg(long, default_value = "")]
        label: String,
        /// Stops by itself after so long: `90d`, `12h`
        #[arg(long)]
        expires: Option<Span>,
        /// Take a secret from this file (`-`: stdin) instead of making one; it is stretched when stored, or sealed where
        /// the app signs with it (`client_secret_jwt`; 32 characters at least)
        #[arg(long, value_name = "FILE")]
        import: Option<PathBuf>,
    },
    /// List an app's secrets; never the secrets themselves
    List {
        /// The client id
        client: String,
    },
    /// Stop a secret at once
    Retire {
        /// The client id
        client: String,
        /// The secret's id, from `claviger secret list`
        id: String,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
}

/// A secret as it is listed.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Listed {
    id: String,
    label: String,
    state: String,
    kind: String,
    created_at: String,
    expires_at: Option<String>,
    retired_at: Option<String>,
    /// To the minute; absent where no use is recorded.
    last_used_at: Option<String>,
}

impl Listed {
    pub(super) fn of(secret: &ClientSecret, uses: &[SecretUse], now: i64) -> Self {
        let last = uses.iter().find(|one| one.secret == secret.id);
        let state = match (secret.retired_at, secret.is_live(now)) {
            (Some(_), _) => "retired",
            (None, false) => "expired",
            (None, true) => "live",
        };
        Self {
            id: secret.id.clone(),
            label: secret.label.clone(),
            state: state.to_owned(),
            kind: secret.kind.name().to_owned(),
            created_at: output::time(secret.created_at),
            expires_at: secret.expires_at.map(output::time),
            retired_at: secret.retired_at.map(output::time),
            last_used_at: last.map(|last| output::time(last.used_at)),
        }
    }

    pub(super) fn line(&self) -> String {
        let until = self.expires_at.as_ref().map(|at| format!(", until {at}")).unwrap_or_default();
        let used =
            self.last_used_at.as_ref().map_or_else(|| ", not used yet".to_owned(), |at| format!(", last used {at}"));
        format!("{} {:?} {}, since {}{until}{used}", self.id, self.label, self.state, self.created_at)
    }
}

/// Does it, in the database.
pub(crate) async fn run(command: SecretCommand, context: &Context, data: &Data) -> Result<(), Trouble> {
    let realm = data.realm().await?;
    let admin = data.admin();
    match command {
        SecretCommand::Add { client, label, expires, import } => {
            let expires_at = expires.map(|span| admin.now + span.as_millis());
            let Some(file) = import else {
                let made = apps::add_secret(&admin, &data.secrets().await?, &realm, &client, label, expires_at).await?;
                let told = (made.id.as_str(), made.secret.expose());
                return self::made(context, &realm.id, &client, told, expires_at.map(output::time).as_deref());
            };
            let from = Some(file.as_path()).filter(|file| file.as_os_str() != "-");
            let secret = ask::secret(from, "secret")?;
            let hasher = claviger_server::hashing::Hasher::new(1, 1)
                .map_err(|error| Trouble::new(Exit::Failure, format!("no thread to hash with: {error}")))?;
            let keep = (&hasher, &data.secrets().await?);
            let id = apps::import_secret(&admin, keep, &realm, &client, (label, secret), expires_at).await?;
            let item = serde_json::json!({ "realm": realm.id, "client_id": client, "id": id });
            context.format.one(&item, &[("client id", client.clone()), ("secret id", id.clone())])
        }
        SecretCommand::List { client } => {
            let (_, found) = apps::secrets_of(&data.store, &realm, &client).await?;
            let uses = apps::last_uses(&data.store, &realm, Some(&client)).await?;
            let listed: Vec<Listed> = found.iter().map(|secret| Listed::of(secret, &uses, admin.now)).collect();
            self::listed(context, &listed)
        }
        SecretCommand::Retire { client, id, yes } => {
            ask::confirm(yes, &format!("Stop the secret {id} of `{client}` at once?"))?;
            apps::retire_secret(&admin, &realm, &client, &id).await?;
            retired(context, &realm.id, &client, &id)
        }
    }
}

/// Prints a secret that was made: alone, for a file, or with what it belongs to.
pub(super) fn made(
    context: &Context,
    realm: &str,
    client: &str,
    (id, secret): (&str, &str),
    expires_at: Option<&str>,
) -> Result<(), Trouble> {
    eprintln!("The secret {id} of `{client}`. It is not shown again.");
    if !context.format.is_structured() {
        return output::put(&format!("{secret}\n"));
    }
    let item = serde_json::json!({
        "realm": realm, "client_id": client, "id": id, "secret": secret, "expires_at": expires_at,
    });
    context.format.one(&item, &[])
}

/// Prints secrets.
pub(super) fn listed(context: &Context, listed: &[Listed]) -> Result<(), Trouble> {
    let columns = ["id", "label", "state", "created", "expires", "retired", "last used"];
    context.format.list(columns, listed, |secret| {
        let or_dash = |time: &Option<String>| time.clone().unwrap_or_else(|| "-".to_owned());
        [
            secret.id.clone(),
            secret.label.clone(),
            secret.state.clone(),
            secret.created_at.clone(),
            or_dash(&secret.expires_at),
            or_dash(&secret.retired_at),
            or_dash(&secret.last_used_at),
        ]
    })
}

/// Says that a secret was stopped.
pub(super) fn retired(context: &Context, realm: &str, client: &str, id: &str) -> Result<(), Trouble> {
    let item = serde_json::json!({ "realm": realm, "client_id": client, "id": id, "state": "retired" });
    context.format.one(&item, &[("secret id", id.to_owned()), ("state", "retired".to_owned())])
}
