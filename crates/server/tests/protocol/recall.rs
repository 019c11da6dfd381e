//! What a server recalls of a moment ago is never believed against the database: what others did meanwhile counts at once.

use crate::common::{Browser, Folder, Reply, Server, authorize_query, claims, client, redemption, user, with};
use claviger_core::User;

/// A grant that both servers have refreshed, and its newest answer.
async fn known_to_both(folder: &Folder) -> ([Server; 2], Reply) {
    let one = Server::at(&folder.url(), |_| {}).await;
    one.add_client(&client("app")).await;
    let other = one.beside().await;
    let mut tokens = one.code_flow(&Browser::default(), "app", "read write").await;
    for server in [&one, &other, &one, &other, &one] {
        tokens = server.refresh("app", &tokens.text("refresh_token")).await;
        assert_eq!(tokens.status, 200, "the other server's generations are no surprise: {}", tokens.body);
    }
    ([one, other], tokens)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_was_spent_elsewhere_is_spent() {
    let folder = Folder::new();
    let ([one, other], tokens) = known_to_both(&folder).await;
    let next = other.refresh("app", &tokens.text("refresh_token")).await;
    let again = one.refresh("app", &tokens.text("refresh_token")).await;
    assert_eq!((again.status.as_u16(), &again.body), (200, &next.body), "its answer may have been lost");
    let last = other.refresh("app", &next.text("refresh_token")).await;
    one.refresh("app", &tokens.text("refresh_token")).await.refused(400, "invalid_grant");
    for server in [&one, &other] {
        server.refresh("app", &last.text("refresh_token")).await.refused(400, "invalid_grant");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_that_was_revoked_elsewhere_is_over() {
    let folder = Folder::new();
    let ([one, other], tokens) = known_to_both(&folder).await;
    assert_eq!(other.revoke("app", &tokens.text("refresh_token")).await.status, 200);
    one.refresh("app", &tokens.text("refresh_token")).await.refused(400, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgery_of_a_known_grant_moves_nothing() {
    let folder = Folder::new();
    let ([one, other], tokens) = known_to_both(&folder).await;
    let genuine = tokens.text("refresh_token");
    let (head, tail) = genuine.split_at(genuine.len() - 4);
    let forged = format!("{head}{}", if tail == "AAAA" { "BBBB" } else { "AAAA" });
    one.refresh("app", &forged).await.refused(400, "invalid_grant");
    assert_eq!(other.refresh("app", &genuine).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn consent_that_was_withdrawn_elsewhere_is_gone_and_may_be_given_again() {
    let folder = Folder::new();
    let ([one, other], tokens) = known_to_both(&folder).await;
    assert!(other.store.withdraw_consent("test", "u1", "app").await.unwrap());
    one.refresh("app", &tokens.text("refresh_token")).await.refused(400, "invalid_grant");
    let browser = Browser::default();
    let code = browser.authorize(&other, &authorize_query("app", "read")).await.code();
    assert_eq!(other.token("app", &redemption(&code)).await.status, 200);
    let narrowed = one.refresh("app", &tokens.text("refresh_token")).await;
    assert_eq!(claims(&narrowed.text("access_token"))["scope"], "read", "what is consented to now");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_lost_a_company_elsewhere_has_lost_it() {
    let folder = Folder::new();
    let one = Server::at(&folder.url(), |realm| {
        realm.dialect.organisation = claviger_core::dialect::OrganisationChoice::Many;
    })
    .await;
    let of = |organisations: &[&str]| User {
        organisations: organisations.iter().map(|&id| id.to_owned()).collect(),
        ..user("u1", "alice")
    };
    for id in ["acme", "beta"] {
        let organisation =
            serde_json::from_value(serde_json::json!({"id": id, "name": id, "kind": "company"})).unwrap();
        one.store.put_organisation("test", &organisation, one.now()).await.unwrap();
    }
    one.add_user(&of(&["acme", "beta"])).await;
    one.add_client(&client("app")).await;
    let browser = Browser::picking("alice", &["acme", "beta"]);
    let mut tokens = one.code_flow(&browser, "app", "read").await;
    let code = browser.authorize(&one, &authorize_query("app", "read")).await.code();
    for _ in 0..2 {
        tokens = one.refresh("app", &tokens.text("refresh_token")).await;
        assert_eq!(claims(&tokens.text("access_token"))["org"], serde_json::json!(["acme", "beta"]), "{}", tokens.body);
    }
    one.add_user(&of(&["beta"])).await;
    let exchanged = one.token("app", &redemption(&code)).await;
    assert_eq!(claims(&exchanged.text("access_token"))["org"], serde_json::json!(["beta"]), "{}", exchanged.body);
    tokens = one.refresh("app", &tokens.text("refresh_token")).await;
    assert_eq!(claims(&tokens.text("access_token"))["org"], serde_json::json!(["beta"]));
    one.add_user(&of(&[])).await;
    one.refresh("app", &tokens.text("refresh_token")).await.refused(400, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_spent_whichever_server_gave_it() {
    let folder = Folder::new();
    let one = Server::at(&folder.url(), |_| {}).await;
    one.add_client(&client("app")).await;
    let other = one.beside().await;
    let browser = Browser::default();
    for (first, second) in [(&one, &other), (&other, &one)] {
        let code = browser.authorize(&one, &authorize_query("app", "read")).await.code();
        let tokens = first.token("app", &redemption(&code)).await;
        assert_eq!(tokens.status, 200, "{}", tokens.body);
        second.token("app", &redemption(&code)).await.refused(400, "invalid_grant");
        first.refresh("app", &tokens.text("refresh_token")).await.refused(400, "invalid_grant");
    }
    let code = browser.authorize(&one, &authorize_query("app", "read")).await.code();
    let until = one.now() + 3_600_000;
    assert!(other.store.disable_user("test", "u1", true, one.now(), until).await.unwrap());
    one.token("app", &redemption(&code)).await.refused(400, "invalid_grant");
}

/// Whichever server gave the code, and whether that one or another exchanges it.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_worth_what_its_user_still_consents_to() {
    let folder = Folder::new();
    let ([one, other], browser) = signed_in_at_both(&folder).await;
    for server in [&one, &other] {
        let query = authorize_query("app", "read");
        let code = browser.authorize(&one, &query).await.code();
        assert!(other.store.withdraw_consent("test", "u1", "app").await.unwrap());
        server.token("app", &redemption(&code)).await.refused(400, "invalid_grant");
        let code = browser.authorize(&one, &query).await.code();
        assert_eq!(server.token("app", &redemption(&code)).await.status, 200, "given again");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_narrows_with_the_consent() {
    let folder = Folder::new();
    let ([one, other], browser) = signed_in_at_both(&folder).await;
    for server in [&one, &other] {
        let wide = browser.authorize(&one, &authorize_query("app", "read write")).await.code();
        assert!(other.store.withdraw_consent("test", "u1", "app").await.unwrap());
        let narrow = browser.authorize(&other, &authorize_query("app", "read")).await.code();
        let tokens = server.token("app", &redemption(&wide)).await;
        assert_eq!(claims(&tokens.text("access_token"))["scope"], "read", "{}", tokens.body);
        assert_eq!(tokens.text("scope"), "read", "RFC 6749 5.1: other than was asked for");
        assert_eq!(server.token("app", &redemption(&narrow)).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_comes_again_ends_its_grant_whatever_its_user_did_meanwhile() {
    let server = Server::start().await;
    server.add_client(&client("app")).await;
    let browser = Browser::default();
    let code = browser.authorize(&server, &authorize_query("app", "read")).await.code();
    let tokens = server.token("app", &redemption(&code)).await;
    let access = tokens.text("access_token");
    assert_eq!(server.introspect("app", &access).await.json()["active"], true);
    assert!(server.store.withdraw_consent("test", "u1", "app").await.unwrap());
    server.token("app", &redemption(&code)).await.refused(400, "invalid_grant");
    assert_eq!(server.introspect("app", &access).await.json()["active"], false);
}

/// A browser that both servers gave a code to without a page.
async fn signed_in_at_both(folder: &Folder) -> ([Server; 2], Browser) {
    let one = Server::at(&folder.url(), |_| {}).await;
    one.add_client(&client("app")).await;
    let other = one.beside().await;
    let browser = Browser::default();
    browser.authorize(&one, &authorize_query("app", "read")).await.code();
    for server in [&one, &other, &one, &other] {
        let code = browser.ask(server, &authorize_query("app", "read")).await.code();
        assert_eq!(server.token("app", &redemption(&code)).await.status, 200);
    }
    ([one, other], browser)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signed_out_elsewhere_is_signed_out() {
    let folder = Folder::new();
    let ([one, other], browser) = signed_in_at_both(&folder).await;
    let stolen = browser.cookie("session").unwrap();
    assert_eq!(other.store.end_sessions_of_user("test", "u1", other.now()).await.unwrap(), 1);
    browser.ask(&one, &authorize_query("app", "read")).await.asks_to_sign_in();
    assert_eq!(browser.cookie("session"), Some(stolen), "it is the very cookie that is worth nothing now");
    browser.ask(&one, &with(authorize_query("app", "read"), "prompt", "none")).await.sent_back(&one, "login_required");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_recalled_ends_in_time() {
    let folder = Folder::new();
    let ([one, _], browser) = signed_in_at_both(&folder).await;
    one.pass(30 * 24 * 3600);
    browser.ask(&one, &authorize_query("app", "read")).await.asks_to_sign_in();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_withdrew_their_consent_elsewhere_is_asked_again() {
    let folder = Folder::new();
    let ([one, other], browser) = signed_in_at_both(&folder).await;
    assert!(other.store.withdraw_consent("test", "u1", "app").await.unwrap());
    browser.ask(&one, &authorize_query("app", "read")).await.asks_for_consent();
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_was_asked_for_before_is_asked_for() {
    let folder = Folder::new();
    let ([one, other], browser) = signed_in_at_both(&folder).await;
    browser.ask(&one, &authorize_query("app", "read write")).await.asks_for_consent();
    browser.authorize(&other, &authorize_query("app", "read write")).await.code();
    browser.ask(&one, &authorize_query("app", "read write")).await.code();
    one.add_client(&client("another")).await;
    browser.ask(&one, &authorize_query("another", "read")).await.asks_for_consent();
    one.pass(1);
    let again = with(authorize_query("app", "read"), "prompt", "login");
    browser.ask(&one, &again).await.asks_to_sign_in();
}
