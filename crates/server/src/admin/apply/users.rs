//! The passwords of a file's users, some hashed at once.

use super::{ApplyError, patiently};
use crate::hashing::{Busy, Hasher};
use crate::secrets::is_sealed_hash;
use crate::state::hashing::{forms_of, normal_form};
use claviger_core::token::Plain;
use claviger_files::realm::Password;
use claviger_store::{Fault, Masked};
use std::collections::BTreeMap;
use tokio::task::JoinSet;

/// How many passwords are hashed at once.
const AT_ONCE: usize = 4;

/// The number of a user, and what came of their password.
type Hashed = (usize, Result<Option<String>, Busy>);

/// Passwords on their way to hashes.
pub(super) struct Hashing {
    pub(super) hasher: Hasher,
    pub(super) tasks: JoinSet<Hashed>,
    /// By the user's number, where it is not the stored one.
    pub(super) hashes: BTreeMap<usize, String>,
}

impl Hashing {
    /// Takes on the password of the user number `i`; may wait until there is room.
    ///
    /// # Errors
    /// The hashing of another one failed.
    pub(super) async fn begin(
        &mut self,
        i: usize,
        password: Option<Password>,
        stored: Option<Masked<String>>,
    ) -> Result<(), ApplyError> {
        match password {
            Some(Password::Plain(plain)) => {
                if self.tasks.len() >= AT_ONCE {
                    self.finish_one().await?;
                }
                self.tasks.spawn(new_hash(self.hasher.clone(), plain, stored, i));
            }
            Some(Password::Hash(hash)) if stored.is_none_or(|stored| stored.0 != hash) => {
                self.hashes.insert(i, hash);
            }
            _ => {}
        }
        Ok(())
    }

    /// Waits for those that are left; all hashes that are to be stored, by the users' numbers.
    ///
    /// # Errors
    /// The hashing of one failed.
    pub(super) async fn end(mut self) -> Result<BTreeMap<usize, String>, ApplyError> {
        while !self.tasks.is_empty() {
            self.finish_one().await?;
        }
        Ok(self.hashes)
    }

    async fn finish_one(&mut self) -> Result<(), ApplyError> {
        match self.tasks.join_next().await {
            Some(Ok((i, hash))) => {
                if let Some(hash) = hash? {
                    self.hashes.insert(i, hash);
                }
                Ok(())
            }
            Some(Err(error)) => Err(Fault::Other(format!("hashing stopped: {error}")).into()),
            None => Ok(()),
        }
    }
}

/// The hash to store for the password of the user number `i`; `None` when the stored one is of this password.
async fn new_hash(hasher: Hasher, plain: Plain, stored: Option<Masked<String>>, i: usize) -> Hashed {
    let work = async {
        if let Some(stored) = stored.filter(|stored| !is_sealed_hash(stored))
            && is_right(&hasher, &plain, &stored.0).await?
        {
            return Ok(None);
        }
        let normal = normal_form(&plain);
        patiently(|| hasher.hash(normal.clone())).await.map(Some)
    };
    (i, work.await)
}

/// Whether a stored hash is of this password, as it is or in its normal form.
async fn is_right(hasher: &Hasher, plain: &Plain, stored: &str) -> Result<bool, Busy> {
    for form in forms_of(plain) {
        if patiently(|| hasher.verify(form.clone(), stored)).await? {
            return Ok(true);
        }
    }
    Ok(false)
}
