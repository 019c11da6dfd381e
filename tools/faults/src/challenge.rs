//! Challenges of the vendor's own pages: of two things that are said of one the first counts, and the browser that comes back
//! goes on once; also where the server dies in the middle of either.

use super::Lab;
use super::deployment::{Deployment, Node};
use super::operations::{Check, Operation};
use super::peer::{Peer, SECRET, Wire, authorize};
use super::trial::Trial;
use anyhow::{Context, Result};
use claviger_testing::browser::Browser;
use claviger_testing::http::{self, Answer, member};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Instant;

const REALM: &str = include_str!("../files/own-pages.toml");
/// The port in the realm's name; nothing listens there.
const PORT: &str = "7003";
/// Fewer than half the connections that the management address has: those of the round before may be there still.
const CALLERS: usize = 24;
/// Whom the app says that it is: one caller one, the next one the other.
const SUBJECTS: [&str; 2] = ["first", "second"];

pub(super) fn race(trial: &mut Trial<'_>) -> Result<()> {
    let deployment = Deployment::empty(trial.lab, trial.kind)?;
    add(&deployment)?;
    let nodes = deployment.serve_for_race(trial.kind)?;
    let began = Instant::now();
    let rounds = trial.lab.rounds(1_000, 10);
    let (mut refused, mut unavailable) = (0, 0);
    for _ in 0..rounds {
        let first = nodes.first().context("no server")?;
        let peer = of_realm(&first.peer);
        let mut browser = Browser::new(peer.address, &peer.host);
        let challenge = challenge(&browser.page(&authorize("web", "orders.read"))?)?;
        let said = each(&nodes, Node::management, |caller| accept(&peer, &challenge, caller))?;
        let served: Vec<(usize, &Answer)> = (0..).zip(&said).filter(|(_, answer)| answer.status == 200).collect();
        let subjects: BTreeSet<usize> = served.iter().map(|(caller, _)| caller % SUBJECTS.len()).collect();
        trial.must(subjects.len() == 1, || format!("{} different things count", subjects.len()));
        let late = said.iter().filter(|answer| answer.status == 409).count();
        let busy = said.iter().filter(|answer| answer.status == 503).count();
        trial.must(served.len() + late + busy == CALLERS, || "an answer is none of these".to_owned());
        let Some((_, answer)) = served.first() else { continue };
        let request = way_back(answer, &peer, &browser)?;
        let came = each(&nodes, |node| node.peer.address, |_| request.clone())?;
        let on = came.iter().filter(|answer| goes_on(answer)).count();
        let turned_away = came.iter().filter(|answer| answer.status == 503).count();
        trial.must(on == 1, || format!("{on} went on with one sign-in, {turned_away} answered 503"));
        refused += late;
        unavailable += busy + turned_away;
        trial.round();
    }
    let each = began.elapsed().as_millis() / u128::from(rounds.max(1));
    trial.note(format!("{refused} contradicted, {unavailable} answered 503; {each} ms a round"));
    Ok(())
}

/// The realm whose users sign in at the vendor's own pages.
fn add(deployment: &Deployment) -> Result<()> {
    let realm = REALM.replace("{PORT}", PORT).replace("{SECRET}", SECRET);
    std::fs::write(deployment.folder.join("realms/own-pages.toml"), realm)?;
    deployment.apply()
}

/// The same server, asked for that realm.
fn of_realm(peer: &Peer) -> Peer {
    Peer { host: format!("localhost:{PORT}"), ..peer.clone() }
}

/// The request with which a browser comes back from the vendor's page.
fn way_back(accepted: &Answer, peer: &Peer, browser: &Browser) -> Result<String> {
    let back = member(&accepted.json()?, "redirect_to")?;
    let path = back.strip_prefix(&format!("http://{}", peer.host)).context("back to somewhere else")?;
    Ok(http::request("GET", path, &peer.host, &[&browser.cookie_line()], ""))
}

/// An answer to a challenge, given while the server dies.
#[derive(Default)]
pub(super) struct Said;

impl Operation for Said {
    type Ready = String;

    fn set_up(&mut self, _: &Lab, deployment: &Deployment) -> Result<()> {
        add(deployment)
    }

