//! Client authentication with a database in memory and a clock that is set by hand.

use super::{Authenticated, Authenticator, UNTIL_REFUSED, next_refusal};
use crate::failure::Failure;
use crate::outbound::Outbound;
use crate::state::brakes::{Brakes, Subject};
use crate::state::client_keys::ClientKeys;
use crate::state::clients::Clients;
use crate::state::clock::Clock;
use crate::state::hashing::Hasher;
use crate::state::master_key::MasterKey;
use crate::state::meter::Meter;
use crate::state::secrets::Secrets;
use crate::state::uses::Uses;
use claviger_core::client::ClientStatus;
use claviger_core::client_auth::{Credentials, Pair};
use claviger_core::{Client, Realm, Refusal};
use claviger_store::{ClientSecret, Masked, Options, SecretKind, Store};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

const NOW: i64 = 1_700_000_000_000;
const SECRET: &str = "cvs_a-secret-that-was-made";

fn client(id: &str, kind: &str) -> Client {
    serde_json::from_value(serde_json::json!({
        "id": id, "name": id, "kind": kind, "grants": ["authorization_code"],
        "scope": "read", "audiences": ["https://api.example"], "redirect_uris": ["https://app.example/cb"],
    }))
    .unwrap()
}

fn with_secret(id: &str, secret: &str) -> Credentials {
    Credentials::Body(Pair { id: id.into(), secret: secret.into() })
}

/// A realm with its parts; each test has its own.
struct World {
    store: Store,
    realm: Realm,
    clock: Clock,
    hand: Arc<AtomicI64>,
    clients: Clients,
    secrets: Secrets,
    hasher: Hasher,
    brakes: Brakes,
    meter: Meter,
    uses: Uses,
    client_keys: ClientKeys,
    outbound: Outbound,
}

impl World {
    async fn new() -> Self {
        let store = Store::open("sqlite::memory:", &Options::default()).unwrap();
        let secrets = Secrets::load(&store, &MasterKey::generate()).await.unwrap();
        let realm = serde_json::from_value(serde_json::json!({
            "id": "r", "name": "R", "issuer": "https://r.example", "authorities": ["r.example"],
            "dialect": {"permits": ["raw-basic"]},
            "apis": [{"audience": "https://api.example", "name": "API"}],
            "scopes": [{"name": "read", "sentence": "Read."}],
        }))
        .unwrap();
        for client in [client("app", "confidential"), client("spa", "public"), client("gone", "public")] {
            store.put_client("r", &client, NOW).await.unwrap();
        }
        store.set_client_status("r", "gone", ClientStatus::Suspended, NOW, NOW + 10).await.unwrap();
        let (clock, hand) = Clock::set_to(NOW);
        Self {
            store,
            realm,
            clock,
            hand,
            clients: Clients::new(),
            secrets,
            hasher: Hasher::new(1, 4).unwrap(),
            brakes: Brakes::default(),
            meter: Meter::default(),
            uses: Uses::default(),
            client_keys: ClientKeys::new(),
            outbound: Outbound::new(),
        }
    }

    async fn add(&self, id: &str, kind: SecretKind, hash: Vec<u8>, expires_at: Option<i64>) {
        let secret = ClientSecret {
            id: id.into(),
            kind,
            hash: Masked(hash),
            label: "s".into(),
            created_at: NOW,
            expires_at,
            retired_at: None,
        };
        self.store.add_secret("r", "app", secret, NOW).await.unwrap();
    }

    fn from(&self, address: &str) -> Authenticator<'_> {
        Authenticator {
            realm: &self.realm,
            store: &self.store,
            clock: &self.clock,
            clients: &self.clients,
            secrets: &self.secrets,
            hasher: &self.hasher,
            brakes: &self.brakes,
            meter: &self.meter,
            uses: &self.uses,
            client_keys: &self.client_keys,
            outbound: &self.outbound,
            from: address.parse().unwrap(),
            must_prove: false,
            limits: None,
        }
    }
}

fn wrong(failure: &Failure) -> bool {
    matches!(failure, Failure::Refusal(Refusal::WrongClient))
}

fn is_braked(checked: &Result<Authenticated, Failure>) -> bool {
    matches!(checked, Err(Failure::Refusal(Refusal::Braked { user: false, .. })))
}

fn named(id: &str) -> Credentials {
    Credentials::Named { id: id.into(), basic: false }
}

#[tokio::test]
async fn a_client_is_who_proves_its_secret_or_is_public_and_active() {
    let world = World::new().await;
    world.add("s", SecretKind::Hmac, world.secrets.client_secret_tag(SECRET), Some(NOW + 10)).await;
    let check = world.from("192.0.2.1");
    assert!(check.authenticate(&with_secret("app", SECRET)).await.unwrap().proved);
    assert!(wrong(&check.authenticate(&with_secret("app", "wrong")).await.unwrap_err()));
    assert!(wrong(&check.authenticate(&with_secret("nobody", SECRET)).await.unwrap_err()));
    assert!(wrong(&check.authenticate(&with_secret("spa", SECRET)).await.unwrap_err()));
    assert!(!check.authenticate(&named("spa")).await.unwrap().proved);
    assert!(wrong(&check.authenticate(&named("app")).await.unwrap_err()));
    let must_prove = Authenticator { must_prove: true, ..world.from("192.0.2.1") };
    assert!(wrong(&must_prove.authenticate(&named("spa")).await.unwrap_err()));

    world.store.set_client_status("r", "app", ClientStatus::Suspended, NOW, NOW + 10).await.unwrap();
    world.clients.forget("r", "app");
    let suspended = check.authenticate(&with_secret("app", SECRET)).await.unwrap_err();
    assert!(matches!(suspended, Failure::Refusal(Refusal::ClientInactive(Some(ClientStatus::Suspended)))));
    world.hand.store(NOW + 11, Ordering::Relaxed);
    assert!(wrong(&check.authenticate(&with_secret("app", SECRET)).await.unwrap_err()), "its secret is over");
}

