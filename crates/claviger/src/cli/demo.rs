//! `claviger demo`.

use clap::Args;
use claviger_demo as demo;
use std::path::PathBuf;

/// Fourteen sample realms, their APIs and a sample integrator, on loopback ports.
///
/// Everything is made up, and everything works: log in, consent, call an API, refresh, disconnect. Each realm's lines can be
/// pasted into a shell or a browser.
#[derive(Debug, Clone, Args)]
pub struct DemoArgs {
    /// The first of twenty ports: the sample integrator, then the realms.
    #[arg(long, value_name = "PORT", default_value_t = 8080)]
    port_base: u16,
    /// Keeps the data in this folder; without it, a temporary folder is used and deleted at the end.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Prints one line alone: the one that tells an assistant of the sample MCP server.
    #[arg(long)]
    mcp: bool,
    /// Writes every address, client and user as JSON to this file when all ports answer.
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
}

/// Runs the demo until Ctrl-C or SIGTERM.
///
/// # Errors
/// See [`demo::run`].
pub async fn run(args: DemoArgs) -> anyhow::Result<()> {
    let options = demo::Options { port_base: args.port_base, data: args.data, mcp: args.mcp, manifest: args.manifest };
    Box::pin(demo::run(options)).await
}
