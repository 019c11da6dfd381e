//! HTTP/2 without TLS, where a connection begins with it: the same answers as over HTTP/1.1, the same bounds, and its own.

use crate::common::doors::{Doorway, HOST, Socket, read_to_end};
use crate::common::{SECRET, Server, client};
use bytes::Bytes;
use claviger_server::http::{Front, Limits};
use h2::client::SendRequest;
use http::{Request, StatusCode};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinHandle;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
/// `GET http://a/`, in the static table of RFC 7541.
const GET: [u8; 6] = [0x82, 0x86, 0x84, 0x41, 0x01, b'a'];

async fn set_up(limits: Limits) -> (Server, Doorway) {
    let socket = Socket::bind().await;
    let server = socket.server().await;
    server.add_client(&client("c1")).await;
    let front = Arc::new(Front { http2: true, ..Front::default() });
    let door = socket.open(&server, None, Limits { front, ..limits });
    (server, door)
}

fn quick() -> Limits {
    Limits {
        header_time: Duration::from_millis(300),
        body_time: Duration::from_millis(300),
        idle_time: Duration::from_millis(500),
        ..Limits::default()
    }
}

/// A connection, and what becomes of it.
async fn connect(door: &Doorway) -> (SendRequest<Bytes>, JoinHandle<Result<(), h2::Error>>) {
    let (send, connection) = h2::client::handshake(door.connect().await).await.unwrap();
    (send.ready().await.unwrap(), tokio::spawn(connection))
}

fn request(door: &Doorway, method: &str, path: &str) -> http::request::Builder {
    Request::builder().method(method).uri(format!("http://{HOST}:{}{path}", door.address.port()))
}

struct Answer {
    status: u16,
    headers: http::HeaderMap,
    body: serde_json::Value,
}

async fn exchange(send: &SendRequest<Bytes>, request: http::request::Builder, body: &[u8]) -> Answer {
    let mut send = send.clone().ready().await.unwrap();
    let (answer, mut stream) = send.send_request(request.body(()).unwrap(), body.is_empty()).unwrap();
    if !body.is_empty() {
        stream.send_data(Bytes::copy_from_slice(body), true).unwrap();
    }
    read(answer).await
}

async fn read(answer: h2::client::ResponseFuture) -> Answer {
    let (head, mut content) =
        tokio::time::timeout(Duration::from_secs(10), answer).await.unwrap().unwrap().into_parts();
    let mut whole = Vec::new();
    while let Some(Ok(piece)) = content.data().await {
        let _ = content.flow_control().release_capacity(piece.len());
        whole.extend_from_slice(&piece);
    }
    let body = serde_json::from_slice(&whole).unwrap_or_default();
    Answer { status: head.status.as_u16(), headers: head.headers, body }
}

fn form(door: &Doorway, path: &str) -> http::request::Builder {
    request(door, "POST", path).header("content-type", "application/x-www-form-urlencoded")
}

