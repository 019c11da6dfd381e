//! `claviger healthcheck`: for containers and load balancers.

use super::context::Context;
use super::trouble::{Exit, Trouble};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How long a healthy server takes at most.
const PATIENCE: Duration = Duration::from_secs(3);

/// Which server is asked.
#[derive(Debug, clap::Args)]
pub(crate) struct HealthArgs {
    /// Its management address; left out: the configuration's
    #[arg(value_name = "ADDRESS:PORT")]
    address: Option<SocketAddr>,
}

/// Asks `/readyz`.
pub(crate) async fn run(args: HealthArgs, context: &Context) -> Result<(), Trouble> {
    let address = match args.address {
        Some(address) => address,
        None => context.config()?.server.management.ok_or_else(|| {
            Trouble::new(Exit::Configuration, "the server has no management address")
                .help("set server.management in the configuration")
        })?,
    };
    let unreachable = |why: String| Trouble::new(Exit::Unreachable, format!("the server at {address}: {why}"));
    let status = tokio::time::timeout(PATIENCE, ask(address))
        .await
        .map_err(|_| unreachable("no answer within three seconds".to_owned()))?
        .map_err(|error| unreachable(error.to_string()))?;
    let (status, reason) = status;
    if status != "200" {
        return Err(Trouble::new(Exit::Failure, format!("the server at {address} is not ready ({status}): {reason}")));
    }
    context.format.one(&serde_json::json!({ "ready": true }), &[("ready", "yes".to_owned())])
}

/// The status of the answer, and what it says.
async fn ask(address: SocketAddr) -> std::io::Result<(String, String)> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(4096).read_to_end(&mut answer).await?;
    let line = String::from_utf8_lossy(&answer);
    let body = line.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let said: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
    let reason = said.get("status").and_then(|status| status.as_str()).unwrap_or("it does not say why").to_owned();
    Ok((line.split(' ').nth(1).unwrap_or("no HTTP").to_owned(), reason))
}
