//! How often something is done for one address, and for everybody: what stores something for whoever has no credentials is
//! counted by the hour, in bounded memory.

use crate::state::brakes::network;
use claviger_core::crypto::sha256;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// For so long is counted, in milliseconds.
const WINDOW: i64 = 3_600_000;

/// By so much a request may be overtaken by later ones, in milliseconds.
const OVERTAKEN: i64 = 60_000;

/// How many addresses and realms are counted at once; when there are more, those whose hour is over are forgotten, and while none is,
/// nothing is done for new ones.
const MOST: usize = 100_000;

/// Counts of the hour under way.
#[derive(Debug, Default)]
pub(crate) struct Rates(Mutex<HashMap<[u8; 16], Count>>);

#[derive(Debug, Clone, Copy)]
struct Count {
    since: i64,
    count: u32,
}

/// What is counted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counted {
    key: [u8; 16],
    most: u32,
}

impl Counted {
    /// `what` is done for a realm, at most so often.
    pub(crate) fn of_realm(what: &str, realm: &str, most: u32) -> Self {
        Self { key: key(&[what.as_bytes(), realm.as_bytes()]), most }
    }

    /// `what` is done by a client to a user of a realm, at most so often.
    pub(crate) fn of_pair(what: &str, realm: &str, (client, user): (&str, &str), most: u32) -> Self {
        Self { key: key(&[what.as_bytes(), realm.as_bytes(), client.as_bytes(), user.as_bytes()]), most }
    }

    /// `what` is done for an address in a realm, at most so often; `None` for this machine itself: a proxy in front would make
    /// everybody one.
    pub(crate) fn of_address(what: &str, realm: &str, address: IpAddr, most: u32) -> Option<Self> {
        let is_here = address.to_canonical().is_loopback();
        let key = || key(&[what.as_bytes(), realm.as_bytes(), &network(address)]);
        (!is_here).then(|| Self { key: key(), most })
    }
}

fn key(parts: &[&[u8]]) -> [u8; 16] {
    sha256(&parts.join(&0)).first_chunk().copied().unwrap_or_default()
}

impl Rates {
    /// Counts once more for each, where none of them is full.
    ///
    /// # Errors
    /// After how many seconds there is room again.
    pub(crate) fn take(&self, each: &[Counted], now: i64) -> Result<(), i64> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() + each.len() > MOST {
            counts.retain(|_, count| count.is_of(now));
            if counts.len() + each.len() > MOST {
                return Err(WINDOW / 1000);
            }
        }
        let full = each
            .iter()
            .filter_map(|one| counts.get(&one.key).filter(|count| count.is_of(now) && count.count >= one.most));
        if let Some(until) = full.map(|count| count.since + WINDOW).max() {
            return Err((until - now + 999).div_euclid(1000));
        }
        if each.iter().any(|one| one.most == 0) {
            return Err(WINDOW / 1000);
        }
        for one in each {
            let count = counts.entry(one.key).or_insert(Count { since: now, count: 0 });
            if !count.is_of(now) {
                *count = Count { since: now, count: 0 };
            }
            count.count += 1;
        }
        Ok(())
    }
}

impl Count {
    /// Whether its hour is under way; a clock that was set back begins another. Requests read the clock before they come here, so one
    /// that began earlier may come after the one that began the hour.
    const fn is_of(self, now: i64) -> bool {
        now - self.since > -OVERTAKEN && now - self.since < WINDOW
    }
}

#[cfg(test)]
mod tests {
    use super::{Counted, Rates};
    use std::net::IpAddr;

    #[test]
    fn an_hour_has_so_many_for_each_and_for_all() {
        let (rates, realm) = (Rates::default(), Counted::of_realm("r", "realm", 3));
        let from = |address: &str| {
            let address: IpAddr = address.parse().unwrap();
            Counted::of_address("r", "realm", address, 2).into_iter().chain([realm]).collect::<Vec<_>>()
        };
        assert_eq!(rates.take(&from("9.9.9.9"), 1000), Ok(()));
        assert_eq!(rates.take(&from("9.9.9.9"), 1000), Ok(()));
        assert_eq!(rates.take(&from("9.9.9.9"), 2000), Err(3599), "what was refused is not counted");
        assert_eq!(rates.take(&from("2001:db8::1"), 2000), Ok(()));
        assert_eq!(rates.take(&from("127.0.0.1"), 2000), Err(3599));
        assert_eq!(rates.take(&from("9.9.9.9"), 3_601_000), Ok(()));
        assert_eq!(rates.take(&from("9.9.9.9"), 0), Ok(()), "a clock that was set back");
    }

    #[test]
    fn a_request_that_was_overtaken_begins_no_hour() {
        let (rates, realm) = (Rates::default(), [Counted::of_realm("r", "realm", 2)]);
        assert_eq!(rates.take(&realm, 1_000_005), Ok(()));
        assert_eq!(rates.take(&realm, 1_000_001), Ok(()));
        assert_eq!(rates.take(&realm, 1_000_003), Err(3601));
    }
}
