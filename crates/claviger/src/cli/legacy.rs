//! `claviger legacy`: who uses what should go, and until when they may.

use super::context::{Context, Data};
use super::output;
use super::realm::{LegacyReport, legacy as report};
use super::trouble::{Exit, Trouble};
use clap::{Args, Subcommand};
use claviger_core::dialect::Legacy;
use claviger_server::admin::deadlines::{self, New};
use claviger_server::admin::partner_letters::Desk;
use claviger_store::LegacyDeadline;
use serde::Serialize;

/// How many are read at once.
const PAGE: i64 = 500;

/// The report, or what is done.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct LegacyArgs {
    #[command(subcommand)]
    command: Option<LegacyCommand>,
    #[command(flatten)]
    report: LegacyReport,
}

/// What is done with deadlines.
#[derive(Debug, Subcommand)]
pub(crate) enum LegacyCommand {
    /// List until when apps may use legacy behaviours
    Deadlines,
    /// Set a date after which a legacy behaviour ends; the apps' owners are told by mail, now and 30, 7 and 1 days before
    #[command(after_help = "\
Examples:
  claviger legacy set-deadline password --app fleet-planner --ends 2027-03-01 --note \"Use the code flow.\"
  claviger legacy set-deadline raw-basic --all --ends 2027-03-01 --enforce

Without --enforce the date is a notice: nothing is refused then. With it, the server refuses the behaviour from that
date on, and the answer says why; --all means the apps that have the behaviour today.")]
    SetDeadline {
        /// The behaviour
        #[arg(value_parser = behaviour, value_name = "BEHAVIOUR")]
        legacy: Legacy,
        /// One app, by its client id
        #[arg(long, value_name = "ID", required_unless_present = "all")]
        app: Option<String>,
        /// Every app of the realm that was given the behaviour
        #[arg(long, conflicts_with = "app")]
        all: bool,
        /// When it ends: a day (its beginning in UTC), or a time like 2027-03-01T09:00:00Z
        #[arg(long, value_parser = moment, value_name = "TIME")]
        ends: i64,
        /// What the owners are told of it
        #[arg(long, default_value = "", value_name = "TEXT")]
        note: String,
        /// Refuse it from then on
        #[arg(long)]
        enforce: bool,
    },
    /// Take such a date back; what ended with it is allowed again
    RemoveDeadline {
        /// The behaviour
        #[arg(value_parser = behaviour, value_name = "BEHAVIOUR")]
        legacy: Legacy,
        /// The app, by its client id
        #[arg(long, value_name = "ID")]
        app: String,
    },
}

fn behaviour(name: &str) -> Result<Legacy, String> {
    let found = Legacy::ALL.into_iter().find(|legacy| legacy.name() == name);
    found.ok_or_else(|| format!("there is: {}", Legacy::ALL.map(Legacy::name).join(", ")))
}

fn moment(text: &str) -> Result<i64, String> {
    let found = output::parse_time(text).or_else(|| output::parse_time(&format!("{text}T00:00:00Z")));
    found.ok_or_else(|| "write a day like 2027-03-01, or a time like 2027-03-01T09:00:00Z".to_owned())
}

#[derive(Serialize)]
struct Listed {
    client_id: String,
    behaviour: String,
    ends_at: String,
    enforce: bool,
    ended_at: Option<String>,
    note: String,
}

impl From<LegacyDeadline> for Listed {
    fn from(one: LegacyDeadline) -> Self {
        Self {
            client_id: one.client,
            behaviour: one.legacy,
            ends_at: output::time(one.ends_at),
            enforce: one.enforce,
            ended_at: one.ended_at.map(output::time),
            note: one.note,
        }
    }
}

/// Does it.
pub(crate) async fn run(args: LegacyArgs, context: &Context) -> Result<(), Trouble> {
    let Some(command) = args.command else { return report(&args.report, context).await };
    let data = context.data().await?;
    match command {
        LegacyCommand::Deadlines => list(context, &data).await,
        LegacyCommand::SetDeadline { legacy, app, all: _, ends, note, enforce } => {
            let new = New { legacy, ends_at: ends, note: &note, enforce };
            set(context, &data, app.as_deref(), &new).await
        }
        LegacyCommand::RemoveDeadline { legacy, app } => {
            let realm = data.realm().await?;
            deadlines::remove(&data.admin(), &realm, &app, legacy.name()).await?;
            let item = serde_json::json!({ "client_id": app, "behaviour": legacy.name(), "removed": true });
            context.format.one(&item, &[("client", app.clone()), ("behaviour", legacy.name().to_owned())])
        }
    }
}

async fn list(context: &Context, data: &Data) -> Result<(), Trouble> {
    let realm = data.realm().await?;
    let mut all: Vec<Listed> = Vec::new();
    loop {
        let last = all.last().map(|one| (one.client_id.clone(), one.behaviour.clone())).unwrap_or_default();
        let page = deadlines::list(&data.store, &realm, (&last.0, &last.1), PAGE).await?;
        if page.is_empty() {
            break;
        }
        all.extend(page.into_iter().map(Listed::from));
    }
    context.format.list(["client", "behaviour", "ends", "then", "note"], &all, |one| {
        let then = if one.enforce { "refused" } else { "notice" };
        let note = one.note.lines().next().unwrap_or_default().to_owned();
        [one.client_id.clone(), one.behaviour.clone(), one.ends_at.clone(), then.to_owned(), note]
    })
}

async fn set(context: &Context, data: &Data, app: Option<&str>, new: &New<'_>) -> Result<(), Trouble> {
    let realm = data.realm().await?;
    let (secrets, pages) = (data.secrets().await?, context.pages()?);
    let desk = Desk { secrets: &secrets, pages: &pages };
    let Some(app) = app else {
        let apps = deadlines::set_for_all(&data.admin(), desk, &realm, new).await?;
        if apps == 0 {
            let why = format!("no app of `{}` was given `{}`", realm.id, new.legacy.name());
            return Err(Trouble::new(Exit::NotFound, why));
        }
        let item =
            serde_json::json!({ "behaviour": new.legacy.name(), "apps": apps, "ends_at": output::time(new.ends_at) });
        return context.format.one(&item, &[("apps", apps.to_string()), ("ends", output::time(new.ends_at))]);
    };
    let set = Listed::from(deadlines::set(&data.admin(), desk, &realm, app, new).await?);
    let then = if set.enforce { "refused" } else { "notice" };
    context
        .format
        .one(&set, &[("client", set.client_id.clone()), ("ends", set.ends_at.clone()), ("then", then.to_owned())])
}
