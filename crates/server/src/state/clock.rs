//! The time, from one place that tests can set.
//!
//! On one machine it is the system's clock. Servers that share a database go by that database's clock ([`Clock::of`]):
//! each asks for its heartbeat ten times a second and counts on from there with a clock of its own that nobody sets
//! ([`Monotonic`]), so neither skewed machines nor stepping clocks make two of them disagree.
//!
//! Time never goes back: when the source is set back, what has expired must not come to life again. Until the source has
//! caught up, time goes on at half its speed. The latest time told is kept in the database and asked at the start, so that
//! this holds across a restart.

use claviger_store::{Fault, Store};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// A look at the database's clock that took longer than this, in milliseconds, says too little about the time.
const SLOWEST_LOOK: i64 = 1_000;

/// A time told that lies further ahead of the source than this, in milliseconds, was told by a clock that was wrong.
const IMPLAUSIBLE: i64 = 86_400_000;

/// Tells the time in milliseconds since the epoch.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    source: Source,
    monotonic: Monotonic,
    latest: Arc<Latest>,
}

#[derive(Debug, Clone, Default)]
enum Source {
    #[default]
    System,
    Database(Arc<Offset>),
    Set(Arc<AtomicI64>),
}

impl Clock {
    /// The clock to use with `store`: its own, if it may be shared by several machines, or else the system's. No earlier
    /// than what any server was told before.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn of(store: &Store) -> Result<Self, Fault> {
        Self::default().with(store).await
    }

    /// The same for a clock that may have been set by hand, and then goes on being that.
    pub(crate) async fn with(mut self, store: &Store) -> Result<Self, Fault> {
        if store.keeps_time() && matches!(self.source, Source::System) {
            let asked = self.monotonic();
            let heartbeat = store.heartbeat(0).await?;
            let offset = Offset::new(asked, self.monotonic(), heartbeat.time);
            self.source = Source::Database(Arc::new(offset));
        }
        self.not_before(store.latest_time().await?);
        Ok(self)
    }

    /// A clock that stands where the returned handle is set.
    pub fn set_to(now: i64) -> (Self, Arc<AtomicI64>) {
        let hand = Arc::new(AtomicI64::new(now));
        (Self { source: Source::Set(Arc::clone(&hand)), ..Self::default() }, hand)
    }

    /// The same, and what it counts by is set by the second handle.
    #[cfg(test)]
    pub(crate) fn with_hands(now: i64) -> (Self, Arc<AtomicI64>, Arc<AtomicI64>) {
        let (clock, time) = Self::set_to(now);
        let count = Arc::new(AtomicI64::new(0));
        (Self { monotonic: Monotonic::Set(Arc::clone(&count)), ..clock }, time, count)
    }

    /// Now, in milliseconds since the epoch; never less than before.
    pub fn now(&self) -> i64 {
        self.latest.or_later(self.source.now(&self.monotonic), &self.monotonic)
    }

    /// Milliseconds since some moment: for measuring how long something took or is ago. Setting clocks does not move it.
    pub(crate) fn monotonic(&self) -> i64 {
        self.monotonic.now()
    }

    /// The database said that it was `time`; it was `asked` and answered between these two readings of
    /// [`Self::monotonic`].
    pub(crate) fn hear(&self, asked: i64, answered: i64, time: i64) {
        if let Source::Database(offset) = &self.source {
            offset.hear(asked, answered, time);
        }
    }

    /// How far the source is behind what was told, in milliseconds; 0 unless it was set back.
    pub(crate) fn behind(&self) -> i64 {
        let source = self.source.now(&self.monotonic);
        self.latest.told.load(Ordering::Relaxed).saturating_sub(source).max(0)
    }

    /// It was `told` before: nothing earlier is told from now on.
    fn not_before(&self, told: i64) {
        let source = self.source.now(&self.monotonic);
        if told > source.saturating_add(IMPLAUSIBLE) {
            tracing::error!(
                told,
                now = source,
                "a server was once told a time more than a day ahead of now; it is not believed, and one of the clocks is wrong"
            );
        } else {
            self.latest.told.fetch_max(told, Ordering::Relaxed);
        }
    }
}

impl Source {
    fn now(&self, monotonic: &Monotonic) -> i64 {
        match self {
            Self::System => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
            }
            Self::Database(offset) => monotonic.now().saturating_add(offset.0.load(Ordering::Relaxed)),
            Self::Set(hand) => hand.load(Ordering::Relaxed),
        }
    }
}

/// Counts milliseconds, and is never set.
#[derive(Debug, Clone)]
enum Monotonic {
    Since(Instant),
    #[cfg(test)]
    Set(Arc<AtomicI64>),
}

impl Default for Monotonic {
    fn default() -> Self {
        Self::Since(Instant::now())
    }
}

impl Monotonic {
    fn now(&self) -> i64 {
        match self {
            Self::Since(start) => i64::try_from(start.elapsed().as_millis()).unwrap_or(i64::MAX),
            #[cfg(test)]
            Self::Set(hand) => hand.load(Ordering::Relaxed),
        }
    }
}

/// What the database's clock says beyond [`Monotonic`].
#[derive(Debug)]
struct Offset(AtomicI64);

