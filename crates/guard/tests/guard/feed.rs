//! Revocations that arrive while the guard runs.

use std::sync::atomic::Ordering;

use serde_json::json;

use super::*;

#[tokio::test]
async fn a_revoked_jwt_is_refused_before_its_end() {
    let world = World::new().await;
    let guard = world.following();
    let api = api(guard.layer());
    let token = world.issuer.sign(&claims(&world.issuer.url));
    assert_eq!(status(&api, &token).await, 200);

    guard.feed_reached(world.issuer.revoke("jti", "t1", START)).await;

    let answer = with_token(&api, &token).await;
    assert_eq!(answer.status, 401);
    assert_eq!(answer.json(), json!({"error": "invalid_token", "error_description": "the access token was revoked"}));
    assert_eq!(guard.known_revocations(), 1);
}

#[tokio::test]
async fn a_grant_a_client_and_a_user_can_be_revoked_and_start_again() {
    for (kind, value) in [("grant", "g1"), ("client", "app"), ("user", "maria")] {
        let world = World::new().await;
        let guard = world.following();
        let api = api(guard.layer());
        let old = world.issuer.sign(&claims(&world.issuer.url));
        guard.feed_reached(world.issuer.revoke(kind, value, START)).await;
        assert_eq!(status(&api, &old).await, 401, "{kind}");
        let mut later = claims(&world.issuer.url);
        later["iat"] = json!(NOW + 1);
        assert_eq!(status(&api, &world.issuer.sign(&later)).await, 200, "{kind}: issued afterwards");
        let mut other = claims(&world.issuer.url);
        for name in ["gid", "client_id", "sub"] {
            other[name] = json!("another");
        }
        assert_eq!(status(&api, &world.issuer.sign(&other)).await, 200, "{kind}: another's");
    }
}

#[tokio::test]
async fn revocations_from_before_the_start_are_known() {
    let world = World::new().await;
    let seq = world.issuer.revoke("user", "maria", START);
    let guard = world.following();
    guard.feed_reached(seq).await;
    let token = world.issuer.sign(&claims(&world.issuer.url));
    assert_eq!(status(&api(guard.layer()), &token).await, 401);
}

#[tokio::test]
async fn a_cut_feed_keeps_what_is_known_and_comes_back() {
    let world = World::new().await;
    let guard = world.following();
    let api = api(guard.layer());
    let token = world.issuer.sign(&claims(&world.issuer.url));
    assert_eq!(status(&api, &token).await, 200, "the keys are known from now on");
    guard.feed_reached(world.issuer.revoke("jti", "t1", START)).await;
    assert_eq!(guard.feed_age(), Some(Duration::ZERO));

    // The poll that is open is answered with a failure.
    while world.issuer.counted.open_polls.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    world.issuer.set_down(true);
    while world.issuer.counted.open_polls.load(Ordering::SeqCst) > 0 {
        tokio::task::yield_now().await;
    }
    world.clock.pass(40);
    assert_eq!(status(&api, &token).await, 401, "still revoked");
    assert_eq!(guard.feed_age(), Some(Duration::from_secs(40)));
    let mut fresh = claims(&world.issuer.url);
    fresh["jti"] = json!("t2");
    assert_eq!(status(&api, &world.issuer.sign(&fresh)).await, 200, "the others go on");
    world.issuer.set_down(false);

    guard.feed_reached(world.issuer.revoke("jti", "t2", START)).await;
    assert_eq!(status(&api, &world.issuer.sign(&fresh)).await, 401, "what came meanwhile arrives");
    assert_eq!(status(&api, &token).await, 401);
    assert_eq!(guard.feed_age(), Some(Duration::ZERO));
}

#[tokio::test]
async fn a_reset_replaces_what_is_known() {
    let world = World::new().await;
    let guard = world.following();
    let api = api(guard.layer());
    let token = world.issuer.sign(&claims(&world.issuer.url));
    guard.feed_reached(world.issuer.revoke("jti", "t1", START)).await;
    assert_eq!(status(&api, &token).await, 401);
    guard.feed_reached(world.issuer.reset()).await;
    assert_eq!(guard.known_revocations(), 0);
    assert_eq!(status(&api, &token).await, 200);
}

