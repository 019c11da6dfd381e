//! The server's own keys, and the secrets that it makes for clients.
//!
//! One random token key is made with the database and lies in it, sealed under the master key; every process on the
//! database uses the same. From it a key is derived for each purpose. A secret that Claviger makes has 256 random bits, so
//! what is stored of it is an HMAC, not a stretched hash: checking one costs less than a microsecond, and without the
//! token key the stored bytes are worth nothing.
//!
//! A token key can be replaced ([`rotate_token_key`]). The newest makes tokens, forms and tags; those before it still
//! recognise theirs, unless their tokens were revoked. They are numbered from 0, and a tag under any but the first ends with its
//! key's number.
//!
//! A new key recognises at once, and makes something only when every server that still decides has heard of it
//! ([`SETTLED`]): what one server makes, all recognise. Where the keys before it were revoked it makes at once.

use crate::state::master_keys::{MasterKeys, SERVER_SECRETS, TOKEN_KEY};
use arc_swap::ArcSwap;
use claviger_core::Client;
use claviger_core::crypto::entropy::random_bytes;
use claviger_core::crypto::{CryptoError, HmacKey, SealKey, derive};
use claviger_core::dpop::NonceKey;
use claviger_core::jose::base64url;
use claviger_core::subject::{Subjects, is_pairwise};
use claviger_core::token::{Id, Plain, PresentedRefresh, RefreshKey};
use claviger_store::{Fault, Store};
use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

pub use crate::state::master_keys::SecretsError;

/// The id of the secret that a realm file gives: somebody's choice, however long it is.
pub(crate) const FROM_FILE: &str = "file";
/// Says in a log or a leaked file what a text is.
const SECRET_PREFIX: &str = "cvs_";
/// How many token keys there may be.
const MOST: usize = 16;
/// How often a change that others came before is tried again.
const TRIES: usize = 10;
/// How long, in milliseconds, after a server heard of a new token key it makes something with it: twice the time after which
/// a server that is not in step with the database decides nothing ([`crate::state::followed`]).
const SETTLED: i64 = 2_000;
/// The newest token key makes already.
const NOTHING_NEW: i64 = i64::MAX;
/// There is a newer token key than the one that makes, and nobody has said what time it is.
const JUST_READ: i64 = i64::MIN;
/// What pairwise subjects are derived by.
const PAIRWISE: &str = "pairwise subjects";
/// The first byte where several token keys are stored.
const SEVERAL: u8 = 2;

/// One token key, as it is stored.
#[derive(Clone)]
struct TokenKey {
    number: u32,
    /// Its refresh tokens and forms are accepted.
    trusted: bool,
    key: Zeroizing<[u8; 32]>,
}

impl TokenKey {
    fn new(number: u32) -> Self {
        Self { number, trusted: true, key: Zeroizing::new(random_bytes()) }
    }

    /// The newest first. A single first key is 32 bytes, as earlier releases wrote it.
    fn spell(keys: &[Self]) -> Zeroizing<Vec<u8>> {
        if let [Self { number: 0, trusted: true, key }] = keys {
            return Zeroizing::new(key.to_vec());
        }
        let mut bytes = Zeroizing::new(Vec::with_capacity(1 + keys.len() * 37));
        bytes.push(SEVERAL);
        for Self { number, trusted, key } in keys {
            bytes.extend_from_slice(&number.to_be_bytes());
            bytes.push(u8::from(*trusted));
            bytes.extend_from_slice(key.as_slice());
        }
        bytes
    }

    fn parse(bytes: &[u8]) -> Option<Vec<Self>> {
        if let Ok(key) = <[u8; 32]>::try_from(bytes) {
            return Some(vec![Self { number: 0, trusted: true, key: Zeroizing::new(key) }]);
        }
        let (version, mut rest) = bytes.split_first()?;
        let mut keys = Vec::new();
        while let Some((number, behind)) = rest.split_first_chunk::<4>() {
            let (trusted, behind) = behind.split_first()?;
            let (key, behind) = behind.split_first_chunk::<32>()?;
            let (number, trusted) = (u32::from_be_bytes(*number), *trusted == 1);
            keys.push(Self { number, trusted, key: Zeroizing::new(*key) });
            rest = behind;
        }
        (*version == SEVERAL && rest.is_empty() && !keys.is_empty()).then_some(keys)
    }
}

