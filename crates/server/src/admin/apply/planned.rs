//! What is to be written. Of users, who may be millions, only what their file does not say is kept: they are read from its text
//! once more when they are written.

use crate::admin::SubjectKind;
use claviger_core::User;
use claviger_files::realm::{FileUsers, RealmFile};
use claviger_store::{Masked, Put, Puts};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Everything that differs, in the order in which it is written.
#[derive(Default)]
pub(super) struct Planned(Vec<Part>);

enum Part {
    One(Put),
    Users(PlannedUsers),
}

impl Planned {
    /// Adds something that is written.
    pub(super) fn put(&mut self, put: Put) {
        self.0.push(Part::One(put));
    }

    /// Adds the users of a file.
    pub(super) fn users(&mut self, users: PlannedUsers) {
        self.0.push(Part::Users(users));
    }

    /// How many are written.
    pub(super) fn len(&self) -> usize {
        let written = |part: &Part| match part {
            Part::One(_) => 1,
            Part::Users(users) => users.puts_of_users(),
        };
        self.0.iter().map(written).sum()
    }
}

impl Puts for Planned {
    fn each(&self) -> Box<dyn Iterator<Item = Cow<'_, Put>> + Send + '_> {
        Box::new(self.0.iter().flat_map(|part| -> Box<dyn Iterator<Item = Cow<'_, Put>> + Send + '_> {
            match part {
                Part::One(put) => Box::new(std::iter::once(Cow::Borrowed(put))),
                Part::Users(users) => Box::new(users.puts().map(Cow::Owned)),
            }
        }))
    }

    fn users(&self) -> BTreeMap<String, usize> {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for part in &self.0 {
            if let Part::Users(users) = part {
                *counts.entry(users.realm.clone()).or_default() += users.written();
            }
        }
        counts
    }
}

/// The users of a file, and which of them are written.
pub(super) struct PlannedUsers {
    realm: String,
    users: FileUsers,
    /// One for each of them.
    planned: Vec<PlannedUser>,
    tokens_until: i64,
    /// The file, for those who are noted as coming from it.
    file: String,
}

/// What is written of a user beside what the file says.
pub(super) struct PlannedUser {
    /// Where the file has none.
    id: Option<Box<str>>,
    /// Also where the file says otherwise.
    disabled: bool,
    /// When what is known of them changed last.
    updated_at: Option<i64>,
    pub(super) is_written: bool,
    /// It is to be noted that they come from this file.
    is_noted: bool,
    pub(super) password_hash: Option<Box<str>>,
}

impl PlannedUser {
    /// From a user as the file describes them, and as they will be stored; `is_noted`: it is new that they come from this file.
    pub(super) fn of(described: &User, user: &User, is_noted: bool) -> Self {
        let id = (described.id != user.id).then(|| user.id.as_str().into());
        let updated_at = user.details.updated_at;
        Self { id, disabled: user.disabled, updated_at, is_written: false, is_noted, password_hash: None }
    }
}

impl PlannedUsers {
    pub(super) fn new(file: &RealmFile, planned: Vec<PlannedUser>, tokens_until: i64) -> Self {
        let (realm, users) = (file.realm.id.clone(), file.users.clone());
        Self { realm, users, planned, tokens_until, file: file.file.clone() }
    }

    fn puts_of_users(&self) -> usize {
        self.written() + self.planned.iter().filter(|planned| planned.is_noted).count()
    }

    fn written(&self) -> usize {
        self.planned.iter().filter(|planned| planned.is_written).count()
    }

    fn puts(&self) -> impl Iterator<Item = Put> + Send + '_ {
        self.users.iter().zip(&self.planned).flat_map(|(entry, planned)| {
            let id = planned.id.as_ref().map_or(entry.user.id, ToString::to_string);
            let note = planned.is_noted.then(|| Put::Managed {
                realm: self.realm.clone(),
                kind: SubjectKind::User,
                id: id.clone(),
                file: Some(self.file.clone()),
            });
            let mut user = User { id, disabled: planned.disabled, ..entry.user };
            user.details.updated_at = planned.updated_at;
            let written = planned.is_written.then(|| Put::User {
                realm: self.realm.clone(),
                user: Box::new(user),
                password_hash: planned.password_hash.as_ref().map(|hash| Masked(hash.to_string())),
                tokens_until: self.tokens_until,
            });
            written.into_iter().chain(note)
        })
    }
}
