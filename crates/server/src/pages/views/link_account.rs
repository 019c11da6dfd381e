//! Signing in at a provider, on our pages.

use super::{Ago, Masked, SignInError, View};
use serde::Serialize;

/// An account at a provider that somebody can sign in with.
#[derive(Debug, Clone, Serialize)]
pub struct OwnProvider {
    /// Names it in the form.
    pub id: String,
    /// What people call the provider.
    pub name: String,
    /// Since when.
    pub added: Ago,
}

/// Asks for the password of an account before somebody at a provider becomes its user.
#[derive(Debug, Clone, Serialize)]
pub struct LinkAccount {
    /// The provider.
    pub provider_name: String,
    /// The account.
    pub username: String,
    /// Why the last attempt did not work.
    pub error: Option<SignInError>,
    /// Where the form goes.
    pub action: String,
    /// Ties the form to this browser.
    pub csrf: Masked,
    /// Who would be linked, sealed.
    pub link: Masked,
    /// The sign-in page.
    pub instead_url: String,
}

impl View for LinkAccount {
    const TEMPLATE: &'static str = "link_account.html";

    fn status(&self) -> u16 {
        if self.retry_after().is_some() { 429 } else { 200 }
    }

    fn leaves(&self) -> bool {
        true
    }

    fn retry_after(&self) -> Option<u64> {
        match self.error {
            Some(SignInError::TooMany { seconds }) => Some(seconds),
            _ => None,
        }
    }
}