/// What follows from one token key.
#[derive(Debug)]
struct Derived {
    number: u32,
    trusted: bool,
    refresh: RefreshKey,
    forms: HmacKey,
    clients: HmacKey,
    requests: HmacKey,
    outbox: HmacKey,
    sealed: HmacKey,
    imported: HmacKey,
    realms: HmacKey,
    nonces: NonceKey,
    log: HmacKey,
}

impl Derived {
    fn new(number: u32, trusted: bool, key: &[u8; 32]) -> Self {
        Self {
            number,
            trusted,
            refresh: RefreshKey::new(&derive(key, "refresh tokens")),
            forms: HmacKey::new(derive(key, "forms").as_slice()),
            clients: HmacKey::new(derive(key, "client secrets").as_slice()),
            requests: HmacKey::new(derive(key, "authorization requests").as_slice()),
            outbox: HmacKey::new(derive(key, "outbox").as_slice()),
            sealed: HmacKey::new(derive(key, "sealed client secrets").as_slice()),
            imported: HmacKey::new(derive(key, "hashes of other programs").as_slice()),
            realms: HmacKey::new(derive(key, "secrets of realms").as_slice()),
            nonces: NonceKey::new(derive(key, "dpop nonces").as_slice()),
            log: HmacKey::new(derive(key, "request log").as_slice()),
        }
    }

    fn tag(&self, secret: &str) -> Vec<u8> {
        let mut tag = self.clients.sign(secret.as_bytes()).to_vec();
        if self.number != 0 {
            tag.extend_from_slice(&self.number.to_be_bytes());
        }
        tag
    }
}

/// All token keys of one moment.
#[derive(Debug)]
struct Ring {
    /// The one that makes tokens, forms and tags.
    maker: Derived,
    others: Vec<Derived>,
    /// What pairwise subjects follow from. It is the first key's, however many come after it: their names never change.
    subjects: Zeroizing<[u8; 32]>,
}

impl Ring {
    /// The key numbered `maker` makes; the newest where there is no such key, or what it made was revoked.
    fn of(keys: &[TokenKey], maker: Option<u32>) -> Option<Self> {
        let is_maker = |key: &Derived| key.trusted && Some(key.number) == maker;
        let mut others: Vec<_> = keys.iter().map(|key| Derived::new(key.number, key.trusted, &key.key)).collect();
        let at = others.iter().position(is_maker).unwrap_or(0);
        let first = keys.iter().min_by_key(|key| key.number)?;
        let subjects = derive(&first.key, PAIRWISE);
        (at < others.len()).then(|| Self { maker: others.remove(at), others, subjects })
    }

    /// Whether there is a newer key than the one that makes.
    fn unsettled(&self) -> bool {
        self.others.iter().any(|other| other.number > self.maker.number)
    }

    fn all(&self) -> impl Iterator<Item = &Derived> {
        std::iter::once(&self.maker).chain(&self.others)
    }

    fn trusted(&self) -> impl Iterator<Item = &Derived> {
        self.all().filter(|key| key.trusted)
    }
}

type Shared = Arc<ArcSwap<Ring>>;

/// Makes and recognises refresh tokens.
#[derive(Debug)]
pub struct RefreshKeys(Shared);

impl RefreshKeys {
    /// As [`RefreshKey::mint`], under the token key that makes.
    pub fn mint(&self, grant: &Id, generation: u32, nonce: &[u8; 16]) -> Plain {
        self.0.load().maker.refresh.mint(grant, generation, nonce)
    }

    /// As [`RefreshKey::is_genuine`], under any token key whose tokens were not revoked.
    pub fn is_genuine(&self, presented: &PresentedRefresh, nonce: &[u8; 16]) -> bool {
        self.0.load().trusted().any(|key| key.refresh.is_genuine(presented, nonce))
    }
}

/// Ties forms to browsers.
#[derive(Debug)]
pub struct FormKeys(Shared);

impl FormKeys {
    /// Makes something with the key that makes.
    pub(crate) fn make<T>(&self, with: impl FnOnce(&HmacKey) -> T) -> T {
        with(&self.0.load().maker.forms)
    }

