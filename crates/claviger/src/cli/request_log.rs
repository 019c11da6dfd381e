//! `claviger log`: what became of apps' calls.

use super::context::{Context, Data};
use super::output;
use super::trouble::{Exit, Trouble};
use clap::{Args, Subcommand};
use claviger_core::Realm;
use claviger_core::span::Span;
use claviger_server::admin::log::{self, ErrorGroup, LoggedCall, RequestFilter};
use claviger_server::admin::{apps, replay};
use claviger_store::RequestLog;
use std::time::Duration;

/// How often `--follow` looks.
const LOOK: Duration = Duration::from_millis(500);

/// How many lines `--follow` takes at once.
pub(super) const AT_ONCE: usize = 200;

/// What is done with the request log.
#[derive(Debug, Subcommand)]
pub(crate) enum LogCommand {
    /// List the calls of a realm or of one app, the newest first
    #[command(after_help = "\
Examples:
  claviger log list --realm orders --app fleet-planner
  claviger log list --realm orders --app fleet-planner --errors --since 1h -o json
  claviger log list --realm orders --app fleet-planner --follow
  claviger log list --realm orders                      of all its apps, and of none
  claviger log list --realm orders --nameless           calls that named no app of the realm

Secrets, codes, tokens, passwords and user names are never in it. What is newer than a second may not be there yet.")]
    List(Box<List>),
    /// What went wrong with an app's calls, how often, and how to mend it
    #[command(after_help = "\
Examples:
  claviger log errors --realm orders --app fleet-planner --since 7d")]
    Errors {
        /// The app
        #[arg(long, value_name = "CLIENT_ID")]
        app: String,
        /// From then on: a day, a time, or so long ago (7d)
        #[arg(long, value_parser = since, value_name = "TIME", default_value = "1d")]
        since: Since,
    },
    /// One call, by the reference that its answer carries (`reference`, X-Request-Id)
    Show {
        /// The reference
        reference: String,
    },
    /// Go through a refused call once more: each check, passed or failed, and what was compared
    #[command(after_help = "\
Examples:
  claviger log replay --realm orders 3k9v0c7q2m1xz

Nothing is done again: the checks are told by what the log kept and by what the app is now. Of secrets there are lengths and digests.")]
    Replay {
        /// The reference
        reference: String,
    },
}

/// Which calls.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only those of this app; left out: those of the whole realm
    #[arg(long, value_name = "CLIENT_ID")]
    pub(super) app: Option<String>,
    /// Only those that named no app of the realm
    #[arg(long, conflicts_with = "app")]
    pub(super) nameless: bool,
    /// Only what was refused
    #[arg(long)]
    pub(super) errors: bool,
    /// Only at this endpoint: token, authorization, introspection, revocation, pushed-authorization, device-authorization
    #[arg(long, value_name = "ENDPOINT")]
    pub(super) endpoint: Option<String>,
    /// Only with this error, like `invalid_grant`
    #[arg(long, value_name = "ERROR")]
    pub(super) error: Option<String>,
    /// Only with a status of this class: 2, 3, 4 or 5
    #[arg(long, value_parser = clap::value_parser!(u16).range(2..=5), value_name = "CLASS")]
    pub(super) status: Option<u16>,
    /// From then on: a day (2026-11-21), a time (2026-11-21T04:16:47Z), or so long ago (7d)
    #[arg(long, value_parser = since, value_name = "TIME")]
    pub(super) since: Option<Since>,
    /// Before then, spelled likewise
    #[arg(long, value_parser = since, value_name = "TIME")]
    pub(super) until: Option<Since>,
    /// Those behind the call with this id, for the next page
    #[arg(long, value_name = "ID")]
    pub(super) before: Option<String>,
    /// At most so many
    #[arg(long, default_value_t = 100, value_name = "NUMBER")]
    pub(super) limit: usize,
    /// Go on with what comes, until Ctrl-C; JSON is a line for each call then
    #[arg(long, conflicts_with_all = ["until", "before", "endpoint", "error", "status"])]
    pub(super) follow: bool,
}

/// A moment.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Since {
    At(i64),
    Ago(i64),
}

impl Since {
    pub(super) const fn millis(self, now: i64) -> i64 {
        match self {
            Self::At(at) => at,
            Self::Ago(span) => now.saturating_sub(span),
        }
    }
}

fn since(text: &str) -> Result<Since, String> {
    if let Some(at) = output::parse_time(text) {
        return Ok(Since::At(at));
    }
    let span = text.parse::<Span>().map_err(|_| "write 2026-11-21, 2026-11-21T04:16:47Z, or 7d for seven days ago")?;
    Ok(Since::Ago(span.as_millis()))
}

/// Does it, in the database.
pub(crate) async fn run(command: LogCommand, context: &Context, data: &Data) -> Result<(), Trouble> {
    let realm = data.realm().await?;
    let found = data.store.find_request_log()?;
    let log = found.ok_or_else(|| {
        Trouble::not_found("there is no request log beside this database")
            .help("the server writes it unless its configuration says `[request-log] enabled = false`")
    })?;
    match command {
        LogCommand::List(wanted) => list(*wanted, context, data, &realm, &log).await,
        LogCommand::Errors { app, since } => {
            apps::find(&data.store, &realm, &app).await?;
            let groups = log::errors(&log, (&realm.id, &app), since.millis(data.now())).await?;
            self::groups(context, &groups)
        }
        LogCommand::Show { reference } => {
            let call = log::call(&log, &reference, None, data.now()).await?;
            one(context, &call)
        }
        LogCommand::Replay { reference } => {
            let secrets = data.secrets().await?;
            let replay = replay::replay(&data.store, &log, &secrets, &realm, &reference, data.now()).await?;
            if context.format.is_structured() {
                return context.format.one(&replay, &[]);
            }
            context.format.list(["check", "outcome", "compared", "mend"], &replay.checks, |one| {
                [one.what.to_owned(), one.outcome.name().to_owned(), one.compared.clone(), one.mend.clone()]
            })
        }
    }
}

