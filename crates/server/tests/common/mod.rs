//! A server on a loopback port with one realm and a clock that the test sets; a browser that is a cookie jar.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    missing_docs
)]

pub mod authenticator;
mod browser;
pub mod doors;
mod neighbour;
mod proof;
mod reply;

pub use browser::Browser;
pub use proof::ProofKey;
pub use reply::{Reply, unescape};

use claviger_core::client::{Client, ClientKind, ClientStatus, GrantType, IdTokenClaims};
use claviger_core::dialect::Pkce;
use claviger_core::jose::Algorithm;
use claviger_core::realm::{AccessTokenTyp, Api, Realm, Scope};
use claviger_core::{Dialect, ScopeSet, User};
use claviger_server::clock::Clock;
use claviger_server::http::{Limits, Network};
use claviger_server::keys::Keys;
use claviger_server::master_key::MasterKey;
use claviger_server::master_keys::MasterKeys;
use claviger_server::secrets::Secrets;
use claviger_server::{Service, server};
use claviger_store::{ClientSecret, Masked, Options, SecretKind, SigningKeyRow, Store};
use reqwest::Method;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::watch;

pub const NOW: i64 = 1_800_000_000_000;
pub const PASSWORD: &str = "correct horse";
pub const SECRET: &str = "cvs_a-secret-that-claviger-could-have-made-0123456789";
pub const CALLBACK: &str = "https://app.example/cb";
// RFC 7636 appendix B.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

pub struct Server {
    pub store: Store,
    pub realm: Realm,
    pub origin: String,
    pub address: std::net::SocketAddr,
    pub http: reqwest::Client,
    pub url: String,
    pub master: MasterKeys,
    pub state: Arc<claviger_server::State>,
    clock: Arc<AtomicI64>,
    secrets: Secrets,
    stop: watch::Sender<bool>,
    task: Option<tokio::task::JoinHandle<()>>,
}

/// A database file in a folder of its own, which goes away with it.
pub struct Folder(std::path::PathBuf);

