//! Who is the client? Authenticated once for all endpoints (RFC 6749 2.3).
//!
//! Secrets that Claviger made are compared as HMACs. Imported and human ones are stretched (Argon2id); one that was found
//! right before is remembered ([`Clients`]). A failure is braked per client, or per user where the secret is a user's
//! password.

use crate::failure::Failure;
use crate::state::State;
use crate::state::brakes::{Brakes, Subject};
use crate::state::clients::{Clients, Entry};
use crate::state::clock::Clock;
use crate::state::hashing::Hasher;
use crate::state::meter::Meter;
use crate::state::secrets::Secrets;
use claviger_core::client::ClientStatus;
use claviger_core::client_auth::{Credentials, Pair};
use claviger_core::dialect::Legacy;
use claviger_core::{Client, Realm, Refusal};
use claviger_store::{ClientSecret, SecretKind, Store, StoredUser};
use std::sync::Arc;
use std::sync::atomic::Ordering;

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

/// What it takes to authenticate the clients of a realm.
pub(crate) struct Authenticator<'a> {
    pub(crate) realm: &'a Realm,
    pub(crate) store: &'a Store,
    pub(crate) clock: &'a Clock,
    pub(crate) clients: &'a Clients,
    /// Knows the key of the secrets that Claviger made.
    pub(crate) secrets: &'a Secrets,
    pub(crate) hasher: &'a Hasher,
    pub(crate) brakes: &'a Brakes,
    pub(crate) meter: &'a Meter,
}

/// Checks what a client presented.
///
/// # Errors
/// As [`Authenticator::authenticate`].
pub(crate) async fn authenticate(
    state: &State,
    realm: &Realm,
    credentials: &Credentials,
) -> Result<Authenticated, Failure> {
    let State { store, clock, clients, secrets, hasher, brakes, meter, .. } = state;
    Authenticator { realm, store, clock, clients, secrets, hasher, brakes, meter }.authenticate(credentials).await
}

