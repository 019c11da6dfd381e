//! Oversized, malformed, duplicated, wrongly typed and non-UTF-8 input at every endpoint: the standard's error at once,
//! never a 500, never a panic, never a hash.

use crate::common::{Browser, Reply, SECRET, Server, authorize_query, client};
use claviger_core::Client;
use claviger_core::dialect::{Endpoint, Legacy, Place};
use reqwest::Method;
use std::time::{Duration, Instant};

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// Every address that answers.
const POSTED: [&str; 9] = [
    "/token",
    "/revoke",
    "/introspect",
    "/authorize",
    "/logoff",
    "/logout",
    "/-/sign-in",
    "/-/consent",
    "/-/switch-account",
];
const FETCHED: [&str; 8] =
    ["/authorize", "/userinfo", "/logout", "/revocations", "/-/sign-in", "/-/consent", "/-/secret", "/jwks"];

async fn started() -> Server {
    let server = Server::with(|realm| {
        realm.dialect.permits.insert(Legacy::JsonBody);
        let place = Place::at("/logoff");
        realm.dialect.endpoints.at.insert(Endpoint::Logoff, place);
    })
    .await;
    server.add_client(&Client { legacy: [Legacy::JsonBody].into(), ..client("app") }).await;
    server
}

fn harmless(what: &str, reply: &Reply) {
    assert!(reply.status.as_u16() < 500, "{what}: {} {}", reply.status, reply.body);
    assert!(!reply.body.contains("access_token\":"), "{what}: {}", reply.body);
    if reply.header("content-type").starts_with("application/json") && !reply.body.is_empty() {
        reply.json();
    }
}

fn parameters(how_many: usize) -> String {
    (0..how_many).map(|n| format!("p{n}=v")).collect::<Vec<_>>().join("&")
}

