//! Webhooks: what is committed is told, what is not is told to nobody.

use crate::fixtures::{HOUR, NOW, begin, client, id, set_up, user};
use claviger_core::client::ClientStatus;
use claviger_store::{
    Act, Actor, ClientSecret, Delivery, Masked, Replayed, SecretKind, Store, Tried, WEBHOOK_TOPIC, Way, Webhook,
};

const DAY: i64 = 24 * HOUR;

fn act(store: &Store, act: Act) -> Store {
    store.audited(&Actor { name: "ada".into(), way: Way::Cli, reference: "r".into() }, act)
}

fn webhook(id: &str, realm: &str, client: &str, events: &[&str]) -> Webhook {
    Webhook {
        id: id.into(),
        realm: realm.into(),
        client: client.into(),
        url: "https://hooks.example/".into(),
        events: events.iter().map(|&event| event.to_owned()).collect(),
        is_active: true,
        secret: Masked("sealed".into()),
        old_secret: None,
        created_at: NOW,
        failing_since: None,
        last: None,
    }
}

async fn told(store: &Store, id: &str) -> Vec<Delivery> {
    store.deliveries(id, None, 100).await.unwrap()
}

async fn events(store: &Store, id: &str) -> Vec<String> {
    let mut all: Vec<String> = told(store, id).await.into_iter().map(|one| one.event).collect();
    all.sort_unstable();
    all
}

pub(crate) async fn an_act_is_told_to_whoever_wants_it(store: Store) {
    set_up(&store).await;
    let create = act(&store, Act::WebhookCreate);
    for one in [
        webhook("all", "", "", &["*"]),
        webhook("here", "r", "", &["app.suspended", "user.disabled"]),
        webhook("app", "r", "c", &["*"]),
        webhook("other-app", "r", "d", &["*"]),
        webhook("other-realm", "s", "", &["*"]),
        webhook("idle", "r", "", &["app.approved"]),
    ] {
        create.add_webhook(&one, NOW).await.unwrap();
    }
    store.disable_webhook("idle", "why", NOW).await.unwrap();
    act(&store, Act::AppSuspend).set_client_status("r", "c", ClientStatus::Suspended, NOW, NOW + HOUR).await.unwrap();
    act(&store, Act::UserDisable).disable_user("r", "u", true, NOW, NOW + HOUR).await.unwrap();
    // What is no act is no event.
    store.set_client_status("r", "c", ClientStatus::Active, NOW, NOW + HOUR).await.unwrap();
    assert_eq!(events(&store, "all").await, ["app.suspended", "user.disabled"]);
    assert_eq!(events(&store, "here").await, ["app.suspended", "user.disabled"]);
    assert_eq!(events(&store, "app").await, ["app.suspended"], "an app hears of itself");
    for silent in ["other-app", "other-realm", "idle"] {
        assert!(told(&store, silent).await.is_empty(), "{silent}");
    }
    // Each has a parcel of its own, which is there as soon as the act is: whoever dies now has lost nothing.
    let due = store.due_parcels(WEBHOOK_TOPIC, NOW, 100).await.unwrap();
    assert_eq!(due.len(), 5);
    let one = store.delivery(&due[0].parcel.sealed.as_slice().try_into().unwrap()).await.unwrap().unwrap();
    assert_eq!((one.realm.as_str(), one.status.as_str(), one.created_at), ("r", "waiting", NOW));
    // An act that comes to nothing is told to nobody.
    assert!(
        !act(&store, Act::AppSuspend).set_client_status("r", "x", ClientStatus::Suspended, NOW, NOW).await.unwrap()
    );
    assert_eq!(store.due_parcels(WEBHOOK_TOPIC, NOW, 100).await.unwrap().len(), 5);
}

