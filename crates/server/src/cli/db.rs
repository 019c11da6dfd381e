//! `claviger db`: the database itself.

use super::context::Context;
use super::output;
use super::trouble::{Exit, Trouble};
use clap::Subcommand;
use claviger_store::Fault;
use std::path::{Path, PathBuf};

/// What is done with the database.
#[derive(Debug, Subcommand)]
pub(crate) enum DbCommand {
    /// Where the database is, how large, and what is in it
    Status,
    /// Copy the database, as it is at this moment, into a new file; a running server goes on
    #[command(after_help = "\
Examples:
  claviger db backup /backup/claviger-$(date +%F).db

The copy is of no use without the master key: keep both, apart from each other.")]
    Backup {
        /// The file; it must not exist
        file: PathBuf,
    },
}

/// Does it.
pub(crate) async fn run(command: DbCommand, context: &Context) -> Result<(), Trouble> {
    let data = context.data().await?;
    match command {
        DbCommand::Status => {
            let file = data.file();
            let size = |path: &Path| std::fs::metadata(path).map_or(0, |found| found.len());
            let wal = file.as_ref().map(|file| PathBuf::from(format!("{}-wal", file.display())));
            let (bytes, log) = (file.as_deref().map_or(0, size), wal.as_deref().map_or(0, size));
            let realms = data.realm_ids().await?.len();
            let change = data.store.last_change().await?;
            let item = serde_json::json!({
                "database": data.store.shown(), "bytes": bytes, "log_bytes": log, "realms": realms, "changes": change,
                "mails_waiting": data.store.due_mails(i64::MAX - 1, 1000).await?.len(),
            });
            let field = |name: &str| item.get(name).map(ToString::to_string).unwrap_or_default();
            context.format.one(
                &item,
                &[
                    ("database", data.store.shown().clone()),
                    ("bytes", bytes.to_string()),
                    ("log bytes", log.to_string()),
                    ("realms", realms.to_string()),
                    ("changes", change.to_string()),
                    ("mails waiting", field("mails_waiting")),
                ],
            )
        }
        DbCommand::Backup { file } => {
            if file.exists() {
                let message = format!("{} is there already; a backup never overwrites one", file.display());
                return Err(Trouble::new(Exit::Conflict, message));
            }
            data.store.backup(&file).await.map_err(|fault| match fault {
                Fault::Unavailable(detail) => Trouble::new(Exit::Failure, detail),
                other => other.into(),
            })?;
            let bytes = std::fs::metadata(&file).map_or(0, |found| found.len());
            let item = serde_json::json!({ "file": file, "bytes": bytes, "at": output::time(data.now()) });
            context.format.one(&item, &[("file", file.display().to_string()), ("bytes", bytes.to_string())])
        }
    }
}
