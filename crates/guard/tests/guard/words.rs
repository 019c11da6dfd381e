//! How refusals are spelled: status, headers and body, to the letter.

use serde_json::json;

use super::*;

#[tokio::test]
async fn without_credentials_there_is_a_challenge_and_no_error() {
    let world = World::new().await;
    let api = api(world.guard().layer().require_scope("orders"));
    for headers in [vec![], vec![("authorization", "Basic YTpi")]] {
        let answer = send(&api, "/orders", &headers).await;
        assert_eq!(answer.status, 401);
        assert_eq!(answer.header("www-authenticate"), r#"Bearer realm="orders""#);
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.body, "");
    }
}

#[tokio::test]
async fn a_bad_token_is_named_in_challenge_and_body() {
    let world = World::new().await;
    let answer = with_token(&api(world.guard().layer()), "a.b.c").await;
    assert_eq!(answer.status, 401);
    assert_eq!(
        answer.header("www-authenticate"),
        r#"Bearer realm="orders", error="invalid_token", error_description="the access token is invalid""#
    );
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.body, r#"{"error":"invalid_token","error_description":"the access token is invalid"}"#);
}

#[tokio::test]
async fn two_transports_are_400() {
    let world = World::new().await;
    let api = api(world.guard().layer());
    let token = world.issuer.sign(&claims(&world.issuer.url));
    let bearer = format!("Bearer {token}");
    let both = send(&api, &format!("/orders?access_token={token}"), &[("authorization", &bearer)]).await;
    let twice = send(&api, "/orders", &[("authorization", &bearer), ("authorization", &bearer)]).await;
    let malformed = send(&api, "/orders", &[("authorization", "Bearer a b")]).await;
    for answer in [both, twice, malformed] {
        assert_eq!(answer.status, 400);
        assert_eq!(answer.json()["error"], "invalid_request");
        assert!(answer.header("www-authenticate").contains(r#"error="invalid_request""#));
    }
}

#[tokio::test]
async fn a_good_token_in_the_query_is_refused() {
    let world = World::new().await;
    let api = api(world.guard().layer());
    let token = world.issuer.sign(&claims(&world.issuer.url));
    let answer = send(&api, &format!("/orders?page=1&access_token={token}"), &[]).await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.json()["error_description"], "an access token in the query is refused");
    assert!(!answer.body.contains(&token), "nothing of it comes back");
}

#[tokio::test]
async fn a_jwt_that_is_invalid_expired_or_revoked_has_its_own_code() {
    let world = World::new().await;
    let guard = world.describe().credentials(issuer::API_ID, issuer::API_SECRET).vocabulary(codes()).build().unwrap();
    let api = api(guard.layer());
    let token = world.issuer.sign(&claims(&world.issuer.url));
    assert_eq!(status(&api, &token).await, 200);

    let invalid = with_token(&api, "a.b.c").await;
    assert_eq!((invalid.status.as_u16(), invalid.body.as_str()), (401, r#"{"errors":[{"Code":"BadToken"}]}"#));
    assert_eq!(invalid.header("content-type"), "application/json");

    guard.feed_reached(world.issuer.revoke("jti", "t1", START)).await;
    let revoked = with_token(&api, &token).await;
    assert_eq!((revoked.status.as_u16(), revoked.body.as_str()), (401, r#"{"errors":[{"Code":"TakenBack"}]}"#));

    world.clock.pass(300);
    let expired = with_token(&api, &token).await;
    assert_eq!((expired.status.as_u16(), expired.body.as_str()), (401, r#"{"errors":[{"Code":"OldToken"}]}"#));
}

#[tokio::test]
async fn the_codes_come_from_the_dialect() {
    let world = World::new().await;
    let dialect = claviger_core::dialect::Api { bearer_headers: vec!["X-Token".into()], errors: codes() };
    let api = api(world.describe().dialect(&dialect).build().unwrap().layer());
    let answer = send(&api, "/orders", &[("x-token", "Bearer a.b.c")]).await;
    assert_eq!(answer.json(), json!({"errors": [{"Code": "BadToken"}]}));
}

#[tokio::test]
async fn other_refusals_keep_their_status_in_the_vendors_form() {
    let world = World::new().await;
    let guard = world.describe().vocabulary(codes()).build().unwrap();
    let api = api(guard.layer().require_scope("admin"));
    let nobody = send(&api, "/orders", &[]).await;
    assert_eq!((nobody.status.as_u16(), nobody.body.as_str()), (401, r#"{"errors":[{"Code":"BadToken"}]}"#));
    assert_eq!(nobody.header("www-authenticate"), r#"Bearer realm="orders""#);
    let query = send(&api, "/orders?access_token=x", &[]).await;
    assert_eq!((query.status.as_u16(), query.body.as_str()), (400, r#"{"errors":[{"Code":"BadToken"}]}"#));
    let scope = with_token(&api, &world.issuer.sign(&claims(&world.issuer.url))).await;
    assert_eq!((scope.status.as_u16(), scope.body.as_str()), (403, r#"{"errors":[{"Code":"insufficient_scope"}]}"#));
}

#[tokio::test]
async fn an_unreachable_issuer_is_503_with_retry_after() {
    let world = World::new().await;
    world.issuer.set_down(true);
    for (api, code) in [
        (
            api(world.guard().layer()),
            json!({"error": "temporarily_unavailable",
            "error_description": "the token cannot be checked at the moment"}),
        ),
        (
            api(world.describe().vocabulary(codes()).build().unwrap().layer()),
            json!({"errors": [{"Code": "temporarily_unavailable"}]}),
        ),
    ] {
        let answer = with_token(&api, &world.issuer.sign(&claims(&world.issuer.url))).await;
        assert_eq!(answer.status, 503);
        assert_eq!(answer.header("retry-after"), "2");
        assert_eq!(answer.header("www-authenticate"), "", "the token may be good");
        assert_eq!(answer.json(), code);
    }
}