fn bodies() -> Vec<(&'static str, Vec<u8>)> {
    let many = parameters(10_000);
    let deep = format!("{}1{}", "[".repeat(20_000), "]".repeat(20_000));
    let app = format!("client_id=app&client_secret={SECRET}");
    vec![
        ("empty", b"".to_vec()),
        ("not UTF-8", b"grant_type=\xff\xfe&client_id=\x80".to_vec()),
        ("not UTF-8, escaped", b"grant_type=%ff%fe&client_id=%c3%28&csrf=%80".to_vec()),
        ("NUL", b"grant_type=a%00b&client_id=a\0".to_vec()),
        ("half an escape", b"grant_type=%&client_id=%4&x=%zz&%=%".to_vec()),
        ("only separators", b"&&&&====&&=&=".to_vec()),
        ("many", many.into_bytes()),
        ("65 parameters", parameters(65).into_bytes()),
        ("duplicates", b"grant_type=a&grant_type=b&client_id=a&client_id=b&token=a&token=b&csrf=1&csrf=2".to_vec()),
        ("wrong codes", format!("{app}&grant_type=authorization_code&code=cvc_AAAA&token=cva_AAAA").into_bytes()),
        ("a long code", format!("{app}&grant_type=authorization_code&code=cvc_{}", "A".repeat(60_000)).into_bytes()),
        (
            "a long token",
            format!("{app}&grant_type=refresh_token&refresh_token=cvr_{}", "A".repeat(9_000)).into_bytes(),
        ),
        (
            "a long id",
            format!("grant_type=client_credentials&client_id={}&client_secret=x", "i".repeat(60_000)).into_bytes(),
        ),
        (
            "a long secret",
            format!("grant_type=client_credentials&client_id=app&client_secret={}", "s".repeat(60_000)).into_bytes(),
        ),
        ("a long scope", format!("{app}&grant_type=client_credentials&scope={}", "s+".repeat(20_000)).into_bytes()),
        (
            "a long password",
            format!("{app}&grant_type=password&username=alice&password={}", "p".repeat(60_000)).into_bytes(),
        ),
        ("a bad JWT", format!("{app}&token={0}.{0}.{0}&id_token_hint={0}.{0}.{0}", "e30".repeat(2000)).into_bytes()),
        ("line ends", b"\r\n\r\ngrant_type=client_credentials\r\n".to_vec()),
        ("a form as JSON", b"{\"grant_type\":\"client_credentials\"}".to_vec()),
        ("deep JSON", deep.into_bytes()),
        ("deep objects", "{\"a\":".repeat(10_000).into_bytes()),
        ("wrong types", br#"{"grant_type":1,"client_id":[],"client_secret":{}}"#.to_vec()),
        ("repeated members", br#"{"client_id":"app","client_id":"b","grant_type":"x"}"#.to_vec()),
        ("half a surrogate", br#"{"grant_type":"\ud800","client_id":"app"}"#.to_vec()),
        ("a number that overflows", br#"{"grant_type":1e999999}"#.to_vec()),
        ("an array", b"[1,2,3]".to_vec()),
        ("two documents", b"{}{}".to_vec()),
        ("null", b"null".to_vec()),
        ("JSON, not UTF-8", b"{\"grant_type\":\"\xff\"}".to_vec()),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn no_body_makes_any_endpoint_fail() {
    let server = started().await;
    let begun = Instant::now();
    for path in POSTED {
        for (what, body) in bodies() {
            for media in [FORM, JSON, "text/plain", ""] {
                let reply = server.send(Method::POST, path, &[("content-type", media)], body.clone()).await;
                harmless(&format!("{path} {media} {what}"), &reply);
                if path == "/token" {
                    assert!(reply.status.is_client_error(), "{path} {what}: {} {}", reply.status, reply.body);
                    assert!(!reply.text("error").is_empty());
                }
            }
        }
    }
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_query_makes_any_endpoint_fail() {
    let server = started().await;
    let many = parameters(500);
    for path in FETCHED.iter().chain(&POSTED) {
        for query in [
            "%ff=%fe",
            "client_id=%ff",
            "client_id=app&redirect_uri=%ff%fe",
            "client_id=app&state=%ff",
            "client_id=app&redirect_uri=https://app.example/cb&state=%00",
            "a%00b=c",
            "%",
            "&&==&",
            "request=x",
            "request=%00",
            "request=00000000000000000000000000000000",
            "after=99999999999999999999&wait=-1",
            "id_token_hint=a.b.c&post_logout_redirect_uri=%0d%0aSet-Cookie:x=1",
            "client_id=app&redirect_uri=https://app.example/cb%0d%0aSet-Cookie:x=1",
            "access_token=x",
            &many,
        ] {
            let reply = server.send(Method::GET, &format!("{path}?{query}"), &[], "").await;
            harmless(&format!("{path}?{query}"), &reply);
            assert!(!reply.headers.contains_key("set-cookie") || !reply.header("set-cookie").starts_with("x="));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_parameter_of_an_authorization_request_makes_it_fail() {
    let server = started().await;
    let browser = Browser::default();
    let long = "x".repeat(7_000);
    for (name, _) in authorize_query("app", "read").iter().chain(
        &[
            "nonce",
            "prompt",
            "max_age",
            "login_hint",
            "response_mode",
            "resource",
            "audience",
            "request",
            "request_uri",
        ]
        .map(|name| (name.to_owned(), String::new())),
    ) {
        for value in ["\u{0}", "\u{7f}\u{80}", "\r\nSet-Cookie: x=1", "💣", "-1", "null", "[]", "{}", "%", &long] {
            let reply = browser.ask(&server, &crate::common::with(authorize_query("app", "read"), name, value)).await;
            harmless(&format!("{name}={value:?}"), &reply);
            assert!(!reply.header("location").contains(['\r', '\n']));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_header_makes_any_endpoint_fail() {
    let server = started().await;
    let long = format!("Basic {}", "QUFB".repeat(6_000));
    let raw: [&[u8]; 12] = [
        b"authorization: Basic",
        b"authorization: Basic \xff\xfe",
        b"authorization: Basic Og==",
        b"authorization: Basic //79/w==",
        b"authorization: Bearer \xff",
        b"authorization: Bearer",
        b"authorization: \xc3\x28",
        b"cookie: claviger_test_session=\xff; claviger_test_browser=\x80",
        b"cookie: =;;;=; a; claviger_test_session",
        b"content-type: \xff",
        b"origin: \xff",
        long.as_bytes().get(..0).unwrap_or_default(),
    ];
    for path in POSTED {
        for header in raw {
            let mut request = format!(
                "POST {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-length: 3\r\ncontent-type: {FORM}\r\n",
                server.address
            )
            .into_bytes();
            request.extend_from_slice(header);
            request.extend_from_slice(if header.is_empty() { b"\r\na=b" } else { b"\r\n\r\na=b" });
            let answer = server.raw(&request).await;
            let good = ["HTTP/1.1 2", "HTTP/1.1 4", "HTTP/1.1 303"].iter().any(|begin| answer.starts_with(begin));
            assert!(good, "{path}: {answer}");
        }
    }
    let reply = server.send(Method::POST, "/token", &[("authorization", &long), ("content-type", FORM)], "").await;
    reply.refused(401, "invalid_client");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_is_refused_before_it_is_read() {
    let server = started().await;
    let body = "a".repeat(65 * 1024);
    for path in POSTED {
        let reply = server.send(Method::POST, path, &[("content-type", FORM)], body.clone()).await;
        assert_eq!(reply.status, 413, "{path}");
        assert_eq!(reply.text("error"), "invalid_request");
    }
    // A length of one GiB that is only announced.
    let head = format!(
        "POST /token HTTP/1.1\r\nhost: {}\r\ncontent-type: {FORM}\r\ncontent-length: 1073741824\r\n\r\n",
        server.address
    );
    let begun = Instant::now();
    assert!(server.raw(head.as_bytes()).await.starts_with("HTTP/1.1 413"));
    assert!(begun.elapsed() < Duration::from_secs(4));
    let big = format!("GET /jwks HTTP/1.1\r\nhost: {}\r\nx-big: {}\r\n\r\n", server.address, "h".repeat(1024 * 1024));
    assert!(server.raw(big.as_bytes()).await.starts_with("HTTP/1.1 431"));
    let target = format!("GET /authorize?{} HTTP/1.1\r\nhost: {}\r\n\r\n", "q".repeat(17_000), server.address);
    assert!(server.raw(target.as_bytes()).await.starts_with("HTTP/1.1 414"));
    // Others are served all the while.
    assert_eq!(server.token("app", &[("grant_type", "client_credentials")]).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_malformed_is_hashed() {
    let server = started().await;
    let begun = Instant::now();
    let long = "p".repeat(2_000);
    let browser = Browser::default();
    let page = browser.get(&server, "/-/sign-in").await;
    // Thirty of them at the price of one hash each would be noticed, and the brakes as well.
    for _ in 0..30 {
        let reply = browser.sign_in(&server, &page, "alice", &long).await;
        assert!(reply.status.as_u16() < 429, "{}", reply.status);
    }
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert_eq!(
        browser.sign_in(&server, &page, "alice", crate::common::PASSWORD).await.status,
        303,
        "and nobody is braked"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_nobody_has_is_a_404_and_a_method_that_nobody_serves_a_405() {
    let server = started().await;
    for path in ["/", "/nothing", "/token/", "/TOKEN", "//token", "/token/../token", "/%74oken", "/-/", "/-/sign-in/x"]
    {
        let text = server
            .raw(
                format!(
                    "POST {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
                    server.address
                )
                .as_bytes(),
            )
            .await;
        assert!(text.starts_with("HTTP/1.1 404"), "{path}: {text}");
    }
    for path in POSTED.iter().chain(&FETCHED) {
        for method in ["BREW", "PROPFIND", "DELETE", "PUT"] {
            let text = server
                .raw(
                    format!("{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", server.address)
                        .as_bytes(),
                )
                .await;
            assert!(
                text.starts_with("HTTP/1.1 405") && text.to_lowercase().contains("\r\nallow: "),
                "{method} {path}: {text}"
            );
        }
    }
}
