//! Several servers on one database, of either engine: what one of them does, all know.

use crate::common::{Browser, CALLBACK, Folder, Server, authorize_query, client, redemption, with};
use claviger_core::Client;
use claviger_core::client::ClientStatus;
use claviger_core::realm::{AccessTokenFormat, SeatCount, SeatPool, SeatScope};
use claviger_core::span::Span;
use std::sync::Arc;

/// A database for as long as the test lasts.
struct Database {
    url: String,
    _folder: Option<Folder>,
}

impl Database {
    fn sqlite() -> Self {
        let folder = Folder::new();
        Self { url: folder.url(), _folder: Some(folder) }
    }

    fn postgres() -> Self {
        Self { url: claviger_testing::postgres::Cluster::shared().unwrap().fresh_database().unwrap(), _folder: None }
    }

    /// Three servers.
    async fn three(&self, format: AccessTokenFormat) -> [Arc<Server>; 3] {
        let first = Server::at(&self.url, |realm| {
            realm.tokens.access_token = format;
            let pool = SeatPool { name: "full".into(), size: 3, count: SeatCount::Session, per: SeatScope::Realm };
            realm.seat_pools.push(pool);
            realm.scopes.iter_mut().find(|scope| scope.name == "write").unwrap().seat = Some("full".into());
            realm.dialect.refresh.for_client_credentials = true;
        })
        .await;
        first.add_client(&client("app")).await;
        first.add_client(&Client { resource_server: Some("https://api.example".into()), ..client("api") }).await;
        let second = first.beside().await;
        let third = second.beside().await;
        [Arc::new(first), Arc::new(second), Arc::new(third)]
    }
}

/// Each as a test of each engine.
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(super::Database::sqlite()).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(super::Database::postgres()).await;
            })*
        }
    };
}

on_both! {
    a_flow_may_change_its_server_with_every_step,
    a_revocation_a_suspension_and_a_change_of_the_realm_reach_all,
    opaque_tokens_end_everywhere,
    a_log_out_ends_the_session_everywhere,
    a_guesser_is_braked_by_all,
    of_64_callers_at_three_servers_one_wins,
    the_last_seat_has_one_taker_among_three_servers,
    keys_that_one_replaces_verify_at_all,
    a_password_that_was_changed_elsewhere_is_no_secret_any_more,
}

/// At once, not when the other server has heard of it: a secret that was found right before is remembered there.
async fn a_password_that_was_changed_elsewhere_is_no_secret_any_more(database: Database) {
    let [one, two, three] = database.three(AccessTokenFormat::Opaque).await;
    let partner = Client { acts_as: Some("u1".into()), secret_is_password: true, ..client("partner") };
    one.store.put_client("test", &partner, one.now()).await.unwrap();
    let form = [
        ("grant_type", "client_credentials"),
        ("scope", "read"),
        ("client_id", "partner"),
        ("client_secret", crate::common::PASSWORD),
    ];
    for server in [&two, &three, &two, &three] {
        let granted = server.post("/token", &form).await;
        assert_eq!(granted.status, 200, "{}", granted.body);
    }
    let hash = claviger_store::Masked("$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$aGFzaA".to_owned());
    assert!(one.store.set_password("test", "u1", hash, one.now(), one.now()).await.unwrap());
    for server in [&two, &three] {
        server.post("/token", &form).await.refused(401, "invalid_client");
    }
}

