//! Accepting connections, and stopping.

use super::connection::{Shared, drive};
use super::repoll::repoll;
use super::{Handler, Limits};
use hyper::server::conn::http1;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// Serves a listening socket until `stop` changes (or its sender is gone). Then the socket is closed, requests under way
/// get [`Limits::drain_time`] to end, idle connections end at once, and whatever is left is cut off.
///
/// Every connection is limited as `limits` says; the handler sees only requests that arrived whole.
pub async fn serve<H: Handler>(listener: TcpListener, handler: H, limits: Limits, mut stop: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(usize::try_from(limits.connections.max(1)).unwrap_or(Semaphore::MAX_PERMITS)));
    let drain_time = limits.drain_time;
    let protocol = protocol(&limits);
    let shared = Arc::new(Shared { handler, limits, protocol });
    let for_connections = stop.clone();
    let mut connections = JoinSet::new();
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            next = next => next,
            _ = stop.changed() => break,
        };
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok((stream, peer)) => {
                // An answer is written at once, and small: waiting for more to send would only cost time.
                let _ = stream.set_nodelay(true);
                let (shared, stop) = (Arc::clone(&shared), for_connections.clone());
                connections.spawn(repoll(async move {
                    drive(stream, peer, shared, stop).await;
                    drop(place);
                }));
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                // Out of file descriptors, most likely: some will be given back.
                tracing::warn!(%error, "cannot accept connections");
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
