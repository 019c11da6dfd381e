//! Somebody whose password was right, and who is not signed in yet.

use crate::failure::Failure;
use crate::people::browser::Browser;
use crate::people::password::Verified;
use crate::people::sealed;
use crate::state::State;
use crate::state::sites::Site;
use claviger_core::crypto::sha256;
use claviger_core::jose::base64url;
use claviger_store::StoredUser;
use serde::{Deserialize, Serialize};

const PURPOSE: &str = "a sign-in half way";
/// How long it is good, in milliseconds: for finding a phone.
const PATIENCE: i64 = 600_000;

/// What the browser keeps of it, and cannot read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct HalfWay {
    /// The user's id.
    user: String,
    /// Of the password that was right: with another one it is good for nothing.
    password: String,
    /// When it was right, in milliseconds.
    at: i64,
}

impl HalfWay {
    /// The user of these credentials goes on from here; `None` where they were changed since.
    ///
    /// # Errors
    /// The store cannot read.
    pub(crate) async fn of(state: &State, site: &Site, verified: &Verified) -> Result<Option<Self>, Failure> {
        let Some((stored, now)) = state.store.user_to_verify(&site.realm.id, &verified.user.id).await? else {
            return Ok(None);
        };
        if now != verified.precondition {
            return Ok(None);
        }
        let password = digest(&stored);
        Ok(Some(Self { user: stored.user.id, password, at: state.clock.now() }))
    }

    /// What travels.
    ///
    /// # Errors
    /// The library fails.
    pub(crate) fn seal(&self, state: &State, site: &Site, browser: &Browser) -> Result<String, Failure> {
        sealed::seal(self, PURPOSE, &site.realm.id, browser, &state.secrets, state.clock.now())
    }

    /// Reads what came back; `None` where it is over.
    pub(crate) fn open(text: &str, state: &State, site: &Site, browser: &Browser) -> Option<Self> {
        let opened: Self = sealed::open(text, PURPOSE, &site.realm.id, browser, &state.secrets)?;
        (state.clock.now() - opened.at <= PATIENCE).then_some(opened)
    }

    /// Who it is, while they may sign in and have the same password.
    ///
    /// # Errors
    /// The store cannot read.
    pub(crate) async fn verified(&self, state: &State, site: &Site) -> Result<Option<Verified>, Failure> {
        let found = state.store.user_to_verify(&site.realm.id, &self.user).await?;
        let same = found.filter(|(stored, _)| !stored.user.disabled && digest(stored) == self.password);
        Ok(same.map(|(stored, precondition)| Verified { user: stored.user, precondition }))
    }
}

/// Of the hash of a password, so that not even that travels.
fn digest(stored: &StoredUser) -> String {
    let hash = stored.password_hash.as_ref().map(|hash| hash.as_str()).unwrap_or_default();
    base64url(&sha256(hash.as_bytes()))
}
