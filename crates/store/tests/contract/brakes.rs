//! Failed guesses, told from server to server.

use crate::fixtures::{MINUTE, NOW, at_once};
use claviger_store::{Failures, NewFailures, Store};

fn new(subject: u8, failures: u32, at: i64) -> NewFailures {
    let expires_at = at + 15 * MINUTE;
    NewFailures { subject: vec![subject; 17], forgiven: false, failures, last_failure: at, expires_at }
}

fn sum(subject: u8, failures: u32, last_failure: i64) -> Failures {
    Failures { subject: vec![subject; 17], failures, last_failure }
}

async fn told(store: &Store) -> Vec<Failures> {
    let (mut found, _) = store.failures_since(0).await.unwrap();
    found.sort_by(|a, b| a.subject.cmp(&b.subject));
    found
}

pub(crate) async fn failures_add_up_and_are_forgiven(store: Store) {
    let (nothing, start) = store.failures_since(0).await.unwrap();
    assert!(nothing.is_empty() && start > 0, "the time comes even where nothing was told");
    let one = store.tell_failures(vec![new(2, 1, NOW), new(1, 3, NOW + 5)], NOW).await.unwrap();
    assert_eq!(one, [sum(1, 3, NOW + 5), sum(2, 1, NOW)]);
    // An older failure that is told later makes the last one no earlier.
    assert_eq!(store.tell_failures(vec![new(1, 2, NOW)], NOW).await.unwrap(), [sum(1, 5, NOW + 5)]);
    assert_eq!(told(&store).await, [sum(1, 5, NOW + 5), sum(2, 1, NOW)]);
    assert_eq!(store.failures_after(&[], NOW, 10).await.unwrap(), [sum(1, 5, NOW + 5), sum(2, 1, NOW)]);
    assert_eq!(store.failures_after(&[1; 17], NOW, 10).await.unwrap(), [sum(2, 1, NOW)]);
    assert_eq!(store.failures_after(&[], NOW, 1).await.unwrap().len(), 1);

    let forgiven = NewFailures { forgiven: true, failures: 0, ..new(1, 0, NOW) };
    assert_eq!(store.tell_failures(vec![forgiven], NOW).await.unwrap(), [sum(1, 0, NOW + 5)]);
    assert_eq!(told(&store).await, [sum(1, 0, NOW + 5), sum(2, 1, NOW)], "the others hear of it");
    assert_eq!(store.failures_after(&[], NOW, 10).await.unwrap(), [sum(2, 1, NOW)], "nobody else needs to");
    // What came after a success is all there is.
    let again = NewFailures { forgiven: true, ..new(2, 2, NOW + 9) };
    assert_eq!(store.tell_failures(vec![again], NOW).await.unwrap(), [sum(2, 2, NOW + 9)]);
    let (_, time) = store.failures_since(0).await.unwrap();
    assert!(store.failures_since(time + MINUTE).await.unwrap().0.is_empty());
}

pub(crate) async fn failures_of_64_at_once_add_up(store: Store) {
    let at = store.clone();
    at_once(move |n| {
        let store = at.clone();
        async move {
            let (one, other) = (new(1, 1, NOW), new(2, 2, NOW));
            // In either order: a transaction that waits for one row holds none that another waits for.
            let news = if n % 2 == 0 { vec![one, other] } else { vec![other, one] };
            store.tell_failures(news, NOW).await.unwrap()
        }
    })
    .await;
    assert_eq!(told(&store).await, [sum(1, 64, NOW), sum(2, 128, NOW)]);
}

pub(crate) async fn failures_end(store: Store) {
    let later = NOW + 15 * MINUTE;
    store.tell_failures(vec![new(1, 7, NOW), new(2, 7, NOW)], NOW).await.unwrap();
    assert!(store.failures_after(&[], later, 10).await.unwrap().is_empty());
    assert_eq!(store.tell_failures(vec![new(1, 1, later)], later).await.unwrap(), [sum(1, 1, later)]);
    assert_eq!(store.purge(later, 100).await.unwrap(), 0);
    assert_eq!(store.purge(later + 1, 100).await.unwrap(), 1);
    assert_eq!(told(&store).await, [sum(1, 1, later)]);
}
