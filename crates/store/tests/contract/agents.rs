//! What ends by itself because its user said so, and requests of clients whose users are elsewhere.

use crate::browsers::consent;
use crate::fixtures::{HOUR, MINUTE, NOW, at_once, begin, code, id, refresh, set_up, user};
use claviger_store::{
    Answered, Approval, AskPolicy, BackchannelRow, Issued, Masked, NewBackchannel, PING_TOPIC, Parcel, PollPolicy,
    Polled, Precondition, Session, Store,
};

const POLICY: AskPolicy = AskPolicy { open: 2, of_client: 3, of_all: 4, since: NOW - HOUR };

fn request(n: u8) -> NewBackchannel {
    NewBackchannel {
        id: [n; 16],
        hash: Masked([n; 32]),
        realm: "r".into(),
        client: "c".into(),
        user: "u".into(),
        doc: "{}".into(),
        created_at: NOW,
        expires_at: NOW + MINUTE,
        interval: 5000,
    }
}

fn answered(n: u8) -> Answered {
    Answered { id: [n; 16], realm: "r".into(), sealed: vec![7], expires_at: NOW + MINUTE }
}

async fn waiting(store: &Store) -> Vec<BackchannelRow> {
    store.backchannel_of_user("r", "u", NOW, 10).await.unwrap()
}

/// Nothing that rests on a consent outlives it, though nobody touched its row.
pub(crate) async fn a_consent_that_is_over_carries_nothing(store: Store) {
    set_up(&store).await;
    let (realm, user) = ("r".into(), "u".into());
    let (auth_time, last_seen_at, expires_at) = (NOW, NOW, NOW + HOUR);
    let session =
        Session { hash: [1; 32], realm, user, created_at: NOW, auth_time, last_seen_at, expires_at, how: None };
    store.create_session(session, Precondition::default()).await.unwrap();
    let until = |until| claviger_store::ConsentGrant { until, ..consent("a", &[]) };
    store.grant_consent(until(Some(NOW + MINUTE)), NOW).await.unwrap();
    let grant = id();
    store.issue(begin(grant)).await.unwrap();
    let read = async || {
        let who = store.signed_in(&[1; 32], "c", NOW).await.unwrap().unwrap();
        (who.consent.clone().unwrap(), who.precondition(), who.session_precondition())
    };
    let (found, precondition, with_session) = read().await;
    assert_eq!(found.until, Some(NOW + MINUTE));
    assert!(found.stands(NOW + MINUTE - 1) && !found.stands(NOW + MINUTE));
    let approve = async |now| {
        let approval =
            Approval { now, code: Some(code(id())), precondition: Some(with_session), ..Approval::default() };
        store.approve(approval).await.unwrap()
    };
    assert!(approve(NOW + MINUTE - 1).await && !approve(NOW + MINUTE).await, "codes");
    let rotate = async |from, now| {
        let mut turn = refresh(grant, from, now);
        turn.rotate.as_mut().unwrap().precondition = precondition;
        store.issue(turn).await.unwrap()
    };
    assert_eq!(rotate(0, NOW + MINUTE - 1).await, Issued::Done);
    assert_eq!(rotate(1, NOW + MINUTE).await, Issued::Stale, "refreshes");
    let mut late = begin(id());
    late.backed_by = precondition;
    late.now = NOW + MINUTE;
    late.new_grant.as_mut().unwrap().created_at = NOW + MINUTE;
    assert_eq!(store.issue(late).await.unwrap(), Issued::Barred, "grants");
    assert!(
        store.connected_apps("r", "u", "", NOW + MINUTE, 10).await.unwrap().iter().all(|app| app.consent.is_none())
    );
    // What is over adds nothing to what is agreed to then.
    let later = claviger_store::ConsentGrant { until: None, ..consent("b", &[]) };
    store.grant_consent(later, NOW + MINUTE).await.unwrap();
    let found = store.consent("r", "u", "c").await.unwrap().unwrap();
    assert_eq!((found.scope.to_string(), found.until), ("b".to_owned(), None));
    // And it leaves by itself.
    store.grant_consent(until(Some(NOW + 2 * MINUTE)), NOW + MINUTE).await.unwrap();
    assert_eq!(store.consent("r", "u", "c").await.unwrap().unwrap().scope.to_string(), "b a");
    store.purge(NOW + 2 * MINUTE, 10).await.unwrap();
    assert!(store.consent("r", "u", "c").await.unwrap().is_some());
    store.purge(NOW + 2 * MINUTE + 1, 10).await.unwrap();
    assert!(store.consent("r", "u", "c").await.unwrap().is_none());
}

