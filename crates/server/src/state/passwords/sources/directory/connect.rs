//! A connection to a directory's server: TCP, encrypted at once (`ldaps://`) or after a word in clear (`StartTLS`, RFC 4511 4.14).
//!
//! The encryption is ours, and what the LDAP library reads and writes goes through a pair of sockets: so its certificates are checked as
//! all others here, and an answer that is larger than anybody needs ends the connection.

use claviger_core::realm::Directory;
use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, StdStream};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// The most that a server says on one connection, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// The most that an answer to `StartTLS` has, in bytes.
const LARGEST_ANSWER: usize = 4096;

/// The extended request for `1.3.6.1.4.1.1466.20037`, message 1.
const START_TLS: &[u8] = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037";

/// Connects, encrypted, without a bind.
///
/// # Errors
/// Why not, in words.
pub(super) async fn connect(directory: &Directory, url: &str) -> Result<Ldap, String> {
    let (host, port) = place(url).ok_or("its address cannot be read")?;
    let mut stream = TcpStream::connect((host, port)).await.map_err(|error| error.to_string())?;
    if directory.start_tls {
        start_tls(&mut stream).await?;
    }
    let name = ServerName::try_from(host.to_owned()).map_err(|error| error.to_string())?;
    let connector = TlsConnector::from(Arc::new(config(directory.authorities.as_deref())?));
    let encrypted = connector.connect(name, stream).await.map_err(|error| error.to_string())?;
    let (ours, theirs) = std::os::unix::net::UnixStream::pair().map_err(|error| error.to_string())?;
    ours.set_nonblocking(true).map_err(|error| error.to_string())?;
    let ours = UnixStream::from_std(ours).map_err(|error| error.to_string())?;
    tokio::spawn(relay(encrypted, ours));
    let settings = LdapConnSettings::new().set_std_stream(StdStream::Unix(theirs));
    let connected = LdapConnAsync::with_settings(settings, "ldapi:///").await;
    let (connection, ldap) = connected.map_err(|error| error.to_string())?;
    tokio::spawn(async move {
        if let Err(error) = connection.drive().await {
            tracing::debug!(%error, "a connection to a directory ended");
        }
    });
    Ok(ldap)
}

/// Host and port of `ldaps://host:636`; an IPv6 address has brackets.
fn place(url: &str) -> Option<(&str, u16)> {
    let (scheme, authority) = url.split_once("://")?;
    let usual = if scheme == "ldaps" { 636 } else { 389 };
    let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, rest)) => (host, rest.strip_prefix(':')),
        None => authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))),
    };
    Some((host, port.map_or(Some(usual), |port| port.parse().ok())?))
}

fn config(authorities: Option<&str>) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    match authorities {
        Some(pem) => {
            for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
                let certificate = certificate.map_err(|error| format!("`authorities`: {error}"))?;
                roots.add(certificate).map_err(|error| format!("`authorities`: {error}"))?;
            }
        }
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    Ok(builder.map_err(|error| error.to_string())?.with_root_certificates(roots).with_no_client_auth())
}

/// Asks for encryption, and reads just the answer: what comes after it belongs to the encryption already.
async fn start_tls(stream: &mut TcpStream) -> Result<(), String> {
    let lost = |error: std::io::Error| error.to_string();
    stream.write_all(START_TLS).await.map_err(lost)?;
    let mut answer = vec![0; 2];
    stream.read_exact(&mut answer).await.map_err(lost)?;
    // Active Directory spells every length with four bytes.
    let further = answer.last().map_or(0, |length| if *length > 0x80 { usize::from(*length & 0x7f).min(4) } else { 0 });
    let mut rest = vec![0; further];
    stream.read_exact(&mut rest).await.map_err(lost)?;
    answer.append(&mut rest);
    let length = element(&answer, 0x30).map(|(length, _)| length).filter(|length| *length <= LARGEST_ANSWER);
    let mut message = vec![0; length.ok_or("its answer to StartTLS cannot be read")?];
    stream.read_exact(&mut message).await.map_err(lost)?;
    if is_success(&message) { Ok(()) } else { Err("it refuses StartTLS".to_owned()) }
}

/// Whether this is the message 1 with an extended response whose first element is the result code 0.
fn is_success(message: &[u8]) -> bool {
    let response = message.strip_prefix(b"\x02\x01\x01").and_then(|rest| element(rest, 0x78));
    response
        .and_then(|(_, rest)| element(rest, 0x0a))
        .is_some_and(|(length, rest)| length == 1 && rest.first() == Some(&0))
}

/// The length of an element with this tag, and what comes after the length (X.690 8.1.3).
fn element(bytes: &[u8], tag: u8) -> Option<(usize, &[u8])> {
    let rest = bytes.strip_prefix(&[tag])?;
    let (length, rest) = rest.split_first()?;
    if *length < 0x80 {
        return Some((usize::from(*length), rest));
    }
    let (length, rest) = rest.split_at_checked(usize::from(*length & 0x7f)).filter(|(length, _)| length.len() <= 4)?;
    Some((length.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)), rest))
}

/// Carries bytes until either side ends, or the server has said too much.
async fn relay(encrypted: TlsStream<TcpStream>, library: UnixStream) {
    let (from_server, mut to_server) = tokio::io::split(encrypted);
    let (mut from_library, mut to_library) = library.into_split();
    let mut bounded = from_server.take(LARGEST);
    tokio::select! {
        _ = copy(&mut bounded, &mut to_library) => {}
        _ = copy(&mut from_library, &mut to_server) => {}
    }
    let _ = to_server.shutdown().await;
}

#[cfg(test)]
mod tests {
    use super::{is_success, place};

    #[test]
    fn an_answer_to_start_tls_is_read_however_its_lengths_are_spelled() {
        let short = b"\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00";
        let long = b"\x02\x01\x01\x78\x84\x00\x00\x00\x07\x0a\x01\x00\x04\x00\x04\x00";
        assert!(is_success(short) && is_success(long));
        let refused = b"\x02\x01\x01\x78\x07\x0a\x01\x02\x04\x00\x04\x00";
        let other_message = b"\x02\x01\x02\x78\x07\x0a\x01\x00\x04\x00\x04\x00";
        let cut = b"\x02\x01\x01\x78";
        let absurd = b"\x02\x01\x01\x78\x85\x00\x00\x00\x00\x07\x0a";
        let all: [&[u8]; 5] = [refused, other_message, b"", cut, absurd];
        for wrong in all {
            assert!(!is_success(wrong), "{wrong:?}");
        }
    }

    #[test]
    fn a_server_has_its_schemes_port_unless_it_says_another() {
        assert_eq!(place("ldaps://dc1.example"), Some(("dc1.example", 636)));
        assert_eq!(place("ldap://dc1.example"), Some(("dc1.example", 389)));
        assert_eq!(place("ldaps://dc1.example:1636"), Some(("dc1.example", 1636)));
        assert_eq!(place("ldaps://[::1]:1636"), Some(("::1", 1636)));
        assert_eq!(place("ldaps://[::1]"), Some(("::1", 636)));
        assert_eq!(place("ldaps://dc1.example:x"), None);
        assert_eq!(place("dc1.example"), None);
    }
}
