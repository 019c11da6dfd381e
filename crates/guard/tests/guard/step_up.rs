//! A sign-in that an API asks for anew, or more strongly (RFC 9470).

use super::*;
use serde_json::{Value, json};

fn token(world: &World, changed: &[(&str, Value)]) -> String {
    let mut claims = claims(&world.issuer.url);
    claims["exp"] = json!(NOW + 3600);
    for (name, value) in changed {
        claims[*name] = value.clone();
    }
    world.issuer.sign(&claims)
}

const ERROR: &str =
    r#"error="insufficient_user_authentication", error_description="the user must sign in again, or more strongly""#;

#[tokio::test]
async fn a_sign_in_that_is_not_strong_enough_is_asked_for_anew() {
    let world = World::new().await;
    let api = api(world.guard().layer().require_acr(["hwk", "mfa"]));
    for acr in ["hwk", "mfa"] {
        assert_eq!(status(&api, &token(&world, &[("acr", json!(acr))])).await, 200, "{acr}");
    }
    for acr in [json!("1"), json!("HWK"), json!(["hwk"]), Value::Null] {
        let answer = with_token(&api, &token(&world, &[("acr", acr.clone())])).await;
        assert_eq!(answer.status, 401, "{acr}");
        assert_eq!(answer.json()["error"], "insufficient_user_authentication");
        let expected = format!(r#"Bearer realm="orders", {ERROR}, acr_values="hwk mfa""#);
        assert_eq!(answer.header("www-authenticate"), expected);
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    let answer = with_token(&api, &token(&world, &[])).await;
    assert_eq!(answer.status, 401, "a client that acts for itself has no sign-in");
}

#[tokio::test]
async fn a_sign_in_that_is_too_old_is_asked_for_anew() {
    let world = World::new().await;
    let api = api(world.guard().layer().require_max_age(Duration::from_secs(300)));
    let token = token(&world, &[("auth_time", json!(NOW - 200))]);
    assert_eq!(status(&api, &token).await, 200);
    world.clock.pass(100);
    assert_eq!(status(&api, &token).await, 200);
    world.clock.pass(1);
    let answer = with_token(&api, &token).await;
    let expected = format!(r#"Bearer realm="orders", {ERROR}, max_age="300""#);
    assert_eq!((answer.status.as_u16(), answer.header("www-authenticate")), (401, expected.as_str()));
}

#[tokio::test]
async fn both_are_asked_for_together_and_a_missing_scope_goes_before() {
    let world = World::new().await;
    let layer = || world.guard().layer().require_acr(["mfa"]).require_max_age(Duration::from_secs(60));
    let good = token(&world, &[("acr", json!("mfa")), ("auth_time", json!(NOW))]);
    assert_eq!(status(&api(layer()), &good).await, 200);
    let answer = with_token(&api(layer()), &token(&world, &[("acr", json!("mfa"))])).await;
    assert!(answer.header("www-authenticate").ends_with(r#", acr_values="mfa", max_age="60""#));
    let answer = with_token(&api(layer().require_scope("more")), &token(&world, &[])).await;
    assert_eq!((answer.status.as_u16(), answer.json()["error"].as_str()), (403, Some("insufficient_scope")));
    assert!(!answer.header("www-authenticate").contains("acr_values"));
}

#[tokio::test]
async fn what_introspection_says_counts_for_a_reference() {
    let world = World::new().await;
    let guard = world.asking().build().unwrap();
    let api = api(guard.layer().require_acr(["2"]).require_max_age(Duration::from_secs(300)));
    let mut said = claims(&world.issuer.url);
    said["auth_time"] = json!(NOW);
    for (token, acr, expected) in [("strong", "2", 200), ("weak", "1", 401)] {
        said["acr"] = json!(acr);
        world.issuer.set(token, said.clone());
        assert_eq!(status(&api, token).await, expected, "{token}");
    }
}

#[tokio::test]
async fn a_vendors_codes_keep_the_standards_word_for_it() {
    let world = World::new().await;
    let guard = world.describe().vocabulary(codes()).build().unwrap();
    let answer = with_token(&api(guard.layer().require_acr(["2"])), &token(&world, &[("acr", json!("1"))])).await;
    assert_eq!(answer.body, r#"{"errors":[{"Code":"insufficient_user_authentication"}]}"#);
    assert!(answer.header("www-authenticate").contains(r#"acr_values="2""#));
}
