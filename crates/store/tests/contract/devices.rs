//! Devices that wait for their users.

use crate::fixtures::{NOW, at_once};
use claviger_store::{Answered, Begun, Masked, NewDevice, PollPolicy, Polled, Store};

const POLICY: PollPolicy = PollPolicy { slack: 500, step: 5000, longest: 12_000 };

fn device(n: u8) -> NewDevice {
    NewDevice {
        id: [n; 16],
        hash: Masked([n; 32]),
        user_code: Masked([n; 32]),
        realm: "r".into(),
        client: "c".into(),
        doc: "{}".into(),
        expires_at: NOW + 1000,
        interval: 5000,
    }
}

pub(crate) async fn a_device_waits_under_both_its_codes(store: Store) {
    assert_eq!(store.put_device(device(1), 2, NOW).await.unwrap(), Begun::Waits);
    let same_code = NewDevice { user_code: Masked([1; 32]), ..device(2) };
    assert_eq!(store.put_device(same_code, 2, NOW).await.unwrap(), Begun::CodeTaken);
    assert_eq!(store.put_device(device(2), 2, NOW).await.unwrap(), Begun::Waits);
    assert_eq!(store.put_device(device(3), 2, NOW).await.unwrap(), Begun::Full);
    let elsewhere = NewDevice { realm: "other".into(), ..device(4) };
    assert_eq!(store.put_device(elsewhere, 2, NOW).await.unwrap(), Begun::Waits, "each realm has its own room");
    assert_eq!(store.put_device(device(3), 2, NOW + 1000).await.unwrap(), Begun::Waits, "those before are over");

    let found = store.device_by_user_code(&[1; 32]).await.unwrap().unwrap();
    assert_eq!((found.id, found.interval, found.polled_at, found.answered), ([1; 16], 5000, None, None));
    assert!(store.device_by_user_code(&[9; 32]).await.unwrap().is_none());
    let answered = Answered { id: [1; 16], realm: "r".into(), sealed: vec![7], expires_at: NOW + 1000 };
    assert!(store.put_answered(answered).await.unwrap());
    assert_eq!(store.device(&[1; 16]).await.unwrap().unwrap().answered, Some(vec![7]));
    store.purge(NOW + 1000 + 3_600_001, 10).await.unwrap();
    assert!(store.device(&[1; 16]).await.unwrap().is_none());
}

pub(crate) async fn polls_are_measured(store: Store) {
    store.put_device(device(1), 10, NOW).await.unwrap();
    let poll = async |after: i64| store.poll_device(&[1; 16], POLICY, NOW + after).await.unwrap();
    assert_eq!(poll(0).await, Polled::InTime);
    assert_eq!(poll(4500).await, Polled::InTime);
    assert_eq!(poll(5000).await, Polled::TooEarly(10_000));
    assert_eq!(poll(14_000).await, Polled::TooEarly(15_000));
    assert_eq!(poll(15_000).await, Polled::TooEarly(12_000), "it grows no further, and nothing is written");
    assert_eq!(poll(29_000).await, Polled::InTime);
}

pub(crate) async fn of_64_polls_one_is_in_time(store: Store) {
    store.put_device(device(1), 10, NOW).await.unwrap();
    let polls = at_once(move |_| {
        let store = store.clone();
        async move { store.poll_device(&[1; 16], POLICY, NOW).await.unwrap() }
    })
    .await;
    assert_eq!(polls.iter().filter(|polled| **polled == Polled::InTime).count(), 1);
}