    /// Whether any key fits whose forms are still accepted.
    pub(crate) fn any(&self, fits: impl Fn(&HmacKey) -> bool) -> bool {
        self.0.load().trusted().any(|key| fits(&key.forms))
    }
}

/// Names users to clients (OpenID Connect Core 8).
#[derive(Debug)]
pub(crate) struct SubjectKeys(Shared);

impl SubjectKeys {
    /// How a user is named to a client: by their id, or pairwise.
    ///
    /// # Errors
    /// The library fails.
    pub(crate) fn name<'u>(&self, realm: &str, client: &Client, user: &'u str) -> Result<Cow<'u, str>, CryptoError> {
        match client.sector() {
            None => Ok(Cow::Borrowed(user)),
            Some(sector) => self.of(realm)?.name(&sector, user).map(Cow::Owned),
        }
    }

    /// The id of the user whom a subject names; what is no pairwise name is the id.
    pub(crate) fn user<'s>(&self, realm: &str, subject: &'s str) -> Cow<'s, str> {
        let found = is_pairwise(subject).then(|| self.of(realm).ok()?.user(subject)).flatten();
        found.map_or(Cow::Borrowed(subject), Cow::Owned)
    }

    fn of(&self, realm: &str) -> Result<Subjects, CryptoError> {
        Subjects::new(&self.0.load().subjects, realm)
    }
}

/// What one secret is under the token keys, each made when it is first needed.
pub(crate) struct Tags<'a> {
    ring: Arc<Ring>,
    secret: &'a str,
    /// The last key's number, and what it makes of the secret. An app's secrets nearly always have the same.
    last: Option<(u32, [u8; 32])>,
}

impl Tags<'_> {
    /// Whether `stored` is the secret's tag, in constant time.
    pub(crate) fn fits(&mut self, stored: &[u8]) -> bool {
        let Some((mac, behind)) = stored.split_first_chunk::<32>() else { return false };
        let number = number_of(stored);
        if behind.len() != if number == 0 { 0 } else { size_of_val(&number) } {
            return false;
        }
        let made = match self.last {
            Some((last, made)) if last == number => made,
            _ => {
                let Some(key) = self.ring.all().find(|key| key.number == number) else { return false };
                key.clients.sign(self.secret.as_bytes())
            }
        };
        self.last = Some((number, made));
        made.ct_eq(mac).into()
    }
}

/// The number of the key that a stored tag was made with.
fn number_of(tag: &[u8]) -> u32 {
    let number = tag.get(32..).and_then(|number| number.try_into().ok());
    number.map_or(0, u32::from_be_bytes)
}

/// Keys that are in use all the time, prepared once.
#[derive(Debug)]
pub struct Secrets {
    /// Makes and recognises refresh tokens.
    pub refresh: RefreshKeys,
    /// Ties forms to browsers.
    pub forms: FormKeys,
    /// Names users to clients.
    pub(crate) subjects: SubjectKeys,
    ring: Shared,
    masters: Option<MasterKeys>,
    /// The token keys have changed in the database.
    stale: AtomicBool,
    /// When, on the monotonic clock, this server heard of a key that does not make yet; or [`NOTHING_NEW`], [`JUST_READ`].
    heard: AtomicI64,
}

impl Secrets {
    /// Everything that follows from the token key.
    pub fn new(token_key: &[u8; 32]) -> Self {
        let subjects = derive(token_key, PAIRWISE);
        Self::of(Ring { maker: Derived::new(0, true, token_key), others: vec![], subjects }, None)
    }

    fn of(ring: Ring, masters: Option<MasterKeys>) -> Self {
        let heard = AtomicI64::new(if ring.unsettled() { JUST_READ } else { NOTHING_NEW });
        let ring = Arc::new(ArcSwap::from_pointee(ring));
        Self {
            refresh: RefreshKeys(Arc::clone(&ring)),
            forms: FormKeys(Arc::clone(&ring)),
            subjects: SubjectKeys(Arc::clone(&ring)),
            ring,
            masters,
            stale: AtomicBool::new(false),
            heard,
        }
    }

