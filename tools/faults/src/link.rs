//! Links behind which people choose a password: each works once, whoever dies in the middle of it and however many send it.

use std::fmt::Write as _;
use std::time::Instant;

use anyhow::{Context, Result};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;

use super::Lab;
use super::deployment::Deployment;
use super::operations::{Check, Operation};
use super::peer::{CALLBACK, Peer, Wire, authorize};
use super::trial::Trial;
use claviger_testing::browser::Browser;
use claviger_testing::http::{self, Answer};

/// How many users have a link.
const LINKS: usize = 600;
/// How many send one at once.
const CALLERS: usize = 64;
/// What the page says when it is done, and when the link is none any more.
const DONE: &str = "Your password is set";
const GONE: &str = "This link does not work any more";

/// A link that is followed while the server dies.
#[derive(Default)]
pub(super) struct Link {
    next: usize,
}

impl Operation for Link {
    /// The user, and the request that chooses the password.
    type Ready = (String, String);

    fn set_up(&mut self, lab: &Lab, deployment: &Deployment) -> Result<()> {
        add(lab, deployment)
    }

    fn prepare(&mut self, _: &Deployment, peer: &Peer) -> Result<Self::Ready> {
        let number = self.next % LINKS;
        self.next += 1;
        Ok((user(number), Chosen::open(peer, number)?.request("a password of before the kill")))
    }

    fn act(&self, peer: &Peer, (_, request): &Self::Ready) -> Result<Answer> {
        peer.send(request)
    }

    fn check(&mut self, at: &mut Check<'_, '_>, (user, request): &Self::Ready, answer: Option<&Answer>) -> Result<()> {
        let count = |what: &str, of: &str| {
            at.deployment.count(at.trial.lab, &format!("SELECT count(*) FROM {what} WHERE {of} = '{user}'"))
        };
        let links = count("user_link", "user_id")?;
        let passwords = count("users", "password_hash IS NOT NULL AND id")?;
        let whole = matches!((links, passwords), (1, 0) | (0, 1));
        at.trial.must(whole, || format!("half done: {links} links, {passwords} passwords"));
        match answer {
            Some(answer) => {
                let is_done = passwords == 1 && answer.body.contains(DONE);
                at.trial.must(is_done, || format!("{} with {passwords} passwords", answer.status));
            }
            // Not told and not done: the same form once more.
            None if links == 1 => {
                let again = at.peer.send(request)?;
                at.trial.must(again.body.contains(DONE), || format!("the second try: {}", again.status));
            }
            None => {}
        }
        let changed =
            || at.deployment.count(at.trial.lab, &format!("SELECT updated_at FROM users WHERE id = '{user}'"));
        let before = changed()?;
        let replay = at.peer.send(request)?;
        let after = changed()?;
        at.trial
            .must(replay.body.contains(GONE) && before == after, || format!("a link worked twice: {}", replay.status));
        Ok(())
    }
}

