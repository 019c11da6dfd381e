//! Those that register (RFC 7591), from programs and from pages in browsers.

use super::{RESOURCE, SCOPES, asks, connects, metadata, redeems, world};
use crate::common::{Browser, Server, without};
use crate::registration::{register, registered};
use claviger_core::realm::{DocumentMode, RegistrationMode};
use reqwest::Method;
use serde_json::{Value, json};

fn id(client: &Value) -> &str {
    client["client_id"].as_str().unwrap()
}

/// What each sends, word for word but for ports.
fn requests() -> [(&'static str, Value, &'static str); 6] {
    let code = |more: Value| {
        let usual = json!({
            "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
            "token_endpoint_auth_method": "none",
        });
        crate::registration::and(usual, more)
    };
    [
        (
            "Claude",
            code(
                json!({ "client_name": "Claude", "redirect_uris": ["https://claude.ai/api/mcp/auth_callback"], "scope": "openid read" }),
            ),
            "https://claude.ai/api/mcp/auth_callback",
        ),
        (
            "Claude Code",
            code(
                json!({ "client_name": "Claude Code (orders)", "redirect_uris": ["http://localhost:53682/callback"] }),
            ),
            "http://localhost:53682/callback",
        ),
        (
            "Cursor",
            code(
                json!({ "client_name": "Cursor", "redirect_uris": ["http://localhost:8787/callback"], "scope": "read", "logo_uri": null }),
            ),
            "http://localhost:8787/callback",
        ),
        (
            "Codex",
            code(
                json!({ "client_name": "Codex", "redirect_uris": ["http://127.0.0.1:41231/callback"], "contacts": null, "software_id": "" }),
            ),
            "http://127.0.0.1:41231/callback",
        ),
        (
            "Gemini CLI",
            // A member that no standard has.
            code(json!({
                "client_name": "Gemini CLI MCP Client", "redirect_uris": ["http://localhost:7777/oauth/callback"],
                "code_challenge_method": ["S256"], "scope": "",
            })),
            "http://localhost:7777/oauth/callback",
        ),
        (
            "Inspector",
            code(json!({
                "client_name": "MCP Inspector", "client_uri": "https://github.com/modelcontextprotocol/inspector",
                "redirect_uris": ["http://localhost:6274/oauth/callback", "http://localhost:6274/oauth/callback/debug"],
                "scope": SCOPES.join(" "),
            })),
            "http://localhost:6274/oauth/callback",
        ),
    ]
}

fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().any(has_null),
        Value::Object(members) => members.values().any(has_null),
        _ => false,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_registers_and_connects() {
    for (name, metadata, callback) in requests() {
        let server = world(|_| {}).await;
        let answer = registered(&server, &metadata).await;
        assert!(!has_null(&answer), "{name}: members that are nothing are not sent: {answer}");
        assert_eq!(answer.get("client_secret"), None, "{name}");
        assert!(answer["client_id_issued_at"].is_u64(), "{name}: {answer}");
        for uri in ["registration_client_uri", "registration_access_token"] {
            assert!(answer[uri].as_str().is_some_and(|text| !text.is_empty()), "{name}: {answer}");
        }
        assert_eq!(answer["redirect_uris"], metadata["redirect_uris"], "{name}");
        connects(&server, id(&answer), callback, RESOURCE).await;
    }
}

/// The editor Cursor sends its users back by a scheme of its own, which has no dot: for realms that name it.
#[tokio::test(flavor = "multi_thread")]
async fn cursor_by_its_own_scheme() {
    let callback = "cursor://anysphere.cursor-mcp/oauth/callback";
    let metadata = json!({
        "client_name": "Cursor", "redirect_uris": [callback], "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"], "token_endpoint_auth_method": "none",
    });
    register(&world(|_| {}).await, &metadata).await.refused(400, "invalid_redirect_uri");
    let server = world(|realm| realm.registration.private_schemes = vec!["cursor".to_owned()]).await;
    let answer = registered(&server, &metadata).await;
    assert_eq!((&answer["redirect_uris"], &answer["application_type"]), (&json!([callback]), &json!("native")));
    let browser = Browser::default();
    let page = browser.ask(&server, &asks(id(&answer), callback, "read", RESOURCE)).await;
    let consent = browser.get_past_sign_in(&server, page).await;
    for shown in ["a program on this device", "cursor:", "allow only what you started yourself"] {
        assert!(consent.body.contains(shown), "{shown}: {}", consent.body);
    }
    connects(&server, id(&answer), callback, RESOURCE).await;
    for wrong in [
        "cursor://anysphere.cursor-mcp/other",
        "cursor:/oauth/callback",
        "vscode://anysphere.cursor-mcp/oauth/callback",
    ] {
        Browser::default().ask(&server, &asks(id(&answer), wrong, "read", RESOURCE)).await.is_page();
    }
    let bare = without(asks(id(&answer), callback, "read", RESOURCE), "code_challenge");
    assert_eq!(browser.ask(&server, &bare).await.redirect_params()["error"], "invalid_request");
    // A client with a secret may leave PKCE out where it sends a nonce, but not where anybody may take its answer.
    let confidential =
        crate::registration::and(metadata.clone(), json!({ "token_endpoint_auth_method": "client_secret_basic" }));
    let other = registered(&server, &confidential).await;
    let nonce = crate::common::plus(
        without(
            without(asks(id(&other), callback, "openid read", RESOURCE), "code_challenge"),
            "code_challenge_method",
        ),
        "nonce",
        "n-1",
    );
    assert_eq!(browser.ask(&server, &nonce).await.redirect_params()["error"], "invalid_request");
    // Taken off the list it counts no more, for those that have it as well.
    let mut realm = server.realm.clone();
    realm.registration.private_schemes.clear();
    server.store.put_realm(&realm, server.now()).await.unwrap();
    server
        .until(async || {
            browser.ask(&server, &asks(id(&answer), callback, "read", RESOURCE)).await.header("location").is_empty()
                && browser.ask(&server, &asks(id(&answer), callback, "read", RESOURCE)).await.status == 400
        })
        .await;
}

