//! Client authentication with a database in memory and a clock that is set by hand.

use super::Authenticator;
use crate::failure::Failure;
use crate::state::brakes::Brakes;
use crate::state::clients::Clients;
use crate::state::clock::Clock;
use crate::state::hashing::Hasher;
use crate::state::master_key::MasterKey;
use crate::state::meter::Meter;
use crate::state::secrets::Secrets;
use claviger_core::client::ClientStatus;
use claviger_core::client_auth::{Credentials, Pair};
use claviger_core::{Client, Realm, Refusal};
use claviger_store::{ClientSecret, Masked, Options, SecretKind, Store};

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

#[tokio::test]
async fn a_client_is_who_proves_its_secret_or_is_public_and_active() {
    let store = Store::open("sqlite::memory:", &Options::default()).unwrap();
    let secrets = Secrets::load(&store, &MasterKey::generate()).await.unwrap();
    let realm: Realm = serde_json::from_value(serde_json::json!({
        "id": "r", "name": "R", "issuer": "https://r.example", "authorities": ["r.example"], "dialect": {},
        "apis": [{"audience": "https://api.example", "name": "API"}],
        "scopes": [{"name": "read", "sentence": "Read."}],
    }))
    .unwrap();
    for client in [client("app", "confidential"), client("spa", "public")] {
        store.put_client("r", &client, NOW).await.unwrap();
    }
    let secret = ClientSecret {
        id: "s".into(),
        kind: SecretKind::Hmac,
        hash: Masked(secrets.client_secret_tag(SECRET)),
        label: "s".into(),
        created_at: NOW,
        expires_at: Some(NOW + 10),
        retired_at: None,
    };
    store.add_secret("r", "app", secret, NOW).await.unwrap();
    let (clock, hand) = Clock::set_to(NOW);
    let (clients, hasher) = (Clients::new(), Hasher::new(1, 4).unwrap());
    let (brakes, meter) = (Brakes::default(), Meter::default());
    let check = Authenticator {
        realm: &realm,
        store: &store,
        clock: &clock,
        clients: &clients,
        secrets: &secrets,
        hasher: &hasher,
        brakes: &brakes,
        meter: &meter,
    };
    let wrong = |failure: Failure| matches!(failure, Failure::Refusal(Refusal::WrongClient));
    assert!(check.authenticate(&with_secret("app", SECRET)).await.unwrap().proved);
    assert!(wrong(check.authenticate(&with_secret("app", "wrong")).await.unwrap_err()));
    assert!(wrong(check.authenticate(&with_secret("nobody", SECRET)).await.unwrap_err()));
    assert!(wrong(check.authenticate(&with_secret("spa", SECRET)).await.unwrap_err()));
    let named = |id: &str| Credentials::Named { id: id.into(), basic: false };
    assert!(!check.authenticate(&named("spa")).await.unwrap().proved);
    assert!(wrong(check.authenticate(&named("app")).await.unwrap_err()));

    store.set_client_status("r", "app", ClientStatus::Suspended, NOW, NOW + 10).await.unwrap();
    clients.forget("r", "app");
    let suspended = check.authenticate(&with_secret("app", SECRET)).await.unwrap_err();
    assert!(matches!(suspended, Failure::Refusal(Refusal::ClientInactive)));
    hand.store(NOW + 11, std::sync::atomic::Ordering::Relaxed);
    assert!(wrong(check.authenticate(&with_secret("app", SECRET)).await.unwrap_err()), "its secret is over");
}
