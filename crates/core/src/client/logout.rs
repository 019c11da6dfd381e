//! How a client hears that somebody signed out (OpenID Connect Front-Channel Logout 1.0 2, Back-Channel Logout 1.0 2.2).

use serde::{Deserialize, Serialize};

/// Where a client is told that somebody signed out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Logout {
    /// Loaded in the user's browser, in a frame of the signed-out page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frontchannel_logout_uri: Option<String>,
    /// It wants `iss` and `sid` there; they are sent anyway.
    pub frontchannel_logout_session_required: bool,
    /// Called by the server, with a logout token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backchannel_logout_uri: Option<String>,
    /// It wants `sid` in logout tokens; it is there anyway.
    pub backchannel_logout_session_required: bool,
}

impl Logout {
    /// Whether it says nothing.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the client hears that somebody signed out, by either way.
    pub const fn is_told(&self) -> bool {
        self.frontchannel_logout_uri.is_some() || self.backchannel_logout_uri.is_some()
    }
}
