//! Brakes against guessing, one per real client or user however it is spelled, and a loose one per address.
//!
//! Five failures in a row are free; after them each next attempt is only looked at after a pause of 1 s, 2 s, 4 s and so on
//! up to a minute. An attempt counts from its start, so that a hundred at once get no further than five one after the
//! other; those beyond wait for the verdict on the first ones, and all pass if that is good. What is right without
//! hashing (a secret that Claviger made) need not be braked at all, so nobody locks an app out by guessing.
//!
//! All of it is in memory and bounded. Names that nobody has are kept apart, so that inventing names pushes no real one
//! out.

use claviger_core::crypto::sha256;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// How many subjects are remembered, of those that exist and of those that do not.
const MOST: usize = 100_000;
/// The longest pause, in milliseconds.
const LONGEST_PAUSE: i64 = 60_000;
/// The longest that an attempt waits for the verdict on others.
const PATIENCE: Duration = Duration::from_secs(10);

/// Whose failures are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject {
    kind: Kind,
    key: [u8; 16],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Known,
    Unknown,
    Address,
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
        let address = address.to_canonical();
        let bits = match address {
            IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
            IpAddr::V6(v6) => v6.to_bits() >> 64 << 64,
        };
        (!address.is_loopback()).then_some(Self { kind: Kind::Address, key: bits.to_be_bytes() })
    }

    /// The names are a peer's text of any length, so only their hash is kept.
    fn new(kind: Kind, parts: &[&str; 3]) -> Self {
        let hash = sha256(parts.join("\0").as_bytes());
        Self { kind, key: hash.first_chunk().copied().unwrap_or_default() }
    }

    const fn policy(self) -> &'static Policy {
        match self.kind {
            Kind::Known | Kind::Unknown => &Policy { free: 5, window: 900_000, forgiving: true },
            Kind::Address => &Policy { free: 200, window: 300_000, forgiving: false },
        }
    }
}

struct Policy {
    /// Failures in a row without a pause.
    free: u32,
    /// Milliseconds after which failures are forgotten.
    window: i64,
    /// A success makes up for all failures before it.
    forgiving: bool,
}

/// All brakes.
#[derive(Debug, Default)]
pub struct Brakes {
    known: Mutex<Table>,
    unknown: Mutex<Table>,
    addresses: Mutex<Table>,
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

    async fn start_patiently(&self, subject: Subject, now: i64) -> Result<Attempt<'_>, i64> {
        loop {
            let verdict = match self.table(subject).admit(subject, now) {
                Admission::Granted => return Ok(Attempt { brakes: self, subject, started: now, ended: false }),
                Admission::Braked(seconds) => return Err(seconds),
                Admission::Wait(verdict) => verdict,
            };
            verdict.notified().await;
        }
    }

    fn table(&self, subject: Subject) -> MutexGuard<'_, Table> {
        let table = match subject.kind {
            Kind::Known => &self.known,
            Kind::Unknown => &self.unknown,
            Kind::Address => &self.addresses,
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
        self.brakes.table(self.subject).end(self.subject, self.started, verdict);
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.brakes.table(self.subject).end(self.subject, self.started, Verdict::Wrong);
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
}

impl Table {
    fn entry(&mut self, key: [u8; 16]) -> &mut Entry {
        if self.young.len() >= MOST / 2 && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        let old = &mut self.old;
        self.young.entry(key).or_insert_with(|| old.remove(&key).unwrap_or_default())
    }

