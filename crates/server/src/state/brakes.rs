//! Brakes against guessing: counted for whom is guessed at *and* where from, in all for whom is guessed at, and for the address.
//!
//! From one address, five failures in a row are free; after them each next attempt is only looked at after a pause of 1 s, 2 s,
//! 4 s and so on up to a minute. Over all addresses, fifty are free and the pauses end at twenty seconds; whoever was right
//! before has a place kept that this total does not touch ([`guess`]). So nobody locks anybody out by guessing from
//! elsewhere. An attempt counts from its start, so that a hundred at once get no further than five one after the other; those
//! beyond wait for the verdict on the first ones, and all pass if that is good. What nobody can guess (a secret that
//! Claviger made) need not be braked at all.
//!
//! All of it is decided in memory, and bounded. Names that nobody has are kept apart, so that inventing names pushes no real
//! one out. Servers on one database tell one another ([`sharing`]), but for names that nobody has.

mod guess;
mod numbers;
mod sharing;

use claviger_core::crypto::sha256;
use guess::Places;
pub use guess::{Guess, Peer};
pub use numbers::Numbers;
use numbers::Policy;
use sharing::Untold;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::Notify;

/// How many subjects are remembered, of those that exist and of those that do not.
const MOST: usize = 100_000;
/// The longest that an attempt waits for the verdict on others.
const PATIENCE: Duration = Duration::from_secs(10);

/// Whose failures are counted: somebody, wherever from, until [`guess`] narrows it to where from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject {
    kind: Kind,
    key: [u8; 16],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Known,
    /// A short code, for which nobody is kept out who does not know a password already.
    Factor,
    Unknown,
    Address,
    /// Somebody, over all addresses.
    Total,
    /// The same for a name that nobody has.
    UnknownTotal,
}

impl Subject {
    /// A client that exists.
    pub fn client(realm: &str, id: &str) -> Self {
        Self::new(Kind::Known, &["client", realm, id])
    }

    /// A user that exists, by id.
    pub fn user(realm: &str, id: &str) -> Self {
        Self::new(Kind::Known, &["user", realm, id])
    }

    /// The second factor of a user that exists: whoever guesses it knows their password.
    pub fn second_factor(realm: &str, id: &str) -> Self {
        Self::new(Kind::Factor, &["second factor", realm, id])
    }

    /// A client id that nobody has.
    pub fn unknown_client(realm: &str, id: &str) -> Self {
        Self::new(Kind::Unknown, &["client", realm, id])
    }

    /// A name that no user has, as [`claviger_core::User::username_key`] spells it.
    pub fn unknown_user(realm: &str, username_key: &str) -> Self {
        Self::new(Kind::Unknown, &["user", realm, username_key])
    }

    /// Everybody behind an address; an IPv6 network (/64) counts as one. `None` for this machine itself: a proxy in front
    /// would make everybody one.
    pub fn address(address: IpAddr) -> Option<Self> {
        (!address.to_canonical().is_loopback()).then(|| Self { kind: Kind::Address, key: network(address) })
    }

    /// Devices that ask from an address without saying who they are. `None` for this machine itself, as for [`Self::address`].
    pub fn device_requests(address: IpAddr) -> Option<Self> {
        Self::address(address).map(|address| {
            let hash = sha256(&[b"device requests".as_slice(), &address.key].concat());
            Self { key: hash.first_chunk().copied().unwrap_or_default(), ..address }
        })
    }

    /// The user codes of a realm's devices, which are guessed at all at once.
    pub fn user_codes(realm: &str) -> Self {
        Self::new(Kind::Known, &["device", realm, "user codes"])
    }

    /// The names are a peer's text of any length, so only their hash is kept.
    fn new(kind: Kind, parts: &[&str; 3]) -> Self {
        let hash = sha256(parts.join("\0").as_bytes());
        Self { kind, key: hash.first_chunk().copied().unwrap_or_default() }
    }
}

