//! Seats: licences of a pool, taken with a token and given back when its session ends.

use crate::common::{Browser, NOW, Reply, Server, client, user};
use claviger_core::client::GrantType;
use claviger_core::dialect::{Endpoint, Legacy, OrganisationChoice, Place};
use claviger_core::realm::{Realm, SeatCount, SeatPool, SeatScope};
use claviger_core::span::Span;
use claviger_core::user::Organisation;
use claviger_core::{Client, User};
use reqwest::Method;

/// `write` takes one of two licences, `read` takes none; a session lives 20 minutes.
fn licences(realm: &mut Realm) {
    realm.seat_pools.push(SeatPool { name: "full".into(), size: 2, count: SeatCount::Session, per: SeatScope::Realm });
    realm.scopes.iter_mut().find(|scope| scope.name == "write").unwrap().seat = Some("full".into());
    realm.dialect.refresh.for_client_credentials = true;
    realm.tokens.refresh_idle = Span::seconds(1200);
    let place = Place::at("/logoff");
    realm.dialect.endpoints.at.insert(Endpoint::Logoff, place);
}

async fn started(adapt: impl FnOnce(&mut Realm)) -> Server {
    let server = Server::with(|realm| {
        licences(realm);
        adapt(realm);
    })
    .await;
    for name in ["one", "two", "three"] {
        server.add_user(&user(name, name)).await;
        server.add_client(&Client { acts_as: Some(name.into()), ..client(name) }).await;
    }
    server
}

async fn log_on(server: &Server, id: &str) -> Reply {
    server.token(id, &[("grant_type", "client_credentials"), ("scope", "write")]).await
}

