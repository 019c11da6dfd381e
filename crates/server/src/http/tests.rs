use super::{Answer, Handler, Incoming, Limits, serve};
use bytes::Bytes;
use http_body_util::Full;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Says what it saw; `/slow` takes a while, `/big` is more than sockets hold, `/panic` fails.
#[derive(Clone)]
struct Echo;

impl Handler for Echo {
    async fn answer(&self, request: Incoming) -> Answer {
        if request.path() == "/slow" {
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        if request.path() == "/big" {
            return Answer::new(Full::new(Bytes::from(vec![b'x'; 16 * 1024 * 1024])));
        }
        assert!(request.path() != "/panic", "as asked");
        let text = format!(
            "{} {} {} {} {}",
            request.head.method,
            request.authority(),
            request.path(),
            request.query(),
            String::from_utf8_lossy(&request.body)
        );
        Answer::new(Full::new(Bytes::from(text)))
    }
}

struct Server {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

fn quick() -> Limits {
    Limits {
        header_time: Duration::from_millis(150),
        body_time: Duration::from_millis(150),
        idle_time: Duration::from_millis(400),
        drain_time: Duration::from_secs(5),
        ..Limits::default()
    }
}

async fn start(limits: Limits) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = watch::channel(false);
    let task = tokio::spawn(serve(listener, Echo, limits, stopped));
    Server { address, stop, task }
}

impl Server {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends the bytes and reads until the server closes.
    async fn exchange(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect().await;
        // The server may close before all is sent.
        let _ = stream.write_all(bytes).await;
        read_to_end(&mut stream).await
    }
}

async fn read_to_end(stream: &mut TcpStream) -> String {
    let mut all = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut all)).await;
    read.expect("the server closes").expect("and does not reset");
    String::from_utf8(all).unwrap()
}

async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut all = Vec::new();
    while !all.ends_with(end.as_bytes()) {
        let byte = tokio::time::timeout(Duration::from_secs(10), stream.read_u8()).await.unwrap().unwrap();
        all.push(byte);
    }
    String::from_utf8(all).unwrap()
}

fn status(answer: &str) -> &str {
    answer.get(9..12).unwrap_or("")
}

#[tokio::test]
async fn a_request_is_answered_and_the_connection_kept() {
    let server = start(Limits::default()).await;
    let mut stream = server.connect().await;
    for _ in 0..3 {
        stream
            .write_all(b"POST /a?b=c HTTP/1.1\r\nHost: EXAMPLE.com:80\r\nContent-Length: 5\r\n\r\nhello")
            .await
            .unwrap();
        let answer = read_until(&mut stream, "hello").await;
        assert_eq!(status(&answer), "200");
        assert!(answer.contains("x-request-id: "), "{answer}");
        assert!(answer.ends_with("POST example.com:80 /a b=c hello"), "{answer}");
    }
}

#[tokio::test]
async fn the_authority_of_an_absolute_target_wins() {
    let server = start(Limits::default()).await;
    let answer = server.exchange(b"GET http://Real:1/x HTTP/1.1\r\nHost: other\r\nConnection: close\r\n\r\n").await;
    assert!(answer.ends_with("GET real:1 /x  "), "{answer}");
}

