//! URLs that Claviger itself lives at: an issuer, a host's origin. They are compared byte for byte by others, so they have
//! one spelling only (RFC 8414 2, OpenID Connect Discovery 4.3).

use claviger_core::redirect::is_localhost;
use std::net::{Ipv4Addr, Ipv6Addr};

/// What is wrong, and what to do.
type Complaint = (String, Option<String>);

/// A URL's parts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parts<'a> {
    pub(super) https: bool,
    pub(super) host: &'a str,
    /// Empty or `/a/b`.
    pub(super) path: &'a str,
}

impl Parts<'_> {
    /// Whether it is on this machine.
    pub(super) fn is_loopback(&self) -> bool {
        let v6 = self.host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        is_localhost(self.host)
            || self.host.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
            || v6.and_then(|host| host.parse::<Ipv6Addr>().ok()).is_some_and(|ip| ip.is_loopback())
    }
}

/// Takes an issuer apart: as [`parse`], and at the root of its host it may end in a slash, as many hosts spell theirs.
///
/// # Errors
/// As [`parse`].
pub(super) fn parse_issuer(text: &str) -> Result<Parts<'_>, Complaint> {
    let at_root = text.strip_suffix('/').filter(|rest| rest.matches('/').count() == 2 && !rest.ends_with('/'));
    parse(at_root.unwrap_or(text))
}

/// Takes an issuer or origin apart.
///
/// # Errors
/// What about it is not as it must be, and what to do.
pub(super) fn parse(text: &str) -> Result<Parts<'_>, Complaint> {
    let fail = |message: &str| Err((message.to_owned(), None));
    let (https, rest) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
        (Some(rest), _) => (true, rest),
        (_, Some(rest)) => (false, rest),
        _ => return fail("this must be a URL that begins with https:// in lower case"),
    };
    if let Some(odd) = text.chars().find(|c| matches!(c, '?' | '#' | '@')) {
        return fail(&format!("a URL of a realm has no query, fragment or user name: `{odd}` is in it"));
    }
    let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    if path.ends_with('/') {
        let without = text.trim_end_matches('/');
        return Err(("a URL of a realm does not end in `/`".into(), Some(format!("write \"{without}\""))));
    }
    let good = |segment: &str| {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'~');
        !matches!(segment, "" | "." | "..") && segment.bytes().all(plain)
    };
    if !path.split('/').skip(1).all(good) {
        return fail("the path of a realm's URL is made of letters, digits and `.-_~`");
    }
    let (host, port) = authority_parts(authority)?;
    if port == Some(if https { 443 } else { 80 }) {
        let message = "the usual port is left out, so that the URL has one spelling only".to_owned();
        return Err((message, Some("clients compare it byte for byte".into())));
    }
    Ok(Parts { https, host, path })
}

/// Checks `host:port` as requests name it.
///
/// # Errors
/// What about it is not as it must be, and what to do.
pub(super) fn authority(text: &str) -> Result<(), Complaint> {
    if text.contains("://") || text.contains('/') {
        let without = text.rsplit("://").next().unwrap_or(text).split('/').next().unwrap_or(text);
        return Err(("an authority is a host and a port, not a URL".into(), Some(format!("write \"{without}\""))));
    }
    authority_parts(text).map(drop)
}

fn authority_parts(text: &str) -> Result<(&str, Option<u16>), Complaint> {
    if text.bytes().any(|b| b.is_ascii_uppercase()) {
        let lower = text.to_ascii_lowercase();
        return Err(("hosts are compared in lower case".into(), Some(format!("write \"{lower}\""))));
    }
    let end_of_v6 = text.rfind(']').map_or(0, |at| at + 1);
    let (host, port) = match text.get(end_of_v6..).and_then(|rest| rest.find(':')) {
        Some(at) => text.split_at_checked(end_of_v6 + at).unwrap_or((text, "")),
        None => (text, ""),
    };
    let port = match port.strip_prefix(':') {
        None => None,
        Some(digits) => match digits.parse::<u16>() {
            Ok(port) if port > 0 && port.to_string() == digits => Some(port),
            _ => return Err((format!("`{digits}` is not a port"), None)),
        },
    };
    let v6 = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let named = |host: &str| {
        let label = |label: &str| {
            !label.is_empty()
                && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_'))
        };
        host.len() <= 253 && host.split('.').all(label)
    };
    match v6 {
        Some(v6) if v6.parse::<Ipv6Addr>().is_ok() => Ok((host, port)),
        None if named(host) => Ok((host, port)),
        _ => Err((format!("`{host}` is not a host"), None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_urls_are_taken_apart() {
        let parts = |text| parse(text).unwrap();
        assert_eq!(parts("https://a.example"), Parts { https: true, host: "a.example", path: "" });
        assert_eq!(
            parts("http://localhost:8080/Jim_Test"),
            Parts { https: false, host: "localhost", path: "/Jim_Test" }
        );
    }

    #[test]
    fn other_spellings_are_refused() {
        for bad in [
            "",
            "a.example",
            "ftp://a",
            "HTTPS://a",
            "https://",
            "https://a/",
            "https://a/b/",
            "https://a?x",
            "https://a#x",
            "https://u@a",
            "https://A",
            "https://a:0",
            "https://a:443",
            "http://a:80",
            "https://a:+1",
            "https://a:080",
            "https://a:99999",
            "https://a//b",
            "https://a/../b",
            "https://a/b%20c",
            "https://a/é",
            "https://[::g]",
            "https://a..b",
            "https://a b",
            "https://[::1",
            "https://]:",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn this_machine_is_known() {
        for (url, here) in [
            ("http://localhost:1", true),
            ("http://app.localhost:1", true),
            ("http://evil-localhost", false),
            ("http://127.0.0.1", true),
            ("http://127.9.9.9", true),
            ("http://[::1]:5", true),
            ("http://localhost.evil.example", false),
            ("http://10.0.0.1", false),
            ("http://jim", false),
        ] {
            assert_eq!(parse(url).unwrap().is_loopback(), here, "{url}");
        }
    }

    #[test]
    fn authorities_are_checked() {
        for good in ["localhost:8080", "a.example", "127.0.0.1:1", "[::1]:8080", "my_host"] {
            assert!(authority(good).is_ok(), "{good}");
        }
        for bad in ["http://a", "a/b", "A", "a:x", "a:0", ":80", "", "a:1:2"] {
            assert!(authority(bad).is_err(), "{bad}");
        }
    }

    proptest::proptest! {
        #[test]
        fn nothing_panics(text in "(https?://)?[a-z:/\\[\\]@?#.0-9é]{0,20}") {
            let _ = (parse(&text), authority(&text));
        }
    }
}
