//! What a realm says of logging out (OpenID Connect RP-Initiated Logout 1.0 2.1, Front-Channel Logout 1.0 3, Back-Channel Logout
//! 1.0 2.1, Session Management 1.0 3.3).

use super::has_users;
use crate::dialect::Endpoint;
use crate::realm::Realm;
use serde::Serialize;

/// How apps hear that somebody signed out.
#[derive(Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "the standards' fields")]
pub(super) struct Logout {
    frontchannel_logout_supported: bool,
    frontchannel_logout_session_supported: bool,
    backchannel_logout_supported: bool,
    backchannel_logout_session_supported: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    check_session_iframe: Option<String>,
}

impl Logout {
    /// That of a realm; none where nobody has ID tokens, or there is no page to sign out.
    pub(super) fn of(realm: &Realm) -> Option<Self> {
        (has_users(realm) && realm.dialect.serves(Endpoint::EndSession)).then(|| Self {
            frontchannel_logout_supported: true,
            frontchannel_logout_session_supported: true,
            backchannel_logout_supported: true,
            backchannel_logout_session_supported: true,
            check_session_iframe: realm.url(Endpoint::CheckSession),
        })
    }
}
