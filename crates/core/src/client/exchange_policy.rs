//! Whose tokens a client may exchange, and for what (RFC 8693 2.1).

use crate::audience::Audience;
use crate::scope::ScopeSet;
use serde::{Deserialize, Serialize};

/// What a client with the grant `token_exchange` may do with it. It may exchange nothing unless this says so.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct ExchangePolicy {
    /// The clients whose tokens it may exchange; itself as well, where it is named.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub clients: Vec<String>,
    /// The APIs whose tokens it may exchange, whoever they were given to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tokens_for: Vec<String>,
    /// The issuers of assertions whose JWTs it may exchange.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub issuers: Vec<String>,
    /// The APIs that it may get tokens for; empty: all of its own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub audiences: Vec<String>,
    /// The scopes that it may get, out of those of the token; empty: all of its own.
    #[serde(skip_serializing_if = "ScopeSet::is_empty")]
    pub scope: ScopeSet,
    /// Whether the new token names who acts.
    #[serde(skip_serializing_if = "Acting::is_usual")]
    pub acting: Acting,
}

/// Whether a token that is given names who acts with it (RFC 8693 1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Acting {
    /// It does: each request has an `actor_token`.
    #[default]
    Delegation,
    /// It does not: who has it is taken for its subject.
    Impersonation,
    /// As each request has it, with an `actor_token` or without.
    Either,
}

impl Acting {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

impl ExchangePolicy {
    /// Whether it may exchange a token that was given to `client` for `audience`.
    pub fn admits(&self, client: &str, audience: Option<&Audience>) -> bool {
        self.clients.iter().any(|known| known == client)
            || audience.is_some_and(|audience| self.tokens_for.iter().any(|known| audience.contains(known)))
    }

    /// Whether it names nobody whose tokens could be exchanged.
    pub fn admits_nothing(&self) -> bool {
        self.clients.is_empty() && self.tokens_for.is_empty() && self.issuers.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::{Acting, ExchangePolicy};
    use crate::audience::Audience;

    #[test]
    fn a_token_is_admitted_by_its_client_or_by_its_api() {
        let policy = ExchangePolicy {
            clients: vec!["web".to_owned()],
            tokens_for: vec!["https://api.example".to_owned()],
            ..ExchangePolicy::default()
        };
        let api = Audience::from("https://api.example");
        let other = Audience::from("https://other.example");
        assert!(policy.admits("web", Some(&other)) && policy.admits("web", None) && policy.admits("x", Some(&api)));
        assert!(!policy.admits("x", Some(&other)) && !policy.admits("x", None));
        assert!(!ExchangePolicy::default().admits("web", Some(&api)));
    }

    #[test]
    fn what_is_usual_is_not_written() {
        assert_eq!(serde_json::to_string(&ExchangePolicy::default()).unwrap(), "{}");
        let either: ExchangePolicy = serde_json::from_str(r#"{"acting":"either","tokens-for":["a"]}"#).unwrap();
        assert_eq!((either.acting, either.tokens_for), (Acting::Either, vec!["a".to_owned()]));
    }
}
