use super::{AT_ONCE, LARGEST, Lookup, Outbound, OutboundError, is_public};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const JSON: &[&str] = &["application/json"];

/// A server that answers each connection with these bytes, and counts them.
async fn serve(answer: Vec<u8>, pause: Duration) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let calls = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&calls);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            counter.fetch_add(1, Ordering::SeqCst);
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                tokio::time::sleep(pause).await;
                let _ = stream.write_all(&answer).await;
            });
        }
    });
    (address, calls)
}

fn answer(status: &str, headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
        .into_bytes()
}

fn json(body: &str) -> Vec<u8> {
    answer("200 OK", "content-type: application/json; charset=utf-8\r\n", body)
}

/// Names that lead where the test says, the first answer first.
fn names(answers: &'static [&'static [&'static str]]) -> (Lookup, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let lookup: Lookup = Arc::new(move |_| {
        let at = counter.fetch_add(1, Ordering::SeqCst);
        let found = answers[at.min(answers.len() - 1)];
        Box::pin(async move { Ok(found.iter().map(|ip| SocketAddr::new(ip.parse().unwrap(), 0)).collect()) })
    });
    (lookup, asked)
}

fn patient(lookup: Lookup, is_allowed: fn(IpAddr) -> bool) -> Outbound {
    Outbound::with(lookup, is_allowed, Duration::from_millis(500))
}

