//! TLS to the database: whoever answers has to prove who they are.

use crate::Fault;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::path::Path;
use std::sync::Arc;
use tokio_postgres_rustls::MakeRustlsConnect;

/// Believes the public authorities, or only those of a file of PEM certificates.
///
/// # Errors
/// The file cannot be read or holds no certificate.
pub(super) fn connector(ca_file: Option<&Path>) -> Result<MakeRustlsConnect, Fault> {
    let mut roots = RootCertStore::empty();
    if let Some(file) = ca_file {
        let wrong = |reason: String| Fault::Other(format!("{}: {reason}", file.display()));
        let certificates = CertificateDer::pem_file_iter(file).map_err(|error| wrong(error.to_string()))?;
        for certificate in certificates {
            let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
            roots.add(certificate).map_err(|error| wrong(error.to_string()))?;
        }
        if roots.is_empty() {
            return Err(wrong("there is no certificate in it".into()));
        }
    } else {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(Fault::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}
