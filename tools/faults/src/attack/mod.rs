//! `faults attack`: what a stranger can make a server pay, and what strangers learn.
//!
//! Each [`Attack`] does to a real server, which it starts itself on loopback, what somebody without rights could do to it. What
//! that costs is counted: guesses that were compared with a secret, refusals of somebody who is right, bytes that were stored,
//! the server's processor time at two sizes, open descriptors. Each cost has a bound, and a cost above it is a violation.

mod accounts;
mod enumeration;
mod growth;
mod guessing;
mod registration;
mod resources;
mod target;
mod toll;
mod wire;
mod work;

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use clap::Parser;

use super::{Kind, Lab, Shared};
use toll::{Row, Toll, markdown};

/// Attacks a server that it starts itself on loopback, and counts what that costs.
#[derive(Parser)]
#[command(after_help = "\
Examples:
  cargo xtask faults attack list                 what there is, and what it may cost
  cargo xtask faults attack                      all of them, some four minutes
  cargo xtask faults attack --short              all of them with fewer attempts, within a minute
  cargo xtask faults attack lockout              one of them
  cargo xtask faults attack --store postgres     the servers keep what they know in PostgreSQL

The end is a table: attack, what was counted, how much it was, its bound, and the verdict. The command ends with 1 if a
bound was passed.")]
pub(crate) struct Args {
    /// Fewer attempts.
    #[arg(long)]
    short: bool,
    /// What the attacked server keeps its data in.
    #[arg(long, default_value = "sqlite")]
    store: Kind,
    /// The server's program, instead of this checkout's release build.
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// Write the table to this file, as Markdown.
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Only these attacks; `list` shows them and runs none.
    #[arg(value_name = "list|ATTACK")]
    only: Vec<String>,
}

/// One attack.
pub(crate) struct Attack {
    /// Its name on the command line.
    pub(crate) name: &'static str,
    /// What it tries.
    pub(crate) about: &'static str,
    /// What it may cost at most, in words.
    pub(crate) bound: &'static str,
    /// Does it, and counts.
    pub(crate) run: fn(&mut Toll<'_>) -> Result<()>,
}

/// Every attack, in order.
fn attacks() -> Vec<&'static Attack> {
    let parts = [
        guessing::ATTACKS,
        work::ATTACKS,
        growth::ATTACKS,
        registration::ATTACKS,
        resources::ATTACKS,
        accounts::ATTACKS,
        enumeration::ATTACKS,
        wire::ATTACKS,
    ];
    parts.into_iter().flatten().collect()
}

/// Runs the attacks; true if no bound was passed.
///
/// # Errors
/// A build that fails, a name that no attack has.
pub(crate) fn run(args: &Args) -> Result<bool> {
    if args.only.iter().any(|name| name == "list") {
        for attack in attacks() {
            println!("{:<18} {}\n{:<18} at most: {}", attack.name, attack.about, "", attack.bound);
        }
        return Ok(true);
    }
    let chosen = chosen(&args.only)?;
    target::allow_many_files()?;
    let shared = Shared { short: args.short, seed: 1, binary: args.binary.clone(), previous: None };
    super::with_lab(&shared, |lab| all(lab, args, &chosen))
}

fn chosen(only: &[String]) -> Result<Vec<&'static Attack>> {
    let mut chosen = attacks();
    for wanted in only {
        if !chosen.iter().any(|attack| attack.name == wanted) {
            bail!("no attack is called {wanted}; `cargo xtask faults attack list` shows them");
        }
    }
    chosen.retain(|attack| only.is_empty() || only.iter().any(|wanted| attack.name == wanted));
    Ok(chosen)
}

fn all(lab: &Lab, args: &Args, chosen: &[&'static Attack]) -> Result<bool> {
    let began = Instant::now();
    let mut rows: Vec<Row> = Vec::new();
    for attack in chosen {
        rows.extend(one(lab, args.store, attack));
    }
    let text = markdown(&rows);
    println!("\n{text}");
    let violated = rows.iter().filter(|row| !row.holds()).count();
    let (count, took) = (chosen.len(), began.elapsed().as_secs_f64());
    println!("{count} attacks on {}, {violated} bounds passed, {took:.0} s", args.store.name());
    if let Some(file) = &args.markdown {
        std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(violated == 0)
}

/// Carries out an attack; again where only times were longer than they may be, which may be the machine's fault.
fn one(lab: &Lab, store: Kind, attack: &Attack) -> Vec<Row> {
    const ATTEMPTS: usize = 3;
    let mut rows = attempt(lab, store, attack);
    for _ in 1..ATTEMPTS {
        if !rows.iter().all(Row::holds) && rows.iter().all(Row::holds_but_for_time) {
            rows = attempt(lab, store, attack);
        }
    }
    rows
}

fn attempt(lab: &Lab, store: Kind, attack: &Attack) -> Vec<Row> {
    let began = Instant::now();
    let mut toll = Toll::new(lab, store, attack.name);
    if let Err(error) = (attack.run)(&mut toll) {
        toll.failed(&format!("{error:#}"));
    }
    let rows = toll.end();
    for row in &rows {
        eprintln!("{} ({:.1} s)", row.line(), began.elapsed().as_secs_f64());
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found() {
        let all = attacks();
        for attack in &all {
            assert_eq!(chosen(&[attack.name.to_owned()]).unwrap().len(), 1, "{}", attack.name);
        }
        assert_eq!(chosen(&[]).unwrap().len(), all.len());
        assert!(chosen(&["nonsense".to_owned()]).is_err());
    }
}
