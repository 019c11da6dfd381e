//! What a step printed: shown as it comes, and the lines that tell why it failed kept for the end of the run.
//!
//! Whoever reads only the last page of a long log finds there what went wrong, not just the name of the step. A step that
//! hangs is ended with all that it started, and says so, before the run as a whole is given up by whoever started it.

use std::collections::VecDeque;
use std::fmt;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use claviger_testing::process;

/// How many of the last lines are kept.
const LAST: usize = 25;
/// How many of the lines that look like a failure are kept before those.
const TELLING: usize = 40;
/// What a line that tells of a failure holds.
const SIGNS: [&str; 8] =
    ["not ok", "FAILED", "panicked", "error:", "error[", "VIOLATION", "passed its bound", "warning:"];

/// How long a command may take that builds or tests in Rust: several times what a cold one takes on two slow cores.
const LIMIT: Duration = Duration::from_mins(40);
/// How long what was told to end may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long what a command printed at its end may take to be read.
const REST: Duration = Duration::from_secs(1);

/// A command failed.
#[derive(Debug)]
pub(crate) struct Failed {
    status: std::process::ExitStatus,
    /// It was ended because it took longer than this.
    late: Option<Duration>,
    /// The lines that tell why, in their order.
    pub(crate) lines: Vec<String>,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.late {
            Some(limit) => write!(f, "not done after {} s, and ended", limit.as_secs()),
            None => write!(f, "{}", self.status),
        }
    }
}

impl std::error::Error for Failed {}

/// Runs a command that must succeed, and shows what it prints.
///
/// # Errors
/// It cannot be started; or it fails or hangs, which is a [`Failed`].
pub(crate) fn succeed(command: &mut Command) -> Result<()> {
    succeed_within(command, LIMIT)
}

/// The same, for one that is ended after `limit`.
///
/// # Errors
/// As of [`succeed`].
pub(crate) fn succeed_within(command: &mut Command, limit: Duration) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let (reader, writer) = std::io::pipe().context("cannot make a pipe")?;
    command.stdout(writer.try_clone().context("cannot make a pipe")?).stderr(writer);
    let mut child = command.spawn().with_context(|| format!("cannot start {name}"))?;
    // The command holds the writing ends: what is read ends only when they are gone.
    command.stdout(Stdio::inherit()).stderr(Stdio::inherit());
    let heard = Arc::new(Mutex::new(Heard::default()));
    let listener = thread::spawn({
        let heard = heard.clone();
        move || listen(reader, &heard)
    });
    let late = !within(limit, || !matches!(child.try_wait(), Ok(None)));
    if late {
        end(child.id());
    }
    let status = child.wait().with_context(|| format!("cannot wait for {name}"))?;
    // Whatever outlives the command may keep the pipe open.
    within(REST, || listener.is_finished());
    if status.success() && !late {
        return Ok(());
    }
    let lines = heard.lock().map(|heard| heard.lines()).unwrap_or_default();
    Err(Failed { status, late: late.then_some(limit), lines }.into())
}

/// Whether something came about within so long.
fn within(limit: Duration, mut done: impl FnMut() -> bool) -> bool {
    let began = Instant::now();
    while !done() {
        if began.elapsed() > limit {
            return false;
        }
        thread::sleep(Duration::from_millis(20));
    }
    true
}

/// Ends a process with all that it started. It first gets the time to do that by itself.
fn end(pid: u32) {
    let mut all = vec![pid];
    let mut seen = 0;
    while let Some(parent) = all.get(seen) {
        all.extend(process::children(*parent).unwrap_or_default());
        seen += 1;
    }
    kill("TERM", &[pid]);
    within(PATIENCE, || !process::lives(pid));
    kill("KILL", &all);
}

/// Sends a signal with the shell's own `kill`: a small system has no program of that name.
fn kill(signal: &str, pids: &[u32]) {
    let pids = pids.iter().map(ToString::to_string);
    let _ = Command::new("sh")
        .args(["-c", "signal=$1; shift; kill -s \"$signal\" \"$@\"", "sh", signal])
        .args(pids)
        .stderr(Stdio::null())
        .status();
}

/// What is worth showing again.
#[derive(Default)]
struct Heard {
    telling: Vec<String>,
    last: VecDeque<String>,
}

impl Heard {
    fn add(&mut self, line: String) {
        self.last.push_back(line);
        if self.last.len() > LAST
            && let Some(old) = self.last.pop_front()
            && self.telling.len() < TELLING
            && SIGNS.iter().any(|sign| old.contains(sign))
        {
            self.telling.push(old);
        }
    }

    fn lines(&self) -> Vec<String> {
        self.telling.iter().chain(&self.last).cloned().collect()
    }
}

/// Shows what comes until its end, and keeps what is worth showing again.
fn listen(from: impl Read, heard: &Mutex<Heard>) {
    let mut reader = BufReader::new(from);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
        // Nobody may be there to read it; the step goes on.
        let _ = std::io::stdout().write_all(&line);
        if let Ok(mut heard) = heard.lock() {
            heard.add(String::from_utf8_lossy(&line).trim_end().to_owned());
        }
        line.clear();
    }
}

#[cfg(test)]
mod tests {
    use claviger_testing::Scratch;

    use super::*;

    #[test]
    fn the_last_lines_and_earlier_ones_that_tell_are_kept() {
        let later: Vec<String> = (0..LAST).map(|line| format!("line {line}\n")).collect();
        let text = format!("fine\nnot ok - a story\n{}", later.concat());
        let heard = Mutex::default();
        listen(text.as_bytes(), &heard);
        let kept = heard.lock().unwrap().lines();
        assert_eq!(kept.first().map(String::as_str), Some("not ok - a story"));
        assert_eq!(kept.len(), LAST + 1);
        assert_eq!(kept.last().map(String::as_str), Some("line 24"));
    }

    #[test]
    fn a_command_that_fails_says_what_it_printed() {
        let error = succeed(Command::new("sh").args(["-c", "echo out; echo why >&2; exit 3"])).unwrap_err();
        let failed = error.downcast_ref::<Failed>().expect("it failed");
        assert_eq!(failed.lines, ["out", "why"]);
        assert!(failed.to_string().contains('3'));
        succeed(&mut Command::new("true")).unwrap();
    }

    #[test]
    fn what_a_command_leaves_behind_is_not_waited_for() {
        let scratch = Scratch::new().unwrap();
        let note = scratch.path.join("pid");
        succeed(Command::new("sh").args(["-c", "sleep 600 & echo $! >\"$1\"", "sh"]).arg(&note)).unwrap();
        let left: u32 = std::fs::read_to_string(note).unwrap().trim().parse().unwrap();
        assert!(process::lives(left));
        kill("KILL", &[left]);
    }

    #[test]
    fn a_command_that_hangs_is_ended_with_what_it_started() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo begun; sh -c 'sleep 600; true'; true"]);
        let error = succeed_within(&mut command, Duration::from_millis(300)).unwrap_err();
        let failed = error.downcast_ref::<Failed>().expect("it failed");
        assert_eq!(failed.lines, ["begun"]);
        assert!(failed.to_string().contains("not done after"), "{failed}");
    }
}
