//! Who is the client? Loading, caching and authenticating clients, once for all endpoints.
//!
//! Secrets that Claviger made are compared as HMACs. Imported and human ones are stretched (Argon2id); once one has been
//! found right, the process remembers it under a key of its own, so that a client pays for stretching once and not with
//! every token. A failure is braked per client, or per user where the secret is a user's password.

use crate::failure::Failure;
use crate::router::App;
use crate::state::brakes::Subject;
use crate::state::sites::Site;
use claviger_core::client::ClientStatus;
use claviger_core::client_auth::{Credentials, Pair};
use claviger_core::crypto::HmacKey;
use claviger_core::dialect::Legacy;
use claviger_core::{Client, Refusal};
use claviger_store::{ClientSecret, Fault, SecretKind, Store, StoredUser};
use quick_cache::Equivalent;
use quick_cache::sync::Cache;
use std::hash::Hash;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use subtle::ConstantTimeEq;

/// A client with its secrets, as loaded.
#[derive(Debug)]
pub(crate) struct Entry {
    realm: String,
    /// The client.
    pub(crate) client: Client,
    secrets: Vec<ClientSecret>,
    /// HMAC of a stretched secret that was found right, and the stored hash it was right for.
    remembered: RwLock<Option<([u8; 32], Vec<u8>)>>,
    /// A secret that is stored under an earlier token key is being stored under the newest.
    rewriting: AtomicBool,
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
    /// Counts what was forgotten, so that what was read before is not kept after.
    forgotten: AtomicU64,
    memory_key: HmacKey,
}

/// How many clients are kept ready.
const KEPT: usize = 20_000;

/// Who presented a token or a secret, and how.
#[derive(Debug, Clone)]
pub(crate) struct Authenticated {
    /// The client.
    pub(crate) entry: Arc<Entry>,
    /// It proved a secret; a public client only named itself.
    pub(crate) proved: bool,
}

impl Authenticated {
    /// The client.
    pub(crate) fn client(&self) -> &Client {
        &self.entry.client
    }
}

