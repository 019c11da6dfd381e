//! What a page hands to its script where a passkey is asked for.

use serde::Serialize;

/// A question for a passkey; see `assets/passkey.js`.
#[derive(Debug, Clone, Serialize)]
pub struct PasskeyForm {
    /// What the browser is asked, as JSON (Web Authentication 5.1.8 and 5.1.9).
    pub options: String,
    /// The same question, sealed, for the form.
    pub ceremony: String,
    /// For how long it is good.
    pub good_for_seconds: u64,
    /// The script.
    pub script_url: String,
}
