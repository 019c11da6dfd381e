//! What was cut off before anybody heard how it ended is done again, by those intentions that recognise what they wrote.

use std::time::{Duration, Instant};

/// How often and how long something is tried again.
pub(crate) struct Again {
    until: Instant,
    pause: Duration,
}

impl Again {
    /// For as long as a caller is kept waiting.
    pub(crate) fn new(patience: Duration) -> Self {
        Self { until: Instant::now() + patience, pause: Duration::from_millis(20) }
    }

    /// Waits a little; whether there is time for one more attempt.
    pub(crate) async fn is_worth_it(&mut self) -> bool {
        if Instant::now() + self.pause > self.until {
            return false;
        }
        tokio::time::sleep(self.pause).await;
        self.pause = (self.pause * 2).min(Duration::from_millis(320));
        true
    }
}
