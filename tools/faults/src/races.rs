//! Group 2: sixty-four callers at once, spread over three servers on one PostgreSQL.
//!
//! Two workers do rounds of their own. A worker sends one request on each of its connections, then reads all answers: what
//! each caller got is the history of the round, and it is checked when the round is over.

mod assertion;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};

use super::deployment::Deployment;
use super::peer::{Peer, Tokens, Wire, active, code_of, error_word};
use super::trial::Trial;
use super::{Entry, Kind};
use claviger_testing::http::Answer;

const POSTGRES: &[Kind] = &[Kind::Postgres];
const BOTH: &[Kind] = &[Kind::Sqlite, Kind::Postgres];

/// The cases.
pub(crate) const CASES: &[Entry] = &[
    (
        "race-code",
        POSTGRES,
        "64 callers on one code, three servers: one gets tokens, and loses them to the theft",
        code,
    ),
    ("race-refresh", POSTGRES, "64 callers with one refresh token: all get the very same successor", refresh),
    ("race-seat", POSTGRES, "64 callers for the last seat: one sits", seat),
    ("race-assertion", BOTH, "64 callers with one client assertion: one is the client", assertion),
    (
        "race-factor",
        BOTH,
        "64 callers with one code of an app, recovery code or passkey's answer: one is signed in",
        super::factors::race,
    ),
    ("race-link", BOTH, "64 callers with one link, each with a password: one is chosen", super::link::race),
    (
        "race-challenge",
        BOTH,
        "48 answers to one login challenge, of two kinds, and 48 browsers that come back with it: one counts, one goes on",
        super::challenge::race,
    ),
    ("race-revoke", POSTGRES, "63 refreshes against a revocation: after its 200 nothing of the family lives", revoke),
];

const SERVERS: usize = 3;
const CALLERS: usize = 64;
const WORKERS: u64 = 2;

/// A case takes no longer, however slow the machine; the table then has fewer rounds.
const LONGEST: Duration = Duration::from_mins(15);

/// What a round came to.
#[derive(Default)]
struct Round {
    /// Callers who were served.
    winners: u64,
    /// Callers who were refused.
    refused: u64,
    /// Callers who were answered 503.
    unavailable: u64,
    /// What nobody may ever get a second time.
    unique: Vec<String>,
    violations: Vec<String>,
}

/// Somebody's rounds.
type Play = fn(&mut Worker) -> Result<Round>;

fn code(trial: &mut Trial<'_>) -> Result<()> {
    play(trial, one_code)
}

fn refresh(trial: &mut Trial<'_>) -> Result<()> {
    play(trial, one_refresh)
}

fn seat(trial: &mut Trial<'_>) -> Result<()> {
    play(trial, one_seat)
}

fn assertion(trial: &mut Trial<'_>) -> Result<()> {
    play(trial, assertion::one_assertion)
}

fn revoke(trial: &mut Trial<'_>) -> Result<()> {
    play(trial, one_revocation)
}

/// One worker: its connections and what it carries from round to round.
struct Worker {
    number: u64,
    peers: Vec<Peer>,
    wires: Vec<Wire>,
    cookies: String,
    refresh: Option<String>,
    turn: usize,
}

