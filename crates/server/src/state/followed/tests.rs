//! Changes of another process, taken in without a server around them.

use super::{Followed, Follower, Ordering};
use crate::state::clients::Clients;
use crate::state::clock::Clock;
use crate::state::health::Health;
use crate::state::revoked::{Revoked, Subject, Verdict};
use crate::state::secrets::Secrets;
use crate::state::sites::Sites;
use claviger_core::Client;
use claviger_core::client::ClientStatus;
use claviger_store::{Options, RevocationKind, Store};

const NOW: i64 = 1_700_000_000_000;

fn client() -> Client {
    serde_json::from_value(serde_json::json!({
        "id": "app", "name": "app", "kind": "public", "grants": ["authorization_code"],
        "scope": "read", "audiences": ["https://api.example"], "redirect_uris": ["https://app.example/cb"],
    }))
    .unwrap()
}

#[tokio::test]
async fn a_suspended_client_and_a_revocation_are_taken_in() {
    let store = Store::open("sqlite::memory:", &Options::default()).unwrap();
    store.put_client("r", &client(), NOW).await.unwrap();
    let (clock, _) = Clock::set_to(NOW);
    let progress = Followed::new(store.last_change().await.unwrap(), clock.monotonic());
    let (sites, clients, revoked, health) = (
        Sites::new(crate::pages::Pages::new(None).unwrap().languages().clone()),
        Clients::new(),
        Revoked::default(),
        Health::default(),
    );
    let secrets = Secrets::new(&[7; 32]);
    let follower = Follower {
        followed: &progress,
        store: &store,
        clock: &clock,
        sites: &sites,
        clients: &clients,
        revoked: &revoked,
        secrets: &secrets,
        health: &health,
    };
    let status = async || clients.load(&store, "r", "app").await.unwrap().unwrap().client.status;
    assert_eq!(status().await, ClientStatus::Active);
    store.set_client_status("r", "app", ClientStatus::Suspended, NOW, NOW + 1_000).await.unwrap();
    store.revoke("r", RevocationKind::Jti, "j", NOW, NOW + 1_000, NOW).await.unwrap();
    let token = Subject { jti: "j", grant: None, client: "other", user: "u", key: None, issued_at: NOW };
    assert_eq!(status().await, ClientStatus::Active, "remembered until the change is taken in");
    assert!(matches!(revoked.verdict("r", &token), Verdict::Good));
    follower.catch_up().await.unwrap();
    assert_eq!(status().await, ClientStatus::Suspended);
    assert!(matches!(revoked.verdict("r", &token), Verdict::Revoked));
    assert_eq!(progress.change.load(Ordering::Acquire), store.last_change().await.unwrap());
}
