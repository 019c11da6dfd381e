//! HTTP/2 on one connection (RFC 9113), under the same watchdog as HTTP/1.1 and with the same bounds.
//!
//! What is read of a request is bounded where HTTP/1.1 bounds it; what is bounded here is what only HTTP/2 has. Streams at once: as
//! many as are announced. A peer that opens streams and resets them: hyper ends the connection after a few that were not yet seen,
//! and requests under way keep their part of what is allowed, reset or not, since a handler runs to its end. Headers in endless
//! pieces: their size is bounded by hyper, and their time by the watchdog, which follows the frames.

use super::connection::{End, Graceful, Shared, Socket, answer, watch_over};
use super::frames::Frames;
use super::front::About;
use super::progress::Progress;
use super::stream::Stream;
use super::{Answer, Handler, Limits, trouble};
use http::StatusCode;
use http::header::CONNECTION;
use hyper::server::conn::http2::{Builder, Connection};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;

/// Requests of one connection at once; the fewest that RFC 9113 6.5.2 advises.
pub(super) const STREAMS: u32 = 100;

/// Streams that were reset before anybody looked at them; with one more the connection ends.
const RESET_EARLY: usize = 20;

/// How long a connection that ends may take to say so.
const FAREWELL: Duration = Duration::from_secs(1);

/// Serves the connection to its end.
pub(super) async fn serve<H: Handler>(
    stream: Stream,
    about: About,
    shared: Arc<Shared<H>>,
    progress: &Arc<Progress>,
    stop: &mut watch::Receiver<bool>,
) {
    progress.serve_many();
    let socket = Socket { stream: Some(stream), progress: Arc::clone(progress), frames: Some(Frames::default()) };
    let (inner, told, about) = (Arc::clone(&shared), Arc::clone(progress), Arc::new(about));
    let permits = Arc::new(Semaphore::new(STREAMS as usize));
    let service = service_fn(move |request| {
        let (shared, progress, about) = (Arc::clone(&inner), Arc::clone(&told), Arc::clone(&about));
        let permits = Arc::clone(&permits);
        async move {
            let permit = permits.acquire_owned().await;
            // A task of its own: it runs to its end even if the peer resets the stream.
            let answered = tokio::spawn(async move {
                let answer = answer(request, &about, &shared, &progress).await;
                drop(permit);
                answer
            });
            Ok::<_, Infallible>(without_connection(answered.await))
        }
    });
    let mut connection = pin!(builder(&shared.limits).serve_connection(TokioIo::new(socket), service));
    let end = watch_over(connection.as_mut(), progress, &shared.limits, stop).await;
    if !matches!(end, End::Finished(_)) {
        connection.as_mut().stop();
        let _ = timeout(FAREWELL, connection).await;
    }
}

/// HTTP/2 has no header about the connection (RFC 9113 8.2.2): a stream that is not read to its end is reset.
fn without_connection(answer: Result<Answer, tokio::task::JoinError>) -> Answer {
    let mut answer = answer
        .unwrap_or_else(|_| trouble(StatusCode::INTERNAL_SERVER_ERROR, "server_error", "something went wrong here"));
    answer.headers_mut().remove(CONNECTION);
    answer
}

fn builder(limits: &Limits) -> Builder<TokioExecutor> {
    let number = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX);
    // A whole body, and then the bodies of a few streams, before anybody has looked at them.
    let window = number(limits.body_bytes).clamp(65_535, 1 << 20);
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(number(limits.header_bytes))
        .max_pending_accept_reset_streams(RESET_EARLY)
        .max_local_error_reset_streams(RESET_EARLY * 5)
        .initial_stream_window_size(window)
        .initial_connection_window_size(window * 4)
        .max_frame_size(16 * 1024)
        .max_send_buf_size(256 * 1024);
    builder
}

impl<S, B> Graceful for Connection<TokioIo<Socket>, S, TokioExecutor>
where
    S: hyper::service::HttpService<hyper::body::Incoming, ResBody = B>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    S::Future: Send + 'static,
    B: hyper::body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    fn stop(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}
