use crate::fixtures::{NOW, client, organisation, realm, user};
use claviger_core::user::Organisation;
use claviger_store::{Fault, Put, Store};

pub(crate) async fn a_realm_is_found_where_its_requests_arrive(store: Store) {
    let mut shared = realm("one", &["shared.example:443", "one.example"]);
    shared.hosts.insert(
        "api".into(),
        serde_json::from_value(serde_json::json!({"origin": "https://api.example", "authorities": ["api.example"]}))
            .unwrap(),
    );
    assert!(store.put_realm(&shared, NOW).await.unwrap());
    assert!(store.put_realm(&realm("two", &["shared.example:443"]), NOW).await.unwrap());

    assert_eq!(store.realm("one").await.unwrap().unwrap(), shared);
    assert!(store.realm("three").await.unwrap().is_none());
    let ids = |realms: Vec<claviger_core::Realm>| realms.into_iter().map(|realm| realm.id).collect::<Vec<_>>();
    assert_eq!(ids(store.realms_at("shared.example:443").await.unwrap()), ["one", "two"]);
    assert_eq!(ids(store.realms_at("api.example").await.unwrap()), ["one"]);
    assert_eq!(store.list_realms("", 10).await.unwrap(), ["one", "two"]);
    assert_eq!(store.list_realms("one", 10).await.unwrap(), ["two"]);

    // One that moves is found no longer where it was.
    store.put_realm(&realm("one", &["elsewhere.example"]), NOW).await.unwrap();
    assert_eq!(ids(store.realms_at("shared.example:443").await.unwrap()), ["two"]);
    assert_eq!(ids(store.realms_at("elsewhere.example").await.unwrap()), ["one"]);
    assert!(store.realms_at("api.example").await.unwrap().is_empty());
}

pub(crate) async fn writing_the_same_again_changes_nothing(store: Store) {
    let one = realm("one", &["one.example"]);
    assert!(store.put_realm(&one, NOW).await.unwrap());
    let seq = store.last_change().await.unwrap();
    assert!(!store.put_realm(&one, NOW + 1).await.unwrap());
    assert_eq!(store.last_change().await.unwrap(), seq);
}

pub(crate) async fn everything_is_applied_or_nothing(store: Store) {
    let puts = |second: &str| {
        let mut same_name = user(second);
        same_name.username = "u@example.com".into();
        vec![
            Put::Realm(Box::new(realm("r", &["r.example"]))),
            Put::Client { realm: "r".into(), client: Box::new(client("c")) },
            Put::Organisation { realm: "r".into(), organisation: organisation("o") },
            Put::User { realm: "r".into(), user: Box::new(user("u")), password_hash: None, tokens_until: NOW },
            Put::User { realm: "r".into(), user: Box::new(same_name), password_hash: None, tokens_until: NOW },
        ]
    };
    assert!(matches!(store.apply(puts("another"), NOW).await, Err(Fault::Other(_))));
    assert!(store.realm("r").await.unwrap().is_none());
    assert_eq!(store.last_change().await.unwrap(), 0);

    assert_eq!(store.apply(puts("u"), NOW).await.unwrap(), 4);
    assert_eq!(store.apply(puts("u"), NOW).await.unwrap(), 0);
    let names = |found: Vec<Organisation>| found.into_iter().map(|one| one.id).collect::<Vec<_>>();
    assert_eq!(names(store.organisations("r", &["x".into(), "o".into()]).await.unwrap()), ["o"]);
}
