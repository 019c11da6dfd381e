//! The request log, which may lose its last moment and nothing else: what is left after a SIGKILL, and after more calls than it keeps.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::Value;

use super::deployment::{Deployment, Node};
use super::trial::Trial;
use claviger_testing::http::send;

/// What a crash may take along. The log is written twice a second; a machine with other work is given as much again.
const LAST: Duration = Duration::from_secs(1);

/// Lines of an app that went well, in the flood.
const KEPT: usize = 200;

/// Calls of the flood, each way.
const CALLS: usize = 2_000;

/// A server that is killed while an app calls: what was answered a second before is in the log, each call once, and the next server goes on
/// with the same log.
pub(crate) fn kill(trial: &mut Trial<'_>) -> Result<()> {
    let deployment = Deployment::new(trial.lab, trial.kind)?;
    let mut node = deployment.serve()?;
    for _ in 0..trial.lab.rounds(30, 3) {
        let span = LAST + Duration::from_millis(200 + trial.chance(1_500));
        let answered = call_for(&node, span)?;
        let killed = Instant::now();
        node.kill();
        node = deployment.serve()?;
        trial.recovered(node.started.elapsed());
        let left = references(&deployment, "signed")?;
        let missing =
            answered.iter().filter(|(at, reference)| killed.duration_since(*at) > LAST && !left.contains(reference));
        let missing = missing.count();
        trial.must_in_time(missing == 0, || format!("{missing} calls are missing that were answered a second before"));
        let mut once = left.clone();
        once.sort_unstable();
        once.dedup();
        trial.must(once.len() == left.len(), || format!("{} lines are there twice", left.len() - once.len()));
        trial.round();
    }
    Ok(())
}

/// More calls than are kept, good and bad: the log stays within its bounds, and the newest mistake is found among the good calls.
pub(crate) fn flood(trial: &mut Trial<'_>) -> Result<()> {
    let deployment = Deployment::new(trial.lab, trial.kind)?;
    let node = deployment.serve_with(&[("CLAVIGER_REQUEST_LOG__LINES_PER_APP", &KEPT.to_string())])?;
    for _ in 0..trial.lab.rounds(10, 1) {
        many(&node, "orders.read")?;
        many(&node, "orders.none")?;
        let last = node.peer.credentials("signed", "orders.read")?.expect(200, "a call after the flood")?;
        let reference = last.header("x-request-id").context("an answer without a reference")?.to_owned();
        let began = Instant::now();
        while !references(&deployment, "signed")?.contains(&reference) && began.elapsed() < Duration::from_secs(30) {
            std::thread::sleep(Duration::from_millis(50));
        }
        let lines = lines(&deployment, "signed")?;
        trial.must(lines.iter().any(|line| text(line, "reference") == reference), || {
            "the newest call is not in the log half a minute later".to_owned()
        });
        for refused in [false, true] {
            let of_one = lines.iter().filter(|line| text(line, "error").is_empty() != refused).count();
            let most = KEPT + KEPT / 8;
            trial.must((1..=most).contains(&of_one), || {
                format!("{of_one} lines (refused: {refused}), where {most} are kept at most")
            });
        }
        trial.round();
    }
    Ok(())
}

/// Calls one after the other for so long; when each was answered, and its reference.
fn call_for(node: &Node, span: Duration) -> Result<Vec<(Instant, String)>> {
    let (began, mut answered) = (Instant::now(), Vec::new());
    while began.elapsed() < span {
        let answer = node.peer.credentials("signed", "orders.read")?.expect(200, "a token")?;
        let reference = answer.header("x-request-id").context("an answer without a reference")?;
        answered.push((Instant::now(), reference.to_owned()));
        // Fewer than one page of the log.
        std::thread::sleep(Duration::from_millis(4));
    }
    Ok(answered)
}

/// As many calls as are made at once by eight callers, for this scope.
fn many(node: &Node, scope: &str) -> Result<()> {
    let (address, call) = (node.peer.address, node.peer.credentials_request("signed", scope));
    let call = call.as_str();
    std::thread::scope(|scope| {
        let callers: Vec<_> = (0..8)
            .map(|_| scope.spawn(move || (0..CALLS / 8).try_for_each(|_| send(address, call).map(drop))))
            .collect();
        callers.into_iter().try_for_each(|caller| caller.join().unwrap_or_else(|_| anyhow::bail!("a caller died")))
    })
}

fn references(deployment: &Deployment, app: &str) -> Result<Vec<String>> {
    Ok(lines(deployment, app)?.iter().map(|line| text(line, "reference").to_owned()).collect())
}

/// What the log has of an app.
fn lines(deployment: &Deployment, app: &str) -> Result<Vec<Value>> {
    let wanted = ["log", "list", "--realm", "faults", "--app", app, "--limit", "10000", "--output", "json"];
    let printed = deployment.run(&wanted)?;
    serde_json::from_str(&printed).with_context(|| format!("`claviger log list` prints no list: {printed}"))
}

fn text<'a>(line: &'a Value, member: &str) -> &'a str {
    line.get(member).and_then(Value::as_str).unwrap_or_default()
}
