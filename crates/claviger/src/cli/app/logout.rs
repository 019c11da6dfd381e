//! Where an app is told that somebody signed out, as options.

use clap::Args;
use claviger_core::client::Logout;

/// Where an app is told that somebody signed out.
#[derive(Debug, Args)]
pub(crate) struct LogoutArgs {
    /// What the user's browser loads in a hidden frame when they sign out; same scheme, host and port as a redirect URI
    #[arg(long, value_name = "URL")]
    frontchannel_logout_uri: Option<String>,
    /// What the server calls with a logout token when a session ends
    #[arg(long, value_name = "URL")]
    backchannel_logout_uri: Option<String>,
}

impl From<LogoutArgs> for Logout {
    fn from(args: LogoutArgs) -> Self {
        Self {
            frontchannel_logout_uri: args.frontchannel_logout_uri,
            backchannel_logout_uri: args.backchannel_logout_uri,
            ..Self::default()
        }
    }
}
