//! Time, so that tests can set it.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Where the guard reads the time.
///
/// Two clocks, because they answer two questions: what is written in tokens is compared with the wall clock, and how old
/// something in memory is must not depend on somebody setting that clock.
pub trait Clock: Send + Sync + 'static {
    /// Milliseconds since the epoch.
    fn now(&self) -> i64;

    /// Time since some fixed moment; never goes back.
    fn elapsed(&self) -> Duration;
}

/// The machine's clocks.
///
/// When the wall clock is set back, time goes on from where it was, so that nothing that expired comes back. When it is set
/// forward, time follows, and returns when the clock does.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock {
    start: Instant,
    start_ms: i64,
}

impl SystemClock {
    /// A clock that starts now.
    pub fn new() -> Self {
        Self { start: Instant::now(), start_ms: wall_ms() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> i64 {
        let steady = self.start_ms.saturating_add(whole_ms(self.elapsed()));
        steady.max(wall_ms())
    }

    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }
}

fn wall_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, whole_ms)
}

/// Milliseconds of a duration; the longest are as long as can be said.
pub(crate) fn whole_ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
