//! Who signs in: by name or confirmed e-mail address, whatever keyboard wrote them; and what is noted of a secret's use.

use crate::common::{Browser, Server, authorize_query, client, user};
use claviger_core::User;
use claviger_server::hashing::Hasher;
use claviger_store::{Masked, SecretUse};

/// What the page says after a sign-in form: whether somebody is signed in.
async fn signs_in(server: &Server, username: &str, password: &str) -> bool {
    let browser = Browser::default();
    let page = browser.ask(server, &authorize_query("app", "openid")).await;
    let reply = browser.sign_in(server, &page, username, password).await;
    if reply.status == 303 {
        return browser.cookie("session").is_some() || !reply.header("location").contains("sign-in");
    }
    assert!(reply.body.contains("name=\"password\""), "{}", reply.body);
    false
}

async fn add(server: &Server, user: User, password: &str) {
    let hash = Hasher::new(1, 4).unwrap().hash(password.into()).await.unwrap();
    server.store.put_user("test", &user, Some(Masked(hash)), server.now()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_or_a_confirmed_address_signs_in() {
    let server = Server::start().await;
    server.add_client(&client("app")).await;
    let jose = User { email: Some("jose@mail.example".into()), email_verified: true, ..user("u2", "Jose\u{301}") };
    add(&server, jose, "correct horse").await;
    let other = User { email: Some("unsure@mail.example".into()), ..user("u3", "unsure") };
    add(&server, other, "correct horse").await;
    for typed in ["José", "jose\u{301}", "JOSE@mail.example", " jose@mail.example "] {
        assert!(signs_in(&server, typed, "correct horse").await, "{typed}");
        assert!(!signs_in(&server, typed, "another horse").await, "{typed}");
    }
    assert!(!signs_in(&server, "unsure@mail.example", "correct horse").await, "an address that nobody has confirmed");
    assert!(signs_in(&server, "unsure", "correct horse").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_tried_as_typed_and_then_in_its_normal_form() {
    let server = Server::start().await;
    server.add_client(&client("app")).await;
    // Stored before passwords had a normal form, as it was typed then; and from now on.
    add(&server, user("u2", "old"), "gro\u{308}ßer").await;
    add(&server, user("u3", "new"), "größer").await;
    assert!(signs_in(&server, "old", "gro\u{308}ßer").await);
    assert!(!signs_in(&server, "old", "größer").await, "what was stored as it was typed is not another's");
    assert!(signs_in(&server, "new", "größer").await);
    assert!(signs_in(&server, "new", "gro\u{308}ßer").await);
    assert!(!signs_in(&server, "new", "Größer").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_use_of_each_secret_is_noted_when_the_server_stops() {
    let server = Server::start().await;
    server.add_client(&client("app")).await;
    let second = server.secret("s2", "cvs_another-secret-that-claviger-could-have-made");
    server.store.add_secret("test", "app", second, server.now()).await.unwrap();
    let at = server.now();
    for _ in 0..3 {
        assert_eq!(server.token("app", &[("grant_type", "client_credentials")]).await.status, 200);
    }
    let wrong = server
        .post("/token", &[("grant_type", "client_credentials"), ("client_id", "app"), ("client_secret", "cvs_no")])
        .await;
    assert_eq!(wrong.status, 401);
    assert!(server.store.secret_uses("test", None).await.unwrap().is_empty(), "no write of the request's own");
    let store = server.store.clone();
    server.stop().await;
    let used =
        SecretUse { realm: "test".into(), client: "app".into(), secret: "s1".into(), used_at: at, ends_at: None };
    assert_eq!(store.secret_uses("test", Some("app")).await.unwrap(), [used]);
}
