//! SIGKILL in the middle of `claviger app approve`, beside a running server that sends the mails.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::deployment::Deployment;
use super::killer::Killer;
use super::trial::Trial;

/// Points at most.
const POINTS: u32 = 1500;

/// How long the server may take to send what a dead command left in the outbox: it looks every ten seconds, and a mail that
/// the command had taken for itself is due again after a minute.
const MAIL: Duration = Duration::from_secs(90);

/// In the short form; what is not sent by then must still be waiting.
const SOON: Duration = Duration::from_secs(12);

/// The case.
pub(crate) fn run(trial: &mut Trial<'_>) -> Result<()> {
    let deployment = Deployment::new(trial.lab, trial.kind)?;
    let _node = deployment.serve()?;
    let killer = Killer::new(trial)?;
    let first = create(&deployment, 0)?;
    let stride = killer.rehearse(trial, &deployment, &["app", "approve", &first, "--realm", "faults"])?;
    let (mut approved, mut nth) = (vec![first], 1);
    loop {
        let id = create(&deployment, nth)?;
        let unharmed = killer.strike(trial, &deployment, &["app", "approve", &id, "--realm", "faults"], nth)?;
        let (status, secrets) = status_and_secrets(&deployment, &id)?;
        let whole = matches!((status.as_str(), secrets), ("pending", 0) | ("active", 1));
        trial.must(whole, || format!("half approved: {status} with {secrets} secrets"));
        trial.must(!unharmed || status == "active", || format!("an approval that ended well left it {status}"));
        let again = deployment.try_run(&["app", "approve", &id, "--realm", "faults"])?;
        let expected = if status == "active" { Some(6) } else { Some(0) };
        let seen = || format!("approving an app that is {status} ended with {:?}", again.status.code());
        trial.must(again.status.code() == expected, seen);
        let (status, secrets) = status_and_secrets(&deployment, &id)?;
        trial.must(status == "active" && secrets == 1, || format!("in the end {status} with {secrets} secrets"));
        approved.push(id);
        trial.round();
        nth += stride;
        if unharmed || nth > POINTS {
            break;
        }
    }
    let waiting = Instant::now();
    let mut missing = approved.clone();
    let patience = if trial.lab.short { SOON } else { MAIL };
    while !missing.is_empty() && waiting.elapsed() < patience {
        let sent = mails(&deployment.folder.join("mail"))?;
        missing.retain(|id| !sent.contains(&format!("{id}@owner.example")));
        std::thread::sleep(Duration::from_millis(100));
    }
    trial.recovered(waiting.elapsed());
    for id in &missing {
        let unsent = format!(
            "SELECT count(*) FROM outbox WHERE topic = 'mail' AND closed_at IS NULL AND addressee LIKE '{id}@%'"
        );
        let waits = trial.lab.short && deployment.count(trial.lab, &unsent)? == 1;
        trial.must(waits, || format!("no mail about {id}"));
    }
    trial.note(format!("{} apps, {} mails sent", approved.len(), approved.len() - missing.len()));
    Ok(())
}

fn create(deployment: &Deployment, number: u32) -> Result<String> {
    let id = format!("app-{number}");
    let owner = format!("{id}@owner.example");
    let name = format!("App {number}");
    let arguments = [
        "app",
        "create",
        "--realm",
        "faults",
        "--id",
        &id,
        "--name",
        &name,
        "--owner",
        &owner,
        "--scope",
        "orders.read",
    ];
    deployment.run(&arguments)?;
    Ok(id)
}

/// Status and number of live secrets.
fn status_and_secrets(deployment: &Deployment, id: &str) -> Result<(String, usize)> {
    let printed = deployment.run(&["app", "show", id, "--realm", "faults", "--output", "json"])?;
    let shown: serde_json::Value = serde_json::from_str(&printed)?;
    let status = shown.pointer("/client/status").and_then(serde_json::Value::as_str).context("no status")?;
    let secrets = shown.get("secrets").and_then(serde_json::Value::as_array).context("no secrets")?;
    Ok((status.to_owned(), secrets.len()))
}

/// All mails that were written, in one text.
fn mails(folder: &Path) -> Result<String> {
    let mut all = String::new();
    for entry in std::fs::read_dir(folder)? {
        // A file may be renamed while it is looked at.
        all.push_str(&std::fs::read_to_string(entry?.path()).unwrap_or_default());
    }
    Ok(all)
}
