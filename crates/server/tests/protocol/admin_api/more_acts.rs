//! Webhooks, the request log, limits, partners; and of two who saw the same, one acts.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_made_changed_and_removed_by_whoever_reaches_its_realm() {
    let world = World::new().await;
    let token = world.operator().await;
    let url = "https://hooks.example/claviger";
    let made = world.post(&token, "/webhooks", json!({ "realm": "live", "app": "shop", "url": url })).await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert!(made.text("secret").starts_with("whsec_"), "{}", made.body);
    let id = made.json()["webhook"]["id"].as_str().unwrap().to_owned();
    let one = format!("/webhooks/{id}");
    let read = world.get(&token, &one).await;
    let said = read.json();
    assert_eq!((&said["app"], &said["events"], &said["active"]), (&json!("shop"), &json!(["*"]), &json!(true)));
    assert!(!read.body.contains("whsec_"), "{}", read.body);
    problem(&world.post(&token, "/webhooks", json!({ "url": "http://10.0.0.1/x" })).await, 400, "invalid");
    let more = [("if-match", read.header("etag"))];
    let off = world.call(&token, Method::PATCH, &one, &more, Some(json!({ "active": false }))).await;
    assert_eq!((off.status.as_u16(), off.json()["active"].clone()), (200, json!(false)), "{}", off.body);
    problem(&world.call(&token, Method::DELETE, &one, &more, None).await, 412, "stale");
    let rotated = world.post(&token, &format!("{one}/rotate-secret"), json!({ "keep_seconds": 60 })).await;
    assert!(rotated.text("secret").starts_with("whsec_") && rotated.text("secret") != made.text("secret"));
    problem(&world.post(&token, &format!("{one}/rotate-secret"), json!({ "keep_seconds": -1 })).await, 400, "invalid");
    let listed = world.get(&token, "/webhooks?realm=live&app=shop").await.json();
    assert_eq!(listed["items"][0]["id"], json!(id));
    // Whoever administers another realm learns nothing of it, and nobody makes one for every realm who reaches one.
    let mut other = realm("other.example");
    other.id = "other".into();
    world.server.store.put_realm(&other, NOW).await.unwrap();
    let elsewhere = world.client("elsewhere", Some((Role::Operator, "other", ""))).await;
    for path in [one.as_str(), "/webhooks/none", "/webhooks", "/webhooks?realm=live"] {
        problem(&world.get(&elsewhere, path).await, 403, "forbidden");
    }
    problem(&world.post(&elsewhere, "/webhooks", json!({ "url": url })).await, 403, "forbidden");
    assert_eq!(world.post(&elsewhere, "/webhooks", json!({ "realm": "other", "url": url })).await.status, 201);
    let more = [("if-match", off.header("etag"))];
    assert_eq!(world.call(&token, Method::DELETE, &one, &more, None).await.status, 204);
    problem(&world.get(&token, &one).await, 404, "not-found");
    let lines = world.get(&token, &format!("/audit?realm=live&subject=webhook/{id}")).await.json();
    let acts: Vec<_> = lines["items"].as_array().unwrap().iter().map(|line| line["act"].as_str().unwrap()).collect();
    assert_eq!(acts, ["webhook.delete", "webhook.rotate-secret", "webhook.edit", "webhook.create"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_webhook_was_told_is_listed_and_told_again() {
    let world = World::new().await;
    let token = world.operator().await;
    let made = world.post(&token, "/webhooks", json!({ "realm": "live", "url": "https://hooks.invalid/x" })).await;
    let id = made.json()["webhook"]["id"].as_str().unwrap().to_owned();
    let tried = world.post(&token, &format!("/webhooks/{id}/test"), json!({})).await;
    assert_eq!((tried.status.as_u16(), tried.text("state")), (200, "failed".into()), "{}", tried.body);
    let told = world.get(&token, &format!("/webhooks/{id}/deliveries?limit=1")).await.json();
    let first = &told["items"][0];
    assert_eq!((&first["event"], &first["state"], &first["attempts"]), (&json!("test"), &json!("failed"), &json!(1)));
    let again = world.post(&token, &format!("/webhooks/{id}/replay"), json!({ "delivery": first["id"] })).await;
    assert_eq!((again.status.as_u16(), again.json()), (200, json!({ "deliveries": 1 })), "{}", again.body);
    for wrong in [json!({}), json!({ "delivery": "x" }), json!({ "delivery": "x", "since": "2026-11-28T09:30:00Z" })] {
        problem(&world.post(&token, &format!("/webhooks/{id}/replay"), wrong).await, 400, "invalid");
    }
    problem(&world.get(&token, &format!("/webhooks/{id}/deliveries?after=WyJhIiwiYiJd")).await, 400, "invalid");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_has_the_limits_that_it_is_given() {
    let world = World::new().await;
    let token = world.operator().await;
    let plans = world.get(&token, "/realms/live/plans").await.json();
    assert_eq!(plans["items"], json!([{ "name": "large", "token_calls_per_minute": 600 }]));
    let path = "/realms/live/apps/shop/limits";
    let read = world.get(&token, path).await;
    assert_eq!(read.json()["plan"], Value::Null);
    let put =
        async |tag: &str, body: Value| world.call(&token, Method::PUT, path, &[("if-match", tag)], Some(body)).await;
    let set = put(read.header("etag"), json!({ "plan": "large", "token_calls_per_minute": null })).await;
    let expected = json!({ "plan": "large", "token_calls_per_minute": null, "in_effect": 600 });
    assert_eq!((set.status.as_u16(), set.json()), (200, expected), "{}", set.body);
    problem(&put(read.header("etag"), json!({ "plan": null, "token_calls_per_minute": 5 })).await, 412, "stale");
    problem(&put("*", json!({ "plan": "no-such", "token_calls_per_minute": null })).await, 400, "invalid");
    problem(&put("*", json!({ "plan": null, "token_calls_per_minute": -1 })).await, 400, "invalid");
    problem(&put("*", json!({ "plan": null })).await, 400, "invalid");
    let own = put("*", json!({ "plan": "large", "token_calls_per_minute": 5 })).await.json();
    assert_eq!(own["in_effect"], 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_is_asked_about_answers_and_what_a_token_would_hold_is_told() {
    let world = World::new().await;
    let token = world.operator().await;
    let new =
        json!({ "id": "new", "name": "New", "owner_email": "owner@new.example", "grants": ["client_credentials"] });
    assert_eq!(world.post(&token, "/realms/live/apps", new).await.status, 201);
    let waiting = world.get(&token, "/realms/live/waiting-apps").await.json();
    assert_eq!((&waiting["items"][0]["id"], &waiting["next"]), (&json!("new"), &Value::Null));
    let asked = world.post(&token, "/realms/live/apps/new/question", json!({ "text": "What for?" })).await;
    assert_eq!(asked.status, 200, "{}", asked.body);
    let answered = world.post(&token, "/realms/live/apps/new/answer", json!({ "text": "For orders." })).await.json();
    let said: Vec<_> = answered["items"].as_array().unwrap().iter().map(|one| &one["kind"]).collect();
    assert_eq!(said[said.len() - 2..], [&json!("question"), &json!("answer")], "{answered}");
    let last = answered["items"].as_array().unwrap().last().unwrap()["number"].as_i64().unwrap();
    let none = world.get(&token, &format!("/realms/live/apps/new/timeline?after={last}")).await.json();
    assert_eq!(none["items"], json!([]));
    let evaluated = world.post(&token, "/realms/live/tokens/evaluate", json!({ "app": "shop" })).await;
    assert_eq!((evaluated.status.as_u16(), evaluated.text("grant_type")), (200, "client_credentials".into()));
    assert_eq!(evaluated.json()["access_token"]["client_id"], "shop");
    let refused = json!({ "app": "shop", "scope": "no-such" });
    problem(&world.post(&token, "/realms/live/tokens/evaluate", refused).await, 409, "conflict");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_acts_that_rest_on_one_version_one_is_done() {
    let world = World::new().await;
    let token = world.operator().await;
    for round in 0..10 {
        let read = world.get(&token, "/realms/live/apps/shop").await;
        let more = [("if-match", read.header("etag"))];
        let name = json!({ "name": format!("Round {round}") });
        let change = world.call(&token, Method::PATCH, "/realms/live/apps/shop", &more, Some(name));
        let stop = world.call(&token, Method::POST, "/realms/live/apps/shop/suspend", &more, None);
        let (changed, stopped) = tokio::join!(change, stop);
        let won = [&changed, &stopped].into_iter().filter(|reply| reply.status == 200).count();
        assert_eq!(won, 1, "{} {}", changed.body, stopped.body);
        let lost = if changed.status == 200 { &stopped } else { &changed };
        problem(lost, 412, "stale");
        if stopped.status == 200 {
            assert_eq!(world.post(&token, "/realms/live/apps/shop/resume", json!({})).await.status, 200);
        }
    }
}
