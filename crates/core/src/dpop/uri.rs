//! `htu`: an address as far as a proof names it (RFC 9449 4.3), normalised as RFC 3986 6.2.2 and 6.2.3 say.

/// An `http` or `https` URI without query and fragment, normalised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpUri {
    /// Scheme, host and port; the scheme's usual port is left out.
    origin: String,
    path: String,
}

impl HttpUri {
    /// Reads one; `None` for everything that is not an absolute one, and for one with a user name.
    pub fn parse(text: &str) -> Option<Self> {
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return None;
        }
        let (scheme, rest) = text.split_once("://")?;
        let scheme = scheme.to_ascii_lowercase();
        let usual = match scheme.as_str() {
            "https" => "443",
            "http" => "80",
            _ => return None,
        };
        let end = rest.find(['?', '#']).unwrap_or(rest.len());
        let (rest, _) = rest.split_at_checked(end)?;
        let (authority, path) = rest.split_at_checked(rest.find('/').unwrap_or(rest.len()))?;
        if authority.is_empty() || authority.contains(['@', '\\']) {
            return None;
        }
        let authority = normalised_escapes(authority).to_ascii_lowercase();
        let authority = match authority.rsplit_once(':') {
            Some((host, port)) if port == usual || port.is_empty() => host,
            _ => &authority,
        };
        Some(Self { origin: format!("{scheme}://{authority}"), path: normalised_path(path) })
    }

    /// Whether it names this path at one of these origins.
    pub fn is_at(&self, origins: &[&str], path: &str) -> bool {
        let path = path.split(['?', '#']).next().unwrap_or_default();
        self.path == normalised_path(path)
            && origins.iter().any(|origin| Self::parse(origin).is_some_and(|origin| origin.origin == self.origin))
    }
}

fn normalised_path(path: &str) -> String {
    without_dots(&normalised_escapes(path))
}

/// `%7e` is `~`, and `%2f` is `%2F` (RFC 3986 6.2.2.1, 6.2.2.2).
fn normalised_escapes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        let (before, escape) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(before);
        let Some((escape, behind)) = escape.split_at_checked(3) else {
            rest = escape;
            break;
        };
        match escape.get(1..).and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => out.push(char::from(byte)),
            _ => out.push_str(&escape.to_ascii_uppercase()),
        }
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// RFC 3986 5.2.4; an empty path is `/`.
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.strip_prefix('/').unwrap_or(path).split('/').peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match segment {
            "." | ".." => {
                if segment == ".." {
                    kept.pop();
                }
                if is_last {
                    kept.push("");
                }
            }
            other => kept.push(other),
        }
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::HttpUri;
    use proptest::prelude::*;

    const ORIGINS: &[&str] = &["https://login.example.com", "https://api.example.com:8443"];

    fn is_at(htu: &str, path: &str) -> bool {
        HttpUri::parse(htu).is_some_and(|uri| uri.is_at(ORIGINS, path))
    }

    #[test]
    fn one_address_has_several_spellings() {
        for htu in [
            "https://login.example.com/a/token",
            "HTTPS://LOGIN.example.com/a/token",
            "https://login.example.com:443/a/token",
            "https://login.example.com:/a/token",
            "https://login.example.com/a/./b/../token",
            "https://login.example.com/%61/token",
            "https://login.example.com/a/token?query=1#fragment",
            "https://login.example.com/a/token#fragment?x",
            "https://api.example.com:8443/a/token",
        ] {
            assert!(is_at(htu, "/a/token"), "{htu}");
            assert!(is_at(htu, "/%61/token?with=query"), "{htu}");
        }
        assert!(is_at("https://login.example.com", "/") && is_at("https://login.example.com/", ""));
        assert!(is_at("https://login.example.com/a%2fb%7e", "/a%2Fb~"));
        assert!(is_at("https://login.example.com/a/..", "/") && is_at("https://login.example.com/a/", "/a/."));
    }

    #[test]
    fn another_address_is_another() {
        for htu in [
            "https://login.example.com/a/Token",
            "https://login.example.com/a/token/",
            "https://login.example.com/a%2Ftoken",
            "http://login.example.com/a/token",
            "https://login.example.com:444/a/token",
            "https://api.example.com/a/token",
            "https://login.example.com.evil.example/a/token",
            "https://evil.example/a/token",
            "https://login.example.com@evil.example/a/token",
            "https://user@login.example.com/a/token",
            "https://login.example.com\\@evil.example/a/token",
            "//login.example.com/a/token",
            "/a/token",
            "login.example.com/a/token",
            "ftp://login.example.com/a/token",
            "https:///a/token",
            "https://login.example.com /a/token",
            "https://login.example.com/a/token\u{e9}",
            "",
        ] {
            assert!(!is_at(htu, "/a/token"), "{htu}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(https?://)?\\PC{0,40}", path in "\\PC{0,20}") {
            let _ = is_at(&text, &path);
        }

        #[test]
        fn normalising_again_changes_nothing(path in "(/[a-z%.~0-9]{0,4}){0,6}") {
            let once = HttpUri::parse(&format!("https://a{path}"));
            if let Some(once) = once {
                let again = HttpUri::parse(&format!("{}{}", once.origin, once.path));
                prop_assert_eq!(again.map(|uri| uri.origin), Some(once.origin));
            }
        }
    }
}
