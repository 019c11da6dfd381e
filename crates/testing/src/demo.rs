//! The running demo, for the scripts of `cargo xtask test` and for its memory.

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::process::{Processes, Running};

/// Ports that a demo takes from its base on.
const PORTS: u16 = 20;

/// The demo; ends when dropped.
pub struct Demo {
    /// Its process.
    pub running: Running,
    /// The file with its URLs, clients and users.
    pub manifest: PathBuf,
}

impl Demo {
    /// Starts the demo on free ports and waits until all of them answer. The manifest and the log go into `folder`.
    ///
    /// # Errors
    /// It ends, or is not ready within a minute; the message quotes its log.
    pub fn start(processes: &Processes, binary: &Path, folder: &Path) -> Result<Self> {
        let manifest = folder.join(format!("demo-manifest-{}.json", std::process::id()));
        let log = std::fs::File::create(manifest.with_extension("log"))?;
        let running = processes.start(
            Command::new(binary)
                .args(["demo", "--port-base", &free_base()?.to_string(), "--manifest"])
                .arg(&manifest)
                .stdin(Stdio::null())
                .stderr(log.try_clone()?)
                .stdout(log),
        )?;
        let started = Instant::now();
        // The manifest is written when every port answers.
        while std::fs::metadata(&manifest).map_or(true, |file| file.len() == 0) {
            if !running.lives() || started.elapsed() > Duration::from_mins(1) {
                let log = std::fs::read_to_string(manifest.with_extension("log")).unwrap_or_default();
                bail!("the demo did not start: {log}");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(Self { running, manifest })
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.manifest);
    }
}

/// A port from which on as many as a demo needs are free.
fn free_base() -> Result<u16> {
    let is_free = |port: u16| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
    let mut bases = (0..50_u16).map(|step| 18_080 + step * 24);
    bases.find(|base| (*base..base + PORTS).all(is_free)).context("no free ports for the demo")
}
