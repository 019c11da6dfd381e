//! Who asked the vendor for an app that waits.

use super::World;
use crate::common::{NOW, client};
use claviger_core::Client;
use claviger_core::client::ClientStatus;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_waits_says_who_asked_for_it_and_how_often() {
    let world = World::new().await;
    let token = world.operator().await;
    let store = &world.server.store;
    let waits = Client { status: ClientStatus::Pending, ..client("waits") };
    store.put_client("live", &waits, NOW).await.unwrap();
    let app = async || world.get(&token, "/realms/live/apps/waits").await.json();
    assert_eq!(app().await.get("asked_for"), None, "nobody did");
    for (user, at) in [(Some("ada"), NOW), (None, NOW + 1_000), (Some("ada"), NOW + 2_000)] {
        assert!(store.ask_for_client("live", "waits", user, at).await.unwrap());
    }
    let app = app().await;
    let asked = app["asked_for"].as_array().unwrap();
    let of = |user: serde_json::Value| asked.iter().find(|one| one["user"] == user).unwrap();
    assert_eq!((asked.len(), &of(json!("ada"))["times"], &of(json!(null))["times"]), (2, &json!(2), &json!(1)));
    assert!(of(json!("ada"))["first_at"].as_str().unwrap() < of(json!("ada"))["last_at"].as_str().unwrap());
    assert_eq!(world.get(&token, "/realms/live/apps/shop").await.json().get("asked_for"), None);
}
