//! One connection: hyper speaks HTTP on it, a watchdog ends it when the peer is too slow.
//!
//! hyper has a timer for headers, but it makes one per request and closes without an answer. This watchdog has one timer
//! per connection and touches it only when a peer has actually kept us waiting in the middle of something.

use super::frames::Frames;
use super::front::{self, About};
use super::progress::{BUSY, HEAD, IDLE, Progress, Waiting};
use super::stream::Stream;
use super::tls::Tls;
use super::{Answer, Handler, Limits, RequestId, request, trace, trouble};
use http::header::{CONNECTION, STRICT_TRANSPORT_SECURITY};
use http::{HeaderName, StatusCode};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::io;
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Sent raw, since hyper has not seen a request it could answer.
const HEADERS_TOO_SLOW: &[u8] = b"HTTP/1.1 408 Request Timeout\r\ncontent-type: application/json\r\n\
    cache-control: no-store\r\ncontent-length: 84\r\nconnection: close\r\n\r\n\
    {\"error\":\"invalid_request\",\"error_description\":\"the headers did not arrive in time\"}";

/// What all connections share.
pub(super) struct Shared<H> {
    pub(super) handler: H,
    pub(super) limits: Limits,
    pub(super) protocol: http1::Builder,
    /// TLS is spoken.
    pub(super) tls: Option<Arc<Tls>>,
}

pub(super) enum End {
    Finished(hyper::Result<()>),
    TooSlow(Waiting),
    /// Its place is needed by others.
    Evicted,
}

/// Speaks HTTP/1.1 to the connection's end.
pub(super) async fn serve<H: Handler>(
    stream: Stream,
    about: About,
    shared: Arc<Shared<H>>,
    progress: &Arc<Progress>,
    stop: &mut watch::Receiver<bool>,
) {
    let end = {
        let socket = Socket { stream: Some(stream), progress: Arc::clone(progress), frames: None };
        let (inner, told) = (Arc::clone(&shared), Arc::clone(progress));
        let service = service_fn(move |request| {
            let (shared, progress, about) = (Arc::clone(&inner), Arc::clone(&told), about.clone());
            async move { Ok::<_, Infallible>(answer(request, &about, &shared, &progress).await) }
        });
        let connection = pin!(shared.protocol.serve_connection(TokioIo::new(socket), service));
        watch_over(connection, progress, &shared.limits, stop).await
    };
    let returned = progress.returned.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(stream) = returned {
        tokio::select! {
            () = part(stream, end, progress) => {}
            () = progress.told.notified() => {}
        }
    }
}

/// Lets the peer read why the connection ends, where there is something to read.
async fn part(mut stream: Stream, end: End, progress: &Progress) {
    match end {
        End::TooSlow(Waiting::Head) => {
            if timeout(Duration::from_secs(1), stream.write_all(HEADERS_TOO_SLOW)).await.is_ok() {
                linger(stream).await;
            }
        }
        End::Finished(Ok(())) if progress.unread.load(Ordering::Relaxed) => linger(stream).await,
        // hyper has answered 400, 414 or 431.
        End::Finished(Err(error)) if error.is_parse() => linger(stream).await,
        End::Finished(_) | End::TooSlow(_) | End::Evicted => {}
    }
}

/// Polls the connection, and its timer when that is due.
pub(super) async fn watch_over<C>(
    mut connection: Pin<&mut C>,
    progress: &Progress,
    limits: &Limits,
    stop: &mut watch::Receiver<bool>,
) -> End
where
    C: Future<Output = hyper::Result<()>> + Graceful,
{
    let told_to_stop = stop.clone();
    let mut stopping = false;
    // Polled when the timer is: that leaves the task's waker there, and else a look at `told_to_stop` is cheaper.
    let mut woken_to_stop = pin!(stop.changed());
    let mut woken_to_go = pin!(progress.told.notified());
    let mut timer = pin!(sleep(limits.header_time));
    let mut guarded = (Waiting::Idle, 0);
    let mut registered = false;
    poll_fn(|context| {
        if !registered {
            let _ = woken_to_stop.as_mut().poll(context);
            let _ = woken_to_go.as_mut().poll(context);
        }
        if !stopping && !matches!(told_to_stop.has_changed(), Ok(false)) {
            stopping = true;
            connection.as_mut().stop();
        }
        if let Poll::Ready(result) = connection.as_mut().poll(context) {
            return Poll::Ready(End::Finished(result));
        }
        if progress.must_go() {
            if progress.phase.load(Ordering::Relaxed) != BUSY {
                return Poll::Ready(End::Evicted);
            }
            if !stopping {
                stopping = true;
                connection.as_mut().stop();
            }
        }
        let now = (progress.waiting(), progress.moved());
        let due = timer.is_elapsed();
        if due && now == guarded && now.0 != Waiting::Busy {
            return Poll::Ready(End::TooSlow(now.0));
        }
        // What must be quick gets its time at once. A connection that is used and idle in turns is left alone until the
        // timer fires, and gets its idle time then.
        if due || (now != guarded && matches!(now.0, Waiting::Head | Waiting::Write)) {
            let time = match now.0 {
                Waiting::Head => limits.header_time,
                Waiting::Write => limits.write_time,
                Waiting::Idle | Waiting::Busy => limits.idle_time,
            };
            timer.as_mut().reset(Instant::now() + time);
            guarded = now;
            registered = false;
        }
        if !registered {
            registered = true;
            if timer.as_mut().poll(context).is_ready() {
                context.waker().wake_by_ref();
            }
        }
        Poll::Pending
    })
    .await
}