/// What is right is braked too once somebody guessed from the same address: else guessing would find it.
#[tokio::test]
async fn what_somebody_chose_is_compared_behind_the_brake_even_if_it_is_remembered() {
    let world = World::new().await;
    let long = "a secret that somebody wrote into a file";
    let phc = world.hasher.hash("summer".into()).await.unwrap().into_bytes();
    world.add("file", SecretKind::Hmac, world.secrets.client_secret_tag(long), None).await;
    world.add("imported", SecretKind::Argon2, phc, None).await;
    for (n, secret) in [long, "summer"].into_iter().enumerate() {
        let (honest, guesser) = (format!("192.0.2.{n}"), format!("198.51.100.{n}"));
        let (honest, guesser) = (world.from(&honest), world.from(&guesser));
        assert!(honest.authenticate(&with_secret("app", secret)).await.unwrap().proved);
        let hashed = world.hasher.hashed();
        for _ in 0..5 {
            assert!(honest.authenticate(&with_secret("app", secret)).await.unwrap().proved);
        }
        assert_eq!(world.hasher.hashed(), hashed, "it is remembered");
        for _ in 0..5 {
            assert!(wrong(&guesser.authenticate(&with_secret("app", "guess")).await.unwrap_err()));
        }
        assert!(is_braked(&guesser.authenticate(&with_secret("app", secret)).await), "{secret}");
        assert!(
            honest.authenticate(&with_secret("app", secret)).await.unwrap().proved,
            "who guesses nothing is not slowed"
        );
    }
}

#[tokio::test]
async fn what_claviger_made_passes_the_brake() {
    let world = World::new().await;
    world.add("s", SecretKind::Hmac, world.secrets.client_secret_tag(SECRET), None).await;
    let check = world.from("192.0.2.1");
    for _ in 0..5 {
        assert!(wrong(&check.authenticate(&with_secret("app", "guess")).await.unwrap_err()));
    }
    assert!(is_braked(&check.authenticate(&with_secret("app", "guess")).await));
    assert!(check.authenticate(&with_secret("app", SECRET)).await.unwrap().proved);
}

#[tokio::test]
async fn who_fails_cannot_tell_clients_apart_by_body_count_or_time() {
    let world = World::new().await;
    world.add("s", SecretKind::Hmac, world.secrets.client_secret_tag(SECRET), None).await;
    let world = Arc::new(world);
    let all = [
        with_secret("nobody", "guess"),
        named("nobody else"),
        with_secret("app", "guess"),
        with_secret("spa", "guess"),
        with_secret("gone", "guess"),
        named("app"),
        named("gone"),
    ];
    let tasks = all.into_iter().enumerate().map(|(n, credentials)| {
        let world = Arc::clone(&world);
        tokio::spawn(async move {
            let from = format!("192.0.2.{n}");
            let mut answers = Vec::new();
            for _ in 0..7 {
                let began = tokio::time::Instant::now();
                let failure = world.from(&from).authenticate(&credentials).await.unwrap_err();
                answers.push((format!("{failure:?}"), began.elapsed() >= UNTIL_REFUSED));
            }
            answers
        })
    });
    let tasks: Vec<_> = tasks.collect();
    let mut seen = Vec::new();
    for task in tasks {
        seen.push(task.await.unwrap());
    }
    assert!(seen[0][0].0.contains("WrongClient") && seen[0][6].0.contains("Braked"), "{:?}", seen[0]);
    assert!(seen[0][..5].iter().all(|(_, late)| *late));
    assert!(seen.iter().all(|answers| *answers == seen[0]), "{seen:#?}");
    assert_eq!(world.hasher.hashed(), 0, "nothing is hashed for who has nothing to be hashed");
}

#[tokio::test]
async fn invented_names_count_for_their_address() {
    let world = World::new().await;
    let address = Subject::address("192.0.2.1".parse().unwrap()).unwrap();
    for _ in 0..200 {
        drop(world.brakes.start(&address, NOW).await.unwrap());
    }
    assert!(is_braked(&world.from("192.0.2.1").authenticate(&with_secret("new name", "x")).await));
    assert!(wrong(&world.from("192.0.2.2").authenticate(&with_secret("new name", "x")).await.unwrap_err()));
}

#[tokio::test]
async fn a_refusal_comes_at_the_next_of_fixed_moments() {
    let began = tokio::time::Instant::now();
    assert_eq!(next_refusal(began), began + UNTIL_REFUSED);
    let long_ago = began.checked_sub(UNTIL_REFUSED * 3 / 2).unwrap();
    assert_eq!(next_refusal(long_ago), long_ago + UNTIL_REFUSED * 2);
}

#[tokio::test]
async fn a_changed_user_makes_nobody_else_forgotten() {
    let world = World::new().await;
    let load = async |id: &str| world.clients.load(&world.store, "r", id).await.unwrap();
    let mut stands_for = client("jobs", "confidential");
    (stands_for.secret_is_password, stands_for.acts_as) = (true, Some("u1".into()));
    world.store.put_client("r", &stands_for, NOW).await.unwrap();
    for id in ["app", "jobs"] {
        load(id).await.unwrap();
    }
    world.clients.forget_user("r", "u2");
    world.clients.forget_user("other", "u1");
    assert!(world.clients.remembered("r", "app").is_some() && world.clients.remembered("r", "jobs").is_some());
    world.clients.forget_user("r", "u1");
    assert!(world.clients.remembered("r", "app").is_some() && world.clients.remembered("r", "jobs").is_none());
}
