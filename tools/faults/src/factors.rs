//! What somebody proves who they are with, and what is good once: a code of an authenticator app, a recovery code, a passkey's answer to
//! what it was asked.
//!
//! In groups 1 and 2: the server is killed at every write of such a sign-in, and sixty-four callers send the same one at once.

mod person;

use anyhow::{Context, Result};
use claviger_testing::http::Answer;

use super::deployment::Deployment;
use super::operations::{Check, Operation};
use super::peer::{Peer, Wire};
use super::trial::Trial;
use person::{Person, bring_in};

/// How many users there are for races: each round takes another one, because wrong codes are braked by the user.
const RACERS: usize = 48;
const CALLERS: usize = 64;

/// What is used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Once {
    /// A code of an authenticator app.
    Totp,
    /// A recovery code.
    RecoveryCode,
    /// A passkey.
    Passkey,
}

impl Once {
    const ALL: [Self; 3] = [Self::Totp, Self::RecoveryCode, Self::Passkey];
}

/// Whether an answer began a session.
fn lets_in(answer: &Answer) -> bool {
    let sets = |line: &str| line.to_ascii_lowercase().starts_with("set-cookie:") && line.contains("session=");
    answer.status == 303 && answer.head.lines().any(sets)
}

/// Sixty-four callers with one code or answer: one is signed in.
pub(super) fn race(trial: &mut Trial<'_>) -> Result<()> {
    let deployment = Deployment::new(trial.lab, trial.kind)?;
    bring_in(&deployment, RACERS)?;
    // One server alone serves a file.
    let nodes = deployment.serve_for_race(trial.kind)?;
    let first = nodes.first().context("no server")?.peer.address;
    let rounds = trial.lab.rounds(RACERS as u64, 6);
    let (mut served, mut unavailable) = (0_usize, 0_usize);
    for (number, once) in (0..usize::try_from(rounds)?).zip(Once::ALL.into_iter().cycle()) {
        let mut person = Person::new(number);
        person.set_up(first)?;
        let request = person.sign_in(first, once)?;
        let open = |node: &super::deployment::Node| Wire::open(node.peer.address);
        let mut wires = nodes.iter().cycle().take(CALLERS).map(open).collect::<Result<Vec<_>>>()?;
        for wire in &mut wires {
            wire.send(&request)?;
        }
        let answers = wires.iter_mut().map(Wire::read).collect::<Result<Vec<_>>>()?;
        let winners = answers.iter().filter(|answer| lets_in(answer)).count();
        let waiting = answers.iter().filter(|answer| answer.status == 503).count();
        let seen = || format!("{once:?}: {winners} of {CALLERS} were signed in, {waiting} answered 503");
        trial.must(winners == 1 || winners == 0 && waiting > 0, seen);
        for answer in answers.iter().filter(|answer| !matches!(answer.status, 303 | 503)) {
            trial.violation(&format!("{once:?}: a caller got {}: {}", answer.status, answer.body));
        }
        served += winners;
        unavailable += waiting;
        trial.round();
    }
    trial.note(format!("{served} signed in, {unavailable} answered 503"));
    Ok(())
}

/// A sign-in with one of them, in the middle of which the server is killed.
pub(super) struct SignIn {
    once: Once,
    person: Option<Person>,
}

impl SignIn {
    /// One of each kind.
    pub(super) fn all() -> [Self; 3] {
        Once::ALL.map(|once| Self { once, person: None })
    }
}

impl Operation for SignIn {
    type Ready = String;

    fn prepare(&mut self, deployment: &Deployment, peer: &Peer) -> Result<String> {
        let person = if let Some(person) = &mut self.person {
            person
        } else {
            bring_in(deployment, Once::ALL.len())?;
            let mut person = Person::new(self.once as usize);
            person.set_up(peer.address)?;
            self.person.insert(person)
        };
        person.renew(peer.address, self.once)?;
        person.sign_in(peer.address, self.once)
    }

    fn act(&self, peer: &Peer, request: &String) -> Result<Answer> {
        peer.send(request)
    }

    fn check(&mut self, at: &mut Check<'_, '_>, request: &String, answer: Option<&Answer>) -> Result<()> {
        let once = self.once;
        if let Some(answer) = answer {
            let seen = || format!("{once:?} was refused: {} {}", answer.status, answer.head);
            at.trial.must(lets_in(answer), seen);
        }
        // Whoever was not told sends it again: at most one of all of them counts.
        let again = [at.peer.send(request)?, at.peer.send(request)?];
        let let_in = answer.into_iter().chain(&again).filter(|answer| lets_in(answer)).count();
        at.trial.must(let_in <= 1, || format!("{once:?} let in {let_in} times"));
        // What was refused counts as guessing, and guessing is another case's matter.
        at.deployment.change(at.trial.lab, "DELETE FROM brake")
    }
}
