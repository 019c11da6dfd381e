//! Who is the client? Authenticated once for all endpoints (RFC 6749 2.3).
//!
//! Secrets that Claviger made are compared as HMACs, and nobody can guess them. All others somebody chose: the brake is asked
//! first. They are stretched (Argon2id), and one that was found right before is remembered ([`Clients`]). A failure counts
//! for the client, or for the user where the secret is a user's password, and for where it comes from.
//!
//! Whoever fails hears the same of every client, as often and after the same time, whether there is such a client, whether it
//! is public or suspended, and whether something was hashed.

use crate::failure::Failure;
use crate::http::trace;
use crate::issue::spending::Spending;
use crate::outbound::Outbound;
use crate::people::factor::has_any;
use crate::state::State;
use crate::state::brakes::{Brakes, Peer, Subject};
use crate::state::client_keys::ClientKeys;
use crate::state::clients::{Clients, Entry};
use crate::state::clock::Clock;
use crate::state::hashing::{Hasher, Turn};
use crate::state::limits::Limits;
use crate::state::meter::Meter;
use crate::state::passwords::sources::are_asked;
use crate::state::passwords::{Checked, Passwords};
use crate::state::secrets::Secrets;
use crate::state::uses::Uses;
use claviger_core::client::ClientStatus;
use claviger_core::client_auth::{Credentials, Pair};
use claviger_core::dialect::Legacy;
use claviger_core::refusal::Further;
use claviger_core::token::Plain;
use claviger_core::{Client, Realm, Refusal};
use claviger_store::{ClientSecret, Masked, SecretKind, Store, StoredUser};
use method::{Check, check_for};
pub(crate) use object::open_object;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use subtle::ConstantTimeEq;
use tokio::time::Instant;

/// A failure is answered so long after the request began, or twice as long and so on where the work took longer: more than
/// a hash costs where hashing is not behind.
const UNTIL_REFUSED: Duration = Duration::from_millis(200);

/// Who presented a token or a secret, and how.
#[derive(Debug)]
pub(crate) struct Authenticated {
    /// The client.
    pub(crate) entry: Arc<Entry>,
    /// It proved a secret or a key; a public client only named itself.
    pub(crate) proved: bool,
    /// What the request uses up by that.
    pub(crate) spending: Spending,
    /// The stretched secret, or password, that it was found right for.
    stretched: Option<Masked<Vec<u8>>>,
}

impl Authenticated {
    /// The client.
    pub(crate) fn client(&self) -> &Client {
        &self.entry.client
    }

    /// Whether what it proved is the password that this user has now.
    pub(crate) fn proved_password_of(&self, user: Option<&StoredUser>) -> bool {
        let password = user.and_then(|user| user.password_hash.as_ref());
        // Both are hashes that are stored, none is what a caller sent. Nothing is stored of one that somebody else knows.
        let proved = self.stretched.as_ref();
        proved.is_some_and(|proved| password.map_or(&[][..], |now| now.as_bytes()) == proved.as_slice())
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
    pub(crate) uses: &'a Uses,
    /// Where the keys of clients are that lie elsewhere.
    pub(crate) client_keys: &'a ClientKeys,
    pub(crate) outbound: &'a Outbound,
    /// Where the request comes from.
    pub(crate) from: IpAddr,
    /// A public client will not do.
    pub(crate) must_prove: bool,
    /// Where calls are counted, at an endpoint where they are limited.
    pub(crate) limits: Option<&'a Limits>,
}

/// Checks what a client presented, and uses it up where it is good once.
///
/// # Errors
/// As [`Authenticator::authenticate`]; it was used before.
pub(crate) async fn authenticate(
    state: &State,
    realm: &Realm,
    credentials: &Credentials,
    from: IpAddr,
) -> Result<Authenticated, Failure> {
    let client = Authenticator::of(state, realm, from).authenticate(credentials).await?;
    client.spending.settle(&state.store, state.clock.now()).await?;
    Ok(client)
}

/// The same at the token endpoint, where calls are limited, for who uses it up in a transaction of their own, or settles it
/// ([`Authenticated::spending`]) before they answer.
///
/// # Errors
/// As [`Authenticator::authenticate`].
pub(crate) async fn authenticate_unspent(
    state: &State,
    realm: &Realm,
    credentials: &Credentials,
    from: IpAddr,
) -> Result<Authenticated, Failure> {
    let limits = Some(&state.limits);
    Authenticator { limits, ..Authenticator::of(state, realm, from) }.authenticate(credentials).await
}

/// As [`authenticate`], where a public client, who proves nothing, is nobody.
///
/// # Errors
/// As [`Authenticator::authenticate`].
pub(crate) async fn authenticate_by_secret(
    state: &State,
    realm: &Realm,
    credentials: &Credentials,
    from: IpAddr,
) -> Result<Authenticated, Failure> {
    let authenticator = Authenticator { must_prove: true, ..Authenticator::of(state, realm, from) };
    let client = authenticator.authenticate(credentials).await?;
    client.spending.settle(&state.store, state.clock.now()).await?;
    Ok(client)
}

impl<'a> Authenticator<'a> {
    fn of(state: &'a State, realm: &'a Realm, from: IpAddr) -> Self {
        let State { store, clock, clients, secrets, hasher, brakes, meter, uses, client_keys, outbound, .. } = state;
        Self {
            realm,
            store,
            clock,
            clients,
            secrets,
            hasher,
            brakes,
            meter,
            uses,
            client_keys,
            outbound,
            from,
            must_prove: false,
            limits: None,
        }
    }