fn play(trial: &mut Trial<'_>, round: Play) -> Result<()> {
    let deployment = Deployment::new(trial.lab, trial.kind)?;
    assertion::register(&deployment)?;
    // One server alone serves a file.
    let nodes = deployment.serve_for_race(trial.kind)?;
    let peers: Vec<Peer> = nodes.iter().map(|node| node.peer.clone()).collect();
    let cookies = peers.first().context("no server")?.sign_in()?;
    let rounds = trial.lab.rounds(10_000, 60);
    let mut done = 0_u32;
    let (started, next, stop) = (Instant::now(), AtomicU64::new(0), AtomicBool::new(false));
    let (sender, receiver) = mpsc::channel();
    let (mut winners, mut refused, mut unavailable) = (0_u64, 0_u64, 0_u64);
    let mut seen = BTreeSet::new();
    std::thread::scope(|scope| -> Result<()> {
        for number in 0..WORKERS {
            let (peers, cookies, sender, next, stop) = (peers.clone(), cookies.clone(), sender.clone(), &next, &stop);
            scope.spawn(move || {
                let work = || -> Result<()> {
                    let mut worker = Worker::new(number, peers, cookies)?;
                    while next.fetch_add(1, Ordering::Relaxed) < rounds && !stop.load(Ordering::Relaxed) {
                        if sender.send(Ok(round(&mut worker)?)).is_err() {
                            break;
                        }
                    }
                    Ok(())
                };
                if let Err(error) = work() {
                    let _ = sender.send(Err(error));
                }
            });
        }
        drop(sender);
        for outcome in receiver {
            let round = outcome.inspect_err(|_| stop.store(true, Ordering::Relaxed))?;
            for violation in &round.violations {
                trial.violation(violation);
            }
            for token in round.unique {
                trial.must(seen.insert(token), || "a token was given out in two rounds".to_owned());
            }
            winners += round.winners;
            refused += round.refused;
            unavailable += round.unavailable;
            done += 1;
            trial.round();
            if started.elapsed() > LONGEST {
                stop.store(true, Ordering::Relaxed);
            }
        }
        Ok(())
    })?;
    let each = started.elapsed().as_secs_f64() * 1000.0 / f64::from(done.max(1));
    trial.note(format!("{winners} served, {refused} refused, {unavailable} answered 503; {each:.1} ms a round"));
    if u64::from(done) < rounds {
        trial.note(format!("stopped after {} min", LONGEST.as_secs() / 60));
    }
    for pool in ["left", "right"] {
        let held = deployment.seats("faults", pool)?.len();
        trial.must(held <= 1, || format!("{held} seats of 1 are held"));
    }
    Ok(())
}

impl Worker {
    fn new(number: u64, peers: Vec<Peer>, cookies: String) -> Result<Self> {
        let open = |peer: &Peer| Wire::open(peer.address);
        let wires = peers.iter().cycle().take(CALLERS).map(open).collect::<Result<_>>()?;
        Ok(Self { number, peers, wires, cookies, refresh: None, turn: 0 })
    }

    /// One request and its answer; the servers take turns.
    fn ask(&mut self, request: &str) -> Result<Answer> {
        self.turn += 1;
        let at = self.turn % self.wires.len().max(1);
        let answer = self.wires.get_mut(at).context("no connection")?.ask(request)?;
        self.reopen(at, &answer)?;
        Ok(answer)
    }

    /// The same request by every caller, but for one who may send another.
    fn all(&mut self, request: &str, other: Option<(usize, &str)>) -> Result<Vec<Answer>> {
        for (number, wire) in self.wires.iter_mut().enumerate() {
            let own = other.filter(|(at, _)| *at == number).map(|(_, own)| own);
            wire.send(own.unwrap_or(request))?;
        }
        let answers = self.wires.iter_mut().map(Wire::read).collect::<Result<Vec<_>>>()?;
        for (at, answer) in answers.iter().enumerate() {
            self.reopen(at, answer)?;
        }
        Ok(answers)
    }

    /// A connection that the server ends with its answer is opened anew.
    fn reopen(&mut self, at: usize, answer: &Answer) -> Result<()> {
        if answer.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close")) {
            let peer = self.peers.get(at % self.peers.len().max(1)).context("no server")?;
            if let Some(wire) = self.wires.get_mut(at) {
                *wire = Wire::open(peer.address)?;
            }
        }
        Ok(())
    }

    fn peer(&self) -> Result<Peer> {
        self.peers.first().cloned().ok_or_else(|| anyhow!("no server"))
    }
}

impl Round {
    /// Tells what each caller got; the answers of those who were served.
    fn sort<'a>(&mut self, answers: impl IntoIterator<Item = &'a Answer>, refusal: &str) -> Vec<&'a Answer> {
        let mut served = Vec::new();
        for answer in answers {
            match answer.status {
                200 => served.push(answer),
                400 | 401 if error_word(answer) == refusal => self.refused += 1,
                503 if answer.header("retry-after").is_some() => self.unavailable += 1,
                other => self.violations.push(format!("a caller got {other}: {}", answer.body)),
            }
        }
        self.winners = served.len() as u64;
        served
    }

    fn must(&mut self, holds: bool, seen: impl FnOnce() -> String) {
        if !holds {
            self.violations.push(seen());
        }
    }

    /// Exactly one caller was served; none, only if somebody was answered 503.
    fn one_winner(&mut self) {
        let (winners, waiting) = (self.winners, self.unavailable);
        self.must(winners == 1 || winners == 0 && waiting > 0, || format!("{winners} winners, {waiting} answered 503"));
    }
}

