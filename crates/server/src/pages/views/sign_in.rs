//! Where somebody signs in.

use super::{Masked, PasskeyForm, View};
use claviger_core::realm::IdentityProvider;
use serde::Serialize;

/// The login form.
#[derive(Debug, Clone, Serialize)]
pub struct SignIn {
    /// The app that waits, for "to continue to X".
    pub client_name: Option<String>,
    /// What stands in the field already; may be empty.
    pub username: String,
    /// Why the last attempt did not work.
    pub error: Option<SignInError>,
    /// Where the form goes.
    pub action: String,
    /// Ties the form to this browser.
    pub csrf: Masked,
    /// The request that waits, sealed; none for an ordinary login.
    pub pending: Option<String>,
    /// Where "Not you?" posts to, shown beside a prefilled user name.
    pub not_you_action: Option<String>,
    /// Where somebody goes on without a request.
    pub onward: Option<&'static str>,
    /// What a passkey is asked, where there are such.
    pub passkey: Option<PasskeyForm>,
    /// Where people see and change what their account is used for.
    pub account_url: String,
    /// Where else one may sign in: buttons.
    pub providers: Vec<ProviderButton>,
    /// Where they post to.
    pub provider_action: String,
}

/// A button of the sign-in page.
#[derive(Debug, Clone, Serialize)]
pub struct ProviderButton {
    /// What it sends.
    pub id: String,
    /// What people call the provider.
    pub name: String,
}

impl From<&IdentityProvider> for ProviderButton {
    fn from(provider: &IdentityProvider) -> Self {
        Self { id: provider.id.clone(), name: provider.name.clone() }
    }
}

/// Why a login did not work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SignInError {
    /// Unknown user or wrong password: the page does not tell which.
    WrongPassword,
    /// The form was not shown in this browser, or its cookies are gone.
    Again,
    /// A passkey that does not work here.
    Passkey,
    /// An identity provider did not answer, or not as it must.
    ProviderFailed,
    /// Somebody did not sign in there.
    ProviderRefused,
    /// They signed in there too long ago, or nobody says when.
    ProviderStale,
    /// Who signed in there has no account here, and gets none.
    NotLetIn,
    /// Somebody else has their address, who has no password either.
    AddressTaken,
    /// The brake is on for so many seconds.
    TooMany {
        /// Seconds until the next attempt.
        seconds: u64,
    },
}

impl SignInError {
    /// What a sign-in at a provider can come to.
    pub const OF_PROVIDERS: [Self; 5] =
        [Self::ProviderFailed, Self::ProviderRefused, Self::ProviderStale, Self::NotLetIn, Self::AddressTaken];
}

impl View for SignIn {
    const TEMPLATE: &'static str = "sign_in.html";

    fn status(&self) -> u16 {
        if self.retry_after().is_some() { 429 } else { 200 }
    }

    fn leaves(&self) -> bool {
        true
    }

    fn retry_after(&self) -> Option<u64> {
        match self.error? {
            SignInError::TooMany { seconds } => Some(seconds),
            _ => None,
        }
    }
}
