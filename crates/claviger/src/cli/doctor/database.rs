//! The database: whether it answers, its schema, whether the master key opens it, and whose clock is right.

use super::super::context::Context;
use super::super::trouble::{Exit, Trouble};
use super::{Finding, with_causes};
use crate::config::Config;
use claviger_core::Realm;
use claviger_server::admin::realms;
use claviger_server::secrets::{self, Secrets};
use claviger_store::Store;
use claviger_store::copy::{Inspection, inspect};
use std::time::{SystemTime, UNIX_EPOCH};

/// How far the clocks may be apart, in milliseconds.
const APART: i64 = 2_000;

/// Looks at it; the realms that are in it, where they can be read.
pub(super) async fn look(context: &Context, config: &Config, findings: &mut Vec<Finding>) -> Vec<Realm> {
    if let Err(trouble) = context.present() {
        findings.push(Finding::trouble("database", &trouble));
        return Vec::new();
    }
    let database = &config.database;
    let found = match inspect(&database.url, &database.options).await {
        Ok(found) => found,
        Err(fault) => {
            let trouble: Trouble = fault.into();
            findings
                .push(Finding { help: unreachable_help(&trouble).into(), ..Finding::trouble("database", &trouble) });
            return Vec::new();
        }
    };
    findings.push(Finding::ok("database", format!("{} ({} {})", found.url, found.engine, found.engine_version)));
    let is_current = schema(&found, findings);
    if !is_current {
        return Vec::new();
    }
    match Store::connect(&database.url, &database.options).await {
        Ok(store) => inside(context, config, &store, findings).await,
        Err(fault) => {
            findings.push(Finding::trouble("database", &fault.into()));
            Vec::new()
        }
    }
}

fn unreachable_help(trouble: &Trouble) -> &str {
    match trouble.exit() {
        Exit::Unreachable => {
            "look whether the database runs, and at the host and port of database.url and the firewall"
        }
        _ => trouble.advice().unwrap_or_default(),
    }
}

/// Whether it can be looked into without changing it.
fn schema(found: &Inspection, findings: &mut Vec<Finding>) -> bool {
    let fits = found.schema.is_some_and(|schema| schema.readable_by <= found.known);
    if let Some(unfinished) = &found.unfinished {
        findings.push(Finding {
            exit: Exit::Conflict,
            ..Finding::problem("schema", unfinished.to_string(), "finish that; `claviger db status` says more")
        });
        return false;
    }
    let (state, current) = match found.schema {
        None => {
            let help = "`claviger apply realms/` or `claviger serve` makes it";
            (Finding::warning("schema", "the database is empty", help), false)
        }
        Some(schema) if !fits => {
            let said = format!("{}, and this program knows {}", schema.version, found.known);
            let help = "use the newer program, or a backup from before its upgrade";
            (Finding { exit: Exit::Schema, ..Finding::problem("schema", said, help) }, false)
        }
        Some(schema) if found.steps.is_empty() => (Finding::ok("schema", schema.version.to_string()), true),
        Some(schema) => {
            let said = format!("{}, and this program's is {}", schema.version, found.known);
            (Finding::warning("schema", said, "`claviger db migrate` or `claviger serve` brings it up to date"), false)
        }
    };
    findings.push(state);
    current
}

async fn inside(context: &Context, config: &Config, store: &Store, findings: &mut Vec<Finding>) -> Vec<Realm> {
    findings.push(match master_key(context, config, store).await {
        Ok(finding) => finding,
        Err(trouble) => Finding::trouble("master key", &trouble),
    });
    findings.push(clock(store).await);
    match realms::list(store).await {
        Ok(realms) => {
            findings.push(if realms.is_empty() {
                Finding::problem(
                    "realms",
                    "there is none, so nothing is served",
                    "`claviger apply realms/` brings realm files in",
                )
            } else {
                Finding::ok("realms", realms.iter().map(|realm| realm.id.as_str()).collect::<Vec<_>>().join(", "))
            });
            realms
        }
        Err(error) => {
            findings.push(Finding::problem("realms", with_causes(&error), ""));
            Vec::new()
        }
    }
}

async fn master_key(context: &Context, config: &Config, store: &Store) -> Result<Finding, Trouble> {
    let keys = context.key_place(config).read()?;
    if !secrets::are_made(store).await? {
        return Ok(Finding::ok("master key", "it is there; nothing is sealed with it yet"));
    }
    Secrets::load(store, &keys).await?;
    Ok(Finding::ok("master key", "it opens what is sealed in the database"))
}

/// A database on a network has a clock of its own, which counts; a file has what servers were told before.
async fn clock(store: &Store) -> Finding {
    const HELP: &str = "set both machines' clocks by NTP";
    let here = || SystemTime::now().duration_since(UNIX_EPOCH).ok().and_then(|now| i64::try_from(now.as_millis()).ok());
    let asked = here().unwrap_or_default();
    let there = if store.keeps_time() {
        store.heartbeat(0).await.map(|heartbeat| heartbeat.time)
    } else {
        store.latest_time().await
    };
    let there = match there {
        Ok(there) => there,
        Err(fault) => return Finding::trouble("clock", &fault.into()),
    };
    // The database was asked somewhere between the two.
    let middle = i64::midpoint(asked, here().unwrap_or_default());
    let ahead = middle - there;
    match (store.keeps_time(), ahead) {
        (true, ahead) if ahead.abs() > APART => {
            let said = format!("this machine's is {} than the database's, which counts", apart(ahead));
            Finding::warning("clock", said, HELP)
        }
        (true, _) => Finding::ok("clock", "within two seconds of the database's"),
        (false, ahead) if ahead < -APART => {
            let said = format!("it was set back: a server was told a time {} ahead of now", seconds(-ahead));
            Finding::problem(
                "clock",
                said,
                "set this machine's clock by NTP; time stands still here until it has caught up",
            )
        }
        (false, _) => Finding::ok("clock", "not behind what this database was told"),
    }
}

fn apart(ahead: i64) -> String {
    let word = if ahead > 0 { "ahead" } else { "behind" };
    format!("{} further {word}", seconds(ahead.abs()))
}

fn seconds(millis: i64) -> String {
    format!("{}.{} s", millis / 1000, millis % 1000 / 100)
}
