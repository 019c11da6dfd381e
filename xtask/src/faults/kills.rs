//! Group 1: SIGKILL at every write, every sync and every answer of what must be exactly once.
//!
//! On SQLite `strace` puts a SIGKILL in place of the n-th system call that writes; on PostgreSQL the [proxy](super::proxy)
//! kills the server before or after its n-th message to the database. n goes up until the operation comes through
//! unharmed. After each kill a server is started on what is left, and the client goes on as a client would.

use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::bed::{Bed, Node, STRANGERS};
use super::peer::{CALLBACK, Peer, Tokens, authorize, code_of, error_word};
use super::proxy::{Blow, Proxy};
use super::strace::{ANSWER, DISK, Injury, Strace};
use super::trial::Trial;
use super::{BOTH, Entry, Kind};
use crate::bench::browser::Browser;
use crate::http::Answer;

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
        "kill-app",
        BOTH,
        "SIGKILL at every write of `claviger app approve`: done or not, and the mail is sent",
        super::kill_app::run,
    ),
    ("seat-lease", BOTH, "seats whose holders were killed with the server are free when their lease is over", lease),
];

/// Points at most that one way of killing is tried at.
const POINTS: u32 = 400;

/// What is killed in the middle.
trait Deed {
    /// What it needs.
    type Ready;
    fn prepare(&mut self, bed: &Bed, peer: &Peer) -> Result<Self::Ready>;
    fn act(&self, peer: &Peer, ready: &Self::Ready) -> Result<Answer>;
    /// Looks at what is left; without an answer the client was not told.
    fn check(&mut self, at: &mut Check<'_, '_>, ready: &Self::Ready, answer: Option<&Answer>) -> Result<()>;
}

/// After the restart.
struct Check<'a, 'b> {
    trial: &'a mut Trial<'b>,
    bed: &'a Bed,
    peer: &'a Peer,
}

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

/// The server lives, and does not hear whether its commit was kept.
pub(super) fn in_doubt(trial: &mut Trial<'_>) -> Result<()> {
    sweep(trial, &mut Exchange::default(), CUTS)?;
    sweep(trial, &mut Refresh::default(), CUTS)?;
    sweep(trial, &mut Seat, CUTS)?;
    sweep(trial, &mut Approve::default(), CUTS)
}

