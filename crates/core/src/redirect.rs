//! Redirect URIs: what may be registered, and what a request's URI must be to match (RFC 6749 3.1.2, RFC 8252, RFC 9700 2.1).
//!
//! Matching is string equality, with two exceptions that are part of the registered value's type: the port of a
//! loopback IP literal, or of `localhost` where none is registered, and for old contracts one safe wildcard. A registered URI is one of:
//!
//! | form | matches |
//! |---|---|
//! | `https://host[:port]/path?query` | itself |
//! | `http://127.0.0.1[:port]/path`, `http://[::1]…` | itself on any port (RFC 8252 7.3) |
//! | `http://localhost/path` | itself on any port: what programs register that take the port they get |
//! | `http://localhost:port/path`, `http://name.localhost…` | itself (RFC 6761 6.3: always this machine) |
//! | `com.example.app:/path` | itself (private-use scheme with a dot, RFC 8252 7.1) |
//! | `editor://host/path` | itself, where the realm names the scheme `editor`: anybody may have taken it |
//! | `https://host[:port]/fixed/…/*` | the same with one segment of `[A-Za-z0-9._~@=+-]{1,64}` (not `.`, not `..`) for `*` |

use crate::authority::{usual, without_default_port};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A registered redirect URI; holding one means that its form is allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RedirectUri {
    text: String,
    form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Exact,
    /// `before` and `after` are the bytes up to the port's place and from the path on.
    LoopbackIp {
        before: usize,
        after: usize,
    },
    PrivateUse,
    /// A private-use scheme without a dot, which no domain stands behind.
    ShortScheme,
    /// Bytes before the `*`.
    Wildcard {
        prefix: usize,
    },
}

/// Why a URI may not be registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotARedirectUri {
    /// Longer than 2,000 bytes.
    #[error("it is longer than 2,000 bytes")]
    TooLong,
    /// Controls, spaces, non-ASCII, quotes, backslashes.
    #[error("it holds a character that a URI cannot have")]
    Characters,
    /// No scheme.
    #[error("it is not absolute: it must start with https:// (or http:// on this machine)")]
    NotAbsolute,
    /// RFC 6749 3.1.2.
    #[error("it has a fragment (#)")]
    Fragment,
    /// `user@host`.
    #[error("it has a user name before the host")]
    UserInfo,
    /// The host or port cannot be read or is not in its usual form.
    #[error("its host or port is not in the usual form (lower case, no leading zeros)")]
    Host,
    /// RFC 8252 7.3 and 8.3.
    #[error("http is only for 127.0.0.1, [::1], localhost and names that end in .localhost; use https")]
    PlainHttp,
    /// Neither https nor a private-use scheme.
    #[error("its scheme is not allowed: use https, or a private-use scheme with a dot like com.example.app")]
    Scheme,
    /// A wildcard that is not the safe one.
    #[error("a * may only stand alone as the last path segment, under https and below a fixed path")]
    Wildcard,
    /// `.` or `..` as a segment.
    #[error("its path holds . or .. segments")]
    DotSegments,
}

/// Schemes that are something else than a program's own (the registry of URI schemes; what browsers do with them).
const NOT_PRIVATE: [&str; 24] = [
    "about",
    "blob",
    "cid",
    "content",
    "data",
    "dav",
    "file",
    "filesystem",
    "ftp",
    "geo",
    "git",
    "http",
    "https",
    "intent",
    "javascript",
    "mailto",
    "resource",
    "sftp",
    "sms",
    "ssh",
    "tel",
    "urn",
    "vbscript",
    "wss",
];
const LONGEST: usize = 2000;
const LONGEST_WILDCARD: usize = 64;

impl RedirectUri {
    /// Checks a URI for registration.
    ///
    /// # Errors
    /// What about it is not allowed.
    pub fn parse(text: &str) -> Result<Self, NotARedirectUri> {
        Self::parse_with(text, &[])
    }

