//! One connection from its first byte to its last: what it is, and who speaks on it.

use super::connection::{self, Shared};
use super::front::{self, About};
use super::places::Place;
use super::progress::Progress;
use super::stream::{Ahead, Stream};
use super::{Handler, http2};
use bytes::Bytes;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;

/// Serves one connection to its end. `place`: given back then.
pub(super) async fn drive<H: Handler>(
    stream: TcpStream,
    peer: SocketAddr,
    shared: Arc<Shared<H>>,
    progress: Arc<Progress>,
    place: Place,
    mut stop: watch::Receiver<bool>,
) {
    let opened = if front::is_plain(shared.tls.as_deref(), &shared.limits.front) {
        let stream = Stream::Plain(Ahead { socket: stream, read: Bytes::new() });
        Some((stream, About { peer, secure: false, http2: false, presented: None, asks_elsewhere: None }))
    } else {
        Box::pin(open(stream, peer, &shared, &progress, &mut stop)).await
    };
    if let Some((stream, about)) = opened {
        if about.http2 {
            Box::pin(http2::serve(stream, about, shared, &progress, &mut stop)).await;
        } else {
            connection::serve(stream, about, shared, &progress, &mut stop).await;
        }
    }
    drop(place);
}

/// What comes before the first request: bounded in time like the headers of one, and cut off where its place is needed.
async fn open<H>(
    stream: TcpStream,
    peer: SocketAddr,
    shared: &Shared<H>,
    progress: &Progress,
    stop: &mut watch::Receiver<bool>,
) -> Option<(Stream, About)> {
    let opened = timeout(shared.limits.header_time, front::open(stream, peer, shared.tls.as_deref(), &shared.limits));
    let opened = tokio::select! {
        opened = opened => opened,
        () = progress.told.notified() => return None,
        _ = stop.changed() => return None,
    };
    match opened {
        Ok(Ok(opened)) => Some(opened),
        Ok(Err(error)) => {
            tracing::debug!(%peer, %error, "a connection ended before its first request");
            None
        }
        Err(_) => {
            tracing::debug!(%peer, "a connection was too slow before its first request");
            None
        }
    }
}
