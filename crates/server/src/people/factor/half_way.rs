//! Somebody whose password was right, or whom a provider knows, and who is not signed in yet.

use crate::failure::Failure;
use crate::people::browser::Browser;
use crate::people::password::Verified;
use crate::people::sealed;
use crate::state::State;
use crate::state::sites::Site;
use claviger_core::crypto::sha256;
use claviger_core::jose::base64url;
use claviger_core::sign_in::How;
use claviger_store::{ProviderAccount, StoredUser};
use serde::{Deserialize, Serialize};

const PURPOSE: &str = "a sign-in half way";
/// How long it is good, in milliseconds: for finding a phone.
const PATIENCE: i64 = 600_000;

/// What somebody proved first, and what follows when all is proved. The usual: a password, just now, and nothing.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct First {
    /// How they signed in.
    pub(crate) how: How,
    /// When, in milliseconds, where that was not just now.
    pub(crate) auth_time: Option<i64>,
    /// Somebody at a provider who becomes this user: issuer and name there.
    pub(crate) link: Option<(String, String)>,
}

impl First {
    /// Does what follows.
    ///
    /// # Errors
    /// The store cannot write.
    pub(crate) async fn complete(&self, state: &State, site: &Site, user: &str) -> Result<(), Failure> {
        let Some((issuer, subject)) = self.link.clone() else { return Ok(()) };
        let account = ProviderAccount { realm: site.realm.id.clone(), issuer, subject };
        if state.store.link_provider(&account, user, state.clock.now()).await? {
            tracing::info!(user, issuer = account.issuer, "somebody at a provider is this user from now on");
        }
        Ok(())
    }
}

/// What the browser keeps of it, and cannot read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct HalfWay {
    /// The user's id.
    user: String,
    /// Of the password that was right: with another one it is good for nothing.
    password: String,
    /// When it was right, in milliseconds.
    at: i64,
    /// What was proved, and what follows.
    #[serde(default)]
    pub(crate) first: First,
}

impl HalfWay {
    /// The user of these credentials goes on from here; `None` where they were changed since.
    ///
    /// # Errors
    /// The store cannot read.
    pub(crate) async fn of(
        state: &State,
        site: &Site,
        verified: &Verified,
        first: First,
    ) -> Result<Option<Self>, Failure> {
        let Some((stored, now)) = state.store.user_to_verify(&site.realm.id, &verified.user.id).await? else {
            return Ok(None);
        };
        if now != verified.precondition {
            return Ok(None);
        }
        let password = digest(&stored);
        Ok(Some(Self { user: stored.user.id, password, at: state.clock.now(), first }))
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