/// Goes through all points of all means, several times in the long form.
fn sweep<D: Deed>(trial: &mut Trial<'_>, deed: &mut D, means: [Means; 2]) -> Result<()> {
    let bed = Bed::new(trial.lab, trial.kind)?;
    let proxy = match trial.kind {
        Kind::Sqlite => None,
        Kind::Postgres => Some(Proxy::start(trial.lab.cluster()?.port().context("PostgreSQL without a port")?)?),
    };
    let url = proxy.as_ref().map(|proxy| proxy.url(&bed.url)).transpose()?;
    let environment: Vec<(&str, &str)> = url.iter().map(|url| ("CLAVIGER_DATABASE__URL", url.as_str())).collect();
    let stride = if trial.lab.short { 5 } else { 1 };
    let mut node = bed.serve_with(&environment)?;
    // Where the server lives, n counts the same messages every time.
    let times = if means == CUTS { 1 } else { trial.lab.rounds(3, 1) };
    for _ in 0..times {
        for way in means {
            let mut nth = if stride == 1 { 1 } else { 1 + u32::try_from(trial.chance(stride.into()))? };
            loop {
                let ready = deed.prepare(&bed, &node.peer)?;
                let (answer, unharmed) = if let Means::Cut { after } = way {
                    let proxy = proxy.as_ref().context("no proxy to cut at")?;
                    cut_at(trial, &node, proxy, after, nth, |peer| deed.act(peer, &ready))?
                } else {
                    let answer = kill_at(trial, &node, proxy.as_ref(), way, nth, |peer| deed.act(peer, &ready));
                    let unharmed = answer.is_ok() && node.running.lives() || !dies(&node);
                    if unharmed && answer.is_err() {
                        bail!("the server lives and did not answer: {:#}", answer.err().context("no reason")?);
                    }
                    node.kill();
                    node = bed.serve_with(&environment)?;
                    trial.recovered(node.started.elapsed());
                    (answer.ok(), unharmed)
                };
                let mut check = Check { trial, bed: &bed, peer: &node.peer };
                deed.check(&mut check, &ready, answer.as_ref())?;
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
    proxy.arm(nth.into(), after, Blow::Cut);
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
            proxy.arm(nth.into(), after, Blow::Kill(Arc::new(AtomicU32::new(node.running.pid))));
            let answer = act(&node.peer);
            proxy.disarm();
            answer
        }
        (Means::Message { .. } | Means::Cut { .. }, _) => bail!("no proxy to count messages"),
    }
}

/// A code's exchange; the session that codes come from outlives every kill.
#[derive(Default)]
struct Exchange {
    cookies: Option<String>,
}

impl Deed for Exchange {
    type Ready = String;

    fn prepare(&mut self, _: &Bed, peer: &Peer) -> Result<String> {
        let cookies = match &self.cookies {
            Some(cookies) => cookies,
            None => self.cookies.insert(peer.sign_in()?),
        };
        peer.code(cookies).context("the session or the consent was lost")
    }

    fn act(&self, peer: &Peer, code: &String) -> Result<Answer> {
        peer.exchange(code)
    }

    fn check(&mut self, at: &mut Check<'_, '_>, code: &String, answer: Option<&Answer>) -> Result<()> {
        let again;
        let won = if let Some(answer) = answer {
            at.trial.must(answer.status == 200, || format!("an exchange was refused: {}", answer.body));
            answer
        } else {
            // The client was not told: it asks once more.
            again = at.peer.exchange(code)?;
            let spent = again.status == 400 && error_word(&again) == "invalid_grant";
            at.trial.must(again.status == 200 || spent, || format!("the second try: {} {}", again.status, again.body));
            &again
        };
        if won.status != 200 {
            return Ok(());
        }
        let tokens = at.lives("web", &Tokens::of(won)?)?;
        let replay = at.peer.exchange(code)?;
        at.trial.must(replay.status == 400, || format!("a code worked twice: {}", replay.body));
        at.is_over("web", &tokens)
    }
}

/// A refresh of a grant of its own.
#[derive(Default)]
struct Refresh {
    codes: Exchange,
}

impl Deed for Refresh {
    type Ready = Tokens;

    fn prepare(&mut self, bed: &Bed, peer: &Peer) -> Result<Tokens> {
        let code = self.codes.prepare(bed, peer)?;
        Tokens::of(&peer.exchange(&code)?.expect(200, "an exchange")?)
    }

    fn act(&self, peer: &Peer, old: &Tokens) -> Result<Answer> {
        peer.refresh("web", old.refresh()?)
    }

    fn check(&mut self, at: &mut Check<'_, '_>, old: &Tokens, answer: Option<&Answer>) -> Result<()> {
        let active = at.peer.is_active(&old.access)?;
        at.trial.must(active, || "the access token of before the refresh is not active".to_owned());
        // With the old token, as a client does that was not told; one that was told gets the very same.
        let retried = at.peer.refresh("web", old.refresh()?)?;
        at.trial.must(retried.status == 200, || format!("the old token: {} {}", retried.status, retried.body));
        if let Some(answer) = answer {
            at.trial.must(answer.body == retried.body, || "a retry got another answer than the first one".to_owned());
        }
        if retried.status != 200 {
            return Ok(());
        }
        let last = at.lives("web", &Tokens::of(&retried)?)?;
        let reuse = at.peer.refresh("web", old.refresh()?)?;
        at.trial.must(reuse.status == 400, || format!("a spent refresh token worked: {}", reuse.body));
        at.is_over("web", &last)
    }
}

/// A claim of the last of three seats.
struct Seat;

impl Deed for Seat {
    type Ready = ();

    fn prepare(&mut self, bed: &Bed, peer: &Peer) -> Result<()> {
        for holder in bed.seats("faults", "desks")? {
            bed.run(&["seat", "release", "desks", &holder, "--yes", "--realm", "faults"])?;
        }
        for _ in 0..2 {
            peer.credentials("machine", "desk")?.expect(200, "a free seat")?;
        }
        Ok(())
    }

    fn act(&self, peer: &Peer, (): &()) -> Result<Answer> {
        peer.credentials("machine", "desk")
    }

    fn check(&mut self, at: &mut Check<'_, '_>, (): &(), answer: Option<&Answer>) -> Result<()> {
        let held = at.bed.seats("faults", "desks")?.len();
        at.trial.must((2..=3).contains(&held), || format!("{held} of 3 seats are held where 2 or 3 were claimed"));
        if let Some(answer) = answer {
            at.trial.must(answer.status == 200 && held == 3, || format!("{} with {held} held", answer.status));
            at.lives("machine", &Tokens::of(answer)?)?;
        }
        let mut more = 0;
        for _ in 0..3 {
            let claim = at.peer.credentials("machine", "desk")?;
            match claim.status {
                200 => more += 1,
                400 if error_word(&claim) == "access_denied" => {}
                other => at.trial.violation(&format!("a claim was answered with {other}: {}", claim.body)),
            }
        }
        let after = at.bed.seats("faults", "desks")?.len();
        at.trial.must(held + more == 3 && after == 3, || format!("{held} held, {more} claimed, {after} held after"));
        Ok(())
    }
}

/// A person's consent to an app that nobody has consented to.
#[derive(Default)]
struct Approve {
    browser: Option<Browser>,
    next: usize,
}

impl Deed for Approve {
    /// The app, and the request that consents.
    type Ready = (String, String);

    fn prepare(&mut self, _: &Bed, peer: &Peer) -> Result<Self::Ready> {
        let mut browser = if let Some(browser) = &self.browser {
            browser.at(peer.address)
        } else {
            let mut browser = Browser::new(peer.address, &peer.host);
            let password = super::bed::PASSWORD;
            browser.arrive(&authorize("web", "openid orders.read"), CALLBACK, "user-0", password)?;
            browser
        };
        let client = format!("stranger-{}", self.next % STRANGERS);
        self.next += 1;
        let request = browser.consent(&authorize(&client, "orders.read")).context("the page that asks for consent")?;
        self.browser = Some(browser);
        Ok((client, request))
    }

    fn act(&self, peer: &Peer, (_, request): &Self::Ready) -> Result<Answer> {
        peer.send(request)
    }

    fn check(
        &mut self,
        at: &mut Check<'_, '_>,
        (client, request): &Self::Ready,
        answer: Option<&Answer>,
    ) -> Result<()> {
        let count = |sql: &str| at.bed.count(at.trial.lab, &format!("SELECT count(*) FROM {sql}"));
        let consents = count(&format!("consent WHERE client = '{client}'"))?;
        let codes = count(&format!("code WHERE client = '{client}'"))?;
        let waiting = count(&format!("pending WHERE doc LIKE '%{client}\"%'"))?;
        let whole = matches!((consents, codes, waiting), (1, 1, 0) | (0, 0, 1));
        at.trial.must(whole, || format!("half approved: {consents} consents, {codes} codes, {waiting} waiting"));
        let code = match answer {
            Some(answer) => {
                at.trial.must(consents == 1, || "an approval was answered and is not there".to_owned());
                code_of(answer)
            }
            // Not told and not done: the same form once more. Not told and done: ask anew, nobody is asked again.
            None if consents == 0 => code_of(&at.peer.send(request)?),
            None => {
                let cookies = self.browser.as_ref().map(Browser::cookie_line).unwrap_or_default();
                code_of(&at.peer.browse(&authorize(client, "orders.read"), &cookies)?)
            }
        };
        match code {
            Ok(code) => {
                let answer = at.peer.send(&at.peer.exchange_request(client, &code))?;
                at.trial.must(answer.status == 200, || format!("the approved code: {} {}", answer.status, answer.body));
                if answer.status == 200 {
                    at.lives(client, &Tokens::of(&answer)?)?;
                }
            }
            Err(error) => at.trial.violation(&format!("no code after the approval: {error:#}")),
        }
        Ok(())
    }
}

impl Check<'_, '_> {
    /// Tokens that were answered are good: the access token is active, the refresh token works. The ones after them.
    fn lives(&mut self, client: &str, tokens: &Tokens) -> Result<Tokens> {
        let active = self.peer.is_active(&tokens.access)?;
        self.trial.must(active, || "an access token that was answered is not active".to_owned());
        let refreshed = self.peer.refresh(client, tokens.refresh()?)?;
        let seen = || format!("a refresh token that was answered: {} {}", refreshed.status, refreshed.body);
        self.trial.must(refreshed.status == 200, seen);
        if refreshed.status == 200 { Tokens::of(&refreshed) } else { Ok(tokens.clone()) }
    }

    /// After a theft was noticed nothing of the family lives.
    fn is_over(&mut self, client: &str, tokens: &Tokens) -> Result<()> {
        let active = self.peer.is_active(&tokens.access)?;
        self.trial.must(!active, || "an access token of a revoked family is active".to_owned());
        let refreshed = self.peer.refresh(client, tokens.refresh()?)?;
        self.trial.must(refreshed.status == 400, || format!("a revoked family was refreshed: {}", refreshed.body));
        Ok(())
    }
}

/// Seats that nobody can give back any more.
fn lease(trial: &mut Trial<'_>) -> Result<()> {
    let bed = Bed::new(trial.lab, trial.kind)?;
    let mut node = bed.serve()?;
    for _ in 0..trial.lab.rounds(3, 1) {
        for _ in 0..3 {
            node.brief().credentials("machine", "desk")?.expect(200, "a free seat")?;
        }
        node.kill();
        node = bed.serve()?;
        let started = Instant::now();
        let refused = node.brief().credentials("machine", "desk")?;
        trial.must(refused.status == 400, || format!("a fourth seat of three: {}", refused.body));
        let free = loop {
            let claim = node.brief().credentials("machine", "desk")?;
            if claim.status == 200 || started.elapsed() > Duration::from_secs(12) {
                break claim.status == 200;
            }
            std::thread::sleep(Duration::from_millis(50));
        };
        trial.recovered(started.elapsed());
        trial.must(free, || "seats are held 12 s after the kill with a lease of 4 s".to_owned());
        for holder in bed.seats("brief", "desks")? {
            bed.run(&["seat", "release", "desks", &holder, "--yes", "--realm", "brief"])?;
        }
        trial.round();
    }
    Ok(())
}
