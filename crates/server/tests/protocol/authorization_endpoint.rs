//! The authorization endpoint: what is a page, what travels back, and what a person sees (lines 1 to 31).

use crate::common::{
    Browser, CALLBACK, Folder, PASSWORD, Reply, Server, authorize_query, claims, client, encode, plus, unescape, with,
    without,
};
use claviger_core::Client;
use claviger_core::client::{ClientKind, ClientStatus, GrantType};
use claviger_core::dialect::Legacy;
use claviger_core::redirect::RedirectUri;
use reqwest::Method;

fn uri(text: &str) -> RedirectUri {
    RedirectUri::parse(text).unwrap()
}

fn public(id: &str) -> Client {
    Client { kind: ClientKind::Public, ..client(id) }
}

/// May use `response_type=token`.
fn implicit(id: &str) -> Client {
    let mut client = client(id);
    client.grants.insert(GrantType::Implicit);
    client.legacy.insert(Legacy::Implicit);
    client
}

async fn implicit_server() -> Server {
    let server = Server::with(|realm| {
        realm.dialect.permits.insert(Legacy::Implicit);
    })
    .await;
    server.add_client(&implicit("app")).await;
    server
}

fn token_query(scope: &str) -> Vec<(String, String)> {
    let query = without(authorize_query("app", scope), "code_challenge");
    with(without(query, "code_challenge_method"), "response_type", "token")
}

