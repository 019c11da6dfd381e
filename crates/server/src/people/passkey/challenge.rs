//! What a passkey is asked: good once, for minutes.

use crate::failure::Failure;
use crate::people::browser::Browser;
use crate::people::sealed;
use crate::state::State;
use crate::state::sites::Site;
use claviger_core::crypto::entropy::random_bytes;
use claviger_core::jose::{base64url, from_base64url};
use claviger_store::{Spend, SpendKind};
use serde::{Deserialize, Serialize};

const PURPOSE: &str = "what a passkey is asked";
/// How long it is good, in milliseconds: for finding a phone.
pub(super) const PATIENCE: i64 = 600_000;

/// What an answer is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Ceremony {
    /// To sign in, whoever it is.
    SignIn,
    /// To confirm who somebody is.
    SecondFactor,
    /// To set a passkey up.
    SetUp,
}

/// A question, as it travels.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Challenge {
    /// In base64url.
    bytes: String,
    of: Ceremony,
    /// Who is asked; none: whoever has a passkey.
    user: Option<String>,
    at: i64,
}

impl Challenge {
    /// A new one.
    pub(crate) fn new(of: Ceremony, user: Option<&str>, now: i64) -> Self {
        Self { bytes: base64url(&random_bytes::<32>()), of, user: user.map(str::to_owned), at: now }
    }

    /// What is signed.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        from_base64url(&self.bytes).unwrap_or_default()
    }

    /// What travels.
    ///
    /// # Errors
    /// The library fails.
    pub(crate) fn seal(&self, state: &State, site: &Site, browser: &Browser) -> Result<String, Failure> {
        sealed::seal(self, PURPOSE, &site.realm.id, browser, &state.secrets, state.clock.now())
    }

    /// Reads what came back; `None` where it is over, another browser's or realm's, or for something else.
    pub(crate) fn open(
        text: &str,
        state: &State,
        site: &Site,
        browser: &Browser,
        of: Ceremony,
        user: Option<&str>,
    ) -> Option<Self> {
        let opened: Self = sealed::open(text, PURPOSE, &site.realm.id, browser, &state.secrets)?;
        let is_young = state.clock.now() - opened.at <= PATIENCE;
        (is_young && opened.of == of && opened.user.as_deref() == user).then_some(opened)
    }

    /// Its use.
    pub(crate) fn spend(&self, site: &Site) -> Spend {
        Spend::new(SpendKind::Challenge, &site.realm.id, "", &self.bytes, self.at + PATIENCE)
    }
}
