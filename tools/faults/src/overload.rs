//! Group 7: what well-behaved clients feel while others are slow, huge or many.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};

use super::deployment::{Deployment, Node, PASSWORD, USERS};
use super::peer::{Peer, Tokens, Wire};
use super::trial::Trial;
use super::{BOTH, Entry, Kind};
use claviger_testing::browser::encode;
use claviger_testing::http;

const SQLITE: &[Kind] = &[Kind::Sqlite];

/// The cases.
pub(crate) const CASES: &[Entry] = &[
    ("slow-senders", SQLITE, "400 connections that send a byte now and then: ended in time, others unaffected", slow),
    ("huge-requests", SQLITE, "bodies of a GiB, heads of a MiB, 10,000 parameters, deep JSON: refused at once", huge),
    (
        "login-flood",
        SQLITE,
        "32 callers who send nothing but passwords: hashing is bounded, secrets are not slower",
        flood,
    ),
    (
        "log-flood",
        BOTH,
        "more calls than the request log keeps: it stays within its bounds, mistakes have a place of their own",
        super::request_log::flood,
    ),
];

/// Threads of each kind of well-behaved client.
const CALM: usize = 2;

/// Memory in KiB that a disturbance may take.
const MEMORY: u64 = 64 * 1024;

/// What well-behaved clients feel: the 99th of 100 latencies.
#[derive(Clone, Copy)]
struct Felt {
    credentials: Duration,
    refresh: Duration,
}

/// Measures the calm, then the disturbance; `disturb` is run by as many threads as it is given, until told to stop.
fn beside(
    trial: &mut Trial<'_>,
    node: &Node,
    threads: usize,
    disturb: impl Fn(usize, &AtomicBool) -> Result<()> + Sync,
) -> Result<()> {
    let span = Duration::from_secs(trial.lab.rounds(8, 2));
    feel(&node.peer, Duration::from_millis(500))?;
    let calm = feel(&node.peer, span)?;
    let before = memory(node.running.pid, "VmRSS:")?;
    let stop = AtomicBool::new(false);
    let (felt, most) = std::thread::scope(|scope| -> Result<(Felt, u64)> {
        let workers: Vec<_> = (0..threads)
            .map(|number| {
                let (disturb, stop) = (&disturb, &stop);
                scope.spawn(move || disturb(number, stop))
            })
            .collect();
        let felt = feel(&node.peer, span);
        let most = memory(node.running.pid, "VmHWM:");
        stop.store(true, Ordering::Relaxed);
        for worker in workers {
            worker.join().map_err(|_| anyhow!("a disturber panicked"))??;
        }
        Ok((felt?, most?))
    })?;
    for (what, calm, felt) in
        [("client credentials", calm.credentials, felt.credentials), ("refresh", calm.refresh, felt.refresh)]
    {
        // Both share the machine with what disturbs: a few slices of a core are not the server's fault.
        let most = calm * 5 + Duration::from_millis(20);
        trial.must_in_time(felt <= most, || {
            format!("p99 of {what}: {} beside {} in the calm", shown(felt), shown(calm))
        });
        trial.note(format!("p99 {what} {} (calm {})", shown(felt), shown(calm)));
    }
    let grown = most.saturating_sub(before);
    trial.must(grown <= MEMORY, || format!("memory grew by {} MiB", grown / 1024));
    trial.note(format!("memory +{} MiB", grown / 1024));
    trial.round();
    Ok(())
}

