//! What is sent, and when nothing is.

use std::time::Duration;

use axum::response::IntoResponse;
use claviger_client::{BodyForm, ClientAuthentication, ClientKey, Error, Grant, Tokens};
use serde_json::{Value, json};

use crate::server::{Server, TestClock, token};

#[tokio::test]
async fn client_credentials_by_basic() {
    let server = Server::generous().await;
    let tokens = server
        .client(&TestClock::new())
        .client("a b", "p:%ü")
        .scope("view")
        .audience("https://api.example.com")
        .build()
        .unwrap();
    assert_eq!(tokens.bearer().await.unwrap().expose(), "access-1");
    let seen = server.seen().remove(0);
    // base64("a+b:p%3A%25%C3%BC")
    assert_eq!(seen.header("authorization"), "Basic YStiOnAlM0ElMjUlQzMlQkM=");
    assert_eq!(seen.header("content-type"), "application/x-www-form-urlencoded");
    assert_eq!(seen.header("accept"), "application/json");
    assert_eq!(seen.body, "grant_type=client_credentials&scope=view&audience=https%3A%2F%2Fapi.example.com");
}

#[tokio::test]
async fn a_key_signs_a_new_assertion_for_each_request() {
    use claviger_core::jose::{Algorithm, JwkSet, SigningKey, VerifyingKeys, verify_jwt};
    let der = SigningKey::generate(Algorithm::EdDsa).unwrap();
    let public = SigningKey::from_pkcs8(Algorithm::EdDsa, Some("k1"), der.expose()).unwrap().public_jwk().clone();
    let keys = VerifyingKeys::from_set(&JwkSet { keys: vec![public] }).unwrap();
    let key = || ClientKey::from_pkcs8("EdDSA", Some("k1"), der.expose()).unwrap();
    let server = Server::generous().await;
    let mut names = std::collections::BTreeSet::new();
    for _ in 0..2 {
        let clock = TestClock::new();
        server.client(&clock).client_with_key("app", key()).build().unwrap().bearer().await.unwrap();
        let seen = server.seen().pop().unwrap();
        assert_eq!(seen.header("authorization"), "");
        assert_eq!(seen.parameter("client_assertion_type"), "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
        assert_eq!(seen.parameter("client_secret"), "");
        let decoded = verify_jwt(&seen.parameter("client_assertion"), &keys, None).unwrap();
        let claims: Value = serde_json::from_slice(&decoded.claims).unwrap();
        assert_eq!((claims["iss"].as_str(), claims["sub"].as_str()), (Some("app"), Some("app")));
        assert_eq!(claims["aud"], format!("{}{}", server.origin, seen.path));
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 60);
        assert!(names.insert(claims["jti"].as_str().unwrap().to_owned()), "a name of its own");
    }
    assert!(matches!(ClientKey::from_pkcs8("HS256", None, der.expose()), Err(Error::Configuration(_))));
    assert!(matches!(ClientKey::from_pkcs8("ES256", None, der.expose()), Err(Error::Configuration(_))));
    let both = server.client(&TestClock::new()).client_with_key("app", key()).client("app", "secret");
    let both = both.authentication(ClientAuthentication::PrivateKeyJwt).build();
    assert!(matches!(both, Err(Error::Configuration(_))));
    assert!(!format!("{:?}", key()).contains("Pkcs8"));
}

#[tokio::test]
async fn raw_basic_leaves_the_secret_as_it_is() {
    let server = Server::generous().await;
    let tokens = server
        .client(&TestClock::new())
        .client("TestClientId", "pass word%")
        .authentication(ClientAuthentication::RawBasic)
        .build()
        .unwrap();
    tokens.bearer().await.unwrap();
    // base64("TestClientId:pass word%")
    assert_eq!(server.seen()[0].header("authorization"), "Basic VGVzdENsaWVudElkOnBhc3Mgd29yZCU=");
}

