//! What an operator does: each act is one function, which the command line calls, and whoever else lets operators act.
//!
//! An act takes the [`Admin`] it is done by and leaves one line in the audit log, in its own transaction; one that fails or
//! changes nothing leaves none. What only looks takes the store.

pub mod announcements;
pub mod apply;
pub mod apps;
pub mod audit;
pub mod branding;
mod complaint;
pub mod db;
pub mod deadlines;
mod error;
pub mod evaluate;
pub mod export;
pub mod given;
pub mod import;
pub mod keys;
pub mod letters;
pub mod log;
pub(crate) mod look;
pub mod mails;
pub mod organisation_apps;
pub mod organisations;
pub mod partner_apps;
pub mod partner_letters;
pub mod realms;
pub mod registrations;
pub mod replay;
pub mod reviews;
pub mod roles;
pub mod sandboxes;
pub mod seats;
pub mod teams;
pub mod users;
pub mod webhooks;

pub use claviger_store::{Act, Actor, Subject, SubjectKind, Way};
pub use complaint::{Broken, Complaint};
pub use error::AdminError;

use crate::ids;
use claviger_core::claims::id_text;
use claviger_store::Store;

/// By whom, where and when something is done.
#[derive(Debug, Clone, Copy)]
pub struct Admin<'a> {
    /// The database.
    pub store: &'a Store,
    /// Who does it.
    pub actor: &'a Actor,
    /// Now, in milliseconds.
    pub now: i64,
}

impl Admin<'_> {
    /// The database, where one act is done.
    fn act(&self, act: Act) -> Store {
        self.store.audited(self.actor, act)
    }
}

/// A reference for what is done together, where no request has one; `now` in milliseconds.
pub fn new_reference(now: i64) -> String {
    id_text(&ids::new(now))
}

#[cfg(test)]
mod tests;
