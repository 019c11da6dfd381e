//! Refresh tokens: how they turn over, end and are taken back (lines 59 to 67).

use crate::common::{Browser, Reply, Server, authorize_query, claims, client};
use claviger_core::client::{ClientKind, GrantType};
use claviger_core::dialect::{Legacy, Turnover};
use claviger_core::realm::AccessTokenFormat;
use claviger_core::{Client, Realm, ScopeSet};

async fn started() -> (Server, Reply) {
    started_with(|_| {}).await
}

async fn started_with(change: impl FnOnce(&mut Realm)) -> (Server, Reply) {
    let server = Server::with(change).await;
    server.add_client(&client("app")).await;
    server.add_client(&client("other")).await;
    let tokens = server.code_flow(&Browser::default(), "app", "read write").await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    (server, tokens)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_of_another_client_is_refused_and_stays_alive() {
    let (server, tokens) = started().await;
    let refresh = tokens.text("refresh_token");
    server.refresh("other", &refresh).await.refused(400, "invalid_grant");
    assert_eq!(server.refresh("app", &refresh).await.status, 200);
    // Also a spent one, from whom it is no sign of theft.
    server.pass(60);
    server.refresh("other", &refresh).await.refused(400, "invalid_grant");
    assert!(server.is_active("app", &tokens.text("access_token")).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_scope_may_be_narrowed_and_never_widened() {
    let (server, tokens) = started().await;
    let ask = async |token: &str, scope: &str| {
        server.token("app", &[("grant_type", "refresh_token"), ("refresh_token", token), ("scope", scope)]).await
    };
    let refresh = tokens.text("refresh_token");
    for wider in ["read write email", "openid", "unheard-of"] {
        ask(&refresh, wider).await.refused(400, "invalid_scope");
    }
    let narrow = ask(&refresh, "read").await;
    assert_eq!(narrow.status, 200);
    assert_eq!(claims(&narrow.text("access_token"))["scope"], "read");
    let whole = server.refresh("app", &narrow.text("refresh_token")).await;
    assert_eq!(claims(&whole.text("access_token"))["scope"], "read write", "the grant itself is as wide as before");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotated_token_that_comes_again_revokes_the_family() {
    let (server, tokens) = started().await;
    let (first, access) = (tokens.text("refresh_token"), tokens.text("access_token"));
    let second = server.refresh("app", &first).await;
    let third = server.refresh("app", &second.text("refresh_token")).await;
    assert_eq!(third.status, 200);
    assert_ne!(first, second.text("refresh_token"));
    server.refresh("app", &first).await.refused(400, "invalid_grant");
    for token in [&access, &second.text("access_token"), &third.text("access_token")] {
        assert!(!server.is_active("app", token).await);
    }
    server.refresh("app", &third.text("refresh_token")).await.refused(400, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_clients_refresh_tokens_rotate_whatever_it_was_given() {
    let server = Server::with(|realm| {
        realm.dialect.permits.insert(Legacy::ReusableRefresh);
        realm.dialect.refresh.turnover = Turnover::Stable;
    })
    .await;
    let legacy = [Legacy::ReusableRefresh];
    let phone =
        Client { kind: ClientKind::Public, legacy: legacy.into(), turnover: Some(Turnover::Stable), ..client("phone") };
    server.add_client(&phone).await;
    let code = Browser::default().authorize(&server, &authorize_query("phone", "read")).await.code();
    let mut form = vec![("client_id", "phone")];
    form.extend(crate::common::redemption(&code));
    let tokens = server.post("/token", &form).await;
    let refresh = tokens.text("refresh_token");
    let ask = [("client_id", "phone"), ("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    let next = server.post("/token", &ask).await;
    assert_eq!(next.status, 200);
    assert_ne!(next.text("refresh_token"), refresh);
    server.pass(31);
    server.post("/token", &ask).await.refused(400, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_within_the_window_gets_the_very_same_answer() {
    let (server, tokens) = started().await;
    let first = tokens.text("refresh_token");
    let second = server.refresh("app", &first).await;
    server.pass(29);
    let retry = server.refresh("app", &first).await;
    assert_eq!((retry.status.as_u16(), &retry.body), (200, &second.body));
    // Its successor was used: the retry came from somebody else.
    let third = server.refresh("app", &second.text("refresh_token")).await;
    assert_eq!(third.status, 200);
    server.refresh("app", &first).await.refused(400, "invalid_grant");
    server.refresh("app", &third.text("refresh_token")).await.refused(400, "invalid_grant");
}

/// The retry gets what it asks for, and the successor that there is already.
#[tokio::test(flavor = "multi_thread")]
async fn a_retry_that_asks_for_another_scope_gets_that_and_the_same_successor() {
    for format in [AccessTokenFormat::Jwt, AccessTokenFormat::Opaque] {
        let (server, tokens) = started_with(|realm| realm.tokens.access_token = format).await;
        let first = tokens.text("refresh_token");
        let ask = async |scope: &str| {
            let form = [("grant_type", "refresh_token"), ("refresh_token", first.as_str()), ("scope", scope)];
            server.token("app", &form).await
        };
        let second = server.refresh("app", &first).await;
        let narrower = ask("read").await;
        assert_eq!(narrower.status, 200, "{narrower:?}");
        assert_eq!(narrower.text("refresh_token"), second.text("refresh_token"));
        assert_ne!(narrower.text("access_token"), second.text("access_token"));
        let scope = async |reply: &Reply| server.introspect("app", &reply.text("access_token")).await.text("scope");
        assert_eq!(scope(&narrower).await, "read");
        assert_ne!(scope(&second).await, "read");
        // What asked for the same first has the very same answer.
        assert_eq!(server.refresh("app", &first).await.body, second.body);
        ask("read never-granted").await.refused(400, "invalid_scope");
        assert!(server.is_active("app", &second.text("access_token")).await, "and nothing is revoked for it");
        // Its successor was used: whatever is asked for, that is somebody else.
        assert_eq!(server.refresh("app", &second.text("refresh_token")).await.status, 200);
        ask("read").await.refused(400, "invalid_grant");
        server.until(async || !server.is_active("app", &narrower.text("access_token")).await).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_window_a_retry_is_reuse() {
    let (server, tokens) = started().await;
    let first = tokens.text("refresh_token");
    let second = server.refresh("app", &first).await;
    server.pass(30);
    server.refresh("app", &first).await.refused(400, "invalid_grant");
    assert!(!server.is_active("app", &second.text("access_token")).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_asks_again_whether_the_user_may_sign_in() {
    let (server, tokens) = started().await;
    let until = server.now() + 3_600_000;
    assert!(server.store.disable_user("test", "u1", true, server.now(), until).await.unwrap());
    server.refresh("app", &tokens.text("refresh_token")).await.refused(400, "invalid_grant");
    server.until(async || !server.is_active("app", &tokens.text("access_token")).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_asks_again_for_the_users_consent() {
    let (server, tokens) = started().await;
    let next = server.refresh("app", &tokens.text("refresh_token")).await;
    assert_eq!(next.status, 200);
    assert!(server.store.withdraw_consent("test", "u1", "app").await.unwrap());
    server.refresh("app", &next.text("refresh_token")).await.refused(400, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_asks_again_what_the_client_may_do() {
    let (server, tokens) = started().await;
    let change = async |client: &Client| server.store.put_client("test", client, server.now()).await.unwrap();
    change(&Client { scope: ScopeSet::parse("read").unwrap(), ..client("app") }).await;
    let write = [("grant_type", "client_credentials"), ("scope", "write")];
    server.until(async || server.token("app", &write).await.status == 400).await;
    let narrowed = server.refresh("app", &tokens.text("refresh_token")).await;
    assert_eq!((narrowed.text("scope").as_str(), narrowed.status.as_u16()), ("read", 200));
    assert_eq!(claims(&narrowed.text("access_token"))["scope"], "read");
    let last = server.code_flow(&Browser::default(), "app", "read").await;
    change(&Client { grants: [GrantType::AuthorizationCode].into(), ..client("app") }).await;
    server.until(async || server.refresh("app", &last.text("refresh_token")).await.status == 400).await;
    server.refresh("app", &last.text("refresh_token")).await.refused(400, "unauthorized_client");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_ends_when_it_is_not_used_and_in_any_case_at_last() {
    let (server, tokens) = started().await;
    let policy = server.realm.tokens.clone();
    let idle = policy.refresh_idle.as_seconds();
    let mut last = tokens;
    let mut age = 0;
    while age + idle - 1 < policy.refresh_absolute.as_seconds() {
        server.pass(idle - 1);
        age += idle - 1;
        last = server.refresh("app", &last.text("refresh_token")).await;
        assert_eq!(last.status, 200, "after {age} s: {}", last.body);
    }
    server.pass(policy.refresh_absolute.as_seconds() - age);
    server.refresh("app", &last.text("refresh_token")).await.refused(400, "invalid_grant");

    let tokens = server.code_flow(&Browser::default(), "app", "read").await;
    server.pass(idle);
    server.refresh("app", &tokens.text("refresh_token")).await.refused(400, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn client_credentials_get_no_refresh_token_unless_the_contract_says_so() {
    let (server, _) = started().await;
    let reply = server.token("app", &[("grant_type", "client_credentials")]).await;
    assert!(reply.json().get("refresh_token").is_none());
    let old = Server::with(|realm| realm.dialect.refresh.for_client_credentials = true).await;
    old.add_client(&client("app")).await;
    let reply = old.token("app", &[("grant_type", "client_credentials"), ("scope", "read")]).await;
    let next = old.refresh("app", &reply.text("refresh_token")).await;
    assert_eq!(next.status, 200, "{}", next.body);
    let said = claims(&next.text("access_token"));
    assert_eq!((&said["sub"], &said["sub_type"]), (&"app".into(), &"client".into()));
}

async fn reusable(turnover: Turnover, permitted: bool) -> (Server, Reply) {
    let server = Server::with(|realm| {
        realm.dialect.refresh.turnover = turnover;
        if permitted {
            realm.dialect.permits.insert(Legacy::ReusableRefresh);
        }
    })
    .await;
    server.add_client(&Client { legacy: [Legacy::ReusableRefresh].into(), ..client("app") }).await;
    let tokens = server.code_flow(&Browser::default(), "app", "read").await;
    (server, tokens)
}

#[tokio::test(flavor = "multi_thread")]
async fn reissue_serves_every_refresh_token_until_the_grant_is_revoked() {
    let (server, tokens) = reusable(Turnover::Reissue, true).await;
    let first = tokens.text("refresh_token");
    let mut all = vec![first.clone()];
    for _ in 0..3 {
        server.pass(3600);
        let newest = server.refresh("app", all.last().unwrap()).await.text("refresh_token");
        assert!(!all.contains(&newest));
        all.push(newest);
        assert_eq!(server.refresh("app", &first).await.status, 200);
    }
    server.revoke("app", &first).await;
    for token in &all {
        server.refresh("app", token).await.refused(400, "invalid_grant");
    }
    let counted = server.stop_and_count().await;
    assert_eq!(counted.get(&("app".into(), "reusable-refresh".into())), Some(&6));
}

#[tokio::test(flavor = "multi_thread")]
async fn stable_answers_the_same_refresh_token() {
    let (server, tokens) = reusable(Turnover::Stable, true).await;
    let first = tokens.text("refresh_token");
    for _ in 0..3 {
        server.pass(3600);
        let reply = server.refresh("app", &first).await;
        assert_eq!(reply.text("refresh_token"), first);
        assert_ne!(reply.text("access_token"), tokens.text("access_token"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reusable_refresh_token_that_the_dialect_does_not_permit_rotates() {
    let (server, tokens) = reusable(Turnover::Stable, false).await;
    let first = tokens.text("refresh_token");
    let second = server.refresh("app", &first).await;
    assert_ne!(second.text("refresh_token"), first);
    server.pass(31);
    server.refresh("app", &first).await.refused(400, "invalid_grant");
    assert!(server.stop_and_count().await.is_empty());
}
