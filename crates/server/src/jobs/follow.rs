//! Keeps in step with what other processes write.

use crate::state::State;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How often other processes' writes are looked for.
const STEP: Duration = Duration::from_millis(100);

/// Takes in what is new until told to stop. What goes wrong is told by [`crate::state::health`].
pub(crate) async fn follow(state: Arc<State>, mut stop: watch::Receiver<bool>) {
    loop {
        let _ = state.follower().catch_up().await;
        tokio::select! {
            () = tokio::time::sleep(STEP) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}
