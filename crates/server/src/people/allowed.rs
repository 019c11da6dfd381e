//! Whether a request that waits may still be gone on with.

use crate::state::sites::Site;
use claviger_core::Client;
use claviger_core::authorize::{self, AuthorizationRequest};
use claviger_core::client::{ClientStatus, GrantType};
use claviger_core::dialect::Legacy;

/// What was allowed when the request arrived may have been taken back while its person was reading.
pub(crate) fn still_allowed(site: &Site, client: &Client, request: &AuthorizationRequest) -> bool {
    let implicit = !request.response_type.has_token() || site.realm.allows(client, Legacy::Implicit);
    let way_back = if request.backchannel().is_some() {
        client.may(GrantType::Ciba) && site.realm.serves_grant(GrantType::Ciba)
    } else if request.device.is_some() {
        client.may(GrantType::DeviceCode)
    } else {
        let redirect = authorize::registered_redirect(&site.realm, client, &request.destination.redirect_uri);
        client.may_respond(request.response_type) && redirect.is_some()
    };
    client.status == ClientStatus::Active && way_back && implicit && request.asked_scope().is_subset(&client.scope)
}
