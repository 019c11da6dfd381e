//! Group 1: SIGKILL at every write, every sync and every answer of what must be exactly once.
//!
//! On SQLite `strace` puts a SIGKILL in place of the n-th system call that writes; on PostgreSQL the [proxy](super::proxy)
//! kills the server before or after its n-th message to the database. n goes up until the operation comes through
//! unharmed. After each kill a server is started on what is left, and the client goes on as a client would.

use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::challenge::{CameBack, Said};
use super::deployment::{Deployment, Node};
use super::factors::SignIn;
use super::link::Link;
use super::operations::{Approve, Check, Exchange, Operation, Refresh, Seat};
use super::peer::Peer;
use super::proxy::{Effect, Proxy};
use super::strace::{ANSWER, DISK, Injury, Strace};
use super::trial::Trial;
use super::{BOTH, Entry, Kind};
use claviger_testing::http::Answer;

/// The cases.
pub(crate) const CASES: &[Entry] = &[
    ("kill-exchange", BOTH, "SIGKILL at every write of a code's exchange: one family at most, and it lives", exchange),
    (
        "kill-refresh",
        BOTH,
        "SIGKILL at every write of a refresh: the client goes on with the old or the new token",
        refresh,
    ),
    ("kill-seat", BOTH, "SIGKILL at every write of a claim: never more seats than the pool has", seat),
    ("kill-approve", BOTH, "SIGKILL at every write of a consent: approved or not, never half", approve),
    (
        "kill-factor",
        BOTH,
        "SIGKILL at every write of a sign-in by an app's code, a recovery code, a passkey: each lets in once at most",
        factor,
    ),
    (
        "kill-app",
        BOTH,
        "SIGKILL at every write of `claviger app approve`: done or not, and the mail is sent",
        super::kill_app::run,
    ),
    (
        "kill-link",
        BOTH,
        "SIGKILL at every write of a password chosen behind a link: it is set and the link used up, or neither",
        link,
    ),
    (
        "kill-challenge",
        BOTH,
        "SIGKILL at every write of an answer to a login challenge, and of the browser's coming back: each counts once",
        challenge,
    ),
    (
        "kill-log",
        BOTH,
        "SIGKILL while an app calls: the request log has what was answered a second before, each call once",
        super::request_log::kill,
    ),
    ("seat-lease", BOTH, "seats whose holders were killed with the server are free when their lease is over", lease),
];

/// Points at most that one way of killing is tried at.
const POINTS: u32 = 400;

/// How a server is killed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Means {
    /// In place of a system call.
    Call(&'static str),
    /// At a message to the database, before or after it.
    Message { after: bool },
    /// Not at all: at a message to the database the connection is cut.
    Cut { after: bool },
}

impl Means {
    /// Every way to kill a server on this store.
    fn of(kind: Kind) -> [Self; 2] {
        match kind {
            Kind::Sqlite => [Self::Call(DISK), Self::Call(ANSWER)],
            Kind::Postgres => [Self::Message { after: false }, Self::Message { after: true }],
        }
    }
}

const CUTS: [Means; 2] = [Means::Cut { after: false }, Means::Cut { after: true }];

fn exchange(trial: &mut Trial<'_>) -> Result<()> {
    sweep(trial, &mut Exchange::default(), Means::of(trial.kind))
}

fn refresh(trial: &mut Trial<'_>) -> Result<()> {
    sweep(trial, &mut Refresh::default(), Means::of(trial.kind))
}

fn seat(trial: &mut Trial<'_>) -> Result<()> {
    sweep(trial, &mut Seat, Means::of(trial.kind))
}

fn approve(trial: &mut Trial<'_>) -> Result<()> {
    sweep(trial, &mut Approve::default(), Means::of(trial.kind))
}

fn factor(trial: &mut Trial<'_>) -> Result<()> {
    for mut sign_in in SignIn::all() {
        sweep(trial, &mut sign_in, Means::of(trial.kind))?;
    }
    Ok(())
}

fn link(trial: &mut Trial<'_>) -> Result<()> {
    sweep(trial, &mut Link::default(), Means::of(trial.kind))
}

fn challenge(trial: &mut Trial<'_>) -> Result<()> {
    sweep(trial, &mut Said, Means::of(trial.kind))?;
    sweep(trial, &mut CameBack, Means::of(trial.kind))
}

/// The server lives, and does not hear whether its commit was kept.
pub(super) fn in_doubt(trial: &mut Trial<'_>) -> Result<()> {
    sweep(trial, &mut Exchange::default(), CUTS)?;
    sweep(trial, &mut Refresh::default(), CUTS)?;
    sweep(trial, &mut Seat, CUTS)?;
    sweep(trial, &mut Approve::default(), CUTS)
}