#[tokio::test]
async fn a_token_is_issued_and_both_protocols_are_spoken_at_one_address() {
    let (server, door) = set_up(Limits::default()).await;
    let (send, _) = connect(&door).await;
    let body = format!("grant_type=client_credentials&client_id=c1&client_secret={SECRET}");
    let answer = exchange(&send, form(&door, "/token"), body.as_bytes()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let token = answer.body["access_token"].as_str().unwrap();
    assert!(server.is_active("c1", token).await);
    assert!(answer.headers.contains_key("x-request-id") && !answer.headers.contains_key("connection"));
    let wrong =
        exchange(&send, form(&door, "/token"), b"grant_type=client_credentials&client_id=c1&client_secret=x").await;
    assert_eq!((wrong.status, wrong.body["error"].as_str()), (401, Some("invalid_client")));
    let head = exchange(&send, request(&door, "HEAD", "/.well-known/openid-configuration"), b"").await;
    assert!(head.status == 200 && head.body.is_null() && head.headers.contains_key("content-length"));

    let old = server.http.get(format!("http://{}/nothing", door.address)).send().await.unwrap();
    assert_eq!((old.status(), old.version()), (StatusCode::NOT_FOUND, http::Version::HTTP_11));
    let plain = Socket::bind().await.open(&server, None, Limits::default());
    assert!(plain.raw(PREFACE).await.is_empty(), "where it is not on, it is not spoken");
}

/// What HTTP/1.1 refuses is refused, each with its status, and the other requests of the connection go on.
#[tokio::test]
async fn what_cannot_be_served_costs_its_stream_alone() {
    let (_server, door) = set_up(quick()).await;
    let (send, connection) = connect(&door).await;
    let get = |path: &str| request(&door, "GET", path);
    let mut many = get("/");
    for n in 0..101 {
        many = many.header(format!("x-{n}"), "1");
    }
    let refused = [
        (get(&format!("/{}", "x".repeat(20_000))), 414),
        (many, 431),
        (get("/").header("x-long", "x".repeat(40_000)), 431),
        (get("/").header("host", "other.example"), 400),
        (get("/").header("host", HOST).header("host", HOST), 400),
        (request(&door, "TRACE", "/"), 405),
        (form(&door, "/token").header("content-length", "99999999"), 413),
    ];
    for (n, (request, expected)) in refused.into_iter().enumerate() {
        let body: &[u8] = if expected == 413 { b"x" } else { b"" };
        let mut send = send.clone().ready().await.unwrap();
        let (answer, mut stream) = send.send_request(request.body(()).unwrap(), body.is_empty()).unwrap();
        if !body.is_empty() {
            stream.send_data(Bytes::from_static(body), false).unwrap();
        }
        assert_eq!(read(answer).await.status, expected, "{n}");
    }
    // A body that is too large as it comes, and one that never ends.
    let mut ready = send.clone().ready().await.unwrap();
    let (large, mut stream) = ready.send_request(form(&door, "/token").body(()).unwrap(), false).unwrap();
    stream.send_data(Bytes::from(vec![b'a'; 70_000]), true).unwrap();
    assert_eq!(read(large).await.status, 413);
    let mut ready = send.clone().ready().await.unwrap();
    let (slow, mut stream) = ready.send_request(form(&door, "/token").body(()).unwrap(), false).unwrap();
    stream.send_data(Bytes::from_static(b"grant_type="), false).unwrap();
    let slow = read(slow).await;
    assert_eq!((slow.status, slow.body["error"].as_str()), (408, Some("invalid_request")));
    assert_eq!(exchange(&send, get("/.well-known/openid-configuration"), b"").await.status, 200);
    assert!(!connection.is_finished());
}

fn frame(kind: u8, flags: u8, stream: u32, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), content].concat()
}

/// The error of the GOAWAY frame that the server sent, if any (RFC 9113 6.8).
fn farewell(mut said: &[u8]) -> Option<u32> {
    let mut code = None;
    while let [a, b, c, kind, _, _, _, _, _, rest @ ..] = said {
        let length = usize::from(*a) << 16 | usize::from(*b) << 8 | usize::from(*c);
        if *kind == 7 {
            code = rest.get(4..8).map(|bytes| u32::from_be_bytes(bytes.try_into().unwrap()));
        }
        said = rest.get(length..).unwrap_or_default();
    }
    code
}

/// CVE-2023-44487: streams that are opened and reset at once. The connection is ended, and others do not notice.
#[tokio::test]
async fn streams_that_are_reset_at_once_end_the_connection() {
    let (_server, door) = set_up(Limits::default()).await;
    let mut flood = PREFACE.to_vec();
    for stream in (1..20_000).step_by(2) {
        flood.extend(frame(1, 5, stream, &GET));
        flood.extend(frame(3, 0, stream, &8_u32.to_be_bytes()));
    }
    let said = door.raw(&flood).await;
    assert!(matches!(farewell(&said), None | Some(11)), "ENHANCE_YOUR_CALM, if it could still be read");
    let (send, _) = connect(&door).await;
    assert_eq!(exchange(&send, request(&door, "GET", "/.well-known/openid-configuration"), b"").await.status, 200);
}

