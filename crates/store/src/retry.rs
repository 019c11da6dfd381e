//! When an intention is tried again: after a commit in doubt, and once after a connection that broke.
//!
//! Only for intentions that recognise what an earlier attempt of theirs wrote.

use crate::Fault;
use std::time::{Duration, Instant};

/// How often and how long something is tried again.
pub(crate) struct Retry {
    until: Instant,
    pause: Duration,
    /// Some attempt may have been committed. That stays so whatever happens to the later ones.
    in_doubt: bool,
    /// A connection broke before anything was committed; that is tried again once.
    broken: bool,
}

impl Retry {
    /// For as long as a caller is kept waiting.
    pub(crate) fn new(patience: Duration) -> Self {
        let pause = Duration::from_millis(20);
        Self { until: Instant::now() + patience, pause, in_doubt: false, broken: false }
    }

    /// Whether this is the first attempt.
    pub(crate) fn is_first(&self) -> bool {
        !self.in_doubt && !self.broken
    }

    /// The outcome of an attempt; none, after a pause, if there is to be another.
    pub(crate) async fn settle<T>(&mut self, outcome: Result<T, Fault>) -> Option<Result<T, Fault>> {
        match &outcome {
            Err(Fault::InDoubt) => self.in_doubt = true,
            Err(Fault::Unavailable(_)) if !self.in_doubt && !self.broken => self.broken = true,
            Err(fault) if self.in_doubt && fault.is_transient() => {}
            _ => return Some(outcome),
        }
        if Instant::now() + self.pause > self.until {
            return Some(if self.in_doubt { Err(Fault::InDoubt) } else { outcome });
        }
        tokio::time::sleep(self.pause).await;
        self.pause = (self.pause * 2).min(Duration::from_millis(320));
        None
    }
}
