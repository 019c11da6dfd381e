use super::made::associated;
use super::{KeyRing, Keys};
use crate::state::clock::Clock;
use crate::state::master_key::MasterKey;
use claviger_core::Dialect;
use claviger_core::jose::jwe::KeyManagement;
use claviger_core::jose::{Algorithm, JwtError, Typ, verify_jwt};
use claviger_core::realm::{Realm, SessionPolicy, TokenPolicy};
use claviger_core::span::Span;
use claviger_store::{KeyState, Options, Store};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

const START: i64 = 1_700_000_000_000;
const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

struct Process {
    keys: Keys,
    store: Store,
    hand: Arc<AtomicI64>,
}

fn store() -> Store {
    Store::open("sqlite::memory:", &Options::default()).unwrap()
}

fn process(store: &Store, master: &MasterKey) -> Process {
    let (clock, hand) = Clock::set_to(START);
    Process { keys: Keys::new(store.clone(), master, clock).unwrap(), store: store.clone(), hand }
}

fn realm() -> Realm {
    Realm {
        id: "r".into(),
        name: "R".into(),
        issuer: "https://r.example".into(),
        authorities: vec!["r.example".into()],
        hosts: BTreeMap::new(),
        languages: vec![],
        brand: claviger_core::brand::Brand::default(),
        dialect: Dialect::default(),
        apis: vec![],
        scopes: vec![],
        seat_pools: vec![],
        tokens: TokenPolicy { key_age: Span::seconds(30 * 86_400), ..TokenPolicy::default() },
        sessions: SessionPolicy::default(),
        requests: claviger_core::realm::RequestPolicy::default(),
        mtls: claviger_core::mutual_tls::MutualTls::default(),
        registration: claviger_core::realm::RegistrationPolicy::default(),
        claims: claviger_core::claim_rule::ClaimPolicy::default(),
        dpop: claviger_core::realm::DpopPolicy::default(),
        profile: None,
        assertion_issuers: vec![],
        user_check: None,
        directory: None,
        sign_in: claviger_core::sign_in::SignInPolicy::default(),
        account: claviger_core::realm::AccountPolicy::default(),
        login_app: None,
        administration: None,
        portal: None,
        identity_providers: Vec::new(),
        guide: claviger_core::realm::GuidePolicy::default(),
        limits: claviger_core::limits::LimitPolicy::default(),
        plans: Vec::new(),
        agents: claviger_core::realm::AgentPolicy::default(),
        ciba: claviger_core::realm::CibaPolicy::default(),
    }
}

fn client() -> claviger_core::Client {
    let described = claviger_core::client::rules::Description::new("app", "App");
    claviger_core::client::rules::check(described, &realm()).unwrap()
}

fn published(ring: &KeyRing) -> Vec<String> {
    let set: serde_json::Value = serde_json::from_slice(&ring.jwks()).unwrap();
    let keys = set["keys"].as_array().unwrap();
    keys.iter().map(|key| format!("{} {}", key["alg"].as_str().unwrap(), key["kid"].as_str().unwrap())).collect()
}

fn accepts(ring: &KeyRing, token: &str) -> Result<(), JwtError> {
    verify_jwt(token, &ring.verifying(), Some(Typ::AccessToken)).map(drop)
}

async fn sign(ring: &Arc<KeyRing>, algorithm: Algorithm) -> String {
    ring.signing(algorithm).await.unwrap().sign_jwt(Typ::AccessToken, b"{}").unwrap()
}

#[tokio::test]
async fn a_new_realm_signs_with_an_elliptic_key_at_once_and_with_rsa_soon() {
    let process = process(&store(), &MasterKey::generate());
    let ring = process.keys.ring(&realm()).await.unwrap();
    let elliptic = sign(&ring, Algorithm::Es256).await;
    accepts(&ring, &elliptic).unwrap();
    // Waits for it.
    let rsa = sign(&ring, Algorithm::Rs256).await;
    accepts(&ring, &rsa).unwrap();
    accepts(&ring, &elliptic).unwrap();
    assert_eq!(published(&ring).len(), 2);
    assert!(!String::from_utf8_lossy(&ring.jwks()).contains("\"d\""));
}

