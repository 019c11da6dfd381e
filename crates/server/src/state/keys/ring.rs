//! A realm's keys, parsed and ready: what requests use. Nothing here waits but for a key that is still being made.

use super::plan::Policy;
use super::purpose::Purpose;
use super::{Keys, Shared};
use arc_swap::ArcSwap;
use bytes::Bytes;
use claviger_core::jose::jwe::DecryptingKey;
use claviger_core::jose::{Algorithm, Jwk, JwkSet, SigningKey, VerifyingKeys};
use claviger_store::Fault;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::watch;

/// How long a token request waits for a key that is being made. RSA takes half a second where a core is free.
const PATIENCE: Duration = Duration::from_secs(10);

/// The keys of one realm. They are exchanged as a whole when they change; whoever holds the ring sees the new ones.
pub struct KeyRing {
    pub(super) realm: String,
    current: ArcSwap<Snapshot>,
    /// Changes whenever the keys or what is being made does, for those who wait for a key.
    exchanged: watch::Sender<u64>,
    /// Held while the keys are looked at and changed, so that one process does so once at a time.
    pub(super) work: tokio::sync::Mutex<()>,
    making: Mutex<BTreeSet<Purpose>>,
    /// What the realm asks of its keys, as it was last looked at; `None`: not yet.
    policy: Mutex<Option<Policy>>,
    /// Where further keys are made.
    maker: Weak<Shared>,
}

/// The key set as it is published.
#[derive(Debug, Clone)]
pub struct Published {
    /// RFC 7517 5, as JSON.
    pub jwks: Bytes,
    /// Every key that the realm wants is in it. What is not complete must not be kept by anybody.
    pub is_complete: bool,
}

/// The keys at one moment.
#[derive(Default)]
pub(super) struct Snapshot {
    /// The version of the stored set, so that nothing is parsed twice; 0: nothing is loaded.
    pub(super) version: i64,
    signing: Vec<Arc<SigningKey>>,
    /// All that decrypt.
    decrypting: Arc<[Arc<DecryptingKey>]>,
    /// What a key is published for.
    encrypted_to: BTreeSet<Purpose>,
    jwks: Bytes,
    verifying: Arc<VerifyingKeys>,
    /// Those that have left the set, each until when it verifies a hint.
    left: Vec<(Arc<VerifyingKeys>, i64)>,
}

impl Snapshot {
    /// `decrypting`: each with whether it is published. `public`: the key set in the order in which it is published; `left`: those that have left it.
    pub(super) fn new(
        version: i64,
        signing: Vec<Arc<SigningKey>>,
        decrypting: Vec<(Arc<DecryptingKey>, bool)>,
        public: Vec<Jwk>,
        left: Vec<(Jwk, i64)>,
    ) -> Result<Self, Fault> {
        let set = JwkSet { keys: public };
        let jwks = serde_json::to_vec(&set)?.into();
        let left = left.into_iter().map(|(jwk, until)| Ok((Arc::new(verifying(&JwkSet { keys: vec![jwk] })?), until)));
        let left = left.collect::<Result<_, Fault>>()?;
        let active = decrypting.iter().filter(|(_, is_active)| *is_active);
        let encrypted_to = active.map(|(key, _)| Purpose::Decrypt(key.alg())).collect();
        let decrypting = decrypting.into_iter().map(|(key, _)| key).collect();
        let verifying = Arc::new(verifying(&set)?);
        Ok(Self { version, signing, decrypting, encrypted_to, jwks, verifying, left })
    }

    fn signing(&self, algorithm: Algorithm) -> Option<Arc<SigningKey>> {
        self.signing.iter().find(|key| key.alg() == algorithm).map(Arc::clone)
    }

    fn has(&self, purpose: Purpose) -> bool {
        match purpose {
            Purpose::Sign(algorithm) => self.signing.iter().any(|key| key.alg() == algorithm),
            Purpose::Decrypt(_) => self.encrypted_to.contains(&purpose),
        }
    }
}

fn verifying(set: &JwkSet) -> Result<VerifyingKeys, Fault> {
    VerifyingKeys::from_set(set).map_err(|error| Fault::Other(error.to_string()))
}

impl KeyRing {
    pub(super) fn new(realm: &str, maker: Weak<Shared>) -> Self {
        Self {
            realm: realm.to_owned(),
            current: ArcSwap::default(),
            exchanged: watch::Sender::new(0),
            work: tokio::sync::Mutex::new(()),
            making: Mutex::default(),
            policy: Mutex::default(),
            maker,
        }
    }

