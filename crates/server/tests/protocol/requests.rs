//! What an authorization request can ask for: single claims, how strong the sign-in was, a certain user, several APIs.

use crate::common::{Browser, Server, authorize_query, claims, client, redemption, user, with};
use claviger_core::client::GrantType;
use claviger_core::dialect::Legacy;
use claviger_core::realm::{AccessTokenFormat, Api};
use claviger_core::{Client, ScopeSet};
use reqwest::Method;
use serde_json::{Value, json};

async fn started() -> (Server, Browser) {
    let server = Server::start().await;
    server.add_client(&client("app")).await;
    (server, Browser::default())
}

fn query(scope: &str) -> Vec<(String, String)> {
    authorize_query("app", scope)
}

fn asking(claims: &Value) -> Vec<(String, String)> {
    with(query("openid"), "claims", &claims.to_string())
}

async fn userinfo(server: &Server, token: &str) -> Value {
    server.bearer(Method::GET, "/userinfo", token).await.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn claims_that_are_asked_for_by_name_are_given_where_they_were_asked_for() {
    for format in [AccessTokenFormat::Jwt, AccessTokenFormat::Opaque] {
        let server = Server::with(|realm| realm.tokens.access_token = format).await;
        server.add_client(&client("app")).await;
        let browser = Browser::default();
        let asked = json!({
            "userinfo": { "email": { "essential": true }, "picture": null, "unheard-of": null },
            "id_token": { "name": null, "preferred_username": { "value": "alice" }, "email": { "value": "other@x.example" } },
            "elsewhere": 5
        });
        let tokens = server.redeem("app", &browser.authorize(&server, &asking(&asked)).await.code()).await;
        assert_eq!(tokens.text("scope"), "openid", "the scope is the one that was asked for");
        let id = claims(&tokens.text("id_token"));
        assert_eq!(
            (&id["name"], &id["preferred_username"], id.get("email")),
            (&"Alice Adams".into(), &"alice".into(), None)
        );
        let info = userinfo(&server, &tokens.text("access_token")).await;
        assert_eq!((&info["email"], info.get("name")), (&"alice@example.com".into(), None));
        assert_eq!(info["sub"], id["sub"]);
        // A refreshed access token is asked with at userinfo just so.
        let next = server.refresh("app", &tokens.text("refresh_token")).await;
        assert_eq!(userinfo(&server, &next.text("access_token")).await["email"], "alice@example.com");
        assert_eq!(server.introspect("app", &next.text("access_token")).await.json()["scope"], "openid");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_by_name_is_no_way_around_consent_or_the_clients_scope() {
    let (server, browser) = started().await;
    let narrow = Client { scope: ScopeSet::parse("openid").unwrap(), ..client("narrow") };
    server.add_client(&narrow).await;
    browser.authorize(&server, &query("openid")).await.code();
    let asked = asking(&json!({ "userinfo": { "email": null } }));
    browser.ask(&server, &with(asked.clone(), "prompt", "none")).await.sent_back(&server, "consent_required");
    let page = browser.ask(&server, &asked).await;
    page.asks_for_consent();
    assert!(page.body.contains("use email"), "the page says what is asked for: {}", page.body);
    browser.decide(&server, &page, "allow").await.code();
    browser.ask(&server, &with(asked.clone(), "prompt", "none")).await.code();
    // What the client may not have as a scope, it does not get by name.
    let other = Browser::default();
    let code = other.authorize(&server, &with(asked, "client_id", "narrow")).await.code();
    let tokens = server.redeem("narrow", &code).await;
    assert_eq!(userinfo(&server, &tokens.text("access_token")).await, json!({ "sub": "u1" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_claims_request_is_refused() {
    let (server, browser) = started().await;
    for bad in [
        "x",
        "[]",
        "null",
        "{\"userinfo\":[]}",
        "{\"id_token\":{\"name\":1}}",
        "{\"userinfo\":{\"email\":{\"essential\":1}}}",
    ] {
        browser.ask(&server, &with(query("openid"), "claims", bad)).await.sent_back(&server, "invalid_request");
    }
    let deep = format!("{{\"userinfo\":{}1{}}}", "{\"a\":".repeat(1000), "}".repeat(1000));
    browser.ask(&server, &with(query("openid"), "claims", &deep)).await.sent_back(&server, "invalid_request");
}

#[tokio::test(flavor = "multi_thread")]
async fn acr_is_said_where_it_is_asked_for_and_what_cannot_be_met_is_refused() {
    let server = Server::with(|realm| realm.sessions.acr = "urn:example:password".to_owned()).await;
    server.add_client(&client("app")).await;
    let browser = Browser::default();
    let acr = async |asked: Vec<(String, String)>| {
        let tokens = server.redeem("app", &browser.authorize(&server, &asked).await.code()).await;
        claims(&tokens.text("id_token")).get("acr").cloned()
    };
    let ours = || Some(Value::from("urn:example:password"));
    assert_eq!(acr(query("openid")).await, None);
    assert_eq!(acr(with(query("openid"), "acr_values", "1 2")).await, ours());
    for wish in [
        Value::Null,
        json!({"value": "2"}),
        json!({"essential": true}),
        json!({"essential": true, "values": ["2", "urn:example:password"]}),
    ] {
        assert_eq!(acr(asking(&json!({ "id_token": { "acr": wish } }))).await, ours(), "{wish}");
    }
    for unmet in [json!({"essential": true, "value": "2"}), json!({"essential": true, "values": ["1", "2"]})] {
        let asked = asking(&json!({ "id_token": { "acr": unmet } }));
        browser.ask(&server, &asked).await.sent_back(&server, "unmet_authentication_requirements");
    }
    let metadata = server.send(Method::GET, "/.well-known/openid-configuration", &[], "").await.json();
    assert_eq!(metadata["acr_values_supported"], json!(["urn:example:password"]));
    assert_eq!(metadata["claims_parameter_supported"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_about_the_user_who_was_asked_for() {
    let (server, browser) = started().await;
    server.add_user(&user("u2", "bob")).await;
    browser.authorize(&server, &query("openid")).await.code();
    let of = |sub: &str| asking(&json!({ "id_token": { "sub": { "value": sub } } }));
    browser.ask(&server, &of("u1")).await.code();
    browser.ask(&server, &with(of("u2"), "prompt", "none")).await.sent_back(&server, "login_required");
    server.pass(10);
    let page = browser.ask(&server, &of("u2")).await;
    page.asks_to_sign_in();
    server.pass(10);
    let refused = browser.sign_in(&server, &page, "alice", crate::common::PASSWORD).await;
    browser.carry_on(&server, refused).await.sent_back(&server, "login_required");
    let page = browser.ask(&server, &of("u2")).await;
    let next = browser.sign_in(&server, &page, "bob", crate::common::PASSWORD).await;
    let tokens = server.redeem("app", &browser.carry_on(&server, next).await.code()).await;
    assert_eq!(claims(&tokens.text("id_token"))["sub"], "u2");
}

#[tokio::test(flavor = "multi_thread")]
async fn prompt_stands_alone_where_it_is_none_and_combines_otherwise() {
    let (server, browser) = started().await;
    browser.authorize(&server, &query("openid")).await.code();
    for mixed in ["none login", "none consent", "none select_account", "none unheard-of", "login none"] {
        browser.ask(&server, &with(query("openid"), "prompt", mixed)).await.sent_back(&server, "invalid_request");
    }
    server.pass(10);
    let page = browser.ask(&server, &with(query("openid"), "prompt", "login consent")).await;
    browser.get_past_sign_in(&server, page).await.asks_for_consent();
    server.pass(10);
    browser.ask(&server, &with(query("openid"), "max_age", "0")).await.asks_to_sign_in();
    for ignored in [
        ("display", "popup"),
        ("display", "x"),
        ("claims_locales", "de en"),
        ("acr_values", "  "),
        ("ui_locales", "x-y-z"),
    ] {
        browser.ask(&server, &with(query("openid"), ignored.0, ignored.1)).await.code();
    }
    browser
        .ask(&server, &with(query("openid"), "registration", "{}"))
        .await
        .sent_back(&server, "registration_not_supported");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_token_alone_says_what_the_scopes_allow() {
    let server = Server::with(|realm| {
        realm.dialect.permits.insert(Legacy::Implicit);
    })
    .await;
    let mut implicit = client("app");
    implicit.grants.insert(GrantType::Implicit);
    implicit.legacy.insert(Legacy::Implicit);
    server.add_client(&implicit).await;
    let browser = Browser::default();
    let asked = with(with(query("openid profile"), "nonce", "n"), "response_type", "id_token");
    let answer = browser.authorize(&server, &asked).await.redirect_params();
    let id = claims(&answer["id_token"]);
    assert_eq!(
        (&id["name"], &id["preferred_username"], id.get("email")),
        (&"Alice Adams".into(), &"alice".into(), None)
    );
    // Where an access token comes along, userinfo says it.
    let answer = browser.authorize(&server, &with(asked, "response_type", "id_token token")).await.redirect_params();
    assert_eq!(claims(&answer["id_token"]).get("name"), None);
    assert_eq!(userinfo(&server, &answer["access_token"]).await["name"], "Alice Adams");
}

const ONE: &str = "https://api.example";
const TWO: &str = "https://two.example";

async fn two_apis(format: AccessTokenFormat) -> (Server, Browser) {
    let server = Server::with(|realm| {
        realm.tokens.access_token = format;
        let other = Api { audience: TWO.into(), ..realm.apis[0].clone() };
        let third = Api { audience: "https://three.example".into(), ..realm.apis[0].clone() };
        realm.apis.extend([other, third]);
    })
    .await;
    server.add_client(&Client { audiences: vec![ONE.into(), TWO.into()], ..client("app") }).await;
    server.add_client(&Client { resource_server: Some(TWO.into()), ..client("api-two") }).await;
    (server, Browser::default())
}

#[tokio::test(flavor = "multi_thread")]
async fn several_apis_are_granted_at_once_and_a_token_is_for_all_or_some_of_them() {
    for format in [AccessTokenFormat::Jwt, AccessTokenFormat::Opaque] {
        let (server, browser) = two_apis(format).await;
        let both = crate::common::plus(crate::common::plus(query("read"), "resource", ONE), "resource", TWO);
        let audience = async |token: &str| server.introspect("app", token).await.json()["aud"].clone();
        let tokens = server.redeem("app", &browser.authorize(&server, &both).await.code()).await;
        assert_eq!(audience(&tokens.text("access_token")).await, json!([ONE, TWO]));
        let narrowed = async |resource: &[&str], code: &str| {
            let mut form = redemption(code).to_vec();
            form.extend(resource.iter().map(|one| ("resource", *one)));
            server.token("app", &form).await
        };
        let code = browser.ask(&server, &both).await.code();
        let tokens = narrowed(&[TWO], &code).await;
        assert_eq!(audience(&tokens.text("access_token")).await, TWO);
        assert!(server.is_active("api-two", &tokens.text("access_token")).await);
        // The refresh token is for all that was granted.
        let refresh = tokens.text("refresh_token");
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str()), ("resource", ONE)];
        let next = server.token("app", &form).await;
        assert_eq!(audience(&next.text("access_token")).await, ONE);
        assert!(!server.is_active("api-two", &next.text("access_token")).await, "it is for the other API");
        let whole = server.refresh("app", &next.text("refresh_token")).await;
        assert_eq!(audience(&whole.text("access_token")).await, json!([ONE, TWO]));
        // Case of scheme and host and a slash at the end are no difference; the path's case is.
        for same in [format!("{ONE}/"), ONE.replace("https", "HTTPS").replace("example", "Example")] {
            let asked = crate::common::plus(query("read"), "resource", &same);
            let code = browser.ask(&server, &asked).await.code();
            assert_eq!(audience(&narrowed(&[&same], &code).await.text("access_token")).await, ONE, "{same}");
        }
        for other in [format!("{ONE}//"), format!("{ONE}/a"), format!("{ONE}?a")] {
            let asked = crate::common::plus(query("read"), "resource", &other);
            browser.ask(&server, &asked).await.sent_back(&server, "invalid_target");
        }
        // No more than was granted.
        let one = crate::common::plus(query("read"), "resource", ONE);
        let code = browser.ask(&server, &one).await.code();
        narrowed(&[TWO], &code).await.refused(400, "invalid_target");
        for bad in ["https://three.example", "https://unheard-of.example", "x"] {
            let asked = crate::common::plus(both.clone(), "resource", bad);
            browser.ask(&server, &asked).await.sent_back(&server, "invalid_target");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn client_credentials_may_name_several_apis() {
    let (server, _) = two_apis(AccessTokenFormat::Jwt).await;
    let form = [("grant_type", "client_credentials"), ("resource", ONE), ("resource", TWO)];
    let token = server.token("app", &form).await.text("access_token");
    assert_eq!(claims(&token)["aud"], json!([ONE, TWO]));
    let one = server.token("app", &form[..2]).await.text("access_token");
    assert_eq!(claims(&one)["aud"], ONE, "one is a text");
}