/// What counts as one address: an IPv4 address, an IPv6 network (/64).
pub(crate) fn network(address: IpAddr) -> [u8; 16] {
    let bits = match address.to_canonical() {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) if v6.is_loopback() => v6.to_bits(),
        IpAddr::V6(v6) => v6.to_bits() >> 64 << 64,
    };
    bits.to_be_bytes()
}

/// All brakes.
#[derive(Debug)]
pub struct Brakes {
    known: Mutex<Table>,
    unknown: Mutex<Table>,
    addresses: Mutex<Table>,
    totals: Mutex<Table>,
    places: Mutex<Places>,
    numbers: RwLock<Numbers>,
    /// Up to when, by the database's clock, other servers were heard.
    heard_until: AtomicI64,
}

impl Default for Brakes {
    fn default() -> Self {
        let shared = || Mutex::new(Table { untold: Some(HashMap::new()), ..Table::default() });
        Self {
            known: shared(),
            unknown: Mutex::default(),
            addresses: shared(),
            totals: shared(),
            places: Mutex::default(),
            numbers: RwLock::default(),
            heard_until: AtomicI64::new(0),
        }
    }
}

/// An attempt that is being looked at. Dropping it means that it failed.
#[derive(Debug)]
#[must_use = "an attempt that is dropped has failed"]
pub struct Attempt<'a> {
    brakes: &'a Brakes,
    subject: Subject,
    started: i64,
    ended: bool,
}

impl Brakes {
    /// Starts an attempt at `now` (milliseconds since the epoch). It may have to wait for the verdict on others.
    ///
    /// # Errors
    /// After how many seconds the next attempt will be looked at.
    pub async fn start(&self, subject: &Subject, now: i64) -> Result<Attempt<'_>, i64> {
        tokio::time::timeout(PATIENCE, self.start_patiently(*subject, now)).await.unwrap_or(Err(1))
    }

    /// As [`Brakes::start`], for an attempt that counts for several subjects, the strictest first; where one of them is
    /// braked, it counts for none.
    ///
    /// # Errors
    /// After how many seconds the next attempt will be looked at.
    pub async fn start_each(
        &self,
        subjects: impl IntoIterator<Item = Subject>,
        now: i64,
    ) -> Result<Vec<Attempt<'_>>, i64> {
        let mut attempts = Vec::new();
        for subject in subjects {
            match self.start(&subject, now).await {
                Ok(attempt) => attempts.push(attempt),
                Err(seconds) => {
                    attempts.into_iter().for_each(Attempt::undecided);
                    return Err(seconds);
                }
            }
        }
        Ok(attempts)
    }

    async fn start_patiently(&self, subject: Subject, now: i64) -> Result<Attempt<'_>, i64> {
        loop {
            let policy = self.policy(subject);
            let verdict = match self.table(subject).admit(subject, &policy, now) {
                Admission::Granted => return Ok(Attempt { brakes: self, subject, started: now, ended: false }),
                Admission::Braked(seconds) => return Err(seconds),
                Admission::Wait(verdict) => verdict,
            };
            verdict.notified().await;
        }
    }

    fn table(&self, subject: Subject) -> MutexGuard<'_, Table> {
        self.table_of(subject.kind)
    }

    fn table_of(&self, kind: Kind) -> MutexGuard<'_, Table> {
        let table = match kind {
            Kind::Known | Kind::Factor => &self.known,
            Kind::Unknown | Kind::UnknownTotal => &self.unknown,
            Kind::Address => &self.addresses,
            Kind::Total => &self.totals,
        };
        table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attempt<'_> {
    /// It was right: the failures before it are forgotten.
    pub fn succeeded(self) {
        self.end(Verdict::Right);
    }

    /// There is no verdict (there was no room to hash, the database failed): as if it had never been made.
    pub fn undecided(self) {
        self.end(Verdict::None);
    }

    fn end(mut self, verdict: Verdict) {
        self.ended = true;
        let policy = self.brakes.policy(self.subject);
        self.brakes.table(self.subject).end(self.subject, &policy, self.started, verdict);
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if !self.ended {
            let policy = self.brakes.policy(self.subject);
            self.brakes.table(self.subject).end(self.subject, &policy, self.started, Verdict::Wrong);
        }
    }
}

