//! Clients whose id is the address of a document that says what they are (OAuth Client ID Metadata Document).

use serde::{Deserialize, Serialize};

/// What a realm does with a client whose document it does not know yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct DocumentPolicy {
    /// What becomes of documents of domains that no `domain` names.
    pub mode: DocumentMode,
    /// The scopes of such clients; empty: those of clients that register themselves.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// Domains that have rules of their own; the first that fits counts.
    #[serde(skip_serializing_if = "Vec::is_empty", rename = "domain")]
    pub domains: Vec<DomainPolicy>,
    /// How many such clients there are at most, all in all.
    pub most_clients: u32,
    /// How many there are at most of one host.
    pub most_per_host: u32,
    /// How many there are at most of one registered domain, all names below it together.
    pub most_per_domain: u32,
    /// How many documents of one host are asked for within an hour at most; each server counts by itself.
    pub hourly_per_host: u32,
    /// How many of one registered domain are.
    pub hourly_per_domain: u32,
}

/// What becomes of the documents of a domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct DomainPolicy {
    /// `app.example`, or `*.app.example` for all names below it.
    pub name: String,
    /// What becomes of them.
    pub mode: DocumentMode,
    /// Their scopes; empty: those of all documents.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// How many there are at most, of the host and of its registered domain; absent: as many as of any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most_clients: Option<u32>,
}

/// What becomes of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DocumentMode {
    /// It is not asked for: such a client is unknown.
    #[default]
    Off,
    /// It is asked for, and the operator decides whether the client is served.
    Approval,
    /// Its client is served at once.
    Open,
}

/// What a realm says of the documents of one host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfHost<'p> {
    /// What becomes of them.
    pub mode: DocumentMode,
    /// The scopes of their clients; empty: those of clients that register themselves.
    pub scopes: &'p [String],
    /// How many there are at most of the host.
    pub most: u32,
    /// How many there are at most of its registered domain.
    pub most_of_domain: u32,
}

impl Default for DocumentPolicy {
    fn default() -> Self {
        Self {
            mode: DocumentMode::Off,
            scopes: Vec::new(),
            domains: Vec::new(),
            most_clients: 1000,
            most_per_host: 20,
            most_per_domain: 50,
            hourly_per_host: 120,
            hourly_per_domain: 300,
        }
    }
}

impl DocumentPolicy {
    /// Whether it is as it is where nobody says anything.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Whether any document is asked for.
    pub fn is_on(&self) -> bool {
        self.mode != DocumentMode::Off || self.domains.iter().any(|domain| domain.mode != DocumentMode::Off)
    }

    /// What is said of the documents of a host, which is in lower case.
    pub fn of_host(&self, host: &str) -> OfHost<'_> {
        let Some(domain) = self.domains.iter().find(|domain| domain.has(host)) else {
            let (most, most_of_domain) = (self.most_per_host, self.most_per_domain);
            return OfHost { mode: self.mode, scopes: &self.scopes, most, most_of_domain };
        };
        let scopes = if domain.scopes.is_empty() { &self.scopes } else { &domain.scopes };
        OfHost {
            mode: domain.mode,
            scopes,
            most: domain.most_clients.unwrap_or(self.most_per_host),
            most_of_domain: domain.most_clients.unwrap_or(self.most_per_domain),
        }
    }
}

impl DomainPolicy {
    fn has(&self, host: &str) -> bool {
        match self.name.strip_prefix("*.") {
            Some(parent) => host.strip_suffix(parent).is_some_and(|name| name.len() > 1 && name.ends_with('.')),
            None => self.name == host,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{DocumentMode, DocumentPolicy, DomainPolicy};

    fn domain(name: &str, mode: DocumentMode) -> DomainPolicy {
        DomainPolicy { name: name.to_owned(), mode, scopes: vec![name.to_owned()], most_clients: Some(3) }
    }

    #[test]
    fn the_first_domain_that_fits_counts() {
        let policy = DocumentPolicy {
            mode: DocumentMode::Approval,
            scopes: vec!["all".to_owned()],
            domains: vec![domain("good.example", DocumentMode::Open), domain("*.example", DocumentMode::Off)],
            ..DocumentPolicy::default()
        };
        let of = |host: &str| {
            let of = policy.of_host(host);
            (of.mode, of.scopes.first().map(String::as_str).unwrap_or_default().to_owned(), of.most, of.most_of_domain)
        };
        assert_eq!(of("good.example"), (DocumentMode::Open, "good.example".to_owned(), 3, 3));
        for off in ["a.example", "a.good.example"] {
            assert_eq!(of(off), (DocumentMode::Off, "*.example".to_owned(), 3, 3), "{off}");
        }
        for other in ["example", "badexample", "good.example.org", ".example"] {
            assert_eq!(of(other), (DocumentMode::Approval, "all".to_owned(), 20, 50), "{other}");
        }
        assert!(policy.is_on() && !DocumentPolicy::default().is_on());
    }
}
