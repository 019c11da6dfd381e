//! What a client registered about its certificate (RFC 8705 2.1.2, 3.4).

use serde::{Deserialize, Serialize};

/// Whom a client's certificate names, and whether its tokens are bound to it. With `tls_client_auth` exactly one of the names is
/// given; with every other method none.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CertificateOf {
    /// The subject, as RFC 4514 spells it.
    #[serde(rename = "tls_client_auth_subject_dn", skip_serializing_if = "Option::is_none")]
    pub subject_dn: Option<String>,
    /// A host name among the alternative names.
    #[serde(rename = "tls_client_auth_san_dns", skip_serializing_if = "Option::is_none")]
    pub san_dns: Option<String>,
    /// A URI among them.
    #[serde(rename = "tls_client_auth_san_uri", skip_serializing_if = "Option::is_none")]
    pub san_uri: Option<String>,
    /// An address among them.
    #[serde(rename = "tls_client_auth_san_ip", skip_serializing_if = "Option::is_none")]
    pub san_ip: Option<String>,
    /// A mail address among them.
    #[serde(rename = "tls_client_auth_san_email", skip_serializing_if = "Option::is_none")]
    pub san_email: Option<String>,
    /// Its access tokens are bound to the certificate that it shows, whatever its method is (RFC 8705 3).
    #[serde(rename = "tls_client_certificate_bound_access_tokens", skip_serializing_if = "std::ops::Not::not")]
    pub binds_tokens: bool,
}

impl CertificateOf {
    /// Nothing is said.
    pub const NOTHING: Self =
        Self { subject_dn: None, san_dns: None, san_uri: None, san_ip: None, san_email: None, binds_tokens: false };

    /// The names that are given.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let all = [&self.subject_dn, &self.san_dns, &self.san_uri, &self.san_ip, &self.san_email];
        all.into_iter().filter_map(|name| name.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::CertificateOf;

    #[test]
    fn what_says_nothing_is_stored_as_nothing() {
        assert_eq!(serde_json::to_string(&CertificateOf::NOTHING).unwrap(), "{}");
        let named = CertificateOf { san_dns: Some("a.example".into()), binds_tokens: true, ..CertificateOf::NOTHING };
        let text = serde_json::to_string(&named).unwrap();
        assert_eq!(
            text,
            r#"{"tls_client_auth_san_dns":"a.example","tls_client_certificate_bound_access_tokens":true}"#
        );
        assert_eq!(serde_json::from_str::<CertificateOf>(&text).unwrap(), named);
        assert_eq!(named.names().collect::<Vec<_>>(), ["a.example"]);
    }
}