/// What can be asked to take no further request.
pub(super) trait Graceful {
    fn stop(self: Pin<&mut Self>);
}

impl<S, B> Graceful for http1::Connection<TokioIo<Socket>, S>
where
    S: hyper::service::HttpService<hyper::body::Incoming, ResBody = B>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    B: hyper::body::Body + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    fn stop(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

/// Reads one request and has it answered.
pub(super) async fn answer<H: Handler>(
    request: http::Request<hyper::body::Incoming>,
    about: &About,
    shared: &Shared<H>,
    progress: &Progress,
) -> Answer {
    progress.begin();
    let id = RequestId::next();
    let limits = &shared.limits;
    let hsts = limits.front.hsts.as_ref().filter(|_| front::is_secure(about, request.headers(), &limits.proxies));
    // Pinned where they are made, and handed on as references: each move of a future copies all of it.
    let work = pin!(async {
        match request::read(request, about, limits, id).await {
            Ok(incoming) => {
                progress.go_on();
                let handled = pin!(shared.handler.answer(incoming));
                (unless_it_panics(handled).await, true)
            }
            Err(answer) => {
                tracing::info!(status = answer.status().as_u16(), "refused before it was read");
                (answer, false)
            }
        }
    });
    let (mut answer, was_read) = trace::answering(id, about.peer.ip(), work).await;
    answer.headers_mut().insert(REQUEST_ID, id.header());
    if let Some(hsts) = hsts {
        answer.headers_mut().insert(STRICT_TRANSPORT_SECURITY, hsts.clone());
    }
    if answer.headers().get(CONNECTION).is_some() {
        progress.unread.store(true, Ordering::Relaxed);
    }
    progress.end(was_read);
    answer
}

/// The handler's answer. A panic is a mistake of ours: it costs that request a 500, and nobody else anything.
async fn unless_it_panics(mut answer: Pin<&mut impl Future<Output = Answer>>) -> Answer {
    poll_fn(|context| {
        std::panic::catch_unwind(AssertUnwindSafe(|| answer.as_mut().poll(context))).unwrap_or_else(|_| {
            tracing::error!("the handler panicked");
            Poll::Ready(trouble(StatusCode::INTERNAL_SERVER_ERROR, "server_error", "something went wrong here"))
        })
    })
    .await
}

/// Ends a connection on which more may be arriving: a socket that is closed with unread bytes is reset, and a reset can
/// overtake the answer. So our side is closed first and what still comes is dropped, for a while (RFC 9112 9.6).
async fn linger(mut stream: Stream) {
    const MOST: usize = 4 * 1024 * 1024;
    let drop_the_rest = async {
        let _ = stream.shutdown().await;
        let mut dropped = 0;
        let mut buffer = vec![0; 16 * 1024];
        while let Ok(length @ 1..) = stream.read(&mut buffer).await {
            dropped += length;
            if dropped > MOST {
                break;
            }
        }
    };
    let _ = timeout(Duration::from_secs(2), drop_the_rest).await;
}

/// The connection's socket, which says what the peer does, and comes back when hyper is done with it.
pub(super) struct Socket {
    pub(super) stream: Option<Stream>,
    pub(super) progress: Arc<Progress>,
    /// Of HTTP/2, where in its frames it is.
    pub(super) frames: Option<Frames>,
}

impl Socket {
    fn stream(&mut self) -> io::Result<Pin<&mut Stream>> {
        self.stream.as_mut().map(Pin::new).ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    /// Something has been read.
    fn arrived(&mut self, bytes: &[u8]) {
        let progress = &self.progress;
        match &mut self.frames {
            None if progress.phase.load(Ordering::Relaxed) == IDLE => progress.wait_in(HEAD),
            None => {}
            Some(frames) => {
                frames.take(bytes);
                progress.arrived.store(frames.ended, Ordering::Relaxed);
                progress.head_is_open.store(frames.is_waited_for(), Ordering::Relaxed);
            }
        }
    }

    fn written<T>(&self, result: &Poll<io::Result<T>>) {
        let blocked = result.is_pending();
        if blocked != self.progress.write_blocked.load(Ordering::Relaxed) {
            self.progress.write_blocked.store(blocked, Ordering::Relaxed);
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        *self.progress.returned.lock().unwrap_or_else(PoisonError::into_inner) = self.stream.take();
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = self.stream()?.poll_read(context, buffer);
        if let Some(bytes @ [_, ..]) = buffer.filled().get(before..) {
            self.arrived(bytes);
        }
        result
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let result = self.stream()?.poll_write(context, bytes);
        self.written(&result);
        result
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = self.stream()?.poll_write_vectored(context, slices);
        self.written(&result);
        result
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.as_ref().is_some_and(AsyncWrite::is_write_vectored)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = self.stream()?.poll_flush(context);
        // Under TLS, a write is taken into memory and waits here.
        self.written(&result);
        result
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_raw_answer_counts_its_bytes_right() {
        let text = std::str::from_utf8(super::HEADERS_TOO_SLOW).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}\r\n", body.len())), "{}", body.len());
    }
}
