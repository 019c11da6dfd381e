//! When which secret was used last: noted in memory, to the minute, and written in batches by a job. A request pays for one
//! comparison; a secret costs one write a minute, however often it is used.

use claviger_store::SecretUse;
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};

/// A use within so long after the last that was noted is not noted, in milliseconds.
const EVERY: i64 = 60_000;

/// When a secret was noted last by this process.
#[derive(Debug)]
pub(crate) struct Noted(AtomicI64);

impl Default for Noted {
    fn default() -> Self {
        Self(AtomicI64::new(i64::MIN))
    }
}

impl Noted {
    /// Whether a use now is to be noted; true for one of many at once.
    fn is_due(&self, now: i64) -> bool {
        let last = self.0.load(Ordering::Relaxed);
        now.saturating_sub(last) >= EVERY
            && self.0.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

/// Realm, client and secret.
type Key = (String, String, String);

/// When it was used, and when what was shown ends.
type Used = (i64, Option<i64>);

/// Uses that are not written yet.
#[derive(Debug, Default)]
pub(crate) struct Uses(Mutex<HashMap<Key, Used>>);

impl Uses {
    /// Notes that a client authenticated at `now` with this secret; an empty one for a client that has none of its own. `ends_at`:
    /// when the certificate ends that it showed.
    pub(crate) fn note(
        &self,
        noted: &Noted,
        (realm, client, secret): (&str, &str, &str),
        ends_at: Option<i64>,
        now: i64,
    ) {
        if noted.is_due(now) {
            self.put((realm.to_owned(), client.to_owned(), secret.to_owned()), (now, ends_at));
        }
    }

    fn put(&self, key: Key, used: Used) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let latest = waiting.entry(key).or_insert(used);
        if used.0 > latest.0 {
            *latest = used;
        }
    }

    /// Takes at most `limit` that are not written yet.
    pub(crate) fn take(&self, limit: usize) -> Vec<SecretUse> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let keys: Vec<_> = waiting.keys().take(limit).cloned().collect();
        let mut taken: Vec<SecretUse> = keys
            .into_iter()
            .filter_map(|key| {
                let (used_at, ends_at) = waiting.remove(&key)?;
                let (realm, client, secret) = key;
                Some(SecretUse { realm, client, secret, used_at, ends_at })
            })
            .collect();
        // Two servers that write the same rows do so in one order.
        taken.sort_unstable();
        taken
    }

    /// Puts back what could not be written.
    pub(crate) fn put_back(&self, uses: Vec<SecretUse>) {
        for SecretUse { realm, client, secret, used_at, ends_at } in uses {
            self.put((realm, client, secret), (used_at, ends_at));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{EVERY, Noted, Uses};

    #[test]
    fn a_secret_is_noted_once_a_minute() {
        let (uses, noted) = (Uses::default(), Noted::default());
        for at in 0..EVERY {
            uses.note(&noted, ("r", "c", "s"), None, at);
        }
        let taken = uses.take(9);
        assert_eq!((taken.len(), taken[0].used_at), (1, 0));
        uses.note(&noted, ("r", "c", "s"), None, EVERY - 1);
        assert!(uses.take(9).is_empty());
        uses.note(&noted, ("r", "c", "s"), Some(9), EVERY);
        uses.put_back(taken);
        let taken = uses.take(9);
        assert_eq!((taken.len(), taken[0].used_at, taken[0].ends_at), (1, EVERY, Some(9)), "the latest counts");
    }
}
