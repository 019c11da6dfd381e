//! In step with the database: what other processes write there is known here within a tenth of a second.
//!
//! 1. [`crate::jobs::follow`] asks the database ten times a second: its time for the clock, the number of its last change.
//!    Where that number is a new one, what changed is taken in, in order ([`Follower::catch_up`]).
//! 2. Whoever decides from what is remembered, or issues anything, asks first that this server was in step a second ago
//!    ([`Follower::current`]): one that was cut off knows neither who was suspended nor what was revoked. Then it catches up
//!    first, or says 503.
//! 3. A database that is another one than was followed (a copy that was put back, a standby that had lagged behind) is told
//!    by its numbers. Then everything is read anew, and what is known to be revoked stays so.

use crate::state::clients::Clients;
use crate::state::clock::Clock;
use crate::state::health::Health;
use crate::state::revoked::Revoked;
use crate::state::secrets::Secrets;
use crate::state::sites::Sites;
use claviger_store::{ChangeKind, Fault, Heartbeat, Store};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

/// How long ago, in milliseconds, a server was in step that still decides by itself.
const FRESH: i64 = 1_000;

/// How long one attempt to catch up may take, and how long a request waits for its turn.
const PATIENCE: Duration = Duration::from_secs(2);

/// The most that is read at once.
const PAGE: i64 = 1_000;

/// No such time.
const UNKNOWN: i64 = i64::MIN;

/// How far the database has been followed.
#[derive(Debug)]
pub(crate) struct Followed {
    /// The number of the last change taken in.
    change: AtomicI64,
    /// When that change was made, by which one history is told from another.
    made_at: AtomicI64,
    /// The number of the last revocation taken in.
    revocation: AtomicI64,
    /// There are others behind it.
    more_revocations: AtomicBool,
    /// Everything that was written before this reading of the monotonic clock has been taken in.
    as_of: AtomicI64,
    /// Attempts to catch up are numbered; held while one is under way.
    turn: tokio::sync::Mutex<()>,
    begun: AtomicU64,
    succeeded: AtomicU64,
    failed: AtomicU64,
}

impl Followed {
    /// From change number `change` on, which was the last at `as_of` on the monotonic clock.
    pub(crate) fn new(change: i64, as_of: i64) -> Self {
        Self {
            change: AtomicI64::new(change),
            made_at: AtomicI64::new(UNKNOWN),
            revocation: AtomicI64::new(0),
            more_revocations: AtomicBool::new(false),
            as_of: AtomicI64::new(as_of),
            turn: tokio::sync::Mutex::new(()),
            begun: AtomicU64::new(0),
            succeeded: AtomicU64::new(0),
            failed: AtomicU64::new(0),
        }
    }

    /// How many milliseconds ago everything was known.
    pub(crate) fn age(&self, now: i64) -> i64 {
        now.saturating_sub(self.as_of.load(Ordering::Acquire)).max(0)
    }

    /// Whether the database is not the one that was followed until now.
    fn is_another(&self, heartbeat: &Heartbeat) -> bool {
        let made_at = self.made_at.load(Ordering::Acquire);
        heartbeat.change < self.change.load(Ordering::Acquire)
            || (made_at != UNKNOWN && heartbeat.known_at.is_some_and(|at| at != made_at))
    }

    fn advance(&self, change: i64) {
        self.change.store(change, Ordering::Release);
        self.made_at.store(UNKNOWN, Ordering::Release);
    }
}

/// This server does not know what the others know, for this reason.
#[derive(Debug)]
pub(crate) struct NotCurrent(pub(crate) Fault);

/// The parts that follow the database: how far, by which store and clock, what is made of it in memory, and who hears of it.
#[derive(Clone, Copy)]
pub(crate) struct Follower<'a> {
    pub(crate) followed: &'a Followed,
    /// One that does not wait behind requests.
    pub(crate) store: &'a Store,
    pub(crate) clock: &'a Clock,
    pub(crate) sites: &'a Sites,
    pub(crate) clients: &'a Clients,
    pub(crate) revoked: &'a Revoked,
    pub(crate) secrets: &'a Secrets,
    pub(crate) health: &'a Health,
}

