//! A network that can be broken: a TCP proxy between servers and PostgreSQL.
//!
//! It knows just enough of PostgreSQL's protocol to count the messages of the client: each begins with a byte for its kind
//! and its length, but for the first, which has no kind. A [trap](Proxy::arm) kills a process, or cuts the connection, before or
//! after the n-th.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, tcp};
use tokio::sync::watch;

use super::deployment::free_port;

/// What happens to bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mode {
    /// They pass.
    Forward,
    /// Nobody listens.
    Refuse,
    /// Connections are taken and kept, and nothing passes.
    HalfOpen,
    /// They pass, each piece so much later, in either direction.
    Delay(Duration),
}

/// A proxy; it ends with all its connections when dropped.
pub(crate) struct Proxy {
    port: u16,
    shared: Arc<Shared>,
    runtime: Option<tokio::runtime::Runtime>,
}

struct Shared {
    to: SocketAddr,
    mode: watch::Sender<Mode>,
    /// Another number cuts every connection there is.
    cut: watch::Sender<u64>,
    messages: AtomicU64,
    trap: Mutex<Option<Trap>>,
}

/// What happens at a message.
struct Trap {
    at: u64,
    after: bool,
    effect: Effect,
}

/// What a trap does.
#[derive(Clone)]
pub(crate) enum Effect {
    /// SIGKILL to the process with this id; 0 is one that is being started.
    Kill(Arc<AtomicU32>),
    /// The connection of the message is cut.
    Cut,
}

