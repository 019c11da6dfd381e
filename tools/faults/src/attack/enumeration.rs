//! Which clients are there? What strangers can tell apart by status, body, count or time.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::super::peer::{Peer, SECRET, Wire};
use super::Attack;
use super::target::{deployment, from, serve, stranger};
use super::toll::{Toll, number};
use super::work::milliseconds;
use claviger_testing::http::{self, Answer};

pub(super) const ATTACKS: &[Attack] = &[Attack {
    name: "enumeration",
    about: "wrong secrets for clients that exist, do not, are public, stopped, or stand for a user; at every endpoint",
    bound: "no answer of its own by status, head, body or count; medians of time within 60 ms of one another",
    run: enumerate,
}];

/// Clients of every kind; the first exists nowhere.
const CLIENTS: [&str; 7] = ["nobody-knows-this", "signed", "short", "long", "partner", "anybody", "stopped"];

/// A way to authenticate: how it is called, the request.
type Way = (&'static str, fn(&Peer, &str, &str) -> String);

const WAYS: &[Way] = &[
    ("Basic at /token", |peer, client, line| with_basic(peer, "/token", client, line)),
    ("body at /token", |peer, client, line| {
        let body = format!("grant_type=client_credentials&client_id={client}&client_secret=wrong");
        http::request("POST", "/token", &peer.host, &[line], &body)
    }),
    ("Basic at /introspect", |peer, client, line| with_basic(peer, "/introspect", client, line)),
    ("Basic at /revoke", |peer, client, line| with_basic(peer, "/revoke", client, line)),
];

fn with_basic(peer: &Peer, path: &str, client: &str, line: &str) -> String {
    let body = "grant_type=client_credentials&token=x";
    http::request("POST", path, &peer.host, &[&http::basic(client, "wrong"), line], body)
}

/// What a caller learned of one client.
struct Learned {
    client: &'static str,
    answers: Vec<String>,
    median: f64,
}

fn enumerate(toll: &mut Toll<'_>) -> Result<()> {
    let times = toll.attempts(20, 8);
    let deployment = deployment(toll)?;
    let node = serve(&deployment)?;
    for (n, (way, request)) in WAYS.iter().enumerate() {
        let learned = learn(&node.peer, n, times, *request)?;
        let Some(unknown) = learned.first() else { continue };
        let others = learned.iter().filter(|other| other.answers != unknown.answers);
        let names: Vec<&str> = others.map(|other| other.client).collect();
        toll.never(names.len(), format!("kinds of clients with answers of their own, {way} {}", names.join(" ")));
        let medians = || learned.iter().map(|learned| learned.median);
        let spread = medians().fold(0.0, f64::max) - medians().fold(f64::INFINITY, f64::min);
        toll.takes_at_most(60.0, spread, format!("ms between the medians of their times, {way}"));
    }
    users(toll, &node.peer, times)
}

/// The answers to several wrong secrets in a row, each client from an address of its own, all clients side by side so that the
/// machine's load is the same for each.
fn learn(peer: &Peer, way: usize, times: usize, request: fn(&Peer, &str, &str) -> String) -> Result<Vec<Learned>> {
    let mut learned: Vec<Learned> = Vec::new();
    std::thread::scope(|scope| -> Result<()> {
        let workers: Vec<_> =
            (0..CLIENTS.len()).map(|at| scope.spawn(move || one(peer, at, way, times, request))).collect();
        for worker in workers {
            learned.push(worker.join().map_err(|_| anyhow::anyhow!("a thread panicked"))??);
        }
        Ok(())
    })?;
    Ok(learned)
}

fn one(peer: &Peer, at: usize, way: usize, times: usize, request: fn(&Peer, &str, &str) -> String) -> Result<Learned> {
    let client = CLIENTS.get(at).copied().unwrap_or_default();
    let mut wire = Wire::open(peer.address)?;
    let (mut answers, mut waits) = (Vec::new(), Vec::new());
    for number in 0..times {
        // First five from one address, which are free; then as many that are braked; the rest from ever new addresses.
        let address = if number < times / 2 { stranger(way * 10 + at) } else { stranger(1000 + at * times + number) };
        let sent = Instant::now();
        let answer = wire.ask(&request(peer, client, &from(&address)))?;
        if answer.status != 429 {
            waits.push(milliseconds(sent));
        }
        answers.push(spelled(&answer, client));
        std::thread::sleep(Duration::from_millis(5));
    }
    waits.sort_by(f64::total_cmp);
    Ok(Learned { client, answers, median: waits.get(waits.len() / 2).copied().unwrap_or_default() })
}

/// Of an answer, all that is not of this moment.
fn spelled(answer: &Answer, client: &str) -> String {
    let own = |line: &&str| {
        let lower = line.to_ascii_lowercase();
        // A pause is counted in whole seconds from a moment that is each caller's own.
        !["date:", "x-request-id:", "content-length:", "retry-after:"].iter().any(|name| lower.starts_with(name))
    };
    let head: Vec<&str> = answer.head.lines().filter(own).collect();
    let mut body = answer.json().unwrap_or_default();
    for name in ["reference", "request_id", "correlation_id", "trace_id", "timestamp"] {
        if let Some(object) = body.as_object_mut() {
            object.remove(name);
        }
    }
    let body = body.to_string().replace(client, "CLIENT");
    format!("{} {}", head.join("|"), body.chars().filter(|c| !c.is_ascii_digit()).collect::<String>())
}

/// The same for users: who exists, who does not.
fn users(toll: &mut Toll<'_>, peer: &Peer, times: usize) -> Result<()> {
    let mut seen: Vec<(Vec<u16>, f64)> = Vec::new();
    for (n, username) in ["nobody-of-this-name", "grace"].iter().enumerate() {
        let (mut statuses, mut waits) = (Vec::new(), Vec::new());
        for number in 0..times {
            let address = stranger(5_000 + n * 100 + number / 8);
            let body = format!("grant_type=password&username={username}&password=wrong-{number}");
            let lines = [http::basic("old", SECRET), from(&address)];
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            let sent = Instant::now();
            let answer = peer.send(&http::request("POST", "/token", &peer.host, &lines, &body))?;
            if answer.status != 429 {
                waits.push(milliseconds(sent));
            }
            statuses.push(answer.status);
        }
        waits.sort_by(f64::total_cmp);
        seen.push((statuses, waits.get(waits.len() / 2).copied().unwrap_or_default()));
    }
    if let [(unknown, first), (known, second)] = seen.as_slice() {
        let different = unknown.iter().zip(known).filter(|(one, other)| one != other).count();
        toll.at_most(0.0, number(different), "answers in a row that tell a user from nobody, by status");
        toll.takes_at_most(60.0, (first - second).abs(), "ms between the medians of their times");
    }
    Ok(())
}
