//! One guess at somebody's secret: for whom and where it counts, and who has a place kept.
//!
//! A guess counts for who is guessed at from there, for the address, and for who is guessed at in all. Whoever was right before
//! has a place kept: from that address the total is not asked, and with that proof (a browser's cookie, a client that
//! authenticated itself) only the failures with that same proof count. So guesses from elsewhere never keep out who
//! has been here, and those with a place still guess no faster than one a minute.

use super::{Attempt, Brakes, Kind, MOST, Subject, network};
use claviger_core::crypto::sha256;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{MutexGuard, PoisonError};

/// For how many milliseconds after a success a place is kept.
const KEPT_FOR: i64 = 30 * 86_400_000;

/// Where a guess comes from.
#[derive(Debug, Clone, Copy)]
pub struct Peer {
    /// The peer's address.
    pub address: IpAddr,
    /// The hash of something that only this peer has: a browser's cookie, or the name of a client that proved its secret.
    pub proof: Option<[u8; 32]>,
}

impl From<IpAddr> for Peer {
    fn from(address: IpAddr) -> Self {
        Self { address, proof: None }
    }
}

/// A guess that is being looked at. Dropping it means that it was wrong.
#[derive(Debug)]
#[must_use = "a guess that is dropped was wrong"]
pub struct Guess<'a> {
    brakes: &'a Brakes,
    attempts: Vec<Attempt<'a>>,
    /// Kept if it was right.
    places: [Option<[u8; 16]>; 2],
    now: i64,
}

impl Brakes {
    /// Starts a guess at `now` (milliseconds since the epoch). It may have to wait for the verdict on others.
    ///
    /// # Errors
    /// After how many seconds the next guess will be looked at.
    pub async fn guess(&self, subject: Subject, from: Peer, now: i64) -> Result<Guess<'_>, i64> {
        let here = subject.at(b"address", &network(from.address));
        let proven = from.proof.map(|proof| subject.at(b"proof", &proof));
        let counted = if let Some(proven) = proven.filter(|proven| self.has_place(proven.key, now)) {
            [Some(proven), Some(proven.in_the_long_run()), None]
        } else {
            // Of this machine, which may be a proxy that everybody is behind, each subject counts for itself.
            let address = Subject::address(from.address).unwrap_or(here.in_the_long_run());
            let total = (!self.has_place(here.key, now)).then(|| subject.total());
            [Some(here), Some(address), total]
        };
        // The strictest first: who is braked there does not use up the others.
        let attempts = self.start_each(counted.into_iter().flatten(), now).await?;
        Ok(Guess { brakes: self, attempts, places: [Some(here.key), proven.map(|proven| proven.key)], now })
    }

    fn has_place(&self, key: [u8; 16], now: i64) -> bool {
        self.places().has(key, now)
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Guess<'_> {
    /// It was right: a place is kept for whoever made it.
    pub fn succeeded(self) {
        self.attempts.into_iter().for_each(Attempt::succeeded);
        let mut places = self.brakes.places();
        for key in self.places.into_iter().flatten() {
            places.keep(key, self.now);
        }
    }

    /// There is no verdict: as if it had never been made.
    pub fn undecided(self) {
        self.attempts.into_iter().for_each(Attempt::undecided);
    }
}

impl Subject {
    /// The same, from one place only.
    fn at(self, what: &[u8], place: &[u8]) -> Self {
        let hash = sha256(&[self.key.as_slice(), what, place].concat());
        Self { kind: self.kind, key: hash.first_chunk().copied().unwrap_or_default() }
    }

    /// The same, from everywhere.
    const fn total(self) -> Self {
        let kind = match self.kind {
            Kind::Unknown => Kind::UnknownTotal,
            _ => Kind::Total,
        };
        Self { kind, key: self.key }
    }

    /// The same place, on an address's leash: successes do not make up for failures.
    const fn in_the_long_run(self) -> Self {
        Self { kind: Kind::Address, key: self.key }
    }
}

/// Who was right from where, and when last. Two generations, as in [`super::Table`]; only successes take room.
#[derive(Debug, Default)]
pub(super) struct Places {
    young: HashMap<[u8; 16], i64>,
    old: HashMap<[u8; 16], i64>,
}

impl Places {
    fn has(&self, key: [u8; 16], now: i64) -> bool {
        let last = self.young.get(&key).or_else(|| self.old.get(&key));
        last.is_some_and(|last| now - last <= KEPT_FOR)
    }

    fn keep(&mut self, key: [u8; 16], now: i64) {
        if self.young.len() >= MOST / 2 && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, now);
    }
}

#[cfg(test)]
mod tests {
    use super::{Brakes, Guess, Peer, Subject};

    const NOW: i64 = 1_700_000_000_000;

    fn from(n: u32) -> Peer {
        std::net::IpAddr::from(std::net::Ipv4Addr::from_bits(0x0a00_0000 + n)).into()
    }

