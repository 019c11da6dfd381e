//! What stands in front of this server, and what a connection is before its first request: who is connected, whether TLS is
//! spoken, which protocol follows.

use super::frames::PREFACE;
use super::presented::{CertificateHeader, Presented};
use super::proxies::is_trusted;
use super::proxy_protocol::{Parsed, parse};
use super::stream::{Ahead, Stream};
use super::tls::Tls;
use super::{Limits, Network};
use bytes::{Bytes, BytesMut};
use http::HeaderValue;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

/// What proxies in front do.
#[derive(Debug, Clone, Default)]
pub struct Front {
    /// Trusted proxies say with the PROXY protocol who is connected to them.
    pub proxy_protocol: bool,
    /// HTTP/2 is spoken without TLS where a connection begins with it (RFC 9113 3.3).
    pub http2: bool,
    /// The header in which trusted proxies say the client's certificate.
    pub certificate_header: Option<CertificateHeader>,
    /// `Strict-Transport-Security` of answers over TLS (RFC 6797).
    pub hsts: Option<HeaderValue>,
}

/// What all requests of a connection have in common.
#[derive(Debug, Clone)]
pub(super) struct About {
    pub(super) peer: SocketAddr,
    /// TLS is spoken on it.
    pub(super) secure: bool,
    pub(super) http2: bool,
    /// What the client showed in the handshake.
    pub(super) presented: Option<Arc<Presented>>,
    /// Names at which the client would have been asked for its certificate.
    pub(super) asks_elsewhere: Option<Arc<[String]>>,
}

/// Finds out what the connection is.
///
/// # Errors
/// It ends here: a header or a handshake is wrong, or the peer went away.
pub(super) async fn open(
    socket: TcpStream,
    peer: SocketAddr,
    tls: Option<&Tls>,
    limits: &Limits,
) -> io::Result<(Stream, About)> {
    let mut about = About { peer, secure: false, http2: false, presented: None, asks_elsewhere: None };
    let mut ahead = Ahead { socket, read: Bytes::new() };
    if limits.front.proxy_protocol && is_trusted(peer.ip(), &limits.proxies) {
        about.peer = behind(&mut ahead).await?.unwrap_or(peer);
    }
    if let Some(tls) = tls {
        let shaken = tls.accept(ahead).await?;
        let stream = Stream::Tls(Box::new(shaken.stream));
        let (http2, presented, asks_elsewhere) = (shaken.http2, shaken.presented, shaken.asks_elsewhere);
        return Ok((stream, About { secure: true, http2, presented, asks_elsewhere, ..about }));
    }
    if limits.front.http2 {
        about.http2 = begins_with_http2(&mut ahead).await?;
    }
    Ok((Stream::Plain(ahead), about))
}

/// Whether there is nothing to find out.
pub(super) fn is_plain(tls: Option<&Tls>, front: &Front) -> bool {
    tls.is_none() && !front.proxy_protocol && !front.http2
}

/// Reads the header of the PROXY protocol, and puts back what follows it.
async fn behind(ahead: &mut Ahead) -> io::Result<Option<SocketAddr>> {
    let mut bytes = BytesMut::new();
    loop {
        match parse(&bytes) {
            Parsed::Incomplete => more(ahead, &mut bytes).await?,
            Parsed::Malformed => {
                tracing::debug!("a trusted proxy sent no header of the PROXY protocol");
                return Err(io::ErrorKind::InvalidData.into());
            }
            Parsed::Header { length, source } => {
                let _ = bytes.split_to(length);
                ahead.read = bytes.freeze();
                return Ok(source);
            }
        }
    }
}

/// Looks at the first bytes, and puts them back.
async fn begins_with_http2(ahead: &mut Ahead) -> io::Result<bool> {
    let mut bytes = BytesMut::from(std::mem::take(&mut ahead.read).as_ref());
    let same = |bytes: &[u8]| bytes.iter().zip(PREFACE).all(|(byte, expected)| byte == expected);
    while bytes.len() < PREFACE.len() && same(&bytes) {
        more(ahead, &mut bytes).await?;
    }
    let is_http2 = same(&bytes);
    ahead.read = bytes.freeze();
    Ok(is_http2)
}

async fn more(ahead: &mut Ahead, bytes: &mut BytesMut) -> io::Result<()> {
    match ahead.socket.read_buf(bytes).await? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(()),
    }
}

/// Whether an answer travels under TLS: ours, or that of a trusted proxy which says so.
pub(super) fn is_secure(about: &About, headers: &http::HeaderMap, trusted: &[Network]) -> bool {
    let says_so =
        || headers.get("x-forwarded-proto").is_some_and(|scheme| scheme.as_bytes().eq_ignore_ascii_case(b"https"));
    about.secure || (is_trusted(about.peer.ip(), trusted) && says_so())
}
