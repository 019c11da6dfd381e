//! An answer, read to its end, and what can be asserted of it.

use super::{CALLBACK, Server};
use reqwest::StatusCode;
use std::collections::HashMap;

/// The text of an HTML attribute.
pub fn unescape(text: &str) -> String {
    let quotes = text.replace("&#x2f;", "/").replace("&#x27;", "'").replace("&#39;", "'").replace("&quot;", "\"");
    quotes.replace("&#34;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub body: String,
}

impl Reply {
    pub async fn of(response: reqwest::Response) -> Self {
        Self { status: response.status(), headers: response.headers().clone(), body: response.text().await.unwrap() }
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {} {}", self.status, self.body))
    }

    pub fn text(&self, name: &str) -> String {
        self.json()[name].as_str().unwrap_or_else(|| panic!("no {name}: {}", self.body)).to_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Asserts the status and the error code of RFC 6749 5.2, and that nothing may cache it.
    pub fn refused(&self, status: u16, error: &str) {
        assert_eq!((self.status.as_u16(), self.text("error").as_str()), (status, error), "{}", self.body);
        assert!(!self.text("error_description").is_empty());
        assert_eq!(self.header("cache-control"), "no-store");
        assert_eq!(self.header("pragma"), "no-cache");
    }

    /// What it says of a refusal: everything but the reference, which is of this one request.
    pub fn refusal(&self) -> (u16, serde_json::Value) {
        let mut body = self.json();
        body.as_object_mut().unwrap().remove("reference");
        (self.status.as_u16(), body)
    }

    /// The parameters in the query (or fragment) of the redirect.
    pub fn redirect_params(&self) -> HashMap<String, String> {
        assert_eq!(self.status, 303, "{}", self.body);
        let location = self.header("location");
        let at = location.find(['?', '#']).expect("an answer in the redirect");
        let params = claviger_core::Params::form(&location.as_bytes()[at + 1..]).unwrap();
        params.iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect()
    }

    pub fn code(&self) -> String {
        self.redirect_params().remove("code").unwrap_or_else(|| panic!("no code in {}", self.header("location")))
    }

    /// Asserts a page of ours that refuses a request, with the headers of every page; the client gets no answer.
    pub fn is_page(&self) {
        assert_eq!((self.status.as_u16(), self.header("location")), (400, ""), "{}", self.body);
        self.is_html();
    }

    /// Asserts a page that cannot be framed, cached or made to load anything of others.
    pub fn is_html(&self) {
        assert_eq!(self.header("content-type"), "text/html; charset=utf-8", "{}", self.body);
        assert_eq!(self.header("x-frame-options"), "DENY");
        assert_eq!(self.header("referrer-policy"), "no-referrer");
        assert!(self.header("cache-control").contains("no-store"));
        let policy = self.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
        for outside in ["src=\"http", "href=\"http", "src=\"//", "href=\"//", "<script>", "<script type"] {
            assert!(!self.body.contains(outside), "{outside}: {}", self.body);
        }
        let scripts =
            1 + usize::from(self.body.contains("data-passkey")) + usize::from(self.body.contains("data-live"));
        assert!(self.body.matches("<script").count() <= scripts && !policy.contains("unsafe"), "{policy}");
    }

    /// Asserts an error that travels back to [`CALLBACK`].
    pub fn sent_back(&self, server: &Server, error: &str) {
        assert!(self.header("location").starts_with(CALLBACK), "{} {}", self.status, self.body);
        let params = self.redirect_params();
        assert_eq!(params["error"], error, "{params:?}");
        assert_eq!(params["iss"], server.realm.issuer);
        assert_eq!(params["state"], "a state & more");
        assert!(!params["error_description"].is_empty() && !params.contains_key("code"));
        assert_eq!(self.header("referrer-policy"), "no-referrer");
        assert_eq!(self.header("cache-control"), "no-store");
    }

    /// Asserts the sign-in page.
    pub fn asks_to_sign_in(&self) {
        assert_eq!(self.status, 200, "{}", self.body);
        assert!(self.body.contains("name=\"password\""), "{}", self.body);
    }

    /// Asserts the consent page.
    pub fn asks_for_consent(&self) {
        assert_eq!(self.status, 200, "{}", self.body);
        assert!(self.body.contains("name=\"decision\""), "{}", self.body);
    }

    /// The value of a hidden field of the page.
    pub fn hidden(&self, name: &str) -> Option<String> {
        let field = self.body.split("<input").find(|tag| tag.contains(&format!("name=\"{name}\"")))?;
        let value = field.split("value=\"").nth(1)?;
        Some(unescape(value.split('"').next()?))
    }
}
