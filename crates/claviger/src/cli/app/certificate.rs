//! Whom an app's certificate names, as options (RFC 8705).

use clap::Args;
use claviger_core::client::CertificateOf;
use claviger_server::admin::apps::CertificateEdit;

/// With `tls_client_auth` exactly one name of the certificate is given.
#[derive(Debug, Args)]
#[command(next_help_heading = "Certificates")]
#[expect(clippy::struct_field_names, reason = "the standard's names")]
pub(crate) struct CertificateArgs {
    /// The subject of its certificate, as RFC 4514 spells it: for `tls_client_auth`, which needs exactly one name
    #[arg(long, value_name = "DN")]
    tls_client_auth_subject_dn: Option<String>,
    /// A host name among the alternative names of its certificate
    #[arg(long, value_name = "HOST")]
    tls_client_auth_san_dns: Option<String>,
    /// A URI among them
    #[arg(long, value_name = "URI")]
    tls_client_auth_san_uri: Option<String>,
    /// An address among them
    #[arg(long, value_name = "ADDRESS")]
    tls_client_auth_san_ip: Option<String>,
    /// A mail address among them
    #[arg(long, value_name = "EMAIL")]
    tls_client_auth_san_email: Option<String>,
    /// Bind its access tokens to the certificate that it shows
    #[arg(long, value_name = "YES", num_args = 0..=1, default_missing_value = "true")]
    tls_client_certificate_bound_access_tokens: Option<bool>,
}

impl CertificateArgs {
    /// As a new app has it.
    pub(super) fn certificate(self) -> CertificateOf {
        self.edit().of(CertificateOf::NOTHING)
    }

    /// What of it shall be different.
    pub(super) fn edit(self) -> CertificateEdit {
        CertificateEdit {
            subject_dn: self.tls_client_auth_subject_dn,
            san_dns: self.tls_client_auth_san_dns,
            san_uri: self.tls_client_auth_san_uri,
            san_ip: self.tls_client_auth_san_ip,
            san_email: self.tls_client_auth_san_email,
            binds_tokens: self.tls_client_certificate_bound_access_tokens,
        }
    }
}
