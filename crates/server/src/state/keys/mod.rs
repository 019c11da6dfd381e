//! Signing keys: from the database, sealed, into memory, parsed; made where they are missing; replaced when they are old.
//!
//! 1. [`Keys::ring`] is asked for a realm's keys when its first request arrives.
//! 2. `plan` says what is due: pure, and the only place that knows a key's life.
//! 3. Elliptic keys are made at once. RSA takes its time, so it is made in the background, and a request that needs it
//!    waits for it ([`KeyRing::signing`]).
//! 4. The change is written under the version of the set that it was decided on. Who loses that race looks again.
//! 5. The ring exchanges its keys as a whole.

mod plan;
mod ring;

#[cfg(test)]
mod tests;

use crate::state::clock::Clock;
use crate::state::master_key::MasterKey;
use claviger_core::crypto::{CryptoError, SealKey};
use claviger_core::jose::{Algorithm, Jwk, Pkcs8, SigningKey};
use claviger_core::realm::Realm;
use claviger_store::{Fault, KeyChange, KeySet, KeyState, Masked, SigningKeyRow, Store};
use plan::{KeyInfo, Policy, Step, plan};
use ring::Snapshot;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

pub use ring::KeyRing;

/// How often a change that others came before is tried again.
const TRIES: usize = 10;

/// The signing keys of all realms.
#[derive(Clone)]
pub struct Keys(Arc<Shared>);

