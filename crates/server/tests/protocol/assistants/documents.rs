//! Those that are known by their documents.

use super::{RESOURCE, Web, asks, connects, metadata, redeems, refreshes, world};
use crate::common::{Browser, Server, VERIFIER, claims, with, without};
use crate::registration::and;
use crate::request_objects::{jwks, key};
use claviger_core::client::GrantType;
use claviger_core::jose::{Algorithm, SigningKey, Typ};
use claviger_core::realm::DocumentMode;
use serde_json::json;

async fn stored(server: &Server, id: &str) -> claviger_core::Client {
    server.store.client_with_secrets("test", id).await.unwrap().unwrap().0
}

/// claude.ai on the web, the desktop and the phone.
#[tokio::test(flavor = "multi_thread")]
async fn claude_ai() {
    let (server, web) = (world(|_| {}).await, Web::new().await);
    let callback = "https://claude.ai/api/mcp/auth_callback";
    let id = web.publishes(
        "/oauth/mcp-oauth-client-metadata",
        json!({
            "client_name": "Claude", "client_uri": "https://claude.ai",
            "redirect_uris": [callback, "https://claude.com/api/mcp/auth_callback"],
            "grant_types": ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:jwt-bearer"],
            "response_types": ["code"], "token_endpoint_auth_method": "none",
        }),
    );
    // Its document is used only where both of these are said; else it registers, twice.
    let told = metadata(&server).await;
    assert_eq!(told["client_id_metadata_document_supported"], true);
    assert!(told["token_endpoint_auth_methods_supported"].as_array().unwrap().contains(&json!("none")));
    assert_eq!(told["code_challenge_methods_supported"], json!(["S256"]));
    let browser = Browser::default();
    let page = browser.ask(&server, &asks(&id, callback, "read", RESOURCE)).await;
    let consent = browser.get_past_sign_in(&server, page).await;
    assert!(consent.body.contains("Claude") && consent.body.contains("claude.ai"), "{}", consent.body);
    assert!(!consent.body.contains("on your own device"), "the answer leaves this machine: {}", consent.body);
    connects(&server, &id, callback, RESOURCE).await;
    let client = stored(&server, &id).await;
    assert_eq!(
        client.grants,
        [GrantType::AuthorizationCode, GrantType::RefreshToken].into(),
        "what is not given is left out"
    );
    assert_eq!(client.publisher.as_deref(), Some("localhost"), "whoever has the domain, until more is proven");
}

/// It takes the port that it gets, and puts a slash behind the resource.
#[tokio::test(flavor = "multi_thread")]
async fn claude_code() {
    let (server, web) = (world(|_| {}).await, Web::new().await);
    let id = web.publishes(
        "/oauth/claude-code-client-metadata",
        json!({
            "client_name": "Claude Code", "client_uri": "https://claude.ai",
            "redirect_uris": ["http://localhost/callback", "http://127.0.0.1/callback"],
            "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
            "token_endpoint_auth_method": "none",
        }),
    );
    let browser = Browser::default();
    let callback = "http://localhost:57321/callback";
    let page = browser.ask(&server, &asks(&id, callback, "read", &format!("{RESOURCE}/"))).await;
    let consent = browser.get_past_sign_in(&server, page).await;
    assert!(
        consent.body.contains("Your answer goes to") && consent.body.contains("on your own device"),
        "{}",
        consent.body
    );
    for callback in [callback, "http://localhost:8/callback", "http://127.0.0.1:50123/callback"] {
        connects(&server, &id, callback, &format!("{RESOURCE}/")).await;
    }
    for elsewhere in [
        "http://localhost:57321/other",
        "http://localhost.evil.example:57321/callback",
        "http://192.0.2.1:57321/callback",
    ] {
        let refused = Browser::default().ask(&server, &asks(&id, elsewhere, "read", RESOURCE)).await;
        refused.is_page();
    }
}

