//! Which clients hear that a session ended.

use crate::fixtures::{HOUR, NOW, code, id, set_up};
use claviger_store::{Approval, LOGOUT_TOPIC, Precondition, Session, SessionEnded, SignedInTo, Store};

fn session(n: u8, user: &str) -> Session {
    Session {
        hash: [n; 32],
        realm: "r".into(),
        user: user.into(),
        created_at: NOW,
        auth_time: NOW,
        last_seen_at: NOW,
        expires_at: NOW + HOUR,
        how: None,
    }
}

fn to(n: u8, client: &str, back_channel: bool) -> SignedInTo {
    SignedInTo {
        session: [n; 32],
        sid: format!("{client}-{n}"),
        realm: "r".into(),
        client: client.into(),
        user: "u".into(),
        back_channel,
        expires_at: NOW + HOUR,
    }
}

async fn sign_in(store: &Store, to: SignedInTo) {
    let approval = Approval { now: NOW, code: Some(code(id())), signed_in_to: Some(to), ..Approval::default() };
    assert!(store.approve(approval).await.unwrap());
}

/// Session ids of what is on its way to clients, in order.
async fn on_their_way(store: &Store) -> Vec<String> {
    let due = store.due_parcels(LOGOUT_TOPIC, i64::MAX, 100).await.unwrap();
    let mut all: Vec<String> =
        due.iter().map(|due| serde_json::from_slice::<SessionEnded>(&due.parcel.sealed).unwrap().sid).collect();
    all.sort();
    all
}

async fn begun(store: &Store) {
    set_up(store).await;
    for n in [1, 2] {
        assert!(store.create_session(session(n, "u"), Precondition::default()).await.unwrap());
    }
    sign_in(store, to(1, "a", true)).await;
    sign_in(store, to(1, "a", true)).await;
    sign_in(store, to(1, "b", false)).await;
    sign_in(store, to(2, "a", true)).await;
    // One that ended meanwhile is not brought back.
    sign_in(store, to(9, "a", true)).await;
}

pub(crate) async fn who_signed_in_hears_of_the_end_once(store: Store) {
    begun(&store).await;
    let mut told = store.end_session(&[1; 32], NOW).await.unwrap().unwrap();
    told.sort_by(|one, other| one.sid.cmp(&other.sid));
    assert_eq!(told, [to(1, "a", true), to(1, "b", false)]);
    assert_eq!(on_their_way(&store).await, ["a-1"], "whoever is not called is not in the outbox");
    assert_eq!(store.end_session(&[1; 32], NOW).await.unwrap(), None);
    assert_eq!(store.end_session(&[9; 32], NOW).await.unwrap(), None);
    assert_eq!(on_their_way(&store).await, ["a-1"]);
    assert_eq!(store.end_sessions_of_user("r", "u", NOW).await.unwrap(), 1);
    assert_eq!(on_their_way(&store).await, ["a-1", "a-2"]);
}

pub(crate) async fn an_operators_end_is_heard_as_well(store: Store) {
    begun(&store).await;
    let both = vec![([1; 32], "u".to_owned()), ([2; 32], "v".to_owned())];
    assert_eq!(store.end_sessions_by_act("r", both, NOW).await.unwrap(), 1);
    assert_eq!(on_their_way(&store).await, ["a-1"], "not of a session that is another's");
    store.disable_user("r", "u", true, NOW, NOW).await.unwrap();
    assert_eq!(on_their_way(&store).await, ["a-1", "a-2"]);
}

pub(crate) async fn a_session_that_goes_on_is_not_told_of(store: Store) {
    begun(&store).await;
    assert!(store.replace_session(&[1; 32], session(3, "u"), Precondition::default()).await.unwrap());
    assert!(on_their_way(&store).await.is_empty(), "the same person has signed in again");
    assert!(store.replace_session(&[3; 32], session(4, "v"), Precondition::default()).await.unwrap());
    assert_eq!(on_their_way(&store).await, ["a-1"], "somebody else has");
    assert!(store.session(&[3; 32], NOW).await.unwrap().is_none());
    store.purge(NOW + 2 * HOUR, 100).await.unwrap();
    assert_eq!(store.end_session(&[2; 32], NOW).await.unwrap(), None);
    assert_eq!(on_their_way(&store).await, ["a-1"], "what is over by itself is forgotten");
}