struct Shared {
    store: Store,
    seal: SealKey,
    clock: Clock,
    rings: Mutex<HashMap<String, Weak<KeyRing>>>,
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
    /// Of the realms in `store`, sealed under a key derived from `master`.
    ///
    /// # Errors
    /// The library has no AES-256-GCM.
    pub fn new(store: Store, master: &MasterKey, clock: Clock) -> Result<Self, CryptoError> {
        let seal = master.seal_key("signing keys")?;
        Ok(Self(Arc::new(Shared { store, seal, clock, rings: Mutex::default() })))
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
        let policy = Policy::of(realm);
        let due = plan(&infos(&set)?, &policy, self.0.clock.now(), false);
        if set.keys.is_empty() || (due.is_empty() && !self.0.is_in_use(&realm.id)) {
            return Ok(());
        }
        let ring = self.0.ring(&realm.id);
        self.settle(&ring, &policy, false, Rsa::Later).await?;
        for step in due {
            if let Step::Make { algorithm, .. } = step
                && is_slow(algorithm)
                && ring.begin_making(algorithm)
            {
                let made = self.make_now(&ring, &policy, algorithm).await;
                ring.made(algorithm);
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

    async fn settle(&self, ring: &Arc<KeyRing>, policy: &Policy, mut rotate: bool, rsa: Rsa) -> Result<(), Fault> {
        let _one_at_a_time = ring.work.lock().await;
        let mut spare = HashMap::new();
        for _ in 0..TRIES {
            let set = self.0.store.keys(&ring.realm).await?;
            let now = self.0.clock.now();
            let steps = plan(&infos(&set)?, policy, now, rotate);
            let mut changes = Vec::with_capacity(steps.len());
            for step in steps {
                let change = match step {
                    Step::Activate(kid) => KeyChange::Activate { kid },
                    Step::Retire(kid) => KeyChange::Retire { kid },
                    Step::Remove(kid) => KeyChange::Remove { kid },
                    Step::Make { algorithm, .. } if is_slow(algorithm) && rsa != Rsa::AtOnce => {
                        if rsa == Rsa::InTheBackground {
                            self.make_later(ring, policy, algorithm);
                        }
                        continue;
                    }
                    Step::Make { algorithm, state, activates_at } => {
                        let key = match spare.remove(&algorithm) {
                            Some(key) => key,
                            None => generate(algorithm).await?,
                        };
                        let row = self.0.row(&ring.realm, &key, state, now, activates_at)?;
                        spare.insert(algorithm, key);
                        KeyChange::Add(Box::new(row))
                    }
                };
                changes.push(change);
            }
            if changes.is_empty() {
                return self.0.load(ring, set);
            }
            // Whoever came before us decided on the same grounds; what is left to do shows when the set is read again.
            if self.0.store.rotate_keys(&ring.realm, set.version, changes, now).await? {
                spare.clear();
                rotate = false;
            }
        }
        Err(Fault::Busy)
    }

    /// Makes a key off the request path, and then does what is due.
    fn make_later(&self, ring: &Arc<KeyRing>, policy: &Policy, algorithm: Algorithm) {
        if !ring.begin_making(algorithm) {
            return;
        }
        let (keys, ring, policy) = (self.clone(), Arc::clone(ring), policy.clone());
        tokio::spawn(async move {
            let done = keys.make_now(&ring, &policy, algorithm).await;
            ring.made(algorithm);
            if let Err(fault) = done {
                tracing::error!(realm = ring.realm, %algorithm, %fault, "a signing key could not be made; it is tried again");
            }
        });
    }

    async fn make_now(&self, ring: &Arc<KeyRing>, policy: &Policy, algorithm: Algorithm) -> Result<(), Fault> {
        let key = generate(algorithm).await?;
        let _one_at_a_time = ring.work.lock().await;
        for _ in 0..TRIES {
            let set = self.0.store.keys(&ring.realm).await?;
            let now = self.0.clock.now();
            let due = plan(&infos(&set)?, policy, now, false).into_iter().find_map(|step| match step {
                Step::Make { algorithm: wanted, state, activates_at } if wanted == algorithm => {
                    Some((state, activates_at))
                }
                _ => None,
            });
            // Another process may have made one meanwhile.
            let Some((state, activates_at)) = due else {
                return self.0.load(ring, set);
            };
            let row = self.0.row(&ring.realm, &key, state, now, activates_at)?;
            let changes = vec![KeyChange::Add(Box::new(row))];
            self.0.store.rotate_keys(&ring.realm, set.version, changes, now).await?;
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
    fn ring(&self, realm: &str) -> Arc<KeyRing> {
        let mut rings = self.rings.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ring) = rings.get(realm).and_then(Weak::upgrade) {
            return ring;
        }
        if rings.len() == rings.capacity() {
            rings.retain(|_, ring| ring.strong_count() > 0);
        }
        let ring = Arc::new(KeyRing::new(realm));
        rings.insert(realm.to_owned(), Arc::downgrade(&ring));
        ring
    }

    /// Parses a set and puts it into the ring, unless it is there.
    fn load(&self, ring: &KeyRing, set: KeySet) -> Result<(), Fault> {
        if set.version != 0 && set.version == ring.version() {
            return Ok(());
        }
        let mut signing = Vec::new();
        let mut public = Vec::with_capacity(set.keys.len());
        for row in set.keys {
            let jwk: Jwk = serde_json::from_str(&row.public_jwk)?;
            if row.state == KeyState::Active {
                let key = self.open(&row)?;
                if key.public_jwk() != &jwk {
                    return Err(Fault::Other(format!(
                        "the halves of the signing key {} do not belong together",
                        row.kid
                    )));
                }
                signing.push(Arc::new(key));
            }
            public.push((order(row.state), jwk));
        }
        // The newest of several, should there ever be several.
        signing.reverse();
        // Some libraries take the first key they find: those in use come first.
        public.sort_by_key(|(order, _)| *order);
        let public = public.into_iter().map(|(_, jwk)| jwk).collect();
        ring.exchange(Snapshot::new(set.version, signing, public)?);
        Ok(())
    }

    fn open(&self, row: &SigningKeyRow) -> Result<SigningKey, Fault> {
        let der = self.seal.open(&associated(&row.realm, &row.kid), &row.sealed.0).map_err(|_| {
            Fault::Other(format!(
                "the signing key {} of {} does not open: the master key is not the one that this database was made with",
                row.kid, row.realm
            ))
        })?;
        SigningKey::from_pkcs8(algorithm(&row.alg)?, Some(&row.kid), &der)
            .map_err(|error| Fault::Other(error.to_string()))
    }

    fn row(
        &self,
        realm: &str,
        key: &Made,
        state: KeyState,
        now: i64,
        activates_at: i64,
    ) -> Result<SigningKeyRow, Fault> {
        let kid = key.parsed.kid().to_owned();
        let sealed = self
            .seal
            .seal(&associated(realm, &kid), key.private.expose())
            .map_err(|error| Fault::Other(error.to_string()))?;
        Ok(SigningKeyRow {
            realm: realm.to_owned(),
            alg: key.parsed.alg().name().to_owned(),
            sealed: Masked(sealed),
            public_jwk: serde_json::to_string(key.parsed.public_jwk())?,
            state,
            created_at: now,
            activates_at,
            retires_at: None,
            kid,
        })
    }
}

/// A new key, not yet stored.
struct Made {
    private: Pkcs8,
    parsed: SigningKey,
}

async fn generate(algorithm: Algorithm) -> Result<Made, Fault> {
    let work = move || {
        let private = SigningKey::generate(algorithm)?;
        let parsed = SigningKey::from_pkcs8(algorithm, None, private.expose())?;
        Ok(Made { private, parsed })
    };
    let made: Result<Made, CryptoError> = if is_slow(algorithm) {
        tokio::task::spawn_blocking(work).await.map_err(|error| Fault::Other(error.to_string()))?
    } else {
        work()
    };
    made.map_err(|error| Fault::Other(error.to_string()))
}

const fn is_slow(algorithm: Algorithm) -> bool {
    matches!(algorithm, Algorithm::Rs256 | Algorithm::Ps256)
}

const fn order(state: KeyState) -> u8 {
    match state {
        KeyState::Active => 0,
        KeyState::Published => 1,
        KeyState::Retired => 2,
    }
}

/// Ties a sealed key to its row, so that it cannot be moved to another.
fn associated(realm: &str, kid: &str) -> Vec<u8> {
    format!("signing key\0{realm}\0{kid}").into_bytes()
}

fn algorithm(name: &str) -> Result<Algorithm, Fault> {
    name.parse().map_err(|_| Fault::Other(format!("a stored signing key has the algorithm {name}")))
}

fn infos(set: &KeySet) -> Result<Vec<KeyInfo>, Fault> {
    let info = |row: &SigningKeyRow| {
        Ok(KeyInfo {
            kid: row.kid.clone(),
            algorithm: algorithm(&row.alg)?,
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