fn shown(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

/// What clients feel that do nothing special.
fn feel(peer: &Peer, span: Duration) -> Result<Felt> {
    let until = Instant::now() + span;
    let credentials = peer.credentials_request("signed", "orders.read");
    std::thread::scope(|scope| {
        let plain: Vec<_> = (0..CALM)
            .map(|_| {
                scope.spawn(|| -> Result<Vec<Duration>> {
                    let (mut wire, mut all) = (Wire::open(peer.address)?, Vec::new());
                    while Instant::now() < until {
                        let sent = Instant::now();
                        wire.ask(&credentials)?.expect(200, "client credentials")?;
                        all.push(sent.elapsed());
                        std::thread::sleep(Duration::from_millis(1));
                    }
                    Ok(all)
                })
            })
            .collect();
        let chains: Vec<_> = (0..CALM)
            .map(|_| {
                scope.spawn(|| -> Result<Vec<Duration>> {
                    let (mut wire, mut all) = (Wire::open(peer.address)?, Vec::new());
                    let first = wire.ask(&peer.credentials_request("machine", "orders.read"))?;
                    let mut tokens = Tokens::of(&first.expect(200, "a new family")?)?;
                    while Instant::now() < until {
                        let sent = Instant::now();
                        let answer = wire.ask(&peer.refresh_request("machine", tokens.refresh()?))?;
                        all.push(sent.elapsed());
                        tokens = Tokens::of(&answer.expect(200, "a refresh")?)?;
                        std::thread::sleep(Duration::from_millis(1));
                    }
                    Ok(all)
                })
            })
            .collect();
        let gather = |workers: Vec<std::thread::ScopedJoinHandle<'_, Result<Vec<Duration>>>>| -> Result<Duration> {
            let mut all = Vec::new();
            for worker in workers {
                all.extend(worker.join().map_err(|_| anyhow!("a client panicked"))??);
            }
            all.sort();
            all.get(all.len() * 99 / 100).copied().context("nothing was measured")
        };
        Ok(Felt { credentials: gather(plain)?, refresh: gather(chains)? })
    })
}

/// A line of a process's status, in KiB.
fn memory(pid: u32, line: &str) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let found = status.lines().find(|text| text.starts_with(line)).with_context(|| format!("no {line}"))?;
    Ok(found.split_ascii_whitespace().nth(1).context("an empty line")?.parse()?)
}

fn slow(trial: &mut Trial<'_>) -> Result<()> {
    const SENDERS: usize = 400;
    // Ten seconds for a head, and some for the machine.
    const LIMIT: Duration = Duration::from_secs(14);
    let deployment = Deployment::new(trial.lab, trial.kind)?;
    let node = deployment.serve()?;
    let (peer, ended) = (node.peer.clone(), AtomicU64::new(0));
    let longest = AtomicU64::new(0);
    beside(trial, &node, 1, |_, stop| {
        let mut streams = Vec::new();
        for _ in 0..SENDERS {
            let mut stream = TcpStream::connect(peer.address)?;
            stream.set_read_timeout(Some(Duration::from_millis(1)))?;
            stream.write_all(b"POST /token HTTP/1.1\r\nHost: ")?;
            streams.push(Some(stream));
        }
        let started = Instant::now();
        // Also after what others feel was measured: until the server has ended them all.
        while streams.iter().any(Option::is_some) && started.elapsed() < LIMIT {
            for slot in &mut streams {
                let gone = slot.as_mut().is_some_and(|stream| stream.write_all(b"a").is_err() || is_over(stream));
                if gone {
                    *slot = None;
                    ended.fetch_add(1, Ordering::Relaxed);
                    longest.fetch_max(u64::try_from(started.elapsed().as_millis()).unwrap_or(0), Ordering::Relaxed);
                }
            }
            std::thread::sleep(Duration::from_millis(if stop.load(Ordering::Relaxed) { 20 } else { 100 }));
        }
        Ok(())
    })?;
    let ended = ended.load(Ordering::Relaxed);
    trial
        .must_in_time(ended == SENDERS as u64, || format!("only {ended} of {SENDERS} slow senders were ended in time"));
    trial.note(format!("the last sender was ended after {} ms", longest.load(Ordering::Relaxed)));
    Ok(())
}

/// Whether the server has answered or closed.
fn is_over(stream: &TcpStream) -> bool {
    match stream.peek(&mut [0; 1]) {
        Ok(_) => true,
        Err(error) => !matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut),
    }
}

