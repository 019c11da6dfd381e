//! `claviger serve`: the real thing.

mod reload;
pub(super) mod tls;

use super::context::Context;
use super::log::Log;
use super::trouble::{Exit, Trouble};
use crate::config::{self, Config, Database};
use claviger_server::clock::Clock;
use claviger_server::http::tls::Tls;
use claviger_server::http::{Limits, descriptors};
use claviger_server::mail::Mailer;
use claviger_server::server::Listener;
use claviger_server::telemetry::Management;
use claviger_server::{Service, State};
use claviger_server::{http, jobs, server};
use claviger_store::{ServingLock, Store, lock_for_serving, private};
use reload::Reload;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Serves until SIGTERM or Ctrl-C.
pub(crate) async fn run(context: &Context) -> Result<(), Trouble> {
    let config = context.present()?;
    let log = Log::start(&config.log)?;
    let mailer = Mailer::new(&config.mail.from, &config.mail.outlet)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(|error| no_signal(&error))?;
    let mut terminate = signal(SignalKind::terminate()).map_err(|error| no_signal(&error))?;
    let mut hangup = signal(SignalKind::hangup()).map_err(|error| no_signal(&error))?;
    let tls = tls::read(&config)?.map(Tls::new);
    tls::warn_of_open_keys(&config);
    // The ports first: one in use is told before anything is made.
    let listeners = listen_at_all(&config, tls.as_ref()).await?;
    let management = match config.server.management {
        Some(address) => Some(listen(address).await?),
        None => None,
    };
    let _lock = lock(&config.database)?;
    let store = Store::connect(&config.database.url, &config.database.options).await?;
    // Now, with its log in place.
    for exposed in config.database.file().iter().flat_map(|file| private::exposed(file)) {
        tracing::warn!("{exposed}");
    }
    let master = context.key_place(&config).read()?;
    let opened = server::open(store, &master, Clock::default(), context.pages()?);
    let state = Box::pin(opened).await.map_err(wrong_start)?;
    state.brake(config.brakes);
    if let Some(settings) = config.request_log {
        state.log_requests(settings)?;
    }
    state.let_in(&config.private_hosts);
    state.refuse_known(config.known_passwords.as_deref())?;
    warn_of_unknown_realms(&state, &config.server.listeners).await?;
    warn_of_no_realm(&state).await?;
    let limits = Limits { proxies: config.server.trusted_proxies.clone().into(), ..Limits::default() };
    let management_limits = limits.clone().for_management();
    let limits = Limits { front: Arc::new(config.server.front.clone()), ..limits };
    let limits = limits.for_connections(connections(config.server.max_connections, &config.database));

    let (stop, stopped) = watch::channel(false);
    let mut tasks = tokio::task::JoinSet::new();
    let service = Service { state: Arc::clone(&state), fallback: None, realms: None };
    tasks.spawn(server::run(service, listeners, limits, stopped.clone()));
    tasks.spawn(jobs::send_mails(Arc::clone(&state), mailer, stopped.clone()));
    tasks.spawn(jobs::keep_audit(Arc::clone(&state), config.audit.clone(), stopped.clone()));
    if let Some(tls) = &tls {
        let clock = state.clock.clone();
        tasks.spawn(tls::look_at(Arc::clone(tls), move || clock.now(), stopped.clone()));
    }
    if let Some(listener) = management {
        let management = Management { state: Arc::clone(&state), tls: tls.clone() };
        tasks.spawn(http::serve(listener, management, management_limits, stopped));
    }
    let management = config.server.management.map(tracing::field::display);
    tracing::info!(listen = ?config.server.listen, tls = ?config.tls.listen, management, "serving");
    notify("READY=1");

    let mut reload = Reload { context, state: &state, log: &log, tls, config };
    loop {
        tokio::select! {
            _ = interrupt.recv() => break,
            _ = terminate.recv() => break,
            _ = hangup.recv() => reload.run().await,
            // None of them ends by itself.
            _ = tasks.join_next() => {
                return Err(Trouble::new(Exit::Failure, "a part of the server ended by itself; the log says why"));
            }
        }
    }
    tracing::info!("stopping");
    notify("STOPPING=1");
    let _ = stop.send(true);
    state.end_feeds();
    tasks.join_all().await;
    Ok(())
}

