//! Clients and their secrets, kept ready in memory once they have been asked for.
//!
//! A stretched secret (Argon2id) that has been found right once is remembered under a key of this process, so that a client
//! pays for stretching once and not with every token. Who a client is, is decided in [`crate::protocol::authenticate`].

use crate::state::secrets::FROM_FILE;
use crate::state::uses::{Noted, Uses};
use claviger_core::Client;
use claviger_core::crypto::HmacKey;
use claviger_core::jose::VerifyingKeys;
use claviger_store::{ClientSecret, Fault, SecretKind, Store};
use quick_cache::Equivalent;
use quick_cache::sync::Cache;
use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};
use subtle::ConstantTimeEq;

/// A client with its secrets, as loaded.
#[derive(Debug)]
pub(crate) struct Entry {
    /// The client.
    pub(crate) client: Client,
    secrets: Vec<ClientSecret>,
    /// When each of them was noted as used last, in their order; and for a client that has none of its own.
    noted: Vec<Noted>,
    noted_itself: Noted,
    /// Its public keys, once they were asked for; those that lie elsewhere are not here.
    keys: OnceLock<Arc<VerifyingKeys>>,
    /// HMAC of a stretched secret that was found right, and the stored hash it was right for.
    remembered: RwLock<Option<([u8; 32], Vec<u8>)>>,
    /// A secret that is stored under an earlier token key is being stored under the newest.
    pub(crate) rewriting: Arc<AtomicBool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    realm: Box<str>,
    id: Box<str>,
}

#[derive(Hash)]
struct KeyRef<'a> {
    realm: &'a str,
    id: &'a str,
}

impl Equivalent<Key> for KeyRef<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        *self.realm == *key.realm && *self.id == *key.id
    }
}

/// Clients that have been asked for.
#[derive(Debug)]
pub(crate) struct Clients {
    cache: Cache<Key, Arc<Entry>>,
    /// Which of them have a user's password for their secret, by realm and user.
    by_user: Mutex<HashMap<Key, HashSet<Box<str>>>>,
    /// Counts what was forgotten, so that what was read before is not kept after.
    forgotten: AtomicU64,
    memory_key: HmacKey,
}

/// How many clients are kept ready.
const KEPT: usize = 20_000;

impl Entry {
    /// The client authenticated in a realm, with this secret where it has one of its own, or with a certificate that ends then.
    pub(crate) fn note_use(&self, uses: &Uses, (realm, secret): (&str, Option<&str>), ends_at: Option<i64>, now: i64) {
        let at = secret.and_then(|id| self.secrets.iter().position(|stored| stored.id == id));
        let noted = at.and_then(|at| self.noted.get(at)).unwrap_or(&self.noted_itself);
        uses.note(noted, (realm, &self.client.id, secret.unwrap_or_default()), ends_at, now);
    }

    /// The stretched secret whose stored hash this is.
    pub(crate) fn with_hash(&self, hash: &[u8]) -> Option<&ClientSecret> {
        self.secrets.iter().find(|stored| stored.kind == SecretKind::Argon2 && *stored.hash == *hash)
    }

    /// The public keys that the client registered; `None` where they lie elsewhere.
    pub(crate) fn keys(&self) -> Option<Arc<VerifyingKeys>> {
        if self.client.jwks_uri.is_some() {
            return None;
        }
        // What cannot be used was refused at registration.
        let read = || self.client.jwks.as_ref().and_then(|set| VerifyingKeys::from_set(set).ok());
        Some(Arc::clone(self.keys.get_or_init(|| Arc::new(read().unwrap_or_default()))))
    }

    /// The secrets of this kind that are live at `now`.
    pub(crate) fn live(&self, kind: SecretKind, now: i64) -> impl Iterator<Item = &ClientSecret> {
        self.secrets.iter().filter(move |stored| stored.kind == kind && stored.is_live(now))
    }

    /// Those that Claviger made and nobody can guess, live at `now`.
    pub(crate) fn made(&self, now: i64) -> impl Iterator<Item = &ClientSecret> {
        self.live(SecretKind::Hmac, now).filter(|stored| stored.id != FROM_FILE)
    }

