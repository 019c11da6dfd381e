//! `claviger demo`: the realms of `demo/*.toml` on loopback ports, with the vendors' sample APIs, a sample integrator, a
//! vendor's own pages and, where slapd is installed, a directory beside them. Nothing here is done differently than by `claviger apply` and `claviger serve`.
//!
//! 1. [`plan`] takes the ports, so that one in use is told before anything is made.
//! 2. [`folder`] is where the database and the master key live.
//! 3. [`directory`] is started, the realm files are applied; [`apis`], [`integrator`] and [`login_app`] answer at their
//!    authorities what no realm knows.
//! 4. When every port answers, [`manifest`] is written and [`lines`] are printed.
//! 5. Ctrl-C or SIGTERM ends it.

mod administrators;
mod apis;
mod directory;
mod folder;
mod integrator;
mod lines;
mod login_app;
mod mailbox;
mod manifest;
mod mcp;
mod partners;
mod plan;
mod realm_files;
mod views;

use anyhow::Context;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use claviger_core::crypto::sha256;
use claviger_files::Variables;
use claviger_files::realm::RealmFile;
use claviger_server::admin::{Actor, Admin, Way, new_reference};
use claviger_server::clock::Clock;
use claviger_server::http::{Limits, descriptors};
use claviger_server::master_key::MasterKey;
use claviger_server::pages::{HTML_TYPE, security_headers};
use claviger_server::server;
use claviger_server::state::requests::RequestLogSettings;
use claviger_server::telemetry::Management;
use claviger_server::{Service, State as Server};
use claviger_store::{Options as StoreOptions, Store, lock_for_serving};
use directory::Directory;
use folder::Folder;
use manifest::Route;
use plan::Plan;
use std::collections::HashMap;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tower::ServiceExt;

/// How long the ports may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the demo is told.
#[derive(Debug, Clone)]
pub struct Options {
    /// The first of its ports.
    pub port_base: u16,
    /// Where its data stays; none: in a temporary folder that goes away with it.
    pub data: Option<PathBuf>,
    /// Prints the one line by which an assistant is told of the sample MCP server, and nothing else.
    pub mcp: bool,
    /// Where to write what tools need to know of it.
    pub manifest: Option<PathBuf>,
}

/// Runs the demo until Ctrl-C or SIGTERM.
///
/// # Errors
/// A port is in use, the folder or the manifest cannot be written, another server has the data, the database is broken.
pub async fn run(options: Options) -> anyhow::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let asked_to_stop = async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    };
    tokio::pin!(asked_to_stop);
    let folder = Folder::new(options.data.as_deref())?;
    let running = tokio::select! {
        started = Box::pin(start(&options, &folder)) => started?,
        () = &mut asked_to_stop => return Ok(()),
    };
    asked_to_stop.await;
    say("stopping");
    running.stop().await;
    Ok(())
}

/// A started demo.
struct Running {
    stop: watch::Sender<bool>,
    served: tokio::task::JoinHandle<()>,
    service: Service,
    _lock: claviger_store::ServingLock,
    _directory: Option<Directory>,
}

impl Running {
    async fn stop(self) {
        let _ = self.stop.send(true);
        // The guards wait at the feeds of their realms.
        self.service.state.end_feeds();
        let _ = self.served.await;
    }
}

