//! The claims about a user (OpenID Connect Core 5): by scope, by name, with values, in languages, at userinfo and in ID tokens.

use crate::common::{Browser, Reply, Server, authorize_query, claims, client, user, with};
use claviger_core::client::{Client, IdTokenClaims};
use claviger_core::dialect::Legacy;
use claviger_core::realm::{Realm, Scope};
use claviger_core::user::Details;
use claviger_core::{ScopeSet, User};
use reqwest::Method;
use serde_json::{Value, json};

const ALL: &str = "openid profile email address phone";

/// Adds scopes to a realm.
pub(super) fn add_scopes(realm: &mut Realm, names: &[&str]) {
    realm.scopes.extend(names.iter().map(|name| Scope {
        name: (*name).to_owned(),
        sentence: format!("use {name}"),
        sensitive: false,
        api: None,
        implicit: true,
        seat: None,
    }));
}

/// A user of whom everything is known.
fn ada() -> User {
    let details = json!({
        "claims": {
            "middle_name": "King", "nickname": "A", "profile": "https://people.example/ada",
            "picture": "https://people.example/ada.png", "website": "https://ada.example", "gender": "female",
            "birthdate": "1815-12-10", "zoneinfo": "Europe/London", "locale": "en-GB",
            "phone_number": "+44 20 7946 0958", "phone_number_verified": true,
            "address": { "street_address": "12 St James's Square", "locality": "London", "country": "GB" },
            "name#de": "Gräfin Ada Lovelace", "name#ja-Kana-JP": "エイダ", "nickname#de": "Adchen"
        },
        "updated_at": 1_790_000_000
    });
    User {
        name: Some("Ada Lovelace".into()),
        given_name: Some("Ada".into()),
        family_name: Some("Lovelace".into()),
        email: Some("ada@example.com".into()),
        email_verified: true,
        details: serde_json::from_value::<Details>(details).unwrap(),
        ..user("u9", "ada")
    }
}

fn everything() -> Value {
    json!({
        "sub": "u9", "name": "Ada Lovelace", "given_name": "Ada", "family_name": "Lovelace", "middle_name": "King",
        "nickname": "A", "preferred_username": "ada", "profile": "https://people.example/ada",
        "picture": "https://people.example/ada.png", "website": "https://ada.example", "gender": "female",
        "birthdate": "1815-12-10", "zoneinfo": "Europe/London", "locale": "en-GB", "updated_at": 1_790_000_000,
        "email": "ada@example.com", "email_verified": true,
        "phone_number": "+44 20 7946 0958", "phone_number_verified": true,
        "address": { "street_address": "12 St James's Square", "locality": "London", "country": "GB" }
    })
}

/// Some members of what is known.
fn only(names: &[&str]) -> Value {
    let all = everything();
    std::iter::once(&"sub").chain(names).map(|name| ((*name).to_owned(), all[*name].clone())).collect()
}

fn app() -> Client {
    Client { scope: ScopeSet::parse(&format!("{ALL} offline_access read write")).unwrap(), ..client("app") }
}

async fn started(client: Client) -> (Server, Browser) {
    let server = Server::with(|realm| {
        add_scopes(realm, &["address", "phone"]);
        realm.claims.locales = vec!["de".into(), "ja-Kana-JP".into()];
        realm.dialect.permits.insert(Legacy::Implicit);
    })
    .await;
    server.add_user(&ada()).await;
    server.add_client(&client).await;
    (server, Browser::of("ada"))
}

async fn userinfo(server: &Server, tokens: &Reply) -> Value {
    server.bearer(Method::GET, "/userinfo", &tokens.text("access_token")).await.json()
}