enum Admission {
    Granted,
    Braked(i64),
    Wait(Arc<Notify>),
}

#[derive(Clone, Copy)]
enum Verdict {
    Right,
    Wrong,
    None,
}

#[derive(Debug, Default)]
struct Entry {
    failures: u32,
    under_way: u32,
    last_failure: i64,
    /// Attempts that wait for the verdict on those under way.
    waiting: Option<Arc<Notify>>,
}

/// Two generations: what was not asked for while one filled up is forgotten when the next does.
#[derive(Debug, Default)]
struct Table {
    young: HashMap<[u8; 16], Entry>,
    old: HashMap<[u8; 16], Entry>,
    /// What other servers have not been told, where they are to be told.
    untold: Option<HashMap<[u8; 16], Untold>>,
}

impl Table {
    fn entry(&mut self, key: [u8; 16]) -> &mut Entry {
        if self.young.len() >= MOST / 2 && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        let old = &mut self.old;
        self.young.entry(key).or_insert_with(|| old.remove(&key).unwrap_or_default())
    }

    fn admit(&mut self, subject: Subject, policy: &Policy, now: i64) -> Admission {
        let entry = self.entry(subject.key);
        // A clock that was set back must not make the pause longer.
        entry.last_failure = entry.last_failure.min(now);
        if now - entry.last_failure > policy.window() {
            entry.failures = 0;
        }
        let pause = entry.pause(policy, now);
        if pause > 0 {
            entry.wake_next();
            return Admission::Braked((pause + 999) / 1000);
        }
        let room = if entry.failures < policy.free { policy.free - entry.failures } else { 1 };
        if entry.under_way >= room {
            return Admission::Wait(Arc::clone(entry.waiting.get_or_insert_default()));
        }
        entry.under_way += 1;
        if entry.under_way < room {
            entry.wake_next();
        }
        Admission::Granted
    }

    fn end(&mut self, subject: Subject, policy: &Policy, started: i64, verdict: Verdict) {
        let entry = self.entry(subject.key);
        entry.under_way = entry.under_way.saturating_sub(1);
        let news = match verdict {
            Verdict::Right if policy.forgiving => {
                let had_failed = std::mem::take(&mut entry.failures) > 0;
                had_failed.then_some(Untold::forgiven(started))
            }
            Verdict::Right | Verdict::None => None,
            Verdict::Wrong => {
                entry.failures = entry.failures.saturating_add(1);
                entry.last_failure = entry.last_failure.max(started);
                Some(Untold::failed(started))
            }
        };
        entry.wake_next();
        let awaited = entry.waiting.as_ref().is_some_and(|waiting| Arc::strong_count(waiting) > 1);
        if entry.failures == 0 && entry.under_way == 0 && !awaited {
            self.young.remove(&subject.key);
        }
        if let Some(news) = news {
            self.remember(subject.key, news);
        }
    }
}

impl Entry {
    /// For how many milliseconds nothing is looked at.
    fn pause(&self, policy: &Policy, now: i64) -> i64 {
        let Some(beyond) = self.failures.checked_sub(policy.free) else {
            return 0;
        };
        let pause = (1000_i64 << beyond.min(10)).min(policy.longest);
        self.last_failure + pause - now
    }

    /// Lets one of those who wait look again; it wakes the next if there is room for more.
    fn wake_next(&self) {
        if let Some(waiting) = &self.waiting {
            waiting.notify_one();
        }
    }
}

#[cfg(test)]
mod tests;
