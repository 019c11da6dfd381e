//! Tells the other servers who guesses and how often limited apps called, and hears it from them.

use crate::state::brakes::Brakes;
use crate::state::clock::Clock;
use crate::state::health;
use crate::state::limits::Limits;
use claviger_store::Store;
use std::time::Duration;
use tokio::sync::watch;

/// How often the servers tell one another.
const PERIOD: Duration = Duration::from_millis(250);

/// What is shared.
#[derive(Clone, Copy)]
pub(crate) struct Shared<'a> {
    /// Failed guesses.
    pub(crate) brakes: &'a Brakes,
    /// Calls of limited apps.
    pub(crate) limits: &'a Limits,
}

/// Tells and hears until told to stop, and once more then.
pub(crate) async fn share(shared: Shared<'_>, store: &Store, clock: &Clock, mut stop: watch::Receiver<bool>) {
    loop {
        let stopping = tokio::select! {
            () = tokio::time::sleep(PERIOD) => false,
            _ = stop.wait_for(|stop| *stop) => true,
        };
        if let Err(fault) = shared.brakes.sync(store, clock.now()).await {
            health::count(&fault);
            tracing::debug!(%fault, "the brakes are not shared");
        }
        if let Err(fault) = shared.limits.sync(store, clock.now()).await {
            health::count(&fault);
            tracing::debug!(%fault, "the limits of apps are not shared");
        }
        if stopping {
            return;
        }
    }
}
