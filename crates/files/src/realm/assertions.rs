//! Whose assertions a realm takes.

use super::check::Check;
use super::url;
use crate::tree::Step;
use claviger_core::realm::{AssertionIssuer, LONGEST_ASSERTION};
use claviger_core::span::Span;
use std::collections::HashSet;

fn at(i: usize, key: &str) -> [Step<'_>; 3] {
    ["assertion-issuer".into(), i.into(), key.into()]
}

impl Check<'_> {
    pub(super) fn assertion_issuers(&mut self) {
        let mut names = HashSet::new();
        for (i, issuer) in self.raw.assertion_issuer.clone().iter().enumerate() {
            if !names.insert(issuer.issuer.clone()) {
                self.say(&at(i, "issuer"), format!("`{}` is there already", issuer.issuer), None);
            }
            if issuer.issuer.is_empty() || issuer.issuer == self.raw.realm.issuer {
                let help = Some("tokens of the realm itself are exchanged (docs/token-exchange.md)".to_owned());
                self.say(&at(i, "issuer"), "it is another issuer than the realm's own", help);
            }
            self.keys_of(i, issuer);
            self.bounds_of(i, issuer);
        }
    }

    fn keys_of(&mut self, i: usize, issuer: &AssertionIssuer) {
        match (&issuer.jwks, &issuer.jwks_uri) {
            (None, None) => {
                let help = Some("add jwks, or jwks-uri where its keys are".to_owned());
                self.say(&at(i, "issuer"), "it has no keys: nothing could be checked", help);
            }
            (Some(_), Some(_)) => {
                let message = "its keys stand here and at jwks-uri: only one of the two can be";
                self.say(&at(i, "jwks-uri"), message, None);
            }
            (None, Some(uri)) => {
                let reachable = match url::parse(uri) {
                    Ok(parts) => parts.https || self.raw.requests.loopback && parts.is_loopback(),
                    Err(_) => false,
                };
                if !reachable {
                    self.say(&at(i, "jwks-uri"), format!("`{uri}` is not an https:// address"), None);
                }
            }
            (Some(_), None) => {}
        }
        let why = match issuer.own_keys() {
            Some(Ok(keys)) if keys.is_empty() => "none of its keys is for ES256, RS256, PS256 or EdDSA".to_owned(),
            Some(Err(why)) => why,
            _ => return,
        };
        self.say(&at(i, "jwks"), format!("this is no JWK set of public keys: {why}"), None);
    }

    fn bounds_of(&mut self, i: usize, issuer: &AssertionIssuer) {
        if !(Span::seconds(1)..=LONGEST_ASSERTION).contains(&issuer.max_ttl) {
            self.say(&at(i, "max-ttl"), "an assertion lives between a second and an hour", None);
        }
        if let Some(barred) = issuer.algorithms.iter().find(|algorithm| !self.realm.may_sign(**algorithm)) {
            self.say(&at(i, "algorithms"), format!("the realm's profile does not have {barred}"), None);
        }
        for (j, client) in issuer.clients.iter().enumerate() {
            if !self.raw.client.iter().any(|known| known.id == *client) {
                let known: Vec<String> = self.raw.client.iter().map(|known| known.id.clone()).collect();
                let place = ["assertion-issuer".into(), i.into(), "clients".into(), j.into()];
                self.unknown(&place, "client", client, known.iter().map(String::as_str));
            }
        }
        for name in issuer.scope.iter() {
            if !self.known.scopes.contains_key(name) {
                self.unknown(&at(i, "scope"), "scope", name, self.scope_names());
            }
        }
        if let Some(organisation) = &issuer.organisation
            && !self.known.organisations.contains(organisation.as_str())
        {
            let known: Vec<String> = self.raw.organisation.iter().map(|known| known.id.clone()).collect();
            self.unknown(&at(i, "organisation"), "organisation", organisation, known.iter().map(String::as_str));
        }
    }
}
