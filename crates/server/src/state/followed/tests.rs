//! Changes of another process, taken in without a server around them.

use super::{Followed, Follower, NotCurrent, Ordering};
use crate::state::clients::Clients;
use crate::state::clock::Clock;
use crate::state::health::Health;
use crate::state::revoked::{Revoked, Subject, Verdict};
use crate::state::secrets::Secrets;
use crate::state::sites::Sites;
use claviger_core::Client;
use claviger_core::client::ClientStatus;
use claviger_store::{Fault, Options, RevocationKind, Store};
use futures_util::future::join_all;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

const NOW: i64 = 1_700_000_000_000;

fn client() -> Client {
    serde_json::from_value(serde_json::json!({
        "id": "app", "name": "app", "kind": "public", "grants": ["authorization_code"],
        "scope": "read", "audiences": ["https://api.example"], "redirect_uris": ["https://app.example/cb"],
    }))
    .unwrap()
}

/// The parts that follow a database with one client.
struct World {
    store: Store,
    clock: Clock,
    /// What measures how long something is ago.
    count: Arc<AtomicI64>,
    followed: Followed,
    sites: Sites,
    clients: Clients,
    revoked: Revoked,
    secrets: Secrets,
    health: Health,
}

impl World {
    async fn new() -> Self {
        let store = Store::open("sqlite::memory:", &Options::default()).unwrap();
        store.put_client("r", &client(), NOW).await.unwrap();
        let (clock, _, count) = Clock::with_hands(NOW);
        let followed = Followed::new(store.last_change().await.unwrap(), clock.monotonic());
        Self {
            store,
            clock,
            count,
            followed,
            sites: Sites::new(crate::pages::Pages::new(None).unwrap().languages().clone()),
            clients: Clients::new(),
            revoked: Revoked::default(),
            secrets: Secrets::new(&[7; 32]),
            health: Health::default(),
        }
    }

    fn follower(&self) -> Follower<'_> {
        Follower {
            followed: &self.followed,
            store: &self.store,
            clock: &self.clock,
            sites: &self.sites,
            clients: &self.clients,
            revoked: &self.revoked,
            secrets: &self.secrets,
            health: &self.health,
        }
    }

    async fn status(&self) -> ClientStatus {
        self.clients.load(&self.store, "r", "app").await.unwrap().unwrap().client.status
    }
}

#[tokio::test]
async fn a_suspended_client_and_a_revocation_are_taken_in() {
    let world = World::new().await;
    let (store, revoked) = (&world.store, &world.revoked);
    assert_eq!(world.status().await, ClientStatus::Active);
    store.set_client_status("r", "app", ClientStatus::Suspended, NOW, NOW + 1_000).await.unwrap();
    store.revoke("r", RevocationKind::Jti, "j", NOW, NOW + 1_000, NOW).await.unwrap();
    let token = Subject { jti: "j", grant: None, client: "other", user: "u", key: None, issued_at: NOW };
    assert_eq!(world.status().await, ClientStatus::Active, "remembered until the change is taken in");
    assert!(matches!(revoked.verdict("r", &token), Verdict::Good));
    world.follower().catch_up().await.unwrap();
    assert_eq!(world.status().await, ClientStatus::Suspended);
    assert!(matches!(revoked.verdict("r", &token), Verdict::Revoked));
    assert_eq!(world.followed.change.load(Ordering::Acquire), store.last_change().await.unwrap());
}

#[tokio::test]
async fn all_requests_that_wait_share_one_attempt() {
    let world = World::new().await;
    let (followed, parts) = (&world.followed, world.follower());
    let begun = || followed.begun.load(Ordering::Relaxed);
    parts.current().await.unwrap();
    assert_eq!(begun(), 0, "nobody asks while it is fresh");
    world.count.fetch_add(5_000, Ordering::Relaxed);
    // An attempt is under way, and fails after all of them have come.
    let turn = followed.turn.lock().await;
    let number = followed.begun.fetch_add(1, Ordering::Relaxed) + 1;
    let waiting = join_all((0..64).map(|_| parts.current()));
    let failing = async {
        tokio::task::yield_now().await;
        followed.failed.store(number, Ordering::Relaxed);
        drop(turn);
    };
    let (answers, ()) = tokio::join!(waiting, failing);
    for answer in answers {
        assert!(matches!(answer, Err(NotCurrent(Fault::Unavailable(_)))), "{answer:?}");
    }
    assert_eq!(begun(), number, "none has tried by itself");
    parts.current().await.unwrap();
    assert_eq!(begun(), number + 1);
    parts.current().await.unwrap();
    assert_eq!(begun(), number + 1, "nobody asks while it is fresh");
}