#[tokio::test]
async fn of_more_revocations_than_are_kept_none_is_taken_for_good() {
    let world = World::new().await;
    let credentials = world.describe().credentials(issuer::API_ID, issuer::API_SECRET);
    let guard = credentials.revocation_capacity(1).build().unwrap();
    let api = api(guard.layer());
    let revoked = world.issuer.sign(&claims(&world.issuer.url));
    let mut other = claims(&world.issuer.url);
    other["jti"] = json!("t2");
    let good = world.issuer.sign(&other);
    world.issuer.set(&good, other.clone());
    assert_eq!((status(&api, &revoked).await, status(&api, &good).await), (200, 200));
    assert_eq!(world.issuer.counts().1, 0, "no need to ask");

    // The second one takes the place of the first.
    guard.feed_reached(world.issuer.revoke("jti", "t1", START)).await;
    guard.feed_reached(world.issuer.revoke("jti", "t9", START + 1)).await;
    assert_eq!(guard.known_revocations(), 1);
    assert_eq!((status(&api, &revoked).await, status(&api, &good).await), (401, 200));
    assert_eq!(world.issuer.counts().1, 2, "the issuer knows");
    other["jti"] = json!("t3");
    other["iat"] = json!(NOW + 1);
    assert_eq!(status(&api, &world.issuer.sign(&other)).await, 200);
    assert_eq!(world.issuer.counts().1, 2, "issued after all that was forgotten");
    world.issuer.set_down(true);
    other["jti"] = json!("t4");
    other["iat"] = json!(NOW);
    assert_eq!(status(&api, &world.issuer.sign(&other)).await, 503, "nobody knows");
}

#[tokio::test]
async fn what_ended_is_forgotten() {
    let world = World::new().await;
    let guard = world.following();
    guard.feed_reached(world.issuer.revoke("jti", "t1", START)).await;
    world.clock.pass(7200);
    guard.feed_reached(world.issuer.revoke("jti", "t2", START + 7_200_000)).await;
    assert_eq!(guard.known_revocations(), 1);
}

#[tokio::test]
async fn a_feed_that_never_answered_has_no_age() {
    let world = World::new().await;
    assert_eq!(world.guard().feed_age(), None, "it does not follow");
    let wrong = world.describe().credentials(issuer::API_ID, "wrong").build().unwrap();
    while world.issuer.counted.polls.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(wrong.feed_age(), None);
    let token = world.issuer.sign(&claims(&world.issuer.url));
    assert_eq!(status(&api(wrong.layer()), &token).await, 200, "tokens are checked all the same");
}

#[tokio::test]
async fn the_feed_ends_with_the_last_clone_of_the_guard() {
    let world = World::new().await;
    let guard = world.following();
    let layer = guard.clone().layer();
    let open = || world.issuer.counted.open_polls.load(Ordering::SeqCst);
    guard.feed_reached(0).await;
    drop(guard);
    while open() == 0 {
        tokio::task::yield_now().await;
    }
    drop(layer);
    while open() > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_a_revoked_key_signed_is_refused_though_the_key_is_cached() {
    let world = World::new().await;
    let guard = world.following();
    let api = api(guard.layer());
    let old = world.issuer.sign(&claims(&world.issuer.url));
    assert_eq!(status(&api, &old).await, 200);
    let mut forged = claims(&world.issuer.url);
    forged["iat"] = json!(i64::MAX);
    let forged = world.issuer.sign(&forged);
    let kid = world.issuer.signing_kid();
    world.issuer.rotate();
    guard.feed_reached(world.issuer.revoke("key", &kid, START)).await;
    assert_eq!(status(&api, &old).await, 401);
    assert_eq!(status(&api, &forged).await, 401, "whatever time is written into it");
    // The key set is not asked for again in the same moment.
    world.clock.pass(60);
    assert_eq!(status(&api, &world.issuer.sign(&claims(&world.issuer.url))).await, 200, "the successor's");
}