    /// As [`parse`](Self::parse), with the schemes without a dot that a realm lets programs have.
    ///
    /// # Errors
    /// What about it is not allowed.
    pub fn parse_with(text: &str, schemes: &[String]) -> Result<Self, NotARedirectUri> {
        Self::read(text).and_then(|uri| {
            let named = uri.short_scheme().is_none_or(|scheme| schemes.iter().any(|known| known == scheme));
            if named { Ok(uri) } else { Err(NotARedirectUri::Scheme) }
        })
    }

    /// Whatever some realm may have let a client have.
    fn read(text: &str) -> Result<Self, NotARedirectUri> {
        check_text(text)?;
        let (scheme, rest) = text.split_once(':').ok_or(NotARedirectUri::NotAbsolute)?;
        let form = match scheme {
            "https" | "http" => {
                let rest = rest.strip_prefix("//").ok_or(NotARedirectUri::NotAbsolute)?;
                web_form(text, scheme == "https", rest)?
            }
            _ => private_use(scheme, rest)?,
        };
        Ok(Self { text: text.to_owned(), form })
    }

    /// The registered text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it holds the wildcard.
    pub const fn is_wildcard(&self) -> bool {
        matches!(self.form, Form::Wildcard { .. })
    }

    /// Its scheme, where that is a private-use one without a dot: it counts only where the realm names it.
    pub fn short_scheme(&self) -> Option<&str> {
        let scheme = self.text.split(':').next();
        scheme.filter(|_| self.form == Form::ShortScheme)
    }

    /// Whether whoever listens there cannot be known: a loopback port or a private-use scheme (RFC 8252 8.6).
    pub fn is_native(&self) -> bool {
        matches!(self.form, Form::LoopbackIp { .. } | Form::PrivateUse | Form::ShortScheme)
            || self.text.starts_with("http://")
    }

    /// Whether it is the address of a page: https, or a port of this machine that is named.
    pub fn is_of_page(&self) -> bool {
        !self.is_wildcard() && (self.text.starts_with("https://") || self.has_port_here())
    }

    /// Whether it is one port of this machine by name (`http://localhost:3000/..`), to which a request must be equal: a web
    /// server that somebody develops, and not a program that takes the port it gets.
    pub fn is_server_here(&self) -> bool {
        self.form == Form::Exact && self.has_port_here()
    }

    fn has_port_here(&self) -> bool {
        let host = self.text.strip_prefix("http://").map(|rest| rest.split(['/', '?']).next().unwrap_or_default());
        host.is_some_and(|host| host.rsplit(':').next().is_some_and(is_port))
    }

    /// Whether a request's redirect URI is this one.
    pub fn matches(&self, received: &str) -> bool {
        match self.form {
            Form::Exact | Form::PrivateUse | Form::ShortScheme => received == self.text,
            Form::LoopbackIp { before, after } => {
                let (Some(before), Some(after)) = (self.text.get(..before), self.text.get(after..)) else {
                    return false;
                };
                received
                    .strip_prefix(before)
                    .and_then(|rest| rest.strip_suffix(after))
                    .is_some_and(|port| port.is_empty() || port.strip_prefix(':').is_some_and(is_port))
            }
            Form::Wildcard { prefix } => {
                let value = self.text.get(..prefix).and_then(|prefix| received.strip_prefix(prefix));
                value.is_some_and(|value| {
                    (1..=LONGEST_WILDCARD).contains(&value.len())
                        && !matches!(value, "." | "..")
                        && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~@=+".contains(&b))
                })
            }
        }
    }
}

fn check_text(text: &str) -> Result<(), NotARedirectUri> {
    if text.len() > LONGEST {
        return Err(NotARedirectUri::TooLong);
    }
    let odd =
        |b: u8| !b.is_ascii_graphic() || matches!(b, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}');
    if text.bytes().any(odd) {
        return Err(NotARedirectUri::Characters);
    }
    if text.contains('#') {
        return Err(NotARedirectUri::Fragment);
    }
    Ok(())
}

