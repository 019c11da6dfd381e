//! Users who come along in a file: checked one by one, and written in batches. Who is there already is left as they are, so that
//! the same file can be read again from its beginning after it was interrupted.

use super::{Act, Admin, AdminError, organisations};
use crate::ids;
use crate::secrets::Secrets;
use crate::state::hashing::is_as_strong_as_ours;
use claviger_core::crypto::entropy::random_bytes;
use claviger_core::crypto::sha256;
use claviger_core::user::{Organisation, rules};
use claviger_core::{Realm, User};
use claviger_files::people::{Entry, Password, Record};
use claviger_hashes::{Foreign, Given};
use claviger_store::{Imported, Masked, NewUser, id_text};
use std::collections::{HashMap, HashSet};

/// How users are taken.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Only say what would become of them.
    pub dry_run: bool,
    /// Organisations that nobody knows are made, with their ids for names.
    pub create_organisations: bool,
}

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A new user.
    Created,
    /// There was such a user before, who is left as they are.
    Exists,
}

/// The line of a record, and what became of it or why it is refused.
pub type Line = (u64, Result<Outcome, String>);

/// A file under way.
pub struct Import<'a> {
    admin: Admin<'a>,
    secrets: &'a Secrets,
    realm: &'a Realm,
    options: Options,
    organisations: HashSet<String>,
    /// Digests of the names that were read, and on which line.
    seen: HashMap<u64, u64>,
}

impl<'a> Import<'a> {
    /// Begins.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn new(
        admin: Admin<'a>,
        secrets: &'a Secrets,
        realm: &'a Realm,
        options: Options,
    ) -> Result<Self, AdminError> {
        let known = organisations::list(admin.store, realm).await?;
        let organisations = known.into_iter().map(|organisation| organisation.id).collect();
        Ok(Self { admin, secrets, realm, options, organisations, seen: HashMap::new() })
    }

    /// Takes records, in one transaction; what became of each, in their order.
    ///
    /// # Errors
    /// The store cannot write; of these records none was written then.
    pub async fn take(&mut self, records: Vec<Record>) -> Result<Vec<Line>, AdminError> {
        let (mut lines, mut users, mut places) = (Vec::with_capacity(records.len()), Vec::new(), Vec::new());
        for Record { line, entry } in records {
            let prepared = match entry {
                Ok(entry) => self.prepare(line, entry).await?,
                Err(why) => Err(why),
            };
            match prepared {
                Ok(user) => {
                    places.push(lines.len());
                    users.push(user);
                    lines.push((line, Ok(Outcome::Created)));
                }
                Err(why) => lines.push((line, Err(why))),
            }
        }
        let store = self.admin.act(Act::UserImport);
        let all = store.import_users(&self.realm.id, users.into(), self.options.dry_run, self.admin.now).await?;
        for (place, outcome) in places.into_iter().zip(all) {
            if let Some((_, line)) = lines.get_mut(place) {
                *line = told(outcome);
            }
        }
        Ok(lines)
    }

    /// The user of an entry, or why they are refused.
    async fn prepare(&mut self, line: u64, entry: Entry) -> Result<Result<NewUser, String>, AdminError> {
        let Entry { mut user, organisations: named, password } = entry;
        let key = sha256(User::username_key(&user.username).as_bytes());
        let key = u64::from_be_bytes(key.first_chunk().copied().unwrap_or_default());
        let first = *self.seen.entry(key).or_insert(line);
        if first != line {
            return Ok(Err(format!("line {first} has the same user name")));
        }
        let id_is_made = user.id.is_empty();
        if id_is_made {
            user.id = id_text(&ids::new(self.admin.now));
        }
        user.details.updated_at = Some(self.admin.now / 1000);
        let all = self.options.create_organisations;
        let knows = |id: &str| all || self.organisations.contains(id) || named.iter().any(|one| one.id == id);
        let problems = rules::check(&user, self.realm, knows);
        if !problems.is_empty() {
            let told = problems.iter().map(|problem| format!("{}: {problem}", problem.field().replace('-', "_")));
            return Ok(Err(told.collect::<Vec<_>>().join("; ")));
        }
        let password_hash = match password.map(|password| self.kept(&user, password)).transpose() {
            Ok(hash) => hash,
            Err(Unkept::Refused(why)) => return Ok(Err(why)),
            Err(Unkept::Admin(error)) => return Err(error),
        };
        self.make_organisations(&user, named).await?;
        Ok(Ok(NewUser { user, id_is_made, password_hash }))
    }

    /// What is stored of a password: a hash that is as strong as ours as it is, all others sealed.
    fn kept(&self, user: &User, password: Password) -> Result<Masked<String>, Unkept> {
        let given = match password {
            Password::Plain(plain) => Given::of_password(plain.expose(), &random_bytes()),
            Password::Hash(given) => given,
        };
        Foreign::parse(&given).map_err(|refused| Unkept::Refused(format!("password_hash: {refused}")))?;
        if given.format.is_none() && is_as_strong_as_ours(given.hash.trim()) {
            return Ok(Masked(given.hash.trim().to_owned()));
        }
        let sealed = self.secrets.seal_hash(&self.realm.id, &user.id, &given);
        sealed.map(Masked).map_err(|error| Unkept::Admin(error.into()))
    }

    /// Makes the organisations of a user that are not there yet.
    async fn make_organisations(&mut self, user: &User, named: Vec<Organisation>) -> Result<(), AdminError> {
        let unnamed =
            user.organisations.iter().map(|id| Organisation { id: id.clone(), name: id.clone(), kind: String::new() });
        for organisation in named.into_iter().chain(unnamed) {
            if self.organisations.insert(organisation.id.clone()) && !self.options.dry_run {
                match organisations::add(&self.admin, self.realm, organisation).await {
                    // Somebody else was quicker.
                    Ok(()) | Err(AdminError::OrganisationExists(_)) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(())
    }
}

/// Why there is nothing to store.
enum Unkept {
    Refused(String),
    Admin(AdminError),
}

fn told(outcome: Imported) -> Result<Outcome, String> {
    match outcome {
        Imported::Created => Ok(Outcome::Created),
        Imported::Exists => Ok(Outcome::Exists),
        Imported::NameTaken { by } => Err(format!("username: the user with the id `{by}` is called so")),
        Imported::IdTaken { by } => Err(format!("id: it belongs to the user `{by}`")),
        Imported::IdOfClient => Err("id: an app has it, and a token could not tell them apart".to_owned()),
    }
}
