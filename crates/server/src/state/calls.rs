//! How many calls of the admin API somebody made in the minute under way, in bounded memory.

use claviger_core::crypto::sha256;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// For so long is counted, in milliseconds.
pub(crate) const WINDOW: i64 = 60_000;
/// How many calls there may be in it.
pub(crate) const MOST: u32 = 1200;
/// How many callers are counted at once; when there are more, those whose minute is over are forgotten.
const CALLERS: usize = 10_000;

/// Counts of the minute under way.
#[derive(Debug, Default)]
pub(crate) struct Calls(Mutex<HashMap<[u8; 16], (i64, u32)>>);

/// What is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Left {
    /// The call may be served.
    pub(crate) served: bool,
    /// How many more may be.
    pub(crate) calls: u32,
    /// After how many seconds there are as many as ever.
    pub(crate) seconds: i64,
}

impl Calls {
    /// Counts a call of somebody.
    pub(crate) fn count(&self, realm: &str, kind: &str, id: &str, now: i64) -> Left {
        let key = sha256(&[realm, kind, id].join("\0").into_bytes()).first_chunk().copied().unwrap_or_default();
        let is_under_way = |since: i64| since <= now && now - since < WINDOW;
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= CALLERS && !counts.contains_key(&key) {
            counts.retain(|_, (since, _)| is_under_way(*since));
        }
        let entry = counts.entry(key).or_insert((now, 0));
        if !is_under_way(entry.0) {
            *entry = (now, 0);
        }
        let served = entry.1 < MOST;
        entry.1 = entry.1.saturating_add(1);
        Left { served, calls: MOST.saturating_sub(entry.1), seconds: (entry.0 + WINDOW - now + 999).div_euclid(1000) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_has_so_many_for_each() {
        let calls = Calls::default();
        for _ in 0..MOST {
            assert!(calls.count("r", "user", "a", 1000).served);
        }
        let full = calls.count("r", "user", "a", 31_000);
        assert_eq!(full, Left { served: false, calls: 0, seconds: 30 });
        assert!(calls.count("r", "client", "a", 31_000).served, "somebody else");
        assert_eq!(calls.count("r", "user", "a", 61_000).calls, MOST - 1);
    }
}
