//! Clients whose id is the address of a document (OAuth Client ID Metadata Document).

use crate::common::{Browser, Reply, Server, authorize_query, encode, plus, with, without};
use crate::registration::and;
use claviger_core::client::ClientStatus;
use claviger_core::realm::{DocumentMode, DocumentPolicy, DomainPolicy, Realm, RequestPolicy};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// A web server of this machine that has one document, which can change.
struct Host {
    port: u16,
    said: Arc<Mutex<String>>,
    asked: Arc<AtomicUsize>,
}

impl Host {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (said, asked) = (Arc::new(Mutex::new(String::new())), Arc::new(AtomicUsize::new(0)));
        let (text, count) = (Arc::clone(&said), Arc::clone(&asked));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let text = text.lock().unwrap().clone();
                count.fetch_add(1, Ordering::SeqCst);
                let _ = stream.read(&mut [0; 8192]).await;
                let _ = stream.write_all(text.as_bytes()).await;
            }
        });
        let host = Self { port, said, asked };
        host.says(&host.usual());
        host
    }

    fn id(&self) -> String {
        format!("http://localhost:{}/client.json", self.port)
    }

    /// As an assistant on somebody's machine describes itself.
    fn usual(&self) -> Value {
        json!({
            "client_id": self.id(),
            "client_name": "Desk Assistant",
            "redirect_uris": ["http://localhost/callback", "http://127.0.0.1/callback"],
            "grant_types": ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:jwt-bearer"],
            "token_endpoint_auth_method": "none",
        })
    }

    fn says(&self, document: &Value) {
        self.says_with("", document);
    }

    fn says_with(&self, headers: &str, document: &Value) {
        self.answers("200 OK", &format!("content-type: application/json\r\n{headers}"), &document.to_string());
    }

    fn answers(&self, status: &str, headers: &str, body: &str) {
        let length = body.len();
        *self.said.lock().unwrap() =
            format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}");
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn query(&self) -> Vec<(String, String)> {
        let query = with(authorize_query("app", "openid"), "client_id", &self.id());
        with(query, "redirect_uri", "http://localhost:49152/callback")
    }
}

async fn world(mode: DocumentMode, adapt: impl FnOnce(&mut Realm)) -> Server {
    Server::with(|realm| {
        realm.requests.loopback = true;
        realm.registration.documents = DocumentPolicy { mode, ..DocumentPolicy::default() };
        adapt(realm);
    })
    .await
}

async fn clients(server: &Server) -> usize {
    server.store.list_clients("test", None, "", 1000).await.unwrap().len()
}

