//! The database is locked for longer than anybody waits: who was told to come again has lost nothing, and who was served has it.
//!
//! A code or a refresh token that was answered with 503 is not spent a moment later; a command that failed has changed nothing.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::Kind;
use super::deployment::{Deployment, Node};
use super::peer::Tokens;
use super::trial::Trial;
use claviger_testing::http::Answer;

/// Within what a caller waits, and beyond it.
const LOCKED: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(7)];

/// The case.
pub(crate) fn run(trial: &mut Trial<'_>) -> Result<()> {
    let deployment = Deployment::new(trial.lab, trial.kind)?;
    let node = deployment.serve()?;
    let cookies = node.peer.sign_in()?;
    for round in 0..trial.lab.rounds(5, 1) {
        for locked in LOCKED {
            at(trial, &deployment, &node, &cookies, locked, round)?;
            trial.round();
        }
    }
    Ok(())
}

/// Everything that somebody may wait for, at once.
fn at(
    trial: &mut Trial<'_>,
    deployment: &Deployment,
    node: &Node,
    cookies: &str,
    locked: Duration,
    round: u64,
) -> Result<()> {
    let peer = &node.peer;
    let code = peer.code(cookies)?;
    let old = Tokens::of(&peer.exchange(&peer.code(cookies)?)?.expect(200, "an exchange")?)?;
    let revoked = Tokens::of(&peer.credentials("machine", "orders.read")?.expect(200, "a grant")?)?;
    let app = format!("waits-{round}-{}", locked.as_secs());
    let create = ["app", "create", "--realm", "faults", "--name", "Waits", "--id", &app, "--scope", "orders.read"];
    let waited = std::thread::scope(|scope| -> Result<Waited> {
        let lock = scope.spawn(|| lock(trial, deployment, locked));
        // Until the lock is held.
        std::thread::sleep(Duration::from_millis(400));
        let exchange = scope.spawn(|| peer.exchange(&code));
        let refresh = scope.spawn(|| peer.refresh("web", old.refresh()?));
        let revoke = scope.spawn(|| peer.send(&peer.revoke_request("machine", &revoked.access)));
        let created = scope.spawn(|| deployment.try_run(&create));
        let began = Instant::now();
        let answers = [exchange, refresh, revoke].map(std::thread::ScopedJoinHandle::join);
        let [exchange, refresh, revoke] = answers.map(|answer| answer.unwrap_or_else(|_| anyhow::bail!("a panic")));
        let created = created.join().map_err(|_| anyhow::anyhow!("a panic"))??.status.success();
        lock.join().map_err(|_| anyhow::anyhow!("a panic"))??;
        Ok(Waited { exchange: exchange?, refresh: refresh?, revoke: revoke?, created, took: began.elapsed() })
    })?;
    trial.recovered(waited.took);
    // What might still be written although nobody waits for it is written by then.
    std::thread::sleep(Duration::from_millis(1500));
    let exchanged = told(trial, "an exchange", &waited.exchange);
    let again = peer.exchange(&code)?.status;
    trial.must((again == 400) == exchanged, || format!("an exchange served: {exchanged}, and then again: {again}"));
    let refreshed = told(trial, "a refresh", &waited.refresh);
    let again = peer.refresh("web", old.refresh()?)?;
    trial.must(again.status == 200, || format!("a refresh served: {refreshed}, and then again: {}", again.body));
    let gone = told(trial, "a revocation", &waited.revoke);
    let active = peer.is_active(&revoked.access)?;
    trial.must(active != gone, || format!("a revocation served: {gone}, and the token good: {active}"));
    let shown = deployment.try_run(&["app", "show", &app, "--realm", "faults"])?.status.success();
    trial.must(shown == waited.created, || format!("an app made, as was told: {}; is there: {shown}", waited.created));
    Ok(())
}

struct Waited {
    exchange: Answer,
    refresh: Answer,
    revoke: Answer,
    created: bool,
    took: Duration,
}

/// Whether it was served; everybody else is told to come again.
fn told(trial: &mut Trial<'_>, what: &str, answer: &Answer) -> bool {
    let come_again = answer.status == 503 && answer.header("retry-after").is_some();
    trial.must(answer.status == 200 || come_again, || format!("{what}: {} {}", answer.status, answer.body));
    answer.status == 200
}

/// Nobody else writes for so long.
fn lock(trial: &Trial<'_>, deployment: &Deployment, locked: Duration) -> Result<()> {
    if trial.kind == Kind::Sqlite {
        let connection = rusqlite::Connection::open(deployment.file())?;
        connection.busy_timeout(Duration::from_secs(2))?;
        connection.execute_batch("BEGIN IMMEDIATE")?;
        std::thread::sleep(locked);
        return connection.execute_batch("ROLLBACK").context("the lock was lost");
    }
    let sql = format!(
        "BEGIN; LOCK TABLE code, grants, access_token, revocation, client IN EXCLUSIVE MODE; SELECT pg_sleep({}); ROLLBACK",
        locked.as_secs()
    );
    deployment.change(trial.lab, &sql)
}
