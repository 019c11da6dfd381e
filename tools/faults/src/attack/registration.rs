//! Clients that register themselves without end.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::super::peer::{Peer, Wire};
use super::Attack;
use super::growth::kept;
use super::target::{deployment, from, realm_file, serve, side_by_side};
use super::toll::{Toll, number};
use super::work::milliseconds;

pub(super) const ATTACKS: &[Attack] = &[Attack {
    name: "registration-flood",
    about: "one million registrations from 500,000 addresses, at a realm where everybody may register",
    bound: "the clients that the realm's hour allows, 1 MiB of the database, 32 MiB of memory, 15 minutes; others are served",
    run: flood,
}];

/// What the realm allows.
const POLICY: &str = "\n[registration]\nmode = \"open\"\nscopes = [\"openid\"]\nhourly = 200\nhourly-per-address = 3\nmost-clients = 1000\n";
const HOURLY: usize = 200;
const CLIENTS: &str = "SELECT count(*) FROM client";
/// However fast this machine is, the attack ends after so long.
const LONGEST: Duration = Duration::from_mins(15);
const THREADS: usize = 8;

/// What strangers were answered.
#[derive(Default)]
struct Answers {
    registered: AtomicUsize,
    refused: AtomicUsize,
    /// Neither a client nor 429 or 503.
    other: AtomicUsize,
}

impl Answers {
    fn sum(&self) -> usize {
        [&self.registered, &self.refused, &self.other].iter().map(|one| one.load(Ordering::Relaxed)).sum()
    }
}

fn flood(toll: &mut Toll<'_>) -> Result<()> {
    let deployment = deployment(toll)?;
    let file = realm_file(&deployment);
    let realm = std::fs::read_to_string(&file)?;
    std::fs::write(&file, realm + POLICY)?;
    deployment.apply()?;
    let node = serve(&deployment)?;
    let clients = deployment.count(toll.lab, CLIENTS)?;
    // The first requests make what every server keeps.
    let (answers, began) = (Answers::default(), Instant::now());
    send(&node.peer, 0..400, &answers, began)?;
    let before = kept(toll, &deployment, &node)?;
    let all = toll.attempts(1_000_000, 6_000);
    let (failed, slowest) = beside(&node.peer, || send(&node.peer, 400..400 + all, &answers, began))?;
    let after = kept(toll, &deployment, &node)?;
    let clients = usize::try_from(deployment.count(toll.lab, CLIENTS)? - clients)?;

    toll.at_most(number(HOURLY), number(clients), format!("clients of {} registrations", answers.sum()));
    toll.at_most(number(HOURLY), number(answers.registered.load(Ordering::Relaxed)), "that were told of a client");
    toll.never(answers.other.load(Ordering::Relaxed), "answers other than 201, 429 and 503");
    let more = |after: i64, before: i64| number(usize::try_from(after - before).unwrap_or(0));
    toll.at_most(1024.0, more(after.bytes, before.bytes) / 1024.0, "KiB of the database");
    let memory = usize::try_from(after.memory.saturating_sub(before.memory))?;
    toll.at_most(32.0, number(memory) / 1024.0, "MiB of memory");
    toll.takes_at_most(LONGEST.as_secs_f64(), began.elapsed().as_secs_f64(), "seconds");
    toll.never(failed, "failures of token requests of others meanwhile");
    toll.takes_at_most(1000.0, slowest, "ms until the slowest of them was answered");
    Ok(())
}

/// Registers, side by side, each from the next address.
fn send(peer: &Peer, numbers: std::ops::Range<usize>, answers: &Answers, began: Instant) -> Result<()> {
    side_by_side(THREADS, |thread| {
        let mut wire = Wire::open(peer.address)?;
        for number in numbers.clone().skip(thread).step_by(THREADS) {
            if began.elapsed() > LONGEST {
                break;
            }
            let status = if let Ok(answer) = wire.ask(&registration(peer, number)) {
                answer.status
            } else {
                // A server that has enough of a connection may close it.
                wire = Wire::open(peer.address)?;
                wire.ask(&registration(peer, number)).context("on a new connection")?.status
            };
            let count = match status {
                201 => &answers.registered,
                429 | 503 => &answers.refused,
                _ => &answers.other,
            };
            count.fetch_add(1, Ordering::Relaxed);
        }
        Ok(0)
    })
    .map(drop)
}

fn registration(peer: &Peer, number: usize) -> String {
    let body = format!(
        "{{\"client_name\":\"App {number}\",\"redirect_uris\":[\"https://app-{number}.example/callback\"],\
         \"grant_types\":[\"authorization_code\"],\"scope\":\"openid\"}}"
    );
    let address = from(&format!("203.{}.{}.{}", number / 62_500 % 8, number / 250 % 250, 1 + number % 250));
    format!(
        "POST /register HTTP/1.1\r\nHost: {}\r\n{address}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        peer.host,
        body.len()
    )
}

/// Token requests of others while something is done: how many failed, and the slowest in milliseconds.
fn beside(peer: &Peer, work: impl FnOnce() -> Result<()> + Send) -> Result<(usize, f64)> {
    let is_done = AtomicBool::new(false);
    let (failed, slowest) = (AtomicUsize::new(0), AtomicU64::new(0));
    std::thread::scope(|scope| {
        let worker = scope.spawn(|| {
            let outcome = work();
            is_done.store(true, Ordering::Relaxed);
            outcome
        });
        while !is_done.load(Ordering::Relaxed) {
            let sent = Instant::now();
            let is_served = peer.credentials("signed", "orders.read").is_ok_and(|answer| answer.status == 200);
            failed.fetch_add(usize::from(!is_served), Ordering::Relaxed);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few thousand at most")]
            slowest.fetch_max(milliseconds(sent).ceil() as u64, Ordering::Relaxed);
            std::thread::sleep(Duration::from_millis(20));
        }
        worker.join().map_err(|_| anyhow::anyhow!("a thread panicked"))?
    })?;
    #[expect(clippy::cast_precision_loss, reason = "a few thousand at most")]
    Ok((failed.into_inner(), slowest.into_inner() as f64))
}
