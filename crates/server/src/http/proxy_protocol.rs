//! The PROXY protocol, versions 1 and 2 (haproxy.org/download/3.0/doc/proxy-protocol.txt): what a proxy that passes bytes on
//! says about the connection before its first byte.
//!
//! It is read from trusted proxies alone, and where it is on, each of them has to send it: who guesses whether a header is there
//! can be told a false one by whoever sends the first bytes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The longest line of version 1, with its end.
const LONGEST_LINE: usize = 107;
/// The longest header of version 2 that is read: addresses, and what else proxies say.
const LONGEST: usize = 4 * 1024;
/// How version 2 begins.
const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";

/// What a connection's first bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Parsed {
    /// The header is longer than what has arrived.
    Incomplete,
    /// It is not a header.
    Malformed,
    /// A header of so many bytes.
    Header {
        length: usize,
        /// Who is connected to the proxy; `None`: the proxy itself, or somebody without an address.
        source: Option<SocketAddr>,
    },
}

/// Reads the header at the beginning of `bytes`.
pub(super) fn parse(bytes: &[u8]) -> Parsed {
    let begins = |with: &[u8]| bytes.iter().zip(with).all(|(byte, expected)| byte == expected);
    if begins(SIGNATURE) {
        return binary(bytes);
    }
    if begins(b"PROXY ") { line(bytes) } else { Parsed::Malformed }
}

/// Version 1: one line of text.
fn line(bytes: &[u8]) -> Parsed {
    let within = bytes.get(..LONGEST_LINE).unwrap_or(bytes);
    let Some(end) = within.windows(2).position(|pair| pair == b"\r\n") else {
        return if bytes.len() < LONGEST_LINE { Parsed::Incomplete } else { Parsed::Malformed };
    };
    let length = end + 2;
    let Some(text) = within.get(..end).and_then(|line| std::str::from_utf8(line).ok()) else {
        return Parsed::Malformed;
    };
    let mut words = text.split(' ').skip(1);
    let family = words.next().unwrap_or_default();
    if family == "UNKNOWN" {
        return Parsed::Header { length, source: None };
    }
    let rest: Vec<&str> = words.collect();
    let [source, destination, port, other_port] = rest.as_slice() else { return Parsed::Malformed };
    let address = |text: &str| match family {
        "TCP4" => text.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
        "TCP6" => text.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        _ => None,
    };
    match (address(source), address(destination), number(port), number(other_port)) {
        (Some(source), Some(_), Some(port), Some(_)) => {
            Parsed::Header { length, source: Some(SocketAddr::new(source, port)) }
        }
        _ => Parsed::Malformed,
    }
}

/// A port in digits alone, without leading zeros.
fn number(text: &str) -> Option<u16> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    plain.then(|| text.parse().ok()).flatten()
}

/// Version 2.
fn binary(bytes: &[u8]) -> Parsed {
    let (Some(&command), Some(&family), Some(&high), Some(&low)) =
        (bytes.get(12), bytes.get(13), bytes.get(14), bytes.get(15))
    else {
        return Parsed::Incomplete;
    };
    let length = 16 + usize::from(u16::from_be_bytes([high, low]));
    if length > LONGEST || command >> 4 != 2 {
        return Parsed::Malformed;
    }
    let Some(body) = bytes.get(16..length) else { return Parsed::Incomplete };
    match (command & 0x0f, family) {
        (1, 0x11) => addresses::<4>(body, length),
        (1, 0x21) => addresses::<16>(body, length),
        // The proxy itself, looking whether somebody is there; unspecified, or a socket of the proxy's machine.
        (0, _) | (1, 0x00 | 0x31) => Parsed::Header { length, source: None },
        _ => Parsed::Malformed,
    }
}

/// Two addresses of `N` bytes and two ports, and whatever else there is.
fn addresses<const N: usize>(body: &[u8], length: usize) -> Parsed
where
    IpAddr: From<[u8; N]>,
{
    let source = body.first_chunk::<N>().map(|bytes| IpAddr::from(*bytes));
    let port =
        body.get(2 * N..2 * N + 2).and_then(|bytes| bytes.first_chunk::<2>()).map(|bytes| u16::from_be_bytes(*bytes));
    match (source, port, body.get(2 * N + 4..)) {
        (Some(source), Some(port), Some(others)) if are_well_formed(others) => {
            Parsed::Header { length, source: Some(SocketAddr::new(source, port)) }
        }
        _ => Parsed::Malformed,
    }
}

