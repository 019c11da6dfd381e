//! What a registration may ask for: what the realm says, narrowed or widened by the initial access token that it came with.

use crate::authority::host_of;
use crate::realm::Realm;
use crate::scope::OF_USERS;
use serde::{Deserialize, Serialize};

/// What an initial access token says of the clients that it registers; what it leaves out, the realm says.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TokenAllows {
    /// What the operator calls it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub label: String,
    /// The scopes that such a client may have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
    /// The hosts that its redirect URIs may lead to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect_hosts: Option<Vec<String>>,
    /// Its clients wait for the operator.
    #[serde(skip_serializing_if = "is_false")]
    pub approval: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// What one registration may ask for.
#[derive(Debug, Clone)]
pub struct Allowance {
    /// The scopes, all of which the realm has.
    pub scopes: Vec<String>,
    /// The hosts of redirect URIs; empty: any but private ones.
    pub redirect_hosts: Vec<String>,
}

impl Allowance {
    /// Of a realm, and of a token where the client brought one.
    pub fn of(realm: &Realm, token: Option<&TokenAllows>) -> Self {
        let policy = &realm.registration;
        // Where a realm says nothing of scopes, those that open no API.
        let of_realm =
            || if policy.scopes.is_empty() { OF_USERS.map(str::to_owned).to_vec() } else { policy.scopes.clone() };
        let scopes = token.and_then(|token| token.scopes.clone()).unwrap_or_else(of_realm);
        let hosts = token.and_then(|token| token.redirect_hosts.clone());
        Self {
            scopes: scopes.into_iter().filter(|name| realm.scope(name).is_some()).collect(),
            redirect_hosts: hosts.unwrap_or_else(|| policy.redirect_hosts.clone()),
        }
    }

    /// Whether a redirect URI may lead where it does; `is_public`: what is known of hosts that are addresses themselves.
    pub fn allows_redirect(&self, uri: &str, is_public: impl Fn(&str) -> bool) -> bool {
        let (scheme, rest) = uri.split_once(':').unwrap_or((uri, ""));
        if !matches!(scheme, "https" | "http") {
            return self.redirect_hosts.is_empty()
                || self.redirect_hosts.iter().any(|named| *named == format!("{scheme}:"));
        }
        let host = host_of(rest.trim_start_matches('/'));
        if self.redirect_hosts.is_empty() {
            return scheme == "http" || is_public(host);
        }
        self.redirect_hosts.iter().any(|named| match named.strip_prefix("*.") {
            Some(parent) => host.strip_suffix(parent).is_some_and(|name| name.len() > 1 && name.ends_with('.')),
            None => named == host,
        })
    }
}
