//! One app's whole story with the strict profile, as its developer would live it.

use crate::common::{Browser, Reply, SECRET, Server, authorize_query, client};

#[tokio::test(flavor = "multi_thread")]
async fn an_app_gets_a_code_tokens_userinfo_refreshes_and_gives_all_back() {
    let server = Server::start().await;
    server.add_client(&client("app")).await;
    let alice = Browser::default();

    let page = alice.ask(&server, &authorize_query("app", "openid profile read")).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("name=\"password\""));
    assert_eq!(page.header("x-frame-options"), "DENY");
    assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"));
    assert!(!page.header("content-security-policy").contains("form-action"), "the app may send the browser on");

    let answer = alice.carry_on(&server, page).await;
    let params = answer.redirect_params();
    assert_eq!(params["state"], "a state & more");
    assert_eq!(params["iss"], server.realm.issuer);

    let again = alice.ask(&server, &authorize_query("app", "openid profile read")).await;
    assert_eq!(again.status, 303, "consent is remembered");

    let tokens = server.code_flow(&alice, "app", "openid profile read").await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    assert_eq!(tokens.text("token_type"), "Bearer");
    assert_eq!(tokens.json()["expires_in"], 600);
    assert!(!tokens.text("id_token").is_empty());

    let userinfo =
        server.http.get(server.url("/userinfo")).bearer_auth(tokens.text("access_token")).send().await.unwrap();
    let userinfo = Reply::of(userinfo).await;
    assert_eq!(userinfo.json(), serde_json::json!({"sub": "u1", "name": "Alice Adams", "preferred_username": "alice"}));

    let refresh = tokens.text("refresh_token");
    let first = server.token("app", &[("grant_type", "refresh_token"), ("refresh_token", &refresh)]).await;
    assert_eq!(first.status, 200, "{}", first.body);
    let retry = server.token("app", &[("grant_type", "refresh_token"), ("refresh_token", &refresh)]).await;
    assert_eq!(retry.body, first.body, "a retry gets the very same answer");

    let active = server.token("app", &[("token", &first.text("access_token"))]).await;
    active.refused(400, "invalid_request");
    let active = server
        .post("/introspect", &[("client_id", "app"), ("client_secret", SECRET), ("token", &first.text("access_token"))])
        .await;
    assert_eq!(active.json()["active"], true);

    let gone = server
        .post("/revoke", &[("client_id", "app"), ("client_secret", SECRET), ("token", &first.text("refresh_token"))])
        .await;
    assert_eq!(gone.status, 200);
    let inactive = server
        .post("/introspect", &[("client_id", "app"), ("client_secret", SECRET), ("token", &first.text("access_token"))])
        .await;
    assert_eq!(inactive.body, r#"{"active":false}"#);
    let dead =
        server.token("app", &[("grant_type", "refresh_token"), ("refresh_token", &first.text("refresh_token"))]).await;
    dead.refused(400, "invalid_grant");
    server.stop().await;
}
