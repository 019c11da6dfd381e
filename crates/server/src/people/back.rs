//! The way back to an app after signing out (OpenID Connect RP-Initiated Logout 1.0, 3).

use crate::state::clients::Entry;
use claviger_core::params::{Opaque, form_encode};
use std::sync::Arc;

/// Where the browser goes once nobody is signed in any more.
pub(crate) struct Back {
    /// The client that it goes back to.
    pub(crate) entry: Arc<Entry>,
    /// Its registered address, which is the one that was asked for.
    pub(crate) address: String,
    /// `state`, as it was sent.
    pub(crate) state: Option<Opaque>,
}

impl Back {
    /// The whole address, with `state`.
    pub(crate) fn url(&self) -> String {
        let mut url = self.address.clone();
        if let Some(state) = &self.state {
            if !url.contains('?') {
                url.push('?');
            }
            form_encode(&mut url, "state", state.as_bytes());
        }
        url
    }
}
