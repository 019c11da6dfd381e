//! `claviger api`: what programs can know of the admin API.

use super::output;
use super::trouble::Trouble;
use clap::Subcommand;

/// What is said of it.
#[derive(Debug, Clone, Copy, Subcommand)]
pub(crate) enum ApiCommand {
    /// Print its description (`OpenAPI` 3.1), of which clients can be generated
    #[command(after_help = "\
Examples:
  claviger api openapi > openapi.json

A running server tells the same, with its own address, at API/openapi.json; the API is where [administration] api-path of an admin realm says.")]
    Openapi,
}

/// Says it.
pub(crate) fn run(command: ApiCommand) -> Result<(), Trouble> {
    match command {
        ApiCommand::Openapi => output::put(&claviger_server::api::document(None)),
    }
}
