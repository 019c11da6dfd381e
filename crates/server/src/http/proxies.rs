//! Whose word about the client's address is believed.

use http::header::FORWARDED;
use http::{HeaderMap, HeaderName};
use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};

/// A range of addresses: `10.0.0.0/8`, `fd00::/8`, or one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: u128,
    mask: u128,
}

/// The text is no address and no range of addresses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no network; write an address or a range like \"10.0.0.0/8\"")]
pub struct NotANetwork(String);

impl Network {
    /// Whether the address lies in it. An IPv4 address is the same whether or not it is written as IPv6.
    pub fn contains(&self, address: IpAddr) -> bool {
        number(address) & self.mask == self.address
    }
}

impl Network {
    /// Whether it leaves nobody out, of either kind of address.
    pub fn contains_everybody(&self) -> bool {
        self.mask == 0 || (self.address == 0xffff_0000_0000 && self.mask.count_ones() <= 96)
    }
}

/// Every address as an IPv6 one.
fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

impl FromStr for Network {
    type Err = NotANetwork;

    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        let wrong = || NotANetwork(text.chars().take(60).collect());
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length.parse::<u32>().map_err(|_| wrong())?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let bits: u32 = if address.is_ipv4() { 32 } else { 128 };
        let free = bits.checked_sub(length.unwrap_or(bits)).ok_or_else(wrong)?;
        let mask = u128::MAX.checked_shl(free).unwrap_or(0);
        Ok(Self { address: number(address) & mask, mask })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = Ipv6Addr::from_bits(self.address).to_canonical();
        // Of an IPv4 network, the 96 bits before it are always the same.
        let fixed = if address.is_ipv4() { 96 } else { 0 };
        write!(f, "{address}/{}", self.mask.count_ones().saturating_sub(fixed))
    }
}

/// Whether an address is that of a trusted proxy.
pub(super) fn is_trusted(address: IpAddr, trusted: &[Network]) -> bool {
    let address = address.to_canonical();
    trusted.iter().any(|network| network.contains(address))
}

/// The client's address. `X-Forwarded-For` is read from its end, and each entry counts only if the hop that wrote it is
/// trusted: what a client writes there itself stands before that and is never reached.
pub(super) fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let mut client = peer.to_canonical();
    if trusted.is_empty() || !is_trusted(client, trusted) {
        return client;
    }
    let values = headers.get_all("x-forwarded-for");
    let mut lines: Vec<&str> = values.iter().map(|value| value.to_str().unwrap_or_default()).collect();
    lines.reverse();
    for entry in lines.into_iter().flat_map(|line| line.rsplit(',')) {
        let Some(address) = address(entry.trim()) else {
            return client;
        };
        client = address.to_canonical();
        if !is_trusted(client, trusted) {
            return client;
        }
    }
    client
}

/// What proxies add.
static FORWARDING: [HeaderName; 3] =
    [HeaderName::from_static("x-forwarded-for"), FORWARDED, HeaderName::from_static("x-real-ip")];

/// What has been said about proxies that nobody named.
#[derive(Debug, Default)]
struct Told {
    near: AtomicBool,
    far: AtomicBool,
}

/// Says once that somebody in front forwards requests and is not trusted: then everybody is one address, and the brake by
/// address holds nobody, or everybody. Once for peers of this machine and its networks, and once for all others: those can
/// send the header themselves, and must not use up the warning that matters.
pub(super) fn tell_of_forwarding(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) {
    static TOLD: Told = Told { near: AtomicBool::new(false), far: AtomicBool::new(false) };
    if let Some(header) = is_news(peer, headers, trusted, &TOLD) {
        tracing::warn!(
            %peer,
            header,
            "a request came through a proxy that is not trusted, so the client's address is not known and guessing is not \
             braked by address; if the proxy is yours, add its address to server.trusted-proxies"
        );
    }
}

/// The forwarding header of a request from a peer that is not trusted, where that has not been told.
fn is_news(peer: IpAddr, headers: &HeaderMap, trusted: &[Network], told: &Told) -> Option<&'static str> {
    let peer = peer.to_canonical();
    let near = match peer {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    };
    let told = if near { &told.near } else { &told.far };
    if told.load(Ordering::Relaxed) || is_trusted(peer, trusted) {
        return None;
    }
    let header = FORWARDING.iter().find(|name| headers.contains_key(*name))?;
    (!told.swap(true, Ordering::Relaxed)).then_some(header.as_str())
}

/// An address with or without a port, an IPv6 one with or without brackets.
fn address(entry: &str) -> Option<IpAddr> {
    let bare = entry.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(entry);
    bare.parse().ok().or_else(|| entry.parse::<SocketAddr>().ok().map(|with_port| with_port.ip()))
}

