//! The vendor's own pages for sign-in, consent and sign-out, in the place of ours.

use crate::crypto::sha256;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

/// Where a realm's users sign in, allow and sign out, if not here; and who may say that they did.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct LoginApp {
    /// A browser in which somebody is to sign in goes here, with `login_challenge`.
    pub login_url: String,
    /// And here, with `consent_challenge`, where somebody is to allow what an app asks for.
    pub consent_url: String,
    /// And here, with `logout_challenge`, where somebody is to sign out; absent: our own page asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logout_url: Option<String>,
    /// The SHA-256 of each token with which the app answers, in hex; two while one replaces the other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub token_sha256: Vec<String>,
    /// Whoever reaches the management address is the app, with a token or without.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub trust_network: bool,
    /// The organisations of a user whom the app names for the first time, where it does not say which.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub organisations: Vec<String>,
}

impl LoginApp {
    /// Whether a caller with this token, or with none, is the app; in constant time.
    pub fn is_app(&self, token: Option<&str>) -> bool {
        let Some(token) = token else { return self.trust_network };
        let digest = hex(&sha256(token.as_bytes()));
        let mut found = false;
        for known in &self.token_sha256 {
            found |= bool::from(known.to_ascii_lowercase().as_bytes().ct_eq(digest.as_bytes()));
        }
        found || self.trust_network
    }
}

fn hex(digest: &[u8]) -> String {
    use std::fmt::Write;
    digest.iter().fold(String::new(), |mut text, byte| {
        // A String takes every write.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::LoginApp;

    #[test]
    fn the_app_is_known_by_its_token() {
        // Of printf %s token | sha256sum.
        let digest = "3C469E9D6C5875D37A43F353D4F88E61FCF812C66EEE3457465A40B0DA4153E0".to_owned();
        let app = LoginApp { token_sha256: vec!["00".repeat(32), digest], ..LoginApp::default() };
        assert!(app.is_app(Some("token")));
        assert!(!app.is_app(Some("tokem")) && !app.is_app(Some("")) && !app.is_app(None));
        let open = LoginApp { trust_network: true, ..LoginApp::default() };
        assert!(open.is_app(None) && open.is_app(Some("anything")));
    }
}
