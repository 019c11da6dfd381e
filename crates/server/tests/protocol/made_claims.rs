//! Claims that a realm makes of groups, roles, organisations and attributes, as relying parties read them: each test is about a
//! page of `docs/clients`.

use super::claims::add_scopes;
use crate::common::{Browser, Reply, Server, authorize_query, claims, client, user, with};
use claviger_core::claim_rule::ClaimRule;
use claviger_core::client::{Client, GrantType, Identity};
use claviger_core::realm::AccessTokenFormat;
use claviger_core::{ScopeSet, User};
use reqwest::Method;
use serde_json::{Value, json};

fn rules(rules: Value) -> Vec<ClaimRule> {
    serde_json::from_value(rules).unwrap()
}

fn ada() -> User {
    let details = json!({
        "groups": ["dev", "grafana-admins"], "roles": ["editor"],
        "organisation_roles": { "acme": ["owner"] }, "attributes": { "grafana-role": "Admin", "quota": 5, "beta": true }
    });
    User {
        organisations: vec!["acme".into()],
        details: serde_json::from_value(details).unwrap(),
        email_verified: true,
        ..user("u9", "ada")
    }
}

async fn started(of_realm: Value, of_client: Value, format: AccessTokenFormat) -> (Server, Browser) {
    let server = Server::with(|realm| {
        add_scopes(realm, &["groups"]);
        realm.claims.rules = rules(of_realm);
        realm.tokens.access_token = format;
    })
    .await;
    server.add_user(&ada()).await;
    let scope = ScopeSet::parse("openid profile email groups offline_access read").unwrap();
    let identity = Identity { claims: rules(of_client), ..Identity::default() };
    server.add_client(&Client { scope, identity, ..client("app") }).await;
    (server, Browser::of("ada"))
}

async fn userinfo(server: &Server, tokens: &Reply) -> Value {
    server.bearer(Method::GET, "/userinfo", &tokens.text("access_token")).await.json()
}

