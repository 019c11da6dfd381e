//! Tokens that only the issuer can read.

use serde_json::{Value, json};

use super::*;

const TOKEN: &str = "cva_opaque";

/// An introspection answer for a good token.
fn good(world: &World) -> Value {
    claims(&world.issuer.url)
}

fn asked(world: &World) -> usize {
    world.issuer.counts().1
}

#[tokio::test]
async fn a_reference_is_resolved_and_remembered_for_two_seconds() {
    let world = World::new().await;
    let api = api(world.asking().build().unwrap().layer().require_scope("orders"));
    world.issuer.set(TOKEN, good(&world));
    for _ in 0..5 {
        let answer = with_token(&api, TOKEN).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["sub"]), (200, &json!("maria")));
        assert_eq!(answer.json()["org"], json!(["acme", "zeta"]));
    }
    assert_eq!(asked(&world), 1);
    world.clock.pass(2);
    assert_eq!(status(&api, TOKEN).await, 200);
    assert_eq!(asked(&world), 2);
    assert_eq!(world.issuer.counts().0, 0, "no keys are needed for that");
}

#[tokio::test]
async fn a_no_is_remembered_as_well() {
    let world = World::new().await;
    let api = api(world.asking().build().unwrap().layer());
    for _ in 0..5 {
        assert_eq!(status(&api, "made-up").await, 401);
    }
    assert_eq!(asked(&world), 1);
    assert_eq!(status(&api, "made-up-too").await, 401);
    assert_eq!(asked(&world), 2, "each token for itself");
}

#[tokio::test]
async fn many_requests_with_one_token_ask_once() {
    let world = World::new().await;
    let api = api(world.asking().build().unwrap().layer());
    world.issuer.set(TOKEN, good(&world));
    let calls: Vec<_> = (0..50)
        .map(|_| {
            let api = api.clone();
            tokio::spawn(async move { status(&api, TOKEN).await })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap(), 200);
    }
    assert_eq!(asked(&world), 1);
}

#[tokio::test]
async fn memory_for_answers_is_bounded() {
    let world = World::new().await;
    let api = api(world.asking().introspection_capacity(8).build().unwrap().layer());
    for round in 1..=2 {
        for n in 0..100 {
            assert_eq!(status(&api, &format!("token-{n}")).await, 401);
        }
        assert!(asked(&world) > round * 80, "most answers were dropped: {}", asked(&world));
    }
}

#[tokio::test]
async fn a_reference_that_is_invalid_expired_or_revoked_has_its_own_code() {
    let world = World::new().await;
    let api = api(world.asking().vocabulary(codes()).build().unwrap().layer());
    let code = async |token: &str| with_token(&api, token).await.json()["errors"][0]["Code"].clone();
    assert_eq!(code("never-seen").await, "BadToken");

    world.issuer.set("short", good(&world));
    world.issuer.set("long", good(&world));
    assert_eq!(status(&api, "short").await, 200);
    assert_eq!(status(&api, "long").await, 200);

    // Taken back before its end.
    world.issuer.unset("long");
    world.clock.pass(2);
    assert_eq!(code("long").await, "TakenBack");

    // Ended, and the issuer has forgotten it.
    world.clock.pass(300);
    world.issuer.unset("short");
    assert_eq!(code("short").await, "OldToken");
}

#[tokio::test]
async fn a_reference_ends_on_time_even_when_the_answer_is_remembered() {
    let world = World::new().await;
    let guard = world.asking().vocabulary(codes()).introspection_lifetime(Duration::from_mins(10)).build().unwrap();
    let api = api(guard.layer());
    world.issuer.set(TOKEN, good(&world));
    assert_eq!(status(&api, TOKEN).await, 200);
    world.clock.pass(300);
    assert_eq!(with_token(&api, TOKEN).await.json(), json!({"errors": [{"Code": "OldToken"}]}));
    assert_eq!(asked(&world), 1);
}

#[tokio::test]
async fn a_reference_for_another_api_or_for_nobody_is_refused() {
    let world = World::new().await;
    let api = api(world.asking().build().unwrap().layer());
    // The issuer calls a reference for another API inactive, and may say no more (RFC 7662 2.2).
    let refused = with_token(&api, "of-another-api").await;
    let description = refused.json()["error_description"].clone();
    assert_eq!(description, "the access token is not active here: it is unknown, over, or for another audience");
    assert!(refused.header("www-authenticate").contains("for another audience"));
    for (token, aud) in [("a", json!("https://other.example.com")), ("b", Value::Null)] {
        let mut answer = good(&world);
        answer["aud"] = aud;
        world.issuer.set(token, answer);
        assert_eq!(status(&api, token).await, 401);
    }
    let mut foreign = good(&world);
    foreign["iss"] = json!("https://evil.example.com");
    world.issuer.set("c", foreign);
    assert_eq!(status(&api, "c").await, 401);
}

#[tokio::test]
async fn a_missing_scope_and_an_implicit_token_are_refused_for_references_too() {
    let world = World::new().await;
    let guard = world.asking().build().unwrap();
    let mut implicit = good(&world);
    implicit["flow"] = json!("implicit");
    world.issuer.set(TOKEN, implicit);
    assert_eq!(status(&api(guard.layer()), TOKEN).await, 200);
    assert_eq!(status(&api(guard.layer().refuse_implicit()), TOKEN).await, 403);
    assert_eq!(status(&api(guard.layer().require_scope("admin")), TOKEN).await, 403);
}

#[tokio::test]
async fn with_the_issuer_down_nothing_is_known_and_nobody_hammers_it() {
    let world = World::new().await;
    let api = api(world.asking().build().unwrap().layer());
    world.issuer.set(TOKEN, good(&world));
    assert_eq!(status(&api, TOKEN).await, 200);
    world.issuer.set_down(true);
    assert_eq!(status(&api, TOKEN).await, 200, "remembered");
    world.clock.pass(2);
    assert_eq!(status(&api, TOKEN).await, 503);
    world.issuer.set_down(false);
    assert_eq!(status(&api, TOKEN).await, 503, "not asked again within a second");
    world.clock.pass(1);
    assert_eq!(status(&api, TOKEN).await, 200);
}

#[tokio::test]
async fn without_credentials_or_with_wrong_ones_no_reference_is_accepted() {
    let world = World::new().await;
    world.issuer.set(TOKEN, good(&world));
    assert_eq!(status(&api(world.guard().layer()), TOKEN).await, 401);
    assert_eq!(asked(&world), 0);
    let wrong = world.describe().credentials(issuer::API_ID, "wrong").follow_revocations(false).build().unwrap();
    assert_eq!(status(&api(wrong.layer()), TOKEN).await, 503);
}

#[tokio::test]
async fn the_feed_counts_for_remembered_references() {
    let world = World::new().await;
    let guard = world.following();
    let api = api(guard.layer());
    world.issuer.set(TOKEN, good(&world));
    assert_eq!(status(&api, TOKEN).await, 200);
    guard.feed_reached(world.issuer.revoke("grant", "g1", START)).await;
    let answer = with_token(&api, TOKEN).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["error_description"]),
        (401, &json!("the access token was revoked"))
    );
    assert_eq!(asked(&world), 1);
}
