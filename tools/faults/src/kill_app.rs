//! SIGKILL in the middle of `claviger app approve`, beside a running server that sends the mails.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::Kind;
use super::deployment::Deployment;
use super::proxy::{Effect, Proxy};
use super::strace::{DISK, Injury, around};
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
    let proxy = match trial.kind {
        Kind::Sqlite => None,
        Kind::Postgres => Some(Proxy::start(trial.lab.cluster()?.port().context("PostgreSQL without a port")?)?),
    };
    let mut approved = Vec::new();
    let (mut nth, mut stride) = (1, if trial.lab.short { 6 } else { 1 });
    if let Some(proxy) = &proxy {
        // Most of a command's messages prepare statements: they are many and alike, so not each of them is a point.
        let before = proxy.messages();
        let id = create(&deployment, 0)?;
        let database = proxy.url(&deployment.url)?;
        deployment.run(&["app", "approve", &id, "--realm", "faults", "--database", &database])?;
        let all = u32::try_from(proxy.messages() - before)?;
        approved.push(id);
        stride = (all / if trial.lab.short { 8 } else { 60 }).max(1);
    }
    loop {
        let id = create(&deployment, nth)?;
        let unharmed = approve_and_die(trial, &deployment, proxy.as_ref(), &id, nth)?;
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
        let unsent = format!("SELECT count(*) FROM mail_outbox WHERE sent_at IS NULL AND recipient LIKE '{id}@%'");
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

/// Approves and is killed; whether it came through.
fn approve_and_die(
    trial: &Trial<'_>,
    deployment: &Deployment,
    proxy: Option<&Proxy>,
    id: &str,
    nth: u32,
) -> Result<bool> {
    let arguments = ["app", "approve", id, "--realm", "faults"];
    let quiet = |command: &mut Command| {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    };
    let Some(proxy) = proxy else {
        let mut traced = around(&deployment.command(&arguments), DISK, Injury::Kill(nth));
        quiet(&mut traced);
        return Ok(traced.status().context("cannot start strace")?.success());
    };
    let victim = Arc::new(AtomicU32::new(0));
    let after = trial.lab.seed.wrapping_add(u64::from(nth)).is_multiple_of(2);
    proxy.arm(nth.into(), after, Effect::Kill(Arc::clone(&victim)));
    let mut command = deployment.command(&arguments);
    quiet(command.env("CLAVIGER_DATABASE__URL", proxy.url(&deployment.url)?));
    let mut child = command.spawn().context("cannot start claviger")?;
    victim.store(child.id(), Ordering::SeqCst);
    let status = child.wait()?;
    proxy.disarm();
    Ok(status.success())
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