pub(crate) async fn what_ended_is_told_app_by_app_and_an_ending_secret_once(store: Store) {
    set_up(&store).await;
    store.put_client("r", &client("d"), NOW).await.unwrap();
    store.put_user("r", &user("v"), None, NOW).await.unwrap();
    for one in [webhook("all", "r", "", &["*"]), webhook("app", "r", "c", &["*"])] {
        act(&store, Act::WebhookCreate).add_webhook(&one, NOW).await.unwrap();
    }
    store.issue(begin(id())).await.unwrap();
    let of = claviger_store::Of { app: None, user: Some("u".into()) };
    assert_eq!(act(&store, Act::GrantRevoke).revoke_some_grants("r", &of, NOW, NOW + HOUR).await.unwrap(), 1);
    assert_eq!(events(&store, "app").await, ["grant.revoked"]);
    let data: serde_json::Value = serde_json::from_str(&told(&store, "app").await[0].data).unwrap();
    assert_eq!((&data["app"], data["grants"].as_array().unwrap().len()), (&"c".into(), 1));

    let secret = |id: &str, expires_at| ClientSecret {
        id: id.into(),
        kind: SecretKind::Hmac,
        hash: Masked(vec![1]),
        label: id.into(),
        created_at: NOW,
        expires_at,
        retired_at: None,
    };
    for (id, ends) in [("soon", Some(NOW + 13 * DAY)), ("later", Some(NOW + 15 * DAY)), ("never", None)] {
        store.put_secret("r", "c", secret(id, ends), NOW).await.unwrap();
    }
    assert_eq!(store.tell_of_ending_secrets(NOW, 10).await.unwrap(), 1);
    assert_eq!(store.tell_of_ending_secrets(NOW, 10).await.unwrap(), 0);
    assert_eq!(events(&store, "app").await, ["grant.revoked", "secret.ends_soon"]);
    assert_eq!(store.tell_of_ending_secrets(NOW + 2 * DAY, 10).await.unwrap(), 1, "its time has come as well");
    assert_eq!(store.tell_of_ending_secrets(NOW + 20 * DAY, 10).await.unwrap(), 0, "what has ended is no news");
}

pub(crate) async fn deliveries_are_noted_replayed_and_leave(store: Store) {
    set_up(&store).await;
    act(&store, Act::WebhookCreate).add_webhook(&webhook("w", "r", "", &["*"]), NOW).await.unwrap();
    let suspend = act(&store, Act::AppSuspend);
    suspend.set_client_status("r", "c", ClientStatus::Suspended, NOW, NOW + HOUR).await.unwrap();
    let delivery = told(&store, "w").await.remove(0);
    let tried = |status| Tried { status, code: Some(500), outcome: "no".into() };
    assert_eq!(store.note_delivery(&delivery, &tried("waiting"), NOW + 1).await.unwrap(), NOW + 1);
    assert_eq!(store.note_delivery(&delivery, &tried("waiting"), NOW + 9).await.unwrap(), NOW + 1, "since the first");
    let replay = act(&store, Act::WebhookReplay);
    assert_eq!(replay.replay("w", Replayed::One(delivery.id), NOW).await.unwrap(), 0, "it waits");
    assert_eq!(store.note_delivery(&delivery, &tried("delivered"), NOW + 10).await.unwrap(), NOW + 10);
    assert_eq!(store.webhook("w").await.unwrap().unwrap().failing_since, None);
    for (which, count) in [
        (Replayed::One([9; 16]), 0),
        (Replayed::Since(NOW + 1), 0),
        (Replayed::Since(NOW), 1),
        (Replayed::One(delivery.id), 0),
    ] {
        assert_eq!(replay.replay("w", which, NOW + 20).await.unwrap(), count, "{which:?}");
    }
    assert_eq!(replay.replay("x", Replayed::Since(0), NOW).await.unwrap(), 0);
    let after = told(&store, "w").await.remove(0);
    assert_eq!((after.id, after.attempts, after.status.as_str()), (delivery.id, 3, "waiting"));
    assert_eq!((after.queued_at, after.tried_at, after.code), (NOW + 20, Some(NOW + 10), Some(500)));
    store.purge(NOW + 20 + 30 * DAY, 100).await.unwrap();
    assert_eq!(told(&store, "w").await.len(), 1);
    store.purge(NOW + 21 + 30 * DAY, 100).await.unwrap();
    assert!(told(&store, "w").await.is_empty());
    assert!(act(&store, Act::WebhookDelete).remove_webhook("w", NOW).await.unwrap());
    assert!(!act(&store, Act::WebhookDelete).remove_webhook("w", NOW).await.unwrap());
}

/// The newest thousand of a webhook stay, and what waits.
pub(crate) async fn a_busy_webhook_keeps_its_newest_deliveries(store: Store) {
    set_up(&store).await;
    act(&store, Act::WebhookCreate).add_webhook(&webhook("w", "r", "", &["*"]), NOW).await.unwrap();
    let mut last = None;
    for at in 0..1010 {
        let id = store.add_test_delivery("w", "r", NOW + at).await.unwrap();
        let delivery = store.delivery(&id).await.unwrap().unwrap();
        if at > 2 {
            let tried = Tried { status: "delivered", code: Some(200), outcome: String::new() };
            store.note_delivery(&delivery, &tried, NOW + at).await.unwrap();
        }
        last = Some(delivery);
    }
    let kept = store.deliveries("w", None, 2000).await.unwrap();
    assert_eq!(kept[0].id, last.unwrap().id);
    let waiting = kept.iter().filter(|one| one.status == "waiting").count();
    assert_eq!((waiting, kept.len()), (3, 1004), "the newest, the one behind them, and three that wait");
}
