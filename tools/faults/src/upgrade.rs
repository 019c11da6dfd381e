//! Group 6: a schema that is half made, a schema that is newer than the program, a backup that is brought back, a copy that
//! is cut off.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::deployment::{Deployment, Node};
use super::peer::{Peer, Tokens};
use super::proxy::{Effect, Proxy};
use super::strace::{DISK, Injury, around};
use super::trial::Trial;
use super::workload::Workload;
use super::{BOTH, Entry, Kind};
use claviger_testing::http::member;

/// The cases.
pub(crate) const CASES: &[Entry] = &[
    ("migrate-kill", BOTH, "SIGKILL while the schema is made: the next start completes it", migrate),
    ("newer-schema", BOTH, "a newer schema is served if it says so, and refused with exit code 8 if not", newer),
    ("old-binary", BOTH, "the program before this one serves on this one's schema (--previous)", previous),
    ("restore", BOTH, "a backup taken under load comes back without spent codes, refresh tokens and seats", restore),
    (
        "copy-kill",
        &[Kind::Postgres],
        "SIGKILL while SQLite is copied to PostgreSQL: run again, nothing is missing",
        copy,
    ),
];

/// Points at most.
const POINTS: u32 = 3000;

/// Runs a command that is killed at its n-th write, or its n-th message to the database; whether it came through.
fn run_and_die(
    trial: &Trial<'_>,
    deployment: &Deployment,
    proxy: Option<&Proxy>,
    arguments: &[&str],
    nth: u32,
) -> Result<bool> {
    let quiet = |command: &mut Command| {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    };
    let Some(proxy) = proxy else {
        let mut traced = around(&deployment.command(arguments), DISK, Injury::Kill(nth));
        quiet(&mut traced);
        return Ok(traced.status().context("cannot start strace")?.success());
    };
    let victim = Arc::new(AtomicU32::new(0));
    proxy.arm(nth.into(), trial.lab.seed.wrapping_add(nth.into()).is_multiple_of(2), Effect::Kill(Arc::clone(&victim)));
    let mut command = deployment.command(arguments);
    quiet(&mut command);
    let mut child = command.spawn().context("cannot start claviger")?;
    victim.store(child.id(), Ordering::SeqCst);
    let status = child.wait()?;
    proxy.disarm();
    Ok(status.success())
}

fn proxy(trial: &Trial<'_>) -> Result<Option<Proxy>> {
    match trial.kind {
        Kind::Sqlite => Ok(None),
        Kind::Postgres => Ok(Some(Proxy::start(trial.lab.cluster()?.port().context("PostgreSQL without a port")?)?)),
    }
}

fn migrate(trial: &mut Trial<'_>) -> Result<()> {
    from_nothing(trial)?;
    match trial.lab.previous.clone() {
        Some(old) if trial.kind == Kind::Sqlite => from_before(trial, &old),
        _ => Ok(()),
    }
}

/// The schema is made in an empty database.
fn from_nothing(trial: &mut Trial<'_>) -> Result<()> {
    let proxy = proxy(trial)?;
    let mut nth = 1;
    loop {
        let mut deployment = Deployment::empty(trial.lab, trial.kind)?;
        // One small realm: the schema is what is made here.
        let realm = deployment.folder.join("realms/short-lived.toml").to_string_lossy().into_owned();
        let direct = deployment.url.clone();
        if let Some(proxy) = &proxy {
            deployment = Deployment::at(trial.lab, deployment.folder.clone(), proxy.url(&direct)?)?;
        }
        let unharmed = run_and_die(trial, &deployment, proxy.as_ref(), &["apply", &realm], nth)?;
        let deployment = Deployment::at(trial.lab, deployment.folder.clone(), direct)?;
        completes(trial, &deployment, nth)?;
        nth += u32::try_from(trial.lab.rounds(7, 40))?;
        if unharmed || nth > POINTS {
            return Ok(());
        }
    }
}

/// The schema of the program before becomes this one's.
fn from_before(trial: &mut Trial<'_>, old: &Path) -> Result<()> {
    let mut nth = 1;
    loop {
        let deployment = Deployment::empty(trial.lab, trial.kind)?;
        deployment
            .with_binary(old)
            .run(&["apply", &deployment.folder.join("realms/short-lived.toml").to_string_lossy()])?;
        let unharmed = run_and_die(trial, &deployment, None, &["db", "migrate"], nth)?;
        completes(trial, &deployment, nth)?;
        nth += u32::try_from(trial.lab.rounds(1, 10))?;
        if unharmed || nth > POINTS {
            return Ok(());
        }
    }
}

