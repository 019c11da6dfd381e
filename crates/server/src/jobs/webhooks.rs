//! Tells webhooks what happened: every server looks into the outbox, and each call is made by one of them.

use crate::outbox::deliver_due;
use crate::state::State;
use crate::webhooks::Caller;
use claviger_store::Fault;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::sleep;

/// How often the outbox is looked into.
const PERIOD: Duration = Duration::from_secs(2);

/// How many secrets that end soon are told of in one transaction.
const AT_ONCE: i64 = 100;

/// Makes the calls until told to stop. What is under way then is made again by whoever looks next.
pub(crate) async fn tell_webhooks(state: Arc<State>, mut stop: watch::Receiver<bool>) {
    tokio::select! {
        () = tell(&state) => {}
        _ = stop.wait_for(|stop| *stop) => {}
    }
}

async fn tell(state: &State) {
    loop {
        match deliver_due(&state.background, &Caller::of(state), state.clock.now()).await {
            Ok(0) => {}
            Ok(_) => continue,
            Err(fault) => {
                crate::state::health::count(&fault);
                tracing::debug!(%fault, "the outbox is looked into again later");
            }
        }
        sleep(PERIOD).await;
    }
}

/// Tells of secrets that end soon, some in each round.
pub(super) async fn tell_of_ending_secrets(state: &State) -> Result<(), Fault> {
    state.store.tell_of_ending_secrets(state.clock.now(), AT_ONCE).await.map(drop)
}
