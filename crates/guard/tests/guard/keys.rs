//! The issuer's keys: asked for once, kept, and asked for again when there is a reason.

use std::sync::atomic::Ordering;

use super::*;

fn fetches(world: &World) -> usize {
    world.issuer.counts().0
}

#[tokio::test]
async fn many_first_requests_ask_once() {
    let world = World::new().await;
    let api = api(world.guard().layer());
    let token = world.issuer.sign(&claims(&world.issuer.url));
    let calls: Vec<_> = (0..50)
        .map(|_| {
            tokio::spawn({
                let (api, token) = (api.clone(), token.clone());
                async move { status(&api, &token).await }
            })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap(), 200);
    }
    assert_eq!(fetches(&world), 1);
    assert_eq!(world.issuer.counted.metadata.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn keys_are_kept_ten_minutes_and_then_asked_for_beside_the_requests() {
    let world = World::new().await;
    let api = api(world.guard().layer());
    let mut claims = claims(&world.issuer.url);
    claims["exp"] = serde_json::json!(NOW + 100_000);
    let token = world.issuer.sign(&claims);
    assert_eq!(status(&api, &token).await, 200);
    world.clock.pass(600);
    assert_eq!(status(&api, &token).await, 200);
    assert_eq!(fetches(&world), 1);
    // A little old: this request is served with what is there, and the new set comes meanwhile.
    world.issuer.rotate();
    world.clock.pass(1);
    assert_eq!(status(&api, &token).await, 200);
    claims["jti"] = serde_json::json!("t2");
    assert_eq!(status(&api, &world.issuer.sign(&claims)).await, 200, "waits for the set that is under way");
    assert_eq!(fetches(&world), 2);
    // Very old, after a quiet time: asked for first, so that a retired key is not accepted.
    world.issuer.rotate();
    world.issuer.retire();
    world.clock.pass(1300);
    assert_eq!(status(&api, &token).await, 401);
    assert_eq!(fetches(&world), 3);
}

#[tokio::test]
async fn a_new_key_is_learnt_when_a_token_names_it() {
    let world = World::new().await;
    let api = api(world.guard().layer());
    let old = world.issuer.sign(&claims(&world.issuer.url));
    assert_eq!(status(&api, &old).await, 200);
    world.issuer.rotate();
    world.clock.pass(10);
    let new = world.issuer.sign(&claims(&world.issuer.url));
    let calls: Vec<_> = (0..50)
        .map(|_| {
            tokio::spawn({
                let (api, new) = (api.clone(), new.clone());
                async move { status(&api, &new).await }
            })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap(), 200);
    }
    assert_eq!(status(&api, &old).await, 200, "the old key is still published");
    assert_eq!(fetches(&world), 2);
}

#[tokio::test]
async fn unknown_keys_make_it_ask_once_in_ten_seconds() {
    let world = World::new().await;
    let api = api(world.guard().layer());
    let stranger = FakeIssuer::start().await;
    let good = world.issuer.sign(&claims(&world.issuer.url));
    assert_eq!(status(&api, &good).await, 200);
    world.clock.pass(10);
    for _ in 0..20 {
        let strange = stranger.sign(&claims(&world.issuer.url));
        stranger.rotate();
        assert_eq!(status(&api, &strange).await, 401);
    }
    assert_eq!(fetches(&world), 2);
    world.clock.pass(9);
    assert_eq!(status(&api, &stranger.sign(&claims(&world.issuer.url))).await, 401);
    assert_eq!(fetches(&world), 2);
    world.clock.pass(1);
    assert_eq!(status(&api, &stranger.sign(&claims(&world.issuer.url))).await, 401);
    assert_eq!(fetches(&world), 3);
    assert_eq!(status(&api, &good).await, 200);
}

#[tokio::test]
async fn with_the_issuer_down_it_goes_on_with_the_keys_it_has() {
    let world = World::new().await;
    let api = api(world.guard().layer());
    let mut claims = claims(&world.issuer.url);
    claims["exp"] = serde_json::json!(NOW + 100_000);
    let token = world.issuer.sign(&claims);
    assert_eq!(status(&api, &token).await, 200);
    world.issuer.set_down(true);
    for seconds in [601, 601, 3600] {
        world.clock.pass(seconds);
        assert_eq!(status(&api, &token).await, 200, "after {seconds} more seconds");
    }
    let stranger = FakeIssuer::start().await;
    assert_eq!(status(&api, &stranger.sign(&claims)).await, 401, "an unknown key stays unknown");
    assert_eq!(fetches(&world), 1);
}

#[tokio::test]
async fn it_recovers_when_the_issuer_comes_up_after_it() {
    let world = World::new().await;
    let api = api(world.guard().layer());
    let token = world.issuer.sign(&claims(&world.issuer.url));
    world.issuer.set_down(true);
    assert_eq!(status(&api, &token).await, 503);
    world.issuer.set_down(false);
    assert_eq!(status(&api, &token).await, 503, "not asked again within a second");
    world.clock.pass(1);
    assert_eq!(status(&api, &token).await, 200);
}

#[tokio::test]
async fn metadata_of_another_issuer_is_not_believed() {
    let world = World::new().await;
    *world.issuer.alias.lock().unwrap() = Some("https://evil.example.com".to_owned());
    let token = world.issuer.sign(&claims(&world.issuer.url));
    assert_eq!(status(&api(world.guard().layer()), &token).await, 503);
    assert_eq!(fetches(&world), 0);
}

#[tokio::test]
async fn the_oauth_form_of_the_metadata_will_do() {
    let world = World::new().await;
    world.issuer.oauth_only.store(true, Ordering::SeqCst);
    let token = world.issuer.sign(&claims(&world.issuer.url));
    assert_eq!(status(&api(world.guard().layer()), &token).await, 200);
}
