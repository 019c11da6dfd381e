//! Public keys of clients, and of issuers of assertions, that lie elsewhere (`jwks_uri`): fetched once, kept, and looked at again beside the requests.
//!
//! The first request that needs a set waits for it. From then on a set that has become old is used while a new one is fetched. A
//! key that is not in the set is looked for by fetching it again, once a minute at most, whoever asks: nobody can make
//! this server call somebody often. A set that could not be fetched anew for a day is not believed any longer.

use crate::outbound::Outbound;
use crate::state::clients::Entry;
use claviger_core::jose::jwe::EncryptingKeys;
use claviger_core::jose::{JwkSet, VerifyingKeys};
use claviger_core::realm::AssertionIssuer;
use claviger_core::{Client, Realm};
use quick_cache::sync::Cache;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

/// A set that is older is fetched anew, in milliseconds.
const FRESH: i64 = 300_000;
/// A set is tried to be fetched so often at most.
const AT_MOST: i64 = 60_000;
/// A set that is older is not used.
const LONGEST: i64 = 86_400_000;
/// How many sets are kept.
const KEPT: usize = 10_000;
/// What a key set may be served as (RFC 7517 8.5).
const MEDIA: &[&str] = &["application/json", "application/jwk-set+json"];

/// The sets of all clients.
#[derive(Debug)]
pub(crate) struct ClientKeys {
    sets: Cache<(String, String, String), Arc<Slot>>,
}

/// The keys of one set, read.
#[derive(Debug, Clone)]
struct Keys {
    verifying: Arc<VerifyingKeys>,
    encrypting: Arc<EncryptingKeys>,
}

/// The set of one client.
#[derive(Debug)]
struct Slot {
    keys: RwLock<Option<(Keys, i64)>>,
    tried_at: AtomicI64,
    fetching: tokio::sync::Mutex<()>,
}

/// Where a set lies, and what fetches it.
struct Source {
    outbound: Outbound,
    uri: String,
    loopback: bool,
    now: i64,
}

impl ClientKeys {
    /// None yet.
    pub(crate) fn new() -> Self {
        Self { sets: Cache::new(KEPT) }
    }

    /// The client's public keys, wherever they lie: those that it registered, else those at its `jwks_uri`; none where they cannot be
    /// had. `must_be_new`: a key was not found in what is kept.
    pub(crate) async fn known(
        &self,
        outbound: &Outbound,
        realm: &Realm,
        entry: &Entry,
        now: i64,
        must_be_new: bool,
    ) -> Arc<VerifyingKeys> {
        match entry.keys() {
            Some(keys) => keys,
            None => self.of(outbound, realm, &entry.client, now, must_be_new).await.unwrap_or_default(),
        }
    }

    /// The keys at the client's `jwks_uri`; `None` where it has none, or they cannot be had. `must_be_new`: a key was not found
    /// in what is kept.
    pub(crate) async fn of(
        &self,
        outbound: &Outbound,
        realm: &Realm,
        client: &Client,
        now: i64,
        must_be_new: bool,
    ) -> Option<Arc<VerifyingKeys>> {
        Some(self.all_of(outbound, realm, client, now, must_be_new).await?.verifying)
    }

    /// The same for what is encrypted to the client.
    pub(crate) async fn encrypting(
        &self,
        outbound: &Outbound,
        realm: &Realm,
        client: &Client,
        now: i64,
        must_be_new: bool,
    ) -> Option<Arc<EncryptingKeys>> {
        Some(self.all_of(outbound, realm, client, now, must_be_new).await?.encrypting)
    }

    async fn all_of(
        &self,
        outbound: &Outbound,
        realm: &Realm,
        client: &Client,
        now: i64,
        must_be_new: bool,
    ) -> Option<Keys> {
        self.at(outbound, realm, (&client.id, client.jwks_uri.as_deref()?), now, must_be_new).await
    }