#[tokio::test]
async fn credentials_in_the_body_as_form_or_json() {
    let server = Server::generous().await;
    let builder = || server.client(&TestClock::new()).authentication(ClientAuthentication::Body);
    builder().build().unwrap().bearer().await.unwrap();
    builder().body(BodyForm::Json).build().unwrap().bearer().await.unwrap();
    let seen = server.seen();
    assert_eq!(seen[0].body, "grant_type=client_credentials&client_id=app&client_secret=s3cret");
    assert_eq!(seen[0].header("authorization"), "");
    assert_eq!(seen[1].header("content-type"), "application/json");
    assert_eq!(
        serde_json::from_str::<Value>(&seen[1].body).unwrap(),
        json!({"grant_type": "client_credentials", "client_id": "app", "client_secret": "s3cret"})
    );
}

#[tokio::test]
async fn a_public_client_sends_its_id_and_no_secret() {
    let server = Server::generous().await;
    let password = Grant::Password { username: "svc@site".into(), password: "open sesame".into() };
    let tokens = Tokens::builder()
        .token_endpoint(server.endpoint())
        .public_client("external.customer")
        .grant(password)
        .build()
        .unwrap();
    tokens.bearer().await.unwrap();
    let seen = server.seen().remove(0);
    assert_eq!(seen.header("authorization"), "");
    assert_eq!(seen.body, "grant_type=password&username=svc%40site&password=open+sesame&client_id=external.customer");
}

