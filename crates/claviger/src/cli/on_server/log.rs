//! `claviger log` at a server.

use super::not_here;
use crate::cli::context::Context;
use crate::cli::output;
use crate::cli::place::{Server, answered, member, text};
use crate::cli::request_log::{self, List, LogCommand};
use crate::cli::trouble::Trouble;
use claviger_server::admin::log::{ErrorGroup, LoggedCall, Said};
use claviger_server::clock::Clock;
use serde_json::Value;

/// Does it.
pub(crate) async fn run(command: LogCommand, context: &Context, server: &Server) -> Result<(), Trouble> {
    let (realm, now) = (server.realm().await?, Clock::default().now());
    match command {
        LogCommand::List(wanted) if wanted.follow || wanted.before.is_some() => {
            Err(not_here("`claviger log list` with --follow or --before"))
        }
        LogCommand::List(wanted) => {
            let query = query(&wanted, now);
            let query: Vec<_> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let found = server.all(&["realms", &realm.id, "log"], &query, wanted.limit).await?;
            request_log::calls(context, &found.iter().map(call).collect::<Result<Vec<_>, _>>()?)
        }
        LogCommand::Errors { app, since } => {
            let since = output::time(since.millis(now));
            let query = [("app", app.as_str()), ("since", since.as_str())];
            let found = server.get(&["realms", &realm.id, "log", "errors"], &query).await?;
            let items: Vec<Value> = answered(member(&found, "items").clone())?;
            request_log::groups(context, &items.iter().map(group).collect::<Vec<_>>())
        }
        LogCommand::Show { reference } => {
            let found = server.get(&["realms", &realm.id, "log", "calls", &reference], &[]).await?;
            request_log::one(context, &call(&found)?)
        }
        LogCommand::Replay { reference } => {
            let found = server.get(&["realms", &realm.id, "log", "calls", &reference, "replay"], &[]).await?;
            if context.format.is_structured() {
                return context.format.one(&found, &[]);
            }
            let checks: Vec<Value> = answered(member(&found, "checks").clone())?;
            context.format.list(["check", "outcome", "compared", "mend"], &checks, |one| {
                let outcome = text(one, "outcome").replace('-', " ");
                [text(one, "what"), outcome, text(one, "compared"), text(one, "mend")]
            })
        }
    }
}

fn query(wanted: &List, now: i64) -> Vec<(&'static str, String)> {
    let time = |since: Option<request_log::Since>| since.map(|since| output::time(since.millis(now)));
    let all = [
        ("app", Some(wanted.app.clone()).filter(|app| !app.is_empty())),
        ("endpoint", wanted.endpoint.clone()),
        ("error", wanted.error.clone()),
        ("status", wanted.status.map(|status| status.to_string())),
        ("refused", wanted.errors.then(|| "true".to_owned())),
        ("since", time(wanted.since)),
        ("until", time(wanted.until)),
    ];
    all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

fn at(value: &Value, name: &str) -> i64 {
    output::parse_time(&text(value, name)).unwrap_or_default()
}

fn call(one: &Value) -> Result<LoggedCall, Trouble> {
    let status = member(one, "status").as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or_default();
    Ok(LoggedCall {
        id: text(one, "id"),
        at: at(one, "at"),
        realm: text(one, "realm"),
        app: text(one, "app"),
        reference: text(one, "reference"),
        endpoint: text(one, "endpoint"),
        grant_type: text(one, "grant_type"),
        status,
        error: text(one, "error"),
        kind: text(one, "kind"),
        detail: text(one, "detail"),
        mend: text(one, "mend"),
        said: answered::<Said>(member(one, "said").clone())?,
    })
}

fn group(one: &Value) -> ErrorGroup {
    ErrorGroup {
        kind: text(one, "kind"),
        error: text(one, "error"),
        count: member(one, "count").as_u64().unwrap_or_default(),
        first_at: at(one, "first_at"),
        last_at: at(one, "last_at"),
        endpoint: text(one, "endpoint"),
        reference: text(one, "reference"),
        detail: text(one, "detail"),
        mend: text(one, "mend"),
    }
}
