//! Where a client may be told that somebody signed out.

use super::requests::is_reachable;
use super::{Facts, Field, Problem, problems};
use crate::client::Logout;
use crate::redirect::{RedirectUri, origin};

impl<'a> Facts<'a> {
    pub(super) fn logout(self) -> impl Iterator<Item = Problem> + use<'a> {
        let Logout { frontchannel_logout_uri, backchannel_logout_uri, .. } = &self.asked.logout;
        let problem = |field, uri: &String, why: &'static str| Problem::LogoutUri { field, uri: uri.clone(), why };
        problems([
            frontchannel_logout_uri
                .as_ref()
                .and_then(|uri| self.front_channel(uri).map(|why| problem(Field::FrontchannelLogoutUri, uri, why))),
            backchannel_logout_uri
                .as_ref()
                .and_then(|uri| self.back_channel(uri).map(|why| problem(Field::BackchannelLogoutUri, uri, why))),
        ])
    }

    /// Front-Channel Logout 2: scheme, host and port are those of a registered redirect URI.
    fn front_channel(self, uri: &str) -> Option<&'static str> {
        if let Some(why) = fault(uri) {
            return Some(why);
        }
        let of = origin(uri);
        let is_known = of.is_some() && self.asked.redirect_uris.iter().any(|known| origin(known) == of);
        (!is_known).then_some("its scheme, host and port are not those of a redirect URI")
    }

    /// Back-Channel Logout 2.2.
    fn back_channel(self, uri: &str) -> Option<&'static str> {
        if uri.contains('#') {
            return fault(uri);
        }
        let reachable = is_reachable(uri, self.realm.requests.loopback);
        (!reachable).then_some("this is not an https:// address without a user name")
    }
}

/// What is wrong with the address of a page that is called at logout.
fn fault(uri: &str) -> Option<&'static str> {
    if uri.contains('#') {
        return Some("it has a fragment");
    }
    match RedirectUri::parse(uri) {
        Ok(parsed) if parsed.is_wildcard() => Some("it holds a wildcard"),
        Ok(_) if uri.starts_with("https://") || uri.starts_with("http://") => None,
        _ => Some("this is not an https:// address, nor an http:// one of this machine"),
    }
}
