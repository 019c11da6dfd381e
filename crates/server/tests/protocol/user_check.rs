//! A call to the vendor when somebody signs in who has no password here.

use crate::common::{Browser, PASSWORD, Server, claims, client};
use claviger_core::client::GrantType;
use claviger_core::dialect::Legacy;
use claviger_core::realm::{CheckMode, UserCheck};
use claviger_core::{Client, User};
use claviger_server::secrets::Secrets;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const SHARED: &str = "a secret that both know";

/// What a vendor answers to a question: the whole answer.
type Answers = Arc<dyn Fn(&Value) -> Vec<u8> + Send + Sync>;

/// A vendor, and what it was asked: the head of the request, and the body.
struct Vendor {
    url: String,
    asked: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Vendor {
    async fn new(answers: Answers) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/check?realm=1", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<(String, Value)>>> = Arc::default();
        let seen = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (answers, seen) = (Arc::clone(&answers), Arc::clone(&seen));
                tokio::spawn(async move {
                    let mut text = Vec::new();
                    let body = loop {
                        let mut part = [0; 4096];
                        let read = stream.read(&mut part).await.unwrap_or(0);
                        text.extend_from_slice(&part[..read]);
                        let all = String::from_utf8_lossy(&text).into_owned();
                        if let Some((head, body)) = all.split_once("\r\n\r\n")
                            && let Ok(body) = serde_json::from_str::<Value>(body)
                        {
                            seen.lock().unwrap().push((head.to_owned(), body.clone()));
                            break body;
                        }
                        if read == 0 {
                            return;
                        }
                    };
                    let _ = stream.write_all(&answers(&body)).await;
                });
            }
        });
        Self { url, asked }
    }

    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

fn http(status: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}").into_bytes()
}

/// Knows one password of everybody, and says of them what `more` has.
fn knows(more: Value) -> Answers {
    Arc::new(move |question| {
        if question["password"] != "the vendor's" {
            return http("403 Forbidden", "");
        }
        let mut answer = json!({ "status": "password_match" });
        answer.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        http("200 OK", &answer.to_string())
    })
}

async fn serve(vendor: &Vendor, mode: CheckMode) -> Server {
    let server = Server::with(|realm| {
        realm.dialect.permits.insert(Legacy::Password);
    })
    .await;
    let secrets = Secrets::load(&server.store, &server.master).await.unwrap();
    let sealed_secret = secrets.seal_realm_secret("test", "user check", SHARED).unwrap();
    let mut realm = server.realm.clone();
    realm.user_check = Some(Box::new(UserCheck { url: vendor.url.clone(), mode, sealed_secret }));
    server.store.put_realm(&realm, server.now()).await.unwrap();
    let mut old = client("old");
    old.grants.insert(GrantType::Password);
    old.legacy.insert(Legacy::Password);
    server.add_client(&old).await;
    server
}

async fn sign_in(server: &Server, username: &str, password: &str) -> (u16, Option<String>) {
    let form = [("grant_type", "password"), ("username", username), ("password", password), ("scope", "read")];
    let reply = server.token("old", &form).await;
    let sub = (reply.status == 200).then(|| claims(&reply.text("access_token"))["sub"].as_str().unwrap().to_owned());
    (reply.status.as_u16(), sub)
}

