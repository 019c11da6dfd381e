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

use claviger::clock::Clock;
use claviger::http::Limits;
use claviger::master_key::MasterKey;
use claviger::secrets::Secrets;
use claviger::{Service, server};
use claviger_core::client::{Client, ClientKind, ClientStatus, GrantType};
use claviger_core::realm::{Api, Realm, Scope};
use claviger_core::{Dialect, ScopeSet, User};
use claviger_store::{ClientSecret, Masked, Options, SecretKind, Store};
use reqwest::{Method, StatusCode};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
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
    pub http: reqwest::Client,
    clock: Arc<AtomicI64>,
    secrets: Secrets,
    stop: watch::Sender<bool>,
    task: Option<tokio::task::JoinHandle<()>>,
}

impl Server {
    /// A server of the standard dialect.
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// A server whose realm has been adapted.
    pub async fn with(adapt: impl FnOnce(&mut Realm)) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut realm = realm(&address.to_string());
        adapt(&mut realm);
        let store = Store::open("sqlite::memory:", &Options::default()).unwrap();
        let master = MasterKey::generate();
        let secrets = Secrets::load(&store, &master).await.unwrap();
        let (clock, hand) = Clock::set_to(NOW);
        store.put_realm(&realm, NOW).await.unwrap();
        let app = server::open(store.clone(), &master, clock, None).await.unwrap();
        let (stop, stopped) = watch::channel(false);
        let service = Service { app, fallback: None };
        let task = tokio::spawn(server::run(service, vec![listener], Limits::default(), stopped));
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
        let origin = format!("http://{address}");
        let this = Self { store, realm, origin, http, clock: hand, secrets, stop, task: Some(task) };
        this.add_user(&user("u1", "alice")).await;
        this
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
            let secret = ClientSecret {
                id: "s1".into(),
                kind: SecretKind::Hmac,
                hash: Masked(self.secrets.client_secret_tag(SECRET).to_vec()),
                label: "first".into(),
                created_at: NOW,
                expires_at: None,
                retired_at: None,
            };
            self.store.add_secret(&self.realm.id, &client.id, secret, NOW).await.unwrap();
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
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

/// An argon2id hash of [`PASSWORD`], at the lowest costs; made once.
async fn password_hash() -> String {
    static HASH: tokio::sync::OnceCell<String> = tokio::sync::OnceCell::const_new();
    HASH.get_or_init(|| async { claviger::hashing::Hasher::new(1, 4).unwrap().hash(PASSWORD.into()).await.unwrap() })
        .await
        .clone()
}

pub fn realm(authority: &str) -> Realm {
    let scope = |name: &str| Scope {
        name: name.into(),
        sentence: format!("use {name}"),
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
        dialect: Dialect::default(),
        apis: vec![Api {
            audience: "https://api.example".into(),
            name: "API".into(),
            access_token: None,
            signing: None,
            access_token_ttl: None,
            implicit: true,
        }],
        scopes: ["openid", "profile", "email", "offline_access", "read", "write"].map(scope).to_vec(),
        seat_pools: vec![],
        tokens: claviger_core::realm::TokenPolicy::default(),
        sessions: claviger_core::realm::SessionPolicy::default(),
    }
}

pub fn user(id: &str, username: &str) -> User {
    User {
        id: id.into(),
        username: username.into(),
        name: Some("Alice Adams".into()),
        email: Some("alice@example.com".into()),
        service: false,
        administrator: false,
        disabled: false,
        organisations: vec![],
    }
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
        turnover: None,
        access_token: None,
        access_token_ttl: None,
        acts_as: None,
        secret_is_password: false,
        resource_server: None,
        trusted: false,
    }
}

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub body: String,
}

impl Reply {
    pub async fn of(response: reqwest::Response) -> Self {
        Self { status: response.status(), headers: response.headers().clone(), body: response.text().await.unwrap() }
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {} {}", self.status, self.body))
    }

