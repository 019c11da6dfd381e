//! What a realm says of clients whose users are elsewhere (OpenID Connect Client-Initiated Backchannel Authentication 1.0).

use crate::span::Span;
use serde::{Deserialize, Serialize};

/// How long a request waits at least, and at most, whatever is asked for.
const SHORTEST: Span = Span::seconds(30);
const LONGEST: Span = Span::seconds(86_400);
/// How often anybody can be asked in an hour at most.
const MOST: u32 = 1000;

/// Requests of clients whose users are elsewhere: `[ciba]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct CibaPolicy {
    /// Clients that were given the grant may ask.
    pub enabled: bool,
    /// How long a request waits whose client does not say.
    pub ttl: Span,
    /// How long one waits at most, whatever its client asks for.
    pub longest_ttl: Span,
    /// People with an address are told by mail.
    pub mails: bool,
    /// How many requests of one client wait for one user at most.
    pub open_per_user: u32,
    /// How often in an hour one client may ask one user.
    pub hourly_per_user: u32,
    /// How often in an hour all clients together may ask one user.
    pub hourly_of_all: u32,
}

impl Default for CibaPolicy {
    fn default() -> Self {
        Self {
            enabled: false,
            ttl: Span::seconds(300),
            longest_ttl: Span::seconds(3600),
            mails: true,
            open_per_user: 2,
            hourly_per_user: 6,
            hourly_of_all: 20,
        }
    }
}

impl CibaPolicy {
    /// Whether it is as it is where nobody says anything.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// How long a request waits whose client asks for so many seconds.
    pub fn life(&self, asked: Option<u32>) -> Span {
        asked.map_or(self.ttl, |asked| Span::seconds(asked).clamp(SHORTEST, self.longest_ttl.max(SHORTEST)))
    }

    /// What is wrong with it: the key, and why.
    pub fn problem(&self) -> Option<(&'static str, &'static str)> {
        let within = |span: Span| (SHORTEST..=LONGEST).contains(&span);
        let numbers = [
            ("open-per-user", self.open_per_user),
            ("hourly-per-user", self.hourly_per_user),
            ("hourly-of-all", self.hourly_of_all),
        ];
        if !within(self.ttl) {
            return Some(("ttl", "between 30 seconds and a day"));
        }
        if !within(self.longest_ttl) || self.longest_ttl < self.ttl {
            return Some(("longest-ttl", "between ttl and a day"));
        }
        let wrong = numbers.into_iter().find(|(_, number)| !(1..=MOST).contains(number));
        wrong.map(|(key, _)| (key, "between 1 and 1000"))
    }
}

#[cfg(test)]
mod tests {
    use super::CibaPolicy;
    use crate::span::Span;

    #[test]
    fn a_request_waits_as_long_as_it_asks_for_within_bounds() {
        let policy = CibaPolicy { longest_ttl: Span::seconds(600), ..CibaPolicy::default() };
        let asked = [None, Some(1), Some(120), Some(601), Some(u32::MAX)];
        assert_eq!(asked.map(|asked| policy.life(asked).as_seconds()), [300, 30, 120, 600, 600]);
    }

    #[test]
    fn what_makes_no_sense_is_said() {
        let usual = CibaPolicy::default();
        assert_eq!(usual.problem(), None);
        let key = |policy: CibaPolicy| policy.problem().map(|(key, _)| key);
        assert_eq!(key(CibaPolicy { ttl: Span::seconds(29), ..usual.clone() }), Some("ttl"));
        assert_eq!(key(CibaPolicy { longest_ttl: Span::seconds(60), ..usual.clone() }), Some("longest-ttl"));
        assert_eq!(key(CibaPolicy { open_per_user: 0, ..usual.clone() }), Some("open-per-user"));
        assert_eq!(key(CibaPolicy { hourly_of_all: 1001, ..usual }), Some("hourly-of-all"));
    }
}
