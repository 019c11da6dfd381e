//! Calls to a real receiver, which checks the signature by hand; the clock is in the test's hand.

use super::{Caller, PAUSES};
use crate::admin::apps::{self, Registration};
use crate::admin::webhooks::{self, NewWebhook, Owner, WebhookEdit};
use crate::admin::{Actor, Admin, AdminError, Way, users};
use crate::outbox::deliver_due;
use crate::pages::Pages;
use crate::secrets::Secrets;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use claviger_core::crypto::hmac_sha256;
use claviger_core::span::Span;
use claviger_core::{Realm, User};
use claviger_store::{AuditFilter, EVENTS, Options, Replayed, Store, Webhook};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const NOW: i64 = 1_795_234_607_000;
const DAY: i64 = 86_400_000;

/// What a receiver heard: the headers in lower case, and the body.
#[derive(Debug, Clone)]
struct Heard {
    head: String,
    body: String,
}

impl Heard {
    fn header(&self, name: &str) -> &str {
        let line = self.head.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
        line.unwrap_or_else(|| panic!("no {name} in {}", self.head))
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// Whether one of the signatures is of this secret, made anew as the specification says.
    fn is_signed_with(&self, secret: &str) -> bool {
        let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let content = format!("{}.{}.{}", self.header("webhook-id"), self.header("webhook-timestamp"), self.body);
        let expected = format!("v1,{}", STANDARD.encode(hmac_sha256(&key, content.as_bytes())));
        self.header("webhook-signature").split(' ').any(|one| one == expected)
    }
}

/// A receiver that answers with these statuses in turn, the last one ever after.
struct Receiver {
    url: String,
    heard: Arc<Mutex<Vec<Heard>>>,
}

impl Receiver {
    async fn answering(answers: &'static [&'static str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hooks?a=b", listener.local_addr().unwrap());
        let heard: Arc<Mutex<Vec<Heard>>> = Arc::default();
        let notes = Arc::clone(&heard);
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut bytes = Vec::new();
                let request = loop {
                    let mut more = [0; 4096];
                    let count = stream.read(&mut more).await.unwrap();
                    bytes.extend_from_slice(&more[..count]);
                    let text = String::from_utf8(bytes.clone()).unwrap();
                    let Some((fields, body)) = text.split_once("\r\n\r\n") else { continue };
                    let fields = fields.replace('\r', "");
                    let (first, rest) = fields.split_once('\n').unwrap();
                    let fields = format!("{first}\n{rest}");
                    let long: usize = fields
                        .lines()
                        .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok())
                        .unwrap_or(0);
                    if body.len() >= long {
                        break Heard { head: fields, body: body.to_owned() };
                    }
                };
                let at = {
                    let mut all = notes.lock().unwrap();
                    all.push(request);
                    all.len() - 1
                };
                let answer = answers[at.min(answers.len() - 1)];
                if answer == "nothing" {
                    // Held open for as long as the test lasts.
                    tokio::spawn(async move {
                        let _stream = stream;
                        std::future::pending::<()>().await;
                    });
                    continue;
                }
                let text = format!(
                    "HTTP/1.1 {answer}\r\nlocation: http://127.0.0.1:1/elsewhere\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                );
                stream.write_all(text.as_bytes()).await.unwrap();
            }
        });
        Self { url, heard }
    }

    fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }
}

struct World {
    store: Store,
    secrets: Secrets,
    actor: Actor,
    realm: Realm,
    pages: Pages,
}

impl World {
    async fn new() -> Self {
        let store = Store::open("sqlite::memory:", &Options::default()).unwrap();
        let realm: Realm = serde_json::from_value(json!({
            "id": "r", "name": "R", "issuer": "http://localhost:9001", "authorities": ["localhost:9001"],
            "dialect": {}, "apis": [{"audience": "https://api.example", "name": "API"}],
            "scopes": [{"name": "read", "sentence": "Read."}], "requests": { "loopback": true },
        }))
        .unwrap();
        store.put_realm(&realm, NOW).await.unwrap();
        let ada: User = serde_json::from_value(json!({ "id": "u", "username": "ada" })).unwrap();
        store.put_user("r", &ada, None, NOW).await.unwrap();
        let actor = Actor { name: "vendor".to_owned(), way: Way::Cli, reference: "ref".to_owned() };
        Self { store, secrets: Secrets::new(&[7; 32]), actor, realm, pages: Pages::new(None).unwrap() }
    }