#[cfg(test)]
mod tests {
    use super::{Network, Told, client_address, is_news};
    use http::{HeaderMap, HeaderValue};
    use std::net::IpAddr;

    fn client(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", HeaderValue::from_str(value).unwrap());
        }
        let trusted: Vec<Network> = trusted.iter().map(|text| text.parse().unwrap()).collect();
        client_address(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn networks_are_read_and_hold_what_they_say() {
        let holds = |network: &str, address: &str| {
            network.parse::<Network>().unwrap().contains(address.parse::<IpAddr>().unwrap())
        };
        assert!(holds("10.0.0.0/8", "10.255.0.1") && !holds("10.0.0.0/8", "11.0.0.1"));
        assert!(holds("10.1.2.3/8", "10.9.9.9"));
        assert!(holds("127.0.0.1", "127.0.0.1") && !holds("127.0.0.1", "127.0.0.2"));
        assert!(holds("0.0.0.0/0", "8.8.8.8") && !holds("0.0.0.0/0", "fd00::1"));
        assert!(holds("::/0", "8.8.8.8") && holds("fd00::/8", "fd12::1") && !holds("fd00::/8", "fe80::1"));
        assert!(holds("10.0.0.0/8", "::ffff:10.1.1.1"));
        for bad in ["", "10.0.0.0/33", "::/129", "10.0.0/8", "a", "10.0.0.0/-1", "10.0.0.0/"] {
            assert!(bad.parse::<Network>().is_err(), "{bad}");
        }
    }

    #[test]
    fn networks_are_shown_as_they_are_written_and_everybody_is_seen() {
        for text in ["10.0.0.0/8", "192.0.2.7/32", "fd00::/8", "::/0", "0.0.0.0/0"] {
            let network: Network = text.parse().unwrap();
            assert_eq!(network.to_string(), text);
            assert_eq!(network.contains_everybody(), text.ends_with("/0"), "{text}");
        }
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        assert_eq!(client("9.9.9.9", &["1.1.1.1"], &[]), "9.9.9.9");
        assert_eq!(client("9.9.9.9", &["1.1.1.1"], &["10.0.0.0/8"]), "9.9.9.9");
        assert_eq!(client("10.0.0.1", &["1.1.1.1"], &["10.0.0.0/8"]), "1.1.1.1");
        // The client wrote 6.6.6.6 itself; the proxy appended what it saw.
        assert_eq!(client("10.0.0.1", &["6.6.6.6, 1.1.1.1"], &["10.0.0.0/8"]), "1.1.1.1");
        assert_eq!(client("10.0.0.1", &["6.6.6.6", "1.1.1.1, 10.0.0.2"], &["10.0.0.0/8"]), "1.1.1.1");
        assert_eq!(client("10.0.0.1", &["rubbish"], &["10.0.0.0/8"]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &[], &["10.0.0.0/8"]), "10.0.0.1");
        assert_eq!(client("::ffff:10.0.0.1", &["[2001:db8::1]:443"], &["10.0.0.0/8"]), "2001:db8::1");
        assert_eq!(client("10.0.0.1", &["1.1.1.1:55"], &["10.0.0.0/8"]), "1.1.1.1");
    }

    #[test]
    fn a_proxy_that_is_not_trusted_is_told_once_near_and_once_far() {
        let headers = |name: &'static str| {
            HeaderMap::from_iter([(http::HeaderName::from_static(name), "1.1.1.1".parse().unwrap())])
        };
        let trusted = ["10.0.0.1".parse::<Network>().unwrap()];
        let told = Told::default();
        let news = |peer: &str, name| is_news(peer.parse().unwrap(), &headers(name), &trusted, &told);
        assert_eq!(news("127.0.0.1", "user-agent"), None);
        assert_eq!(news("10.0.0.1", "x-forwarded-for"), None, "it is trusted");
        assert_eq!(news("9.9.9.9", "x-forwarded-for"), Some("x-forwarded-for"));
        assert_eq!(news("9.9.9.8", "forwarded"), None);
        assert_eq!(news("127.0.0.1", "forwarded"), Some("forwarded"), "what a stranger sent did not use it up");
        assert_eq!(news("::1", "x-real-ip"), None);
    }

    #[test]
    fn thousands_of_hops_are_read_from_their_end_until_one_counts() {
        let hops = format!("{}7.7.7.7", "10.0.0.2,".repeat(3_000));
        assert_eq!(client("10.0.0.1", &[&hops], &["10.0.0.0/8"]), "7.7.7.7");
        let hops = "10.0.0.2,".repeat(3_000);
        assert_eq!(client("10.0.0.1", &[hops.trim_end_matches(',')], &["10.0.0.0/8"]), "10.0.0.2");
    }
}
