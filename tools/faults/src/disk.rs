//! Group 4: SQLite on a disk that is full, that fails, and beside a writer that does not let go.

use std::cell::RefCell;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::deployment::{Deployment, Node};
use super::outage::under_load;
use super::strace::{Injury, Strace};
use super::trial::Trial;
use super::{Entry, Kind};

const SQLITE: &[Kind] = &[Kind::Sqlite];

/// The cases.
pub(crate) const CASES: &[Entry] = &[
    ("disk-full", SQLITE, "every write to the disk fails for want of room: no token without a record", full),
    ("disk-error", SQLITE, "every write and every sync fails with an I/O error", error),
    ("disk-small", SQLITE, "a real file system of 24 MiB is filled to its last byte", small),
    ("disk-locked", SQLITE, "another process holds the right to write, for a second and for six", locked),
];

fn full(trial: &mut Trial<'_>) -> Result<()> {
    failing(trial, "pwrite64", "ENOSPC")
}

fn error(trial: &mut Trial<'_>) -> Result<()> {
    failing(trial, "pwrite64,fsync,fdatasync", "EIO")
}

fn failing(trial: &mut Trial<'_>, calls: &str, word: &'static str) -> Result<()> {
    let deployment = Deployment::new(trial.lab, trial.kind)?;
    let nodes = [deployment.serve()?];
    let (processes, pid) = (trial.lab.processes.clone(), first(&nodes)?.running.pid);
    let strace = RefCell::new(None);
    let rounds = trial.lab.rounds(10, 1);
    let injure = || {
        *strace.borrow_mut() = Some(Strace::attach(&processes, pid, calls, Injury::Fail(word))?);
        no_record_no_token(first(&nodes)?)
    };
    let heal = || {
        strace.borrow_mut().take();
        Ok(())
    };
    under_load(trial, &nodes, rounds, false, Duration::from_secs(1), injure, heal)?;
    whole(trial, &deployment, nodes)
}

fn small(trial: &mut Trial<'_>) -> Result<()> {
    let deployment = Deployment::empty(trial.lab, trial.kind)?;
    let disk = Disk::mount(deployment.folder.join("data"))?;
    // The file system that was mounted hides the database's empty file.
    deployment.run(&["apply", "--create", &deployment.folder.join("realms").to_string_lossy()])?;
    let nodes = [deployment.serve()?];
    let rounds = trial.lab.rounds(10, 1);
    let injure = || disk.fill();
    let heal = || disk.relieve();
    under_load(trial, &nodes, rounds, false, Duration::from_secs(1), injure, heal)?;
    whole(trial, &deployment, nodes)
}

fn locked(trial: &mut Trial<'_>) -> Result<()> {
    let deployment = Deployment::new(trial.lab, trial.kind)?;
    let nodes = [deployment.serve()?];
    let holder = RefCell::new(None);
    let injure = || {
        let connection = rusqlite::Connection::open(deployment.file())?;
        connection.busy_timeout(Duration::from_secs(2))?;
        connection.execute_batch("BEGIN IMMEDIATE")?;
        *holder.borrow_mut() = Some(connection);
        Ok(())
    };
    let heal = || {
        holder.borrow_mut().take();
        Ok(())
    };
    let rounds = trial.lab.rounds(4, 1);
    under_load(trial, &nodes, rounds, false, Duration::from_secs(1), injure, heal)?;
    under_load(trial, &nodes, rounds.div_ceil(2), false, Duration::from_secs(6), injure, heal)?;
    whole(trial, &deployment, nodes)
}

fn first(nodes: &[Node]) -> Result<&Node> {
    nodes.first().context("no server")
}

/// While nothing can be written, nothing durable is given out; what rests on nothing durable goes on.
fn no_record_no_token(node: &Node) -> Result<()> {
    let opaque = node.peer.credentials("machine", "orders.read")?;
    if opaque.status != 503 || opaque.header("retry-after").is_none() {
        bail!("a token that is to be recorded: status {} instead of 503: {}", opaque.status, opaque.body);
    }
    node.peer.credentials("signed", "orders.read")?.expect(200, "a signed token of a client that acts for itself")?;
    node.peer.jwks()?.expect(200, "the key set").map(drop)
}

/// The database is undamaged, and another process on it serves.
fn whole(trial: &mut Trial<'_>, deployment: &Deployment, nodes: [Node; 1]) -> Result<()> {
    for node in nodes {
        node.kill();
    }
    let node = deployment.serve()?;
    let answer = node.peer.credentials("machine", "orders.read")?;
    trial.must(answer.status == 200, || format!("after a restart: {} {}", answer.status, answer.body));
    let connection = rusqlite::Connection::open(deployment.file())?;
    let verdict: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    trial.must(verdict == "ok", || format!("the database is damaged: {verdict}"));
    Ok(())
}

/// A small file system in memory; unmounted when dropped.
struct Disk {
    folder: PathBuf,
}

impl Disk {
    fn mount(folder: PathBuf) -> Result<Self> {
        let mounted = quietly(Command::new("mount").args(["-t", "tmpfs", "-o", "size=24m", "tmpfs"]).arg(&folder))?;
        if !mounted {
            bail!("a small file system cannot be mounted at {}: this case needs root", folder.display());
        }
        Ok(Self { folder })
    }

    fn filler(&self) -> PathBuf {
        self.folder.join("filler")
    }

    /// Writes until nothing fits any more.
    fn fill(&self) -> Result<()> {
        let mut file = File::create(self.filler())?;
        for piece in [64 * 1024, 4096, 1] {
            let bytes = vec![0_u8; piece];
            while file.write_all(&bytes).is_ok() {}
        }
        Ok(())
    }

    fn relieve(&self) -> Result<()> {
        std::fs::remove_file(self.filler()).context("the filler is gone")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = quietly(Command::new("umount").arg("--lazy").arg::<&Path>(&self.folder));
    }
}

fn quietly(command: &mut Command) -> Result<bool> {
    Ok(command.stdin(Stdio::null()).stderr(Stdio::null()).status()?.success())
}
