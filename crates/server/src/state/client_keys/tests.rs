use super::{AT_MOST, ClientKeys, FRESH, LONGEST};
use crate::outbound::Outbound;
use claviger_core::jose::{Algorithm, SigningKey};
use claviger_core::{Client, Realm};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const NOW: i64 = 1_800_000_000_000;

/// A client whose keys lie at a server of the test's own, what that answers, and how often it was asked.
struct World {
    realm: Realm,
    client: Client,
    body: Arc<Mutex<String>>,
    calls: Arc<AtomicUsize>,
    keys: ClientKeys,
    outbound: Outbound,
}

impl World {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let uri = format!("http://{}/keys", listener.local_addr().unwrap());
        let (body, calls) = (Arc::new(Mutex::new(set("k1"))), Arc::new(AtomicUsize::new(0)));
        let (answer, counter) = (Arc::clone(&body), Arc::clone(&calls));
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                counter.fetch_add(1, Ordering::SeqCst);
                let _ = stream.read(&mut [0; 4096]).await;
                let body = answer.lock().unwrap().clone();
                let head = "HTTP/1.1 200 OK\r\ncontent-type: application/jwk-set+json\r\nconnection: close\r\n";
                let whole = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
                let _ = stream.write_all(whole.as_bytes()).await;
            }
        });
        let realm = serde_json::json!({
            "id": "r", "name": "R", "issuer": "http://127.0.0.1", "authorities": [], "dialect": {},
            "requests": { "loopback": true }
        });
        let client =
            serde_json::json!({ "id": "app", "name": "App", "kind": "confidential", "grants": [], "jwks_uri": uri });
        Self {
            realm: serde_json::from_value(realm).unwrap(),
            client: serde_json::from_value(client).unwrap(),
            body,
            calls,
            keys: ClientKeys::new(),
            outbound: Outbound::new(),
        }
    }

    /// Whether the key of this name is known at `now`.
    async fn knows(&self, kid: &str, now: i64, must_be_new: bool) -> bool {
        let keys = self.keys.of(&self.outbound, &self.realm, &self.client, now, must_be_new).await;
        keys.is_some_and(|keys| keys.knows(kid))
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    fn publish(&self, body: String) {
        *self.body.lock().unwrap() = body;
    }
}

fn set(kid: &str) -> String {
    let der = SigningKey::generate(Algorithm::EdDsa).unwrap();
    let key = SigningKey::from_pkcs8(Algorithm::EdDsa, Some(kid), der.expose()).unwrap();
    serde_json::json!({ "keys": [key.public_jwk()] }).to_string()
}

#[tokio::test]
async fn a_set_is_fetched_once_and_an_unknown_key_asks_again_once_a_minute() {
    let world = World::new().await;
    for _ in 0..3 {
        assert!(world.knows("k1", NOW, false).await);
    }
    assert_eq!(world.calls(), 1);
    world.publish(set("k2"));
    assert!(!world.knows("k2", NOW + AT_MOST - 1, true).await);
    assert_eq!(world.calls(), 1, "within the minute nobody is asked");
    assert!(world.knows("k2", NOW + AT_MOST, true).await);
    for _ in 0..3 {
        assert!(!world.knows("k3", NOW + AT_MOST + 1, true).await);
    }
    assert_eq!(world.calls(), 2);
}

#[tokio::test]
async fn an_old_set_is_used_while_a_new_one_is_fetched() {
    let world = World::new().await;
    assert!(world.knows("k1", NOW, false).await);
    world.publish(set("k2"));
    let later = NOW + FRESH + 1;
    assert!(world.knows("k1", later, false).await, "nobody waits");
    for _ in 0..500 {
        if world.knows("k2", later, false).await {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert!(world.knows("k2", later, false).await);
    assert_eq!(world.calls(), 2);
}

#[tokio::test]
async fn what_is_no_key_set_changes_nothing_and_a_day_later_nothing_is_believed() {
    let world = World::new().await;
    assert!(world.knows("k1", NOW, false).await);
    world.publish("{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AA\",\"d\":\"AA\"}]}".to_owned());
    assert!(world.knows("k1", NOW + LONGEST, true).await, "the old set stays");
    assert!(!world.knows("k1", NOW + LONGEST + 1, false).await);
    world.publish(set("k1"));
    assert!(world.knows("k1", NOW + LONGEST + AT_MOST, false).await);
}

#[tokio::test]
async fn of_many_who_ask_at_once_one_fetches() {
    let world = World::new().await;
    let all = (0..50).map(|_| world.knows("k1", NOW, false));
    assert!(futures_util::future::join_all(all).await.into_iter().all(|known| known));
    assert_eq!(world.calls(), 1);
}
