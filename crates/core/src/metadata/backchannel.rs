//! What is said of clients whose users are elsewhere (OpenID CIBA Core 1.0 4).

use crate::client::DeliveryMode;
use crate::dialect::Endpoint;
use crate::jose::Algorithm;
use crate::realm::Realm;
use serde::Serialize;

/// The members.
#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "the standard's fields")]
pub(super) struct Backchannel {
    backchannel_authentication_endpoint: String,
    backchannel_token_delivery_modes_supported: [&'static str; 2],
    backchannel_authentication_request_signing_alg_values_supported: Vec<Algorithm>,
    backchannel_user_code_parameter_supported: bool,
}

impl Backchannel {
    pub(super) fn of(realm: &Realm) -> Option<Self> {
        Some(Self {
            backchannel_authentication_endpoint: realm.url(Endpoint::BackchannelAuthentication)?,
            backchannel_token_delivery_modes_supported: DeliveryMode::NAMES,
            backchannel_authentication_request_signing_alg_values_supported: super::protection::signing(realm),
            backchannel_user_code_parameter_supported: false,
        })
    }
}
