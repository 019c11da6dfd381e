//! Decisions issued against a database in memory, without a server around them.

use super::sealed::Recipients;
use super::{Issuer, Origin, token_answer};
use crate::clock::Clock;
use crate::failure::Failure;
use crate::issue::spending::Spending;
use crate::master_key::MasterKey;
use crate::outbound::Outbound;
use crate::pages::Pages;
use crate::state::client_keys::ClientKeys;
use crate::state::keys::Keys;
use crate::state::secrets::Secrets;
use crate::state::sites::{Site, Sites};
use claviger_core::client::GrantType;
use claviger_core::dialect::Turnover;
use claviger_core::grant::{AccessPlan, Decision, RefreshPlan};
use claviger_core::granted::Granted;
use claviger_core::jose::Algorithm;
use claviger_core::realm::AccessTokenFormat;
use claviger_core::span::Span;
use claviger_core::token::{Id, Plain, PresentedRefresh};
use claviger_core::{Client, Realm, Refusal, ScopeSet};
use claviger_store::{Masked, NewCode, Options, Store};
use serde_json::{Value, json};
use std::sync::Arc;

const NOW: i64 = 1_800_000_000_000;
const CODE: Id = [7; 16];

struct World {
    store: Store,
    site: Arc<Site>,
    secrets: Secrets,
    client: Client,
}

impl World {
    /// A realm with one seat and an active client.
    async fn new() -> Self {
        let store = Store::open("sqlite::memory:", &Options::default()).unwrap();
        let realm: Realm = serde_json::from_value(json!({
            "id": "r", "name": "R", "issuer": "http://localhost:9001", "authorities": ["localhost:9001"],
            "dialect": {}, "apis": [{ "audience": "https://api.example", "name": "API" }],
            "scopes": [{ "name": "read", "sentence": "Read." }], "seat_pools": [{ "name": "p", "size": 1 }],
        }))
        .unwrap();
        let client: Client = serde_json::from_value(json!({
            "id": "app", "name": "app", "kind": "public", "grants": ["authorization_code", "refresh_token"],
            "scope": "read", "audiences": ["https://api.example"], "redirect_uris": ["https://app.example/cb"],
        }))
        .unwrap();
        store.put_realm(&realm, NOW).await.unwrap();
        store.put_client("r", &client, NOW).await.unwrap();
        let keys = Keys::new(store.clone(), MasterKey::generate(), Clock::set_to(NOW).0).unwrap();
        let sites = Sites::new(Pages::new(None).unwrap().languages().clone());
        let (site, _) = sites.find(&store, &keys, "localhost:9001", "/token").await.unwrap().unwrap();
        Self { store, site, secrets: Secrets::new(&[1; 32]), client }
    }

    async fn put_code(&self, id: Id) {
        let code = NewCode {
            id,
            hash: Masked([9; 32]),
            realm: "r".to_owned(),
            client: "app".to_owned(),
            user: None,
            doc: "{}".to_owned(),
            expires_at: NOW + 60_000,
        };
        self.store.put_code(code).await.unwrap();
    }

    async fn issue(&self, decision: Decision, origin: Origin<'_>) -> Result<Value, Failure> {
        let (store, refresh, subjects) = (&self.store, &self.secrets.refresh, &self.secrets.subjects);
        let spending = &Spending::default();
        let (keys, outbound) = (ClientKeys::new(), Outbound::new());
        let recipients = Recipients::new(&keys, &outbound, &self.site, NOW);
        let (site, confirmation, now) = (&self.site, None, NOW);
        let issuer = Issuer { store, refresh, subjects, site, confirmation, spending, recipients, now };
        let body = token_answer(issuer, &self.client, decision, origin).await?;
        Ok(serde_json::from_slice(&body).unwrap())
    }

    /// Exchanges a code as it was read before anybody spent it.
    async fn exchange(&self, id: Id, decision: Decision) -> Result<Value, Failure> {
        let mut row = self.store.code(&id).await.unwrap().unwrap();
        row.redeemed_at = None;
        self.issue(decision, Origin::Code { row: &row }).await
    }

