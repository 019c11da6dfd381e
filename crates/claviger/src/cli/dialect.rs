//! `claviger dialect`: what a contract's file says, and what it weakens.

use super::context::Context;
use super::trouble::{Exit, Trouble};
use clap::Subcommand;
use claviger_core::Dialect;
use claviger_core::dialect::Weakening;
use claviger_files::dialect;
use serde::Serialize;
use std::path::Path;

/// What is done with dialects.
#[derive(Debug, Subcommand)]
pub(crate) enum DialectCommand {
    /// List the dialects that realm files may name
    List,
    /// Check a dialect and explain everything in which it is laxer than the standards
    #[command(after_help = "\
Examples:
  claviger dialect check standard
  claviger dialect check dialects/ours.toml

A weakening marked `per client` is in force only for apps that were given it by name (`legacy` in a realm file).")]
    Check {
        /// A file, or the name of a dialect
        dialect: String,
    },
}

#[derive(Serialize)]
struct Checked<'a> {
    name: &'a str,
    summary: &'a str,
    weakenings: Vec<Weakness>,
}

#[derive(Serialize)]
struct Weakness {
    key: String,
    risk: String,
    per_client: bool,
}

impl From<Weakening> for Weakness {
    fn from(one: Weakening) -> Self {
        Self { key: one.key, risk: one.risk, per_client: one.per_client }
    }
}

/// Does it.
pub(crate) fn run(command: DialectCommand, context: &Context) -> Result<(), Trouble> {
    match command {
        DialectCommand::List => {
            let dialects = context.dialects()?;
            let all: Vec<&Dialect> = dialects.names().filter_map(|name| dialects.named(name)).collect();
            let checked: Vec<Checked<'_>> = all.into_iter().map(checked).collect();
            context.format.list(["name", "weakenings", "summary"], &checked, |dialect| {
                [dialect.name.to_owned(), dialect.weakenings.len().to_string(), dialect.summary.to_owned()]
            })
        }
        DialectCommand::Check { dialect } => {
            let dialect = load(&dialect, context)?;
            let item = checked(&dialect);
            eprintln!("{}: {}", item.name, item.summary);
            match item.weakenings.len() {
                0 => eprintln!("Nothing in it is laxer than the standards."),
                n => eprintln!("{n} of its settings are laxer than the standards:"),
            }
            if context.format.is_structured() {
                return context.format.one(&item, &[]);
            }
            context.format.list(["setting", "for", "risk"], &item.weakenings, |one| {
                [one.key.clone(), if one.per_client { "per client" } else { "everyone" }.to_owned(), one.risk.clone()]
            })
        }
    }
}

fn checked(dialect: &Dialect) -> Checked<'_> {
    let weakenings = dialect.weakenings().into_iter().map(Into::into).collect();
    Checked { name: &dialect.name, summary: &dialect.summary, weakenings }
}

/// A path is what has a slash or ends in `.toml`; all else is a name.
fn load(name: &str, context: &Context) -> Result<Dialect, Trouble> {
    let path = Path::new(name);
    if name.contains('/') || path.extension().is_some_and(|extension| extension == "toml") {
        let bytes = std::fs::read(path)
            .map_err(|error| Trouble::new(Exit::NotFound, format!("{name} cannot be read: {error}")))?;
        return Ok(dialect::parse(name, &bytes)?);
    }
    let all = context.dialects()?;
    all.named(name).cloned().ok_or_else(|| {
        let trouble = Trouble::not_found(format!("there is no dialect `{name}`"));
        match claviger_files::did_you_mean(name, all.names()) {
            Some(hint) => trouble.help(hint),
            None => trouble,
        }
    })
}