async fn start(options: &Options, folder: &Folder) -> anyhow::Result<Running> {
    let began = Instant::now();
    let plan = Plan::new(options.port_base)?;
    let listeners = plan.listen().await?;
    if let Some(manifest) = &options.manifest {
        // Whoever waits for the new one must not read an old one.
        match std::fs::remove_file(manifest) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("cannot write the manifest {}", manifest.display()));
            }
            _ => {}
        }
    }
    say(&format!("preparing the database in {}", folder.path().display()));
    let lock = lock_for_serving(folder.path())
        .with_context(|| format!("cannot use the data in {}", folder.path().display()))?;
    let master = MasterKey::read_or_create(&folder.path().join("master.key"))?;
    let database = folder.path().join("claviger.db");
    let database = database.to_str().context("the data folder's name is not UTF-8")?;
    let store = Store::open(&format!("sqlite://{database}"), &StoreOptions::default())
        .with_context(|| format!("cannot open the database {database}"))?;
    let pages = claviger_server::pages::Pages::new(None)?;
    let state = Box::pin(server::open(store.clone(), &master, Clock::default(), pages)).await?;
    state.log_requests(RequestLogSettings::default())?;

    let dialects = claviger_files::dialect::Dialects::embedded().map_err(|problems| anyhow::anyhow!("{problems}"))?;
    let mut variables = realm_files::variables(options.port_base);
    let mut texts = realm_files::REALM_FILES.to_vec();
    let directory = match directory::start(folder, &mut variables).await? {
        Ok(directory) => {
            texts.push(directory::REALM_FILE);
            Some(directory)
        }
        Err(why) => {
            say(&why);
            None
        }
    };
    let files = claviger_files::realm::parse(&realm_files::named(&texts), &dialects, &variables)
        .map_err(|problems| anyhow::anyhow!("{problems}"))?;
    let sample = apply(&state, &files, &texts, (folder, &variables)).await?;

    let http = http_client()?;
    let mut routers: HashMap<String, Router> = HashMap::new();
    let [management, _] = plan.authorities(plan::MANAGEMENT)?;
    let own_pages = login_app::router(&format!("http://{management}"), http.clone())?;
    for authority in plan.authorities("own_pages_app_port")? {
        routers.insert(authority, own_pages.clone());
    }
    let integrator = integrator::Integrator::new(&plan.integrator(), &files, http.clone())?.router();
    for authority in plan.integrator_authorities() {
        routers.insert(authority, integrator.clone());
    }
    let mut realms: Vec<(&RealmFile, Vec<Route>)> = Vec::new();
    for file in &files {
        if file.realm.is_admin() || file.realm.portal.is_some() {
            // What they have is the server's own: its API, its portal.
            realms.push((file, Vec::new()));
            continue;
        }
        if file.realm.id == mcp::REALM {
            let (authorities, tools, served) = mcp::of(file, &http)?;
            routers.extend(authorities.into_iter().map(|authority| (authority, tools.clone())));
            realms.push((file, served));
            continue;
        }
        let api = apis::of(file, &store, &http)?;
        for authority in api.authorities {
            routers.insert(authority, api.router.clone());
        }
        realms.push((file, api.routes));
    }
    let fallback = Router::new().fallback(by_authority).with_state(Arc::new(routers));
    let service = Service { state, fallback: Some(fallback), realms: None };
    let (stop, stopped) = watch::channel(false);
    let mails = mailbox::place(folder);
    mailbox::keep(Arc::clone(&service.state), mails.clone(), stopped.clone())?;
    let (connections, _) = descriptors::connections(descriptors::raise_limit(), 64, None);
    let limits = Limits::default().for_connections(connections);
    let management = Management { state: Arc::clone(&service.state), tls: None };
    let management_limits = limits.clone().for_management();
    let management = claviger_server::http::serve(listeners.management, management, management_limits, stopped.clone());
    let realms_served = server::run(service.clone(), listeners.all, limits, stopped);
    let served = tokio::spawn(async {
        tokio::join!(realms_served, management);
    });

    wait_until_all_answer(&http, &realms, &plan.integrator()).await?;
    if let Some(app) = &sample {
        partners::call(&http, app).await?;
    }
    if let Some(path) = &options.manifest {
        manifest::write(path, &manifest::document(&realms, &plan.integrator(), &mails))?;
    }
    let mut out = std::io::stdout().lock();
    let mcp = files.iter().find(|file| options.mcp && file.realm.id == mcp::REALM).map(mcp::line);
    let text = mcp.map_or_else(|| lines::all(&realms, &plan.integrator(), &mails), |line| line + "\n");
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    say(&format!("ready after {} ms; Ctrl-C stops it", began.elapsed().as_millis()));
    Ok(Running { stop, served, service, _lock: lock, _directory: directory })
}

