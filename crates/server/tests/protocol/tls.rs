//! TLS of our own: versions, certificates by name, replaced while connections go on; what is slow or wrong costs others nothing.

use crate::common::doors::{HOST, Socket, behind_proxy, certificates, files, read_to_end, tls};
use claviger_server::http::tls::{Certificates, TlsError};
use claviger_server::http::{Front, Limits};
use claviger_testing::certificates::Maker;
use http::{HeaderValue, StatusCode, Version};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;

const DISCOVERY: &str = "/.well-known/openid-configuration";

#[tokio::test]
async fn both_protocols_and_both_versions_are_spoken() {
    let maker = Maker::default();
    let own = maker.self_signed("own", "/CN=login.example", "DNS:login.example");
    let socket = Socket::bind().await;
    let server = socket.server().await;
    let door = socket.open(&server, Some(tls(&[&own], &[])), Limits::default());
    let usual = door.client(&own).build().unwrap();
    let old = door.client(&own).http1_only().tls_version_max(reqwest::tls::Version::TLS_1_2).build().unwrap();
    for (client, version) in [(&usual, Version::HTTP_2), (&old, Version::HTTP_11)] {
        for _ in 0..2 {
            let answer = client.get(door.url(HOST, DISCOVERY)).send().await.unwrap();
            assert_eq!((answer.status(), answer.version()), (StatusCode::OK, version));
            assert!(answer.headers().contains_key("x-request-id"));
            let issuer = answer.json::<serde_json::Value>().await.unwrap()["issuer"].clone();
            assert_eq!(issuer, server.realm.issuer.as_str());
        }
        let form = [("grant_type", "client_credentials")];
        let answer = client.post(door.url(HOST, "/token")).form(&form).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(answer.json::<serde_json::Value>().await.unwrap()["error"], "invalid_client");
        // A path that nobody has, on a connection that goes on.
        assert_eq!(client.get(door.url("nobody.example", "/")).send().await.map(|a| a.status()).ok(), None);
    }
}