    /// Checks what a client presented.
    ///
    /// # Errors
    /// [`Refusal::WrongClient`] for an unknown client, a wrong secret and a missing one alike, for an assertion
    /// [`Refusal::WrongAssertion`]; what no client's assertion can say; inactive; braked.
    pub(crate) async fn authenticate(&self, credentials: &Credentials) -> Result<Authenticated, Failure> {
        let began = Instant::now();
        let checked = self.check(credentials).await;
        if matches!(checked, Err(Failure::Refusal(Refusal::WrongClient | Refusal::WrongAssertion) | Failure::Busy(_))) {
            tokio::time::sleep_until(next_refusal(began)).await;
        }
        checked
    }

    async fn check(&self, credentials: &Credentials) -> Result<Authenticated, Failure> {
        if let Credentials::Assertion(given) = credentials {
            assertion::check(self.realm, given, self.clock.now())?;
        }
        let mut found = None;
        trace::client(credentials.ids().next().unwrap_or_default());
        for id in credentials.ids().filter(|id| id.len() <= 256) {
            found = self.clients.load(self.store, &self.realm.id, id).await?;
            if found.is_some() {
                break;
            }
        }
        let Some(entry) = found else {
            let name = credentials.ids().next().unwrap_or_default();
            return Err(self.refuse(Subject::unknown_client(&self.realm.id, name), credentials).await);
        };
        trace::app(&entry.client.id);
        self.look_at_limit(&entry.client)?;
        let check = check_for(&entry.client, credentials, self.realm.dialect.token.ignores_public_secret());
        let proved = match check {
            Some(Check::Named) if !self.must_prove && entry.client.status == ClientStatus::Active => None,
            Some(Check::Secret) => Some(self.prove(&entry, credentials).await?),
            Some(Check::Certificate) => Some(Box::pin(self.prove_by_certificate(&entry, credentials)).await?),
            Some(check @ (Check::Signature | Check::Mac)) => {
                Some(Box::pin(self.prove_by_assertion(&entry, credentials, check)).await?)
            }
            Some(Check::Named) | None => return Err(self.refuse(self.subject(&entry.client), credentials).await),
        };
        if entry.client.status != ClientStatus::Active {
            return Err(Refusal::ClientInactive(proved.is_some().then_some(entry.client.status)).into());
        }
        let (id, stretched, ends_at, is_proved) = match proved {
            Some(Right { id, stretched, ends_at, .. }) => (id, stretched, ends_at, true),
            None => (None, None, None, false),
        };
        entry.note_use(self.uses, (&self.realm.id, id.as_deref()), ends_at, self.clock.now());
        trace::note(|noted| noted.proof = proof_of(check, id.as_deref()));
        self.count(&entry.client)?;
        let spends = match credentials {
            Credentials::Assertion(given) => vec![self.spend(given)],
            _ => Vec::new(),
        };
        Ok(Authenticated { entry, proved: is_proved, spending: Spending::of(spends), stretched: stretched.map(Masked) })
    }

    /// Whose failure it is.
    fn subject(&self, client: &Client) -> Subject {
        match (&client.acts_as, client.secret_is_password) {
            (Some(user), true) => Subject::user(&self.realm.id, user),
            _ => Subject::client(&self.realm.id, &client.id),
        }
    }

    /// Counts a failure that needs no look at any secret or key.
    async fn refuse(&self, subject: Subject, credentials: &Credentials) -> Failure {
        match self.brakes.guess(subject, Peer::from(self.from), self.clock.now()).await {
            Err(seconds) => braked(seconds).into(),
            Ok(guess) => {
                drop(guess);
                match credentials {
                    Credentials::Assertion(_) => Refusal::WrongAssertion.into(),
                    _ => self.refusal(),
                }
            }
        }
    }

