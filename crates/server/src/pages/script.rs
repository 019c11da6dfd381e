//! What a page does without a click: it sends the form of a `form_post` answer, or goes on from the signed-out page.
//!
//! It is the same text on every page, so that the policy can name it by its hash; nothing that a request says is in it, and no
//! other script runs. Where scripts are off, the page's button or link does the same.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use claviger_core::crypto::sha256;

/// Sends the page's form.
const SEND: &str = "document.forms[0].submit()";

/// Follows the page's link once all frames are there, or have had five seconds.
const GO_ON: &str = "(function(){var l=document.getElementById('go-on'),d=0;function g(){if(!d){d=1;\
    location.replace(l.href)}}window.onload=g;setTimeout(g,5000)})()";

/// What a page does by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByItself {
    /// It sends its form.
    Send,
    /// It follows its link when its frames are loaded.
    GoOn,
}

impl ByItself {
    const fn text(self) -> &'static str {
        match self {
            Self::Send => SEND,
            Self::GoOn => GO_ON,
        }
    }

    /// The element, for the end of a page.
    pub(super) fn element(self) -> String {
        format!("<script>{}</script>", self.text())
    }

    /// What the policy's `script-src` has to name so that it runs (CSP 3 section 2.3.1).
    pub(super) fn source(self) -> String {
        format!("'sha256-{}'", STANDARD.encode(sha256(self.text().as_bytes())))
    }
}