impl Clients {
    /// None are ready yet.
    pub(crate) fn new() -> Self {
        let key: [u8; 32] = claviger_core::crypto::entropy::random_bytes();
        Self { cache: Cache::new(KEPT), forgotten: AtomicU64::new(0), memory_key: HmacKey::new(&key) }
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
        let entry = Arc::new(Entry {
            realm: realm.to_owned(),
            client,
            secrets,
            remembered: RwLock::default(),
            rewriting: AtomicBool::new(false),
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

    /// A user has changed, whose password may be a client's secret; or nobody knows what has.
    pub(crate) fn forget_all(&self) {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        self.cache.clear();
    }
}

/// Checks what a client presented.
///
/// # Errors
/// [`Refusal::WrongClient`] for an unknown client, a wrong secret and a missing one alike; inactive; braked.
pub(crate) async fn authenticate(app: &App, site: &Site, credentials: &Credentials) -> Result<Authenticated, Failure> {
    let mut found = None;
    for id in credentials.ids().filter(|id| id.len() <= 256) {
        found = app.clients.load(&app.store, &site.realm.id, id).await?;
        if found.is_some() {
            break;
        }
    }
    let now = app.clock.now();
    let Some(entry) = found else {
        let name = credentials.ids().next().unwrap_or_default();
        let subject = Subject::unknown_client(&site.realm.id, name);
        let _attempt =
            app.brakes.start(&subject, now).await.map_err(|seconds| Refusal::Braked { seconds, user: false })?;
        app.hasher_if_stretching(site).await?;
        return Err(Refusal::WrongClient.into());
    };
    let proved = match (credentials, entry.client.is_confidential()) {
        (Credentials::Named { .. }, false) => false,
        (Credentials::Named { .. }, true) | (_, false) => return Err(Refusal::WrongClient.into()),
        (Credentials::Basic { .. } | Credentials::Body(_), true) => {
            prove(app, site, &entry, credentials, now).await?;
            true
        }
    };
    if entry.client.status != ClientStatus::Active {
        return Err(Refusal::ClientInactive.into());
    }
    Ok(Authenticated { entry, proved })
}

/// Compares the presented secret, in each of its readings, with what is stored; one attempt, whichever matches.
async fn prove(app: &App, site: &Site, entry: &Entry, credentials: &Credentials, now: i64) -> Result<(), Failure> {
    let client = &entry.client;
    let readings = readings(site, client, credentials);
    if let Some((_, raw)) = readings.iter().find(|(pair, _)| app.quick_match(entry, pair.secret.expose(), now)) {
        count_raw(app, site, client, *raw);
        return Ok(());
    }
    let subject = match (&client.acts_as, client.secret_is_password) {
        (Some(user), true) => Subject::user(&site.realm.id, user),
        _ => Subject::client(&site.realm.id, &client.id),
    };
    let attempt = app.brakes.start(&subject, now).await.map_err(|seconds| Refusal::Braked { seconds, user: false })?;
    for (pair, raw) in readings {
        match stretched_match(app, site, entry, pair).await {
            Ok(false) => {}
            Ok(true) => {
                attempt.succeeded();
                count_raw(app, site, client, raw);
                return Ok(());
            }
            Err(failure) => {
                attempt.undecided();
                return Err(failure);
            }
        }
    }
    Err(Refusal::WrongClient.into())
}

/// The readings that are for this client; the raw one only if the client was given it.
fn readings<'a>(site: &Site, client: &Client, credentials: &'a Credentials) -> Vec<(&'a Pair, bool)> {
    let all: Vec<(&Pair, bool)> = match credentials {
        Credentials::Basic { decoded, raw: Some(raw) } if site.realm.allows(client, Legacy::RawBasic) => {
            vec![(raw, true), (decoded, false)]
        }
        Credentials::Basic { decoded, .. } | Credentials::Body(decoded) => vec![(decoded, false)],
        Credentials::Named { .. } => Vec::new(),
    };
    all.into_iter().filter(|(pair, _)| pair.id == client.id && pair.secret.expose().len() <= 1024).collect()
}

fn count_raw(app: &App, site: &Site, client: &Client, raw: bool) {
    if raw {
        app.meter.count(&site.realm.id, &client.id, Legacy::RawBasic);
    }
}

impl App {
    /// Compares with secrets that Claviger made, and with a stretched one that was found right before.
    fn quick_match(&self, entry: &Entry, secret: &str, now: i64) -> bool {
        let live = |stored: &&ClientSecret| stored.is_live(now);
        let made = entry.secrets.iter().filter(live).filter(|stored| stored.kind == SecretKind::Hmac);
        let mut tags = self.secrets.client_secret_tags(secret);
        for stored in made {
            if tags.fits(&stored.hash) {
                self.bring_up_to_date(entry, stored, secret, now);
                return true;
            }
        }
        let remembered = entry.remembered.read().unwrap_or_else(PoisonError::into_inner);
        remembered.as_ref().is_some_and(|(tag, hash)| {
            let still = entry.client.secret_is_password
                || entry.secrets.iter().filter(live).any(|stored| *stored.hash == *hash);
            still && bool::from(tag.ct_eq(&self.clients.memory_key.sign(secret.as_bytes())))
        })
    }

    /// Stores a secret under the newest token key, where an earlier one knows it. Nobody waits for it, and where it fails the
    /// next use tries again.
    fn bring_up_to_date(&self, entry: &Entry, stored: &ClientSecret, secret: &str, now: i64) {
        if self.secrets.is_newest_tag(&stored.hash) || entry.rewriting.swap(true, Ordering::AcqRel) {
            return;
        }
        let (store, realm, client) = (self.aside.clone(), entry.realm.clone(), entry.client.id.clone());
        let (id, before, hash) = (stored.id.clone(), stored.hash.clone(), self.secrets.client_secret_tag(secret));
        tokio::spawn(async move {
            let rewritten = store.rewrite_secret((&realm, &client, &id), &before, hash, now).await;
            if let Err(fault) = rewritten {
                tracing::warn!(%fault, client, "a secret could not be stored under the newest token key");
            }
        });
    }

    /// Spends the time of one stretching where a realm's clients have stretched secrets, so that an unknown client is not
    /// told apart by its speed.
    async fn hasher_if_stretching(&self, site: &Site) -> Result<(), Failure> {
        if site.realm.dialect.permits.contains(&Legacy::RawBasic) {
            self.hasher.verify_against_nothing().await.map_err(|_| Failure::Busy("password hashing"))?;
        }
        Ok(())
    }
}

/// Compares with stretched secrets, and with the password of the user that the client stands for (J2).
async fn stretched_match(app: &App, site: &Site, entry: &Entry, pair: &Pair) -> Result<bool, Failure> {
    let now = app.clock.now();
    let mut stored: Vec<Vec<u8>> = entry
        .secrets
        .iter()
        .filter(|secret| secret.is_live(now) && secret.kind == SecretKind::Argon2)
        .map(|secret| secret.hash.0.clone())
        .collect();
    if let (true, Some(user)) = (entry.client.secret_is_password, &entry.client.acts_as)
        && let Some(StoredUser { user, password_hash: Some(hash) }) = app.store.user(&site.realm.id, user).await?
        && !user.disabled
    {
        stored.push(hash.0.into_bytes());
    }
    for hash in stored {
        let Ok(phc) = std::str::from_utf8(&hash) else { continue };
        if app
            .hasher
            .verify(pair.secret.clone(), phc.to_owned())
            .await
            .map_err(|_| Failure::Busy("password hashing"))?
        {
            let tag = app.clients.memory_key.sign(pair.secret.expose().as_bytes());
            *entry.remembered.write().unwrap_or_else(PoisonError::into_inner) = Some((tag, hash));
            return Ok(true);
        }
    }
    Ok(false)
}
