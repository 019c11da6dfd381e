//! OpenID Connect: `prompt`, `max_age`, ID tokens, userinfo, sessions, logging out (lines 97 to 106).

use crate::common::{Browser, Reply, Server, authorize_query, claims, client, with};
use claviger_core::Client;
use claviger_core::jose::{Algorithm, token_hash};
use reqwest::Method;
use serde_json::json;

async fn started() -> (Server, Browser) {
    let server = Server::start().await;
    server.add_client(&client("app")).await;
    (server, Browser::default())
}

fn query(scope: &str) -> Vec<(String, String)> {
    authorize_query("app", scope)
}

#[tokio::test(flavor = "multi_thread")]
async fn prompt_none_shows_nothing() {
    let (server, browser) = started().await;
    let silent = with(query("openid read"), "prompt", "none");
    browser.ask(&server, &silent).await.sent_back(&server, "login_required");
    let page = browser.ask(&server, &query("openid read")).await;
    let consent = browser.get_past_sign_in(&server, page).await;
    browser.ask(&server, &silent).await.sent_back(&server, "consent_required");
    browser.decide(&server, &consent, "allow").await.code();
    browser.ask(&server, &silent).await.code();
    let wider = with(query("openid read write"), "prompt", "none");
    browser.ask(&server, &wider).await.sent_back(&server, "consent_required");
    for mixed in ["none login", "consent none"] {
        browser.ask(&server, &with(query("openid"), "prompt", mixed)).await.sent_back(&server, "invalid_request");
    }
    server.pass(60);
    browser.ask(&server, &with(silent, "max_age", "59")).await.sent_back(&server, "login_required");
}

