//! What an operator hears about the database: in the log when something begins and when it ends, at `/readyz`, and as
//! numbers at `/metrics`.

use claviger_store::Fault;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// How it stands with the database.
#[derive(Debug, Default)]
pub(crate) struct Health {
    unreachable: Trouble,
    unwritable: Trouble,
    missed_a_write: AtomicBool,
    started_over: AtomicU64,
    leads: AtomicBool,
}

impl Health {
    /// The database answered, at `now` on the monotonic clock.
    pub(crate) fn reached(&self, now: i64) {
        if let Some(after_ms) = self.unreachable.end(now) {
            tracing::info!(after_ms, "the database is back, and this server is in step with it");
        }
    }

    /// It did not. `is_current`: that is no harm yet.
    pub(crate) fn not_reached(&self, now: i64, is_current: bool, fault: &Fault) {
        count(fault);
        if !is_current && self.unreachable.begin(now) {
            tracing::error!(%fault, "the database is lost: 503 until it is back; tokens are checked from memory");
        }
    }

    /// A write of this server's own went well, or did not. A full disk is one at once; anything else may pass
    /// until it happens twice.
    pub(crate) fn wrote<T>(&self, now: i64, result: &Result<T, Fault>) {
        let again = self.missed_a_write.swap(result.is_err(), Ordering::Relaxed);
        match result {
            Ok(_) => {
                if let Some(after_ms) = self.unwritable.end(now) {
                    tracing::info!(after_ms, "the database can be written again");
                }
            }
            Err(fault) => {
                count(fault);
                if (again || *fault == Fault::Full) && self.unwritable.begin(now) {
                    tracing::error!(%fault, "the database cannot be written: no token is issued that has to be stored");
                }
            }
        }
    }

    /// The database has another history than the one that was followed.
    pub(crate) fn started_over(&self, followed: i64, found: i64) {
        self.started_over.fetch_add(1, Ordering::Relaxed);
        tracing::error!(
            followed,
            found,
            "the database is an older one than this server has seen (a copy was put back, or a standby that lagged behind was \
             promoted): everything is read anew; what was revoked stays revoked here until it expires"
        );
    }

    /// Whether this server does the jobs of all.
    pub(crate) fn leads(&self, leads: bool) {
        if self.leads.swap(leads, Ordering::Relaxed) != leads {
            tracing::info!(leads, "who does the jobs has changed");
        }
    }

    /// Why nothing can be served that needs the database, if that is so.
    pub(crate) fn trouble(&self) -> Option<&'static str> {
        if self.unreachable.is_on() {
            Some("the database cannot be reached")
        } else if self.unwritable.is_on() {
            Some("the database cannot be written")
        } else {
            None
        }
    }

    /// Whether the database answers.
    pub(crate) fn is_up(&self) -> bool {
        !self.unreachable.is_on()
    }

    /// Whether it can be written.
    pub(crate) fn is_writable(&self) -> bool {
        !self.unwritable.is_on()
    }

    /// How often it was found to have another history.
    pub(crate) fn times_started_over(&self) -> u64 {
        self.started_over.load(Ordering::Relaxed)
    }

    /// Whether this server does the jobs of all.
    pub(crate) fn is_leader(&self) -> bool {
        self.leads.load(Ordering::Relaxed)
    }
}

/// A kind of fault of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum FaultKind {
    /// Others were in the way for too long.
    Busy,
    /// It did not answer.
    Unavailable,
    /// There is no room.
    Full,
    /// Anything else; the log has it.
    Other,
}

/// How many faults there were of each kind. They are counted where one becomes an answer, which has no server at
/// hand; a process is one server.
static FAULTS: [AtomicU64; 4] = [const { AtomicU64::new(0) }; 4];

impl FaultKind {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::Busy, Self::Unavailable, Self::Full, Self::Other];

    const fn of(fault: &Fault) -> Self {
        match fault {
            Fault::Busy => Self::Busy,
            Fault::Unavailable(_) | Fault::NotLetIn(_) => Self::Unavailable,
            Fault::Full => Self::Full,
            _ => Self::Other,
        }
    }

    /// As the metrics spell it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::Unavailable => "unavailable",
            Self::Full => "full",
            Self::Other => "other",
        }
    }

    /// How many there were.
    pub(crate) fn counted(self) -> u64 {
        self.counter().load(Ordering::Relaxed)
    }

    fn counter(self) -> &'static AtomicU64 {
        let [busy, unavailable, full, other] = &FAULTS;
        match self {
            Self::Busy => busy,
            Self::Unavailable => unavailable,
            Self::Full => full,
            Self::Other => other,
        }
    }
}

/// Counts a fault.
pub(crate) fn count(fault: &Fault) {
    FaultKind::of(fault).counter().fetch_add(1, Ordering::Relaxed);
}

/// Something that goes wrong for a while.
#[derive(Debug, Default)]
struct Trouble {
    since: Mutex<Option<i64>>,
    on: AtomicBool,
}

impl Trouble {
    /// Whether it is new.
    fn begin(&self, now: i64) -> bool {
        let mut since = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        self.on.store(true, Ordering::Relaxed);
        let is_new = since.is_none();
        since.get_or_insert(now);
        is_new
    }

    /// How long it lasted, if it was on.
    fn end(&self, now: i64) -> Option<i64> {
        if !self.is_on() {
            return None;
        }
        self.on.store(false, Ordering::Relaxed);
        let since = self.since.lock().unwrap_or_else(PoisonError::into_inner).take();
        since.map(|since| now.saturating_sub(since))
    }

    fn is_on(&self) -> bool {
        self.on.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_wrong_is_told_once_and_once_when_it_is_over() {
        let trouble = Trouble::default();
        assert_eq!(trouble.end(1), None);
        assert!(trouble.begin(10));
        assert!(!trouble.begin(20) && trouble.is_on());
        assert_eq!(trouble.end(35), Some(25));
        assert_eq!(trouble.end(36), None);
        assert!(trouble.begin(40));
    }

    #[test]
    fn a_short_hiccup_is_no_trouble() {
        let health = Health::default();
        health.not_reached(5, true, &Fault::Busy);
        assert_eq!(health.trouble(), None);
        health.not_reached(1_500, false, &Fault::Busy);
        assert_eq!(health.trouble(), Some("the database cannot be reached"));
        health.reached(1_600);
        assert_eq!(health.trouble(), None);
        health.wrote(1_700, &Err::<(), _>(Fault::Full));
        assert_eq!(health.trouble(), Some("the database cannot be written"));
        health.wrote(1_800, &Ok(true));
        assert_eq!(health.trouble(), None);
        health.wrote(1_900, &Err::<(), _>(Fault::Busy));
        assert_eq!(health.trouble(), None, "others may be in the way");
        health.wrote(2_000, &Err::<(), _>(Fault::Busy));
        assert_eq!(health.trouble(), Some("the database cannot be written"));
        health.wrote(2_100, &Ok(true));
        assert_eq!(health.trouble(), None);
    }
}
