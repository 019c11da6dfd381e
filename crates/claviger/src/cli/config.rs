//! `claviger config`: what is in effect and where it comes from, and whether it is right.

use super::context::Context;
use super::serve::tls;
use super::trouble::{Exit, Trouble};
use crate::config::Setting;
use clap::Subcommand;
use claviger_server::clock::Clock;

/// What is done with the configuration.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Every setting as it is in effect; secrets are hidden
    #[command(after_help = "\
Examples:
  claviger config show
  claviger config show --origin
  CLAVIGER_LOG__LEVEL=debug claviger config show --origin -o json

A value comes from a flag, else from the environment (CLAVIGER_SECTION__KEY), else from the file, else it is the default.")]
    Show {
        /// Say where each value comes from: flag, environment, file and line, default
        #[arg(long)]
        origin: bool,
    },
    /// Read the configuration with its templates, languages, dialects and certificates, and say what is wrong
    #[command(after_help = "\
Examples:
  claviger config check && kill -HUP $(pidof claviger)

Nothing is opened and nobody is asked: `claviger doctor` looks at the database, the mail server and the network. A mistake
is named with file, line and a suggestion, and the exit code is 3.")]
    Check,
}

/// Does it.
pub(crate) fn run(command: &ConfigCommand, context: &Context) -> Result<(), Trouble> {
    match command {
        ConfigCommand::Show { origin } => show(context, *origin),
        ConfigCommand::Check => check(context),
    }
}

fn show(context: &Context, origin: bool) -> Result<(), Trouble> {
    let settings = context.explained()?.settings;
    if origin {
        return context.format.list(["key", "value", "origin"], &settings, |setting: &Setting| {
            [setting.key.clone(), setting.text(), setting.origin()]
        });
    }
    context.format.list(["key", "value"], &settings, |setting: &Setting| [setting.key.clone(), setting.text()])
}

/// Reads everything that a start reads out of files.
///
/// # Errors
/// The first thing that is wrong.
pub(super) fn read_all(context: &Context) -> Result<(), Trouble> {
    let config = context.config()?;
    if let Some(file) = &config.database.options.ca_file {
        std::fs::read(file).map_err(|error| {
            Trouble::new(Exit::Configuration, format!("database.ca-file: {} cannot be read: {error}", file.display()))
        })?;
    }
    if let Some(certificates) = tls::read(&config)? {
        tls::ended(&certificates, Clock::default().now())?;
    }
    context.pages()?;
    context.dialects()?;
    context.mailer()?;
    Ok(())
}

fn check(context: &Context) -> Result<(), Trouble> {
    read_all(context)?;
    let file = context.file().map(|file| file.display().to_string());
    let item = serde_json::json!({ "file": file, "right": true });
    let file = file.unwrap_or_else(|| "none: environment and defaults".to_owned());
    context.format.one(&item, &[("file", file), ("right", "yes".to_owned())])
}
