//! The demo's mails: nobody has the addresses, so each becomes a file that whoever runs the demo can read.

use crate::folder::Folder;
use claviger_server::State as Server;
use claviger_server::mail::{Mailer, Outlet, deliver_due};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How often it is looked for new ones: people wait for the link that they were promised.
const PERIOD: Duration = Duration::from_millis(500);
const FROM: &str = "Claviger demo <demo@claviger.example>";

/// Where the mails are.
pub(super) fn place(folder: &Folder) -> PathBuf {
    folder.path().join("mails")
}

/// Writes mails into the folder until told to stop.
///
/// # Errors
/// Never: the sender is an address.
pub(super) fn keep(state: Arc<Server>, folder: PathBuf, mut stop: watch::Receiver<bool>) -> anyhow::Result<()> {
    let mailer = Mailer::new(FROM, &Outlet::Folder(folder))?;
    tokio::spawn(async move {
        loop {
            tokio::select! {
                () = tokio::time::sleep(PERIOD) => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
            if let Err(fault) = deliver_due(&state.store, &state.secrets, &mailer, state.clock.now()).await {
                tracing::debug!(%fault, "mails are looked for again soon");
            }
        }
    });
    Ok(())
}