/// A secret's end is a whole number, and such a client is refused without its secret.
#[tokio::test(flavor = "multi_thread")]
async fn one_with_a_secret_is_told_a_whole_number() {
    let server = world(|_| {}).await;
    let metadata = json!({ "client_name": "P", "redirect_uris": ["https://p.example/cb"], "token_endpoint_auth_method": "client_secret_post" });
    let reply = register(&server, &metadata).await;
    assert_eq!(reply.json()["client_secret_expires_at"].as_u64(), Some(0));
    assert!(
        reply.body.contains("\"client_secret_expires_at\":0,")
            || reply.body.contains("\"client_secret_expires_at\":0}"),
        "{}",
        reply.body
    );
}

/// What an API's refusal names is registered first, and more is asked for later: the same client gets it by another consent.
#[tokio::test(flavor = "multi_thread")]
async fn one_that_registered_for_little_may_come_back_for_more() {
    let server = world(|_| {}).await;
    let callback = "http://localhost:4000/callback";
    let metadata = json!({ "client_name": "A", "redirect_uris": [callback], "token_endpoint_auth_method": "none", "scope": "read" });
    let client = registered(&server, &metadata).await;
    assert_eq!(client["scope"], "read");
    let browser = Browser::default();
    let code = browser.authorize(&server, &asks(id(&client), callback, "read write", RESOURCE)).await.code();
    assert_eq!(redeems(&server, id(&client), callback, &code, RESOURCE).await.text("scope"), "read write");
    // Without a scope it is asked for what it registered.
    let code = browser.authorize(&server, &without(asks(id(&client), callback, "", RESOURCE), "scope")).await.code();
    assert_eq!(redeems(&server, id(&client), callback, &code, RESOURCE).await.text("scope"), "read");
    // One that was approved is approved for what it named.
    let waits = world(|realm| realm.registration.mode = RegistrationMode::Approval).await;
    let client = registered(&waits, &metadata).await;
    let (now, id) = (waits.now(), id(&client).to_owned());
    waits.store.set_client_status("test", &id, claviger_core::client::ClientStatus::Active, now, now).await.unwrap();
    let back = Browser::default().ask(&waits, &asks(&id, callback, "read write", RESOURCE)).await.redirect_params();
    assert_eq!(back["error"], "invalid_scope");
}

/// A page in a browser does all of it from another origin.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_origin_may_do_all_of_it() {
    let server = world(|_| {}).await;
    let origin = ("origin", "http://localhost:6274");
    for path in [
        "/.well-known/oauth-authorization-server",
        "/.well-known/openid-configuration",
        "/register",
        "/token",
        "/jwks",
        "/revoke",
    ] {
        let method = if path.starts_with("/.well") || path == "/jwks" { "GET" } else { "POST" };
        let headers = "authorization,content-type,mcp-protocol-version";
        let asked = [origin, ("access-control-request-method", method), ("access-control-request-headers", headers)];
        let reply = server.send(Method::OPTIONS, path, &asked, "").await;
        assert_eq!((reply.status.as_u16(), reply.header("access-control-allow-origin")), (204, "*"), "{path}");
        let allowed = reply.header("access-control-allow-headers").to_ascii_lowercase();
        assert!(headers.split(',').all(|name| allowed == "*" || allowed.contains(name)), "{path}: {allowed}");
        assert!(reply.header("access-control-allow-methods").contains(method), "{path}");
        let sent =
            server.send(method.parse().unwrap(), path, &[origin, ("mcp-protocol-version", "2025-11-25")], "").await;
        assert_eq!(
            sent.header("access-control-allow-origin"),
            "*",
            "{path}: what it is told can be read: {}",
            sent.status
        );
    }
}

/// At least one way in is always advertised where there is one, and none that is not there.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_advertised_is_what_there_is() {
    let told = async |documents: DocumentMode, mode: RegistrationMode| {
        let server: Server = world(|realm| {
            realm.registration.documents.mode = documents;
            realm.registration.mode = mode;
        })
        .await;
        let told = metadata(&server).await;
        for scope in SCOPES {
            assert!(
                told["scopes_supported"].as_array().unwrap().contains(&json!(scope)),
                "clients copy this list: {scope}"
            );
        }
        assert_eq!(told["authorization_response_iss_parameter_supported"], true);
        let openid = server.send(Method::GET, "/.well-known/openid-configuration", &[], "").await.json();
        assert_eq!(openid["code_challenge_methods_supported"], told["code_challenge_methods_supported"]);
        assert_eq!(openid["issuer"], server.realm.issuer);
        (told.get("client_id_metadata_document_supported").is_some(), told.get("registration_endpoint").is_some())
    };
    assert_eq!(told(DocumentMode::Open, RegistrationMode::Open).await, (true, true));
    assert_eq!(told(DocumentMode::Approval, RegistrationMode::Off).await, (true, false));
    assert_eq!(told(DocumentMode::Off, RegistrationMode::Approval).await, (false, true));
}
