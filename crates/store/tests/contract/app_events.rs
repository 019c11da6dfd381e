//! What is said of an app: numbered in its order, read in pages, and without the name of whoever is gone.

use crate::fixtures::{NOW, at_once, client, set_up};
use claviger_core::Client;
use claviger_core::client::ClientStatus;
use claviger_store::{EventKind, Speaker, SpeakerKind, Store};

fn partner() -> Speaker {
    Speaker { kind: SpeakerKind::Partner, name: "Ulla".into(), user: Some(("r".into(), "u".into())) }
}

fn operator() -> Speaker {
    Speaker { kind: SpeakerKind::Operator, name: "rita".into(), user: None }
}

async fn say(store: &Store, kind: EventKind, by: &Speaker, words: &str) -> bool {
    store.say_of_app(("r", "c"), None, (kind, by, words), None, NOW).await.unwrap()
}

pub(crate) async fn what_is_said_at_once_has_a_number_each(store: Store) {
    set_up(&store).await;
    let said = at_once(|caller| {
        let store = store.clone();
        async move { say(&store, EventKind::Question, &operator(), &format!("{caller}")).await }
    })
    .await;
    assert!(said.iter().all(|done| *done));
    let newest = store.app_events("r", "c", i64::MAX, 100).await.unwrap();
    assert_eq!(newest.iter().map(|one| one.number).collect::<Vec<_>>(), (1..=64).rev().collect::<Vec<_>>());
    let page = store.app_events("r", "c", 10, 3).await.unwrap();
    assert_eq!(page.iter().map(|one| one.number).collect::<Vec<_>>(), [9, 8, 7]);
    assert!(store.app_events("r", "other", i64::MAX, 9).await.unwrap().is_empty());
    assert!(!store.say_of_app(("r", "ghost"), None, (EventKind::Answer, &operator(), "x"), None, NOW).await.unwrap());
}

pub(crate) async fn who_said_it_is_known_until_they_are_gone(store: Store) {
    set_up(&store).await;
    say(&store, EventKind::Requested, &partner(), "why\0not").await;
    say(&store, EventKind::Question, &operator(), "which map?").await;
    let all = store.app_events("r", "c", i64::MAX, 9).await.unwrap();
    assert_eq!(all.len(), 2);
    let (question, requested) = (&all[0], &all[1]);
    assert_eq!(
        (question.kind, question.by_kind, &*question.by_name),
        (EventKind::Question, SpeakerKind::Operator, "rita")
    );
    assert_eq!(
        (requested.by_kind, &*requested.by_name, &*requested.words),
        (SpeakerKind::Partner, "Ulla", "why\u{fffd}not")
    );
    store.delete_user("r", "u", NOW, NOW).await.unwrap();
    let all = store.app_events("r", "c", i64::MAX, 9).await.unwrap();
    assert_eq!((&*all[1].by_name, all[1].by_kind, &*all[0].by_name), ("", SpeakerKind::Partner, "rita"));
}

pub(crate) async fn an_app_waits_once_and_is_withdrawn_once(store: Store) {
    set_up(&store).await;
    let asked = |words: &'static str| {
        let store = store.clone();
        async move { store.submit_client("r", &client("w"), (&partner(), words), NOW).await.unwrap() }
    };
    assert!(asked("first").await);
    assert!(!asked("again").await, "it waits already");
    let waiting = store.waiting_apps("r", (i64::MIN, ""), 9).await.unwrap();
    assert_eq!(waiting.iter().map(|one| one.client.id.as_str()).collect::<Vec<_>>(), ["w"]);
    assert_eq!(waiting[0].last.as_ref().map(|last| (last.kind, &*last.words)), Some((EventKind::Requested, "first")));
    let only = Some(ClientStatus::Active);
    assert!(!store.say_of_app(("r", "w"), only, (EventKind::Answer, &partner(), "x"), None, NOW).await.unwrap());
    let ends = at_once(|_| {
        let store = store.clone();
        async move { store.withdraw_client("r", "w", (&partner(), ""), NOW).await.unwrap() }
    })
    .await;
    assert_eq!(ends.iter().filter(|done| **done).count(), 1);
    assert!(store.waiting_apps("r", (i64::MIN, ""), 9).await.unwrap().is_empty());
    assert!(asked("once more").await, "one that was withdrawn asks again");
    let kinds: Vec<EventKind> =
        store.app_events("r", "w", i64::MAX, 9).await.unwrap().iter().map(|one| one.kind).collect();
    assert_eq!(kinds, [EventKind::Requested, EventKind::Withdrawn, EventKind::Requested]);
    store.put_client("r", &Client { status: ClientStatus::Active, ..client("w") }, NOW).await.unwrap();
    assert!(!asked("served").await, "one that is served does not wait");
    store.delete_client("r", "w", NOW, NOW).await.unwrap();
    assert!(store.app_events("r", "w", i64::MAX, 9).await.unwrap().is_empty(), "they go with the app");
}