    fn prepare(&mut self, _: &Deployment, peer: &Peer) -> Result<String> {
        let peer = of_realm(peer);
        challenge(&Browser::new(peer.address, &peer.host).page(&authorize("web", "orders.read"))?)
    }

    fn act(&self, peer: &Peer, challenge: &String) -> Result<Answer> {
        http::send(peer.management, &accept(&of_realm(peer), challenge, 0))
    }

    fn check(&mut self, at: &mut Check<'_, '_>, challenge: &String, answer: Option<&Answer>) -> Result<()> {
        let say = |subject| http::send(at.peer.management, &accept(&of_realm(at.peer), challenge, subject));
        if let Some(answer) = answer {
            at.trial.must(answer.status == 200, || format!("an answer was refused: {}", answer.body));
        }
        // Something else: it counts where nothing did, and never where the first was told that it does.
        let other = say(1)?.status;
        let first = say(0)?.status;
        let whole = if answer.is_some() {
            (other, first) == (409, 200)
        } else {
            matches!((other, first), (409, 200) | (200, 409))
        };
        at.trial.must(whole, || format!("the other: {other}, the same: {first}"));
        Ok(())
    }
}

/// A browser that comes back while the server dies.
#[derive(Default)]
pub(super) struct CameBack;

impl Operation for CameBack {
    /// Its request.
    type Ready = String;

    fn set_up(&mut self, _: &Lab, deployment: &Deployment) -> Result<()> {
        add(deployment)
    }

    fn prepare(&mut self, _: &Deployment, peer: &Peer) -> Result<String> {
        let peer = of_realm(peer);
        let mut browser = Browser::new(peer.address, &peer.host);
        let challenge = challenge(&browser.page(&authorize("web", "orders.read"))?)?;
        let accepted =
            http::send(peer.management, &accept(&peer, &challenge, 0))?.expect(200, "an accepted sign-in")?;
        way_back(&accepted, &peer, &browser)
    }

    fn act(&self, peer: &Peer, request: &String) -> Result<Answer> {
        http::send(peer.address, request)
    }

    fn check(&mut self, at: &mut Check<'_, '_>, request: &String, answer: Option<&Answer>) -> Result<()> {
        let mut times = usize::from(answer.is_some_and(goes_on));
        if let Some(answer) = answer {
            at.trial.must(times == 1, || format!("a sign-in did not go on: {}", answer.status));
        }
        // Who was not told comes once more, and once more after that.
        for _ in 0..2 {
            let again = http::send(at.peer.address, request)?;
            times += usize::from(goes_on(&again));
            at.trial.must(again.status < 500, || format!("who came again: {}", again.status));
        }
        at.trial.must(times <= 1, || format!("one sign-in went on {times} times"));
        Ok(())
    }
}

/// Sends each caller's request, all at once, and reads the answers.
fn each(
    nodes: &[Node],
    address: impl Fn(&Node) -> SocketAddr,
    request: impl Fn(usize) -> String,
) -> Result<Vec<Answer>> {
    let open = |node: &Node| Wire::open(address(node));
    let mut wires = nodes.iter().cycle().take(CALLERS).map(open).collect::<Result<Vec<_>>>()?;
    for (caller, wire) in wires.iter_mut().enumerate() {
        wire.send(&request(caller))?;
    }
    wires.iter_mut().map(Wire::read).collect()
}

/// The challenge with which a browser is sent to the sign-in page.
fn challenge(answer: &Answer) -> Result<String> {
    let location = answer.header("location").with_context(|| format!("no redirect: {}", answer.body))?;
    let (_, challenge) = location.split_once("login_challenge=").context("no challenge")?;
    Ok(challenge.to_owned())
}

fn accept(peer: &Peer, challenge: &str, caller: usize) -> String {
    let subject = SUBJECTS.get(caller % SUBJECTS.len()).copied().unwrap_or_default();
    let target = format!("/realms/own-pages/admin/oauth2/auth/requests/login/accept?login_challenge={challenge}");
    http::request("PUT", &target, &peer.host, &[], &format!("{{\"subject\":\"{subject}\"}}"))
}

/// Whether a browser is sent on to the consent page.
fn goes_on(answer: &Answer) -> bool {
    answer.header("location").is_some_and(|location| location.contains("consent_challenge="))
}
