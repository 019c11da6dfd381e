//! The domain that somebody registered, of a host: what limits count that nobody may pass by names of their own making.
//!
//! Whoever has `evil.example` has `a.evil.example`, `b.evil.example` and as many more as they like, for nothing. What is registered (and
//! paid for) is one label below a public suffix, of which the public suffix list knows (`co.uk`; but also `github.io`, where each name
//! is somebody else's). The list is that of the crate's version: what is newer counts as one domain, which is the safe side.

use std::net::IpAddr;

/// The registrable domain of a host in lower case; the host itself where it is an address or a public suffix.
pub(super) fn domain(host: &str) -> &str {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    if bare.parse::<IpAddr>().is_ok() {
        return host;
    }
    psl::domain_str(host).unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::domain;

    #[test]
    fn a_name_below_it_is_the_same_domain() {
        for (host, registered) in [
            ("evil.example", "evil.example"),
            ("a.evil.example", "evil.example"),
            ("x.y.z.evil.example", "evil.example"),
            ("app.shop.co.uk", "shop.co.uk"),
            ("ada.github.io", "ada.github.io"),
            ("a.ada.github.io", "ada.github.io"),
            ("co.uk", "co.uk"),
            ("localhost", "localhost"),
            ("192.0.2.1", "192.0.2.1"),
            ("[2001:db8::1]", "[2001:db8::1]"),
        ] {
            assert_eq!(domain(host), registered, "{host}");
        }
    }
}
