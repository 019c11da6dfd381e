//! Pairwise subjects (OpenID Connect Core 8.1): one name for each sector, everywhere where a client hears of a user.

use crate::common::{Browser, Reply, Server, authorize_query, claims, client, user, with};
use claviger_core::User;
use claviger_core::client::{Client, GrantType, Identity, SubjectType};
use claviger_core::dialect::Legacy;
use claviger_core::realm::AccessTokenFormat;
use reqwest::Method;
use serde_json::{Value, json};

const OTHER: &str = "https://other.example/cb";

fn pairwise(id: &str) -> Client {
    Client { identity: Identity { subject_type: SubjectType::Pairwise, ..Identity::default() }, ..client(id) }
}

async fn started() -> (Server, Browser) {
    let server = Server::with(|realm| realm.dialect.permits.extend([Legacy::Implicit])).await;
    server.add_client(&pairwise("app")).await;
    server.add_client(&client("plain")).await;
    (server, Browser::default())
}

/// How the client hears of its user: ID token, userinfo, introspection of access and refresh token; all of them the same.
async fn name(server: &Server, client: &str, tokens: &Reply) -> String {
    let id = claims(&tokens.text("id_token"))["sub"].as_str().unwrap().to_owned();
    let info = server.bearer(Method::GET, "/userinfo", &tokens.text("access_token")).await;
    assert_eq!((info.status.as_u16(), &info.json()["sub"]), (200, &json!(id)));
    for token in ["access_token", "refresh_token"] {
        let said = server.introspect(client, &tokens.text(token)).await.json();
        assert_eq!(
            (&said["active"], &said["sub"], &said["sub_type"]),
            (&json!(true), &json!(id), &json!("user")),
            "{said}"
        );
    }
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_has_one_name_in_a_sector_and_another_in_the_next() {
    let (server, browser) = started().await;
    let first = server.code_flow(&browser, "app", "openid email").await;
    let app = name(&server, "app", &first).await;
    assert!(app != "u1" && app.len() <= 255 && app.is_ascii() && app.starts_with('~'), "{app}");
    let refreshed = server.refresh("app", &first.text("refresh_token")).await;
    assert_eq!(name(&server, "app", &refreshed).await, app, "it stays");
    assert_eq!(name(&server, "plain", &server.code_flow(&browser, "plain", "openid").await).await, "u1");
    // Of the same host: the same sector.
    server.add_client(&pairwise("sister")).await;
    assert_eq!(name(&server, "sister", &server.code_flow(&browser, "sister", "openid").await).await, app);
    // Another host, another name; another user as well.
    let redirect_uris = vec![OTHER.to_owned().try_into().unwrap()];
    server.add_client(&Client { redirect_uris, ..pairwise("far") }).await;
    let query = with(authorize_query("far", "openid"), "redirect_uri", OTHER);
    let code = browser.authorize(&server, &query).await.code();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &*code),
        ("redirect_uri", OTHER),
        ("code_verifier", crate::common::VERIFIER),
    ];
    assert_ne!(name(&server, "far", &server.token("far", &form).await).await, app);
    server.add_user(&user("u2", "bob")).await;
    assert_ne!(name(&server, "app", &server.code_flow(&Browser::of("bob"), "app", "openid").await).await, app);
    // No client of another sector hears of it, whatever it is called.
    server.add_client(&client(&app.replace('~', "p")[..40])).await;
    let own = server.token("app", &[("grant_type", "client_credentials"), ("scope", "read")]).await;
    let said = server.introspect("app", &own.text("access_token")).await.json();
    assert_eq!((&said["sub"], &said["sub_type"]), (&json!("app"), &json!("client")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_name_outlives_a_restart_and_a_new_token_key() {
    let folder = crate::common::Folder::new();
    let server = Server::at(&folder.url(), |_| {}).await;
    server.add_client(&pairwise("app")).await;
    let before = claims(&server.code_flow(&Browser::default(), "app", "openid").await.text("id_token"))["sub"].clone();
    let rotated = claviger_server::secrets::rotate_token_key(&server.store, &server.master, true, server.now()).await;
    assert_eq!(rotated.unwrap(), Some(1));
    let server = server.restart().await;
    let after = claims(&server.code_flow(&Browser::default(), "app", "openid").await.text("id_token"))["sub"].clone();
    assert_eq!(before, after);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_access_token_has_the_name_and_is_the_users_all_the_same() {
    let (server, browser) = started().await;
    let signed = Client { access_token: Some(AccessTokenFormat::Jwt), ..pairwise("signed") };
    server.add_client(&signed).await;
    let tokens = server.code_flow(&browser, "signed", "openid").await;
    let sub = name(&server, "signed", &tokens).await;
    let said = claims(&tokens.text("access_token"));
    assert_eq!((&said["sub"], &said["sub_type"]), (&json!(sub), &json!("user")));
    assert!(!said.to_string().contains("\"u1\""), "{said}");
    server.store.disable_user("test", "u1", true, server.now(), server.now() + 1_000_000).await.unwrap();
    server
        .until(async || server.bearer(Method::GET, "/userinfo", &tokens.text("access_token")).await.status == 401)
        .await;
    server.until(async || !server.is_active("signed", &tokens.text("access_token")).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reference_is_what_a_pairwise_client_gets_unless_it_says_otherwise() {
    let (server, browser) = started().await;
    let tokens = server.code_flow(&browser, "app", "openid").await;
    assert!(!tokens.text("access_token").contains('.'), "offline nobody could tell who was turned out");
    server.store.disable_user("test", "u1", true, server.now(), server.now() + 1_000_000).await.unwrap();
    server.until(async || !server.is_active("app", &tokens.text("access_token")).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hints_and_the_subject_that_is_asked_for_are_by_the_clients_own_name() {
    let (server, browser) = started().await;
    let tokens = server.code_flow(&browser, "app", "openid").await;
    let hint = tokens.text("id_token");
    let sub = claims(&hint)["sub"].as_str().unwrap().to_owned();
    let silent = with(authorize_query("app", "openid"), "prompt", "none");
    browser.ask(&server, &with(silent.clone(), "id_token_hint", &hint)).await.code();
    let wish = |sub: &str| json!({ "id_token": { "sub": { "value": sub } } }).to_string();
    browser.ask(&server, &with(silent.clone(), "claims", &wish(&sub))).await.code();
    // Neither the user's id nor a name of another sector leads to them.
    let redirect_uris = vec![OTHER.to_owned().try_into().unwrap()];
    server.add_client(&Client { redirect_uris, ..pairwise("far") }).await;
    let query = with(authorize_query("far", "openid"), "redirect_uri", OTHER);
    let code = browser.authorize(&server, &query).await.code();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &*code),
        ("redirect_uri", OTHER),
        ("code_verifier", crate::common::VERIFIER),
    ];
    let far = claims(&server.token("far", &form).await.text("id_token"))["sub"].as_str().unwrap().to_owned();
    for foreign in ["u1", &far, "~", "~AAAA", "nobody"] {
        let query = with(silent.clone(), "claims", &wish(foreign));
        browser.ask(&server, &query).await.sent_back(&server, "login_required");
    }
    // A client that knows its users by their ids is not asked by a name.
    let plain = with(silent.clone(), "client_id", "plain");
    server.code_flow(&browser, "plain", "openid").await;
    browser.ask(&server, &with(plain.clone(), "claims", &wish(&sub))).await.sent_back(&server, "login_required");
    browser.ask(&server, &with(plain, "claims", &wish("u1"))).await.code();
    // Somebody else is signed in.
    server.add_user(&User { ..user("u2", "bob") }).await;
    let bob = Browser::of("bob");
    server.code_flow(&bob, "app", "openid").await;
    bob.ask(&server, &with(silent, "id_token_hint", &hint)).await.sent_back(&server, "login_required");
}

#[tokio::test(flavor = "multi_thread")]
async fn logging_out_with_a_hint_ends_the_session_at_once() {
    let (server, browser) = started().await;
    let back = "https://app.example/bye";
    server.add_client(&Client { post_logout_redirect_uris: vec![back.into()], ..pairwise("shop") }).await;
    let tokens = server.code_flow(&browser, "shop", "openid").await;
    let path = format!("/logout?id_token_hint={}&post_logout_redirect_uri={back}", tokens.text("id_token"));
    let reply = browser.get(&server, &path).await;
    assert_eq!((reply.status.as_u16(), reply.header("location")), (303, back), "{}", reply.body);
    let silent = with(authorize_query("app", "openid"), "prompt", "none");
    browser.ask(&server, &silent).await.sent_back(&server, "login_required");
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_through_the_browser_have_the_name_too() {
    let (server, browser) = started().await;
    let grants = [GrantType::AuthorizationCode, GrantType::Implicit].into();
    let client = Client { grants, legacy: [Legacy::Implicit].into(), ..pairwise("spa") };
    server.add_client(&client).await;
    let query = with(with(authorize_query("spa", "openid"), "response_type", "id_token token"), "nonce", "n");
    let answer = browser.authorize(&server, &query).await.redirect_params();
    let sub: Value = claims(&answer["id_token"])["sub"].clone();
    assert!(sub.as_str().unwrap().starts_with('~'));
    let info = server.bearer(Method::GET, "/userinfo", &answer["access_token"]).await.json();
    assert_eq!(info["sub"], sub);
    let app = server.code_flow(&browser, "app", "openid").await;
    assert_eq!(claims(&app.text("id_token"))["sub"], sub, "of one sector");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_metadata_names_both_kinds_of_subject() {
    let (server, _) = started().await;
    let found = server.send(Method::GET, "/.well-known/openid-configuration", &[], "").await.json();
    assert_eq!(found["subject_types_supported"], json!(["public", "pairwise"]));
}