fn one_code(worker: &mut Worker) -> Result<Round> {
    let (peer, mut round) = (worker.peer()?, Round::default());
    let code = code_of(&worker.ask(&peer.authorize_request(&worker.cookies.clone()))?)?;
    let answers = worker.all(&peer.exchange_request("web", &code), None)?;
    let served = round.sort(&answers, "invalid_grant");
    round.one_winner();
    let Some(winner) = served.first() else { return Ok(round) };
    let tokens = Tokens::of(winner)?;
    // The others came with a code that was spent: whoever got the tokens may be the thief, so they are over.
    let live = active(&worker.ask(&peer.introspect_request(&tokens.access))?)?;
    round.must(!live || round.refused == 0, || "a code came twice, and what it gave lives on".to_owned());
    round.unique.push(tokens.access);
    Ok(round)
}

fn one_refresh(worker: &mut Worker) -> Result<Round> {
    let (peer, mut round) = (worker.peer()?, Round::default());
    let token = match worker.refresh.take() {
        Some(token) => token,
        None => family(worker, &peer)?,
    };
    let answers = worker.all(&peer.refresh_request("machine", &token), None)?;
    let served = round.sort(&answers, "nobody is refused");
    let bodies: BTreeSet<&str> = served.iter().map(|answer| answer.body.as_str()).collect();
    round.must(bodies.len() == 1 || round.unavailable > 0, || format!("{} different successors", bodies.len()));
    round.must(bodies.len() <= 1, || "two callers got two different successors".to_owned());
    if let Some(first) = served.first() {
        let tokens = Tokens::of(first)?;
        // The successor is what the next round begins with, unless this one went wrong.
        worker.refresh = tokens.refresh.clone().filter(|_| round.violations.is_empty());
        round.unique.extend([tokens.access].into_iter().chain(tokens.refresh));
    }
    Ok(round)
}

fn one_seat(worker: &mut Worker) -> Result<Round> {
    let (peer, mut round) = (worker.peer()?, Round::default());
    let scope = if worker.number == 0 { "left" } else { "right" };
    let answers = worker.all(&peer.credentials_request("machine", scope), None)?;
    let served = round.sort(&answers, "access_denied");
    round.one_winner();
    for winner in served {
        let tokens = Tokens::of(winner)?;
        let gone = worker.ask(&peer.revoke_request("machine", tokens.refresh()?))?;
        round.must(gone.status == 200, || format!("a revocation got {}: {}", gone.status, gone.body));
        round.unique.push(tokens.access);
    }
    Ok(round)
}

fn one_revocation(worker: &mut Worker) -> Result<Round> {
    let (peer, mut round) = (worker.peer()?, Round::default());
    let token = family(worker, &peer)?;
    worker.turn += 1;
    // Where among the requests the revocation comes differs from round to round.
    let at = worker.turn.wrapping_mul(29) % CALLERS;
    let revocation = peer.revoke_request("machine", &token);
    let answers = worker.all(&peer.refresh_request("machine", &token), Some((at, &revocation)))?;
    let (mine, others): (Vec<_>, Vec<_>) = answers.iter().enumerate().partition(|(number, _)| *number == at);
    let revoked = mine.first().is_some_and(|(_, answer)| answer.status == 200);
    let served = round.sort(others.into_iter().map(|(_, answer)| answer), "invalid_grant");
    let bodies: BTreeSet<&str> = served.iter().map(|answer| answer.body.as_str()).collect();
    round.must(bodies.len() <= 1, || format!("{} different successors", bodies.len()));
    round.must(revoked, || "the revocation was not answered with 200".to_owned());
    if !revoked {
        return Ok(round);
    }
    let last = served.first().map(|answer| Tokens::of(answer)).transpose()?;
    let newest = last.as_ref().and_then(|tokens| tokens.refresh.clone()).unwrap_or(token);
    let after = worker.ask(&peer.refresh_request("machine", &newest))?;
    round.must(after.status == 400, || format!("refreshed after the revocation: {} {}", after.status, after.body));
    if let Some(tokens) = last {
        for _ in 0..SERVERS {
            let live = active(&worker.ask(&peer.introspect_request(&tokens.access))?)?;
            round.must(!live, || "an access token of a revoked family is active".to_owned());
        }
    }
    Ok(round)
}

/// The refresh token of a new family.
fn family(worker: &mut Worker, peer: &Peer) -> Result<String> {
    let answer = worker.ask(&peer.credentials_request("machine", "orders.read"))?.expect(200, "a new family")?;
    Ok(Tokens::of(&answer)?.refresh()?.to_owned())
}