#[tokio::test]
async fn an_answer_of_this_machine_is_read_only_where_the_realm_says_so() {
    let (address, calls) = serve(json("{}"), Duration::ZERO).await;
    let outbound = Outbound::new();
    let url = format!("http://{address}/keys");
    assert_eq!(&outbound.get(&url, true, JSON).await.unwrap()[..], b"{}");
    assert!(matches!(outbound.get(&url, false, JSON).await, Err(OutboundError::Address)));
    for here in
        ["https://127.0.0.1/", "https://[::1]/", "https://0x7f.1/", "https://2130706433/", "https://127.1:8443/x"]
    {
        assert!(matches!(outbound.get(here, false, JSON).await, Err(OutboundError::NotPublic)), "{here}");
    }
    assert!(matches!(outbound.get("https://localhost/", false, JSON).await, Err(OutboundError::NotPublic)));
    assert_eq!(calls.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn only_https_without_a_user_name_is_called() {
    let outbound = Outbound::new();
    for bad in [
        "",
        "/keys",
        "app.example/keys",
        "http://app.example/keys",
        "ftp://app.example/",
        "file:///etc/passwd",
        "data:application/json,{}",
        "gopher://127.0.0.1:6379/",
        "https://user@app.example/",
        "https://user:word@app.example/",
        "http://127.0.0.1.example/",
    ] {
        for loopback in [false, true] {
            assert!(matches!(outbound.get(bad, loopback, JSON).await, Err(OutboundError::Address)), "{bad}");
        }
    }
    for private in [
        "https://10.0.0.1/",
        "https://169.254.169.254/latest",
        "https://[fd00:ec2::254]/",
        "https://[::ffff:10.0.0.1]/",
    ] {
        for loopback in [false, true] {
            assert!(matches!(outbound.get(private, loopback, JSON).await, Err(OutboundError::NotPublic)), "{private}");
        }
    }
}

#[tokio::test]
async fn a_name_that_leads_to_a_private_address_is_not_called() {
    for found in [&["10.0.0.1"] as &'static [_], &["1.1.1.1", "127.0.0.1"], &["fe80::1"], &[]] {
        let answers: &'static [&'static [&'static str]] = Box::leak(Box::new([found]));
        let (lookup, _) = names(answers);
        let refused = patient(lookup, is_public).get("https://app.example/", false, JSON).await;
        assert!(matches!(refused, Err(OutboundError::NotPublic)), "{found:?}: {refused:?}");
    }
}

#[tokio::test]
async fn a_host_that_the_operator_named_is_called_wherever_it_is() {
    let listener = TcpListener::bind("127.0.0.3:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (lookup, _) = names(&[&["127.0.0.3"]]);
    let outbound = patient(lookup, is_public);
    let (named, other) = (format!("https://app.intern:{port}/"), format!("https://app.example:{port}/"));
    assert!(matches!(outbound.get(&named, false, JSON).await, Err(OutboundError::NotPublic)));
    outbound.let_in(&["app.intern".to_owned(), "127.0.0.3".to_owned()]);
    for url in [named, format!("https://127.0.0.3:{port}/")] {
        let (_, accepted) = tokio::join!(outbound.get(&url, false, JSON), async {
            tokio::time::timeout(Duration::from_secs(5), listener.accept()).await.unwrap().unwrap()
        });
        drop(accepted);
    }
    assert!(matches!(outbound.get(&other, false, JSON).await, Err(OutboundError::NotPublic)));
    assert!(matches!(outbound.get("http://app.intern/", false, JSON).await, Err(OutboundError::Address)));
}

#[tokio::test]
async fn the_connection_goes_to_the_address_that_was_checked() {
    // The first look finds an address that is allowed, a second one would find another.
    let allowed: fn(IpAddr) -> bool = |ip| ip == IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
    let listener = TcpListener::bind("127.0.0.2:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (lookup, asked) = names(&[&["127.0.0.2"], &["127.0.0.1"]]);
    let outbound = patient(lookup, allowed);
    let url = format!("https://app.example:{port}/");
    let (_, accepted) = tokio::join!(outbound.get(&url, false, JSON), async {
        tokio::time::timeout(Duration::from_secs(5), listener.accept()).await.unwrap().unwrap()
    });
    drop(accepted);
    assert_eq!(asked.load(Ordering::SeqCst), 1, "the name is looked up once");
    // The next call looks again, and what it finds is checked again.
    assert!(matches!(outbound.get(&url, false, JSON).await, Err(OutboundError::NotPublic)));
}

/// The same for what is posted: nothing is sent to where a second answer leads.
#[tokio::test]
async fn a_post_goes_to_the_address_that_was_checked() {
    let listener = TcpListener::bind("127.0.0.4:0").await.unwrap();
    let other = TcpListener::bind(("127.0.0.1", listener.local_addr().unwrap().port())).await;
    let allowed: fn(IpAddr) -> bool = |ip| ip == IpAddr::V4(Ipv4Addr::new(127, 0, 0, 4));
    let (lookup, asked) = names(&[&["127.0.0.4"], &["127.0.0.1"]]);
    let outbound = patient(lookup, allowed);
    let url = format!("https://app.example:{}/", listener.local_addr().unwrap().port());
    let (_, accepted) = tokio::join!(outbound.post_form(&url, false, "a=b".to_owned()), async {
        tokio::time::timeout(Duration::from_secs(5), listener.accept()).await.unwrap().unwrap()
    });
    drop(accepted);
    assert_eq!(asked.load(Ordering::SeqCst), 1, "the name is looked up once");
    let refused = outbound.post_form(&url, false, "a=b".to_owned()).await;
    assert!(matches!(refused, Err(OutboundError::NotPublic)), "{refused:?}");
    if let Ok(other) = other {
        assert!(
            tokio::time::timeout(Duration::from_millis(50), other.accept()).await.is_err(),
            "and nobody came there"
        );
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (target, reached) = serve(json("{}"), Duration::ZERO).await;
    for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"] {
        let location = format!("content-type: application/json\r\nlocation: http://{target}/\r\n");
        let (address, _) = serve(answer(status, &location, "{}"), Duration::ZERO).await;
        let refused = Outbound::new().get(&format!("http://{address}/"), true, JSON).await;
        assert!(matches!(refused, Err(OutboundError::Status(_))), "{status}: {refused:?}");
    }
    assert_eq!(reached.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn what_is_huge_slow_or_of_another_kind_is_refused() {
    let outbound = patient(names(&[&["127.0.0.1"]]).0, is_public);
    let call = async |bytes: Vec<u8>, pause: Duration| {
        let (address, _) = serve(bytes, pause).await;
        outbound.get(&format!("http://{address}/"), true, JSON).await
    };
    let fits = json(&"x".repeat(LARGEST));
    assert_eq!(call(fits, Duration::ZERO).await.unwrap().len(), LARGEST);
    let large = json(&"x".repeat(LARGEST + 1));
    assert!(matches!(call(large, Duration::ZERO).await, Err(OutboundError::TooLarge)));
    let endless =
        [b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n".as_slice(), &vec![b'x'; LARGEST * 2]].concat();
    assert!(matches!(call(endless, Duration::ZERO).await, Err(OutboundError::TooLarge)));
    assert!(matches!(call(json("{}"), Duration::from_secs(2)).await, Err(OutboundError::TooLate)));
    for media in ["", "content-type: text/html\r\n", "content-type: application/jsonx\r\n"] {
        let found = call(answer("200 OK", media, "{}"), Duration::ZERO).await;
        assert!(matches!(found, Err(OutboundError::MediaType)), "{media}");
    }
    for status in ["404 Not Found", "204 No Content", "500 Oops"] {
        let found = call(answer(status, "content-type: application/json\r\n", "{}"), Duration::ZERO).await;
        assert!(matches!(found, Err(OutboundError::Status(_))), "{status}");
    }
    assert!(matches!(call(b"nonsense".to_vec(), Duration::ZERO).await, Err(OutboundError::Failed(_))));
}

#[tokio::test]
async fn only_so_many_calls_are_under_way_at_once() {
    let (address, calls) = serve(json("{}"), Duration::from_millis(300)).await;
    let outbound = Outbound::new();
    let url = format!("http://{address}/");
    let all = (0..AT_ONCE + 8).map(|_| outbound.get(&url, true, JSON));
    let all = futures_util::future::join_all(all).await;
    let busy = all.iter().filter(|found| matches!(found, Err(OutboundError::Busy))).count();
    assert_eq!((busy, calls.load(Ordering::SeqCst)), (8, AT_ONCE));
    assert!(outbound.get(&url, true, JSON).await.is_ok());
}
