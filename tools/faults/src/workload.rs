//! Clients that go on while something is injured: each follows a chain of refresh tokens and now and then a new code, and
//! does what a client should when it gets no answer, or is answered 503: the same once more.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};

use super::peer::{Peer, Tokens, error_word};
use super::trial::Trial;
use claviger_testing::http::Answer;

/// Tokens that a client remembers, to see later whether they are good.
const REMEMBERED: usize = 60;

/// A request that came to an end.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    /// When it was sent.
    pub(crate) at: Instant,
    /// How long it took.
    pub(crate) took: Duration,
    /// The number of the server.
    pub(crate) node: usize,
    /// What was asked for.
    pub(crate) what: What,
    /// What came of it.
    pub(crate) outcome: Outcome,
}

/// What was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum What {
    /// A refresh or a code's exchange: something durable.
    Durable,
    /// A code: durable as well, asked for by a browser.
    Authorize,
    /// Discovery or the key set: nothing of the database.
    Facts,
}

/// What came of a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Outcome {
    /// Served.
    Served,
    /// 503 with `Retry-After`.
    Unavailable,
    /// The connection ended, or no answer came in time.
    Lost,
    /// Another answer.
    Other(String),
}

/// Clients at work.
pub(crate) struct Workload {
    stop: Arc<AtomicBool>,
    events: Arc<Mutex<Vec<Event>>>,
    clients: Vec<JoinHandle<Result<Client>>>,
}

/// What a client has in the end.
pub(crate) struct Held {
    /// Its refresh token.
    pub(crate) refresh: String,
    /// The last access tokens that it was given.
    pub(crate) answered: Vec<String>,
}

/// One client: what it has, and what it saw go wrong.
struct Client {
    peer: Peer,
    node: usize,
    refresh: String,
    answered: Vec<String>,
    wrong: Vec<String>,
    events: Arc<Mutex<Vec<Event>>>,
}

impl Workload {
    /// Starts `each` clients at each of these servers, and one that reads what is public.
    ///
    /// # Errors
    /// A client cannot get its first tokens.
    pub(crate) fn start(peers: &[Peer], each: usize) -> Result<Self> {
        let (stop, events) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
        let cookies = peers.first().context("no server")?.sign_in()?;
        let mut clients = Vec::new();
        for (node, peer) in peers.iter().enumerate() {
            for _ in 0..each {
                let code = peer.code(&cookies)?;
                let tokens = Tokens::of(&peer.exchange(&code)?.expect(200, "an exchange")?)?;
                let (refresh, peer) = (tokens.refresh()?.to_owned(), peer.clone());
                let (answered, wrong) = (vec![tokens.access], Vec::new());
                let mut client = Client { peer, node, refresh, answered, wrong, events: Arc::clone(&events) };
                let (stop, cookies) = (Arc::clone(&stop), cookies.clone());
                clients.push(std::thread::spawn(move || {
                    client.work(&stop, &cookies)?;
                    Ok(client)
                }));
            }
            let (refresh, answered, wrong) = (String::new(), Vec::new(), Vec::new());
            let mut reader = Client { peer: peer.clone(), node, refresh, answered, wrong, events: Arc::clone(&events) };
            let stop = Arc::clone(&stop);
            clients.push(std::thread::spawn(move || {
                reader.read(&stop);
                Ok(reader)
            }));
        }
        Ok(Self { stop, events, clients })
    }

