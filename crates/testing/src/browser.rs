//! As much of a browser as it takes to sign in, consent, and arrive at a client's redirect: cookies,
//! redirects and forms.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use anyhow::{Context, Result, bail};

use crate::http::{self, Answer};

/// Pages on the way at most.
const PAGES: usize = 12;

/// A browser at one server.
pub struct Browser {
    address: SocketAddr,
    host: String,
    cookies: BTreeMap<String, String>,
    line: Option<String>,
}

impl Browser {
    /// One without cookies.
    pub fn new(address: SocketAddr, host: &str) -> Self {
        Self { address, host: host.to_owned(), cookies: BTreeMap::new(), line: None }
    }

    /// The same browser, with this header in every request.
    #[must_use]
    pub fn with_line(mut self, line: &str) -> Self {
        self.line = Some(line.to_owned());
        self
    }

    /// The line that carries its cookies.
    pub fn cookie_line(&self) -> String {
        let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!("Cookie: {}", pairs.join("; "))
    }

    /// Goes to `target` and through sign-in and consent, until it is sent to what starts with
    /// `end`; answers with that location.
    ///
    /// # Errors
    /// A page that has neither a form for that nor a redirect.
    pub fn arrive(&mut self, target: &str, end: &str, username: &str, password: &str) -> Result<String> {
        let mut answer = self.send("GET", target, "")?;
        for _ in 0..PAGES {
            if let Some(location) = answer.header("location").map(str::to_owned) {
                if location.starts_with(end) {
                    return Ok(location);
                }
                let here = format!("http://{}", self.host);
                answer = self.send("GET", location.strip_prefix(&here).unwrap_or(&location), "")?;
                continue;
            }
            let form =
                form(&answer.body).with_context(|| format!("status {} and no form: {}", answer.status, answer.body))?;
            let mut body: Vec<String> =
                form.hidden.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
            if form.asks_password {
                body.push(format!("username={}", encode(username)));
                body.push(format!("password={}", encode(password)));
            } else {
                body.push("decision=allow".to_owned());
            }
            let action = form.action.unwrap_or_else(|| target.to_owned());
            answer = self.send("POST", &action, &body.join("&"))?;
        }
        bail!("no way to {end} within {PAGES} pages")
    }

    /// Asks for a page that wants consent; the request that gives it, not yet sent.
    ///
    /// # Errors
    /// The page has no such form.
    pub fn consent(&mut self, target: &str) -> Result<String> {
        let answer = self.send("GET", target, "")?;
        let form = form(&answer.body).with_context(|| format!("status {} and no form", answer.status))?;
        let mut body: Vec<String> =
            form.hidden.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        body.push("decision=allow".to_owned());
        let action = form.action.unwrap_or_else(|| target.to_owned());
        let (cookies, origin) = (self.cookie_line(), format!("Origin: http://{}", self.host));
        Ok(http::request("POST", &action, &self.host, &[&cookies, &origin], &body.join("&")))
    }

    /// Asks for a page.
    ///
    /// # Errors
    /// There is no answer.
    pub fn page(&mut self, target: &str) -> Result<Answer> {
        self.send("GET", target, "")
    }

    /// The request that the page's first form sends when its button is pressed; none where it has no form.
    pub fn first_form(&self, page: &Answer, target: &str) -> Option<String> {
        let text = page.body.split("<form").nth(1)?.split("</form>").next()?;
        let action = attribute(text.split('>').next()?, "action").unwrap_or_else(|| target.to_owned());
        let body: Vec<String> = hidden(text).iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        let (cookies, origin) = (self.cookie_line(), format!("Origin: http://{}", self.host));
        Some(http::request("POST", &action, &self.host, &[&cookies, &origin], &body.join("&")))
    }

    /// The same browser, where the server is now.
    #[must_use]
    pub fn at(&self, address: SocketAddr) -> Self {
        Self { address, host: self.host.clone(), cookies: self.cookies.clone(), line: self.line.clone() }
    }

    fn send(&mut self, method: &str, target: &str, body: &str) -> Result<Answer> {
        let cookies = self.cookie_line();
        let origin = format!("Origin: http://{}", self.host);
        let mut lines: Vec<&str> = self.line.iter().map(String::as_str).collect();
        if !self.cookies.is_empty() {
            lines.push(cookies.as_str());
        }
        if method == "POST" {
            lines.push(&origin);
        }
        let request = http::request(method, target, &self.host, &lines, body);
        let answer = http::send(self.address, &request)?;
        for line in answer.head.lines() {
            let Some((name, value)) = line.split_once(':') else {
                continue;
            };
            if !name.eq_ignore_ascii_case("set-cookie") {
                continue;
            }
            let pair = value.split(';').next().unwrap_or_default().trim();
            if let Some((name, value)) = pair.split_once('=') {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        Ok(answer)
    }
}

/// A form worth sending: one that asks for a password, or for a decision.
struct Form {
    action: Option<String>,
    hidden: Vec<(String, String)>,
    asks_password: bool,
}

fn form(page: &str) -> Option<Form> {
    page.split("<form").skip(1).find_map(|rest| {
        let text = rest.split("</form>").next()?;
        let asks_password = text.contains("type=\"password\"");
        if !asks_password && !text.contains("value=\"allow\"") {
            return None;
        }
        let opening = text.split('>').next().unwrap_or_default();
        Some(Form { action: attribute(opening, "action"), hidden: hidden(text), asks_password })
    })
}

/// What a form sends that nobody sees.
fn hidden(form: &str) -> Vec<(String, String)> {
    form.split("<input")
        .skip(1)
        .filter_map(|input| input.split('>').next())
        .filter(|input| input.contains("type=\"hidden\""))
        .filter_map(|input| Some((attribute(input, "name")?, attribute(input, "value")?)))
        .collect()
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    let (value, _) = rest.split_once('"')?;
    let plain = value
        .replace("&#x2f;", "/")
        .replace("&#x2F;", "/")
        .replace("&quot;", "\"")
        .replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&#x27;", "'")
        .replace("&lt;", "<")
        .replace("&gt;", ">");
    Some(plain.replace("&amp;", "&"))
}

/// A value as a form's body carries it.
pub fn encode(value: &str) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_that_matters_is_found() {
        let page = "<form action=\"/other\"><button>x</button></form>\
                    <form method=\"post\" action=\"&#x2f;go?a=1&amp;b=2\"><input type=\"hidden\" name=\"csrf\" value=\"t\">\
                    <input id=\"p\" name=\"password\" type=\"password\"></form>";
        let found = form(page).unwrap();
        assert_eq!(found.action.as_deref(), Some("/go?a=1&b=2"));
        assert_eq!(found.hidden, [("csrf".to_owned(), "t".to_owned())]);
        assert!(found.asks_password);
        assert!(form("<form><input name=\"q\"></form>").is_none());
    }

    #[test]
    fn encoding() {
        assert_eq!(encode("a b/ü"), "a%20b%2F%C3%BC");
    }
}
