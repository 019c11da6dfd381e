use super::look_after;
use crate::admin::deadlines::{New, set};
use crate::admin::partner_letters::Desk;
use crate::admin::{Actor, Admin, Way};
use crate::state::State;
use crate::state::clock::Clock;
use crate::state::master_key::MasterKey;
use claviger_core::dialect::Legacy;
use claviger_core::{Client, Realm};
use claviger_store::{MAIL_TOPIC, Options, Store};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

const NOW: i64 = 1_795_234_607_000;
const DAY: i64 = 86_400_000;

/// A server on this database: what it does not find there it does not know.
async fn server(store: &Store, master: &MasterKey, now: i64) -> (Arc<State>, Arc<AtomicI64>) {
    let (clock, hand) = Clock::set_to(now);
    let pages = crate::pages::Pages::new(None).unwrap();
    (Box::pin(crate::server::open(store.clone(), master.clone(), clock, pages)).await.unwrap(), hand)
}

/// A database with an app that was given the password grant, and a deadline in `days`, of which its owner was told.
async fn started(days: i64, enforce: bool) -> (Store, MasterKey) {
    let (store, master) = (Store::open("sqlite::memory:", &Options::default()).unwrap(), MasterKey::generate());
    let dialect = claviger_core::Dialect { permits: [Legacy::Password].into(), ..claviger_core::Dialect::default() };
    let realm: Realm = serde_json::from_value(json!({
        "id": "r", "name": "R", "issuer": "https://r.example", "authorities": ["r.example"], "dialect": dialect,
    }))
    .unwrap();
    let client: Client = serde_json::from_value(json!({
        "id": "c", "name": "c", "kind": "confidential", "grants": ["password"], "legacy": ["password"],
        "owner_email": "owner@fleet.example",
    }))
    .unwrap();
    store.put_realm(&realm, NOW).await.unwrap();
    store.put_client("r", &client, NOW).await.unwrap();
    let (state, _) = server(&store, &master, NOW).await;
    let actor = Actor { name: "rita".into(), way: Way::Cli, reference: "x".into() };
    let (admin, pages) = (Admin { store: &store, actor: &actor, now: NOW }, state.pages.load_full());
    let desk = Desk { secrets: &state.secrets, pages: &pages };
    let new = New { legacy: Legacy::Password, ends_at: NOW + days * DAY, note: "Use codes.", enforce };
    set(&admin, desk, &realm, "c", &new).await.unwrap();
    (store, master)
}

/// Does what is due on a day, until nothing is.
async fn look(state: &State, hand: &AtomicI64, at: i64) {
    hand.store(at, Ordering::Relaxed);
    let (_stop, stopped) = tokio::sync::watch::channel(false);
    while look_after(state, &stopped).await.unwrap() {}
}

/// The days on which the owner was written to.
async fn told(store: &Store) -> Vec<i64> {
    let mut mails = store.list_parcels(MAIL_TOPIC, None, 100).await.unwrap();
    mails.sort_by_key(|mail| mail.created_at);
    assert!(mails.iter().all(|mail| mail.addressee == "owner@fleet.example"), "{mails:?}");
    mails.iter().map(|mail| (mail.created_at - NOW).div_euclid(DAY)).collect()
}

async fn is_ended(store: &Store) -> bool {
    let (client, _) = store.client_with_secrets("r", "c").await.unwrap().unwrap();
    client.legacy_ended.contains(&Legacy::Password)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_is_told_at_once_thirty_seven_and_one_days_before_and_at_the_end_once_each() {
    let (store, master) = started(40, true).await;
    assert_eq!(told(&store).await, [0]);
    let (state, hand) = server(&store, &master, NOW).await;
    for quarter in 0..4 * 45 {
        let at = NOW + quarter * DAY / 4;
        look(&state, &hand, at).await;
        look(&state, &hand, at).await;
        assert_eq!(is_ended(&store).await, at >= NOW + 40 * DAY, "it ends at its date, and not before");
    }
    assert_eq!(told(&store).await, [0, 10, 33, 39, 40]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_starts_anew_tells_nobody_again_and_forgets_nothing() {
    let (store, master) = started(40, false).await;
    for day in 0..45 {
        // Two servers, each of which has just started.
        for _ in 0..2 {
            let (state, hand) = server(&store, &master, NOW + day * DAY).await;
            look(&state, &hand, NOW + day * DAY).await;
        }
    }
    assert_eq!(told(&store).await, [0, 10, 33, 39, 40]);
    assert!(!is_ended(&store).await, "a notice refuses nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_down_for_weeks_tells_once_what_is_true_now() {
    let (store, master) = started(40, true).await;
    let (state, hand) = server(&store, &master, NOW).await;
    look(&state, &hand, NOW + 35 * DAY).await;
    assert_eq!(told(&store).await, [0, 35], "not once for each day that was missed");
    look(&state, &hand, NOW + 60 * DAY).await;
    look(&state, &hand, NOW + 61 * DAY).await;
    assert_eq!(told(&store).await, [0, 35, 60]);
    assert!(is_ended(&store).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_told_of_what_the_app_does_not_have_any_more() {
    let (store, master) = started(40, true).await;
    let (was, _) = store.client_with_secrets("r", "c").await.unwrap().unwrap();
    store.put_client("r", &Client { legacy: [].into(), ..was }, NOW).await.unwrap();
    let (state, hand) = server(&store, &master, NOW).await;
    for day in 0..45 {
        look(&state, &hand, NOW + day * DAY).await;
    }
    assert_eq!(told(&store).await, [0]);
}
