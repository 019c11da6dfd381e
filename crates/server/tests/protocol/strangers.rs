//! What a stranger can cost, and what one learns: bounds before any credentials, and pages that tell nothing of others.

use crate::common::{Browser, CALLBACK, Reply, SECRET, Server, authorize_query, client, encode, with};
use claviger_core::Client;
use claviger_core::dialect::Legacy;
use claviger_core::redirect::RedirectUri;
use reqwest::Method;

const FORM: &str = "application/x-www-form-urlencoded";

async fn started() -> Server {
    let server = Server::with(|realm| {
        realm.dialect.permits.insert(Legacy::JsonBody);
    })
    .await;
    server.add_client(&Client { legacy: [Legacy::JsonBody].into(), ..client("app") }).await;
    server
}

async fn with_type(server: &Server, media: Option<&str>, body: impl Into<Vec<u8>>) -> Reply {
    let headers: Vec<(&str, &str)> = media.map(|media| ("content-type", media)).into_iter().collect();
    server.send(Method::POST, "/token", &headers, body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_of_more_than_64_tokens_is_refused_at_both_endpoints() {
    let server = started().await;
    let browser = Browser::default();
    let many = "read ".repeat(65);
    let reply = server.token("app", &[("grant_type", "client_credentials"), ("scope", &many)]).await;
    reply.refused(400, "invalid_scope");
    let sent_back = browser.ask(&server, &authorize_query("app", &many)).await.redirect_params();
    assert_eq!(sent_back["error"], "invalid_scope");
    let most = "read write ".repeat(32);
    let reply = server.token("app", &[("grant_type", "client_credentials"), ("scope", &most)]).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_of_more_than_8_kib_is_refused_where_it_is_read_and_ignored_elsewhere() {
    let server = started().await;
    let long = "x".repeat(8 * 1024 + 1);
    for name in ["scope", "audience", "client_id", "code"] {
        let form = format!("grant_type=authorization_code&client_secret={SECRET}&{name}={long}");
        with_type(&server, Some(FORM), form).await.refused(400, "invalid_request");
    }
    let ignored = [("grant_type", "client_credentials"), ("unheard_of", long.as_str())];
    assert_eq!(server.token("app", &ignored).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_reads_does_not_decide() {
    let server = started().await;
    let form = format!("grant_type=client_credentials&client_id=app&client_secret={SECRET}&x=%ff&%fe=1&y=%00");
    assert_eq!(with_type(&server, Some(FORM), form).await.status, 200);
    let json = format!(
        r#"{{"grant_type":"client_credentials","client_id":"app","client_secret":"{SECRET}","a":1,"b":[{{}}],"c":null,"d":true}}"#
    );
    assert_eq!(with_type(&server, Some("application/json"), json).await.status, 200);
    let browser = Browser::default();
    let query = encode(&authorize_query("app", "read"));
    browser.get(&server, &format!("/authorize?{query}&x=%ff&%fe=%80&utm=%E9")).await.asks_to_sign_in();
    // What is read must be text.
    let bad = format!("grant_type=client_credentials&client_id=app&client_secret={SECRET}&scope=%ff");
    with_type(&server, Some(FORM), bad).await.refused(400, "invalid_request");
    let bad = r#"{"grant_type":"client_credentials","client_id":"app","scope":["read"]}"#;
    with_type(&server, Some("application/json"), bad).await.refused(400, "invalid_request");
}

#[tokio::test(flavor = "multi_thread")]
async fn json_is_taken_with_a_byte_order_mark_and_under_no_media_type_where_the_contract_is_json() {
    let server = started().await;
    server.add_client(&client("strict")).await;
    let json = |id: &str| {
        let object = format!(r#" {{"grant_type":"client_credentials","client_id":"{id}","client_secret":"{SECRET}"}}"#);
        [b"\xEF\xBB\xBF", object.as_bytes()].concat()
    };
    for media in [Some("application/json; charset=utf-8"), Some("text/plain;charset=UTF-8"), Some("text/plain"), None] {
        assert_eq!(with_type(&server, media, json("app")).await.status, 200, "{media:?}");
        with_type(&server, media, json("strict")).await.refused(400, "unauthorized_client");
    }
    with_type(&server, Some("text/html"), json("app")).await.refused(415, "invalid_request");
    with_type(&server, Some("text/plain"), "grant_type=client_credentials").await.refused(415, "invalid_request");
    let without = Server::start().await;
    without.add_client(&client("app")).await;
    with_type(&without, Some("text/plain"), json("app")).await.refused(415, "invalid_request");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_of_any_bytes_comes_back_byte_for_byte_and_one_that_is_too_long_is_a_page() {
    let server = started().await;
    let browser = Browser::default();
    browser.authorize(&server, &authorize_query("app", "read")).await.code();
    let query = encode(&crate::common::without(authorize_query("app", "read"), "state"));
    let location = async |state: &str| {
        let reply = browser.get(&server, &format!("/authorize?{query}&state={state}")).await;
        assert_eq!(reply.status, 303, "{}", reply.body);
        reply.header("location").to_owned()
    };
    for state in ["%E9", "%FF%00%80", &"s".repeat(4_097), &"s".repeat(8_192), &"%E9".repeat(4_097)] {
        let found = location(state).await;
        let returned = found.split(['?', '&']).find_map(|pair| pair.strip_prefix("state=")).unwrap();
        assert_eq!(returned, state);
    }
    let page = browser.get(&server, &format!("/authorize?{query}&state={}", "s".repeat(8_193))).await;
    page.is_page();
    // A form cannot carry what is no text: the client is told so.
    let form = browser.get(&server, &format!("/authorize?{query}&response_mode=form_post&state=%E9")).await;
    assert_eq!((form.hidden("error").as_deref(), form.hidden("state")), (Some("invalid_request"), None));

    // It survives the pages as well, and what travels back on a refusal is the same.
    let other = Browser::default();
    let page = other.get(&server, &format!("/authorize?{query}&state=%E9")).await;
    let answer = other.carry_on(&server, page).await;
    assert!(answer.header("location").contains("state=%E9"), "{}", answer.header("location"));
    assert!(location("%E9&max_age=no").await.contains("error=invalid_request"));
    assert!(location("%E9&max_age=no").await.contains("state=%E9"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_page_is_small_whatever_was_sent() {
    let server = started().await;
    let browser = Browser::default();
    let hostile = "<\"&'>".repeat(13_000);
    for (name, value) in [
        ("redirect_uri", hostile.as_str()),
        ("redirect_uri", &hostile[..8_000]),
        ("client_id", &hostile[..8_000]),
        ("state", &hostile[..60_000]),
        ("scope", &hostile[..8_000]),
    ] {
        let form: Vec<_> = with(authorize_query("app", "read"), name, value);
        let form: Vec<_> = form.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let reply = browser.send(&server, Method::POST, "/authorize", Some(&form)).await;
        assert!(reply.body.len() < 16 * 1024, "{name}: {}", reply.body.len());
        assert!(!reply.body.contains(&"&lt;&quot;&amp;".repeat(300)), "{name}");
    }
    // Nor is what a sign-in form was sent with shown again at any length.
    let page = browser.get(&server, "/-/sign-in").await;
    let reply = browser.sign_in(&server, &page, &hostile[..8_000], "x").await;
    assert!(reply.body.len() < 32 * 1024, "{}", reply.body.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_reads_a_registered_redirect_uri_on_the_error_page() {
    let server = started().await;
    let secret = "https://staging-4711.app.example/callback?tenant=blue";
    let redirect_uris = vec![RedirectUri::parse(secret).unwrap(), RedirectUri::parse(CALLBACK).unwrap()];
    server.add_client(&Client { redirect_uris, ..client("two") }).await;
    let browser = Browser::default();
    for near in
        ["https://staging-4711.app.example/callback?tenant=green", "https://s", "https://staging-4711.app.example/"]
    {
        let page = browser.ask(&server, &with(authorize_query("two", "read"), "redirect_uri", near)).await;
        page.is_page();
        assert!(
            !page.body.contains("tenant") && !page.body.contains("4711") && !page.body.contains(CALLBACK),
            "{near}"
        );
        assert!(page.body.contains("redirect_uri is not registered"), "{}", page.body);
        assert!(page.body.contains(page.header("x-request-id")), "the reference, under which the log says more");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_is_compared_as_an_authority() {
    let server = Server::with(|realm| {
        realm.authorities.push("login.example".into());
        realm.issuer = "https://login.example".into();
    })
    .await;
    for (host, expected) in [
        ("login.example", "200"),
        ("LOGIN.example", "200"),
        ("login.example.", "200"),
        ("login.example:443", "200"),
        ("login.example.:443", "200"),
        ("login.example:", "200"),
        ("login.example:80", "404"),
        ("login.example:8443", "404"),
        ("login.example..", "404"),
        ("xlogin.example", "404"),
    ] {
        let request = format!("GET /jwks HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        let answer = server.raw(request.as_bytes()).await;
        assert_eq!(answer.get(9..12), Some(expected), "{host}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_authorization_or_content_type_headers_are_400_wherever_they_are_read() {
    let server = started().await;
    let basic = format!("Authorization: Basic {}\r\n", base64_of(&format!("app:{SECRET}")));
    let types = format!("Content-Type: {FORM}\r\n");
    for path in ["/token", "/introspect", "/revoke", "/userinfo"] {
        for headers in [
            format!("{basic}{basic}{types}"),
            format!("{basic}Authorization: Bearer x\r\n{types}"),
            format!("{basic}{types}{types}"),
            format!("{basic}{types}Content-Type: application/json\r\n"),
        ] {
            let body = "grant_type=client_credentials&token=x";
            let request = format!(
                "POST {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n{body}",
                server.address,
                body.len()
            );
            let answer = server.raw(request.as_bytes()).await;
            assert_eq!(answer.get(9..12), Some("400"), "{path} {headers}: {answer}");
            assert!(answer.contains("invalid_request"), "{answer}");
        }
    }
}

fn base64_of(text: &str) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(text)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preflight_allows_whatever_header_a_page_sends() {
    let server = started().await;
    for path in ["/token", "/revoke", "/userinfo", "/jwks", "/.well-known/openid-configuration"] {
        for names in ["traceparent", "authorization, content-type, x-requested-with, traceparent, baggage"] {
            let headers = [
                ("origin", "https://spa.example"),
                ("access-control-request-method", "POST"),
                ("access-control-request-headers", names),
            ];
            let reply = server.send(Method::OPTIONS, path, &headers, "").await;
            assert_eq!(reply.status, 204, "{path}");
            assert_eq!(reply.header("access-control-allow-origin"), "*");
            assert_eq!(reply.header("access-control-allow-headers"), names, "{path}");
        }
        let reply = server.send(Method::OPTIONS, path, &[], "").await;
        assert!(reply.header("access-control-allow-headers").contains("authorization"), "{path}");
        let long = "x".repeat(20_000);
        let reply = server.send(Method::OPTIONS, path, &[("access-control-request-headers", &long)], "").await;
        assert!(reply.header("access-control-allow-headers").len() < 100);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_small_things_in_a_header_are_no_trouble() {
    let server = started().await;
    let cookies = format!("{}; claviger_test_browser=x", "a=b; ".repeat(5_000));
    let languages = "en;q=0.1,".repeat(3_000);
    let hops = "10.0.0.1, ".repeat(2_500);
    let basic = format!("Basic {}", "QUFB".repeat(6_000));
    for (name, value) in
        [("cookie", &cookies), ("accept-language", &languages), ("accept", &languages), ("x-forwarded-for", &hops)]
    {
        let reply = server.send(Method::GET, "/-/sign-in", &[(name, value)], "").await;
        assert_eq!(reply.status, 200, "{name}");
    }
    let reply = server.send(Method::POST, "/token", &[("authorization", &basic), ("content-type", FORM)], "").await;
    reply.refused(401, "invalid_client");
    let prompts = format!("{}&prompt={}", encode(&authorize_query("app", "read")), "x+".repeat(4_000));
    Browser::default().get(&server, &format!("/authorize?{prompts}")).await.asks_to_sign_in();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_serves_only_the_realms_that_it_is_for() {
    use claviger_server::Service;
    use claviger_server::http::Limits;
    use claviger_server::server::{self, Listener};
    let server = started().await;
    let app = server.another_app().await;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let mut sockets = Vec::new();
    let mut addresses = Vec::new();
    for realms in [None, Some(vec!["test".to_owned()]), Some(vec!["internal".to_owned()])] {
        let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        addresses.push(socket.local_addr().unwrap());
        sockets.push(Listener { socket, realms: realms.map(Into::into), tls: None });
    }
    let service = Service { state: app, fallback: None, realms: None };
    let task = tokio::spawn(server::run(service, sockets, Limits::default(), stopped));
    for (address, expected) in addresses.iter().zip([200, 200, 404]) {
        for path in ["/jwks", "/.well-known/openid-configuration", "/-/sign-in"] {
            let host = server.address.to_string();
            let reply = server.http.get(format!("http://{address}{path}")).header("host", &host).send().await.unwrap();
            assert_eq!(reply.status(), expected, "{path}");
        }
    }
    stop.send(true).unwrap();
    task.await.unwrap();
}
