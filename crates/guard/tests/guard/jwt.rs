//! JWTs, checked without asking.

use claviger_core::jose::Typ;
use serde_json::{Value, json};

use super::*;

/// The status for a token whose claims were changed, and the words for it.
async fn with_claim(world: &World, api: &Router, name: &str, value: Value) -> Answer {
    let mut claims = claims(&world.issuer.url);
    claims[name] = value;
    with_token(api, &world.issuer.sign(&claims)).await
}

#[tokio::test]
async fn a_good_token_reaches_the_api_as_a_caller() {
    let world = World::new().await;
    let api = api(world.guard().layer().require_scope("orders"));
    let mut claims = claims(&world.issuer.url);
    claims["extra"] = json!({"level": 3});

    let answer = with_token(&api, &world.issuer.sign(&claims)).await;

    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.json(),
        json!({
            "sub": "maria", "client": "app", "scopes": ["orders", "profile"], "org": ["acme", "zeta"],
            "jti": "t1", "grant": "g1", "exp": NOW + 300, "flow": null, "extra": {"level": 3},
        })
    );
}

#[tokio::test]
async fn one_organisation_may_be_a_string() {
    let world = World::new().await;
    let answer = with_claim(&world, &api(world.guard().layer()), "org", json!("site-7")).await;
    assert_eq!(answer.json()["org"], json!(["site-7"]));
}

#[tokio::test]
async fn the_header_is_read_with_the_scheme_in_any_case() {
    let world = World::new().await;
    let api = api(world.guard().layer());
    let token = world.issuer.sign(&claims(&world.issuer.url));
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let answer = send(&api, "/orders", &[("Authorization", &format!("{scheme} {token}"))]).await;
        assert_eq!(answer.status, 200, "{scheme}");
    }
}

