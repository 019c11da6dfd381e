//! What was cut off before anybody heard how it ended is done again, by those intentions that recognise what they wrote.

use crate::Fault;
use std::time::{Duration, Instant};

/// How often and how long something is tried again.
pub(crate) struct Again {
    until: Instant,
    pause: Duration,
    /// Some attempt may have been kept. That stays so whatever happens to the later ones.
    in_doubt: bool,
    /// A connection that broke before anything was kept is replaced once.
    broken: bool,
}

impl Again {
    /// For as long as a caller is kept waiting.
    pub(crate) fn new(patience: Duration) -> Self {
        let pause = Duration::from_millis(20);
        Self { until: Instant::now() + patience, pause, in_doubt: false, broken: false }
    }

    /// What an attempt came to; none, after a little while, if there is to be another.
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
