//! A secret that is shown once, behind the link of a mail or on a page.

use super::{Masked, Pair, View};
use crate::pages::snippets::{TokenCall, env_block};
use serde::Serialize;
use serde::ser::{SerializeMap as _, Serializer};

/// Behind the one-time link of the approval mail.
#[derive(Debug, Clone)]
pub struct SecretOnce {
    /// The app's name; empty where it is not told.
    pub app_name: String,
    /// The app's client id.
    pub client_id: String,
    /// The addresses that the app needs.
    pub endpoints: Vec<Pair>,
    /// Which of its faces.
    pub state: SecretState,
}

/// How far a one-time link has got.
#[derive(Debug, Clone)]
pub enum SecretState {
    /// GET: a button, so that a mail scanner which opens the link does not use it up.
    Offered {
        /// Where the button posts to.
        action: String,
        /// Ties the form to this browser.
        csrf: Masked,
        /// Seconds until the link ends.
        ends_in: u64,
    },
    /// POST: the secret, once.
    Shown {
        /// The secret.
        secret: Masked,
        /// A call that the owner can try.
        try_it: Option<TokenCall>,
    },
    /// Shown before, expired, or never made: the page does not tell which (410).
    Used,
    /// The secret was retired since (410).
    Retired,
    /// The app was stopped, turned down or removed since (410).
    Stopped,
    /// No whole link: mail programs cut and wrap long lines (400).
    Mangled,
}

impl Serialize for SecretOnce {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(tag = "kind", rename_all = "snake_case")]
        enum State<'a> {
            Offered { action: &'a str, csrf: &'a Masked, ends_in: u64 },
            Shown { secret: &'a Masked, env: String, try_it: Option<String> },
            Used,
            Retired,
            Stopped,
            Mangled,
        }
        let state = match &self.state {
            SecretState::Offered { action, csrf, ends_in } => State::Offered { action, csrf, ends_in: *ends_in },
            SecretState::Shown { secret, try_it } => State::Shown {
                secret,
                env: env_block(&self.client_id, secret.reveal(), &self.endpoints),
                try_it: try_it.as_ref().map(|call| call.curl(&self.client_id, secret.reveal())),
            },
            SecretState::Used => State::Used,
            SecretState::Retired => State::Retired,
            SecretState::Stopped => State::Stopped,
            SecretState::Mangled => State::Mangled,
        };
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("app_name", &self.app_name)?;
        map.serialize_entry("client_id", &self.client_id)?;
        map.serialize_entry("endpoints", &self.endpoints)?;
        map.serialize_entry("state", &state)?;
        map.end()
    }
}

impl View for SecretOnce {
    const TEMPLATE: &'static str = "secret_once.html";

    fn status(&self) -> u16 {
        match self.state {
            SecretState::Offered { .. } | SecretState::Shown { .. } => 200,
            SecretState::Mangled => 400,
            SecretState::Used | SecretState::Retired | SecretState::Stopped => 410,
        }
    }
}
