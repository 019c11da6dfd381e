use crate::fixtures::NOW;
use claviger_store::{KeyChange, KeyState, Masked, SigningKeyRow, Store};

fn key(kid: &str, state: KeyState) -> SigningKeyRow {
    SigningKeyRow {
        realm: "r".into(),
        kid: kid.into(),
        alg: "ES256".into(),
        sealed: Masked(vec![1, 2, 3]),
        public_jwk: "{}".into(),
        state,
        created_at: NOW,
        activates_at: NOW,
        retires_at: None,
    }
}

fn add(kid: &str, state: KeyState) -> KeyChange {
    KeyChange::Add(Box::new(key(kid, state)))
}

pub(crate) async fn of_two_rotations_one_counts(store: Store) {
    let before = store.keys("r").await.unwrap();
    assert_eq!((before.version, before.keys.len()), (0, 0));
    assert!(store.rotate_keys("r", 0, vec![add("a", KeyState::Active)], NOW).await.unwrap());
    assert!(!store.rotate_keys("r", 0, vec![add("b", KeyState::Active)], NOW).await.unwrap());

    let set = store.keys("r").await.unwrap();
    let changes = |kid: &str| {
        let kid = kid.to_owned();
        vec![add(&kid, KeyState::Published), KeyChange::Retire { kid: "a".into() }, KeyChange::Activate { kid }]
    };
    assert!(store.rotate_keys("r", set.version, changes("c"), NOW + 1).await.unwrap());
    assert!(!store.rotate_keys("r", set.version, changes("d"), NOW + 1).await.unwrap());
    let keys = store.keys("r").await.unwrap().keys;
    let states: Vec<_> = keys.iter().map(|key| (&*key.kid, key.state)).collect();
    assert_eq!(states, [("a", KeyState::Retired), ("c", KeyState::Active)]);
    assert_eq!((keys[0].retires_at, keys[1].activates_at), (Some(NOW + 1), NOW + 1));
}

pub(crate) async fn a_removed_key_is_erased(store: Store) {
    store.put_key(key("a", KeyState::Published), NOW).await.unwrap();
    assert!(store.put_key(key("a", KeyState::Published), NOW).await.is_err(), "a key is never overwritten");
    store.set_key_state("r", "a", KeyState::Active, NOW).await.unwrap();
    let set = store.keys("r").await.unwrap();
    assert_eq!((set.version, set.keys[0].state), (2, KeyState::Active));
    assert!(!format!("{set:?}").contains("[1, 2, 3]"));
    assert!(store.rotate_keys("r", 2, vec![KeyChange::Remove { kid: "a".into() }], NOW).await.unwrap());
    assert!(store.keys("r").await.unwrap().keys.is_empty());
    assert!(store.keys("s").await.unwrap().keys.is_empty());
}

pub(crate) async fn a_secret_is_kept_once(store: Store) {
    assert!(store.sealed("token-key").await.unwrap().is_none());
    assert_eq!(store.put_sealed_if_absent("token-key", vec![1]).await.unwrap(), [1]);
    assert_eq!(store.put_sealed_if_absent("token-key", vec![2]).await.unwrap(), [1]);
    assert_eq!(store.sealed("token-key").await.unwrap().unwrap(), [1]);
}