/// TLS 1.1 and its likes are refused, and so is a second handshake on a connection (RFC 9325 3.1.1, 3.5).
#[tokio::test(flavor = "multi_thread")]
async fn old_versions_and_renegotiation_are_refused() {
    let maker = Maker::default();
    let own = maker.self_signed("own", "/CN=login.example", "DNS:login.example");
    let socket = Socket::bind().await;
    let server = socket.server().await;
    let door = socket.open(&server, Some(tls(&[&own], &[])), Limits::default());
    let address = door.address.to_string();
    let shake = |extra: &'static [&'static str], input: &'static str| {
        let address = address.clone();
        tokio::task::spawn_blocking(move || {
            let mut openssl = Command::new("openssl");
            openssl.args(["s_client", "-connect", &address, "-servername", HOST]).args(extra);
            openssl.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
            let mut child = openssl.stderr(std::process::Stdio::piped()).spawn().unwrap();
            std::io::Write::write_all(&mut child.stdin.take().unwrap(), input.as_bytes()).unwrap();
            let output = child.wait_with_output().unwrap();
            (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
        })
    };
    let (good, said) = shake(&["-tls1_2"], "").await.unwrap();
    assert!(good && said.contains("TLSv1.2"), "{said}");
    let (good, said) = shake(&["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], "").await.unwrap();
    assert!(!good && said.contains(" alert "), "{said}");
    let (_, said) = shake(&["-tls1_2"], "R\n").await.unwrap();
    assert!(said.contains("RENEGOTIATING") && said.contains("no renegotiation"), "{said}");
    let (good, said) = shake(&["-alpn", "spdy/1"], "").await.unwrap();
    assert!(!good && said.contains("no application protocol"), "{said}");
}

#[tokio::test]
async fn the_certificate_follows_from_the_name_and_is_replaced_for_new_connections_alone() {
    let maker = Maker::default();
    let first = maker.self_signed("first", "/CN=login.example", "DNS:login.example");
    let other = maker.self_signed("other", "/CN=x", "DNS:*.other.example,DNS:other.example");
    let renewed = maker.self_signed("renewed", "/CN=login.example", "DNS:login.example");
    let socket = Socket::bind().await;
    let server = socket.server().await;
    let current = tls(&[&first, &other], &[]);
    let door = socket.open(&server, Some(Arc::clone(&current)), Limits::default());
    let status = async |client: &reqwest::Client, host: &str| {
        client.get(door.url(host, DISCOVERY)).send().await.map(|answer| answer.status().as_u16()).ok()
    };
    let (believes_first, believes_other) = (door.client(&first).build().unwrap(), door.client(&other).build().unwrap());
    assert_eq!(status(&believes_first, HOST).await, Some(200));
    assert_eq!(status(&believes_other, HOST).await, None);
    // A name of a certificate that no realm has is nobody's address; a name that no certificate has is shown the first one.
    assert_eq!(status(&believes_other, "other.example").await, Some(404));
    assert_eq!(status(&believes_first, "nobody.example").await, None);
    let anybody = door.client(&first).tls_danger_accept_invalid_certs(true).build().unwrap();
    assert_eq!(status(&anybody, "nobody.example").await, Some(404));

    current.replace(certificates(&[&renewed, &other], &[]));
    assert_eq!(status(&believes_first, HOST).await, Some(200), "its connection goes on");
    let (newly, old) = (door.client(&renewed).build().unwrap(), door.client(&first).build().unwrap());
    assert_eq!((status(&newly, HOST).await, status(&old, HOST).await), (Some(200), None));
}

#[test]
fn wrong_files_are_told_apart() {
    let maker = Maker::default();
    let (one, other) = (maker.self_signed("one", "/CN=a", "DNS:a"), maker.self_signed("other", "/CN=b", "DNS:b"));
    let pair = |certificate: &std::path::Path, key: &std::path::Path| {
        let mut files = files(&[], &[]);
        files.pairs.push((certificate.to_owned(), key.to_owned()));
        Certificates::read(&files).unwrap_err()
    };
    let rubbish = maker.folder().join("rubbish.pem");
    std::fs::write(&rubbish, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
    assert!(matches!(pair(&maker.folder().join("none"), &one.key), TlsError::Unreadable { .. }));
    assert!(matches!(pair(&one.key, &one.key), TlsError::Empty { what: "certificate", .. }));
    assert!(matches!(pair(&rubbish, &one.key), TlsError::Certificate { .. }));
    assert!(matches!(pair(&one.certificate, &one.certificate), TlsError::Empty { .. }));
    let error = pair(&one.certificate, &other.key);
    assert!(matches!(error, TlsError::Key { .. }), "{error}");
    assert!(error.to_string().contains("other.key") && error.to_string().contains("one.pem"), "{error}");
}

/// A handshake that does not go on is ended, and its place is given to others before that where they need it.
#[tokio::test]
async fn slow_handshakes_end_and_make_room() {
    let maker = Maker::default();
    let own = maker.self_signed("own", "/CN=login.example", "DNS:login.example");
    let socket = Socket::bind().await;
    let server = socket.server().await;
    let limits = Limits { header_time: Duration::from_millis(300), ..Limits::default() };
    let door = socket.open(&server, Some(tls(&[&own], &[])), limits);
    for begun in [&b""[..], &[0x16, 3, 1], b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"] {
        let began = Instant::now();
        let mut stream = door.connect().await;
        stream.write_all(begun).await.unwrap();
        let said = read_to_end(&mut stream).await;
        assert!(began.elapsed() < Duration::from_secs(3));
        assert!(said.len() <= 7, "an alert at most: {said:?}");
    }

    let socket = Socket::bind().await;
    let server = socket.server().await;
    let door = socket.open(&server, Some(tls(&[&own], &[])), Limits { connections: 2, ..Limits::default() });
    let mut stuck = [door.connect().await, door.connect().await];
    for stream in &mut stuck {
        stream.write_all(&[0x16, 3, 1]).await.unwrap();
    }
    let client = door.client(&own).build().unwrap();
    assert_eq!(client.get(door.url(HOST, DISCOVERY)).send().await.unwrap().status(), StatusCode::OK);
    assert!(read_to_end(&mut stuck[0]).await.is_empty(), "the first of them made room");
}

/// RFC 6797 7.2: said over TLS, never without.
#[tokio::test]
async fn hsts_is_said_over_tls_alone() {
    let maker = Maker::default();
    let own = maker.self_signed("own", "/CN=login.example", "DNS:login.example");
    let front = Front { hsts: Some(HeaderValue::from_static("max-age=60")), ..Front::default() };
    let socket = Socket::bind().await;
    let server = socket.server().await;
    let door =
        socket.open(&server, Some(tls(&[&own], &[])), Limits { front: Arc::new(front.clone()), ..Limits::default() });
    let client = door.client(&own).build().unwrap();
    for path in [DISCOVERY, "/nothing"] {
        let answer = client.get(door.url(HOST, path)).send().await.unwrap();
        assert_eq!(answer.headers()["strict-transport-security"], "max-age=60");
    }
    for (limits, expected) in
        [(behind_proxy(front.clone()), true), (Limits { front: Arc::new(front), ..Limits::default() }, false)]
    {
        let door = Socket::bind().await.open(&server, None, limits);
        let url = format!("http://{}/", door.address);
        let plain = server.http.get(&url).send().await.unwrap();
        assert!(!plain.headers().contains_key("strict-transport-security"));
        let forwarded = server.http.get(&url).header("x-forwarded-proto", "https").send().await.unwrap();
        assert_eq!(forwarded.headers().contains_key("strict-transport-security"), expected, "a trusted proxy's word");
    }
}

/// A connection that was made to another name is not used for a host at which a certificate is asked for (RFC 9110 15.5.20).
#[tokio::test]
async fn a_host_that_asks_for_certificates_is_not_reached_by_another_name() {
    let maker = Maker::default();
    let own = maker.self_signed("own", "/CN=login.example", "DNS:login.example,DNS:mtls.login.example");
    let socket = Socket::bind().await;
    let other = socket.authority("mtls.login.example");
    let server = socket.server().await;
    let door = socket.open(&server, Some(tls(&[&own], &["mtls.login.example"])), Limits::default());
    let client = door.client(&own).http1_only().build().unwrap();
    let answer = client.get(door.url(HOST, DISCOVERY)).header("host", other).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::MISDIRECTED_REQUEST);
    let right = client.get(door.url("mtls.login.example", DISCOVERY)).send().await.unwrap();
    assert_eq!(right.status(), StatusCode::OK, "a certificate is asked for and not required");
}