    fn admit(&mut self, subject: Subject, now: i64) -> Admission {
        let policy = subject.policy();
        let entry = self.entry(subject.key);
        // A clock that was set back must not make the pause longer.
        entry.last_failure = entry.last_failure.min(now);
        if now - entry.last_failure > policy.window {
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

    fn end(&mut self, subject: Subject, started: i64, verdict: Verdict) {
        let policy = subject.policy();
        let entry = self.entry(subject.key);
        entry.under_way = entry.under_way.saturating_sub(1);
        match verdict {
            Verdict::Right if policy.forgiving => entry.failures = 0,
            Verdict::Right | Verdict::None => {}
            Verdict::Wrong => {
                entry.failures = entry.failures.saturating_add(1);
                entry.last_failure = entry.last_failure.max(started);
            }
        }
        entry.wake_next();
        let awaited = entry.waiting.as_ref().is_some_and(|waiting| Arc::strong_count(waiting) > 1);
        if entry.failures == 0 && entry.under_way == 0 && !awaited {
            self.young.remove(&subject.key);
        }
    }
}

impl Entry {
    /// For how many milliseconds nothing is looked at.
    fn pause(&self, policy: &Policy, now: i64) -> i64 {
        let Some(beyond) = self.failures.checked_sub(policy.free) else {
            return 0;
        };
        let pause = (1000_i64 << beyond.min(10)).min(LONGEST_PAUSE);
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
mod tests {
    use super::{Brakes, MOST, Subject};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    async fn fail(brakes: &Brakes, subject: &Subject, now: i64) -> Result<(), i64> {
        brakes.start(subject, now).await.map(drop)
    }

    #[tokio::test]
    async fn bar_47_pauses_grow_after_five_failures_and_end_with_a_success() {
        let brakes = Brakes::default();
        let client = Subject::client("r", "c");
        let mut now = 1_000_000;
        for _ in 0..5 {
            fail(&brakes, &client, now).await.unwrap();
        }
        for pause in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
            assert_eq!(fail(&brakes, &client, now).await, Err(pause));
            assert_eq!(fail(&brakes, &client, now + pause * 1000 - 1).await, Err(1));
            now += pause * 1000;
            fail(&brakes, &client, now).await.unwrap();
        }
        now += 60_000;
        brakes.start(&client, now).await.unwrap().succeeded();
        for _ in 0..5 {
            fail(&brakes, &client, now).await.unwrap();
        }
        assert_eq!(fail(&brakes, &client, now).await, Err(1));
    }

    #[tokio::test]
    async fn failures_are_forgotten_after_a_while_whatever_the_clock_does() {
        let brakes = Brakes::default();
        let user = Subject::user("r", "u");
        for _ in 0..5 {
            fail(&brakes, &user, 5_000_000).await.unwrap();
        }
        assert_eq!(fail(&brakes, &user, 5_000_000).await, Err(1));
        // The clock was set back by an hour: the pause is not longer than it was.
        assert_eq!(fail(&brakes, &user, 1_400_000).await, Err(1));
        fail(&brakes, &user, 1_401_000).await.unwrap();
        for _ in 0..5 {
            fail(&brakes, &user, 1_401_000 + 900_001).await.unwrap();
        }
    }

    #[tokio::test]
    async fn subjects_do_not_brake_one_another() {
        let brakes = Brakes::default();
        let stopped = Subject::user("r", "x");
        for _ in 0..5 {
            fail(&brakes, &stopped, 0).await.unwrap();
        }
        assert!(fail(&brakes, &stopped, 0).await.is_err());
        for other in [
            Subject::user("s", "x"),
            Subject::user("r", "y"),
            Subject::client("r", "x"),
            Subject::unknown_user("r", "x"),
            Subject::unknown_client("r", "x"),
        ] {
            fail(&brakes, &other, 0).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_hundred_guesses_at_once_get_no_further_than_five() {
        let brakes = Arc::new(Brakes::default());
        let looked_at = Arc::new(AtomicU32::new(0));
        let tasks: Vec<_> = (0..100)
            .map(|_| {
                let (brakes, looked_at) = (Arc::clone(&brakes), Arc::clone(&looked_at));
                tokio::spawn(async move {
                    let attempt = brakes.start(&Subject::user("r", "u"), 0).await?;
                    looked_at.fetch_add(1, Ordering::Relaxed);
                    tokio::task::yield_now().await;
                    drop(attempt);
                    Ok::<_, i64>(())
                })
            })
            .collect();
        for task in tasks {
            assert!(matches!(task.await.unwrap(), Ok(()) | Err(1)));
        }
        assert_eq!(looked_at.load(Ordering::Relaxed), 5);
    }

    #[tokio::test]
    async fn a_hundred_right_ones_at_once_all_pass() {
        let brakes = Arc::new(Brakes::default());
        for _ in 0..4 {
            fail(&brakes, &Subject::user("r", "u"), 0).await.unwrap();
        }
        let tasks: Vec<_> = (0..100)
            .map(|_| {
                let brakes = Arc::clone(&brakes);
                tokio::spawn(async move {
                    let attempt = brakes.start(&Subject::user("r", "u"), 0).await.unwrap();
                    tokio::task::yield_now().await;
                    attempt.succeeded();
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert!(brakes.known.lock().unwrap().young.is_empty());
    }

    #[tokio::test]
    async fn an_attempt_without_a_verdict_counts_for_nothing() {
        let brakes = Brakes::default();
        let user = Subject::user("r", "u");
        for _ in 0..20 {
            brakes.start(&user, 0).await.unwrap().undecided();
        }
        for _ in 0..5 {
            fail(&brakes, &user, 0).await.unwrap();
        }
        assert!(fail(&brakes, &user, 0).await.is_err());
    }

    #[tokio::test]
    async fn inventing_names_neither_fills_the_memory_nor_frees_a_real_one() {
        let brakes = Brakes::default();
        let user = Subject::user("r", "u");
        for _ in 0..5 {
            fail(&brakes, &user, 0).await.unwrap();
        }
        for i in 0..2 * MOST {
            fail(&brakes, &Subject::unknown_user("r", &i.to_string()), 0).await.unwrap();
        }
        assert!(fail(&brakes, &user, 0).await.is_err());
        let unknown = brakes.unknown.lock().unwrap();
        assert!(unknown.young.len() + unknown.old.len() <= MOST);
    }

    #[tokio::test]
    async fn an_address_has_a_longer_leash_and_success_does_not_make_up_for_failures() {
        let brakes = Brakes::default();
        let address = Subject::address("192.0.2.1".parse().unwrap()).unwrap();
        for _ in 0..199 {
            fail(&brakes, &address, 0).await.unwrap();
        }
        brakes.start(&address, 0).await.unwrap().succeeded();
        fail(&brakes, &address, 0).await.unwrap();
        assert_eq!(fail(&brakes, &address, 0).await, Err(1));
        assert_eq!(Subject::address("127.0.0.1".parse().unwrap()), None);
        let network = |text: &str| Subject::address(text.parse().unwrap()).unwrap();
        assert_eq!(network("2001:db8::1"), network("2001:db8::ffff"));
        assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
        assert_eq!(network("::ffff:192.0.2.1"), address);
    }
}
