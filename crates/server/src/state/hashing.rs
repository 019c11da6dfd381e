//! Argon2id for the passwords of people and for imported secrets: slow on purpose, so it is kept away from all else.
//!
//! As many threads as cores hash, one password each, in memory of their own that is kept while there is work and given
//! back after. They run at a low priority: a flood of logins takes what tokens leave. The queue before them is short
//! and shared fairly ([`queue`]); whoever finds it full is told to come back ([`Busy`]) instead of waiting for longer than
//! anybody would.

mod foreign;
mod queue;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use claviger_core::crypto::entropy::random_bytes;
use claviger_core::precis;
use claviger_core::token::Plain;
use foreign::{Pace, Timed};
use queue::Queue;
pub use queue::Turn;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use subtle::ConstantTimeEq;
use tokio::sync::oneshot;

/// 19 MiB, two passes, one lane: the least that OWASP recommends for Argon2id.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const OUTPUT: usize = 32;

/// What a stored hash may ask for at most, so that no imported one ties a thread up: 64 MiB, ten passes, eight lanes.
const MOST_MEMORY_KIB: u32 = 64 * 1024;
const MOST_PASSES: u32 = 10;
const MOST_LANES: u32 = 8;

/// How long a thread keeps its memory without work.
const IDLE: Duration = Duration::from_secs(30);

/// Too many passwords wait to be hashed (503 with `Retry-After`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many passwords are being checked; try again in {retry_after} s")]
pub struct Busy {
    /// Seconds after which it is worth trying again.
    pub retry_after: u32,
}

const BUSY: Busy = Busy { retry_after: 1 };

/// Hashes passwords. Cloning gives another handle; the threads end with the last one.
#[derive(Clone)]
pub struct Hasher(Arc<Handle>);

struct Handle(Arc<Shared>);

struct Shared {
    work: Mutex<Work>,
    more: Condvar,
    idle: Duration,
    hashed: AtomicUsize,
    /// Memory blocks (1 KiB each) held by all threads.
    held: AtomicUsize,
    pace: Pace,
}

struct Work {
    waiting: Queue<Job>,
    closed: bool,
}

struct Job {
    password: Plain,
    stored: Stored,
    /// The hash of another program that the password is compared with first.
    foreign: Option<Arc<Timed>>,
    answer: oneshot::Sender<Hashed>,
}

/// What a password is hashed with.
struct Stored {
    params: Params,
    salt: Vec<u8>,
    hash: Option<Vec<u8>>,
}

/// What came out: a new hash, or whether it is the stored one.
enum Hashed {
    New(String),
    Same(bool),
    Failed,
}

/// The forms in which a password is tried: as it was typed, and where that is another one in its normal form
/// (RFC 8265 4.2). What is stored from now on is the hash of the latter.
pub(crate) fn forms_of(password: &Plain) -> impl Iterator<Item = Plain> + use<> {
    let normal = normal_form(password);
    let differs = normal.expose() != password.expose();
    [Some(password.clone()), differs.then_some(normal)].into_iter().flatten()
}

/// The form of which a hash is stored.
pub(crate) fn normal_form(password: &Plain) -> Plain {
    Plain::from(&*precis::opaque(password.expose()))
}

/// Whether a hash is one that is stored as it is: Argon2id, within the bounds, of no less than ours cost.
pub(crate) fn is_as_strong_as_ours(phc: &str) -> bool {
    let strong = |params: &Params| params.m_cost() >= MEMORY_KIB && params.t_cost() >= PASSES;
    Stored::parse(phc).is_some_and(|stored| strong(&stored.params))
}

