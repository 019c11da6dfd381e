//! A client's certificate as it arrives: in the handshake, or in a header of a proxy in which TLS ends.
//!
//! A header counts from a trusted proxy alone, and where the configuration names its kind. There the proxy's word is all that
//! counts: a certificate of the connection is the proxy's own.

use crate::certificate::Certificate;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// The most certificates that a client shows: its own, and those that it was issued with.
pub(crate) const LONGEST_CHAIN: usize = 8;

/// A client's certificate, which its sender has the key of. Who issued it is not judged.
#[derive(Debug, Clone)]
pub struct Presented {
    /// The client's own.
    pub certificate: Certificate,
    /// What it was issued with, in DER; from the closest to the furthest.
    pub issuers: Vec<Vec<u8>>,
}

/// In which header a proxy says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
pub enum CertificateHeader {
    /// `Client-Cert` and `Client-Cert-Chain` (RFC 9440).
    #[serde(rename = "client-cert")]
    ClientCert,
    /// `X-SSL-Client-Cert`: PEM, percent-encoded.
    #[serde(rename = "x-ssl-client-cert")]
    XSslClientCert,
}

static CLIENT_CERT: HeaderName = HeaderName::from_static("client-cert");
static CLIENT_CERT_CHAIN: HeaderName = HeaderName::from_static("client-cert-chain");
static X_SSL_CLIENT_CERT: HeaderName = HeaderName::from_static("x-ssl-client-cert");

/// The header is not what it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotOne;

impl Presented {
    /// The certificate and what it was issued with, in DER.
    pub fn chain(&self) -> Vec<Vec<u8>> {
        std::iter::once(self.certificate.der().to_owned()).chain(self.issuers.iter().cloned()).collect()
    }

    /// What a client showed in its handshake.
    pub(super) fn of_handshake(chain: &[CertificateDer<'_>]) -> Option<Self> {
        let (first, issuers) = chain.split_first()?;
        Some(Self {
            certificate: Certificate::read(first)?,
            issuers: issuers.iter().map(|issuer| issuer.to_vec()).collect(),
        })
    }

    /// What a trusted proxy says; `None`: the client showed none.
    ///
    /// # Errors
    /// The header is there twice, or is no certificate.
    pub(super) fn of_headers(headers: &HeaderMap, kind: CertificateHeader) -> Result<Option<Self>, NotOne> {
        match kind {
            CertificateHeader::ClientCert => {
                let Some(own) = one(headers, &CLIENT_CERT)?.and_then(non_empty) else { return Ok(None) };
                let certificate = Certificate::read(&byte_sequence(own)?).ok_or(NotOne)?;
                Ok(Some(Self { certificate, issuers: chain(headers)? }))
            }
            CertificateHeader::XSslClientCert => {
                let Some(text) = one(headers, &X_SSL_CLIENT_CERT)?.and_then(non_empty) else { return Ok(None) };
                let pem = percent_decoded(text)?;
                let mut all = CertificateDer::pem_slice_iter(&pem);
                let own = all.next().ok_or(NotOne)?.map_err(|_| NotOne)?;
                if all.next().is_some() {
                    return Err(NotOne);
                }
                Ok(Some(Self { certificate: Certificate::read(&own).ok_or(NotOne)?, issuers: Vec::new() }))
            }
        }
    }
}

/// The only value of a header.
fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, NotOne> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(only), None) => only.to_str().map(|text| Some(text.trim())).map_err(|_| NotOne),
        (Some(_), Some(_)) => Err(NotOne),
    }
}

/// A proxy that sends the header always sends it empty where there is no certificate.
fn non_empty(text: &str) -> Option<&str> {
    (!matches!(text, "" | "::" | "(null)")).then_some(text)
}

/// A byte sequence of RFC 8941 3.3.5.
fn byte_sequence(text: &str) -> Result<Vec<u8>, NotOne> {
    let inner = text.strip_prefix(':').and_then(|rest| rest.strip_suffix(':')).ok_or(NotOne)?;
    STANDARD.decode(inner).map_err(|_| NotOne)
}

/// A list of byte sequences, of one header or of several (RFC 9440 2.3).
fn chain(headers: &HeaderMap) -> Result<Vec<Vec<u8>>, NotOne> {
    let mut issuers = Vec::new();
    for value in headers.get_all(&CLIENT_CERT_CHAIN) {
        let items = value.to_str().map_err(|_| NotOne)?.split(',').map(str::trim).filter(|item| !item.is_empty());
        for item in items {
            if issuers.len() + 1 >= LONGEST_CHAIN {
                return Err(NotOne);
            }
            issuers.push(byte_sequence(item)?);
        }
    }
    Ok(issuers)
}

/// RFC 3986 2.1.
fn percent_decoded(text: &str) -> Result<Vec<u8>, NotOne> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => {
                let digits = [bytes.next().ok_or(NotOne)?, bytes.next().ok_or(NotOne)?];
                let text = std::str::from_utf8(&digits).ok().filter(|_| digits.iter().all(u8::is_ascii_hexdigit));
                u8::from_str_radix(text.ok_or(NotOne)?, 16).map_err(|_| NotOne)?
            }
            other => other,
        });
    }
    Ok(decoded)
}
