//! Brings a checked set of realm files into the database: idempotent, everything or nothing.
//!
//! 1. What is stored is read and compared; what a file says nothing about stays.
//! 2. Passwords and secrets that do not verify against what is stored are hashed.
//! 3. Everything that differs is written in one transaction, and the lines of the audit log with it.
//!
//! A file revives nobody: the status of a client that is stored, a user who was disabled and a secret that was retired stay
//! as the vendor left them.

pub mod changes;
mod client_secrets;
mod looks;
mod planned;
mod realm_secrets;
mod report;
mod sectors;
mod users;

pub use report::{MadeSecret, Report};

use super::{Act, Admin};
use crate::hashing::{Busy, Hasher};
use crate::secrets::Secrets;
use changes::Change;
use claviger_core::client::ClientStatus;
use claviger_core::{Client, User};
use claviger_files::realm::{FileClient, FileUser, RealmFile};
use claviger_store::{Fault, Put, Store, StoredUser, SubjectKind, id_text};
use planned::{Planned, PlannedUser, PlannedUsers};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use users::Hashing;

/// How many objects of a realm are looked through for those that no file has.
const MOST_LISTED: usize = 10_000;

/// Of how many users of a file each field is told; of the others, that they are new or different.
const MOST_TOLD: usize = 10_000;

/// What comes from files: kind and id, and the file.
type Managed = BTreeMap<(String, String), String>;
/// Objects read at a time.
const PAGE: i64 = 500;

/// Why nothing was applied.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] Fault),
    /// Passwords cannot be hashed now.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// What a file says contradicts what is stored.
    #[error("{file}: {message}")]
    Conflict {
        /// The file.
        file: String,
        /// The contradiction.
        message: String,
    },
}

/// Applies the files. Each object that changes has a line in the audit log; of more than 100 users of one realm there is one
/// line with their number.
///
/// # Errors
/// The database or the hashing fails, or a file contradicts what is stored. Nothing was written then.
pub async fn apply(
    admin: &Admin<'_>,
    files: &[RealmFile],
    hasher: &Hasher,
    secrets: &Secrets,
) -> Result<Report, ApplyError> {
    let told: Told = Arc::new(|_| {});
    apply_watched(admin, files, hasher, secrets, &told).await
}

/// What applying the files would do. Secrets that it names are made for nobody.
///
/// # Errors
/// As [`apply`].
pub async fn plan(
    store: &Store,
    files: &[RealmFile],
    hasher: &Hasher,
    secrets: &Secrets,
    now: i64,
) -> Result<Report, ApplyError> {
    let told: Told = Arc::new(|_| {});
    let (planned, report) = (Planned::default(), Report::default());
    let mut plan = Plan { store, hasher, secrets, now, planned, report, told: &told };
    for file in files {
        plan.realm(file).await?;
    }
    Ok(plan.report)
}

/// How far applying came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// What is done to objects: `compared` or `written`.
    pub doing: &'static str,
    /// To how many it was done; of one realm's users where they are compared.
    pub done: usize,
    /// How many there are.
    pub all: usize,
}

/// Hears how far applying came, after each object.
pub type Told = Arc<dyn Fn(Step) + Send + Sync>;

/// As [`apply`], for whoever wants to hear how far it came.
///
/// # Errors
/// As there.
pub async fn apply_watched(
    admin: &Admin<'_>,
    files: &[RealmFile],
    hasher: &Hasher,
    secrets: &Secrets,
    told: &Told,
) -> Result<Report, ApplyError> {
    let Admin { store, now, .. } = *admin;
    let mut plan = Plan { store, hasher, secrets, now, planned: Planned::default(), report: Report::default(), told };
    for file in files {
        plan.realm(file).await?;
    }
    let Plan { planned, report, .. } = plan;
    let all = planned.len();
    if all > 0 {
        let told = Arc::clone(told);
        let written = Arc::new(move |done| told(Step { doing: "written", done, all }));
        admin.act(Act::RealmApply).apply_watched(Box::new(planned), now, written).await?;
    }
    Ok(report)
}

struct Plan<'a> {
    store: &'a Store,
    hasher: &'a Hasher,
    secrets: &'a Secrets,
    now: i64,
    planned: Planned,
    report: Report,
    told: &'a Told,
}

/// Whether something is stored, and as the file says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Different,
    Same,
}

