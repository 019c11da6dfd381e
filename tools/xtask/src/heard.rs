//! What a step printed: shown as it comes, and the lines that tell why it failed kept for the end of the run.
//!
//! Whoever reads only the last page of a long log finds there what went wrong, not just the name of the step.

use std::collections::VecDeque;
use std::fmt;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::process::Command;

use anyhow::{Context, Result};

/// How many of the last lines are kept.
const LAST: usize = 25;
/// How many of the lines that look like a failure are kept before those.
const TELLING: usize = 40;
/// What a line that tells of a failure holds.
const SIGNS: [&str; 8] =
    ["not ok", "FAILED", "panicked", "error:", "error[", "VIOLATION", "passed its bound", "warning:"];

/// A command failed.
#[derive(Debug)]
pub(crate) struct Failed {
    status: std::process::ExitStatus,
    /// The lines that tell why, in their order.
    pub(crate) lines: Vec<String>,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)
    }
}

impl std::error::Error for Failed {}

/// Runs a command that must succeed, and shows what it prints.
///
/// # Errors
/// It cannot be started; or it fails, which is a [`Failed`].
pub(crate) fn succeed(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let (reader, writer) = std::io::pipe().context("cannot make a pipe")?;
    command.stdout(writer.try_clone().context("cannot make a pipe")?).stderr(writer);
    let mut child = command.spawn().with_context(|| format!("cannot start {name}"))?;
    // The command holds the writing ends: what is read ends only when they are gone.
    command.stdout(std::process::Stdio::inherit()).stderr(std::process::Stdio::inherit());
    let lines = listen(reader);
    let status = child.wait().with_context(|| format!("cannot wait for {name}"))?;
    if status.success() {
        return Ok(());
    }
    Err(Failed { status, lines }.into())
}

/// Shows what comes until its end, and returns what is worth showing again.
fn listen(from: impl Read) -> Vec<String> {
    let (mut telling, mut last) = (Vec::new(), VecDeque::new());
    let mut reader = BufReader::new(from);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
        // Nobody may be there to read it; the step goes on.
        let _ = std::io::stdout().write_all(&line);
        last.push_back(String::from_utf8_lossy(&line).trim_end().to_owned());
        line.clear();
        if last.len() > LAST
            && let Some(old) = last.pop_front()
            && telling.len() < TELLING
            && SIGNS.iter().any(|sign| old.contains(sign))
        {
            telling.push(old);
        }
    }
    telling.extend(last);
    telling
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_and_earlier_ones_that_tell_are_kept() {
        let later: Vec<String> = (0..LAST).map(|line| format!("line {line}\n")).collect();
        let text = format!("fine\nnot ok - a story\n{}", later.concat());
        let kept = listen(text.as_bytes());
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
}
