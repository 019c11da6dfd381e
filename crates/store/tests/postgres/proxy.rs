//! A wire between the store and the database that can be cut where a test wants it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Forwards connections to the database.
pub(crate) struct Proxy {
    port: u16,
    cuts: Arc<Cuts>,
}

#[derive(Default)]
struct Cuts {
    /// The next answers do not arrive: the connection ends instead.
    swallow: AtomicU32,
    /// Nothing goes either way, and nobody says so.
    silent: AtomicBool,
}

impl Proxy {
    /// In front of the database of a URL.
    pub(crate) async fn before(url: &str) -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (start, rest) = url.split_once("127.0.0.1:").unwrap();
        let (behind, rest) = rest.split_once('/').unwrap();
        let behind: u16 = behind.parse().unwrap();
        let cuts = Arc::new(Cuts::default());
        let shared = Arc::clone(&cuts);
        tokio::spawn(async move {
            while let Ok((front, _)) = listener.accept().await {
                tokio::spawn(forward(front, behind, Arc::clone(&shared)));
            }
        });
        (Self { port, cuts }, format!("{start}127.0.0.1:{port}/{rest}"))
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Of the next `count` answers none arrives; each takes its connection along.
    pub(crate) fn swallow(&self, count: u32) {
        self.cuts.swallow.store(count, Ordering::SeqCst);
    }

    /// How many of them are still to come.
    pub(crate) fn left_to_swallow(&self) -> u32 {
        self.cuts.swallow.load(Ordering::SeqCst)
    }

    /// From now on (or no longer) nothing arrives anywhere, and no connection ends.
    pub(crate) fn silence(&self, silent: bool) {
        self.cuts.silent.store(silent, Ordering::SeqCst);
    }
}

async fn forward(mut front: TcpStream, behind: u16, cuts: Arc<Cuts>) {
    let Ok(mut back) = TcpStream::connect(("127.0.0.1", behind)).await else { return };
    let (mut up, mut down) = (vec![0; 65_536], vec![0; 65_536]);
    loop {
        tokio::select! {
            read = front.read(&mut up) => match read {
                Ok(count) if count > 0 => {
                    if cuts.silent.load(Ordering::SeqCst) {
                        return std::future::pending().await;
                    }
                    if back.write_all(&up[..count]).await.is_err() { return }
                }
                _ => return,
            },
            read = back.read(&mut down) => match read {
                Ok(count) if count > 0 => {
                    if cuts.silent.load(Ordering::SeqCst) {
                        return std::future::pending().await;
                    }
                    if cuts.swallow.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() {
                        return;
                    }
                    if front.write_all(&down[..count]).await.is_err() { return }
                }
                _ => return,
            },
        }
    }
}
