//! Signing keys: from the database, sealed, into memory, parsed; made where they are missing; replaced when they are old.
//!
//! 1. [`Keys::ring`] is asked for a realm's keys when its first request arrives.
//! 2. `plan` says what is due: pure, and the only place that knows a key's life.
//! 3. Elliptic keys are made at once. RSA takes its time, so it is made in the background, and a request that needs it
//!    waits for it ([`KeyRing::signing`]).
//! 4. The change is written under the version of the set that it was decided on. Who loses that race looks again.
//! 5. The ring exchanges its keys as a whole.

mod made;
mod plan;
mod purpose;
mod ring;

#[cfg(test)]
mod tests;

use crate::state::clock::Clock;
use crate::state::master_key::MasterKey;
use crate::state::master_keys::{MARKER, MasterKeys};
use claviger_core::crypto::CryptoError;
use claviger_core::jose::{Algorithm, Jwk};
use claviger_core::realm::Realm;
use claviger_store::{Fault, KeyChange, KeyChanges, KeySet, KeyState, SigningKeyRow, Store};
use made::{Parsed, SIGNING_KEYS, generate, purpose};
use plan::{KeyInfo, Policy, Step, plan};
use purpose::Purpose;
use ring::Snapshot;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

pub(crate) use made::{is_sealed_under, resealed};
pub use ring::{KeyRing, Published};

/// How many keys that left the set are kept at most; an ID token of an earlier one is no hint any more.
const MOST_THAT_LEFT: i64 = 50;

/// For how long a client that names an algorithm is not looked for again, in milliseconds.
const ASKED_FOR: i64 = 3_600_000;

/// How often a change that others came before is tried again.
const TRIES: usize = 10;

/// The signing keys of all realms.
#[derive(Clone)]
pub struct Keys(Arc<Shared>);

struct Shared {
    store: Store,
    masters: MasterKeys,
    clock: Clock,
    rings: Mutex<HashMap<String, Weak<KeyRing>>>,
    /// When some client of a realm was last seen to name an algorithm that the realm does not.
    asked: Mutex<HashMap<(String, Algorithm), i64>>,
}

/// Whether RSA keys may be made later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rsa {
    InTheBackground,
    AtOnce,
    /// By the caller.
    Later,
}

impl Keys {
    /// The master keys under which they are sealed.
    pub(crate) fn masters(&self) -> &MasterKeys {
        &self.0.masters
    }

    /// Of the realms in `store`, sealed under a key derived from `master`.
    ///
    /// # Errors
    /// The library has no AES-256-GCM.
    pub fn new(store: Store, master: impl Into<MasterKeys>, clock: Clock) -> Result<Self, CryptoError> {
        let masters = master.into();
        masters.newest().map(|key| key.seal_key(SIGNING_KEYS)).transpose()?;
        Ok(Self(Arc::new(Shared { store, masters, clock, rings: Mutex::default(), asked: Mutex::default() })))
    }

    /// The same keys, changed through another handle on their database: for an act that is written down.
    pub(crate) fn through(&self, store: Store) -> Self {
        let (masters, clock) = (self.0.masters.clone(), self.0.clock.clone());
        Self(Arc::new(Shared { store, masters, clock, rings: Mutex::default(), asked: Mutex::default() }))
    }

    /// The realm's keys, with whatever was due done: missing elliptic keys are made, RSA is on its way. While anybody
    /// holds a realm's ring, everybody gets the same one.
    ///
    /// # Errors
    /// The store fails, or a key was sealed under another master key.
    pub async fn ring(&self, realm: &Realm) -> Result<Arc<KeyRing>, Fault> {
        let ring = self.0.ring(&realm.id);
        self.settle(&ring, &Policy::of(realm), false, Rsa::InTheBackground).await?;
        Ok(ring)
    }

    /// Does what is due by age: publishes successors, lets them sign, retires and removes. A job calls it for every realm in
    /// turn, and waits for RSA. A realm that has no keys gets them with its first request; one that nobody asked for costs
    /// one read.
    ///
    /// # Errors
    /// As for [`Self::ring`].
    pub async fn tick(&self, realm: &Realm) -> Result<(), Fault> {
        let set = self.0.store.keys(&realm.id).await?;
        let policy = self.0.with_asked(Policy::of(realm), &realm.id, &set).await?;
        let due = plan(&infos(&set)?, &policy, self.0.clock.now(), false);
        if set.keys.is_empty() || (due.is_empty() && !self.0.is_in_use(&realm.id)) {
            return Ok(());
        }
        let ring = self.0.ring(&realm.id);
        self.settle(&ring, &policy, false, Rsa::Later).await?;
        for step in due {
            if let Step::Make { purpose, .. } = step
                && purpose.is_slow()
                && ring.begin_making(purpose)
            {
                let made = self.make_now(&ring, &policy, purpose).await;
                ring.made(purpose);
                made?;
            }
        }
        Ok(())
    }

