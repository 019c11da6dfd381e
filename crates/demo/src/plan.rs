//! Which port is whose.

use crate::realm_files::PORTS;
use anyhow::Context;
use std::net::{Ipv4Addr, SocketAddr};
use tokio::net::TcpListener;

/// The port of the management address.
pub(super) const MANAGEMENT: &str = "management_port";
/// The port of the directory.
const SLAPD: &str = "directory_ldaps_port";

/// The sockets of one demo.
#[derive(Debug)]
pub(super) struct Listeners {
    /// Where realms and sample apps answer.
    pub(super) all: Vec<TcpListener>,
    /// The management address.
    pub(super) management: TcpListener,
}

/// The ports of one demo, on this machine only.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    base: u16,
}

impl Plan {
    /// As many ports as the demo needs, from `base` on.
    ///
    /// # Errors
    /// There are not so many.
    pub(super) fn new(base: u16) -> anyhow::Result<Self> {
        let last = u16::try_from(PORTS.len().saturating_sub(1)).unwrap_or(u16::MAX);
        if base == 0 || base.checked_add(last).is_none() {
            anyhow::bail!("the demo needs {} ports from --port-base on; {base} leaves too few", PORTS.len());
        }
        Ok(Self { base })
    }

    /// The origin of the sample integrator, which is at the first port.
    pub(super) fn integrator(self) -> String {
        format!("http://localhost:{}", self.base)
    }

    /// The authorities of the sample integrator.
    pub(super) fn integrator_authorities(self) -> [String; 2] {
        [format!("localhost:{}", self.base), format!("127.0.0.1:{}", self.base)]
    }

    /// The authorities of the port with this name.
    ///
    /// # Errors
    /// There is no such port.
    pub(super) fn authorities(self, name: &str) -> anyhow::Result<[String; 2]> {
        let port = PORTS.iter().zip(self.base..).find(|(known, _)| **known == name);
        let (_, port) = port.with_context(|| format!("demo/ports.txt has no {name}"))?;
        Ok([format!("localhost:{port}"), format!("127.0.0.1:{port}")])
    }

    /// Listens on all ports but that of slapd, which listens by itself.
    ///
    /// # Errors
    /// One of them is taken; the message says which, and whose it would be.
    pub(super) async fn listen(self) -> anyhow::Result<Listeners> {
        let (mut all, mut management) = (Vec::new(), None);
        for (name, port) in PORTS.iter().zip(self.base..) {
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
            let listener = TcpListener::bind(address).await.map_err(|error| {
                let whose = name.trim_end_matches("_port").replace('_', " ");
                anyhow::anyhow!("cannot listen on {address} (for {whose}): {error}; choose another --port-base")
            })?;
            match *name {
                SLAPD => drop(listener),
                MANAGEMENT => management = Some(listener),
                _ => all.push(listener),
            }
        }
        Ok(Listeners { all, management: management.context("demo/ports.txt has no management_port")? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn there_must_be_room_for_all_ports() {
        assert_eq!(Plan::new(8080).unwrap().integrator(), "http://localhost:8080");
        let last = 65_535 - u16::try_from(PORTS.len() - 1).unwrap();
        assert!(Plan::new(last).is_ok());
        for base in [0, last + 1, 65_535] {
            assert!(Plan::new(base).is_err(), "{base}");
        }
    }

    #[tokio::test]
    async fn a_port_in_use_is_named() {
        let taken = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = Plan { base: port }.listen().await.unwrap_err().to_string();
        assert!(error.contains(&format!("127.0.0.1:{port} (for integrator)")), "{error}");
        assert!(error.contains("--port-base"), "{error}");
    }
}
