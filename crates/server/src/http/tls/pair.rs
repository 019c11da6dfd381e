//! Certificates with their keys, as they are read from files and chosen by name.

use crate::certificate::Certificate;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why there are no certificates.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{} cannot be read: {reason}", .file.display())]
    Unreadable {
        /// Which.
        file: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// A file holds something else.
    #[error("{} holds no {what} in PEM", .file.display())]
    Empty {
        /// Which.
        file: PathBuf,
        /// What it should hold.
        what: &'static str,
    },
    /// A certificate is none.
    #[error("{} holds a certificate that cannot be read", .file.display())]
    Certificate {
        /// The file.
        file: PathBuf,
    },
    /// The key is one that TLS does not use, or that of another certificate.
    #[error("the key in {} does not fit the certificate in {}: {reason}", .key.display(), .file.display())]
    Key {
        /// The certificate's file.
        file: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// No fault of the files.
    #[error("TLS cannot be set up: {0}")]
    Other(#[from] rustls::Error),
}

/// A certificate with its key, whom it names, and until when it is good.
#[derive(Debug)]
pub(super) struct Pair {
    certified: Arc<CertifiedKey>,
    names: Vec<String>,
    pub(super) ends: i64,
    pub(super) file: PathBuf,
}

impl Pair {
    pub(super) fn read(file: &Path, key: &Path, provider: &CryptoProvider) -> Result<Self, TlsError> {
        let content = read(file)?;
        let chain = CertificateDer::pem_slice_iter(&content).collect::<Result<Vec<_>, _>>();
        let chain = chain.map_err(|_| TlsError::Certificate { file: file.to_owned() })?;
        let leaf = chain.first().ok_or_else(|| TlsError::Empty { file: file.to_owned(), what: "certificate" })?;
        let leaf = Certificate::read(leaf).ok_or_else(|| TlsError::Certificate { file: file.to_owned() })?;
        let content = zeroize::Zeroizing::new(read(key)?);
        let private = PrivateKeyDer::from_pem_slice(&content)
            .map_err(|_| TlsError::Empty { file: key.to_owned(), what: "private key without a password" })?;
        let certified = CertifiedKey::from_der(chain, private, provider).map_err(|error| TlsError::Key {
            file: file.to_owned(),
            key: key.to_owned(),
            reason: error.to_string(),
        })?;
        let names = leaf.names().dns.iter().map(|name| name.to_ascii_lowercase()).collect();
        Ok(Self { certified: Arc::new(certified), names, ends: leaf.ends(), file: file.to_owned() })
    }

    /// Whether it names a host: itself, or by a wildcard for its first label (RFC 6125 6.4.3).
    fn is_for(&self, host: &str) -> bool {
        let parent = host.split_once('.').map(|(_, parent)| parent);
        self.names.iter().any(|name| match name.strip_prefix("*.") {
            Some(rest) => parent == Some(rest),
            None => name == host,
        })
    }
}

fn read(file: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(file).map_err(|error| TlsError::Unreadable { file: file.to_owned(), reason: error.to_string() })
}

/// Chooses the certificate that is shown.
#[derive(Debug)]
pub(super) struct Chosen(Vec<Pair>);

impl Chosen {
    pub(super) fn among(pairs: Vec<Pair>) -> Self {
        Self(pairs)
    }
}

impl ResolvesServerCert for Chosen {
    /// The first that names the host and whose kind of key the client knows; else the first of all, as for a client that names
    /// no host.
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let suits = |pair: &&Pair| pair.certified.key.choose_scheme(hello.signature_schemes()).is_some();
        let host = hello.server_name().map(str::to_ascii_lowercase);
        let named = host.and_then(|host| self.0.iter().filter(|pair| pair.is_for(&host)).find(suits));
        named.or_else(|| self.0.first()).map(|pair| Arc::clone(&pair.certified))
    }
}