async fn a_flow_may_change_its_server_with_every_step(database: Database) {
    let [one, two, three] = database.three(AccessTokenFormat::Jwt).await;
    let browser = Browser::default();
    // Signed in at one, consented at the next, redeemed at the third.
    let query = crate::common::encode(&authorize_query("app", "read"));
    let page = browser.get(&one, &format!("/authorize?{query}")).await;
    let signed_in = browser.sign_in(&two, &page, "alice", crate::common::PASSWORD).await;
    let consent = browser.get(&three, signed_in.header("location")).await;
    let code = browser.decide(&one, &consent, "allow").await.code();
    let tokens = two.redeem("app", &code).await;
    assert_eq!(tokens.status, 200, "{tokens:?}");
    for server in [&one, &two, &three] {
        assert!(server.is_active("api", &tokens.text("access_token")).await);
    }
    let mut refresh = tokens.text("refresh_token");
    for server in [&three, &one, &two, &three] {
        let next = server.refresh("app", &refresh).await;
        assert_eq!(next.status, 200, "{next:?}");
        // The answer was lost: the same again from another server.
        assert_eq!(one.refresh("app", &refresh).await.body, next.body);
        refresh = next.text("refresh_token");
    }
    // A code that was redeemed at one is spent at all, and takes back what it gave.
    three.redeem("app", &code).await.refused(400, "invalid_grant");
    one.refresh("app", &refresh).await.refused(400, "invalid_grant");
    // Signed in everywhere: no page any more.
    browser.ask(&three, &authorize_query("app", "read")).await.code();
}

async fn a_revocation_a_suspension_and_a_change_of_the_realm_reach_all(database: Database) {
    let [one, two, three] = database.three(AccessTokenFormat::Jwt).await;
    let machine = [("grant_type", "client_credentials"), ("scope", "read")];
    let (first, second) = (one.token("app", &machine).await, one.token("app", &machine).await);
    for server in [&two, &three] {
        assert!(server.is_active("api", &first.text("access_token")).await);
    }
    assert_eq!(two.revoke("app", &first.text("access_token")).await.status, 200);
    assert!(!two.is_active("api", &first.text("access_token")).await, "at once where it was revoked");
    for server in [&one, &three] {
        server.until(async || !server.is_active("api", &first.text("access_token")).await).await;
        assert!(server.is_active("api", &second.text("access_token")).await);
    }

    let mut realm = three.store.realm("test").await.unwrap().unwrap();
    realm.tokens.access_token_ttl = Span::seconds(77);
    three.store.put_realm(&realm, three.now()).await.unwrap();
    for server in [&one, &two, &three] {
        server.until(async || server.token("app", &machine).await.json()["expires_in"] == 77).await;
    }

    let until = one.now() + 3_600_000;
    assert!(one.store.set_client_status("test", "app", ClientStatus::Suspended, one.now(), until).await.unwrap());
    for server in [&one, &two, &three] {
        server.until(async || server.token("app", &machine).await.status == 401).await;
        server.until(async || !server.is_active("api", &second.text("access_token")).await).await;
    }
}

async fn opaque_tokens_end_everywhere(database: Database) {
    let [one, two, three] = database.three(AccessTokenFormat::Opaque).await;
    let browser = Browser::default();
    let tokens = one.code_flow(&browser, "app", "read").await;
    for server in [&two, &three] {
        assert!(server.is_active("api", &tokens.text("access_token")).await);
    }
    assert_eq!(two.revoke("app", &tokens.text("refresh_token")).await.status, 200);
    for server in [&one, &two, &three] {
        assert!(!server.is_active("api", &tokens.text("access_token")).await, "at once: the row says so");
        server.refresh("app", &tokens.text("refresh_token")).await.refused(400, "invalid_grant");
    }
}

async fn a_log_out_ends_the_session_everywhere(database: Database) {
    let [one, two, three] = database.three(AccessTokenFormat::Jwt).await;
    let browser = Browser::default();
    browser.authorize(&one, &authorize_query("app", "read")).await.code();
    browser.ask(&two, &authorize_query("app", "read")).await.code();
    let confirm = browser.get(&two, "/logout").await;
    let csrf = confirm.hidden("csrf").unwrap();
    let session = browser.cookie("session").unwrap();
    let out = browser.send(&three, reqwest::Method::POST, "/logout", Some(&[("csrf", &csrf)])).await;
    assert_eq!(out.status, 200, "{out:?}");
    // Even a browser that kept the cookie is nobody now.
    let cookie = format!("claviger_test_session={session}");
    let query = crate::common::encode(&with(authorize_query("app", "read"), "prompt", "none"));
    for server in [&one, &two, &three] {
        let path = format!("/authorize?{query}");
        let reply = server.send(reqwest::Method::GET, &path, &[("cookie", &cookie)], "").await;
        assert!(reply.header("location").starts_with(&format!("{CALLBACK}?error=login_required")), "{reply:?}");
    }
}

