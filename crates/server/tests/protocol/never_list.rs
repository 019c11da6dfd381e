//! What never happens, in any dialect.

use crate::common::{
    Browser, CALLBACK, Folder, PASSWORD, Reply, SECRET, Server, authorize_query, client, redemption, with, without,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use claviger_core::Client;
use claviger_core::client::{ClientKind, GrantType};
use claviger_core::dialect::Legacy;
use claviger_core::realm::AccessTokenFormat;
use claviger_core::redirect::RedirectUri;
use reqwest::Method;

/// A server whose dialect permits everything that can be permitted, and a client that was given it all.
async fn laxest() -> Server {
    let server = Server::with(|realm| realm.dialect.permits.extend(Legacy::ALL)).await;
    server.add_client(&lax("old")).await;
    server
}

fn lax(id: &str) -> Client {
    let mut client = client(id);
    client.legacy.extend(Legacy::ALL);
    client.grants.extend([GrantType::Implicit, GrantType::Password]);
    client.redirect_uris = vec![RedirectUri::parse("https://app.example/connect/*").unwrap()];
    client
}

fn at(uri: &str) -> Vec<(String, String)> {
    with(authorize_query("old", "read"), "redirect_uri", uri)
}

#[test]
fn no_wildcard_but_the_safe_one_is_registered() {
    for bad in [
        "*",
        "https://*",
        "https://*/cb",
        "https://*.example/cb",
        "https://app.*/cb",
        "https://a.*.example/cb",
        "https://app.example:*/cb",
        "*://app.example/cb",
        "https://app.example/*",
        "https://app.example/a*",
        "https://app.example/a/b*",
        "https://app.example/a/*/b",
        "https://app.example/*/*",
        "https://app.example/a/**",
        "https://app.example/a/*?x=1",
        "https://app.example/a?x=*",
        "http://127.0.0.1/a/*",
        "http://localhost/a/*",
        "com.example.app:/a/*",
        "https://app.example//a/*",
        "https://app.example/../*",
        "https://app.example/%2e/*",
        "https://app.example/[a-z]+/.*",
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "http://app.example/cb",
        "about:blank",
    ] {
        assert!(RedirectUri::parse(bad).is_err(), "{bad}");
    }
    assert!(RedirectUri::parse("https://app.example/a/*").unwrap().is_wildcard());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wildcard_matches_one_plain_segment_for_confidential_clients_with_code_only() {
    let server = laxest().await;
    let browser = Browser::default();
    let good = "https://app.example/connect/tenant_7-A";
    let code = browser.authorize(&server, &at(good)).await.code();
    let long = format!("https://app.example/connect/{}", "x".repeat(65));
    for bad in [
        "https://app.example/connect/",
        "https://app.example/connect",
        "https://app.example/connect/a/b",
        "https://app.example/connect/..",
        "https://app.example/connect/.",
        "https://app.example/connect/a?x=1",
        "https://app.example/connect/a#x",
        "https://app.example/connect/a%2fb",
        "https://app.example/connect/a\\b",
        "https://app.example/connect//a",
        "https://app.example/connect/*",
        "https://app.example/connect/é",
        "https://app.example/connect/a b",
        "https://app.example/connect/a\n",
        "https://app.example/connect/a;b",
        "https://app.example/Connect/a",
        "https://app.example:443/connect/a",
        "https://user@app.example/connect/a",
        "https://evil.example/connect/a",
        "https://app.example.evil.example/connect/a",
        "http://app.example/connect/a",
        &long,
    ] {
        browser.ask(&server, &at(bad)).await.is_page();
    }
    // The concrete value is matched again.
    let form = redemption(&code);
    let change = |value| form.map(|(n, v)| if n == "redirect_uri" { (n, value) } else { (n, v) });
    for other in ["https://app.example/connect/other", "https://app.example/*", ""] {
        server.token("old", &change(other)).await.refused(400, "invalid_grant");
    }
    assert_eq!(server.token("old", &change(good)).await.status, 200);
    // Never a token, never a public client, never without the permission, never left out.
    let implicit = with(at(good), "response_type", "token");
    browser.ask(&server, &implicit).await;
    let reply = browser.ask(&server, &implicit).await;
    assert!(reply.header("location").contains("error=unauthorized_client"), "{}", reply.header("location"));
    assert!(!reply.header("location").contains("access_token"));
    server.add_client(&Client { kind: ClientKind::Public, ..lax("phone") }).await;
    let mut ungiven = lax("ungiven");
    ungiven.legacy.remove(&Legacy::WildcardRedirect);
    server.add_client(&ungiven).await;
    for id in ["phone", "ungiven"] {
        browser.ask(&server, &with(at(good), "client_id", id)).await.is_page();
    }
    browser.ask(&server, &without(at(good), "redirect_uri")).await.is_page();
    let strict = Server::start().await;
    strict.add_client(&lax("old")).await;
    browser.ask(&strict, &at(good)).await.is_page();
    let counted = server.stop_and_count().await;
    assert_eq!(counted[&("old".to_owned(), "wildcard-redirect".to_owned())], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn even_the_laxest_client_keeps_its_bindings() {
    let server = laxest().await;
    server.add_client(&lax("other")).await;
    let browser = Browser::default();
    let uri = "https://app.example/connect/a";
    let query = without(without(at(uri), "code_challenge"), "code_challenge_method");
    let code = browser.authorize(&server, &query).await.code();
    let form = |uri: &'static str| [("grant_type", "authorization_code"), ("redirect_uri", uri)];
    let ask = async |id: &str, uri: &'static str| {
        let mut all = vec![("code", code.as_str())];
        all.extend(form(uri));
        server.token(id, &all).await
    };
    ask("other", uri).await.refused(400, "invalid_grant");
    ask("old", "https://app.example/connect/b").await.refused(400, "invalid_grant");
    assert_eq!(ask("old", uri).await.status, 200);
    ask("old", uri).await.refused(400, "invalid_grant");
    // A public client needs PKCE and a confidential one its secret, whatever they were given.
    server
        .add_client(&Client {
            kind: ClientKind::Public,
            redirect_uris: vec![RedirectUri::parse(CALLBACK).unwrap()],
            ..lax("phone")
        })
        .await;
    let bare = without(without(authorize_query("phone", "read"), "code_challenge"), "code_challenge_method");
    browser.ask(&server, &bare).await.sent_back(&server, "invalid_request");
    for form in [
        [("client_id", "old"), ("grant_type", "client_credentials")],
        [("client_id", "phone"), ("grant_type", "client_credentials")],
    ] {
        let reply = server.post("/token", &form).await;
        assert!([400, 401].contains(&reply.status.as_u16()), "{}", reply.body);
        assert!(!reply.body.contains("access_token"));
    }
}

fn unsigned(token: &str, alg: &str) -> String {
    let claims = token.split('.').nth(1).unwrap();
    let header = URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"{alg}","typ":"at+jwt"}}"#));
    format!("{header}.{claims}.")
}

#[tokio::test(flavor = "multi_thread")]
async fn no_token_without_a_signature_of_ours() {
    let server = Server::start().await;
    server.add_client(&client("app")).await;
    let tokens = server.code_flow(&Browser::default(), "app", "openid read").await;
    let access = tokens.text("access_token");
    let public_key = server.send(Method::GET, "/jwks", &[], "").await.body;
    let mut forged: Vec<String> =
        ["none", "None", "NONE", "", "HS256", "ES256"].into_iter().map(|alg| unsigned(&access, alg)).collect();
    // The public key as the secret of an HMAC.
    let signed = unsigned(&access, "HS256");
    let tag = claviger_core::crypto::hmac_sha256(public_key.as_bytes(), signed.trim_end_matches('.').as_bytes());
    forged.push(format!("{signed}{}", URL_SAFE_NO_PAD.encode(tag)));
    // Another claim under the old signature; the same token with more behind it.
    let parts: Vec<&str> = access.split('.').collect();
    let claims = URL_SAFE_NO_PAD.encode(r#"{"sub":"u2"}"#);
    forged.push(format!("{}.{claims}.{}", parts[0], parts[2]));
    forged.push(format!("{access}.{}", parts[2]));
    forged.push(format!("{access}="));
    for token in &forged {
        assert!(!server.is_active("app", token).await, "{token}");
        assert_eq!(server.bearer(Method::GET, "/userinfo", token).await.status, 401);
    }
    // An ID token is no access token, and an access token no hint.
    assert!(!server.is_active("app", &tokens.text("id_token")).await);
    // Another server's.
    let other = Server::start().await;
    other.add_client(&client("app")).await;
    assert!(!other.is_active("app", &access).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_issuer_is_never_taken_from_a_request() {
    let server = Server::start().await;
    server.add_client(&client("app")).await;
    let forwarded = [
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "https"),
        ("forwarded", "host=evil.example;proto=https"),
        ("x-original-host", "evil.example"),
        ("x-forwarded-prefix", "/evil"),
    ];
    let body = format!("grant_type=client_credentials&client_id=app&client_secret={SECRET}");
    let mut headers = forwarded.to_vec();
    headers.push(("content-type", "application/x-www-form-urlencoded"));
    let token = server.send(Method::POST, "/token", &headers, body).await.text("access_token");
    assert_eq!(crate::common::claims(&token)["iss"], server.realm.issuer);
    for path in ["/.well-known/openid-configuration", "/authorize", "/-/sign-in"] {
        let reply = server.send(Method::GET, path, &forwarded, "").await;
        assert!(!reply.body.contains("evil"), "{path}");
    }
    for host in ["evil.example", "127.0.0.1", "localhost", "127.0.0.1:1"] {
        let text =
            server.raw(format!("GET /jwks HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes()).await;
        assert!(text.starts_with("HTTP/1.1 404"), "{host}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_shows_input_unescaped() {
    let server = Server::start().await;
    server.add_client(&Client { name: "<b>App</b> \"'".into(), publisher: Some("<i>".into()), ..client("app") }).await;
    server.add_client(&client("strict")).await;
    let evil = "\"'><script>alert(1)</script>";
    let browser = Browser::default();
    let clean = |reply: &Reply| {
        assert!(!reply.body.replace("<script src=\"/-/", "").contains("<script"), "{}", reply.body);
        assert!(!reply.body.contains("<b>App") && !reply.body.contains("<i>"), "{}", reply.body);
    };
    for name in ["client_id", "redirect_uri", "state", "scope", "nonce", "login_hint", "prompt", "response_mode", evil]
    {
        clean(&browser.ask(&server, &with(authorize_query("app", "read"), name, evil)).await);
        clean(&browser.ask(&server, &with(without(authorize_query("app", "read"), "client_id"), name, evil)).await);
    }
    let page = browser.ask(&server, &authorize_query("app", "read")).await;
    clean(&page);
    clean(&browser.sign_in(&server, &page, evil, evil).await);
    clean(&browser.get_past_sign_in(&server, page).await);
    clean(&browser.get(&server, &format!("/-/consent?request={}", "%22%3E%3Cscript%3E")).await);
    clean(&browser.get(&server, "/logout?state=%3Cscript%3E&id_token_hint=%3Cscript%3E").await);
}

/// Every byte that the database has on disk.
fn stored(folder: &Folder) -> Vec<u8> {
    let files = std::fs::read_dir(folder.path()).unwrap();
    files.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_or_token_is_stored_in_plain() {
    for format in [AccessTokenFormat::Jwt, AccessTokenFormat::Opaque] {
        let folder = Folder::new();
        let server = Server::at(&folder.url(), |realm| {
            realm.tokens.access_token = format;
            realm.dialect.refresh.for_client_credentials = true;
        })
        .await;
        server.add_client(&client("app")).await;
        let browser = Browser::default();
        let code = browser.authorize(&server, &authorize_query("app", "openid read")).await.code();
        let tokens = server.redeem("app", &code).await;
        let next = server.refresh("app", &tokens.text("refresh_token")).await;
        let waiting = browser.ask(&server, &authorize_query("app", "read")).await.code();
        let machine = server.token("app", &[("grant_type", "client_credentials")]).await;
        let secrets = [
            SECRET.to_owned(),
            PASSWORD.to_owned(),
            code,
            waiting,
            tokens.text("access_token"),
            tokens.text("refresh_token"),
            tokens.text("id_token"),
            next.text("access_token"),
            next.text("refresh_token"),
            machine.text("access_token"),
            machine.text("refresh_token"),
            browser.cookie("session").unwrap(),
            browser.cookie("browser").unwrap(),
        ];
        let bytes = stored(&folder);
        assert!(bytes.windows(5).any(|window| window == b"alice"), "the database is where we look");
        for secret in &secrets {
            // Without its prefix and its row's id, which is no secret.
            let secret = secret.get(26..).filter(|_| secret.starts_with("cv")).unwrap_or(secret).as_bytes();
            assert!(!bytes.windows(secret.len()).any(|window| window == secret), "{secret:?}");
        }
        for private in ["PRIVATE KEY", "\"d\":"] {
            assert!(!bytes.windows(private.len()).any(|window| window == private.as_bytes()));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_refresh_without_an_end_in_any_turnover() {
    use claviger_core::dialect::Turnover;
    for turnover in [Turnover::Rotate, Turnover::Reissue, Turnover::Stable] {
        let server = Server::with(|realm| {
            realm.dialect.permits.insert(Legacy::ReusableRefresh);
            realm.dialect.refresh.turnover = turnover;
            realm.tokens.refresh_idle = realm.tokens.refresh_absolute;
        })
        .await;
        server.add_client(&Client { legacy: [Legacy::ReusableRefresh].into(), ..client("app") }).await;
        let tokens = server.code_flow(&Browser::default(), "app", "read").await;
        let end = server.realm.tokens.refresh_absolute.as_seconds();
        server.pass(end / 2);
        let next = server.refresh("app", &tokens.text("refresh_token")).await;
        assert_eq!(next.status, 200);
        server.pass(end - end / 2);
        server.refresh("app", &next.text("refresh_token")).await.refused(400, "invalid_grant");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn legacy_is_off_unless_dialect_and_client_have_it() {
    for (permitted, given) in [(true, false), (false, true)] {
        let server = Server::with(|realm| {
            if permitted {
                realm.dialect.permits.extend(Legacy::ALL);
            }
        })
        .await;
        let mut app = lax("old");
        app.redirect_uris.push(RedirectUri::parse(CALLBACK).unwrap());
        if !given {
            app.legacy.clear();
        }
        server.add_client(&app).await;
        let browser = Browser::default();
        let query = authorize_query("old", "read");
        let error = if permitted { "unauthorized_client" } else { "unsupported_response_type" };
        let reply = browser.ask(&server, &with(query.clone(), "response_type", "token")).await;
        assert_eq!(reply.redirect_params()["error"], error);
        let bare = without(without(query.clone(), "code_challenge"), "code_challenge_method");
        browser.ask(&server, &bare).await.sent_back(&server, "invalid_request");
        browser.ask(&server, &at("https://app.example/connect/a")).await.is_page();
        let password = [("grant_type", "password"), ("username", "alice"), ("password", PASSWORD)];
        let error = if permitted { "unauthorized_client" } else { "unsupported_grant_type" };
        server.token("old", &password).await.refused(400, error);
        let json = format!(r#"{{"grant_type":"client_credentials","client_id":"old","client_secret":"{SECRET}"}}"#);
        let reply = server.send(Method::POST, "/token", &[("content-type", "application/json")], json).await;
        if permitted {
            reply.refused(400, "unauthorized_client");
        } else {
            reply.refused(415, "invalid_request");
        }
        assert!(server.stop_and_count().await.is_empty(), "and nothing is counted");
    }
}