impl Hasher {
    /// Starts `workers` threads with room for `queue` passwords that wait. The threads hold no memory to speak of before
    /// the first password.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn new(workers: usize, queue: usize) -> std::io::Result<Self> {
        Self::with_idle_time(workers, queue, IDLE)
    }

    fn with_idle_time(workers: usize, queue: usize, idle: Duration) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            work: Mutex::new(Work { waiting: Queue::new(queue), closed: false }),
            more: Condvar::new(),
            idle,
            hashed: AtomicUsize::new(0),
            held: AtomicUsize::new(0),
            pace: Pace::default(),
        });
        for number in 0..workers.max(1) {
            let shared = Arc::clone(&shared);
            std::thread::Builder::new().name(format!("hashing-{number}")).spawn(move || shared.hash_all())?;
        }
        Ok(Self(Arc::new(Handle(shared))))
    }

    /// Hashes a new password with a random salt; the result is a PHC string (`$argon2id$v=19$m=..`).
    ///
    /// # Errors
    /// [`Busy`].
    pub async fn hash(&self, password: Plain) -> Result<String, Busy> {
        let stored = Stored { params: usual(), salt: random_bytes::<16>().to_vec(), hash: None };
        match self.run(Turn::OURS, password, stored, None).await? {
            Hashed::New(phc) => Ok(phc),
            Hashed::Same(_) | Hashed::Failed => Err(BUSY),
        }
    }

    /// Whether `password` is the one whose hash is stored. A stored hash that cannot be read (another algorithm, absurd
    /// costs) is nobody's password: that costs what a check costs, is logged, and is `false`.
    ///
    /// # Errors
    /// [`Busy`].
    pub async fn verify(&self, password: Plain, phc: impl AsRef<str>) -> Result<bool, Busy> {
        self.verify_for(Turn::OURS, password, phc).await
    }

    /// The same for somebody, who waits behind others of the same turn.
    ///
    /// # Errors
    /// [`Busy`].
    pub async fn verify_for(&self, turn: Turn, password: Plain, phc: impl AsRef<str>) -> Result<bool, Busy> {
        let Some(stored) = Stored::parse(phc.as_ref()) else {
            tracing::error!("a stored password hash is not readable argon2id");
            self.verify_against_nothing(turn).await?;
            return Ok(false);
        };
        Ok(matches!(self.run(turn, password, stored, None).await?, Hashed::Same(true)))
    }

    /// Costs what a check costs, for users that do not exist: nobody can tell from the time whether a user does.
    ///
    /// # Errors
    /// [`Busy`].
    pub async fn verify_against_nothing(&self, turn: Turn) -> Result<(), Busy> {
        let stored = Stored { params: usual(), salt: vec![0; 16], hash: Some(vec![0; OUTPUT]) };
        self.run(turn, Plain::from("nobody's"), stored, None).await.map(drop)
    }

    /// How many passwords wait; for metrics.
    pub fn waiting(&self) -> usize {
        self.0.0.work().waiting.len()
    }

    /// Whether somebody's password would be hashed, and not be one too many.
    pub(crate) fn has_room(&self, turn: Turn) -> bool {
        self.0.0.work().waiting.has_room(turn, Job::is_wanted)
    }

    /// How many were hashed.
    #[cfg(test)]
    pub(crate) fn hashed(&self) -> usize {
        self.0.0.hashed.load(Ordering::Relaxed)
    }

    async fn run(
        &self,
        turn: Turn,
        password: Plain,
        stored: Stored,
        foreign: Option<Arc<Timed>>,
    ) -> Result<Hashed, Busy> {
        let shared = &self.0.0;
        let (answer, hashed) = oneshot::channel();
        shared
            .work()
            .waiting
            .push(turn, Job { password, stored, foreign, answer }, Job::is_wanted)
            .map_err(|_| BUSY)?;
        shared.more.notify_one();
        // One that had to make room is dropped, and its caller told so.
        hashed.await.map_err(|_| BUSY)
    }
}

impl Job {
    /// Those who gave up need no place.
    fn is_wanted(&self) -> bool {
        !self.answer.is_closed()
    }

    /// Hashes; for a hash of another program after that, whether the password was right or not, so that both cost the same.
    fn run(&self, memory: &mut Memory<'_>) -> Result<Hashed, argon2::Error> {
        let is_right = self.foreign.as_ref().map(|foreign| foreign.is_of(self.password.expose()));
        let hashed = hash(&self.password, &self.stored, memory)?;
        Ok(if is_right == Some(false) { Hashed::Same(false) } else { hashed })
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.work().closed = true;
        self.0.more.notify_all();
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hasher").field("waiting", &self.waiting()).finish_non_exhaustive()
    }
}

