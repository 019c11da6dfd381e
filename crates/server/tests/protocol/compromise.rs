//! When a key has leaked or is replaced: signing keys, the master key, the token key; on both engines, beside running servers.

use crate::common::{Browser, Folder, Server, authorize_query, claims, client, encode};
use base64::Engine;
use claviger_core::Client;
use claviger_server::admin::keys::{MasterRotation, Sealed, rotate_master_key, rotate_token_key, survey};
use claviger_server::admin::{Actor, Admin, Way};
use claviger_server::master_key::MasterKey;
use claviger_server::master_keys::MasterKeys;
use claviger_server::secrets::{Secrets, SecretsError};
use reqwest::Method;

struct Database {
    url: String,
    _folder: Option<Folder>,
}

macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                let folder = crate::common::Folder::new();
                super::$name(super::Database { url: folder.url(), _folder: Some(folder) }).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                let url = claviger_testing::postgres::Cluster::shared().unwrap().fresh_database().unwrap();
                super::$name(super::Database { url, _folder: None }).await;
            })*
        }
    };
}

on_both! {
    what_a_revoked_key_signed_is_refused_at_every_server,
    a_master_key_change_that_ends_after_any_step_is_read_with_both_keys_and_ended_by_doing_it_again,
    new_keys_are_sealed_under_the_key_that_the_database_names,
    a_token_key_is_replaced_while_servers_run,
}

async fn furnish(server: &Server) {
    server.add_client(&client("app")).await;
    server.add_client(&Client { resource_server: Some("https://api.example".into()), ..client("api") }).await;
}

fn actor() -> Actor {
    Actor { name: "ada".to_owned(), way: Way::Cli, reference: "ref".to_owned() }
}

fn admin<'a>(server: &'a Server, actor: &'a Actor) -> Admin<'a> {
    Admin { store: &server.store, actor, now: server.now() }
}

fn kid(token: &str) -> String {
    let header = token.split('.').next().unwrap();
    let header = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(header).unwrap();
    serde_json::from_slice::<serde_json::Value>(&header).unwrap()["kid"].as_str().unwrap().to_owned()
}

async fn what_a_revoked_key_signed_is_refused_at_every_server(database: Database) {
    let one = Server::at(&database.url, |_| {}).await;
    furnish(&one).await;
    let two = one.beside().await;
    let browser = Browser::default();
    let tokens = one.code_flow(&browser, "app", "openid read").await;
    let (access, id_token) = (tokens.text("access_token"), tokens.text("id_token"));
    for server in [&one, &two] {
        assert!(server.is_active("api", &access).await);
        assert_eq!(server.bearer(Method::GET, "/userinfo", &access).await.status, 200);
    }
    let realm = one.store.realm("test").await.unwrap().unwrap();
    let leaked = [kid(&access), kid(&id_token)];
    for kid in &leaked {
        one.keys().revoke(&realm, kid).await.unwrap().unwrap();
    }
    for server in [&one, &two] {
        server.until(async || !server.is_active("api", &access).await).await;
        assert_eq!(server.bearer(Method::GET, "/userinfo", &access).await.status, 401);
        let published = server.send(Method::GET, "/jwks", &[], "").await;
        assert!(published.status == 200 && leaked.iter().all(|kid| !published.body.contains(&**kid)), "{published:?}");
        // As a hint it is worth nothing: the person is asked.
        let page = browser.get(server, &format!("/logout?id_token_hint={id_token}")).await;
        assert!(page.body.contains("csrf"), "{page:?}");
    }
    // What others have cached they hear of by the feed.
    let told = one.store.revocations_after(Some("test"), 0, 10).await.unwrap().items;
    assert!(leaked.iter().all(|kid| told.iter().any(|item| item.kind.name() == "key" && item.value == *kid)));
    // Nobody has to sign in again.
    let next = two.refresh("app", &tokens.text("refresh_token")).await;
    assert_eq!(next.status, 200, "{next:?}");
    let next = next.text("access_token");
    assert!(!leaked.contains(&kid(&next)) && claims(&next)["client_id"] == "app");
    one.until(async || one.is_active("api", &next).await).await;
}

