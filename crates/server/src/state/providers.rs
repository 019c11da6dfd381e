//! The providers at which our users sign in: what their discovery documents say, and their keys.
//!
//! Both are fetched when somebody wants to sign in there, and kept for a while. A key that is not among them is looked for once more,
//! at most once a minute. Where a provider does not answer, what is kept goes on being used for a day.

use crate::outbound::Outbound;
use claviger_core::jose::{JwkSet, VerifyingKeys};
use claviger_core::openid_provider::ProviderMetadata;
use claviger_core::text::shortened;
use quick_cache::sync::Cache;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::Semaphore;

/// What is older is fetched anew, in milliseconds.
const FRESH: i64 = 600_000;
/// What is older is not used.
const LONGEST: i64 = 86_400_000;
/// What failed is not tried again for so long.
const PAUSE: i64 = 5_000;
/// Keys are looked for anew so often at most.
const AT_MOST: i64 = 60_000;
/// How many codes are redeemed at one provider at once, so that a slow one leaves room for the others.
const AT_ONCE: usize = 16;
/// How many providers are kept.
const KEPT: usize = 1_000;
/// How much of an address the log shows, in characters.
const LONGEST_LOGGED: usize = 200;
/// What the documents may be served as.
const MEDIA: &[&str] = &["application/json", "application/jwk-set+json"];

/// All providers that were asked for.
#[derive(Debug)]
pub(crate) struct Providers {
    slots: Cache<(String, bool), Arc<Slot>>,
}

/// A provider as it was found.
#[derive(Debug)]
pub(crate) struct Found {
    /// Its discovery document.
    pub(crate) metadata: ProviderMetadata,
    /// Its keys.
    pub(crate) keys: VerifyingKeys,
    /// Who redeems a code there.
    pub(crate) turns: Arc<Semaphore>,
}

#[derive(Debug)]
struct Slot {
    kept: RwLock<Kept>,
    turns: Arc<Semaphore>,
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Debug, Clone, Default)]
struct Kept {
    found: Option<(Arc<Found>, i64)>,
    failed_at: Option<i64>,
}

impl Providers {
    /// None yet.
    pub(crate) fn new() -> Self {
        Self { slots: Cache::new(KEPT) }
    }

    /// The provider of an issuer. `loopback`: it may be on this machine, without TLS.
    ///
    /// # Errors
    /// It cannot be had; the text is for the log.
    pub(crate) async fn of(
        &self,
        outbound: &Outbound,
        issuer: &str,
        loopback: bool,
        now: i64,
    ) -> Result<Arc<Found>, String> {
        self.not_older_than(outbound, issuer, loopback, now, FRESH).await
    }

    /// The same for a key that is not among those that are kept.
    ///
    /// # Errors
    /// As [`Providers::of`].
    pub(crate) async fn anew(
        &self,
        outbound: &Outbound,
        issuer: &str,
        loopback: bool,
        now: i64,
    ) -> Result<Arc<Found>, String> {
        self.not_older_than(outbound, issuer, loopback, now, AT_MOST).await
    }

    async fn not_older_than(
        &self,
        outbound: &Outbound,
        issuer: &str,
        loopback: bool,
        now: i64,
        age: i64,
    ) -> Result<Arc<Found>, String> {
        let slot = self.slot(issuer, loopback);
        if let Some(found) = slot.younger(now, age) {
            return Ok(found);
        }
        // While somebody else asks, what is kept will do; it will not where a key is looked for.
        let kept = if age >= FRESH { slot.younger(now, LONGEST) } else { None };
        let _one = match (slot.fetching.try_lock(), kept) {
            (Ok(guard), _) => guard,
            (Err(_), Some(found)) => return Ok(found),
            (Err(_), None) => slot.fetching.lock().await,
        };
        if let Some(found) = slot.younger(now, age) {
            return Ok(found);
        }
        if slot.kept().failed_at.is_some_and(|at| now - at < PAUSE) {
            return slot.younger(now, LONGEST).ok_or_else(|| "it did not answer a moment ago".to_owned());
        }
        match fetch(outbound, issuer, loopback, &slot.turns).await {
            Ok(found) => {
                let found = Arc::new(found);
                slot.keep(Kept { found: Some((Arc::clone(&found), now)), failed_at: None });
                Ok(found)
            }
            Err(why) => {
                tracing::warn!(issuer, why, "an identity provider cannot be asked");
                slot.keep(Kept { failed_at: Some(now), ..slot.kept() });
                slot.younger(now, LONGEST).ok_or(why)
            }
        }
    }

    fn slot(&self, issuer: &str, loopback: bool) -> Arc<Slot> {
        let key = (issuer.to_owned(), loopback);
        if let Some(slot) = self.slots.get(&key) {
            return slot;
        }
        let (kept, fetching) = (RwLock::default(), tokio::sync::Mutex::new(()));
        let slot = Arc::new(Slot { kept, turns: Arc::new(Semaphore::new(AT_ONCE)), fetching });
        self.slots.insert(key.clone(), Arc::clone(&slot));
        self.slots.get(&key).unwrap_or(slot)
    }
}

impl Slot {
    fn kept(&self) -> Kept {
        self.kept.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep(&self, kept: Kept) {
        *self.kept.write().unwrap_or_else(PoisonError::into_inner) = kept;
    }

    fn younger(&self, now: i64, age: i64) -> Option<Arc<Found>> {
        self.kept().found.filter(|(_, at)| now - at < age).map(|(found, _)| found)
    }
}

async fn fetch(outbound: &Outbound, issuer: &str, loopback: bool, turns: &Arc<Semaphore>) -> Result<Found, String> {
    let get = async |address: &str| {
        let body = outbound.get(address, loopback, MEDIA).await;
        body.map_err(|error| format!("{address}: {error}"))
    };
    let document = get(&ProviderMetadata::address(issuer)).await?;
    let metadata = ProviderMetadata::read(&document, issuer).map_err(|error| error.to_string())?;
    for address in [&metadata.authorization_endpoint, &metadata.token_endpoint] {
        if !outbound.may_call(address, loopback) || address.contains('#') {
            return Err(format!("{:?} is no address that may be called", shortened(address, LONGEST_LOGGED)));
        }
    }
    let set: JwkSet = serde_json::from_slice(&get(&metadata.jwks_uri).await?).map_err(|error| error.to_string())?;
    let keys = VerifyingKeys::from_set(&set).map_err(|error| error.to_string())?;
    Ok(Found { metadata, keys, turns: Arc::clone(turns) })
}