/// Whatever a dead program left behind, the next one goes on from there.
fn completes(trial: &mut Trial<'_>, deployment: &Deployment, nth: u32) -> Result<()> {
    let again = deployment.try_run(&["apply", &deployment.folder.join("realms/short-lived.toml").to_string_lossy()])?;
    let said = || format!("killed at {nth}, then: {}", String::from_utf8_lossy(&again.stderr));
    trial.must(again.status.success(), said);
    if again.status.success() {
        let node = deployment.start(&[])?;
        while !node.short_lived().discovery().is_ok_and(|answer| answer.status == 200) {
            if !node.running.lives() {
                bail!("the server does not start: {}", node.log());
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        trial.recovered(node.started.elapsed());
        let answer = node.short_lived().credentials("machine", "orders.read")?;
        trial.must(answer.status == 200, || format!("after the migration: {} {}", answer.status, answer.body));
    }
    trial.round();
    Ok(())
}

fn newer(trial: &mut Trial<'_>) -> Result<()> {
    let deployment = Deployment::new(trial.lab, trial.kind)?;
    let known = deployment.count(trial.lab, "SELECT version FROM schema_version")?;
    deployment.change(trial.lab, "UPDATE schema_version SET version = version + 1")?;
    let node = deployment.serve()?;
    works(trial, &node.peer, "on a newer schema that it can use")?;
    trial.recovered(node.started.elapsed());
    trial.round();
    node.kill();
    deployment.change(trial.lab, "UPDATE schema_version SET readable_by = version")?;
    let realms = deployment.folder.join("realms").to_string_lossy().into_owned();
    for arguments in [&["serve"][..], &["apply", &realms], &["db", "migrate"], &["seat", "list", "--realm", "faults"]] {
        let ended = deployment.try_run(arguments)?;
        let code = ended.status.code();
        trial.must(code == Some(8), || format!("claviger {} ended with {code:?}, not 8", arguments.join(" ")));
        trial.round();
    }
    let after = deployment.count(trial.lab, "SELECT version FROM schema_version")?;
    trial.must(after == known + 1, || format!("the schema was changed from {} to {after}", known + 1));
    Ok(())
}

/// A client gets what it asks for.
fn works(trial: &mut Trial<'_>, peer: &Peer, when: &str) -> Result<Option<Tokens>> {
    let first = peer.credentials("machine", "orders.read")?;
    trial.must(first.status == 200, || format!("{when}: {} {}", first.status, first.body));
    if first.status != 200 {
        return Ok(None);
    }
    let refreshed = peer.refresh("machine", Tokens::of(&first)?.refresh()?)?;
    trial.must(refreshed.status == 200, || format!("a refresh {when}: {} {}", refreshed.status, refreshed.body));
    if refreshed.status == 200 { Tokens::of(&refreshed).map(Some) } else { Ok(None) }
}

/// Both programs take turns on one database; on PostgreSQL they serve side by side.
fn previous(trial: &mut Trial<'_>) -> Result<()> {
    let fresh = Deployment::empty(trial.lab, trial.kind)?;
    let old = match &trial.lab.previous {
        None => None,
        Some(program) => {
            let deployment = fresh.with_binary(program);
            let realms = deployment.folder.join("realms").to_string_lossy().into_owned();
            let applied = deployment.try_run(&["apply", &realms])?;
            // Exit code 3: its configuration knows no such database.
            let unknown = trial.kind == Kind::Postgres && applied.status.code() == Some(3);
            if !unknown && !applied.status.success() {
                bail!("the older program: {}", String::from_utf8_lossy(&applied.stderr));
            }
            applied.status.success().then_some(deployment)
        }
    };
    let Some(old) = old else {
        let why = if trial.lab.previous.is_some() { "it knows no PostgreSQL" } else { "no --previous" };
        trial.note(format!("{why}: this program on a schema that is marked one newer"));
        fresh.apply()?;
        fresh.change(trial.lab, "UPDATE schema_version SET version = version + 1")?;
        let first = fresh.serve()?;
        let second = if trial.kind == Kind::Postgres { Some(fresh.serve()?) } else { None };
        return turns(trial, &fresh, &fresh, first, second.as_ref());
    };
    let before = fresh.count(trial.lab, "SELECT version FROM schema_version")?;
    fresh.run(&["db", "migrate"])?;
    let after = fresh.count(trial.lab, "SELECT version FROM schema_version")?;
    trial.note(format!("a program of schema {before} on schema {after}"));
    let second = if trial.kind == Kind::Postgres { Some(fresh.serve()?) } else { None };
    turns(trial, &old, &fresh, old.serve()?, second.as_ref())
}

fn turns(trial: &mut Trial<'_>, old: &Deployment, new: &Deployment, first: Node, second: Option<&Node>) -> Result<()> {
    let mut held = works(trial, &first.peer, "at the older program")?.context("no tokens")?;
    let mut serving = first;
    for round in 0..trial.lab.rounds(20, 3) {
        let peer = if let Some(second) = second {
            if round % 2 == 0 { second.peer.clone() } else { serving.peer.clone() }
        } else {
            serving.kill();
            serving = if round % 2 == 0 { new.serve()? } else { old.serve()? };
            serving.peer.clone()
        };
        let refreshed = peer.refresh("machine", held.refresh()?)?;
        trial.must(refreshed.status == 200, || format!("the other program's grant: {}", refreshed.body));
        if refreshed.status != 200 {
            return Ok(());
        }
        held = Tokens::of(&refreshed)?;
        trial.must(peer.is_active(&held.access)?, || "its token is not active".to_owned());
        trial.round();
    }
    Ok(())
}

fn restore(trial: &mut Trial<'_>) -> Result<()> {
    for _ in 0..trial.lab.rounds(5, 1) {
        one_restore(trial)?;
        trial.round();
    }
    Ok(())
}

fn one_restore(trial: &mut Trial<'_>) -> Result<()> {
    let deployment = Deployment::new(trial.lab, trial.kind)?;
    let servers = if trial.kind == Kind::Postgres { 2 } else { 1 };
    let nodes = (0..servers).map(|_| deployment.serve()).collect::<Result<Vec<_>>>()?;
    let peers: Vec<Peer> = nodes.iter().map(|node| node.peer.clone()).collect();
    let peer = peers.first().context("no server")?.clone();
    let cookies = peer.sign_in()?;
    let workload = Workload::start(&peers, 3)?;
    let spent = peer.code(&cookies)?;
    peer.exchange(&spent)?.expect(200, "an exchange")?;
    let unspent = peer.code(&cookies)?;
    let old = Tokens::of(&peer.credentials("machine", "orders.read")?.expect(200, "a token")?)?;
    let seated = Tokens::of(&peer.credentials("machine", "office")?.expect(200, "a seat")?)?;
    let signed =
        member(&peer.credentials("signed", "orders.read")?.expect(200, "a signed token")?.json()?, "access_token")?;
    std::thread::sleep(Duration::from_millis(300));
    let file = deployment.folder.join("backup.db");
    deployment.run(&["db", "backup", &file.to_string_lossy()])?;
    // After the backup: what it does not know of.
    peer.exchange(&unspent)?.expect(200, "an exchange")?;
    let new = Tokens::of(&peer.refresh("machine", old.refresh()?)?.expect(200, "a refresh")?)?;
    let held = workload.stop(trial)?;
    for node in nodes {
        node.kill();
    }
    consistent(trial, &file)?;

    let second = Deployment::empty(trial.lab, trial.kind)?;
    let said = second.run(&["db", "restore", &file.to_string_lossy(), "--yes"])?;
    trial.must(said.bytes().any(|byte| (b'1'..=b'9').contains(&byte)), || format!("it does not say how many: {said}"));
    let node = second.serve()?;
    trial.recovered(node.started.elapsed());
    for code in [&spent, &unspent] {
        let answer = node.peer.exchange(code)?;
        trial.must(answer.status == 400, || format!("a code of before came back: {}", answer.body));
    }
    let mut refresh: Vec<(&str, &str)> = held.iter().map(|held| ("web", held.refresh.as_str())).collect();
    for tokens in [&old, &new, &seated] {
        refresh.push(("machine", tokens.refresh()?));
    }
    for (client, token) in refresh {
        let answer = node.peer.refresh(client, token)?;
        trial.must(answer.status == 400, || format!("a refresh token of before came back: {}", answer.body));
    }
    let opaque = held.iter().flat_map(|held| &held.answered).chain([&old.access, &new.access, &seated.access]);
    for token in opaque {
        trial.must(!node.peer.is_active(token)?, || "an access token of before came back".to_owned());
    }
    trial.must(!node.peer.is_signed_active(&signed)?, || "a signed token of before came back".to_owned());
    let seats = second.seats("faults", "office")?.len();
    trial.must(seats == 0, || format!("{seats} seats of before are held"));
    works(trial, &node.peer, "after the restore")?;
    let cookies = node.peer.sign_in()?;
    let exchanged = node.peer.exchange(&node.peer.code(&cookies)?)?;
    trial.must(exchanged.status == 200, || format!("a new code after the restore: {}", exchanged.body));
    Ok(())
}

/// What is one transaction is whole in the backup.
fn consistent(trial: &mut Trial<'_>, file: &Path) -> Result<()> {
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let backup = rusqlite::Connection::open_with_flags(file, flags)?;
    let verdict: String = backup.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    trial.must(verdict == "ok", || format!("the backup is damaged: {verdict}"));
    for (what, sql) in [
        ("grants whose code is not spent", "grants g JOIN code c ON c.id = g.id WHERE c.redeemed_at IS NULL"),
        (
            "spent codes without a grant",
            "code c WHERE c.redeemed_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM grants g WHERE g.id = c.id)",
        ),
    ] {
        let count: i64 = backup.query_row(&format!("SELECT count(*) FROM {sql}"), [], |row| row.get(0))?;
        trial.must(count == 0, || format!("the backup has {count} {what}"));
    }
    Ok(())
}

fn copy(trial: &mut Trial<'_>) -> Result<()> {
    let proxy = proxy(trial)?.context("no proxy")?;
    let source = Deployment::new(trial.lab, Kind::Sqlite)?;
    let node = source.serve()?;
    let cookies = node.peer.sign_in()?;
    let code = node.peer.code(&cookies)?;
    let mut held = Vec::new();
    for _ in 0..trial.lab.rounds(500, 60) {
        let code = node.peer.code(&cookies)?;
        held.push(Tokens::of(&node.peer.exchange(&code)?.expect(200, "an exchange")?)?);
    }
    node.kill();
    let mut nth = 1;
    loop {
        let target = Deployment::empty(trial.lab, trial.kind)?;
        let through = proxy.url(&target.url)?;
        let unharmed = run_and_die(trial, &source, Some(&proxy), &["db", "copy", "--to", &through], nth)?;
        if !unharmed {
            // Until it is complete nobody serves it; run again it completes what is there.
            let early = target.try_run(&["db", "status", "--output", "json"])?;
            trial.must(early.status.code().is_some(), || "`db status` was ended by a signal".to_owned());
            let again = source.try_run(&["db", "copy", "--to", &target.url])?;
            let said = || format!("killed at {nth}, then: {}", String::from_utf8_lossy(&again.stderr));
            trial.must(again.status.success(), said);
        }
        let node = target.serve()?;
        trial.recovered(node.started.elapsed());
        for tokens in held.iter().rev().take(20) {
            trial.must(node.peer.is_active(&tokens.access)?, || "a token is missing in the copy".to_owned());
        }
        let grants = target.count(trial.lab, "SELECT count(*) FROM grants")?;
        let there = source.count(trial.lab, "SELECT count(*) FROM grants")?;
        trial.must(grants == there, || format!("{grants} grants of {there} were copied"));
        let last = held.last().context("no tokens")?;
        let refreshed = node.peer.refresh("web", last.refresh()?)?;
        trial.must(refreshed.status == 200, || format!("a refresh in the copy: {}", refreshed.body));
        if unharmed {
            let exchanged = node.peer.exchange(&code)?;
            let fresh = exchanged.status == 200 || exchanged.body.contains("invalid_grant");
            trial.must(fresh, || format!("a code in the copy: {} {}", exchanged.status, exchanged.body));
        }
        trial.round();
        nth += u32::try_from(trial.lab.rounds(60, 300))?;
        if unharmed || nth > POINTS {
            return Ok(());
        }
    }
}