async fn a_master_key_change_that_ends_after_any_step_is_read_with_both_keys_and_ended_by_doing_it_again(
    database: Database,
) {
    // The chain of changes: the next begins with the key that the one before ended with.
    let mut old = Server::usual_master().await;
    let first = Server::at(&database.url, |_| {}).await;
    furnish(&first).await;
    let tokens = first.code_flow(&Browser::default(), "app", "offline_access read").await;
    let (store, who) = (first.store.clone(), actor());
    let admin = admin(&first, &who);
    for steps in 0..=4 {
        let new = MasterKey::generate();
        let both = MasterKeys::of_two(old.clone(), new.clone());
        let running = first.beside_with(both.clone()).await;
        let mut rotation = MasterRotation::begin(&admin, &both).await.unwrap();
        if steps >= 1 {
            assert!(rotation.name_new_key().await.unwrap());
        }
        if steps >= 2 {
            assert_eq!(rotation.reseal_secrets().await.unwrap(), 1);
        }
        if steps >= 3 {
            assert!(rotation.reseal_page().await.unwrap() > 0);
        }
        if steps >= 4 {
            assert_eq!(rotation.reseal_page().await.unwrap(), 0);
        }
        drop(rotation);
        // Killed here. Whoever holds both keys reads everything: who ran before, and who is started now.
        let started = first.beside_with(both.clone()).await;
        for server in [&running, &started] {
            server.until(async || server.is_active("api", &tokens.text("access_token")).await).await;
            let granted = server.token("app", &[("grant_type", "client_credentials"), ("scope", "read")]).await;
            assert_eq!(granted.status, 200, "after step {steps}: {granted:?}");
        }
        assert_eq!(survey(&store, &both).await.unwrap().unreadable, 0);
        // Doing it again ends it, and once more changes nothing.
        for _ in 0..2 {
            let left = rotate_master_key(&admin, &both, |_| {}).await.unwrap();
            assert!(left.newest > 1 && left == Sealed { newest: left.newest, ..Sealed::default() }, "{left:?}");
        }
        running.stop().await;
        started.stop().await;
        // The new one alone is enough, and the old one is good for nothing.
        let alone = first.beside_with(MasterKeys::from(&new)).await;
        assert!(alone.is_active("api", &tokens.text("access_token")).await);
        alone.stop().await;
        assert!(matches!(Secrets::load(&store, &old).await, Err(SecretsError::OtherMasterKey)));
        old = new;
    }
}

async fn new_keys_are_sealed_under_the_key_that_the_database_names(database: Database) {
    let (old, new) = (Server::usual_master().await, MasterKey::generate());
    let both = MasterKeys::of_two(old.clone(), new.clone());
    let (server, who) = (Server::sealed_under(both.clone(), &database.url, |_| {}).await, actor());
    let rotation = MasterRotation::begin(&admin(&server, &who), &both).await.unwrap();
    let before = rotation.left().await.unwrap();
    assert_eq!((before.newest, before.unreadable), (0, 0));
    let realm = server.store.realm("test").await.unwrap().unwrap();
    server.keys().rotate(&realm).await.unwrap();
    assert_eq!(rotation.left().await.unwrap().newest, 0, "not yet named");
    rotation.name_new_key().await.unwrap();
    // The successors are published, so what is made now takes the place of one that is revoked.
    let published = server.store.keys("test").await.unwrap().keys;
    for key in &published {
        server.keys().revoke(&realm, &key.kid).await.unwrap();
    }
    assert!(rotation.left().await.unwrap().newest > 0);
    // A process that lacks the key that is named makes none under another.
    let only_old = claviger_server::keys::Keys::new(
        server.store.clone(),
        &old,
        claviger_server::clock::Clock::set_to(server.now()).0,
    );
    assert!(only_old.unwrap().rotate(&realm).await.is_err());
    assert_eq!(survey(&server.store, &both).await.unwrap().unreadable, 0);
}

async fn a_token_key_is_replaced_while_servers_run(database: Database) {
    let who = actor();
    let one = Server::at(&database.url, |_| {}).await;
    furnish(&one).await;
    let two = one.beside().await;
    let browser = Browser::default();
    let tokens = one.code_flow(&browser, "app", "offline_access read").await;
    let stored = async || one.store.client_with_secrets("test", "app").await.unwrap().unwrap().1[0].hash.0.clone();
    let before = stored().await;
    // A form that was shown before is still accepted after.
    let page = Browser::default();
    let shown = page.get(&one, &format!("/authorize?{}", encode(&authorize_query("app", "read")))).await;
    rotate_token_key(&admin(&one, &who), &one.master, false).await.unwrap();
    let signed_in = page.sign_in(&two, &shown, "alice", crate::common::PASSWORD).await;
    assert_eq!(signed_in.status, 303, "{signed_in:?}");
    let second = two.refresh("app", &tokens.text("refresh_token")).await;
    assert_eq!(second.status, 200, "{second:?}");
    let third = one.refresh("app", &second.text("refresh_token")).await;
    assert_eq!(third.status, 200, "{third:?}");
    // The secret is stored anew with its use, and known by both.
    one.until(async || {
        one.token("app", &[("grant_type", "client_credentials")]).await;
        stored().await != before
    })
    .await;
    for server in [&one, &two] {
        server.until(async || server.token("app", &[("grant_type", "client_credentials")]).await.status == 200).await;
    }
    rotate_token_key(&admin(&one, &who), &one.master, true).await.unwrap();
    for server in [&one, &two] {
        server.until(async || server.refresh("app", &third.text("refresh_token")).await.status == 400).await;
        assert_eq!(server.token("app", &[("grant_type", "client_credentials")]).await.status, 200);
    }
    let anew = two.code_flow(&browser, "app", "offline_access read").await;
    assert_eq!(one.refresh("app", &anew.text("refresh_token")).await.status, 200);
}
