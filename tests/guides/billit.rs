//! L1 … L8.

use crate::demo::Demo;
use crate::wire::{Answer, Choice, Person, claims, form, send, with_token};
use claviger_core::params::form_encode;
use std::time::{Duration, Instant};

const INSTANCES: [&str; 2] = ["billit-sandbox", "billit-live"];
const CLIENT: &str = "demo-other";
const CALLBACK: &str = "https://register.example/callback";

fn alice(demo: &Demo, realm: &str) -> Person {
    Person::new(demo.port(realm), "alice", &demo.password(realm, "alice"))
}

fn logon(client: &str, redirect_uri: &str, state: &str) -> String {
    let mut query = format!("client_id={client}");
    form_encode(&mut query, "redirect_uri", redirect_uri);
    format!("/Account/Logon?{query}&state={state}")
}

fn json_post(port: u16, body: &serde_json::Value) -> Answer {
    let body = body.to_string();
    send(
        port,
        format!("POST /OAuth2/token HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Type: Application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len()).as_bytes(),
    )
}

fn exchange(demo: &Demo, realm: &str, client: &str, redirect_uri: &str, code: &str) -> Answer {
    let body = serde_json::json!({
        "client_id": client,
        "client_secret": demo.secret(realm, client),
        "code": code,
        "grant_type": "authorization_code",
        "redirect_uri": redirect_uri,
    });
    json_post(demo.port(&format!("{realm}-api")), &body)
}

fn tokens(demo: &Demo, realm: &str, client: &str, redirect_uri: &str, companies: &[&str]) -> Answer {
    let (_, answer) = alice(demo, realm).authorize(&logon(client, redirect_uri, "s"), Choice::AllowFor(companies));
    exchange(demo, realm, client, redirect_uri, &answer.redirect('?', "code").unwrap())
}

fn orders(demo: &Demo, realm: &str, token: &str) -> Answer {
    let port = demo.port(&format!("{realm}-api"));
    send(port, format!("GET /v1/orders HTTP/1.1\r\nHost: localhost:{port}\r\nAuthorization: Bearer {token}\r\nAccept: application/json\r\n\r\n").as_bytes())
}

/// L1.
#[test]
fn a_missing_parameter_shows_a_page_and_never_redirects() {
    let demo = Demo::get();
    let mut person = alice(&demo, "billit-sandbox");
    for path in [
        format!("/Account/Logon?client_id={CLIENT}&state=x"),
        format!("/Account/Logon?redirect_uri={CALLBACK}&state=x"),
    ] {
        let answer = person.request("GET", &path, "");
        assert_eq!(answer.status, 400);
        assert_eq!(answer.header("location"), "");
        assert!(answer.body.contains("Invalid OAuth2 request"), "{}", answer.body);
    }
    let login = person.request("GET", "/Account/Logon", "");
    assert_eq!(login.status, 200);
    assert!(login.body.contains("name=\"password\""));
    assert!(!login.body.contains("name=\"pending\""), "nothing waits behind it");
}

/// L2, L3.
#[test]
fn state_comes_back_and_the_wildcard_is_matched() {
    let demo = Demo::get();
    // Who allows it nothing in any other test meanwhile.
    let mut person = Person::new(demo.port("billit-sandbox"), "carol", &demo.password("billit-sandbox", "carol"));
    let state = "2f0c%2Buser%3D7%3B%20%C3%A9";
    let (_, answer) =
        person.authorize(&format!("{}&ref=lost", logon(CLIENT, CALLBACK, state)), Choice::AllowFor(&["book-01"]));
    assert_eq!(answer.redirect('?', "state").as_deref(), Some("2f0c+user=7; é"));
    assert_eq!(answer.redirect('?', "ref"), None, "what follows a raw & is no part of state");
    assert!(answer.redirect('?', "code").is_some());
    assert_eq!(answer.redirect('?', "iss"), None, "L3: code and state, and nothing else");
    // L1: the link shows each time whose account it is, and another company can be added.
    let request = format!("{}&ref=lost", logon(CLIENT, CALLBACK, state));
    let (seen, answer) = person.authorize(&request, Choice::AllowFor(&["book-01", "book-02"]));
    assert_eq!(seen, ["consent"]);
    let code = answer.redirect('?', "code").unwrap();
    let tokens = exchange(&demo, "billit-sandbox", CLIENT, CALLBACK, &code);
    assert_eq!(claims(&tokens.text("access_token"))["org"], serde_json::json!(["book-01", "book-02"]));
    let page = person.request("GET", &request, "");
    assert_eq!(page.body.matches("checked").count(), 2, "what was chosen before is ticked: {}", page.body);
    // Somebody who has not allowed this app before.
    let mut bob = Person::new(demo.port("billit-sandbox"), "bob", &demo.password("billit-sandbox", "bob"));
    let wildcard = logon("demo-wildcard", "https://wildcard.example/billit/return/user-7", "s");
    let (_, denied) = bob.authorize(&wildcard, Choice::Deny);
    assert!(denied.header("location").starts_with("https://wildcard.example/billit/return/user-7?"));
    assert_eq!(denied.redirect('?', "error").as_deref(), Some("access_denied"));
    for other in [
        "https://wildcard.example/billit/return/a/b",
        "https://wildcard.example/billit/return/a?x=1",
        "https://evil.example/billit/return/a",
    ] {
        let answer = person.request("GET", &logon("demo-wildcard", other, "s"), "");
        assert_eq!((answer.status, answer.header("location")), (400, ""), "{other}");
    }
}

/// L4, L7.
#[test]
fn a_json_exchange_gives_a_token_that_carries_the_companies() {
    // Companies that were picked once are remembered, so this app is no other test's.
    const APP: &str = "demo-wildcard";
    const BACK: &str = "https://wildcard.example/billit/return/user-7";
    let demo = Demo::get();
    for realm in INSTANCES {
        let answer = tokens(&demo, realm, APP, BACK, &["garage"]);
        let members = answer.token_answer();
        let four = ["access_token", "expires_in", "refresh_token", "token_type"];
        assert_eq!(members.iter().map(String::as_str).collect::<std::collections::BTreeSet<_>>(), four.into());
        assert_eq!(answer.json()["token_type"], "Bearer");
        assert_eq!(answer.json()["expires_in"], 3600);
        assert_eq!(claims(&answer.text("access_token"))["org"], serde_json::json!(["garage"]));
        assert_eq!(orders(&demo, realm, &answer.text("access_token")).status, 200);
    }
    let (_, answer) = alice(&demo, "billit-sandbox").authorize(&logon(APP, BACK, "s"), Choice::AllowFor(&["garage"]));
    let (code, secret) = (answer.redirect('?', "code").unwrap(), demo.secret("billit-sandbox", APP));
    let body =
        format!("client_id={APP}&client_secret={secret}&code={code}&grant_type=authorization_code&redirect_uri={BACK}");
    form(demo.port("billit-sandbox-api"), "/OAuth2/token", &body).token_answer();
}

/// L4: "the URL you provided" is what was registered, with its `*` or without, or what the request named; nothing else is.
#[test]
fn the_redirect_uri_of_an_exchange_is_the_concrete_or_the_registered_one() {
    const APP: &str = "demo-wildcard";
    const REGISTERED: &str = "https://wildcard.example/billit/return/";
    let demo = Demo::get();
    let code = || {
        let back = format!("{REGISTERED}user-8");
        let (_, answer) =
            alice(&demo, "billit-sandbox").authorize(&logon(APP, &back, "s"), Choice::AllowFor(&["garage"]));
        answer.redirect('?', "code").unwrap()
    };
    for named in [format!("{REGISTERED}*"), REGISTERED.to_owned(), format!("{REGISTERED}user-8")] {
        exchange(&demo, "billit-sandbox", APP, &named, &code()).token_answer();
    }
    for other in [format!("{REGISTERED}user-9"), "https://wildcard.example/billit/".to_owned()] {
        exchange(&demo, "billit-sandbox", APP, &other, &code()).refused(400, "invalid_grant");
    }
}

/// L4: whoever sends something else hears of both.
#[test]
fn a_body_of_another_kind_is_told_that_json_and_forms_are_read() {
    let demo = Demo::get();
    let port = demo.port("billit-sandbox-api");
    let body = "<token/>";
    let answer = send(port, format!("POST /OAuth2/token HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
    assert_eq!(answer.status, 415);
    let description = answer.text("error_description");
    assert!(description.contains("application/json") && description.contains("form"), "{description}");
}

/// L5.
#[test]
fn both_tokens_change_and_another_clients_refresh_token_stays_alive() {
    let demo = Demo::get();
    let realm = "billit-sandbox";
    let first = tokens(&demo, realm, CLIENT, CALLBACK, &["bakery"]);
    let port = demo.port("billit-sandbox-api");
    let refresh = |client: &str| {
        json_post(
            port,
            &serde_json::json!({
                "client_id": client,
                "client_secret": demo.secret(realm, client),
                "grant_type": "refresh_token",
                "refresh_token": first.text("refresh_token"),
            }),
        )
    };
    refresh("demo-wildcard").refused(400, "invalid_grant");
    let next = refresh(CLIENT);
    next.token_answer();
    assert_ne!(next.text("access_token"), first.text("access_token"));
    assert_ne!(next.text("refresh_token"), first.text("refresh_token"));
}

/// L6.
#[test]
fn invalid_expired_and_revoked_tokens_are_told_apart() {
    let demo = Demo::get();
    let realm = "billit-sandbox";
    let code = |answer: &Answer| answer.json()["errors"][0]["Code"].as_str().unwrap().to_owned();
    let invalid = orders(&demo, realm, "nonsense");
    assert_eq!(
        (invalid.status, invalid.body.replace([' ', '\n'], "")),
        (401, r#"{"errors":[{"Code":"InvalidAccessToken"}]}"#.to_owned())
    );

    let short =
        tokens(&demo, realm, "demo-impatient", "https://impatient.example/callback", &["bakery"]).text("access_token");
    until("the token expires", || {
        let answer = orders(&demo, realm, &short);
        answer.status == 401 && code(&answer) == "AccessTokenExpired"
    });

    let answer = tokens(&demo, realm, CLIENT, CALLBACK, &["bakery"]);
    let (port, secret) = (demo.port("billit-sandbox-api"), demo.secret(realm, CLIENT));
    let revoke = format!("client_id={CLIENT}&client_secret={secret}&token={}", answer.text("refresh_token"));
    assert_eq!(form(port, "/OAuth2/revoke", &revoke).status, 200);
    until("the API learns of the revocation", || {
        let refused = orders(&demo, realm, &answer.text("access_token"));
        refused.status == 401 && code(&refused) == "AccessTokenRevoked"
    });
}

/// L8.
#[test]
fn sandbox_and_live_are_separate() {
    let demo = Demo::get();
    let token = tokens(&demo, "billit-sandbox", CLIENT, CALLBACK, &["bakery"]).text("access_token");
    assert_eq!(orders(&demo, "billit-live", &token).status, 401);
    assert_eq!(with_token(demo.port("billit-sandbox-api"), "GET", "/v1/orders", "Authorization", &token).status, 200);
}

/// Waits for what another process has to learn.
fn until(what: &str, mut done: impl FnMut() -> bool) {
    let patience = Instant::now() + Duration::from_secs(15);
    while !done() {
        assert!(Instant::now() < patience, "{what}: not in time");
        std::thread::sleep(Duration::from_millis(50));
    }
}
