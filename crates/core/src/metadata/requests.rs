//! What a realm says of authorization requests (OpenID Connect Discovery 1.0 3, RFC 9101 10.5, RFC 9126 5).

use crate::dialect::Endpoint;
use crate::jose::jwe::{ContentEncryption, KeyManagement};
use crate::profile::Profile;
use crate::realm::Realm;
use serde::Serialize;

/// How requests may come, and what they may ask for.
#[derive(Serialize)]
#[expect(clippy::struct_excessive_bools, clippy::struct_field_names, reason = "the standards' fields")]
pub(super) struct Requests<'a> {
    acr_values_supported: Vec<&'a str>,
    display_values_supported: [&'static str; 1],
    claims_parameter_supported: bool,
    request_parameter_supported: bool,
    request_uri_parameter_supported: bool,
    require_request_uri_registration: bool,
    request_object_signing_alg_values_supported: Vec<&'static str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    request_object_encryption_alg_values_supported: &'a [KeyManagement],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    request_object_encryption_enc_values_supported: &'static [ContentEncryption],
    require_signed_request_object: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pushed_authorization_request_endpoint: Option<String>,
    require_pushed_authorization_requests: bool,
}

impl<'a> Requests<'a> {
    /// Those of a realm. Unsigned objects are for clients that are registered so, and for none where all must be signed.
    pub(super) fn of(realm: &'a Realm) -> Self {
        let policy = &realm.requests;
        let pushed = policy.require_pushed_authorization_requests || realm.profile.is_some();
        let signed = policy.require_signed_request_object || realm.profile.is_some_and(Profile::signs_requests);
        let unsigned = (!signed && realm.profile.is_none()).then_some("none");
        Self {
            acr_values_supported: realm.acr_values(),
            display_values_supported: ["page"],
            claims_parameter_supported: true,
            request_parameter_supported: true,
            request_uri_parameter_supported: true,
            require_request_uri_registration: true,
            request_object_signing_alg_values_supported: realm
                .proof_algorithms()
                .iter()
                .map(|algorithm| algorithm.name())
                .chain(unsigned)
                .collect(),
            require_signed_request_object: signed,
            request_object_encryption_alg_values_supported: &policy.object_encryption,
            request_object_encryption_enc_values_supported: if policy.object_encryption.is_empty() {
                &[]
            } else {
                &ContentEncryption::ALL
            },
            pushed_authorization_request_endpoint: realm.url(Endpoint::PushedAuthorization),
            require_pushed_authorization_requests: pushed,
        }
    }
}