/// `rest` is what follows `scheme://` in `text`.
fn web_form(text: &str, https: bool, rest: &str) -> Result<Form, NotARedirectUri> {
    let authority_end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(authority_end);
    if authority.contains('@') {
        return Err(NotARedirectUri::UserInfo);
    }
    let (host, port) = split_port(authority)?;
    let ip_loopback = matches!(host, "127.0.0.1" | "[::1]");
    if !ip_loopback && !is_host(host) {
        return Err(if host.contains('*') { NotARedirectUri::Wildcard } else { NotARedirectUri::Host });
    }
    if !https && !ip_loopback && !is_localhost(host) {
        return Err(NotARedirectUri::PlainHttp);
    }
    let path = tail.split('?').next().unwrap_or("");
    if path.split('/').any(|segment| matches!(segment, "." | "..")) {
        return Err(NotARedirectUri::DotSegments);
    }
    if text.contains('*') {
        return wildcard(text, https, tail);
    }
    if !https && (ip_loopback || host == "localhost" && port.is_none()) {
        let after = text.len() - tail.len();
        return Ok(Form::LoopbackIp { before: after - port.map_or(0, |port| port.len() + 1), after });
    }
    Ok(Form::Exact)
}

fn wildcard(text: &str, https: bool, tail: &str) -> Result<Form, NotARedirectUri> {
    let fixed = tail.strip_suffix("/*").ok_or(NotARedirectUri::Wildcard)?;
    let plain_segment = |s: &str| {
        !s.is_empty() && s.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~'))
    };
    let segments_ok = fixed.strip_prefix('/').is_some_and(|path| path.split('/').all(plain_segment));
    if https && segments_ok { Ok(Form::Wildcard { prefix: text.len() - 1 }) } else { Err(NotARedirectUri::Wildcard) }
}

fn split_port(authority: &str) -> Result<(&str, Option<&str>), NotARedirectUri> {
    let host_end = match authority.strip_prefix('[') {
        Some(_) => authority.find(']').map(|at| at + 1).ok_or(NotARedirectUri::Host)?,
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, rest) = authority.split_at(host_end);
    match rest.strip_prefix(':') {
        None if rest.is_empty() => Ok((host, None)),
        Some(port) if is_port(port) => Ok((host, Some(port))),
        _ => Err(NotARedirectUri::Host),
    }
}

/// Whether a name is this machine's, wherever it is asked (RFC 6761 6.3). `host` is in lower case.
pub fn is_localhost(host: &str) -> bool {
    host == "localhost" || host.strip_suffix(".localhost").is_some_and(|label| !label.is_empty())
}

/// The origin of a web address (RFC 6454 6.1), as browsers spell it; none for other schemes.
pub fn origin(uri: &str) -> Option<String> {
    let (scheme, rest) = uri.split_once("://").filter(|(scheme, _)| matches!(*scheme, "https" | "http"))?;
    let authority = rest.split(['/', '?', '#']).next().filter(|authority| !authority.is_empty())?;
    Some(format!("{scheme}://{}", without_default_port(&usual(authority), scheme == "https")))
}

