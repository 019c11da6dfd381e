//! What a realm gives an app that it does not know: nothing and a request to the vendor, a few scopes, or all that people may consent
//! to. Each from the exact requests of one assistant.

use super::{RESOURCE, Web, asks, connects, redeems, world};
use crate::common::{Browser, Reply, Server, claims};
use claviger_core::client::ClientStatus;
use claviger_core::realm::DocumentMode;
use reqwest::Method;
use serde_json::json;

const CALLBACK: &str = "https://claude.ai/api/mcp/auth_callback";

/// The document of claude.ai, at a host of this machine.
fn publishes(web: &Web) -> String {
    let document = json!({
        "client_name": "Claude", "client_uri": "https://claude.ai", "redirect_uris": [CALLBACK],
        "grant_types": ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:jwt-bearer"],
        "response_types": ["code"], "token_endpoint_auth_method": "none",
    });
    web.publishes("/oauth/mcp-oauth-client-metadata", document)
}

async fn comes(server: &Server, browser: &Browser, id: &str, scope: &str) -> Reply {
    browser.ask(server, &asks(id, CALLBACK, scope, RESOURCE)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_and_a_request_to_the_vendor() {
    let (server, web) =
        (world(|realm| realm.registration.documents.mode = DocumentMode::Approval).await, Web::new().await);
    let (id, browser) = (publishes(&web), Browser::default());
    let page = comes(&server, &browser, &id, "read").await;
    for shown in ["Claude", "not approved", "/-/ask-for-app"] {
        assert!(page.body.contains(shown), "{shown}: {}", page.body);
    }
    assert!(!page.body.contains("name=\"decision\""), "nobody is asked for consent: {}", page.body);
    let (csrf, form_client) = (page.hidden("csrf").unwrap(), id.clone());
    let form = [("csrf", csrf.as_str()), ("client", &form_client)];
    assert_eq!(browser.send(&server, Method::POST, "/-/ask-for-app", Some(&form)).await.status, 303);
    let asked = server.store.asked_for_client("test", &id, 10).await.unwrap();
    assert_eq!(asked.iter().map(|one| one.times).sum::<i64>(), 1);
    let stored = server.store.client_with_secrets("test", &id).await.unwrap().unwrap().0;
    assert_eq!(stored.status, ClientStatus::Pending, "it stands in the queue");
    redeems(&server, &id, CALLBACK, "cvc_nothing", RESOURCE).await.refused(401, "invalid_client");
    let now = server.now();
    server.store.set_client_status("test", &id, ClientStatus::Active, now, now).await.unwrap();
    server.until(async || !comes(&server, &browser, &id, "read").await.body.contains("not approved")).await;
    connects(&server, &id, CALLBACK, RESOURCE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sandbox_scopes() {
    let few = |realm: &mut claviger_core::Realm| {
        realm.registration.documents.scopes = ["openid", "offline_access", "read"].map(str::to_owned).to_vec();
    };
    let (server, web) = (world(few).await, Web::new().await);
    let (id, browser) = (publishes(&web), Browser::default());
    connects(&server, &id, CALLBACK, RESOURCE).await;
    let refused = comes(&server, &browser, &id, "read write").await.redirect_params();
    assert_eq!(refused["error"], "invalid_scope");
    // Without a scope it gets those and no more.
    let all = crate::common::without(asks(&id, CALLBACK, "", RESOURCE), "scope");
    let code = browser.authorize(&server, &all).await.code();
    let tokens = redeems(&server, &id, CALLBACK, &code, RESOURCE).await;
    let mut scope: Vec<_> = tokens.text("scope").split(' ').map(str::to_owned).collect();
    scope.sort_unstable();
    assert_eq!(scope, ["offline_access", "openid", "read"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_users_may_consent_to() {
    let (server, web) = (world(|_| {}).await, Web::new().await);
    let (id, browser) = (publishes(&web), Browser::default());
    let page = comes(&server, &browser, &id, "openid offline_access read write").await;
    let consent = browser.get_past_sign_in(&server, page).await;
    consent.asks_for_consent();
    let code = browser.decide(&server, &consent, "allow").await.code();
    let tokens = redeems(&server, &id, CALLBACK, &code, RESOURCE).await;
    let access = claims(&tokens.text("access_token"));
    assert_eq!((&access["aud"], &access["client_kind"]), (&json!(RESOURCE), &json!("agent")));
    for scope in ["read", "write", "offline_access"] {
        assert!(tokens.text("scope").split(' ').any(|one| one == scope), "{scope}: {}", tokens.body);
    }
}
