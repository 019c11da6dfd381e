//! Whether somebody typed a user's password, and what is stored of it from then on.
//!
//! What is stored is a hash of our own, or the sealed hash of another program ([`claviger_hashes`]) that makes place for one of
//! our own when the password is typed for the first time: in a transaction of its own, on condition that nobody changed it.

pub(crate) mod sources;

use super::clock::Clock;
use super::hashing::{Busy, Hasher, Turn, forms_of, normal_form};
use super::secrets::{Secrets, is_sealed_hash};
use crate::outbound::Outbound;
use claviger_core::Realm;
use claviger_core::token::Plain;
use claviger_hashes::Foreign;
use claviger_store::{Fault, Masked, Precondition, Store, StoredUser};
use sources::{Adopted, Unsaid};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What it takes to check passwords.
pub(crate) struct Passwords<'a> {
    pub(crate) store: &'a Store,
    pub(crate) clock: &'a Clock,
    pub(crate) secrets: &'a Secrets,
    pub(crate) hasher: &'a Hasher,
    /// Asks the vendor.
    pub(crate) outbound: &'a Outbound,
    pub(crate) realm: &'a Realm,
    /// Who waits behind whom.
    pub(crate) turn: Turn,
}

/// What a password turned out to be.
#[derive(Debug)]
pub(crate) enum Checked {
    /// It is another one's, or nobody's.
    Wrong,
    /// It is the user's.
    Right,
    /// It is the user's, and another hash of it is stored now; with the condition for what rests on it.
    Moved(Masked<String>, Precondition),
    /// It is right, as somebody else says who knows the user.
    Adopted(Box<Adopted>),
}

/// Why it could not be checked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unchecked {
    /// There is no room for another hash.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] Fault),
    /// Whoever knows the user does not answer, or nothing that can be.
    #[error(transparent)]
    Unsaid(#[from] Unsaid),
}

impl Passwords<'_> {
    /// Whether this is the password of whoever is meant by what was typed: `found`, as far as they are known here. One who has no password
    /// here may be known elsewhere.
    ///
    /// # Errors
    /// There is no room for another hash, the store fails, or whoever knows the user does not answer.
    pub(crate) async fn verify(
        &self,
        typed: &str,
        found: Option<&StoredUser>,
        password: &Plain,
    ) -> Result<Checked, Unchecked> {
        let stored = found.and_then(|found| Some((&found.user.id, found.password_hash.as_ref()?)));
        match stored {
            Some((id, hash)) => self.check(id, password, hash).await,
            None if sources::are_asked(self.realm) => Box::pin(self.verify_elsewhere(typed, found, password)).await,
            None => self.check_against_nothing(password, Duration::ZERO).await,
        }
    }

    /// Asks whoever knows the user. A wrong password takes as long as one of a user who has theirs here, as far as the slowest
    /// question of late tells.
    async fn verify_elsewhere(
        &self,
        typed: &str,
        found: Option<&StoredUser>,
        password: &Plain,
    ) -> Result<Checked, Unchecked> {
        let began = Instant::now();
        let said = self.ask(typed, password).await;
        let took = began.elapsed();
        self.hasher.note_pace(&self.realm.id, took);
        if let Some(profile) = said?
            && let Some(adopted) = self.adopt(typed, found, profile, password).await?
        {
            return Ok(Checked::Adopted(Box::new(adopted)));
        }
        self.check_against_nothing(password, took).await
    }

    /// Whether `stored`, the hash of the user of this id, is of this password, as it was typed or in its normal form.
    ///
    /// # Errors
    /// There is no room for another hash, or the store cannot write.
    async fn check(&self, user: &str, password: &Plain, stored: &Masked<String>) -> Result<Checked, Unchecked> {
        if is_sealed_hash(stored) {
            return self.check_foreign(user, password, stored).await;
        }
        for form in forms_of(password) {
            if self.hasher.verify_for(self.turn, form, stored.as_str()).await? {
                return Ok(Checked::Right);
            }
            self.hasher.wait_as_others_do(&self.realm.id, Duration::ZERO).await;
        }
        Ok(Checked::Wrong)
    }

    /// Takes as long as a check, for users that do not exist; `took`: the time that a question took already.
    ///
    /// # Errors
    /// There is no room for another hash.
    async fn check_against_nothing(&self, password: &Plain, took: Duration) -> Result<Checked, Unchecked> {
        for _ in forms_of(password) {
            self.hasher.verify_against_nothing(self.turn).await?;
            self.hasher.wait_as_others_do(&self.realm.id, took).await;
        }
        Ok(Checked::Wrong)
    }

    async fn check_foreign(&self, user: &str, password: &Plain, stored: &Masked<String>) -> Result<Checked, Unchecked> {
        let realm = &*self.realm.id;
        let given = self.secrets.open_hash(realm, user, stored);
        let Some(foreign) = given.and_then(|given| Foreign::parse(&given).ok()) else {
            tracing::error!(realm, user, "the stored hash of another program cannot be opened or read");
            return self.check_against_nothing(password, Duration::ZERO).await;
        };
        let foreign = Arc::new(foreign);
        for form in forms_of(password) {
            let hashed = self.hasher.verify_foreign(realm, self.turn, form.clone(), Arc::clone(&foreign)).await?;
            let Some(mut hash) = hashed else { continue };
            let normal = normal_form(password);
            if normal.expose() != form.expose() {
                hash = self.hasher.hash(normal).await?;
            }
            return self.move_to(user, password, stored, Masked(hash)).await;
        }
        Ok(Checked::Wrong)
    }

    /// Stores the new hash. Where somebody else stored one meanwhile, that one counts: two sign-ins at once, or a new password.
    async fn move_to(
        &self,
        user: &str,
        password: &Plain,
        before: &Masked<String>,
        hash: Masked<String>,
    ) -> Result<Checked, Unchecked> {
        let (realm, now) = (&*self.realm.id, self.clock.now());
        let moved = self.store.replace_hash(realm, user, before, hash.clone(), now).await?;
        if let Some(precondition) = moved {
            tracing::info!(realm, user, "a password of another program is hashed anew");
            return Ok(Checked::Moved(hash, precondition));
        }
        let found = self.store.user_to_verify(realm, user).await?;
        let Some((Some(other), precondition)) = found.map(|(found, precondition)| (found.password_hash, precondition))
        else {
            return Ok(Checked::Wrong);
        };
        let is_right = self.hasher.verify_for(self.turn, normal_form(password), other.as_str()).await?;
        Ok(if is_right { Checked::Moved(other, precondition) } else { Checked::Wrong })
    }
}
