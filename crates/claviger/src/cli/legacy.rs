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
use serde::{Deserialize, Serialize};

/// How many are read at once.
const PAGE: i64 = 500;

/// The report, or what is done.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct LegacyArgs {
    #[command(subcommand)]
    pub(super) command: Option<LegacyCommand>,
    #[command(flatten)]
    pub(super) report: LegacyReport,
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
        /// One app, by its client id
        #[arg(long, value_name = "ID", required_unless_present = "all")]
        app: Option<String>,
        /// Every app of the realm that has a date for it
        #[arg(long, conflicts_with = "app")]
        all: bool,
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

/// A deadline as it is listed, and as the admin API tells it.
#[derive(Serialize, Deserialize)]
pub(super) struct Listed {
    #[serde(rename(deserialize = "app"))]
    client_id: String,
    #[serde(rename(deserialize = "legacy"))]
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

/// Does it, in the database.
pub(crate) async fn run(args: LegacyArgs, context: &Context, data: &Data) -> Result<(), Trouble> {
    let Some(command) = args.command else { return report(&args.report, context, data).await };
    match command {
        LegacyCommand::Deadlines => list(context, data).await,
        LegacyCommand::SetDeadline { legacy, app, all: _, ends, note, enforce } => {
            let new = New { legacy, ends_at: ends, note: &note, enforce };
            set(context, data, app.as_deref(), &new).await
        }
        LegacyCommand::RemoveDeadline { legacy, app, all: _ } => {
            let realm = data.realm().await?;
            let Some(app) = app else {
                let apps = deadlines::remove_for_all(&data.admin(), &realm, legacy).await?;
                return removed_for_all(context, &realm.id, legacy, apps);
            };
            deadlines::remove(&data.admin(), &realm, &app, legacy.name()).await?;
            removed(context, &app, legacy)
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
    listed(context, &all)
}

async fn set(context: &Context, data: &Data, app: Option<&str>, new: &New<'_>) -> Result<(), Trouble> {
    let realm = data.realm().await?;
    let (secrets, pages) = (data.secrets().await?, context.pages()?);
    let desk = Desk { secrets: &secrets, pages: &pages };
    let Some(app) = app else {
        let apps = deadlines::set_for_all(&data.admin(), desk, &realm, new).await?;
        return set_for_all(context, &realm.id, (new.legacy, new.ends_at), apps);
    };
    is_set(context, &deadlines::set(&data.admin(), desk, &realm, app, new).await?.into())
}

/// Prints deadlines.
pub(super) fn listed(context: &Context, all: &[Listed]) -> Result<(), Trouble> {
    context.format.list(["client", "behaviour", "ends", "then", "note"], all, |one| {
        let note = one.note.lines().next().unwrap_or_default().to_owned();
        [one.client_id.clone(), one.behaviour.clone(), one.ends_at.clone(), one.then().to_owned(), note]
    })
}

/// Says that a deadline was taken back.
pub(super) fn removed(context: &Context, app: &str, legacy: Legacy) -> Result<(), Trouble> {
    let item = serde_json::json!({ "client_id": app, "behaviour": legacy.name(), "removed": true });
    context.format.one(&item, &[("client", app.to_owned()), ("behaviour", legacy.name().to_owned())])
}

/// Says for how many apps of a realm it was; of none is a mistake of whoever took it back.
pub(super) fn removed_for_all(context: &Context, realm: &str, legacy: Legacy, apps: usize) -> Result<(), Trouble> {
    if apps == 0 {
        return Err(Trouble::not_found(format!("no app of `{realm}` has a date for `{}`", legacy.name())));
    }
    let item = serde_json::json!({ "behaviour": legacy.name(), "apps": apps, "removed": true });
    context.format.one(&item, &[("apps", apps.to_string()), ("behaviour", legacy.name().to_owned())])
}

/// Says of an app until when it may now.
pub(super) fn is_set(context: &Context, set: &Listed) -> Result<(), Trouble> {
    let pairs = [("client", set.client_id.clone()), ("ends", set.ends_at.clone()), ("then", set.then().to_owned())];
    context.format.one(set, &pairs)
}

/// Says of how many apps of a realm a deadline is now, and which; of none is a mistake of whoever set it.
pub(super) fn set_for_all(
    context: &Context,
    realm: &str,
    (legacy, ends_at): (Legacy, i64),
    apps: usize,
) -> Result<(), Trouble> {
    if apps == 0 {
        return Err(Trouble::new(Exit::NotFound, format!("no app of `{realm}` was given `{}`", legacy.name())));
    }
    let ends = output::time(ends_at);
    let item = serde_json::json!({ "behaviour": legacy.name(), "apps": apps, "ends_at": ends });
    context.format.one(&item, &[("apps", apps.to_string()), ("ends", ends.clone())])
}

impl Listed {
    fn then(&self) -> &'static str {
        if self.enforce { "refused" } else { "notice" }
    }
}