    /// Whether the access token of an answer is in the database.
    async fn has_token(&self, answer: &Value) -> bool {
        let id =
            claviger_core::token::row_id(claviger_core::token::Kind::Access, answer["access_token"].as_str().unwrap());
        self.store.access_token(&id.unwrap()).await.unwrap().is_some()
    }
}

fn decision(seats: &[&str]) -> Decision {
    Decision {
        granted: Granted {
            flow: GrantType::AuthorizationCode,
            scope: ScopeSet::parse("read").unwrap(),
            audience: "https://api.example".into(),
            organisations: Vec::new(),
            auth_time: None,
            acr: None,
            session: None,
            userinfo_claims: Vec::new(),
            confirmation: None,
            claims_locales: Vec::new(),
            proof: None,
            subject: None,
            claims: serde_json::Map::new(),
            act: None,
            told: None,
            until: None,
            agent: false,
        },
        narrowed: None,
        scope_differs: false,
        user: None,
        access: AccessPlan { format: AccessTokenFormat::Opaque, algorithm: Algorithm::Es256, ttl: Span::seconds(600) },
        refresh: RefreshPlan::Yes(Turnover::Rotate),
        seats: seats.iter().map(|name| (*name).to_owned()).collect(),
        id_token: None,
        claims: serde_json::Map::new(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_is_spent_once() {
    let world = World::new().await;
    world.put_code(CODE).await;
    let first = world.exchange(CODE, decision(&[])).await.unwrap();
    assert!(world.has_token(&first).await, "what was answered is stored");
    assert!(world.store.grant(&CODE).await.unwrap().is_some(), "the code became the grant");
    let second = world.exchange(CODE, decision(&[])).await;
    assert!(matches!(second, Err(Failure::Refusal(Refusal::CodeReplayed))), "{second:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_generation_moves_once() {
    let world = World::new().await;
    world.put_code(CODE).await;
    let first = world.exchange(CODE, decision(&[])).await.unwrap();
    let stored = world.store.grant_with_user(&CODE).await.unwrap().unwrap();
    let presented = Plain::new(first["refresh_token"].as_str().unwrap().to_owned());
    let refresh =
        || world.issue(decision(&[]), Origin::Refresh { loaded: &stored, presented: &presented, asked: &CODE });
    let second = refresh().await.unwrap();
    let successor = PresentedRefresh::parse(second["refresh_token"].as_str().unwrap()).unwrap();
    assert_eq!((successor.grant, successor.generation), (CODE, 1));
    // Both were decided on the same row; the other one came first.
    let third = refresh().await;
    assert!(matches!(third, Err(Failure::Refusal(Refusal::RefreshReused))), "{third:?}");
    let grant = world.store.grant(&CODE).await.unwrap().unwrap();
    assert_eq!(grant.grant.generation, 1);
    assert_eq!(grant.replay.map(|replay| replay.generation), Some(0), "the answer is kept for who did not receive it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_free_seat_nothing_is_issued() {
    let world = World::new().await;
    let other: Id = [8; 16];
    world.put_code(CODE).await;
    world.put_code(other).await;
    world.exchange(CODE, decision(&["p"])).await.unwrap();
    let refused = world.exchange(other, decision(&["p"])).await;
    assert!(matches!(refused, Err(Failure::Refusal(Refusal::NoFreeSeat { in_use: 1, size: 1 }))), "{refused:?}");
    assert!(world.store.grant(&other).await.unwrap().is_none());
    assert_eq!(world.store.seats("r", NOW).await.unwrap().len(), 1);
    // The code is not spent by a refusal.
    world.exchange(other, decision(&[])).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_is_no_longer_active_gets_nothing() {
    let world = World::new().await;
    world.put_code(CODE).await;
    let suspended = claviger_core::client::ClientStatus::Suspended;
    world.store.set_client_status("r", "app", suspended, NOW, NOW + 600_000).await.unwrap();
    let refused = world.exchange(CODE, decision(&[])).await;
    assert!(matches!(refused, Err(Failure::Refusal(Refusal::GrantUnbacked))), "{refused:?}");
    assert!(world.store.grant(&CODE).await.unwrap().is_none());
}