impl Follower<'_> {
    /// Whether this server was in step with the database a moment ago.
    pub(crate) fn is_current(&self) -> bool {
        self.followed.age(self.clock.monotonic()) <= FRESH
    }

    /// Sees to it that this server is in step with the database: nearly always it is; otherwise it tries once to catch up,
    /// for all who ask meanwhile.
    ///
    /// # Errors
    /// The database cannot be reached, or does not answer in time.
    pub(crate) async fn current(&self) -> Result<(), NotCurrent> {
        if self.is_current() { Ok(()) } else { Box::pin(self.become_current()).await }
    }

    async fn become_current(&self) -> Result<(), NotCurrent> {
        let followed = self.followed;
        let begun = followed.begun.load(Ordering::Acquire);
        let ended = followed.succeeded.load(Ordering::Acquire).max(followed.failed.load(Ordering::Acquire));
        let _turn = tokio::time::timeout(PATIENCE, followed.turn.lock()).await.map_err(|_| out_of_step())?;
        // Where the database is slow, what began after this request came is fresh enough, however long it took.
        if self.is_current() || followed.succeeded.load(Ordering::Acquire) > begun {
            return Ok(());
        }
        if followed.failed.load(Ordering::Acquire) > ended {
            return Err(out_of_step());
        }
        self.attempt().await.map_err(NotCurrent)
    }

    /// Takes in everything that is new in the database, whoever wrote it. What this process wrote before is then known to
    /// its own requests and to the APIs that wait for the feed.
    ///
    /// # Errors
    /// The database cannot be read.
    pub(crate) async fn catch_up(&self) -> Result<(), NotCurrent> {
        let followed = self.followed;
        let begun = followed.begun.load(Ordering::Acquire);
        let _turn = followed.turn.lock().await;
        // Somebody's attempt began after the caller's write: it has seen it.
        if followed.succeeded.load(Ordering::Acquire) > begun {
            return Ok(());
        }
        if followed.failed.load(Ordering::Acquire) > begun {
            return Err(out_of_step());
        }
        self.attempt().await.map_err(NotCurrent)
    }

    /// One attempt; the caller holds the turn.
    async fn attempt(&self) -> Result<(), Fault> {
        let number = self.followed.begun.fetch_add(1, Ordering::AcqRel) + 1;
        let result = tokio::time::timeout(PATIENCE, self.step()).await.unwrap_or(Err(Fault::Busy));
        let now = self.clock.monotonic();
        match &result {
            Ok(()) => {
                self.followed.succeeded.store(number, Ordering::Release);
                self.health.reached(now);
            }
            Err(fault) => {
                self.followed.failed.store(number, Ordering::Release);
                self.health.not_reached(now, self.is_current(), fault);
            }
        }
        result
    }

    async fn step(&self) -> Result<(), Fault> {
        let followed = self.followed;
        let known = followed.change.load(Ordering::Acquire);
        let asked = self.clock.monotonic();
        let heartbeat = self.store.heartbeat(known).await?;
        self.clock.hear(asked, self.clock.monotonic(), heartbeat.time);
        if followed.is_another(&heartbeat) {
            self.health.started_over(known, heartbeat.change);
            self.forget_everything();
            self.revoked.start_over();
            followed.revocation.store(0, Ordering::Release);
            followed.more_revocations.store(true, Ordering::Release);
            followed.advance(heartbeat.change);
        } else if heartbeat.change > known {
            self.take_in_changes(known).await?;
        } else if let Some(at) = heartbeat.known_at {
            followed.made_at.store(at, Ordering::Release);
        }
        self.secrets.keep_up(self.store, self.clock.monotonic()).await?;
        // An attempt that is cut short goes on where it was.
        if followed.more_revocations.load(Ordering::Acquire) {
            self.load_revocations().await?;
            followed.more_revocations.store(false, Ordering::Release);
        }
        followed.as_of.fetch_max(asked, Ordering::AcqRel);
        Ok(())
    }

    async fn take_in_changes(&self, mut known: i64) -> Result<(), Fault> {
        loop {
            let changes = self.store.changes_after(known, PAGE).await?;
            if changes.reset {
                tracing::info!(known, last = changes.seq, "too many changes were missed; everything is read anew");
                self.forget_everything();
                self.followed.more_revocations.store(true, Ordering::Release);
            }
            for change in &changes.items {
                self.take_in(change.kind, &change.realm, &change.id);
            }
            known = changes.seq;
            self.followed.advance(known);
            if i64::try_from(changes.items.len()).is_ok_and(|count| count < PAGE) {
                return Ok(());
            }
        }
    }

    /// Takes in every revocation that is new in the database.
    ///
    /// # Errors
    /// The database cannot be read.
    pub(crate) async fn load_revocations(&self) -> Result<(), Fault> {
        loop {
            let after = self.followed.revocation.load(Ordering::Acquire);
            let found = self.store.revocations_after(None, after, PAGE).await?;
            for item in &found.items {
                self.revoked.add(&item.realm, item.kind, &item.value, item.before, item.expires_at);
            }
            self.followed.revocation.store(found.seq, Ordering::Release);
            if found.reset {
                self.revoked.start_over();
                continue;
            }
            self.revoked.advance(found.seq);
            if i64::try_from(found.items.len()).is_ok_and(|count| count < PAGE) {
                return Ok(());
            }
        }
    }

    fn take_in(&self, kind: ChangeKind, realm: &str, id: &str) {
        match kind {
            // Keys of no realm are the server's own.
            ChangeKind::Keys if realm.is_empty() => self.secrets.forget(),
            ChangeKind::Realm | ChangeKind::Keys => self.sites.forget(realm),
            ChangeKind::Client => self.clients.forget(realm, id),
            // A user's password may be a client's secret.
            ChangeKind::User => self.clients.forget_user(realm, id),
            ChangeKind::Revocation => self.followed.more_revocations.store(true, Ordering::Release),
            // What a newer program writes may concern anything.
            ChangeKind::Other => {
                self.forget_everything();
                self.followed.more_revocations.store(true, Ordering::Release);
            }
        }
    }

    fn forget_everything(&self) {
        self.clients.forget_all();
        self.sites.forget_all();
        self.secrets.forget();
    }
}

/// For a request that came while an attempt failed: one is enough for all.
fn out_of_step() -> NotCurrent {
    NotCurrent(Fault::Unavailable("this server is not in step with it".to_owned()))
}

#[cfg(test)]
mod tests;
