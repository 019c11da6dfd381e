//! Group 3, too: what one server is told, all know within a second; and a server that was cut off knows it before it serves.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::deployment::{Deployment, Node};
use super::peer::{Peer, active};
use super::proxy::{Mode, Proxy};
use super::trial::Trial;
use claviger_testing::http::member;

/// Within so long everything is seen by all.
const ALL: Duration = Duration::from_secs(1);

/// What is not seen by then is not seen at all.
const NEVER: Duration = Duration::from_secs(10);

/// A token of one server is revoked at the second; an app is stopped and resumed from the command line.
pub(super) fn seen_by_all(trial: &mut Trial<'_>) -> Result<()> {
    let deployment = Deployment::new(trial.lab, trial.kind)?;
    let nodes = (0..3).map(|_| deployment.serve()).collect::<Result<Vec<_>>>()?;
    let mut turns = nodes.iter().cycle();
    for _ in 0..trial.lab.rounds(30, 3) {
        // Stopping an app revokes what it was given until then, and a signed token says only in which second that was.
        std::thread::sleep(Duration::from_millis(1100));
        let (first, second) = (turns.next().context("no server")?, turns.next().context("no server")?);
        let token = signed(&first.peer)?;
        for node in &nodes {
            let good = node.peer.is_signed_active(&token)?;
            trial.must(good, || "a signed token of another server is not active".to_owned());
        }
        second.peer.send(&second.peer.revoke_request("signed", &token))?.expect(200, "a revocation")?;
        everywhere(trial, &nodes, "a revocation", |peer| Ok(!peer.is_signed_active(&token)?))?;
        let served = |peer: &Peer| Ok(peer.credentials("signed", "orders.read")?.status == 200);
        deployment.run(&["app", "suspend", "signed", "--yes", "--realm", "faults"])?;
        everywhere(trial, &nodes, "that an app was stopped", |peer| Ok(!served(peer)?))?;
        deployment.run(&["app", "resume", "signed", "--realm", "faults"])?;
        everywhere(trial, &nodes, "that an app was resumed", served)?;
        trial.round();
    }
    Ok(())
}

/// Waits until all servers know something that is true as of now.
fn everywhere(trial: &mut Trial<'_>, nodes: &[Node], what: &str, knows: impl Fn(&Peer) -> Result<bool>) -> Result<()> {
    let told = Instant::now();
    for node in nodes {
        while !knows(&node.peer)? {
            if told.elapsed() > NEVER {
                bail!("a server does not know {what} after {} s", NEVER.as_secs());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    let after = told.elapsed();
    trial.recovered(after);
    trial.must_in_time(after <= ALL, || format!("the last server knew {what} after {} ms", after.as_millis()));
    Ok(())
}

/// One of two servers is cut off while a token is revoked at the other.
pub(super) fn cut_off(trial: &mut Trial<'_>) -> Result<()> {
    let deployment = Deployment::new(trial.lab, trial.kind)?;
    let proxy = Proxy::start(trial.lab.cluster()?.port().context("PostgreSQL without a port")?)?;
    let url = proxy.url(&deployment.url)?;
    let (well, cut) = (deployment.serve()?, deployment.serve_with(&[("CLAVIGER_DATABASE__URL", &url)])?);
    let (mut unavailable, mut from_memory) = (0_u64, 0_u64);
    for round in 0..trial.lab.rounds(10, 2) {
        let token = signed(&well.peer)?;
        trial.must(cut.peer.is_signed_active(&token)?, || "another server's token is not active".to_owned());
        if round % 2 == 0 {
            proxy.set(Mode::Refuse);
            proxy.cut();
        } else {
            proxy.set(Mode::HalfOpen);
        }
        well.peer.send(&well.peer.revoke_request("signed", &token))?.expect(200, "a revocation")?;
        let revoked = Instant::now();
        let (mut healed, mut right) = (None::<Instant>, None);
        let question = cut.peer.post("/introspect", "signed-api", &format!("token={token}"));
        while right.is_none() {
            // While it says that it is not ready it may answer from memory; once it says that it is, it knows.
            let ready = cut.ready() == Some(200);
            let asked = Instant::now();
            let answer = cut.peer.send(&question)?;
            if answer.status == 200 {
                let good = active(&answer)?;
                let after = asked.duration_since(revoked);
                let seen =
                    || format!("a server that says it is ready took a token for good {} ms after", after.as_millis());
                trial.must_in_time(!(good && ready && after > ALL), seen);
                from_memory += u64::from(good && after > ALL);
                right = (!good && healed.is_some()).then(Instant::now);
            } else {
                let seen = || format!("a server that is cut off said {}: {}", answer.status, answer.body);
                trial.must(answer.status == 503 && answer.header("retry-after").is_some(), seen);
                unavailable += 1;
            }
            if healed.is_none() && revoked.elapsed() > Duration::from_millis(2500) {
                proxy.heal();
                healed = Some(Instant::now());
            }
            if healed.is_some_and(|healed| healed.elapsed() > NEVER) {
                bail!("a server that was cut off does not come back");
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        if let (Some(healed), Some(right)) = (healed, right) {
            trial.recovered(right.duration_since(healed));
        }
        trial.round();
    }
    trial.note(format!("{unavailable} answered 503, {from_memory} answered from memory while not ready"));
    Ok(())
}

fn signed(peer: &Peer) -> Result<String> {
    let answer = peer.credentials("signed", "orders.read")?.expect(200, "a signed token")?;
    member(&answer.json()?, "access_token")
}
