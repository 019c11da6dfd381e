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

    /// A write of this server's own went well, or did not. A full disk is one at once; anything else may be a passing
    /// crowd until it happens twice.
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

    /// Name, kind, help and value of each number.
    pub(crate) fn numbers(&self) -> [(&'static str, &'static str, &'static str, u64); 4] {
        let started_over = self.started_over.load(Ordering::Relaxed);
        let leads = self.leads.load(Ordering::Relaxed);
        let over = "How often the database was found to be an older one.";
        [
            ("claviger_database_up", "gauge", "Whether the database answers.", (!self.unreachable.is_on()).into()),
            ("claviger_database_writable", "gauge", "Whether it can be written.", (!self.unwritable.is_on()).into()),
            ("claviger_database_started_over_total", "counter", over, started_over),
            ("claviger_jobs_leader", "gauge", "Whether this server does the jobs of all.", leads.into()),
        ]
    }
}

/// Faults of the database by kind. They are counted where one becomes an answer, which has no server at hand; a process is
/// one server.
static FAULTS: [(&str, AtomicU64); 4] = [
    ("busy", AtomicU64::new(0)),
    ("unavailable", AtomicU64::new(0)),
    ("full", AtomicU64::new(0)),
    ("other", AtomicU64::new(0)),
];

/// Counts a fault.
pub(crate) fn count(fault: &Fault) {
    let kind = match fault {
        Fault::Busy => "busy",
        Fault::Unavailable(_) => "unavailable",
        Fault::Full => "full",
        _ => "other",
    };
    if let Some((_, count)) = FAULTS.iter().find(|(name, _)| *name == kind) {
        count.fetch_add(1, Ordering::Relaxed);
    }
}

/// How many faults there were, by kind.
pub(crate) fn faults() -> impl Iterator<Item = (&'static str, u64)> {
    FAULTS.iter().map(|(kind, count)| (*kind, count.load(Ordering::Relaxed)))
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