/// ID token, userinfo and what introspection says of the access token.
async fn everywhere(server: &Server, tokens: &Reply) -> [Value; 3] {
    let id = claims(&tokens.text("id_token"));
    let introspected = server.introspect("app", &tokens.text("access_token")).await.json();
    [id, userinfo(server, tokens).await, introspected]
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_come_with_their_scope_where_the_rule_says() {
    for format in [AccessTokenFormat::Jwt, AccessTokenFormat::Opaque] {
        let of_realm = json!([
            { "name": "groups", "from": "groups", "scope": "groups", "in": ["id-token", "userinfo", "access-token"] },
            { "name": "realm_access.roles", "from": "roles", "in": ["access-token"] },
            { "name": "quota", "from": "attribute:quota", "in": ["userinfo"] }
        ]);
        let (server, browser) = started(of_realm, json!([]), format).await;
        let first = server.code_flow(&browser, "app", "openid groups offline_access").await;
        let second = server.refresh("app", &first.text("refresh_token")).await;
        for tokens in [&first, &second] {
            let [id, info, access] = everywhere(&server, tokens).await;
            for said in [&id, &info, &access] {
                assert_eq!(said["groups"], json!(["dev", "grafana-admins"]), "{said}");
            }
            assert_eq!(access["realm_access"], json!({ "roles": ["editor"] }));
            assert_eq!((info["quota"].as_i64(), info.get("realm_access"), access.get("quota")), (Some(5), None, None));
            if format == AccessTokenFormat::Jwt {
                let signed = claims(&tokens.text("access_token"));
                assert_eq!((&signed["groups"], &signed["realm_access"]), (&access["groups"], &access["realm_access"]));
                assert_eq!((&signed["sub"], &signed["client_id"]), (&json!("u9"), &json!("app")));
            }
        }
        // Without the scope without the claim, and a refresh for less has less.
        let tokens = server.code_flow(&browser, "app", "openid").await;
        for said in everywhere(&server, &tokens).await {
            assert!(said.get("groups").is_none(), "{said}");
        }
        let form =
            [("grant_type", "refresh_token"), ("refresh_token", &second.text("refresh_token")), ("scope", "openid")];
        let narrowed = server.token("app", &form).await;
        for said in everywhere(&server, &narrowed).await {
            assert!(said.get("groups").is_none(), "{said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_made_claim_can_be_asked_for_by_name_and_its_scope_is_consented_to() {
    let of_realm = json!([{ "name": "groups", "from": "groups", "scope": "groups" }]);
    let (server, browser) = started(of_realm, json!([]), AccessTokenFormat::Jwt).await;
    let query = |claims: Value| with(authorize_query("app", "openid"), "claims", &claims.to_string());
    let page = browser.ask(&server, &query(json!({ "userinfo": { "groups": null } }))).await;
    let consent = browser.get_past_sign_in(&server, page).await;
    consent.asks_for_consent();
    assert!(consent.body.contains("use groups"), "{}", consent.body);
    let tokens = server.redeem("app", &browser.decide(&server, &consent, "allow").await.code()).await;
    assert_eq!(userinfo(&server, &tokens).await, json!({ "sub": "u9", "groups": ["dev", "grafana-admins"] }));
    assert!(claims(&tokens.text("id_token")).get("groups").is_none());
    let narrow = Client { scope: ScopeSet::parse("openid").unwrap(), ..client("narrow") };
    server.add_client(&narrow).await;
    let asked = with(query(json!({ "userinfo": { "groups": null } })), "client_id", "narrow");
    let tokens = server.redeem("narrow", &browser.authorize(&server, &asked).await.code()).await;
    assert_eq!(userinfo(&server, &tokens).await, json!({ "sub": "u9" }), "the client may not have the scope");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_rule_takes_the_place_of_a_registered_claim() {
    // Rules of this kind are refused where they are written; one that is stored all the same has no effect.
    let names = ["iss", "sub", "aud", "exp", "iat", "jti", "scope", "client_id", "cnf", "act", "acr", "azp", "nonce"];
    let places = json!(["id-token", "userinfo", "access-token"]);
    let forged: Vec<Value> =
        names.iter().map(|name| json!({ "name": name, "value": "forged", "in": places.clone() })).collect();
    for format in [AccessTokenFormat::Jwt, AccessTokenFormat::Opaque] {
        let (server, browser) = started(forged.clone().into(), forged.clone().into(), format).await;
        let tokens = server.code_flow(&browser, "app", "openid").await;
        for said in everywhere(&server, &tokens).await {
            assert!(!said.to_string().contains("forged"), "{said}");
        }
        if format == AccessTokenFormat::Jwt {
            assert!(!claims(&tokens.text("access_token")).to_string().contains("forged"));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_acts_for_itself_has_fixed_values_and_one_that_stands_for_a_user_theirs() {
    let of_realm = json!([
        { "name": "tenant", "value": "t1", "in": ["access-token"] },
        { "name": "groups", "from": "groups", "in": ["access-token"] }
    ]);
    let (server, _) = started(of_realm, json!([]), AccessTokenFormat::Jwt).await;
    let own = [("grant_type", "client_credentials"), ("scope", "read")];
    let signed = claims(&server.token("app", &own).await.text("access_token"));
    assert_eq!((&signed["tenant"], signed.get("groups")), (&json!("t1"), None));
    server.add_client(&Client { acts_as: Some("u9".into()), ..client("robot") }).await;
    let signed = claims(&server.token("robot", &own).await.text("access_token"));
    assert_eq!(signed["groups"], json!(["dev", "grafana-admins"]));
}

/// docs/clients/grafana.md: `role_attribute_path = role`, `groups_attribute_path = groups`.
#[tokio::test(flavor = "multi_thread")]
async fn grafana_finds_role_and_groups() {
    let of_client = json!([
        { "name": "role", "from": "attribute:grafana-role" }, { "name": "groups", "from": "groups", "scope": "groups" }
    ]);
    let (server, browser) = started(json!([]), of_client, AccessTokenFormat::Jwt).await;
    let tokens = server.code_flow(&browser, "app", "openid profile email groups").await;
    let [id, info, _] = everywhere(&server, &tokens).await;
    for said in [id, info] {
        assert_eq!((&said["role"], &said["groups"]), (&json!("Admin"), &json!(["dev", "grafana-admins"])));
    }
    // Another client of the realm is told none of it.
    server.add_client(&client("other")).await;
    let tokens = server.code_flow(&browser, "other", "openid").await;
    assert_eq!(userinfo(&server, &tokens).await, json!({ "sub": "u9" }));
}

/// docs/clients/gitlab.md: `groups_attribute: "groups"`, read from ID token and userinfo.
#[tokio::test(flavor = "multi_thread")]
async fn gitlab_finds_its_groups() {
    let of_realm = json!([{ "name": "groups", "from": "groups", "scope": "groups" }]);
    let (server, browser) = started(of_realm, json!([]), AccessTokenFormat::Jwt).await;
    let tokens = server.code_flow(&browser, "app", "openid profile email groups").await;
    let [id, info, _] = everywhere(&server, &tokens).await;
    assert_eq!(id["groups"], info["groups"]);
    assert_eq!(info["groups"], json!(["dev", "grafana-admins"]));
    assert_eq!((&info["preferred_username"], &info["email_verified"]), (&json!("ada"), &json!(true)));
}

/// docs/clients/kubernetes.md: `username: preferred_username`, `groups: groups`, both in the ID token, for a public client.
#[tokio::test(flavor = "multi_thread")]
async fn kubernetes_finds_username_and_groups_in_the_id_token() {
    let of_client = json!([
        { "name": "groups", "from": "groups", "in": ["id-token"] },
        { "name": "preferred_username", "from": "username", "in": ["id-token"] }
    ]);
    let (server, browser) = started(json!([]), of_client, AccessTokenFormat::Jwt).await;
    let tokens = server.code_flow(&browser, "app", "openid").await;
    let refreshed = server.refresh("app", &tokens.text("refresh_token")).await;
    for tokens in [tokens, refreshed] {
        let id = claims(&tokens.text("id_token"));
        assert_eq!((&id["preferred_username"], &id["aud"]), (&json!("ada"), &json!("app")));
        assert_eq!(id["groups"], json!(["dev", "grafana-admins"]));
        assert_eq!(userinfo(&server, &tokens).await, json!({ "sub": "u9" }));
    }
}

/// docs/clients/oauth2-proxy.md: `--oidc-groups-claim=groups`, `--allowed-group=dev`.
#[tokio::test(flavor = "multi_thread")]
async fn oauth2_proxy_finds_groups_and_a_verified_address_in_the_id_token() {
    let of_realm = json!([
        { "name": "groups", "from": "groups", "scope": "groups" }, { "name": "email", "from": "claim:email", "scope": "email" },
        { "name": "email_verified", "from": "claim:email_verified", "scope": "email" }
    ]);
    let (server, browser) = started(of_realm, json!([]), AccessTokenFormat::Jwt).await;
    let tokens = server.code_flow(&browser, "app", "openid email groups").await;
    let id = claims(&tokens.text("id_token"));
    assert_eq!(id["groups"], json!(["dev", "grafana-admins"]));
    assert_eq!((&id["email"], &id["email_verified"]), (&json!("alice@example.com"), &json!(true)));
}

/// docs/clients/keycloak.md: attribute importers, and roles where programs that were made for it look.
#[tokio::test(flavor = "multi_thread")]
async fn a_broker_finds_roles_and_attributes_where_its_mappers_look() {
    let of_client = json!([
        { "name": "realm_access.roles", "from": "roles", "in": ["id-token", "userinfo", "access-token"] },
        { "name": "resource_access.app.roles", "from": "organisation-roles", "in": ["userinfo"] },
        { "name": "beta", "from": "attribute:beta" }
    ]);
    let (server, browser) = started(json!([]), of_client, AccessTokenFormat::Jwt).await;
    let tokens = server.code_flow(&browser, "app", "openid").await;
    let [id, info, access] = everywhere(&server, &tokens).await;
    for said in [&id, &info, &access] {
        assert_eq!(said["realm_access"]["roles"], json!(["editor"]), "{said}");
    }
    assert_eq!(info["resource_access"]["app"]["roles"], json!({ "acme": ["owner"] }));
    assert_eq!((&id["beta"], access.get("beta")), (&json!(true), None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_through_the_browser_has_what_the_realm_makes() {
    use claviger_core::dialect::Legacy;
    let server = Server::with(|realm| {
        realm.dialect.permits.insert(Legacy::Implicit);
        realm.claims.rules = rules(json!([{ "name": "groups", "from": "groups", "in": ["access-token", "id-token"] }]));
    })
    .await;
    server.add_user(&ada()).await;
    let grants = [GrantType::AuthorizationCode, GrantType::Implicit].into();
    server.add_client(&Client { grants, legacy: [Legacy::Implicit].into(), ..client("app") }).await;
    let query = with(with(authorize_query("app", "openid"), "response_type", "id_token token"), "nonce", "n");
    let answer = Browser::of("ada").authorize(&server, &query).await.redirect_params();
    for token in [&answer["access_token"], &answer["id_token"]] {
        assert_eq!(claims(token)["groups"], json!(["dev", "grafana-admins"]));
    }
}