    /// What has happened since the last time this was asked.
    pub(crate) fn take(&self) -> Vec<Event> {
        std::mem::take(&mut *self.events.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether each of so many servers has served something durable that was asked for after `since`.
    pub(crate) fn all_serve(&self, servers: usize, since: Instant) -> bool {
        let events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        let does = |node| {
            let good = |event: &&Event| event.node == node && event.at > since && event.what == What::Durable;
            events.iter().filter(good).any(|event| event.outcome == Outcome::Served)
        };
        (0..servers).all(does)
    }

    /// Ends it; what each client has.
    ///
    /// # Errors
    /// A client met something that is no answer to what it asked.
    pub(crate) fn stop(self, trial: &mut Trial<'_>) -> Result<Vec<Held>> {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = Vec::new();
        for client in self.clients {
            let client = client.join().map_err(|_| anyhow!("a client panicked"))??;
            for wrong in &client.wrong {
                trial.violation(wrong);
            }
            if !client.refresh.is_empty() {
                all.push(Held { refresh: client.refresh, answered: client.answered });
            }
        }
        Ok(all)
    }

    /// Ends it, and asks `peer` whether all that was answered is good.
    ///
    /// # Errors
    /// The server does not answer.
    pub(crate) fn end(self, trial: &mut Trial<'_>, peer: &Peer) -> Result<()> {
        for held in self.stop(trial)? {
            for token in &held.answered {
                let active = peer.is_active(token)?;
                trial.must(active, || "an access token that was answered is not active".to_owned());
            }
            let last = peer.refresh("web", &held.refresh)?;
            trial.must(last.status == 200, || format!("a chain is broken: {} {}", last.status, last.body));
        }
        Ok(())
    }
}

impl Client {
    fn work(&mut self, stop: &AtomicBool, cookies: &str) -> Result<()> {
        let mut turn = 0_u32;
        while !stop.load(Ordering::Relaxed) {
            turn += 1;
            if turn.is_multiple_of(8) {
                self.new_code(stop, cookies)?;
                continue;
            }
            let request = self.peer.refresh_request("web", &self.refresh);
            let (answer, outcome) = self.ask(&request, What::Durable);
            match (answer, outcome) {
                (Some(answer), Outcome::Served) => {
                    let tokens = Tokens::of(&answer)?;
                    tokens.refresh()?.clone_into(&mut self.refresh);
                    self.remember(tokens.access);
                }
                (_, Outcome::Other(seen)) => {
                    self.wrong.push(format!("a refresh got {seen}"));
                    return Ok(());
                }
                _ => std::thread::sleep(Duration::from_millis(20)),
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        Ok(())
    }

    /// A code and its exchange, asked for again until the answer is one.
    fn new_code(&mut self, stop: &AtomicBool, cookies: &str) -> Result<()> {
        let (Some(redirect), Outcome::Served) = self.ask(&self.peer.authorize_request(cookies), What::Authorize) else {
            return Ok(());
        };
        let Ok(code) = super::peer::code_of(&redirect) else { return Ok(()) };
        let request = self.peer.exchange_request("web", &code);
        let mut lost = false;
        while !stop.load(Ordering::Relaxed) {
            let (answer, outcome) = self.ask(&request, What::Durable);
            match (answer, outcome) {
                (Some(answer), Outcome::Served) => {
                    let tokens = Tokens::of(&answer)?;
                    self.remember(tokens.access);
                    return Ok(());
                }
                // The first answer was lost, the code is spent: the client begins anew.
                (_, Outcome::Other(_)) if lost => return Ok(()),
                (_, Outcome::Other(seen)) => {
                    self.wrong.push(format!("an exchange got {seen}"));
                    return Ok(());
                }
                // After a 503 as well: it may be in doubt whether the code was spent.
                _ => lost = true,
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Reads what is public.
    fn read(&mut self, stop: &AtomicBool) {
        let request = |target: &str| claviger_testing::http::request("GET", target, &self.peer.host, &[], "");
        let (discovery, keys) = (request("/.well-known/openid-configuration"), request("/jwks"));
        while !stop.load(Ordering::Relaxed) {
            for request in [&discovery, &keys] {
                let _ = self.ask(request, What::Facts);
            }
            std::thread::sleep(Duration::from_millis(25));
        }
    }

    fn ask(&self, request: &str, what: What) -> (Option<Answer>, Outcome) {
        let at = Instant::now();
        let answer = self.peer.send(request).ok();
        let outcome = match &answer {
            None => Outcome::Lost,
            Some(answer) if answer.status == 200 || what == What::Authorize && answer.status == 303 => Outcome::Served,
            Some(answer) if answer.status == 503 && answer.header("retry-after").is_some() => Outcome::Unavailable,
            Some(answer) => Outcome::Other(format!("{} {}", answer.status, error_word(answer))),
        };
        let event = Event { at, took: at.elapsed(), node: self.node, what, outcome: outcome.clone() };
        self.events.lock().unwrap_or_else(PoisonError::into_inner).push(event);
        (answer, outcome)
    }

    fn remember(&mut self, token: String) {
        if self.answered.len() >= REMEMBERED {
            self.answered.remove(0);
        }
        self.answered.push(token);
    }
}