/// Applies the realm files, as `claviger apply` does. A kept folder to which the very same files were applied before is left
/// alone: checking its passwords once more would cost more than all the rest of the start. The sample partner's app, where it is new.
async fn apply(
    server: &Server,
    files: &[RealmFile],
    texts: &[(&str, &str)],
    (folder, variables): (&Folder, &Variables),
) -> anyhow::Result<Option<partners::SampleApp>> {
    let texts = texts.iter().map(|(_, text)| *text);
    let values = variables.values().map(String::as_str);
    let applied: Vec<&str> = texts.chain(values).chain([env!("CARGO_PKG_VERSION")]).collect();
    let mark = claviger_core::jose::base64url(&sha256(applied.join("\0").as_bytes()));
    let mark_file = folder.path().join("demo.applied");
    let mut known = std::fs::read_to_string(&mark_file).is_ok_and(|text| text == mark);
    for file in files {
        let mut stored = server.store.realm(&file.realm.id).await?;
        // What is sealed stands in the database alone.
        if let Some(directory) = stored.as_mut().and_then(|realm| realm.directory.as_mut()) {
            directory.sealed_secret.clear();
        }
        known = known && stored.as_ref() == Some(&file.realm);
    }
    if known {
        say("the realm files are as they were");
        return Ok(None);
    }
    let now = server.clock.now();
    let actor = Actor { name: "demo".to_owned(), way: Way::Apply, reference: new_reference(now) };
    let admin = Admin { store: &server.store, actor: &actor, now };
    let report = claviger_server::admin::apply::apply(&admin, files, &server.hasher, &server.secrets).await?;
    administrators::give_roles(&admin, files).await?;
    let sample = partners::make(&admin, &server.secrets, files).await?;
    let (new, changed) = (report.created.len(), report.changed.len());
    say(&format!("realm files applied: {new} created, {changed} changed, {} as they were", report.unchanged));
    std::fs::write(&mark_file, mark).with_context(|| format!("cannot write the folder {}", folder.path().display()))?;
    Ok(sample)
}

/// Progress is for the person in front of it; what others read goes to standard output.
fn say(what: &str) {
    let _ = writeln!(std::io::stderr(), "claviger demo: {what}");
}

/// For calls within this machine: no proxy, no certificates, no redirects.
fn http_client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .tls_certs_only([])
        .connect_timeout(Duration::from_secs(2))
        .pool_idle_timeout(Duration::from_secs(30))
        .user_agent(concat!("claviger-demo/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// Hands a request that no realm knows to the app at its authority.
async fn by_authority(State(routers): State<Arc<HashMap<String, Router>>>, request: Request) -> Response {
    let host = || request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let authority = request.uri().authority().map(http::uri::Authority::as_str).or_else(host).unwrap_or_default();
    match routers.get(&authority.to_ascii_lowercase()) {
        Some(router) => match router.clone().oneshot(request).await {
            Ok(response) => response,
        },
        None => (StatusCode::NOT_FOUND, "There is nothing at this address.").into_response(),
    }
}

/// A page as an answer, with the headers that every page has.
fn page_response(page: &claviger_server::pages::Page) -> Response {
    let mut answer = Response::new(axum::body::Body::from(page.html.clone()));
    *answer.status_mut() = StatusCode::from_u16(page.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(HTML_TYPE));
    for (name, value) in security_headers(page) {
        if let Ok(value) = HeaderValue::try_from(value) {
            answer.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    answer
}

/// Each realm's discovery and each sample app, over HTTP.
async fn wait_until_all_answer(
    http: &reqwest::Client,
    realms: &[(&RealmFile, Vec<Route>)],
    integrator: &str,
) -> anyhow::Result<()> {
    let discoveries = realms.iter().map(|(file, _)| format!("{}/.well-known/openid-configuration", file.realm.base()));
    let apis = realms.iter().filter_map(|(_, routes)| routes.first().map(|route| route.url.clone()));
    let mut waiting = tokio::task::JoinSet::new();
    for url in discoveries.chain(apis).chain([format!("{integrator}/")]) {
        let http = http.clone();
        waiting.spawn(async move {
            let answer =
                http.get(&url).timeout(PATIENCE).send().await.with_context(|| format!("{url} does not answer"))?;
            // A sample API refuses a call without a token, and that is an answer.
            anyhow::ensure!(answer.status().as_u16() < 500, "{url} answers {}", answer.status());
            Ok(())
        });
    }
    while let Some(one) = waiting.join_next().await {
        one??;
    }
    Ok(())
}