/// Listens at every address that the configuration names.
async fn listen_at_all(config: &Config, tls: Option<&Arc<Tls>>) -> Result<Vec<Listener>, Trouble> {
    let mut listeners = Vec::new();
    for address in &config.server.listen {
        listeners.push(Listener::from(listen(*address).await?));
    }
    for address in &config.tls.listen {
        listeners.push(Listener { tls: tls.cloned(), ..Listener::from(listen(*address).await?) });
    }
    for only in &config.server.listeners {
        let realms = Some(only.realms.clone().into());
        let tls = tls.filter(|_| only.tls).cloned();
        listeners.push(Listener { socket: listen(only.address).await?, realms, tls });
    }
    Ok(listeners)
}

/// How many connections there may be: as configured, or as the descriptors allow.
fn connections(wished: Option<u32>, database: &Database) -> u32 {
    let descriptors = descriptors::raise_limit();
    let others = u64::try_from(database.options.connections.max(database.options.readers * 2)).unwrap_or_default();
    let (connections, fewer) = descriptors::connections(descriptors, others, wished);
    if fewer {
        tracing::warn!(
            wished,
            connections,
            descriptors,
            "server.max-connections is more than the limit of open files allows; raise the hard limit (ulimit -Hn, \
             LimitNOFILE in systemd)"
        );
    }
    connections
}

/// A realm may be made later, so one that is not there does not stop the start.
async fn warn_of_unknown_realms(state: &State, listeners: &[config::Listener]) -> Result<(), Trouble> {
    for listener in listeners {
        for realm in &listener.realms {
            if state.store.realm(realm).await?.is_none() {
                tracing::warn!(address = %listener.address, realm, "this address serves a realm that does not exist");
            }
        }
    }
    Ok(())
}

/// The server starts all the same: a realm that is applied is served at once.
async fn warn_of_no_realm(state: &State) -> Result<(), Trouble> {
    if state.store.list_realms("", 1).await?.is_empty() {
        tracing::warn!(
            "there is no realm, so nothing is served and /readyz says so: `claviger apply realms/` brings realm files in"
        );
    }
    Ok(())
}

fn no_signal(error: &std::io::Error) -> Trouble {
    Trouble::new(Exit::Failure, format!("signals cannot be received: {error}"))
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Trouble> {
    TcpListener::bind(address).await.map_err(|error| {
        let trouble = Trouble::new(Exit::Failure, format!("cannot listen on {address}: {error}"));
        match error.kind() {
            std::io::ErrorKind::AddrInUse => trouble.help("another program has this port; stop it, or choose another"),
            _ => trouble,
        }
    })
}

/// A SQLite database is served by one process; a PostgreSQL by any number.
fn lock(database: &Database) -> Result<Option<ServingLock>, Trouble> {
    let Some(file) = database.file() else { return Ok(None) };
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Ok(Some(lock_for_serving(folder)?))
}

/// What a wrong template or master key stops is a matter of configuration.
fn wrong_start(error: anyhow::Error) -> Trouble {
    use claviger_server::secrets::SecretsError;
    match error.downcast::<SecretsError>() {
        Ok(error) => error.into(),
        Err(error) => match error.downcast_ref::<claviger_store::Fault>() {
            Some(fault) => fault.clone().into(),
            None => Trouble::new(Exit::Configuration, format!("{error:#}")),
        },
    }
}

/// Tells systemd, where it started us and asked to be told (`sd_notify`).
pub(super) fn notify(state: &str) {
    let Some(path) = std::env::var_os("NOTIFY_SOCKET").filter(|path| !path.is_empty()) else { return };
    let sent = std::os::unix::net::UnixDatagram::unbound().and_then(|socket| socket.send_to(state.as_bytes(), path));
    if let Err(error) = sent {
        tracing::warn!(%error, "systemd could not be told");
    }
}
