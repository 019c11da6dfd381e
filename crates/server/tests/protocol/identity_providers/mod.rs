//! Signing in at a provider: at another realm of ours, and at one that this file makes up and that answers as it likes.

mod flow;
mod freshness;
mod hostile;
mod own;

use crate::common::{Browser, PASSWORD, Reply, Server, authorize_query, claims, client, user, with};
use claviger_core::jose::{Algorithm, SigningKey, Typ, base64url};
use claviger_core::realm::{IdentityProvider, Realm};
use claviger_core::user::Organisation;
use claviger_core::{Client, User};
use reqwest::Method;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// A provider on this machine: what it says next, and what it was asked.
#[derive(Clone)]
struct Provider {
    issuer: String,
    key: Arc<Mutex<SigningKey>>,
    says: Arc<Mutex<Says>>,
    asked: Arc<Mutex<Vec<String>>>,
}

/// What a provider says.
#[derive(Clone, Default)]
struct Says {
    /// Changes the claims of the ID token.
    claims: Map<String, Value>,
    nonce: String,
    /// In place of the ID token.
    token: Option<String>,
    /// What userinfo says; none: there is no userinfo.
    userinfo: Option<Value>,
    /// Its answers do not name it.
    no_iss: bool,
    /// In place of the whole answer at a path.
    instead: HashMap<&'static str, String>,
    /// Nothing is answered at all.
    is_slow: bool,
    is_down: bool,
    now: i64,
}

fn made_key() -> SigningKey {
    let made = SigningKey::generate(Algorithm::Es256).unwrap();
    SigningKey::from_pkcs8(Algorithm::Es256, None, made.expose()).unwrap()
}

fn answer(status: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

impl Provider {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let key = Arc::new(Mutex::new(made_key()));
        let this = Self { issuer, key, says: Arc::default(), asked: Arc::default() };
        let served = this.clone();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let provider = served.clone();
                tokio::spawn(async move {
                    let mut read = Vec::new();
                    while !is_whole(&read) {
                        if stream.read_buf(&mut read).await.unwrap_or(0) == 0 {
                            return;
                        }
                    }
                    let request = String::from_utf8_lossy(&read).into_owned();
                    provider.asked.lock().unwrap().push(request.clone());
                    let says = provider.says.lock().unwrap().clone();
                    if says.is_down {
                        return;
                    }
                    if says.is_slow {
                        tokio::time::sleep(Duration::from_mins(5)).await;
                    }
                    let path = request.split(' ').nth(1).unwrap_or_default();
                    let said = provider.said(path, &says);
                    let _ = stream.write_all(said.as_bytes()).await;
                });
            }
        });
        this
    }

    fn said(&self, path: &str, says: &Says) -> String {
        if let Some(instead) = says.instead.get(path) {
            return instead.clone();
        }
        let issuer = &self.issuer;
        let body = match path {
            "/.well-known/openid-configuration" => json!({
                "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"), "token_endpoint": format!("{issuer}/token"),
                "jwks_uri": format!("{issuer}/jwks"), "authorization_response_iss_parameter_supported": !says.no_iss,
                "userinfo_endpoint": says.userinfo.is_some().then(|| format!("{issuer}/userinfo"))
            }),
            "/userinfo" => says.userinfo.clone().unwrap(),
            "/jwks" => json!({ "keys": [serde_json::to_value(self.key.lock().unwrap().public_jwk()).unwrap()] }),
            "/token" => json!({ "access_token": "x", "token_type": "Bearer", "id_token": self.token(says) }),
            _ => return answer("404 Not Found", "{}"),
        };
        answer("200 OK", &body.to_string())
    }

    fn token(&self, says: &Says) -> String {
        if let Some(token) = &says.token {
            return token.clone();
        }
        let mut all = json!({
            "iss": self.issuer, "aud": "us", "sub": "s-1", "nonce": says.nonce, "iat": says.now / 1000, "exp": says.now / 1000 + 300,
            "email": "ada@acme.example", "email_verified": true, "name": "Ada Lovelace", "preferred_username": "ada"
        });
        let members = all.as_object_mut().unwrap();
        members.extend(says.claims.clone());
        members.retain(|_, value| *value != json!("(absent)"));
        self.key.lock().unwrap().sign_jwt(Typ::Jwt, all.to_string().as_bytes()).unwrap()
    }

    fn say(&self, change: impl FnOnce(&mut Says)) {
        change(&mut self.says.lock().unwrap());
    }

    fn claim(&self, name: &str, value: Value) {
        self.say(|says| {
            says.claims.insert(name.to_owned(), value);
        });
    }

    /// How many requests arrived that begin so.
    fn count(&self, start: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|call| call.starts_with(start)).count()
    }

    fn entry(&self) -> IdentityProvider {
        serde_json::from_value(json!({ "id": "work", "name": "Work", "issuer": self.issuer, "client-id": "us" }))
            .unwrap()
    }
}