    /// Gives every key in use a successor, which signs after the realm's `key-prepublish`. Where a successor is published
    /// already, that one stands. RSA is made before this returns.
    ///
    /// # Errors
    /// As for [`Self::ring`].
    pub async fn rotate(&self, realm: &Realm) -> Result<Arc<KeyRing>, Fault> {
        let ring = self.0.ring(&realm.id);
        self.settle(&ring, &Policy::of(realm), true, Rsa::AtOnce).await?;
        Ok(ring)
    }

    /// Takes a key out of the set, at once and for ever: what it signed is refused from now on. Where it signed, a published
    /// successor signs from now on, or else a new one; RSA is made before this returns. `None`: the realm never had this
    /// key. One that left the set before is refused as well, by those who still have it.
    ///
    /// # Errors
    /// The store fails, or the master key in use is not held.
    pub async fn revoke(&self, realm: &Realm, kid: &str) -> Result<Option<KeyRevoked>, Fault> {
        let mut spare = None;
        for _ in 0..TRIES {
            let set = self.0.store.keys(&realm.id).await?;
            let policy = self.0.with_asked(Policy::of(realm), &realm.id, &set).await?;
            let now = self.0.clock.now();
            let Some(key) = set.keys.iter().find(|key| key.kid == kid) else {
                if !self.0.store.had_key(&realm.id, kid).await? {
                    return Ok(None);
                }
                if self.0.change(&realm.id, set.version, vec![], None, Some(kid), now).await? {
                    return Ok(Some(KeyRevoked { state: None, successor: None }));
                }
                continue;
            };
            let mut changes = vec![KeyChange::Remove { kid: kid.to_owned() }];
            let (mut successor, mut master) = (None, None);
            let purpose = purpose(&key.alg)?;
            let of = |state| set.keys.iter().filter(move |other| other.state == state && other.alg == key.alg);
            let is_last = key.state == KeyState::Active && of(KeyState::Active).count() == 1;
            if is_last && policy.purposes.contains(&purpose) {
                let ready = of(KeyState::Published).min_by_key(|key| key.activates_at).map(|key| key.kid.clone());
                if let Some(kid) = ready {
                    successor = Some(kid.clone());
                    changes.push(KeyChange::Activate { kid });
                } else {
                    let made = match spare.take() {
                        Some(made) => made,
                        None => generate(purpose).await?,
                    };
                    let current = self.0.masters.current(&self.0.store).await?;
                    let row = made.row(&current, &realm.id, KeyState::Active, now, now)?;
                    successor = Some(row.kid.clone());
                    changes.push(KeyChange::Add(Box::new(row)));
                    (spare, master) = (Some(made), Some(current));
                }
            }
            let state = Some(key.state);
            if self.0.change(&realm.id, set.version, changes, master.as_ref(), Some(kid), now).await? {
                return Ok(Some(KeyRevoked { state, successor }));
            }
        }
        Err(Fault::Busy)
    }

    async fn settle(&self, ring: &Arc<KeyRing>, policy: &Policy, mut rotate: bool, rsa: Rsa) -> Result<(), Fault> {
        let _one_at_a_time = ring.work.lock().await;
        let mut spare = HashMap::new();
        for _ in 0..TRIES {
            let set = self.0.store.keys(&ring.realm).await?;
            let policy = &self.0.with_asked(policy.clone(), &ring.realm, &set).await?;
            let now = self.0.clock.now();
            let steps = plan(&infos(&set)?, policy, now, rotate);
            let master = if steps.is_empty() { None } else { Some(self.0.masters.current(&self.0.store).await?) };
            let mut changes = Vec::with_capacity(steps.len());
            for step in steps {
                let change = match step {
                    Step::Activate(kid) => KeyChange::Activate { kid },
                    Step::Retire(kid) => KeyChange::Retire { kid },
                    Step::Remove(kid) => KeyChange::Remove { kid },
                    Step::Make { purpose, .. } if purpose.is_slow() && rsa != Rsa::AtOnce => {
                        if rsa == Rsa::InTheBackground {
                            self.make_later(ring, policy, purpose);
                        }
                        continue;
                    }
                    Step::Make { purpose, state, activates_at } => {
                        let key = match spare.remove(&purpose) {
                            Some(key) => key,
                            None => generate(purpose).await?,
                        };
                        let Some(master) = &master else { continue };
                        let row = key.row(master, &ring.realm, state, now, activates_at)?;
                        spare.insert(purpose, key);
                        KeyChange::Add(Box::new(row))
                    }
                };
                changes.push(change);
            }
            if changes.is_empty() {
                return self.0.load(ring, set, policy).await;
            }
            // Whoever came before us decided on the same grounds; what is left to do shows when the set is read again.
            if self.0.change(&ring.realm, set.version, changes, master.as_ref(), None, now).await? {
                spare.clear();
                rotate = false;
            }
        }
        Err(Fault::Busy)
    }