impl Authenticator<'_> {
    /// Checks what a client presented.
    ///
    /// # Errors
    /// [`Refusal::WrongClient`] for an unknown client, a wrong secret and a missing one alike; inactive; braked.
    pub(crate) async fn authenticate(&self, credentials: &Credentials) -> Result<Authenticated, Failure> {
        let mut found = None;
        for id in credentials.ids().filter(|id| id.len() <= 256) {
            found = self.clients.load(self.store, &self.realm.id, id).await?;
            if found.is_some() {
                break;
            }
        }
        let now = self.clock.now();
        let Some(entry) = found else {
            let name = credentials.ids().next().unwrap_or_default();
            let subject = Subject::unknown_client(&self.realm.id, name);
            let _attempt = self.brakes.start(&subject, now).await.map_err(braked)?;
            self.stretch_nothing().await?;
            return Err(Refusal::WrongClient.into());
        };
        let proved = match (credentials, entry.client.is_confidential()) {
            (Credentials::Named { .. }, false) => false,
            (Credentials::Named { .. }, true) | (_, false) => return Err(Refusal::WrongClient.into()),
            (Credentials::Basic { .. } | Credentials::Body(_), true) => {
                self.prove(&entry, credentials, now).await?;
                true
            }
        };
        if entry.client.status != ClientStatus::Active {
            return Err(Refusal::ClientInactive.into());
        }
        Ok(Authenticated { entry, proved })
    }

    /// Compares the presented secret, in each of its readings, with what is stored; one attempt, whichever matches.
    async fn prove(&self, entry: &Entry, credentials: &Credentials, now: i64) -> Result<(), Failure> {
        let client = &entry.client;
        let readings = readings(self.realm, client, credentials);
        if let Some((_, raw)) = readings.iter().find(|(pair, _)| self.matches_at_once(entry, pair.secret.expose(), now))
        {
            self.count_raw(client, *raw);
            return Ok(());
        }
        let subject = match (&client.acts_as, client.secret_is_password) {
            (Some(user), true) => Subject::user(&self.realm.id, user),
            _ => Subject::client(&self.realm.id, &client.id),
        };
        let attempt = self.brakes.start(&subject, now).await.map_err(braked)?;
        for (pair, raw) in readings {
            match self.matches_stretched(entry, pair).await {
                Ok(false) => {}
                Ok(true) => {
                    attempt.succeeded();
                    self.count_raw(client, raw);
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

    /// Compares with secrets that Claviger made, and with a stretched one that was found right before.
    fn matches_at_once(&self, entry: &Entry, secret: &str, now: i64) -> bool {
        let mut tags = self.secrets.client_secret_tags(secret);
        for stored in entry.live(SecretKind::Hmac, now) {
            if tags.fits(&stored.hash) {
                self.bring_up_to_date(entry, stored, secret, now);
                return true;
            }
        }
        self.clients.is_remembered(entry, secret, now)
    }

    /// Stores a secret under the newest token key, where an earlier one knows it. Nobody waits for it, and where it fails the
    /// next use tries again.
    fn bring_up_to_date(&self, entry: &Entry, stored: &ClientSecret, secret: &str, now: i64) {
        if self.secrets.is_newest_tag(&stored.hash) || entry.rewriting.swap(true, Ordering::AcqRel) {
            return;
        }
        let (store, realm, client) = (self.store.clone(), self.realm.id.clone(), entry.client.id.clone());
        let (id, before, hash) = (stored.id.clone(), stored.hash.clone(), self.secrets.client_secret_tag(secret));
        let rewriting = Arc::clone(&entry.rewriting);
        tokio::spawn(async move {
            let rewritten = store.rewrite_secret((&realm, &client, &id), &before, hash, now).await;
            if let Err(fault) = rewritten {
                tracing::warn!(%fault, client, "a secret could not be stored under the newest token key");
                rewriting.store(false, Ordering::Release);
            }
        });
    }

    /// Compares with stretched secrets, and with the password of the user that the client stands for (J2).
    async fn matches_stretched(&self, entry: &Entry, pair: &Pair) -> Result<bool, Failure> {
        let now = self.clock.now();
        let mut stored: Vec<Vec<u8>> =
            entry.live(SecretKind::Argon2, now).map(|secret| secret.hash.0.clone()).collect();
        if let (true, Some(user)) = (entry.client.secret_is_password, &entry.client.acts_as)
            && let Some(StoredUser { user, password_hash: Some(hash) }) = self.store.user(&self.realm.id, user).await?
            && !user.disabled
        {
            stored.push(hash.0.into_bytes());
        }
        for hash in stored {
            let Ok(phc) = std::str::from_utf8(&hash) else { continue };
            let verified = self.hasher.verify(pair.secret.clone(), phc.to_owned()).await;
            if verified.map_err(|_| Failure::Busy("password hashing"))? {
                self.clients.remember(entry, pair.secret.expose(), hash);
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Spends the time of one stretching where a realm's clients have stretched secrets, so that an unknown client is not
    /// told apart by its speed.
    async fn stretch_nothing(&self) -> Result<(), Failure> {
        if self.realm.dialect.permits.contains(&Legacy::RawBasic) {
            self.hasher.verify_against_nothing().await.map_err(|_| Failure::Busy("password hashing"))?;
        }
        Ok(())
    }

    fn count_raw(&self, client: &Client, raw: bool) {
        if raw {
            self.meter.count(&self.realm.id, &client.id, Legacy::RawBasic);
        }
    }
}

const fn braked(seconds: i64) -> Refusal {
    Refusal::Braked { seconds, user: false }
}

/// The readings that are for this client; the raw one only if the client was given it.
fn readings<'a>(realm: &Realm, client: &Client, credentials: &'a Credentials) -> Vec<(&'a Pair, bool)> {
    let all: Vec<(&Pair, bool)> = match credentials {
        Credentials::Basic { decoded, raw: Some(raw) } if realm.allows(client, Legacy::RawBasic) => {
            vec![(raw, true), (decoded, false)]
        }
        Credentials::Basic { decoded, .. } | Credentials::Body(decoded) => vec![(decoded, false)],
        Credentials::Named { .. } => Vec::new(),
    };
    all.into_iter().filter(|(pair, _)| pair.id == client.id && pair.secret.expose().len() <= 1024).collect()
}

#[cfg(test)]
mod tests;
