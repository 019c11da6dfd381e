use super::{Attempt, Carrier, Pauses, deliver_due};
use claviger_store::{Masked, Options, Parcel, Store};
use std::sync::Mutex;

const NOW: i64 = 1_800_000_000_000;
const PAUSES: Pauses = Pauses { first: 1_000, longest: 60_000, give_up: 100_000 };

/// Answers as it is told to, and notes what it was handed.
struct Told {
    answers: Mutex<Vec<Attempt>>,
    handed: Mutex<Vec<Vec<u8>>>,
}

impl Told {
    fn new(answers: &[Attempt]) -> Self {
        let mut answers = answers.to_vec();
        answers.reverse();
        Self { answers: Mutex::new(answers), handed: Mutex::default() }
    }
}

impl Carrier for Told {
    fn topic(&self) -> &'static str {
        "told"
    }

    fn pauses(&self) -> Pauses {
        PAUSES
    }

    async fn deliver(&self, parcel: &Parcel) -> Attempt {
        self.handed.lock().unwrap().push(parcel.sealed.to_vec());
        self.answers.lock().unwrap().pop().unwrap_or(Attempt::Delivered)
    }
}

async fn store_with_one() -> Store {
    let store = Store::open("sqlite::memory:", &Options::default()).unwrap();
    let (topic, realm, addressee) = ("told".into(), "r".into(), String::new());
    let parcel = Parcel { id: [1; 16], topic, realm, sealed: Masked(vec![7]), due_at: NOW, addressee };
    store.hand_in(vec![parcel], NOW).await.unwrap();
    store
}

fn later() -> Attempt {
    Attempt::Later("nobody answers".to_owned())
}

#[test]
fn the_pauses_grow_to_the_longest() {
    let all: Vec<i64> = (0..5).map(|attempts| PAUSES.after(attempts)).collect();
    assert_eq!(all, [1_000, 4_000, 16_000, 60_000, 60_000]);
    assert_eq!(PAUSES.after(u32::MAX), 60_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_fails_is_tried_again_after_a_growing_pause_and_delivered_once() {
    let (store, carrier) = (store_with_one().await, Told::new(&[later(), later()]));
    for (at, tried) in [(0, 1), (999, 0), (1_000, 1), (4_999, 0), (5_000, 1), (1_000_000, 0)] {
        assert_eq!(deliver_due(&store, &carrier, NOW + at).await.unwrap(), tried, "{at}");
    }
    assert_eq!(*carrier.handed.lock().unwrap(), [[7], [7], [7]]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_hopeless_or_too_old_is_given_up() {
    let (store, hopeless) = (store_with_one().await, Told::new(&[Attempt::Hopeless("gone".to_owned())]));
    assert_eq!(deliver_due(&store, &hopeless, NOW).await.unwrap(), 1);
    assert_eq!(deliver_due(&store, &hopeless, i64::MAX).await.unwrap(), 0);

    let (store, failing) = (store_with_one().await, Told::new(&[later(), later(), later()]));
    assert_eq!(deliver_due(&store, &failing, NOW).await.unwrap(), 1);
    assert_eq!(deliver_due(&store, &failing, NOW + PAUSES.give_up).await.unwrap(), 1, "in time");
    assert_eq!(deliver_due(&store, &failing, NOW + 2 * PAUSES.give_up).await.unwrap(), 1, "for the last time");
    assert_eq!(deliver_due(&store, &failing, i64::MAX).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_who_deliver_at_once_one_does() {
    let (store, carrier) = (store_with_one().await, Told::new(&[]));
    let (one, other) = tokio::join!(deliver_due(&store, &carrier, NOW), deliver_due(&store, &carrier, NOW));
    assert_eq!((one.unwrap() + other.unwrap(), carrier.handed.lock().unwrap().len()), (1, 1));
}