impl Shared {
    fn work(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a thread does from its start to its end.
    fn hash_all(&self) {
        give_way();
        let mut memory = Memory { blocks: Vec::new(), held: &self.held };
        while let Some(job) = self.next(&mut memory) {
            if !job.is_wanted() {
                continue;
            }
            self.hashed.fetch_add(1, Ordering::Relaxed);
            let hashed = job.run(&mut memory);
            let _ = job.answer.send(hashed.unwrap_or(Hashed::Failed));
        }
    }

    /// Waits for the next password; `None` when there will be no more.
    fn next(&self, memory: &mut Memory<'_>) -> Option<Job> {
        let mut work = self.work();
        loop {
            if let Some(job) = work.waiting.pop() {
                return Some(job);
            }
            if work.closed {
                return None;
            }
            if memory.blocks.is_empty() {
                work = self.more.wait(work).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let (again, waited) = self.more.wait_timeout(work, self.idle).unwrap_or_else(PoisonError::into_inner);
            work = again;
            if waited.timed_out() && work.waiting.is_empty() {
                memory.release();
            }
        }
    }
}

/// The memory of one thread.
struct Memory<'a> {
    blocks: Vec<Block>,
    held: &'a AtomicUsize,
}

impl Memory<'_> {
    /// At least so many blocks.
    fn at_least(&mut self, count: usize) -> &mut [Block] {
        // Reserved, not touched: beyond 32 MiB every allocator takes memory straight from the system, and gives it back
        // when freed instead of keeping it.
        const RESERVED: usize = 33 * 1024;
        if self.blocks.len() < count {
            self.held.fetch_add(count - self.blocks.len(), Ordering::Relaxed);
            self.blocks.reserve_exact(count.max(RESERVED) - self.blocks.len());
            self.blocks.resize(count, Block::default());
        }
        &mut self.blocks
    }

    fn release(&mut self) {
        self.held.fetch_sub(self.blocks.len(), Ordering::Relaxed);
        self.blocks = Vec::new();
    }
}

impl Drop for Memory<'_> {
    fn drop(&mut self) {
        self.release();
    }
}

fn usual() -> Params {
    Params::new(MEMORY_KIB, PASSES, LANES, Some(OUTPUT)).unwrap_or(Params::DEFAULT)
}

fn hash(password: &Plain, stored: &Stored, memory: &mut Memory<'_>) -> Result<Hashed, argon2::Error> {
    let mut out = vec![0; stored.params.output_len().unwrap_or(OUTPUT)];
    let blocks = memory.at_least(stored.params.block_count());
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, stored.params.clone());
    argon2.hash_password_into_with_memory(password.expose().as_bytes(), &stored.salt, &mut out, blocks)?;
    Ok(match &stored.hash {
        Some(hash) => Hashed::Same(hash.ct_eq(&out).into()),
        None => Hashed::New(stored.phc(&out)),
    })
}

impl Stored {
    /// Reads a PHC string; `None` for another algorithm or version, and for costs beyond the bounds.
    fn parse(phc: &str) -> Option<Self> {
        let parsed = argon2::PasswordHash::new(phc).ok()?;
        if parsed.algorithm.as_str() != "argon2id" || parsed.version != Some(Version::V0x13.into()) {
            return None;
        }
        let params = Params::try_from(&parsed).ok()?;
        let bounded =
            params.m_cost() <= MOST_MEMORY_KIB && params.t_cost() <= MOST_PASSES && params.p_cost() <= MOST_LANES;
        let hash = parsed.hash?.as_bytes().to_vec();
        let salt = parsed.salt?.as_ref().to_vec();
        (bounded && hash.len() >= 16).then_some(Self { params, salt, hash: Some(hash) })
    }

    fn phc(&self, hash: &[u8]) -> String {
        use base64::Engine;
        let base64 = |bytes: &[u8]| base64::engine::general_purpose::STANDARD_NO_PAD.encode(bytes);
        format!(
            "$argon2id$v=19$m={},t={},p={}${}${}",
            self.params.m_cost(),
            self.params.t_cost(),
            self.params.p_cost(),
            base64(&self.salt),
            base64(hash)
        )
    }
}

/// Lowers the calling thread's priority (on Linux, a "process" here is one thread). Where that is not possible,
/// hashing is merely as important as the rest.
fn give_way() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, 15) {
        tracing::debug!(%error, "the priority of hashing stays as it is");
    }
}

#[cfg(test)]
mod tests {
    use super::{Hasher, MEMORY_KIB, Plain, Stored, Turn};
    use std::sync::atomic::Ordering;
    use std::time::{Duration, Instant};

