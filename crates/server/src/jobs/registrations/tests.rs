use super::look_after;
use crate::state::State;
use crate::state::clock::Clock;
use crate::state::master_key::MasterKey;
use claviger_core::client::ClientStatus;
use claviger_core::{Client, Realm};
use claviger_store::{ClientDocument, Masked, NewDocument, Options, Registering, SecretUse, Store};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

const NOW: i64 = 1_795_234_607_000;
const HOUR: i64 = 3_600_000;

async fn started() -> (Arc<State>, Arc<AtomicI64>) {
    let store = Store::open("sqlite::memory:", &Options::default()).unwrap();
    let dialect = serde_json::to_value(claviger_core::Dialect::default()).unwrap();
    let realm: Realm = serde_json::from_value(json!({
        "id": "r", "name": "R", "issuer": "https://r.example", "authorities": ["r.example"], "dialect": dialect,
        "registration": { "mode": "open", "never-used-ttl": 7200, "unused-ttl": 36000 },
    }))
    .unwrap();
    store.put_realm(&realm, NOW).await.unwrap();
    let (clock, hand) = Clock::set_to(NOW);
    let pages = crate::pages::Pages::new(None).unwrap();
    (Box::pin(crate::server::open(store, &MasterKey::generate(), clock, pages)).await.unwrap(), hand)
}

async fn register(state: &State, id: &str, status: ClientStatus) {
    let client: Client = serde_json::from_value(json!({
        "id": id, "name": id, "kind": "public", "status": status, "grants": ["authorization_code"],
        "redirect_uris": ["https://app.example/cb"], "registered": { "self_registered": true },
    }))
    .unwrap();
    let first = if status == ClientStatus::Pending { 10 * HOUR } else { 2 * HOUR };
    let asked = Registering {
        client,
        secret: None,
        token_hash: Masked([0; 32]),
        allows: "{}".to_owned(),
        initial_token: None,
        most: 10,
        check_at: NOW + first,
    };
    state.store.register_by_itself("r", asked, NOW).await.unwrap();
}

async fn left(state: &State, hand: &AtomicI64, hours: i64) -> Vec<String> {
    hand.store(NOW + hours * HOUR + 120_000, Ordering::Relaxed);
    let (_stop, stopped) = tokio::sync::watch::channel(false);
    assert!(!look_after(state, &stopped).await.unwrap());
    let clients = state.store.list_clients("r", None, "", 100).await.unwrap();
    clients.into_iter().map(|client| client.id).collect()
}

#[tokio::test]
async fn what_nobody_uses_ends_by_itself() {
    let (state, hand) = started().await;
    for id in ["never", "used", "waits"] {
        register(&state, id, if id == "waits" { ClientStatus::Pending } else { ClientStatus::Active }).await;
    }
    let used = SecretUse {
        realm: "r".into(),
        client: "used".into(),
        secret: String::new(),
        used_at: NOW + HOUR,
        ends_at: None,
    };
    state.store.note_secret_uses(vec![used]).await.unwrap();
    assert_eq!(left(&state, &hand, 1).await, ["never", "used", "waits"]);
    assert_eq!(left(&state, &hand, 3).await, ["used", "waits"]);
    assert!(state.store.registration("r", "never").await.unwrap().is_none());
    assert_eq!(left(&state, &hand, 10).await, ["used"], "it was never approved");
    assert!(left(&state, &hand, 11).await.is_empty(), "ten hours after its last use");
}

#[tokio::test]
async fn a_document_that_waits_ends_soon_unless_somebody_asked_for_it() {
    let (state, hand) = started().await;
    for id in ["https://asked.example/a", "https://nobody.example/a"] {
        let client: Client = serde_json::from_value(json!({
            "id": id, "name": id, "kind": "public", "status": "pending", "grants": ["authorization_code"],
            "redirect_uris": ["https://app.example/cb"], "registered": { "self_registered": true },
        }))
        .unwrap();
        let host = "app.example".to_owned();
        let document = ClientDocument { host, digest: [0; 32], fetched_at: NOW, fresh_until: NOW };
        let new = NewDocument {
            domain: document.host.clone(),
            most_of_domain: 9,
            client,
            document,
            most: 9,
            most_of_host: 9,
            check_at: NOW + 2 * HOUR,
        };
        state.store.add_client_document("r", new, NOW).await.unwrap();
    }
    assert!(state.store.ask_for_client("r", "https://asked.example/a", None, NOW).await.unwrap());
    assert_eq!(left(&state, &hand, 1).await.len(), 2);
    assert_eq!(left(&state, &hand, 3).await, ["https://asked.example/a"]);
    assert!(left(&state, &hand, 11).await.is_empty(), "nobody approved it");
}
