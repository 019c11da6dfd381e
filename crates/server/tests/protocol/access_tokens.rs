//! Signed access tokens, line by line of RFC 9068; what it leaves to APIs is tested with the guard.

use crate::common::{Browser, NOW, Reply, Server, authorize_query, claims, client, redemption, user, with};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use claviger_core::client::GrantType;
use claviger_core::dialect::Legacy;
use claviger_core::realm::AccessTokenFormat;
use claviger_core::{Client, ScopeSet};
use serde_json::{Value, json};

fn header(token: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap()).unwrap()
}

async fn code_flow(server: &Server, app: &str, scope: &str) -> Reply {
    let browser = Browser::of("alice");
    let answer = browser.authorize(server, &authorize_query(app, scope)).await;
    server.token(app, &redemption(&answer.code())).await
}

/// 2.1: signed, never `none`, with a `typ` of its own; RS256 is there for whoever wants it.
#[tokio::test(flavor = "multi_thread")]
async fn the_header_says_what_it_is_and_which_key_signed_it() {
    let server = Server::with(|realm| {
        realm.apis.push(claviger_core::realm::Api {
            audience: "https://rsa.example".into(),
            signing: Some(claviger_core::jose::Algorithm::Rs256),
            ..realm.apis[0].clone()
        });
    })
    .await;
    let audiences = vec!["https://api.example".into(), "https://rsa.example".into()];
    server.add_client(&Client { audiences, ..client("app") }).await;
    let jwks = server.send(reqwest::Method::GET, "/jwks", &[], "").await.json();
    for (audience, alg) in [("https://api.example", "ES256"), ("https://rsa.example", "RS256")] {
        let form = [("grant_type", "client_credentials"), ("resource", audience)];
        let header = header(&server.token("app", &form).await.text("access_token"));
        assert_eq!((header["typ"].as_str(), header["alg"].as_str()), (Some("at+jwt"), Some(alg)));
        let published = jwks["keys"].as_array().unwrap().iter().any(|key| key["kid"] == header["kid"]);
        assert!(published, "4: the key is found by the published set");
    }
}

/// 2.2: the seven claims that each has, and 2.2.3: the scope that was granted.
#[tokio::test(flavor = "multi_thread")]
async fn every_required_claim_is_there() {
    let server = Server::start().await;
    server.add_client(&client("app")).await;
    for (tokens, sub) in [
        (code_flow(&server, "app", "read write").await, "u1"),
        (server.token("app", &[("grant_type", "client_credentials"), ("scope", "read write")]).await, "app"),
    ] {
        let claims = claims(&tokens.text("access_token"));
        assert_eq!(claims["iss"], server.realm.issuer);
        assert_eq!((&claims["sub"], &claims["client_id"]), (&json!(sub), &json!("app")));
        assert_eq!(claims["aud"], "https://api.example", "3: the default resource, where none was named");
        assert_eq!((claims["iat"].as_i64(), claims["exp"].as_i64()), (Some(NOW / 1000), Some(NOW / 1000 + 600)));
        assert!(claims["jti"].as_str().unwrap().len() >= 16);
        assert_eq!(claims["scope"], "read write");
    }
}

/// 2.2: `jti` names one token; 3: `resource` becomes `aud`, the only one.
#[tokio::test(flavor = "multi_thread")]
async fn each_token_has_its_own_name_and_the_audience_that_was_asked_for() {
    let server = Server::with(|realm| {
        let api = claviger_core::realm::Api { audience: "https://other.example".into(), ..realm.apis[0].clone() };
        realm.apis.push(api);
    })
    .await;
    let audiences = vec!["https://api.example".into(), "https://other.example".into()];
    server.add_client(&Client { audiences, ..client("app") }).await;
    let form = [("grant_type", "client_credentials"), ("resource", "https://other.example")];
    let (one, other) = (server.token("app", &form).await, server.token("app", &form).await);
    let [one, other] = [one, other].map(|tokens| claims(&tokens.text("access_token")));
    assert_eq!(one["aud"], "https://other.example");
    assert_ne!(one["jti"], other["jti"]);
    let form = [("grant_type", "client_credentials"), ("resource", "https://unknown.example")];
    server.token("app", &form).await.refused(400, "invalid_target");
}

/// 3: without `resource` the scope tells the API, where all of it belongs to one.
#[tokio::test(flavor = "multi_thread")]
async fn the_scope_tells_the_api_where_none_is_named() {
    let server = Server::with(|realm| {
        let api = claviger_core::realm::Api { audience: "https://other.example".into(), ..realm.apis[0].clone() };
        realm.apis.push(api);
        for (name, api) in [("other.read", "https://other.example"), ("api.read", "https://api.example")] {
            let scope =
                claviger_core::realm::Scope { name: name.into(), api: Some(api.into()), ..realm.scopes[4].clone() };
            realm.scopes.push(scope);
        }
    })
    .await;
    let audiences = vec!["https://api.example".into(), "https://other.example".into()];
    let scope = ScopeSet::parse("openid read other.read api.read").unwrap();
    server.add_client(&Client { audiences, scope: scope.clone(), ..client("app") }).await;
    server.add_client(&Client { scope, ..client("of-one") }).await;
    for (app, scope, expected) in [
        ("app", "other.read", "https://other.example"),
        ("app", "read other.read", "https://other.example"),
        ("app", "api.read", "https://api.example"),
        ("app", "other.read api.read", "https://api.example"),
        ("app", "read", "https://api.example"),
        ("of-one", "other.read", "https://api.example"),
    ] {
        let tokens = server.token(app, &[("grant_type", "client_credentials"), ("scope", scope)]).await;
        assert_eq!(claims(&tokens.text("access_token"))["aud"], expected, "{app}: {scope}");
    }
    let tokens = code_flow(&server, "app", "openid other.read").await;
    assert_eq!(claims(&tokens.text("access_token"))["aud"], "https://other.example");
}

