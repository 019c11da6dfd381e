//! As much HTTP/1.1 as the tools need: a request is text, an answer is a status, headers and a body of announced length.

use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Where an answer's parts lie in the bytes read so far.
#[derive(Clone, Copy)]
pub struct Head {
    /// The status code.
    pub status: u16,
    /// Bytes up to the body.
    pub length: usize,
    /// Bytes of the body.
    pub body: usize,
}

/// Reads the head of an answer, or tells that it is not complete yet.
///
/// # Errors
/// What is not HTTP/1.1, or is sent without `Content-Length`.
pub fn parse_head(bytes: &[u8]) -> Result<Option<Head>> {
    let Some(length) = end_of_head(bytes) else {
        return Ok(None);
    };
    let head = bytes.get(..length).unwrap_or_default();
    let status = head
        .get(9..12)
        .and_then(|digits| std::str::from_utf8(digits).ok())
        .and_then(|digits| digits.parse().ok())
        .context("not an HTTP status line")?;
    let body = match header(head, b"content-length") {
        Some(value) => std::str::from_utf8(value)?.trim().parse()?,
        None if status == 204 => 0,
        None => bail!("an answer without Content-Length"),
    };
    Ok(Some(Head { status, length, body }))
}

fn end_of_head(bytes: &[u8]) -> Option<usize> {
    // Line ends are rare: look at each of them only.
    let mut from = 0;
    loop {
        let found = from + bytes.get(from..)?.iter().position(|byte| *byte == b'\n')?;
        if bytes.get(found + 1..found + 3)? == b"\r\n" {
            return Some(found + 3);
        }
        from = found + 1;
    }
}

/// The value of a header in the bytes of a head; `name` in lower case.
pub fn header<'a>(head: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    head.split(|byte| *byte == b'\n').find_map(|line| {
        let (found, value) = line.split_at_checked(name.len())?;
        let value = value.strip_prefix(b":")?;
        found.eq_ignore_ascii_case(name).then(|| value.trim_ascii())
    })
}

/// A request as it goes over the wire. `headers` are whole lines without their end.
pub fn request(method: &str, target: &str, host: &str, headers: &[&str], body: &str) -> String {
    let mut text = format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\n");
    for line in headers {
        let _ = write!(text, "{line}\r\n");
    }
    if !body.is_empty() {
        let _ = write!(text, "Content-Type: application/x-www-form-urlencoded\r\n");
    }
    if !body.is_empty() || method == "POST" {
        let _ = write!(text, "Content-Length: {}\r\n", body.len());
    }
    let _ = write!(text, "\r\n{body}");
    text
}

/// The line of HTTP Basic for an id and a secret that need no encoding.
pub fn basic(id: &str, secret: &str) -> String {
    format!("Authorization: Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}

/// A text member of a JSON object.
///
/// # Errors
/// It is not there.
pub fn member(object: &serde_json::Value, name: &str) -> Result<String> {
    match object.get(name).and_then(serde_json::Value::as_str) {
        Some(text) => Ok(text.to_owned()),
        None => bail!("no {name} in {object}"),
    }
}

/// An answer read whole.
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The head's bytes as text.
    pub head: String,
    /// The body as text.
    pub body: String,
}

impl Answer {
    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(self.head.as_bytes(), name.as_bytes()).and_then(|value| std::str::from_utf8(value).ok())
    }

    /// The body's JSON.
    ///
    /// # Errors
    /// A body that is none.
    pub fn json(&self) -> Result<serde_json::Value> {
        serde_json::from_str(&self.body).with_context(|| format!("not JSON: {}", self.body))
    }

    /// This answer, if it has the status that was expected.
    ///
    /// # Errors
    /// Another status; the message quotes the answer.
    pub fn expect(self, status: u16, what: &str) -> Result<Self> {
        if self.status == status {
            return Ok(self);
        }
        bail!("{what}: status {} instead of {status}\n{}{}", self.status, self.head, self.body)
    }
}

/// Sends one request on a connection of its own and reads the answer, within ten seconds.
///
/// # Errors
/// A connection that fails, or what is not an answer.
pub fn send(address: SocketAddr, request: &str) -> Result<Answer> {
    let limit = Duration::from_secs(10);
    let mut stream = TcpStream::connect_timeout(&address, limit)?;
    stream.set_read_timeout(Some(limit))?;
    stream.set_write_timeout(Some(limit))?;
    stream.write_all(request.as_bytes())?;
    let mut bytes = Vec::new();
    let mut chunk = [0_u8; 8192];
    loop {
        if let Some(head) = parse_head(&bytes)?
            && let Some(body) = bytes.get(head.length..head.length + head.body)
        {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let head_text = text(bytes.get(..head.length).unwrap_or_default());
            return Ok(Answer { status: head.status, head: head_text, body: text(body) });
        }
        let read = stream.read(&mut chunk)?;
        if read == 0 {
            bail!("the connection ended before the answer");
        }
        bytes.extend_from_slice(chunk.get(..read).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_found_once_it_is_whole() {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Type: x\r\ncontent-length: 2\r\n\r\nhi";
        for cut in 0..answer.len() - 2 {
            assert!(parse_head(&answer[..cut]).unwrap().is_none(), "at {cut}");
        }
        let head = parse_head(answer).unwrap().unwrap();
        assert_eq!((head.status, head.body), (200, 2));
        assert_eq!(&answer[head.length..], b"hi");
    }

    #[test]
    fn a_body_of_unknown_length_is_refused() {
        assert!(parse_head(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").is_err());
        assert!(parse_head(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap().is_some());
    }

    #[test]
    fn a_header_is_found_in_any_case() {
        let head = b"HTTP/1.1 303 See Other\r\nLocation: /x?code=1\r\n\r\n";
        assert_eq!(header(head, b"location"), Some(&b"/x?code=1"[..]));
        assert_eq!(header(head, b"loc"), None);
    }
}