    /// Opens the database's token keys, or makes the first if the database is new.
    ///
    /// # Errors
    /// The database fails, or was made with another master key.
    pub async fn load(store: &Store, master: impl Into<MasterKeys>) -> Result<Self, SecretsError> {
        let masters = master.into();
        let sealed = if let Some(sealed) = store.sealed(TOKEN_KEY).await? {
            sealed
        } else {
            let fresh = TokenKey::spell(&[TokenKey::new(0)]);
            let seal = masters.current(store).await?.seal_key(SERVER_SECRETS)?;
            store.put_sealed_if_absent(TOKEN_KEY, seal.seal(TOKEN_KEY.as_bytes(), &fresh)?).await?
        };
        let keys = opened(&masters, &sealed)?;
        // Nobody knows when the newest was made.
        let before = keys.get(1).map(|key| key.number);
        let ring = Ring::of(&keys, before).ok_or(SecretsError::OtherMasterKey)?;
        masters.current(store).await?;
        Ok(Self::of(ring, Some(masters)))
    }

    /// The token keys have changed, or nobody knows whether they have.
    pub(crate) fn forget(&self) {
        self.stale.store(true, Ordering::Release);
    }

    /// Reads the token keys anew where they have changed, and lets a new one make when it has settled; `now` is the
    /// monotonic clock's, in milliseconds.
    ///
    /// # Errors
    /// The store fails, or they are sealed under a master key that is not held.
    pub(crate) async fn keep_up(&self, store: &Store, now: i64) -> Result<(), Fault> {
        let Some(masters) = &self.masters else { return Ok(()) };
        let _ = self.heard.compare_exchange(JUST_READ, now, Ordering::AcqRel, Ordering::Acquire);
        let stale = self.stale.swap(false, Ordering::AcqRel);
        let settled = !stale && now.saturating_sub(SETTLED) >= self.heard.load(Ordering::Acquire);
        if !stale && !settled {
            return Ok(());
        }
        let maker = (!settled).then(|| self.ring.load().maker.number);
        let read = async {
            let sealed = store.sealed(TOKEN_KEY).await?.ok_or(SecretsError::OtherMasterKey)?;
            Ring::of(&opened(masters, &sealed)?, maker).ok_or(SecretsError::OtherMasterKey)
        };
        match read.await {
            Ok(ring) => {
                self.heard.store(if ring.unsettled() { now } else { NOTHING_NEW }, Ordering::Release);
                self.ring.store(Arc::new(ring));
                Ok(())
            }
            Err(error) => {
                self.forget();
                Err(error.into())
            }
        }
    }

    /// The nonce for proofs that a realm gives out now (RFC 9449 8); every server on the database knows it.
    pub(crate) fn nonce(&self, realm: &str, now: i64) -> String {
        self.ring.load().maker.nonces.make(realm, now)
    }

    /// Whether a nonce is one that the realm gave out lately, under any token key that was not revoked.
    pub(crate) fn is_nonce(&self, nonce: &str, realm: &str, now: i64) -> bool {
        self.ring.load().trusted().any(|key| key.nonces.is_good(nonce, realm, now))
    }

    /// What is stored of a client secret that Claviger made, under the token key that makes.
    pub fn client_secret_tag(&self, secret: &str) -> Vec<u8> {
        self.ring.load().maker.tag(secret)
    }

