//! The one script there is: it sends the form of a `form_post` answer without a click.
//!
//! It is the same text on every page, so that the policy can name it by its hash; nothing that a request says is in it, and no
//! other script runs. Where scripts are off, the page's button does the same.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use claviger_core::crypto::sha256;

/// Sends the page's form.
const SEND: &str = "document.forms[0].submit()";

/// The element, for the end of a page.
pub(super) fn element() -> String {
    format!("<script>{SEND}</script>")
}

/// What the policy's `script-src` has to name so that it runs (CSP 3 section 2.3.1).
pub(super) fn source() -> String {
    format!("'sha256-{}'", STANDARD.encode(sha256(SEND.as_bytes())))
}