    pub fn text(&self, name: &str) -> String {
        self.json()[name].as_str().unwrap_or_else(|| panic!("no {name}: {}", self.body)).to_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Asserts the status and the error code of RFC 6749 5.2, and that nothing may cache it.
    pub fn refused(&self, status: u16, error: &str) {
        assert_eq!((self.status.as_u16(), self.text("error").as_str()), (status, error), "{}", self.body);
        assert!(!self.text("error_description").is_empty());
        assert_eq!(self.header("cache-control"), "no-store");
        assert_eq!(self.header("pragma"), "no-cache");
    }

    /// The parameters in the query (or fragment) of the redirect.
    pub fn redirect_params(&self) -> HashMap<String, String> {
        assert_eq!(self.status, 303, "{}", self.body);
        let location = self.header("location");
        let at = location.find(['?', '#']).expect("an answer in the redirect");
        let params = claviger_core::Params::form(location[at + 1..].as_bytes()).unwrap();
        params.iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect()
    }

    pub fn code(&self) -> String {
        self.redirect_params().remove("code").unwrap_or_else(|| panic!("no code in {}", self.header("location")))
    }

    /// The value of a hidden field of the page.
    pub fn hidden(&self, name: &str) -> Option<String> {
        let field = self.body.split("<input").find(|tag| tag.contains(&format!("name=\"{name}\"")))?;
        let value = field.split("value=\"").nth(1)?;
        Some(value.split('"').next()?.to_owned())
    }
}

/// A browser: cookies, and a person who signs in as alice and allows.
#[derive(Default)]
pub struct Browser {
    cookies: Mutex<HashMap<String, String>>,
}

impl Browser {
    pub async fn send(&self, server: &Server, method: Method, path: &str, form: Option<&[(&str, &str)]>) -> Reply {
        let cookies =
            self.cookies.lock().unwrap().iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join("; ");
        let mut request = server.http.request(method, server.url(path));
        if !cookies.is_empty() {
            request = request.header("cookie", cookies);
        }
        if let Some(form) = form {
            request = request.form(form);
        }
        let reply = Reply::of(request.send().await.unwrap()).await;
        for cookie in reply.headers.get_all("set-cookie") {
            let (pair, attributes) = cookie.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            let mut cookies = self.cookies.lock().unwrap();
            if attributes.contains("Max-Age=0") {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        reply
    }

    pub async fn get(&self, server: &Server, path: &str) -> Reply {
        self.send(server, Method::GET, path, None).await
    }

    /// What the authorization endpoint shows first.
    pub async fn ask(&self, server: &Server, query: &[(String, String)]) -> Reply {
        let mut text = String::new();
        for (name, value) in query {
            claviger_core::params::form_encode(&mut text, name, value);
        }
        self.get(server, &format!("/authorize?{text}")).await
    }

    /// Goes on from a page: signs in, allows, follows our own redirects, until the answer goes to the client.
    pub async fn carry_on(&self, server: &Server, mut reply: Reply) -> Reply {
        for _ in 0..6 {
            if reply.status == 303 {
                let location = reply.header("location").to_owned();
                if !location.starts_with('/') {
                    return reply;
                }
                reply = self.get(server, &location).await;
                continue;
            }
            assert_eq!(reply.status, 200, "{}", reply.body);
            let (csrf, pending) = (reply.hidden("csrf").unwrap(), reply.hidden("pending").unwrap());
            let common = [("csrf", csrf.as_str()), ("pending", pending.as_str())];
            reply = if reply.body.contains("name=\"password\"") {
                let form = [common[0], common[1], ("username", "alice"), ("password", PASSWORD)];
                self.send(server, Method::POST, "/-/sign-in", Some(&form)).await
            } else {
                let form = [common[0], common[1], ("decision", "allow")];
                self.send(server, Method::POST, "/-/consent", Some(&form)).await
            };
        }
        panic!("the flow does not end: {}", reply.body)
    }

    /// The whole authorization request.
    pub async fn authorize(&self, server: &Server, query: &[(String, String)]) -> Reply {
        let reply = self.ask(server, query).await;
        self.carry_on(server, reply).await
    }

    pub fn forget_cookies(&self) {
        self.cookies.lock().unwrap().clear();
    }
}