    /// The key that signs with `algorithm`. Waits while it is being made, which happens to RSA in a new realm's first second, and
    /// to an algorithm that a client is the first to want.
    ///
    /// # Errors
    /// [`Fault::Busy`]: it could not be made, or takes too long.
    pub async fn signing(self: &Arc<Self>, algorithm: Algorithm) -> Result<Arc<SigningKey>, Fault> {
        if let Some(key) = self.current.load().signing(algorithm) {
            return Ok(key);
        }
        self.prepare(algorithm);
        self.wait_for(Purpose::Sign(algorithm)).await;
        self.current.load().signing(algorithm).ok_or(Fault::Busy)
    }

    /// Sees to it that there will be a key for an algorithm that a client wants, so that it is published before it signs.
    pub(crate) fn prepare(self: &Arc<Self>, algorithm: Algorithm) {
        if self.current.load().has(algorithm.into()) {
            return;
        }
        let policy = {
            let mut policy = self.policy.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(policy) = policy.as_mut() else { return };
            policy.purposes.insert(algorithm.into());
            policy.clone()
        };
        if let Some(maker) = self.maker.upgrade() {
            Keys(maker).make_later(self, &policy, algorithm.into());
        }
    }

    /// All keys that read what was encrypted to this realm; none where it does not want that.
    pub(crate) fn decrypting(&self) -> Arc<[Arc<DecryptingKey>]> {
        Arc::clone(&self.current.load().decrypting)
    }

    /// Until there is a key, it cannot be made, or it takes too long.
    #[cold]
    async fn wait_for(&self, purpose: Purpose) -> bool {
        let mut exchanged = self.exchanged.subscribe();
        let made = async {
            loop {
                exchanged.mark_unchanged();
                // Asked before the look at the keys: a key is there before its making ends.
                let is_on_its_way = self.being_made().contains(&purpose);
                if self.current.load().has(purpose) {
                    return true;
                }
                if !is_on_its_way || exchanged.changed().await.is_err() {
                    return false;
                }
            }
        };
        tokio::time::timeout(PATIENCE, made).await.unwrap_or(false)
    }

    /// The key set (RFC 7517 5). Waits while a key is being made, so that nobody learns a set that lacks one.
    pub async fn published(&self) -> Published {
        let missing: Vec<Purpose> = {
            let policy = self.policy.lock().unwrap_or_else(PoisonError::into_inner);
            let current = self.current.load();
            let wanted = policy.iter().flat_map(|policy| policy.purposes.iter().copied());
            wanted.filter(|purpose| !current.has(*purpose)).collect()
        };
        let mut is_complete = !self.current.load().signing.is_empty();
        for purpose in missing {
            is_complete &= self.wait_for(purpose).await;
        }
        Published { jwks: self.jwks(), is_complete }
    }

    /// The key set as it is now.
    pub fn jwks(&self) -> Bytes {
        self.current.load().jwks.clone()
    }

    /// What checks an ID token that is shown as a hint at `now`: the key set, and then the keys that have left it so late that a
    /// session of their time may go on. A revoked key is not among them.
    pub fn for_hints(&self, now: i64) -> impl Iterator<Item = Arc<VerifyingKeys>> {
        let current = self.current.load_full();
        let left = current.left.iter().filter(|(_, until)| now < *until).map(|(keys, _)| Arc::clone(keys));
        std::iter::once(Arc::clone(&current.verifying)).chain(left.collect::<Vec<_>>())
    }

    /// What the realm asks of its keys now.
    pub(super) fn want(&self, policy: &Policy) {
        *self.policy.lock().unwrap_or_else(PoisonError::into_inner) = Some(policy.clone());
    }

    /// What checks this realm's own tokens: every key of the set, and none that has left it.
    pub fn verifying(&self) -> Arc<VerifyingKeys> {
        Arc::clone(&self.current.load().verifying)
    }

    pub(super) fn version(&self) -> i64 {
        self.current.load().version
    }

    pub(super) fn exchange(&self, snapshot: Snapshot) {
        self.current.store(Arc::new(snapshot));
        self.tell();
    }

    fn tell(&self) {
        self.exchanged.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Whether the caller is the one to make a key now; it then has to call [`Self::made`].
    pub(super) fn begin_making(&self, purpose: Purpose) -> bool {
        self.being_made().insert(purpose)
    }

    pub(super) fn made(&self, purpose: Purpose) {
        self.being_made().remove(&purpose);
        self.tell();
    }

    fn being_made(&self) -> MutexGuard<'_, BTreeSet<Purpose>> {
        self.making.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRing")
            .field("realm", &self.realm)
            .field("signing", &self.current.load().signing)
            .finish_non_exhaustive()
    }
}