fn is_refused(reply: &Reply, why: &str) {
    assert_eq!(reply.status, 400, "{}", reply.body);
    assert!(reply.body.contains("client_id") && reply.body.contains(why), "{why}: {}", reply.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_was_never_here_connects_with_the_address_of_its_document() {
    let (server, host) = (world(DocumentMode::Open, |_| {}).await, Host::new().await);
    let browser = Browser::default();
    let page = browser.ask(&server, &host.query()).await;
    let consent = browser.get_past_sign_in(&server, page).await;
    for shown in ["Desk Assistant", "localhost"] {
        assert!(consent.body.contains(shown), "{shown}: {}", consent.body);
    }
    let back = browser.decide(&server, &consent, "allow").await;
    assert!(back.header("location").starts_with("http://localhost:49152/callback?"), "{back:?}");
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &back.code()),
        ("redirect_uri", "http://localhost:49152/callback"),
        ("client_id", &host.id()),
        ("code_verifier", crate::common::VERIFIER),
    ];
    let tokens = server.post("/token", &form).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    let stored = server.store.client_with_secrets("test", &host.id()).await.unwrap().unwrap().0;
    assert_eq!((stored.publisher.as_deref(), stored.status), (Some("localhost"), ClientStatus::Active));
    assert!(stored.registered.self_registered, "it ends by itself when nobody uses it");
    // Known from then on: nobody asks again within the hour.
    browser.authorize(&server, &host.query()).await.code();
    assert_eq!((host.asked(), clients(&server).await), (1, 1));
    // The metadata say that such ids may come, and that no secret is needed.
    let metadata = server.send(Method::GET, "/.well-known/oauth-authorization-server", &[], "").await.json();
    assert_eq!(metadata["client_id_metadata_document_supported"], true);
    assert!(metadata["token_endpoint_auth_methods_supported"].as_array().unwrap().contains(&json!("none")));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_says_so_nothing_is_asked_for() {
    let host = Host::new().await;
    let never = Server::with(|realm| realm.requests.loopback = true).await;
    let banned = world(DocumentMode::Open, |realm| {
        let name = "localhost".to_owned();
        let domain = DomainPolicy { name, mode: DocumentMode::Off, scopes: Vec::new(), most_clients: None };
        realm.registration.documents.domains = vec![domain];
    })
    .await;
    for server in [&never, &banned] {
        let reply = Browser::default().ask(server, &host.query()).await;
        assert!(reply.status == 400 && reply.body.contains("client"), "{}", reply.body);
        assert_eq!((host.asked(), clients(server).await), (0, 0));
    }
    let metadata = never.send(Method::GET, "/.well-known/oauth-authorization-server", &[], "").await.json();
    assert_eq!(metadata.get("client_id_metadata_document_supported"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_is_not_what_it_must_be_brings_nobody_in() {
    let (server, host) = (world(DocumentMode::Open, |_| {}).await, Host::new().await);
    let usual = host.usual();
    let documents = [
        and(usual.clone(), json!({ "client_id": "https://somebody.example/client.json" })),
        and(usual.clone(), json!({ "client_id": format!("{}/", host.id()) })),
        and(usual.clone(), json!({ "client_secret": "everybody-reads-this" })),
        and(usual.clone(), json!({ "token_endpoint_auth_method": "client_secret_basic" })),
        and(usual.clone(), json!({ "redirect_uris": ["https://10.0.0.1/cb"] })),
        and(usual.clone(), json!({ "redirect_uris": ["http://app.example/cb"] })),
        and(usual.clone(), json!({ "redirect_uris": [] })),
        and(usual.clone(), json!({ "client_name": "x".repeat(6000) })),
        json!([usual.clone()]),
    ];
    for document in documents {
        host.says(&document);
        is_refused(&Browser::default().ask(&server, &host.query()).await, "does not describe");
        assert_eq!(clients(&server).await, 0, "{document}");
    }
    let text = usual.to_string();
    let elsewhere = format!("location: {}\r\ncontent-type: application/json\r\n", host.id());
    for (status, headers, body) in [
        ("302 Found", elsewhere.as_str(), text.as_str()),
        ("404 Not Found", "content-type: application/json\r\n", &text),
        ("200 OK", "content-type: text/html\r\n", &text),
        ("200 OK", "content-type: application/json\r\n", &" ".repeat(70_000)),
    ] {
        host.answers(status, headers, body);
        is_refused(&Browser::default().ask(&server, &host.query()).await, "cannot be read");
    }
    assert_eq!(clients(&server).await, 0);
    // A redirect URI that is not in the document is nobody's.
    host.says(&usual);
    let other = with(host.query(), "redirect_uri", "https://evil.example/callback");
    let reply = Browser::default().ask(&server, &other).await;
    assert!(reply.status == 400 && reply.header("location").is_empty(), "{reply:?}");
    // An address of the own network is not called: only the operator of a test says loopback.
    server
        .store
        .put_realm(&Realm { requests: RequestPolicy::default(), ..server.realm.clone() }, server.now())
        .await
        .unwrap();
    let asked = host.asked();
    let reply =
        Browser::default().ask(&server, &with(host.query(), "client_id", "https://127.0.0.1/client.json")).await;
    is_refused(&reply, "cannot be read");
    assert_eq!(host.asked(), asked);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_is_read_again_when_its_time_is_over_and_counts_as_it_is_then() {
    let (server, host) = (world(DocumentMode::Open, |_| {}).await, Host::new().await);
    host.says_with("cache-control: max-age=600\r\n", &host.usual());
    let browser = Browser::default();
    browser.authorize(&server, &host.query()).await.code();
    // Its name changes, and the port of another way back: within its time nobody looks.
    let renamed =
        and(host.usual(), json!({ "client_name": "Table Assistant", "redirect_uris": ["http://127.0.0.1/cb"] }));
    host.says(&renamed);
    server.pass(599);
    browser.authorize(&server, &host.query()).await.code();
    assert_eq!(host.asked(), 1);
    server.pass(2);
    let gone = browser.ask(&server, &host.query()).await;
    assert_eq!(gone.status, 400, "the redirect URI is not in the document any more");
    let stored = server.store.client_with_secrets("test", &host.id()).await.unwrap().unwrap().0;
    assert_eq!((stored.name.as_str(), host.asked()), ("Table Assistant", 2));
    // While its host is down it counts for a day more, and is not asked with each request.
    let there = with(host.query(), "redirect_uri", "http://127.0.0.1:50000/cb");
    host.answers("503 Service Unavailable", "", "");
    server.pass(3601);
    browser.authorize(&server, &there).await.code();
    browser.authorize(&server, &there).await.code();
    assert_eq!(host.asked(), 3);
    server.pass(86_400);
    is_refused(&browser.ask(&server, &there).await, "cannot be read");
    // One that is withdrawn does not count at all.
    host.says(&renamed);
    browser.authorize(&server, &there).await.code();
    host.answers("410 Gone", "", "");
    server.pass(3601);
    is_refused(&browser.ask(&server, &there).await, "cannot be read");
    // Nor does one that says it is always to be asked for: five minutes are kept.
    host.says_with("cache-control: no-store\r\n", &renamed);
    let before = host.asked();
    browser.ask(&server, &there).await;
    server.pass(299);
    browser.ask(&server, &there).await;
    assert_eq!(host.asked(), before + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_nobody_approved_is_told_so_can_be_asked_for_and_connects_when_it_is() {
    let (server, host) = (world(DocumentMode::Approval, |_| {}).await, Host::new().await);
    server.add_client(&crate::common::client("other")).await;
    let browser = Browser::default();
    browser.authorize(&server, &authorize_query("other", "read")).await.code();
    let page = browser.ask(&server, &host.query()).await;
    assert_eq!((page.status.as_u16(), page.header("location")), (200, ""));
    for shown in ["Desk Assistant", "localhost", "not approved"] {
        assert!(page.body.contains(shown), "{shown}: {}", page.body);
    }
    let ask = async |browser: &Browser, page: &Reply| {
        let (csrf, id) = (page.hidden("csrf").unwrap(), host.id());
        let form = [("csrf", csrf.as_str()), ("client", id.as_str())];
        browser.send(&server, Method::POST, "/-/ask-for-app", Some(&form)).await
    };
    let asked = ask(&browser, &page).await;
    assert_eq!(asked.status, 303);
    let sent = browser.get(&server, asked.header("location")).await;
    assert!(sent.body.contains("You have asked for it"), "{}", sent.body);
    ask(&browser, &page).await;
    // Somebody who is not signed in, and a form of another browser.
    let stranger = Browser::default();
    let theirs = stranger.ask(&server, &host.query()).await;
    ask(&stranger, &theirs).await;
    ask(&Browser::default(), &page).await;
    let who = server.store.asked_for_client("test", &host.id(), 10).await.unwrap();
    let mut who: Vec<_> = who.iter().map(|one| (one.user.as_deref(), one.times)).collect();
    who.sort_unstable();
    assert_eq!(who, [(None, 1), (Some("u1"), 2)]);
    // Nothing is issued to it meanwhile.
    let pushed = [("client_id", host.id()), ("response_type", "code".into())];
    let pushed: Vec<_> = pushed.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_ne!(server.post("/par", &pushed).await.status, 201);
    let (now, id) = (server.now(), host.id());
    server.store.set_client_status("test", &id, ClientStatus::Active, now, now).await.unwrap();
    server.until(async || matches!(browser.ask(&server, &host.query()).await.body.as_str(), body if !body.contains("not approved"))).await;
    browser.authorize(&server, &host.query()).await.code();
    // Approved as it was: when it leads somewhere else, it waits again, and only then.
    host.says(&and(host.usual(), json!({ "client_name": "Renamed" })));
    server.pass(3601);
    browser.authorize(&server, &host.query()).await.code();
    let uris = json!({ "redirect_uris": ["http://localhost/callback", "https://elsewhere.example/cb"] });
    host.says(&and(host.usual(), uris));
    server.pass(3601);
    let page = browser.ask(&server, &host.query()).await;
    assert!(page.body.contains("not approved"), "{}", page.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn there_are_so_many_of_a_host_and_so_many_at_all_and_so_many_questions_in_an_hour() {
    let server = world(DocumentMode::Open, |realm| {
        let documents = &mut realm.registration.documents;
        (documents.most_per_host, documents.most_clients, documents.hourly_per_host) = (2, 3, 5);
    })
    .await;
    let host = Host::new().await;
    let named = |host: &Host, path: &str| format!("http://localhost:{}/{path}", host.port);
    let ask = async |path: &str| {
        let id = named(&host, path);
        host.says(&and(host.usual(), json!({ "client_id": id })));
        Browser::default().ask(&server, &with(host.query(), "client_id", &id)).await
    };
    for path in ["a", "b"] {
        assert_eq!(ask(path).await.status, 200, "{path}");
    }
    is_refused(&ask("c").await, "no room");
    assert_eq!(clients(&server).await, 2);
    ask("d").await;
    ask("e").await;
    is_refused(&ask("f").await, "too many");
    assert_eq!(host.asked(), 5);
    assert_eq!(ask("a").await.status, 200, "what is known goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_domain_has_scopes_of_its_own_and_an_operators_client_is_as_the_operator_wrote_it() {
    let server = world(DocumentMode::Open, |realm| {
        let name = "localhost".to_owned();
        let scopes = vec!["openid".to_owned(), "read".to_owned()];
        let domain = DomainPolicy { name, mode: DocumentMode::Open, scopes, most_clients: None };
        realm.registration.documents.domains = vec![domain];
    })
    .await;
    let host = Host::new().await;
    let unscoped = without(host.query(), "scope");
    let browser = Browser::default();
    browser.authorize(&server, &with(unscoped, "scope", "openid read")).await.code();
    let refused = browser.ask(&server, &plus(without(host.query(), "scope"), "scope", "write")).await;
    assert!(refused.header("location").contains("invalid_scope"), "{refused:?}");
    let own = Host::new().await;
    let mut written = crate::common::client("app");
    written.id = own.id();
    server.add_client(&written).await;
    let reply = Browser::default().ask(&server, &with(own.query(), "redirect_uri", &own.id())).await;
    assert_eq!((reply.status.as_u16(), own.asked()), (400, 0), "{}", encode(&own.query()));
}
