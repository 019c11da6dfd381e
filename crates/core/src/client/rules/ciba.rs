//! How a client hears what its user said who was elsewhere.

use super::requests::is_reachable;
use super::{Facts, Problem, problems};
use crate::client::{DeliveryMode, GrantType};

impl<'a> Facts<'a> {
    /// A client that is told needs an address; one that asks people who are elsewhere keeps a secret (OpenID CIBA Core 1.0 4, 7).
    pub(super) fn ciba(self) -> impl Iterator<Item = Problem> + use<'a> {
        let said = &self.asked.ciba;
        let uri = said.backchannel_client_notification_endpoint.as_ref();
        let unreachable = uri.filter(|uri| !is_reachable(uri, self.realm.requests.loopback) || uri.contains('#'));
        let is_told = said.backchannel_token_delivery_mode == DeliveryMode::Ping;
        problems([
            (self.may(GrantType::Ciba) && self.is_public()).then_some(Problem::PublicCiba),
            (is_told && uri.is_none()).then_some(Problem::NoNotificationEndpoint),
            unreachable.map(|uri| Problem::NotificationEndpoint { uri: uri.clone() }),
        ])
    }
}