    fn admin(&self, now: i64) -> Admin<'_> {
        Admin { store: &self.store, actor: &self.actor, now }
    }

    fn caller(&self, now: i64) -> Caller<'_> {
        Caller::new(&self.store, &self.secrets, &[], now)
    }

    async fn add(&self, url: &str, app: Option<&str>, events: &[&str]) -> Result<NewWebhook, AdminError> {
        let events: Vec<String> = events.iter().map(|&event| event.to_owned()).collect();
        let owner = Owner { realm: Some(&self.realm), app };
        webhooks::add(&self.admin(NOW), &self.caller(NOW), owner, url, &events).await
    }

    async fn register(&self, id: &str) {
        let registration = Registration {
            id: Some(id.to_owned()),
            name: id.to_uppercase(),
            scope: "read".to_owned(),
            ..Registration::default()
        };
        apps::register(&self.admin(NOW), &self.realm, registration).await.unwrap();
    }

    async fn deliver(&self, now: i64) -> usize {
        deliver_due(&self.store, &self.caller(now), now).await.unwrap()
    }

    async fn webhook(&self, id: &str) -> Webhook {
        webhooks::find(&self.store, id).await.unwrap()
    }

    async fn acts(&self) -> Vec<String> {
        let lines = self.store.audit_lines(&AuditFilter::default(), i64::MAX, 1000).await.unwrap();
        lines.into_iter().rev().map(|line| line.act).collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_operator_does_is_told_once_signed_and_by_the_published_schema() {
    let (world, receiver) = (World::new().await, Receiver::answering(&["204 No Content"]).await);
    let NewWebhook { webhook, secret } = world.add(&receiver.url, None, &[]).await.unwrap();
    assert_eq!(webhook.events, ["*"]);
    world.register("a").await;
    let admin = world.admin(NOW);
    apps::approve(&admin, &world.secrets, &world.pages, &world.realm, "a").await.unwrap();
    let made = apps::add_secret(&admin, &world.secrets, &world.realm, "a", "second".to_owned(), None).await.unwrap();
    apps::retire_secret(&admin, &world.realm, "a", &made.id).await.unwrap();
    apps::suspend(&admin, &world.realm, "a").await.unwrap();
    apps::suspend(&admin, &world.realm, "a").await.unwrap();
    apps::resume(&admin, &world.realm, "a").await.unwrap();
    users::disable(&admin, &world.realm, "u").await.unwrap();
    assert_eq!(world.deliver(NOW).await, 7, "to stop what is stopped is no news");
    assert_eq!(world.deliver(NOW + DAY).await, 0, "what was heard is told once");

    let heard = receiver.heard();
    let mut told: Vec<String> = heard.iter().map(|one| one.json()["type"].as_str().unwrap().to_owned()).collect();
    told.sort_unstable();
    let expected = [
        "app.approved",
        "app.requested",
        "app.resumed",
        "app.suspended",
        "secret.added",
        "secret.retired",
        "user.disabled",
    ];
    assert_eq!(told, expected);
    for one in &heard {
        assert!(one.head.starts_with("POST /hooks?a=b HTTP/1.1\n"), "{}", one.head);
        assert!(one.is_signed_with(secret.expose()) && !one.is_signed_with(super::new_secret().expose()));
        assert_eq!(one.header("webhook-timestamp"), (NOW / 1000).to_string());
        assert_eq!(one.header("content-type"), "application/json");
        fits_its_schema(&one.json());
        assert!(!one.body.contains(made.secret.expose()), "{}", one.body);
    }
    let mut ids: Vec<&str> = heard.iter().map(|one| one.header("webhook-id")).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 7);
    assert!(world.webhook(&webhook.id).await.last.is_some_and(|(at, code, _)| at == NOW && code == Some(204)));
}

