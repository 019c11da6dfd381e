//! Deadlines of legacy behaviours: told once, ended with the client's row, gone with the client.

use crate::fixtures::{HOUR, NOW, set_up};
use claviger_core::Client;
use claviger_core::dialect::Legacy;
use claviger_store::{Act, Actor, LegacyDeadline, Store, Way};

const DAY: i64 = 24 * HOUR;

fn deadline(client: &str, enforce: bool) -> LegacyDeadline {
    LegacyDeadline {
        realm: "r".into(),
        client: client.into(),
        legacy: "password".into(),
        ends_at: NOW + 2 * DAY,
        note: "why".into(),
        enforce,
        set_at: NOW,
        next_at: Some(NOW + DAY),
        ended_at: None,
    }
}

async fn ended(store: &Store) -> bool {
    let (client, _) = store.client_with_secrets("r", "c").await.unwrap().unwrap();
    client.legacy_ended.contains(&Legacy::Password)
}

pub(crate) async fn a_deadline_is_told_once_and_ends_what_it_is_of(store: Store) {
    set_up(&store).await;
    let (was, _) = store.client_with_secrets("r", "c").await.unwrap().unwrap();
    let given = Client { legacy: [Legacy::Password].into(), ..was };
    store.put_client("r", &given, NOW).await.unwrap();
    let with = store.clients_with_legacy("r", "password", "", 10).await.unwrap();
    assert_eq!(with.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["c"]);
    assert!(store.clients_with_legacy("r", "implicit", "", 10).await.unwrap().is_empty());

    let act = store.audited(&Actor { name: "ada".into(), way: Way::Cli, reference: "x".into() }, Act::LegacyDeadline);
    let both = vec![(deadline("c", true), None), (deadline("nobody", true), None)];
    assert_eq!(act.set_deadlines(both, "words", NOW).await.unwrap(), 1, "an app that is gone gets none");
    assert!(store.due_deadlines(NOW, 10).await.unwrap().is_empty());
    let due = store.due_deadlines(NOW + DAY, 10).await.unwrap();
    assert_eq!(due, [deadline("c", true)]);
    let tell = async |now, next| store.tell_of_deadline(&due[0], next, (true, None), now).await.unwrap();
    assert!(tell(NOW + DAY, Some(NOW + 2 * DAY)).await);
    assert!(!tell(NOW + DAY, Some(NOW + 2 * DAY)).await, "another server told it");
    assert!(!ended(&store).await);
    let due = store.due_deadlines(NOW + 2 * DAY, 10).await.unwrap();
    assert!(store.tell_of_deadline(&due[0], None, (true, None), NOW + 2 * DAY).await.unwrap());
    assert!(ended(&store).await);
    assert!(store.due_deadlines(NOW + 9 * DAY, 10).await.unwrap().is_empty());
    // Writing the client again leaves it so.
    store.put_client("r", &Client { name: "D".into(), ..given }, NOW + 2 * DAY).await.unwrap();
    assert!(ended(&store).await);

    // A later date allows it again; a notice ends nothing.
    assert_eq!(act.set_deadlines(vec![(deadline("c", false), None)], "words", NOW + 3 * DAY).await.unwrap(), 1);
    assert!(!ended(&store).await);
    let due = store.due_deadlines(NOW + 3 * DAY, 10).await.unwrap();
    assert!(store.tell_of_deadline(&due[0], None, (true, None), NOW + 3 * DAY).await.unwrap());
    assert!(!ended(&store).await);
    assert!(store.deadlines_of("r", "c").await.unwrap()[0].ended_at.is_some());
    assert_eq!(store.list_deadlines("r", ("", ""), 10).await.unwrap().len(), 1);
    assert!(store.list_deadlines("r", ("c", "password"), 10).await.unwrap().is_empty());
    let remove = || store.remove_deadlines("r", vec!["nobody".into(), "c".into()], "password", NOW);
    assert_eq!((remove().await.unwrap(), remove().await.unwrap()), (1, 0));
    assert!(store.deadlines_by_end("r", 10).await.unwrap().is_empty());
}

pub(crate) async fn the_last_uses_of_many_clients_come_at_once(store: Store) {
    set_up(&store).await;
    let one = |secret: &str, at| claviger_store::SecretUse {
        realm: "r".into(),
        client: "c".into(),
        secret: secret.into(),
        used_at: at,
        ends_at: None,
    };
    store.note_secret_uses(vec![one("a", NOW), one("b", NOW + HOUR)]).await.unwrap();
    let many: Vec<String> = (0..130).map(|n| format!("x{n}")).collect();
    let asked: Vec<&str> = many.iter().map(String::as_str).chain(["c"]).collect();
    let found = store.last_uses("r", &asked).await.unwrap();
    assert_eq!(found, [("c".to_owned(), NOW + HOUR)].into());
    assert!(store.last_uses("r", &[]).await.unwrap().is_empty());
}