    /// Those that are kept like made ones because they are long, and that somebody chose all the same.
    pub(crate) fn chosen(&self, now: i64) -> impl Iterator<Item = &ClientSecret> {
        self.live(SecretKind::Hmac, now).filter(|stored| stored.id == FROM_FILE)
    }
}

impl Clients {
    /// None are ready yet.
    pub(crate) fn new() -> Self {
        let key: [u8; 32] = claviger_core::crypto::entropy::random_bytes();
        let cache = Cache::new(KEPT);
        Self { cache, by_user: Mutex::default(), forgotten: AtomicU64::new(0), memory_key: HmacKey::new(&key) }
    }

    /// The client of this id.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(crate) async fn load(&self, store: &Store, realm: &str, id: &str) -> Result<Option<Arc<Entry>>, Fault> {
        if let Some(entry) = self.remembered(realm, id) {
            return Ok(Some(entry));
        }
        let before = self.forgotten.load(Ordering::SeqCst);
        let Some((client, secrets)) = store.client_with_secrets(realm, id).await? else { return Ok(None) };
        if let (true, Some(user)) = (client.secret_is_password, &client.acts_as) {
            self.note_user(realm, user, id);
        }
        let entry = Arc::new(Entry {
            noted: secrets.iter().map(|_| Noted::default()).collect(),
            noted_itself: Noted::default(),
            client,
            secrets,
            keys: OnceLock::new(),
            remembered: RwLock::default(),
            rewriting: Arc::default(),
        });
        self.cache.insert(Key { realm: realm.into(), id: id.into() }, Arc::clone(&entry));
        if self.forgotten.load(Ordering::SeqCst) != before {
            // The client may have changed while it was read.
            self.cache.remove(&KeyRef { realm, id });
        }
        Ok(Some(entry))
    }

    /// The client of this id, if it has been asked for before.
    pub(crate) fn remembered(&self, realm: &str, id: &str) -> Option<Arc<Entry>> {
        self.cache.get(&KeyRef { realm, id })
    }

    /// A client has changed.
    pub(crate) fn forget(&self, realm: &str, id: &str) {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        self.cache.remove(&KeyRef { realm, id });
    }

    /// A user has changed, whose password may be a client's secret.
    pub(crate) fn forget_user(&self, realm: &str, user: &str) {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        let clients = self.by_user().remove(&Key { realm: realm.into(), id: user.into() });
        for id in clients.into_iter().flatten() {
            self.cache.remove(&KeyRef { realm, id: &id });
        }
    }

    /// Nobody knows what has changed.
    pub(crate) fn forget_all(&self) {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        self.cache.clear();
        self.by_user().clear();
    }

    fn note_user(&self, realm: &str, user: &str, client: &str) {
        let is_full = {
            let mut by_user = self.by_user();
            by_user.entry(Key { realm: realm.into(), id: user.into() }).or_default().insert(client.into());
            by_user.len() > KEPT
        };
        if is_full {
            // Most of them have left the cache by themselves.
            self.forget_all();
        }
    }

    fn by_user(&self) -> MutexGuard<'_, HashMap<Key, HashSet<Box<str>>>> {
        self.by_user.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A stretched secret has been found right for this stored hash.
    pub(crate) fn remember(&self, entry: &Entry, secret: &str, hash: Vec<u8>) {
        let tag = self.memory_key.sign(secret.as_bytes());
        *entry.remembered.write().unwrap_or_else(PoisonError::into_inner) = Some((tag, hash));
    }

    /// Where a secret is the one that was found right before, and what it was right for is live still: what is stored of it.
    pub(crate) fn recall(&self, entry: &Entry, secret: &str, now: i64) -> Option<Vec<u8>> {
        let remembered = entry.remembered.read().unwrap_or_else(PoisonError::into_inner);
        let (tag, hash) = remembered.as_ref()?;
        let still = entry.client.secret_is_password
            || entry.secrets.iter().any(|stored| stored.is_live(now) && *stored.hash == *hash);
        (still && bool::from(tag.ct_eq(&self.memory_key.sign(secret.as_bytes())))).then(|| hash.clone())
    }
}