#[tokio::test]
async fn what_is_no_token_of_the_issuer_is_invalid() {
    let world = World::new().await;
    let other = FakeIssuer::start().await;
    let api = api(world.guard().layer());
    let good = claims(&world.issuer.url);
    let unsigned = good_unsigned(&good);
    for (what, token) in [
        ("another issuer's key", other.sign(&good)),
        ("an ID token", world.issuer.sign_as(Typ::Jwt, &good)),
        ("unsigned", unsigned),
        ("not JSON", "a.b.c".to_owned()),
        ("no token", "x".to_owned()),
        ("too long", format!("{}.b.c", "a".repeat(20_000))),
    ] {
        let answer = with_token(&api, &token).await;
        assert_eq!(answer.status, 401, "{what}");
        assert_eq!(answer.json()["error"], "invalid_token", "{what}");
        assert!(
            answer.header("www-authenticate").starts_with(r#"Bearer realm="orders", error="invalid_token""#),
            "{what}"
        );
    }
}

#[tokio::test]
async fn an_api_may_take_the_typ_jwt_and_an_id_token_is_still_none() {
    let world = World::new().await;
    let api = api(world.describe().accept_jwt_typ().build().unwrap().layer());
    let good = claims(&world.issuer.url);
    for typ in [Typ::Jwt, Typ::AccessToken] {
        assert_eq!(with_token(&api, &world.issuer.sign_as(typ, &good)).await.status, 200, "{typ:?}");
    }
    let mut id_token = good.clone();
    for name in ["client_id", "jti"] {
        id_token.as_object_mut().unwrap().remove(name);
    }
    for wrong in [world.issuer.sign_as(Typ::Jwt, &id_token), world.issuer.sign_as(Typ::Logout, &good)] {
        assert_eq!(with_token(&api, &wrong).await.status, 401);
    }
}

fn good_unsigned(claims: &Value) -> String {
    use claviger_core::jose::base64url;
    format!("{}.{}.", base64url(br#"{"alg":"none","typ":"at+jwt"}"#), base64url(claims.to_string().as_bytes()))
}

#[tokio::test]
async fn wrong_claims_are_invalid() {
    let world = World::new().await;
    let api = api(world.guard().layer());
    for (name, value) in [
        ("iss", json!("https://evil.example.com")),
        ("iss", json!(format!("{}/", world.issuer.url))),
        ("iss", Value::Null),
        ("exp", Value::Null),
        ("exp", json!("tomorrow")),
    ] {
        let answer = with_claim(&world, &api, name, value.clone()).await;
        assert_eq!(
            (answer.status.as_u16(), answer.json()["error"].as_str()),
            (401, Some("invalid_token")),
            "{name} {value}"
        );
    }
}

#[tokio::test]
async fn a_token_of_one_instance_is_refused_by_the_other() {
    let (dev, live) = (World::new().await, World::new().await);
    let token = dev.issuer.sign(&claims(&dev.issuer.url));
    assert_eq!(status(&api(dev.guard().layer()), &token).await, 200);
    assert_eq!(status(&api(live.guard().layer()), &token).await, 401);
}

#[tokio::test]
async fn a_token_ends_to_the_second_and_the_leeway_is_added() {
    let world = World::new().await;
    let strict = api(world.guard().layer());
    let lenient = api(world.describe().leeway(Duration::from_secs(5)).build().unwrap().layer());
    let token = world.issuer.sign(&claims(&world.issuer.url));
    world.clock.pass(299);
    assert_eq!(status(&strict, &token).await, 200);
    world.clock.pass(1);
    let answer = with_token(&strict, &token).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["error_description"]),
        (401, &json!("the access token expired"))
    );
    assert_eq!(status(&lenient, &token).await, 200);
    world.clock.pass(5);
    assert_eq!(status(&lenient, &token).await, 401);
}

#[tokio::test]
async fn a_token_is_not_valid_before_its_time() {
    let world = World::new().await;
    let strict = api(world.guard().layer());
    let lenient = api(world.describe().leeway(Duration::from_secs(5)).build().unwrap().layer());
    assert_eq!(with_claim(&world, &strict, "nbf", json!(NOW + 3)).await.status, 401);
    assert_eq!(with_claim(&world, &lenient, "nbf", json!(NOW + 3)).await.status, 200);
    assert_eq!(with_claim(&world, &strict, "nbf", json!(NOW)).await.status, 200);
}

#[tokio::test]
async fn times_may_have_fractions_and_may_be_absurd() {
    let world = World::new().await;
    let api = api(world.guard().layer());
    for (exp, expected) in
        [(json!(1e300), 200), (json!(i64::MAX), 200), (json!(-1e300), 401), (json!(i64::MIN), 401), (json!(0.5), 401)]
    {
        assert_eq!(with_claim(&world, &api, "exp", exp.clone()).await.status.as_u16(), expected, "{exp}");
    }
}

#[tokio::test]
async fn a_missing_scope_is_403() {
    let world = World::new().await;
    let guard = world.guard();
    let token = world.issuer.sign(&claims(&world.issuer.url));
    assert_eq!(status(&api(guard.layer().require_scope("orders").require_scope("profile")), &token).await, 200);

    let answer = with_token(&api(guard.layer().require_scope("orders").require_scope("orders.write")), &token).await;

    assert_eq!(answer.status, 403);
    assert_eq!(
        answer.header("www-authenticate"),
        r#"Bearer realm="orders", error="insufficient_scope", error_description="the access token does not have the scope", scope="orders orders.write""#
    );
    assert_eq!(answer.json()["error"], "insufficient_scope");
    // A part of a scope's name is not the scope.
    assert_eq!(status(&api(guard.layer().require_scope("order")), &token).await, 403);
}

#[tokio::test]
async fn a_token_for_another_api_is_refused() {
    let world = World::new().await;
    let api = api(world.guard().layer());
    for (aud, expected) in [
        (json!("https://other.example.com"), 401),
        (json!(["https://other.example.com", AUDIENCE]), 200),
        (json!([]), 401),
        (Value::Null, 401),
        (json!(format!("{AUDIENCE}/")), 401),
        (json!(7), 401),
    ] {
        assert_eq!(with_claim(&world, &api, "aud", aud.clone()).await.status.as_u16(), expected, "{aud}");
    }
    let answer = with_claim(&world, &api, "aud", json!("https://other.example.com")).await;
    assert_eq!(answer.json()["error"], "invalid_token");
}

#[tokio::test]
async fn an_api_may_have_several_audiences_or_take_any() {
    let world = World::new().await;
    let two = api(world.describe().audience("urn:second").build().unwrap().layer());
    assert_eq!(with_claim(&world, &two, "aud", json!("urn:second")).await.status, 200);
    let any = Guard::builder(&world.issuer.url).any_audience().clock(world.clock.clone()).build().unwrap();
    assert_eq!(with_claim(&world, &api(any.layer()), "aud", json!("urn:third")).await.status, 200);
}

#[tokio::test]
async fn tokens_of_the_implicit_grant_are_refused_where_the_api_says_so() {
    let world = World::new().await;
    let everywhere = api(world.describe().refuse_implicit().build().unwrap().layer());
    let here = api(world.guard().layer().refuse_implicit());
    let elsewhere = api(world.guard().layer());

    for barred in [&everywhere, &here] {
        let answer = with_claim(&world, barred, "flow", json!("implicit")).await;
        assert_eq!(answer.status, 403);
        assert_eq!(answer.json()["error"], "insufficient_scope");
        assert_eq!(answer.json()["error_description"], "access tokens of the implicit grant are not accepted here");
        assert_eq!(with_claim(&world, barred, "flow", Value::Null).await.status, 200);
    }
    let answer = with_claim(&world, &elsewhere, "flow", json!("implicit")).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["flow"]), (200, &json!("implicit")));
}

