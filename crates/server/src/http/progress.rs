//! How far a connection is: what it waits for, and whether its place is needed.

use super::stream::Stream;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, OnceLock, PoisonError};
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
    /// Of HTTP/2, what has arrived whole so far, for the same reason.
    pub(super) arrived: AtomicU32,
    /// Of HTTP/2: something has begun to arrive that has to end soon.
    pub(super) head_is_open: AtomicBool,
    /// Of HTTP/2, where requests go on side by side.
    streams: OnceLock<Mutex<Streams>>,
    /// Since when it waits for its peer, if it does; microseconds of [`moment`].
    since: AtomicU64,
    /// Its place is needed.
    must_go: AtomicBool,
    pub(super) told: Notify,
    /// Something is on its way that nobody will read: the connection then lingers.
    pub(super) unread: AtomicBool,
    /// The socket, once hyper has let go of it.
    pub(super) returned: Mutex<Option<Stream>>,
}

pub(super) const IDLE: u8 = 0;
pub(super) const HEAD: u8 = 1;
pub(super) const BODY: u8 = 2;
pub(super) const BUSY: u8 = 3;

/// How many requests of one connection are read and answered at once.
#[derive(Debug, Default)]
struct Streams {
    read: u32,
    answered: u32,
}

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
            arrived: AtomicU32::new(0),
            head_is_open: AtomicBool::new(false),
            streams: OnceLock::new(),
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
        if self.head_is_open.load(Ordering::Relaxed) {
            return Waiting::Head;
        }
        match self.phase.load(Ordering::Relaxed) {
            IDLE => Waiting::Idle,
            HEAD => Waiting::Head,
            _ => Waiting::Busy,
        }
    }

    /// Requests go on side by side from now on.
    pub(super) fn serve_many(&self) {
        let _ = self.streams.set(Mutex::default());
    }

    /// A request has begun, and its body is read.
    pub(super) fn begin(&self) {
        self.step(BODY, |streams| streams.read += 1);
    }

    /// It has been read, and is answered.
    pub(super) fn go_on(&self) {
        self.step(BUSY, |streams| {
            streams.read -= 1;
            streams.answered += 1;
        });
    }

    /// It is answered; `was_read`: it got so far that its content mattered.
    pub(super) fn end(&self, was_read: bool) {
        self.served.fetch_add(1, Ordering::Relaxed);
        self.step(IDLE, |streams| {
            let which = if was_read { &mut streams.answered } else { &mut streams.read };
            *which -= 1;
        });
    }

    /// Goes on to a phase; with requests side by side, to that of the one that is furthest.
    fn step(&self, phase: u8, change: impl FnOnce(&mut Streams)) {
        let Some(streams) = self.streams.get() else {
            if phase == IDLE {
                self.wait_in(IDLE);
            } else {
                self.phase.store(phase, Ordering::Relaxed);
            }
            return;
        };
        let mut streams = streams.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut streams);
        match *streams {
            Streams { read: 0, answered: 0 } => self.wait_in(IDLE),
            Streams { answered: 0, .. } => self.phase.store(BODY, Ordering::Relaxed),
            Streams { .. } => self.phase.store(BUSY, Ordering::Relaxed),
        }
    }

    /// What has happened on it so far.
    pub(super) fn moved(&self) -> u32 {
        self.served.load(Ordering::Relaxed).wrapping_add(self.arrived.load(Ordering::Relaxed))
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