impl Offset {
    /// In the middle of what is possible.
    fn new(asked: i64, answered: i64, time: i64) -> Self {
        Self(AtomicI64::new(time - answered + (answered - asked) / 2))
    }

    /// The time was read between question and answer, nobody knows when: what was believed before is moved only as far as
    /// it must be. So a slow answer does no harm, and time does not jitter.
    fn hear(&self, asked: i64, answered: i64, time: i64) {
        let took = answered - asked;
        if (0..=SLOWEST_LOOK).contains(&took) {
            let before = self.0.load(Ordering::Relaxed);
            // A millisecond more, which the clocks hold back.
            self.0.store(before.clamp(time - answered - 1, time - asked + 1), Ordering::Relaxed);
        }
    }
}

/// The latest time that anybody was told.
#[derive(Debug, Default)]
struct Latest {
    told: AtomicI64,
    /// Since when, and from what time on, the source has been behind.
    behind: Mutex<Option<(i64, i64)>>,
}

impl Latest {
    fn or_later(&self, source: i64, monotonic: &Monotonic) -> i64 {
        let told = self.told.fetch_max(source, Ordering::Relaxed);
        if source >= told { source } else { self.slowly(told, monotonic.now()) }
    }

    fn slowly(&self, told: i64, count: i64) -> i64 {
        let mut behind = self.behind.lock().unwrap_or_else(PoisonError::into_inner);
        let since_then = |(start, from): (i64, i64)| from.saturating_add(count.saturating_sub(start) / 2);
        let time = behind.map_or(i64::MIN, since_then);
        if time < told {
            // It has caught up since, and was set back again.
            *behind = Some((count, told));
        }
        let time = time.max(told);
        self.told.fetch_max(time, Ordering::Relaxed).max(time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use claviger_store::Options;

    const HOUR: i64 = 3_600_000;

    #[test]
    fn time_goes_on_at_half_speed_when_the_clock_is_set_back() {
        let (clock, hand, count) = Clock::with_hands(10_000_000);
        assert_eq!(clock.now(), 10_000_000);
        hand.store(10_000_000 - HOUR, Ordering::Relaxed);
        assert_eq!(clock.clone().now(), 10_000_000);
        assert_eq!(clock.behind(), HOUR);
        count.store(2_000, Ordering::Relaxed);
        assert_eq!(clock.now(), 10_001_000);
        hand.store(10_500_000, Ordering::Relaxed);
        assert_eq!((clock.now(), clock.behind()), (10_500_000, 0));
        hand.store(0, Ordering::Relaxed);
        assert_eq!(clock.now(), 10_500_000);
        count.store(2_500, Ordering::Relaxed);
        assert_eq!(clock.now(), 10_500_250);
    }

    fn of_a_database(time: i64) -> (Clock, Arc<AtomicI64>) {
        let count = Arc::new(AtomicI64::new(0));
        let source = Source::Database(Arc::new(Offset::new(0, 10, time)));
        let monotonic = Monotonic::Set(Arc::clone(&count));
        (Clock { source, monotonic, latest: Arc::default() }, count)
    }

    #[test]
    fn the_database_s_clock_is_followed_between_its_heartbeats() {
        let (clock, count) = of_a_database(1_000_000);
        count.store(10, Ordering::Relaxed);
        assert_eq!(clock.now(), 1_000_005, "half of the way there and back");
        count.store(110, Ordering::Relaxed);
        assert_eq!(clock.now(), 1_000_105, "it goes on by itself");
        // What fits, moves nothing, however slow it was.
        clock.hear(110, 1_000, 1_000_400);
        assert_eq!(clock.now(), 1_000_105);
        // The database is further: as far as it must be.
        clock.hear(110, 110, 1_000_300);
        assert_eq!(clock.now(), 1_000_299);
        // An answer that took too long says nothing.
        clock.hear(110, 1_111, 1_000_000 + HOUR);
        assert_eq!(clock.now(), 1_000_299);
    }

    #[test]
    fn a_step_of_the_database_s_clock_forward_is_taken_and_one_back_is_waited_for() {
        let (clock, count) = of_a_database(100 * HOUR);
        count.store(10, Ordering::Relaxed);
        let before = clock.now();
        clock.hear(10, 10, 99 * HOUR);
        assert_eq!(clock.now(), before);
        count.store(1_010, Ordering::Relaxed);
        assert_eq!(clock.now(), before + 500);
        clock.hear(1_010, 1_010, 101 * HOUR);
        assert_eq!(clock.now(), 101 * HOUR - 1);
    }

    #[tokio::test]
    async fn a_restart_does_not_go_back_behind_what_was_told() {
        let store = Store::open("sqlite::memory:", &Options::default()).unwrap();
        store.tell_time(100 * HOUR).await.unwrap();
        let at = async |now: i64| Clock::set_to(now).0.with(&store).await.unwrap().now();
        assert_eq!(at(101 * HOUR).await, 101 * HOUR);
        assert_eq!(at(99 * HOUR).await, 100 * HOUR, "the clock was set back by an hour");
        assert_eq!(at(76 * HOUR).await, 100 * HOUR);
        assert_eq!(at(75 * HOUR).await, 75 * HOUR, "whoever told that was wrong");
        let system = Clock::of(&store).await.unwrap();
        assert!(system.now() > 100 * HOUR);
    }
}
