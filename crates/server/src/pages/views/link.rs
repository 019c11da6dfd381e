//! The pages of links that people get by mail, and that on which they ask for one.

use super::{Masked, View};
use serde::Serialize;

/// Where somebody asks for a link, or follows one.
#[derive(Debug, Clone, Serialize)]
pub struct UserLinkPage {
    /// Which of its faces.
    pub state: LinkState,
    /// Where the form goes.
    pub action: String,
    /// Ties the form to this browser.
    pub csrf: Masked,
    /// Where one signs in.
    pub sign_in_url: String,
}

/// What the page is about.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum LinkState {
    /// Whose password is forgotten?
    Ask {
        /// The form was not shown in this browser, or its cookies are gone.
        again: bool,
    },
    /// A mail is on its way, if somebody is meant.
    Sent,
    /// A new password is chosen.
    Choose {
        /// Whose.
        username: String,
        /// Why the last one was not taken.
        error: Option<&'static str>,
    },
    /// The password is another one.
    Chosen {
        /// How strong it is.
        strength: &'static str,
    },
    /// An address is to be shown to be theirs.
    Confirm {
        /// Which.
        email: String,
    },
    /// It is.
    Confirmed {
        /// Which.
        email: String,
    },
    /// The link was used, is over, or is not complete.
    Gone,
}

impl View for UserLinkPage {
    const TEMPLATE: &'static str = "user_link.html";

    fn status(&self) -> u16 {
        if matches!(self.state, LinkState::Gone) { 410 } else { 200 }
    }
}
