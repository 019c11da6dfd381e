//! A running server: its parts put together, its listeners, and the work that goes on beside the requests.
//!
//! 1. [`open`] makes an [`App`] of an open database. 2. [`run`] listens until it is told to stop; meanwhile it keeps in step
//!    with what other processes write into that database ([`crate::state::followed`]), does what is due ([`crate::jobs`]) and tells
//!    the other servers who guesses ([`crate::state::brakes`]).

use crate::http::{self, Limits};
use crate::jobs::{jobs, tell_time};
use crate::pages::Pages;
use crate::router::{App, Service};
use crate::state::brakes::{self, Brakes};
use crate::state::clients::Clients;
use crate::state::clock::Clock;
use crate::state::followed::{Followed, follow};
use crate::state::hashing::Hasher;
use crate::state::health::Health;
use crate::state::keys::Keys;
use crate::state::master_keys::MasterKeys;
use crate::state::meter::Meter;
use crate::state::recall::Recall;
use crate::state::revoked::Revoked;
use crate::state::secrets::Secrets;
use crate::state::sites::Sites;
use claviger_core::crypto::entropy::random_bytes;
use claviger_store::Store;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// How many passwords may wait to be hashed; one more is answered with 503.
const HASH_QUEUE: usize = 64;

/// Puts the parts together. `clock`: the one of [`Clock::default`] becomes that of the database where there is one.
///
/// # Errors
/// The database cannot be read, the master key is not the one that it was sealed with, a template is wrong.
pub async fn open(
    store: Store,
    master: impl Into<MasterKeys>,
    clock: Clock,
    templates: Option<&Path>,
) -> anyhow::Result<Arc<App>> {
    let master = master.into();
    let clock = clock.with(&store).await?;
    // Before anything is remembered of the database.
    let asked = clock.monotonic();
    let followed = Followed::new(store.last_change().await?, asked);
    let brakes = Brakes::default();
    brakes.load(&store, clock.now()).await?;
    let workers = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let app = App {
        secrets: Secrets::load(&store, &master).await?,
        keys: Keys::new(store.clone(), &master, clock.clone())?,
        hasher: Hasher::new(workers, HASH_QUEUE)?,
        brakes,
        pages: Pages::new(templates)?,
        sites: Sites::default(),
        clients: Clients::new(),
        recall: Recall::new(),
        revoked: Revoked::default(),
        meter: Meter::default(),
        health: Health::default(),
        node: random_bytes(),
        was_asked: AtomicBool::new(false),
        followed,
        aside: store.aside()?,
        store,
        clock,
    };
    app.load_revocations().await?;
    Ok(Arc::new(app))
}

/// Serves on all listeners until `stop` becomes true; returns when every request under way has been answered.
pub async fn run(service: Service, listeners: Vec<TcpListener>, limits: Limits, stop: watch::Receiver<bool>) {
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(follow(Arc::clone(&service.app), stop.clone()));
    tasks.spawn(jobs(Arc::clone(&service.app), stop.clone()));
    tasks.spawn(tell_time(Arc::clone(&service.app), stop.clone()));
    tasks.spawn(brakes::share(Arc::clone(&service.app), stop.clone()));
    for listener in listeners {
        tasks.spawn(http::serve(listener, service.clone(), limits.clone(), stop.clone()));
    }
    tasks.join_all().await;
}