#[tokio::test]
async fn head_is_answered_like_get_without_the_body() {
    let server = start(Limits::default()).await;
    let answer = server.exchange(b"HEAD /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    assert_eq!(status(&answer), "200");
    assert!(answer.contains(&format!("content-length: {}\r\n", "GET a /x  ".len())), "{answer}");
    assert!(answer.ends_with("\r\n\r\n"), "{answer}");
}

#[tokio::test]
async fn a_request_without_one_valid_host_is_refused() {
    let server = start(Limits::default()).await;
    for head in [
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost:\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: me@a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: \u{e4}\r\n\r\n",
        "GET http://me@a/ HTTP/1.1\r\nHost: a\r\n\r\n",
    ] {
        let answer = server.exchange(head.as_bytes()).await;
        assert_eq!(status(&answer), "400", "{head:?} {answer}");
        assert!(answer.contains("connection: close"), "{answer}");
    }
}

#[tokio::test]
async fn bad_methods_and_rubbish_are_refused() {
    let server = start(Limits::default()).await;
    for (head, expected) in [
        ("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", "405"),
        ("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", "405"),
        ("G(T / HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
        ("GET /\u{0} HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
        ("GET / HTTP/3.7\r\nHost: a\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\nHost: a\r\nA b: c\r\n\r\n", "400"),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", "400"),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", "400"),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "400"),
        ("\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}", "400"),
    ] {
        let answer = server.exchange(head.as_bytes()).await;
        assert_eq!(status(&answer), expected, "{head:?} {answer}");
    }
    // A method that nobody knows is the handler's to refuse.
    assert_eq!(status(&server.exchange(b"BREW / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await), "200");
}

#[tokio::test]
async fn slow_headers_are_answered_408_and_others_are_served_meanwhile() {
    let server = start(quick()).await;
    let mut slow = server.connect().await;
    let began = Instant::now();
    slow.write_all(b"GET / HTTP/1.1\r\nHo").await.unwrap();
    let trickle = async {
        let mut interval = tokio::time::interval(Duration::from_millis(40));
        let answer = async {
            let mut first = [0; 12];
            slow.read_exact(&mut first).await.unwrap();
            String::from_utf8(first.to_vec()).unwrap()
        };
        let mut answer = std::pin::pin!(answer);
        loop {
            tokio::select! {
                text = &mut answer => break text,
                _ = interval.tick() => {}
            }
        }
    };
    let answer = trickle.await;
    assert_eq!(status(&answer), "408", "{answer}");
    assert!(began.elapsed() < Duration::from_secs(2));
    assert_eq!(status(&server.exchange(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await), "200");
}

#[tokio::test]
async fn headers_that_drip_do_not_buy_more_time() {
    let server = start(quick()).await;
    let (mut reader, mut writer) = server.connect().await.into_split();
    let began = Instant::now();
    let drip = tokio::spawn(async move {
        for byte in
            std::iter::repeat_n(b"GET / HTTP/1.1\r\nHost: a\r\nX: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 100)
                .flatten()
        {
            if writer.write_all(&[*byte]).await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let mut answer = [0; 12];
    reader.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 408");
    assert!(began.elapsed() < Duration::from_millis(900), "{:?}", began.elapsed());
    drip.abort();
}

#[tokio::test]
async fn a_connection_that_says_nothing_is_closed() {
    let server = start(quick()).await;
    assert_eq!(server.exchange(b"").await, "");
    let mut kept = server.connect().await;
    kept.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    let answer = read_to_end(&mut kept).await;
    assert_eq!(status(&answer), "200");
}

#[tokio::test]
async fn slow_headers_of_a_second_request_are_noticed() {
    let server = start(quick()).await;
    let mut stream = server.connect().await;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    read_until(&mut stream, "GET a /  ").await;
    stream.write_all(b"GET / HTT").await.unwrap();
    let answer = read_to_end(&mut stream).await;
    assert_eq!(status(&answer), "408", "{answer}");
}

#[tokio::test]
async fn a_slow_body_is_answered_408() {
    let server = start(quick()).await;
    for head in
        ["Content-Length: 100\r\n\r\nab", "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", "Content-Length: 2\r\n\r\n"]
    {
        let answer = server.exchange(format!("POST / HTTP/1.1\r\nHost: a\r\n{head}").as_bytes()).await;
        assert_eq!(status(&answer), "408", "{head:?} {answer}");
        assert!(answer.contains("connection: close") && answer.contains("did not arrive in time"), "{answer}");
    }
}

#[tokio::test]
async fn a_body_in_pieces_is_read_whole() {
    let server = start(Limits::default()).await;
    let mut stream = server.connect().await;
    stream.write_all(b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 6\r\n\r\nab").await.unwrap();
    for piece in ["cd", "ef"] {
        tokio::time::sleep(Duration::from_millis(20)).await;
        stream.write_all(piece.as_bytes()).await.unwrap();
    }
    assert!(read_to_end(&mut stream).await.ends_with("abcdef"));
    let chunks = b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n";
    assert!(server.exchange(chunks).await.ends_with(" abc"));
}

#[tokio::test]
async fn a_body_that_says_it_is_huge_is_refused_unread() {
    let server = start(Limits::default()).await;
    for length in ["65537", "1073741824", "9223372036854775807"] {
        let answer =
            server.exchange(format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n").as_bytes()).await;
        assert_eq!(status(&answer), "413", "{length} {answer}");
        assert!(answer.contains("connection: close"), "{answer}");
    }
    let mut full = b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 65536\r\n\r\n".to_vec();
    full.resize(full.len() + 65_536, b'x');
    assert_eq!(status(&server.exchange(&full).await), "200");
}

#[tokio::test]
async fn chunks_beyond_the_limit_are_refused() {
    let server = start(Limits::default()).await;
    let mut request = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for _ in 0..100 {
        request.extend_from_slice(b"1000\r\n");
        request.resize(request.len() + 0x1000, b'x');
        request.extend_from_slice(b"\r\n");
    }
    let answer = server.exchange(&request).await;
    assert_eq!(status(&answer), "413", "{answer}");
}

#[tokio::test]
async fn headers_of_a_mebibyte_are_refused() {
    let server = start(Limits::default()).await;
    let mut request = b"GET / HTTP/1.1\r\nHost: a\r\nX: ".to_vec();
    request.resize(1024 * 1024, b'x');
    assert_eq!(status(&server.exchange(&request).await), "431");
    let many = format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "a: b\r\n".repeat(1000));
    assert_eq!(status(&server.exchange(many.as_bytes()).await), "431");
    let long = format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(17_000));
    assert_eq!(status(&server.exchange(long.as_bytes()).await), "414");
}

#[tokio::test]
async fn expect_100_continue_is_answered_before_the_body() {
    let server = start(Limits::default()).await;
    let mut stream = server.connect().await;
    stream.write_all(b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n").await.unwrap();
    assert_eq!(read_until(&mut stream, "\r\n\r\n").await, "HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"ok").await.unwrap();
    assert_eq!(status(&read_until(&mut stream, "ok").await), "200");
    // Too large: refused at once, so that the body is never sent.
    stream
        .write_all(b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n")
        .await
        .unwrap();
    assert_eq!(status(&read_to_end(&mut stream).await), "413");
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let server = start(Limits::default()).await;
    let one = "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx";
    let last = "GET /3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let all = server.exchange(format!("{one}{}{last}", one.replace("/1 ", "/slow ")).as_bytes()).await;
    let places: Vec<_> = ["a /1  x", "a /slow  x", "a /3"].iter().map(|text| all.find(text).unwrap()).collect();
    assert!(places.is_sorted(), "{all}");
}

#[tokio::test]
async fn a_panic_is_a_500_and_the_connection_goes_on() {
    let server = start(Limits::default()).await;
    let mut stream = server.connect().await;
    stream.write_all(b"GET /panic HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    let answer = read_until(&mut stream, "}").await;
    assert_eq!(status(&answer), "500");
    assert!(answer.contains("server_error") && !answer.contains("as asked"), "{answer}");
    stream.write_all(b"GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await.unwrap();
    assert!(read_to_end(&mut stream).await.ends_with("/next  "));
}

#[tokio::test]
async fn stopping_lets_requests_end_and_takes_no_more() {
    let server = start(Limits::default()).await;
    let mut idle = server.connect().await;
    idle.write_all(b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    read_until(&mut idle, "/1  ").await;
    let mut busy = server.connect().await;
    busy.write_all(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let began = Instant::now();
    server.stop.send(true).unwrap();
    assert_eq!(read_to_end(&mut idle).await, "");
    let answer = read_to_end(&mut busy).await;
    assert_eq!(status(&answer), "200");
    assert!(answer.ends_with("/slow  "), "{answer}");
    server.task.await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(3));
    assert!(TcpStream::connect(server.address).await.is_err());
}

#[tokio::test]
async fn stopping_cuts_off_what_does_not_end() {
    let server = start(Limits { drain_time: Duration::from_millis(50), ..Limits::default() }).await;
    let mut busy = server.connect().await;
    busy.write_all(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let began = Instant::now();
    server.stop.send(true).unwrap();
    server.task.await.unwrap();
    assert!(began.elapsed() < Duration::from_millis(250), "{:?}", began.elapsed());
}

#[tokio::test]
async fn connections_beyond_the_limit_wait_their_turn() {
    let server = start(Limits { connections: 1, ..quick() }).await;
    let mut first = server.connect().await;
    first.write_all(b"GET /slow HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let began = Instant::now();
    let answer = server.exchange(b"GET /2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    assert_eq!(status(&answer), "200");
    assert!(began.elapsed() > Duration::from_millis(150));
    assert_eq!(status(&read_to_end(&mut first).await), "200");
}

#[tokio::test]
async fn who_does_not_take_the_answer_loses_the_connection() {
    let server = start(Limits { connections: 1, write_time: Duration::from_millis(100), ..quick() }).await;
    let mut stuck = server.connect().await;
    stuck.write_all(b"GET /big HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    // It holds the only place; that somebody else is served proves that it lost it.
    let answer = server.exchange(b"GET /2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    assert_eq!(status(&answer), "200");
    drop(stuck);
}

#[tokio::test]
async fn a_request_that_can_be_read_in_two_ways_is_refused() {
    let server = start(Limits::default()).await;
    for (headers, expected) in [
        ("Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "501"),
        ("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "501"),
        ("Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", "501"),
        ("Content-Type: a/b\r\nContent-Type: c/d\r\nContent-Length: 0\r\n\r\n", "400"),
        ("Content-Type: a/b\r\nContent-Type: a/b\r\nContent-Length: 0\r\n\r\n", "400"),
        ("Content-Length: 1\r\nContent-Length: 2\r\n\r\nxy", "400"),
        ("Content-Length: 1, 2\r\n\r\nxy", "400"),
        ("Host: a\r\nContent-Length: 0\r\n\r\n", "400"),
    ] {
        let answer = server.exchange(format!("POST / HTTP/1.1\r\nHost: a\r\n{headers}").as_bytes()).await;
        assert_eq!(status(&answer), expected, "{headers:?} {answer}");
        assert!(answer.contains("connection: close"), "{answer}");
    }
    let chunked =
        b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: Chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n";
    assert_eq!(status(&server.exchange(chunked).await), "200");
}

#[tokio::test]
async fn where_all_places_are_taken_the_longest_idle_connection_makes_room() {
    let server = start(Limits { connections: 3, ..Limits::default() }).await;
    let mut streams = Vec::new();
    for _ in 0..3 {
        streams.push(server.connect().await);
    }
    // The first and the third are used after the second, which then has been idle for longest.
    for n in [1, 0, 2] {
        let stream: &mut TcpStream = &mut streams[n];
        stream.write_all(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        read_until(stream, "GET a /x  ").await;
    }
    let mut fourth = server.connect().await;
    fourth.write_all(b"GET /4 HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    read_until(&mut fourth, "GET a /4  ").await;
    assert_eq!(read_to_end(&mut streams[1]).await, "");
    for n in [0, 2] {
        let stream: &mut TcpStream = &mut streams[n];
        stream.write_all(b"GET /y HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        read_until(stream, "GET a /y  ").await;
    }
}

#[tokio::test]
async fn connections_that_never_finish_a_request_make_room_and_one_that_is_answered_does_not() {
    let server = start(Limits { connections: 3, ..Limits::default() }).await;
    let mut busy = server.connect().await;
    busy.write_all(b"GET /slow HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut head = server.connect().await;
    head.write_all(b"GET / HT").await.unwrap();
    let mut body = server.connect().await;
    body.write_all(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nx").await.unwrap();
    for n in 0..2 {
        let request = format!("GET /{n} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        assert_eq!(status(&server.exchange(request.as_bytes()).await), "200");
    }
    assert!(read_to_end(&mut busy).await.ends_with("/slow  "));
}

#[tokio::test]
async fn one_peer_does_not_keep_the_others_out() {
    let server = start(Limits { connections: 8, per_peer: 2, ..Limits::default() }).await;
    // From another address of this machine: two whose requests are being answered, and one too many.
    let connect = async || {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
        socket.connect(server.address).await.unwrap()
    };
    let mut busy = [connect().await, connect().await];
    for stream in &mut busy {
        stream.write_all(b"GET /slow HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await.unwrap();
    }
    // The server is at their requests when it has answered one that came after them.
    assert_eq!(status(&server.exchange(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await), "200");
    let answer = read_to_end(&mut connect().await).await;
    assert_eq!(status(&answer), "503", "{answer}");
    assert!(answer.contains("retry-after: 1"), "{answer}");
    for stream in &mut busy {
        assert!(read_to_end(stream).await.ends_with("/slow  "));
    }
    let mut idle = [connect().await, connect().await];
    let mut third = connect().await;
    third.write_all(b"GET /3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await.unwrap();
    assert_eq!(status(&read_to_end(&mut third).await), "200", "its own idle one makes room");
    assert_eq!(read_to_end(&mut idle[0]).await, "");
}

#[tokio::test]
async fn listeners_that_are_served_together_share_their_places() {
    let (stop, stopped) = watch::channel(false);
    let mut listeners = Vec::new();
    let mut addresses = Vec::new();
    for _ in 0..2 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        addresses.push(listener.local_addr().unwrap());
        listeners.push((listener.into(), Echo));
    }
    let limits = Limits { connections: 1, ..Limits::default() };
    let task = tokio::spawn(super::serve_all(listeners, limits, stopped));
    let mut first = TcpStream::connect(addresses[0]).await.unwrap();
    first.write_all(b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    read_until(&mut first, "/1  ").await;
    let mut second = TcpStream::connect(addresses[1]).await.unwrap();
    second.write_all(b"GET /2 HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    read_until(&mut second, "/2  ").await;
    assert_eq!(read_to_end(&mut first).await, "");
    stop.send(true).unwrap();
    task.await.unwrap();
}
