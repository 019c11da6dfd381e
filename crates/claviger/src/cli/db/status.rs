//! `claviger db status`.

use super::super::context::Context;
use super::super::output;
use super::super::trouble::Trouble;
use claviger_store::copy::inspect;

/// Says what there is.
pub(super) async fn run(context: &Context) -> Result<(), Trouble> {
    let database = context.present()?.database;
    let found = inspect(&database.url, &database.options).await?;
    let leases: Vec<_> = found
        .leases
        .iter()
        .map(|lease| {
            serde_json::json!({
                "job": lease.name, "server": lease.holder, "until": output::time(lease.until), "held": lease.held,
            })
        })
        .collect();
    let unfinished = found.unfinished.as_ref().map(|state| {
        serde_json::json!({
            "work": state.work, "source": state.source, "at": output::time(state.at), "what": state.to_string(),
        })
    });
    let item = serde_json::json!({
        "database": found.url,
        "engine": found.engine,
        "engine_version": found.engine_version,
        "schema": found.schema.map(|schema| schema.version),
        "readable_by": found.schema.map(|schema| schema.readable_by),
        "known_schema": found.known,
        "steps": found.steps,
        "unfinished": unfinished,
        "epoch": found.epoch,
        "bytes": found.bytes,
        "rows_counted": found.counted,
        "tables": found.tables,
        "realms": found.realms,
        "live_grants": found.live_grants,
        "mails_waiting": found.mails_waiting,
        "changes": found.last_change,
        "changed_at": found.changed_at.map(output::time),
        "leases": leases,
    });
    let about = if found.counted { "" } else { "about " };
    let schema = match found.schema {
        None => format!("none yet; this program makes {}", found.known),
        Some(schema) if found.steps.is_empty() && schema.version == found.known => schema.version.to_string(),
        Some(schema) if found.steps.is_empty() => format!(
            "{} (readable by programs of {}); this program knows {}",
            schema.version, schema.readable_by, found.known
        ),
        Some(schema) => format!("{}; `claviger db migrate` or `serve` brings it to {}", schema.version, found.known),
    };
    let tables: Vec<_> = found.tables.iter().filter(|size| size.rows > 0).collect();
    let width = tables.iter().map(|size| size.table.len()).max().unwrap_or_default();
    let rows: Vec<_> = tables.iter().map(|size| format!("{:width$}  {about}{}", size.table, size.rows)).collect();
    let held = found.leases.iter().filter(|lease| lease.held);
    let held: Vec<_> = held.map(|lease| format!("{} by {}", lease.name, lease.holder)).collect();
    let changed = match found.changed_at {
        Some(at) => format!("{}, the last at {}", found.last_change, output::time(at)),
        None => found.last_change.to_string(),
    };
    context.format.one(
        &item,
        &[
            ("database", found.url.clone()),
            ("engine", format!("{} {}", found.engine, found.engine_version)),
            ("schema", schema),
            ("not servable", found.unfinished.as_ref().map(ToString::to_string).unwrap_or_default()),
            ("epoch", found.epoch.to_string()),
            ("bytes", found.bytes.to_string()),
            ("realms", found.realms.to_string()),
            ("live grants", format!("{about}{}", found.live_grants)),
            ("mails waiting", found.mails_waiting.to_string()),
            ("changes", changed),
            ("jobs", held.join("\n")),
            ("rows", rows.join("\n")),
        ],
    )
}
