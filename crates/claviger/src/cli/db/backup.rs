//! `claviger db backup`.

use super::super::context::Context;
use super::super::output;
use super::super::trouble::Trouble;
use super::progress::Progress;
use claviger_server::clock::Clock;
use claviger_store::copy;
use std::path::Path;

/// Takes a backup of the configured database.
pub(super) async fn run(file: &Path, context: &Context) -> Result<(), Trouble> {
    let database = context.present()?.database;
    let now = Clock::default().now();
    let mut progress = Progress::new();
    let made = copy::backup(&database.url, file, &database.options, now, &mut progress).await;
    progress.finish();
    let made = made?;
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