/// The tokens of a request with `claims` for a scope.
async fn asked(server: &Server, browser: &Browser, scope: &str, claims: &Value) -> Reply {
    let query = with(authorize_query("app", scope), "claims", &claims.to_string());
    server.redeem("app", &browser.authorize(server, &query).await.code()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_scope_brings_its_claims_and_no_others() {
    let (server, browser) = started(app()).await;
    let tokens = server.code_flow(&browser, "app", ALL).await;
    assert_eq!(userinfo(&server, &tokens).await, everything());
    let id = claims(&tokens.text("id_token"));
    for absent in ["name", "email", "address", "phone_number", "birthdate", "updated_at"] {
        assert!(id.get(absent).is_none(), "at userinfo only: {id}");
    }
    for (scope, expected) in [
        ("openid", only(&[])),
        ("openid email", only(&["email", "email_verified"])),
        ("openid address", only(&["address"])),
        ("openid phone", only(&["phone_number", "phone_number_verified"])),
    ] {
        let tokens = server.code_flow(&browser, "app", scope).await;
        assert_eq!(userinfo(&server, &tokens).await, expected, "{scope}");
    }
    let tokens = server.code_flow(&browser, "app", "openid profile").await;
    let said = userinfo(&server, &tokens).await;
    assert_eq!((said.get("email"), said.get("address"), said.get("phone_number")), (None, None, None));
    assert_eq!(said.as_object().unwrap().len(), 15);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_token_that_comes_alone_has_the_claims_of_the_scope() {
    let grants = [claviger_core::client::GrantType::AuthorizationCode, claviger_core::client::GrantType::Implicit];
    let client = Client { grants: grants.into(), legacy: [Legacy::Implicit].into(), ..app() };
    let (server, browser) = started(client).await;
    let query = with(with(authorize_query("app", ALL), "response_type", "id_token"), "nonce", "n");
    let alone = claims(&browser.authorize(&server, &query).await.redirect_params()["id_token"]);
    for (name, value) in everything().as_object().unwrap() {
        assert_eq!(alone[name], *value, "{name}");
    }
    let query = with(query, "response_type", "id_token token");
    let beside = claims(&browser.authorize(&server, &query).await.redirect_params()["id_token"]);
    assert!(beside.get("name").is_none() && beside.get("address").is_none(), "userinfo has them: {beside}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_may_have_the_claims_of_its_scopes_in_every_id_token() {
    let (server, browser) = started(Client { id_token_claims: IdTokenClaims::Scope, ..app() }).await;
    let tokens = server.code_flow(&browser, "app", ALL).await;
    let refreshed = server.refresh("app", &tokens.text("refresh_token")).await;
    for tokens in [tokens, refreshed] {
        let id = claims(&tokens.text("id_token"));
        for (name, value) in everything().as_object().unwrap() {
            assert_eq!(id[name], *value, "{name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_standard_claim_can_be_asked_for_by_name_without_its_scope() {
    let (server, browser) = started(app()).await;
    let all = everything();
    let names: Vec<&String> = all.as_object().unwrap().keys().filter(|name| *name != "sub").collect();
    let wish: Value = names.iter().map(|name| ((*name).clone(), json!({ "essential": true }))).collect();
    let tokens = asked(&server, &browser, "openid", &json!({ "userinfo": wish.clone(), "id_token": wish })).await;
    assert_eq!(tokens.text("scope"), "openid");
    assert_eq!(userinfo(&server, &tokens).await, all);
    let id = claims(&tokens.text("id_token"));
    for name in names {
        assert_eq!(id[name], all[name], "{name}");
    }
    // Each where it was asked for, and there alone.
    let wish = json!({ "userinfo": { "name": null }, "id_token": { "email_verified": null } });
    let tokens = asked(&server, &browser, "openid", &wish).await;
    assert_eq!(userinfo(&server, &tokens).await, only(&["name"]));
    let id = claims(&tokens.text("id_token"));
    assert_eq!((&id["email_verified"], id.get("name"), id.get("email")), (&json!(true), None, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn essential_is_no_error_where_a_claim_is_not_there_and_a_value_is_met_or_left_out() {
    let (server, browser) = started(app()).await;
    let plain = Browser::default();
    let wish = json!({ "userinfo": { "birthdate": { "essential": true }, "unheard_of": { "essential": true } } });
    let tokens = asked(&server, &plain, "openid", &wish).await;
    assert_eq!(userinfo(&server, &tokens).await, json!({ "sub": "u1" }));
    let wish = json!({
        "userinfo": {
            "locale": { "value": "en-GB" }, "gender": { "value": "male" },
            "zoneinfo": { "values": ["Europe/Paris", "Europe/London"] }, "nickname": { "values": ["B"], "essential": true },
            "email_verified": { "value": true }, "name": { "value": "Ada Lovelace" }
        },
        "id_token": { "email_verified": { "value": false }, "name": { "values": ["Ada Lovelace"] } }
    });
    let tokens = asked(&server, &browser, "openid", &wish).await;
    assert_eq!(userinfo(&server, &tokens).await, only(&["locale", "zoneinfo", "email_verified", "name"]));
    let id = claims(&tokens.text("id_token"));
    assert_eq!((id.get("email_verified"), &id["name"]), (None, &json!("Ada Lovelace")));
}

#[tokio::test(flavor = "multi_thread")]
async fn claims_whose_scope_the_client_may_not_have_are_not_told() {
    let narrow = Client { scope: ScopeSet::parse("openid email").unwrap(), ..client("app") };
    let (server, browser) = started(narrow).await;
    let wish =
        json!({ "userinfo": { "name": null, "email": null, "address": null }, "id_token": { "nickname": null } });
    let tokens = asked(&server, &browser, "openid", &wish).await;
    assert_eq!(userinfo(&server, &tokens).await, only(&["email"]));
    assert!(claims(&tokens.text("id_token")).get("nickname").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn languages_come_where_claims_locales_or_a_name_asks_for_them() {
    let (server, browser) = started(app()).await;
    let redeem = async |query: &[(String, String)]| {
        let code = browser.authorize(&server, query).await.code();
        server.redeem("app", &code).await
    };
    let query = authorize_query("app", "openid profile");
    let german = redeem(&with(query.clone(), "claims_locales", "fr de en")).await;
    let said = userinfo(&server, &german).await;
    assert_eq!(said["name"], "Ada Lovelace");
    assert_eq!((&said["name#de"], &said["nickname#de"]), (&json!("Gräfin Ada Lovelace"), &json!("Adchen")));
    assert!(said.get("name#ja-Kana-JP").is_none());
    let none = redeem(&query).await;
    assert!(userinfo(&server, &none).await.as_object().unwrap().keys().all(|name| !name.contains('#')));
    let japanese = redeem(&with(query.clone(), "claims_locales", "ja-Kana-JP")).await;
    assert_eq!(userinfo(&server, &japanese).await["name#ja-Kana-JP"], "エイダ");
    // After a refresh as before.
    let refreshed = server.refresh("app", &japanese.text("refresh_token")).await;
    assert_eq!(userinfo(&server, &refreshed).await["name#ja-Kana-JP"], "エイダ");
    // What is no list of tags, and tags that nobody speaks, are no error.
    for odd in ["x", "de_DE !!", "tlh", &"de ".repeat(500)] {
        let tokens = redeem(&with(query.clone(), "claims_locales", odd)).await;
        assert_eq!(userinfo(&server, &tokens).await["name"], "Ada Lovelace", "{odd}");
    }
    // By name, in the ID token as well; without the language that is told elsewhere.
    let wish = json!({ "userinfo": { "name#de": null }, "id_token": { "nickname#de": null, "name#fr": { "essential": true } } });
    let tokens = asked(&server, &browser, "openid", &wish).await;
    assert_eq!(userinfo(&server, &tokens).await, json!({ "sub": "u9", "name#de": "Gräfin Ada Lovelace" }));
    let id = claims(&tokens.text("id_token"));
    assert_eq!((&id["nickname#de"], id.get("nickname"), id.get("name#fr")), (&json!("Adchen"), None, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn acr_values_are_answered_with_acr() {
    let (server, browser) = started(app()).await;
    let query = with(authorize_query("app", "openid"), "acr_values", "urn:other 1");
    let tokens = server.redeem("app", &browser.authorize(&server, &query).await.code()).await;
    assert_eq!(claims(&tokens.text("id_token"))["acr"], "1");
    let tokens = server.code_flow(&browser, "app", "openid").await;
    assert!(claims(&tokens.text("id_token")).get("acr").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_metadata_names_the_claims_that_the_scopes_bring() {
    let (server, _) = started(app()).await;
    let found = server.send(Method::GET, "/.well-known/openid-configuration", &[], "").await.json();
    let supported = found["claims_supported"].as_array().unwrap();
    for name in everything().as_object().unwrap().keys() {
        assert!(supported.contains(&json!(name)), "{name}");
    }
    assert_eq!(found["claims_locales_supported"], json!(["de", "ja-Kana-JP"]));
    assert_eq!(
        (&found["claim_types_supported"], &found["claims_parameter_supported"]),
        (&json!(["normal"]), &json!(true))
    );
    let scopes = found["scopes_supported"].as_array().unwrap();
    assert!(["openid", "profile", "email", "address", "phone"].iter().all(|scope| scopes.contains(&json!(scope))));
    // A realm without these scopes does not name their claims.
    let small = Server::start().await;
    let found = small.send(Method::GET, "/.well-known/openid-configuration", &[], "").await.json();
    let supported = found["claims_supported"].as_array().unwrap();
    assert!(!supported.contains(&json!("address")) && !supported.contains(&json!("phone_number")));
    assert!(supported.contains(&json!("birthdate")) && found.get("claims_locales_supported").is_none());
}