async fn started() -> Server {
    let server = Server::start().await;
    server.add_client(&client("app")).await;
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_missing_or_disabled_client_is_a_page() {
    let server = started().await;
    for status in [ClientStatus::Pending, ClientStatus::Rejected, ClientStatus::Suspended] {
        server.add_client(&Client { status, ..client(status.name()) }).await;
    }
    let browser = Browser::default();
    let long = "x".repeat(300);
    for id in ["nobody", "pending", "rejected", "suspended", "app ", "APP", "", &long, "\u{1F600}", "a'--"] {
        browser.ask(&server, &authorize_query(id, "read")).await.is_page();
    }
    browser.ask(&server, &without(authorize_query("app", "read"), "client_id")).await.is_page();
    browser.get(&server, "/authorize").await.is_page();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_invalid_or_unregistered_redirect_uri_is_a_page() {
    let server = started().await;
    server
        .add_client(&Client { redirect_uris: vec![uri(CALLBACK), uri("https://app.example/2")], ..client("two") })
        .await;
    server.add_client(&Client { redirect_uris: vec![], ..client("none") }).await;
    let browser = Browser::default();
    for id in ["two", "none"] {
        browser.ask(&server, &without(authorize_query(id, "read"), "redirect_uri")).await.is_page();
    }
    for bad in ["https://evil.example/cb", "not a uri", "javascript:alert(1)", "data:text/html,x", "//app.example/cb"] {
        let page = browser.ask(&server, &with(authorize_query("app", "read"), "redirect_uri", bad)).await;
        page.is_page();
        // A developer sees which parameter is meant.
        assert!(page.body.contains(">redirect_uri</code>"), "{}", page.body);
    }
    // The one that is registered need not be named (RFC 6749 3.1.2.3).
    browser.ask(&server, &without(authorize_query("app", "read"), "redirect_uri")).await.asks_to_sign_in();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_client_id_or_redirect_uri_is_a_page() {
    let server = started().await;
    let browser = Browser::default();
    for (name, value) in [("client_id", "app"), ("redirect_uri", CALLBACK), ("redirect_uri", "https://evil.example/")] {
        browser.ask(&server, &plus(authorize_query("app", "read"), name, value)).await.is_page();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_other_repeated_parameter_travels_back_except_resource() {
    let server = started().await;
    let browser = Browser::default();
    let query = with(authorize_query("app", "read"), "nonce", "n");
    for (name, value) in [
        ("scope", "read"),
        ("response_type", "code"),
        ("nonce", "n"),
        ("code_challenge", "x"),
        ("state", "a state & more"),
        ("unheard_of", "1"),
    ] {
        let twice = plus(plus(without(query.clone(), name), name, value), name, value);
        browser.ask(&server, &twice).await.sent_back(&server, "invalid_request");
    }
    let api = "https://api.example";
    browser.ask(&server, &plus(plus(query.clone(), "resource", api), "resource", api)).await.asks_to_sign_in();
    let two = plus(plus(query, "resource", api), "resource", "https://other.example");
    browser.ask(&server, &two).await.sent_back(&server, "invalid_target");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_value_is_absent_and_an_unknown_parameter_is_ignored() {
    let server = started().await;
    let browser = Browser::default();
    let query = with(with(authorize_query("app", "read"), "redirect_uri", ""), "prompt", "");
    browser.ask(&server, &with(with(query.clone(), "max_age", ""), "request_uri", "")).await.asks_to_sign_in();
    browser.ask(&server, &with(query.clone(), "response_type", "")).await.sent_back(&server, "invalid_request");
    browser.ask(&server, &with(query, "utm_source", "mail")).await.asks_to_sign_in();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_response_type_must_be_sent_be_known_and_be_the_clients() {
    let server = implicit_server().await;
    server.add_client(&client("code-only")).await;
    server.add_client(&Client { grants: [GrantType::ClientCredentials].into(), ..client("machine") }).await;
    let browser = Browser::default();
    let query = authorize_query("app", "read");
    browser.ask(&server, &without(query.clone(), "response_type")).await.sent_back(&server, "invalid_request");
    for unknown in ["none", "CODE", "code code", "code none", "token,code"] {
        let reply = browser.ask(&server, &with(query.clone(), "response_type", unknown)).await;
        reply.sent_back(&server, "unsupported_response_type");
    }
    browser.ask(&server, &authorize_query("machine", "read")).await.sent_back(&server, "unauthorized_client");
    let reply = browser.ask(&server, &with(token_query("read"), "client_id", "code-only")).await;
    reply.sent_back(&server, "unauthorized_client");
    // Where the realm knows no implicit grant, nobody does.
    let strict = Server::start().await;
    strict.add_client(&implicit("app")).await;
    browser.ask(&strict, &token_query("read")).await.sent_back(&strict, "unsupported_response_type");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_scope_travels_back_and_none_is_the_documented_default() {
    let server = started().await;
    server.add_client(&Client { scope: claviger_core::ScopeSet::parse("read").unwrap(), ..client("narrow") }).await;
    let browser = Browser::default();
    for bad in ["read unheard-of", "rea\"d", "read\\", "réad", "read\twrite"] {
        browser.ask(&server, &authorize_query("app", bad)).await.sent_back(&server, "invalid_scope");
    }
    browser.ask(&server, &authorize_query("narrow", "write")).await.sent_back(&server, "invalid_scope");
    let answer = browser.authorize(&server, &without(authorize_query("narrow", ""), "scope")).await;
    let tokens = server.redeem("narrow", &answer.code()).await;
    assert_eq!(tokens.text("scope"), "read", "named because it was not asked for");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_denies_sends_access_denied_and_the_request_is_over() {
    let server = started().await;
    let browser = Browser::default();
    let page = browser.ask(&server, &authorize_query("app", "read")).await;
    let consent = browser.get_past_sign_in(&server, page).await;
    consent.asks_for_consent();
    browser.decide(&server, &consent, "deny").await.sent_back(&server, "access_denied");
    let late = browser.decide(&server, &consent, "allow").await;
    assert_eq!(late.header("location"), "");
    assert!(late.status.is_client_error() || late.status.is_success());
    browser.ask(&server, &authorize_query("app", "read")).await.asks_for_consent();
    let unclear = browser.ask(&server, &authorize_query("app", "read")).await;
    browser.decide(&server, &unclear, "perhaps").await.sent_back(&server, "access_denied");
}

#[tokio::test(flavor = "multi_thread")]
async fn our_own_trouble_travels_back() {
    let folder = Folder::new();
    let server = Server::at(&folder.url(), |_| {}).await;
    server.add_client(&client("app")).await;
    let browser = Browser::default();
    browser.authorize(&server, &authorize_query("app", "read")).await.code();
    let other = rusqlite::Connection::open(folder.database()).unwrap();
    // Somebody holds the database: too busy, for as long as that lasts.
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let busy = browser.ask(&server, &authorize_query("app", "read")).await;
    busy.sent_back(&server, "temporarily_unavailable");
    other.execute_batch("ROLLBACK").unwrap();
    browser.ask(&server, &authorize_query("app", "read")).await.code();
    other.execute_batch("DROP TABLE code").unwrap();
    browser.ask(&server, &authorize_query("app", "read")).await.sent_back(&server, "server_error");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_state_comes_back_as_it_went() {
    let server = started().await;
    let browser = Browser::default();
    browser.authorize(&server, &authorize_query("app", "read")).await.code();
    let longest = "s".repeat(8_192);
    for state in ["a=b&c=%20+ü#?~é/\u{1F600}\\\"<>", " ", "+", "%", "%2", "null", "0", &longest] {
        let query = with(authorize_query("app", "read"), "state", state);
        assert_eq!(browser.ask(&server, &query).await.redirect_params()["state"], state);
        let failed = browser.ask(&server, &with(query, "scope", "unheard-of")).await.redirect_params();
        assert_eq!((failed["error"].as_str(), failed["state"].as_str()), ("invalid_scope", state));
    }
    // Raw, as an integrator's own code writes it: what follows a raw & is another parameter.
    let raw = encode(&without(authorize_query("app", "read"), "state"));
    let reply = browser.get(&server, &format!("/authorize?{raw}&state=a/b?c=d:e@f%26g&h=i")).await;
    assert_eq!(reply.redirect_params()["state"], "a/b?c=d:e@f&g");
    // One that is too long to be given back is a page: without it, its client could not tell whose answer comes.
    browser.ask(&server, &with(authorize_query("app", "read"), "state", &"s".repeat(8_193))).await.is_page();
    let without_state = browser.ask(&server, &without(authorize_query("app", "read"), "state")).await;
    assert!(!without_state.redirect_params().contains_key("state"));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_safe_redirect_uris_can_be_registered() {
    for bad in [
        "/cb",
        "app.example/cb",
        "https:app.example/cb",
        "https://app.example/cb#part",
        "https://app.example/cb#",
        "myapp:/cb",
        "http://app.example/cb",
        "http://127.0.0.1.evil.example/cb",
        "http://localhost.evil.example/cb",
        "ftp://app.example/cb",
        "https://user@app.example/cb",
    ] {
        assert!(RedirectUri::parse(bad).is_err(), "{bad}");
    }
    let server = started().await;
    let native = Client { redirect_uris: vec![uri("com.example.app:/cb")], ..public("native") };
    server.add_client(&native).await;
    let query = with(authorize_query("native", "read"), "redirect_uri", "com.example.app:/cb");
    let answer = Browser::default().authorize(&server, &query).await;
    assert!(answer.header("location").starts_with("com.example.app:/cb?code="), "{}", answer.header("location"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_registered_query_is_kept_and_ours_appended() {
    let server = started().await;
    let registered = "https://app.example/cb?tenant=7&x=%20y";
    server.add_client(&Client { redirect_uris: vec![uri(registered)], ..client("query") }).await;
    let query = with(authorize_query("query", "read"), "redirect_uri", registered);
    let answer = Browser::default().authorize(&server, &query).await;
    assert!(answer.header("location").starts_with(&format!("{registered}&code=cvc_")), "{}", answer.header("location"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_redirect_uri_is_matched_byte_for_byte() {
    let server = started().await;
    let browser = Browser::default();
    for near in [
        "https://app.example/cb/",
        "https://app.example/CB",
        "https://APP.example/cb",
        "https://app.example:443/cb",
        "https://app.example/cb?x=1",
        "https://app.example/cb?",
        "https://app.example/cb#x",
        "https://app.example/x/../cb",
        "https://app.example/%63b",
        "https://app.example/cb%00",
        "https://app.example/cb ",
        "https://user@app.example/cb",
        "https://app.example.evil.example/cb",
        "https://app.example\\@evil.example/cb",
        "http://app.example/cb",
        "HTTPS://app.example/cb",
        "https://app.example",
    ] {
        browser.ask(&server, &with(authorize_query("app", "read"), "redirect_uri", near)).await.is_page();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_port_is_ignored_for_loopback_addresses_only() {
    let server = started().await;
    let uris = ["http://127.0.0.1/cb", "http://[::1]:9000/cb", "http://localhost:9000/cb", "https://app.example/cb"];
    server.add_client(&Client { redirect_uris: uris.iter().map(|u| uri(u)).collect(), ..public("native") }).await;
    let browser = Browser::default();
    for good in
        ["http://127.0.0.1:51004/cb", "http://127.0.0.1/cb", "http://[::1]:51004/cb", "http://localhost:9000/cb"]
    {
        let query = with(authorize_query("native", "read"), "redirect_uri", good);
        let answer = browser.authorize(&server, &query).await;
        assert!(answer.header("location").starts_with(&format!("{good}?code=")), "{}", answer.header("location"));
        let code = answer.code();
        // The very URI of the request is the one that the code is bound to.
        let form = [
            ("client_id", "native"),
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", "http://127.0.0.1:1/cb"),
            ("code_verifier", crate::common::VERIFIER),
        ];
        server.post("/token", &form).await.refused(400, "invalid_grant");
    }
    for bad in [
        "http://localhost:9001/cb",
        "https://app.example:8443/cb",
        "http://127.0.0.1:99999/cb",
        "http://127.0.0.1:/cb",
        "http://127.0.0.1:080/cb",
        "http://127.0.0.1:80@evil.example/cb",
        "http://127.0.0.2:80/cb",
        "https://127.0.0.1/cb",
    ] {
        browser.ask(&server, &with(authorize_query("native", "read"), "redirect_uri", bad)).await.is_page();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_redirect_is_a_303_and_comes_after_signing_in() {
    let server = started().await;
    let browser = Browser::default();
    let page = browser.ask(&server, &authorize_query("app", "read")).await;
    page.asks_to_sign_in();
    let signed_in = browser.sign_in(&server, &page, "alice", PASSWORD).await;
    assert_eq!(signed_in.status, 303);
    let consent = browser.get(&server, signed_in.header("location")).await;
    let answer = browser.decide(&server, &consent, "allow").await;
    assert_eq!(answer.status, 303);
    answer.code();
    // POST says the same as GET.
    let form = authorize_query("app", "read");
    let form: Vec<(&str, &str)> = form.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    browser.send(&server, Method::POST, "/authorize", Some(&form)).await.code();
    Browser::default().send(&server, Method::POST, "/authorize", Some(&form)).await.asks_to_sign_in();
    for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
        let reply = browser.send(&server, method, "/authorize", None).await;
        assert_eq!((reply.status.as_u16(), reply.header("allow")), (405, "GET, POST"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_other_page_may_read_an_authorization_answer() {
    let server = started().await;
    let browser = Browser::default();
    browser.authorize(&server, &authorize_query("app", "read")).await.code();
    let path = format!("/authorize?{}", encode(&authorize_query("app", "read")));
    let cookie = format!("claviger_test_session={}", browser.cookie("session").unwrap());
    let headers = [("origin", "https://evil.example"), ("cookie", cookie.as_str())];
    for path in [path.as_str(), "/authorize", "/-/sign-in", "/-/consent", "/logout"] {
        for method in [Method::GET, Method::OPTIONS] {
            let reply = server.send(method, path, &headers, "").await;
            assert!(!reply.headers.keys().any(|name| name.as_str().starts_with("access-control-")), "{path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_is_framed_cached_or_loads_anything_of_others() {
    let server = started().await;
    let browser = Browser::default();
    let sign_in = browser.ask(&server, &authorize_query("app", "read")).await;
    sign_in.is_html();
    let wrong = browser.sign_in(&server, &sign_in, "alice", "wrong").await;
    wrong.is_html();
    let consent = browser.get_past_sign_in(&server, sign_in).await;
    consent.asks_for_consent();
    consent.is_html();
    browser.get(&server, "/-/sign-in").await.is_html();
    let ask = browser.get(&server, "/logout").await;
    ask.is_html();
    let form = [("csrf", ask.hidden("csrf").unwrap())];
    let form: Vec<(&str, &str)> = form.iter().map(|(n, v)| (*n, v.as_str())).collect();
    browser.send(&server, Method::POST, "/logout", Some(&form)).await.is_html();
    browser.get(&server, "/authorize").await.is_page();
    browser.get(&server, "/-/consent?request=none").await.is_html();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_issuer_stands_in_every_answer_and_the_metadata_say_so() {
    let server = started().await;
    let browser = Browser::default();
    let good = browser.authorize(&server, &authorize_query("app", "read")).await.redirect_params();
    let bad = browser.ask(&server, &authorize_query("app", "unheard-of")).await.redirect_params();
    assert_eq!(
        (good["iss"].as_str(), bad["iss"].as_str()),
        (server.realm.issuer.as_str(), server.realm.issuer.as_str())
    );
    let metadata = server.send(Method::GET, "/.well-known/openid-configuration", &[], "").await;
    assert_eq!(metadata.json()["authorization_response_iss_parameter_supported"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_keep_to_the_characters_that_are_allowed() {
    let server = started().await;
    let allowed = |text: &str| text.bytes().all(|b| matches!(b, 0x20..=0x21 | 0x23..=0x5B | 0x5D..=0x7E));
    for scope in ["x'<script>", "read\u{7f}", "é", "a\"b", "[x]"] {
        let reply = Browser::default().ask(&server, &authorize_query("app", scope)).await.redirect_params();
        assert!(allowed(&reply["error"]) && allowed(&reply["error_description"]), "{reply:?}");
        let form = [("grant_type", "client_credentials"), ("scope", scope)];
        let reply = server.token("app", &form).await;
        assert!(allowed(&reply.text("error")) && allowed(&reply.text("error_description")), "{}", reply.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_native_client_is_never_approved_silently_and_a_page_is_where_consent_is_on_record() {
    const PORT: &str = "http://localhost:5173/cb";
    const LITERAL: &str = "http://127.0.0.1:5173/cb";
    let server = started().await;
    let at = |uris: &[&str], client: Client| Client { redirect_uris: uris.iter().map(|u| uri(u)).collect(), ..client };
    let page = |id: &str| Client { in_browser: true, ..public(id) };
    for (app, to, is_remembered) in [
        (public("phone"), CALLBACK, true),
        (page("spa"), CALLBACK, true),
        (at(&[PORT], page("spa-here")), PORT, true),
        (at(&[LITERAL], page("spa-literal")), LITERAL, true),
        (at(&[PORT], public("desktop")), PORT, false),
        (at(&["com.example.app:/cb"], public("native")), "com.example.app:/cb", false),
        (at(&[LITERAL], client("tool")), "http://127.0.0.1:4711/cb", false),
        (at(&["com.example.app:/cb"], client("native-with-secret")), "com.example.app:/cb", false),
        (at(&[PORT], client("server-here")), PORT, true),
        (Client { trusted: true, ..public("trusted-phone") }, CALLBACK, true),
    ] {
        server.add_client(&app).await;
        let (browser, query) = (Browser::default(), with(authorize_query(&app.id, "read"), "redirect_uri", to));
        let page = browser.ask(&server, &query).await;
        let consent = browser.get_past_sign_in(&server, page).await;
        consent.asks_for_consent();
        drop(browser.decide(&server, &consent, "allow").await.code());
        let silent = browser.ask(&server, &with(query.clone(), "prompt", "none")).await;
        let again = browser.ask(&server, &query).await;
        if is_remembered {
            drop((silent.code(), again.code()));
        } else {
            assert_eq!(silent.redirect_params()["error"], "consent_required", "{}", app.id);
            again.asks_for_consent();
        }
    }
    // The address of a page is known to the byte, its port included.
    let elsewhere = with(authorize_query("spa-literal", "read"), "redirect_uri", "http://127.0.0.1:4711/cb");
    Browser::default().ask(&server, &elsewhere).await.is_page();
    // The vendor's own confidential app is not asked for.
    server.add_client(&Client { trusted: true, ..client("trusted-web") }).await;
    let browser = Browser::default();
    let page = browser.ask(&server, &authorize_query("trusted-web", "read")).await;
    browser.get_past_sign_in(&server, page).await.code();
}

/// Needs its own two keys, and is counted by itself.
#[tokio::test(flavor = "multi_thread")]
async fn implicit_on_a_device_is_remembered_for_who_was_given_that() {
    const HERE: &str = "http://localhost/";
    let server = Server::with(|realm| {
        realm.dialect.permits.extend([Legacy::Implicit, Legacy::RememberedImplicit]);
    })
    .await;
    for (id, is_remembered) in [("asked", false), ("spared", true)] {
        let mut app = Client { redirect_uris: vec![uri(HERE)], ..implicit(id) };
        app.legacy.extend(is_remembered.then_some(Legacy::RememberedImplicit));
        server.add_client(&app).await;
        let query = with(with(token_query("read"), "client_id", id), "redirect_uri", HERE);
        let browser = Browser::default();
        let page = browser.ask(&server, &query).await;
        let consent = browser.get_past_sign_in(&server, page).await;
        consent.asks_for_consent();
        browser.decide(&server, &consent, "allow").await;
        let again = browser.ask(&server, &query).await;
        if is_remembered {
            assert!(again.header("location").starts_with("http://localhost/#token_type="), "{again:?}");
        } else {
            again.asks_for_consent();
        }
        let wider = browser.ask(&server, &with(query, "scope", "read write")).await;
        wider.asks_for_consent();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn implicit_answers_in_the_fragment_without_a_refresh_token() {
    let server = implicit_server().await;
    let browser = Browser::default();
    let answer = browser.authorize(&server, &token_query("read")).await;
    let location = answer.header("location");
    assert!(location.starts_with(&format!("{CALLBACK}#token_type=Bearer&access_token=")), "{location}");
    assert!(!location.contains('?'));
    let params = answer.redirect_params();
    assert_eq!((params["expires_in"].as_str(), params["state"].as_str()), ("600", "a state & more"));
    assert!(!params.contains_key("refresh_token") && !params.contains_key("code") && !params.contains_key("id_token"));
    let claims = claims(&params["access_token"]);
    assert_eq!((claims["flow"].as_str(), claims["sub"].as_str()), (Some("implicit"), Some("u1")));
    assert!(server.is_active("app", &params["access_token"]).await);
    let denied = browser.ask(&server, &with(token_query("read"), "prompt", "consent")).await;
    let denied = browser.decide(&server, &denied, "deny").await;
    assert!(denied.header("location").starts_with(&format!("{CALLBACK}#error=access_denied")));
    denied.sent_back(&server, "access_denied");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_never_travels_in_a_query() {
    let server = implicit_server().await;
    let browser = Browser::default();
    browser.authorize(&server, &token_query("read")).await;
    let reply = browser.ask(&server, &with(token_query("read"), "response_mode", "query")).await;
    assert!(reply.header("location").starts_with(&format!("{CALLBACK}#error=invalid_request")));
    for (mode, mark) in [("query", '?'), ("fragment", '#')] {
        let reply = browser.authorize(&server, &with(authorize_query("app", "read"), "response_mode", mode)).await;
        assert!(reply.header("location").starts_with(&format!("{CALLBACK}{mark}code=")), "{mode}");
    }
    let reply = browser.ask(&server, &with(authorize_query("app", "read"), "response_mode", "web_message")).await;
    reply.sent_back(&server, "invalid_request");
}

fn form_of(reply: &Reply) -> (String, String) {
    let action = reply.body.split("action=\"").nth(1).unwrap().split('"').next().unwrap();
    (unescape(action), reply.hidden("code").or(reply.hidden("error")).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_post_is_uncacheable_escaped_and_goes_to_the_exact_uri() {
    let server = started().await;
    let registered = "https://app.example/cb?a=1&b='2'";
    server.add_client(&Client { redirect_uris: vec![uri(registered)], ..client("form") }).await;
    let browser = Browser::default();
    let query = with(authorize_query("form", "read"), "redirect_uri", registered);
    let query = with(with(query, "response_mode", "form_post"), "state", "\"><script>alert(1)</script>");
    let reply = browser.authorize(&server, &query).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), "text/html; charset=utf-8");
    assert!(reply.header("cache-control").contains("no-store"));
    assert!(!reply.body.contains("<script>alert"), "{}", reply.body);
    assert!(reply.header("content-security-policy").contains("frame-ancestors 'none'"));
    let (action, code) = form_of(&reply);
    assert_eq!(action, registered);
    assert_eq!(reply.hidden("iss"), Some(server.realm.issuer.clone()));
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", registered),
        ("code_verifier", crate::common::VERIFIER),
    ];
    assert_eq!(server.token("form", &form).await.status, 200);
    let failed = browser.ask(&server, &with(query, "scope", "unheard-of")).await;
    assert_eq!(form_of(&failed).1, "invalid_scope");
}
