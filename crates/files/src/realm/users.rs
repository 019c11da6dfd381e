//! The users of a realm file: there may be millions of them, so they are read from its text each time that somebody goes
//! through them.

use super::entries::{UserEntry, UserList};
use super::{FileUser, Password};
use crate::document::Document;
use claviger_core::User;
use claviger_core::crypto::sha256;
use claviger_core::token::Plain;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

/// The users of a file, which was found to be right.
#[derive(Clone)]
pub struct FileUsers {
    document: Arc<Document>,
    /// Those that the file does not have as `[[user]]`.
    others: Arc<Vec<FileUser>>,
    /// Passwords in files of their own, by the user's number.
    passwords: Arc<HashMap<usize, Plain>>,
}

impl fmt::Debug for FileUsers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} users", self.len())
    }
}

impl FileUsers {
    pub(super) fn new(document: Arc<Document>, others: Vec<UserEntry>, passwords: HashMap<usize, Plain>) -> Self {
        let others = others.into_iter().enumerate().map(|(i, entry)| file_user(entry, passwords.get(&i)));
        Self { document, others: Arc::new(others.collect()), passwords: Arc::new(passwords) }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.others.len() + self.document.items()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Each of them, in the file's order.
    pub fn iter(&self) -> impl Iterator<Item = FileUser> + Send + '_ {
        // What is wrong with a piece was said when the file was read.
        let listed = self.document.pieces().flat_map(|piece| {
            let list: Option<UserList> = self.document.decode_piece(piece, &mut vec![]);
            list.map(|list| list.user).unwrap_or_default()
        });
        let listed = listed.enumerate().map(|(i, entry)| file_user(entry, self.passwords.get(&i)));
        self.others.iter().cloned().chain(listed)
    }
}

fn file_user(entry: UserEntry, of_file: Option<&Plain>) -> FileUser {
    let user = entry.user();
    let password = match (entry.password, entry.password_hash, of_file) {
        (Some(plain), ..) => Some(Password::Plain(plain.0)),
        (_, Some(hash), _) => Some(Password::Hash(hash)),
        (.., of_file) => of_file.cloned().map(Password::Plain),
    };
    FileUser { user, password }
}

/// Calls `each` with every entry, by its number; the file may be wrong in other ways.
pub(super) fn each_entry(document: &Document, others: &[UserEntry], mut each: impl FnMut(usize, &UserEntry)) {
    others.iter().enumerate().for_each(|(i, entry)| each(i, entry));
    let mut number = others.len();
    for piece in document.pieces() {
        let list: Option<UserList> = document.decode_piece(piece, &mut vec![]);
        for entry in list.into_iter().flat_map(|list| list.user) {
            each(number, &entry);
            number += 1;
        }
    }
}

/// A name's digest: of millions of names no more is kept.
type Digest = [u8; 16];

fn digest(name: &str) -> Digest {
    sha256(name.as_bytes()).first_chunk().copied().unwrap_or_default()
}

/// What others may refer to, and what is to be there once only.
#[derive(Default)]
pub(super) struct KnownUsers {
    /// By the digest of the username's key: the number of the first of this name, and whether it is an administrator.
    names: HashMap<Digest, (usize, bool)>,
    ids: HashSet<Digest>,
    /// The first ones, for whoever misspells one.
    pub(super) first: Vec<String>,
}

/// As many as are compared with a misspelled name.
const FIRST: usize = 2_000;

impl KnownUsers {
    /// Adds a user; the number of one who has the name already.
    pub(super) fn add(&mut self, number: usize, user: &UserEntry) -> Option<usize> {
        if self.first.len() < FIRST {
            self.first.push(user.username.clone());
        }
        let key = digest(&User::username_key(&user.username));
        let first = *self.names.entry(key).or_insert((number, user.administrator));
        (first.0 != number).then_some(first.0)
    }

    /// Adds an id; false where another user has it.
    pub(super) fn add_id(&mut self, id: &str) -> bool {
        self.ids.insert(digest(id))
    }

    /// Whether the user of this name is an administrator; `None` if there is none.
    pub(super) fn is_administrator(&self, username: &str) -> Option<bool> {
        self.names.get(&digest(&User::username_key(username))).map(|(_, administrator)| *administrator)
    }
}
