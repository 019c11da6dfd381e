//! Which proofs came before (RFC 9449 11.1): what one process remembers, in bounded memory.

use super::REMEMBERED;
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

/// More than one machine can check within the time for which a proof is good.
const MOST: usize = 1 << 20;
const SHARDS: usize = 16;

/// The proofs that were accepted lately. It is asked for and told in one step, so of the same proof twice at once one is new.
#[derive(Debug)]
pub struct Seen([Mutex<Generations>; SHARDS]);

/// What came in this period, and in the one before; whatever is older is no longer good anyway.
#[derive(Debug, Default)]
struct Generations {
    begun: i64,
    current: HashSet<u128>,
    before: HashSet<u128>,
}

impl Default for Seen {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Mutex::default()))
    }
}

impl Seen {
    /// Whether a proof, by its digest, comes for the first time. `now` in milliseconds.
    pub fn is_new(&self, digest: &[u8; 32], now: i64) -> bool {
        let name = digest.first_chunk::<16>().map_or(0, |bytes| u128::from_be_bytes(*bytes));
        let shard = digest.last().map_or(0, |byte| usize::from(*byte) % SHARDS);
        let Some(shard) = self.0.get(shard) else { return false };
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        shard.turn(now);
        !shard.before.contains(&name) && shard.current.insert(name)
    }
}

impl Generations {
    /// Begins a new period where the present one is over, or full.
    fn turn(&mut self, now: i64) {
        let age = now.saturating_sub(self.begun);
        // A clock that goes back forgets nothing.
        if age < REMEMBERED && self.current.len() < MOST / SHARDS {
            return;
        }
        let over = age >= 2 * REMEMBERED;
        self.before = if over { HashSet::new() } else { std::mem::take(&mut self.current) };
        self.current = HashSet::new();
        self.begun = now;
    }
}

#[cfg(test)]
mod tests {
    use super::{REMEMBERED, Seen};
    use crate::crypto::sha256;

    const NOW: i64 = 1_800_000_000_000;

    #[test]
    fn a_proof_is_new_once_for_as_long_as_it_could_be_good() {
        let seen = Seen::default();
        let (one, other) = (sha256(b"one"), sha256(b"other"));
        assert!(seen.is_new(&one, NOW) && seen.is_new(&other, NOW));
        for later in [0, 1, REMEMBERED - 1, REMEMBERED] {
            assert!(!seen.is_new(&one, NOW + later), "{later}");
        }
        assert!(!seen.is_new(&one, NOW - 1), "the clock went back");
        assert!(seen.is_new(&one, NOW + 3 * REMEMBERED), "by then it is refused for its age");
    }

    #[test]
    fn of_the_same_at_once_one_is_new() {
        let seen = Seen::default();
        let new = std::thread::scope(|scope| {
            let all: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| (0..500_u32).filter(|n| seen.is_new(&sha256(&n.to_be_bytes()), NOW)).count()))
                .collect();
            all.into_iter().map(|one| one.join().unwrap()).sum::<usize>()
        });
        assert_eq!(new, 500);
    }
}