    /// What all hear who fail. Where a secret could not be stretched now, nobody is told which clients have one.
    fn refusal(&self) -> Failure {
        if self.hasher.has_room(self.turn()) { Refusal::WrongClient.into() } else { Failure::Busy("password hashing") }
    }

    fn turn(&self) -> Turn {
        Turn::of(&self.realm.id, self.from)
    }

    /// Compares the presented secret, in each of its readings, with what is stored; one attempt, whichever matches. What was
    /// found right.
    async fn prove(&self, entry: &Entry, credentials: &Credentials) -> Result<Right, Failure> {
        let client = &entry.client;
        let now = self.clock.now();
        let readings = readings(self.realm, client, credentials);
        let made = |(pair, raw): &(&Pair, bool)| {
            let id = self.matches_tag(entry, entry.made(now), pair.secret.expose(), now)?;
            Some(Right { id: Some(id.to_owned()), raw: *raw, stretched: None, ends_at: None })
        };
        if let Some(right) = readings.iter().find_map(made) {
            self.count_raw(client, right.raw);
            return Ok(right);
        }
        let guess = self.brakes.guess(self.subject(client), Peer::from(self.from), now).await.map_err(braked)?;
        match self.find_chosen(entry, &readings).await {
            Ok(Some(right)) => {
                guess.succeeded();
                self.count_raw(client, right.raw);
                Ok(right)
            }
            Ok(None) => {
                drop(guess);
                Err(self.refusal())
            }
            Err(failure) => {
                guess.undecided();
                Err(failure)
            }
        }
    }

    /// Which reading is a secret that somebody chose. What costs no hash is tried first.
    async fn find_chosen(&self, entry: &Entry, readings: &[(&Pair, bool)]) -> Result<Option<Right>, Failure> {
        let now = self.clock.now();
        for (pair, raw) in readings {
            let (secret, raw) = (pair.secret.expose(), *raw);
            if let Some(id) = self.matches_tag(entry, entry.chosen(now), secret, now) {
                return Ok(Some(Right { id: Some(id.to_owned()), raw, stretched: None, ends_at: None }));
            }
            if let Some(id) =
                self.sealed(entry, now).find(|(_, known)| known.as_slice().ct_eq(secret.as_bytes()).into())
            {
                return Ok(Some(Right { id: Some(id.0.to_owned()), raw, stretched: None, ends_at: None }));
            }
            if let Some(hash) = self.clients.recall(entry, secret, now) {
                let id = entry.with_hash(&hash).map(|stored| stored.id.clone());
                return Ok(Some(Right { id, raw, stretched: Some(hash), ends_at: None }));
            }
        }
        for (pair, raw) in readings {
            if let Some((id, hash)) = self.matching_stretched(entry, pair).await? {
                return Ok(Some(Right { id, raw: *raw, stretched: Some(hash), ends_at: None }));
            }
        }
        Ok(None)
    }

