//! Mutual TLS of a realm (RFC 8705): where clients are asked for a certificate, and whose certificates are trusted.

use serde::{Deserialize, Serialize};

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
}