impl Proxy {
    /// One before the PostgreSQL at this port.
    ///
    /// # Errors
    /// No port, or no threads.
    pub(crate) fn start(to: u16) -> Result<Self> {
        let port = free_port()?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let shared = Arc::new(Shared {
            to: SocketAddr::from((Ipv4Addr::LOCALHOST, to)),
            mode: watch::Sender::new(Mode::Forward),
            cut: watch::Sender::new(0),
            messages: AtomicU64::new(0),
            trap: Mutex::new(None),
        });
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, port)))?;
        runtime.spawn(accept(Arc::clone(&shared), listener, port));
        Ok(Self { port, shared, runtime: Some(runtime) })
    }

    /// A database's URL by way of this proxy.
    ///
    /// # Errors
    /// A URL without a port.
    pub(crate) fn url(&self, direct: &str) -> Result<String> {
        let from = format!("@127.0.0.1:{}/", self.shared.to.port());
        direct.contains(&from).then_some(()).with_context(|| format!("{direct} is not what the proxy is for"))?;
        Ok(direct.replace(&from, &format!("@127.0.0.1:{}/", self.port)))
    }

    /// Changes what happens to bytes.
    pub(crate) fn set(&self, mode: Mode) {
        self.shared.mode.send_replace(mode);
    }

    /// Cuts every connection that there is.
    pub(crate) fn cut(&self) {
        self.shared.cut.send_modify(|number| *number += 1);
    }

    /// Everything passes again; what was half open is gone.
    pub(crate) fn heal(&self) {
        if *self.shared.mode.borrow() == Mode::HalfOpen {
            self.cut();
        }
        self.set(Mode::Forward);
    }

    /// Strikes at the n-th message from now on: before it is forwarded, or right after.
    pub(crate) fn arm(&self, nth: u64, after: bool, effect: Effect) {
        let at = self.shared.messages.load(Ordering::SeqCst) + nth;
        *self.shared.trap.lock().unwrap_or_else(PoisonError::into_inner) = Some(Trap { at, after, effect });
    }

    /// Strikes no more; whether it has.
    pub(crate) fn disarm(&self) -> bool {
        self.shared.trap.lock().unwrap_or_else(PoisonError::into_inner).take().is_none()
    }

    /// Messages of clients so far.
    pub(crate) fn messages(&self) -> u64 {
        self.shared.messages.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn accept(shared: Arc<Shared>, listener: TcpListener, port: u16) {
    let mut listener = Some(listener);
    let mut mode = shared.mode.subscribe();
    loop {
        if *mode.borrow_and_update() == Mode::Refuse {
            listener = None;
            if mode.changed().await.is_err() {
                return;
            }
            continue;
        }
        let Some(open) = &listener else {
            listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.ok();
            if listener.is_none() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            continue;
        };
        tokio::select! {
            changed = mode.changed() => {
                if changed.is_err() {
                    return;
                }
            }
            accepted = open.accept() => {
                if let Ok((stream, _)) = accepted {
                    tokio::spawn(connection(Arc::clone(&shared), stream));
                }
            }
        }
    }
}

async fn connection(shared: Arc<Shared>, client: TcpStream) {
    let mut cut = shared.cut.subscribe();
    cut.borrow_and_update();
    let work = async {
        passing(&shared).await;
        let server = TcpStream::connect(shared.to).await.ok()?;
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        // When either side has ended, both are closed.
        tokio::select! {
            _ = requests(&shared, from_client, to_server) => {}
            _ = answers(&shared, from_server, to_client) => {}
        }
        Some(())
    };
    tokio::select! {
        _ = work => {}
        _ = cut.changed() => {}
    }
}

/// Waits while nothing passes.
async fn passing(shared: &Shared) {
    let mut mode = shared.mode.subscribe();
    let Ok(now) = mode.wait_for(|mode| *mode != Mode::HalfOpen).await.map(|mode| *mode) else {
        return;
    };
    if let Mode::Delay(delay) = now {
        tokio::time::sleep(delay).await;
    }
}

async fn answers(shared: &Shared, mut from: tcp::OwnedReadHalf, mut to: tcp::OwnedWriteHalf) -> Result<()> {
    let mut chunk = vec![0; 16 * 1024];
    loop {
        let read = from.read(&mut chunk).await?;
        passing(shared).await;
        if read == 0 {
            return Ok(());
        }
        to.write_all(chunk.get(..read).unwrap_or_default()).await?;
    }
}

async fn requests(shared: &Shared, mut from: tcp::OwnedReadHalf, mut to: tcp::OwnedWriteHalf) -> Result<()> {
    let mut chunk = vec![0; 16 * 1024];
    let (mut pending, mut started) = (Vec::new(), false);
    loop {
        let read = from.read(&mut chunk).await?;
        passing(shared).await;
        if read == 0 {
            return Ok(());
        }
        pending.extend_from_slice(chunk.get(..read).unwrap_or_default());
        let mut done = 0;
        while let Some(length) = message(pending.get(done..).unwrap_or_default(), started) {
            started = true;
            let whole = pending.get(done..done + length).unwrap_or_default();
            done += length;
            let number = shared.messages.fetch_add(1, Ordering::SeqCst) + 1;
            match sprung(shared, number) {
                None => to.write_all(whole).await?,
                Some(trap) => {
                    if trap.after {
                        to.write_all(whole).await?;
                    }
                    // Then the connection ends: that of a victim, as the kernel closes it.
                    if let Effect::Kill(victim) = &trap.effect {
                        kill(victim).await;
                    }
                    return Ok(());
                }
            }
        }
        pending.drain(..done);
    }
}

/// The length of the message that these bytes begin with, if it is whole.
fn message(bytes: &[u8], started: bool) -> Option<usize> {
    let kind = usize::from(started);
    let length: [u8; 4] = bytes.get(kind..kind + 4)?.try_into().ok()?;
    let length = usize::try_from(u32::from_be_bytes(length)).ok()?.max(4) + kind;
    (bytes.len() >= length).then_some(length)
}

fn sprung(shared: &Shared, number: u64) -> Option<Trap> {
    let mut trap = shared.trap.lock().unwrap_or_else(PoisonError::into_inner);
    if trap.as_ref().is_some_and(|trap| number >= trap.at) { trap.take() } else { None }
}

async fn kill(victim: &AtomicU32) {
    let started = Instant::now();
    let mut pid = victim.load(Ordering::SeqCst);
    while pid == 0 && started.elapsed() < Duration::from_secs(2) {
        tokio::time::sleep(Duration::from_millis(1)).await;
        pid = victim.load(Ordering::SeqCst);
    }
    if let Some(pid) = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw) {
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_told_apart() {
        assert_eq!(message(&[0, 0, 0, 9, 1, 2, 3, 4], false), None);
        assert_eq!(message(&[0, 0, 0, 8, 1, 2, 3, 4, b'Q'], false), Some(8));
        assert_eq!(message(&[b'Q', 0, 0, 0, 6, b'x', 0, b'S'], true), Some(7));
        assert_eq!(message(&[b'S', 0, 0, 0], true), None);
        assert_eq!(message(&[b'S', 0, 0, 0, 4], true), Some(5));
    }

    #[test]
    fn bytes_pass_stop_and_pass_again() {
        use std::io::{Read, Write};
        let echo = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = echo.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for stream in echo.incoming() {
                let mut stream = stream.unwrap();
                std::thread::spawn(move || {
                    let mut bytes = [0; 64];
                    while let Ok(read) = stream.read(&mut bytes) {
                        if read == 0 || stream.write_all(&bytes[..read]).is_err() {
                            return;
                        }
                    }
                });
            }
        });
        let proxy = Proxy::start(port).unwrap();
        let open = || {
            let stream = std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, proxy.port)).unwrap();
            stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
            stream
        };
        let echoed = |stream: &mut std::net::TcpStream| {
            let mut bytes = [0; 5];
            stream.write_all(&[0, 0, 0, 5, 1]).is_ok() && stream.read_exact(&mut bytes).is_ok()
        };
        let mut first = open();
        assert!(echoed(&mut first));
        assert_eq!(proxy.messages(), 1);
        proxy.set(Mode::HalfOpen);
        assert!(!echoed(&mut open()));
        proxy.heal();
        assert!(!echoed(&mut first));
        assert!(echoed(&mut open()));
        proxy.set(Mode::Refuse);
        std::thread::sleep(Duration::from_millis(50));
        assert!(std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, proxy.port)).is_err());
        proxy.heal();
        std::thread::sleep(Duration::from_millis(50));
        assert!(echoed(&mut open()));
    }
}