#[tokio::test(flavor = "multi_thread")]
async fn once_asked_the_password_is_kept_and_the_vendor_is_not_asked_again() {
    let vendor =
        Vendor::new(knows(json!({ "id": "v-7", "name": "Zoe Z", "email": "zoe@x.example", "email_verified": true,
        "organisations": ["acme", { "id": "depot", "name": "Depot 4", "kind": "site" }] })))
        .await;
    let server = serve(&vendor, CheckMode::Once).await;
    assert_eq!(sign_in(&server, " Zoe ", "wrong").await.0, 400);
    assert!(server.store.user_by_username("test", "zoe").await.unwrap().is_none());
    assert_eq!(sign_in(&server, " Zoe ", "the vendor's").await, (200, Some("v-7".to_owned())));
    {
        let asked = vendor.asked.lock().unwrap();
        let (head, body) = &asked[1];
        assert!(head.starts_with("POST /check?realm=1 HTTP/1.1\r\n"), "{head}");
        assert!(head.to_lowercase().contains(&format!("\r\nauthorization: bearer {SHARED}\r\n")), "{head}");
        assert!(head.to_lowercase().contains("\r\ncontent-type: application/json\r\n"), "{head}");
        assert_eq!(*body, json!({ "identifier": " Zoe ", "password": "the vendor's" }));
    }
    let stored = server.store.user("test", "v-7").await.unwrap().unwrap();
    assert!(stored.password_hash.unwrap().starts_with("$argon2id$"));
    let user = stored.user;
    assert_eq!((&*user.username, user.name.as_deref(), user.email_verified), ("Zoe", Some("Zoe Z"), true));
    assert_eq!(user.organisations, ["acme", "depot"]);
    let organisations = server.store.organisations("test", &user.organisations).await.unwrap();
    assert_eq!(organisations.iter().map(|one| &*one.name).collect::<Vec<_>>(), ["acme", "Depot 4"]);
    for (password, status) in [("the vendor's", 200), ("wrong", 400)] {
        assert_eq!(sign_in(&server, "zoe", password).await.0, status);
    }
    assert_eq!(vendor.asked(), 2, "it is known here now");
    // Whoever has a password here is not the vendor's to judge.
    assert_eq!(sign_in(&server, "alice", PASSWORD).await.0, 200);
    assert_eq!(sign_in(&server, "alice", "the vendor's").await.0, 400);
    assert_eq!(vendor.asked(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn always_asked_nothing_is_kept_and_what_is_said_is_taken_each_time() {
    let name = Arc::new(Mutex::new("First"));
    let said = Arc::clone(&name);
    let vendor = Vendor::new(Arc::new(move |question| {
        let name = *said.lock().unwrap();
        knows(json!({ "name": name }))(question)
    }))
    .await;
    let server = serve(&vendor, CheckMode::Always).await;
    server.add_client(&client("app")).await;
    let browser = Browser::of("zoe");
    let query = crate::common::encode(&crate::common::authorize_query("app", "read"));
    let page = browser.get(&server, &format!("/authorize?{query}")).await;
    let signed_in = browser.sign_in(&server, &page, "zoe", "the vendor's").await;
    assert!(signed_in.header("location").contains("consent"), "{signed_in:?}");
    let zoe = server.store.user_by_username("test", "zoe").await.unwrap().unwrap();
    assert!(zoe.password_hash.is_none() && zoe.user.name.as_deref() == Some("First"));
    *name.lock().unwrap() = "Second";
    let (status, sub) = sign_in(&server, "zoe", "the vendor's").await;
    assert_eq!((status, sub.as_ref()), (200, Some(&zoe.user.id)));
    assert_eq!(vendor.asked(), 2);
    assert_eq!(server.store.user("test", &zoe.user.id).await.unwrap().unwrap().user.name.as_deref(), Some("Second"));
    // A client whose secret is their password.
    let partner = Client { acts_as: Some(zoe.user.id.clone()), secret_is_password: true, ..client("partner") };
    server.store.put_client("test", &partner, server.now()).await.unwrap();
    let ask = async |secret: &str| {
        let form = [
            ("grant_type", "client_credentials"),
            ("scope", "read"),
            ("client_id", "partner"),
            ("client_secret", secret),
        ];
        server.post("/token", &form).await.status.as_u16()
    };
    assert_eq!([ask("wrong").await, ask("the vendor's").await, ask("the vendor's").await], [401, 200, 200]);
    assert_eq!(vendor.asked(), 5);
    server.store.disable_user("test", &zoe.user.id, true, server.now(), server.now()).await.unwrap();
    assert_eq!(sign_in(&server, "zoe", "the vendor's").await.0, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_else_is_answered_signs_nobody_in_and_is_asked_once() {
    let large = format!("{{\"status\":\"password_match\",\"name\":\"{}\"}}", "x".repeat(70_000));
    let match_ = "{\"status\":\"password_match\"}";
    let answers: [(&str, Vec<u8>); 12] = [
        ("500", http("500 Internal Server Error", match_)),
        ("404", http("404 Not Found", "")),
        ("401", http("401 Unauthorized", "")),
        (
            "a redirect",
            b"HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\n\r\n".to_vec(),
        ),
        ("created", http("201 Created", match_)),
        ("another status", http("200 OK", "{\"status\":\"ok\"}")),
        ("nothing", http("200 OK", "")),
        ("no object", http("200 OK", "[]")),
        (
            "no JSON by its type",
            b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 27\r\n\r\n{\"status\":\"password_match\"}"
                .to_vec(),
        ),
        ("too large", http("200 OK", &large)),
        ("no HTTP", b"hello\r\n\r\n".to_vec()),
        (
            "half",
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{\"status\"".to_vec(),
        ),
    ];
    for (what, answer) in answers {
        let vendor = Vendor::new(Arc::new(move |_| answer.clone())).await;
        let server = serve(&vendor, CheckMode::Once).await;
        let (status, _) = sign_in(&server, "zoe", "the vendor's").await;
        assert_eq!((status, vendor.asked()), (503, 1), "{what}");
        assert!(server.store.user_by_username("test", "zoe").await.unwrap().is_none(), "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_that_is_slow_or_down_is_given_up_and_the_others_sign_in() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = Vendor { url: format!("http://{}/", listener.local_addr().unwrap()), asked: Arc::default() };
    let server = serve(&silent, CheckMode::Once).await;
    let began = Instant::now();
    let (slow, alice) = tokio::join!(sign_in(&server, "zoe", "x"), sign_in(&server, "alice", PASSWORD));
    assert_eq!((slow.0, alice.0), (503, 200));
    assert!(began.elapsed() >= Duration::from_secs(2), "it was given a chance");
    drop(listener);
    assert_eq!(sign_in(&server, "zoe", "x").await.0, 503);
    assert_eq!(sign_in(&server, "", "x").await.0, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_elses_account_is_given_away() {
    let add = async |server: &Server| {
        let root = User { administrator: true, ..crate::common::user("root-id", "root") };
        server.store.put_user("test", &root, None, server.now()).await.unwrap();
        server.store.put_user("test", &crate::common::user("other-id", "other"), None, server.now()).await.unwrap();
    };
    for (what, more, typed) in [
        ("an administrator's", json!({}), "root"),
        ("an administrator's by id", json!({ "id": "root-id", "username": "root" }), "zoe"),
        ("one with a password here", json!({ "id": "u1" }), "zoe"),
        ("one with a password here by name", json!({ "username": "alice" }), "zoe"),
        ("another name's", json!({ "id": "new" }), "other"),
        ("of two", json!({ "id": "other-id", "username": "alice" }), "zoe"),
        ("nobody's", json!({ "id": "" }), "zoe"),
        ("with a bad address", json!({ "email": "no address" }), "zoe"),
        ("with a name that steers", json!({ "name": "a\u{202e}b" }), "zoe"),
    ] {
        let vendor = Vendor::new(knows(more)).await;
        let server = serve(&vendor, CheckMode::Always).await;
        add(&server).await;
        assert_eq!(sign_in(&server, typed, "the vendor's").await.0, 503, "{what}");
        assert!(server.store.user("test", "new").await.unwrap().is_none(), "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_are_braked_before_the_vendor_is_asked() {
    let vendor = Vendor::new(knows(json!({}))).await;
    let server = serve(&vendor, CheckMode::Always).await;
    for _ in 0..5 {
        assert_eq!(sign_in(&server, "zoe", "guess").await.0, 400);
    }
    for password in ["guess", "the vendor's"] {
        assert_eq!(sign_in(&server, "zoe", password).await.0, 429);
    }
    assert_eq!(vendor.asked(), 5);
    server.pass(2);
    assert_eq!(sign_in(&server, "zoe", "the vendor's").await.0, 200);
}
