//! `claviger guard`: answers for proxies that ask before they pass a request on to an API.

use super::trouble::{Exit, Trouble};
use clap::Args;
use claviger_guard::{Guard, ProtectedResource};
use claviger_server::http::{Answer, Handler, Incoming, Limits, descriptors, serve};
use http_body_util::Full;
use std::net::SocketAddr;
use std::path::PathBuf;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// What the guard is told.
#[derive(Debug, Args)]
pub(crate) struct GuardArgs {
    /// Where the proxy asks
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9180")]
    listen: SocketAddr,
    /// The issuer of the tokens, as its metadata spells it
    #[arg(long, value_name = "URL")]
    issuer: String,
    /// The audience of the API
    #[arg(long, value_name = "AUDIENCE", required = true)]
    audience: Vec<String>,
    /// The API's address as its clients spell it; without it the first audience, where that is an address
    #[arg(long, value_name = "URL")]
    resource: Option<String>,
    /// A scope to begin with, for clients that know nothing but the address (may be repeated)
    #[arg(long, value_name = "SCOPE")]
    scope: Vec<String>,
    /// The API's own client, to ask about tokens that say nothing and to hear of revocations
    #[arg(long, value_name = "ID", requires = "client_secret_file")]
    client_id: Option<String>,
    /// Where its secret is
    #[arg(long, value_name = "FILE", requires = "client_id")]
    client_secret_file: Option<PathBuf>,
}

/// Who answers the proxy.
#[derive(Clone)]
struct Forward(Guard);

impl Handler for Forward {
    async fn answer(&self, request: Incoming) -> Answer {
        self.0.forwarded(&request.head).await.map(Full::new)
    }
}

/// Answers until Ctrl-C or SIGTERM.
///
/// # Errors
/// What was told makes no guard; the address is taken.
pub(crate) async fn run(args: GuardArgs) -> Result<(), Trouble> {
    let failed = |why: String| Trouble::new(Exit::Failure, why);
    let guard = guard(&args)?;
    let listener = TcpListener::bind(args.listen)
        .await
        .map_err(|error| failed(format!("cannot listen on {}: {error}", args.listen)))?;
    let (stop, stopped) = watch::channel(false);
    let (connections, _) = descriptors::connections(descriptors::raise_limit(), 64, None);
    // Its peers are the proxies, and one of them may have every place.
    let limits = Limits { connections, per_peer: connections, ..Limits::default() };
    let mut interrupt = signal(SignalKind::interrupt()).map_err(|error| failed(error.to_string()))?;
    let mut terminate = signal(SignalKind::terminate()).map_err(|error| failed(error.to_string()))?;
    let served = tokio::spawn(serve(listener, Forward(guard), limits, stopped));
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    let _ = stop.send(true);
    let _ = served.await;
    Ok(())
}

fn guard(args: &GuardArgs) -> Result<Guard, Trouble> {
    let usage = |why: String| Trouble::new(Exit::Usage, why);
    let mut builder = Guard::builder(&args.issuer);
    for audience in &args.audience {
        builder = builder.audience(audience);
    }
    let first = args.audience.first().filter(|audience| audience.starts_with("http"));
    if let Some(resource) = args.resource.as_ref().or(first) {
        builder = builder.protected_resource(ProtectedResource::new(resource).scopes(&args.scope));
    }
    if let (Some(id), Some(file)) = (&args.client_id, &args.client_secret_file) {
        let secret = std::fs::read_to_string(file)
            .map_err(|error| Trouble::new(Exit::Configuration, format!("cannot read {}: {error}", file.display())))?;
        builder = builder.credentials(id, secret.trim_end());
    }
    builder.build().map_err(|error| usage(error.to_string()))
}