/// CVE-2024-27316 and its likes: headers that never end.
#[tokio::test]
async fn endless_headers_end_the_connection() {
    let (_server, door) = set_up(quick()).await;
    let mut flood = PREFACE.to_vec();
    flood.extend(frame(1, 1, 1, &GET));
    for n in 0..5_000 {
        let name = format!("x-{n:08}");
        let literal = [&[0, 10], name.as_bytes(), &[100], &[b'x'; 100]].concat();
        flood.extend(frame(9, 0, 1, &literal));
    }
    let began = Instant::now();
    door.raw(&flood).await;
    assert!(began.elapsed() < Duration::from_secs(3));
    // Slowly, and with requests answered before.
    for slow in [frame(1, 1, 3, &GET), vec![0, 0, 6, 1], frame(1, 5, 3, &GET)[..12].to_vec()] {
        let began = Instant::now();
        let mut stream = door.connect().await;
        stream.write_all(&[PREFACE, &frame(1, 5, 1, &GET), &slow].concat()).await.unwrap();
        read_to_end(&mut stream).await;
        assert!((300..3000).contains(&began.elapsed().as_millis()), "{:?}", began.elapsed());
    }
}

/// Idle connections end, as do those that never begin, and those that only ping.
#[tokio::test]
async fn connections_without_requests_end() {
    let (_server, door) = set_up(quick()).await;
    for begun in [PREFACE, &PREFACE[..10], &[PREFACE, &frame(6, 0, 0, &[0; 8])].concat()] {
        let began = Instant::now();
        let mut stream = door.connect().await;
        stream.write_all(begun).await.unwrap();
        read_to_end(&mut stream).await;
        assert!(began.elapsed() < Duration::from_secs(4));
    }
    let (send, connection) = connect(&door).await;
    assert_eq!(exchange(&send, request(&door, "GET", "/nothing"), b"").await.status, 404);
    let ended = tokio::time::timeout(Duration::from_secs(5), connection).await.unwrap().unwrap();
    assert!(ended.is_ok(), "it was told: {ended:?}");
}

/// Who gives no window for the answer does not keep the connection.
#[tokio::test]
async fn answers_that_nobody_takes_end_with_the_connection() {
    let (_server, door) = set_up(quick()).await;
    let mut stream = door.connect().await;
    let no_window = [&[0, 4], &0_u32.to_be_bytes()[..]].concat();
    let mut all = PREFACE[..24].to_vec();
    all.extend(frame(4, 0, 0, &no_window));
    all.extend(frame(1, 5, 1, &GET));
    stream.write_all(&all).await.unwrap();
    let began = Instant::now();
    read_to_end(&mut stream).await;
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
}

#[tokio::test]
async fn streams_at_once_are_bounded() {
    let (_server, door) = set_up(Limits::default()).await;
    let (send, _) = connect(&door).await;
    assert_eq!(exchange(&send, request(&door, "GET", "/nothing"), b"").await.status, 404);
    let mut held = Vec::new();
    for _ in 0..100 {
        let mut send = send.clone().ready().await.unwrap();
        held.push(send.send_request(form(&door, "/token").body(()).unwrap(), false).unwrap());
    }
    assert_eq!(send.current_max_send_streams(), 100, "what the server announced");
    // One more than that is refused, or waits.
    let mut all = PREFACE.to_vec();
    for stream in (1..=201).step_by(2) {
        all.extend(frame(1, 4, stream, &GET));
    }
    let mut stream = door.connect().await;
    stream.write_all(&all).await.unwrap();
    let mut said = Vec::new();
    let refused = async {
        while !said.windows(9).any(|head| head[..4] == [0, 0, 4, 3] && head[8] == 201) {
            stream.read_buf(&mut said).await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(5), refused).await.expect("REFUSED_STREAM");
}

#[tokio::test]
async fn stopping_ends_idle_connections_with_a_word() {
    let (_server, door) = set_up(Limits::default()).await;
    let (send, connection) = connect(&door).await;
    assert_eq!(exchange(&send, request(&door, "GET", "/nothing"), b"").await.status, 404);
    door.stop.send(true).unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(5), connection).await.unwrap().unwrap();
    assert!(ended.is_ok(), "{ended:?}");
    tokio::time::timeout(Duration::from_secs(5), door.task).await.unwrap().unwrap();
}