fn is_port(text: &str) -> bool {
    !text.starts_with('0') && text.bytes().all(|b| b.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

fn is_host(host: &str) -> bool {
    let label = |l: &str| {
        (1..=63).contains(&l.len())
            && l.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !l.starts_with('-')
            && !l.ends_with('-')
    };
    host.len() <= 253 && host.split('.').all(label)
}

fn private_use(scheme: &str, rest: &str) -> Result<Form, NotARedirectUri> {
    let form = if is_short_scheme(scheme) { Form::ShortScheme } else { Form::PrivateUse };
    if !is_scheme(scheme) || form == Form::PrivateUse && !scheme.contains('.') || scheme.ends_with('.') {
        return Err(NotARedirectUri::Scheme);
    }
    if rest.contains('*') {
        return Err(NotARedirectUri::Wildcard);
    }
    if rest.is_empty() { Err(NotARedirectUri::NotAbsolute) } else { Ok(form) }
}

/// RFC 3986 3.1, in lower case.
fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+'))
}

/// Whether a scheme can be a program's own although no domain stands behind it (RFC 8252 7.1 wants one): a realm may name it.
pub fn is_short_scheme(text: &str) -> bool {
    is_scheme(text) && !text.contains('.') && text.len() > 2 && !NOT_PRIVATE.contains(&text)
}

impl TryFrom<String> for RedirectUri {
    type Error = NotARedirectUri;

    /// As it was stored: which schemes count in its realm is asked when it is used.
    fn try_from(text: String) -> Result<Self, NotARedirectUri> {
        Self::read(&text)
    }
}

impl From<RedirectUri> for String {
    fn from(uri: RedirectUri) -> Self {
        uri.text
    }
}

impl fmt::Display for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn matches(registered: &str, received: &str) -> bool {
        RedirectUri::parse(registered).unwrap().matches(received)
    }

    #[test]
    fn a_redirect_uri_matches_itself_only() {
        assert!(matches("https://app.example/cb", "https://app.example/cb"));
        for other in [
            "https://app.example/cb/",
            "https://app.example/CB",
            "https://app.example/cb?x=1",
            "https://app.example:443/cb",
        ] {
            assert!(!matches("https://app.example/cb", other), "{other}");
        }
        assert!(matches("https://app.example/cb?tenant=1", "https://app.example/cb?tenant=1"));
    }

    #[test]
    fn the_port_is_free_for_loopback_literals_only() {
        assert!(matches("http://127.0.0.1/cb", "http://127.0.0.1:5123/cb"));
        assert!(matches("http://127.0.0.1:8000/cb", "http://127.0.0.1:5123/cb"));
        assert!(matches("http://[::1]/cb", "http://[::1]:5123/cb"));
        assert!(matches("http://127.0.0.1:8000/cb", "http://127.0.0.1/cb"));
        for other in [
            "http://127.0.0.1:/cb",
            "http://127.0.0.1:0/cb",
            "http://127.0.0.1:99999/cb",
            "http://127.0.0.1.evil/cb",
            "http://127.0.0.1:1@evil/cb",
        ] {
            assert!(!matches("http://127.0.0.1/cb", other), "{other}");
        }
        assert!(matches("http://localhost/cb", "http://localhost:5123/cb"));
        assert!(!matches("http://localhost:5122/cb", "http://localhost:5123/cb"));
        assert!(!matches("http://localhost/cb", "http://localhost.evil.example/cb"));
        assert!(!matches("http://localhost/cb", "http://localhost:5123@evil.example/cb"));
    }

    #[test]
    fn fragments_wildcards_and_unsafe_schemes_cannot_be_registered() {
        use NotARedirectUri as No;
        for (uri, why) in [
            ("/cb", No::NotAbsolute),
            ("https://a.example/#x", No::Fragment),
            ("http://a.example/cb", No::PlainHttp),
            ("http://localhost.evil.example/cb", No::PlainHttp),
            ("http://evil-localhost/cb", No::PlainHttp),
            ("http://.localhost/cb", No::Host),
            ("javascript:alert(1)", No::Scheme),
            ("data:text/html,x", No::Scheme),
            ("myapp:/cb", No::Scheme),
            ("https://u@a.example/cb", No::UserInfo),
            ("https://A.example/cb", No::Host),
            ("https:///cb", No::Host),
            ("https://a.example/../cb", No::DotSegments),
            ("https://a.example\\@evil/cb", No::Characters),
            ("https://a.example/c b", No::Characters),
            ("https://ä.example/cb", No::Characters),
            ("*", No::NotAbsolute),
            ("https://*.example.com/cb", No::Wildcard),
            ("https://a.example:*/cb", No::Host),
            ("https://a.example/*", No::Wildcard),
            ("https://a.example/cb*", No::Wildcard),
            ("https://a.example/*/cb", No::Wildcard),
            ("https://a.example/cb/*?x", No::Wildcard),
            ("https://a.example/a/*/*", No::Wildcard),
            ("https://a.example/a%2f/*", No::Wildcard),
            ("https://a.example/a//*", No::Wildcard),
            ("http://127.0.0.1/cb/*", No::Wildcard),
            ("com.example.app:/*", No::Wildcard),
        ] {
            assert_eq!(RedirectUri::parse(uri), Err(why), "{uri}");
        }
        assert!(RedirectUri::parse("com.example.app:/cb").is_ok());
        assert!(RedirectUri::parse("http://localhost/").is_ok());
        assert!(RedirectUri::parse("http://app.localhost:3000/cb").unwrap().is_native());
        assert!(!matches("http://app.localhost:3000/cb", "http://app.localhost:3001/cb"));
    }

    #[test]
    fn a_scheme_without_a_dot_is_for_realms_that_name_it() {
        let uri = "cursor://anysphere.cursor-mcp/oauth/callback";
        let named = ["cursor".to_owned()];
        assert_eq!(RedirectUri::parse(uri), Err(NotARedirectUri::Scheme));
        assert_eq!(RedirectUri::parse_with(uri, &["vscode".to_owned()]), Err(NotARedirectUri::Scheme));
        let parsed = RedirectUri::parse_with(uri, &named).unwrap();
        assert!(parsed.is_native() && parsed.matches(uri) && !parsed.is_of_page());
        assert_eq!(parsed.short_scheme(), Some("cursor"));
        for other in [
            "cursor://anysphere.cursor-mcp/oauth/callback?x=1",
            "cursor:/oauth",
            "cursors://anysphere.cursor-mcp/oauth/callback",
        ] {
            assert!(!parsed.matches(other), "{other}");
        }
        assert_eq!(RedirectUri::parse("com.example.app:/cb").unwrap().short_scheme(), None);
        for never in
            ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "intent://x", "Cursor://x", "ab://x"]
        {
            let scheme = never.split(':').next().unwrap().to_owned();
            assert!(!is_short_scheme(&scheme), "{never}");
            assert_eq!(RedirectUri::parse_with(never, &[scheme]), Err(NotARedirectUri::Scheme), "{never}");
            assert!(serde_json::from_value::<RedirectUri>(never.into()).is_err(), "{never}");
        }
        // What was stored when a realm named its scheme can be read when it does no more.
        assert_eq!(serde_json::from_value::<RedirectUri>(uri.into()).unwrap(), parsed);
    }

    #[test]
    fn the_safe_wildcard_is_one_plain_segment() {
        let registered = "https://a.example/cb/*";
        for good in ["user-1_A", "a.b", "~7", "user@b.example", "n=1+2", "...", &"x".repeat(64)] {
            assert!(matches(registered, &format!("https://a.example/cb/{good}")), "{good}");
        }
        for other in ["", "a/b", "a?x=1", "a#x", "a%2fb", ".", "..", "a:b", "a;b", "a&b", "ä", "a b", &"x".repeat(65)]
        {
            assert!(!matches(registered, &format!("https://a.example/cb/{other}")), "{other}");
        }
        assert!(!matches(registered, "https://a.example/cb"));
        assert!(!matches(registered, "http://a.example/cb/x"));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_and_what_parses_matches_itself(text in "\\PC{0,80}") {
            if let Ok(uri) = RedirectUri::parse(&text) {
                prop_assert!(uri.is_wildcard() || uri.matches(&text));
            }
        }

        #[test]
        fn an_exact_uri_matches_nothing_else(path in "[a-z/]{0,12}", other in "\\PC{0,60}") {
            let text = format!("https://a.example/{path}");
            if let Ok(uri) = RedirectUri::parse(&text) {
                prop_assert_eq!(uri.matches(&other), text == other);
            }
        }
    }
}