    /// Makes a key off the request path, and then does what is due.
    fn make_later(&self, ring: &Arc<KeyRing>, policy: &Policy, purpose: Purpose) {
        if !ring.begin_making(purpose) {
            return;
        }
        let (keys, ring, policy) = (self.clone(), Arc::clone(ring), policy.clone());
        tokio::spawn(async move {
            let done = keys.make_now(&ring, &policy, purpose).await;
            ring.made(purpose);
            if let Err(fault) = done {
                tracing::error!(realm = ring.realm, %purpose, %fault, "a key could not be made; it is tried again");
            }
        });
    }

    async fn make_now(&self, ring: &Arc<KeyRing>, policy: &Policy, purpose: Purpose) -> Result<(), Fault> {
        let policy = &Policy { purposes: policy.purposes.iter().copied().chain([purpose]).collect(), ..policy.clone() };
        let mut spare = None;
        let _one_at_a_time = ring.work.lock().await;
        for _ in 0..TRIES {
            let set = self.0.store.keys(&ring.realm).await?;
            let now = self.0.clock.now();
            let due = plan(&infos(&set)?, policy, now, false).into_iter().find_map(|step| match step {
                Step::Make { purpose: wanted, state, activates_at } if wanted == purpose => Some((state, activates_at)),
                _ => None,
            });
            // Another process may have made one meanwhile.
            let Some((state, activates_at)) = due else {
                return self.0.load(ring, set, policy).await;
            };
            let key = match spare.take() {
                Some(key) => key,
                None => generate(purpose).await?,
            };
            let master = self.0.masters.current(&self.0.store).await?;
            let row = key.row(&master, &ring.realm, state, now, activates_at)?;
            spare = Some(key);
            let changes = vec![KeyChange::Add(Box::new(row))];
            self.0.change(&ring.realm, set.version, changes, Some(&master), None, now).await?;
        }
        Err(Fault::Busy)
    }
}

impl Shared {
    /// Whether anybody holds a realm's ring.
    fn is_in_use(&self, realm: &str) -> bool {
        let rings = self.rings.lock().unwrap_or_else(PoisonError::into_inner);
        rings.get(realm).is_some_and(|ring| ring.strong_count() > 0)
    }