/// 2.2.1: how and when the user signed in, the same in all tokens of a grant; a client that acts for itself did not sign in.
#[tokio::test(flavor = "multi_thread")]
async fn the_sign_in_is_told_in_both_formats_and_stays_what_it_was() {
    let server = Server::with(|realm| realm.sessions.acr = "urn:example:password".into()).await;
    for (id, access_token) in [("signed", None), ("opaque", Some(AccessTokenFormat::Opaque))] {
        server.add_client(&Client { access_token, ..client(id) }).await;
        let first = code_flow(&server, id, "read").await;
        let signed_in = server.now() / 1000;
        server.pass(60);
        let second = server.refresh(id, &first.text("refresh_token")).await;
        for tokens in [&first, &second] {
            let said = server.introspect(id, &tokens.text("access_token")).await.json();
            assert_eq!(said["acr"], "urn:example:password", "{id}");
            assert_eq!(said["auth_time"], signed_in, "{id}");
        }
        let alone = server.token(id, &[("grant_type", "client_credentials")]).await;
        let said = server.introspect(id, &alone.text("access_token")).await.json();
        assert_eq!((said["active"].as_bool(), said.get("acr"), said.get("auth_time")), (Some(true), None, None));
    }
    let tokens = code_flow(&server, "signed", "read").await;
    let found = claims(&tokens.text("access_token"));
    assert_eq!(
        (&found["acr"], found["auth_time"].as_i64()),
        (&json!("urn:example:password"), Some(server.now() / 1000))
    );
}

/// A password that an app typed in is no sign-in here: nobody knows how its user came by it.
#[tokio::test(flavor = "multi_thread")]
async fn the_password_grant_is_no_sign_in() {
    let server = Server::with(|realm| realm.dialect.permits = [Legacy::Password].into()).await;
    let grants = [GrantType::Password].into();
    server.add_client(&Client { grants, legacy: [Legacy::Password].into(), ..client("app") }).await;
    let form = [("grant_type", "password"), ("username", "alice"), ("password", crate::common::PASSWORD)];
    let found = claims(&server.token("app", &form).await.text("access_token"));
    assert_eq!((found.get("acr"), found.get("auth_time")), (None, None));
}

/// 5: a client's `sub` is never a user's, and each says which it is.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_taken_for_somebody_else() {
    let server = Server::start().await;
    server.add_client(&client("app")).await;
    let twin = user("app", "twin");
    assert!(server.store.put_user(&server.realm.id, &twin, None, NOW).await.is_err(), "the id is a client's");
    let user = claims(&code_flow(&server, "app", "read").await.text("access_token"));
    let alone = claims(&server.token("app", &[("grant_type", "client_credentials")]).await.text("access_token"));
    assert_eq!((&user["sub_type"], &alone["sub_type"]), (&json!("user"), &json!("client")));
}

/// 2.1, 4 and 5: an ID token is no access token, and no access token is one.
#[tokio::test(flavor = "multi_thread")]
async fn an_id_token_opens_nothing() {
    let server = Server::start().await;
    server.add_client(&client("app")).await;
    let tokens = code_flow(&server, "app", "openid read").await;
    let id_token = tokens.text("id_token");
    assert_eq!(header(&id_token)["typ"], "JWT");
    assert_eq!(server.bearer(reqwest::Method::GET, "/userinfo", &id_token).await.status, 401);
    assert!(!server.is_active("app", &id_token).await);
    assert_eq!(server.bearer(reqwest::Method::GET, "/userinfo", &tokens.text("access_token")).await.status, 200);
}

/// 6: what an API is not to know is not in the token: no name, no address of the user.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_tells_nothing_of_its_user_that_was_not_configured() {
    let server = Server::start().await;
    let scope = ScopeSet::parse("openid profile email read").unwrap();
    server.add_client(&Client { scope, ..client("app") }).await;
    let found = claims(&code_flow(&server, "app", "openid profile email read").await.text("access_token"));
    let mut names: Vec<&str> = found.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    let known = ["acr", "aud", "auth_time", "client_id", "exp", "gid", "iat", "iss", "jti", "scope", "sub", "sub_type"];
    assert_eq!(names, known);
}

/// RFC 9470 4: what an API asks for with its challenge is what the authorization endpoint takes.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_steps_up_with_what_the_challenge_said() {
    let server = Server::start().await;
    server.add_client(&client("app")).await;
    let browser = Browser::of("alice");
    let first = server.code_flow(&browser, "app", "openid read").await;
    server.pass(600);
    let query = with(with(authorize_query("app", "openid read"), "max_age", "300"), "acr_values", "1");
    let second = server.token("app", &redemption(&browser.authorize(&server, &query).await.code())).await;
    let [old, new] = [first, second].map(|tokens| claims(&tokens.text("access_token"))["auth_time"].as_i64().unwrap());
    assert_eq!((old, new), (NOW / 1000, server.now() / 1000));
}
