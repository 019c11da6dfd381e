//! Messages that a proxy and a server could read differently.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::Result;

use super::super::peer::{Peer, SECRET};
use super::Attack;
use super::target::{deployment, serve};
use super::toll::Toll;
use claviger_testing::http::basic;

pub(super) const ATTACKS: &[Attack] = &[
    Attack {
        name: "transfer-encoding",
        about: "bodies framed in ways that a proxy could read differently, each with a second request inside",
        bound: "no token where RFC 9112 allows none, and no answer to what is inside",
        run: framing,
    },
    Attack {
        name: "two-headers",
        about: "two Content-Type, Authorization, Host or Content-Length headers",
        bound: "no token",
        run: twice,
    },
];

const FORM: &str = "Content-Type: application/x-www-form-urlencoded";
const BODY: &str = "grant_type=client_credentials";

/// Ways to say where a body ends that are not one of the two.
const FRAMINGS: &[&str] = &[
    "Transfer-Encoding: gzip, chunked",
    "Transfer-Encoding: chunked, gzip",
    "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
    "Transfer-Encoding: chunked, chunked",
    "Transfer-Encoding: identity, chunked",
    "Transfer-Encoding: xchunked",
    "Transfer-Encoding : chunked",
    "Transfer-Encoding:\u{b}chunked",
    "Content-Length: 4\r\nContent-Length: 5",
    "Content-Length: +5",
    "Content-Length: 0x1d",
];

/// RFC 9112 6.3: the chunks decide, and the connection ends with the answer. That is no mistake as long as it does end.
const OVERRIDDEN: &[&str] = &[
    "Transfer-Encoding: chunked\r\nContent-Length: 4",
    "Content-Length: 4\r\nTransfer-Encoding: chunked",
    "Content-Length: 400\r\nTransfer-Encoding: chunked",
];

fn framing(toll: &mut Toll<'_>) -> Result<()> {
    let deployment = deployment(toll)?;
    let node = serve(&deployment)?;
    let peer = &node.peer;
    let inside = format!("GET /jwks HTTP/1.1\r\nHost: {}\r\n\r\n", peer.host);
    let (mut served, mut smuggled) = (Vec::new(), Vec::new());
    for framing in FRAMINGS.iter().chain(OVERRIDDEN) {
        let head = format!("POST /token HTTP/1.1\r\nHost: {}\r\n{}\r\n{FORM}", peer.host, basic("signed", SECRET));
        let chunk = format!("{:x}\r\n{BODY}\r\n0\r\n\r\n", BODY.len());
        let answer = talk(peer, &format!("{head}\r\n{framing}\r\n\r\n{chunk}{inside}"))?;
        let shown = framing.replace("\r\n", " + ");
        if answer.contains("access_token") && !OVERRIDDEN.contains(framing) {
            served.push(shown.clone());
        }
        if answer.contains("\"keys\"") {
            smuggled.push(shown);
        }
    }
    toll.never(served.len(), format!("tokens of {} framings {}", FRAMINGS.len(), served.join("; ")));
    toll.never(smuggled.len(), format!("answers to what is inside {}", smuggled.join("; ")));
    Ok(())
}

fn twice(toll: &mut Toll<'_>) -> Result<()> {
    let deployment = deployment(toll)?;
    let node = serve(&deployment)?;
    let peer = &node.peer;
    let (basic, host) = (basic("signed", SECRET), format!("Host: {}", peer.host));
    let length = format!("Content-Length: {}", BODY.len());
    let wrong = claviger_testing::http::basic("signed", "wrong");
    let mut served = Vec::new();
    let lines: [(&str, Vec<&str>); 7] = [
        ("two Content-Type", vec![&host, &basic, FORM, FORM, &length]),
        ("another Content-Type", vec![&host, &basic, FORM, "Content-Type: application/json", &length]),
        ("two Authorization", vec![&host, &basic, &basic, FORM, &length]),
        ("another Authorization", vec![&host, &basic, &wrong, FORM, &length]),
        ("two Host", vec![&host, &host, &basic, FORM, &length]),
        ("another Host", vec![&host, "Host: other.example", &basic, FORM, &length]),
        ("another Content-Length", vec![&host, &basic, FORM, &length, "Content-Length: 1"]),
    ];
    let good = vec![host.as_str(), &basic, FORM, &length];
    let request = |lines: &[&str]| format!("POST /token HTTP/1.1\r\n{}\r\n\r\n{BODY}", lines.join("\r\n"));
    // The same with each of them once is served: what is refused below is refused for what is there twice.
    toll.never(usize::from(!talk(peer, &request(&good))?.contains("access_token")), "refusals of the good request");
    for (what, lines) in &lines {
        if talk(peer, &request(lines))?.contains("access_token") {
            served.push(*what);
        }
    }
    toll.never(served.len(), format!("tokens of {} requests {}", lines.len(), served.join(", ")));
    Ok(())
}

/// Everything that is answered until the server closes, or says nothing for a while.
fn talk(peer: &Peer, text: &str) -> Result<String> {
    let mut stream = TcpStream::connect(peer.address)?;
    stream.set_read_timeout(Some(Duration::from_millis(700)))?;
    stream.write_all(text.as_bytes())?;
    let (mut bytes, mut chunk) = (Vec::new(), [0; 4096]);
    while let Ok(read) = stream.read(&mut chunk) {
        if read == 0 {
            break;
        }
        bytes.extend_from_slice(chunk.get(..read).unwrap_or_default());
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