#[tokio::test]
async fn an_algorithm_that_only_clients_want_has_a_key_once_it_is_asked_for() {
    let (store, master) = (store(), MasterKey::generate());
    let process = process(&store, &master);
    let realm = realm();
    store.put_realm(&realm, START).await.unwrap();
    let ring = process.keys.ring(&realm).await.unwrap();
    assert!(!published(&ring).iter().any(|key| key.starts_with("EdDSA")));
    let token = sign(&ring, Algorithm::EdDsa).await;
    accepts(&ring, &token).unwrap();
    assert!(published(&ring).iter().any(|key| key.starts_with("EdDSA")));
    // Nobody wants it any more: it signs no more, and what it signed is verified still.
    process.keys.tick(&realm).await.unwrap();
    accepts(&ring, &token).unwrap();
    let states = async || {
        let keys = store.keys("r").await.unwrap().keys;
        let mut states: Vec<_> = keys.into_iter().filter(|key| key.alg == "EdDSA").map(|key| key.state).collect();
        states.sort_by_key(|state| format!("{state:?}"));
        states
    };
    assert_eq!(states().await, [KeyState::Retired]);
    // A client does: it stays.
    let client = claviger_core::Client { id_token_signing: Some(Algorithm::EdDsa), ..client() };
    store.put_client("r", &client, START).await.unwrap();
    let again = sign(&ring, Algorithm::EdDsa).await;
    process.keys.tick(&realm).await.unwrap();
    assert_eq!(states().await, [KeyState::Active, KeyState::Retired]);
    // Also in a process that was not asked, which replaces it by age like every other.
    let other = self::process(&store, &master);
    let ring = other.keys.rotate(&realm).await.unwrap();
    accepts(&ring, &again).unwrap();
    assert_eq!(states().await, [KeyState::Active, KeyState::Published, KeyState::Retired]);
}

#[tokio::test]
async fn a_realm_that_wants_encrypted_requests_has_a_key_for_them_and_no_other_has() {
    let (store, master) = (store(), MasterKey::generate());
    let process = process(&store, &master);
    let mut realm = realm();
    realm.requests.object_encryption = vec![KeyManagement::EcdhEs];
    let ring = process.keys.ring(&realm).await.unwrap();
    let set = ring.published().await;
    assert!(set.is_complete);
    let keys = |jwks: &[u8]| {
        let set: serde_json::Value = serde_json::from_slice(jwks).unwrap();
        let keys = set["keys"].as_array().unwrap().iter();
        let keys = keys.filter(|key| key["use"] == "enc");
        keys.map(|key| (key["alg"].clone(), key["kid"].as_str().unwrap().to_owned())).collect::<Vec<_>>()
    };
    let [(alg, first)] = &keys(&set.jwks)[..] else { panic!("one key that clients encrypt to") };
    assert_eq!(alg, "ECDH-ES");
    let held = |ring: &KeyRing| ring.decrypting().iter().map(|key| key.kid().to_owned()).collect::<Vec<_>>();
    assert_eq!(held(&ring), std::slice::from_ref(first));
    // The successor is known to every server before it is published, and the first one reads on for a while.
    process.keys.rotate(&realm).await.unwrap();
    assert_eq!(keys(&ring.jwks()), keys(&set.jwks));
    assert_eq!(held(&ring).len(), 2);
    process.hand.fetch_add(HOUR, Ordering::Relaxed);
    process.keys.tick(&realm).await.unwrap();
    let now = keys(&ring.jwks());
    assert_ne!(now, keys(&set.jwks));
    assert_eq!((now.len(), held(&ring).len()), (1, 2));
    process.hand.fetch_add(2 * DAY, Ordering::Relaxed);
    process.keys.tick(&realm).await.unwrap();
    assert_eq!(held(&ring), [now[0].1.clone()]);
    // A realm that wants it no more publishes none.
    realm.requests.object_encryption.clear();
    process.keys.tick(&realm).await.unwrap();
    assert_eq!(keys(&ring.jwks()), []);
}

