//! An answer that is lost: the command asks once more, under the same key, and what was to be done is done once.

use crate::desk::{Desk, json_of};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// Stands before the server, and keeps the first answer to a POST to itself.
struct Drops {
    url: String,
    /// The `Idempotency-Key` of each POST.
    keys: Arc<Mutex<Vec<String>>>,
}

fn header(head: &str, name: &str) -> Option<String> {
    head.lines().find_map(|line| {
        let (is, value) = line.split_once(':')?;
        is.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
    })
}

/// A request, head and body.
fn request(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let (mut read, mut byte) = (Vec::new(), [0; 1]);
    while !read.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        read.push(byte[0]);
    }
    let head = String::from_utf8(read).unwrap();
    let length = header(&head, "content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some((head, body))
}

impl Drops {
    fn before(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let authority = server.strip_prefix("http://").unwrap().to_owned();
        let keys: Arc<Mutex<Vec<String>>> = Arc::default();
        let (seen, own) = (Arc::clone(&keys), url.strip_prefix("http://").unwrap().to_owned());
        std::thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                let Some((head, body)) = request(&mut stream) else { continue };
                let head = head.replacen(&own, &format!("{authority}\r\nconnection: close"), 1);
                let mut to = TcpStream::connect(&authority).unwrap();
                to.write_all(head.as_bytes()).unwrap();
                to.write_all(&body).unwrap();
                let mut answer = Vec::new();
                to.read_to_end(&mut answer).unwrap();
                if head.starts_with("POST ") {
                    let mut keys = seen.lock().unwrap();
                    keys.push(header(&head, "idempotency-key").unwrap_or_default());
                    if keys.len() == 1 {
                        continue;
                    }
                }
                let _ = stream.write_all(&answer);
            }
        });
        Self { url, keys }
    }
}

#[tokio::test]
async fn what_was_done_before_its_answer_was_lost_is_done_once() {
    let desk = Desk::start();
    let token = desk.token().await;
    let secrets = || desk.json_here(&["secret", "list", "demo-batch", "--realm", "standard"]).as_array().unwrap().len();
    let (drops, before) = (Drops::before(&desk.server), secrets());
    let add = ["secret", "add", "demo-batch", "--label", "again", "--realm", "standard", "-o", "json"];
    let made = json_of(&add, &desk.at(&drops.url, &token, &add));
    assert!(made["secret"].as_str().unwrap().starts_with("cvs_"), "{made}");
    assert_eq!(secrets(), before + 1, "it was made once");
    let keys = drops.keys.lock().unwrap().clone();
    assert_eq!((keys.len(), &keys[0]), (2, &keys[1]), "the same act");
    assert!(keys[0].len() >= 20, "{keys:?}");
    let rotate = ["key", "rotate", "--realm", "standard", "-o", "json"];
    json_of(&rotate, &desk.at(&drops.url, &token, &rotate));
    let keys = drops.keys.lock().unwrap().clone();
    assert_eq!(keys.len(), 3);
    assert_ne!(keys[2], keys[0], "another act");
}
