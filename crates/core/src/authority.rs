//! Host and port as a request names them, compared as an authority and not as a text (RFC 9110 4.2.3, RFC 3986 6.2).

use std::borrow::Cow;

/// An authority in its usual spelling: lower case, without the dot that ends a full domain name, without an empty port.
pub fn usual(text: &str) -> Cow<'_, str> {
    let text = text.strip_suffix(':').unwrap_or(text);
    let text = if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        Cow::Borrowed(text)
    };
    if let Some(host) = text.strip_suffix('.') {
        return Cow::Owned(host.to_owned());
    }
    // A search for the pair would cost each request more than all of the above.
    match text.rsplit_once(':').and_then(|(host, port)| Some((host.strip_suffix('.')?, port))) {
        Some((host, port)) => Cow::Owned(format!("{host}:{port}")),
        None => text,
    }
}

/// The authority without the port that its scheme has anyway.
pub fn without_default_port(authority: &str, https: bool) -> &str {
    authority.strip_suffix(if https { ":443" } else { ":80" }).filter(|host| !host.is_empty()).unwrap_or(authority)
}

/// Whether two authorities of one scheme are the same.
pub fn is_same(one: &str, other: &str, https: bool) -> bool {
    one == other || without_default_port(one, https) == without_default_port(other, https)
}

/// The host of an authority and what follows it.
pub(crate) fn host_of(rest: &str) -> &str {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_has_one_spelling() {
        for (text, expected) in [
            ("a.example", "a.example"),
            ("A.Example:8080", "a.example:8080"),
            ("a.example.", "a.example"),
            ("A.example.:8080", "a.example:8080"),
            ("a.example:", "a.example"),
            ("a.example.:", "a.example"),
            ("[::1]:8080", "[::1]:8080"),
            ("[2001:DB8::1]", "[2001:db8::1]"),
        ] {
            assert_eq!(usual(text), expected);
        }
    }

    #[test]
    fn the_default_port_is_that_of_the_scheme() {
        assert!(is_same("a.example", "a.example:443", true) && is_same("a.example:443", "a.example", true));
        assert!(is_same("a.example", "a.example:80", false));
        assert!(!is_same("a.example", "a.example:80", true) && !is_same("a.example", "a.example:443", false));
        assert!(!is_same("a.example", "a.example:8443", true) && !is_same("a.example", "b.example", true));
        assert!(is_same("[::1]", "[::1]:443", true) && !is_same("[::1]", "[::443]", true));
    }

    proptest::proptest! {
        #[test]
        fn nothing_panics(text in "[a-zA-Z:.\\[\\]0-9]{0,20}") {
            let _ = without_default_port(&usual(&text), true);
        }
    }
}
