//! Servers that share a database file, each stepped by hand, with clocks that are set by hand.

use crate::http::{Answer, Handler, Incoming, RequestId};
use crate::jobs;
use crate::router::Service;
use crate::state::State;
use crate::state::clock::Clock;
use crate::state::master_key::MasterKey;
use crate::state::secrets::Secrets;
use crate::telemetry::Management;
use claviger_core::claims::id_text;
use claviger_core::client::ClientStatus;
use claviger_core::jose::Algorithm;
use claviger_core::{Client, Realm};
use claviger_store::{ClientSecret, KeyState, Masked, Options, RevocationKind, SecretKind, SigningKeyRow, Store};
use http::header::{CONTENT_TYPE, HOST, LOCATION, RETRY_AFTER};
use http_body_util::BodyExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

const NOW: i64 = 1_795_234_607_000;
const HOUR: i64 = 3_600_000;
const AUTHORITY: &str = "login.example";
const SECRET: &str = "cvs_a-secret-that-was-made";
const CALLBACK: &str = "https://app.example/cb";

/// A database file in a folder of its own, as any number of servers open it.
struct Database {
    folder: PathBuf,
    master: MasterKey,
}

impl Database {
    async fn new() -> Self {
        static NEXT: AtomicI64 = AtomicI64::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("claviger-follow-{}-{n}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let this = Self { folder, master: MasterKey::generate() };
        let store = this.store();
        store.put_realm(&realm("test", AUTHORITY), NOW).await.unwrap();
        let secrets = Secrets::load(&store, &this.master).await.unwrap();
        for (id, server) in [("app", None), ("api", Some("https://api.example"))] {
            store.put_client("test", &client(id, server), NOW).await.unwrap();
            let secret = ClientSecret {
                id: "s".into(),
                kind: SecretKind::Hmac,
                hash: Masked(secrets.client_secret_tag(SECRET)),
                label: "s".into(),
                created_at: NOW,
                expires_at: None,
                retired_at: None,
            };
            store.add_secret("test", id, secret, NOW).await.unwrap();
        }
        this
    }

    fn store(&self) -> Store {
        let file = self.folder.join("claviger.db");
        Store::open(&format!("sqlite://{}", file.display()), &Options::default()).unwrap()
    }

    /// Something that no store would do.
    fn sql(&self, sql: &str) {
        let connection = rusqlite::Connection::open(self.folder.join("claviger.db")).unwrap();
        connection.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
        connection.execute_batch(sql).unwrap();
    }

    async fn node(&self) -> Node {
        self.node_at(NOW).await
    }

    async fn node_at(&self, now: i64) -> Node {
        let (clock, time, count) = Clock::with_hands(now);
        let state =
            Box::pin(crate::server::open(self.store(), &self.master, clock, crate::pages::Pages::new(None).unwrap()))
                .await
                .unwrap();
        Node { state, time, count }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn realm(id: &str, authority: &str) -> Realm {
    serde_json::from_value(serde_json::json!({
        "id": id, "name": "Harbour", "issuer": format!("http://{authority}"),
        "authorities": [authority], "dialect": {},
        "apis": [{"audience": "https://api.example", "name": "API"}],
        "scopes": [{"name": "read", "sentence": "Read."}],
    }))
    .unwrap()
}

fn client(id: &str, resource_server: Option<&str>) -> Client {
    serde_json::from_value(serde_json::json!({
        "id": id, "name": id, "kind": "confidential", "grants": ["client_credentials", "authorization_code"],
        "scope": "read", "audiences": ["https://api.example"], "redirect_uris": [CALLBACK],
        "resource_server": resource_server,
    }))
    .unwrap()
}

/// One server.
struct Node {
    state: Arc<State>,
    time: Arc<AtomicI64>,
    count: Arc<AtomicI64>,
}

/// An answer, read.
#[derive(Debug)]
struct Seen {
    status: u16,
    retry: Option<String>,
    location: String,
    media: String,
    body: String,
}

impl Seen {
    async fn of(answer: Answer) -> Self {
        let header = |name| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let (retry, location, media) = (header(RETRY_AFTER), header(LOCATION), header(CONTENT_TYPE));
        Self {
            status: answer.status().as_u16(),
            retry,
            location: location.unwrap_or_default(),
            media: media.unwrap_or_default(),
            body: String::from_utf8(answer.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap(),
        }
    }

    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }

    #[track_caller]
    fn try_again(&self) {
        assert_eq!((self.status, self.retry.as_deref()), (503, Some("1")), "{self:?}");
    }
}

fn incoming(authority: &str, method: &str, target: &str, body: &str) -> Incoming {
    let request = http::Request::builder().method(method).uri(target).header(HOST, authority);
    let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    let (head, ()) = request.body(()).unwrap().into_parts();
    let peer = "192.0.2.1:1".parse().unwrap();
    Incoming { head, body: body.to_owned().into(), peer, client: peer.ip(), id: RequestId::next(), presented: None }
}

impl Node {
    async fn at(&self, authority: &str, method: &str, target: &str, body: &str) -> Seen {
        let service = Service { state: Arc::clone(&self.state), fallback: None, realms: None };
        Seen::of(service.answer(incoming(authority, method, target, body)).await).await
    }

    async fn get(&self, target: &str) -> Seen {
        self.at(AUTHORITY, "GET", target, "").await
    }

    async fn post(&self, target: &str, body: &str) -> Seen {
        self.at(AUTHORITY, "POST", target, body).await
    }

    async fn token(&self) -> Seen {
        self.token_with(SECRET).await
    }

    async fn token_with(&self, secret: &str) -> Seen {
        self.post("/token", &format!("grant_type=client_credentials&client_id=app&client_secret={secret}")).await
    }

    async fn is_active(&self, token: &str) -> bool {
        let seen = self.post("/introspect", &format!("client_id=api&client_secret={SECRET}&token={token}")).await;
        assert_eq!(seen.status, 200, "{seen:?}");
        seen.json()["active"].as_bool().unwrap()
    }

    async fn management(&self, target: &str) -> Seen {
        let management = Management { state: Arc::clone(&self.state), tls: None };
        Seen::of(management.answer(incoming("localhost", "GET", target, "")).await).await
    }

    async fn metric(&self, name: &str) -> String {
        let all = self.management("/metrics").await.body;
        let line = all.lines().find(|line| line.starts_with(&format!("{name} "))).unwrap_or_else(|| panic!("{all}"));
        line.rsplit(' ').next().unwrap().to_owned()
    }

    /// So many milliseconds pass without a word from the database.
    fn pass(&self, millis: i64) {
        self.count.fetch_add(millis, Ordering::Relaxed);
        self.time.fetch_add(millis, Ordering::Relaxed);
    }

    async fn catch_up(&self) {
        self.state.follower().catch_up().await.unwrap();
    }

    /// A round of the jobs.
    async fn work(&self) {
        let (_stop, stopped) = tokio::sync::watch::channel(false);
        while jobs::round(&self.state, &mut String::new(), &stopped).await.unwrap() {}
    }
}

const AUTHORIZE: &str = "/authorize?response_type=code&client_id=app&scope=read&state=s%20t\
    &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256\
    &redirect_uri=https%3A%2F%2Fapp.example%2Fcb";

#[tokio::test]
async fn a_server_that_is_cut_off_decides_nothing_and_verifies_everything() {
    let database = Database::new().await;
    let node = database.node().await;
    let token = node.token().await.json()["access_token"].as_str().unwrap().to_owned();
    assert!(node.is_active(&token).await);
    assert_eq!(node.get(AUTHORIZE).await.status, 200, "the login page");
    let (keys, discovery) = (node.get("/jwks").await.body, node.get("/.well-known/openid-configuration").await.body);

    database.sql("ALTER TABLE counter RENAME TO counter_gone; ALTER TABLE realm_route RENAME TO realm_route_gone");
    node.pass(1_000);
    assert_eq!(node.token().await.status, 200, "for a second it may go by what it knows");
    node.pass(1);
    let refused = node.token().await;
    refused.try_again();
    assert_eq!(refused.json()["error"], "temporarily_unavailable");
    node.post("/revoke", &format!("client_id=app&client_secret={SECRET}&token={token}")).await.try_again();
    node.post("/logoff", "").await.try_again();
    for page in ["/-/sign-in", "/-/consent", "/-/secret?link=x", "/logout", "/authorize?client_id=nobody"] {
        let page = node.get(page).await;
        page.try_again();
        assert!(page.media.starts_with("text/html") && page.body.contains("request id"), "{page:?}");
    }
    let back = node.get(AUTHORIZE).await;
    assert_eq!(back.status, 303, "{back:?}");
    assert!(back.location.starts_with("https://app.example/cb?error=temporarily_unavailable&"), "{back:?}");
    assert!(
        back.location.contains("state=s%20t") && back.location.contains("iss=http%3A%2F%2Flogin.example"),
        "{back:?}"
    );
    node.at("elsewhere.example", "GET", "/jwks", "").await.try_again();
    node.at(AUTHORITY, "GET", "/nothing", "").await.try_again();

    assert!(node.is_active(&token).await);
    assert_eq!(node.get("/jwks").await.body, keys);
    assert_eq!(node.at(AUTHORITY, "OPTIONS", "/token", "").await.status, 204);
    // Whoever may have changed a realm: what is known of it still serves for this.
    node.state.sites.forget("test");
    assert_eq!(node.get("/jwks").await.body, keys);
    assert_eq!(node.get("/.well-known/openid-configuration").await.body, discovery);
    assert!(node.is_active(&token).await);
    node.token().await.try_again();

    assert_eq!(node.management("/livez").await.status, 200);
    let ready = node.management("/readyz").await;
    assert_eq!((ready.status, ready.json()["status"].as_str()), (503, Some("the database cannot be reached")));
    assert_eq!(node.metric("claviger_database_up").await, "0");
    assert_eq!(node.metric("claviger_follow_age_seconds").await, "1.001");

    database.sql("ALTER TABLE counter_gone RENAME TO counter; ALTER TABLE realm_route_gone RENAME TO realm_route");
    assert_eq!(node.token().await.status, 200, "the first request finds that the database is back");
    assert_eq!(node.management("/readyz").await.status, 200);
    assert_eq!(node.metric("claviger_database_up").await, "1");
    assert_eq!(node.at("elsewhere.example", "GET", "/jwks", "").await.status, 404);
}

#[tokio::test]
async fn a_server_that_was_away_catches_up_before_it_answers() {
    let database = Database::new().await;
    let (here, away) = (database.node().await, database.node().await);
    let token = away.token().await.json()["access_token"].as_str().unwrap().to_owned();
    let until = NOW + HOUR;
    here.state.store.set_client_status("test", "app", ClientStatus::Suspended, NOW, until).await.unwrap();
    let mut realm = realm("test", AUTHORITY);
    realm.name = "Port".into();
    here.state.store.put_realm(&realm, NOW).await.unwrap();
    away.pass(1_001);
    let refused = away.token().await;
    assert_eq!((refused.status, refused.json()["error"].as_str()), (401, Some("invalid_client")), "{refused:?}");
    assert!(!away.is_active(&token).await);
    assert!(away.get("/-/sign-in").await.body.contains("Port"));
}

#[tokio::test]
async fn what_one_server_does_the_other_knows_after_one_step() {
    let database = Database::new().await;
    let (here, there) = (database.node().await, database.node().await);
    let token = here.token().await.json()["access_token"].as_str().unwrap().to_owned();
    assert!(there.is_active(&token).await, "one key set");
    let revoked = here.post("/revoke", &format!("client_id=app&client_secret={SECRET}&token={token}")).await;
    assert_eq!(revoked.status, 200);
    assert!(!here.is_active(&token).await);
    there.catch_up().await;
    assert!(!there.is_active(&token).await);

    // A key is replaced by one, and published by both.
    let before = there.get("/jwks").await.body;
    here.state.keys.rotate(&realm("test", AUTHORITY)).await.unwrap();
    there.catch_up().await;
    let after = there.get("/jwks").await.body;
    assert_ne!(after, before);
    here.catch_up().await;
    assert_eq!(here.get("/jwks").await.body, after);

    // The brake, as the servers tell one another.
    for _ in 0..5 {
        assert_eq!(here.token_with("wrong").await.status, 401);
    }
    assert_eq!(here.token_with("wrong").await.status, 429);
    here.state.brakes.sync(&here.state.store, NOW).await.unwrap();
    there.state.brakes.sync(&there.state.store, NOW).await.unwrap();
    assert_eq!(there.token_with("wrong").await.status, 429);
    assert_eq!(there.token().await.status, 200, "a right secret passes");
    assert_eq!(database.node().await.token_with("wrong").await.status, 429, "nor does a restart help");
}

/// The file is put back to what it was, with the server running: the numbers are lower than what was followed.
#[tokio::test]
async fn a_database_that_was_put_back_is_read_anew_and_what_was_revoked_stays_so() {
    let database = Database::new().await;
    let node = database.node().await;
    let token = node.token().await.json()["access_token"].as_str().unwrap().to_owned();
    let (change, revocation) =
        (node.state.store.last_change().await.unwrap(), node.state.store.last_revocation().await.unwrap());
    node.state.store.revoke("test", RevocationKind::Client, "app", NOW, NOW + HOUR, NOW).await.unwrap();
    node.state.store.revoke("test", RevocationKind::User, "u", NOW, NOW + HOUR, NOW).await.unwrap();
    node.catch_up().await;
    assert!(!node.is_active(&token).await);
    assert!(node.get("/-/sign-in").await.body.contains("Harbour"));
    database.sql(&format!(
        "DELETE FROM change WHERE seq > {change}; UPDATE counter SET value = {change} WHERE name = 'change';
         DELETE FROM revocation WHERE seq > {revocation};
         UPDATE counter SET value = {revocation} WHERE name = 'revocation';
         UPDATE realm SET doc = replace(doc, 'Harbour', 'Port')"
    ));
    node.catch_up().await;
    assert_eq!(node.metric("claviger_database_started_over_total").await, "1");
    assert!(node.get("/-/sign-in").await.body.contains("Port"));
    assert!(!node.is_active(&token).await, "what is revoked stays so");
    assert_eq!(*node.state.revoked.watch().borrow(), revocation, "the feed waits for the numbers that come next");
    // From here on it follows the new history.
    node.state.store.revoke("test", RevocationKind::Jti, &id_text(&[7; 16]), NOW, NOW + HOUR, NOW).await.unwrap();
    node.catch_up().await;
    assert_eq!(*node.state.revoked.watch().borrow(), revocation + 1);
    assert_eq!(node.metric("claviger_database_started_over_total").await, "1", "told once");
}

/// A standby that lagged was promoted, and went on: its numbers have passed those that were followed.
#[tokio::test]
async fn another_history_with_higher_numbers_is_noticed() {
    let database = Database::new().await;
    let node = database.node().await;
    assert!(node.get("/-/sign-in").await.body.contains("Harbour"));
    for _ in 0..2 {
        node.catch_up().await;
    }
    database.sql(
        "UPDATE change SET at = at + 1 WHERE seq = (SELECT MAX(seq) FROM change);
         UPDATE realm SET doc = replace(doc, 'Harbour', 'Port')",
    );
    // One more change, about something else.
    node.state.store.put_client("test", &client("other", None), NOW).await.unwrap();
    node.catch_up().await;
    assert_eq!(node.metric("claviger_database_started_over_total").await, "1");
    assert!(node.get("/-/sign-in").await.body.contains("Port"));
}

#[tokio::test]
async fn one_of_two_servers_does_the_jobs_and_the_other_goes_on() {
    let database = Database::new().await;
    let (here, there) = (database.node().await, database.node().await);
    let store = &here.state.store;
    let expired = RevocationKind::Jti;
    let left = async || store.revocations_after(None, 0, 10).await.unwrap().items.len();
    here.work().await;
    store.revoke("test", expired, "old", NOW - 9 * HOUR, NOW - 8 * HOUR, NOW).await.unwrap();
    there.work().await;
    assert_eq!((left().await, there.metric("claviger_jobs_leader").await.as_str()), (1, "0"));
    here.work().await;
    assert_eq!((left().await, here.metric("claviger_jobs_leader").await.as_str()), (0, "1"));
    store.revoke("test", expired, "old too", NOW - 9 * HOUR, NOW - 8 * HOUR, NOW).await.unwrap();
    let (_stop, stopped) = tokio::sync::watch::channel(true);
    jobs::jobs(Arc::clone(&here.state), stopped).await;
    there.work().await;
    assert_eq!((left().await, there.metric("claviger_jobs_leader").await.as_str()), (0, "1"));
}

#[tokio::test]
async fn keys_of_a_realm_that_nobody_asks_for_are_replaced_by_age() {
    let database = Database::new().await;
    let store = database.store();
    store.put_realm(&realm("quiet", "quiet.example"), NOW).await.unwrap();
    store.put_realm(&realm("unborn", "unborn.example"), NOW).await.unwrap();
    let first = database.node().await;
    assert_eq!(first.at("quiet.example", "GET", "/jwks", "").await.status, 200);
    first.state.keys.ring(&realm("quiet", "quiet.example")).await.unwrap().signing(Algorithm::Rs256).await.unwrap();
    let keys = async |realm: &str| store.keys(realm).await.unwrap().keys;
    let is = |state: KeyState| move |key: &&SigningKeyRow| key.state == state;
    assert_eq!(keys("quiet").await.iter().filter(is(KeyState::Active)).count(), 2);

    let later = NOW + 100 * 24 * HOUR;
    let second = database.node_at(later).await;
    second.work().await;
    assert_eq!(keys("quiet").await.iter().filter(is(KeyState::Published)).count(), 2, "RSA, too");
    second.pass(2 * HOUR);
    second.work().await;
    let now = keys("quiet").await;
    assert!(now.iter().filter(is(KeyState::Active)).all(|key| key.created_at == later), "{now:?}");
    assert_eq!(now.iter().filter(is(KeyState::Retired)).count(), 2);
    assert_eq!(keys("unborn").await.len(), 0, "a realm gets its keys with its first request");
}

#[tokio::test]
async fn a_restart_with_the_clock_set_back_brings_nothing_back() {
    let database = Database::new().await;
    let node = database.node_at(NOW).await;
    let token = node.token().await.json()["access_token"].as_str().unwrap().to_owned();
    node.pass(2 * HOUR);
    assert!(!node.is_active(&token).await, "expired");
    node.work().await;
    drop(node);
    let node = database.node_at(NOW + HOUR / 2).await;
    assert!(!node.is_active(&token).await, "still expired");
    assert_eq!(node.state.clock.now(), NOW + 2 * HOUR);
    assert!(node.metric("claviger_clock_ahead_seconds").await.parse::<f64>().unwrap() > 5_000.0);
}

#[tokio::test]
async fn a_disk_that_is_full_is_told_and_over_when_it_is() {
    let database = Database::new().await;
    let node = database.node().await;
    assert_eq!(node.token().await.status, 200);
    node.work().await;
    database.sql("CREATE TRIGGER full BEFORE UPDATE ON counter BEGIN SELECT RAISE(ABORT, 'no room'); END");
    let (_stop, stopped) = tokio::sync::watch::channel(false);
    for _ in 0..2 {
        node.pass(10);
        assert!(jobs::round(&node.state, &mut String::new(), &stopped).await.is_err());
    }
    let ready = node.management("/readyz").await;
    assert_eq!((ready.status, ready.json()["status"].as_str()), (503, Some("the database cannot be written")));
    assert_eq!(node.token().await.status, 200, "what is not stored goes on");
    database.sql("DROP TRIGGER full");
    node.pass(10);
    node.work().await;
    assert_eq!(node.management("/readyz").await.status, 200);
}