    /// What a presented client secret is compared as.
    pub(crate) fn client_secret_tags<'a>(&self, secret: &'a str) -> Tags<'a> {
        Tags { ring: self.ring.load_full(), secret, last: None }
    }

    /// Whether a stored tag was made with the token key that makes tags now.
    pub(crate) fn is_newest_tag(&self, stored: &[u8]) -> bool {
        self.ring.load().maker.number == number_of(stored)
    }

    /// The key under which a mail waits: it may hold a one-time link, which is worth a secret.
    ///
    /// # Errors
    /// The library has no AES-256-GCM.
    pub fn outbox_key(&self, mail: &Id) -> Result<SealKey, CryptoError> {
        SealKey::new(&self.ring.load().maker.outbox.sign(mail))
    }

    /// Every key that a mail may wait under, the newest first.
    pub(crate) fn outbox_keys(&self, mail: &Id) -> impl Iterator<Item = SealKey> {
        let keys: Vec<_> = self.ring.load().all().filter_map(|key| SealKey::new(&key.outbox.sign(mail)).ok()).collect();
        keys.into_iter()
    }

    /// The key under which an authorization request travels while it waits, and its answer is kept. Each has its own, so
    /// that no number of requests wears a key out.
    ///
    /// # Errors
    /// The library has no AES-256-GCM.
    pub fn request_key(&self, request: &Id) -> Result<SealKey, CryptoError> {
        SealKey::new(&self.ring.load().maker.requests.sign(request))
    }

    /// What one of the request's keys opens: a page may have been shown before the token key was replaced.
    pub(crate) fn open_request(&self, request: &Id, purpose: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let ring = self.ring.load();
        ring.all().find_map(|key| SealKey::new(&key.requests.sign(request)).ok()?.open(purpose, sealed).ok())
    }

    /// A digest of what a request carried, for the request log: without the key it says nothing.
    pub(crate) fn request_digest(&self, text: &str) -> [u8; 32] {
        self.ring.load().maker.log.sign(text.as_bytes())
    }

    /// What the digest of a text may be in the log, under any token key.
    pub(crate) fn request_digests(&self, text: &str) -> Vec<[u8; 32]> {
        self.ring.load().all().map(|key| key.log.sign(text.as_bytes())).collect()
    }

    /// Whether `stored` is the tag of `secret`, in constant time.
    pub fn is_client_secret(&self, secret: &str, stored: &[u8]) -> bool {
        self.client_secret_tags(secret).fits(stored)
    }
}

fn opened(masters: &MasterKeys, sealed: &[u8]) -> Result<Vec<TokenKey>, SecretsError> {
    let opened = masters.open(SERVER_SECRETS, TOKEN_KEY.as_bytes(), sealed).ok_or(SecretsError::OtherMasterKey)?;
    TokenKey::parse(&opened).ok_or(SecretsError::OtherMasterKey)
}

/// What an act's line says of the token keys, the newest first.
fn told(keys: &[TokenKey]) -> serde_json::Value {
    let key = |key: &TokenKey| serde_json::json!({ "number": key.number, "accepted": key.trusted });
    serde_json::json!({ "keys": keys.iter().map(key).collect::<Vec<_>>() })
}

/// Makes a new token key, which everything is made with from now on. What the earlier ones made is still recognised; with
/// `revoke_old` their refresh tokens and forms are not. What the new key's number is; `None` where there are too many.
///
/// # Errors
/// The database fails, or the master key is not held.
pub async fn rotate_token_key(
    store: &Store,
    masters: &MasterKeys,
    revoke_old: bool,
    now: i64,
) -> Result<Option<u32>, SecretsError> {
    for _ in 0..TRIES {
        let sealed = store.sealed(TOKEN_KEY).await?.ok_or(SecretsError::OtherMasterKey)?;
        let mut keys = opened(masters, &sealed)?;
        let was = told(&keys);
        if keys.len() >= MOST {
            return Ok(None);
        }
        for key in &mut keys {
            key.trusted &= !revoke_old;
        }
        let number = keys.first().map_or(0, |newest| newest.number.saturating_add(1));
        keys.insert(0, TokenKey::new(number));
        // Asked for after the keys were read: see there.
        let seal = masters.current(store).await?.seal_key(SERVER_SECRETS)?;
        let fresh = seal.seal(TOKEN_KEY.as_bytes(), &TokenKey::spell(&keys))?;
        if store.replace_sealed(TOKEN_KEY, &sealed, fresh, [was, told(&keys)], now).await? {
            return Ok(Some(number));
        }
    }
    Err(Fault::Busy.into())
}

/// Whether a database has its token key: whether anything can be sealed in it yet.
///
/// # Errors
/// The store cannot be read.
pub async fn are_made(store: &Store) -> Result<bool, Fault> {
    Ok(store.sealed(TOKEN_KEY).await?.is_some())
}

/// A new client secret: `cvs_` and 256 random bits. It has no character that any encoding changes.
pub fn new_client_secret() -> Plain {
    let random = Zeroizing::new(random_bytes::<32>());
    Plain::new(format!("{SECRET_PREFIX}{}", base64url(random.as_slice())))
}

mod sealed;
#[cfg(test)]
mod tests;

pub use sealed::is_sealed_hash;