#[tokio::test]
async fn both_headers_are_read_and_must_agree() {
    let world = World::new().await;
    let api = api(world.describe().bearer_headers(["Authorization", "Authentication"]).build().unwrap().layer());
    let token = &format!("Bearer {}", world.issuer.sign(&claims(&world.issuer.url)));
    for (headers, expected) in [
        (vec![("Authentication", token.as_str())], 200),
        (vec![("Authorization", token)], 200),
        (vec![("Authentication", token), ("Authorization", token)], 200),
        (vec![("Authentication", token), ("Authorization", "Bearer other")], 400),
        (vec![("Authentication", "Bearer other"), ("Authorization", token)], 400),
        (vec![], 401),
    ] {
        let answer = send(&api, "/orders", &headers).await;
        assert_eq!(answer.status.as_u16(), expected, "{headers:?}");
        if expected == 400 {
            assert_eq!(answer.json()["error"], "invalid_request");
        }
    }
}

#[tokio::test]
async fn another_api_does_not_read_the_second_header() {
    let world = World::new().await;
    let token = format!("Bearer {}", world.issuer.sign(&claims(&world.issuer.url)));
    let answer = send(&api(world.guard().layer()), "/orders", &[("Authentication", &token)]).await;
    assert_eq!(answer.status, 401);
}

#[tokio::test]
async fn the_function_does_what_the_layer_does() {
    let world = World::new().await;
    let guard = world.guard();
    let mut headers = HeaderMap::new();
    let needs = claviger_guard::Needs::new().scope("orders");
    let rejection = guard.check(&headers, None, &needs).await.unwrap_err();
    assert_eq!(rejection.reason(), claviger_guard::Reason::NoCredentials);
    assert_eq!(rejection.to_response().status(), 401);
    let token = world.issuer.sign(&claims(&world.issuer.url));
    headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
    let caller = guard.check(&headers, Some("page=2"), &needs).await.unwrap();
    assert!(caller.has_scope("profile") && caller.is_for("acme") && !caller.is_for("other"));
    assert_eq!(format!("{caller:?}").matches("acme").count(), 0, "claims stay out of logs");
}

#[tokio::test]
async fn any_service_over_http_can_stand_behind_it() {
    use http_body_util::Full;
    use tower::{Layer, service_fn};
    let world = World::new().await;
    let service = service_fn(|request: http::Request<Full<bytes::Bytes>>| async move {
        assert!(request.extensions().get::<Caller>().is_some(), "a refused request does not arrive");
        Ok::<_, std::convert::Infallible>(http::Response::new(Full::new(bytes::Bytes::from("in"))))
    });
    let guarded = world.guard().layer().layer(service);
    let token = world.issuer.sign(&claims(&world.issuer.url));
    let request = |header: &str| {
        http::Request::get("/").header("authorization", header).body(Full::new(bytes::Bytes::new())).unwrap()
    };
    assert_eq!(guarded.clone().oneshot(request(&format!("Bearer {token}"))).await.unwrap().status(), 200);
    assert_eq!(guarded.oneshot(request("Bearer x")).await.unwrap().status(), 401);
}