    async fn wrong(brakes: &Brakes, from: Peer, now: i64) -> bool {
        brakes.guess(Subject::user("r", "u"), from, now).await.map(drop).is_ok()
    }

    async fn right(brakes: &Brakes, from: Peer, now: i64) -> Result<(), i64> {
        brakes.guess(Subject::user("r", "u"), from, now).await.map(Guess::succeeded)
    }

    #[tokio::test]
    async fn guesses_from_elsewhere_keep_nobody_out() {
        let brakes = Brakes::default();
        let mut let_in = 0;
        // Five a second for an hour, while somebody who was never here signs in once a minute, patiently.
        for second in 0..3600_i64 {
            let now = NOW + second * 1000;
            for _ in 0..5 {
                wrong(&brakes, from(1), now).await;
            }
            if second % 60 == 30 && right(&brakes, from(u32::try_from(second).unwrap()), now).await.is_ok() {
                let_in += 1;
            }
        }
        assert_eq!(let_in, 60);
    }

    #[tokio::test]
    async fn a_place_is_kept_whatever_others_do() {
        let brakes = Brakes::default();
        let browser = Peer { proof: Some([7; 32]), ..from(2) };
        right(&brakes, from(1), NOW).await.unwrap();
        right(&brakes, browser, NOW).await.unwrap();
        for n in 0..1000 {
            wrong(&brakes, from(100 + n), NOW).await;
        }
        assert!(right(&brakes, from(3), NOW).await.is_err(), "the total stops who is new");
        right(&brakes, from(1), NOW).await.unwrap();
        // Somebody at the browser's own address.
        for _ in 0..20 {
            wrong(&brakes, from(2), NOW).await;
        }
        assert!(right(&brakes, from(2), NOW).await.is_err());
        right(&brakes, browser, NOW).await.unwrap();
        // A place is no licence to guess.
        for _ in 0..5 {
            assert!(wrong(&brakes, browser, NOW).await && wrong(&brakes, from(1), NOW).await);
        }
        assert!(!wrong(&brakes, browser, NOW).await && !wrong(&brakes, from(1), NOW).await);
        // Nor is it one for somebody else's secret.
        let other = Subject::user("r", "other");
        for _ in 0..5 {
            drop(brakes.guess(other, browser, NOW).await.unwrap());
        }
        assert!(brakes.guess(other, browser, NOW).await.is_err());
    }

    /// Guesses that are looked at within a day, of `addresses` that try as often as they can.
    async fn guesses_a_day(addresses: u32) -> u32 {
        let brakes = Brakes::default();
        let mut looked_at = 0;
        for second in 0..86_400_i64 {
            let now = NOW + second * 1000;
            // As many as could pass, and each time others.
            for n in 0..addresses.min(4) {
                let n = (n + u32::try_from(second).unwrap() * 4) % addresses;
                looked_at += u32::from(wrong(&brakes, from(n), now).await);
            }
        }
        looked_at
    }

    #[tokio::test]
    async fn a_day_has_so_many_guesses_and_no_more() {
        assert!((1_400..1_500).contains(&guesses_a_day(1).await));
        for many in [100, 10_000] {
            let looked_at = guesses_a_day(many).await;
            assert!((4_300..4_400).contains(&looked_at), "{looked_at}");
        }
    }

    #[tokio::test]
    async fn successes_of_a_program_clear_the_way_for_nobody() {
        let brakes = Brakes::default();
        let mut looked_at = 0;
        for second in 0..600_u32 {
            let now = NOW + i64::from(second) * 1000;
            right(&brakes, from(1), now).await.unwrap();
            for n in 0..10 {
                looked_at += u32::from(wrong(&brakes, from(100 + second * 10 + n), now).await);
            }
        }
        assert!(looked_at < 100, "{looked_at}");
        // From this machine itself, which has no count of its own.
        let here = std::net::IpAddr::from(std::net::Ipv4Addr::LOCALHOST).into();
        let mut looked_at = 0;
        for second in 0..600_u32 {
            let now = NOW + 3_600_000 + i64::from(second) * 1000;
            let _ = right(&brakes, here, now).await;
            looked_at += u32::from(wrong(&brakes, here, now).await);
        }
        assert!((200..230).contains(&looked_at), "{looked_at}");
    }

    #[tokio::test]
    async fn a_name_that_nobody_has_is_braked_as_one_that_somebody_has() {
        let brakes = Brakes::default();
        let (known, unknown) = (Subject::client("r", "a"), Subject::unknown_client("r", "b"));
        for n in 0..400_u32 {
            let from = from(n / 6);
            let now = NOW + i64::from(n) * 100;
            let one = brakes.guess(known, from, now).await.map(drop);
            let two = brakes.guess(unknown, from, now).await.map(drop);
            // The address counts both.
            assert_eq!(one, two, "{n}");
        }
    }
}