async fn a_guesser_is_braked_by_all(database: Database) {
    let [one, two, three] = database.three(AccessTokenFormat::Jwt).await;
    let guess = async |server: &Server| {
        server
            .post("/token", &[("client_id", "app"), ("client_secret", "guess"), ("grant_type", "client_credentials")])
            .await
    };
    // Turned round the servers, so that none of them alone would mind.
    for server in [&one, &two, &three, &one, &two] {
        let reply = guess(server).await;
        assert_eq!(reply.status, 401, "{reply:?}");
    }
    for server in [&three, &one, &two] {
        server.until(async || guess(server).await.status == 429).await;
        assert_eq!(server.token("app", &[("grant_type", "client_credentials"), ("scope", "read")]).await.status, 200);
    }
}

async fn of_64_callers_at_three_servers_one_wins(database: Database) {
    let servers = database.three(AccessTokenFormat::Jwt).await;
    let code = Browser::default().authorize(&servers[0], &authorize_query("app", "read")).await.code();
    let calls: Vec<_> = (0..64)
        .map(|n| {
            let (server, code) = (Arc::clone(&servers[n % 3]), code.clone());
            tokio::spawn(async move { server.token("app", &redemption(&code)).await })
        })
        .collect();
    let mut won = Vec::new();
    for call in calls {
        let reply = call.await.unwrap();
        if reply.status == 200 {
            won.push(reply);
        } else {
            reply.refused(400, "invalid_grant");
        }
    }
    assert_eq!(won.len(), 1);
    // The others were replays, and took back what it gave.
    for server in &servers {
        server.until(async || !server.is_active("app", &won[0].text("access_token")).await).await;
    }
}

async fn the_last_seat_has_one_taker_among_three_servers(database: Database) {
    let servers = database.three(AccessTokenFormat::Jwt).await;
    let form = [("grant_type", "client_credentials"), ("scope", "write")];
    for server in &servers[1..] {
        assert_eq!(server.token("app", &form).await.status, 200);
    }
    let calls: Vec<_> = (0..48)
        .map(|n| {
            let server = Arc::clone(&servers[n % 3]);
            tokio::spawn(async move { server.token("app", &form).await })
        })
        .collect();
    let mut won = 0;
    for call in calls {
        let reply = call.await.unwrap();
        if reply.status == 200 {
            won += 1;
        } else {
            reply.refused(400, "access_denied");
        }
    }
    assert_eq!(won, 1);
    assert_eq!(servers[0].store.seats("test", servers[0].now()).await.unwrap().len(), 3);
}

async fn keys_that_one_replaces_verify_at_all(database: Database) {
    let [one, two, three] = database.three(AccessTokenFormat::Jwt).await;
    let machine = [("grant_type", "client_credentials"), ("scope", "read")];
    let before = one.token("app", &machine).await.text("access_token");
    let keys = async |server: &Server| {
        server.send(reqwest::Method::GET, "/jwks", &[], "").await.json()["keys"].as_array().unwrap().len()
    };
    let (was, realm) = (keys(&two).await, one.store.realm("test").await.unwrap().unwrap());
    one.keys().rotate(&realm).await.unwrap();
    for server in [&one, &two, &three] {
        server.until(async || keys(server).await > was).await;
        assert!(server.is_active("api", &before).await);
        assert!(server.is_active("api", &two.token("app", &machine).await.text("access_token")).await);
    }
}
