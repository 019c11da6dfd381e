//! What became of each call: kept for its app, never with a secret; told again by reference, in groups, check by check. What a token
//! would hold. How often an app may call.

use crate::common::{Browser, CALLBACK, Folder, SECRET, Server, VERIFIER, authorize_query, claims, client, user};
use claviger_core::Client;
use claviger_core::limits::{ClientLimits, Plan};
use claviger_server::admin::evaluate::{Wanted, evaluate};
use claviger_server::admin::log::{self, LoggedCall, RequestFilter};
use claviger_server::admin::replay::{Outcome, replay};
use claviger_server::secrets::Secrets;
use claviger_server::state::requests::RequestLogSettings;
use claviger_store::RequestLog;
use std::time::Duration;

fn logged(server: &Server) -> RequestLog {
    server.state.log_requests(RequestLogSettings::default()).unwrap();
    server.state.request_log().unwrap()
}

/// The calls of an app once there are so many, the newest first.
async fn calls(log: &RequestLog, app: &str, many: usize) -> Vec<LoggedCall> {
    for _ in 0..600 {
        let found = log::calls(log, ("test", app), &RequestFilter::default(), None, 100).await.unwrap();
        if found.len() >= many {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{many} calls of {app} did not come about in thirty seconds");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_call_is_kept_for_its_app_and_nothing_secret_with_it() {
    let folder = Folder::new();
    let server = Server::at(&folder.url(), |_| {}).await;
    let log = logged(&server);
    server.add_client(&client("app")).await;
    let browser = Browser::default();
    let code = browser.authorize(&server, &authorize_query("app", "openid read offline_access")).await.code();
    let tokens = server.redeem("app", &code).await.json();
    let (access, refresh) = (tokens["access_token"].as_str().unwrap(), tokens["refresh_token"].as_str().unwrap());
    assert!(server.is_active("app", access).await);
    assert_eq!(server.revoke("app", refresh).await.status, 200);
    server.redeem("app", &code).await.refused(400, "invalid_grant");
    let wrong = "another-secret-that-is-wrong-000";
    let form = [("grant_type", "client_credentials"), ("client_id", "app"), ("client_secret", wrong)];
    server.post("/token", &form).await.refused(401, "invalid_client");
    let form = [("grant_type", "client_credentials"), ("client_id", "nobody"), ("client_secret", wrong)];
    server.post("/token", &form).await.refused(401, "invalid_client");

    let found = calls(&log, "app", 6).await;
    let seen: Vec<_> = found.iter().map(|one| (one.endpoint.as_str(), one.status, one.kind.as_str())).collect();
    assert_eq!(seen[0], ("token", 401, "wrong_client"));
    assert_eq!(seen[1], ("token", 400, "code_replayed"));
    assert_eq!((seen[2], seen[3]), (("revocation", 200, ""), ("introspection", 200, "")));
    assert_eq!(seen[4], ("token", 200, ""));
    assert!(seen[5..].iter().all(|one| one.0 == "authorization" && one.2.is_empty()), "{seen:?}");
    let exchange = &found[4];
    assert_eq!((exchange.grant_type.as_str(), exchange.said.proof.as_str()), ("authorization_code", "s1"));
    assert_eq!((exchange.said.address.as_str(), exchange.at), ("127.0.0.1", server.now()));
    assert_eq!((found[0].error.as_str(), found[0].said.proof.as_str()), ("invalid_client", ""));
    assert!(found[0].mend.contains("compare the client_id"), "{}", found[0].mend);
    assert_eq!((found[2].said.token.as_str(), found[3].said.token.as_str()), ("refresh_token", "access_token"));
    let strangers = calls(&log, "", 1).await;
    assert_eq!((strangers[0].app.as_str(), strangers[0].said.claimed.as_str()), ("", "nobody"));

    let one = log::call(&log, &found[4].reference, Some(("test", "app")), server.now()).await.unwrap();
    assert_eq!(&one, exchange, "what went well is found by its reference as well");
    let groups = log::errors(&log, ("test", "app"), 0).await.unwrap();
    assert_eq!(groups.iter().map(|group| group.count).sum::<u64>(), 2);
    assert!(groups.iter().all(|group| !group.mend.is_empty()));
    let only = RequestFilter { endpoint: Some("revocation".into()), ..RequestFilter::default() };
    assert_eq!(log::calls(&log, ("test", "app"), &only, None, 9).await.unwrap().len(), 1);
    let newer = log::calls_after(&log, ("test", "app"), Some(&found[1].id), 0, 9).await.unwrap();
    assert_eq!(newer, found[..1]);

    let mut bytes = Vec::new();
    for name in ["claviger.requests.db", "claviger.requests.db-wal"] {
        bytes.extend(std::fs::read(folder.path().join(name)).unwrap_or_default());
    }
    let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("code_replayed"), "the lines are in the file");
    for secret in [SECRET, wrong, &code, access, refresh, VERIFIER, "correct horse", "alice", CALLBACK] {
        assert!(!holds(secret), "{secret} is in the log");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_call_is_gone_through_check_by_check() {
    let server = Server::start().await;
    let log = logged(&server);
    server.add_client(&client("app")).await;
    let secrets = Secrets::load(&server.store, &server.master).await.unwrap();
    server
        .token("app", &[("grant_type", "client_credentials"), ("scope", "read admin")])
        .await
        .refused(400, "invalid_scope");
    let form = [("grant_type", "client_credentials"), ("client_id", "app"), ("client_secret", "wrong")];
    server.post("/token", &form).await.refused(401, "invalid_client");
    let found = calls(&log, "app", 2).await;
    let gone = async |reference: &str| {
        let replay = replay(&server.store, &log, &secrets, &server.realm, reference, server.now()).await.unwrap();
        replay.checks
    };
    let checks = gone(&found[1].reference).await;
    let of = |name: &str| checks.iter().find(|check| check.check == name).unwrap();
    assert_eq!(of("client-proved").outcome, Outcome::Passed);
    assert!(of("client-proved").compared.contains("(the same)"), "{}", of("client-proved").compared);
    assert_eq!(of("scope").outcome, Outcome::Failed);
    assert!(of("scope").compared.contains("beyond what the app may ask for: admin") && !of("scope").mend.is_empty());
    assert!(checks.iter().all(|check| !check.compared.contains(SECRET)));
    let checks = gone(&found[0].reference).await;
    let of = |name: &str| checks.iter().find(|check| check.check == name).unwrap();
    assert_eq!((of("client-proved").outcome, of("grant-allowed").outcome), (Outcome::Failed, Outcome::NotReached));
    assert!(of("client-proved").compared.contains("5 characters") && !of("client-proved").compared.contains("same"));
    assert!(replay(&server.store, &log, &secrets, &server.realm, "0000000000000", server.now()).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_token_would_hold_is_what_a_real_one_holds() {
    let server = Server::start().await;
    server.add_client(&client("app")).await;
    server.add_user(&user("u2", "bob")).await;
    let secrets = Secrets::load(&server.store, &server.master).await.unwrap();
    let without = |mut claims: serde_json::Value, names: &[&str]| {
        for name in names {
            claims.as_object_mut().unwrap().remove(*name);
        }
        claims
    };
    let tokens = server.code_flow(&Browser::default(), "app", "openid profile email read").await.json();
    let wanted = Wanted {
        app: "app".into(),
        user: Some("alice".into()),
        scope: Some("openid profile email read".into()),
        ..Wanted::default()
    };
    let found = evaluate(&server.store, &secrets, &server.realm, &wanted, server.now()).await.unwrap();
    let access = claims(tokens["access_token"].as_str().unwrap());
    assert_eq!(without(found.access_token.clone().into(), &["jti"]), without(access, &["jti", "gid"]));
    let id_token = claims(tokens["id_token"].as_str().unwrap());
    assert_eq!(without(found.id_token.unwrap().into(), &[]), without(id_token, &["at_hash", "nonce"]));
    let told = server.bearer(reqwest::Method::GET, "/userinfo", tokens["access_token"].as_str().unwrap()).await.json();
    assert_eq!(serde_json::Value::from(found.userinfo.unwrap()), told);
    assert_eq!((found.expires_in, found.access_token_format), (tokens["expires_in"].as_i64().unwrap(), "jwt"));

    let alone = server.token("app", &[("grant_type", "client_credentials"), ("scope", "read")]).await.json();
    let wanted = Wanted { app: "app".into(), scope: Some("read".into()), ..Wanted::default() };
    let found = evaluate(&server.store, &secrets, &server.realm, &wanted, server.now()).await.unwrap();
    let access = claims(alone["access_token"].as_str().unwrap());
    assert_eq!(without(found.access_token.into(), &["jti"]), without(access, &["jti"]));
    assert!(found.id_token.is_none() && found.userinfo.is_none());
    let wanted = Wanted { scope: Some("admin".into()), ..wanted };
    let refused = evaluate(&server.store, &secrets, &server.realm, &wanted, server.now()).await.unwrap_err();
    assert!(refused.to_string().contains("the scope admin"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_may_call_so_often_at_all_servers_together() {
    let folder = Folder::new();
    let one = Server::at(&folder.url(), |realm| {
        realm.plans = vec![Plan { name: "small".into(), token_calls_per_minute: 5 }];
    })
    .await;
    let log = logged(&one);
    let limited = ClientLimits { plan: Some("small".into()), token_calls_per_minute: None };
    one.add_client(&Client { limits: limited, ..client("limited") }).await;
    one.add_client(&client("free")).await;
    let two = one.beside().await;
    let form = [("grant_type", "client_credentials")];
    let reply = one.token("limited", &form).await;
    assert_eq!((reply.status.as_u16(), reply.header("ratelimit-policy")), (200, "\"minute\";q=5;w=60"));
    assert_eq!(reply.header("ratelimit"), "\"minute\";r=4;t=60");
    assert!(!one.token("free", &form).await.headers.contains_key("ratelimit"));
    for _ in 0..3 {
        assert_eq!(two.token("limited", &form).await.status, 200);
    }
    // What the one let through, the other hears.
    one.until(async || one.token("limited", &[("grant_type", "nonsense")]).await.status == 429).await;
    let refused = one.token("limited", &form).await;
    assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (429, "60"));
    assert_eq!(refused.header("ratelimit"), "\"minute\";r=0;t=60");
    assert_eq!(refused.json()["error"], "temporarily_unavailable");
    // Whoever does not know the secret uses up nothing, and learns nothing of limits.
    let guess = [("grant_type", "client_credentials"), ("client_id", "free"), ("client_secret", "wrong")];
    assert!(!one.post("/token", &guess).await.headers.contains_key("ratelimit"));
    one.pass(60);
    two.pass(60);
    assert_eq!(one.token("limited", &form).await.header("ratelimit"), "\"minute\";r=4;t=60");
    let found = calls(&log, "limited", 3).await;
    assert!(found.iter().any(|call| call.kind == "too_many_calls" && call.status == 429), "{found:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_torn_is_begun_anew() {
    let folder = Folder::new();
    let server = Server::at(&folder.url(), |_| {}).await;
    server.add_client(&client("app")).await;
    let log = logged(&server);
    server.token("app", &[("grant_type", "client_credentials")]).await;
    calls(&log, "app", 1).await;
    drop(log);
    let server = server.restart().await;
    let file = folder.path().join("claviger.requests.db");
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(folder.path().join(format!("claviger.requests.db{end}")));
    }
    std::fs::write(&file, "no database at all ".repeat(1_000)).unwrap();
    let log = logged(&server);
    server.token("app", &[("grant_type", "client_credentials")]).await;
    assert_eq!(calls(&log, "app", 1).await.len(), 1);
    assert!(folder.path().join("claviger.requests.db.unreadable").exists());
}