/// Goes through all points of all means, several times in the long form.
fn sweep<D: Operation>(trial: &mut Trial<'_>, operation: &mut D, means: [Means; 2]) -> Result<()> {
    let deployment = Deployment::new(trial.lab, trial.kind)?;
    operation.set_up(trial.lab, &deployment)?;
    let proxy = match trial.kind {
        Kind::Sqlite => None,
        Kind::Postgres => Some(Proxy::start(trial.lab.cluster()?.port().context("PostgreSQL without a port")?)?),
    };
    let url = proxy.as_ref().map(|proxy| proxy.url(&deployment.url)).transpose()?;
    let environment: Vec<(&str, &str)> = url.iter().map(|url| ("CLAVIGER_DATABASE__URL", url.as_str())).collect();
    let stride = if trial.lab.short { 5 } else { 1 };
    let mut node = deployment.serve_with(&environment)?;
    // Where the server lives, n counts the same messages every time.
    let times = if means == CUTS { 1 } else { trial.lab.rounds(3, 1) };
    for _ in 0..times {
        for way in means {
            let mut nth = if stride == 1 { 1 } else { 1 + u32::try_from(trial.chance(stride.into()))? };
            loop {
                let ready = operation.prepare(&deployment, &node.peer)?;
                let (answer, unharmed) = if let Means::Cut { after } = way {
                    let proxy = proxy.as_ref().context("no proxy to cut at")?;
                    cut_at(trial, &node, proxy, after, nth, |peer| operation.act(peer, &ready))?
                } else {
                    let answer = kill_at(trial, &node, proxy.as_ref(), way, nth, |peer| operation.act(peer, &ready));
                    let unharmed = answer.is_ok() && node.running.lives() || !dies(&node);
                    if unharmed && answer.is_err() {
                        bail!("the server lives and did not answer: {:#}", answer.err().context("no reason")?);
                    }
                    node.kill();
                    node = deployment.serve_with(&environment)?;
                    trial.recovered(node.started.elapsed());
                    (answer.ok(), unharmed)
                };
                let mut check = Check { trial, deployment: &deployment, peer: &node.peer };
                operation.check(&mut check, &ready, answer.as_ref())?;
                trial.round();
                nth += stride;
                if unharmed || nth > POINTS {
                    break;
                }
            }
        }
    }
    Ok(())
}

/// Does something while the connection to the database is cut; what it answered, and whether it was left alone.
fn cut_at(
    trial: &mut Trial<'_>,
    node: &Node,
    proxy: &Proxy,
    after: bool,
    nth: u32,
    act: impl FnOnce(&Peer) -> Result<Answer>,
) -> Result<(Option<Answer>, bool)> {
    proxy.arm(nth.into(), after, Effect::Cut);
    let began = Instant::now();
    let answer = act(&node.peer);
    let took = began.elapsed();
    let struck = proxy.disarm();
    let answer = answer.context("a server whose connection to the database was cut did not answer")?;
    // Told to come again, the client knows as little as without an answer.
    let redirect = answer.header("location").is_some_and(|location| location.contains("error=temporarily_unavailable"));
    let told = !(redirect || answer.status == 503 && answer.header("retry-after").is_some());
    if struck {
        trial.recovered(took);
    }
    // It may not be so soon that it serves again.
    while node.ready() != Some(200) && began.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok((told.then_some(answer), !struck))
}

/// Whether a process that should be dying is gone soon.
fn dies(node: &Node) -> bool {
    let started = Instant::now();
    while node.running.lives() && started.elapsed() < Duration::from_secs(5) {
        std::thread::sleep(Duration::from_millis(1));
    }
    !node.running.lives()
}

/// Does something at a server that is to die of it; what it answered.
fn kill_at(
    trial: &Trial<'_>,
    node: &Node,
    proxy: Option<&Proxy>,
    means: Means,
    nth: u32,
    act: impl FnOnce(&Peer) -> Result<Answer>,
) -> Result<Answer> {
    match (means, proxy) {
        (Means::Call(calls), _) => {
            let _strace = Strace::attach(&trial.lab.processes, node.running.pid, calls, Injury::Kill(nth))?;
            act(&node.peer)
        }
        (Means::Message { after }, Some(proxy)) => {
            proxy.arm(nth.into(), after, Effect::Kill(Arc::new(AtomicU32::new(node.running.pid))));
            let answer = act(&node.peer);
            proxy.disarm();
            answer
        }
        (Means::Message { .. } | Means::Cut { .. }, _) => bail!("no proxy to count messages"),
    }
}

/// Seats that nobody can give back any more.
fn lease(trial: &mut Trial<'_>) -> Result<()> {
    let deployment = Deployment::new(trial.lab, trial.kind)?;
    let mut node = deployment.serve()?;
    for _ in 0..trial.lab.rounds(3, 1) {
        let claimed = Instant::now();
        for _ in 0..3 {
            node.short_lived().credentials("machine", "office")?.expect(200, "a free seat")?;
        }
        node.kill();
        node = deployment.serve()?;
        let started = Instant::now();
        let refused = node.short_lived().credentials("machine", "office")?;
        // On a machine so slow that the leases of the first are over by now, a seat is free.
        let is_held = refused.status == 400 || claimed.elapsed() > Duration::from_secs(4);
        trial.must(is_held, || format!("a fourth seat of three: {}", refused.body));
        let free = loop {
            let claim = node.short_lived().credentials("machine", "office")?;
            if claim.status == 200 || started.elapsed() > Duration::from_secs(12) {
                break claim.status == 200;
            }
            std::thread::sleep(Duration::from_millis(50));
        };
        trial.recovered(started.elapsed());
        trial.must_in_time(free, || "seats are held 12 s after the kill with a lease of 4 s".to_owned());
        for holder in deployment.seats("short-lived", "office")? {
            deployment.run(&["seat", "release", "office", &holder, "--yes", "--realm", "short-lived"])?;
        }
        trial.round();
    }
    Ok(())
}
