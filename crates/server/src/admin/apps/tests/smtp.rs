//! A small SMTP server (RFC 5321): takes mails over a real connection, and refuses as many as it is told first.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

/// What was said in a conversation that ended in a mail.
pub(super) struct Received {
    pub(super) hello: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) data: String,
}

/// A server that refuses the first `refusals` mails; its port, and what it takes.
pub(super) fn start(refusals: usize) -> (u16, Receiver<Received>) {
    start_with(refusals, "451 4.3.0 come back later")
}

/// The same, with what it says when it refuses.
pub(super) fn start_with(refusals: usize, refusal: &'static str) -> (u16, Receiver<Received>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, mails) = channel();
    thread::spawn(move || {
        let mut refusals = refusals;
        for stream in listener.incoming() {
            let received = converse(stream.unwrap(), &mut refusals, refusal);
            if received.is_some_and(|received| sender.send(received).is_err()) {
                return;
            }
        }
    });
    (port, mails)
}

fn converse(stream: TcpStream, refusals: &mut usize, refusal: &str) -> Option<Received> {
    let mut out = stream.try_clone().unwrap();
    let mut lines = BufReader::new(stream).lines();
    let mut say = |text: &str| out.write_all(format!("{text}\r\n").as_bytes()).unwrap();
    let (mut hello, mut from, mut to, mut received) = (String::new(), String::new(), String::new(), None);
    say("220 small.example ESMTP");
    while let Some(Ok(line)) = lines.next() {
        let (verb, rest) = line.split_once([' ', ':']).unwrap_or((&line, ""));
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" => {
                rest.clone_into(&mut hello);
                say("250-small.example\r\n250 8BITMIME");
            }
            "MAIL" if *refusals > 0 => {
                *refusals -= 1;
                say(refusal);
            }
            "MAIL" => {
                rest.clone_into(&mut from);
                say("250 2.1.0 go on");
            }
            "RCPT" => {
                rest.clone_into(&mut to);
                say("250 2.1.5 go on");
            }
            "DATA" => {
                say("354 end with a dot");
                let data: Vec<String> = lines.by_ref().map(Result::unwrap).take_while(|line| line != ".").collect();
                received = Some(Received {
                    hello: hello.clone(),
                    from: from.clone(),
                    to: to.clone(),
                    data: data.join("\r\n"),
                });
                say("250 2.0.0 taken");
            }
            "QUIT" => {
                say("221 2.0.0 good bye");
                break;
            }
            _ => say("250 2.0.0 as you like"),
        }
    }
    received
}

/// The body of the part of this type, decoded.
pub(super) fn part(data: &str, content_type: &str) -> String {
    let at = data.find(&format!("Content-Type: {content_type}")).unwrap_or_else(|| panic!("no {content_type}: {data}"));
    let (head, body) = data[at..].split_once("\r\n\r\n").unwrap();
    // Not at any line that begins with two dashes: a token may.
    let boundary =
        data.split_once("boundary=\"").and_then(|(_, rest)| rest.split_once('"')).map_or("", |(name, _)| name);
    let body = body.split(&format!("\r\n--{boundary}")).next().unwrap();
    if head.contains("quoted-printable") {
        let joined = body.replace("=\r\n", "");
        let mut bytes = Vec::new();
        let mut rest = joined.as_bytes();
        while let Some((&first, after)) = rest.split_first() {
            if first == b'=' {
                let hex = std::str::from_utf8(&after[..2]).unwrap();
                bytes.push(u8::from_str_radix(hex, 16).unwrap());
                rest = &after[2..];
            } else {
                bytes.push(first);
                rest = after;
            }
        }
        return String::from_utf8(bytes).unwrap();
    }
    if head.contains("base64") {
        use base64::Engine;
        let text: String = body.split_whitespace().collect();
        return String::from_utf8(base64::engine::general_purpose::STANDARD.decode(text).unwrap()).unwrap();
    }
    body.to_owned()
}