#[tokio::test]
async fn many_first_requests_make_one_key() {
    let process = process(&store(), &MasterKey::generate());
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let keys = process.keys.clone();
            tokio::spawn(async move { keys.ring(&realm()).await.unwrap() })
        })
        .collect();
    let mut rings = Vec::new();
    for task in tasks {
        rings.push(task.await.unwrap());
    }
    assert!(rings.iter().all(|ring| Arc::ptr_eq(ring, &rings[0])));
    rings[0].signing(Algorithm::Rs256).await.unwrap();
    assert_eq!(process.store.keys("r").await.unwrap().keys.len(), 2);
}

#[tokio::test]
async fn keys_are_found_again_and_another_master_key_does_not_open_them() {
    let (store, master) = (store(), MasterKey::generate());
    let first = process(&store, &master);
    let ring = first.keys.ring(&realm()).await.unwrap();
    let token = sign(&ring, Algorithm::Rs256).await;
    let second = process(&store, &master);
    let again = second.keys.ring(&realm()).await.unwrap();
    accepts(&again, &token).unwrap();
    assert_eq!(published(&again), published(&ring));
    let other = process(&store, &MasterKey::generate());
    let fault = other.keys.ring(&realm()).await.unwrap_err().to_string();
    assert!(fault.contains("the master key is not the one"), "{fault}");
}

#[tokio::test]
async fn private_keys_are_sealed_each_for_its_own_row() {
    let process = process(&store(), &MasterKey::generate());
    let ring = process.keys.ring(&realm()).await.unwrap();
    ring.signing(Algorithm::Rs256).await.unwrap();
    let rows = process.store.keys("r").await.unwrap().keys;
    let opens = |realm: &str, kid: &str, sealed: &[u8]| {
        process.keys.0.masters.open(super::SIGNING_KEYS, &associated(realm, kid), sealed).is_some()
    };
    let (one, two) = (&rows[0], &rows[1]);
    assert!(opens("r", &one.kid, &one.sealed.0));
    assert!(!opens("s", &one.kid, &one.sealed.0) && !opens("r", &two.kid, &one.sealed.0));
}

#[tokio::test]
async fn a_key_is_replaced_by_age_without_a_token_being_refused() {
    let process = process(&store(), &MasterKey::generate());
    let realm = realm();
    let ring = process.keys.ring(&realm).await.unwrap();
    let old = sign(&ring, Algorithm::Es256).await;
    ring.signing(Algorithm::Rs256).await.unwrap();
    let at = async |now: i64| {
        process.hand.store(START + now, Ordering::Relaxed);
        process.keys.tick(&realm).await.unwrap();
    };
    let elliptic = |ring: &KeyRing| published(ring).iter().filter(|key| key.starts_with("ES256")).count();
    // Published an hour before it signs.
    at(30 * DAY - HOUR - 1).await;
    assert_eq!(elliptic(&ring), 1);
    at(30 * DAY - HOUR).await;
    assert_eq!(elliptic(&ring), 2);
    let kid = |key: Arc<claviger_core::jose::SigningKey>| key.kid().to_owned();
    let first = kid(ring.signing(Algorithm::Es256).await.unwrap());
    at(30 * DAY - 1).await;
    assert_eq!(kid(ring.signing(Algorithm::Es256).await.unwrap()), first);
    // Signs; the old one still verifies.
    at(30 * DAY).await;
    assert_ne!(kid(ring.signing(Algorithm::Es256).await.unwrap()), first);
    accepts(&ring, &old).unwrap();
    accepts(&ring, &sign(&ring, Algorithm::Es256).await).unwrap();
    // A day and a little later nothing that the old one signed is alive.
    at(31 * DAY + HOUR).await;
    assert_eq!(elliptic(&ring), 1);
    assert_eq!(accepts(&ring, &old), Err(JwtError::KidUnknown));
    let left = process.store.keys("r").await.unwrap().keys;
    assert!(left.iter().all(|key| key.kid != first));
}