/// A port of its own that is another one today, a picture on another domain, and a grant that it is not given.
#[tokio::test(flavor = "multi_thread")]
async fn vs_code() {
    let (server, web) = (world(|_| {}).await, Web::new().await);
    let logo = "https://code.visualstudio.com/assets/images/code-stable.png";
    let id = web.publishes(
        "/oauth/client-metadata.json",
        json!({
            "client_name": "Visual Studio Code", "client_uri": "https://code.visualstudio.com", "logo_uri": logo,
            "grant_types": ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
            "response_types": ["code"], "redirect_uris": ["http://127.0.0.1:33418/", "https://vscode.dev/redirect"],
            "token_endpoint_auth_method": "none",
        }),
    );
    let browser = Browser::default();
    let page = browser.ask(&server, &asks(&id, "https://vscode.dev/redirect", "read", RESOURCE)).await;
    let consent = browser.get_past_sign_in(&server, page).await;
    assert!(consent.body.contains("vscode.dev") && !consent.body.contains(logo), "{}", consent.body);
    for callback in ["http://127.0.0.1:33418/", "http://127.0.0.1:61000/", "https://vscode.dev/redirect"] {
        connects(&server, &id, callback, RESOURCE).await;
    }
    assert!(!stored(&server, &id).await.grants.contains(&GrantType::DeviceCode));
}

fn assertion(server: &Server, key: &SigningKey, client: &str, jti: &str) -> String {
    let now = server.now() / 1000;
    let claims = json!({
        "iss": client, "sub": client, "aud": server.realm.issuer, "iat": now, "exp": now + 60, "jti": jti,
    });
    key.sign_jwt(Typ::Jwt, claims.to_string().as_bytes()).unwrap()
}

/// It proves itself by a key, and leaves the scope out when it comes back.
#[tokio::test(flavor = "multi_thread")]
async fn chatgpt() {
    let (server, web) = (world(|_| {}).await, Web::new().await);
    let own = key("k1", Algorithm::Rs256);
    web.says("/oauth/jwks.json", &serde_json::to_value(jwks(&own)).unwrap());
    let told = metadata(&server).await;
    let methods = told["token_endpoint_auth_methods_supported"].as_array().unwrap();
    assert!(["none", "private_key_jwt"].iter().all(|method| methods.contains(&json!(method))), "{methods:?}");
    assert!(told["token_endpoint_auth_signing_alg_values_supported"].as_array().unwrap().contains(&json!("RS256")));
    for (path, callback) in [
        ("/oauth/client.json", "https://chatgpt.com/connector_platform_oauth_redirect"),
        ("/oauth/6a1f/client.json", "https://chatgpt.com/connector/oauth/6a1f"),
    ] {
        let id = web.publishes(
            path,
            json!({
                "client_name": "ChatGPT", "redirect_uris": [callback], "grant_types": ["authorization_code", "refresh_token"],
                "response_types": ["code"], "token_endpoint_auth_method": "private_key_jwt",
                "token_endpoint_auth_signing_alg": "RS256", "jwks_uri": web.at("/oauth/jwks.json"),
            }),
        );
        let back = Browser::default().authorize(&server, &without(asks(&id, callback, "", RESOURCE), "scope")).await;
        let code = back.code();
        let redeem = async |assertion: &str| {
            let form = [
                ("grant_type", "authorization_code"),
                ("code", code.as_str()),
                ("code_verifier", VERIFIER),
                ("redirect_uri", callback),
                ("client_id", &id),
                ("resource", RESOURCE),
                ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
                ("client_assertion", assertion),
            ];
            server.post("/token", &form).await
        };
        redeems(&server, &id, callback, &code, RESOURCE).await.refused(401, "invalid_client");
        let other = assertion(&server, &key("k1", Algorithm::Rs256), &id, "other");
        redeem(&other).await.refused(401, "invalid_client");
        let tokens = redeem(&assertion(&server, &own, &id, path)).await;
        assert_eq!(tokens.status, 200, "{}", tokens.body);
        let mut scope: Vec<_> = tokens.text("scope").split(' ').map(str::to_owned).collect();
        scope.sort_unstable();
        assert_eq!(scope, ["offline_access", "openid", "read", "write"], "there is a default");
    }
}

