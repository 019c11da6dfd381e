//! `claviger master-key`: the key that everything secret in the database is sealed under.

use super::ask;
use super::context::Context;
use super::trouble::Trouble;
use clap::Subcommand;
use claviger_server::admin::keys::{self, Sealed};
use std::io::IsTerminal;

/// What is done with the master key.
#[derive(Debug, Subcommand)]
pub(crate) enum MasterKeyCommand {
    /// Count what is sealed under which of the keys in the master key file
    Status,
    /// Seal everything anew under the second key of the master key file, while servers run
    #[command(after_help = "\
Steps:
  openssl rand -hex 32 >> /etc/claviger/master.key    1. on one server: the new key below the one in use
                                                      2. copy the file to every server; none is restarted
  claviger master-key rotate                          3. once, on any of them
  sed -i 1d /etc/claviger/master.key                  4. on every server: take the old key out

Where the key is in CLAVIGER_MASTER_KEY, write both with a blank in between, and restart the servers one by one in
place of step 2, and again after step 3 with the new key alone.
A rotation that is interrupted is ended by the same command. Until then, both keys are needed. Backups from before
stay sealed under the old key: keep it with them.")]
    Rotate {
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
}

/// Does it.
pub(crate) async fn run(command: MasterKeyCommand, context: &Context) -> Result<(), Trouble> {
    let data = context.data().await?;
    let masters = data.master_keys()?;
    let sealed = match command {
        MasterKeyCommand::Status => keys::survey(&data.store, &masters).await?,
        MasterKeyCommand::Rotate { yes } => {
            keys::MasterRotation::begin(&data.admin(), &masters).await?;
            ask::confirm(
                yes,
                "Seal everything in the database under the second key of the master key file? Every server must have \
                 both keys in its file now; one that has not answers 503 until it has.",
            )?;
            let quiet = !std::io::stderr().is_terminal();
            let sealed = keys::rotate_master_key(&data.admin(), &masters, |seen| {
                if !quiet {
                    eprint!("\r{seen} signing keys");
                }
            })
            .await?;
            if !quiet {
                eprintln!();
            }
            eprintln!(
                "Everything is sealed under the new key. Take the first line out of the master key file, on every server."
            );
            sealed
        }
    };
    show(context, sealed)
}

fn show(context: &Context, sealed: Sealed) -> Result<(), Trouble> {
    let Sealed { newest, earlier, unreadable } = sealed;
    let item = serde_json::json!({ "newest": newest, "earlier": earlier, "unreadable": unreadable });
    context.format.one(
        &item,
        &[
            ("sealed under the newest key", newest.to_string()),
            ("under the one before it", earlier.to_string()),
            ("under a key that is not given", unreadable.to_string()),
        ],
    )
}