#[tokio::test]
async fn two_processes_that_rotate_at_once_make_one_successor_each_learns_it() {
    let (store, master) = (store(), MasterKey::generate());
    let (one, two) = (process(&store, &master), process(&store, &master));
    let realm = realm();
    let ring = one.keys.ring(&realm).await.unwrap();
    ring.signing(Algorithm::Rs256).await.unwrap();
    let (a, b) = tokio::join!(one.keys.rotate(&realm), two.keys.rotate(&realm));
    assert_eq!(published(&a.unwrap()).len(), 4);
    b.unwrap();
    one.keys.tick(&realm).await.unwrap();
    let other = two.keys.ring(&realm).await.unwrap();
    assert_eq!(published(&ring), published(&other));
    let states = store.keys("r").await.unwrap().keys.into_iter().map(|key| (key.alg, key.state.name()));
    let expected = [("ES256", "active"), ("ES256", "published"), ("RS256", "active"), ("RS256", "published")];
    let expected: BTreeSet<(String, &str)> = expected.map(|(alg, state)| (alg.to_owned(), state)).into();
    assert_eq!(states.collect::<BTreeSet<_>>(), expected);
}

#[tokio::test]
async fn rotation_without_prepublication_happens_once() {
    let process = process(&store(), &MasterKey::generate());
    let mut realm = realm();
    realm.tokens.key_prepublish = Span::seconds(0);
    let ring = process.keys.ring(&realm).await.unwrap();
    let first = ring.signing(Algorithm::Rs256).await.unwrap();
    process.keys.rotate(&realm).await.unwrap();
    assert_ne!(ring.signing(Algorithm::Rs256).await.unwrap().kid(), first.kid());
    let keys = process.store.keys("r").await.unwrap().keys;
    let count = |state| keys.iter().filter(|key| key.state == state).count();
    assert_eq!((count(KeyState::Active), count(KeyState::Retired), keys.len()), (2, 2, 4));
}

#[tokio::test]
async fn a_realm_that_changes_its_algorithm_gets_a_key_for_it() {
    let process = process(&store(), &MasterKey::generate());
    let mut realm = realm();
    let ring = process.keys.ring(&realm).await.unwrap();
    let old = sign(&ring, Algorithm::Es256).await;
    realm.tokens.signing = Algorithm::EdDsa;
    process.keys.ring(&realm).await.unwrap();
    accepts(&ring, &sign(&ring, Algorithm::EdDsa).await).unwrap();
    accepts(&ring, &old).unwrap();
}

#[tokio::test]
async fn a_key_that_is_revoked_leaves_at_once_and_another_signs() {
    let process = process(&store(), &MasterKey::generate());
    let realm = realm();
    let ring = process.keys.ring(&realm).await.unwrap();
    ring.signing(Algorithm::Rs256).await.unwrap();
    let token = sign(&ring, Algorithm::Es256).await;
    let kid = ring.signing(Algorithm::Es256).await.unwrap().kid().to_owned();
    assert_eq!(process.keys.revoke(&realm, "another").await.unwrap(), None);
    let done = process.keys.revoke(&realm, &kid).await.unwrap().unwrap();
    assert_eq!(done.state, Some(KeyState::Active));
    process.keys.ring(&realm).await.unwrap();
    assert_eq!(accepts(&ring, &token), Err(JwtError::KidUnknown));
    assert_eq!(Some(ring.signing(Algorithm::Es256).await.unwrap().kid()), done.successor.as_deref());
    // A published successor is the next.
    process.keys.rotate(&realm).await.unwrap();
    let keys = process.store.keys("r").await.unwrap().keys;
    let ready = keys.iter().find(|key| key.alg == "ES256" && key.state == KeyState::Published).unwrap();
    let second = process.keys.revoke(&realm, &done.successor.unwrap()).await.unwrap().unwrap();
    assert_eq!(second.successor.as_deref(), Some(&*ready.kid));
    // Again: those who still have it hear of it again.
    let again = process.keys.revoke(&realm, &kid).await.unwrap().unwrap();
    assert_eq!((again.state, again.successor), (None, None));
    let told = process.store.revocations_after(None, 0, 10).await.unwrap().items;
    assert!(told.iter().any(|item| item.kind.name() == "key" && item.value == kid));
}
