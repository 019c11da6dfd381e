//! PKCE (lines 32 to 39) and what a code is bound to (53 to 58).

use crate::common::{Browser, CHALLENGE, Server, VERIFIER, authorize_query, client, redemption, with, without};
use claviger_core::Client;
use claviger_core::client::ClientKind;
use claviger_core::dialect::Legacy;
use reqwest::Method;

async fn started() -> (Server, Browser) {
    let server = Server::with(|realm| {
        realm.dialect.permits.insert(Legacy::NoPkce);
    })
    .await;
    server.add_client(&client("app")).await;
    server.add_client(&client("other")).await;
    server.add_client(&Client { kind: ClientKind::Public, ..client("phone") }).await;
    server.add_client(&Client { legacy: [Legacy::NoPkce].into(), ..client("old") }).await;
    (server, Browser::default())
}

fn without_pkce(client: &str) -> Vec<(String, String)> {
    without(without(authorize_query(client, "read"), "code_challenge"), "code_challenge_method")
}

async fn code(server: &Server, browser: &Browser) -> String {
    browser.authorize(server, &authorize_query("app", "read")).await.code()
}

/// The form with one value changed, or left out where it is empty.
fn changed<'a>(form: &[(&'a str, &'a str)], name: &str, value: &'a str) -> Vec<(&'a str, &'a str)> {
    form.iter().map(|(n, v)| if *n == name { (*n, value) } else { (*n, *v) }).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn s256_is_supported_and_advertised_and_nothing_else() {
    let (server, browser) = started().await;
    let metadata = server.send(Method::GET, "/.well-known/openid-configuration", &[], "").await;
    assert_eq!(metadata.json()["code_challenge_methods_supported"], serde_json::json!(["S256"]));
    let code = code(&server, &browser).await;
    assert_eq!(server.redeem("app", &code).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_is_there_well_formed_and_s256() {
    let (server, browser) = started().await;
    for id in ["app", "phone"] {
        browser.ask(&server, &without_pkce(id)).await.sent_back(&server, "invalid_request");
    }
    let query = authorize_query("phone", "read");
    for method in ["plain", "S512", "s256", "none"] {
        let reply = browser.ask(&server, &with(query.clone(), "code_challenge_method", method)).await;
        reply.sent_back(&server, "invalid_request");
    }
    let no_method = without(query.clone(), "code_challenge_method");
    browser.ask(&server, &no_method).await.sent_back(&server, "invalid_request");
    let no_challenge = without(query.clone(), "code_challenge");
    browser.ask(&server, &no_challenge).await.sent_back(&server, "invalid_request");
    let (short, long, odd) = (&CHALLENGE[1..], format!("{CHALLENGE}A"), CHALLENGE.replace('-', "+"));
    for challenge in [short, &long, &odd, VERIFIER.repeat(3).as_str()] {
        let reply = browser.ask(&server, &with(query.clone(), "code_challenge", challenge)).await;
        reply.sent_back(&server, "invalid_request");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_wrong_or_malformed_verifier_is_refused() {
    let (server, browser) = started().await;
    let code = code(&server, &browser).await;
    let form = redemption(&code);
    let (almost, long, odd) = (VERIFIER.replace('d', "e"), VERIFIER.repeat(3), format!("{}!", &VERIFIER[1..]));
    for verifier in ["", &almost, CHALLENGE, &VERIFIER[1..], &long, &odd, &VERIFIER.to_lowercase()] {
        server.token("app", &changed(&form, "code_verifier", verifier)).await.refused(400, "invalid_grant");
    }
    // None of those attempts spent it (58).
    assert_eq!(server.token("app", &form).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verifier_without_a_challenge_is_refused() {
    let (server, browser) = started().await;
    let code = browser.authorize(&server, &without_pkce("old")).await.code();
    let form = redemption(&code);
    server.token("old", &form).await.refused(400, "invalid_grant");
    assert_eq!(server.token("old", &changed(&form, "code_verifier", "")).await.status, 200);
    let counted = server.stop_and_count().await;
    assert_eq!(counted.get(&("old".into(), Legacy::NoPkce.name().into())), Some(&1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_bound_to_its_client_and_redirect_uri() {
    let (server, browser) = started().await;
    let code = code(&server, &browser).await;
    let form = redemption(&code);
    server.token("other", &form).await.refused(400, "invalid_grant");
    for uri in ["", "https://app.example/cb/", "https://evil.example/", "https://app.example/cb?x=1"] {
        server.token("app", &changed(&form, "redirect_uri", uri)).await.refused(400, "invalid_grant");
    }
    assert_eq!(server.token("app", &form).await.status, 200);
    // Not sent there, so it may be absent here (RFC 6749 4.1.3), but not another one.
    let query = without(authorize_query("app", "read"), "redirect_uri");
    let code = browser.ask(&server, &query).await.code();
    let form = redemption(&code);
    server.token("app", &changed(&form, "redirect_uri", "https://evil.example/")).await.refused(400, "invalid_grant");
    assert_eq!(server.token("app", &changed(&form, "redirect_uri", "")).await.status, 200);
    // A redirect URI that was taken away meanwhile.
    let code = browser.ask(&server, &authorize_query("app", "read")).await.code();
    let moved =
        Client { redirect_uris: vec!["https://new.example/cb".to_owned().try_into().unwrap()], ..client("app") };
    server.store.put_client("test", &moved, server.now()).await.unwrap();
    server.until(async || server.redeem("app", &code).await.status == 400).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_lives_a_minute() {
    let (server, browser) = started().await;
    let (early, late) = (code(&server, &browser).await, code(&server, &browser).await);
    server.pass(59);
    assert_eq!(server.redeem("app", &early).await.status, 200);
    server.pass(1);
    server.redeem("app", &late).await.refused(400, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_works_once_and_a_valid_replay_revokes_what_it_gave() {
    let (server, browser) = started().await;
    let code = code(&server, &browser).await;
    let tokens = server.redeem("app", &code).await;
    assert!(server.is_active("app", &tokens.text("access_token")).await);
    server.redeem("app", &code).await.refused(400, "invalid_grant");
    assert!(!server.is_active("app", &tokens.text("access_token")).await);
    server.refresh("app", &tokens.text("refresh_token")).await.refused(400, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_valid_replay_revokes_long_after_the_exchange_too() {
    let (server, browser) = started().await;
    let code = code(&server, &browser).await;
    let tokens = server.redeem("app", &code).await;
    server.pass(300);
    server.redeem("app", &code).await.refused(400, "invalid_grant");
    assert!(!server.is_active("app", &tokens.text("access_token")).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_replay_revokes_nothing() {
    let (server, browser) = started().await;
    let code = code(&server, &browser).await;
    let tokens = server.redeem("app", &code).await;
    let form = redemption(&code);
    let almost = VERIFIER.replace('d', "e");
    server.token("app", &changed(&form, "code_verifier", &almost)).await.refused(400, "invalid_grant");
    server.token("app", &changed(&form, "redirect_uri", "https://x.example/")).await.refused(400, "invalid_grant");
    server.token("other", &form).await.refused(400, "invalid_grant");
    let mut wrong_secret = vec![("client_id", "app"), ("client_secret", "wrong")];
    wrong_secret.extend(form);
    server.post("/token", &wrong_secret).await.refused(401, "invalid_client");
    // The id of the code with another secret behind it.
    let forged = format!("{}{}", &code[..30], "A".repeat(code.len() - 30));
    server.redeem("app", &forged).await.refused(400, "invalid_grant");
    assert!(server.is_active("app", &tokens.text("access_token")).await);
    assert_eq!(server.refresh("app", &tokens.text("refresh_token")).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_carry_256_random_bits() {
    let (server, browser) = started().await;
    let (one, two) = (code(&server, &browser).await, code(&server, &browser).await);
    assert_eq!(one.len(), "cvc_".len() + 64);
    let shared = one.bytes().zip(two.bytes()).take_while(|(a, b)| a == b).count();
    assert!(shared < "cvc_".len() + 16, "only the time is shared: {shared}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_form_gives_one_code_however_often_it_is_sent() {
    let (server, browser) = started().await;
    let page = browser.ask(&server, &authorize_query("app", "read")).await;
    let consent = browser.get_past_sign_in(&server, page).await;
    let code = browser.decide(&server, &consent, "allow").await.code();
    server.pass(1);
    assert_eq!(browser.decide(&server, &consent, "allow").await.code(), code, "clicked twice");
    let other = browser.decide(&server, &consent, "deny").await;
    assert_eq!((other.status.as_u16(), other.header("location")), (400, ""));
    assert!(other.body.contains("You have allowed this already") && other.body.contains("/authorize?client_id=app"));
    assert_eq!(server.redeem("app", &code).await.status, 200);
    let again = browser.decide(&server, &consent, "allow").await;
    assert_eq!(again.header("location"), "", "the app has been there with it");
    assert!(!again.body.contains("cvc_"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_waits_is_for_the_browser_it_was_shown_to() {
    let (server, browser) = started().await;
    let page = browser.ask(&server, &authorize_query("app", "read")).await;
    let consent = browser.get_past_sign_in(&server, page).await;
    let thief = Browser::default();
    let page = thief.ask(&server, &authorize_query("other", "read")).await;
    thief.get_past_sign_in(&server, page).await.asks_for_consent();
    // Whoever has it is asked anew, as if they had made the request themselves; nothing of the first browser's is used.
    for reply in [
        thief.decide(&server, &consent, "allow").await,
        thief.get(&server, &format!("/-/consent?request={}", consent.hidden("pending").unwrap())).await,
    ] {
        reply.asks_for_consent();
        assert_ne!(reply.hidden("csrf"), consent.hidden("csrf"));
    }
    let stranger = Browser::default();
    stranger.decide(&server, &consent, "allow").await.asks_to_sign_in();
    // From another site's page, with the right cookies and the right token.
    let (csrf, pending) = (consent.hidden("csrf").unwrap(), consent.hidden("pending").unwrap());
    let cookies = format!(
        "claviger_test_session={}; claviger_test_browser={}",
        browser.cookie("session").unwrap(),
        browser.cookie("browser").unwrap()
    );
    let body = format!("csrf={csrf}&pending={pending}&decision=allow");
    for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
        let headers = [("cookie", cookies.as_str()), (name, value)];
        let reply = server.send(Method::POST, "/-/consent", &headers, body.clone()).await;
        assert_eq!(reply.header("location"), "");
    }
    browser.decide(&server, &consent, "allow").await.code();
}

#[tokio::test(flavor = "multi_thread")]
async fn consent_is_given_by_the_one_who_saw_the_page() {
    let (server, browser) = started().await;
    server.add_user(&crate::common::user("u2", "bob")).await;
    let page = browser.ask(&server, &authorize_query("app", "read")).await;
    let alice_sees = browser.get_past_sign_in(&server, page).await;
    alice_sees.asks_for_consent();
    // In another tab of the same browser somebody else signs in.
    server.pass(1);
    let page = browser.ask(&server, &with(authorize_query("app", "read"), "prompt", "login")).await;
    assert_eq!(browser.sign_in(&server, &page, "bob", crate::common::PASSWORD).await.status, 303);
    let reply = browser.decide(&server, &alice_sees, "allow").await;
    assert_eq!(reply.header("location"), "", "bob was never asked");
    assert!(server.store.consent("test", "u2", "app").await.unwrap().is_none());
}
