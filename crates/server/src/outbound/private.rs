//! Hosts that are called although their addresses are not public: the operator has named them.

use arc_swap::ArcSwap;

/// The hosts of `outbound.private-hosts`, in lower case: a name, an address, or `*.` and a domain.
#[derive(Debug, Default)]
pub(super) struct PrivateHosts(ArcSwap<Vec<String>>);

impl PrivateHosts {
    /// These from now on.
    pub(super) fn set(&self, hosts: &[String]) {
        self.0.store(hosts.iter().map(|host| host.to_ascii_lowercase()).collect::<Vec<_>>().into());
    }

    /// Whether the operator has named this host.
    pub(super) fn has(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        let host = host.trim_end_matches('.');
        self.0.load().iter().any(|named| match named.strip_prefix("*.") {
            Some(domain) => host.strip_suffix(domain).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.')),
            None => host == named,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::PrivateHosts;

    #[test]
    fn a_name_is_one_host_and_a_star_every_host_below_a_domain() {
        let hosts = PrivateHosts::default();
        assert!(!hosts.has("jobs.internal.example"));
        hosts.set(&["App.Intern".to_owned(), "*.internal.example".to_owned(), "10.1.2.3".to_owned()]);
        for named in ["app.intern", "APP.intern.", "jobs.internal.example", "a.b.internal.example", "10.1.2.3"] {
            assert!(hosts.has(named), "{named}");
        }
        for other in ["x.app.intern", "internal.example", ".internal.example", "evilinternal.example", "10.1.2.4", ""] {
            assert!(!hosts.has(other), "{other}");
        }
    }
}
