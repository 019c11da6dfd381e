//! Proof Key for Code Exchange (RFC 7636): what ties a code to the program that asked for it.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use claviger_core::crypto::entropy::random_bytes;
use claviger_core::crypto::sha256;

use crate::secret::Secret;

/// A secret for one authorization request. Its [`challenge`](Self::challenge) goes along with the request, and
/// [`Grant::AuthorizationCode`](crate::Grant::AuthorizationCode) takes the [`verifier`](Self::verifier): a code that
/// somebody else got hold of is worth nothing without it.
///
/// ```
/// let pkce = claviger_client::Pkce::new();
/// let query = format!("code_challenge={}&code_challenge_method=S256", pkce.challenge());
/// # assert!(query.len() > 43);
/// ```
#[derive(Clone)]
pub struct Pkce(Secret);

impl Pkce {
    /// A new one, of 256 random bits.
    #[expect(clippy::new_without_default, reason = "no two are alike, which `default` would not say")]
    pub fn new() -> Self {
        let bytes: [u8; 32] = random_bytes();
        Self(URL_SAFE_NO_PAD.encode(bytes).into())
    }

    /// One whose verifier was kept while the user was away, in the session of their browser.
    pub fn of(verifier: impl Into<Secret>) -> Self {
        Self(verifier.into())
    }

    /// `code_challenge`, with `code_challenge_method=S256` (RFC 7636 4.2, 4.3).
    pub fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(sha256(self.0.expose().as_bytes()))
    }

    /// `code_verifier` (RFC 7636 4.1).
    pub fn verifier(&self) -> &Secret {
        &self.0
    }
}

impl fmt::Debug for Pkce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pkce(***)")
    }
}
