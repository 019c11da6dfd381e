//! TLS of our own (RFC 8446, RFC 5246): certificates by the name that is asked for, replaced while connections go on.
//!
//! 1. [`Certificates::read`] reads every file and checks that keys and certificates belong together. 2. A [`Tls`] holds what is in
//!    effect; [`Tls::replace`] puts other certificates in its place, of which only new connections hear. 3. A handshake chooses by
//!    the name that the client asks for: which certificate is shown, and whether one of the client is asked for.

mod pair;
mod verifier;

pub use pair::TlsError;

use super::presented::Presented;
use super::stream::Ahead;
use arc_swap::ArcSwap;
use pair::{Chosen, Pair};
use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::server::Acceptor;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;
use verifier::Anybody;

/// How HTTP/2 is called in a handshake (RFC 9113 3.1).
const H2: &[u8] = b"h2";

/// Where certificates are, and whose are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Files {
    /// Files with a certificate, and those that it was issued with; and files with its key. The first is shown to whoever asks
    /// for no name or for one that none has.
    pub pairs: Vec<(PathBuf, PathBuf)>,
    /// The names at which a client is asked for its certificate; `*`: all.
    pub client_certificates: Vec<String>,
}

/// Certificates that were read and found right.
pub struct Certificates {
    plain: Arc<ServerConfig>,
    /// The same, and the client is asked for its own.
    asking: Arc<ServerConfig>,
    asking_names: Arc<[String]>,
    /// When each ends, in milliseconds, and which it is.
    ends: Vec<(i64, PathBuf)>,
}

impl fmt::Debug for Certificates {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Certificates").field("ends", &self.ends).finish_non_exhaustive()
    }
}

impl Certificates {
    /// Reads the files.
    ///
    /// # Errors
    /// A file cannot be read, is something else, or a key is that of another certificate.
    pub fn read(files: &Files) -> Result<Self, TlsError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let pairs = files.pairs.iter().map(|(certificate, key)| Pair::read(certificate, key, &provider));
        let pairs = pairs.collect::<Result<Vec<_>, _>>()?;
        let ends = pairs.iter().map(|pair| (pair.ends, pair.file.clone())).collect();
        let chosen = Arc::new(Chosen::among(pairs));
        let asking_names: Arc<[String]> =
            files.client_certificates.iter().map(|name| name.to_ascii_lowercase()).collect();
        Ok(Self {
            plain: Arc::new(config(&provider, &chosen, false)?),
            asking: Arc::new(config(&provider, &chosen, true)?),
            asking_names,
            ends,
        })
    }

    /// The certificate that ends first, and when; in milliseconds.
    pub fn first_to_end(&self) -> Option<(i64, &Path)> {
        self.ends.iter().map(|(ends, file)| (*ends, file.as_path())).min()
    }

    /// Each certificate's file, and when it ends; in milliseconds.
    pub fn ends(&self) -> &[(i64, PathBuf)] {
        &self.ends
    }
}

/// Versions 1.2 and 1.3, HTTP/2 and HTTP/1.1.
fn config(provider: &Arc<CryptoProvider>, chosen: &Arc<Chosen>, asking: bool) -> Result<ServerConfig, TlsError> {
    let builder = ServerConfig::builder_with_provider(Arc::clone(provider)).with_safe_default_protocol_versions()?;
    let builder = if asking {
        builder.with_client_cert_verifier(Arc::new(Anybody(Arc::clone(provider))))
    } else {
        builder.with_no_client_auth()
    };
    let certificates = Arc::clone(chosen);
    let mut config = builder.with_cert_resolver(certificates);
    config.alpn_protocols = vec![H2.to_vec(), b"http/1.1".to_vec()];
    if !asking {
        // So that browsers come back without a whole handshake; a client's certificate is shown anew each time.
        config.ticketer = aws_lc_rs::Ticketer::new()?;
    }
    Ok(config)
}

/// What is in effect now.
#[derive(Debug)]
pub struct Tls(ArcSwap<Certificates>);

impl Tls {
    /// Begins with these.
    pub fn new(certificates: Certificates) -> Arc<Self> {
        Arc::new(Self(ArcSwap::from_pointee(certificates)))
    }

    /// Goes on with others; connections that are there go on with what they have.
    pub fn replace(&self, certificates: Certificates) {
        self.0.store(Arc::new(certificates));
    }

    /// Those in effect.
    pub fn certificates(&self) -> Arc<Certificates> {
        self.0.load_full()
    }

    /// Makes the handshake. It is not bounded in time here.
    pub(super) async fn accept(&self, stream: Ahead) -> io::Result<Handshake> {
        let certificates = self.certificates();
        let start = LazyConfigAcceptor::new(Acceptor::default(), stream).await?;
        let asked = start
            .client_hello()
            .server_name()
            .map_or_else(|| asks(&certificates.asking_names, "*"), |name| asks(&certificates.asking_names, name));
        let config = if asked { &certificates.asking } else { &certificates.plain };
        let stream = start.into_stream(Arc::clone(config)).await?;
        let (_, connection) = stream.get_ref();
        let http2 = connection.alpn_protocol() == Some(H2);
        let presented = connection.peer_certificates().and_then(Presented::of_handshake);
        let asks_elsewhere = (!asked).then(|| Arc::clone(&certificates.asking_names)).filter(|names| !names.is_empty());
        Ok(Handshake { stream, http2, presented: presented.map(Arc::new), asks_elsewhere })
    }
}

/// What came of a handshake.
pub(super) struct Handshake {
    pub(super) stream: TlsStream<Ahead>,
    pub(super) http2: bool,
    /// The certificates of the client, whoever issued them.
    pub(super) presented: Option<Arc<Presented>>,
    /// The names at which the client would have been asked for its certificate, where it was not.
    pub(super) asks_elsewhere: Option<Arc<[String]>>,
}

/// Whether clients are asked for a certificate at this name.
pub(super) fn asks(names: &[String], name: &str) -> bool {
    names.iter().any(|asking| asking == "*" || asking.eq_ignore_ascii_case(name))
}
