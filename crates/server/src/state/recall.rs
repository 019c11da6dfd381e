//! What this server wrote or read a moment ago and is likely to be asked for next: sessions that it gave a code to, the
//! codes, grants that it refreshed.
//!
//! What is recalled may be out of date, and nothing is answered because of it: it saves looking something up before it is
//! written, and what is written is written on condition that everything that was recalled still stands. Where it does
//! not, or where what was recalled leads to a refusal, the caller looks it up and decides anew. So neither a user who was
//! disabled nor a consent that was withdrawn a moment ago on another server is believed for a moment longer.

use claviger_core::token::{Id, PresentedRefresh};
use claviger_store::{CodeRow, GrantRow, GrantWithUser, Hash, SignedIn};
use quick_cache::sync::Cache;
use std::sync::Arc;

/// How many of each are kept, the latest; each comes with its user and is some kilobyte.
const KEPT: usize = 10_000;

/// Sessions, codes and grants, in memory.
#[derive(Debug)]
pub(crate) struct Recall {
    sessions: Cache<Hash, Arc<Asked>>,
    codes: Cache<Id, Arc<CodeRow>>,
    grants: Cache<Id, Arc<GrantWithUser>>,
}

/// A session as it was when a client asked for its user.
#[derive(Debug)]
struct Asked {
    client: String,
    who: SignedIn,
}

impl Recall {
    /// Knows nothing yet.
    pub(crate) fn new() -> Self {
        Self { sessions: Cache::new(KEPT), codes: Cache::new(KEPT), grants: Cache::new(KEPT) }
    }

    /// A client was given a code by who is signed in.
    pub(crate) fn keep_session(&self, client: &str, who: SignedIn) {
        self.sessions.insert(who.session.hash, Arc::new(Asked { client: client.to_owned(), who }));
    }

    /// Who is signed in in a session, and what they let a client do, if that client was the last to ask.
    pub(crate) fn session(&self, hash: &Hash, client: &str) -> Option<SignedIn> {
        let asked = self.sessions.get(hash)?;
        (asked.client == client).then(|| asked.who.clone())
    }

    /// A code was given out.
    pub(crate) fn keep_code(&self, row: CodeRow) {
        self.codes.insert(row.code.id, Arc::new(row));
    }

    /// A code that is being exchanged, once: whoever presents it again is told what the database says.
    pub(crate) fn take_code(&self, id: &Id) -> Option<Arc<CodeRow>> {
        self.codes.remove(id).map(|(_, row)| row)
    }

    /// A grant was refreshed, resting on this.
    pub(crate) fn keep_grant(&self, mut loaded: GrantWithUser) {
        loaded.row.replay = None;
        self.grants.insert(loaded.row.grant.id, Arc::new(loaded));
    }

    /// The grant of a token, as if that token were its present one: whether it is, the database decides.
    pub(crate) fn grant(&self, presented: &PresentedRefresh) -> Option<GrantWithUser> {
        let mut loaded = GrantWithUser::clone(&*self.grants.get(&presented.grant)?);
        let GrantRow { grant, .. } = &mut loaded.row;
        grant.generation = presented.generation;
        Some(loaded)
    }
}
