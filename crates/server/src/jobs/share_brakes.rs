//! Tells the other servers who guesses, and hears it from them.

use crate::state::brakes::Brakes;
use crate::state::clock::Clock;
use crate::state::health;
use claviger_store::Store;
use std::time::Duration;
use tokio::sync::watch;

/// How often the servers tell one another.
const PERIOD: Duration = Duration::from_millis(250);

/// Tells and hears until told to stop, and once more then.
pub(crate) async fn share_brakes(brakes: &Brakes, store: &Store, clock: &Clock, mut stop: watch::Receiver<bool>) {
    loop {
        let stopping = tokio::select! {
            () = tokio::time::sleep(PERIOD) => false,
            _ = stop.wait_for(|stop| *stop) => true,
        };
        if let Err(fault) = brakes.sync(store, clock.now()).await {
            health::count(&fault);
            tracing::debug!(%fault, "the brakes are not shared");
        }
        if stopping {
            return;
        }
    }
}
