//! What is to be said to others.

use crate::fixtures::at_once;
use claviger_store::{DueParcel, Masked, Parcel, Store};

const NOW: i64 = 1_800_000_000_000;

fn parcel(n: u8, topic: &str, due_at: i64) -> Parcel {
    let (realm, addressee) = ("r".into(), "o@example.com".into());
    Parcel { id: [n; 16], topic: topic.into(), realm, sealed: Masked(vec![n, 2, 3]), due_at, addressee }
}

async fn due(store: &Store, now: i64) -> Vec<DueParcel> {
    store.due_parcels("logout", now, 10).await.unwrap()
}

pub(crate) async fn a_parcel_is_due_until_it_is_closed(store: Store) {
    let parcels = vec![parcel(1, "logout", NOW + 5), parcel(2, "logout", NOW), parcel(3, "other", NOW)];
    store.hand_in(parcels.clone(), NOW).await.unwrap();
    store.hand_in(vec![Parcel { sealed: Masked(vec![9]), ..parcels[1].clone() }], NOW + 1).await.unwrap();
    let found = due(&store, NOW).await;
    let told: Vec<_> = found.iter().map(|due| (due.parcel.id, due.parcel.sealed.to_vec(), due.created_at)).collect();
    assert_eq!(told, [([2; 16], vec![2, 2, 3], NOW)], "of this topic, at this time, and as it was handed in first");
    assert_eq!((found[0].attempts, found[0].parcel.due_at, found[0].parcel.realm.as_str()), (0, NOW, "r"));
    assert_eq!(due(&store, NOW + 5).await.len(), 2);
    assert_eq!(due(&store, NOW + 5).await[0].parcel.id, [2; 16], "the longest waiting first");

    assert!(store.take_parcel(&found[0], NOW + 100).await.unwrap());
    assert!(due(&store, NOW + 4).await.is_empty(), "it is being delivered");
    let again = due(&store, NOW + 100).await;
    assert_eq!((again[1].parcel.id, again[1].attempts), ([2; 16], 1), "whoever took it has died, or failed");
    assert!(!store.take_parcel(&found[0], NOW + 200).await.unwrap(), "who looked before the last attempt is too late");

    assert!(store.close_parcel(&[2; 16], "delivered", NOW + 7).await.unwrap());
    assert!(!store.close_parcel(&[2; 16], "given up", NOW + 8).await.unwrap());
    assert!(!store.take_parcel(&again[1], NOW + 300).await.unwrap(), "what is closed is not taken");
    assert_eq!(due(&store, i64::MAX).await.iter().map(|due| due.parcel.id).collect::<Vec<_>>(), [[1; 16]]);

    // A closed one leaves after a week, the others stay.
    let week = 7 * 86_400_000;
    store.purge(NOW + 7 + week, 100).await.unwrap();
    store.hand_in(vec![parcels[1].clone()], NOW).await.unwrap();
    assert_eq!(due(&store, i64::MAX).await.len(), 1, "it is remembered that it was delivered");
    store.purge(NOW + 8 + week, 100).await.unwrap();
    store.hand_in(vec![parcels[1].clone()], NOW).await.unwrap();
    assert_eq!(due(&store, i64::MAX).await.len(), 2);
}

pub(crate) async fn of_64_who_take_a_parcel_one_has_it(store: Store) {
    store.hand_in(vec![parcel(1, "logout", NOW)], NOW).await.unwrap();
    let found = due(&store, NOW).await.remove(0);
    let taken = at_once(move |_| {
        let (store, found) = (store.clone(), found.clone());
        async move { store.take_parcel(&found, NOW + 60_000).await.unwrap() }
    })
    .await;
    assert_eq!(taken.iter().filter(|taken| **taken).count(), 1);
}