#[tokio::test(flavor = "multi_thread")]
async fn prompt_login_and_consent_ask_again() {
    let (server, browser) = started().await;
    browser.authorize(&server, &query("openid read")).await.code();
    server.pass(10);
    for word in ["login", "login consent"] {
        let page = browser.ask(&server, &with(query("openid read"), "prompt", word)).await;
        page.asks_to_sign_in();
        assert!(page.body.contains("value=\"alice\""), "the name is kept: {}", page.body);
        let next = browser.get_past_sign_in(&server, page).await;
        if word.contains("consent") {
            next.asks_for_consent();
        } else {
            drop(next.code());
        }
        server.pass(10);
    }
    browser.ask(&server, &with(query("openid read"), "prompt", "consent")).await.asks_for_consent();
    browser.ask(&server, &with(query("openid read"), "prompt", "unheard-of")).await.code();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_scope_is_asked_for_and_marked() {
    let (server, browser) = started().await;
    browser.authorize(&server, &query("read")).await.code();
    let page = browser.ask(&server, &query("read write")).await;
    page.asks_for_consent();
    assert!(page.body.contains("use read") && page.body.contains("use write"));
    browser.decide(&server, &page, "deny").await.sent_back(&server, "access_denied");
    browser.ask(&server, &query("read write")).await.asks_for_consent();
    browser.authorize(&server, &query("write")).await.code();
    browser.ask(&server, &query("read write")).await.code();
    // Each user and each client for itself.
    server.add_user(&crate::common::user("u2", "bob")).await;
    server.add_client(&client("other")).await;
    let bob = Browser::of("bob");
    let page = bob.ask(&server, &query("read")).await;
    bob.get_past_sign_in(&server, page).await.asks_for_consent();
    browser.ask(&server, &authorize_query("other", "read")).await.asks_for_consent();
    assert!(server.store.withdraw_consent("test", "u1", "app").await.unwrap());
    browser.ask(&server, &query("read")).await.asks_for_consent();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_nonce_is_echoed_and_no_id_token_comes_through_the_browser_of_who_was_not_given_it() {
    let (server, browser) = started().await;
    let nonce = "n-0S6_WzA2Mj \"é";
    let code = browser.authorize(&server, &with(query("openid"), "nonce", nonce)).await.code();
    let tokens = server.redeem("app", &code).await;
    assert_eq!(claims(&tokens.text("id_token"))["nonce"], nonce);
    for response_type in ["id_token", "id_token token", "code id_token"] {
        let reply = browser.ask(&server, &with(query("openid"), "response_type", response_type)).await;
        reply.sent_back(&server, "unsupported_response_type");
    }
    let long = with(query("openid"), "nonce", &"n".repeat(4097));
    browser.ask(&server, &long).await.sent_back(&server, "invalid_request");
}

#[tokio::test(flavor = "multi_thread")]
async fn max_age_asks_to_sign_in_and_auth_time_says_when() {
    let (server, browser) = started().await;
    let signed_in = server.now() / 1000;
    browser.authorize(&server, &query("openid")).await.code();
    server.pass(100);
    let tokens =
        server.redeem("app", &browser.ask(&server, &with(query("openid"), "max_age", "100")).await.code()).await;
    assert_eq!(claims(&tokens.text("id_token"))["auth_time"], signed_in);
    for age in ["99", "0"] {
        let page = browser.ask(&server, &with(query("openid"), "max_age", age)).await;
        page.asks_to_sign_in();
        let answer = browser.get_past_sign_in(&server, page).await;
        let tokens = server.redeem("app", &answer.code()).await;
        assert_eq!(claims(&tokens.text("id_token"))["auth_time"], server.now() / 1000);
        server.pass(100);
    }
    for bad in ["-1", "x", "1e3", "99999999999999999999"] {
        browser.ask(&server, &with(query("openid"), "max_age", bad)).await.sent_back(&server, "invalid_request");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_login_hint_fills_the_user_name_and_is_escaped() {
    let (server, browser) = started().await;
    let page = browser.ask(&server, &with(query("openid"), "login_hint", "alice@example.com")).await;
    assert!(page.body.contains("value=\"alice@example.com\""), "{}", page.body);
    let page = browser.ask(&server, &with(query("openid"), "login_hint", "\"><script>alert(1)</script>")).await;
    page.asks_to_sign_in();
    assert!(!page.body.replace("<script src=\"/-/", "").contains("<script"), "{}", page.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn userinfo_by_get_and_post_is_of_the_same_subject() {
    let (server, browser) = started().await;
    let tokens = server.code_flow(&browser, "app", "openid profile email").await;
    let id = claims(&tokens.text("id_token"));
    let expected = json!({
        "sub": "u1", "name": "Alice Adams", "preferred_username": "alice", "email": "alice@example.com",
        "email_verified": false
    });
    for method in [Method::GET, Method::POST] {
        let reply = server.bearer(method, "/userinfo", &tokens.text("access_token")).await;
        assert_eq!(reply.json(), expected);
        assert_eq!(reply.json()["sub"], id["sub"]);
    }
    let narrow = server.code_flow(&browser, "app", "openid").await;
    let reply = server.bearer(Method::GET, "/userinfo", &narrow.text("access_token")).await;
    assert_eq!(reply.json(), json!({"sub": "u1"}));
}

/// The header of a JWT, unverified.
fn header(token: &str) -> serde_json::Value {
    claims(&format!("x.{}.x", token.split('.').next().unwrap()))
}

#[tokio::test(flavor = "multi_thread")]
async fn id_tokens_are_rs256_unless_the_client_registered_otherwise() {
    for realms in [Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa] {
        let server = Server::with(|realm| realm.tokens.signing = realms).await;
        server.add_client(&client("app")).await;
        for algorithm in std::collections::BTreeSet::from([Algorithm::Es256, realms]) {
            let name = format!("app-{algorithm}");
            server.add_client(&Client { id_token_signing: Some(algorithm), ..client(&name) }).await;
            let tokens = server.code_flow(&Browser::default(), &name, "openid read").await;
            assert_eq!(header(&tokens.text("id_token"))["alg"], algorithm.name(), "{realms}");
            let hash = token_hash(algorithm, &tokens.text("access_token"));
            assert_eq!(claims(&tokens.text("id_token"))["at_hash"], hash);
        }
        let tokens = server.code_flow(&Browser::default(), "app", "openid read").await;
        let (id_token, access) = (tokens.text("id_token"), tokens.text("access_token"));
        assert_eq!(
            (header(&id_token)["alg"].as_str(), header(&access)["alg"].as_str()),
            (Some("RS256"), Some(realms.name()))
        );
        let (id, now) = (claims(&id_token), server.now() / 1000);
        let expected = json!({
            "iss": server.realm.issuer, "sub": "u1", "aud": "app", "azp": "app", "iat": now, "exp": now + 600,
            "auth_time": now, "amr": ["pwd"], "at_hash": token_hash(Algorithm::Rs256, &access),
        });
        assert_eq!(id, expected);
        let metadata = server.send(Method::GET, "/.well-known/openid-configuration", &[], "").await.json();
        let supported = metadata["id_token_signing_alg_values_supported"].as_array().unwrap();
        assert!(supported[0] == "RS256" && supported.contains(&realms.name().into()), "{supported:?}");
        assert!(!supported.contains(&"none".into()));
    }
    let (server, browser) = started().await;
    let plain = server.code_flow(&browser, "app", "read").await;
    assert!(plain.json().get("id_token").is_none(), "only where openid is asked for");
}

#[tokio::test(flavor = "multi_thread")]
async fn consent_on_record_is_enough_for_offline_access() {
    let (server, browser) = started().await;
    let query = query("openid offline_access");
    let page = browser.ask(&server, &query).await;
    let consent = browser.get_past_sign_in(&server, page).await;
    consent.asks_for_consent();
    browser.ask(&server, &with(query.clone(), "prompt", "none")).await.sent_back(&server, "consent_required");
    browser.decide(&server, &consent, "allow").await.code();
    browser.ask(&server, &query).await.code();
    browser.ask(&server, &with(query.clone(), "prompt", "none")).await.code();
    browser.ask(&server, &with(query, "prompt", "consent")).await.asks_for_consent();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refreshed_id_token_is_of_the_same_issuer_subject_and_audience() {
    let (server, browser) = started().await;
    let tokens = server.code_flow(&browser, "app", "openid read").await;
    server.pass(100);
    let next = server.refresh("app", &tokens.text("refresh_token")).await;
    let (before, after) = (claims(&tokens.text("id_token")), claims(&next.text("id_token")));
    for name in ["iss", "sub", "aud", "auth_time"] {
        assert_eq!(before[name], after[name], "{name}");
    }
    assert_eq!(after["iat"].as_i64(), Some(server.now() / 1000));
    assert_eq!(after["at_hash"], token_hash(Algorithm::Rs256, &next.text("access_token")));
}

fn logout(hint: Option<&str>, back: Option<&str>) -> String {
    let mut query = String::from("?");
    for (name, value) in [("id_token_hint", hint), ("post_logout_redirect_uri", back), ("state", Some("s &"))] {
        if let Some(value) = value {
            claviger_core::params::form_encode(&mut query, name, value);
        }
    }
    format!("/logout{query}")
}

async fn with_logout() -> (Server, Browser, Reply) {
    let (server, browser) = started().await;
    let back = vec!["https://app.example/bye".to_owned()];
    server.add_client(&Client { post_logout_redirect_uris: back, ..client("leaver") }).await;
    let tokens = server.code_flow(&browser, "leaver", "openid").await;
    (server, browser, tokens)
}

async fn is_signed_in(server: &Server, browser: &Browser) -> bool {
    let reply = browser.ask(server, &authorize_query("leaver", "openid")).await;
    reply.status == 303
}

#[tokio::test(flavor = "multi_thread")]
async fn logging_out_leads_back_to_the_exact_uri_and_only_with_a_hint() {
    let (server, browser, tokens) = with_logout().await;
    let id_token = tokens.text("id_token");
    for bad in
        ["https://app.example/bye/", "https://evil.example/", "https://app.example/bye?x=1", "javascript:alert(1)"]
    {
        let reply = browser.get(&server, &logout(Some(&id_token), Some(bad))).await;
        assert_eq!((reply.status.as_u16(), reply.header("location")), (200, ""), "{bad}");
        browser.authorize(&server, &authorize_query("leaver", "openid")).await.code();
    }
    let cookie = browser.cookie("session").unwrap();
    let reply = browser.get(&server, &logout(Some(&id_token), Some("https://app.example/bye"))).await;
    assert_eq!(reply.header("location"), "https://app.example/bye?state=s%20%26");
    assert_eq!(reply.status, 303);
    assert!(!is_signed_in(&server, &browser).await);
    // The cookie is dead, not only forgotten.
    let path = format!("/authorize?{}", crate::common::encode(&authorize_query("leaver", "openid")));
    let headers = [("cookie", format!("claviger_test_session={cookie}"))];
    let headers: Vec<_> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
    server.send(Method::GET, &path, &headers, "").await.asks_to_sign_in();
    // Nobody is signed in, and there is no hint.
    let reply = browser.get(&server, &logout(None, Some("https://app.example/bye"))).await;
    assert_eq!((reply.status.as_u16(), reply.header("location")), (200, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_hint_the_person_is_asked() {
    let (server, browser, tokens) = with_logout().await;
    let forged = format!("{}A", tokens.text("id_token"));
    for hint in [None, Some(forged.as_str()), Some(tokens.text("access_token").as_str()), Some("x")] {
        let page = browser.get(&server, &logout(hint, Some("https://app.example/bye"))).await;
        assert_eq!((page.status.as_u16(), page.header("location")), (200, ""));
        assert!(page.hidden("csrf").is_some());
        assert!(is_signed_in(&server, &browser).await);
    }
    // A form of another site's.
    for csrf in ["", "x"] {
        browser.send(&server, Method::POST, "/logout", Some(&[("csrf", csrf)])).await;
        assert!(is_signed_in(&server, &browser).await);
    }
    // Somebody else's hint.
    server.add_user(&crate::common::user("u2", "bob")).await;
    let bob = Browser::of("bob");
    let theirs = server.code_flow(&bob, "leaver", "openid").await;
    browser.get(&server, &logout(Some(&theirs.text("id_token")), None)).await;
    assert!(is_signed_in(&server, &browser).await);
    let page = browser.get(&server, "/logout").await;
    let csrf = page.hidden("csrf").unwrap();
    browser.send(&server, Method::POST, "/logout", Some(&[("csrf", csrf.as_str())])).await;
    assert!(!is_signed_in(&server, &browser).await);
    assert!(is_signed_in(&server, &bob).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_when_it_is_not_used_and_in_any_case_at_last() {
    let (server, browser) = started().await;
    let policy = server.realm.sessions.clone();
    browser.authorize(&server, &query("read")).await.code();
    let idle = policy.idle.as_seconds();
    let mut age = 0;
    while age + idle - 1 < policy.absolute.as_seconds() {
        server.pass(idle - 1);
        age += idle - 1;
        browser.ask(&server, &query("read")).await.code();
    }
    server.pass(policy.absolute.as_seconds() - age);
    browser.ask(&server, &query("read")).await.asks_to_sign_in();
    let other = Browser::default();
    other.authorize(&server, &query("read")).await.code();
    server.pass(idle);
    other.ask(&server, &query("read")).await.asks_to_sign_in();
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_changes_the_cookie_and_the_cookie_is_kept_from_scripts() {
    let (server, browser) = started().await;
    browser.authorize(&server, &query("read")).await.code();
    let first = browser.cookie("session").unwrap();
    server.pass(1);
    let page = browser.ask(&server, &with(query("read"), "prompt", "login")).await;
    let reply = browser.sign_in(&server, &page, "alice", crate::common::PASSWORD).await;
    assert_ne!(browser.cookie("session").unwrap(), first);
    let cookie = reply.header("set-cookie");
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    let path = format!("/authorize?{}", crate::common::encode(&query("read")));
    let old = format!("claviger_test_session={first}");
    server.send(Method::GET, &path, &[("cookie", old.as_str())], "").await.asks_to_sign_in();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_somebody_else_switches_the_account_and_goes_on() {
    let (server, browser) = started().await;
    server.add_user(&crate::common::user("u2", "bob")).await;
    let page = browser.ask(&server, &query("openid")).await;
    let consent = browser.get_past_sign_in(&server, page).await;
    let (csrf, pending) = (consent.hidden("csrf").unwrap(), consent.hidden("pending").unwrap());
    let form = [("csrf", csrf.as_str()), ("pending", pending.as_str())];
    let reply = browser.send(&server, Method::POST, "/-/switch-account", Some(&form)).await;
    let chooser = browser.get(&server, reply.header("location")).await;
    assert!(chooser.body.contains("Choose an account") && chooser.body.contains("Signed in"), "{}", chooser.body);
    server.pass(1);
    let page = browser.choose(&server, &chooser, ("other", "1")).await;
    page.asks_to_sign_in();
    assert!(page.body.contains("name=\"username\" type=\"text\" dir=\"auto\" value=\"\""), "{}", page.body);
    let reply = browser.sign_in(&server, &page, "bob", crate::common::PASSWORD).await;
    let answer = browser.carry_on(&server, reply).await;
    let tokens = server.redeem("app", &answer.code()).await;
    assert_eq!(claims(&tokens.text("id_token"))["sub"], "u2");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_user_and_a_wrong_password_are_told_the_same() {
    let (server, browser) = started().await;
    let page = browser.ask(&server, &query("read")).await;
    // The request that waits is sealed anew for each page.
    let text =
        |reply: &Reply| reply.body.replace("nobody", "alice").replace(&reply.hidden("pending").unwrap(), "the request");
    let wrong = browser.sign_in(&server, &page, "alice", "wrong").await;
    let unknown = browser.sign_in(&server, &page, "nobody", "wrong").await;
    assert_eq!((wrong.status, text(&wrong)), (unknown.status, text(&unknown)));
    assert!(browser.cookie("session").is_none());
    for (name, password) in [("", ""), ("alice", ""), ("", "x")] {
        browser.sign_in(&server, &page, name, password).await.asks_to_sign_in();
    }
}
