//! A running server: its parts put together, its listeners, and the work that goes on beside the requests.
//!
//! 1. [`open`] makes the [`State`] of an open database. 2. [`run`] listens until it is told to stop, and has requests answered
//!    ([`crate::router`]); meanwhile it does what goes on beside them ([`crate::jobs`]).

use crate::http::tls::Tls;
use crate::http::{self, Door, Limits};
use crate::jobs;
use crate::outbound::Outbound;
use crate::pages::Pages;
use crate::router::Service;
use crate::state::State;
use crate::state::brakes::Brakes;
use crate::state::calls::Calls;
use crate::state::client_keys::ClientKeys;
use crate::state::clients::Clients;
use crate::state::clock::Clock;
use crate::state::followed::Followed;
use crate::state::hashing::Hasher;
use crate::state::health::Health;
use crate::state::keys::Keys;
use crate::state::leaked::Leaked;
use crate::state::limits::Limits as CallLimits;
use crate::state::master_keys::MasterKeys;
use crate::state::meter::Meter;
use crate::state::providers::Providers;
use crate::state::rates::Rates;
use crate::state::recall::Recall;
use crate::state::requests::Requests;
use crate::state::revoked::Revoked;
use crate::state::secrets::Secrets;
use crate::state::sites::Sites;
use crate::state::strangers::Strangers;
use crate::state::uses::Uses;
use arc_swap::ArcSwap;
use claviger_core::crypto::entropy::random_bytes;
use claviger_core::dpop::Seen;
use claviger_store::Store;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};

/// A socket on which requests arrive.
#[derive(Debug)]
pub struct Listener {
    /// The socket.
    pub socket: TcpListener,
    /// The ids of the realms that are served there; `None`: all.
    pub realms: Option<Arc<[String]>>,
    /// The certificates, where TLS is spoken there.
    pub tls: Option<Arc<Tls>>,
}

impl From<TcpListener> for Listener {
    fn from(socket: TcpListener) -> Self {
        Self { socket, realms: None, tls: None }
    }
}

/// How many passwords may wait to be hashed; one more is answered with 503.
const HASH_QUEUE: usize = 64;

/// Puts the parts together. `clock`: the one of [`Clock::default`] becomes that of the database where there is one.
///
/// # Errors
/// The database cannot be read, or the master key is not the one that it was sealed with.
pub async fn open(
    store: Store,
    master: impl Into<MasterKeys>,
    clock: Clock,
    pages: Pages,
) -> anyhow::Result<Arc<State>> {
    let master = master.into();
    let clock = clock.with(&store).await?;
    // Before anything is remembered of the database.
    let asked = clock.monotonic();
    let followed = Followed::new(store.last_change().await?, asked);
    let brakes = Brakes::default();
    brakes.load(&store, clock.now()).await?;
    let workers = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let state = State {
        secrets: Secrets::load(&store, &master).await?,
        keys: Keys::new(store.clone(), &master, clock.clone())?,
        hasher: Hasher::new(workers, HASH_QUEUE)?,
        brakes,
        leaked: Leaked::default(),
        sites: Sites::new(pages.languages().clone()),
        strangers: Strangers::default(),
        pages: ArcSwap::from_pointee(pages),
        clients: Clients::new(),
        client_keys: ClientKeys::new(),
        outbound: Outbound::new(),
        providers: Providers::new(),
        rates: Rates::default(),
        calls: Calls::default(),
        limits: CallLimits::default(),
        requests: Requests::default(),
        handed_in: Notify::new(),
        recall: Recall::new(),
        revoked: Revoked::default(),
        meter: Meter::default(),
        proofs: Seen::default(),
        uses: Uses::default(),
        health: Health::default(),
        node: random_bytes(),
        had_requests: AtomicBool::new(false),
        followed,
        background: store.on_own_connections()?,
        store,
        clock,
    };
    state.follower().load_revocations().await?;
    Ok(Arc::new(state))
}

/// Serves on all listeners until `stop` becomes true; returns when every request under way has been answered.
pub async fn run<L: Into<Listener>>(service: Service, listeners: Vec<L>, limits: Limits, stop: watch::Receiver<bool>) {
    let mut tasks = tokio::task::JoinSet::new();
    let state = &service.state;
    tasks.spawn(jobs::follow(Arc::clone(state), stop.clone()));
    tasks.spawn(jobs::jobs(Arc::clone(state), stop.clone()));
    tasks.spawn(jobs::tell_of_logouts(Arc::clone(state), stop.clone()));
    tasks.spawn(jobs::tell_webhooks(Arc::clone(state), stop.clone()));
    tasks.spawn(jobs::tell_time(Arc::clone(state), stop.clone()));
    tasks.spawn(jobs::fetch_logos(Arc::clone(state), stop.clone()));
    tasks.spawn(jobs::log_requests(Arc::clone(state), stop.clone()));
    let (sharer, stopped) = (Arc::clone(state), stop.clone());
    tasks.spawn(async move {
        let told = jobs::Shared { brakes: &sharer.brakes, limits: &sharer.limits };
        jobs::share(told, &sharer.background, &sharer.clock, stopped).await;
    });
    let sockets = listeners.into_iter().map(|listener| {
        let Listener { socket, realms, tls } = listener.into();
        (Door { socket, tls }, Service { realms, ..service.clone() })
    });
    tasks.spawn(http::serve_all(sockets.collect(), limits, stop));
    tasks.join_all().await;
}

#[cfg(test)]
mod tests;
