//! A client id that is the address of the document which says what the client is (OAuth Client ID Metadata Document).

use crate::authority::host_of;

/// The longest id, in bytes.
const LONGEST_ID: usize = 256;

/// A client id that is the address of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DocumentId<'i> {
    text: &'i str,
    host: &'i str,
}

impl<'i> DocumentId<'i> {
    /// An id, if it is one of these: `https`, a host in lower case, a path that is more than `/`, and neither a user name nor a
    /// fragment nor `.` or `..` segments. `loopback`: `http://localhost:PORT/..` as well, to try it out on one machine.
    pub fn parse(text: &'i str, loopback: bool) -> Option<Self> {
        let usable = |byte: u8| byte.is_ascii_graphic() && !b"#\"<>\\^`{|}@".contains(&byte);
        if text.len() > LONGEST_ID || !text.bytes().all(usable) {
            return None;
        }
        let (is_https, rest) = match text.strip_prefix("https://") {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix("http://")?),
        };
        let (authority, after) = rest.split_at(rest.find('/')?);
        let host = host_of(authority);
        if !(is_https || loopback && matches!(host, "localhost" | "127.0.0.1")) {
            return None;
        }
        let host_is_good = !host.is_empty()
            && host.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.[]:".contains(&byte));
        let path = after.split('?').next().unwrap_or_default();
        let has_dots = path.split('/').any(|segment| matches!(segment, "." | ".."));
        (host_is_good && path.len() > 1 && !has_dots).then_some(Self { text, host })
    }

    /// The address.
    pub const fn as_str(self) -> &'i str {
        self.text
    }

    /// Its host, in lower case.
    pub const fn host(self) -> &'i str {
        self.host
    }
}

#[cfg(test)]
mod tests {
    use super::DocumentId;

    #[test]
    fn an_id_is_an_https_address_with_a_path() {
        for good in [
            "https://claude.ai/oauth/mcp-oauth-client-metadata",
            "https://app.example:8443/client.json",
            "https://app.example/a?b=c",
        ] {
            assert_eq!(DocumentId::parse(good, false).map(DocumentId::as_str), Some(good));
        }
        for bad in [
            "https://app.example",
            "https://app.example/",
            "https://app.example/?a=b",
            "http://app.example/client.json",
            "http://localhost:1/client.json",
            "https://App.example/client.json",
            "https://user@app.example/client.json",
            "https://app.example/client.json#a",
            "https://app.example/a/../client.json",
            "https:///client.json",
            "https://app example/client.json",
            "client",
        ] {
            assert_eq!(DocumentId::parse(bad, false), None, "{bad}");
        }
        assert_eq!(DocumentId::parse("http://localhost:1/client.json", true).map(DocumentId::host), Some("localhost"));
        assert_eq!(DocumentId::parse("http://app.example/client.json", true), None);
        let long = format!("https://app.example/{}", "x".repeat(256));
        assert_eq!(DocumentId::parse(&long, false), None);
    }
}
