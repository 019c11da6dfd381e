//! The PROXY protocol: believed of trusted proxies, required of them, and not read from others.

use crate::common::doors::{HOST, Socket, behind_proxy, tls};
use claviger_server::http::{Front, Limits};
use claviger_testing::certificates::Maker;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const REQUEST: &str = "GET /.well-known/openid-configuration HTTP/1.1\r\nConnection: close\r\nHost: ";

fn front() -> Front {
    Front { proxy_protocol: true, ..Front::default() }
}

fn version_2(source: [u8; 4]) -> Vec<u8> {
    let mut header = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c".to_vec();
    header.extend(source);
    header.extend([10, 0, 0, 1, 0x12, 0x67, 1, 0xbb]);
    header
}

fn status(answer: &[u8]) -> String {
    String::from_utf8_lossy(answer.get(9..12).unwrap_or_default()).into_owned()
}

#[tokio::test]
async fn both_versions_are_read_and_what_is_no_header_is_closed() {
    let socket = Socket::bind().await;
    let (server, host) = (socket.server().await, socket.authority(HOST));
    let limits = Limits { header_time: Duration::from_millis(300), ..behind_proxy(front()) };
    let door = socket.open(&server, None, limits);
    let request = format!("{REQUEST}{host}\r\n\r\n");
    for header in [
        b"PROXY TCP4 192.0.2.7 10.0.0.1 4711 443\r\n".to_vec(),
        b"PROXY UNKNOWN\r\n".to_vec(),
        version_2([192, 0, 2, 7]),
        b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0".to_vec(),
    ] {
        let answer = door.raw(&[&header, request.as_bytes()].concat()).await;
        assert_eq!(status(&answer), "200", "{}", String::from_utf8_lossy(&header));
    }
    for wrong in [
        "",
        "PROXY ",
        "PROXY TCP4 192.0.2.7 10.0.0.1 4711\r\n",
        "PROXY TCP4 ::1 ::1 4711 443\r\n",
        "PROXY TCP9 192.0.2.7 10.0.0.1 4711 443\r\n",
        "\r\n\r\n\0\r\nQUIT\n\x11\x11\0\x0c",
    ] {
        let answer = door.raw(&[wrong.as_bytes(), request.as_bytes()].concat()).await;
        assert!(answer.is_empty(), "{wrong:?} {}", String::from_utf8_lossy(&answer));
    }
    // One that never ends.
    assert!(door.raw(b"PROXY TCP4 192.0.2.7").await.is_empty());
    // Byte by byte, and with the request right behind it.
    let mut stream = door.connect().await;
    for byte in version_2([192, 0, 2, 7]) {
        stream.write_all(&[byte]).await.unwrap();
    }
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert_eq!(status(&answer), "200");
}

#[tokio::test]
async fn a_stranger_s_header_is_not_read() {
    let socket = Socket::bind().await;
    let (server, host) = (socket.server().await, socket.authority(HOST));
    let door = socket.open(&server, None, Limits { front: Arc::new(front()), ..Limits::default() });
    let request = format!("{REQUEST}{host}\r\n\r\n");
    assert_eq!(status(&door.raw(request.as_bytes()).await), "200", "who is no proxy sends none");
    let answer = door.raw(format!("PROXY TCP4 192.0.2.7 10.0.0.1 4711 443\r\n{request}").as_bytes()).await;
    assert_eq!(status(&answer), "400");
}

/// Guessing from one address is braked for that address alone: the one that the header says, also under TLS.
#[tokio::test]
async fn the_address_is_the_one_that_is_braked() {
    let maker = Maker::default();
    let own = maker.self_signed("own", "/CN=login.example", "DNS:login.example");
    let socket = Socket::bind().await;
    let (server, host) = (socket.server().await, socket.authority(HOST));
    server.add_client(&crate::common::client("c1")).await;
    let door = socket.open(&server, None, behind_proxy(front()));
    let body = "grant_type=client_credentials&client_id=c1&client_secret=wrong";
    let guess = async |source: [u8; 4], forwarded: &str| {
        let head = format!(
            "POST /token HTTP/1.1\r\nConnection: close\r\nHost: {host}\r\nContent-Length: {}\r\n{forwarded}\
             Content-Type: application/x-www-form-urlencoded\r\n\r\n{body}",
            body.len()
        );
        status(&door.raw(&[&version_2(source), head.as_bytes()].concat()).await)
    };
    for _ in 0..5 {
        assert_eq!(guess([192, 0, 2, 7], "").await, "401");
    }
    assert_eq!(guess([192, 0, 2, 7], "").await, "429");
    // Whoever is connected to the proxy is not trusted, whatever they say themselves.
    assert_eq!(guess([192, 0, 2, 7], "X-Forwarded-For: 192.0.2.9\r\n").await, "429");
    assert_eq!(guess([192, 0, 2, 8], "").await, "401");

    let socket = Socket::bind().await;
    let (server, host) = (socket.server().await, socket.authority(HOST));
    let door = socket.open(&server, Some(tls(&[&own], &[])), behind_proxy(front()));
    let mut stream = door.connect().await;
    stream.write_all(&version_2([192, 0, 2, 7])).await.unwrap();
    let mut roots = rustls::RootCertStore::empty();
    let pem = own.pem();
    roots.add(rustls::pki_types::pem::PemObject::from_pem_slice(pem.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(roots).with_no_client_auth();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    let mut stream = connector.connect(HOST.try_into().unwrap(), stream).await.unwrap();
    stream.write_all(format!("{REQUEST}{host}\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    assert_eq!(status(&answer), "200");
}
