//! Who asks, and of whom.

use crate::authority::without_default_port;
use crate::crypto::sha256;
use crate::jose::base64url;
use crate::realm::Realm;
use std::net::Ipv4Addr;

/// A realm as authenticators know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelyingParty {
    id: String,
    origin: String,
}

impl RelyingParty {
    /// The realm's: the host of its issuer, and the origin of its pages. `None` where browsers have no passkeys: at an address that is
    /// no name (section 5.1.3, step 9), and without TLS anywhere but on this machine (section 5, "secure contexts").
    pub fn of(realm: &Realm) -> Option<Self> {
        Self::of_issuer(&realm.issuer)
    }

    /// The same by the issuer alone.
    pub fn of_issuer(issuer: &str) -> Option<Self> {
        let issuer = issuer.to_ascii_lowercase();
        let (scheme, rest) = issuer.split_once("://")?;
        let authority = without_default_port(rest.split('/').next()?, scheme == "https");
        let host = authority.split(':').next().filter(|host| is_name(host))?;
        let is_local = host == "localhost" || host.ends_with(".localhost");
        let is_secure = scheme == "https" || scheme == "http" && is_local;
        is_secure.then(|| Self { id: host.to_owned(), origin: format!("{scheme}://{authority}") })
    }

    /// Its id: a host without a port.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The origin of its pages.
    pub fn origin(&self) -> &str {
        &self.origin
    }
}

fn is_name(host: &str) -> bool {
    !host.is_empty() && !host.starts_with('[') && host.parse::<Ipv4Addr>().is_err()
}

/// The name by which authenticators know a user (section 14.6.1: it says nothing about a person). Each realm has its own, so that a
/// passkey for one realm never takes the place of that for another one on the same host.
pub fn user_handle(realm: &str, user: &str) -> String {
    base64url(&sha256(format!("passkeys of\0{realm}\0{user}").as_bytes()))
}