fn huge(trial: &mut Trial<'_>) -> Result<()> {
    let deployment = Deployment::new(trial.lab, trial.kind)?;
    let node = deployment.serve()?;
    let host = node.peer.host.clone();
    let form = "Content-Type: application/x-www-form-urlencoded";
    let body = format!("POST /token HTTP/1.1\r\nHost: {host}\r\n{form}\r\nContent-Length: 1073741824\r\n\r\n");
    let chunked = format!("POST /token HTTP/1.1\r\nHost: {host}\r\n{form}\r\nTransfer-Encoding: chunked\r\n\r\n");
    let head = format!("GET /jwks HTTP/1.1\r\nHost: {host}\r\nX-Filler: ");
    let many = (0..10_000).map(|number| format!("p{number}=1")).collect::<Vec<_>>().join("&");
    let many = http::request("POST", "/token", &host, &[], many.get(..60_000).unwrap_or(&many));
    let deep = format!("{}{}", "[".repeat(30_000), "]".repeat(30_000));
    let deep = format!(
        "POST /token HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{deep}",
        deep.len()
    );
    let kinds: [(&str, &str, bool, &[u16]); 5] = [
        ("a body of a GiB", &body, true, &[413]),
        ("a body without an end", &chunked, true, &[413]),
        ("a head without an end", &head, true, &[431]),
        ("10,000 parameters", &many, false, &[400, 413]),
        ("deep JSON", &deep, false, &[400, 415]),
    ];
    let (wrong, sent) = (std::sync::Mutex::new(Vec::new()), AtomicU64::new(0));
    let peer = node.peer.clone();
    beside(trial, &node, kinds.len(), |number, stop| {
        let Some((what, request, streams, statuses)) = kinds.get(number) else { return Ok(()) };
        while !stop.load(Ordering::Relaxed) {
            let status = pour(&peer, request, *streams)?;
            sent.fetch_add(1, Ordering::Relaxed);
            if !status.is_some_and(|status| statuses.contains(&status))
                && let Ok(mut wrong) = wrong.lock()
            {
                wrong.push(format!("{what} was answered with {status:?} instead of {statuses:?}"));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    })?;
    let wrong = wrong.into_inner().unwrap_or_default();
    for seen in &wrong {
        trial.violation(seen);
    }
    trial.note(format!("{} huge requests", sent.load(Ordering::Relaxed)));
    Ok(())
}

/// Sends a request, and what follows it without an end; the status of the answer.
fn pour(peer: &Peer, request: &str, streams: bool) -> Result<Option<u16>> {
    // More than any limit, less than a run can bear: nobody has to read it.
    const MOST: usize = 4 * 1024 * 1024;
    let mut stream = TcpStream::connect(peer.address)?;
    stream.set_write_timeout(Some(Duration::from_secs(2)))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut open = stream.write_all(request.as_bytes()).is_ok();
    let piece =
        if request.contains("chunked") { format!("1000\r\n{}\r\n", "a".repeat(4096)) } else { "a".repeat(4096) };
    let mut poured = 0;
    stream.set_nonblocking(true)?;
    let mut answer = Vec::new();
    let mut bytes = [0; 4096];
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(5) {
        match stream.read(&mut bytes) {
            Ok(0) => break,
            Ok(read) => {
                answer.extend_from_slice(bytes.get(..read).unwrap_or_default());
                if answer.windows(4).any(|four| four == b"\r\n\r\n") {
                    break;
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                if open && streams && poured < MOST {
                    match stream.write(piece.as_bytes()) {
                        Ok(written) => poured += written,
                        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                            std::thread::sleep(Duration::from_millis(1));
                        }
                        Err(_) => open = false,
                    }
                } else {
                    std::thread::sleep(Duration::from_millis(1));
                }
            }
            Err(_) => break,
        }
    }
    let status = answer.get(9..12).and_then(|digits| std::str::from_utf8(digits).ok());
    Ok(status.and_then(|digits| digits.parse().ok()))
}

fn flood(trial: &mut Trial<'_>) -> Result<()> {
    let deployment = Deployment::new(trial.lab, trial.kind)?;
    let node = deployment.serve()?;
    let (served, unavailable, other) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let peer = node.peer.clone();
    beside(trial, &node, 32, |number, stop| {
        let body = format!(
            "grant_type=password&username=user-{}&password={}&scope=orders.read",
            number % USERS,
            encode(PASSWORD)
        );
        let request = peer.post("/token", "old", &body);
        let mut wire = Wire::open(peer.address)?;
        while !stop.load(Ordering::Relaxed) {
            let answer = wire.ask(&request)?;
            match answer.status {
                200 => &served,
                503 | 429 if answer.header("retry-after").is_some() => &unavailable,
                _ => &other,
            }
            .fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    })?;
    let other = other.load(Ordering::Relaxed);
    trial.must(other == 0, || format!("{other} log-ins got neither tokens nor a time to come again"));
    let (served, unavailable) = (served.load(Ordering::Relaxed), unavailable.load(Ordering::Relaxed));
    trial.note(format!("{served} log-ins, {unavailable} answered 503"));
    Ok(())
}
