//! Many at once, restarts, and clocks that jump: what must hold whatever happens (the faults of one process on SQLite).

use crate::common::{Browser, Folder, Reply, Server, authorize_query, client, redemption};
use claviger_core::Client;
use claviger_core::client::ClientStatus;
use claviger_core::realm::{AccessTokenFormat, SeatCount, SeatPool, SeatScope};
use claviger_store::{Options, Store};
use std::sync::Arc;

const CALLERS: usize = 64;

/// Starts all callers at once and waits for all.
async fn all_at_once<F>(calls: impl Iterator<Item = F>) -> Vec<Reply>
where
    F: Future<Output = Reply> + Send + 'static,
{
    let tasks: Vec<_> = calls.map(tokio::spawn).collect();
    let mut replies = Vec::new();
    for task in tasks {
        replies.push(task.await.unwrap());
    }
    replies
}

fn won(replies: &[Reply]) -> Vec<&Reply> {
    assert!(replies.iter().all(|reply| !reply.status.is_server_error()), "{replies:?}");
    replies.iter().filter(|reply| reply.status == 200).collect()
}

async fn started() -> Arc<Server> {
    let server = Server::start().await;
    server.add_client(&client("app")).await;
    Arc::new(server)
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_callers_with_one_code_one_wins() {
    let server = started().await;
    let code = Browser::default().authorize(&server, &authorize_query("app", "read")).await.code();
    let replies = all_at_once((0..CALLERS).map(|_| {
        let (server, code) = (Arc::clone(&server), code.clone());
        async move { server.token("app", &redemption(&code)).await }
    }))
    .await;
    let winners = won(&replies);
    assert_eq!(winners.len(), 1);
    for loser in replies.iter().filter(|reply| reply.status != 200) {
        loser.refused(400, "invalid_grant");
    }
    // The others were replays, and took back what it gave (57).
    assert!(!server.is_active("app", &winners[0].text("access_token")).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_callers_with_one_refresh_token_all_get_one_successor() {
    let server = started().await;
    let tokens = server.code_flow(&Browser::default(), "app", "read").await;
    let refresh = tokens.text("refresh_token");
    let replies = all_at_once((0..CALLERS).map(|_| {
        let (server, refresh) = (Arc::clone(&server), refresh.clone());
        async move { server.refresh("app", &refresh).await }
    }))
    .await;
    let winners = won(&replies);
    assert_eq!(winners.len(), CALLERS, "a retry is no theft");
    assert!(winners.iter().all(|reply| reply.body == winners[0].body), "never a branch");
    assert_eq!(server.refresh("app", &winners[0].text("refresh_token")).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_callers_for_the_last_seat_one_gets_it() {
    let server = Server::with(|realm| {
        let pool = SeatPool { name: "full".into(), size: 3, count: SeatCount::Session, per: SeatScope::Realm };
        realm.seat_pools.push(pool);
        realm.scopes.iter_mut().find(|scope| scope.name == "write").unwrap().seat = Some("full".into());
        realm.dialect.refresh.for_client_credentials = true;
    })
    .await;
    server.add_client(&client("app")).await;
    let server = Arc::new(server);
    let form = [("grant_type", "client_credentials"), ("scope", "write")];
    for _ in 0..2 {
        assert_eq!(server.token("app", &form).await.status, 200);
    }
    let replies = all_at_once((0..CALLERS).map(|_| {
        let server = Arc::clone(&server);
        async move { server.token("app", &form).await }
    }))
    .await;
    assert_eq!(won(&replies).len(), 1);
    for loser in replies.iter().filter(|reply| reply.status != 200) {
        loser.refused(400, "access_denied");
    }
    assert_eq!(server.store.seats("test", server.now()).await.unwrap().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_revocation_nothing_of_the_family_lives_whatever_was_under_way() {
    let server = started().await;
    let browser = Browser::default();
    for _ in 0..8 {
        let tokens = server.code_flow(&browser, "app", "read").await;
        let refresh = tokens.text("refresh_token");
        let refreshing = {
            let (server, mut token) = (Arc::clone(&server), refresh.clone());
            tokio::spawn(async move {
                let mut given = Vec::new();
                loop {
                    let reply = server.refresh("app", &token).await;
                    if reply.status != 200 {
                        return given;
                    }
                    token = reply.text("refresh_token");
                    given.push((token.clone(), reply.text("access_token")));
                }
            })
        };
        tokio::task::yield_now().await;
        assert_eq!(server.revoke("app", &refresh).await.status, 200);
        let given = refreshing.await.unwrap();
        for (refresh, access) in given.iter().rev().take(3) {
            assert!(!server.is_active("app", access).await);
            server.refresh("app", refresh).await.refused(400, "invalid_grant");
        }
        assert!(!server.is_active("app", &tokens.text("access_token")).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_sign_ins_at_once_are_each_their_own() {
    let server = started().await;
    let replies = all_at_once((0..8).map(|_| {
        let server = Arc::clone(&server);
        async move { server.code_flow(&Browser::default(), "app", "read").await }
    }))
    .await;
    assert_eq!(won(&replies).len(), 8);
    let mut tokens: Vec<_> = replies.iter().map(|reply| reply.text("refresh_token")).collect();
    tokens.sort();
    tokens.dedup();
    assert_eq!(tokens.len(), 8);
}

async fn restarted(format: AccessTokenFormat) {
    let folder = Folder::new();
    let server = Server::at(&folder.url(), |realm| realm.tokens.access_token = format).await;
    server.add_client(&client("app")).await;
    server.add_client(&client("other")).await;
    let browser = Browser::default();
    let (gone, kept) =
        (server.code_flow(&browser, "app", "read").await, server.code_flow(&browser, "app", "read").await);
    let machine = [("grant_type", "client_credentials"), ("scope", "read")];
    let single = server.token("app", &machine).await.text("access_token");
    let suspended = server.token("other", &machine).await.text("access_token");
    let spent = browser.ask(&server, &authorize_query("app", "read")).await.code();
    assert_eq!(server.redeem("app", &spent).await.status, 200);
    let waiting = browser.ask(&server, &authorize_query("app", "read")).await.code();
    for token in [gone.text("refresh_token"), single.clone()] {
        assert_eq!(server.revoke("app", &token).await.status, 200);
    }
    let until = server.now() + 3_600_000;
    server.store.set_client_status("test", "other", ClientStatus::Suspended, server.now(), until).await.unwrap();

    let server = server.restart().await;
    for token in [&gone.text("access_token"), &single, &suspended] {
        assert!(!server.is_active("app", token).await, "still revoked");
    }
    server.refresh("app", &gone.text("refresh_token")).await.refused(400, "invalid_grant");
    server.token("other", &machine).await.refused(401, "invalid_client");
    server.redeem("app", &spent).await.refused(400, "invalid_grant");
    assert!(server.is_active("app", &kept.text("access_token")).await, "every answered token is still good");
    assert_eq!(server.refresh("app", &kept.text("refresh_token")).await.status, 200);
    assert_eq!(server.redeem("app", &waiting).await.status, 200);
    browser.ask(&server, &authorize_query("app", "read")).await.code();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_brings_nothing_back_and_loses_nothing_signed_tokens() {
    restarted(AccessTokenFormat::Jwt).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_brings_nothing_back_and_loses_nothing_opaque_tokens() {
    restarted(AccessTokenFormat::Opaque).await;
}

async fn stopped_from_elsewhere(format: AccessTokenFormat) {
    let folder = Folder::new();
    let server = Server::at(&folder.url(), |realm| realm.tokens.access_token = format).await;
    server.add_client(&client("app")).await;
    server.add_client(&Client { resource_server: Some("https://api.example".into()), ..client("api") }).await;
    let browser = Browser::default();
    let tokens = server.code_flow(&browser, "app", "read").await;
    let machine = server.token("app", &[("grant_type", "client_credentials")]).await.text("access_token");
    let waiting = browser.ask(&server, &authorize_query("app", "read")).await.code();
    assert!(server.is_active("api", &tokens.text("access_token")).await);
    // The command line: another handle on the same file.
    let other = Store::open(&folder.url(), &Options::default()).unwrap();
    let until = server.now() + 3_600_000;
    assert!(other.set_client_status("test", "app", ClientStatus::Suspended, server.now(), until).await.unwrap());
    server.until(async || !server.is_active("api", &tokens.text("access_token")).await).await;
    assert!(!server.is_active("api", &machine).await);
    // Neither gives anything, even where the server has not heard of it yet; and soon it has.
    assert!(server.refresh("app", &tokens.text("refresh_token")).await.status.is_client_error());
    assert!(server.redeem("app", &waiting).await.status.is_client_error());
    server.until(async || browser.ask(&server, &authorize_query("app", "read")).await.status == 400).await;
    server.refresh("app", &tokens.text("refresh_token")).await.refused(401, "invalid_client");
    // Resumed: what it is given from now on counts, what it had does not.
    server.pass(5);
    other.set_client_status("test", "app", ClientStatus::Active, server.now(), until).await.unwrap();
    server.pass(5);
    let again = || server.token("app", &[("grant_type", "client_credentials")]);
    server.until(async || again().await.status == 200).await;
    assert!(server.is_active("api", &again().await.text("access_token")).await);
    assert!(!server.is_active("api", &machine).await);
    server.refresh("app", &tokens.text("refresh_token")).await.refused(400, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn suspending_a_client_stops_its_signed_tokens_at_once() {
    stopped_from_elsewhere(AccessTokenFormat::Jwt).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn suspending_a_client_stops_its_opaque_tokens_at_once() {
    stopped_from_elsewhere(AccessTokenFormat::Opaque).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_the_realm_by_another_process_is_served() {
    let folder = Folder::new();
    let server = Server::at(&folder.url(), |_| {}).await;
    server.add_client(&client("app")).await;
    let machine = [("grant_type", "client_credentials")];
    assert_eq!(server.token("app", &machine).await.json()["expires_in"], 600);
    let other = Store::open(&folder.url(), &Options::default()).unwrap();
    let mut realm = server.realm.clone();
    realm.tokens.access_token_ttl = claviger_core::span::Span::seconds(77);
    other.put_realm(&realm, server.now()).await.unwrap();
    server.until(async || server.token("app", &machine).await.json()["expires_in"] == 77).await;
}

const HOUR: i64 = 3_600_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_set_back_by_an_hour_brings_nothing_back() {
    let server = started().await;
    let browser = Browser::default();
    let expired = browser.authorize(&server, &authorize_query("app", "read")).await.code();
    let spent = server.code_flow(&browser, "app", "read").await;
    let revoked = server.code_flow(&browser, "app", "read").await;
    let successor = server.refresh("app", &spent.text("refresh_token")).await;
    assert_eq!(server.revoke("app", &revoked.text("refresh_token")).await.status, 200);
    server.pass(700);
    server.redeem("app", &expired).await.refused(400, "invalid_grant");
    assert!(!server.is_active("app", &spent.text("access_token")).await);
    server.set_clock(server.now() - HOUR);
    server.redeem("app", &expired).await.refused(400, "invalid_grant");
    for tokens in [&spent, &revoked, &successor] {
        assert!(!server.is_active("app", &tokens.text("access_token")).await);
    }
    server.refresh("app", &revoked.text("refresh_token")).await.refused(400, "invalid_grant");
    // Service goes on meanwhile.
    let fresh = server.refresh("app", &successor.text("refresh_token")).await;
    assert!(server.is_active("app", &fresh.text("access_token")).await);
    // The window for retries has not been opened again either.
    server.refresh("app", &spent.text("refresh_token")).await.refused(400, "invalid_grant");
    server.refresh("app", &fresh.text("refresh_token")).await.refused(400, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_set_forward_by_an_hour_ends_what_is_over_and_nothing_else() {
    let server = started().await;
    let browser = Browser::default();
    let tokens = server.code_flow(&browser, "app", "read").await;
    let code = browser.ask(&server, &authorize_query("app", "read")).await.code();
    server.set_clock(server.now() + HOUR);
    assert!(!server.is_active("app", &tokens.text("access_token")).await);
    server.redeem("app", &code).await.refused(400, "invalid_grant");
    let fresh = server.refresh("app", &tokens.text("refresh_token")).await;
    assert!(server.is_active("app", &fresh.text("access_token")).await);
    browser.ask(&server, &authorize_query("app", "read")).await.code();
}