impl Folder {
    pub fn new() -> Self {
        static NEXT: AtomicI64 = AtomicI64::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("claviger-protocol-{}-{n}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &std::path::Path {
        &self.0
    }

    pub fn database(&self) -> std::path::PathBuf {
        self.0.join("claviger.db")
    }

    pub fn url(&self) -> String {
        format!("sqlite://{}", self.database().display())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Server {
    /// A server of the standard dialect.
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// A server whose realm has been adapted.
    pub async fn with(adapt: impl FnOnce(&mut Realm)) -> Self {
        Self::at("sqlite::memory:", adapt).await
    }

    /// The same on a database that stays.
    pub async fn at(url: &str, adapt: impl FnOnce(&mut Realm)) -> Self {
        let (master, _) = made_before().await;
        Self::sealed_under(master.into(), url, adapt).await
    }

    /// The key that the harness seals under.
    pub async fn usual_master() -> MasterKey {
        made_before().await.0
    }

    /// The same with these master keys; the first of them is [`Self::usual_master`].
    pub async fn sealed_under(master: MasterKeys, url: &str, adapt: impl FnOnce(&mut Realm)) -> Self {
        let (listener, address) = listen().await;
        let mut realm = realm(&address.to_string());
        adapt(&mut realm);
        let (_, keys) = made_before().await;
        let store = Store::connect(url, &Options::default()).await.unwrap();
        store.put_realm(&realm, NOW).await.unwrap();
        for key in keys {
            store.put_key(key, NOW).await.unwrap();
        }
        let this = Self::boot(store, url, master, realm, listener, NOW).await;
        this.add_user(&user("u1", "alice")).await;
        this
    }

    async fn boot(store: Store, url: &str, master: MasterKeys, realm: Realm, listener: TcpListener, now: i64) -> Self {
        let address = listener.local_addr().unwrap();
        let secrets = Secrets::load(&store, &master).await.unwrap();
        let (clock, hand) = Clock::set_to(now);
        store.put_realm(&realm, NOW).await.unwrap();
        let pages = claviger_server::pages::Pages::new(None).unwrap();
        let state = server::open(store.clone(), &master, clock, pages).await.unwrap();
        let (stop, stopped) = watch::channel(false);
        let service = Service { state: Arc::clone(&state), fallback: None, realms: None };
        // Where a test says that it comes from elsewhere, it does.
        let limits = Limits { proxies: ["127.0.0.1".parse::<Network>().unwrap()].into(), ..Limits::default() };
        let task = tokio::spawn(server::run(service, vec![listener], limits, stopped));
        // Without the certificates of the whole web, whose reading takes longer than most tests.
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
        let http = http.tls_certs_only([]).build().unwrap();
        let origin = format!("http://{address}");
        let (url, task) = (url.to_owned(), Some(task));
        Self { store, realm, origin, address, http, url, master, state, clock: hand, secrets, stop, task }
    }

    /// Stops the server and starts another on the same database, at a further address of the realm; the issuer stays.
    pub async fn restart(self) -> Self {
        let (listener, realm) = self.further_address().await;
        let (url, master, now) = (self.url.clone(), self.master.clone(), self.now());
        self.stop().await;
        let store = Store::connect(&url, &Options::default()).await.unwrap();
        Self::boot(store, &url, master, realm, listener, now).await
    }

    /// Another server on the same database, with other master keys.
    pub async fn beside_with(&self, master: MasterKeys) -> Self {
        let (listener, realm) = self.further_address().await;
        let store = Store::connect(&self.url, &Options::default()).await.unwrap();
        Self::boot(store, &self.url, master, realm, listener, self.now()).await
    }

    /// Another server on the same database, at a further address of the realm; the issuer stays.
    pub async fn beside(&self) -> Self {
        let (listener, realm) = self.further_address().await;
        let store = Store::connect(&self.url, &Options::default()).await.unwrap();
        Self::boot(store, &self.url, self.master.clone(), realm, listener, self.now()).await
    }

    /// The parts of another server on the same database, without a listener.
    pub async fn another_app(&self) -> std::sync::Arc<claviger_server::State> {
        server::open(
            self.store.clone(),
            &self.master,
            Clock::set_to(self.now()).0,
            claviger_server::pages::Pages::new(None).unwrap(),
        )
        .await
        .unwrap()
    }

    async fn further_address(&self) -> (TcpListener, Realm) {
        let (listener, address) = listen().await;
        let mut realm = self.store.realm(&self.realm.id).await.unwrap().unwrap();
        realm.authorities.push(address.to_string());
        (listener, realm)
    }

    /// The realm's keys, as a command beside the servers has them.
    pub fn keys(&self) -> Keys {
        Keys::new(self.store.clone(), &self.master, Clock::set_to(self.now()).0).unwrap()
    }

    pub fn now(&self) -> i64 {
        self.clock.load(Ordering::Relaxed)
    }

    /// Lets time pass, in seconds.
    pub fn pass(&self, seconds: i64) {
        self.clock.fetch_add(seconds * 1000, Ordering::Relaxed);
    }

    pub async fn add_user(&self, user: &User) {
        // The costs of a stored hash are its own, so that tests need not pay for real ones.
        let phc = password_hash().await;
        self.store.put_user(&self.realm.id, user, Some(Masked(phc)), NOW).await.unwrap();
    }

    /// Stores a client; a confidential one gets [`SECRET`].
    pub async fn add_client(&self, client: &Client) {
        self.store.put_client(&self.realm.id, client, NOW).await.unwrap();
        if client.kind == ClientKind::Confidential {
            let secret = self.secret("s1", SECRET);
            self.store.add_secret(&self.realm.id, &client.id, secret, NOW).await.unwrap();
        }
    }

    /// What is stored of a secret that Claviger could have made.
    pub fn secret(&self, id: &str, text: &str) -> ClientSecret {
        ClientSecret {
            id: id.into(),
            kind: SecretKind::Hmac,
            hash: Masked(self.secrets.client_secret_tag(text)),
            label: id.into(),
            created_at: NOW,
            expires_at: None,
            retired_at: None,
        }
    }

    /// What is stored of a client's secret that the server must know.
    pub fn sealed_secret(&self, client: &str, id: &str, text: &str) -> ClientSecret {
        let sealed = self.secrets.seal_client_secret([&self.realm.id, client, id], text).unwrap();
        ClientSecret { kind: SecretKind::Sealed, hash: Masked(sealed), ..self.secret(id, text) }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// A request with any headers and body.
    pub async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Reply {
        let mut request = self.http.request(method, self.url(path)).body(body.into());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Reply::of(request.send().await.unwrap()).await
    }

    /// Bytes as they are, on a connection of their own; the whole answer as text.
    pub async fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = tokio::net::TcpStream::connect(self.address).await.unwrap();
        // The peer may answer and close before it has taken everything.
        let _ = stream.write_all(bytes).await;
        let mut answer = Vec::new();
        let _ = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut answer)).await;
        String::from_utf8_lossy(&answer).into_owned()
    }

    pub async fn bearer(&self, method: Method, path: &str, token: &str) -> Reply {
        self.send(method, path, &[("authorization", &format!("Bearer {token}"))], "").await
    }

    /// The token request that redeems `code` as the harness asked for it.
    pub async fn redeem(&self, client: &str, code: &str) -> Reply {
        self.token(client, &redemption(code)).await
    }

    pub async fn refresh(&self, client: &str, token: &str) -> Reply {
        self.token(client, &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    /// What introspection says to the client itself.
    pub async fn introspect(&self, client: &str, token: &str) -> Reply {
        self.post("/introspect", &[("client_id", client), ("client_secret", SECRET), ("token", token)]).await
    }

    pub async fn is_active(&self, client: &str, token: &str) -> bool {
        self.introspect(client, token).await.json()["active"].as_bool().unwrap()
    }

    pub async fn revoke(&self, client: &str, token: &str) -> Reply {
        self.post("/revoke", &[("client_id", client), ("client_secret", SECRET), ("token", token)]).await
    }

    /// Lets the clock jump, also backwards; in seconds.
    pub fn set_clock(&self, now: i64) {
        self.clock.store(now, Ordering::Relaxed);
    }

    /// Waits until what another process wrote has been taken in.
    pub async fn until<F: Future<Output = bool>>(&self, mut holds: impl FnMut() -> F) {
        for _ in 0..500 {
            if holds().await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("it did not come about in five seconds");
    }

    /// How often each legacy behaviour was used, once the server has been stopped.
    pub async fn stop_and_count(self) -> HashMap<(String, String), i64> {
        let (store, realm) = (self.store.clone(), self.realm.id.clone());
        self.stop().await;
        let uses = store.legacy_uses(&realm, 0).await.unwrap();
        uses.into_iter().map(|one| ((one.client, one.legacy), one.count)).collect()
    }

    /// A form post; the answer with its body read.
    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Reply {
        Reply::of(self.http.post(self.url(path)).form(form).send().await.unwrap()).await
    }

    /// A token request of `client` with its secret in the body.
    pub async fn token(&self, client: &str, form: &[(&str, &str)]) -> Reply {
        let mut all = vec![("client_id", client), ("client_secret", SECRET)];
        all.extend_from_slice(form);
        self.post("/token", &all).await
    }

    /// The whole code flow for `client`, with PKCE; the token answer.
    pub async fn code_flow(&self, browser: &Browser, client: &str, scope: &str) -> Reply {
        let code = browser.authorize(self, &authorize_query(client, scope)).await.code();
        self.token(
            client,
            &[
                ("grant_type", "authorization_code"),
                ("code", &code),
                ("redirect_uri", CALLBACK),
                ("code_verifier", VERIFIER),
            ],
        )
        .await
    }

    pub async fn stop(mut self) {
        self.stop.send(true).unwrap();
        self.task.take().unwrap().await.unwrap();
    }
}

/// A master key and the keys of a realm sealed under it, made once: RSA takes longer than most tests.
async fn made_before() -> (MasterKey, Vec<SigningKeyRow>) {
    static MADE: tokio::sync::OnceCell<(MasterKey, Vec<SigningKeyRow>)> = tokio::sync::OnceCell::const_new();
    let make = async || {
        let (master, realm) = (MasterKey::generate(), realm("127.0.0.1:1"));
        let store = Store::open("sqlite::memory:", &Options::default()).unwrap();
        let keys = Keys::new(store.clone(), &master, Clock::set_to(NOW).0).unwrap();
        let ring = keys.ring(&realm).await.unwrap();
        ring.signing(Algorithm::Rs256).await.unwrap();
        (master, store.keys(&realm.id).await.unwrap().keys)
    };
    MADE.get_or_init(make).await.clone()
}

async fn listen() -> (TcpListener, std::net::SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// The query of an authorization request with PKCE and a state.
pub fn authorize_query(client: &str, scope: &str) -> Vec<(String, String)> {
    [
        ("response_type", "code"),
        ("client_id", client),
        ("redirect_uri", CALLBACK),
        ("scope", scope),
        ("state", "a state & more"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]
    .map(|(n, v)| (n.to_owned(), v.to_owned()))
    .to_vec()
}

/// The form that redeems a code of [`authorize_query`].
pub fn redemption(code: &str) -> [(&'static str, &str); 4] {
    [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CALLBACK), ("code_verifier", VERIFIER)]
}

/// The same query with one parameter set.
pub fn with(mut query: Vec<(String, String)>, name: &str, value: &str) -> Vec<(String, String)> {
    query.retain(|(n, _)| n != name);
    query.push((name.to_owned(), value.to_owned()));
    query
}

/// The same query with one parameter more, whether it was there or not.
pub fn plus(mut query: Vec<(String, String)>, name: &str, value: &str) -> Vec<(String, String)> {
    query.push((name.to_owned(), value.to_owned()));
    query
}

/// The same query without a parameter.
pub fn without(mut query: Vec<(String, String)>, name: &str) -> Vec<(String, String)> {
    query.retain(|(n, _)| n != name);
    query
}

/// A query, encoded.
pub fn encode(query: &[(String, String)]) -> String {
    let mut text = String::new();
    for (name, value) in query {
        claviger_core::params::form_encode(&mut text, name, value);
    }
    text
}

/// The claims of a JWT, unverified.
pub fn claims(token: &str) -> serde_json::Value {
    use base64::Engine;
    let body = token.split('.').nth(1).unwrap_or_else(|| panic!("no JWT: {token}"));
    serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(body).unwrap()).unwrap()
}

/// An argon2id hash of [`PASSWORD`], at the lowest costs; made once.
pub async fn password_hash() -> String {
    static HASH: tokio::sync::OnceCell<String> = tokio::sync::OnceCell::const_new();
    HASH.get_or_init(|| async {
        claviger_server::hashing::Hasher::new(1, 4).unwrap().hash(PASSWORD.into()).await.unwrap()
    })
    .await
    .clone()
}

pub fn realm(authority: &str) -> Realm {
    let scope = |name: &str| Scope {
        name: name.into(),
        sentence: format!("use {name}"),
        sensitive: false,
        api: None,
        implicit: true,
        seat: None,
    };
    Realm {
        id: "test".into(),
        name: "Test".into(),
        issuer: format!("http://{authority}"),
        authorities: vec![authority.to_owned()],
        hosts: BTreeMap::new(),
        languages: vec![],
        brand: claviger_core::brand::Brand::default(),
        dialect: Dialect::default(),
        apis: vec![Api {
            audience: "https://api.example".into(),
            name: "API".into(),
            access_token: None,
            signing: None,
            access_token_ttl: None,
            implicit: true,
            typ: AccessTokenTyp::default(),
        }],
        scopes: ["openid", "profile", "email", "offline_access", "read", "write"].map(scope).to_vec(),
        seat_pools: vec![],
        tokens: claviger_core::realm::TokenPolicy::default(),
        sessions: claviger_core::realm::SessionPolicy::default(),
        requests: claviger_core::realm::RequestPolicy::default(),
        mtls: claviger_core::mutual_tls::MutualTls::default(),
        registration: claviger_core::realm::RegistrationPolicy::default(),
        claims: claviger_core::claim_rule::ClaimPolicy::default(),
        dpop: claviger_core::realm::DpopPolicy::default(),
        profile: None,
        assertion_issuers: vec![],
        user_check: None,
        directory: None,
        sign_in: claviger_core::sign_in::SignInPolicy::default(),
        account: claviger_core::realm::AccountPolicy::default(),
        login_app: None,
        administration: None,
        portal: None,
        identity_providers: Vec::new(),
        guide: claviger_core::realm::GuidePolicy::default(),
        limits: claviger_core::limits::LimitPolicy::default(),
        plans: Vec::new(),
        agents: claviger_core::realm::AgentPolicy::default(),
        ciba: claviger_core::realm::CibaPolicy::default(),
    }
}

pub fn user(id: &str, username: &str) -> User {
    User { name: Some("Alice Adams".into()), email: Some("alice@example.com".into()), ..User::new(id, username) }
}

/// A client of every strict grant, confidential.
pub fn client(id: &str) -> Client {
    Client {
        id: id.into(),
        name: format!("App {id}"),
        publisher: None,
        owner_email: None,
        kind: ClientKind::Confidential,
        status: ClientStatus::Active,
        grants: BTreeSet::from([GrantType::AuthorizationCode, GrantType::ClientCredentials, GrantType::RefreshToken]),
        redirect_uris: vec![CALLBACK.to_owned().try_into().unwrap()],
        post_logout_redirect_uris: vec![],
        scope: ScopeSet::parse("openid profile email offline_access read write").unwrap(),
        audiences: vec!["https://api.example".into()],
        legacy: BTreeSet::new(),
        legacy_ended: BTreeSet::new(),
        turnover: None,
        access_token: None,
        access_token_ttl: None,
        acts_as: None,
        secret_is_password: false,
        resource_server: None,
        trusted: false,
        in_browser: false,
        agent: None,
        ciba: claviger_core::client::Ciba::default(),
        id_token_signing: None,
        id_token_claims: IdTokenClaims::default(),
        pkce: Pkce::default(),
        jwks: None,
        jwks_uri: None,
        authentication: claviger_core::client::Authentication::default(),
        requests: claviger_core::client::Requests::default(),
        registered: claviger_core::client::Registered::default(),
        identity: claviger_core::client::Identity::default(),
        logout: claviger_core::client::Logout::default(),
        dpop: claviger_core::client::Dpop::default(),
        protection: claviger_core::client::Protection::default(),
        token_exchange: None,
        limits: claviger_core::limits::ClientLimits::default(),
    }
}