    fn plain(text: &str) -> Plain {
        Plain::from(text)
    }

    #[tokio::test]
    async fn a_password_is_known_again_and_another_is_not() {
        let hasher = Hasher::new(2, 8).unwrap();
        let phc = hasher.hash(plain("correct horse")).await.unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert_ne!(phc, hasher.hash(plain("correct horse")).await.unwrap());
        assert!(hasher.verify(plain("correct horse"), &phc).await.unwrap());
        assert!(!hasher.verify(plain("correct horsf"), &phc).await.unwrap());
        assert!(!hasher.verify(plain(""), &phc).await.unwrap());
    }

    #[tokio::test]
    async fn hashes_of_other_programs_are_known() {
        // From the Argon2 reference implementation's own tests: password "password", salt "somesalt".
        let phc = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
        let hasher = Hasher::new(1, 8).unwrap();
        assert!(hasher.verify(plain("password"), phc).await.unwrap());
        assert!(!hasher.verify(plain("Password"), phc).await.unwrap());
        let lanes = "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc";
        assert!(hasher.verify(plain("password"), lanes).await.unwrap());
    }

    #[tokio::test]
    async fn what_is_not_argon2id_or_absurd_is_nobodys_password() {
        let hasher = Hasher::new(1, 8).unwrap();
        for phc in [
            "",
            "password",
            "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8",
            "$argon2id$v=16$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
            "$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
            "$argon2id$v=19$m=256,t=4000000,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
            "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ",
            "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAA",
            "$2b$10$abcdefghijklmnopqrstuv",
        ] {
            assert!(Stored::parse(phc).is_none(), "{phc}");
            assert!(!hasher.verify(plain("password"), phc).await.unwrap());
        }
    }

    #[tokio::test]
    async fn an_unknown_user_costs_one_hash_as_a_known_one_does() {
        let hasher = Hasher::new(1, 8).unwrap();
        hasher.verify_against_nothing(Turn::OURS).await.unwrap();
        assert_eq!(hasher.0.0.hashed.load(Ordering::Relaxed), 1);
        assert_eq!(hasher.0.0.held.load(Ordering::Relaxed), MEMORY_KIB as usize);
    }

    #[tokio::test]
    async fn a_full_queue_is_busy_at_once() {
        let hasher = Hasher::new(1, 2).unwrap();
        let began = Instant::now();
        let tasks: Vec<_> = (0..30)
            .map(|_| {
                let hasher = hasher.clone();
                tokio::spawn(async move { hasher.verify_against_nothing(Turn::OURS).await })
            })
            .collect();
        let mut done = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(()) => done += 1,
                Err(busy) => assert_eq!(busy.retry_after, 1),
            }
        }
        // One turn has half of the places.
        assert!((1..=10).contains(&done), "{done} of 30, in {:?}", began.elapsed());
        assert_eq!(hasher.waiting(), 0);
    }

    #[tokio::test]
    async fn who_gave_up_is_not_hashed_for() {
        let hasher = Hasher::new(1, 8).unwrap();
        let first = tokio::spawn({
            let hasher = hasher.clone();
            async move { hasher.verify_against_nothing(Turn::OURS).await }
        });
        tokio::task::yield_now().await;
        for _ in 0..8 {
            let abandoned = tokio::time::timeout(Duration::ZERO, hasher.hash(plain("y"))).await;
            assert!(abandoned.is_err());
        }
        first.await.unwrap().unwrap();
        hasher.verify_against_nothing(Turn::OURS).await.unwrap();
        assert!(hasher.0.0.hashed.load(Ordering::Relaxed) < 6);
    }

    #[tokio::test]
    async fn memory_is_held_only_while_there_is_work() {
        let hasher = Hasher::with_idle_time(2, 8, Duration::from_millis(20)).unwrap();
        assert_eq!(hasher.0.0.held.load(Ordering::Relaxed), 0);
        hasher.verify_against_nothing(Turn::OURS).await.unwrap();
        let began = Instant::now();
        while hasher.0.0.held.load(Ordering::Relaxed) > 0 {
            assert!(began.elapsed() < Duration::from_secs(10), "the memory is kept");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        hasher.verify_against_nothing(Turn::OURS).await.unwrap();
    }
}