pub(crate) async fn nobody_is_asked_without_end(store: Store) {
    let put = async |request: NewBackchannel, since| {
        store.put_backchannel(request, AskPolicy { since, ..POLICY }).await.unwrap()
    };
    let hour_ago = NOW - HOUR;
    assert!(put(request(1), hour_ago).await && put(request(2), hour_ago).await);
    assert!(!put(request(3), hour_ago).await, "two wait");
    assert!(store.put_answered(answered(1)).await.unwrap());
    assert!(put(request(3), hour_ago).await);
    assert!(store.put_answered(answered(2)).await.unwrap());
    assert!(!put(request(4), hour_ago).await, "three within the hour");
    let of_other = |n| NewBackchannel { client: "d".into(), ..request(n) };
    assert!(put(of_other(4), hour_ago).await);
    assert!(!put(of_other(5), hour_ago).await, "four of all clients");
    assert!(put(NewBackchannel { user: "v".into(), ..request(6) }, hour_ago).await, "each user has their own");
    // A name that nobody has is asked as often as one that somebody has.
    let of_nobody = |n| NewBackchannel { user: "?nobody".into(), ..request(n) };
    assert!(put(of_nobody(10), hour_ago).await && put(of_nobody(11), hour_ago).await);
    assert!(!put(of_nobody(12), hour_ago).await);
    assert!(put(of_other(5), NOW).await, "those are no longer counted");
    let mine = waiting(&store).await;
    assert_eq!(mine.iter().map(|row| row.request.id).collect::<Vec<_>>(), [[3; 16], [4; 16], [5; 16]]);
    store.purge(NOW + MINUTE + HOUR + 1, 100).await.unwrap();
    assert!(store.backchannel(&[3; 16]).await.unwrap().is_none());
}

pub(crate) async fn of_64_requests_two_wait(store: Store) {
    set_up(&store).await;
    let at = store.clone();
    let put =
        at_once(move |n| {
            let store = at.clone();
            async move {
                store.put_backchannel(request(n), AskPolicy { of_client: 100, of_all: 100, ..POLICY }).await.unwrap()
            }
        })
        .await;
    assert_eq!(put.iter().filter(|put| **put).count(), 2);
    assert_eq!(waiting(&store).await.len(), 2);
}

pub(crate) async fn polls_are_measured(store: Store) {
    let policy = PollPolicy { slack: 500, step: 5000, longest: 12_000 };
    store.put_backchannel(request(1), POLICY).await.unwrap();
    let poll = async |after: i64| store.poll_backchannel(&[1; 16], policy, NOW + after).await.unwrap();
    assert_eq!(poll(0).await, Polled::InTime);
    assert_eq!(poll(4500).await, Polled::InTime);
    assert_eq!(poll(5000).await, Polled::TooEarly(10_000));
    assert_eq!(poll(14_000).await, Polled::TooEarly(15_000));
    assert_eq!(poll(15_000).await, Polled::TooEarly(12_000), "it grows no further");
    assert_eq!(poll(29_000).await, Polled::InTime);
}

pub(crate) async fn a_refusal_counts_once_and_is_told_once(store: Store) {
    store.put_backchannel(request(1), POLICY).await.unwrap();
    let ping = |n: u8| Parcel {
        id: [n; 16],
        topic: PING_TOPIC.to_owned(),
        realm: "r".into(),
        sealed: Masked(vec![1]),
        due_at: NOW,
        addressee: String::new(),
    };
    assert!(store.refuse_backchannel(answered(1), Some(ping(1)), None, NOW).await.unwrap());
    let block = Some(("u".to_owned(), "c".to_owned()));
    assert!(!store.refuse_backchannel(answered(1), Some(ping(2)), block, NOW).await.unwrap());
    assert_eq!(store.due_parcels(PING_TOPIC, NOW, 10).await.unwrap().len(), 1);
    assert!(store.is_backchannel_blocked("r", "u", "c").await.unwrap(), "blocked all the same");
    assert!(!store.is_backchannel_blocked("r", "u", "d").await.unwrap());
    assert_eq!(store.backchannel_blocks("r", "u", 10).await.unwrap().len(), 1);
    assert!(store.unblock_backchannel("r", "u", "c").await.unwrap());
    assert!(!store.unblock_backchannel("r", "u", "c").await.unwrap());
    assert!(waiting(&store).await.is_empty());
}

pub(crate) async fn what_is_asked_of_a_user_goes_with_them(store: Store) {
    set_up(&store).await;
    store.put_backchannel(request(1), POLICY).await.unwrap();
    store.put_backchannel(request(2), POLICY).await.unwrap();
    let block = Some(("u".to_owned(), "c".to_owned()));
    store.refuse_backchannel(answered(2), None, block, NOW).await.unwrap();
    assert!(store.delete_user("r", &user("u").id, NOW, NOW).await.unwrap());
    assert!(store.backchannel(&[1; 16]).await.unwrap().is_none());
    assert!(store.backchannel_blocks("r", "u", 10).await.unwrap().is_empty());
}