#[tokio::test]
async fn a_token_is_replaced_a_margin_before_its_end() {
    let server = Server::generous().await;
    let clock = TestClock::new();
    let tokens = server.client(&clock).margin(Duration::from_mins(1)).build().unwrap();
    for _ in 0..3 {
        assert_eq!(tokens.bearer().await.unwrap().expose(), "access-1");
    }
    clock.pass(3600 - 61);
    assert_eq!(tokens.bearer().await.unwrap().expose(), "access-1");
    clock.pass(1);
    assert_eq!(tokens.bearer().await.unwrap().expose(), "access-2");
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn the_margin_never_takes_more_than_a_quarter_of_a_short_life() {
    let server = Server::start(|_, before| async move { token(before + 1, &json!({"expires_in": 20})) }).await;
    let clock = TestClock::new();
    let tokens = server.client(&clock).build().unwrap();
    tokens.bearer().await.unwrap();
    clock.pass(14);
    assert_eq!(tokens.bearer().await.unwrap().expose(), "access-1");
    clock.pass(1);
    assert_eq!(tokens.bearer().await.unwrap().expose(), "access-2");
}

#[tokio::test]
async fn a_token_without_an_end_is_kept_and_a_lifetime_may_be_text() {
    let server = Server::start(|_, before| async move {
        let life = if before == 0 { json!("1800") } else { Value::Null };
        token(before + 1, &json!({"expires_in": life, "token_type": "bearer", "scope": "view"}))
    })
    .await;
    let clock = TestClock::new();
    let tokens = server.client(&clock).build().unwrap();
    let first = tokens.bearer().await.unwrap();
    assert_eq!(first.expires_at(), Some(1_800_000_000_000 + 1_800_000));
    assert_eq!(first.scope(), Some("view"));
    clock.pass(1800);
    let second = tokens.bearer().await.unwrap();
    assert_eq!(second.expires_at(), None);
    clock.pass(1_000_000);
    assert_eq!(tokens.bearer().await.unwrap(), second);
}

#[tokio::test]
async fn however_many_tasks_ask_one_request_is_sent() {
    let server = Server::generous().await;
    let tokens = server.client(&TestClock::new()).build().unwrap();
    let tasks: Vec<_> = (0..64)
        .map(|_| {
            let tokens = tokens.clone();
            tokio::spawn(async move { tokens.bearer().await })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap().unwrap().expose(), "access-1");
    }
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn the_issuer_tells_where_the_token_endpoint_is() {
    let server = Server::start(|seen, before| async move {
        let origin = format!("http://{}", seen.header("host"));
        match seen.path.as_str() {
            "/identity/.well-known/openid-configuration" => axum::Json(json!({
                "issuer": format!("{origin}/identity"),
                "token_endpoint": format!("{origin}/identity/connect/token"),
            }))
            .into_response(),
            "/.well-known/oauth-authorization-server/plain" => axum::Json(json!({
                "issuer": format!("{origin}/plain"),
                "token_endpoint": format!("{origin}/plain/token"),
            }))
            .into_response(),
            "/liar/.well-known/openid-configuration" => axum::Json(json!({
                "issuer": "https://elsewhere.example",
                "token_endpoint": format!("{origin}/token"),
            }))
            .into_response(),
            path if path.ends_with("token") => token(before, &json!({})),
            _ => axum::http::StatusCode::NOT_FOUND.into_response(),
        }
    })
    .await;
    let by_issuer = |path: &str| {
        Tokens::builder()
            .issuer(format!("{}{path}", server.origin))
            .client("app", "s3cret")
            .grant(Grant::ClientCredentials)
            .build()
            .unwrap()
    };
    let tokens = by_issuer("/identity/");
    let token = tokens.bearer().await.unwrap();
    tokens.replace(&token).await.unwrap();
    let paths: Vec<_> = server.seen().into_iter().map(|seen| seen.path).collect();
    assert_eq!(
        paths,
        ["/identity/.well-known/openid-configuration", "/identity/connect/token", "/identity/connect/token"]
    );
    by_issuer("/plain").bearer().await.unwrap();
    assert_eq!(
        by_issuer("/liar").bearer().await.unwrap_err().to_string(),
        "the issuer's metadata: it is of another issuer, https://elsewhere.example"
    );
    assert_eq!(by_issuer("/none").bearer().await.unwrap_err().to_string(), "the issuer's metadata: HTTP 404");
}

#[test]
fn what_cannot_work_is_refused_when_built() {
    let complete = || {
        Tokens::builder()
            .token_endpoint("https://login.example.com/token")
            .client("app", "s3cret")
            .grant(Grant::ClientCredentials)
    };
    assert!(complete().build().is_ok());
    let refused = |outcome: Result<Tokens, Error>| match outcome {
        Err(Error::Configuration(text)) => text,
        other => panic!("{other:?}"),
    };
    let cases = [
        (complete().issuer("https://login.example.com"), "not both"),
        (Tokens::builder().client("app", "x").grant(Grant::ClientCredentials), "is needed"),
        (complete().token_endpoint("login.example.com"), "not a URL"),
        (complete().token_endpoint("http://login.example.com/token"), "not https"),
        (complete().token_endpoint("ftp://localhost/token"), "not https"),
        (complete().client("", "x"), "client id"),
        (complete().public_client("app"), "client secret"),
        (complete().client("app", "").authentication(ClientAuthentication::Body), "client secret"),
        (complete().bearer_header("no header"), "header"),
    ];
    for (builder, part) in cases {
        let text = refused(builder.build());
        assert!(text.contains(part), "{text}");
    }
    let plain = complete().token_endpoint("http://10.0.0.7/token");
    assert!(plain.allow_plain_http().build().is_ok());
}

#[test]
fn nothing_prints_a_secret() {
    let builder = Tokens::builder()
        .token_endpoint("https://login.example.com/token")
        .client("app", "s3cret")
        .grant(Grant::Password { username: "ada".into(), password: "hunter2".into() });
    let shown = format!("{builder:?}");
    let tokens = builder.build().unwrap();
    let shown = format!("{shown} {tokens:?}");
    assert!(!shown.contains("s3cret") && !shown.contains("hunter2"), "{shown}");
    assert!(shown.contains("***"), "{shown}");
}
