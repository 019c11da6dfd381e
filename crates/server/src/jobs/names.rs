//! Names of users get the form in which they are compared now, once for each database.

use crate::state::State;
use claviger_store::{Fault, Place};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::sleep;

/// How many users are looked at in one transaction.
const AT_ONCE: i64 = 200;

/// Nothing, where it is done.
pub(super) async fn bring_up_to_date(state: &State, stop: &watch::Receiver<bool>) -> Result<(), Fault> {
    if state.store.names_are_up_to_date().await? {
        return Ok(());
    }
    let mut after = Place::default();
    while let Some(next) = state.store.bring_names_up_to_date(&after, AT_ONCE).await? {
        after = next;
        if *stop.borrow() {
            return Ok(());
        }
        sleep(Duration::from_millis(5)).await;
    }
    warn(state).await
}

/// Says how many names are another's, and that nothing was changed.
async fn warn(state: &State) -> Result<(), Fault> {
    let (mut after, mut alike) = (Some(Place::default()), 0);
    while let Some(place) = after {
        let (found, next) = state.store.names_alike(&place, AT_ONCE).await?;
        alike += found.len();
        after = next;
    }
    if alike > 0 {
        let help = "`claviger user alike` lists them; nothing was changed";
        tracing::warn!(users = alike, help, "there are users whose names are one in their normal form");
    }
    Ok(())
}