    /// Compares with the tags of secrets; one that an earlier token key knows is stored anew.
    fn matches_tag<'s>(
        &self,
        entry: &Entry,
        stored: impl Iterator<Item = &'s ClientSecret>,
        secret: &str,
        now: i64,
    ) -> Option<&'s str> {
        let mut tags = self.secrets.client_secret_tags(secret);
        for stored in stored {
            if tags.fits(&stored.hash) {
                self.bring_up_to_date(entry, stored, secret, now);
                return Some(&stored.id);
            }
        }
        None
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
        tokio::spawn(trace::beside(async move {
            let rewritten = store.rewrite_secret((&realm, &client, &id), &before, hash, now).await;
            if let Err(fault) = rewritten {
                tracing::warn!(%fault, client, "a secret could not be stored under the newest token key");
                rewriting.store(false, Ordering::Release);
            }
        }));
    }

    /// Compares with stretched secrets, and with the password of the user that the client stands for (J2); a password also in
    /// its normal form. The id of the secret, none for the password, and which stored one it is.
    async fn matching_stretched(
        &self,
        entry: &Entry,
        pair: &Pair,
    ) -> Result<Option<(Option<String>, Vec<u8>)>, Failure> {
        let now = self.clock.now();
        let own: Vec<(String, Vec<u8>)> =
            entry.live(SecretKind::Argon2, now).map(|secret| (secret.id.clone(), secret.hash.0.clone())).collect();
        for (id, hash) in own {
            if self.is_of(&pair.secret, &hash).await? {
                self.clients.remember(entry, pair.secret.expose(), hash.clone());
                return Ok(Some((Some(id), hash)));
            }
        }
        let acts_as = entry.client.acts_as.as_ref().filter(|_| entry.client.secret_is_password);
        let Some(user) = acts_as else { return Ok(None) };
        let stored = self.store.user(&self.realm.id, user).await?.filter(|stored| !stored.user.disabled);
        let Some(stored) = stored.filter(|stored| stored.password_hash.is_some() || are_asked(self.realm)) else {
            return Ok(None);
        };
        if self.has_second_factor(&stored.user.id).await? {
            return Ok(None);
        }
        self.matching_password(entry, &stored, &pair.secret).await
    }

    /// Compares with the password of the user that the client stands for. One that somebody else knows is not remembered, and nothing is
    /// stored of it.
    async fn matching_password(
        &self,
        entry: &Entry,
        stored: &StoredUser,
        secret: &Plain,
    ) -> Result<Option<(Option<String>, Vec<u8>)>, Failure> {
        let hash = match self.passwords().verify(&stored.user.username, Some(stored), secret).await? {
            Checked::Right => stored.password_hash.clone(),
            Checked::Moved(hash, _) => Some(hash),
            Checked::Adopted(adopted) if adopted.user.id == stored.user.id => adopted.hash,
            Checked::Wrong | Checked::Adopted(_) => return Ok(None),
        };
        let Some(hash) = hash else { return Ok(Some((None, Vec::new()))) };
        let hash = hash.0.into_bytes();
        self.clients.remember(entry, secret.expose(), hash.clone());
        Ok(Some((None, hash)))
    }

    fn passwords(&self) -> Passwords<'_> {
        let Self { store, clock, secrets, hasher, outbound, realm, .. } = *self;
        Passwords { store, clock, secrets, hasher, outbound, realm, turn: self.turn() }
    }

    /// Whether a user has a second factor, which no program can be asked for: then their password is no program's secret.
    async fn has_second_factor(&self, user: &str) -> Result<bool, Failure> {
        let is_on = self.realm.sign_in.is_on();
        Ok(is_on && has_any(&self.store.factors(&self.realm.id, user).await?))
    }

    /// Whether a stored hash is of this secret.
    async fn is_of(&self, secret: &Plain, hash: &[u8]) -> Result<bool, Failure> {
        let Ok(phc) = std::str::from_utf8(hash) else { return Ok(false) };
        let verified = self.hasher.verify_for(self.turn(), secret.clone(), phc).await;
        verified.map_err(|_| Failure::Busy("password hashing"))
    }

    fn count_raw(&self, client: &Client, raw: bool) {
        if raw {
            self.meter.count(&self.realm.id, &client.id, Legacy::RawBasic);
        }
    }
}

/// A reading that was found right.
struct Right {
    /// The id of the secret; none for a user's password.
    id: Option<String>,
    /// It is the raw one.
    raw: bool,
    /// What is stored of it, where that is stretched.
    stretched: Option<Vec<u8>>,
    /// When the certificate ends that was shown.
    ends_at: Option<i64>,
}

const fn braked(seconds: i64) -> Refusal {
    Refusal::Braked { seconds, user: false }
}

const fn too_many(left: trace::Left) -> Refusal {
    Refusal::Further(Further::TooManyCalls { limit: left.limit, seconds: left.seconds })
}

/// What the request log says of the proof; the id is of a secret.
fn proof_of(check: Option<Check>, id: Option<&str>) -> String {
    match (check, id) {
        (Some(Check::Certificate), _) => "certificate".to_owned(),
        (Some(Check::Signature), _) => "key".to_owned(),
        (Some(Check::Secret | Check::Mac), Some(id)) => id.to_owned(),
        (Some(Check::Secret | Check::Mac), None) => "password".to_owned(),
        (Some(Check::Named) | None, _) => String::new(),
    }
}

/// When a request that began then is refused: the next of the moments that are a fixed time apart.
fn next_refusal(began: Instant) -> Instant {
    let periods = began.elapsed().as_millis() / UNTIL_REFUSED.as_millis() + 1;
    began + UNTIL_REFUSED.saturating_mul(u32::try_from(periods).unwrap_or(1))
}

/// The readings that are for this client; the raw one only if the client was given it.
fn readings<'a>(realm: &Realm, client: &Client, credentials: &'a Credentials) -> Vec<(&'a Pair, bool)> {
    let all: Vec<(&Pair, bool)> = match credentials {
        Credentials::Basic { decoded, raw: Some(raw) } if realm.allows(client, Legacy::RawBasic) => {
            vec![(raw, true), (decoded, false)]
        }
        Credentials::Basic { decoded, .. } | Credentials::Body(decoded) => vec![(decoded, false)],
        Credentials::Named { .. } | Credentials::Certified { .. } | Credentials::Assertion(_) => Vec::new(),
    };
    all.into_iter().filter(|(pair, _)| pair.id == client.id && pair.secret.expose().len() <= 1024).collect()
}

mod assertion;
mod certificate;
mod limits;
mod method;
mod object;
#[cfg(test)]
mod tests;