async fn list(wanted: List, context: &Context, data: &Data, realm: &Realm, log: &RequestLog) -> Result<(), Trouble> {
    if let Some(app) = &wanted.app {
        apps::find(&data.store, realm, app).await?;
    }
    if wanted.follow {
        let from = wanted.since.map_or(data.now(), |since| since.millis(data.now()));
        return follow(context, wanted.errors, async |after| {
            let after = after.as_deref();
            Ok(match wanted.of() {
                Some(app) => log::calls_after(log, (&realm.id, app), after, from, AT_ONCE).await?,
                None => log::realm_calls_after(log, &realm.id, after, from, AT_ONCE).await?,
            })
        })
        .await;
    }
    let filter = RequestFilter {
        since: wanted.since.map(|since| since.millis(data.now())),
        until: wanted.until.map(|until| until.millis(data.now())),
        endpoint: wanted.endpoint.clone(),
        error: wanted.error.clone(),
        kind: None,
        status_class: wanted.status,
        refused: wanted.errors,
    };
    let before = wanted.before.as_deref();
    let calls = match wanted.of() {
        Some(app) => log::calls(log, (&realm.id, app), &filter, before, wanted.limit).await?,
        None => log::realm_calls(log, &realm.id, &filter, before, wanted.limit).await?,
    };
    self::calls(context, &calls)
}

/// Prints what went wrong.
pub(super) fn groups(context: &Context, groups: &[ErrorGroup]) -> Result<(), Trouble> {
    context.format.list(["kind", "count", "first", "last", "reference", "mend"], groups, |group| {
        [
            group.kind.clone(),
            group.count.to_string(),
            output::time(group.first_at),
            output::time(group.last_at),
            group.reference.clone(),
            group.mend.clone(),
        ]
    })
}

/// Prints a call.
pub(super) fn one(context: &Context, call: &LoggedCall) -> Result<(), Trouble> {
    context.format.one(call, &pairs(call))
}

/// Prints calls.
pub(super) fn calls(context: &Context, calls: &[LoggedCall]) -> Result<(), Trouble> {
    let columns = ["time", "endpoint", "grant", "status", "error", "kind", "address", "proof", "reference"];
    context.format.list(columns, calls, |call| {
        [
            output::time(call.at),
            call.endpoint.clone(),
            call.grant_type.clone(),
            call.status.to_string(),
            call.error.clone(),
            call.kind.clone(),
            call.said.address.clone(),
            call.said.proof.clone(),
            call.reference.clone(),
        ]
    })
}

impl List {
    /// The app that is meant; an empty name for what named none, nothing for the whole realm.
    fn of(&self) -> Option<&str> {
        self.app.as_deref().or(self.nameless.then_some(""))
    }
}

/// Prints calls as they come, until Ctrl-C. `newer`: those behind the one with this id (of the first page: none), the oldest first, at
/// most [`AT_ONCE`].
pub(super) async fn follow(
    context: &Context,
    errors: bool,
    newer: impl AsyncFn(Option<String>) -> Result<Vec<LoggedCall>, Trouble>,
) -> Result<(), Trouble> {
    let mut after: Option<String> = None;
    loop {
        let calls = newer(after.clone()).await?;
        let is_all = calls.len() < AT_ONCE;
        after = calls.last().map(|call| call.id.clone()).or(after);
        for call in calls.into_iter().filter(|call| !errors || !call.kind.is_empty() || call.status >= 400) {
            output::put(&line(&call, context)?)?;
        }
        if is_all {
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                _ = tokio::signal::ctrl_c() => return Ok(()),
            }
        }
    }
}

/// A call on one line.
fn line(call: &LoggedCall, context: &Context) -> Result<String, Trouble> {
    if context.format.is_structured() {
        let text = serde_json::to_string(call);
        return text
            .map(|text| text + "\n")
            .map_err(|error| Trouble::new(Exit::Failure, format!("a line cannot be spelled: {error}")));
    }
    let time = output::time(call.at);
    let LoggedCall { endpoint, grant_type, status, kind, detail, reference, .. } = call;
    let text = format!("{time} {endpoint} {grant_type} {status} {kind} {reference} {detail}");
    Ok(claviger_core::text::on_one_line(text.trim_end()).into_owned() + "\n")
}

fn pairs(call: &LoggedCall) -> Vec<(&'static str, String)> {
    let said = &call.said;
    let all = [
        ("time", output::time(call.at)),
        ("realm", call.realm.clone()),
        ("app", call.app.clone()),
        ("claimed", said.claimed.clone()),
        ("endpoint", call.endpoint.clone()),
        ("grant", call.grant_type.clone()),
        ("scope", said.scope.clone()),
        ("status", call.status.to_string()),
        ("error", call.error.clone()),
        ("kind", call.kind.clone()),
        ("said", call.detail.clone()),
        ("mend", call.mend.clone()),
        ("proof", said.proof.clone()),
        ("address", said.address.clone()),
        ("reference", call.reference.clone()),
    ];
    all.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}
