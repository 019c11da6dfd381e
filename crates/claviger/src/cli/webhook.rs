//! `claviger webhook`: who is told what happens.

pub(super) mod shown;

use super::ask;
use super::context::{Context, Data};
use super::trouble::Trouble;
use clap::{Args, Subcommand};
use claviger_core::span::Span;
use claviger_server::admin::AdminError;
use claviger_server::admin::webhooks::{self, Caller, NewWebhook, Owner, WebhookEdit};
use claviger_store::{Id, Replayed};
use shown::{Listed, Told};

/// What is done with webhooks.
#[derive(Debug, Subcommand)]
pub(crate) enum WebhookCommand {
    /// List the webhooks; never their secrets
    #[command(after_help = "\
Examples:
  claviger webhook list                      of every realm and of every owner
  claviger webhook list --realm orders --app fleet-planner")]
    List {
        /// Only those of this app
        #[arg(long, value_name = "ID")]
        app: Option<String>,
    },
    /// Add a webhook, and print the secret that signs its calls; it is never shown again
    #[command(after_help = "\
Examples:
  claviger webhook add https://ops.example.com/hooks --all-realms
  claviger webhook add https://ops.example.com/hooks --realm orders --event app.requested --event secret.ends_soon
  claviger webhook add https://partner.example/hooks --realm orders --app fleet-planner
  claviger webhook add https://ops.example.com/hooks > secret.txt     only the secret goes to stdout

Calls are signed as Standard Webhooks says (https://www.standardwebhooks.com); `claviger webhook events` names the events.
An address of a private network is refused unless `outbound.private-hosts` of the configuration names its host.")]
    Add(Add),
    /// Change where a webhook is called, what it is told, or whether
    #[command(after_help = "\
Examples:
  claviger webhook edit 0199c3e6b1f7d3a9d4e0c5b8a7f2e11a --url https://ops.example.com/new
  claviger webhook edit 0199c3e6b1f7d3a9d4e0c5b8a7f2e11a --active true      after it was disabled")]
    Edit(Edit),
    /// Remove a webhook, with what it was told
    Remove {
        /// The webhook's id
        id: String,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
    /// Send a `test` event now, and say what came of it
    Test {
        /// The webhook's id
        id: String,
    },
    /// What a webhook was told, the newest first, and what was answered
    Deliveries {
        /// The webhook's id
        id: String,
        /// The newest so many
        #[arg(long, default_value_t = 50, value_name = "NUMBER", value_parser = clap::value_parser!(i64).range(1..=1000))]
        limit: i64,
    },
    /// Tell a webhook again: one delivery, or all since a time; under their ids of before
    #[command(after_help = "\
Examples:
  claviger webhook replay 0199c3e6b1f7d3a9d4e0c5b8a7f2e11a --delivery 1f0c..
  claviger webhook replay 0199c3e6b1f7d3a9d4e0c5b8a7f2e11a --since 2d

A running server sends them within seconds, a thousand at most in one go.")]
    Replay(Replay),
    /// Give a webhook another secret, and print it; the one before signs as well for a while
    RotateSecret {
        /// The webhook's id
        id: String,
        /// For how long the old secret signs beside the new one
        #[arg(long, default_value = "24h")]
        keep: Span,
    },
    /// The events that there are; with a name, the JSON Schema of what is told
    Events {
        /// Of this event
        name: Option<String>,
    },
}

/// A new webhook.
#[derive(Debug, Args)]
pub(crate) struct Add {
    /// Where it is called
    pub(super) url: String,
    /// What it is told; may be repeated. Left out: everything
    #[arg(long = "event", value_name = "NAME")]
    pub(super) events: Vec<String>,
    /// It belongs to this app, and is told of it alone
    #[arg(long, value_name = "ID", conflicts_with = "all_realms")]
    pub(super) app: Option<String>,
    /// It is told of every realm
    #[arg(long)]
    pub(super) all_realms: bool,
}

/// What is changed.
#[derive(Debug, Args)]
pub(crate) struct Edit {
    /// The webhook's id
    pub(super) id: String,
    /// Where it is called
    #[arg(long)]
    pub(super) url: Option<String>,
    /// What it is told from now on; may be repeated; `*` is everything
    #[arg(long = "event", value_name = "NAME")]
    pub(super) events: Vec<String>,
    /// Whether it is called
    #[arg(long, value_name = "true|false")]
    pub(super) active: Option<bool>,
}

/// What is told again.
#[derive(Debug, Args)]
#[group(required = true, multiple = false, args = ["delivery", "since"])]
pub(crate) struct Replay {
    /// The webhook's id
    pub(super) id: String,
    /// This delivery, from `claviger webhook deliveries`
    #[arg(long, value_name = "ID")]
    pub(super) delivery: Option<String>,
    /// Everything since so long ago: `2d`, `6h`
    #[arg(long, value_name = "SPAN")]
    pub(super) since: Option<Span>,
}

/// Prints the events that there are, or the schema of one: this program knows them, wherever it acts.
pub(crate) fn known_events(name: Option<&str>, context: &Context) -> Result<(), Trouble> {
    shown::events(name, context.format)
}

/// Does it, in the database.
pub(crate) async fn run(command: WebhookCommand, context: &Context, data: &Data) -> Result<(), Trouble> {
    let (admin, format) = (data.admin(), context.format);
    match command {
        WebhookCommand::List { app } => {
            let found = webhooks::list(&data.store, data.realm_wanted(), app.as_deref()).await?;
            shown::list(format, &found.into_iter().map(Listed::from).collect::<Vec<_>>())
        }
        WebhookCommand::Add(add) => added(add, context, data).await,
        WebhookCommand::Edit(Edit { id, url, events, active }) => {
            let (secrets, hosts) = calling(context, data).await?;
            let caller = Caller::new(&data.store, &secrets, &hosts, data.now());
            let edit = WebhookEdit { url, events: Some(events).filter(|events| !events.is_empty()), active };
            let after = Listed::from(webhooks::edit(&admin, &caller, &id, edit).await?);
            format.one(&after, &after.pairs())
        }
        WebhookCommand::Remove { id, yes } => {
            let webhook = webhooks::find(&data.store, &id).await?;
            ask::confirm(yes, &shown::removal_question(&id, &webhook.url))?;
            webhooks::remove(&admin, &id).await?;
            shown::removed(format, &id)
        }
        WebhookCommand::Test { id } => {
            let (secrets, hosts) = calling(context, data).await?;
            let caller = Caller::new(&data.store, &secrets, &hosts, data.now());
            shown::tried(format, &id, &webhooks::test(&admin, &caller, &id).await?.into())
        }
        WebhookCommand::Deliveries { id, limit } => {
            let told = webhooks::deliveries(&data.store, &id, None, limit).await?;
            shown::told(format, &told.into_iter().map(Told::from).collect::<Vec<_>>())
        }
        WebhookCommand::Replay(replay) => {
            let which = match (&replay.delivery, replay.since) {
                (Some(delivery), _) => Replayed::One(delivery_id(delivery, &replay.id)?),
                (None, since) => Replayed::Since(data.now() - since.map_or(0, Span::as_millis)),
            };
            let count = webhooks::replay(&admin, &replay.id, which).await?;
            shown::replayed(format, &replay.id, count)
        }
        WebhookCommand::RotateSecret { id, keep } => {
            let (secrets, hosts) = calling(context, data).await?;
            let caller = Caller::new(&data.store, &secrets, &hosts, data.now());
            let secret = webhooks::rotate_secret(&admin, &caller, &id, keep).await?;
            shown::rotated(format, (&id, keep), secret.expose())
        }
        WebhookCommand::Events { .. } => Ok(()),
    }
}

async fn added(add: Add, context: &Context, data: &Data) -> Result<(), Trouble> {
    let realm = if add.all_realms { None } else { Some(data.realm().await?) };
    let (secrets, hosts) = calling(context, data).await?;
    let caller = Caller::new(&data.store, &secrets, &hosts, data.now());
    let owner = Owner { realm: realm.as_ref(), app: add.app.as_deref() };
    let NewWebhook { webhook, secret } = webhooks::add(&data.admin(), &caller, owner, &add.url, &add.events).await?;
    shown::added(context.format, &webhook.into(), secret.expose())
}

/// What signs, and what may be called.
async fn calling(context: &Context, data: &Data) -> Result<(claviger_server::secrets::Secrets, Vec<String>), Trouble> {
    Ok((data.secrets().await?, context.config()?.private_hosts))
}

fn delivery_id(text: &str, webhook: &str) -> Result<Id, Trouble> {
    let digits = text.strip_prefix("msg_").unwrap_or(text);
    let parsed = claviger_core::claims::id_from_text(digits);
    parsed.ok_or_else(|| AdminError::NothingToReplay(webhook.to_owned()).into())
}
