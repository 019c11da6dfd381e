//! Mutual TLS of a realm (RFC 8705): where clients are asked for a certificate, and whose certificates are trusted.

use crate::client::AuthMethod;
use crate::dialect::Endpoint;
use crate::realm::Realm;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `[mtls]` of a realm.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct MutualTls {
    /// The authority (`host` or `host:port`) at which clients are asked for a certificate. Without one nobody is, and no
    /// client can use its certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authority: Option<String>,
    /// The certificates, in PEM, of the authorities that `tls_client_auth` trusts.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub authorities: String,
}

impl MutualTls {
    /// Whether it says nothing.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// The methods by which clients can prove themselves with certificates here.
    pub fn methods(&self) -> impl Iterator<Item = AuthMethod> {
        let trusts = (!self.authorities.is_empty()).then_some(AuthMethod::TlsClientAuth);
        let on = self.authority.is_some();
        trusts.into_iter().chain([AuthMethod::SelfSignedTlsClientAuth]).filter(move |_| on)
    }
}

/// The endpoints that clients call with a certificate, by their names in metadata, at the authority where they are asked for it
/// (`mtls_endpoint_aliases`, RFC 8705 5).
pub fn aliases(realm: &Realm) -> BTreeMap<&'static str, String> {
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
