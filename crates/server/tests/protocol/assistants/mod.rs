//! Assistants and coding agents: what each of them is known to send, and what it does with the answers. Their documents are as they
//! publish them, but for the host, which is one of this machine here.

mod documents;
mod floods;
mod registering;
mod unknown;

use crate::common::{Browser, CHALLENGE, Reply, Server, VERIFIER, claims};
use claviger_core::realm::{DocumentMode, DocumentPolicy, Realm, RegistrationMode};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// The API that they want to call, as it spells itself.
pub const RESOURCE: &str = "https://mcp.example/mcp";
pub const SCOPES: [&str; 4] = ["openid", "offline_access", "read", "write"];

/// A web server of this machine: a JSON document at each path. One that is not there yet never answers.
pub struct Web {
    port: u16,
    pages: Arc<Mutex<HashMap<String, String>>>,
}

impl Web {
    pub async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let pages = Arc::new(Mutex::new(HashMap::new()));
        let served = Arc::clone(&pages);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let pages = Arc::clone(&served);
                tokio::spawn(async move {
                    let mut head = [0; 8192];
                    let read = stream.read(&mut head).await.unwrap_or_default();
                    let path = String::from_utf8_lossy(&head[..read]).split(' ').nth(1).unwrap_or_default().to_owned();
                    let page: Option<String> = pages.lock().unwrap().get(&path).cloned();
                    let Some(page) = page else { return tokio::time::sleep(Duration::from_mins(10)).await };
                    let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json\r\n";
                    let _ = stream
                        .write_all(format!("{head}content-length: {}\r\n\r\n{page}", page.len()).as_bytes())
                        .await;
                });
            }
        });
        Self { port, pages }
    }

    pub fn at(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.port)
    }

    pub fn says(&self, path: &str, page: &Value) {
        self.pages.lock().unwrap().insert(path.to_owned(), page.to_string());
    }

    /// A document at its own address, which is the client's id.
    pub fn publishes(&self, path: &str, document: Value) -> String {
        let id = self.at(path);
        self.says(path, &crate::registration::and(document, json!({ "client_id": id })));
        id
    }
}

/// A realm for them: documents and registration are open, and the API has scopes.
pub async fn world(adapt: impl FnOnce(&mut Realm)) -> Server {
    Server::with(|realm| {
        RESOURCE.clone_into(&mut realm.apis[0].audience);
        realm.requests.loopback = true;
        realm.registration.mode = RegistrationMode::Open;
        realm.registration.scopes = SCOPES.map(str::to_owned).to_vec();
        realm.registration.documents = DocumentPolicy { mode: DocumentMode::Open, ..DocumentPolicy::default() };
        adapt(realm);
    })
    .await
}

pub fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// The authorization request that they all send.
pub fn asks(client: &str, redirect_uri: &str, scope: &str, resource: &str) -> Vec<(String, String)> {
    pairs(&[
        ("response_type", "code"),
        ("client_id", client),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("redirect_uri", redirect_uri),
        ("state", "s"),
        ("scope", scope),
        ("resource", resource),
    ])
}

/// As a public client redeems a code.
pub async fn redeems(server: &Server, client: &str, redirect_uri: &str, code: &str, resource: &str) -> Reply {
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("code_verifier", VERIFIER),
        ("redirect_uri", redirect_uri),
        ("client_id", client),
        ("resource", resource),
    ];
    server.post("/token", &form).await
}

pub async fn refreshes(server: &Server, client: &str, token: &str, resource: &str) -> Reply {
    let form =
        [("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", client), ("resource", resource)];
    server.post("/token", &form).await
}

/// Connects to its end, refreshes once, and shows that the refresh token from before is over.
pub async fn connects(server: &Server, client: &str, redirect_uri: &str, resource: &str) -> Value {
    let browser = Browser::default();
    let back = browser.authorize(server, &asks(client, redirect_uri, "openid offline_access read", resource)).await;
    assert!(back.header("location").starts_with(redirect_uri), "{back:?}");
    assert_eq!(back.redirect_params()["iss"], server.realm.issuer);
    let tokens = redeems(server, client, redirect_uri, &back.code(), resource).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    assert_eq!(claims(&tokens.text("access_token"))["aud"], RESOURCE, "as the API spells itself");
    let renewed = refreshes(server, client, &tokens.text("refresh_token"), resource).await;
    assert_eq!(renewed.status, 200, "{}", renewed.body);
    assert_eq!(claims(&renewed.text("access_token"))["aud"], RESOURCE);
    assert_ne!(renewed.text("refresh_token"), tokens.text("refresh_token"), "it rotates");
    server.pass(3600);
    refreshes(server, client, &tokens.text("refresh_token"), resource).await.refused(400, "invalid_grant");
    refreshes(server, client, &renewed.text("refresh_token"), resource).await.refused(400, "invalid_grant");
    tokens.json()
}

pub async fn metadata(server: &Server) -> Value {
    server.send(Method::GET, "/.well-known/oauth-authorization-server", &[], "").await.json()
}
