//! Questions to the person at the terminal: may I, and what is the secret. Never on stdout.

use super::trouble::{Exit, Trouble};
use claviger_core::text::printable;
use claviger_core::token::Plain;
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::path::Path;

/// The longest secret that is read.
const LONGEST: u64 = 1024;

/// Asks before something that cannot be taken back.
///
/// # Errors
/// The answer is no, or there is nobody to ask.
pub(crate) fn confirm(yes: bool, question: &str) -> Result<(), Trouble> {
    if yes {
        return Ok(());
    }
    let input = io::stdin();
    if !input.is_terminal() {
        return Err(Trouble::new(Exit::Usage, "nobody can be asked: stdin is not a terminal").help("--yes goes ahead"));
    }
    eprint!("{} [y/N] ", printable(question));
    let _ = io::stderr().flush();
    let mut answer = String::new();
    input.lock().take(LONGEST).read_line(&mut answer).map_err(|error| unreadable("stdin", &error))?;
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Trouble::new(Exit::Failure, "not done")),
    }
}

/// Reads a secret from a file, from stdin, or from the person at the terminal, who types it twice and unseen.
///
/// # Errors
/// It is empty, too long, not UTF-8, or typed differently.
pub(crate) fn secret(file: Option<&Path>, what: &str) -> Result<Plain, Trouble> {
    if let Some(file) = file {
        let opened = std::fs::File::open(file).map_err(|error| unreadable(&file.display().to_string(), &error))?;
        return read(opened, what);
    }
    let input = io::stdin();
    if !input.is_terminal() {
        return read(input.lock(), what);
    }
    let first = typed(&format!("New {what}: "))?;
    let again = typed(&format!("The {what} again: "))?;
    if first != again {
        return Err(Trouble::new(Exit::Usage, "the two are not alike"));
    }
    checked(first, what)
}

fn read(input: impl Read, what: &str) -> Result<Plain, Trouble> {
    let mut text = String::new();
    input.take(LONGEST + 3).read_to_string(&mut text).map_err(|error| unreadable(what, &error))?;
    // The line's end is the editor's, all else is the secret's.
    let length = text.strip_suffix('\n').map_or(text.len(), |line| line.strip_suffix('\r').unwrap_or(line).len());
    text.truncate(length);
    checked(Plain::new(text), what)
}

fn checked(secret: Plain, what: &str) -> Result<Plain, Trouble> {
    let length = secret.expose().len();
    if length == 0 || u64::try_from(length).is_ok_and(|length| length > LONGEST) {
        return Err(Trouble::new(Exit::Usage, format!("the {what} must have 1 to {LONGEST} bytes, it has {length}")));
    }
    Ok(secret)
}

/// One line, without showing it.
fn typed(prompt: &str) -> Result<Plain, Trouble> {
    let input = io::stdin();
    let failed = |error: rustix::io::Errno| unreadable("the terminal", &error.into());
    let before = tcgetattr(&input).map_err(failed)?;
    let mut silent = before.clone();
    silent.local_modes.remove(LocalModes::ECHO);
    silent.local_modes.insert(LocalModes::ECHONL);
    eprint!("{prompt}");
    let _ = io::stderr().flush();
    tcsetattr(&input, OptionalActions::Flush, &silent).map_err(failed)?;
    let mut line = String::new();
    let result = input.lock().take(LONGEST + 3).read_line(&mut line);
    tcsetattr(&input, OptionalActions::Now, &before).map_err(failed)?;
    result.map_err(|error| unreadable("the terminal", &error))?;
    let length = line.trim_end_matches(['\r', '\n']).len();
    line.truncate(length);
    Ok(Plain::new(line))
}

fn unreadable(what: &str, error: &io::Error) -> Trouble {
    Trouble::new(Exit::Failure, format!("{what}: {error}"))
}
