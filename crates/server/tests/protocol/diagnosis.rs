//! What an error says: enough that nobody has to ask the vendor, and nothing to whom it does not concern.

use crate::common::{Browser, Reply, Server, VERIFIER, authorize_query, client};
use claviger_core::Client;
use claviger_core::client::{ClientKind, ClientStatus, GrantType};
use claviger_core::dialect::{Legacy, Reference};
use claviger_core::realm::{AccessTokenFormat, Api, SeatCount, SeatPool, SeatScope};
use claviger_store::{RevocationKind, Store};
use reqwest::Method;
use std::collections::BTreeSet;

async fn started() -> (Server, Browser) {
    let server = Server::start().await;
    server.add_client(&client("app")).await;
    server.add_client(&Client { kind: ClientKind::Public, ..client("spa") }).await;
    let browser = Browser::default();
    (server, browser)
}

fn said(reply: &Reply) -> String {
    reply.refused(400, "invalid_grant");
    reply.text("error_description")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unsupported_grant_type_and_one_that_the_client_may_not_use_list_those_that_work() {
    let server = Server::with(|realm| realm.dialect.permits = BTreeSet::from([Legacy::Password])).await;
    server.add_client(&Client { grants: BTreeSet::from([GrantType::ClientCredentials]), ..client("machine") }).await;
    let unknown = server.token("machine", &[("grant_type", "device")]).await;
    unknown.refused(400, "unsupported_grant_type");
    assert_eq!(
        unknown.text("error_description"),
        "this grant_type is not supported; here it is one of authorization_code, refresh_token, client_credentials, password, \
         urn:ietf:params:oauth:grant-type:device_code"
    );
    let barred = server.token("machine", &[("grant_type", "refresh_token"), ("refresh_token", "x")]).await;
    barred.refused(400, "unauthorized_client");
    assert!(barred.text("error_description").ends_with("it may use client_credentials"), "{}", barred.body);
    let strict = Server::start().await;
    strict.add_client(&client("app")).await;
    let unknown = strict.token("app", &[("grant_type", "password")]).await;
    assert!(!unknown.text("error_description").contains("client_credentials, password"), "{}", unknown.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_client_is_named_as_it_was_sent_escaped_and_bounded() {
    let (server, browser) = started().await;
    let page = browser.ask(&server, &authorize_query("flet-planner", "read")).await;
    page.is_page();
    assert!(page.body.contains("there is no client with the client_id flet-planner"), "{}", page.body);
    let nasty = format!("<script>\u{202e}{}", "x".repeat(200));
    let page = browser.ask(&server, &authorize_query(&nasty, "read")).await;
    page.is_page();
    assert!(page.body.contains("&lt;script&gt;") && !page.body.contains('\u{202e}'), "{}", page.body);
    assert!(!page.body.contains(&"x".repeat(60)), "{}", page.body);
    // Who has a secret to try hears the same of every client.
    let wrong =
        server.post("/token", &[("grant_type", "x"), ("client_id", "flet-planner"), ("client_secret", "x")]).await;
    wrong.refused(401, "invalid_client");
    assert!(!wrong.body.contains("flet-planner"), "{}", wrong.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_says_why_its_grant_ended_to_a_client_that_has_authenticated() {
    let (server, browser) = started().await;
    let refresh_token = async || server.code_flow(&browser, "app", "read").await.text("refresh_token");
    let until = server.now() + 3_600_000;

    let suspended = refresh_token().await;
    let set = async |status| server.store.set_client_status("test", "app", status, server.now(), until).await.unwrap();
    set(ClientStatus::Suspended).await;
    let stopped = async || server.refresh("app", &suspended).await.body.contains("the client is suspended");
    server.until(stopped).await;
    set(ClientStatus::Active).await;
    server.until(async || server.refresh("app", &suspended).await.body.contains("the app was suspended")).await;
    assert!(said(&server.refresh("app", &suspended).await).contains("ask the user again"));

    server.pass(1);
    let code = browser.authorize(&server, &authorize_query("app", "read")).await.code();
    let replayed = server.redeem("app", &code).await.text("refresh_token");
    server.redeem("app", &code).await.refused(400, "invalid_grant");
    assert!(said(&server.refresh("app", &replayed).await).contains("its authorization code was sent twice"));

    let first = refresh_token().await;
    let second = server.refresh("app", &first).await.text("refresh_token");
    server.refresh("app", &second).await;
    server.refresh("app", &first).await.refused(400, "invalid_grant");
    assert!(said(&server.refresh("app", &second).await).contains("was used again"));

    let own = refresh_token().await;
    server.revoke("app", &own).await;
    assert!(said(&server.refresh("app", &own).await).ends_with("the client revoked it"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_client_is_not_told_why() {
    let (server, browser) = started().await;
    let code = browser.authorize(&server, &authorize_query("spa", "read")).await.code();
    let redeem = async || {
        let form = [("grant_type", "authorization_code"), ("client_id", "spa"), ("code", code.as_str())];
        let more = [("redirect_uri", crate::common::CALLBACK), ("code_verifier", VERIFIER)];
        server.post("/token", &[&form[..], &more[..]].concat()).await
    };
    let refresh = redeem().await.text("refresh_token");
    redeem().await.refused(400, "invalid_grant");
    let form = [("grant_type", "refresh_token"), ("client_id", "spa"), ("refresh_token", refresh.as_str())];
    assert_eq!(said(&server.post("/token", &form).await), "the grant has been revoked");
}

/// RFC 7662 2.2: whoever asks for a token of another API hears that it is inactive, and nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn an_opaque_token_at_another_api_is_inactive_and_no_more_is_said() {
    let server = Server::with(|realm| {
        realm.tokens.access_token = AccessTokenFormat::Opaque;
        let other = Api { audience: "https://other.example".into(), ..realm.apis[0].clone() };
        realm.apis.push(other);
    })
    .await;
    server.add_client(&client("app")).await;
    server.add_client(&Client { resource_server: Some("https://api.example".into()), ..client("api") }).await;
    server.add_client(&Client { resource_server: Some("https://other.example".into()), ..client("other") }).await;
    let token =
        server.token("app", &[("grant_type", "client_credentials"), ("scope", "read")]).await.text("access_token");
    assert!(server.is_active("api", &token).await);
    assert_eq!(server.introspect("other", &token).await.body, r#"{"active":false}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reference_is_in_header_and_error_unless_the_dialect_leaves_it_out() {
    let server = Server::start().await;
    server.add_client(&client("app")).await;
    for (path, method) in
        [("/token", Method::POST), ("/revoke", Method::POST), ("/introspect", Method::POST), ("/token", Method::PUT)]
    {
        let reply = server.send(method, path, &[("content-type", "application/x-www-form-urlencoded")], "a=b").await;
        assert_eq!(reply.text("reference"), reply.header("x-request-id"), "{path}: {}", reply.body);
        assert_eq!(reply.text("reference").len(), 13);
    }
    let reply = server.bearer(Method::GET, "/userinfo", "nonsense").await;
    assert_eq!((reply.status.as_u16(), reply.text("reference").as_str()), (401, reply.header("x-request-id")));
    let nothing = server.send(Method::GET, "/nothing", &[], "").await;
    assert_eq!((nothing.status.as_u16(), nothing.text("reference").as_str()), (404, nothing.header("x-request-id")));

    let server = Server::with(|realm| realm.dialect.token.errors.reference = Reference::LeftOut).await;
    for reply in [server.post("/token", &[("a", "b")]).await, server.bearer(Method::GET, "/userinfo", "nonsense").await]
    {
        let members: Vec<String> = reply.json().as_object().unwrap().keys().cloned().collect();
        assert_eq!(members, ["error", "error_description"]);
        assert_eq!(reply.header("x-request-id").len(), 13);
    }
}

/// A pool that counts users: a client that acts for itself is one, however often it asks.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_without_a_user_takes_one_seat_of_a_pool_of_users() {
    let server = Server::with(|realm| {
        let pool = SeatPool { name: "full".into(), size: 2, count: SeatCount::User, per: SeatScope::Realm };
        realm.seat_pools.push(pool);
        realm.scopes.iter_mut().find(|scope| scope.name == "write").unwrap().seat = Some("full".into());
    })
    .await;
    for id in ["one", "two", "three"] {
        server.add_client(&client(id)).await;
    }
    let ask = async |id: &str| server.token(id, &[("grant_type", "client_credentials"), ("scope", "write")]).await;
    let mut last = String::new();
    for _ in 0..5 {
        let reply = ask("one").await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        last = reply.text("access_token");
    }
    let holders = async |store: &Store| {
        let held = store.seats("test", server.now()).await.unwrap();
        held.into_iter().map(|seat| seat.holder).collect::<BTreeSet<_>>()
    };
    assert_eq!(holders(&server.store).await, BTreeSet::from(["one".to_owned()]));
    assert_eq!(ask("two").await.status, 200);
    ask("three").await.refused(400, "access_denied");
    // The seat is released by the client's name, with everything that holds it.
    let until = server.now() + 3_600_000;
    assert_eq!(server.store.release_seat("test", "full", "", "one", server.now(), until).await.unwrap(), 5);
    server.until(async || !server.is_active("one", &last).await).await;
    assert_eq!(ask("three").await.status, 200);
    let revoked = server.store.revocations_after(Some("test"), 0, 100).await.unwrap();
    assert!(revoked.items.iter().all(|item| item.kind == RevocationKind::Grant), "nobody else lost anything");
}
