//! `claviger log` at a server.

use crate::cli::context::Context;
use crate::cli::output;
use crate::cli::place::{InRealm, Server, answered, member, text};
use crate::cli::request_log::{self, List, LogCommand};
use crate::cli::trouble::Trouble;
use claviger_server::admin::log::{ErrorGroup, LoggedCall, Said};
use claviger_server::clock::Clock;
use serde_json::Value;
use std::cell::Cell;

/// Does it.
pub(crate) async fn run(command: LogCommand, context: &Context, server: &Server) -> Result<(), Trouble> {
    let (realm, now) = (server.realm().await?, Clock::default().now());
    match command {
        LogCommand::List(wanted) if wanted.follow => follow(context, &realm, &wanted, now).await,
        LogCommand::List(wanted) => {
            let query = query(&wanted, now);
            let query: Vec<_> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let found: Vec<Value> = realm.all(&["log"], &query, wanted.limit).await?;
            request_log::calls(context, &found.iter().map(call).collect::<Result<Vec<_>, _>>()?)
        }
        LogCommand::Errors { app, since } => {
            let since = output::time(since.millis(now));
            let query = [("app", app.as_str()), ("since", since.as_str())];
            let items: Vec<Value> = realm.items(&["log", "errors"], &query).await?;
            request_log::groups(context, &items.iter().map(group).collect::<Vec<_>>())
        }
        LogCommand::Show { reference } => {
            request_log::one(context, &call(&realm.get(&["log", "calls", &reference], &[]).await?)?)
        }
        LogCommand::Replay { reference } => {
            let found: Value = realm.get(&["log", "calls", &reference, "replay"], &[]).await?;
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

/// Prints calls as they come. The server's own `next` says where to go on.
async fn follow(context: &Context, realm: &InRealm<'_>, wanted: &List, now: i64) -> Result<(), Trouble> {
    let since = output::time(wanted.since.map_or(now, |since| since.millis(now)));
    let limit = request_log::AT_ONCE.to_string();
    let next = Cell::new(None::<String>);
    request_log::follow(context, wanted.errors, async |_| {
        let at = next.take();
        let mut query = vec![("limit", limit.as_str())];
        query.extend(of(wanted));
        query.push(at.as_deref().map_or(("since", since.as_str()), |at| ("after", at)));
        let page: Value = realm.get(&["log", "newer"], &query).await?;
        next.set(member(&page, "next").as_str().map(str::to_owned));
        answered::<Vec<Value>>(member(&page, "items").clone())?.iter().map(call).collect()
    })
    .await
}

/// Of what the calls are, as the API takes it.
fn of(wanted: &List) -> Option<(&'static str, &str)> {
    let app = wanted.app.as_deref().map(|app| ("app", app));
    app.or_else(|| wanted.nameless.then_some(("nameless", "true")))
}

fn query(wanted: &List, now: i64) -> Vec<(&'static str, String)> {
    let time = |since: Option<request_log::Since>| since.map(|since| output::time(since.millis(now)));
    let all = [
        ("before", wanted.before.clone()),
        ("endpoint", wanted.endpoint.clone()),
        ("error", wanted.error.clone()),
        ("status", wanted.status.map(|status| status.to_string())),
        ("refused", wanted.errors.then(|| "true".to_owned())),
        ("since", time(wanted.since)),
        ("until", time(wanted.until)),
    ];
    let all = all.into_iter().filter_map(|(name, value)| Some((name, value?)));
    all.chain(of(wanted).map(|(name, value)| (name, value.to_owned()))).collect()
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
