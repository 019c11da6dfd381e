//! Hosts that no realm has: each is told to the operator once a minute, in bounded memory and in bounded lines.
//!
//! Nearly always it is a proxy that does not pass the `Host` header on, or a realm whose `authorities` lack a name. Anybody can
//! send any host, so that few are remembered and few are told.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// How long nothing is said of a host that was told, in milliseconds.
const REST: i64 = 60_000;

/// How many hosts are told in that time; further ones are only counted.
const MOST: usize = 100;

/// The longest host that is shown, in characters.
const LONGEST: usize = 100;

/// The hosts that were told lately.
#[derive(Debug, Default)]
pub(crate) struct Strangers(Mutex<Met>);

#[derive(Debug, Default)]
struct Met {
    /// When each was told.
    told: HashMap<String, i64>,
    /// Since when there was no room for another.
    full_since: Option<i64>,
    untold: u64,
}

/// What there is to say.
#[derive(Debug, PartialEq, Eq)]
enum News {
    Nothing,
    Host,
    /// No more are told for a while; how many were not the last time.
    TooMany(u64),
}

impl Strangers {
    /// A request for a host that no realm has, at `now` on the monotonic clock.
    pub(crate) fn meet(&self, host: &str, now: i64) {
        let host: String = host.chars().take(LONGEST).collect();
        let news = self.0.lock().unwrap_or_else(PoisonError::into_inner).meet(&host, now);
        match news {
            News::Nothing => {}
            News::Host => tracing::warn!(
                host,
                "no realm has this host: pass the Host header on in the proxy, or name it in `authorities` of the realm file"
            ),
            News::TooMany(untold) => tracing::warn!(
                untold,
                "requests for many hosts that no realm has: for a minute, no more of them are told"
            ),
        }
    }
}

impl Met {
    fn meet(&mut self, host: &str, now: i64) -> News {
        if self.told.get(host).is_some_and(|told| now - told < REST) {
            return News::Nothing;
        }
        if self.told.len() >= MOST {
            self.told.retain(|_, told| now - *told < REST);
        }
        if self.told.len() < MOST {
            self.told.insert(host.to_owned(), now);
            return News::Host;
        }
        if self.full_since.is_some_and(|since| now - since < REST) {
            self.untold += 1;
            return News::Nothing;
        }
        self.full_since = Some(now);
        News::TooMany(std::mem::replace(&mut self.untold, 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_host_is_told_once_a_minute() {
        let mut met = Met::default();
        assert_eq!(met.meet("a.example", 0), News::Host);
        assert_eq!(met.meet("a.example", REST - 1), News::Nothing);
        assert_eq!(met.meet("b.example", REST - 1), News::Host);
        assert_eq!(met.meet("a.example", REST), News::Host);
    }

    #[test]
    fn invented_hosts_fill_neither_the_memory_nor_the_log() {
        let mut met = Met::default();
        let mut lines = 0;
        for n in 0..10_000 {
            lines += usize::from(met.meet(&format!("{n}.example"), 0) != News::Nothing);
        }
        assert_eq!((met.told.len(), lines), (MOST, MOST + 1));
        assert_eq!(met.meet("mine.example", REST), News::Host, "a minute later there is room");
        for n in 1..MOST {
            assert_eq!(met.meet(&format!("{n}.other"), REST), News::Host);
        }
        assert_eq!(met.meet("one.more", REST), News::TooMany(9_900), "those of the minute before");
        assert_eq!(met.meet("one.more", 2 * REST - 1), News::Nothing);
    }
}
