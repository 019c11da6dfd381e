//! Writes the request log beside the requests, and lets go of what is old.

use crate::state::State;
use crate::state::health;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

/// How often what waits is written: after a crash, what is newer is missing.
const PERIOD: Duration = Duration::from_millis(500);

/// How often old lines leave.
const CLEANUP: Duration = Duration::from_mins(1);

/// How many leave in one transaction.
const BATCH: i64 = 500;

/// The rest between two batches.
const REST: Duration = Duration::from_millis(20);

/// Writes until told to stop, and once more then.
pub(crate) async fn log_requests(state: Arc<State>, mut stop: watch::Receiver<bool>) {
    let mut cleaned = Instant::now();
    loop {
        let stopping = tokio::select! {
            () = sleep(PERIOD) => false,
            () = state.requests.filled() => false,
            _ = stop.wait_for(|stop| *stop) => true,
        };
        if let Err(fault) = state.requests.write(&state.store, state.clock.now()).await {
            health::count(&fault);
            tracing::debug!(%fault, "the request log is not written");
        }
        if stopping {
            return;
        }
        if cleaned.elapsed() >= CLEANUP {
            clean_up(&state, &stop).await;
            cleaned = Instant::now();
        }
    }
}

async fn clean_up(state: &State, stop: &watch::Receiver<bool>) {
    let until = Instant::now() + CLEANUP / 4;
    while Instant::now() < until && !*stop.borrow() {
        match state.requests.purge(state.clock.now(), BATCH).await {
            Ok(true) => sleep(REST).await,
            Ok(false) => return,
            Err(fault) => {
                tracing::debug!(%fault, "old lines of the request log stay for now");
                return;
            }
        }
    }
}