fn is_whole(read: &[u8]) -> bool {
    let text = String::from_utf8_lossy(read);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    body.len() >= length.unwrap_or(0_usize)
}

async fn started(adapt: impl FnOnce(&mut IdentityProvider, &mut Realm)) -> (Server, Provider) {
    let provider = Provider::start().await;
    let mut entry = provider.entry();
    let server = Server::with(|realm| {
        realm.requests.loopback = true;
        adapt(&mut entry, realm);
        realm.identity_providers = vec![entry];
    })
    .await;
    server.add_client(&client("app")).await;
    (server, provider)
}

fn query() -> Vec<(String, String)> {
    authorize_query("app", "openid email profile")
}

/// Presses the provider's button on a sign-in page; where the browser goes.
async fn press(server: &Server, browser: &Browser, page: &Reply, id: &str) -> Reply {
    assert!(page.body.contains(&format!("name=\"provider\" value=\"{id}\"")), "{}", page.body);
    let (csrf, pending) = (page.hidden("csrf").unwrap(), page.hidden("pending").unwrap_or_default());
    let to = page.hidden("to").unwrap_or_default();
    let mut form = vec![("csrf", csrf.as_str()), ("provider", id)];
    form.extend([("pending", pending.as_str()), ("to", &to)].into_iter().filter(|(_, value)| !value.is_empty()));
    browser.send(server, Method::POST, "/-/provider", Some(&form)).await
}

/// Goes to the provider; what it is asked there.
async fn leave(server: &Server, browser: &Browser, provider: &Provider) -> HashMap<String, String> {
    leave_with(server, browser, provider, &query()).await
}

/// The same for a request of one's own.
async fn leave_with(
    server: &Server,
    browser: &Browser,
    provider: &Provider,
    query: &[(String, String)],
) -> HashMap<String, String> {
    let page = browser.ask(server, query).await;
    leave_from(server, browser, provider, &page).await
}

/// The same from a sign-in page.
async fn leave_from(server: &Server, browser: &Browser, provider: &Provider, page: &Reply) -> HashMap<String, String> {
    let reply = press(server, browser, page, "work").await;
    went(server, provider, &reply)
}

/// What a provider is asked, when the browser is sent there.
fn went(server: &Server, provider: &Provider, reply: &Reply) -> HashMap<String, String> {
    assert!(reply.header("location").starts_with(&format!("{}/authorize?", provider.issuer)), "{}", reply.body);
    let asked = reply.redirect_params();
    provider.say(|says| {
        says.nonce.clone_from(&asked["nonce"]);
        says.now = server.now();
    });
    asked
}

/// Comes back with a code; follows our own redirects.
async fn come_back(server: &Server, browser: &Browser, provider: &Provider, state: &str) -> Reply {
    let issuer = base64url_free(&provider.issuer);
    follow(server, browser, &format!("{BACK}?code=c&state={state}&iss={issuer}")).await
}

fn base64url_free(text: &str) -> String {
    let mut pair = String::new();
    claviger_core::params::form_encode(&mut pair, "x", text);
    pair.trim_start_matches("x=").to_owned()
}

async fn follow(server: &Server, browser: &Browser, path: &str) -> Reply {
    let mut reply = browser.get(server, path).await;
    while reply.status == 303 && reply.header("location").starts_with('/') {
        let location = reply.header("location").to_owned();
        reply = browser.get(server, &location).await;
    }
    reply
}

async fn through(server: &Server, browser: &Browser, provider: &Provider) -> Reply {
    let asked = leave(server, browser, provider).await;
    come_back(server, browser, provider, &asked["state"]).await
}

/// Allows, and redeems the code; the user's id.
async fn subject(server: &Server, browser: &Browser, consent: Reply) -> String {
    let reply = browser.carry_on(server, consent).await;
    let answer = server.redeem("app", &reply.code()).await;
    claims(&answer.text("access_token"))["sub"].as_str().unwrap().to_owned()
}

fn refused(reply: &Reply, words: &str) {
    assert!(reply.body.contains("name=\"password\"") && reply.body.contains(words), "{}", reply.body);
}

const FAILED: &str = "did not answer as it should";
const BACK: &str = "/-/provider/work";
