//! Where an app is told that somebody signed out, and where it gets them back, as options.

use clap::Args;
use claviger_core::client::Logout;
use claviger_server::admin::apps::LogoutEdit;

/// Where an app is told that somebody signed out.
#[derive(Debug, Args)]
#[expect(clippy::struct_field_names, reason = "the standards' names")]
pub(crate) struct LogoutArgs {
    /// Where users may be sent to after logging out; may be repeated. `app edit`: in the place of the present ones
    #[arg(long, value_name = "URI")]
    pub(super) post_logout_redirect_uri: Vec<String>,
    /// What the user's browser loads in a hidden frame when they sign out; same scheme, host and port as a redirect URI; empty: nothing
    #[arg(long, value_name = "URL")]
    frontchannel_logout_uri: Option<String>,
    /// What the server calls with a logout token when a session ends; empty: nothing
    #[arg(long, value_name = "URL")]
    backchannel_logout_uri: Option<String>,
}

impl LogoutArgs {
    /// As a new app has it.
    pub(super) fn logout(&self) -> Logout {
        self.edit().of(Logout::default())
    }

    /// What of it shall be different.
    pub(super) fn edit(&self) -> LogoutEdit {
        LogoutEdit {
            frontchannel_logout_uri: self.frontchannel_logout_uri.clone(),
            backchannel_logout_uri: self.backchannel_logout_uri.clone(),
        }
    }
}
