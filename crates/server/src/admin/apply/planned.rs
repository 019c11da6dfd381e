//! What is to be written. Of users, who may be millions, only what their file does not say is kept: they are read from its text
//! once more when they are written.

use claviger_core::User;
use claviger_files::realm::FileUsers;
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
            Part::Users(users) => users.written(),
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
}

/// What is written of a user beside what the file says.
pub(super) struct PlannedUser {
    /// Where the file has none.
    id: Option<Box<str>>,
    /// Also where the file says otherwise.
    disabled: bool,
    pub(super) is_written: bool,
    pub(super) password_hash: Option<Box<str>>,
}

impl PlannedUser {
    /// From a user as the file describes them, and as they will be stored.
    pub(super) fn of(described: &User, user: &User) -> Self {
        let id = (described.id != user.id).then(|| user.id.as_str().into());
        Self { id, disabled: user.disabled, is_written: false, password_hash: None }
    }
}

impl PlannedUsers {
    pub(super) fn new(realm: String, users: FileUsers, planned: Vec<PlannedUser>, tokens_until: i64) -> Self {
        Self { realm, users, planned, tokens_until }
    }

    fn written(&self) -> usize {
        self.planned.iter().filter(|planned| planned.is_written).count()
    }

    fn puts(&self) -> impl Iterator<Item = Put> + Send + '_ {
        let written = self.users.iter().zip(&self.planned).filter(|(_, planned)| planned.is_written);
        written.map(|(entry, planned)| {
            let id = planned.id.as_ref().map_or(entry.user.id, ToString::to_string);
            let user = User { id, disabled: planned.disabled, ..entry.user };
            Put::User {
                realm: self.realm.clone(),
                user: Box::new(user),
                password_hash: planned.password_hash.as_ref().map(|hash| Masked(hash.to_string())),
                tokens_until: self.tokens_until,
            }
        })
    }
}
