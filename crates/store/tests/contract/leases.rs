//! Of several servers one does a job.

use crate::fixtures::{HOUR, at_once};
use claviger_store::{Id, Store};
use std::time::Duration;

const MINE: Id = [1; 16];
const YOURS: Id = [2; 16];

pub(crate) async fn a_lease_has_one_holder(store: Store) {
    let at = store.clone();
    let taken = at_once(move |n| {
        let store = at.clone();
        async move { store.take_lease("jobs", &[n; 16], HOUR).await.unwrap() }
    })
    .await;
    assert_eq!(taken.iter().filter(|taken| **taken).count(), 1);
    assert!(store.take_lease("other", &MINE, HOUR).await.unwrap(), "another name is another lease");
    assert!(!store.take_lease("other", &YOURS, HOUR).await.unwrap());
    assert!(store.take_lease("other", &MINE, HOUR).await.unwrap(), "its holder prolongs it");
}

pub(crate) async fn a_lease_that_is_over_or_given_back_is_taken(store: Store) {
    assert!(store.take_lease("jobs", &MINE, HOUR).await.unwrap());
    assert!(!store.release_lease("jobs", &YOURS).await.unwrap());
    assert!(store.release_lease("jobs", &MINE).await.unwrap());
    assert!(!store.release_lease("jobs", &MINE).await.unwrap());

    // The holder died: the lease runs out by the database's clock, which no test can set.
    assert!(store.take_lease("jobs", &YOURS, 40).await.unwrap());
    let mut taken = false;
    for _ in 0..500 {
        taken = store.take_lease("jobs", &MINE, 40).await.unwrap();
        if taken {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(taken);

    // One of a clock that has been set back would hold for as long as that.
    assert!(store.take_lease("late", &YOURS, 24 * HOUR).await.unwrap());
    assert!(store.take_lease("late", &MINE, HOUR).await.unwrap());
}
