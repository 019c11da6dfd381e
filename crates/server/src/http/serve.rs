//! Accepting connections, and stopping.

use super::connection::Shared;
use super::drive::drive;
use super::places::Places;
use super::progress::Progress;
use super::repoll::repoll;
use super::tls::Tls;
use super::{Handler, Limits};
use hyper::server::conn::http1;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// Sent raw to a peer that has its share of connections.
const TOO_MANY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\n\
    cache-control: no-store\r\nretry-after: 1\r\ncontent-length: 96\r\nconnection: close\r\n\r\n\
    {\"error\":\"temporarily_unavailable\",\"error_description\":\"too many connections from this address\"}";

/// Serves a listening socket until `stop` changes (or its sender is gone). Then the socket is closed, requests under way
/// get [`Limits::drain_time`] to end, idle connections end at once, and whatever is left is cut off.
///
/// Every connection is limited as `limits` says; the handler sees only requests that arrived whole.
pub async fn serve<H: Handler>(listener: TcpListener, handler: H, limits: Limits, stop: watch::Receiver<bool>) {
    serve_all(vec![(Door::from(listener), handler)], limits, stop).await;
}

/// A listening socket, and whether TLS is spoken there.
#[derive(Debug)]
pub struct Door {
    /// The socket.
    pub socket: TcpListener,
    /// The certificates; `None`: without TLS.
    pub tls: Option<Arc<Tls>>,
}

impl From<TcpListener> for Door {
    fn from(socket: TcpListener) -> Self {
        Self { socket, tls: None }
    }
}

/// As [`serve`], for several sockets, each with a handler, that share the connections which `limits` allows.
pub async fn serve_all<H: Handler>(listeners: Vec<(Door, H)>, limits: Limits, stop: watch::Receiver<bool>) {
    let places = Places::new(limits.connections, limits.per_peer, Arc::clone(&limits.proxies));
    let protocol = protocol(&limits);
    let mut tasks = JoinSet::new();
    for (Door { socket, tls }, handler) in listeners {
        let shared = Arc::new(Shared { handler, limits: limits.clone(), protocol: protocol.clone(), tls });
        tasks.spawn(accept(socket, shared, Arc::clone(&places), stop.clone()));
    }
    while let Some(ended) = tasks.join_next().await {
        if let Err(error) = ended.map_err(|error| error.to_string()) {
            tracing::error!(error, "a listener ended by itself");
        }
    }
}

async fn accept<H: Handler>(
    listener: TcpListener,
    shared: Arc<Shared<H>>,
    places: Arc<Places>,
    mut stop: watch::Receiver<bool>,
) {
    let drain_time = shared.limits.drain_time;
    let for_connections = stop.clone();
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.changed() => break,
        };
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok((stream, peer)) => {
                let progress = Arc::new(Progress::default());
                let place = tokio::select! {
                    place = places.admit(peer.ip(), &progress) => place,
                    _ = stop.changed() => break,
                };
                let Some(place) = place else {
                    if shared.tls.is_none() {
                        turn_away(&stream);
                    }
                    continue;
                };
                // An answer is written at once, and small: waiting for more to send would only cost time.
                let _ = stream.set_nodelay(true);
                let (shared, stop) = (Arc::clone(&shared), for_connections.clone());
                connections.spawn(repoll(drive(stream, peer, shared, progress, place, stop)));
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                // Out of file descriptors, most likely: some will be given back.
                tracing::warn!(%error, "cannot accept connections");
                places.make_room();
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
    drop(listener);
    let all = async { while connections.join_next().await.is_some() {} };
    if timeout(drain_time, all).await.is_err() {
        tracing::warn!("requests were cut off: they did not end in time");
        connections.shutdown().await;
    }
}

/// Says why, if the peer's window takes it at once, and closes.
fn turn_away(stream: &TcpStream) {
    let _ = stream.try_write(TOO_MANY);
}

fn protocol(limits: &Limits) -> http1::Builder {
    const LEAST: usize = 8 * 1024;
    let mut builder = http1::Builder::new();
    builder
        .half_close(true)
        .header_read_timeout(None)
        .max_header_size(limits.header_bytes.max(LEAST))
        .max_buf_size(limits.header_bytes.max(LEAST))
        .writev(false);
    builder
}

fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_raw_answer_counts_its_bytes_right() {
        let text = std::str::from_utf8(super::TOO_MANY).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}\r\n", body.len())), "{}", body.len());
    }
}
