//! System calls that kill, or fail: `strace` attached to a running server.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use claviger_testing::process::{Processes, Running};

/// What a database's file is written with.
pub(crate) const DISK: &str = "pwrite64,write,fsync,fdatasync,ftruncate";
/// What an answer leaves with.
pub(crate) const ANSWER: &str = "sendto,sendmsg,writev";

/// What is done to system calls.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Injury {
    /// SIGKILL in place of the n-th call of a thread.
    Kill(u32),
    /// Every call from now on fails with this error.
    Fail(&'static str),
}

impl Injury {
    fn word(self, calls: &str) -> String {
        match self {
            Self::Kill(nth) => format!("inject={calls}:signal=SIGKILL:when={nth}"),
            Self::Fail(error) => format!("inject={calls}:error={error}:when=1+"),
        }
    }
}

/// A tracer at work; it lets go when dropped.
pub(crate) struct Strace {
    running: Option<Running>,
}

impl Strace {
    /// Attaches to every thread of a process, and waits until it holds.
    ///
    /// # Errors
    /// It may not, or the process is gone.
    pub(crate) fn attach(processes: &Processes, pid: u32, calls: &str, injury: Injury) -> Result<Self> {
        let trace = format!("trace={calls}");
        // What it says to stderr is read; what it records is nobody's interest.
        let script = "exec strace -f -o /dev/null -e \"$1\" -e \"$2\" -p \"$3\" 2>&1";
        let mut command = Command::new("sh");
        command.args(["-c", script, "strace", &trace, &injury.word(calls), &pid.to_string()]);
        let running = processes.start(command.stdin(Stdio::null()).stdout(Stdio::piped()))?;
        let line = running.line(Duration::from_secs(10)).context("strace does not attach")?;
        if !line.contains("attached") {
            bail!("strace: {line}");
        }
        Ok(Self { running: Some(running) })
    }
}

impl Drop for Strace {
    fn drop(&mut self) {
        let Some(running) = self.running.take() else { return };
        if let Some(pid) = i32::try_from(running.pid).ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, Signal::TERM);
        }
        // Now and then it waits for a thread that is already gone; the kernel lets go of the others when it is killed.
        let asked = Instant::now();
        while running.lives() && asked.elapsed() < Duration::from_millis(300) {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// A command under a tracer that kills it.
pub(crate) fn around(command: &Command, calls: &str, injury: Injury) -> Command {
    let mut traced = Command::new("strace");
    traced.args(["-f", "-o", "/dev/null", "-e", &format!("trace={calls}"), "-e", &injury.word(calls)]);
    traced.arg(command.get_program()).args(command.get_args()).stdin(Stdio::null());
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            traced.env(name, value);
        }
    }
    traced
}
