//! A running server: its parts put together, its listeners, and the work that goes on beside the requests.
//!
//! 1. [`open`] makes an [`App`] of an open database. 2. [`follow`] keeps it in step with what other processes write into
//!    that database. 3. [`jobs`] rotates keys, writes the meter, sweeps out what has expired. 4. [`run`] listens until it is
//!    told to stop.

use crate::app::{App, Service};
use crate::brakes::Brakes;
use crate::clients::Clients;
use crate::clock::Clock;
use crate::hashing::Hasher;
use crate::http::{self, Limits};
use crate::keys::Keys;
use crate::master_key::MasterKey;
use crate::meter::Meter;
use crate::pages::Pages;
use crate::revoked::Revoked;
use crate::secrets::Secrets;
use crate::sites::Sites;
use claviger_store::{ChangeKind, Fault, LegacyUse, Store};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// How many passwords may wait to be hashed; one more is answered with 503.
const HASH_QUEUE: usize = 64;

/// How often other processes' writes are looked for. A revocation made by the command line is served within it.
const FOLLOW: Duration = Duration::from_millis(100);

/// How often the jobs run.
const JOBS: Duration = Duration::from_secs(10);

/// How many expired rows of a kind leave in one transaction.
const SWEEP: i64 = 500;

/// Puts the parts together.
///
/// # Errors
/// The database cannot be read, the master key is not the one that it was sealed with, a template is wrong.
pub async fn open(
    store: Store,
    master: &MasterKey,
    clock: Clock,
    templates: Option<&Path>,
) -> anyhow::Result<Arc<App>> {
    let workers = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let app = App {
        secrets: Secrets::load(&store, master).await?,
        keys: Keys::new(store.clone(), master, clock.clone())?,
        hasher: Hasher::new(workers, HASH_QUEUE)?,
        brakes: Brakes::default(),
        pages: Pages::new(templates)?,
        sites: Sites::default(),
        clients: Clients::new(),
        revoked: Revoked::default(),
        meter: Meter::default(),
        followed: Followed::new(store.last_change().await?),
        store,
        clock,
    };
    app.load_revocations().await?;
    Ok(Arc::new(app))
}

/// How far the changes of the database have been followed.
#[derive(Debug)]
pub(crate) struct Followed {
    change: AtomicI64,
    revocation: AtomicI64,
    turn: tokio::sync::Mutex<()>,
}

impl Followed {
    fn new(change: i64) -> Self {
        Self { change: AtomicI64::new(change), revocation: AtomicI64::new(0), turn: tokio::sync::Mutex::new(()) }
    }
}

impl App {
    /// Takes in every revocation that is new in the database.
    ///
    /// # Errors
    /// The database cannot be read.
    pub(crate) async fn load_revocations(&self) -> Result<(), Fault> {
        const PAGE: i64 = 1000;
        loop {
            let after = self.followed.revocation.load(Ordering::Acquire);
            let found = self.store.revocations_after(None, after, PAGE).await?;
            for item in &found.items {
                self.revoked.add(&item.realm, item.kind.name(), &item.value, item.before, item.expires_at);
            }
            self.followed.revocation.store(found.seq, Ordering::Release);
            self.revoked.advance(found.seq);
            if found.items.is_empty() && !found.reset {
                return Ok(());
            }
        }
    }

    /// Takes in everything that is new in the database, whoever wrote it. What this process wrote is then known to its
    /// own requests and to the APIs that wait for the feed.
    ///
    /// # Errors
    /// The database cannot be read.
    pub(crate) async fn catch_up(&self) -> Result<(), crate::failure::Failure> {
        const PAGE: i64 = 1000;
        let _turn = self.followed.turn.lock().await;
        loop {
            let after = self.followed.change.load(Ordering::Acquire);
            let changes = self.store.changes_after(after, PAGE).await?;
            if changes.reset {
                self.forget_everything();
            }
            for change in &changes.items {
                self.take_in(change.kind, &change.realm, &change.id);
            }
            self.followed.change.store(changes.seq, Ordering::Release);
            if changes.items.is_empty() {
                break;
            }
        }
        self.load_revocations().await?;
        Ok(())
    }

    fn take_in(&self, kind: ChangeKind, realm: &str, id: &str) {
        match kind {
            ChangeKind::Realm | ChangeKind::Keys => self.sites.forget(realm),
            ChangeKind::Client => self.clients.forget(realm, id),
            // A user's password may be a client's secret.
            ChangeKind::User => self.clients.forget_all(),
            // Revocations have a feed of their own; what a newer program writes may concern anything.
            ChangeKind::Revocation => {}
            ChangeKind::Other => self.forget_everything(),
        }
    }

    fn forget_everything(&self) {
        self.clients.forget_all();
        self.sites.forget_all();
    }
}

/// Keeps in step with what other processes write.
pub async fn follow(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    let mut seen = 0;
    loop {
        match app.store.data_version().await {
            Ok(version) if version == seen => {}
            Ok(version) => match app.catch_up().await {
                Ok(()) => seen = version,
                Err(failure) => tracing::warn!(?failure, "cannot follow the database"),
            },
            Err(fault) => tracing::warn!(%fault, "cannot follow the database"),
        }
        tokio::select! {
            () = tokio::time::sleep(FOLLOW) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}

/// Rotates keys by age, writes the meter, sweeps out what has expired; once more when told to stop.
pub async fn jobs(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    loop {
        let stopping = tokio::select! {
            () = tokio::time::sleep(JOBS) => false,
            _ = stop.wait_for(|stop| *stop) => true,
        };
        write_meter(&app).await;
        if stopping {
            return;
        }
        let now = app.clock.now();
        app.revoked.forget_expired(now);
        if let Err(fault) = app.store.purge(now, SWEEP).await {
            tracing::warn!(%fault, "cannot sweep out what has expired");
        }
        for site in app.sites.ready() {
            if let Err(fault) = app.keys.tick(&site.realm).await {
                tracing::warn!(%fault, realm = site.realm.id, "cannot look after the signing keys");
            }
        }
    }
}

async fn write_meter(app: &App) {
    const DAY: i64 = 86_400_000;
    let counted = app.meter.take();
    if counted.is_empty() {
        return;
    }
    let day = app.clock.now() / DAY;
    let uses = counted.iter().map(|((realm, client, legacy), count)| LegacyUse {
        realm: realm.clone(),
        client: client.clone(),
        legacy: legacy.name().to_owned(),
        day,
        count: i64::try_from(*count).unwrap_or(i64::MAX),
    });
    if let Err(fault) = app.store.add_legacy_uses(uses.collect()).await {
        tracing::warn!(%fault, "cannot write the legacy meter");
        app.meter.put_back(counted);
    }
}

/// Serves on all listeners until `stop` becomes true; returns when every request under way has been answered.
pub async fn run(service: Service, listeners: Vec<TcpListener>, limits: Limits, stop: watch::Receiver<bool>) {
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(follow(Arc::clone(&service.app), stop.clone()));
    tasks.spawn(jobs(Arc::clone(&service.app), stop.clone()));
    for listener in listeners {
        tasks.spawn(http::serve(listener, service.clone(), limits.clone(), stop.clone()));
    }
    tasks.join_all().await;
}
