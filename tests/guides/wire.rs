//! HTTP as bytes: what is sent is exactly what a test wrote; a person with a browser and cookies.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

/// Sends these bytes and reads one answer. `Connection: close` is not assumed: the length says where the answer ends.
pub fn send(port: u16, bytes: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(bytes).unwrap();
    read(&mut stream)
}

/// Reads one final answer; interim ones (100) are passed over.
pub fn read(stream: &mut TcpStream) -> Answer {
    let mut received = Vec::new();
    loop {
        let head_end = loop {
            if let Some(at) = received.windows(4).position(|four| four == b"\r\n\r\n") {
                break at;
            }
            fill(stream, &mut received);
        };
        let head = String::from_utf8(received[..head_end].to_vec()).unwrap();
        received.drain(..head_end + 4);
        let mut lines = head.split("\r\n");
        let status: u16 = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        if status == 100 {
            continue;
        }
        let headers: Vec<(String, String)> = lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let length =
            headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, value)| value.parse().unwrap());
        while received.len() < length {
            fill(stream, &mut received);
        }
        return Answer { status, headers, body: String::from_utf8(received[..length].to_vec()).unwrap() };
    }
}

fn fill(stream: &mut TcpStream, received: &mut Vec<u8>) {
    let mut buffer = [0; 8192];
    let n = stream.read(&mut buffer).expect("an answer in time");
    assert!(n > 0, "the connection ended within an answer");
    received.extend_from_slice(&buffer[..n]);
}

impl Answer {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {} {}", self.status, self.body))
    }

    pub fn text(&self, name: &str) -> String {
        self.json()[name].as_str().unwrap_or_else(|| panic!("no {name}: {} {}", self.status, self.body)).to_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }

    pub fn refused(&self, status: u16, error: &str) {
        assert_eq!((self.status, self.text("error").as_str()), (status, error), "{}", self.body);
    }

    /// Asserts a token answer that cannot be cached, and gives its members' names.
    pub fn token_answer(&self) -> Vec<String> {
        assert_eq!(self.status, 200, "{}", self.body);
        assert_eq!(self.header("content-type"), "application/json");
        assert_eq!(self.header("cache-control"), "no-store");
        self.json().as_object().unwrap().keys().cloned().collect()
    }

    /// A parameter of the redirect, decoded; `mark` is `?` or `#`.
    pub fn redirect(&self, mark: char, name: &str) -> Option<String> {
        assert_eq!(self.status, 303, "{}", self.body);
        let (_, params) = self.header("location").split_once(mark)?;
        claviger_core::Params::form(params.as_bytes()).unwrap().get(name).map(str::to_owned)
    }

    fn hidden(&self, name: &str) -> Option<String> {
        let field = self.body.split("<input").find(|tag| tag.contains(&format!("name=\"{name}\"")))?;
        Some(field.split("value=\"").nth(1)?.split('"').next()?.to_owned())
    }
}

/// A form post with a length; `host` as the request's Host.
pub fn form(port: u16, path: &str, body: &str) -> Answer {
    let length = body.len();
    send(
        port,
        format!("POST {path} HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{body}")
            .as_bytes(),
    )
}

/// A request that carries a token in this header.
pub fn with_token(port: u16, method: &str, path: &str, header: &str, token: &str) -> Answer {
    send(
        port,
        format!("{method} {path} HTTP/1.1\r\nHost: localhost:{port}\r\n{header}: Bearer {token}\r\nContent-Length: 0\r\n\r\n").as_bytes(),
    )
}

/// The claims of a JWT, unverified, as a person reads them with a tool.
pub fn claims(token: &str) -> serde_json::Value {
    let body = token.split('.').nth(1).expect("a JWT");
    serde_json::from_slice(&claviger_core::jose::from_base64url(body).unwrap()).unwrap()
}

/// A person with a browser, at one site.
pub struct Person {
    port: u16,
    username: &'static str,
    password: String,
    cookies: BTreeMap<String, String>,
}

/// What the person does when asked for consent.
#[derive(Clone, Copy, PartialEq)]
pub enum Choice<'a> {
    Deny,
    Allow,
    AllowFor(&'a [&'a str]),
}

impl Person {
    pub fn new(port: u16, username: &'static str, password: &str) -> Self {
        Self { port, username, password: password.to_owned(), cookies: BTreeMap::new() }
    }

    /// One request with the cookies; cookies that are set are kept.
    pub fn request(&mut self, method: &str, path: &str, body: &str) -> Answer {
        let cookies: Vec<String> = self.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
        let port = self.port;
        let answer = send(
            port,
            format!(
                "{method} {path} HTTP/1.1\r\nHost: localhost:{port}\r\nCookie: {}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
                cookies.join("; "),
                body.len()
            )
            .as_bytes(),
        );
        for (_, cookie) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        answer
    }

    /// Opens an authorization request and goes through its pages; the pages seen, and the redirect to the app.
    pub fn authorize(&mut self, path: &str, choice: Choice<'_>) -> (Vec<&'static str>, Answer) {
        let mut seen = Vec::new();
        let mut answer = self.request("GET", path, "");
        for _ in 0..8 {
            if answer.status == 303 {
                let location = answer.header("location").to_owned();
                if !location.starts_with('/') {
                    return (seen, answer);
                }
                answer = self.request("GET", &location, "");
                continue;
            }
            assert_eq!(answer.status, 200, "{}", answer.body);
            answer = self.fill_in(&answer, choice, &mut seen);
        }
        panic!("the flow does not end: {}", answer.body)
    }

    fn fill_in(&mut self, page: &Answer, choice: Choice<'_>, seen: &mut Vec<&'static str>) -> Answer {
        let form: Vec<&str> = page
            .body
            .split("<form")
            .filter(|form| form.contains("name=\"password\"") || form.contains("name=\"decision\""))
            .collect();
        let action = form[0].split("action=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let mut body = String::new();
        for name in ["csrf", "pending"] {
            claviger_core::params::form_encode(&mut body, name, &page.hidden(name).unwrap());
        }
        if form[0].contains("name=\"password\"") {
            seen.push("sign in");
            claviger_core::params::form_encode(&mut body, "username", self.username);
            claviger_core::params::form_encode(&mut body, "password", &self.password);
        } else {
            seen.push("consent");
            claviger_core::params::form_encode(
                &mut body,
                "decision",
                if choice == Choice::Deny { "deny" } else { "allow" },
            );
            if let Choice::AllowFor(organisations) = choice {
                for organisation in organisations {
                    claviger_core::params::form_encode(&mut body, "organisation", organisation);
                }
            }
        }
        self.request("POST", &action, &body)
    }
}