/// `https://h` and `https://h/`, in upper case or not, at each of the three requests; one that is no API's is refused there.
#[tokio::test(flavor = "multi_thread")]
async fn the_resource_has_many_spellings_and_one_audience() {
    let (server, web) =
        (world(|realm| "https://mcp.example".clone_into(&mut realm.apis[0].audience)).await, Web::new().await);
    let callback = "http://127.0.0.1:4000/cb";
    let document = json!({ "client_name": "A", "redirect_uris": [callback], "grant_types": ["authorization_code", "refresh_token"] });
    let id = web.publishes("/a.json", document);
    let browser = Browser::default();
    let scope = "offline_access read";
    for [first, second, third] in [
        ["https://mcp.example", "https://mcp.example/", "https://mcp.example"],
        ["https://mcp.example/", "https://mcp.example", "https://mcp.example/"],
        ["HTTPS://MCP.example/", "https://mcp.EXAMPLE", "https://Mcp.Example/"],
    ] {
        let code = browser.authorize(&server, &asks(&id, callback, scope, first)).await.code();
        let tokens = redeems(&server, &id, callback, &code, second).await;
        assert_eq!(claims(&tokens.text("access_token"))["aud"], "https://mcp.example", "{first} {second}");
        let renewed = refreshes(&server, &id, &tokens.text("refresh_token"), third).await;
        assert_eq!(claims(&renewed.text("access_token"))["aud"], "https://mcp.example", "{third}");
        refreshes(&server, &id, &renewed.text("refresh_token"), "https://mcp.example/other")
            .await
            .refused(400, "invalid_target");
    }
    for wrong in ["https://mcp.example//", "https://mcp.example/mcp", "http://mcp.example", "https://other.example"] {
        let back = browser.ask(&server, &asks(&id, callback, scope, wrong)).await.redirect_params();
        assert_eq!(
            (back["error"].as_str(), back["iss"].as_str()),
            ("invalid_target", server.realm.issuer.as_str()),
            "{wrong}"
        );
    }
}

/// More is asked for when the API wants it: consent says what is new, and the token has both.
#[tokio::test(flavor = "multi_thread")]
async fn a_step_up_is_another_consent() {
    let (server, web) = (world(|_| {}).await, Web::new().await);
    let callback = "http://localhost:4000/callback";
    let id = web.publishes("/a.json", json!({ "client_name": "A", "redirect_uris": ["http://localhost/callback"] }));
    let browser = Browser::default();
    let code = browser.authorize(&server, &asks(&id, callback, "read", RESOURCE)).await.code();
    assert_eq!(redeems(&server, &id, callback, &code, RESOURCE).await.text("scope"), "read");
    let consent = browser.ask(&server, &asks(&id, callback, "read write", RESOURCE)).await;
    consent.asks_for_consent();
    assert_eq!(
        consent.body.matches("You have not allowed this before").count(),
        2,
        "one scope is new: {}",
        consent.body
    );
    let denied = browser.decide(&server, &consent, "deny").await.redirect_params();
    assert_eq!((denied["error"].as_str(), denied["iss"].as_str()), ("access_denied", server.realm.issuer.as_str()));
    let code = browser.authorize(&server, &asks(&id, callback, "read write", RESOURCE)).await.code();
    assert_eq!(redeems(&server, &id, callback, &code, RESOURCE).await.text("scope"), "read write");
}

/// What the vendor approved: a domain has a few scopes at once, and the rest is for others.
#[tokio::test(flavor = "multi_thread")]
async fn a_domain_gets_what_the_vendor_gave_it() {
    let few = |realm: &mut claviger_core::Realm| {
        let documents = &mut realm.registration.documents;
        documents.mode = DocumentMode::Open;
        documents.scopes = vec!["openid".into(), "read".into()];
    };
    let (server, web) = (world(few).await, Web::new().await);
    let callback = "http://localhost:4000/callback";
    let document =
        json!({ "client_name": "A", "redirect_uris": ["http://localhost/callback"], "scope": "openid read write" });
    let id = web.publishes("/a.json", document.clone());
    let browser = Browser::default();
    browser.authorize(&server, &asks(&id, callback, "read", RESOURCE)).await.code();
    let back = browser.ask(&server, &asks(&id, callback, "read write", RESOURCE)).await.redirect_params();
    assert_eq!((back["error"].as_str(), back["iss"].as_str()), ("invalid_scope", server.realm.issuer.as_str()));
    // An answer may go to the web, then, and nowhere else than the document says.
    let other = web.publishes("/b.json", and(document, json!({ "redirect_uris": ["https://app.example/cb"] })));
    for wrong in ["https://app.example/cb/", "https://app.example:444/cb", callback] {
        browser.ask(&server, &with(asks(&other, "", "read", RESOURCE), "redirect_uri", wrong)).await.is_page();
    }
}
