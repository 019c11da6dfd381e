//! Hashes that other programs made. They are checked by the same threads, in the same queue; whether the password is right or
//! not, one hash of our own is made after: the one that is to take its place, or one that is thrown away.
//!
//! Some of them take longer than ours do, and that would tell who came along from elsewhere and has not signed in since. So
//! whoever fails in a realm waits for as long as the slowest of them took there ([`Pace`]), the others too.

use super::{BUSY, Busy, Hashed, Hasher, Stored, Turn, usual};
use claviger_core::crypto::entropy::random_bytes;
use claviger_core::token::Plain;
use claviger_hashes::Foreign;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// No wrong password waits for longer than this for others' sake.
const LONGEST: Duration = Duration::from_secs(2);
/// So long the slowest is remembered, at least.
const REMEMBERED: Duration = Duration::from_mins(10);
/// What is slower than this counts.
const NOTICED: Duration = Duration::from_millis(2);

/// How long the slowest hash of another program, or question to somebody else, took of late, by realm.
#[derive(Debug, Default)]
pub(super) struct Pace(Mutex<HashMap<String, (Duration, Instant)>>);

impl Pace {
    fn took(&self, realm: &str, time: Duration) {
        if time < NOTICED {
            return;
        }
        let mut slowest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match slowest.get_mut(realm) {
            Some((known, at)) if time < *known && at.elapsed() < REMEMBERED => {}
            Some(known) => *known = (time.min(LONGEST), Instant::now()),
            None => drop(slowest.insert(realm.to_owned(), (time.min(LONGEST), Instant::now()))),
        }
    }

    /// How much longer the slowest took.
    fn rest(&self, realm: &str, took: Duration) -> Duration {
        let slowest = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(realm).copied();
        slowest.map(|(slowest, _)| slowest).unwrap_or_default().saturating_sub(took)
    }
}

impl Hasher {
    /// Whether `password` is the one that another program made a hash of: a hash of ours to take its place, of the password as
    /// it is given here. Costs more than a check of our own; see [`Hasher::wait_as_others_do`].
    ///
    /// # Errors
    /// [`Busy`].
    pub(crate) async fn verify_foreign(
        &self,
        realm: &str,
        turn: Turn,
        password: Plain,
        foreign: Arc<Foreign>,
    ) -> Result<Option<String>, Busy> {
        let stored = Stored { params: usual(), salt: random_bytes::<16>().to_vec(), hash: None };
        let timed = Arc::new(Timed { foreign, took: Mutex::default() });
        let hashed = self.run(turn, password, stored, Some(Arc::clone(&timed))).await?;
        let took = timed.took();
        self.0.0.pace.took(realm, took);
        match hashed {
            Hashed::New(phc) => Ok(Some(phc)),
            Hashed::Same(_) => {
                self.wait(realm, took).await;
                Ok(None)
            }
            Hashed::Failed => Err(BUSY),
        }
    }

    /// Waits for as long as the slowest of late took in this realm, less what this one took; not at all where there was none.
    pub(crate) async fn wait_as_others_do(&self, realm: &str, took: Duration) {
        self.wait(realm, took).await;
    }

    /// Something else than a hash took so long in this realm, and others are to take as long.
    pub(crate) fn note_pace(&self, realm: &str, took: Duration) {
        self.0.0.pace.took(realm, took);
    }

    async fn wait(&self, realm: &str, took: Duration) {
        let rest = self.0.0.pace.rest(realm, took);
        if !rest.is_zero() {
            tokio::time::sleep(rest).await;
        }
    }
}

/// A hash of another program, and how long it took to check it.
pub(super) struct Timed {
    foreign: Arc<Foreign>,
    took: Mutex<Duration>,
}

impl Timed {
    pub(super) fn is_of(&self, password: &str) -> bool {
        let began = Instant::now();
        let is_right = self.foreign.is_of(password);
        *self.took.lock().unwrap_or_else(PoisonError::into_inner) = began.elapsed();
        is_right
    }

    fn took(&self) -> Duration {
        *self.took.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use claviger_hashes::Given;

    fn foreign(hash: &str) -> Arc<Foreign> {
        Arc::new(Foreign::parse(&Given::of(hash)).unwrap())
    }

    /// Of `password`.
    const SHA: &str = "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=";

    #[tokio::test]
    async fn a_right_password_gets_a_hash_of_ours_and_a_wrong_one_costs_the_same() {
        let hasher = Hasher::new(1, 8).unwrap();
        let hash = hasher.verify_foreign("r", Turn::OURS, "password".into(), foreign(SHA)).await.unwrap().unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(hasher.verify("password".into(), &hash).await.unwrap());
        let before = hasher.hashed();
        assert_eq!(hasher.verify_foreign("r", Turn::OURS, "Password".into(), foreign(SHA)).await.unwrap(), None);
        assert_eq!(hasher.hashed(), before + 1);
        assert_eq!(hasher.0.0.held.load(std::sync::atomic::Ordering::Relaxed), super::super::MEMORY_KIB as usize);
    }

    #[test]
    fn whoever_fails_waits_for_as_long_as_the_slowest_took_in_their_realm() {
        let pace = Pace::default();
        assert_eq!(pace.rest("r", Duration::ZERO), Duration::ZERO);
        pace.took("r", Duration::from_millis(300));
        pace.took("r", Duration::from_millis(200));
        pace.took("s", Duration::from_mins(1));
        pace.took("t", Duration::from_micros(900));
        assert_eq!(pace.rest("r", Duration::ZERO), Duration::from_millis(300));
        assert_eq!(pace.rest("r", Duration::from_millis(120)), Duration::from_millis(180));
        assert_eq!(pace.rest("r", Duration::from_secs(1)), Duration::ZERO);
        assert_eq!(pace.rest("s", Duration::ZERO), LONGEST);
        assert_eq!(pace.rest("t", Duration::ZERO), Duration::ZERO);
    }
}
