//! How far a connection is: what it waits for, and whether its place is needed.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex};
use tokio::net::TcpStream;
use tokio::sync::Notify;

/// What the peer is keeping us waiting with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Waiting {
    /// A next request may come or not.
    Idle,
    /// The headers have begun.
    Head,
    /// The request is being read or answered: not the watchdog's business.
    Busy,
    /// It does not take the answer.
    Write,
}

/// What the socket, the service and the watchdog of one connection tell each other, all in one task; and what others may
/// know and say: since when it waits, and that it must go ([`super::places`]).
pub(super) struct Progress {
    pub(super) phase: AtomicU8,
    pub(super) write_blocked: AtomicBool,
    /// Requests answered so far, to see that an idle connection was used meanwhile.
    pub(super) served: AtomicU32,
    /// Since when it waits for its peer, if it does; microseconds of [`moment`].
    since: AtomicU64,
    /// Its place is needed.
    must_go: AtomicBool,
    pub(super) told: Notify,
    /// Something is on its way that nobody will read: the connection then lingers.
    pub(super) unread: AtomicBool,
    /// The socket, once hyper has let go of it.
    pub(super) returned: Mutex<Option<TcpStream>>,
}

pub(super) const IDLE: u8 = 0;
pub(super) const HEAD: u8 = 1;
pub(super) const BODY: u8 = 2;
pub(super) const BUSY: u8 = 3;

/// Now, in microseconds since the first call.
fn moment() -> u64 {
    static FIRST: LazyLock<std::time::Instant> = LazyLock::new(std::time::Instant::now);
    u64::try_from(FIRST.elapsed().as_micros()).unwrap_or(u64::MAX)
}

impl Default for Progress {
    /// A connection that has just been accepted.
    fn default() -> Self {
        Self {
            phase: AtomicU8::new(IDLE),
            write_blocked: AtomicBool::new(false),
            served: AtomicU32::new(0),
            since: AtomicU64::new(moment()),
            must_go: AtomicBool::new(false),
            told: Notify::new(),
            unread: AtomicBool::new(false),
            returned: Mutex::new(None),
        }
    }
}

impl Progress {
    pub(super) fn waiting(&self) -> Waiting {
        if self.write_blocked.load(Ordering::Relaxed) {
            return Waiting::Write;
        }
        match self.phase.load(Ordering::Relaxed) {
            IDLE => Waiting::Idle,
            HEAD => Waiting::Head,
            _ => Waiting::Busy,
        }
    }

    /// It waits for its peer from now on.
    pub(super) fn wait_in(&self, phase: u8) {
        self.since.store(moment(), Ordering::Relaxed);
        self.phase.store(phase, Ordering::Relaxed);
    }

    /// Since when it waits for its peer: for a request, for the rest of one, or for the answer to be taken. `None` while a
    /// request is being answered, or where it was told to go.
    pub(super) fn waiting_since(&self) -> Option<u64> {
        let waits = self.phase.load(Ordering::Relaxed) != BUSY && !self.must_go();
        waits.then(|| self.since.load(Ordering::Relaxed))
    }

    /// Whether its place is needed.
    pub(super) fn must_go(&self) -> bool {
        self.must_go.load(Ordering::Relaxed)
    }

    /// Ends the connection; if a request has come meanwhile, after its answer.
    pub(super) fn tell_to_go(&self) {
        self.must_go.store(true, Ordering::Relaxed);
        self.told.notify_one();
    }

    #[cfg(test)]
    pub(super) fn pretend_idle_since(&self, moment: u64) {
        self.phase.store(IDLE, Ordering::Relaxed);
        self.since.store(moment, Ordering::Relaxed);
    }

    #[cfg(test)]
    pub(super) fn pretend_busy(&self) {
        self.phase.store(BUSY, Ordering::Relaxed);
    }
}