/// The fields of an event are those that its kind publishes, of the types that it names.
fn fits_its_schema(told: &Value) {
    let kind = EVENTS.iter().find(|kind| told["type"] == kind.name).unwrap_or_else(|| panic!("{told}"));
    assert_eq!((&told["version"], &told["realm"]), (&json!(kind.version), &json!("r")));
    told["timestamp"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    let data = told["data"].as_object().unwrap();
    let mut names: Vec<&str> = data.keys().map(String::as_str).collect();
    let mut published: Vec<&str> = kind.fields.iter().map(|field| field.name).collect();
    names.sort_unstable();
    published.sort_unstable();
    assert_eq!(names, published, "{told}");
    for field in kind.fields {
        let is = match &data[field.name] {
            Value::Null => "null",
            Value::String(_) => "string",
            Value::Number(_) => "integer",
            Value::Array(_) => "array",
            _ => "something else",
        };
        assert!(field.types.contains(&is), "{}: {told}", field.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_app_is_told_of_itself_alone_and_of_what_it_asked_for() {
    let (world, receiver) = (World::new().await, Receiver::answering(&["200 OK"]).await);
    world.register("a").await;
    world.register("b").await;
    world.add(&receiver.url, Some("a"), &["app.approved", "secret.ends_soon"]).await.unwrap();
    let admin = world.admin(NOW);
    for app in ["a", "b"] {
        apps::approve(&admin, &world.secrets, &world.pages, &world.realm, app).await.unwrap();
        let ends = NOW + 10 * DAY;
        apps::add_secret(&admin, &world.secrets, &world.realm, app, "short".to_owned(), Some(ends)).await.unwrap();
    }
    users::disable(&admin, &world.realm, "u").await.unwrap();
    assert_eq!(world.store.tell_of_ending_secrets(NOW, 10).await.unwrap(), 2);
    assert_eq!(world.store.tell_of_ending_secrets(NOW + DAY, 10).await.unwrap(), 0, "each is told of once");
    assert_eq!(world.deliver(NOW).await, 2);
    let mut told: Vec<Value> = receiver.heard().iter().map(Heard::json).collect();
    told.sort_by_key(|one| one["type"].to_string());
    assert_eq!((&told[0]["type"], &told[0]["data"]), (&json!("app.approved"), &json!({ "app": "a" })));
    assert_eq!((&told[1]["type"], &told[1]["data"]["label"]), (&json!("secret.ends_soon"), &json!("short")));
    assert_eq!(told[1]["data"]["expires_at"], NOW + 10 * DAY);
    told.iter().for_each(fits_its_schema);

    let refused = world.add(&receiver.url, Some("a"), &["user.disabled"]).await.unwrap_err().to_string();
    assert!(refused.contains("told to operators alone"), "{refused}");
    assert!(matches!(world.add(&receiver.url, Some("nobody"), &[]).await, Err(AdminError::NoSuchApp(_))));
    for _ in 1..5 {
        world.add(&receiver.url, Some("a"), &[]).await.unwrap();
    }
    let many = world.add(&receiver.url, Some("a"), &[]).await.unwrap_err().to_string();
    assert!(many.contains("there are 5 already"), "{many}");
    apps::delete(&admin, &world.realm, "a").await.unwrap();
    assert!(webhooks::list(&world.store, Some("r"), Some("a")).await.unwrap().is_empty(), "they go with the app");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_heard_is_told_again_under_the_same_id_and_given_up_after_three_days() {
    let (world, receiver) = (World::new().await, Receiver::answering(&["503 Down", "302 Found", "200 OK"]).await);
    let NewWebhook { webhook, .. } = world.add(&receiver.url, None, &["app.requested"]).await.unwrap();
    world.register("a").await;
    for (at, tried) in [(0, 1), (4_999, 0), (5_000, 1), (24_999, 0), (25_000, 1), (DAY, 0)] {
        assert_eq!(world.deliver(NOW + at).await, tried, "{at}");
    }
    let heard = receiver.heard();
    assert_eq!(heard.len(), 3, "a redirect was not followed");
    assert!(heard.iter().all(|one| one.header("webhook-id") == heard[0].header("webhook-id")));
    assert_eq!(heard[1].header("webhook-timestamp"), (NOW / 1000 + 5).to_string(), "signed anew");
    let told = webhooks::deliveries(&world.store, &webhook.id, None, 10).await.unwrap();
    assert_eq!((told[0].status.as_str(), told[0].attempts, told[0].code), ("delivered", 3, Some(200)));

    // It falls silent for good.
    let (world, silent) = (World::new().await, Receiver::answering(&["500 No"]).await);
    let NewWebhook { webhook, .. } = world.add(&silent.url, None, &["app.requested"]).await.unwrap();
    world.register("a").await;
    let mut now = NOW;
    for _ in 0..100 {
        world.deliver(now).await;
        now += PAUSES.longest;
    }
    let told = webhooks::deliveries(&world.store, &webhook.id, None, 10).await.unwrap();
    assert_eq!((told[0].status.as_str(), told[0].code), ("failed", Some(500)));
    assert!(silent.heard().len() < 25, "{}", silent.heard().len());
    assert!(world.webhook(&webhook.id).await.is_active, "one event is not five days");
    assert_eq!(world.webhook(&webhook.id).await.failing_since, Some(NOW));

    world.register("b").await;
    apps::delete(&world.admin(now), &world.realm, "b").await.unwrap();
    let registration =
        Registration { id: Some("c".into()), name: "C".into(), scope: "read".into(), ..Registration::default() };
    apps::register(&world.admin(now), &world.realm, registration).await.unwrap();
    world.deliver(now).await;
    assert!(!world.webhook(&webhook.id).await.is_active, "disabled after days of failure");
    assert_eq!(world.acts().await.last().map(String::as_str), Some("webhook.disable"));
    let before = silent.heard().len();
    world.register("d").await;
    world.deliver(now + DAY).await;
    assert_eq!(silent.heard().len(), before, "one that is disabled is not called");
    let edit = WebhookEdit { active: Some(true), ..WebhookEdit::default() };
    webhooks::edit(&world.admin(now), &world.caller(now), &webhook.id, edit).await.unwrap();
    assert!(world.webhook(&webhook.id).await.failing_since.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_gone_is_not_called_again() {
    let (world, receiver) = (World::new().await, Receiver::answering(&["410 Gone"]).await);
    let NewWebhook { webhook, .. } = world.add(&receiver.url, None, &[]).await.unwrap();
    world.register("a").await;
    world.deliver(NOW).await;
    assert!(!world.webhook(&webhook.id).await.is_active);
    assert_eq!((world.deliver(NOW + DAY).await, receiver.heard().len()), (0, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_test_button_says_what_came_of_it_and_a_slow_receiver_is_not_waited_for() {
    let (world, receiver) = (World::new().await, Receiver::answering(&["200 OK", "500 No", "nothing"]).await);
    let NewWebhook { webhook, secret } = world.add(&receiver.url, None, &["app.approved"]).await.unwrap();
    let try_out = async || webhooks::test(&world.admin(NOW), &world.caller(NOW), &webhook.id).await.unwrap();
    let tried = try_out().await;
    assert_eq!((tried.status, tried.code), ("delivered", Some(200)));
    let heard = receiver.heard();
    assert!(heard[0].is_signed_with(secret.expose()));
    fits_its_schema(&heard[0].json());
    let tried = try_out().await;
    assert_eq!((tried.status, tried.code), ("failed", Some(500)), "a test is not tried again");
    let tried = tokio::time::timeout(Duration::from_mins(2), try_out()).await.unwrap();
    assert_eq!((tried.status, tried.code, tried.outcome.as_str()), ("failed", None, "there was no answer in time"));
    assert_eq!(world.deliver(NOW + DAY).await, 0, "no parcel waits for a test");
    let unknown = webhooks::test(&world.admin(NOW), &world.caller(NOW), "x").await;
    assert!(matches!(unknown, Err(AdminError::NoSuchWebhook(_))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn addresses_of_the_own_network_are_refused_when_written_and_when_called() {
    let world = World::new().await;
    for url in [
        "http://hooks.example/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest",
        "https://ada:pw@hooks.example/",
        "https://hooks.example/#part",
        "ftp://hooks.example/",
        "hooks",
        "",
    ] {
        let refused = world.add(url, None, &[]).await.unwrap_err().to_string();
        assert!(refused.starts_with("url: write an https:// address"), "{url}: {refused}");
    }
    let refused = world.add("https://hooks.example/", None, &["app.approve"]).await.unwrap_err().to_string();
    assert!(refused.contains("there is no `app.approve`; there is: app.requested,"), "{refused}");
    // The realm let its own machine in when this was written, and does not any more.
    let receiver = Receiver::answering(&["200 OK"]).await;
    let NewWebhook { webhook, .. } = world.add(&receiver.url, None, &[]).await.unwrap();
    let mut closed = world.realm.clone();
    closed.requests.loopback = false;
    world.store.put_realm(&closed, NOW).await.unwrap();
    world.register("a").await;
    world.deliver(NOW).await;
    assert!(receiver.heard().is_empty());
    let told = webhooks::deliveries(&world.store, &webhook.id, None, 10).await.unwrap();
    assert_eq!(told[0].status, "failed", "{told:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_told_is_told_again_and_two_secrets_sign_while_they_change() {
    let (world, receiver) = (World::new().await, Receiver::answering(&["200 OK"]).await);
    let NewWebhook { webhook, secret: old } = world.add(&receiver.url, None, &["app.requested"]).await.unwrap();
    for app in ["a", "b", "c"] {
        world.register(app).await;
    }
    assert_eq!(world.deliver(NOW).await, 3);
    let told = webhooks::deliveries(&world.store, &webhook.id, None, 10).await.unwrap();
    let first = (told[2].created_at, told[2].id);
    let behind = webhooks::deliveries(&world.store, &webhook.id, Some((told[0].created_at, told[0].id)), 10).await;
    assert_eq!(behind.unwrap().len(), 2, "a page goes on behind the last line");

    let keep = Span::seconds(3600);
    let new = webhooks::rotate_secret(&world.admin(NOW), &world.caller(NOW), &webhook.id, keep).await.unwrap();
    let again = webhooks::replay(&world.admin(NOW), &webhook.id, Replayed::One(first.1)).await.unwrap();
    assert_eq!((again, world.deliver(NOW + 1000).await), (1, 1));
    let last = receiver.heard().pop().unwrap();
    assert!(last.is_signed_with(old.expose()) && last.is_signed_with(new.expose()));
    assert_eq!(receiver.heard().iter().filter(|one| one.header("webhook-id") == last.header("webhook-id")).count(), 2);

    let later = NOW + 3_601_000;
    assert_eq!(webhooks::replay(&world.admin(later), &webhook.id, Replayed::Since(NOW)).await.unwrap(), 3);
    let twice = webhooks::replay(&world.admin(later), &webhook.id, Replayed::Since(NOW)).await;
    assert!(matches!(twice, Err(AdminError::NothingToReplay(_))), "what waits is not queued twice");
    assert_eq!(world.deliver(later).await, 3);
    let last = receiver.heard().pop().unwrap();
    assert!(!last.is_signed_with(old.expose()) && last.is_signed_with(new.expose()), "the old one is over");

    // Neither secret is in what is listed or logged.
    let seen = format!("{:?}{:?}", world.webhook(&webhook.id).await, old);
    let lines = world.store.audit_lines(&AuditFilter::default(), i64::MAX, 1000).await.unwrap();
    for text in [seen, format!("{lines:?}")] {
        assert!(!text.contains(old.expose()) && !text.contains(new.expose()) && !text.contains("whsec_"), "{text}");
    }
    webhooks::remove(&world.admin(NOW), &webhook.id).await.unwrap();
    assert!(matches!(webhooks::find(&world.store, &webhook.id).await, Err(AdminError::NoSuchWebhook(_))));
    let theirs = ["webhook.create", "webhook.rotate-secret", "webhook.replay", "webhook.replay", "webhook.delete"];
    let acts: Vec<String> = world.acts().await.into_iter().filter(|act| act.starts_with("webhook")).collect();
    assert_eq!(acts, theirs);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_of_every_realm_hears_of_each_and_of_one_of_it_alone() {
    let (world, receiver) = (World::new().await, Receiver::answering(&["200 OK"]).await);
    let other = Realm {
        id: "s".to_owned(),
        issuer: "http://localhost:9002".to_owned(),
        authorities: vec!["localhost:9002".to_owned()],
        ..world.realm.clone()
    };
    world.store.put_realm(&other, NOW).await.unwrap();
    world.add(&receiver.url, None, &[]).await.unwrap();
    let registration =
        Registration { id: Some("x".into()), name: "X".into(), scope: "read".into(), ..Registration::default() };
    apps::register(&world.admin(NOW), &other, registration).await.unwrap();
    assert_eq!(world.deliver(NOW).await, 0, "of another realm");
    let owner = Owner { realm: None, app: None };
    let added =
        webhooks::add(&world.admin(NOW), &world.caller(NOW), owner, "https://hooks.example/", &[]).await.unwrap();
    world.register("a").await;
    apps::suspend(&world.admin(NOW), &other, "x").await.unwrap_err();
    let told = webhooks::deliveries(&world.store, &added.webhook.id, None, 10).await.unwrap();
    assert_eq!(told.iter().map(|one| one.realm.as_str()).collect::<Vec<_>>(), ["r"]);
}
