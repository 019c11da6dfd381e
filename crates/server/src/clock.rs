//! The time, from one place that tests can set.
//!
//! It never goes back: when the system's clock is set back, what has expired must not come to life again. Until the
//! system's clock has caught up, time goes on at half its speed.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Tells the time in milliseconds since the epoch.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    source: Source,
    latest: Arc<Latest>,
}

#[derive(Debug, Clone, Default)]
enum Source {
    #[default]
    System,
    Set(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands where the returned handle is set.
    pub fn set_to(now: i64) -> (Self, Arc<AtomicI64>) {
        let hand = Arc::new(AtomicI64::new(now));
        (Self { source: Source::Set(Arc::clone(&hand)), latest: Arc::default() }, hand)
    }

    /// Now, in milliseconds since the epoch; never less than before.
    pub fn now(&self) -> i64 {
        self.latest.or_later(self.source.now())
    }
}

impl Source {
    fn now(&self) -> i64 {
        match self {
            Self::System => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
            }
            Self::Set(hand) => hand.load(Ordering::Relaxed),
        }
    }
}

/// The latest time that anybody was told.
#[derive(Debug, Default)]
struct Latest {
    told: AtomicI64,
    /// Since when, and from what time on, the source has been behind.
    behind: Mutex<Option<(Instant, i64)>>,
}

impl Latest {
    fn or_later(&self, source: i64) -> i64 {
        let told = self.told.fetch_max(source, Ordering::Relaxed);
        if source >= told { source } else { self.slowly(told) }
    }

    fn slowly(&self, told: i64) -> i64 {
        let mut behind = self.behind.lock().unwrap_or_else(PoisonError::into_inner);
        let since_then = |(start, from): (Instant, i64)| {
            from.saturating_add(i64::try_from(start.elapsed().as_millis() / 2).unwrap_or(i64::MAX))
        };
        let time = behind.map_or(i64::MIN, since_then);
        if time < told {
            // It has caught up since, and was set back again.
            *behind = Some((Instant::now(), told));
        }
        let time = time.max(told);
        self.told.fetch_max(time, Ordering::Relaxed).max(time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_goes_on_when_the_clock_is_set_back() {
        let (clock, hand) = Clock::set_to(10_000_000);
        assert_eq!(clock.now(), 10_000_000);
        hand.store(6_400_000, Ordering::Relaxed);
        let first = clock.clone().now();
        assert!((10_000_000..10_001_000).contains(&first));
        while clock.now() == first {
            std::thread::yield_now();
        }
        hand.store(10_500_000, Ordering::Relaxed);
        assert_eq!(clock.now(), 10_500_000);
        hand.store(0, Ordering::Relaxed);
        assert!((10_500_000..10_501_000).contains(&clock.now()));
    }
}
