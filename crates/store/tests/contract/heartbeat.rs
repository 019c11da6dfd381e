//! The beat to which servers keep.

use crate::fixtures::{HOUR, NOW, client, set_up};
use claviger_store::Store;

pub(crate) async fn a_heartbeat_tells_time_and_change(store: Store) {
    let first = store.heartbeat(0).await.unwrap();
    assert_eq!((first.change, first.known_at), (0, None));
    set_up(&store).await;
    let second = store.heartbeat(first.change).await.unwrap();
    assert!(second.time >= first.time, "{first:?} {second:?}");
    assert_eq!((second.change, second.known_at), (store.last_change().await.unwrap(), None));
    // When the last known change was made is how one history is told from another.
    assert_eq!(store.heartbeat(second.change).await.unwrap().known_at, Some(NOW));
    store.put_client("r", &client("d"), NOW + 7).await.unwrap();
    let third = store.heartbeat(second.change).await.unwrap();
    assert_eq!((third.change, third.known_at), (second.change + 1, Some(NOW)));
    assert_eq!(store.heartbeat(third.change).await.unwrap().known_at, Some(NOW + 7));
    assert_eq!(store.heartbeat(third.change + 1).await.unwrap().known_at, None);
    let apart = store.on_own_connections().unwrap().heartbeat(third.change).await.unwrap();
    assert_eq!((apart.change, apart.known_at), (third.change, Some(NOW + 7)));
}

pub(crate) async fn time_told_only_goes_up(store: Store) {
    assert_eq!(store.latest_time().await.unwrap(), 0);
    assert!(store.tell_time(NOW).await.unwrap());
    assert!(!store.tell_time(NOW).await.unwrap());
    assert!(!store.tell_time(NOW - HOUR).await.unwrap());
    assert_eq!(store.latest_time().await.unwrap(), NOW);
    assert!(store.tell_time(NOW + 1).await.unwrap());
    assert_eq!(store.latest_time().await.unwrap(), NOW + 1);
}
