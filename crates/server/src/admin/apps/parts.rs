//! Parts of an app that are changed a field at a time: where it is told of logouts, whom its certificate names.

use claviger_core::client::{CertificateOf, Logout};
use serde::{Deserialize, Serialize};

/// Where an app shall be told that somebody signed out; `None`: as it is, empty: nowhere.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LogoutEdit {
    /// Loaded in the user's browser.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frontchannel_logout_uri: Option<String>,
    /// Called by the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backchannel_logout_uri: Option<String>,
}

/// Whom an app's certificate shall name; `None`: as it is, empty: nobody. A name that is given takes the place of the others, since there
/// is one at most (RFC 8705 2.1.2).
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CertificateEdit {
    /// The subject.
    #[serde(rename = "tls_client_auth_subject_dn", skip_serializing_if = "Option::is_none")]
    pub subject_dn: Option<String>,
    /// A host name.
    #[serde(rename = "tls_client_auth_san_dns", skip_serializing_if = "Option::is_none")]
    pub san_dns: Option<String>,
    /// A URI.
    #[serde(rename = "tls_client_auth_san_uri", skip_serializing_if = "Option::is_none")]
    pub san_uri: Option<String>,
    /// An address.
    #[serde(rename = "tls_client_auth_san_ip", skip_serializing_if = "Option::is_none")]
    pub san_ip: Option<String>,
    /// A mail address.
    #[serde(rename = "tls_client_auth_san_email", skip_serializing_if = "Option::is_none")]
    pub san_email: Option<String>,
    /// Its access tokens are bound to its certificate.
    #[serde(rename = "tls_client_certificate_bound_access_tokens", skip_serializing_if = "Option::is_none")]
    pub binds_tokens: Option<bool>,
}

/// A text that is given, or what was; an empty one is none.
pub(super) fn text(given: Option<String>, was: Option<String>) -> Option<String> {
    given.map_or(was, |text| Some(text).filter(|text| !text.is_empty()))
}

impl LogoutEdit {
    /// What this makes of it.
    pub fn of(self, was: Logout) -> Logout {
        Logout {
            frontchannel_logout_uri: text(self.frontchannel_logout_uri, was.frontchannel_logout_uri),
            backchannel_logout_uri: text(self.backchannel_logout_uri, was.backchannel_logout_uri),
            ..was
        }
    }
}

impl CertificateEdit {
    /// What this makes of it.
    pub fn of(self, was: CertificateOf) -> CertificateOf {
        let given = [&self.subject_dn, &self.san_dns, &self.san_uri, &self.san_ip, &self.san_email];
        let is_named = given.into_iter().flatten().any(|name| !name.is_empty());
        let was =
            if is_named { CertificateOf { binds_tokens: was.binds_tokens, ..CertificateOf::NOTHING } } else { was };
        CertificateOf {
            subject_dn: text(self.subject_dn, was.subject_dn),
            san_dns: text(self.san_dns, was.san_dns),
            san_uri: text(self.san_uri, was.san_uri),
            san_ip: text(self.san_ip, was.san_ip),
            san_email: text(self.san_email, was.san_email),
            binds_tokens: self.binds_tokens.unwrap_or(was.binds_tokens),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_the_certificate_takes_the_place_of_the_other() {
        let was = CertificateOf { subject_dn: Some("CN=a".into()), binds_tokens: true, ..CertificateOf::NOTHING };
        let edit = CertificateEdit { san_dns: Some("a.example".into()), ..CertificateEdit::default() };
        let now = edit.of(was.clone());
        assert_eq!((now.names().collect::<Vec<_>>(), now.binds_tokens), (vec!["a.example"], true));
        assert_eq!(CertificateEdit::default().of(was.clone()), was);
        let none = CertificateEdit {
            subject_dn: Some(String::new()),
            binds_tokens: Some(false),
            ..CertificateEdit::default()
        };
        assert_eq!(none.of(was), CertificateOf::NOTHING);
    }

    #[test]
    fn an_empty_address_is_none() {
        let was = Logout { backchannel_logout_uri: Some("https://a.example/out".into()), ..Logout::default() };
        assert_eq!(LogoutEdit::default().of(was.clone()), was);
        let edit = LogoutEdit { backchannel_logout_uri: Some(String::new()), ..LogoutEdit::default() };
        assert!(!edit.of(was).is_told());
    }
}