    /// The keys of an issuer of assertions: those that stand in the realm, else those at its `jwks_uri`; none where they cannot be had.
    pub(crate) async fn of_issuer(
        &self,
        outbound: &Outbound,
        realm: &Realm,
        issuer: &AssertionIssuer,
        now: i64,
        must_be_new: bool,
    ) -> Arc<VerifyingKeys> {
        if let Some(own) = issuer.own_keys() {
            return Arc::new(own.unwrap_or_default());
        }
        let Some(uri) = issuer.jwks_uri.as_deref() else { return Arc::default() };
        // No client's id has a colon or a space.
        let owner = format!("issuer: {}", issuer.issuer);
        let keys = self.at(outbound, realm, (&owner, uri), now, must_be_new).await;
        keys.map(|keys| keys.verifying).unwrap_or_default()
    }

    /// The keys of somebody at an address.
    async fn at(
        &self,
        outbound: &Outbound,
        realm: &Realm,
        (owner, uri): (&str, &str),
        now: i64,
        must_be_new: bool,
    ) -> Option<Keys> {
        let slot = self.slot(&realm.id, owner, uri);
        let (outbound, uri) = (outbound.clone(), uri.to_owned());
        let source = Source { outbound, uri, loopback: realm.requests.loopback, now };
        match slot.kept(now) {
            Some((keys, _)) if !must_be_new => {
                if slot.is_old(now) && slot.may_try(now) {
                    tokio::spawn(async move { slot.fetch(&source).await });
                }
                Some(keys)
            }
            _ => {
                slot.fetch(&source).await;
                slot.kept(now).map(|(keys, _)| keys)
            }
        }
    }

    fn slot(&self, realm: &str, owner: &str, uri: &str) -> Arc<Slot> {
        let key = (realm.to_owned(), owner.to_owned(), uri.to_owned());
        if let Some(slot) = self.sets.get(&key) {
            return slot;
        }
        let slot = Arc::new(Slot {
            keys: RwLock::default(),
            tried_at: AtomicI64::new(i64::MIN),
            fetching: tokio::sync::Mutex::new(()),
        });
        self.sets.insert(key.clone(), Arc::clone(&slot));
        self.sets.get(&key).unwrap_or(slot)
    }
}

impl Slot {
    /// The keys, and when they were fetched.
    fn kept(&self, now: i64) -> Option<(Keys, i64)> {
        let kept = self.keys.read().unwrap_or_else(PoisonError::into_inner).clone();
        kept.filter(|(_, at)| now.saturating_sub(*at) <= LONGEST)
    }

    fn is_old(&self, now: i64) -> bool {
        self.kept(now).is_none_or(|(_, at)| now.saturating_sub(at) > FRESH)
    }

    fn may_try(&self, now: i64) -> bool {
        now.saturating_sub(self.tried_at.load(Ordering::Acquire)) >= AT_MOST
    }

    /// Fetches the set, unless that was tried within the last minute. Of several who ask at once one does, and the others wait.
    async fn fetch(&self, source: &Source) {
        let _one = self.fetching.lock().await;
        if !self.may_try(source.now) {
            return;
        }
        self.tried_at.store(source.now, Ordering::Release);
        match source.fetch().await {
            Ok(keys) => {
                *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Some((keys, source.now));
            }
            Err(why) => tracing::warn!(uri = source.uri, why, "keys cannot be had"),
        }
    }
}

impl Source {
    async fn fetch(&self) -> Result<Keys, String> {
        let body = self.outbound.get(&self.uri, self.loopback, MEDIA).await.map_err(|error| error.to_string())?;
        let set: JwkSet = serde_json::from_slice(&body).map_err(|error| error.to_string())?;
        let verifying = VerifyingKeys::from_set(&set).map_err(|error| error.to_string())?;
        Ok(Keys { verifying: Arc::new(verifying), encrypting: Arc::new(EncryptingKeys::from_set(&set)) })
    }
}

#[cfg(test)]
mod tests;