impl State {
    fn of<T: PartialEq>(stored: Option<&T>, here: &T) -> Self {
        match stored {
            None => Self::New,
            Some(stored) if stored == here => Self::Same,
            Some(_) => Self::Different,
        }
    }
}

impl Plan<'_> {
    fn count(
        &mut self,
        state: State,
        change: impl FnOnce() -> Result<Change, serde_json::Error>,
    ) -> Result<(), ApplyError> {
        if state == State::Same {
            self.report.unchanged += 1;
            return Ok(());
        }
        let change = change().map_err(Fault::from)?;
        self.list(state).push(change.to_string());
        self.report.changes.push(change);
        Ok(())
    }

    fn list(&mut self, state: State) -> &mut Vec<String> {
        if state == State::New { &mut self.report.created } else { &mut self.report.changed }
    }

    async fn realm(&mut self, file: &RealmFile) -> Result<(), ApplyError> {
        self.no_stored_realm_there(file).await?;
        let stored = self.store.realm(&file.realm.id).await?;
        let realm = &self.looking(self.with_secrets(file, stored.as_ref())?, stored.as_ref());
        let state = State::of(stored.as_ref(), realm);
        self.count(state, || {
            Ok(realm_secrets::told(Change::of_realm(stored.as_ref(), realm)?, stored.as_ref(), realm))
        })?;
        if state != State::Same {
            self.planned.put(Put::Realm(Box::new(realm.clone())));
        }
        let ids: Vec<String> = file.organisations.iter().map(|organisation| organisation.id.clone()).collect();
        let stored = self.store.organisations(&realm.id, &ids).await?;
        let stored: HashMap<&str, _> = stored.iter().map(|stored| (stored.id.as_str(), stored)).collect();
        for organisation in &file.organisations {
            let known = stored.get(organisation.id.as_str()).copied();
            let state = State::of(known, organisation);
            self.count(state, || Change::of_organisation(&realm.id, known, organisation))?;
            if state != State::Same {
                self.planned.put(Put::Organisation { realm: realm.id.clone(), organisation: organisation.clone() });
            }
        }
        let mut managed = self.store.managed(&realm.id).await?;
        let (ids, others) = self.users(file, &mut managed).await?;
        sectors::check(self.store, file).await?;
        for client in &file.clients {
            self.client(&realm.id, client, &ids).await?;
        }
        self.managed(file, managed);
        self.report.not_in_files.extend(others.into_iter().map(|name| format!("user {}/{name}", realm.id)));
        self.other_clients(file).await
    }

    /// Notes which apps come from this file, and which apps and users no longer do. `before`: what came from files, without the
    /// users of this one.
    fn managed(&mut self, file: &RealmFile, mut before: Managed) {
        let realm = &file.realm.id;
        if !is_noted(&mut before, SubjectKind::Realm, realm, file) {
            let (kind, id) = (SubjectKind::Realm, realm.clone());
            self.planned.put(Put::Managed { realm: realm.clone(), kind, id, file: Some(file.file.clone()) });
        }
        for id in file.clients.iter().map(|client| &client.client.id) {
            if !is_noted(&mut before, SubjectKind::App, id, file) {
                let (kind, id) = (SubjectKind::App, id.clone());
                self.planned.put(Put::Managed { realm: realm.clone(), kind, id, file: Some(file.file.clone()) });
            }
        }
        for (kind, id) in before.into_keys() {
            let Ok(kind) = kind.parse() else { continue };
            self.planned.put(Put::Managed { realm: realm.clone(), kind, id, file: None });
        }
    }

    /// A realm that is stored and not in these files may be where the file's realm wants to be.
    async fn no_stored_realm_there(&self, file: &RealmFile) -> Result<(), ApplyError> {
        for authority in &file.realm.authorities {
            for other in self.store.realms_at(authority).await? {
                let same_path = other.base_path().eq_ignore_ascii_case(file.realm.base_path());
                let own = other.authorities.iter().any(|mine| mine == authority);
                if other.id != file.realm.id && same_path && own {
                    let message =
                        format!("the stored realm `{}` is at {authority} with the same path already", other.id);
                    return Err(ApplyError::Conflict { file: file.file.clone(), message });
                }
            }
        }
        Ok(())
    }

    /// Plans the users; the ids of those whom clients act as, by their username's key, and the names of those who are stored
    /// and not in the file.
    async fn users(
        &mut self,
        file: &RealmFile,
        managed: &mut Managed,
    ) -> Result<(BTreeMap<String, String>, Vec<String>), ApplyError> {
        let acted_as: BTreeSet<String> =
            file.clients.iter().filter_map(|client| client.client.acts_as.as_deref()).map(User::username_key).collect();
        let mut others = self.stored_users(&file.realm.id).await?;
        let mut ids = BTreeMap::new();
        let mut hashing = Hashing { hasher: self.hasher.clone(), tasks: JoinSet::new(), hashes: BTreeMap::new() };
        let (mut all, mut states, mut told) = (vec![], vec![], 0);
        for (i, entry) in file.users.iter().enumerate() {
            let (user, stored) = self.known_user(file, &entry).await?;
            others.remove(&user.id);
            let key = User::username_key(&user.username);
            if acted_as.contains(&key) {
                ids.insert(key, user.id.clone());
            }
            let had_password = stored.as_ref().is_some_and(|stored| stored.password_hash.is_some());
            let state = State::of(stored.as_ref().map(|stored| &stored.user), &user);
            // Most users of a file are as they are stored: of those nothing is kept, and of very many only the names.
            let before = stored.as_ref().map(|stored| &stored.user);
            let mut change = None;
            if entry.password.is_some() || (state != State::Same && told < MOST_TOLD) {
                told += 1;
                change = Some(Box::new(Change::of_user(&file.realm.id, before, &user, None).map_err(Fault::from)?));
            } else if state != State::Same {
                self.list(state).push(Change::name_of_user(&file.realm.id, &user.username));
            }
            states.push((state, had_password, change));
            let is_noted = !is_noted(managed, SubjectKind::User, &user.id, file);
            all.push(PlannedUser::of(&entry.user, &user, is_noted));
            hashing.begin(i, entry.password, stored.and_then(|stored| stored.password_hash)).await?;
            (self.told)(Step { doing: "compared", done: i + 1, all: file.users.len() });
        }
        let mut hashes = hashing.end().await?;
        for (i, (state, had_password, change)) in states.into_iter().enumerate() {
            let hash = hashes.remove(&i);
            let state = if state == State::Same && hash.is_some() { State::Different } else { state };
            let password = hash.as_ref().map(|_| if had_password { "replaced" } else { "set" });
            match change {
                Some(change) => self.count(state, || Ok(change.with_password(password)))?,
                None if state == State::Same => self.report.unchanged += 1,
                None => {}
            }
            if let Some(user) = all.get_mut(i) {
                user.is_written = state != State::Same;
                user.password_hash = hash.map(String::into_boxed_str);
            }
        }
        self.planned.users(PlannedUsers::new(file, all, self.now + longest_token(file)));
        Ok((ids, others.into_values().collect()))
    }

    /// The names of the users that are stored, by their ids; of the first of them.
    async fn stored_users(&self, realm: &str) -> Result<BTreeMap<String, String>, ApplyError> {
        let (mut found, mut after) = (BTreeMap::new(), String::new());
        while found.len() < MOST_LISTED {
            let page = self.store.list_users(realm, &after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after.clone_from(&last.id);
            found.extend(page.into_iter().map(|user| (user.id, user.username)));
        }
        Ok(found)
    }

    /// The user as they will be stored, and as they are.
    async fn known_user(
        &mut self,
        file: &RealmFile,
        entry: &FileUser,
    ) -> Result<(User, Option<StoredUser>), ApplyError> {
        let realm = &file.realm.id;
        let named = self.store.user_by_username(realm, &entry.user.username).await?;
        let mut user = entry.user.clone();
        let stored = if user.id.is_empty() {
            named
        } else {
            if let Some(other) = named.as_ref().filter(|named| named.user.id != user.id) {
                let message = format!(
                    "the user `{}` is stored with the id `{}`, and the file says `{}`",
                    user.username, other.user.id, user.id
                );
                return Err(ApplyError::Conflict { file: file.file.clone(), message });
            }
            self.store.user(realm, &user.id).await?
        };
        match &stored {
            Some(stored) => {
                user.id.clone_from(&stored.user.id);
                if stored.user.disabled && !user.disabled {
                    user.disabled = true;
                    self.report.notes.push(format!("the user {realm}/{} stays disabled", user.username));
                }
            }
            None if user.id.is_empty() => user.id = id_text(&crate::ids::new(self.now)),
            None => {}
        }
        let known = stored.as_ref().map(|stored| &stored.user);
        user.details.updated_at = known.and_then(|known| known.details.updated_at);
        if known != Some(&user) {
            user.details.updated_at = Some(self.now / 1000);
        }
        Ok((user, stored))
    }

    async fn client(
        &mut self,
        realm: &str,
        entry: &FileClient,
        ids: &BTreeMap<String, String>,
    ) -> Result<(), ApplyError> {
        let mut client: Client = entry.client.clone();
        // A username that no user of the file has was refused when the file was read.
        client.acts_as = client.acts_as.map(|name| ids.get(&User::username_key(&name)).cloned().unwrap_or(name));
        let stored = self.store.client_with_secrets(realm, &client.id).await?;
        let (stored, secrets) = stored.map_or((None, vec![]), |(client, secrets)| (Some(client), secrets));
        if let Some(stored) = &stored {
            if stored.status != client.status && client.status != ClientStatus::Active {
                let status = stored.status.name();
                self.report.notes.push(format!("the client {realm}/{} stays {status}", client.id));
            }
            client.status = stored.status;
            client.legacy_ended.clone_from(&stored.legacy_ended);
        }
        let secret = self.secret(realm, entry, client.status, &secrets).await?;
        let state = match State::of(stored.as_ref(), &client) {
            State::Same if secret.is_some() => State::Different,
            state => state,
        };
        let brought = secret.as_ref().map(|secret| {
            let is_known = secrets.iter().any(|known| known.id == secret.id && known.retired_at.is_none());
            if is_known { "replaced" } else { "added" }
        });
        let named = |client: &Client| {
            let name = |id: &String| ids.iter().find(|(_, known)| *known == id).map(|(name, _)| name.clone());
            Client {
                acts_as: client.acts_as.as_ref().map(|id| name(id).unwrap_or_else(|| id.clone())),
                ..client.clone()
            }
        };
        self.count(state, || Change::of_client(realm, stored.as_ref().map(named).as_ref(), &named(&client), brought))?;
        let (realm, id) = (realm.to_owned(), client.id.clone());
        if state != State::Same {
            self.planned.put(Put::Client { realm: realm.clone(), client: Box::new(client) });
        }
        if let Some(secret) = secret {
            self.planned.put(Put::Secret { realm, client: id, secret });
        }
        Ok(())
    }

    /// The clients that are stored in the file's realm and not in the file.
    async fn other_clients(&mut self, file: &RealmFile) -> Result<(), ApplyError> {
        let realm = &file.realm.id;
        let clients: BTreeSet<&str> = file.clients.iter().map(|client| client.client.id.as_str()).collect();
        let (mut after, mut seen) = (String::new(), 0);
        while seen < MOST_LISTED {
            let page = self.store.list_clients(realm, None, &after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after.clone_from(&last.id);
            seen += page.len();
            let others = page.iter().filter(|client| !clients.contains(client.id.as_str()));
            self.report.not_in_files.extend(others.map(|client| format!("client {realm}/{}", client.id)));
        }
        Ok(())
    }
}

/// Whether it is known that this comes from this file; what is asked for is known from then on.
fn is_noted(managed: &mut Managed, kind: SubjectKind, id: &str, file: &RealmFile) -> bool {
    managed.remove(&(kind.name().to_owned(), id.to_owned())).as_ref() == Some(&file.file)
}

/// How long an access token of the file's realm lives at most, in milliseconds.
fn longest_token(file: &RealmFile) -> i64 {
    let of_clients = file.clients.iter().filter_map(|client| client.client.access_token_ttl);
    of_clients
        .chain(file.realm.apis.iter().filter_map(|api| api.access_token_ttl))
        .chain([file.realm.tokens.access_token_ttl])
        .map(claviger_core::span::Span::as_millis)
        .max()
        .unwrap_or(0)
}

/// Files can wait: a busy hasher is asked again for half a minute.
pub(super) async fn patiently<T, F: Future<Output = Result<T, Busy>>>(work: impl Fn() -> F) -> Result<T, Busy> {
    for _ in 0..300 {
        match work().await {
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            done => return done,
        }
    }
    work().await
}

#[cfg(test)]
mod tests;