    /// The ring of a realm, empty at first.
    fn ring(self: &Arc<Self>, realm: &str) -> Arc<KeyRing> {
        let mut rings = self.rings.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ring) = rings.get(realm).and_then(Weak::upgrade) {
            return ring;
        }
        if rings.len() == rings.capacity() {
            rings.retain(|_, ring| ring.strong_count() > 0);
        }
        let ring = Arc::new(KeyRing::new(realm, Arc::downgrade(self)));
        rings.insert(realm.to_owned(), Arc::downgrade(&ring));
        ring
    }

    /// Parses a set and puts it into the ring, unless it is there.
    async fn load(&self, ring: &KeyRing, set: KeySet, policy: &Policy) -> Result<(), Fault> {
        ring.want(policy);
        if set.version != 0 && set.version == ring.version() {
            return Ok(());
        }
        let (mut signing, mut decrypting) = (Vec::new(), Vec::new());
        let mut public = Vec::with_capacity(set.keys.len());
        for row in set.keys {
            let purpose = purpose(&row.alg)?;
            let jwk: Jwk = serde_json::from_str(&row.public_jwk)?;
            let is_active = row.state == KeyState::Active;
            // What was encrypted to a key before it was replaced is read to the end of its time.
            let parsed =
                if is_active || matches!(purpose, Purpose::Decrypt(_)) { Some(self.open(&row, &jwk)?) } else { None };
            match parsed {
                Some(Parsed::Signing(key)) => signing.push(Arc::new(key)),
                Some(Parsed::Decrypting(key)) => decrypting.push((Arc::new(key), is_active)),
                None => {}
            }
            if is_active || matches!(purpose, Purpose::Sign(_)) {
                public.push((order(row.state, purpose), jwk));
            }
        }
        // The newest of several, should there ever be several.
        signing.reverse();
        decrypting.reverse();
        // Some libraries take the first key they find: those in use come first, and what signs access tokens before others.
        public.sort_by_key(|(order, jwk)| (*order, jwk.alg.as_deref() != Some(policy.usual.name())));
        let public = public.into_iter().map(|(_, jwk)| jwk).collect();
        let left = self.that_left(ring, policy).await?;
        ring.exchange(Snapshot::new(set.version, signing, decrypting, public, left)?);
        Ok(())
    }

    fn open(&self, row: &SigningKeyRow, public: &Jwk) -> Result<Parsed, Fault> {
        let key = made::open(&self.masters, row)?;
        if key.public_jwk() == public {
            return Ok(key);
        }
        Err(Fault::Other(format!("the halves of the signing key {} do not belong together", row.kid)))
    }

    /// A policy together with the algorithms that only clients name: there is a key, made when it was first needed, and it goes on
    /// as long as some client wants it. That is looked up once an hour.
    async fn with_asked(&self, mut policy: Policy, realm: &str, set: &KeySet) -> Result<Policy, Fault> {
        for row in set.keys.iter().filter(|row| row.state == KeyState::Active) {
            let Purpose::Sign(algorithm) = purpose(&row.alg)? else { continue };
            if !policy.purposes.contains(&algorithm.into()) && self.is_asked(realm, algorithm).await? {
                policy.purposes.insert(algorithm.into());
            }
        }
        Ok(policy)
    }

    async fn is_asked(&self, realm: &str, algorithm: Algorithm) -> Result<bool, Fault> {
        let (of, now) = ((realm.to_owned(), algorithm), self.clock.now());
        let seen = self.asked.lock().unwrap_or_else(PoisonError::into_inner).get(&of).copied();
        if seen.is_some_and(|at| (0..ASKED_FOR).contains(&now.saturating_sub(at))) {
            return Ok(true);
        }
        let is_asked = self.store.is_signing_asked(realm, algorithm).await?;
        if is_asked {
            self.asked.lock().unwrap_or_else(PoisonError::into_inner).insert(of, now);
        }
        Ok(is_asked)
    }

    /// The keys that left the set so late that a session of their time may go on, each with the time until which it may.
    async fn that_left(&self, ring: &KeyRing, policy: &Policy) -> Result<Vec<(Jwk, i64)>, Fault> {
        let since = self.clock.now().saturating_sub(policy.longest_session);
        let left = self.store.keys_that_left(&ring.realm, since, MOST_THAT_LEFT).await?;
        let until = |removed_at: i64| removed_at.saturating_add(policy.longest_session);
        left.iter().map(|key| Ok((serde_json::from_str(&key.public_jwk)?, until(key.removed_at)))).collect()
    }

    /// Changes a set that was decided on at `version`. `master`: what the new keys among them are sealed under, which must
    /// still be what everything is sealed under.
    async fn change(
        &self,
        realm: &str,
        version: i64,
        changes: Vec<KeyChange>,
        master: Option<&MasterKey>,
        revoked: Option<&str>,
        now: i64,
    ) -> Result<bool, Fault> {
        let condition = master.map(|master| (MARKER, master.id().to_vec()));
        let revoked = revoked.map(str::to_owned);
        self.store.change_keys(realm, KeyChanges { version, changes, condition, revoked }, now).await
    }
}

/// What became of a key that was revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRevoked {
    /// Where it stood; `None`: it had left the set before.
    pub state: Option<KeyState>,
    /// The key that signs in its place.
    pub successor: Option<String>,
}

/// Keys that sign come first: some libraries take the first that they find.
const fn order(state: KeyState, purpose: Purpose) -> u8 {
    match (purpose, state) {
        (Purpose::Sign(_), KeyState::Active) => 0,
        (Purpose::Sign(_), KeyState::Published) => 1,
        (Purpose::Sign(_), KeyState::Retired) => 2,
        (Purpose::Decrypt(_), _) => 3,
    }
}

fn infos(set: &KeySet) -> Result<Vec<KeyInfo>, Fault> {
    let info = |row: &SigningKeyRow| {
        Ok(KeyInfo {
            kid: row.kid.clone(),
            purpose: purpose(&row.alg)?,
            state: row.state,
            activates_at: row.activates_at,
            retires_at: row.retires_at,
        })
    };
    set.keys.iter().map(info).collect()
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").finish_non_exhaustive()
    }
}