/// Sixty-four callers with one link, each with a password of their own.
pub(super) fn race(trial: &mut Trial<'_>) -> Result<()> {
    let deployment = Deployment::new(trial.lab, trial.kind)?;
    add(trial.lab, &deployment)?;
    let nodes = deployment.serve_for_race(trial.kind)?;
    let first = &nodes.first().context("no server")?.peer;
    let began = Instant::now();
    let rounds = trial.lab.rounds(200, 3);
    let (mut refused, mut unavailable) = (0, 0);
    for number in 0..usize::try_from(rounds)? {
        let chosen = Chosen::open(first, number)?;
        // Anew for each round: what a server ends with its answer is not looked for.
        let open = |node: &super::deployment::Node| Wire::open(node.peer.address);
        let mut wires = nodes.iter().cycle().take(CALLERS).map(open).collect::<Result<Vec<_>>>()?;
        for (caller, wire) in wires.iter_mut().enumerate() {
            wire.send(&chosen.request(&password(caller)))?;
        }
        let answers = wires.iter_mut().map(Wire::read).collect::<Result<Vec<_>>>()?;
        let winners: Vec<usize> =
            (0..).zip(&answers).filter(|(_, answer)| answer.body.contains(DONE)).map(|(at, _)| at).collect();
        let busy = answers.iter().filter(|answer| answer.status == 503).count();
        let late = answers.iter().filter(|answer| answer.body.contains(GONE)).count();
        trial.must(winners.len() == 1, || format!("{} winners, {late} too late, {busy} answered 503", winners.len()));
        trial.must(winners.len() + late + busy == CALLERS, || "an answer is none of these".to_owned());
        if let [winner] = winners[..] {
            let mut browser = Browser::new(first.address, &first.host);
            let came = browser.arrive(&authorize("web", "orders.read"), CALLBACK, &user(number), &password(winner));
            trial.must(came.is_ok(), || format!("the password of the winner is another one's: {:?}", came.err()));
        }
        refused += late;
        unavailable += busy;
        trial.round();
    }
    let each = began.elapsed().as_millis() / u128::from(rounds.max(1));
    trial.note(format!("{refused} too late, {unavailable} answered 503; {each} ms a round"));
    Ok(())
}

/// The page behind a link, in a browser.
struct Chosen {
    target: String,
    host: String,
    headers: [String; 2],
    form: String,
}

impl Chosen {
    fn open(peer: &Peer, number: usize) -> Result<Self> {
        let target = format!("/-/link?link={}", text(number));
        let mut browser = Browser::new(peer.address, &peer.host);
        let page = browser.page(&target)?.expect(200, "the page behind a link")?;
        let request = browser.first_form(&page, &target).context("the page behind a link has no form")?;
        let form = request.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default();
        let headers = [browser.cookie_line(), format!("Origin: http://{}", peer.host)];
        Ok(Self { target, host: peer.host.clone(), headers, form })
    }

    fn request(&self, password: &str) -> String {
        let body = format!("{}&new_password={}", self.form, password.replace(' ', "+"));
        let headers: Vec<&str> = self.headers.iter().map(String::as_str).collect();
        http::request("POST", &self.target, &self.host, &headers, &body)
    }
}

fn user(number: usize) -> String {
    format!("linked-{number}")
}

fn password(caller: usize) -> String {
    format!("chosen by caller number {caller}")
}

/// The text of a link: its id, and what nobody can guess who did not get the mail.
fn text(number: usize) -> String {
    let id = digest(&SHA256, format!("id {number}").as_bytes());
    let secret = digest(&SHA256, format!("secret {number}").as_bytes());
    let id = id.as_ref().get(..16).unwrap_or_default();
    format!("cvl_{}", BASE64.encode([id, secret.as_ref()].concat()))
}

/// Users without a password, each with a link to the first one: as an invitation leaves them, without the mail.
fn add(lab: &Lab, deployment: &Deployment) -> Result<()> {
    let is_file = deployment.url.starts_with("sqlite:");
    let mut sql = String::new();
    for number in 0..LINKS {
        let (user, hash) = (user(number), digest(&SHA256, text(number).as_bytes()));
        let hex = hash.as_ref().iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        let hash = if is_file { format!("x'{hex}'") } else { format!("'\\x{hex}'::bytea") };
        let _ = write!(
            sql,
            "INSERT INTO users (realm, id, username_key, disabled, doc, created_at, updated_at)
                 VALUES ('faults', '{user}', '{user}', 0, '{{\"id\":\"{user}\",\"username\":\"{user}\"}}', 0, 0);
             INSERT INTO user_link (hash, realm, user_id, kind, email, expires_at)
                 VALUES ({hash}, 'faults', '{user}', 'first-login', '', 32503680000000);\n"
        );
        // A command line has an end.
        if number % 100 == 99 {
            deployment.change(lab, &std::mem::take(&mut sql))?;
        }
    }
    Ok(())
}
