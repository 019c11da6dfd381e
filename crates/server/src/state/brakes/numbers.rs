//! How much guessing is let pass: an operator's numbers, which can change while the server runs.

use super::{Brakes, Kind, Subject};
use std::sync::PoisonError;

/// How many failures are free, and how long the pauses after them become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbers {
    /// In a row, for one app or user from one address.
    pub failures: u32,
    /// For one app or user, over all addresses.
    pub failures_in_all: u32,
    /// For one address, whatever it tries.
    pub failures_of_address: u32,
    /// The longest pause, in milliseconds; over all addresses it ends at [`LONGEST_IN_ALL`].
    pub longest_pause: i64,
}

/// The longest pause, in milliseconds, for somebody who is guessed at from many addresses: they are kept out themselves.
const LONGEST_IN_ALL: i64 = 20_000;

/// The longest pause between two guesses at a short code, in milliseconds.
const LONGEST_FOR_CODES: i64 = 900_000;

impl Default for Numbers {
    fn default() -> Self {
        Self { failures: 5, failures_in_all: 50, failures_of_address: 200, longest_pause: 60_000 }
    }
}

pub(super) struct Policy {
    /// Failures in a row without a pause.
    pub(super) free: u32,
    /// The longest pause, in milliseconds.
    pub(super) longest: i64,
    /// Milliseconds after which failures are forgotten.
    window: i64,
    /// A success makes up for all failures before it.
    pub(super) forgiving: bool,
}

impl Policy {
    /// Milliseconds after which failures are forgotten: not before the longest pause is over.
    pub(super) fn window(&self) -> i64 {
        self.window.max(self.longest)
    }
}

impl Brakes {
    /// Other numbers from now on. What was counted stays counted.
    pub(crate) fn set(&self, numbers: Numbers) {
        *self.numbers.write().unwrap_or_else(PoisonError::into_inner) = numbers;
    }

    pub(super) fn policy(&self, subject: Subject) -> Policy {
        let numbers = *self.numbers.read().unwrap_or_else(PoisonError::into_inner);
        let longest = numbers.longest_pause;
        match subject.kind {
            Kind::Known | Kind::Unknown => Policy { free: numbers.failures, longest, window: 900_000, forgiving: true },
            // A hundred guesses a day at one of a million codes, of which three are good.
            Kind::Factor => Policy {
                free: numbers.failures,
                longest: longest.max(LONGEST_FOR_CODES),
                window: 86_400_000,
                forgiving: true,
            },
            Kind::Address => Policy { free: numbers.failures_of_address, longest, window: 300_000, forgiving: false },
            // A success makes up for nothing: a program that signs in every second would otherwise clear the way for
            // who guesses from ever new addresses.
            Kind::Total | Kind::UnknownTotal => Policy {
                free: numbers.failures_in_all,
                longest: longest.min(LONGEST_IN_ALL),
                window: 900_000,
                forgiving: false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn failures_until_braked(brakes: &Brakes, subject: Subject) -> u32 {
        let mut failures = 0;
        while let Ok(attempt) = brakes.start(&subject, 1_000).await {
            drop(attempt);
            failures += 1;
        }
        failures
    }

    #[tokio::test]
    async fn other_numbers_hold_at_once_and_what_was_counted_stays() {
        let brakes = Brakes::default();
        let (one, other) = (Subject::user("r", "one"), Subject::user("r", "other"));
        assert_eq!(failures_until_braked(&brakes, one).await, 5);
        brakes.set(Numbers { failures: 8, ..Numbers::default() });
        assert_eq!(failures_until_braked(&brakes, one).await, 3, "five were counted before");
        assert_eq!(failures_until_braked(&brakes, other).await, 8);
        brakes.set(Numbers::default());
        assert!(brakes.start(&other, 1_000).await.is_err());
    }
}