/// Whether what follows the addresses is a list of types, lengths and values.
fn are_well_formed(mut rest: &[u8]) -> bool {
    while !rest.is_empty() {
        let [_, high, low, others @ ..] = rest else { return false };
        let Some(next) = others.get(usize::from(u16::from_be_bytes([*high, *low]))..) else { return false };
        rest = next;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(bytes: &[u8]) -> Option<String> {
        match parse(bytes) {
            Parsed::Header { source, length } => {
                assert!(length <= bytes.len());
                Some(source.map(|source| source.to_string()).unwrap_or_default())
            }
            Parsed::Incomplete | Parsed::Malformed => None,
        }
    }

    fn version_2(command: u8, family: u8, body: &[u8]) -> Vec<u8> {
        let mut all = SIGNATURE.to_vec();
        all.extend([command, family]);
        all.extend(u16::try_from(body.len()).unwrap().to_be_bytes());
        all.extend(body);
        all
    }

    #[test]
    fn lines_are_read() {
        assert_eq!(source(b"PROXY TCP4 192.0.2.7 10.0.0.1 4711 443\r\nGET").unwrap(), "192.0.2.7:4711");
        assert_eq!(source(b"PROXY TCP6 2001:db8::7 ::1 1 443\r\n").unwrap(), "[2001:db8::7]:1");
        assert_eq!(source(b"PROXY UNKNOWN\r\n").unwrap(), "");
        assert_eq!(source(b"PROXY UNKNOWN whatever 1 2\r\n").unwrap(), "");
    }

    #[test]
    fn other_lines_are_refused() {
        for wrong in [
            "GET / HTTP/1.1\r\n",
            "PROXY\r\n",
            "PROXX TCP4 1.1.1.1 1.1.1.1 1 1\r\n",
            "PROXY TCP4 1.1.1.1 1.1.1.1 1\r\n",
            "PROXY TCP4 1.1.1.1 1.1.1.1 1 1 1\r\n",
            "PROXY TCP4 1.1.1.1  1.1.1.1 1 1\r\n",
            "PROXY TCP4 ::1 1.1.1.1 1 1\r\n",
            "PROXY TCP6 1.1.1.1 ::1 1 1\r\n",
            "PROXY TCP4 1.1.1.1 1.1.1.1 65536 1\r\n",
            "PROXY TCP4 1.1.1.1 1.1.1.1 +1 1\r\n",
            "PROXY TCP4 1.1.1.1 1.1.1.1 01 1\r\n",
            "PROXY UDP4 1.1.1.1 1.1.1.1 1 1\r\n",
            "PROXY tcp4 1.1.1.1 1.1.1.1 1 1\r\n",
            "\u{16}\u{3}\u{1}",
        ] {
            assert_eq!(parse(wrong.as_bytes()), Parsed::Malformed, "{wrong:?}");
        }
        let endless = format!("PROXY UNKNOWN {}", "x".repeat(200));
        assert_eq!(parse(endless.as_bytes()), Parsed::Malformed);
    }

    #[test]
    fn both_versions_are_waited_for() {
        let line: &[u8] = b"PROXY TCP4 192.0.2.7 10.0.0.1 4711 443\r\n";
        let binary = version_2(0x21, 0x11, &[192, 0, 2, 7, 10, 0, 0, 1, 0x12, 0x67, 1, 187]);
        for whole in [line, &binary] {
            for length in 0..whole.len() {
                assert_eq!(parse(&whole[..length]), Parsed::Incomplete, "{length}");
            }
            assert_eq!(source(whole).unwrap(), "192.0.2.7:4711");
        }
    }

    #[test]
    fn binary_headers_are_read() {
        let v6 = [[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7], [0; 16]].concat();
        let v6 = [v6, vec![0, 9, 0, 1]].concat();
        assert_eq!(source(&version_2(0x21, 0x21, &v6)).unwrap(), "[2001:db8::7]:9");
        // With more that the proxy says: type, length, value.
        assert_eq!(
            source(&version_2(0x21, 0x21, &[v6.clone(), vec![4, 0, 2, 1, 1]].concat())).unwrap(),
            "[2001:db8::7]:9"
        );
        assert_eq!(source(&version_2(0x20, 0, &[])).unwrap(), "", "the proxy itself");
        assert_eq!(source(&version_2(0x21, 0, &[1, 2])).unwrap(), "");
        for wrong in [
            version_2(0x11, 0x11, &[0; 12]),
            version_2(0x22, 0x11, &[0; 12]),
            version_2(0x21, 0x11, &[0; 11]),
            version_2(0x21, 0x12, &[0; 12]),
            version_2(0x21, 0x21, &[0; 12]),
            version_2(0x21, 0x11, &[0; 14]),
            version_2(0x21, 0x11, &[[0; 12].as_slice(), &[4, 0, 9, 1]].concat()),
            version_2(0x21, 0x11, &[0; 5000]),
        ] {
            assert_eq!(parse(&wrong), Parsed::Malformed, "{:?}", &wrong[12..]);
        }
    }
}
