//! Sending a request and keeping both sides of it as they went over the wire.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Client;
use std::fmt::Write;
use std::time::Duration;

/// More of an answer than this is not read.
const MOST: usize = 256 * 1024;

/// A request to be.
pub(super) struct Ask {
    title: &'static str,
    method: reqwest::Method,
    url: String,
    headers: Vec<(&'static str, String)>,
    body: Option<String>,
}

/// A request that was sent, and what came of it.
#[derive(Clone)]
pub(super) struct Exchanged {
    /// What it was for.
    pub(super) title: &'static str,
    /// Request line, headers, body.
    pub(super) request: String,
    /// Status line, headers, body; or why there is none.
    pub(super) response: String,
    /// None if there was no answer.
    pub(super) status: Option<u16>,
    /// The answer's body.
    pub(super) body: String,
}

impl Ask {
    pub(super) fn get(title: &'static str, url: impl Into<String>) -> Self {
        Self { title, method: reqwest::Method::GET, url: url.into(), headers: Vec::new(), body: None }
    }

    pub(super) fn post(title: &'static str, url: impl Into<String>) -> Self {
        Self { method: reqwest::Method::POST, ..Self::get(title, url) }
    }

    pub(super) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// HTTP Basic with id and secret as they are.
    pub(super) fn basic(self, id: &str, secret: &str) -> Self {
        let pair = STANDARD.encode(format!("{id}:{secret}"));
        self.header("Authorization", format!("Basic {pair}"))
    }

    pub(super) fn form(mut self, fields: &[(&str, &str)]) -> Self {
        self.body = Some(form(fields));
        self.header("Content-Type", "application/x-www-form-urlencoded")
    }

    pub(super) fn json(mut self, fields: &[(&str, &str)]) -> Self {
        let object: serde_json::Map<_, _> =
            fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
        self.body = Some(serde_json::Value::Object(object).to_string());
        self.header("Content-Type", "application/json")
    }

    /// Sends it.
    pub(super) async fn send(self, http: &Client) -> Exchanged {
        let request = self.text();
        let mut builder = http.request(self.method, &self.url).timeout(Duration::from_secs(10));
        for (name, value) in &self.headers {
            builder = builder.header(*name, value);
        }
        if let Some(body) = self.body {
            builder = builder.body(body);
        }
        let exchanged =
            Exchanged { title: self.title, request, response: String::new(), status: None, body: String::new() };
        let mut answer = match builder.send().await {
            Ok(answer) => answer,
            Err(error) => return Exchanged { response: format!("no answer: {}", error.without_url()), ..exchanged },
        };
        let status = answer.status();
        let mut response = format!("HTTP/1.1 {status}\r\n");
        for (name, value) in answer.headers() {
            let _ = write!(response, "{name}: {}\r\n", String::from_utf8_lossy(value.as_bytes()));
        }
        let mut bytes = Vec::new();
        while let Ok(Some(piece)) = answer.chunk().await {
            if bytes.len() + piece.len() > MOST {
                break;
            }
            bytes.extend_from_slice(&piece);
        }
        let body = String::from_utf8_lossy(&bytes).into_owned();
        let _ = write!(response, "\r\n{body}");
        Exchanged { response, status: Some(status.as_u16()), body, ..exchanged }
    }

    fn text(&self) -> String {
        let rest = self.url.split_once("://").map_or(self.url.as_str(), |(_, rest)| rest);
        let (host, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
        let mut text = format!("{} {path} HTTP/1.1\r\nHost: {host}\r\n", self.method);
        for (name, value) in &self.headers {
            let _ = write!(text, "{name}: {value}\r\n");
        }
        let _ = write!(text, "\r\n{}", self.body.as_deref().unwrap_or_default());
        text
    }
}

/// `application/x-www-form-urlencoded`; in a query as well.
pub(super) fn form(fields: &[(&str, &str)]) -> String {
    let escaped = |text: &str| {
        text.bytes().fold(String::new(), |mut out, byte| {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                out.push(char::from(byte));
            } else {
                let _ = write!(out, "%{byte:02X}");
            }
            out
        })
    };
    fields.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value))).collect::<Vec<_>>().join("&")
}
