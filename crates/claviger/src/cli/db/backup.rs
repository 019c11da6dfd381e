//! `claviger db backup`.

use super::super::context::{Context, actor};
use super::super::output;
use super::super::trouble::Trouble;
use super::progress::Progress;
use super::reach;
use claviger_server::admin::Way;
use claviger_server::admin::db::{self, By};
use claviger_server::clock::Clock;
use std::path::Path;

/// Takes a backup of the configured database.
pub(super) async fn run(file: &Path, context: &Context) -> Result<(), Trouble> {
    let database = context.present()?.database;
    reach(&database.url, &database.options).await?;
    let now = Clock::default().now();
    let mut progress = Progress::new();
    let actor = actor(Way::Cli, now);
    let by = By { actor: &actor, now };
    let made = db::backup(by, (&database.url, &database.options), file, &mut progress).await;
    progress.finish();
    let (made, unwritten) = made?;
    if let Some(fault) = unwritten {
        eprintln!("the backup is made, but no line about it is in the audit log: {fault}");
    }
    let item = serde_json::json!({
        "file": made.file, "bytes": made.bytes, "at": output::time(now), "source": made.source, "schema": made.schema,
    });
    context.format.one(
        &item,
        &[
            ("file", made.file.display().to_string()),
            ("bytes", made.bytes.to_string()),
            ("of", made.source),
            ("at", output::time(now)),
        ],
    )
}
