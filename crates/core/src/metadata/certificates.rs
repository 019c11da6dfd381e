//! What a realm says about its clients' certificates (RFC 8705 3.3, 5).

use crate::client::AuthMethod;
use crate::dialect::Endpoint;
use crate::realm::Realm;
use std::collections::BTreeMap;

/// The methods by which clients can prove themselves with certificates here.
pub(super) fn methods(realm: &Realm) -> impl Iterator<Item = AuthMethod> {
    let on = realm.mtls.authority.is_some();
    let trusts = (!realm.mtls.authorities.is_empty()).then_some(AuthMethod::TlsClientAuth);
    trusts.into_iter().chain([AuthMethod::SelfSignedTlsClientAuth]).filter(move |_| on)
}

/// The endpoints that clients call with a certificate, by their names in metadata, at the authority where they are asked for it
/// (`mtls_endpoint_aliases`, RFC 8705 5).
pub(super) fn aliases(realm: &Realm) -> BTreeMap<&'static str, String> {
    const CALLED: [(Endpoint, &str); 5] = [
        (Endpoint::Token, "token_endpoint"),
        (Endpoint::Revocation, "revocation_endpoint"),
        (Endpoint::Introspection, "introspection_endpoint"),
        (Endpoint::PushedAuthorization, "pushed_authorization_request_endpoint"),
        (Endpoint::Userinfo, "userinfo_endpoint"),
    ];
    let Some(authority) = &realm.mtls.authority else { return BTreeMap::new() };
    let alias = |(endpoint, name): (Endpoint, &'static str)| {
        let url = realm.url(endpoint)?;
        let (_, rest) = url.split_once("://")?;
        let path = rest.find('/').map_or("", |at| rest.split_at(at).1);
        Some((name, format!("https://{authority}{path}")))
    };
    CALLED.into_iter().filter_map(alias).collect()
}