async fn held(server: &Server) -> usize {
    server.store.seats("test", server.now()).await.unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_takes_a_seat_and_without_a_free_one_there_is_no_token() {
    let server = started(|_| {}).await;
    assert_eq!(log_on(&server, "one").await.status, 200);
    assert_eq!(log_on(&server, "one").await.status, 200);
    let refused = log_on(&server, "two").await;
    refused.refused(400, "access_denied");
    assert!(refused.text("error_description").contains("2 of 2"), "{}", refused.body);
    assert_eq!(held(&server).await, 2);
    let view = server.token("two", &[("grant_type", "client_credentials"), ("scope", "read")]).await;
    assert_eq!(view.status, 200, "a scope that takes none");
    assert_eq!(held(&server).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_may_count_users() {
    let server = started(|realm| realm.seat_pools[0].count = SeatCount::User).await;
    for _ in 0..3 {
        assert_eq!(log_on(&server, "one").await.status, 200);
    }
    assert_eq!(log_on(&server, "two").await.status, 200);
    log_on(&server, "three").await.refused(400, "access_denied");
}

#[tokio::test(flavor = "multi_thread")]
async fn log_off_frees_the_seat_and_kills_the_sessions_tokens() {
    let server = started(|_| {}).await;
    let (first, _) = (log_on(&server, "one").await, log_on(&server, "two").await);
    let off = server.bearer(Method::POST, "/logoff", &first.text("access_token")).await;
    assert_eq!((off.status.as_u16(), off.body.as_str()), (204, ""));
    assert!(!server.is_active("one", &first.text("access_token")).await);
    server.refresh("one", &first.text("refresh_token")).await.refused(400, "invalid_grant");
    assert_eq!(log_on(&server, "three").await.status, 200);
    let again = server.bearer(Method::POST, "/logoff", &first.text("access_token")).await;
    assert_eq!(again.status, 401);
    let nobody = server.send(Method::POST, "/logoff", &[], "").await;
    assert_eq!((nobody.status.as_u16(), nobody.body.as_str()), (401, ""));
    assert_eq!(nobody.header("www-authenticate"), "Bearer realm=\"test\"");
    let get = server.bearer(Method::GET, "/logoff", "x").await;
    assert_eq!((get.status.as_u16(), get.header("allow")), (405, "POST"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seat_ends_with_its_session_and_a_refresh_extends_both() {
    let server = started(|_| {}).await;
    let (first, _second) = (log_on(&server, "one").await, log_on(&server, "two").await);
    server.pass(1199);
    let refreshed = server.refresh("one", &first.text("refresh_token")).await;
    assert_eq!(refreshed.status, 200, "{}", refreshed.body);
    log_on(&server, "three").await.refused(400, "access_denied");
    server.pass(1);
    assert_eq!(held(&server).await, 1, "the one that was not refreshed is over");
    assert_eq!(log_on(&server, "three").await.status, 200);
    log_on(&server, "two").await.refused(400, "access_denied");
}

#[tokio::test(flavor = "multi_thread")]
async fn revoking_suspending_and_releasing_free_the_seat() {
    let server = started(|_| {}).await;
    let first = log_on(&server, "one").await;
    server.revoke("one", &first.text("refresh_token")).await;
    assert_eq!(held(&server).await, 0);
    let second = log_on(&server, "one").await;
    log_on(&server, "two").await;
    assert_eq!(held(&server).await, 2);
    let seats = server.store.seats("test", server.now()).await.unwrap();
    let seat = seats.iter().find(|seat| seat.client == "one").unwrap();
    let until = server.now() + 3_600_000;
    let ended = server.store.release_seat("test", "full", "", &seat.holder, server.now(), until).await.unwrap();
    assert_eq!(ended, 1);
    server.until(async || !server.is_active("one", &second.text("access_token")).await).await;
    server.refresh("one", &second.text("refresh_token")).await.refused(400, "invalid_grant");
    let status = claviger_core::client::ClientStatus::Suspended;
    server.store.set_client_status("test", "two", status, server.now(), until).await.unwrap();
    assert_eq!(held(&server).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_finds_no_seat_can_be_tried_again() {
    let server = started(|realm| realm.tokens.code_ttl = Span::seconds(600)).await;
    server.add_client(&client("app")).await;
    let (first, _) = (log_on(&server, "one").await, log_on(&server, "two").await);
    let browser = Browser::default();
    let code = browser.authorize(&server, &crate::common::authorize_query("app", "write")).await.code();
    server.redeem("app", &code).await.refused(400, "access_denied");
    server.revoke("one", &first.text("refresh_token")).await;
    assert_eq!(server.redeem("app", &code).await.status, 200);
    server.redeem("app", &code).await.refused(400, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_organisation_may_have_a_pool_of_its_own() {
    let server = started(|realm| {
        realm.seat_pools[0].per = SeatScope::Organisation;
        realm.seat_pools[0].size = 1;
        realm.dialect.organisation = OrganisationChoice::One;
        realm.dialect.permits.insert(Legacy::Password);
    })
    .await;
    for id in ["north", "south"] {
        let organisation = Organisation { id: id.into(), name: id.into(), kind: "site".into() };
        server.store.put_organisation("test", &organisation, NOW).await.unwrap();
    }
    for (id, site) in [("s1", "north"), ("s2", "north"), ("s3", "south")] {
        server.add_user(&User { service: true, organisations: vec![site.into()], ..user(id, id) }).await;
    }
    let mut old = client("old");
    old.grants.insert(GrantType::Password);
    old.legacy.insert(Legacy::Password);
    server.add_client(&old).await;
    let log_on = async |name: &str| {
        let form =
            [("grant_type", "password"), ("username", name), ("password", crate::common::PASSWORD), ("scope", "write")];
        server.token("old", &form).await
    };
    assert_eq!(log_on("s1").await.status, 200);
    log_on("s2").await.refused(400, "access_denied");
    assert_eq!(log_on("s3").await.status, 200);
    assert_eq!(held(&server).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_that_takes_a_seat_is_not_had_through_implicit() {
    let server = started(|realm| {
        realm.dialect.permits.insert(Legacy::Implicit);
    })
    .await;
    let mut app = client("app");
    app.grants.insert(GrantType::Implicit);
    app.legacy.insert(Legacy::Implicit);
    server.add_client(&app).await;
    let query = crate::common::with(crate::common::authorize_query("app", "write"), "response_type", "token");
    let answer = Browser::default().authorize(&server, &query).await;
    answer.sent_back(&server, "invalid_scope");
    assert_eq!(held(&server).await, 0);
}
