//! `claviger db migrate`.

use super::super::context::{Context, actor};
use super::super::trouble::Trouble;
use crate::config::Database;
use claviger_core::text::printable;
use claviger_server::admin::db::{self, By};
use claviger_server::admin::{Way, users};
use claviger_server::clock::Clock;
use claviger_store::copy::inspect;
use claviger_store::{Fault, Store};

/// Whether anything is done.
#[derive(Debug, clap::Args)]
pub(crate) struct MigrateArgs {
    /// Say which steps there are, and change nothing
    #[arg(long)]
    dry_run: bool,
}

/// Gives names their present form, and lists those that would be another user's: they stay as they are.
async fn tell_names(database: &Database) -> Result<(), Trouble> {
    let store = Store::connect(&database.url, &database.options).await?;
    users::bring_names_up_to_date(&store).await?;
    for user in users::alike(&store, None).await? {
        let other = user.other.map(|other| other.username).unwrap_or_default();
        eprintln!(
            "In the realm {} the users `{}` and `{}` have one name now; nothing was changed (`claviger user alike`).",
            user.realm,
            printable(&user.username),
            printable(&other)
        );
    }
    Ok(())
}

/// Brings the schema up to date.
pub(super) async fn run(args: &MigrateArgs, context: &Context) -> Result<(), Trouble> {
    let database = context.present()?.database;
    let before = inspect(&database.url, &database.options).await?;
    let found = before.schema.map_or(0, |schema| schema.version);
    if let Some(schema) = before.schema.filter(|schema| schema.readable_by > before.known) {
        return Err(Fault::SchemaTooNew { found: schema.version, known: before.known }.into());
    }
    if !args.dry_run && !before.steps.is_empty() {
        let now = Clock::default().now();
        let actor = actor(Way::Cli, now);
        let steps = (found, before.known);
        db::migrate(By { actor: &actor, now }, (&database.url, &database.options), steps).await?;
        tell_names(&database).await?;
    }
    let item = serde_json::json!({
        "database": before.url, "found": found, "known": before.known, "steps": before.steps, "dry_run": args.dry_run,
    });
    let steps: Vec<String> = before.steps.iter().map(ToString::to_string).collect();
    let outcome = match (before.steps.is_empty(), args.dry_run) {
        (true, _) if found > before.known => "newer than this program, which can use it",
        (true, _) => "up to date",
        (false, true) => "dry run, nothing was changed",
        (false, false) => "done",
    };
    context.format.one(
        &item,
        &[
            ("database", before.url.clone()),
            ("schema", found.to_string()),
            ("steps", if steps.is_empty() { "none".into() } else { steps.join(", ") }),
            ("outcome", outcome.into()),
        ],
    )
}
